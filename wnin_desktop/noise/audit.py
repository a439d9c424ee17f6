"""The noise audit log: keys, not tensors. Verifying regenerates every draw and compares.

A log is JSON lines: a header (seed, device, versions), one line per draw, a last line with their number.
Every line begins with its step and ends with its seal `"<step>:<chain>"`, where chain is the SHA-256 of
the chain before and of the line up to the seal. The step stands in a line twice, so that a changed byte
anywhere, the step's own digits included, makes verification fail and leaves one of the two to name the
step. The header stands for step 0.

A seal is a checksum, not a signature: who rewrites a whole log can seal it again, but then the draws
that it claims must still be the ones that its keys give.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec
import numpy as np
import torch

from wnin_desktop.errors import InputError
from wnin_desktop.noise.colors import step_colour, step_trit
from wnin_desktop.noise.keyed import KeyedNoise, Kind, Stream

FORMAT = 1
LARGEST_DRAW = 2**28
"""Most elements of one audited draw; a damaged log cannot ask for more memory than this."""
_SEAL = re.compile(rb',"seal":"(\d{1,20}):([0-9a-f]{64})"\}')
_STEP = re.compile(rb'\{"step":(\d{1,20}),')
_DTYPES = {"float32": torch.float32, "float64": torch.float64, "int64": torch.int64}


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """First line: whose draws these are, and on what they were made."""

    step: Literal[0] = 0
    wnin_audit: Literal[1] = FORMAT
    seed: int
    device: str
    numpy: str
    torch: str


class Draw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One draw: its key, what it became, and the SHA-256 of its raw bytes, before the amplitude."""

    step: int
    stream: Stream
    name: str
    shape: tuple[int, ...]
    dtype: Literal["float32", "float64", "int64"]
    distribution: Kind
    amplitude: float
    colour: str
    trit: int
    digest: str
    high: int | None = None


class Footer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Last line of a finished log: `step` is that of the last draw."""

    step: int
    draws: int


@dataclass(frozen=True)
class VerifyReport:
    """What verification found. `ok` without `complete`: all is well, but the log was never closed.

    `step` and `line` (from 1) name the first thing that is wrong; `checked` counts the draws found right
    before it.
    """

    ok: bool
    complete: bool
    checked: int
    step: int | None = None
    line: int | None = None
    reason: str | None = None


class AuditLog:
    """Writes the audit log of one run. A context manager; closing writes the last line."""

    def __init__(self, path: Path, seed: int, device: str = "cpu") -> None:
        """Begin a new log at `path`, replacing what is there."""
        self._start(seed, path.open("wb"))
        self._write(Header(seed=seed, device=device, numpy=np.__version__, torch=str(torch.__version__)))

    @classmethod
    def resume(cls, path: Path, after_step: int) -> Self:
        """Go on with a log from a checkpoint: what it holds of steps after `after_step` is dropped.

        Raises:
            InputError: The log is damaged up to there.
        """
        kept = _read_until(path, after_step)
        log = cls.__new__(cls)
        os.truncate(path, sum(len(line.raw) + 1 for line in kept))
        header = kept[0].content
        assert isinstance(header, Header)
        log._start(header.seed, path.open("ab"))
        log._chain = kept[-1].chain
        log._last_step = kept[-1].content.step
        log._draws = len(kept) - 1
        return log

    def record(
        self,
        stream: Stream,
        step: int,
        name: str,
        draw: torch.Tensor,
        *,
        amplitude: float,
        distribution: Kind = "normal",
        high: int | None = None,
    ) -> None:
        """Write down one raw draw, as it came from `KeyedNoise(seed)` with this key.

        On CUDA this waits for the device and copies the draw; auditing is asked for, never on by itself.
        """
        self._write(
            Draw(
                step=step,
                stream=stream,
                name=name,
                shape=tuple(draw.shape),
                dtype=_dtype_name(draw),
                distribution=distribution,
                amplitude=float(amplitude),
                colour=step_colour(self.seed, step),
                trit=step_trit(self.seed, step),
                digest=digest_of(draw),
                high=high,
            )
        )
        self._draws += 1

    def flush(self) -> None:
        """Hand what was recorded to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Write the last line and close; closing twice does nothing."""
        if not self._file.closed:
            self._write(Footer(step=self._last_step, draws=self._draws))
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self, seed: int, file: io.BufferedWriter) -> None:
        self.seed = seed
        self._file = file
        self._chain = ""
        self._last_step = 0
        self._draws = 0

    def _write(self, content: Header | Draw | Footer) -> None:
        body = _encoder.encode(content)[:-1]
        self._chain = _chained(self._chain, body)
        self._last_step = content.step
        self._file.write(b'%b,"seal":"%d:%b"}\n' % (body, content.step, self._chain.encode()))


def digest_of(draw: torch.Tensor) -> str:
    """Return the SHA-256 (hex) of a draw's bytes, little-endian, in row-major order."""
    values = draw.detach().cpu().contiguous().numpy().reshape(-1)
    return hashlib.sha256(values.astype(values.dtype.newbyteorder("<"), copy=False).data).hexdigest()


