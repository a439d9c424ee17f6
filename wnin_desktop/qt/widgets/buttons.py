"""Buttons of one icon, and a row of buttons of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QSizePolicy,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolButton,
    QWidget,
)

from wnin_desktop.qt.theme import HAIRLINE, ICON_SMALL, RADIUS, Space, set_icon, theme
from wnin_desktop.qt.widgets.flow import FlowLayout

SEGMENT_GAP = 2
SEGMENT_SHEET = "QToolButton { padding: 0 8px; border-radius: 4px; }"


class IconButton(QToolButton):
    """A button that shows one icon; its tip is also its name for those who do not see it."""

    def __init__(
        self,
        icon: str,
        tip: str,
        parent: QWidget | None = None,
        *,
        name: str = "",
        colour: str | None = None,
        checkable: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name or f"{icon}-button")
        self.setAccessibleName(tip)
        self.setToolTip(tip)
        self.setCheckable(checkable)
        self.setAutoRaise(True)
        self.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_icon(icon, colour)

    def set_icon(self, icon: str, colour: str | None = None) -> None:
        """Show another icon."""
        self.icon_name = icon
        set_icon(self, icon, colour)

    def set_tip(self, tip: str) -> None:
        """Say otherwise what the button does."""
        self.setToolTip(tip)
        self.setAccessibleName(tip)


class YieldingButton(QToolButton):
    """A button with icon and words that shows the icon alone where there is no room for both."""

    def __init__(self, icon: str, text: str, parent: QWidget | None = None, *, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        set_icon(self, icon)

    @property
    def shows_words(self) -> bool:
        """Whether there is room for the words."""
        return self.width() >= self.sizeHint().width()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - the names are Qt's
        """Return room for the icon."""
        return QSize(self.iconSize().width() + 2 * Space.S, super().sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw what there is room for."""
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        if not self.shows_words:
            option.toolButtonStyle = Qt.ToolButtonStyle.ToolButtonIconOnly
            edge, least = Qt.AlignmentFlag.AlignRight, self.minimumSizeHint()
            option.rect = QStyle.alignedRect(self.layoutDirection(), edge, least, self.rect())
        QStylePainter(self).drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)


class Segmented(QWidget):
    """Two to five choices side by side, in more rows where there is no room for one; arrows go between."""

    changed = Signal(str)
    """The key of what was chosen by a person."""

    def __init__(
        self,
        choices: Sequence[tuple[str, str] | tuple[str, str, str]],
        value: str | None = None,
        parent: QWidget | None = None,
        *,
        name: str = "segmented",
        label: str = "",
    ) -> None:
        """Make a button of each choice: its key, its text, and its icon where it has one."""
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, QToolButton] = {}
        self._height = 0
        layout = FlowLayout(self, margin=SEGMENT_GAP, gap=SEGMENT_GAP, row_gap=SEGMENT_GAP)
        for key, text, *icon in choices:
            layout.addWidget(self._add(key, text, icon[0] if icon else ""))
        first = next(iter(self._buttons))
        self.set_value(value if value is not None else first)
        self._group.buttonClicked.connect(self._clicked)

    def value(self) -> str:
        """Return the key of the choice."""
        return next(key for key, button in self._buttons.items() if button.isChecked())

    def set_value(self, key: str) -> None:
        """Choose without telling."""
        self._buttons[key].setChecked(True)

    def button(self, key: str) -> QToolButton:
        """Return the button of a choice."""
        return self._buttons[key]

    def _add(self, key: str, text: str, icon: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"{self.objectName()}-{key}")
        button.setAccessibleName(text)
        button.setText(text)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setStyleSheet(SEGMENT_SHEET)
        button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if icon:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
            set_icon(button, icon)
        self._group.addButton(button)
        self._buttons[key] = button
        return button

    def _clicked(self) -> None:
        self.changed.emit(self.value())

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return room for one row, or the height of the rows that there are now."""
        hint = super().sizeHint()
        return QSize(hint.width(), max(hint.height(), self._height))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Ask for the height of more rows, or of fewer."""
        super().resizeEvent(event)
        height = self.heightForWidth(self.width())
        if height != self._height:
            self._height = height
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        """Draw what holds the buttons together."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("edge"), HAIRLINE))
        painter.setBrush(theme().colour("panel"))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
