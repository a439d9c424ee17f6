"""How wide the panels at the sides are wanted: a small window narrows them, a large one widens them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow

SIDES = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)
LARGEST = 10_000


class Widths(QObject):
    """Knows the widths that a person chose. Qt gives what a window gains to the pages alone."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._wanted: dict[str, int] = {}
        self._before: dict[str, int] = {}
        """As they were when the mouse went down."""
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._learn)
        window.installEventFilter(self)

    def state(self) -> dict[str, int]:
        """Return the widths by name of the panel."""
        return dict(self._wanted)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Want what `state` returned; panels that are not in it are right as they will stand."""
        self._wanted = {
            name: width for name, width in state.items() if type(width) is int and 0 < width < LARGEST
        }
        self._soon.start()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        """Follow the size of the window, and the mouse that moves the borders of panels."""
        kind = event.type()
        if kind == QEvent.Type.Resize:  # what is in the window has its new size already
            self._widen()
        elif kind == QEvent.Type.Show:
            self._learn()
        elif kind == QEvent.Type.MouseButtonPress:
            self._before = self._present()
        elif kind == QEvent.Type.MouseButtonRelease:
            self._take_drag()
        return False

    def _docks(self) -> list[QDockWidget]:
        """Return the panels at the sides that are seen."""
        return [
            dock
            for dock in self._window.findChildren(QDockWidget)
            if dock.isVisible() and not dock.isFloating() and self._window.dockWidgetArea(dock) in SIDES
        ]

    def _present(self) -> dict[str, int]:
        return {dock.objectName(): dock.width() for dock in self._docks()}

    def _learn(self) -> None:
        """Take panels that nobody chose a width for as they are."""
        self._wanted = {**self._present(), **self._wanted}

    def _take_drag(self) -> None:
        for name, width in self._present().items():
            if width != self._before.get(name, width):
                self._wanted[name] = width

    def _widen(self) -> None:
        """Give panels the widths they should have, as far as the pages leave room."""
        centre = self._window.centralWidget()
        if centre is None:
            return
        room = centre.width() - centre.minimumSizeHint().width()
        docks, widths = [], []
        for dock in self._docks():
            lacking = min(self._wanted.get(dock.objectName(), 0) - dock.width(), room)
            if lacking > 0:
                docks.append(dock)
                widths.append(dock.width() + lacking)
                room -= lacking
        if docks:
            self._window.resizeDocks(docks, widths, Qt.Orientation.Horizontal)
