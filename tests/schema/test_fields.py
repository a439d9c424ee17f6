"""Field specs say what pydantic does: over every field of every model."""

import msgspec
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_json

from wnin_desktop.schema import network, noise, run, schedule, task
from wnin_desktop.schema.base import Config
from wnin_desktop.schema.fields import (
    ADVANCED,
    PATHS,
    FieldSpec,
    check,
    default_data,
    default_of,
    fields_of,
    tooltip,
    walk,
    with_flags,
    without,
)

MODELS = [
    model
    for module in (network, noise, run, schedule, task)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, Config) and model is not Config
]
FIELDS = [(model, spec) for model in dict.fromkeys(MODELS) for spec in fields_of(model)]
SHALLOW = [(model, spec) for model, spec in FIELDS if spec.kind not in ("model", "models", "union", "table")]
FLAGS = {"arm.optimizer.lr": "--lr", "arm.noise.schedule.kind": "--noise-schedule"}


def name(case: tuple[type[BaseModel], FieldSpec]) -> str:
    return f"{case[0].__name__}.{case[1].name}"


def candidates(spec: FieldSpec) -> list[object]:
    """Return values on both sides of every border."""
    near = [bound for bound in (spec.ge, spec.gt, spec.le, spec.lt) if bound is not None]
    numbers = [value for bound in near for value in (bound, bound - 1, bound + 1, bound * 0.5)]
    plain = [
        0,
        1,
        -1,
        3,
        0.5,
        1e-9,
        2.0,
        10**7,
        True,
        False,
        None,
        "",
        "text",
        "full",
        "auto",
        "1",
        [],
        [1],
        [0, 7],
    ]
    return [*plain, *numbers, *spec.choices, [3] * 40, [0.5], {"a": 1}]


def is_valid(model: type[BaseModel], spec: FieldSpec, value: object) -> bool:
    field = model.model_fields[spec.name]
    try:
        TypeAdapter(field.rebuild_annotation()).validate_json(to_json(value), strict=True)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("case", SHALLOW, ids=name)
def test_that_a_spec_allows_what_the_model_allows(case):
    model, spec = case
    for value in candidates(spec):
        if spec.kind == "choice" and isinstance(value, bool):
            continue  # pydantic takes true for the number 1 among choices; a form offers no such thing
        said = check(spec, value)
        assert (said is None) == is_valid(model, spec, value), (value, said)


@pytest.mark.parametrize("case", FIELDS, ids=name)
def test_that_every_default_is_allowed(case):
    _, spec = case
    if not spec.required:
        assert check(spec, default_of(spec)) is None


@pytest.mark.parametrize("case", FIELDS, ids=name)
def test_that_every_field_says_what_it_means(case):
    _, spec = case
    assert spec.title
    assert spec.help or spec.name in ("arm",)
    words = tooltip(spec)
    assert spec.help in words
    if spec.unit != "1":
        assert spec.unit in words
    if spec.kind not in ("bool", "model"):
        assert spec.allowed in words


def test_that_specs_survive_json():
    specs = fields_of(run.CompareConfig)
    assert msgspec.json.decode(msgspec.json.encode(specs), type=tuple[FieldSpec, ...]) == specs


def test_that_folded_fields_and_paths_exist():
    known = {f"{model.__name__}.{field}" for model in MODELS for field in model.model_fields}
    assert known >= ADVANCED
    assert known >= PATHS


def test_that_unions_hold_the_fields_of_every_branch():
    spec = next(spec for spec in fields_of(noise.NoiseConfig) if spec.kind == "union")
    assert tuple(branch.kind for branch in spec.branches) == schedule.SCHEDULES == spec.choices
    cosine = next(branch for branch in spec.branches if branch.kind == "cosine")
    assert [field.path for field in cosine.fields] == ["schedule.period", "schedule.restart"]
    assert "m(t) = m/2" in cosine.help


def test_that_flags_reach_fields_in_models_and_unions():
    specs = with_flags(fields_of(run.ArmConfig), FLAGS, "arm")
    flags = {spec.path: spec.flag for spec in walk(specs)}
    assert flags["optimizer.lr"] == "--lr"
    assert flags["noise.schedule"] == "--noise-schedule"
    assert flags["optimizer.clip_norm"] == "--set arm.optimizer.clip_norm=..."
    assert "Command line: --lr" in tooltip(next(spec for spec in walk(specs) if spec.flag == "--lr"))


def test_that_fields_can_be_left_out():
    kept = without(fields_of(run.ArmConfig), ("optimizer.params", "noise"))
    paths = {spec.path for spec in walk(kept)}
    assert "optimizer.lr" in paths
    assert not {"optimizer.params", "noise", "noise.mode"} & paths


def test_that_a_parameter_of_an_optimizer_has_the_flag_param():
    class Hyper(Config):
        beta: float = 0.5

    (spec,) = with_flags(fields_of(Hyper, "optimizer.params"), FLAGS, "arm")
    assert spec.flag == "--param beta=..."


def test_that_a_wrong_word_is_answered_with_the_nearest_one():
    spec = next(spec for spec in fields_of(task.TaskConfig) if spec.name == "dataset")
    assert check(spec, "digitz").endswith("(did you mean digits?)")


def test_that_default_data_is_what_the_models_default_to():
    data = default_data(fields_of(run.BudgetConfig))
    assert run.BudgetConfig(**data) == run.BudgetConfig()
    network_spec = next(spec for spec in fields_of(run.SharedConfig) if spec.name == "network")
    assert default_of(network_spec)["kind"] == "mlp"


def test_that_a_new_list_of_phases_is_a_valid_one():
    phases = next(branch for branch in _schedules() if branch.kind == "phases")
    made = {"kind": "phases", **default_data(phases.fields)}
    assert schedule.PhasesSchedule.model_validate(made)


def _schedules():
    return next(spec for spec in fields_of(noise.NoiseConfig) if spec.kind == "union").branches


def test_that_plain_unions_of_scalars_have_a_kind():
    class Odd(Config):
        number: int | float = 0
        anything: bool | int | str = "x"
        words: float | None = None

    kinds = {spec.name: (spec.kind, spec.nullable) for spec in fields_of(Odd)}
    assert kinds == {"number": ("float", False), "anything": ("scalar", False), "words": ("float", True)}


def test_that_decades_are_for_fields_without_a_near_end():
    log = {spec.path for spec in walk(fields_of(run.ArmConfig)) if spec.is_log}
    assert {"optimizer.lr", "noise.magnitude", "noise.temperature"} <= log
    assert "until" not in log
