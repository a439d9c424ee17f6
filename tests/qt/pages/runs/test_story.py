"""What the panel of details tells, made from records alone."""

import msgspec
import pytest

from tests.runs.store.recording import config as configured
from tests.runs.store.recording import extend, finished, run_id, started, steps
from wnin_desktop.qt.pages.runs.story import of_experiment, of_run
from wnin_desktop.runs.run_details import experiment_details, run_details
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.events import Intervention

ARMS = ("adamw", "muon", "sgd noisy")


@pytest.fixture
def store(qapp, tmp_path):
    with Store.open(tmp_path / "store") as opened:
        yield opened


def turned(store, arms, turns):
    """Record a comparison of one seed; `turns` are (step, value, arms)."""
    name = store.new_experiment(configured("Turned", arms, (0,)))
    writer = store.writer(name)
    extend(writer, [msgspec.structs.replace(started(name, arm, 0), steps=40) for arm in arms])
    extend(writer, steps(name, 1, 40, arms, (0,)))
    for step, value, of in turns:
        for arm in of:
            event = Intervention(
                run_id=run_id(name, arm, 0), timestamp=2.0, step=step, knob="lr", value=value, previous=0.01
            )
            extend(writer, [event])
    extend(writer, [finished(name, arm, 0, 40) for arm in arms])
    writer.close()
    return name


def interventions(story):
    return next(part.lines for part in story.facts if part.title == "Interventions")


def test_that_an_intervention_names_its_arm_where_there_are_several(store):
    name = turned(store, ARMS, [(10, 0.02, ["muon"]), (20, 0.03, ARMS), (30, 0.04, ["adamw", "sgd noisy"])])
    assert interventions(of_experiment(experiment_details(store, name))) == (
        ("Step 10", "muon, lr: 0.01 → 0.02"),
        ("Step 20", "all arms, lr: 0.01 → 0.03"),
        ("Step 30", "adamw, sgd noisy, lr: 0.01 → 0.04"),
    )


def test_that_the_only_arm_and_a_run_need_no_name(store):
    name = turned(store, ARMS[:1], [(10, 0.02, ["adamw"])])
    lines = (("Step 10", "lr: 0.01 → 0.02"),)
    assert interventions(of_experiment(experiment_details(store, name))) == lines
    assert interventions(of_run(run_details(store, run_id(name, "adamw", 0)))) == lines
