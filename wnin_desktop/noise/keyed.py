"""Keyed noise: a draw is a pure function of (seed, stream, step, tensor name), not of what was drawn before.

Any step can be regenerated alone, in any order, in a cohort or alone. The arm is not part of the key:
arms of one seed meet the same raw draws and scale them by their own amplitude. Kinds of draw are streams
apart: `normal` and `uniform` with the same four key parts are independent.

What is guaranteed: the same bits for the same key, shape and dtype on the same kind of device. On the
CPU that is any processor with fused multiply-add, under the same numpy; on CUDA the same GPU model under
the same torch (its generators split the work by the number of multiprocessors). CPU and CUDA draw
different numbers.
"""

from __future__ import annotations

import hashlib
import struct
import threading
from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

import torch

from wnin_desktop.errors import InputError
from wnin_desktop.noise.philox import drawer_of_thread

Kind = Literal["normal", "uniform", "rademacher", "integers", "permutation"]
_VERSION = b"wnin-noise-1"
_FLOATS = (torch.float32, torch.float64)


class Stream(StrEnum):
    """What a draw is for. Each purpose, and each noise mode, has a stream of its own."""

    INIT = "init"
    BATCH = "batch"
    INPUT_JITTER = "input_jitter"
    GRADIENT = "gradient"
    SGLD = "sgld"
    PARAMETER_JITTER = "parameter_jitter"
    LABEL_CORRUPT = "label_corrupt"
    LABEL_NOISE = "label_noise"
    PROBE = "probe"
    SPLIT = "split"
    OPTIMIZER = "optimizer"
    EVAL = "eval"
    REPLAY = "replay"


def key_of(seed: int, stream: Stream, step: int, name: str, kind: Kind) -> bytes:
    """Return the 16-byte key of a draw: BLAKE2b of its four parts and the kind of draw.

    Raises:
        InputError: `seed` or `step` is negative or does not fit 64 bits.
    """
    try:
        numbers = struct.pack("<QQ", seed, step)
    except struct.error:
        field, value = ("step", step) if 0 <= seed < 2**64 else ("seed", seed)
        raise InputError.of(field, value, "allowed: whole numbers from 0 to 2^64 - 1") from None
    # Neither a stream nor a kind holds a zero byte and numbers have a fixed width: no two keys share a text.
    text = b"%b%b\0%b\0%b" % (numbers, stream.encode(), kind.encode(), name.encode())
    return hashlib.blake2b(text, digest_size=16, person=_VERSION).digest()


