"""What all dialogs share: named, themed, sized by the size of text, closed by Escape, never a nested loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from wnin_desktop.qt.theme import Space, restyle, set_font, set_icon
from wnin_desktop.qt.widgets import IconButton

SCREEN_SHARE = 0.9
"""Most of the screen that a dialog takes."""
TOLD_MS = 1500


class Dialog(QDialog):
    """A window of its own beside the main window. `present` shows it; it answers through signals."""

    def __init__(self, parent: QWidget | None, name: str, title: str, *, modal: bool = False) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._modal = modal
        self._room = (0, 0)
        self._told: QLabel | None = None
        self._area: QScrollArea | None = None
        self._snug_soon = QTimer(self)  # after the layouts have heard of another size of text
        self._snug_soon.setSingleShot(True)
        self._snug_soon.setInterval(0)
        self._snug_soon.timeout.connect(self.fit_snugly)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        self.column.setSpacing(Space.M)

    def fit(self, letters: int, lines: int) -> None:
        """Take room for about so many letters and lines of the present font, as far as the screen allows."""
        self._room = letters, lines
        metrics = self.fontMetrics()
        self._take(QSize(letters * metrics.averageCharWidth(), lines * metrics.lineSpacing()))

    def _take(self, wanted: QSize) -> None:
        """Be so large, as far as the screen allows; what does not fit then is scrolled to."""
        most = screen_of(self).size() * SCREEN_SHARE
        if self._area is None and _least_height(self.column, most.width()) > most.height():
            self._area = self._make_area()
        self.setMinimumSize(self.minimumSize().boundedTo(most))
        self.setMaximumSize(most)
        self.resize(wanted.boundedTo(most))

    def _make_area(self) -> QScrollArea:
        """Move everything into an area that scrolls, and return it."""
        inner = QWidget(self)
        inner.setObjectName("dialog-inner")
        inner.setLayout(self.column)
        self.setMinimumHeight(0)  # the layout had asked for all of it
        area = QScrollArea(self)
        area.setObjectName("dialog-area")
        area.setAccessibleName(self.windowTitle())
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        return area

    def tell(self, text: str, kind: str = "warning") -> None:
        """Say something about what was clicked in here, at the bottom; no text takes it away."""
        if self._told is None:
            self._told = text_label("", f"{self.objectName()}-told", self)
            self.column.addWidget(self._told)
        self._told.setText(text)
        self._told.setProperty("kind", kind)
        restyle(self._told)
        self._told.setVisible(bool(text))
        if not any(self._room):
            self.fit_soon()

    def present(self) -> None:
        """Show it, in front."""
        if not any(self._room):
            self.fit_snugly()
        if self.isVisible():
            self.raise_()
        elif self._modal:
            self.open()
        else:
            self.show()
        self._stay_on_screen()
        self.activateWindow()

    def _stay_on_screen(self) -> None:
        """Move so that the whole window is seen."""
        room, frame = screen_of(self), self.frameGeometry()
        x = max(room.left(), min(frame.x(), room.right() + 1 - frame.width()))
        y = max(room.top(), min(frame.y(), room.bottom() + 1 - frame.height()))
        if (x, y) != (frame.x(), frame.y()):
            self.move(x, y)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - the name is Qt's
        """Take more room for larger text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and any(self._room):
            self.fit(*self._room)
        elif event.type() == QEvent.Type.FontChange and self.isVisible():
            self._snug_soon.start()

    def fit_soon(self) -> None:
        """Fit the size to the text once the layouts have heard of what changed."""
        self._snug_soon.start()

    def fit_snugly(self) -> None:
        """Be as high as the text is at the present width; for dialogs of a few sentences."""
        self.column.activate()
        width = max(self.width(), self.minimumWidth(), self.column.sizeHint().width())
        self._take(QSize(width, max(self.column.heightForWidth(width), self.column.minimumSize().height())))

    def add_heading(self, text: str, name: str = "heading") -> QLabel:
        """Add a title line."""
        label = text_label(text, name, self)
        set_font(label, "heading")
        self.column.addWidget(label)
        return label

    def add_text(self, text: str, name: str, kind: str = "") -> QLabel:
        """Add a paragraph."""
        label = text_label(text, name, self, kind)
        self.column.addWidget(label)
        return label

    def add_row(self) -> QHBoxLayout:
        """Add a line of widgets."""
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        self.column.addLayout(row)
        return row


