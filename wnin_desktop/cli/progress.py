"""What a run looks like from a terminal: time left, steps/s and the arms' latest numbers.

On a terminal a live table, redrawn at most four times a second; elsewhere plain lines every few seconds.
A mean is over seeds and never stands without its n.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TextIO

from wnin_desktop.schema.events import Diverged, Failed, Finished, RunEvent, RunStarted, StepMetrics

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = ("train_loss", "val_loss", "accuracy", "perplexity", "temperature")
TITLES = {
    "train_loss": "train loss",
    "val_loss": "val loss",
    "accuracy": "accuracy",
    "perplexity": "perplexity",
    "temperature": "T",
}
LINE_S = 2.0
"""Pause between plain lines, seconds."""
FRAME_S = 0.25
"""Pause between frames of the live table, seconds."""
RATE_WINDOW = 32


@dataclass
class Seed:
    """The latest of one run."""

    step: int = 0
    state: str = "running"
    latest: dict[str, float] = field(default_factory=dict)


class Tally:
    """The latest numbers of all runs of a comparison, from its events."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.arms: dict[str, dict[int, Seed]] = {}
        self._of_run: dict[str, tuple[str, int]] = {}
        self.steps = 0
        self.step = 0
        self.first = 0
        """The step it goes on from."""
        self._pace: deque[tuple[float, int]] = deque(maxlen=RATE_WINDOW)

    def take(self, event: RunEvent) -> str | None:
        """Take an event into account; return what must be said at once, if anything."""
        if isinstance(event, StepMetrics):
            self._take_step(event)
            return None
        if isinstance(event, RunStarted):
            self._take_start(event)
            return None
        if event.run_id not in self._of_run:
            return None
        arm, seed = self._of_run[event.run_id]
        run = self.arms[arm][seed]
        if isinstance(event, Diverged):
            run.state = "diverged"
            return f"{arm}, seed {seed}: diverged at step {event.step} ({event.reason}); kept up to there."
        if isinstance(event, Failed):
            run.state = "failed"
            return f"{arm}, seed {seed}: failed at step {event.step} ({event.error}); kept up to there."
        if isinstance(event, Finished):
            run.state = event.status
            run.latest |= {k: v for k, v in event.final.items() if k in SHOWN and v is not None}
        return None

    def _take_start(self, event: RunStarted) -> None:
        self._of_run[event.run_id] = (event.arm, event.seed)
        first = Seed(step=event.resumed_from or 0)
        self.arms.setdefault(event.arm, {})[event.seed] = first
        self.steps = event.steps
        self.step = self.first = max(self.step, first.step)

    def _take_step(self, event: StepMetrics) -> None:
        run = self.arms.setdefault(event.arm, {}).setdefault(event.seed, Seed())
        run.step = event.step
        for key in SHOWN:
            value = getattr(event, key)
            if value is not None:
                run.latest[key] = value
        self.step = max(self.step, event.step)

    def mark(self) -> None:
        """Remember how far it is now; the pace comes from such marks."""
        self._pace.append((self._clock(), self.step))

    @property
    def runs(self) -> int:
        """The number of runs that began."""
        return sum(len(seeds) for seeds in self.arms.values())

    @property
    def rate(self) -> float | None:
        """Steps per second that all runs take together in lock-step; None before it can be told."""
        if len(self._pace) < 2:
            return None
        (since, before), (now, after) = self._pace[0], self._pace[-1]
        return (after - before) / (now - since) if now > since and after > before else None

    @property
    def seconds_left(self) -> float | None:
        """Time to the end at the present pace."""
        return (self.steps - self.step) / self.rate if self.rate else None

    @property
    def columns(self) -> list[str]:
        """The metrics that anybody measured, in the order of `SHOWN`."""
        known = {key for seeds in self.arms.values() for run in seeds.values() for key in run.latest}
        return [key for key in SHOWN if key in known]

    def mean(self, arm: str, key: str) -> tuple[float, int] | None:
        """Return the mean over the seeds that did not diverge or fail, and their number."""
        values = [
            run.latest[key]
            for run in self.arms[arm].values()
            if key in run.latest and run.state not in ("diverged", "failed")
        ]
        return (sum(values) / len(values), len(values)) if values else None

    def going(self, arm: str) -> str:
        """Return how many seeds an arm has, and how many of them are lost."""
        seeds = self.arms[arm].values()
        lost = {word: sum(run.state == word for run in seeds) for word in ("diverged", "failed")}
        said = [f"{amount} {word}" for word, amount in lost.items() if amount]
        return ", ".join([str(len(seeds) - sum(lost.values())), *said])

    def head(self) -> str:
        """Return how far, how fast and how long still, in one line."""
        share = self.step / self.steps if self.steps else 0.0
        words = [f"step {self.step}/{self.steps} ({share:.0%})"]
        if self.rate is not None:
            words.append(f"{self.rate:.3g} steps/s")
        if self.seconds_left is not None and self.step < self.steps:
            words.append(f"{clock_time(self.seconds_left)} left")
        return ", ".join(words)


