"""How a surface is looked at: scale, clipping, colours, what is hidden; and what follows from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.qt.plots.ticks import Tick, linear_ticks, log_ticks
from wnin_desktop.qt.theme.maps import SURFACES

Array = NDArray[np.float64]
Range = tuple[float, float]
ColourBy = Literal["height", "solid"]
COLOURS: tuple[ColourBy, ...] = ("height", "solid")
LEAST_CLIP = 0.5
FLOOR_SHARE = 0.03
"""Room between the lowest point and the floor, as a share of the height."""
LEVELS, LOG_LEVELS = 12, 14
MUCH = 20.0
"""Ratio of heights from which on a logarithmic axis shows more."""
LEAST_LOG_SHARE = 1e-3
"""How far above its lowest point a logarithmic height begins where the heights are not positive."""


@dataclass(frozen=True)
class Look:
    """How it is looked at; each change makes a new one.

    Attributes:
        log: Whether heights and colours are logarithmic; None leaves it to the surface.
        clip: Quantile of the heights above which the surface is cut.
        colour_by: What colours mean.
        colour_map: Name of the map of colours.
        opacity: Of the surface.
        side_by_side: A panel for each arm instead of one for all.
        isolines: Whether lines of equal height are drawn.
        hidden: Arms whose paths are not drawn.
    """

    log: bool | None = None
    clip: float = 1.0
    colour_by: ColourBy = "height"
    colour_map: str = SURFACES[0]
    opacity: float = 1.0
    side_by_side: bool = False
    isolines: bool = True
    hidden: frozenset[str] = frozenset()

    def toggled(self, arm: str) -> Look:
        """Return it with an arm hidden, or shown again."""
        return replace(self, hidden=self.hidden ^ {arm})

    def state(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "log": "auto" if self.log is None else self.log,
            "clip": self.clip,
            "colour_by": self.colour_by,
            "colour_map": self.colour_map,
            "opacity": self.opacity,
            "side_by_side": self.side_by_side,
            "isolines": self.isolines,
            "hidden": sorted(self.hidden),
        }

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Look:
        """Return what `state` returned; what does not fit is at its default."""
        look = cls()
        for name in ("log", "side_by_side", "isolines"):
            if isinstance(state.get(name), bool):
                look = replace(look, **{name: state[name]})
        for name, least in (("clip", LEAST_CLIP), ("opacity", 0.0)):
            value = state.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= 1:
                look = replace(look, **{name: float(value)})
        if state.get("colour_by") in COLOURS:
            look = replace(look, colour_by=state["colour_by"])
        if state.get("colour_map") in SURFACES:
            look = replace(look, colour_map=state["colour_map"])
        hidden = state.get("hidden")
        if isinstance(hidden, list | tuple):
            look = replace(look, hidden=frozenset(each for each in hidden if isinstance(each, str)))
        return look


@dataclass(frozen=True)
class Height:
    """The axis of heights: what it shows, and how a height becomes a place between 0 and 1.

    Attributes:
        low: Its lower end.
        high: Its upper end; what is higher is cut.
        log: Whether it is logarithmic, in heights above `offset`.
        offset: What is taken off before the logarithm.
    """

    low: float
    high: float
    log: bool = False
    offset: float = 0.0

    def places(self, values: Array) -> Array:
        """Return where heights lie, 0 at the lower and 1 at the upper end; NaN where there is no place."""
        if not self.log:
            return (values - self.low) / (self.high - self.low)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.log(values - self.offset)
        low, high = math.log(self.low - self.offset), math.log(self.high - self.offset)
        return np.where(values > self.offset, (found - low) / (high - low), np.nan)

    def place(self, value: float) -> float:
        """Return where one height lies."""
        return float(self.places(np.array([value]))[0])

    def at(self, place: float) -> float:
        """Return the height at a place."""
        if not self.log:
            return self.low + place * (self.high - self.low)
        low, high = math.log(self.low - self.offset), math.log(self.high - self.offset)
        return self.offset + math.exp(low + place * (high - low))

    def ticks(self, most: int) -> list[Tick]:
        """Return about so many ticks."""
        if not self.log:
            return linear_ticks(self.low, self.high, most)
        if self.offset == 0:
            return log_ticks(self.low, self.high, most)
        return [tick for tick in linear_ticks(self.low, self.high, most) if tick.value > self.offset]

    def levels(self) -> tuple[float, ...]:
        """Return heights for isolines: round numbers between the ends."""
        found = [tick.value for tick in self.ticks(LOG_LEVELS if self.log else LEVELS)]
        return tuple(value for value in found if self.low < value < self.high)


def is_better_log(values: Array) -> bool:
    """Return whether most of a surface would be flat on a linear axis."""
    known = values[np.isfinite(values)]
    return bool(len(known)) and 0 < MUCH * float(known.min()) < float(known.max())


def height_axis(surfaces: list[Array], look: Look) -> Height:
    """Return the axis that shows all of some surfaces, each up to its quantile `look.clip`.

    Where the look leaves it open, the first surface decides whether the axis is logarithmic.
    """
    known = [values[np.isfinite(values)] for values in surfaces]
    known = [values for values in known if len(values)]
    if not known:
        return Height(0.0, 1.0)
    low = min(float(values.min()) for values in known)
    high = max(_upper(values, look.clip) for values in known)
    log = is_better_log(surfaces[0]) if look.log is None else look.log
    return _log_axis(low, high) if log else _linear_axis(low, high)


def _upper(values: Array, clip: float) -> float:
    return float(values.max() if clip >= 1 else np.quantile(values, clip))


def _linear_axis(low: float, high: float) -> Height:
    if not high > low:
        half = max(abs(low), 1.0) * 0.5
        return Height(low - half, low + half)
    room = FLOOR_SHARE * (high - low)
    # A loss or a share that is not negative keeps an axis that is not.
    floor = low - room
    return Height(0.0 if low >= 0 > floor else floor, high)


def _log_axis(low: float, high: float) -> Height:
    if not high > low:
        high = low + max(abs(low), 1.0)
    offset = 0.0 if low > 0 else low - LEAST_LOG_SHARE * (high - low)
    decades = math.log(high - offset) - math.log(low - offset)
    return Height(offset + (low - offset) * math.exp(-FLOOR_SHARE * decades), high, True, offset)