class _Draws:
    """What one seed and a stack of seeds have in common; `_lead` is the shape of the seed axis."""

    def __init__(self, seeds: Sequence[int], lead: tuple[int, ...], device: str | torch.device) -> None:
        self.device = _checked_device(device)
        self._seeds = tuple(seeds)
        self._lead = lead
        first: dict[int, int] = {}
        # For each row the row that it is a copy of; its own number where the seed is new.
        self._source = [first.setdefault(seed, row) for row, seed in enumerate(self._seeds)]

    def normal(
        self,
        stream: Stream,
        step: int,
        name: str,
        shape: Sequence[int],
        dtype: torch.dtype = torch.float32,
        *,
        out: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return independent N(0, 1) numbers, float32 or float64."""
        target = self._target(shape, _checked_float(dtype), out)
        return self._filled(target, "normal", stream, step, name)

    def uniform(
        self,
        stream: Stream,
        step: int,
        name: str,
        shape: Sequence[int],
        dtype: torch.dtype = torch.float32,
        *,
        out: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return independent numbers, uniform on [0, 1), float32 or float64."""
        target = self._target(shape, _checked_float(dtype), out)
        return self._filled(target, "uniform", stream, step, name)

    def rademacher(
        self,
        stream: Stream,
        step: int,
        name: str,
        shape: Sequence[int],
        dtype: torch.dtype = torch.float32,
        *,
        out: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return independent fair signs -1 and +1, float32 or float64."""
        target = self._target(shape, _checked_float(dtype), out)
        return self._filled(target, "rademacher", stream, step, name)

    def integers(
        self,
        stream: Stream,
        step: int,
        name: str,
        high: int,
        shape: Sequence[int],
        *,
        out: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return independent integers, uniform on 0 .. high - 1, int64.

        Raises:
            InputError: `high` is less than 1.
        """
        if high < 1:
            raise InputError.of("high", high, "allowed: at least 1")
        target = self._target(shape, torch.int64, out)
        return self._filled(target, "integers", stream, step, name, high=high)

    def permutation(
        self, stream: Stream, step: int, name: str, n: int, *, out: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return a uniformly random order of 0 .. n - 1 for each seed, shape `(n,)`, int64."""
        target = self._target((n,), torch.int64, out)
        return self._filled(target, "permutation", stream, step, name)

    def _target(self, shape: Sequence[int], dtype: torch.dtype, out: torch.Tensor | None) -> torch.Tensor:
        full = (*self._lead, *shape)
        if out is None:
            return torch.empty(full, dtype=dtype, device=self.device)
        fits = tuple(out.shape) == full and out.dtype == dtype and out.device.type == self.device.type
        if not (fits and out.is_contiguous()):
            given = f"{tuple(out.shape)} {out.dtype} on {out.device}"
            raise InputError.of("out", given, f"allowed: a contiguous {full} {dtype} on {self.device}")
        return out

    def _filled(
        self, target: torch.Tensor, kind: Kind, stream: Stream, step: int, name: str, *, high: int = 0
    ) -> torch.Tensor:
        if target.numel():
            fill = _fill_cpu if self.device.type == "cpu" else _fill_cuda
            fill(target.detach(), self._keys(kind, stream, step, name), kind, high)
        return target

    def _keys(self, kind: Kind, stream: Stream, step: int, name: str) -> list[bytes | int]:
        # A row is drawn from its key, or is a copy of the earlier row of that number.
        return [
            key_of(seed, stream, step, name, kind) if source == row else source
            for row, (seed, source) in enumerate(zip(self._seeds, self._source, strict=True))
        ]


class KeyedNoise(_Draws):
    """The draws of one seed: pure functions of (stream, step, tensor name), for any thread.

    Every method returns `shape`, written into `out` where given (contiguous, right shape, dtype and device).
    """

    def __init__(self, seed: int, device: str | torch.device = "cpu") -> None:
        super().__init__((seed,), (), device)
        self.seed = seed


class StackedNoise(_Draws):
    """The draws of several seeds at once; slice s of each is bit for bit what `KeyedNoise(seeds[s])` draws.

    Every method returns `[len(seeds), *shape]`, written into `out` where given (contiguous, right shape,
    dtype and device). A seed that occurs several times, as in a cohort of arms, is drawn once and copied.
    """

    def __init__(self, seeds: Sequence[int], device: str | torch.device = "cpu") -> None:
        super().__init__(seeds, (len(seeds),), device)
        self.seeds = self._seeds


def _checked_float(dtype: torch.dtype) -> torch.dtype:
    if dtype not in _FLOATS:
        raise InputError.of("dtype", dtype, "allowed: torch.float32, torch.float64")
    return dtype


def _checked_device(device: str | torch.device) -> torch.device:
    checked = torch.device(device)
    if checked.type not in ("cpu", "cuda"):
        raise InputError.of("device", str(device), "allowed: cpu, cuda, cuda:N")
    return checked


def _fill_cpu(target: torch.Tensor, keys: Sequence[bytes | int], kind: Kind, high: int) -> None:
    rows = target.numpy().reshape(len(keys), -1)  # shares the memory
    drawer = drawer_of_thread()
    for row, key in enumerate(keys):
        if isinstance(key, int):
            rows[row] = rows[key]
            continue
        drawer.seek(key)
        if kind == "integers":
            drawer.integers(rows[row], high)
        else:
            getattr(drawer, kind)(rows[row])


_of_thread = threading.local()


def _cuda_generator(device: torch.device) -> torch.Generator:
    generators: dict[torch.device, torch.Generator] | None = getattr(_of_thread, "generators", None)
    if generators is None:
        generators = _of_thread.generators = {}
    if device not in generators:
        generators[device] = torch.Generator(device)
    return generators[device]


def _fill_cuda(target: torch.Tensor, keys: Sequence[bytes | int], kind: Kind, high: int) -> None:
    generator = _cuda_generator(target.device)
    rows = target.view(len(keys), -1).unbind()
    for row, key in zip(rows, keys, strict=True):
        if isinstance(key, int):
            row.copy_(rows[key])
            continue
        # Seeding sets two host numbers (key and offset) and fills are only queued: nothing waits for the GPU.
        generator.manual_seed(int.from_bytes(key[:8], "little"))
        _fill_row(row, generator, kind, high)


def _fill_row(row: torch.Tensor, generator: torch.Generator, kind: Kind, high: int) -> None:
    if kind == "normal":
        row.normal_(generator=generator)
    elif kind == "uniform":
        row.uniform_(generator=generator)
    elif kind == "rademacher":
        row.bernoulli_(0.5, generator=generator).mul_(2).sub_(1)
    elif kind == "integers":
        row.random_(0, high, generator=generator)
    else:
        torch.randperm(row.numel(), generator=generator, device=row.device, out=row)
