"""The optimizers at hand, read by a child process and held for the forms."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from wnin_desktop.qt.bridge.tasks import Task, Tasks
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.optimizer_catalogue import Catalogue, CatalogueRow, cached_catalogue, read_catalogue
from wnin_desktop.schema.fields import FieldSpec


class CatalogueModel(QObject):
    """What `wnin optimizers list` would say; empty until it was read for the first time."""

    changed = Signal()

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self.value = Catalogue()
        self.is_reading = False
        self._again = False

    @property
    def rows(self) -> tuple[CatalogueRow, ...]:
        """Return every optimizer and plugin file, loaded or not."""
        return self.value.rows

    def names(self) -> list[str]:
        """Return the names of the optimizers that can be used."""
        return self.value.names()

    def specs(self, name: str) -> tuple[FieldSpec, ...] | None:
        """Return the hyper-parameters of an optimizer, or None where it is not known."""
        return self.value.specs(name)

    def row(self, name: str) -> CatalogueRow | None:
        """Return the row of an optimizer."""
        return self.value.row(name)

    def default_lr(self, name: str) -> float | None:
        """Return the learning rate an optimizer begins with."""
        return self.value.default_lr(name)

    def load(self, *, read: bool = True) -> None:
        """Take what the last start left, where it still holds or `read` is off; else read anew."""
        self._tasks.start(lambda _task: cached_catalogue(stale=not read), then=self._take_cached)

    def reload(self, *, fresh: bool = True) -> None:
        """Read all optimizers and plugin files again, in a process that may hang or die alone.

        While they are being read, this is remembered and done once more afterwards.
        """
        if self.is_reading:
            self._again = True
            return
        self.is_reading, self._again = True, False
        task = self._tasks.start(
            lambda task: _read(task, fresh=fresh),
            then=self._take,
            title=tr("Reading the optimizers"),
            cancellable=True,
        )
        task.ended.connect(self._rest)

    def _rest(self) -> None:
        self.is_reading = False
        if self._again:
            self.reload()

    def _take_cached(self, found: Catalogue | None) -> None:
        if found is not None:
            self._take(found)
        else:
            self.reload(fresh=False)

    def _take(self, found: Catalogue) -> None:
        self.value = found
        self.changed.emit()


def _read(task: Task, *, fresh: bool) -> Catalogue:
    return read_catalogue(cancelled=lambda: task.cancelled, fresh=fresh)
