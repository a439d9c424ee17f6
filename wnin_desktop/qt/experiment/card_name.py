"""The name on a card: a label that becomes a line while it is renamed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLineEdit, QStackedLayout, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.widgets import ElidedLabel

LONGEST = 60
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
SLACK = Space.S
"""How far beside its words a name is still hit."""


class CardName(QWidget):
    """Double-click or F2 begins, Enter or leaving ends, Escape gives up."""

    renamed = Signal(str)
    ended = Signal()
    """The keyboard may go back to the card."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("arm-name")
        self.label = ElidedLabel("", self)
        self.label.setObjectName("arm-name-label")
        set_font(self.label, "title")
        self.line = QLineEdit(self)
        self.line.setObjectName("arm-name-line")
        self.line.setAccessibleName(tr("Name of the arm"))
        self.line.setMaxLength(LONGEST)
        self.line.editingFinished.connect(self._finish)
        self.line.installEventFilter(self)
        self._is_editing = False
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self.label)
        self._stack.addWidget(self.line)

    def text(self) -> str:
        """Return the name that is shown."""
        return self.label.text()

    def show_name(self, name: str) -> None:
        """Show another name; what is being typed stays."""
        self.label.setText(name)

    @property
    def is_editing(self) -> bool:
        """Whether it is being renamed."""
        return self._is_editing

    def begin(self) -> None:
        """Let a person type."""
        self._is_editing = True
        self.line.setText(self.text())
        self._stack.setCurrentWidget(self.line)
        self.line.selectAll()
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _finish(self) -> None:
        if not self._is_editing:
            return
        self._is_editing = False  # hiding the line takes its focus, which would end the editing again
        name, had_focus = self.line.text().strip(), self.line.hasFocus()
        self._stack.setCurrentWidget(self.label)
        if name and name != self.text():
            self.renamed.emit(name)
        if had_focus:
            self.ended.emit()

    def _give_up(self) -> None:
        self._is_editing = False
        self._stack.setCurrentWidget(self.label)
        self.ended.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the names are Qt's
        """End on Enter, give up on Escape; neither key reaches the card."""
        if isinstance(event, QKeyEvent) and event.key() in (*ENTER, Qt.Key.Key_Escape):
            if event.type() == QEvent.Type.KeyPress:
                self._finish() if event.key() in ENTER else self._give_up()
            return event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
        return super().eventFilter(watched, event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin on a double click on the words themselves; beside them it is the card's."""
        words = self.fontMetrics().horizontalAdvance(self.label.shown_text())
        if event.button() == Qt.MouseButton.LeftButton and event.position().x() <= words + SLACK:
            self.begin()
            event.accept()
        else:
            event.ignore()
