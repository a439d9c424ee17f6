"""Reading the optimizers: one process at a time, however often a person asks."""

import threading

import pytest

from wnin_desktop.qt.bridge import catalogue_model
from wnin_desktop.qt.bridge.catalogue_model import CatalogueModel
from wnin_desktop.qt.bridge.tasks import Tasks
from wnin_desktop.runs.optimizer_catalogue import Catalogue


@pytest.fixture
def reads(monkeypatch):
    """Let reads wait for a gate; return the gate and what was read."""
    gate, done = threading.Event(), []

    def read(_task, *, fresh):
        gate.wait(10)
        done.append(fresh)
        if len(done) == 1:
            raise OSError("no process could be started")
        return Catalogue()

    monkeypatch.setattr(catalogue_model, "_read", read)
    return gate, done


def test_that_asking_again_and_again_reads_once_more_and_a_failure_blocks_nothing(qapp, qtbot, reads):
    gate, done = reads
    tasks = Tasks()
    model = CatalogueModel(tasks)
    for _ in range(5):
        model.reload()
    assert model.is_reading
    assert len(tasks.current) == 1
    with qtbot.waitSignal(model.changed):
        gate.set()
    qtbot.waitUntil(lambda: not model.is_reading)
    assert done == [True, True]
    assert tasks.close()
