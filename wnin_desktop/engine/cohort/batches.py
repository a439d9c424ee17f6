"""Which examples a step sees: a pure function of (seed, step), the same for every arm.

Step k (from 0) takes slice k mod (n // B) of the keyed permutation of epoch k // (n // B); the incomplete
last slice of an epoch is left out. A batch as large as the data set is the whole set in its own order,
without a draw.
"""

from __future__ import annotations

import torch
from torch import Tensor

from wnin_desktop.engine.tasks.base import Split
from wnin_desktop.noise.keyed import KeyedNoise, Stream


class Batches:
    """Batches of several seeds, `x [seeds, B, ...]` and `y [seeds, B, ...]`, on the data's own device."""

    def __init__(
        self, split: Split, batch_size: int, seeds: tuple[int, ...], labels: Tensor | None = None
    ) -> None:
        """Cut `split`; `labels` `[seeds, N]` replaces its targets where they differ by seed."""
        self._split = split
        self._labels = labels
        self._count = split.x.shape[0]
        self.size = min(batch_size, self._count)
        self._per_epoch = self._count // self.size
        self._seeds = seeds
        self._epoch = -1
        self._order: Tensor | None = None
        self._cached_step = -1
        self._cached: tuple[Tensor, Tensor] | None = None

    @property
    def is_full(self) -> bool:
        """Whether every step sees the whole set."""
        return self.size == self._count

    def at(self, step: int) -> tuple[Tensor, Tensor]:
        """Return the batch of `step` (counted from 0)."""
        if step != self._cached_step or self._cached is None:
            self._cached = self._gather(step)
            self._cached_step = step
        return self._cached

    def indices(self, step: int) -> Tensor:
        """Return the example numbers of `step`, `[seeds, B]`."""
        epoch, place = divmod(step, self._per_epoch)
        if epoch != self._epoch or self._order is None:
            self._order = self._permutations(epoch)
            self._epoch = epoch
        return self._order[:, place * self.size : (place + 1) * self.size]

    def _permutations(self, epoch: int) -> Tensor:
        rows = [
            KeyedNoise(seed, "cpu").permutation(Stream.BATCH, epoch, "epoch", self._count)
            for seed in self._seeds
        ]
        return torch.stack(rows).to(self._split.x.device)

    def _gather(self, step: int) -> tuple[Tensor, Tensor]:
        x, y, seeds = self._split.x, self._split.y, len(self._seeds)
        if self.is_full:
            labels = y.expand(seeds, *y.shape) if self._labels is None else self._labels
            return x.expand(seeds, *x.shape), labels
        chosen = self.indices(step)
        flat = chosen.reshape(-1)
        if self._labels is None:
            targets = y.index_select(0, flat).unflatten(0, (seeds, self.size))
        else:
            targets = self._labels.gather(1, chosen)
        return x.index_select(0, flat).unflatten(0, (seeds, self.size)), targets
