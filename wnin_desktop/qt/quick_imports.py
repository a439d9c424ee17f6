"""Importing Qt without what PySide6 does beside it.

After each import PySide6 reads the source of the imported module and searches it for its own name, in case
the module asks for `from __feature__ import ...`. Nothing here does, and for a thousand modules it takes a
seventh of the window's start.
"""

from __future__ import annotations

import contextlib
import importlib
from types import ModuleType


def read_no_sources() -> None:
    """Have PySide6 take every module for one without features, where it is built as it is now."""
    importlib.import_module("PySide6.QtCore")
    with contextlib.suppress(ImportError):
        feature = importlib.import_module("shibokensupport.feature")
        if "_mod_uses_pyside" in vars(feature):
            vars(feature)["_mod_uses_pyside"] = _has_no_features


def _has_no_features(_module: ModuleType) -> bool:
    return False
