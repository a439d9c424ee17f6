"""Where a comparison trains: in a worker process, or in the thread that drives it, behind one interface."""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Literal

from wnin_desktop.runs.job import EventSource, train_inline
from wnin_desktop.runs.worker import train_in_process

Preference = Literal["auto", "process", "thread"]
DRIVERS = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}


def source_for(preference: Preference, device: str) -> EventSource:
    """Return where a comparison on `device` trains.

    A worker process keeps a window fluid and dies alone; a GPU is better driven from this process, where its
    memory is reserved once. `auto` trains on a CPU in a process, on a GPU in the thread.

    Args:
        preference: What the person chose.
        device: auto, cpu, cuda or cuda:N, as in a configuration.
    """
    return train_inline if trains_here(preference, device) else train_in_process


def trains_here(preference: Preference, device: str) -> bool:
    """Return whether training runs in this process."""
    if preference != "auto":
        return preference == "thread"
    return device != "cpu" and has_gpu()


def import_torch_first(preference: Preference) -> bool:
    """Import torch now if the window will train in itself, and return whether it did.

    To be called before PySide6 is imported: the other order breaks torch on Windows, and a first import
    inside a thread would freeze the window.
    """
    if not trains_here(preference, "auto"):
        return False
    import torch  # noqa: F401, PLC0415 - imported for its side effect, and only where it is needed

    return True


@functools.cache
def has_gpu() -> bool:
    """Return whether the NVIDIA driver knows a device; asked of the driver itself, without torch."""
    name = DRIVERS.get(sys.platform)
    if name is None:
        return False
    try:
        driver = ctypes.CDLL(name)
        count = ctypes.c_int(0)
        return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0
    except (OSError, AttributeError):
        return False
