"""Paints the cells of the run table: badges, chips, swatches and numbers, without a widget in any row."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from wnin_desktop.qt.pages.runs import words
from wnin_desktop.qt.pages.runs.model import AnyIndex, RunsModel
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import ICON_SMALL, RADIUS, Space, marker_path, theme
from wnin_desktop.runs.run_rows import COLUMNS, Column, TableRow

ROW_PADDING = 6
INDENT = ICON_SMALL
BADGES = {
    "running": ("accent", "accent_tint", "run"),
    "paused": ("muted", "hover", "pause"),
    "completed": ("good", "good_tint", "check"),
    "stopped": ("muted", "hover", "stop"),
    "diverged": ("warning", "warning_tint", "diverged"),
    "failed": ("danger", "danger_tint", "error"),
    "interrupted": ("warning", "warning_tint", "flag"),
    "not started": ("muted", "hover", "clock"),
}
"""Ink, ground and shape of each status; the word stands beside them."""
BADGE_ICON = 12
DOT, MOST_DOTS = 3.6, 9
PROGRESS = 2
VCENTER = Qt.AlignmentFlag.AlignVCenter
LEFT = int(Qt.AlignmentFlag.AlignLeft | VCENTER | Qt.TextFlag.TextSingleLine)
RIGHT = int(Qt.AlignmentFlag.AlignRight | VCENTER | Qt.TextFlag.TextSingleLine)
"""Put together once: Python's flags are slow to combine."""
MOST_PICTURES = 512


