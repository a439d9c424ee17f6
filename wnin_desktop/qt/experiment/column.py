"""A panel that scrolls up and down, and is never narrower than what it holds."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

LEAST_HEIGHT = 120


class Column(QScrollArea):
    """Larger text makes it wider instead of clipping it."""

    def __init__(self, inner: QWidget, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inner)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - the names are Qt's
        """Return the width of what it holds, with room for the scroll bar."""
        inner = self.widget()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize((inner.minimumSizeHint().width() if inner is not None else 0) + bar, LEAST_HEIGHT)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return what it would like to have."""
        return super().sizeHint().expandedTo(self.minimumSizeHint())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow what it holds."""
        if event.type() == QEvent.Type.LayoutRequest and watched is self.widget():
            self.updateGeometry()
        return super().eventFilter(watched, event)
