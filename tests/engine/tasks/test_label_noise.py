import math

import pytest
import torch

from wnin_desktop.engine.tasks.label_noise import noisy_labels
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.schema.task import TaskConfig

CLEAN = torch.arange(30_000) % 10


@pytest.mark.parametrize("fraction", [0.1, 0.4, 1.0])
def test_that_the_wrong_fraction_is_the_one_asked_for(fraction):
    wrong = (noisy_labels(CLEAN, 10, fraction, 0) != CLEAN).double().mean().item()
    standard_error = math.sqrt(fraction * (1 - fraction) / len(CLEAN))
    assert abs(wrong - fraction) <= 4 * standard_error


def test_that_noise_is_symmetric_over_the_other_classes():
    noisy = noisy_labels(CLEAN, 10, 1.0, 1)
    shifts = ((noisy - CLEAN) % 10).bincount(minlength=10)
    assert shifts[0] == 0
    expected = len(CLEAN) / 9
    # Each count is binomial(n, 1/9).
    assert ((shifts[1:] - expected).abs() < 4 * math.sqrt(expected * 8 / 9)).all()


def test_that_two_classes_are_swapped():
    clean = torch.arange(100) % 2
    assert noisy_labels(clean, 2, 1.0, 0).equal(1 - clean)


def test_that_a_higher_level_corrupts_the_same_labels_and_more():
    low, high = noisy_labels(CLEAN, 10, 0.2, 5), noisy_labels(CLEAN, 10, 0.6, 5)
    corrupted = low != CLEAN
    assert low[corrupted].equal(high[corrupted])
    assert (high != CLEAN).sum() > corrupted.sum()


def test_that_the_seed_names_the_draws():
    task = [load_task(TaskConfig(label_noise=0.4), label_seed=seed) for seed in (0, 0, 1)]
    assert task[0].train.y.equal(task[1].train.y)
    assert task[0].sha256 == task[1].sha256
    assert not task[0].train.y.equal(task[2].train.y)
    assert task[0].sha256 != task[2].sha256


def test_that_noise_touches_training_labels_only():
    clean, noisy = load_task(TaskConfig()), load_task(TaskConfig(label_noise=0.4))
    assert not noisy.train.y.equal(clean.train.y)
    assert noisy.train.x is clean.train.x
    assert noisy.val.y.equal(clean.val.y)
    assert "label noise 0.4" in noisy.provenance
