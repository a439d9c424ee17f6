"""What is shown where nothing is yet: what will appear here, and how to get it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from wnin_desktop.qt.theme import Space, set_font, theme
from wnin_desktop.qt.theme.keepers import keep

PICTURE = 32
WIDEST = 420

Deed = tuple[str, Callable[[], object]] | QAction
"""What a button says and does."""


class EmptyState(QWidget):
    """An icon, a title, a sentence and, where there is something to do, the button that does it."""

    def __init__(
        self, icon: str, title: str, text: str, action: Deed | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("empty-state")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._icon = QLabel(self)
        self._deed: Deed | None = None
        self._title, self._text = QLabel(self), QLabel(self)
        self.button = QPushButton(self)
        self._dress()
        self._place()
        self.set(icon, title, text, action)

    def set(self, icon: str, title: str, text: str, action: Deed | None = None) -> None:
        """Say something else."""
        size = QSize(PICTURE, PICTURE)
        keep(
            self._icon,
            "picture-keeper",
            theme().changed,
            lambda label: label.setPixmap(theme().icon(icon, "muted").pixmap(size, self.devicePixelRatioF())),
        )
        self._title.setText(title)
        self._text.setText(text)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self._give_room()
        if isinstance(self._deed, QAction):
            self._deed.changed.disconnect(self._follow)
        self._deed = action
        self.button.setVisible(action is not None)
        if action is not None:
            self.button.setText(action.text() if isinstance(action, QAction) else action[0])
        if isinstance(action, QAction):
            action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        """Be pressed only while the action can be used, and say why it cannot."""
        action = self._deed if isinstance(self._deed, QAction) else None
        self.button.setEnabled(action is None or action.isEnabled())
        self.button.setToolTip("" if action is None else action.toolTip())

    def _dress(self) -> None:
        centre = Qt.AlignmentFlag.AlignCenter
        for label, name in ((self._icon, "picture"), (self._title, "title"), (self._text, "text")):
            label.setObjectName(f"empty-state-{name}")
            label.setAlignment(centre)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setProperty("kind", "muted")
        self._title.setWordWrap(True)
        set_font(self._title, "title")
        self.button.setObjectName("empty-state-action")
        self.button.setProperty("kind", "primary")
        self.button.clicked.connect(self._act)

    def _place(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        layout.setSpacing(Space.S)
        layout.addStretch(2)
        layout.addWidget(self._icon)
        layout.addWidget(self._title)
        layout.addWidget(self._text, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(Space.S)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the names are Qt's
        """Give the sentence the width it may have, and the height it then needs."""
        super().resizeEvent(event)
        self._give_room()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Give the sentence room in another size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "button"):
            self._give_room()

    def _give_room(self) -> None:
        width = min(WIDEST, max(self.width() - 2 * Space.L, 1))
        self._text.setMinimumSize(0, 0)  # or the height for a narrow panel would hold in a wide one
        self._text.setFixedSize(width, max(self._text.heightForWidth(width), 0))

    def _act(self) -> None:
        if isinstance(self._deed, QAction):
            self._deed.trigger()
        elif self._deed is not None:
            self._deed[1]()
