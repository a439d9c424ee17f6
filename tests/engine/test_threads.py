"""Several trainings in one process do not disturb each other's number of threads."""

import pytest
import torch

from tests.engine.comparisons import arm, comparison
from wnin_desktop.engine.cohort.unit import Unit
from wnin_desktop.engine.train import train


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("three_threads")
def test_that_between_events_the_callers_threads_are_its_own():
    first, second = train(comparison()), train(comparison(steps=3))
    next(first)
    next(second)
    for _ in first:
        assert torch.get_num_threads() == 3
    list(second)
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("three_threads")
@pytest.mark.parametrize("lanes", [1, 2])
def test_that_a_step_computes_on_its_own_threads_whatever_else_trains(monkeypatch, lanes):
    seen, step = set(), Unit.step

    def watched(self, *args, **options):
        seen.add(torch.get_num_threads())
        return step(self, *args, **options)

    monkeypatch.setattr(Unit, "step", watched)
    other = train(comparison(threads=4, numerics="fast", seeds=[0]))
    next(other)
    reproducible = train(comparison(arm("sgd"), arm("adamw"), threads=lanes, numerics="reproducible"))
    next(reproducible)
    other.close()
    list(reproducible)
    assert seen == {1}
