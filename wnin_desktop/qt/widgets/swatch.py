"""The look of an arm as a short piece of its curve, and the button that chooses it."""

from __future__ import annotations

from functools import cached_property

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import ArmLook, marker_path, theme
from wnin_desktop.schema.look import PALETTE

WIDTH, HEIGHT = 32, 16
LINE, RADIUS, DASH_SCALE = 2.0, 3.6, 0.8
BASELINE = -1


def colour_names() -> tuple[str, ...]:
    """Return what the eight colours of arms are called."""
    return (
        tr("blue"),
        tr("orange"),
        tr("green"),
        tr("magenta"),
        tr("gold"),
        tr("cyan"),
        tr("violet"),
        tr("brown"),
    )


def paint_swatch(painter: QPainter, rect: QRectF, look: ArmLook, *, faint: bool = False) -> None:
    """Draw a line with the dash of an arm and its marker in the middle."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(0.35 if faint else 1.0)
    pen = look.pen(LINE)
    if look.dash:
        pen.setDashPattern([part * DASH_SCALE for part in look.dash])
    painter.setPen(pen)
    middle = rect.center()
    painter.drawLine(QPointF(rect.left(), middle.y()), QPointF(rect.right(), middle.y()))
    painter.translate(middle)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour)
    painter.drawPath(marker_path(look.marker, RADIUS))
    painter.restore()


def swatch_icon(look: ArmLook, ratio: float) -> QIcon:
    """Return a swatch as an icon, for menus and tables."""
    pixmap = QPixmap(QSize(round(WIDTH * ratio), round(HEIGHT * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_swatch(painter, QRectF(0, 0, WIDTH, HEIGHT), look)
    painter.end()
    return QIcon(pixmap)


class Swatch(QWidget):
    """Colour, dash and marker of one arm; faint while the arm is hidden or switched off."""

    def __init__(self, index: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("swatch")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._index, self._faint = index, False
        self.set_index(index)

    @property
    def index(self) -> int:
        """The place of the arm; -1 is the baseline."""
        return self._index

    def set_index(self, index: int) -> None:
        """Show another arm."""
        self._index = index
        self.setAccessibleName(look_name(index))
        self.update()

    def set_faint(self, faint: bool) -> None:
        """Show that the arm is hidden or switched off."""
        self._faint = faint
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        """Return the size of a swatch."""
        return QSize(WIDTH, HEIGHT)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Draw anew in another theme."""
        self.update()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the piece of curve."""
        look = theme().arm(self._index)
        paint_swatch(QPainter(self), QRectF(self.rect()), look, faint=self._faint or not self.isEnabled())


def look_name(index: int) -> str:
    """Return the look of an arm in words."""
    return tr("baseline grey") if index == BASELINE else colour_names()[index % len(PALETTE)]


class ColourButton(QToolButton):
    """Shows the look of an arm and lets a person choose another of the eight."""

    chosen = Signal(int)

    def __init__(self, index: int = 0, parent: QWidget | None = None, *, name: str = "colour-button") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAutoRaise(True)
        self.setIconSize(QSize(WIDTH, HEIGHT))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._hint = ""
        self.clicked.connect(self._open)
        theme().changed.connect(self._draw)
        self._index = index
        self.set_index(index)

    @cached_property
    def menu_of_looks(self) -> QMenu:
        """The eight looks; made when they are first asked for, since there is a button for each arm."""
        name = self.objectName()
        menu = QMenu(self)
        menu.setObjectName(f"{name}-menu")
        for place, words in enumerate(colour_names()):
            action = menu.addAction(words)
            action.setObjectName(f"{name}-{place}")
            action.setData(place)
        menu.triggered.connect(self._choose)
        return menu

    @property
    def index(self) -> int:
        """The look that is shown."""
        return self._index

    def set_index(self, index: int) -> None:
        """Show another look without telling."""
        self._index = index
        self._describe()
        self._draw()

    def set_hint(self, hint: str) -> None:
        """Say something more of the look, such as that another arm has it too."""
        if hint != self._hint:
            self._hint = hint
            self._describe()

    def _describe(self) -> None:
        words = tr("Colour of this arm: {0}", look_name(self._index))
        self.setAccessibleName(words)
        self.setAccessibleDescription(self._hint)
        self.setToolTip("\n".join(part for part in (words, self._hint) if part))

    def _draw(self) -> None:
        self.setIcon(swatch_icon(theme().arm(self._index), self.devicePixelRatioF()))

    def _open(self) -> None:
        actions = self.menu_of_looks.actions()
        for action in actions:
            action.setIcon(swatch_icon(theme().arm(action.data()), self.devicePixelRatioF()))
        self.menu_of_looks.popup(self.mapToGlobal(QPoint(0, self.height())))
        self.menu_of_looks.setActiveAction(actions[self._index % len(actions)])

    def _choose(self, action: object) -> None:
        index = int(action.data())  # type: ignore[attr-defined] - QMenu.triggered passes a QAction
        if index != self._index:
            self.set_index(index)
            self.chosen.emit(index)
