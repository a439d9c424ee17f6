import pytest

from wnin_desktop.runs.report.look import DARK, LIGHT, MARKERS, PALETTE, arm_styles, contrast, readable
from wnin_desktop.runs.report.svg import theme_variables


def test_that_every_arm_differs_from_every_other_in_colour_dash_or_marker():
    names = [f"arm {index}" for index in range(len(PALETTE) * len(MARKERS))]
    assert len(set(arm_styles(names).values())) == len(names) == 88


def test_that_an_arm_keeps_its_style_whoever_comes_after_it():
    few, many = arm_styles(["a", "b"]), arm_styles(["a", "b", "c", "d"])
    assert few == {name: many[name] for name in few}


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_that_text_can_be_read_on_its_ground(theme):
    variables = theme_variables(theme)
    words = ["text", "muted", "good", "warning", "danger", *(f"ink{place}" for place in range(len(PALETTE)))]
    for word in words:
        assert contrast(variables[f"--{word}"], theme.panel) >= 4.5, word
    assert contrast(theme.muted, theme.window) >= 4.5


def test_that_contrast_is_that_of_the_guideline():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert readable("#000000", "#FFFFFF") == "#000000"
