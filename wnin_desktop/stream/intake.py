"""What a remote trainer may say: each message is decoded, checked and written anew before others see it."""

from __future__ import annotations

import msgspec
from websockets.frames import CloseCode

from wnin_desktop.errors import InputError
from wnin_desktop.schema.events import EVENT_TYPES, RunEvent, decode_batch, encode_batch
from wnin_desktop.stream.limits import LARGEST_INTEGER, LARGEST_STEP, RUN_ID_LENGTH, Limits


class Malformed(Exception):  # noqa: N818 - it is a verdict about a client, not a fault of ours
    """A client broke the rules; `code` closes its connection. The reason repeats nothing the client sent."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def read_message(data: bytes, limits: Limits) -> tuple[bytes, list[RunEvent]]:
    """Return `(the message written anew, its events)`.

    Writing it anew means that only what our own codec says reaches the subscribers.

    Raises:
        Malformed: not a JSON array of events (1007), too many, none, or values out of bounds (1008).
    """
    try:
        events = decode_batch(data)
        canonical = encode_batch(events)
    # Deep nesting ends in RecursionError.
    except (InputError, RecursionError):
        raise Malformed(CloseCode.INVALID_DATA, "not a JSON array of run events") from None
    if not 0 < len(events) <= limits.events_per_message:
        raise Malformed(CloseCode.POLICY_VIOLATION, f"1 to {limits.events_per_message} events per message")
    if len(canonical) > limits.message_bytes:
        raise Malformed(CloseCode.MESSAGE_TOO_BIG, "message too big")
    if not all(map(_in_bounds, events)):
        raise Malformed(CloseCode.POLICY_VIOLATION, "a run_id, timestamp or integer is out of bounds")
    return canonical, events


def _in_bounds(event: RunEvent) -> bool:
    name = event.run_id
    if not (0 < len(name) <= RUN_ID_LENGTH and name.isprintable() and event.timestamp >= 0):
        return False
    if not 0 <= getattr(event, "step", 0) <= LARGEST_STEP:
        return False
    return all(abs(getattr(event, field) or 0) < LARGEST_INTEGER for field in _INTEGERS[type(event)])


_INTEGERS = {
    kind: tuple(field.name for field in msgspec.structs.fields(kind) if field.type in (int, int | None))
    for kind in EVENT_TYPES
}
