"""The looks of arms, remembered: finding readable ink takes longer than drawing with it."""

from __future__ import annotations

from wnin_desktop.qt.theme import ArmLook, theme

_known: dict[tuple[int, str], ArmLook] = {}


def arm_look(index: int) -> ArmLook:
    """Return how the arm at a place is drawn in the theme of now; -1 is the baseline."""
    place = (index, theme().tokens.panel)
    found = _known.get(place)
    if found is None:
        found = _known[place] = theme().arm(index)
    return found
