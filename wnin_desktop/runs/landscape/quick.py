"""How fine a quick look at a surface is, and how to know one again; light enough for a window's thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SIZES = (31, 21, 15)
SAMPLES = 512
FINENESS = ("size", "samples", "threads")
"""Fields that make a look quick; a person who draws the same surface has their own values for them."""


def is_quick(request: Mapping[str, Any]) -> bool:
    """Return whether a surface was asked as a quick look asks, which nobody chose the fineness of."""
    return (
        request.get("plane") == "pca"
        and request.get("threads") == 1
        and request.get("size") in SIZES
        and request.get("samples") in (SAMPLES, SAMPLES // 2)
        and not request.get("sigma")
    )
