"""The downward arrow: a thread-safe queue of commands that a run reads between steps."""

from __future__ import annotations

import threading
from collections import deque

from wnin_desktop.schema.commands import (
    AnyCommand,
    Pause,
    Resume,
    SaveCheckpoint,
    SingleStep,
    Stop,
    TurnKnob,
)


class RunControl:
    """Commands for one comparison. Any thread sends; the run's own thread takes."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._queue: deque[AnyCommand] = deque()
        self._stop_asked = threading.Event()

    def send(self, command: AnyCommand) -> None:
        """Queue a command; it acts before the next step."""
        with self._condition:
            self._queue.append(command)
            self._condition.notify_all()

    def take(self, *, wait: bool) -> list[AnyCommand]:
        """Return all queued commands in order; with `wait`, block until there is at least one."""
        with self._condition:
            while wait and not self._queue:
                self._condition.wait()
            commands = list(self._queue)
            self._queue.clear()
            return commands

    def stop_asked_within(self, seconds: float) -> bool:
        """Return whether `stop` was ever called, after waiting for it for at most `seconds`."""
        return self._stop_asked.wait(seconds)

    def pause(self) -> None:
        """Hold after the current step."""
        self.send(Pause())

    def resume(self) -> None:
        """Go on."""
        self.send(Resume())

    def single_step(self, count: int = 1) -> None:
        """Take `count` steps, then hold."""
        self.send(SingleStep(count))

    def stop(self, *, checkpoint: bool = True) -> None:
        """End after the current step."""
        self._stop_asked.set()
        self.send(Stop(checkpoint))


class Clutch:
    """What the commands so far add up to: whether to step, how far, and what else to do.

    Kept apart from the queue so that the rules of pausing can be tested without a thread.
    """

    def __init__(self) -> None:
        self.paused = False
        self.steps_granted = 0
        self.stopping: Stop | None = None
        self.save_asked = False
        self.turned: list[TurnKnob] = []

    @property
    def holding(self) -> bool:
        """Whether the run must wait for the next command."""
        return self.paused and self.steps_granted == 0 and self.stopping is None

    def apply(self, command: AnyCommand) -> None:
        """Take one command into account."""
        match command:
            case Pause():
                self.paused, self.steps_granted = True, 0
            case Resume():
                self.paused, self.steps_granted = False, 0
            case SingleStep(count=count):
                self.paused = True
                self.steps_granted += max(count, 0)
            case Stop():
                self.stopping = command
            case SaveCheckpoint():
                self.save_asked = True
            case TurnKnob():
                self.turned.append(command)

    def allowed(self, steps: int) -> int:
        """Return how many of `steps` may be taken before holding."""
        return min(steps, self.steps_granted) if self.paused else steps

    def taken(self, steps: int) -> None:
        """Record that `steps` were taken."""
        if self.paused:
            self.steps_granted -= steps
