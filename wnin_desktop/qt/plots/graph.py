"""The one place that imports pyqtgraph.

Its import looks for CUDA's Python bindings, which it needs for OpenGL alone and which take a tenth of a
second of the window's start; here they are out of its sight for that moment.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import cast

_HIDDEN = "cuda"
_is_hidden = _HIDDEN not in sys.modules
if _is_hidden:
    sys.modules[_HIDDEN] = cast("ModuleType", None)
try:
    from pyqtgraph import GraphicsView, GraphicsWidget, ViewBox, setConfigOption
    from pyqtgraph.functions import arrayToQPath, arrayToQPolygonF
    from pyqtgraph.Qt.internals import PrimitiveArray
finally:
    if _is_hidden:
        del sys.modules[_HIDDEN]

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
