"""Ticks of axes: few, round, short."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from wnin_desktop.runs.report.text import SUPERSCRIPTS, number

MOST_TICKS = 6
NARROW = 3.0
"""Ends of a logarithmic axis closer than this factor have evenly spaced ticks."""
EVEN = (1, 2, 2.5, 5, 10)


def set_y_scale(axes: Axes, bottom: float, top: float, *, log: bool) -> int:
    """Set the vertical range with its ticks; return the power of ten that they leave to the title."""
    if log:
        axes.set_yscale("log", nonpositive="clip")
    axes.set_ylim(bottom, top)
    axes.yaxis.set_minor_locator(NullLocator())
    if log:
        axes.yaxis.set_major_locator(FixedLocator(log_ticks(bottom, top)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
        return 0
    exponent = _common_exponent(max(abs(bottom), abs(top)))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=EVEN))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value / 10.0**exponent)))
    return exponent


def set_step_scale(axes: Axes, first: int, last: int) -> None:
    """Set the horizontal range in steps with its ticks."""
    axes.set_xlim(min(first, last - 1), last)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=EVEN))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_count(value)))


def set_value_scale(axes: Axes, *, log: bool) -> None:
    """Give a horizontal axis of values few ticks."""
    axes.xaxis.set_minor_locator(NullLocator())
    if log:
        axes.xaxis.set_major_locator(FixedLocator(log_ticks(*axes.get_xlim())))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=EVEN))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def _common_exponent(largest: float) -> int:
    """Return the power of ten that the ticks of a linear axis leave to its title."""
    return 0 if largest == 0 or 1e-2 <= largest < 1e5 else math.floor(math.log10(largest))


def ten_to(exponent: int) -> str:
    """Return a power of ten: "10⁻⁵"."""
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"


def short_count(value: float) -> str:
    """Return a number of steps for an axis: 500, 20k, 1.5M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= min(10 * size, 1e6):
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def log_ticks(bottom: float, top: float) -> list[float]:
    """Return at most six round numbers between two positive ones.

    Even steps where the two are close, else 1-2-5 steps or whole powers of ten.
    """
    if top < NARROW * bottom:
        even = MaxNLocator(5, steps=EVEN).tick_values(bottom, top)
        return [float(value) for value in even if bottom <= value <= top]
    exponents = range(math.floor(math.log10(bottom)), math.ceil(math.log10(top)) + 1)
    for mantissas in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        found = [float(f"{m}e{k}") for k in exponents for m in mantissas]
        found = [value for value in found if bottom <= value <= top]
        if len(found) <= MOST_TICKS:
            return found
    return found[:: math.ceil(len(found) / MOST_TICKS)]


def power(value: float) -> str:
    """Return a tick of a logarithmic axis."""
    if 1e-3 <= value < 1e4:
        return number(value, 3).rstrip("0").rstrip(".") if value < 1 else f"{value:g}"
    exponent = math.floor(math.log10(value) + 1e-9)
    mantissa = value / 10.0**exponent
    lead = "" if abs(mantissa - 1) < 1e-6 else f"{mantissa:g}·"
    return lead + ten_to(exponent)


def tick(value: float) -> str:
    """Return a tick of a linear axis."""
    text, times, factor = number(value, 4).partition("×")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text}·{factor}" if times else text
