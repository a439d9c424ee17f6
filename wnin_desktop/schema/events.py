"""What comes up from a run: a closed union of events with one codec.

Every event is a msgspec struct tagged by `type`. A number that was not measured is null and `reasons`
says why; a number that is not finite is null and named in `nonfinite` (JSON has no NaN).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from wnin_desktop.errors import InputError

PROTOCOL = 1
MESSAGE_LIMIT = 64 * 1024
"""Largest encoded message, bytes."""
EVENTS_PER_MESSAGE = 16


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """What all events share. `timestamp` is Unix time in seconds."""

    run_id: str
    timestamp: float


class RunStarted(Event, frozen=True, kw_only=True, tag="run_started"):
    """A run begins (or goes on, when `resumed_from` is a step). `config` is its `RunConfig` as JSON."""

    experiment_id: str
    arm: str
    seed: int
    config: dict[str, Any]
    fingerprint: str
    steps: int
    parameters: int
    device: str
    versions: dict[str, str]
    host: str
    perplexity_floor: float | None = None
    resumed_from: int | None = None


class StepMetrics(Event, frozen=True, kw_only=True, tag="step_metrics"):
    """One optimizer step. `step` counts finished steps: the first event is step 1; step 0 is the start."""

    step: int
    arm: str
    seed: int
    train_loss: float | None = None
    clean_train_loss: float | None = None
    val_loss: float | None = None
    accuracy: float | None = None
    perplexity: float | None = None
    temperature: float | None = None
    noise_magnitude: float | None = None
    lr: float | None = None
    grad_norm: float | None = None
    update_norm: float | None = None
    noise_to_signal: float | None = None
    hessian_trace_est: float | None = None
    hessian_trace_se: float | None = None
    sharpness_proxy: float | None = None
    noise_mode: str = "none"
    schedule_phase: str = ""
    reasons: dict[str, str] = {}
    nonfinite: tuple[str, ...] = ()


class Curvature(Event, frozen=True, kw_only=True, tag="curvature"):
    """Curvature of the loss on the fixed probe batch, with its standard errors (0 where exact)."""

    step: int
    method: Literal["exact", "hutchinson"]
    hessian_trace_est: float | None
    hessian_trace_se: float | None
    relative_trace: float | None
    relative_trace_se: float | None
    probes: int
    examples: int
    cost_gradients: float
    """Cost in gradient evaluations on the probe batch."""


class Checkpoint(Event, frozen=True, kw_only=True, tag="checkpoint"):
    """State was saved, and why; `matched_train_loss` snapshots carry the losses found there."""

    step: int
    reason: Literal["periodic", "asked", "final", "best", "matched_train_loss"]
    file: str
    sha256: str
    size: int
    clean_train_loss: float | None = None
    val_loss: float | None = None
    fraction: float | None = None
    """Matched snapshots: position on the segment between the two steps around the crossing, 0 to 1."""


class Intervention(Event, frozen=True, kw_only=True, tag="intervention"):
    """Somebody turned a knob while it ran; it acts from step `step` + 1 on and replays from the record."""

    step: int
    knob: Literal["temperature", "noise", "lr"]
    value: float
    previous: float | None


class Diverged(Event, frozen=True, kw_only=True, tag="diverged"):
    """The loss or the parameters stopped being finite. The run is kept up to `last_finite_step`."""

    step: int
    reason: str
    last_finite_step: int


class Finished(Event, frozen=True, kw_only=True, tag="finished"):
    """A run ended: completed its budget, was stopped, or diverged."""

    step: int
    status: Literal["completed", "stopped", "diverged"]
    wall_s: float
    gradient_evaluations: int
    final: dict[str, float | None] = {}


class Failed(Event, frozen=True, kw_only=True, tag="failed"):
    """A run raised. What was committed before is kept."""

    step: int
    error: str
    traceback: str


RunEvent = RunStarted | StepMetrics | Curvature | Checkpoint | Intervention | Diverged | Finished | Failed
EVENT_TYPES: tuple[type[Event], ...] = (
    RunStarted, StepMetrics, Curvature, Checkpoint, Intervention, Diverged, Finished, Failed,
)  # fmt: skip

_encoder = msgspec.json.Encoder()
_decode_one = msgspec.json.Decoder(RunEvent)
_decode_many = msgspec.json.Decoder(list[RunEvent])


def encode(event: RunEvent) -> bytes:
    """Return one event as JSON."""
    return _encoder.encode(event)


def encode_batch(events: list[RunEvent]) -> bytes:
    """Return events as one JSON array; the caller keeps batches at `EVENTS_PER_MESSAGE`."""
    return _encoder.encode(events)


def decode(data: bytes | str) -> RunEvent:
    """Return the event in `data`.

    Raises:
        InputError: `data` is not one event of the union.
    """
    try:
        return _decode_one.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError.of("event", _preview(data), str(error)) from None


def decode_batch(data: bytes | str) -> list[RunEvent]:
    """Return the events in a JSON array.

    Raises:
        InputError: `data` is not an array of events.
    """
    try:
        return _decode_many.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError.of("events", _preview(data), str(error)) from None


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of one event, as published in `resources/events.schema.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "WNIN run event",
        **msgspec.json.schema(RunEvent),
    }


def _preview(data: bytes | str) -> str:
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    return text[:60]