def screen_of(widget: QWidget) -> QRect:
    """Return what a window may cover of its screen."""
    return (widget.screen() or QGuiApplication.primaryScreen()).availableGeometry()


def _least_height(column: QVBoxLayout, width: int) -> int:
    return max(column.minimumSize().height(), column.minimumHeightForWidth(width))


def text_label(text: str, name: str, parent: QWidget | None = None, kind: str = "") -> QLabel:
    """Return a paragraph of plain text, which breaks its lines and can be copied."""
    label = QLabel(text, parent)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    flags = Qt.TextInteractionFlag.TextSelectableByMouse
    label.setTextInteractionFlags(flags)
    if kind:
        label.setProperty("kind", kind)
    return label


def push_button(
    text: str,
    name: str,
    slot: Callable[..., object],
    *,
    kind: str = "",
    icon: str = "",
    tip: str = "",
    parent: QWidget | None = None,
) -> QPushButton:
    """Return a named button that is not the default one."""
    button = QPushButton(text, parent)
    button.setObjectName(name)
    button.setAccessibleName(text.replace("&", ""))
    button.setAutoDefault(False)
    button.setToolTip(tip)
    if kind:
        button.setProperty("kind", kind)
    if icon:
        set_icon(button, icon)
    button.clicked.connect(slot)
    return button


def items_of(table: QTreeWidget) -> list[QTreeWidgetItem]:
    """Return the lines of a table, from the top."""
    found = (table.topLevelItem(number) for number in range(table.topLevelItemCount()))
    return [item for item in found if item is not None]


def make_default(button: QPushButton) -> None:
    """Let Enter press this button; its text is heavier then, and needs the room."""
    button.setDefault(True)
    set_font(button, "title")
    button.setFocus()


def read_only_text(text: str, name: str, label: str, parent: QWidget | None = None) -> QPlainTextEdit:
    """Return a view on text in the font of code, which can be read and copied by keyboard."""
    view = QPlainTextEdit(text, parent)
    view.setObjectName(name)
    view.setAccessibleName(label)
    view.setReadOnly(True)
    view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    view.setTabChangesFocus(True)
    view.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    set_font(view, "mono")
    return view


def copy_text(text: str) -> None:
    """Put text on the clipboard."""
    QGuiApplication.clipboard().setText(text)


class CopyButton(QPushButton):
    """Copies a text and says for a moment that it did."""

    def __init__(
        self, text: str, done: str, what: Callable[[], str], name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self.setObjectName(name)
        self.setAccessibleName(text.replace("&", ""))
        self.setAutoDefault(False)
        set_icon(self, "copy")
        self._words, self._done, self._what = text, done, what
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TOLD_MS)
        self._timer.timeout.connect(self._again)
        self.clicked.connect(self._copy)

    def _copy(self) -> None:
        copy_text(self._what())
        self.setText(self._done)
        self._timer.start()

    def _again(self) -> None:
        self.setText(self._words)


class Fold(QFrame):
    """Details that are folded until a person asks for them."""

    def __init__(self, title: str, name: str, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._body = body
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        self.button = IconButton("chevron-right", title, self, name=f"{name}-button")
        self.button.setText(title)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.clicked.connect(self.toggle)
        column.addWidget(self.button)
        column.addWidget(body, 1)
        body.hide()

    @property
    def is_open(self) -> bool:
        """Whether the details are seen."""
        return not self._body.isHidden()

    def toggle(self) -> None:
        """Show or hide the details, and give the window the room they need."""
        self._body.setVisible(not self.is_open)
        self.button.set_icon("chevron-down" if self.is_open else "chevron-right")
        window = self.window()
        if isinstance(window, Dialog):
            window.fit_soon()
