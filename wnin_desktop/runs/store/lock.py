"""One writer: a lock the operating system holds for the process, and lets go when it dies."""

from __future__ import annotations

import json
import os
import socket
import sys
import weakref
from pathlib import Path
from typing import Any

from wnin_desktop.errors import StoreError, StoreLockedError

FILE = "writer.lock"
LOCKED_BYTE = 1 << 30
"""Windows locks bytes against reading too, so the locked one lies far behind the text."""


class WriterLock:
    """Held from `acquire` to `release`. The file's text says who holds it; the lock is the system's."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            StoreLockedError: Another process, or another part of this one, is writing here.
            StoreError: The lock file cannot be made.
        """
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        except OSError as error:
            raise StoreError(
                f"The run store's lock {self.path} cannot be opened: {error.strerror}."
            ) from error
        if not _try_lock(descriptor):
            os.close(descriptor)
            raise StoreLockedError(self._sentence())
        self._descriptor = descriptor
        _held.add(self)
        self._write_holder(descriptor)

    def release(self) -> None:
        """Let the lock go; does nothing when it is not held."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            _held.discard(self)
            _unlock(descriptor)
            os.close(descriptor)

    def drop_in_child(self) -> None:
        """Close a forked child's copy, which would keep the lock alive after its holder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> dict[str, Any]:
        """Return what the last holder wrote: `pid` and `host`; empty when unreadable."""
        try:
            found = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _sentence(self) -> str:
        holder = self.holder()
        return (
            f"The run store {self.path.parent} is being written by process {holder.get('pid', 'unknown')} "
            f"on {holder.get('host', 'an unknown host')}; close it, or open the store for reading only."
        )

    def _write_holder(self, descriptor: int) -> None:
        text = json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode()
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, text)


_held: weakref.WeakSet[WriterLock] = weakref.WeakSet()


def _forget_after_fork() -> None:
    for lock in list(_held):
        lock.drop_in_child()
    _held.clear()


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        # flock, not lockf: closing any other handle on the file would drop a lockf lock.
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    os.register_at_fork(after_in_child=_forget_after_fork)
