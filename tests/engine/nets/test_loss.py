import math

import torch

from wnin_desktop.engine.nets.loss import accuracy, loss


def test_that_equal_logits_cost_the_log_of_the_number_of_classes():
    assert abs(loss(torch.zeros(3, 7), torch.tensor([0, 3, 6])).item() - math.log(7)) < 1e-6
    assert abs(loss(torch.zeros(2, 5, 4), torch.zeros(2, 5, dtype=torch.int64)).item() - math.log(4)) < 1e-6


def test_that_every_token_counts_the_same():
    logits = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    y = torch.randint(5, (3, 4), generator=torch.Generator().manual_seed(1))
    by_hand = -logits.log_softmax(-1).gather(-1, y[..., None]).mean()
    torch.testing.assert_close(loss(logits, y), by_hand)


def test_that_accuracy_is_the_fraction_of_hits():
    logits = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    assert accuracy(logits, torch.tensor([0, 1, 0, 0])).item() == 0.75
    assert accuracy(logits[None], torch.tensor([[0, 1, 0, 0]])).item() == 0.75
