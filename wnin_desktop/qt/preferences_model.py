"""The preferences while the window is open: one frozen value, changes told, saved off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from wnin_desktop.schema.preferences import Preferences, changed, value_at

SAVE_AFTER_MS = 300
"""A slider that is dragged is written once, when it rests."""


class PreferencesModel(QObject):
    """What the person prefers."""

    changed = Signal()
    """Some preference has another value now."""
    field_changed = Signal(str)
    """The preference at this path ("appearance.theme") has another value now; sent before `changed`."""

    def __init__(
        self,
        value: Preferences | None = None,
        save: Callable[[Preferences], None] | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Hold `value`.

        Args:
            value: What was loaded; None is the defaults.
            save: Called in the GUI thread with each new value once it rests; it must hand the writing to
                another thread (`desk.tasks`). None keeps nothing.
            parent: Owner.
        """
        super().__init__(parent)
        self.setObjectName("preferences")
        self._value = value or Preferences()
        self._save = save
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.flush)

    @property
    def value(self) -> Preferences:
        """The preferences that hold now."""
        return self._value

    def get(self, path: str) -> Any:
        """Return one preference by path ("appearance.theme").

        Raises:
            InputError: There is no such preference.
        """
        return value_at(self._value, path)

    def change(self, **fields: Any) -> None:
        """Set preferences by path: `change(**{"appearance.theme": "dark"})`.

        Raises:
            InputError: There is no such preference or its value is not allowed; nothing has changed then.
        """
        self._take(changed(self._value, fields), fields)

    def restore(self, *paths: str) -> None:
        """Give preferences their defaults back; without paths, all of them."""
        if not paths:
            before = self._value
            self._take(Preferences(), dict.fromkeys(_paths(before)))
            return
        defaults = Preferences()
        self.change(**{path: _plain(value_at(defaults, path)) for path in paths})

    def is_default(self, path: str) -> bool:
        """Return whether a preference has its default."""
        return value_at(self._value, path) == value_at(Preferences(), path)

    def set_saver(self, save: Callable[[Preferences], None] | None) -> None:
        """Say how values are written from now on."""
        self._save = save

    def flush(self) -> None:
        """Hand a value that waits to be written on at once, as at the end of the program."""
        waiting = self._timer.isActive() or self.sender() is self._timer
        self._timer.stop()
        if waiting and self._save is not None:
            self._save(self._value)

    def _take(self, value: Preferences, fields: dict[str, Any]) -> None:
        before, self._value = self._value, value
        moved = [path for path in fields if value_at(before, path) != value_at(value, path)]
        if not moved:
            return
        self._timer.start()
        for path in moved:
            self.field_changed.emit(path)
        self.changed.emit()


def _paths(value: Preferences) -> list[str]:
    groups = {name: getattr(value, name) for name in type(value).model_fields}
    return [
        f"{name}.{field}" if hasattr(group, "model_fields_set") else name
        for name, group in groups.items()
        for field in (type(group).model_fields if hasattr(group, "model_fields_set") else ("",))
    ]


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
