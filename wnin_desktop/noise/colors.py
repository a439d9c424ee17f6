"""Label colours of steps and the balance of their trits. Colours are labels; no noise is drawn from them.

A step's 64-bit number is SplitMix64 (Steele, Lea & Flood 2014, doi 10.1145/2660193.2660195), its hue
that number as a fraction of the circle, and its trit the third of the circle that the hue lies in.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Iterable
from dataclasses import dataclass

from wnin_desktop.errors import InputError

_MASK = 2**64 - 1
_GAMMA = 0x9E3779B97F4A7C15
SATURATION = 0.65
LIGHTNESS = 0.55


def splitmix64(seed: int, index: int) -> int:
    """Return the number at place `index` (0 is the first) of SplitMix64 started at `seed`, 0 .. 2^64 - 1."""
    z = (seed + (index + 1) * _GAMMA) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def step_hue(seed: int, step: int) -> float:
    """Return the hue of a step in degrees, uniform on [0, 360)."""
    # 53 bits are what a float holds exactly, so the result never rounds up to 360.
    return 360.0 * ((splitmix64(seed, step) >> 11) * 2.0**-53)


def step_colour(seed: int, step: int) -> str:
    """Return the label colour of a step as `#rrggbb`."""
    red, green, blue = colorsys.hls_to_rgb(step_hue(seed, step) / 360.0, LIGHTNESS, SATURATION)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"


def trit_of_hue(hue: float) -> int:
    """Return +1 for hues of [0, 60) and [300, 360), 0 for [60, 180), -1 for [180, 300).

    Raises:
        InputError: The hue is outside [0, 360).
    """
    if not 0.0 <= hue < 360.0:
        raise InputError.of("hue", hue, "allowed: degrees from 0 up to, not including, 360")
    if 60.0 <= hue < 180.0:
        return 0
    return -1 if 180.0 <= hue < 300.0 else 1


def step_trit(seed: int, step: int) -> int:
    """Return the trit of a step: -1, 0 or +1, each equally likely."""
    return trit_of_hue(step_hue(seed, step))


@dataclass(frozen=True)
class Gf3Report:
    """Balance of `count` trits: `total`, `residue` = total mod 3, z = |total| / sqrt(2 count / 3)."""

    count: int
    total: int
    residue: int
    z: float
    balanced: bool


def gf3_check(trits: Iterable[int], balance_threshold: float | None = None) -> Gf3Report:
    """Return the balance of trits: by default good if z < 3, true 99.8 % of the time for fair ones.

    A fair trit has variance 2/3. With `balance_threshold` the rule is |total| / count < threshold instead; a
    fixed 0.1 fails a fair generator more than a third of the time at count 50.

    Raises:
        InputError: There are no trits, or one is not -1, 0 or 1.
    """
    count, total = 0, 0
    for trit in trits:
        if trit not in (-1, 0, 1):
            raise InputError.of("trits", trit, "allowed: -1, 0, 1")
        count += 1
        total += int(trit)
    if count == 0:
        raise InputError.of("trits", [], "allowed: at least one trit")
    z = abs(total) / math.sqrt(2.0 * count / 3.0)
    balanced = z < 3.0 if balance_threshold is None else abs(total) / count < balance_threshold
    return Gf3Report(count, total, total % 3, z, balanced)
