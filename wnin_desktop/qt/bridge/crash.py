"""Traces of a crash: where a segmentation fault leaves its report, and whether the last start left one.

Nothing is sent anywhere. A report is text on this machine, without the names of people and folders.
"""

from __future__ import annotations

import contextlib
import faulthandler
import getpass
import os
import platform
import time
from pathlib import Path
from typing import IO

import psutil

import wnin_desktop
from wnin_desktop import paths

RUNNING, REPORT = "running-{}.txt", "report-{}.txt"
MOST_REPORTS = 10
LIMIT = 256 * 1024
"""Longest report that is read, bytes."""


def crash_dir() -> Path:
    """Return the folder of crash reports."""
    return paths.home() / "crash"


class CrashRecorder:
    """From `start` to `stop` a fatal error of this process leaves its stacks in a file."""

    def __init__(self) -> None:
        self._file: IO[str] | None = None
        self._path: Path | None = None

    def start(self) -> None:
        """Begin; a folder that cannot be written costs the report, not the program."""
        with contextlib.suppress(OSError):
            crash_dir().mkdir(parents=True, exist_ok=True)
            self._path = crash_dir() / RUNNING.format(os.getpid())
            self._file = self._path.open("w", encoding="utf-8")
            self._file.write(_head())
            self._file.flush()
            faulthandler.enable(self._file)

    def stop(self) -> None:
        """End in an orderly way: no report stays."""
        if self._file is None or self._path is None:
            return
        faulthandler.disable()
        self._file.close()
        self._file = None
        self._path.unlink(missing_ok=True)


def left_behind() -> list[Path]:
    """Turn what dead processes left into redacted reports, and return the reports, newest first."""
    folder = crash_dir()
    try:
        found = list(folder.glob(RUNNING.format("*")))
    except OSError:
        return []
    for path in found:
        with contextlib.suppress(OSError, ValueError):
            _keep(path)
    reports = sorted(folder.glob(REPORT.format("*")), reverse=True)
    for old in reports[MOST_REPORTS:]:
        old.unlink(missing_ok=True)
    return reports[:MOST_REPORTS]


def _keep(path: Path) -> None:
    number = int(path.stem.rpartition("-")[2])
    if number == os.getpid() or _is_ours(number):
        return
    with path.open("rb") as handle:
        text = handle.read(LIMIT).decode("utf-8", "replace")
    if "Fatal" in text or "Stack" in text or "fault" in text:
        moment = time.strftime("%Y-%m-%d_%H%M%S", time.gmtime(path.stat().st_mtime))
        path.with_name(REPORT.format(f"{moment}-{number}")).write_text(redacted(text), encoding="utf-8")
    path.unlink(missing_ok=True)


def _is_ours(number: int) -> bool:
    """Return whether a living process of this program has the number; numbers are used again."""
    with contextlib.suppress(psutil.Error):
        return "wnin" in " ".join(psutil.Process(number).cmdline()).lower()
    return False


def redacted(text: str) -> str:
    """Return `text` without this person's folder and name."""
    for secret, word in ((str(paths.home()), "<home of wnin>"), (str(Path.home()), "<home>")):
        if len(secret) > 1:
            text = text.replace(secret, word)
    with contextlib.suppress(Exception):  # a machine may know no user name at all
        name = getpass.getuser()
        if len(name) > 2:
            text = text.replace(name, "<user>")
    return text


def _head() -> str:
    return (
        f"WNIN Desktop {wnin_desktop.__version__}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, started {time.strftime('%Y-%m-%d %H:%M:%S')}\n"
    )
