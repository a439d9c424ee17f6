"""What a plot shows, as sentences for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wnin_desktop.schema.metrics import BY_KEY


@dataclass(frozen=True)
class ReadOut:
    """An arm at a step: mean over `n` seeds and its interval; no `low` and `high` with fewer than two.

    `step` is where it was measured, at or before the step that was asked for.
    """

    arm: str
    step: int
    mean: float
    low: float | None
    high: float | None
    n: int


def sentence(arm: str, found: ReadOut | None, diverged: int) -> str:
    """Return one sentence about an arm."""
    ending = f"; {diverged} {'run' if diverged == 1 else 'runs'} diverged." if diverged else "."
    if found is None:
        return f"{arm}: not measured yet{ending}"
    interval = "" if found.low is None else f", 95 % interval {found.low:.4g} to {found.high:.4g}"
    seeds = f"{found.n} {'seed' if found.n == 1 else 'seeds'}"
    return f"{arm}: {found.mean:.4g}{interval}, {seeds}, at step {found.step}{ending}"


def described(key: str, sentences: Iterable[str]) -> str:
    """Return the title of a metric, and the sentences about the arms."""
    title = BY_KEY[key].title if key in BY_KEY else key
    return " ".join([f"{title}.", *sentences])
