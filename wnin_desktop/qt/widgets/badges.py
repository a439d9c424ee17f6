"""Words in a small shape: verdicts, states, keys."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from wnin_desktop.qt.theme import HAIRLINE, ICON_SMALL, RADIUS, Space, set_font, theme

SMALL_ICON = 14


@dataclass(frozen=True)
class Kind:
    """How a kind of news is shown: ink, ground and shape."""

    ink: str
    ground: str
    icon: str


KINDS = {
    "info": Kind("accent", "accent_tint", "info"),
    "good": Kind("good", "good_tint", "check"),
    "warning": Kind("warning", "warning_tint", "warning"),
    "danger": Kind("danger", "danger_tint", "error"),
    "neutral": Kind("muted", "hover", "remove"),
}


class Badge(QWidget):
    """A word with a shape and a colour: each says the same, so that none is needed alone."""

    def __init__(
        self, text: str, kind: str = "neutral", parent: QWidget | None = None, *, icon: str = ""
    ) -> None:
        super().__init__(parent)
        self.setObjectName("badge")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._text, self._kind, self._icon = "", kind, icon
        set_font(self, "small")
        self.set(text, kind, icon=icon)

    @property
    def text(self) -> str:
        """The word."""
        return self._text

    @property
    def kind(self) -> str:
        """One of info, good, warning, danger and neutral."""
        return self._kind

    def set(self, text: str, kind: str, *, icon: str = "") -> None:
        """Show another word; without `icon` the shape is that of the kind."""
        self._text, self._kind, self._icon = text, kind, icon or KINDS[kind].icon
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        """Return room for shape and word."""
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self._text) + SMALL_ICON + Space.XS + 2 * Space.S
        return QSize(width, max(metrics.height(), SMALL_ICON) + 2 * 3)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the whole size: a verdict is not cut."""
        return self.sizeHint()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the font and the theme."""
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw ground, shape and word."""
        kind, rect = KINDS[self._kind], QRectF(self.rect())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour(kind.ground))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        icon = theme().icon(self._icon, kind.ink)
        top = round((rect.height() - SMALL_ICON) / 2)
        icon.paint(painter, Space.S, top, SMALL_ICON, SMALL_ICON)
        painter.setPen(theme().colour(kind.ink))
        words = rect.adjusted(Space.S + SMALL_ICON + Space.XS, 0, -Space.XS, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._text)


class KeyHint(QWidget):
    """The keys of a shortcut, as they are written on this system."""

    def __init__(self, keys: str | QKeySequence, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("key-hint")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._text = ""
        set_font(self, "small")
        self.set_keys(keys)

    @property
    def text(self) -> str:
        """The keys as text."""
        return self._text

    def set_keys(self, keys: str | QKeySequence) -> None:
        """Show other keys; without any there is nothing to see."""
        self._text = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        self.setAccessibleName(self._text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return room for the keys."""
        if not self._text:
            return QSize(0, 0)
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2 * 6, metrics.height() + 4)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the font and the theme."""
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw a key cap."""
        if not self._text:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("edge"), HAIRLINE))
        painter.setBrush(theme().colour("hover"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setPen(theme().colour("muted"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)


class StatusChip(QWidget):
    """A few words with an icon in the status bar; a click, Space or Enter asks for more."""

    clicked = Signal()

    def __init__(
        self,
        text: str = "",
        icon: str = "",
        parent: QWidget | None = None,
        *,
        name: str = "status-chip",
        tip: str = "",
        kind: str = "neutral",
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip(tip)
        self._text, self._icon, self._kind = "", icon, kind
        self._said: tuple[str, ...] = ()
        set_font(self, "small_numbers")
        self.set(text, kind=kind)

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    def set(
        self, text: str, *, icon: str | None = None, kind: str = "neutral", tip: str | None = None
    ) -> None:
        """Say something else; the kind colours icon and words."""
        icon = self._icon if icon is None else icon
        tip = self.toolTip() if tip is None else tip
        said = (text, icon, kind, tip)
        if said == self._said:
            return
        self._said = said
        width = self.sizeHint().width()
        self._text, self._kind, self._icon = text, kind, icon
        if tip != self.toolTip():
            self.setToolTip(tip)
        self.setAccessibleName(text)
        self.setAccessibleDescription(self.toolTip())
        if self.sizeHint().width() != width:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return room for icon and words."""
        metrics = self.fontMetrics()
        icon = ICON_SMALL + Space.XS if self._icon else 0
        height = max(metrics.height(), ICON_SMALL) + 2 * 3
        return QSize(metrics.horizontalAdvance(self._text) + icon + 2 * Space.S, height)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return room for the icon alone."""
        return QSize(ICON_SMALL + 2 * Space.S, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the font and the theme."""
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()
        super().changeEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take a click."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Take Space and Enter as a click."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw icon and words, and the ring where it has the keyboard."""
        ink = KINDS[self._kind].ink
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        rect = self.rect().adjusted(Space.S, 0, -Space.S, 0)
        if self._icon:
            top = (self.height() - ICON_SMALL) // 2
            theme().icon(self._icon, ink).paint(painter, rect.x(), top, ICON_SMALL, ICON_SMALL)
            rect.setLeft(rect.left() + ICON_SMALL + Space.XS)
        painter.setPen(theme().colour(ink))
        words = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, rect.width() + 1)
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)

    def _paint_ground(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        if self.underMouse():
            painter.setBrush(theme().colour("pressed"))
            painter.drawRoundedRect(self.rect(), RADIUS, RADIUS)
        if self.hasFocus():
            painter.setPen(QPen(theme().colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), RADIUS, RADIUS)
