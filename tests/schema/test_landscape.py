"""What may be asked of a landscape, and that keeping paths is no part of what a run is."""

import pytest

from wnin_desktop.errors import InputError
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.fields import fields_of
from wnin_desktop.schema.fingerprint import fingerprint
from wnin_desktop.schema.landscape import LandscapeRequest
from wnin_desktop.schema.run import ArmConfig, BudgetConfig, CompareConfig, RunConfig


def test_that_how_much_of_a_path_is_kept_changes_no_fingerprint():
    for points in ("auto", 0, 500):
        budget = BudgetConfig(trajectory_points=points)
        for model in (
            RunConfig(arm=ArmConfig(name="a"), budget=budget),
            CompareConfig(arms=({"name": "a"},), budget=budget),
        ):
            plain = model.model_copy(update={"budget": BudgetConfig()})
            assert fingerprint(model) == fingerprint(plain)


def test_that_every_field_of_a_request_has_title_and_help():
    for field in fields_of(LandscapeRequest):
        assert field.title
        assert field.help.endswith(".")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": 50}, "size: 50 is not accepted; allowed: an odd number from 3 to 501"),
        ({"plane": "line"}, "runs: 'a' is not accepted; the plane line needs 2 runs, 1 is given."),
        (
            {"runs": ["a", "b"], "plane": "three"},
            "runs: 'a, b' is not accepted; the plane three needs 3 runs, 2 are given.",
        ),
        ({"runs": ["a", "a"]}, "runs: 'a' is not accepted; it is there already"),
        ({"sigma": [0.1, 0.1]}, "sigma: 0.1 is not accepted; it is there already"),
        ({"sigma": [0.0]}, "sigma"),
        ({"span": 0}, "span: 0 is not accepted"),
        ({"runs": []}, "runs"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_that_a_request_that_makes_no_surface_is_refused_in_a_sentence(changes, words):
    with pytest.raises(InputError) as found:
        validate(LandscapeRequest, {"runs": ["a"]} | changes)
    assert words in str(found.value)
    assert "\n" not in str(found.value)
