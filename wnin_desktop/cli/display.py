"""Whether a window can be opened here, found out without Qt, which would end the process where it cannot."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

XCB_PLUGIN = "Qt/plugins/platforms/libqxcb.so"


def has_display(environ: Mapping[str, str] | None = None, system: str = sys.platform) -> bool:
    """Return whether there is a screen, or Qt was told to draw elsewhere.

    Args:
        environ: The environment's variables; this process's by default.
        system: As `sys.platform`.
    """
    environ = os.environ if environ is None else environ
    if environ.get("QT_QPA_PLATFORM") or system in ("win32", "darwin"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def trouble(environ: Mapping[str, str] | None = None, system: str = sys.platform) -> str:
    """Return in one sentence why no window can be opened, or nothing where one can."""
    environ = os.environ if environ is None else environ
    if not has_display(environ, system):
        return "there is no display: neither WAYLAND_DISPLAY nor DISPLAY is set"
    if system != "linux" or environ.get("QT_QPA_PLATFORM") or environ.get("WAYLAND_DISPLAY"):
        return ""
    return missing_library(xcb_plugin())


def xcb_plugin() -> Path | None:
    """Return Qt's plugin for X displays; None where PySide6 is not installed."""
    spec = importlib.util.find_spec("PySide6")
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    return next((Path(folder) / XCB_PLUGIN for folder in folders), None)


def missing_library(plugin: Path | None) -> str:
    """Return which library `plugin` lacks, as a sentence with what to do; nothing where it loads."""
    if plugin is None:
        return "PySide6 is not installed; install wnin-desktop with its dependencies"
    if not plugin.is_file():
        return ""  # an unusual build of Qt, which knows better
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        name = str(error).partition(":")[0]
        return f"Qt needs the library {name}; on Debian and Ubuntu: apt install libxcb-cursor0 libxcb-icccm4 \
libxcb-keysyms1 libxkbcommon-x11-0 libegl1 libgl1"
    return ""
