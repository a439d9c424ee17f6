"""Numbers as people of a locale write them, and back: what is shown is what is saved, to the last bit.

Shown are the digits 0 to 9, the locale's decimal comma or point, and a narrow space between thousands of
whole numbers. Read is whatever a person may type or paste: 1e-3, 0,001, 0.001, 1 000, 10k, 5 %. A text with
two readings (1,234 where the comma groups) is refused instead of guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata

from PySide6.QtCore import QLocale

from wnin_desktop.qt.text import tr

GROUP_SPACE = "\u202f"
MINUS_SIGNS = "\u2212\u2012\u2013\ufe63\uff0d"
APOSTROPHES = "'\u2019"
ARABIC_DECIMAL, ARABIC_GROUP = "\u066b", "\u066c"
FEW_DIGITS, MANY_DIGITS = -4, 6
"""Decimal exponents between which a number is written without a power of ten."""
GROUPED_FROM = 10_000
PREFIXES = {
    "T": 12, "G": 9, "M": 6, "k": 3, "K": 3, "%": -2, "m": -3, "\u00b5": -6,
    "\u03bc": -6, "u": -6, "n": -9, "p": -12,
}  # fmt: skip
"""SI prefixes, as powers of ten; m is milli and M is mega."""
SHAPE = re.compile(r"([+-]?)(\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE]([+-]?\d{1,4}))?([a-zA-Z%\u00b5\u03bc]?)")
LONGEST = 64
"""Characters of a number that are read."""


def show(value: float | None, locale: QLocale | None = None) -> str:
    """Return `value` so that `parse` gives exactly it again; "" for None.

    Args:
        value: Any whole or floating-point number; NaN and infinities are shown and cannot be read back.
        locale: None is the locale of this person.
    """
    if value is None:
        return ""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}\u221e"
    if isinstance(value, int):
        return _grouped(value)
    return _floating(float(value), decimal_sign(locale))


def brief(value: float | None, digits: int = 4, locale: QLocale | None = None) -> str:
    """Return `value` rounded to `digits` significant digits, for reading only; an en dash for None."""
    if value is None:
        return "\u2013"
    if isinstance(value, int) or not math.isfinite(value):
        return show(value, locale)
    return show(float(f"{value:.{digits}g}"), locale)


def aligned(value: float, decimals: int = 4, locale: QLocale | None = None) -> str:
    """Return `value` for a column of measured numbers: with so many decimals, zeros at its end included.

    One that these would show too coarsely, or that is too large for them, has as many digits instead.
    """
    if value and not 10.0**-3 <= abs(value) < 10.0**3:
        return brief(float(value), decimals, locale)
    return f"{value:.{decimals}f}".replace(".", decimal_sign(locale))


def parse(text: str, locale: QLocale | None = None) -> int | float:
    """Return the number that `text` says: an int where it is whole and written without a fraction or power.

    Raises:
        ValueError: It is no number, has two readings, or is not finite; the message is a sentence for people.
    """
    plain = _plain(text)
    sign = decimal_sign(locale)
    match = SHAPE.fullmatch(_ungrouped(plain, sign))
    if match is None or len(plain) > LONGEST or match[4] in ("e", "E"):
        raise ValueError(tr("Write a number, such as {0} or 1e-3.").format(f"0{sign}001"))
    minus, digits, power, prefix = match.groups()
    if prefix and prefix not in PREFIXES:
        raise ValueError(tr("{0} is no prefix here: k, M, G, m, \u00b5 and % are.").format(prefix))
    return _value(
        minus + digits.replace(",", "."), int(power or 0) + PREFIXES.get(prefix, 0), bool(power or prefix)
    )


def decimal_sign(locale: QLocale | None = None) -> str:
    """Return the comma where the locale's decimals begin with one, else the point."""
    return "," if (locale or QLocale()).decimalPoint() == "," else "."


def _value(digits: str, power: int, has_power: bool) -> int | float:
    if not has_power and "." not in digits:
        return int(digits)
    value = float(f"{digits}e{power}")
    if not math.isfinite(value):
        raise ValueError(tr("This number is too large."))
    return value


def _plain(text: str) -> str:
    """Return `text` with ASCII digits and signs, without spaces."""
    return "".join(_letter(letter) for letter in text if not letter.isspace() and letter not in APOSTROPHES)


def _letter(letter: str) -> str:
    if letter in MINUS_SIGNS:
        return "-"
    if letter == ARABIC_DECIMAL:
        return "."
    if letter in (ARABIC_GROUP, "\u200e", "\u200f", "\u061c", "\u2060"):
        return ""  # groups and direction marks carry no value
    digit = unicodedata.decimal(letter, None)
    return letter if digit is None else str(digit)


def _ungrouped(text: str, sign: str) -> str:
    """Return `text` without signs between thousands.

    Raises:
        ValueError: It can be read both as thousands and as a fraction.
    """
    other = "." if sign == "," else ","
    if other not in text:
        return text
    whole, has_fraction, fraction = text.partition(sign)
    if not re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}(?:\{other}\d{{3}})+", whole):
        return text
    ungrouped = whole.replace(other, "")
    if whole.count(other) == 1 and not has_fraction:
        fractional = whole.replace(other, sign) + "0"
        raise ValueError(tr("This has two readings: write {0} or {1}.").format(ungrouped, fractional))
    return f"{ungrouped}{has_fraction}{fraction}"


def _grouped(value: int) -> str:
    if abs(value) < GROUPED_FROM:
        return str(value)
    return f"{value:,}".replace(",", GROUP_SPACE)


def _floating(value: float, sign: str) -> str:
    mantissa, _, power = f"{value!r}".partition("e")
    exponent = math.floor(math.log10(abs(value))) if value else 0
    if FEW_DIGITS <= exponent < MANY_DIGITS and not power:
        return mantissa.removesuffix(".0").replace(".", sign)
    mantissa, power = _scientific(value)
    return f"{mantissa.replace('.', sign)}e{power}"


def _scientific(value: float) -> tuple[str, int]:
    """Return the shortest mantissa and power of ten that give exactly `value` again."""
    for digits in range(17):
        mantissa, _, power = f"{value:.{digits}e}".partition("e")
        if float(f"{mantissa}e{power}") == value:
            return mantissa, int(power)
    raise AssertionError("seventeen digits always tell a double")