def clock_time(seconds: float) -> str:
    """Return a time as people say it: 12 s, 3 min 05 s, 2 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def shown(key: str, value: float) -> str:
    """Return a metric's value in a few digits."""
    return f"{100 * value:.1f} %" if key == "accuracy" else f"{value:.3g}"


class Progress(Protocol):
    """A sink of events that shows them while a run goes on, used in a `with` block."""

    def __call__(self, event: RunEvent, /) -> None:
        """Take an event."""
        ...

    def say(self, text: str) -> None:
        """Write a line that stays."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Shown(ABC):
    """What both kinds of progress do: count, speak up, and draw when a pause is over."""

    pause_s = LINE_S

    def __init__(self, clock: Callable[[], float]) -> None:
        self.tally = Tally(clock)
        self._clock = clock
        self._due = clock()

    def __call__(self, event: RunEvent, /) -> None:
        # The first event beyond a step says that the step is complete: every run's numbers are in.
        if isinstance(event, StepMetrics) and event.step > self.tally.step and self._clock() >= self._due:
            self._draw_now()
        message = self.tally.take(event)
        if message is not None:
            self.say(message)

    def _draw_now(self) -> None:
        if self.tally.step > self.tally.first:
            self.tally.mark()
            self.draw()
            self._due = self._clock() + self.pause_s

    @abstractmethod
    def say(self, text: str) -> None:
        """Write one line."""

    @abstractmethod
    def draw(self) -> None:
        """Show the latest numbers."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draw_now()


class PlainProgress(_Shown):
    """Lines of text, at most one every `LINE_S` seconds, for files, pipes and logs."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._stream = stream

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def draw(self) -> None:
        """Write one line with the head and the means of every arm."""
        arms = "; ".join(f"{arm}: {self._numbers(arm)}" for arm in self.tally.arms)
        self.say(f"{self.tally.head()} | {arms}")

    def _numbers(self, arm: str) -> str:
        found = {key: self.tally.mean(arm, key) for key in self.tally.columns}
        words = [f"{TITLES[key]} {shown(key, mean[0])}" for key, mean in found.items() if mean is not None]
        return ", ".join([*words, f"n {self.tally.going(arm)}"])


class LiveProgress(_Shown):
    """A bar and a table that are redrawn in place, at most four times a second."""

    pause_s = FRAME_S

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        from rich.live import Live  # noqa: PLC0415 - only where there is a terminal

        super().__init__(clock)
        self._live = Live(console=console, auto_refresh=False, transient=False)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Draw the last state and leave it on the terminal."""
        try:
            super().__exit__(kind, error, trace)
        finally:
            self._live.stop()

    def say(self, text: str) -> None:
        """Write a line that stays above the table."""
        self._live.console.print(text, markup=False)

    def draw(self) -> None:
        """Redraw bar and table."""
        from rich.console import Group  # noqa: PLC0415 - as above
        from rich.progress_bar import ProgressBar  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        bar = ProgressBar(total=max(1, self.tally.steps), completed=self.tally.step, width=40)
        head = Table.grid(padding=(0, 1))
        head.add_row(bar, Text(self.tally.head()))
        self._live.update(Group(head, self._table()), refresh=True)

    def _table(self) -> Any:
        from rich.markup import escape  # noqa: PLC0415 - as above
        from rich.table import Table  # noqa: PLC0415

        table = Table(box=None, pad_edge=False)
        table.add_column("arm")
        table.add_column("n", justify="right")
        for key in self.tally.columns:
            table.add_column(TITLES[key], justify="right")
        for arm in self.tally.arms:
            means = [self.tally.mean(arm, key) for key in self.tally.columns]
            cells = [
                shown(key, mean[0]) if mean is not None else "–"
                for key, mean in zip(self.tally.columns, means, strict=True)
            ]
            table.add_row(escape(arm), self.tally.going(arm), *cells)
        return table
