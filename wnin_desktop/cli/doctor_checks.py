"""What `wnin doctor` looks at: each check is one function that returns rows and changes nothing."""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from wnin_desktop import paths
from wnin_desktop.cli.display import trouble
from wnin_desktop.engine.plugins import TrustStore, read_metadata, read_source
from wnin_desktop.errors import DataError, PluginError, StoreError, StoreLockedError
from wnin_desktop.runs.report.text import count, plus_minus
from wnin_desktop.stream.limits import DEFAULT_PORT
from wnin_desktop.stream.uri import LOOPBACK
from wnin_desktop.viewer import binary as viewer_binary

State = Literal["ok", "warning", "broken"]
LEAST_PYTHON = (3, 11)
LEAST_TORCH = (2, 11)
LEAST_FREE_GB = 1.0
GEMM_SIZE = 512
GEMM_REPEATS = 12
GEMM_BUDGET_S = 0.5
VIEWER_S = 60
"""The first use of a graphics driver compiles for seconds."""
EXTRAS = {"pyarrow": "Parquet export", "tensorboardX": "TensorBoard export", "mlflow": "MLflow export"}


@dataclass(frozen=True)
class Finding:
    """One row: what was looked at, how it is, what was found, and what to do where it is not well."""

    name: str
    state: State
    found: str
    advice: str = ""


def examine(store: Path | None = None, port: int = DEFAULT_PORT) -> list[Finding]:
    """Return every row, in the order in which one thing needs another.

    Args:
        store: The run store; None is this machine's own.
        port: The event server's port.
    """
    folder = store or paths.store_dir()
    return [
        check_python(),
        *check_torch(),
        check_torchvision(),
        check_display(os.environ, sys.platform),
        check_viewer(),
        *check_store(folder),
        check_data_folder(paths.data_dir()),
        *check_plugins(),
        *check_network_plugins(paths.plugin_dir("networks")),
        check_port(port),
        *map(check_extra, EXTRAS),
    ]


def check_python() -> Finding:
    """Return which Python this is."""
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    if sys.version_info[:2] < LEAST_PYTHON:
        return Finding("Python", "broken", found, "Install Python 3.11 or newer.")
    return Finding("Python", "ok", found)


def check_torch() -> list[Finding]:
    """Return torch's version and threads, its devices, and how fast it multiplies matrices."""
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError, RuntimeError) as error:
        return [
            Finding(
                "torch",
                "broken",
                f"it cannot be imported ({_first_line(error)})",
                "Install torch 2.11 or newer.",
            )
        ]
    number = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
    found = f"{torch.__version__}, {torch.get_num_threads()} threads"
    state: State = "ok" if number >= LEAST_TORCH else "broken"
    return [
        Finding("torch", state, found, "" if state == "ok" else "Install torch 2.11 or newer."),
        _cuda(torch),
        *[_multiplication(torch, device) for device in _devices(torch)],
    ]


def _devices(torch: Any) -> list[str]:
    return [
        "cpu",
        *(f"cuda:{index}" for index in range(torch.cuda.device_count()) if torch.cuda.is_available()),
    ]


def _cuda(torch: Any) -> Finding:
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        return Finding("GPU", "ok", f"{', '.join(names)} (CUDA {torch.version.cuda})")
    if torch.version.cuda:
        return Finding(
            "GPU", "warning", f"torch is built for CUDA {torch.version.cuda} and finds no GPU",
            "Runs use the CPU. Where there is a GPU, install its driver.",
        )  # fmt: skip
    return Finding("GPU", "ok", "none: this torch is built for the CPU, and runs use the CPU")


def _multiplication(torch: Any, device: str) -> Finding:
    name = f"fp32 on {device}"
    try:
        speeds = gemm_speeds(torch, device)
    except RuntimeError as error:
        return Finding(
            name,
            "broken",
            f"a matrix product failed ({_first_line(error)})",
            "Check the driver and its torch.",
        )
    mean, error = statistics.fmean(speeds), statistics.stdev(speeds) / math.sqrt(len(speeds))
    return Finding(
        name,
        "ok",
        f"{plus_minus(mean, error)} GFLOP/s (n = {len(speeds)} products of {GEMM_SIZE} x {GEMM_SIZE})",
    )


