"""Numbers, times and sizes as people read them: a few significant digits, SI grouping, never a bare NaN."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

NOT_MEASURED = "–"
MINUS = "−"
THIN_SPACE = "\u202f"
"""Narrow no-break space between groups of three digits (SI brochure, 5.4.4)."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SMALLEST_PLAIN, LARGEST_PLAIN = 1e-3, 1e5


def number(value: float | None, digits: int = 3) -> str:
    """Return `value` with `digits` significant digits; powers of ten outside 0.001 to 100 000.

    None and NaN are a dash.
    """
    if value is None or math.isnan(value):
        return NOT_MEASURED
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    if not SMALLEST_PLAIN <= abs(rounded) < LARGEST_PLAIN:
        return _scientific(rounded, digits)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return fixed(value, decimals)


def fixed(value: float, decimals: int) -> str:
    """Return `value` with that many decimals, groups of three before the point, and a real minus sign."""
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.removeprefix("-")
    whole, point, rest = text.replace("-", MINUS).partition(".")
    if len(whole.lstrip(MINUS)) <= len("1,234"):
        whole = whole.replace(",", "")  # four digits stay together
    return whole.replace(",", THIN_SPACE) + point + rest


def _scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.replace('-', MINUS)}×10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def estimate(mean: float | None, low: float | None, high: float | None, *, scale: float = 1.0) -> str:
    """Return `mean [low, high]`, rounded so that the interval's half-width keeps two digits.

    Without an interval the mean stands alone; a dash where there is no mean. `scale` multiplies all three
    (100 for percent).
    """
    if mean is None or math.isnan(mean):
        return NOT_MEASURED
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return number(mean * scale)
    mean, low, high = mean * scale, low * scale, high * scale
    write = _writer(max(abs(mean), abs(low), abs(high)), 0.5 * (high - low))
    return f"{write(mean)} [{write(low)}, {write(high)}]"


def plus_minus(mean: float | None, error: float | None) -> str:
    """Return `mean ± error`, the error with two digits; the mean alone where it is exact or unknown."""
    if mean is None or error is None or math.isnan(mean) or math.isnan(error) or error == 0:
        return number(mean)
    write = _writer(max(abs(mean), abs(error)), error)
    return f"{write(mean)} ± {write(error)}"


def _writer(largest: float, resolution: float):
    """Return a function that writes numbers up to `largest` so that `resolution` keeps two digits."""
    if largest == 0 or not math.isfinite(largest) or not math.isfinite(resolution):
        return number
    if not SMALLEST_PLAIN / 10 <= largest < LARGEST_PLAIN:
        return number
    resolution = resolution or largest / 10
    decimals = min(6, max(0, 1 - math.floor(math.log10(resolution))))
    return lambda value: fixed(value, decimals)


def duration(seconds: float | None) -> str:
    """Return a length of time, in s, min or h."""
    if seconds is None or math.isnan(seconds):
        return NOT_MEASURED
    if seconds < 100:
        return f"{number(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 100:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def moment(timestamp: float | None) -> str:
    """Return a Unix time as date and time in UTC."""
    if timestamp is None:
        return NOT_MEASURED
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(timestamp))


def count(amount: int, singular: str, plural: str | None = None) -> str:
    """Return an amount with its noun, e.g. "1 run", "3 runs"."""
    return f"{fixed(amount, 0)} {singular if amount == 1 else plural or singular + 's'}"


def listing(words: Sequence[str]) -> str:
    """Return words joined by commas and a last "and"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def elided(text: str, length: int) -> str:
    """Return `text`, with its middle left out where it is longer than `length` characters."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 3
    return f"{text[: length - 1 - tail]}…{text[len(text) - tail :] if tail else ''}"


def numbers(values: Sequence[int], most: int = 12) -> str:
    """Return whole numbers as text, runs of consecutive ones as ranges: "0–4, 7"."""
    ranges: list[tuple[int, int]] = []
    for value in sorted(values):
        if ranges and value == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], value)
        else:
            ranges.append((value, value))
    parts = [str(a) if a == b else f"{a}, {b}" if b == a + 1 else f"{a}–{b}" for a, b in ranges]
    return ", ".join(parts[:most]) + (", …" if len(parts) > most else "")
