"""Closed-loop temperature: failures among the last outcomes drive the factor (SCIENCE, section 9).

T = offset + gain * failures / number seen, over the last `window` outcomes. While fewer than `window`
outcomes were seen, the divisor is their number: dividing by the window would start an always-failing
model near `offset`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wnin_desktop.errors import InputError
from wnin_desktop.schema.schedule import AdaptiveSchedule


class AdaptiveController:
    """Holds the last outcomes and answers with the factor in force."""

    def __init__(self, config: AdaptiveSchedule) -> None:
        self.config = config
        self._outcomes: deque[bool] = deque(maxlen=config.window)

    def record(self, failed: bool) -> None:
        """Take one outcome into account; the oldest one beyond the window is forgotten."""
        self._outcomes.append(bool(failed))

    @property
    def factor(self) -> float:
        """Return T, or the start value before the first outcome."""
        if not self._outcomes:
            return self.config.start
        failures = sum(self._outcomes)
        return self.config.offset + self.config.gain * failures / len(self._outcomes)

    def state(self) -> list[int]:
        """Return the remembered outcomes, oldest first, 1 for a failure; JSON-ready."""
        return [int(failed) for failed in self._outcomes]

    def restore(self, state: Any) -> None:
        """Go on from `state`.

        Raises:
            InputError: `state` is not a list of 0 and 1 that fits the window.
        """
        listed = isinstance(state, list) and len(state) <= self.config.window
        outcomes = [bool(outcome) for outcome in state if outcome in (0, 1)] if listed else []
        if not listed or len(outcomes) != len(state):
            raise InputError.of(
                "adaptive state", state, f"allowed: at most {self.config.window} numbers 0 or 1"
            )
        self._outcomes = deque(outcomes, maxlen=self.config.window)


@dataclass(frozen=True)
class FixedPoint:
    """Where the loop rests: T* = offset + gain p(T*). `slope` is the loop gain, gain * p'(T*)."""

    temperature: float
    slope: float

    @property
    def stable(self) -> bool:
        """Return whether small disturbances die out: gain * p'(T*) < 1."""
        return self.slope < 1.0


def fixed_points(
    config: AdaptiveSchedule, failure: Callable[[float], float], cells: int = 2000
) -> list[FixedPoint]:
    """Return every fixed point on [offset, offset + gain] that a grid of `cells` separates, lowest first.

    Args:
        config: Offset and gain of the loop.
        failure: p(T), the probability of failure at temperature T, continuous, with values in [0, 1].
        cells: Grid cells; two fixed points inside one cell are not seen.
    """
    low, width = config.offset, config.gain
    if width == 0.0:
        return [FixedPoint(low, 0.0)]
    grid = [low + width * index / cells for index in range(cells + 1)]
    excess = [_excess(config, failure, point) for point in grid]
    found = [point for point, value in zip(grid, excess, strict=True) if value == 0.0]
    for left, right, at_left, at_right in zip(grid, grid[1:], excess, excess[1:], strict=False):
        if at_left * at_right < 0.0:
            found.append(_bisect(config, failure, left, right))
    return [FixedPoint(point, _slope(config, failure, point)) for point in sorted(found)]


def _excess(config: AdaptiveSchedule, failure: Callable[[float], float], temperature: float) -> float:
    return config.offset + config.gain * failure(temperature) - temperature


def _bisect(config: AdaptiveSchedule, failure: Callable[[float], float], left: float, right: float) -> float:
    rising = _excess(config, failure, left) < 0.0
    for _ in range(60):
        middle = 0.5 * (left + right)
        if (_excess(config, failure, middle) < 0.0) == rising:
            left = middle
        else:
            right = middle
    return 0.5 * (left + right)


def _slope(config: AdaptiveSchedule, failure: Callable[[float], float], temperature: float) -> float:
    # Central difference: error of order width^2, far below what decides on the side of 1.
    width = 1e-5 * max(config.gain, 1e-3)
    return config.gain * (failure(temperature + width) - failure(temperature - width)) / (2.0 * width)