def gemm_speeds(torch: Any, device: str) -> list[float]:
    """Return the speed of at least two and up to `GEMM_REPEATS` fp32 matrix products, in 1e9 operations/s."""
    left, right = (torch.ones(GEMM_SIZE, GEMM_SIZE, device=device) for _ in range(2))
    wait: Callable[[], None] = torch.cuda.synchronize if device.startswith("cuda") else lambda: None
    torch.mm(left, right)  # the first product loads the library
    wait()
    speeds: list[float] = []
    deadline = time.perf_counter() + GEMM_BUDGET_S
    while len(speeds) < 2 or (len(speeds) < GEMM_REPEATS and time.perf_counter() < deadline):
        start = time.perf_counter()
        torch.mm(left, right)
        wait()
        speeds.append(2 * GEMM_SIZE**3 / max(time.perf_counter() - start, 1e-9) / 1e9)
    return speeds


def check_torchvision() -> Finding:
    """Return whether the torchvision data sets can be had; nothing else needs them."""
    needed = "MNIST, FashionMNIST and CIFAR-10 need it; the embedded data sets do not."
    try:
        from wnin_desktop.engine.tasks.torchvision_sets import torchvision_datasets  # noqa: PLC0415 - torch may be broken
    except (ImportError, OSError, RuntimeError) as error:
        return Finding(
            "torchvision", "warning", f"not looked at: torch is broken ({_first_line(error)})", needed
        )
    try:
        torchvision_datasets()
    except DataError as error:
        return Finding("torchvision", "warning", str(error), needed)
    return Finding("torchvision", "ok", str(sys.modules["torchvision"].__version__))


def check_display(environ: Mapping[str, str], system: str) -> Finding:
    """Return whether a window could be opened.

    Args:
        environ: The environment's variables.
        system: As `sys.platform`.
    """
    if system in ("win32", "darwin"):
        return Finding(
            "display", "ok", "the desktop of Windows" if system == "win32" else "the desktop of macOS"
        )
    if environ.get("DISPLAY") and not environ.get("WAYLAND_DISPLAY") and (lacks := trouble(environ, system)):
        return Finding("display", "broken", f"DISPLAY={environ['DISPLAY']}, but no window opens", lacks)
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        if environ.get(variable):
            return Finding("display", "ok", f"{variable}={environ[variable]}")
    return Finding(
        "display", "warning", "none: neither WAYLAND_DISPLAY nor DISPLAY is set",
        "Commands run headless and write reports; for a window, log in to a desktop or forward a display.",
    )  # fmt: skip


def check_viewer() -> Finding:
    """Return whether the 3-D viewer draws its known scene here, with what, and how fast it turns."""
    name, flat = "3-D viewer", "The contours of a landscape need no viewer."
    found = viewer_binary.find()
    if isinstance(found, str):
        return Finding(name, "warning", found, flat)
    command = [str(found.executable), "--wgpu", str(found.library), "--selftest"]
    try:
        done = subprocess.run(
            [*command, *(["--backend", found.backend] if found.backend else [])],
            capture_output=True, text=True, timeout=VIEWER_S, check=False,
        )  # fmt: skip
        said = json.loads(done.stdout) if done.returncode == 0 else {}
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return Finding(name, "warning", f"it does not draw ({_first_line(error)})", flat)
    if not said.get("ok"):
        why = next((line for line in done.stderr.splitlines() if line.startswith("wnin-viz")), "no reason")
        return Finding(name, "warning", f"it does not draw: {why}", f"Check the graphics driver. {flat}")
    speed = f"{said['drag_fps']:.0f} pictures/s while it is turned"
    return Finding(name, "ok", f"{said['adapter']} by {said['backend']}, {speed}")


def check_store(folder: Path) -> list[Finding]:
    """Return where runs are kept, whether they can be written and read, and how much space is left."""
    from wnin_desktop.runs.store import location_warning  # noqa: PLC0415 - needs apsw, which may be broken

    rows = [_writable("store", folder), _store_content(folder), _space("space for runs", folder)]
    if warning := location_warning(folder):
        rows.append(Finding("store's place", "warning", warning, "Set WNIN_STORE or give --store."))
    return rows


def _store_content(folder: Path) -> Finding:
    from wnin_desktop.runs.store import Store  # noqa: PLC0415 - as above
    from wnin_desktop.runs.store.database import FILE  # noqa: PLC0415
    from wnin_desktop.runs.store.lock import WriterLock  # noqa: PLC0415

    if not (folder / FILE).is_file():
        return Finding("runs", "ok", "none yet; the first run makes the store")
    try:
        with Store.open(folder, read_only=True) as store:
            trashed = len(store.experiments(trashed=True))
            found = f"{count(len(store.experiments()), 'experiment')}, {trashed} in the trash"
    except StoreError as error:
        return Finding(
            "runs", "broken", str(error), "Open it with any command that writes; damage is kept aside."
        )
    lock = WriterLock(folder)
    if not lock.path.exists():
        return Finding("runs", "ok", found)
    try:
        lock.acquire()
    except StoreLockedError as error:
        return Finding(
            "runs",
            "warning",
            f"{found}. {error}",
            "Reading works; a new run must wait, or use another --store.",
        )
    except StoreError as error:
        return Finding("runs", "broken", f"{found}. {error}", "Make the folder writable.")
    lock.release()
    return Finding("runs", "ok", found)


