"""The one place that imports pyqtgraph, and has it import no more than is used.

By itself its import takes a fifth of the start of the window: it copies every name of three modules of Qt,
for which PySide6 has to make every class there is, and it loads libraries and looks for bindings that nothing
here uses. Here its copies look names up when they are asked for, and what is not used is out of its sight.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, cast

import PySide6.QtCore
import PySide6.QtGui
import PySide6.QtWidgets

COPIED = (PySide6.QtCore, PySide6.QtGui, PySide6.QtWidgets)
UNUSED = ("cuda", "PySide6.QtTest")
"""Modules that pyqtgraph does without."""


class _Mirror(ModuleType):
    """pyqtgraph's own copy of a module of Qt: it may add to it, and takes the rest from the original."""

    def __init__(self, original: ModuleType) -> None:
        super().__init__(original.__name__.replace("PySide6", "pyqtgraph.Qt"))
        self._original = original

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._original, name)
        setattr(self, name, found)
        return found


@contextlib.contextmanager
def _lean() -> Iterator[None]:
    """Have nothing copied, and hide what is not used, as long as it lasts."""
    hidden = [name for name in UNUSED if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = cast("ModuleType", None)
    for original in COPIED:
        mirror = _Mirror(original)
        sys.modules[mirror.__name__] = mirror
        original.__dir__ = list  # type: ignore[method-assign, assignment] - a module without names to copy
    try:
        yield
    finally:
        for original in COPIED:
            del original.__dir__
        for name in hidden:
            del sys.modules[name]


with contextlib.nullcontext() if "pyqtgraph" in sys.modules else _lean():
    from pyqtgraph import GraphicsView, GraphicsWidget, ViewBox, setConfigOption
    from pyqtgraph.functions import arrayToQPath, arrayToQPolygonF
    from pyqtgraph.Qt.internals import PrimitiveArray

# Every movement of the mouse counts: the system gathers them already, and the last of a drag decides.
setConfigOption("mouseRateLimit", -1)

__all__ = [
    "GraphicsView",
    "GraphicsWidget",
    "PrimitiveArray",
    "ViewBox",
    "arrayToQPath",
    "arrayToQPolygonF",
]