def verify(path: Path) -> VerifyReport:
    """Check every seal of a log and regenerate every draw on the device that it was made on.

    Raises:
        InputError: The file cannot be read, or its device is not here.
    """
    return verify_bytes(_content(path))


def verify_bytes(data: bytes) -> VerifyReport:
    """Check a log that is already in memory, as `verify` does."""
    reading = _Verification()
    raws = _raw_lines(data)
    for index, raw in enumerate(raws):
        try:
            reading.take(raw)
        except _DamageError as damage:
            step = damage.step if damage.step is not None else _next_step(raws[index + 1 :])
            return VerifyReport(False, False, reading.checked, step, index + 1, damage.reason)
    if reading.header is None:
        return VerifyReport(False, False, 0, 0, 1, "the file is empty")
    return VerifyReport(True, reading.complete, reading.checked)


_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class _Line:
    raw: bytes
    content: Header | Draw | Footer
    chain: str


class _DamageError(Exception):
    def __init__(self, step: int | None, reason: str) -> None:
        super().__init__(reason)
        self.step = step
        self.reason = reason


class _Verification:
    """One reading of a log from its first line on."""

    def __init__(self) -> None:
        self.header: Header | None = None
        self.checked = 0
        self.complete = False
        self._chain = ""

    def take(self, raw: bytes) -> None:
        """Check the next line; raise what is wrong with it."""
        line = _parsed(raw, self._chain, first=self.header is None)
        self._chain = line.chain
        if self.complete:
            raise _DamageError(line.content.step, "a line follows the last one")
        if self.header is None:
            assert isinstance(line.content, Header)
            self.header = line.content
        elif isinstance(line.content, Footer):
            self._end(line.content)
        else:
            assert isinstance(line.content, Draw)
            _check(line.content, self.header)
            self.checked += 1

    def _end(self, footer: Footer) -> None:
        if footer.draws != self.checked:
            reason = f"{self.checked} draws are here and {footer.draws} were written"
            raise _DamageError(footer.step, reason)
        self.complete = True


def _chained(before: str, body: bytes) -> str:
    return hashlib.sha256(before.encode() + b"\n" + body).hexdigest()


def _dtype_name(draw: torch.Tensor) -> Literal["float32", "float64", "int64"]:
    name = str(draw.dtype).removeprefix("torch.")
    if name not in ("float32", "float64", "int64"):
        raise InputError.of("draw", draw.dtype, f"allowed: {', '.join(_DTYPES)}")
    return name


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError.of("audit log", str(path), f"it cannot be read: {error.strerror}") from None


