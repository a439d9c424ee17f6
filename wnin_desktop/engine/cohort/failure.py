"""What one arm's optimizer may break, and what is nobody's own fault.

An optimizer is foreign code: whatever it raises ends its own arm, and the others go on. Two things are not
its own: the keyboard, and a lost accelerator, after which no arm can compute (and whose error may show up in
the step of another arm than the one that caused it).
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass

import torch

from wnin_desktop.engine.plugins import one_line, sentence
from wnin_desktop.errors import TrainingError, WninError

TRACEBACK_LIMIT = 8000
"""Characters of a traceback that are kept: however they are escaped, an event stays under its 64 KiB."""
_LEAD = 2000
"""Characters kept from the beginning of a longer one."""


@dataclass(frozen=True)
class Failure:
    """How an arm ended: after `finished` steps, why in one sentence, and where in the code."""

    finished: int
    error: str
    traceback: str


def costs_one_arm(error: BaseException, device: torch.device) -> bool:
    """Return whether `error`, raised by an arm's optimizer, ends that arm only.

    `SystemExit` and the like are as good as any other error: an optimizer does not end the program.
    """
    return not isinstance(error, KeyboardInterrupt) and not is_lost(error, device)


def is_lost(error: BaseException, device: torch.device) -> bool:
    """Return whether `error` says that the accelerator is gone, or is in a state that only a restart ends."""
    if not _is_accelerator(device) or is_memory(error):
        return False
    kinds = getattr(torch, "AcceleratorError", ())  # since torch 2.8; before, its text is all there is
    return isinstance(error, kinds) or (isinstance(error, RuntimeError) and "CUDA error" in str(error))


def _is_accelerator(device: torch.device) -> bool:
    # Apart, so that losing one can be tried on a machine that has none. On a CPU such an error is made up.
    return device.type != "cpu"


def is_memory(error: BaseException) -> bool:
    """Return whether `error` says that memory ran out."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # torch has no type of its own for a full main memory.
    return isinstance(error, RuntimeError) and any(
        words in told(error) for words in ("DefaultCPUAllocator", "CUDA error: out of memory")
    )


def told(error: BaseException) -> str:
    """Return an error as one line: ours by its own words, any other led by its kind."""
    return one_line(str(error)) if isinstance(error, WninError) else sentence(error)


def traced(error: BaseException) -> str:
    """Return the traceback of an error of foreign code as text that can be stored and sent."""
    try:
        text = "".join(traceback.format_exception(error))
    except Exception:  # a foreign class may raise anything while it is described
        text = f"{told(error)} (its traceback cannot be shown)"
    if len(text) > TRACEBACK_LIMIT:
        text = f"{text[:_LEAD]}\n...\n{text[_LEAD - TRACEBACK_LIMIT :]}"
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be encoded


def ending(error: Exception, step: int, device: torch.device) -> Exception:
    """Return what the end of a whole comparison in the step after `step` is told as."""
    if is_lost(error, device):
        return TrainingError(
            f"the device {device} was lost in step {step + 1} ({told(error)}); what was recorded is kept; "
            "start the program again and resume from the last checkpoint"
        )
    if is_memory(error):
        return TrainingError(
            f"memory ran out in step {step + 1} ({told(error)}); what was recorded is kept; fewer "
            "arms or seeds, a smaller batch or a smaller network need less"
        )
    return error
