"""SQLite VFS layers that record all operations, fail at one or run out of space; and the power cut."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw

SECTOR = 512
_numbers = itertools.count()


class Operation(NamedTuple):
    """Done to a file: write (offset, data), truncate (size), sync, delete; or a promise made: ack (mark)."""

    kind: str
    file: str = ""
    place: int = 0
    data: bytes = b""
    mark: object = None


class _File(apsw.VFSFile):
    def __init__(self, layer: Layer, name, flags):
        self._layer = layer
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name if path else "temporary"
        super().__init__("", name, flags)

    def xRead(self, amount, offset):  # noqa: N802 - SQLite's name
        self._layer.before("read", self._name, offset, amount)
        return super().xRead(amount, offset)

    def xWrite(self, data, offset):  # noqa: N802 - SQLite's name
        self._layer.before("write", self._name, offset, len(data))
        super().xWrite(data, offset)
        self._layer.after(Operation("write", self._name, offset, bytes(data)))

    def xTruncate(self, size):  # noqa: N802 - SQLite's name
        self._layer.before("truncate", self._name, size, 0)
        super().xTruncate(size)
        self._layer.after(Operation("truncate", self._name, size))

    def xSync(self, flags):  # noqa: N802 - SQLite's name
        # The real sync is left out: what it guarantees is played by `cut`.
        self._layer.before("sync", self._name, 0, 0)
        self._layer.after(Operation("sync", self._name))


class Layer(apsw.VFS):
    """Passes everything on to the platform's VFS, without syncing; subclasses look or interfere."""

    def __init__(self):
        self.name = f"wnin-test-{next(_numbers)}"
        super().__init__(self.name, "")

    def xOpen(self, name, flags):  # noqa: N802 - SQLite's name
        self.before("open", "", 0, 0)
        return _File(self, name, flags)

    def xDelete(self, filename, syncdir):  # noqa: N802 - SQLite's name
        self.before("delete", Path(filename).name, 0, 0)
        super().xDelete(filename, syncdir)
        self.after(Operation("delete", Path(filename).name))

    def before(self, kind: str, file: str, place: int, size: int) -> None:
        """Called before an operation; raises to make it fail."""

    def after(self, operation: Operation) -> None:
        """Called after an operation that changes what is stored."""


class Recorder(Layer):
    """Keeps everything that changes a file, in order."""

    def __init__(self):
        self.log: list[Operation] = []
        super().__init__()

    def after(self, operation):
        self.log.append(operation)

    def acknowledge(self, mark: object) -> None:
        """Note what was promised to the user at this moment."""
        self.log.append(Operation("ack", mark=mark))


class FailsOnce(Layer):
    """The `number`-th operation fails with an I/O error; all others succeed."""

    def __init__(self, number: int):
        self.left = number
        self.failed = ""
        super().__init__()

    def before(self, kind, file, place, size):
        self.left -= 1
        if self.left == 0:
            self.failed = f"{kind} {file}"
            raise apsw.IOError(f"planned failure of {self.failed}")


class Quota(Layer):
    """Writing beyond `limit` bytes in a file other than the shared memory fails for want of space."""

    def __init__(self, limit: int | None = None):
        self.limit = limit
        super().__init__()

    def before(self, kind, file, place, size):
        if kind == "write" and self.limit is not None and place + size > self.limit:
            raise apsw.FullError("planned lack of space")


@contextmanager
def installed(layer: Layer) -> Iterator[Layer]:
    """Unregister the layer at the end."""
    try:
        yield layer
    finally:
        layer.unregister()


def cut(log: list[Operation], random_source: random.Random) -> tuple[dict[str, bytes], object]:
    """Return the files as a power cut after the last operation of `log` may leave them, and the last promise.

    What was synced is there. Of what was written since, any sector of any write may be there or not. A
    deleted file may come back until the folder was synced, which SQLite does when it first syncs a new file.
    """
    durable: dict[str, bytearray] = {}
    waiting: dict[str, list[Operation]] = {}
    deleted: dict[str, bytearray] = {}
    promised = None
    for operation in log:
        file = operation.file
        if operation.kind == "ack":
            promised = operation.mark
        elif operation.kind == "sync":
            if file not in durable:
                deleted.clear()
            _apply(durable, file, waiting.pop(file, []), lambda: True)
        elif operation.kind == "delete":
            waiting.pop(file, None)
            if file in durable:
                deleted[file] = durable.pop(file)
        else:
            waiting.setdefault(file, []).append(operation)
    share = random_source.choice((0.0, 0.2, 0.5, 0.8, 1.0))
    durable |= {file: content for file, content in deleted.items() if random_source.random() < share}
    for file, operations in waiting.items():
        _apply(durable, file, operations, lambda: random_source.random() < share)
    return {name: bytes(content) for name, content in durable.items()}, promised


def _apply(
    files: dict[str, bytearray], file: str, operations: list[Operation], survives: Callable[[], bool]
) -> None:
    content = files.setdefault(file, bytearray())
    for operation in operations:
        if operation.kind == "truncate":
            if survives():
                del content[operation.place :]
            continue
        # A write is torn at the boundaries of the disk's sectors.
        start, end = operation.place, operation.place + len(operation.data)
        while start < end:
            stop = min(end, (start // SECTOR + 1) * SECTOR)
            if survives():
                content.extend(bytes(max(0, stop - len(content))))
                content[start:stop] = operation.data[start - operation.place : stop - operation.place]
            start = stop
