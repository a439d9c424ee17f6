"""What goes down to a run: pause, step, stop, turn a knob. The mirror image of `events`."""

from __future__ import annotations

from typing import Literal

import msgspec

Knob = Literal["temperature", "noise", "lr"]


class Command(msgspec.Struct, frozen=True, tag_field="command", forbid_unknown_fields=True):
    """Base of all commands."""


class Pause(Command, frozen=True, tag="pause"):
    """Hold after the current step."""


class Resume(Command, frozen=True, tag="resume"):
    """Go on after a pause."""


class SingleStep(Command, frozen=True, tag="single_step"):
    """Take `count` steps, then hold."""

    count: int = 1


class Stop(Command, frozen=True, tag="stop"):
    """End after the current step; `checkpoint` saves the state first."""

    checkpoint: bool = True


class SaveCheckpoint(Command, frozen=True, tag="save_checkpoint"):
    """Save the state after the current step and go on."""


class TurnKnob(Command, frozen=True, tag="turn_knob"):
    """Set a knob of one arm, or of all arms with `arm` None.

    `temperature` sets the base temperature, `noise` the base magnitude (the schedule goes on scaling either),
    `lr` the base learning rate.
    """

    knob: Knob
    value: float
    arm: str | None = None


AnyCommand = Pause | Resume | SingleStep | Stop | SaveCheckpoint | TurnKnob

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyCommand)


def encode(command: AnyCommand) -> bytes:
    """Return a command as JSON."""
    return _encoder.encode(command)


def decode(data: bytes) -> AnyCommand:
    """Return the command in `data`."""
    return _decoder.decode(data)
