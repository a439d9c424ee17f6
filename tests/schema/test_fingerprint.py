"""The fingerprint names what decides a run's numbers, and nothing else."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wnin_desktop.schema.fingerprint import canonical_json, fingerprint
from wnin_desktop.schema.run import ArmConfig, CompareConfig, RunConfig

RUN = RunConfig(arm=ArmConfig(name="a"))


def changed(**values):
    return RunConfig.model_validate(RUN.model_dump() | values)


@pytest.mark.parametrize("values", [{"device": "cpu"}, {"threads": 3}], ids=str)
def test_that_choices_of_machine_change_no_fingerprint(values):
    assert fingerprint(changed(**values)) == fingerprint(RUN)


@pytest.mark.parametrize(
    "values",
    [
        {"seed": 1},
        {"task": {"dataset": "spirals"}},
        {"network": {"kind": "mlp", "hidden": (64, 65)}},
        {"network": {"kind": "mlp", "activation": "tanh"}},
        {"budget": {"steps": 501}},
        {"budget": {"batch_size": "full"}},
        {"numerics": "reproducible"},
        {"arm": {"name": "a", "optimizer": {"lr": 2e-3}}},
        {"arm": {"name": "a", "optimizer": {"params": {"weight_decay": 0.1}}}},
        {"arm": {"name": "a", "noise": {"mode": "sgld", "temperature": 0.0}}},
    ],
    ids=str,
)
def test_that_every_choice_that_moves_numbers_changes_it(values):
    assert fingerprint(changed(**values)) != fingerprint(RUN)


def test_that_titles_change_no_fingerprint_of_a_comparison():
    arms = ({"name": "a"}, {"name": "b"})
    first = CompareConfig(name="one", arms=arms)
    second = CompareConfig(name="two", arms=arms, baseline="b")
    assert fingerprint(first) == fingerprint(second)


def test_that_it_is_the_same_in_another_process():
    code = (
        "from wnin_desktop.schema.run import *; from wnin_desktop.schema.fingerprint import fingerprint;"
        "print(fingerprint(RunConfig(arm=ArmConfig(name='a'))))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == fingerprint(RUN)


def test_that_defaults_written_out_change_nothing():
    assert fingerprint(RunConfig.model_validate_json(RUN.model_dump_json())) == fingerprint(RUN)


@given(
    st.dictionaries(st.text(), st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text())
)
def test_that_canonical_json_knows_no_order(table):
    backwards = dict(reversed(table.items()))
    assert canonical_json(table) == canonical_json(backwards)
    assert json.loads(canonical_json(table)) == table


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_that_canonical_json_holds_no_infinities(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"lr": value})


def test_that_runs_come_arm_by_arm_and_seed_by_seed():
    config = CompareConfig(arms=({"name": "a"}, {"name": "b"}), seeds=(5, 3))
    assert [(run.arm.name, run.seed) for run in config.runs()] == [("a", 5), ("a", 3), ("b", 5), ("b", 3)]


def test_that_the_comparison_of_one_run_holds_that_run():
    for run in CompareConfig(arms=({"name": "a"}, {"name": "b"}), seeds=(5, 3)).runs():
        assert CompareConfig.of_run(run).runs() == [run]
