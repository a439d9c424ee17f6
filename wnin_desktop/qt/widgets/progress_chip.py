"""Work that goes on: what it is, how far it is, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.widgets.buttons import IconButton
from wnin_desktop.qt.widgets.labels import ElidedLabel

FINENESS = 1000
BAR_WIDTH = 96


class ProgressChip(QWidget):
    """A title, a thin bar and, where the work can be stopped, its cancel button."""

    cancelled = Signal()

    def __init__(
        self, title: str, parent: QWidget | None = None, *, cancellable: bool = True, name: str = ""
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name or "progress-chip")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._title = title
        self._label = ElidedLabel(title, self)
        set_font(self._label, "small_numbers")
        self.bar = QProgressBar(self)
        self.bar.setObjectName(f"{self.objectName()}-bar")
        self.bar.setFixedWidth(BAR_WIDTH)
        self.bar.setTextVisible(False)
        self.cancel_button = IconButton("close", tr("Cancel: {0}", title), self, name="cancel-button")
        # A click leaves the keyboard where it was: a chip that goes would hand it to whatever comes next.
        self.cancel_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.cancel_button.setVisible(cancellable)
        self.cancel_button.clicked.connect(self._cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(Space.S, 0, Space.XS, 0)
        layout.setSpacing(Space.S)
        for widget in (self._label, self.bar, self.cancel_button):
            layout.addWidget(widget)
        self.set_progress(None)

    def set_progress(self, done: float | None, text: str = "") -> None:
        """Show how much is done, 0 to 1; None where nobody knows. Once cancelled, the words stay."""
        self.bar.setRange(0, 0 if done is None else FINENESS)
        if done is not None:
            self.bar.setValue(round(min(max(done, 0.0), 1.0) * FINENESS))
        if self.cancel_button.isEnabled():
            self._label.setText(f"{self._title} \u2013 {text}" if text else self._title)
        self.bar.setAccessibleName(self._label.text())
        self.setAccessibleName(self._label.text())

    def _cancel(self) -> None:
        self.cancel_button.setEnabled(False)
        self._label.setText(tr("Stopping: {0}", self._title))
        self.cancelled.emit()
