"""How processes that compute leave the processor to those that a person works with."""

from __future__ import annotations

import os

import psutil

NICENESS = 5
"""Of a process that trains for a window, which then comes to its beats though every core is busy."""


def give_way() -> None:
    """Let this process come after those of usual priority."""
    if os.name == "nt":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICENESS)