class RunsDelegate(QStyledItemDelegate):
    """One for all columns; what is drawn again and again is kept as a picture."""

    def __init__(self, model: RunsModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("runs-delegate")
        self._model = model
        self.hovered = -1
        """The row under the pointer."""
        self._pictures: dict[tuple[str, str, float], QPixmap] = {}
        self.refresh()
        theme().changed.connect(self.refresh)

    def refresh(self) -> None:
        """Take the colours and fonts of the theme."""
        look = theme()
        names = ("text", "muted", "accent", "hairline", "warning", "danger", "good")
        self._colours: dict[str, QColor] = {name: look.colour(name) for name in names}
        self._font, self._bold, self._numbers = look.font("ui"), look.font("title"), look.font("numbers")
        self._small = look.font("small_numbers")
        self._metrics = {id(font): QFontMetrics(font) for font in self._fonts()}
        self._slot = QFontMetrics(self._small).horizontalAdvance(words.of_seeds(99)) + Space.XS
        self._pictures.clear()
        self._elided = lru_cache(maxsize=8192)(self._elide)

    def _fonts(self) -> tuple[QFont, ...]:
        return self._font, self._bold, self._numbers, self._small

    @property
    def row_height(self) -> int:
        """Height of a row at this size of text."""
        return max(self._metrics[id(self._font)].height(), ICON_SMALL) + 2 * ROW_PADDING

    def sizeHint(self, _option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - the name is Qt's
        """Return the room a cell would like, for fitting a column to what is in it."""
        row, column = self._model.row(index.row()), COLUMNS[index.column()]
        return QSize(self._wanted(row, column) + 2 * Space.S, self.row_height)

    def _wanted(self, row: TableRow, column: Column) -> int:
        if column.kind == "status":
            return self._badge(row, 1.0).width()
        if column.kind == "tags":
            return sum(self._chip(tag, 1.0).width() + Space.XS for tag in row.tags)
        metrics = self._metrics[id(self._bold)]
        width = metrics.horizontalAdvance(words.cell(row, column))
        if column.key == "name":
            return (metrics.horizontalAdvance(_run_name(row)) if row.is_run else width) + 3 * INDENT
        if column.key == "arm":
            return width + ICON_SMALL + Space.S
        return width + (self._slot if column.key in words.MEASURED else 0)

    # -- painting ------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Draw a cell for Qt, as for the picture of rows that are dragged; the view itself calls `draw`."""
        self.draw(painter, option.rect, self._model.row(index.row()), COLUMNS[index.column()], hovered=False)

    def draw(self, painter: QPainter, rect: QRect, row: TableRow, column: Column, *, hovered: bool) -> None:
        """Draw what stands in a cell; its ground is the view's."""
        inner = rect.adjusted(Space.S, 0, -Space.S, 0)
        match column.kind:
            case "star":
                self._star(painter, rect, row, hovered)
            case "status":
                self._status(painter, inner, row)
            case "tags":
                self._tags(painter, inner, row)
            case "number":
                self._number(painter, inner, row, column)
            case "integer" | "span":
                self._text(painter, inner, words.cell(row, column), self._numbers, "text", RIGHT)
                if column.key == "steps":
                    self._progress(painter, inner, row)
            case "moment":
                self._text(painter, inner, words.cell(row, column), self._numbers, "muted", LEFT)
            case _:
                self._words(painter, inner, row, column)

    def _status(self, painter: QPainter, rect: QRect, row: TableRow) -> None:
        badge = self._badge(row, painter.device().devicePixelRatioF())
        size = badge.deviceIndependentSize().toSize()
        if size.width() > rect.width():
            ink, _, _ = _badge_look(row)
            self._text(painter, rect, words.standing(row.status, row.diverged), self._font, ink, LEFT)
        else:
            painter.drawPixmap(QPoint(rect.left(), _top(rect, size.height())), badge)

    def _star(self, painter: QPainter, rect: QRect, row: TableRow, hovered: bool) -> None:
        if row.is_run and self._model.view.grouped:
            return
        if row.star or hovered:
            name, colour = ("star-filled", "warning") if row.star else ("star", "muted")
            box = QRect(0, 0, ICON_SMALL, ICON_SMALL)
            box.moveCenter(rect.center())
            theme().icon(name, colour).paint(painter, box)

    def _words(self, painter: QPainter, rect: QRect, row: TableRow, column: Column) -> None:
        if column.key == "name":
            self._name(painter, rect, row)
        elif column.key == "arm":
            self._arm(painter, rect, row)
        else:
            ink = "text" if column.key in ("dataset", "optimizer", "noise") else "muted"
            text = words.cell(row, column).partition("\n")[0]
            self._text(painter, rect, text, self._font, ink, LEFT)

    def _name(self, painter: QPainter, rect: QRect, row: TableRow) -> None:
        if not row.is_run:
            if self._model.view.grouped:
                opened = self._model.is_open(row.id)
                self._icon(painter, rect, "chevron-down" if opened else "chevron-right", "muted")
                rect = rect.adjusted(INDENT + Space.XS, 0, 0, 0)
            rect = self._remote(painter, rect, row)
            self._text(painter, rect, row.name, self._bold, "text", LEFT)
            return
        if self._model.view.grouped:
            rect = rect.adjusted(2 * INDENT, 0, 0, 0)
            self._dot(painter, QPointF(rect.left() + DOT, rect.center().y() + 0.5), row.arm_index)
            rect = rect.adjusted(round(2 * DOT) + Space.S, 0, 0, 0)
            self._text(painter, rect, _run_name(row), self._font, "text", LEFT)
        else:
            self._text(painter, self._remote(painter, rect, row), row.name, self._font, "text", LEFT)

    def _remote(self, painter: QPainter, rect: QRect, row: TableRow) -> QRect:
        if row.origin != "remote":
            return rect
        self._icon(painter, rect, "server", "accent")
        return rect.adjusted(ICON_SMALL + Space.XS, 0, 0, 0)

    def _arm(self, painter: QPainter, rect: QRect, row: TableRow) -> None:
        middle = rect.center().y() + 0.5
        arms = (row.arm_index,) if row.is_run else tuple(range(min(len(row.arms), MOST_DOTS)))
        left = rect.left() + DOT
        for arm in arms:
            self._dot(painter, QPointF(left, middle), arm)
            left += 2 * DOT + Space.XS / 2
        rect = rect.adjusted(round(left - rect.left()) + Space.XS, 0, 0, 0)
        self._text(painter, rect, row.arm, self._font, "text" if row.is_run else "muted", LEFT)

    def _dot(self, painter: QPainter, centre: QPointF, arm: int) -> None:
        ratio = painter.device().devicePixelRatioF()
        side = round(2 * DOT + 2)
        picture = self._picture(f"dot {arm}", "", ratio, lambda: _dot_picture(arm, side, ratio))
        painter.drawPixmap(QPointF(centre.x() - side / 2, centre.y() - side / 2), picture)

    def _number(self, painter: QPainter, rect: QRect, row: TableRow, column: Column) -> None:
        if column.key in words.MEASURED:
            if not row.is_run and row.n and getattr(row, column.key) is not None:
                self._text(painter, rect, words.of_seeds(row.n), self._small, "muted", LEFT)
            rect = rect.adjusted(self._slot, 0, 0, 0)
        self._text(painter, rect, words.number(row, column.key), self._numbers, "text", RIGHT)

    def _progress(self, painter: QPainter, rect: QRect, row: TableRow) -> None:
        if row.status in ("running", "paused") and row.planned:
            track = QRect(rect.left(), rect.bottom() - PROGRESS - 1, rect.width(), PROGRESS)
            painter.fillRect(track, self._colours["hairline"])
            track.setWidth(round(track.width() * min(1.0, row.steps / row.planned)))
            painter.fillRect(track, self._colours["accent"])

    def _tags(self, painter: QPainter, rect: QRect, row: TableRow) -> None:
        if row.is_run and self._model.view.grouped:
            return  # they are the experiment's, and stand there
        left, ratio = rect.left(), painter.device().devicePixelRatioF()
        for place, tag in enumerate(row.tags):
            chip = self._chip(tag, ratio)
            size = chip.deviceIndependentSize().toSize()
            rest = len(row.tags) - place
            room = rect.right() - left - (self._slot if rest > 1 else 0)
            if size.width() > room and (place or size.width() > rect.width()):
                more = QRect(left, rect.top(), rect.right() - left, rect.height())
                text = tag if not place and rest == 1 else f"+{rest}"
                self._text(painter, more, text, self._small, "muted", LEFT)
                return
            painter.drawPixmap(QPoint(left, _top(rect, size.height())), chip)
            left += size.width() + Space.XS

    def _icon(self, painter: QPainter, rect: QRect, name: str, colour: str) -> None:
        ratio = painter.device().devicePixelRatioF()
        size = QSize(ICON_SMALL, ICON_SMALL)
        picture = self._picture(name, colour, ratio, lambda: theme().icon(name, colour).pixmap(size, ratio))
        painter.drawPixmap(QPoint(rect.left(), _top(rect, ICON_SMALL)), picture)

    def _text(self, painter: QPainter, rect: QRect, text: str, font: QFont, ink: str, side: int) -> None:
        if not text or rect.width() <= 0:
            return
        painter.setFont(font)
        painter.setPen(self._colours[ink])
        shown = self._elided(text, id(font), rect.width())
        painter.drawText(rect, side, shown)

    def _elide(self, text: str, font: int, width: int) -> str:
        return self._metrics[font].elidedText(text, Qt.TextElideMode.ElideRight, width)

    # -- pictures ------------------------------------------------------------------------------------------

    def _badge_height(self) -> int:
        return self._metrics[id(self._small)].height() + Space.XS

    def _badge(self, row: TableRow, ratio: float) -> QPixmap:
        ink, ground, icon = _badge_look(row)
        text = words.standing(row.status, row.diverged)
        return self._picture(
            "badge " + text, "", ratio, lambda: self._draw_pill(text, ink, ground, ratio, icon=icon)
        )

    def _chip(self, tag: str, ratio: float) -> QPixmap:
        return self._picture("tag " + tag, "", ratio, lambda: self._draw_pill(tag, "text", "hover", ratio))

    def _picture(self, name: str, colour: str, ratio: float, draw: Callable[[], QPixmap]) -> QPixmap:
        key = (name, colour, ratio)
        if key not in self._pictures:
            if len(self._pictures) >= MOST_PICTURES:
                self._pictures.clear()
            self._pictures[key] = draw()
        return self._pictures[key]

    def _draw_pill(self, text: str, ink: str, ground: str, ratio: float, *, icon: str = "") -> QPixmap:
        metrics = self._metrics[id(self._small)]
        lead = BADGE_ICON + Space.XS if icon else 0
        size = QSize(metrics.horizontalAdvance(text) + lead + 2 * Space.S - 2, self._badge_height())
        pixmap, painter = _canvas(size, ratio)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour(ground))
        painter.drawRoundedRect(QRectF(0, 0, size.width(), size.height()), RADIUS - 2, RADIUS - 2)
        if icon:
            top = (size.height() - BADGE_ICON) // 2
            theme().icon(icon, ink).paint(painter, QRect(Space.S - 2, top, BADGE_ICON, BADGE_ICON))
        painter.setFont(self._small)
        painter.setPen(theme().colour(ink))
        painter.drawText(QRect(Space.S - 1 + lead, 0, size.width(), size.height()), LEFT, text)
        painter.end()
        return pixmap

    # -- editing a name ------------------------------------------------------------------------------------

    def createEditor(  # noqa: N802 - the name is Qt's
        self, parent: QWidget, _option: QStyleOptionViewItem, _index: AnyIndex
    ) -> QWidget:
        """Return the field in which a name is typed."""
        editor = QLineEdit(parent)
        editor.setObjectName("rename-field")
        editor.setAccessibleName(tr("New name"))
        editor.setMaxLength(120)
        return editor


def _badge_look(row: TableRow) -> tuple[str, str, str]:
    """Return ink, ground and shape of a row's status."""
    return BADGES.get(words.look(row.status, row.diverged), BADGES["not started"])


def _run_name(row: TableRow) -> str:
    return tr("{0} \u00b7 seed {1}", row.arm, row.seed)


def _top(rect: QRect, height: int) -> int:
    return rect.center().y() - height // 2 + 1


def _canvas(size: QSize, ratio: float) -> tuple[QPixmap, QPainter]:
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return pixmap, painter


def _dot_picture(arm: int, side: int, ratio: float) -> QPixmap:
    look = theme().arm(arm)
    pixmap, painter = _canvas(QSize(side, side), ratio)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour)
    painter.translate(side / 2, side / 2)
    painter.drawPath(marker_path(look.marker, DOT))
    painter.end()
    return pixmap