def check_data_folder(folder: Path) -> Finding:
    """Return where downloaded data sets are kept."""
    row = _writable("data", folder)
    if row.state != "ok" or not folder.is_dir():
        return row
    kept = sorted(path.name for path in folder.iterdir() if path.is_dir())
    return Finding("data", "ok", f"{row.found}; there: {', '.join(kept) or 'nothing yet'}")


def _writable(name: str, folder: Path) -> Finding:
    there = _nearest(folder)
    if folder.exists() and not folder.is_dir():
        return Finding(
            name, "broken", f"{folder} is not a folder", "Move that file away or choose another folder."
        )
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding(
            name, "broken", f"{there} cannot be written", "Make it writable or choose another folder."
        )
    return Finding(name, "ok", f"{folder}" if folder.is_dir() else f"{folder} (made when it is needed)")


def _space(name: str, folder: Path) -> Finding:
    try:
        free = shutil.disk_usage(_nearest(folder)).free / 1e9
    except OSError as error:
        return Finding(name, "warning", f"unknown ({_first_line(error)})", "Check the disk.")
    if free < LEAST_FREE_GB:
        return Finding(
            name, "warning", f"{free:.2g} GB free", "Free some space: runs pause when the disk is full."
        )
    return Finding(name, "ok", f"{free:,.0f} GB free")


def _nearest(folder: Path) -> Path:
    """Return the folder or the nearest one above it that is there."""
    return next((path for path in (folder, *folder.absolute().parents) if path.exists()), folder)


def check_plugins() -> list[Finding]:
    """Return the optimizers, and one row for each plugin that is not loaded."""
    try:
        from wnin_desktop.engine.optimizers.loader import load_registry  # noqa: PLC0415 - torch may be broken
    except (ImportError, OSError, RuntimeError) as error:
        return [
            Finding(
                "optimizers", "broken", f"they cannot be loaded ({_first_line(error)})", "Repair torch first."
            )
        ]
    registry = load_registry()
    rows = [
        Finding("optimizers", "ok", ", ".join(registry.names())),
        Finding("plugin folder", "ok", str(paths.plugin_dir("optimizers"))),
    ]
    for row in registry.rows:
        if row.state == "loaded":
            continue
        broken = row.state == "broken" and row.origin == "built-in"
        advice = (
            "Install the program again." if broken else "The other optimizers work; mend or remove this file."
        )
        if row.state == "untrusted":
            advice = "Read the file and trust it, or remove it."
        rows.append(
            Finding(
                f"plugin {row.name}", "broken" if broken else "warning", f"{row.state}: {row.error}", advice
            )
        )
    return rows


def check_network_plugins(folder: Path) -> list[Finding]:
    """Return one row for each network file of the user that could not be used; none is run for this."""
    trusted = TrustStore()
    found = [_network_plugin(path, trusted) for path in sorted(folder.glob("*.py"))]
    return [row for row in found if row.state != "ok"]


def _network_plugin(path: Path, trusted: TrustStore) -> Finding:
    name = f"network {path.stem}"
    try:
        source = read_source(path)
        said = read_metadata(source)
    except PluginError as error:
        return Finding(name, "warning", f"broken: {error}", "Mend or remove this file.")
    if "build" not in said.functions:
        return Finding(
            name, "warning", f"broken: {path} defines no function build", "Mend or remove this file."
        )
    if not trusted.is_trusted(source.sha256):
        advice = f"Read the file, then `wnin optimizers trust {path}`, or remove it."
        return Finding(name, "warning", f"untrusted: {path}", advice)
    return Finding(name, "ok", str(path))


def check_port(port: int) -> Finding:
    """Return whether the event server's port is free on this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK[0], port))
        except OSError as error:
            return Finding(
                f"port {port}", "warning", f"taken ({error.strerror}), perhaps by another `wnin serve`",
                "Give `wnin serve` another --port.",
            )  # fmt: skip
    return Finding(f"port {port}", "ok", "free for `wnin serve`")


def check_extra(module: str) -> Finding:
    """Return whether an optional package is there."""
    if importlib.util.find_spec(module) is None:
        return Finding(
            module, "warning", f"not installed: no {EXTRAS[module]}", "pip install 'wnin-desktop[export]'"
        )
    return Finding(module, "ok", f"installed, for {EXTRAS[module]}")


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