def _raw_lines(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    # The rest after the last newline: empty in an intact file, otherwise a line that was cut off or damaged.
    return lines[:-1] if lines[-1] == b"" else lines


def _next_step(raws: list[bytes]) -> int | None:
    # A byte that became a newline near the start of a line leaves the step in the line's second half.
    legible = (_SEAL.search(raw) or _STEP.match(raw) for raw in raws)
    return next((int(match[1]) for match in legible if match), None)


def _parsed(raw: bytes, chain: str, *, first: bool) -> _Line:
    seal = _SEAL.search(raw)
    begin = _STEP.match(raw)
    if seal is None or begin is None or seal.end() != len(raw):
        # Whichever step is legible; of two lines that ran together this is the first.
        legible = seal or begin
        raise _DamageError(int(legible[1]) if legible else None, "the line is damaged or cut off")
    body = raw[: seal.start()]
    stated = seal[2].decode()
    if _chained(chain, body) != stated:
        raise _DamageError(int(seal[1]), "the line does not match its seal")
    if begin[1] != seal[1]:
        raise _DamageError(int(begin[1]), "the step in the seal is not the step of the line")
    return _Line(raw, _decoded(body + b"}", int(begin[1]), first=first), stated)


def _decoded(text: bytes, step: int, *, first: bool) -> Header | Draw | Footer:
    kinds = (Header,) if first else (Draw, Footer)
    for kind in kinds:
        with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
            return msgspec.json.decode(text, type=kind)
    raise _DamageError(step, f"the line is not a {' or '.join(kind.__name__.lower() for kind in kinds)}")


def _check(draw: Draw, header: Header) -> None:
    label = (step_colour(header.seed, draw.step), step_trit(header.seed, draw.step))
    if (draw.colour, draw.trit) != label:
        raise _DamageError(draw.step, "colour or trit are not those of the step")
    if digest_of(_regenerated(draw, header)) != draw.digest:
        raise _DamageError(draw.step, _difference(header))


def _regenerated(draw: Draw, header: Header) -> torch.Tensor:
    if any(size < 0 for size in draw.shape) or math.prod(draw.shape) > LARGEST_DRAW:
        raise _DamageError(draw.step, f"shape {draw.shape} is not that of a draw")
    noise = _noise(header)
    key = (draw.stream, draw.step, draw.name)
    try:
        if draw.distribution == "integers":
            return noise.integers(*key, draw.high or 0, draw.shape)
        if draw.distribution == "permutation":
            return noise.permutation(*key, math.prod(draw.shape))
        return getattr(noise, draw.distribution)(*key, draw.shape, _DTYPES[draw.dtype])
    except InputError as error:
        raise _DamageError(draw.step, str(error)) from None


def _noise(header: Header) -> KeyedNoise:
    if header.device.startswith("cuda") and not torch.cuda.is_available():
        raise InputError.of("device", header.device, "this log was made on CUDA, and no such device is here")
    try:
        return KeyedNoise(header.seed, header.device)
    except (InputError, RuntimeError) as error:
        raise _DamageError(0, f"the header's device cannot be used: {error}") from None


def _difference(header: Header) -> str:
    reason = "the regenerated draw differs from the recorded one"
    here = (np.__version__, str(torch.__version__))
    if (header.numpy, header.torch) == here:
        return reason
    then = f"numpy {header.numpy} and torch {header.torch}"
    return f"{reason}; it was made with {then}, here are numpy {here[0]} and torch {here[1]}"


def _read_until(path: Path, after_step: int) -> list[_Line]:
    kept: list[_Line] = []
    for number, raw in enumerate(_raw_lines(_content(path)), 1):
        try:
            line = _parsed(raw, kept[-1].chain if kept else "", first=not kept)
        except _DamageError as damage:
            if damage.step is not None and damage.step > after_step:
                break
            raise InputError.of("audit log", str(path), f"line {number}: {damage.reason}") from None
        if isinstance(line.content, Footer) or line.content.step > after_step:
            break
        kept.append(line)
    if not kept:
        raise InputError.of("audit log", str(path), "it holds no header")
    return kept
