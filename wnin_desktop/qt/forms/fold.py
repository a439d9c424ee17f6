"""A part of a form that folds away."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font, set_icon


class Fold(QWidget):
    """A heading that shows and hides what stands below it."""

    toggled = Signal(bool)

    def __init__(self, title: str, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.body = title, body
        self.button = QToolButton(self)
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setObjectName("fold")
        set_font(self.button, "small")
        self.button.toggled.connect(self._toggled)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(body)
        self._count = 0
        self._toggled(False)

    @property
    def is_open(self) -> bool:
        """Whether its body is seen."""
        return self.button.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Show or hide the body."""
        self.button.setChecked(is_open)

    def show_count(self, changed: int) -> None:
        """Say how many fields inside were changed: what is folded away is not forgotten."""
        self._count = changed
        self._name()

    def _toggled(self, is_open: bool) -> None:
        self.body.setVisible(is_open)
        set_icon(self.button, "chevron-down" if is_open else "chevron-right", "muted")
        self._name()
        self.toggled.emit(is_open)

    def _name(self) -> None:
        text = self.title if not self._count else tr("{0} ({1} changed)", self.title, self._count)
        self.button.setText(text)
        self.button.setAccessibleName(text)
        state = tr("Hide {0}") if self.is_open else tr("Show {0}")
        self.button.setToolTip(state.format(self.title.lower()))
