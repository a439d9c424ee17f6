"""Which library multiplies fp32 matrices on this CPU: found by a quick measurement, never by faith.

torch's own choice (MKL) and oneDNN differ by up to a factor of two on some processors. The switch that
makes torch use oneDNN also allows it to round to bfloat16, and on CPUs with matrix units it really does; so
the result is held against float64 first, and refused where the error is larger than fp32 explains.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal

import torch

Library = Literal["default", "onednn"]

LARGEST_ERROR = 1e-6
"""Largest relative error (Frobenius) of a product that still counts as fp32; a 784-term sum has 4e-7."""
WORTHWHILE = 1.05
"""oneDNN is taken when it is at least this many times faster; less than that is measuring noise."""
SMALLEST = 4_000_000
"""Multiplications of a product below which torch's own choice stays: oneDNN's call costs more there."""
ROUNDS = 7


def worth_measuring(rows: int, inputs: int, outputs: int) -> bool:
    """Return whether products of this size gain from choosing."""
    return rows * inputs * outputs >= SMALLEST and _switchable()


@lru_cache(maxsize=1)
def fastest() -> Library:
    """Return the faster library whose fp32 is really fp32; measured once in a process, in about 50 ms."""
    if not _switchable():
        return "default"
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(128, 784, generator=generator)
    b = torch.randn(784, 1024, generator=generator)
    exact = a.double() @ b.double()

    def product() -> torch.Tensor:
        return a @ b

    with using("onednn"):
        error = float((product().double() - exact).norm() / exact.norm())
    if error > LARGEST_ERROR:
        return "default"
    seconds: dict[Library, list[float]] = {"default": [], "onednn": []}
    for _ in range(ROUNDS):
        for library, times in seconds.items():
            with using(library):
                times.append(_seconds(product))
    # The quickest run of each: what else the machine does can only slow a product down.
    return "onednn" if min(seconds["default"]) > WORTHWHILE * min(seconds["onednn"]) else "default"


@contextmanager
def using(library: Library) -> Iterator[None]:
    """Multiply with `library` inside the block. The switch is the process's, so blocks must not overlap."""
    if library == "default" or not _switchable():
        yield
        return
    settings = getattr(torch.backends.mkldnn, "matmul")  # noqa: B009 - torch's stubs do not know it
    before = settings.fp32_precision
    settings.fp32_precision = "bf16"
    try:
        yield
    finally:
        settings.fp32_precision = before


def _switchable() -> bool:
    matmul = getattr(torch.backends.mkldnn, "matmul", None)
    return torch.backends.mkldnn.is_available() and hasattr(matmul, "fp32_precision")


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
