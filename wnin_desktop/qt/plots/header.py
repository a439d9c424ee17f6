"""The line above a plot: its title, and what can be done with it. It is what one drags the plot by."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.widgets import ElidedLabel, IconButton

ROOM_FOR_NOTE = 270


class PlotHeader(QWidget):
    """Title, scale, maximise and more; dragging it moves the plot, a double click maximises it."""

    dragged = Signal(QPoint)
    """Where on the screen the plot is held."""
    dropped = Signal(QPoint)
    maximise_wanted = Signal()

    def __init__(self, key: str, title: str, tip: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"plot-header-{key}")
        self.setAccessibleName(title)
        self._held: QPoint | None = None
        self._is_dragging = False
        self.title = ElidedLabel(title, self)
        self.title.setObjectName(f"plot-title-{key}")
        self.title.set_tip(tip)
        set_font(self.title, "title")
        self.note = ElidedLabel("", self)
        self.note.setObjectName(f"plot-note-{key}")
        self.note.setProperty("kind", "muted")
        set_font(self.note, "small")
        self.scale = IconButton(
            "axis-log",
            tr("Logarithmic axis (L)"),
            self,
            name=f"plot-log-{key}",
            colour="muted",
            checkable=True,
        )
        self.whole = IconButton(
            "zoom-fit", tr("Show all (Home)"), self, name=f"plot-reset-{key}", colour="muted"
        )
        self.maximise = IconButton(
            "unfold", tr("Maximise (Enter)"), self, name=f"plot-maximise-{key}", colour="muted"
        )
        self.more = IconButton("more", tr("More: {0}", title), self, name=f"plot-more-{key}", colour="muted")
        self.maximise.clicked.connect(self.maximise_wanted)
        self.whole.hide()
        self._place()

    def _place(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(Space.S, Space.XS, Space.XS, 0)
        layout.setSpacing(Space.XS)
        layout.addWidget(self.title)
        layout.addWidget(self.note)
        layout.addStretch(1)
        for button in (self.whole, self.scale, self.maximise, self.more):
            layout.addWidget(button)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the names are Qt's
        """Leave the note out where the title needs the room."""
        super().resizeEvent(event)
        self.note.setVisible(self.width() >= ROOM_FOR_NOTE)

    def set_maximised(self, on: bool) -> None:
        """Show that the plot has the whole page, or not."""
        self.maximise.set_icon("fold" if on else "unfold", "muted")
        self.maximise.set_tip(tr("Show all plots (Esc)") if on else tr("Maximise (Enter)"))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take hold."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = event.globalPosition().toPoint()
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Drag, once it is more than a tremor."""
        if self._held is None:
            return
        now = event.globalPosition().toPoint()
        if not self._is_dragging:
            self._is_dragging = (now - self._held).manhattanLength() >= QApplication.startDragDistance()
        if self._is_dragging:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.dragged.emit(now)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        if self._is_dragging:
            self.dropped.emit(event.globalPosition().toPoint())
        self._held, self._is_dragging = None, False
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Maximise."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = None
            self.maximise_wanted.emit()
