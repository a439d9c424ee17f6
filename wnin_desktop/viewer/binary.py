"""Where the viewer's executable and the graphics library that it loads are, or why they are not."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

EXECUTABLE = "WNIN_VIZ"
"""Environment variable that names another executable, for those who work on it."""
BACKEND = "WNIN_VIZ_BACKEND"
LIBRARIES = ("libwgpu_native-release.so", "wgpu_native-release.dll", "libwgpu_native-release.dylib")


@dataclass(frozen=True)
class Binary:
    """What a viewer is started from.

    Attributes:
        executable: `wnin-viz`.
        library: wgpu-native, as PyPI's wgpu carries it.
        backend: What to draw with; nothing lets the viewer choose.
    """

    executable: Path
    library: Path
    backend: str = ""

    def command(self, socket: str) -> list[str]:
        """Return the command that connects to the local socket called `socket`."""
        words = [str(self.executable), "--socket", socket, "--wgpu", str(self.library)]
        return words + (["--backend", self.backend] if self.backend else [])


def executable_path() -> Path:
    """Return where the build puts the executable, unless the environment names another."""
    own = os.environ.get(EXECUTABLE)
    name = "wnin-viz.exe" if sys.platform == "win32" else "wnin-viz"
    return Path(own) if own else Path(__file__).parent / "bin" / name


def library_path() -> Path | None:
    """Return wgpu-native of the installed wgpu package, which is not imported; none where there is none."""
    spec = importlib.util.find_spec("wgpu")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        for name in LIBRARIES:
            if (found := Path(folder) / "resources" / name).is_file():
                return found
    return None


def find() -> Binary | str:
    """Return what to start, or one sentence that says what is missing and what to do."""
    executable, library = executable_path(), library_path()
    if not executable.is_file():
        build = "`uv sync --reinstall-package wnin-desktop` builds it"
        return f"The 3-D viewer is not built ({executable} is missing); {build}."
    if library is None:
        return "The 3-D viewer needs the package wgpu, which is not installed; `uv sync` installs it."
    return Binary(executable, library, os.environ.get(BACKEND, ""))
