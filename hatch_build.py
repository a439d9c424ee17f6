"""Builds the 3-D viewer, `wnin-viz`, while the package is built or installed in place.

The compiler is PyPI's ziglang; the headers of the graphics library come with PyPI's wgpu. Where either is not
to be had for a platform, the build goes on with a warning: the window then has its 2-D view alone.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # used by `scripts/Build-ZigViz.ps1` and by tests, where there need be no hatchling
    BuildHookInterface = object  # type: ignore[assignment,misc]

ZIGLANG = "ziglang==0.16.0"
WGPU = "wgpu==0.32.0"
PLATFORMS = {
    "linux": {"x86_64", "aarch64"},
    "darwin": {"x86_64", "arm64"},
    "win32": {"AMD64", "ARM64"},
}
"""For which both packages have wheels."""
PATIENCE_S = 1200
SKIP = "WNIN_SKIP_VIEWER"
"""Environment variable: do not build it."""


class NotBuiltError(Exception):
    """The viewer cannot be built here; the message is one sentence."""


class ViewerBuildHook(BuildHookInterface):
    """Puts the viewer beside the Python that starts it, and into wheels."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what a build environment needs, where there is such a thing for this machine."""
        supported = platform.machine() in PLATFORMS.get(sys.platform, set())
        return [ZIGLANG, WGPU] if supported and not os.environ.get(SKIP) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the viewer, or say why not; a wheel that holds it is for this platform only."""
        if self.target_name != "wheel" or os.environ.get(SKIP):
            return
        try:
            binary = build(Path(self.root), self.app.display_info)
        except NotBuiltError as error:
            self.app.display_warning(f"wnin-viz: {error} The 3-D view will be missing; the 2-D view works.")
            return
        if version != "editable":
            build_data["force_include"][str(binary)] = binary.relative_to(self.root).as_posix()
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{wheel_platform()}"


def wheel_platform() -> str:
    """Return the platform tag of a wheel that holds a program for this machine."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def build(root: Path, tell: Callable[[str], object] = print) -> Path:
    """Build `wnin-viz` where `wnin_desktop.viewer` looks for it, unless the one there is of these sources.

    Raises:
        NotBuiltError: There is no compiler or no header, or compiling failed.
    """
    headers = headers_folder()
    compiler = compiler_version()
    binary = root / "wnin_desktop" / "viewer" / "bin" / ("wnin-viz.exe" if os.name == "nt" else "wnin-viz")
    note = binary.with_name("wnin-viz.sha256")
    wanted = fingerprint(root, headers, compiler)
    if binary.is_file() and note.is_file() and note.read_text(encoding="ascii").strip() == wanted:
        tell("wnin-viz is of these sources already.")
        return binary
    tell(f"wnin-viz: compiling with Zig {compiler}; the first time takes about a minute.")
    begun = time.monotonic()
    compile_into(root, headers, binary)
    note.write_text(wanted + "\n", encoding="ascii")
    tell(f"wnin-viz: compiled in {time.monotonic() - begun:.0f} s, {binary.stat().st_size // 1024} KiB.")
    return binary


def headers_folder() -> Path:
    """Return where `webgpu.h` and `wgpu.h` lie in the installed wgpu package, which is not imported."""
    spec = importlib.util.find_spec("wgpu")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        if (Path(folder) / "resources" / "wgpu.h").is_file():
            return Path(folder) / "resources"
    raise NotBuiltError(f"{WGPU} is not installed in the build environment.")


def compiler_version() -> str:
    """Return the version of the Zig compiler."""
    if importlib.util.find_spec("ziglang") is None:
        raise NotBuiltError(f"{ZIGLANG} is not installed in the build environment.")
    done = subprocess.run(
        [sys.executable, "-m", "ziglang", "version"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise NotBuiltError(f"Zig does not run here: {done.stderr.strip()[:200]}.")
    return done.stdout.strip()


def sources(root: Path) -> list[Path]:
    """Return every file that the viewer is made of, in order; what only its tests read is not among them."""
    folder = root / "zigviz"
    found = [folder / "build.zig", folder / "build.zig.zon", *(folder / "src").rglob("*")]
    return sorted(path for path in found if path.is_file() and path.parent.name != "testdata")


def fingerprint(root: Path, headers: Path, compiler: str) -> str:
    """Return a hash of all that decides what the viewer is."""
    whole = hashlib.sha256(f"{compiler} {sys.platform} {platform.machine()}\n".encode())
    for path in [*sources(root), headers / "webgpu.h", headers / "wgpu.h"]:
        content = path.read_bytes().replace(b"\r\n", b"\n")
        whole.update(f"{path.name} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def compile_into(root: Path, headers: Path, binary: Path) -> None:
    """Compile to `binary`, which takes its name when it is whole."""
    binary.parent.mkdir(parents=True, exist_ok=True)
    cache = cache_folder(root)
    with tempfile.TemporaryDirectory(dir=binary.parent, ignore_cleanup_errors=True) as made:
        command = [
            sys.executable, "-m", "ziglang", "build", "--prefix", made, "--summary", "none", "--color", "off",
            "--cache-dir", str(cache / "local"), "--global-cache-dir", str(cache / "global"),
            f"-Dwgpu={headers}", "-Dcpu=baseline", "-Dstrip=true", *target(),
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, cwd=root / "zigviz", capture_output=True, text=True, check=False,
                timeout=PATIENCE_S, errors="replace",
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotBuiltError(f"Zig did not finish: {error}.") from error
        product = Path(made) / "bin" / binary.name
        if done.returncode != 0 or not product.is_file():
            raise NotBuiltError(f"Zig could not compile it:\n{done.stderr[-4000:]}\n")
        try:
            product.replace(binary)
        except OSError as error:
            raise NotBuiltError(f"{binary} cannot be replaced ({error}); is a viewer running?") from error


def target() -> list[str]:
    """Return what must be said of the machine: on Windows, that Microsoft's compiler is not needed."""
    if sys.platform != "win32":
        return []
    return [f"-Dtarget={'aarch64' if platform.machine() == 'ARM64' else 'x86_64'}-windows-gnu"]


def cache_folder(root: Path) -> Path:
    """Return where the compiler keeps what it made before: in `build/`, or a temporary folder."""
    folder = root / "build" / "zigviz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir()) / "wnin-zigviz"
    return folder


if __name__ == "__main__":
    try:
        build(Path(__file__).resolve().parent)
    except NotBuiltError as problem:
        sys.exit(f"wnin-viz: {problem}")
