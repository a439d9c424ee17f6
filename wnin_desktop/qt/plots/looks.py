"""The looks of arms in the theme of now."""

from __future__ import annotations

from wnin_desktop.qt.theme import ArmLook, theme


def arm_look(index: int) -> ArmLook:
    """Return how the arm at a place of the palette is drawn; -1 is the baseline."""
    return theme().arm(index)
