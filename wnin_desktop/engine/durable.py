"""Replacing a file so that a crash leaves the old file or the new one, never half of either."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from wnin_desktop.errors import DiskFullError

NO_SPACE = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
REPLACE_TRIES = 8
FIRST_WAIT_S = 0.01
TEMPORARY = ".tmp"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a handle on a temporary file beside `path` that takes its place when the block ends well.

    The bytes are on the disk before the name points at them, and the name is on the disk on return.
    After any failure the temporary file is gone and `path` is as it was.

    Raises:
        DiskFullError: No space is left.
        OSError: The file could not be written for another reason.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY}")
    try:
        with translated(path):
            with temporary.open("xb") as handle:
                yield handle
                handle.flush()
                os.fsync(handle.fileno())
            replace(temporary, path)
            sync_directory(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the system's "no space" into `DiskFullError`; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            raise DiskFullError(
                f"No space is left on the device of {path.parent}; {path.name} was not written."
            ) from error
        raise


def replace(source: Path, target: Path) -> None:
    """Rename `source` to `target`, trying again for about a second where another program holds the target.

    On Windows a virus scanner or an indexer may hold a file for some milliseconds; elsewhere one try decides.
    """
    wait = FIRST_WAIT_S
    for _ in range(REPLACE_TRIES - 1):
        try:
            source.replace(target)
        except PermissionError:
            pause(wait)
            wait *= 2
        else:
            return
    source.replace(target)


def pause(seconds: float) -> None:
    """Wait between two tries of `replace`."""
    time.sleep(seconds)


def sync_directory(folder: Path) -> None:
    """Put the names in `folder` on the disk; Windows does so by itself and offers no call for it."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
