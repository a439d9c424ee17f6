"""S3: a simulated power cut loses nothing that was acknowledged and damages nothing."""

import random

import pytest

from tests.runs.store.checking import kept_aside, wrong
from tests.runs.store.faults import Layer, Recorder, cut, installed
from tests.runs.store.recording import config as comparison
from tests.runs.store.recording import extend, members, started, steps
from wnin_desktop.runs.store import Store, batches, database

STEPS = 60


def recorded_log(folder, seed: int, monkeypatch) -> tuple[Recorder, str]:
    """Record with commits at random places, small logs and frequent merging; return every write."""
    source = random.Random(seed)
    monkeypatch.setattr(database, "WAL_PAGES", source.choice((4, 10, 1000)))
    monkeypatch.setattr(batches, "MERGED_ROWS", source.choice((7, 25, 2000)))
    with installed(Recorder()) as layer:
        with Store.open(folder, vfs=layer.name) as store:
            experiment_id = store.new_experiment(comparison())
            layer.acknowledge({})
            writer = store.writer(experiment_id, monotonic=lambda: 0.0)
            extend(writer, [started(experiment_id, arm, seed) for arm, seed in members()])
            step = 0
            while step < STEPS:
                count = source.randint(1, 6)
                extend(writer, steps(experiment_id, step + 1, step + count))
                step += count
                layer.acknowledge(dict(writer.commit()))
    return layer, experiment_id


def losses_after_cuts(tmp_path, seed: int, cuts: int, monkeypatch) -> list[str]:
    """Return everything that was wrong after cutting the power at random moments of one recording."""
    layer, experiment_id = recorded_log(tmp_path / f"source-{seed}", seed, monkeypatch)
    source = random.Random(seed)
    found = []
    with installed(Layer()) as quick:
        for number in range(cuts):
            length = source.randint(1, len(layer.log))
            files, promised = cut(layer.log[:length], source)
            folder = tmp_path / f"cut-{seed}-{number}"
            folder.mkdir()
            for name, content in files.items():
                (folder / name).write_bytes(content)
            found += [
                f"seed {seed}, cut {number}: {each}"
                for each in opened(folder, quick, experiment_id, promised)
            ]
    return found


def opened(folder, layer, experiment_id, promised) -> list[str]:
    with Store.open(folder, vfs=layer.name) as store:
        damage = [path.name for path in kept_aside(folder)]
        known = [each.experiment_id for each in store.experiments()]
        if experiment_id not in known:
            return damage + ([] if promised is None else ["the experiment is gone"])
        statuses = {run.status for run in store.runs()} - {"interrupted"}
        return damage + wrong(store, experiment_id, promised) + sorted(statuses)


@pytest.mark.parametrize("seed", range(2))
def test_that_a_power_cut_loses_no_acknowledged_step(tmp_path, monkeypatch, seed):
    assert losses_after_cuts(tmp_path, seed, 20, monkeypatch) == []


@pytest.mark.full
@pytest.mark.parametrize("seed", range(40))
def test_that_two_thousand_power_cuts_lose_no_acknowledged_step(tmp_path, monkeypatch, seed):
    assert losses_after_cuts(tmp_path, seed + 100, 50, monkeypatch) == []


def test_that_without_full_synchronization_a_power_cut_is_seen_to_lose_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "SYNCHRONOUS", "NORMAL")
    assert any("was acknowledged" in each for each in losses_after_cuts(tmp_path, 0, 20, monkeypatch))
