"""The head of a part of a panel."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from wnin_desktop.qt.theme import ICON_SMALL, Space, set_font, set_icon


class SectionHeader(QWidget):
    """A title at the left, what can be done at the right; where it folds, its body is hidden with it."""

    folded = Signal(bool)

    def __init__(
        self,
        title: str,
        parent: QWidget | None = None,
        *,
        foldable: bool = False,
        actions: tuple[QWidget | QAction, ...] = (),
        name: str = "section-header",
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._body: QWidget | None = None
        self._is_folded, self._foldable = False, foldable
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, Space.XS, 0, Space.XS)
        self._layout.setSpacing(Space.XS)
        self.title: QLabel | QToolButton = self._make_fold_button() if foldable else QLabel(self)
        self.title.setObjectName(f"{name}-title")
        set_font(self.title, "title")
        self._layout.addWidget(self.title)
        self._layout.addStretch(1)
        self.set_title(title)
        self.set_folded(False)
        for action in actions:
            self.add(action)

    def set_title(self, title: str) -> None:
        """Show another title."""
        self.title.setText(title)
        self.title.setAccessibleName(title)
        self.setAccessibleName(title)

    def add(self, item: QWidget | QAction) -> QWidget:
        """Put a widget, or a button for an action, at the right."""
        if isinstance(item, QAction):
            button = QToolButton(self)
            button.setDefaultAction(item)
            button.setObjectName(f"{item.objectName()}-button")
            button.setAccessibleName(item.text())
            button.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
            button.setAutoRaise(True)
            item = button
        self._layout.addWidget(item)
        return item

    def set_body(self, body: QWidget) -> None:
        """Name the widget that is hidden while this is folded."""
        self._body = body
        body.setVisible(not self._is_folded)

    @property
    def is_folded(self) -> bool:
        """True while the body is hidden."""
        return self._is_folded

    def set_folded(self, folded: bool) -> None:
        """Fold or unfold."""
        was, self._is_folded = self._is_folded, folded and self._foldable
        if self._body is not None:
            self._body.setVisible(not self._is_folded)
        if isinstance(self.title, QToolButton):
            self.title.setChecked(not self._is_folded)
            set_icon(self.title, "chevron-right" if self._is_folded else "chevron-down", "muted")
        if was != self._is_folded:
            self.folded.emit(self._is_folded)

    def _make_fold_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(self._toggle)
        return button

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the names are Qt's
        """Take a press, so that its release comes here too."""
        event.setAccepted(self._foldable)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Fold by a click anywhere in the row: what looks like a button all along acts like one."""
        super().mouseReleaseEvent(event)
        is_here = self.rect().contains(event.position().toPoint())
        if self._foldable and event.button() == Qt.MouseButton.LeftButton and is_here:
            self._toggle()

    def _toggle(self) -> None:
        self.set_folded(not self._is_folded)
