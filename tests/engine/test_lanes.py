import pytest
import torch

from tests.engine.comparisons import arm, comparison, metrics
from wnin_desktop.engine.cohort import lanes
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.engine.train import train

CPU = torch.device("cpu")


def test_that_small_comparisons_take_one_lane_and_heavy_ones_every_core(monkeypatch):
    monkeypatch.setattr(lanes, "_cores", lambda: 4)
    small = comparison(arm("sgd"))
    heavy = comparison(arm("sgd"), arm("adamw"), network={"kind": "mlp", "hidden": [4096, 4096]})
    assert lanes.lanes_for(small, load_task(small.task), CPU) == 1
    assert lanes.lanes_for(heavy, load_task(heavy.task), CPU) == 4
    assert lanes.lanes_for(heavy, load_task(heavy.task), torch.device("cuda")) == 1
    one_run = comparison(arm("sgd"), seeds=[0], threads=3)
    assert lanes.lanes_for(one_run, load_task(one_run.task), CPU) == 1


def test_that_the_number_of_lanes_changes_no_bit_of_the_reproducible_mode():
    arms = (arm("sgd"), arm("adamw", "gradient_gaussian"))
    several = [
        metrics(train(comparison(*arms, numerics="reproducible", threads=threads))) for threads in (1, 2, 3)
    ]
    assert several[0] == several[1] == several[2]


@pytest.mark.parametrize("numerics", ["fast", "reproducible"])
def test_that_training_leaves_torch_s_threads_as_they_were(numerics):
    before = torch.get_num_threads()
    events = train(comparison(numerics=numerics, threads=4))
    next(events)
    events.close()
    assert torch.get_num_threads() == before
