"""Small tasks of random examples, for tests of networks."""

import torch

from wnin_desktop.engine.tasks.base import Split, Task


def task_of(kind="classification", shape=(1, 8, 8), classes=10, count=6):
    generator = torch.Generator().manual_seed(0)
    if kind == "sequence":
        tokens = torch.randint(classes, (count, shape[0] + 1), generator=generator)
        split = Split(tokens[:, :-1], tokens[:, 1:])
    else:
        x = torch.randn(count, *shape, generator=generator)
        split = Split(x, torch.randint(classes, (count,), generator=generator))
    return Task("made", kind, split, split, None, classes, shape, None, "drawn for a test", "0" * 64)


def sequences(length=5, classes=4):
    return task_of("sequence", (length,), classes)
