import numpy as np
import pytest

from tests.runs.watch.making import (
    ARMS,
    begun,
    checkpoint,
    config,
    curvature,
    diverged,
    ended,
    finished,
    run_id,
    step,
    steps,
)
from wnin_desktop.errors import InputError
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.events import RunEvent


def story(experiment: str) -> list[RunEvent]:
    """A comparison with everything in it: one run diverges, one number is not finite, marks are left."""
    own = {"experiment": experiment}
    lost = (ARMS[1], 7)

    def goes_on(event) -> bool:
        return (event.arm, event.seed) != lost or event.step <= 20

    middle = [event for event in steps(1, 30, **own) if goes_on(event)]
    strange = step(ARMS[0], 0, 31, train_loss=None, nonfinite=("train_loss",), **own)
    late = [event for event in steps(31, 40, **own) if goes_on(event)]
    late[0] = strange
    ends = [event for event in ended(40, **own) if event.run_id != run_id(*lost, experiment)]
    return [
        *begun(**own),
        *middle,
        curvature(ARMS[0], 0, 30, **own),
        checkpoint(ARMS[0], 0, 30, **own),
        diverged(*lost, 21, **own),
        finished(*lost, 21, "diverged", **own),
        *late,
        *ends,
    ]


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store") as opened:
        yield opened


def record(store: Store, count: int | None = None) -> tuple[str, list[RunEvent]]:
    experiment = store.new_experiment(config())
    events = story(experiment)[:count]
    with store.writer(experiment) as writer:
        for event in events:
            writer.append(event)
    return experiment, events


def assert_same(one: WatchedExperiment, other: WatchedExperiment) -> None:
    assert (one.arms, one.seeds, one.name, one.config) == (other.arms, other.seeds, other.name, other.config)
    assert one.markers == other.markers
    assert list(one.runs) == list(other.runs)
    for run_id_, run in one.runs.items():
        twin = other.runs[run_id_]
        for name in (
            "status",
            "step",
            "steps",
            "parameters",
            "device",
            "final",
            "wall_s",
            "not_finite_since",
        ):
            assert getattr(run, name) == getattr(twin, name), name
        assert run.series.keys() == twin.series.keys()
        for key, series in run.series.items():
            np.testing.assert_array_equal(series.steps, twin.series[key].steps)
            np.testing.assert_array_equal(series.values, twin.series[key].values)


def test_that_loading_equals_having_watched(store):
    experiment, events = record(store)
    live = WatchedExperiment.of_config(config(), experiment)
    live.apply(events)
    loaded = WatchedExperiment.load(store, experiment)
    assert loaded.origin == "stored"
    assert_same(loaded, live)
    assert loaded.status == live.status == "completed"
    assert loaded.leaders("val_loss") == live.leaders("val_loss")
    assert {mark.kind for mark in loaded.markers} == {"checkpoint", "diverged", "nonfinite"}


def test_that_an_interrupted_comparison_is_loaded_as_far_as_it_is_committed(store):
    experiment, events = record(store, 6 + 60)
    loaded = WatchedExperiment.load(store, experiment)
    assert loaded.status == "interrupted"
    assert {run.status for run in loaded.runs.values()} == {"interrupted"}
    assert {run.step for run in loaded.runs.values()} == {10}
    live = WatchedExperiment.of_config(config(), experiment)
    live.apply(events)
    live.end()
    assert_same(loaded, live)


def test_that_a_loaded_comparison_goes_on_when_it_is_resumed(store):
    experiment, _ = record(store, 6 + 60)
    loaded = WatchedExperiment.load(store, experiment)
    loaded.apply([*begun(experiment=experiment, resumed_from=5), *steps(6, 15, experiment=experiment)])
    assert loaded.status == "running"
    assert loaded.runs[run_id(ARMS[0], 0, experiment)].series["train_loss"].steps.tolist() == list(
        range(1, 16)
    )


def test_that_runs_that_never_began_are_loaded_as_such(store):
    experiment, _ = record(store, 2)
    statuses = [run.status for run in WatchedExperiment.load(store, experiment).runs.values()]
    assert statuses == ["interrupted"] * 2 + ["not started"] * 4


def test_that_an_unknown_comparison_is_refused(store):
    with pytest.raises(InputError):
        WatchedExperiment.load(store, "nothing")


def test_that_a_renamed_comparison_is_shown_by_its_new_name(store):
    experiment, _ = record(store, 6)
    store.rename(experiment, "Better name")
    assert WatchedExperiment.load(store, experiment).name == "Better name"
