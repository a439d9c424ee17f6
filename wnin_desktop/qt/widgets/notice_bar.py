"""A bar that tells a person one thing: what happened, what was kept, what to do."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import ICON_LARGE, Space, set_font, theme
from wnin_desktop.qt.theme.keepers import keep
from wnin_desktop.qt.widgets.badges import KINDS
from wnin_desktop.qt.widgets.buttons import IconButton

EDGE = 3
DETAIL_LINES = 8


class NoticeBar(QWidget):
    """Icon, sentence, button, details and close; the bar draws and asks, and decides nothing."""

    closed = Signal()
    acted = Signal()

    def __init__(
        self,
        text: str = "",
        *,
        kind: str = "info",
        kept: str = "",
        do: str = "",
        details: str = "",
        action: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("notice-bar")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._kind = kind
        self._picture, self._text, self._more = QLabel(self), QLabel(self), QLabel(self)
        self.action_button = QPushButton(self)
        self.details_button = QPushButton(self)
        self.copy_button = QPushButton(tr("Copy details"), self)
        self.close_button = IconButton("close", tr("Close this notice"), self, name="notice-close")
        for button in (self.action_button, self.details_button, self.copy_button, self.close_button):
            # A click leaves the keyboard where it was: a bar that goes would hand it to whatever comes next.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.details = QPlainTextEdit(self)
        self._dress()
        self._place()
        self.set(text, kind=kind, kept=kept, do=do, details=details, action=action)

    def set(
        self,
        text: str,
        *,
        kind: str = "info",
        kept: str = "",
        do: str = "",
        details: str = "",
        action: str = "",
    ) -> None:
        """Tell something else."""
        self._kind = kind
        self._text.setText(text)
        self._more.setText(" ".join(part for part in (kept, do) if part))
        self._more.setVisible(bool(kept or do))
        self.action_button.setText(action)
        self.action_button.setVisible(bool(action))
        self.details.setPlainText(details)
        _give_lines(self.details)
        self.details_button.setVisible(bool(details))
        self.show_details(False)
        self.setAccessibleName(text)
        self.setAccessibleDescription(self._more.text())
        self._show_picture()

    @property
    def kind(self) -> str:
        """One of info, good, warning and danger."""
        return self._kind

    @property
    def text(self) -> str:
        """The sentence."""
        return self._text.text()

    def show_details(self, shown: bool) -> None:
        """Unfold or fold the details."""
        self.details.setVisible(shown)
        self.copy_button.setVisible(shown)
        self.details_button.setText(tr("Hide details") if shown else tr("Details"))

    def _dress(self) -> None:
        for label, name in ((self._picture, "picture"), (self._text, "text"), (self._more, "more")):
            label.setObjectName(f"notice-{name}")
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self._text, self._more):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more.setProperty("kind", "muted")
        self.action_button.setObjectName("notice-action")
        for button, name in ((self.details_button, "details-button"), (self.copy_button, "copy")):
            button.setObjectName(f"notice-{name}")
            button.setProperty("kind", "quiet")
        self.details.setObjectName("notice-details")
        self.details.setAccessibleName(tr("Details"))
        self.details.setReadOnly(True)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        set_font(self.details, "mono")
        keep(self.details, "height-keeper", theme().changed, _give_lines)
        self.action_button.clicked.connect(self.acted)
        self.close_button.clicked.connect(self.closed)
        self.details_button.clicked.connect(self._toggle)
        self.copy_button.clicked.connect(self._copy)

    def _place(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._text)
        words.addWidget(self._more)
        top = QHBoxLayout()
        top.setSpacing(Space.S)
        top.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignVCenter)
        top.addLayout(words, 1)
        for button in (self.action_button, self.details_button, self.copy_button, self.close_button):
            top.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.M + EDGE, Space.S, Space.S, Space.S)
        layout.setSpacing(Space.S)
        layout.addLayout(top)
        layout.addWidget(self.details)

    def _show_picture(self) -> None:
        kind, size = KINDS[self._kind], QSize(ICON_LARGE, ICON_LARGE)
        keep(
            self._picture,
            "picture-keeper",
            theme().changed,
            lambda label: label.setPixmap(
                theme().icon(kind.icon, kind.ink).pixmap(size, self.devicePixelRatioF())
            ),
        )
        self.update()

    def _toggle(self) -> None:
        self.show_details(self.details.isHidden())

    def _copy(self) -> None:
        parts = (self.text, self._more.text(), self.details.toPlainText())
        QGuiApplication.clipboard().setText("\n".join(part for part in parts if part))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - the name is Qt's
        """Close with Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Draw anew in another theme."""
        self.update()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the tinted ground and the edge in the colour of the kind."""
        kind, rect = KINDS[self._kind], QRectF(self.rect())
        painter = QPainter(self)
        painter.fillRect(rect, theme().colour(kind.ground))
        painter.fillRect(QRectF(0, 0, EDGE, rect.height()), theme().colour(kind.ink))


def _give_lines(view: QPlainTextEdit) -> None:
    lines = min(max(view.blockCount(), 2), DETAIL_LINES) + 1
    view.setFixedHeight(view.fontMetrics().lineSpacing() * lines + Space.M)
