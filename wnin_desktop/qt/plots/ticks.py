"""Where the ticks of an axis stand and what they say: few, round, short, in the numbers of the locale."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wnin_desktop.qt import numbers

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MINUS = "\N{MINUS SIGN}"
MOST_DECIMALS = 6
NARROW = 3.0
"""Ends of a logarithmic axis closer than this factor have evenly spaced ticks."""


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in data, and its text; one without text is a line of the grid alone."""

    value: float
    text: str


def linear_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[Tick]:
    """Return about `most` ticks at multiples of 1, 2 or 5 times a power of ten."""
    spacing = _spacing(high - low, most, whole=whole)
    if spacing is None:
        return []
    first, last = math.ceil(low / spacing - 1e-9), math.floor(high / spacing + 1e-9)
    values = [place * spacing for place in range(first, last + 1)]
    return [Tick(value, linear_text(value, spacing, whole=whole)) for value in values]


def _spacing(span: float, most: int, *, whole: bool) -> float | None:
    if not (math.isfinite(span) and span > 0):
        return None
    rough = span / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    spacing = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return max(spacing, 1.0) if whole else spacing


def linear_text(value: float, spacing: float, *, whole: bool = False) -> str:
    """Return the text of a tick on a linear axis whose ticks lie `spacing` apart."""
    if abs(value) < spacing * 1e-6:
        return "0"
    if whole and abs(value) >= 10_000:
        size, letter = (1e6, "M") if abs(value) >= 1e6 else (1e3, "k")
        return _located(f"{value / size:.6g}{letter}")
    if abs(value) >= 1e5 or spacing < 1e-4:
        return scientific(value, max(0, math.floor(math.log10(abs(value))) - math.floor(math.log10(spacing))))
    return _located(f"{value:.{max(0, -math.floor(math.log10(spacing) + 1e-9))}f}")


def log_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return at most about `most` ticks with text between two positive numbers."""
    if not 0 < low < high:
        return []
    if high < NARROW * low:
        return [tick for tick in linear_ticks(low, high, most) if tick.value > 0]
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for mantissas in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        found = [float(f"{m}e{k}") for k in exponents for m in mantissas]
        found = [value for value in found if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
        if len(found) <= most:
            break
    else:
        found = found[:: math.ceil(len(found) / max(most, 1))]
    return [Tick(value, log_text(value)) for value in found]


def log_text(value: float) -> str:
    """Return the text of a tick on a logarithmic axis."""
    if 1e-3 <= value < 1e4:
        return _located(f"{value:g}")
    return scientific(value, 0)


def scientific(value: float, decimals: int) -> str:
    """Return a number with its power of ten: 2.5·10⁻⁵, 10⁶."""
    mantissa, _, power = f"{value:.{decimals}e}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    lead = {"1": "", "-1": MINUS}.get(mantissa, f"{_located(mantissa)}·")
    return f"{lead}10{str(int(power)).translate(SUPERSCRIPTS)}"


def superscript(exponent: int) -> str:
    """Return an exponent in small raised digits."""
    return str(exponent).translate(SUPERSCRIPTS)


def short(value: float, digits: int = 4) -> str:
    """Return a number for a label or table: at most `digits` digits, or a power of ten."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    if not -3 <= exponent < 6:
        mantissa, _, power = f"{value:.{digits - 2}e}".partition("e")
        return f"{_located(mantissa)}·10{str(int(power)).translate(SUPERSCRIPTS)}"
    return _located(f"{value:.{max(0, digits - 1 - exponent)}f}")


def decimals_of(half_width: float) -> int:
    """Return the decimals at which a half-width shows two significant digits; negative from 100 on."""
    return 1 - int(f"{half_width:.1e}".partition("e")[2])


def fixed(value: float, decimals: int) -> str:
    """Return a number with so many decimals, zeros at its end included."""
    return _located(f"{value:.{decimals}f}")


def with_half_width(mean: float, half_width: float | None, decimals: int) -> str:
    """Return a mean and half of its interval at the same decimals: 0.312 ± 0.021, (1.2 ± 0.3)·10⁻⁷."""
    scale = max(abs(mean), half_width or 0.0)
    exponent = math.floor(math.log10(scale)) if scale > 0 else 0
    if scale == 0 or -3 <= exponent < 6:
        return _joined(mean, half_width, decimals)
    shift = 10.0**exponent
    half = None if half_width is None else half_width / shift
    inner = _joined(mean / shift, half, decimals + exponent)
    return f"{inner if half is None else f'({inner})'}·10{superscript(exponent)}"


def _joined(mean: float, half_width: float | None, decimals: int) -> str:
    decimals = min(max(decimals, 0), MOST_DECIMALS)
    text = fixed(mean, decimals)
    return text if half_width is None else f"{text} ± {fixed(half_width, decimals)}"


def _located(text: str) -> str:
    return text.replace(".", numbers.decimal_sign()).replace("-", MINUS)
