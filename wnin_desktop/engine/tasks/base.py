"""What a task is: fixed splits of examples, how they were made, and what is known about their floor."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import Literal

import torch

Kind = Literal["classification", "sequence"]


@dataclass(frozen=True)
class Split:
    """Examples side by side.

    Attributes:
        x: Inputs: float32 `[N, *input_shape]`, or int64 tokens `[N, L]`.
        y: Targets: int64 classes `[N]`, or int64 next tokens `[N, L]`.
    """

    x: torch.Tensor
    y: torch.Tensor

    def __len__(self) -> int:
        """Return the number of examples N."""
        return self.x.shape[0]

    def to(self, device: torch.device | str) -> Split:
        """Return the same examples on `device`."""
        return Split(self.x.to(device), self.y.to(device))


@dataclass(frozen=True)
class Task:
    """A data set in its final form. Tensors may be shared between callers: never write into them.

    Attributes:
        name: Name of the data set.
        kind: "classification" (one class per example) or "sequence" (next-token prediction).
        train: What is learned from.
        val: Held-out examples, drawn from the same source.
        test: The official test set, where there is one.
        classes: Number of classes, or of tokens.
        input_shape: Shape of one input: `(features,)`, `(channels, height, width)` or `(L,)`.
        entropy_rate: Exact entropy rate of the source in nat per token, where it is known.
        entropy_floor: Exact mean cross entropy (nat per token) of the best predictor over sequences of this
            length that start in the known start state; it tends to `entropy_rate` as L grows.
        provenance: One sentence: where the data come from and how the inputs were scaled.
        sha256: Hash of every tensor of every split.
    """

    name: str
    kind: Kind
    train: Split
    val: Split
    test: Split | None
    classes: int
    input_shape: tuple[int, ...]
    entropy_rate: float | None
    provenance: str
    sha256: str
    entropy_floor: float | None = None

    @property
    def perplexity_floor(self) -> float | None:
        """exp(entropy rate): no predictor of a long sequence has a lower perplexity; None if not known."""
        return None if self.entropy_rate is None else math.exp(self.entropy_rate)

    def to(self, device: torch.device | str) -> Task:
        """Return the same task with every split on `device`."""
        test = None if self.test is None else self.test.to(device)
        return replace(self, train=self.train.to(device), val=self.val.to(device), test=test)


def content_hash(*splits: Split | None) -> str:
    """Return the SHA-256 over shapes, types and bytes of all tensors, in order."""
    digest = hashlib.sha256()
    for split in splits:
        for tensor in () if split is None else (split.x, split.y):
            digest.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
            digest.update(tensor.contiguous().cpu().numpy().data)
        digest.update(b"|")
    return digest.hexdigest()
