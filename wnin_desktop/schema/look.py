"""Colours, dashes and markers: the one source for the window, figures, tables and the page.

An arm keeps its style wherever it appears. The colours tell apart for colour-blind readers, and dash and
marker tell apart without any colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Dash = tuple[float, ...]
"""Lengths of ink and gap in units of the line width; empty is solid."""

SOLID: Dash = ()
BASELINE_DASH: Dash = (5.0, 2.5)
BAND_ALPHA = 0.18
SEED_ALPHA = 0.25


@dataclass(frozen=True)
class Tokens:
    """The colours of one lightness."""

    window: str
    panel: str
    raised: str
    hairline: str
    text: str
    muted: str
    accent: str
    warning: str
    danger: str
    good: str


LIGHT = Tokens(
    window="#F6F7F9",
    panel="#FFFFFF",
    raised="#FFFFFF",
    hairline="#E2E5EA",
    text="#1B1F24",
    muted="#5B6470",
    accent="#2F6FEB",
    warning="#C77700",
    danger="#C4314B",
    good="#1E8E5A",
)
DARK = Tokens(
    window="#14171B",
    panel="#1B1F25",
    raised="#222830",
    hairline="#2E353F",
    text="#E6EAF0",
    muted="#97A1AE",
    accent="#6CA1FF",
    warning="#FFB454",
    danger="#FF6B81",
    good="#4CC38A",
)
BASELINE_COLOUR = "#7B8794"
"""Grey that reads on both panels."""

PALETTE = (
    "#3B7DD8", "#E07A1F", "#2E9E6B", "#B8479A", "#C9A227", "#5AB4C5", "#8A63D2", "#8C6D5A",
)  # fmt: skip
"""Blue, orange, green, magenta, gold, cyan, violet, brown."""
DASHES: tuple[Dash, ...] = (
    SOLID, (6.0, 1.6), (1.2, 1.3), (6.0, 1.5, 1.2, 1.5), (3.2, 1.4), (8.0, 1.4, 3.0, 1.4),
    (1.2, 2.4), (6.0, 1.4, 1.2, 1.4, 1.2, 1.4),
)  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "*", "h", "<")
"""Names that matplotlib understands; their number shares no factor with that of the colours."""


@dataclass(frozen=True)
class ArmStyle:
    """How one arm is drawn: colour as #RRGGBB, dash and marker."""

    colour: str
    dash: Dash
    marker: str


def arm_styles(names: Iterable[str]) -> dict[str, ArmStyle]:
    """Return the style of each arm, in the order of the configuration.

    Colours and dashes begin again after eight arms; the markers do not, so every pair still differs up to
    eighty-eight arms.
    """
    return {
        name: ArmStyle(
            PALETTE[index % len(PALETTE)], DASHES[index % len(DASHES)], MARKERS[index % len(MARKERS)]
        )
        for index, name in enumerate(names)
    }


def readable(colour: str, background: str, ratio: float = 4.5) -> str:
    """Return `colour`, mixed with black or white as little as needed for that contrast with `background`."""
    ground = "#000000" if luminance(background) > 0.18 else "#FFFFFF"
    found = colour
    for share in range(101):
        found = mixed(colour, ground, share / 100)
        if contrast(found, background) >= ratio:
            break
    return found


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """Return `colour` with `share` (0 to 1) of `other` in it."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(255 * (part + share * (goal - part))):02X}" for part, goal in pairs)


def luminance(colour: str) -> float:
    """Return the relative luminance of a #RRGGBB colour, 0 to 1 (WCAG 2.2)."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parts(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
