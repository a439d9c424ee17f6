"""The list of the command palette: its model and how a line is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QIcon, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from wnin_desktop.qt.dialogs.entries import Ranked
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import HAIRLINE, ICON_SMALL, RADIUS, Space, theme

Index = QModelIndex | QPersistentModelIndex
RANKED = Qt.ItemDataRole.UserRole
KEY_PAD, KEY_RADIUS = 6, 4


class PaletteModel(QAbstractListModel):
    """The entries that fit what was typed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette-model")
        self._rows: Sequence[Ranked] = ()

    def show_rows(self, rows: Sequence[Ranked]) -> None:
        """Show other entries."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row(self, number: int) -> Ranked | None:
        """Return an entry by its place."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        """Return how many entries there are."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the title, what is told to those who do not see it, or the entry itself."""
        ranked = self.row(index.row())
        if ranked is None:
            return None
        entry = ranked.entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.reason or entry.others
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = (entry.title, entry.path, shown_keys(entry.keys), entry.reason)
            return ", ".join(part for part in parts if part)
        return ranked if role == RANKED else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let a person select every entry, so that a disabled one says why."""
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable if index.isValid() else Qt.ItemFlag(0)


def shown_keys(keys: str) -> str:
    """Return keys as this system writes them."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""


class EntryDelegate(QStyledItemDelegate):
    """Draws icon, title with the typed letters marked, menu, reason and shortcut in one line."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802, ARG002 - Qt's
        """Return the height of a line at the present size of text."""
        return QSize(0, QFontMetrics(theme().font("ui")).height() + 2 * Space.S)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a line."""
        ranked: Ranked = index.data(RANKED)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(Space.XS, 0, -Space.XS, 0)
        state = option.state
        if state & QStyle.StateFlag.State_Selected or state & QStyle.StateFlag.State_MouseOver:
            chosen = bool(state & QStyle.StateFlag.State_Selected)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("selected" if chosen else "hover"))
            painter.drawRoundedRect(QRectF(rect), RADIUS, RADIUS)
        rect.adjust(Space.S, 0, -Space.S, 0)
        self._paint_icon(painter, rect, ranked)
        self._paint_keys(painter, rect, ranked.entry.keys)
        title_end = self._paint_title(painter, rect, ranked)
        rect.setLeft(title_end + Space.M)
        self._paint_rest(painter, rect, ranked)
        painter.restore()

    def _paint_icon(self, painter: QPainter, rect: QRect, ranked: Ranked) -> None:
        icon = ranked.entry.icon
        if isinstance(icon, str):
            icon = theme().icon(icon)
        place = QRect(rect.left(), rect.top() + (rect.height() - ICON_SMALL) // 2, ICON_SMALL, ICON_SMALL)
        mode = QIcon.Mode.Disabled if ranked.entry.reason else QIcon.Mode.Normal
        icon.paint(painter, place, Qt.AlignmentFlag.AlignCenter, mode)
        rect.setLeft(rect.left() + ICON_SMALL + Space.S)

    def _paint_keys(self, painter: QPainter, rect: QRect, keys: str) -> None:
        text = shown_keys(keys)
        if not text:
            return
        painter.setFont(theme().font("small"))
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(text) + 2 * KEY_PAD, metrics.height() + KEY_RADIUS
        cap = QRectF(rect.right() - width, rect.center().y() - height / 2, width, height)
        painter.setPen(QPen(theme().colour("edge"), HAIRLINE))
        painter.setBrush(theme().colour("hover"))
        painter.drawRoundedRect(cap.adjusted(0.5, 0.5, -0.5, -0.5), KEY_RADIUS, KEY_RADIUS)
        painter.setPen(theme().colour("muted"))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, text)
        rect.setRight(rect.right() - width - Space.S)

    def _paint_title(self, painter: QPainter, rect: QRect, ranked: Ranked) -> int:
        """Draw the title, its marked letters bold and in the accent; return where it ends."""
        font, marked = theme().font("ui"), theme().font("ui")
        marked.setWeight(QFont.Weight.Bold)
        usual = theme().colour("disabled" if ranked.entry.reason else "text")
        places, left = set(ranked.places), rect.left()
        for text, is_marked in runs(ranked.entry.title, places):
            painter.setFont(marked if is_marked else font)
            painter.setPen(theme().colour("accent") if is_marked else usual)
            room = rect.right() - left
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRect(left, rect.top(), room, rect.height()), _LEFT, shown)
            left += painter.fontMetrics().horizontalAdvance(shown)
            if shown != text:
                break
        return left

    def _paint_rest(self, painter: QPainter, rect: QRect, ranked: Ranked) -> None:
        text = " - ".join(part for part in (ranked.entry.path, ranked.entry.reason) if part)
        painter.setFont(theme().font("small"))
        painter.setPen(theme().colour("muted"))
        if rect.width() > 2 * Space.XL:
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
            painter.drawText(rect, _LEFT, shown)


_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def runs(text: str, places: set[int]) -> list[tuple[str, bool]]:
    """Return the text in pieces that are all marked or all unmarked."""
    pieces: list[tuple[str, bool]] = []
    for number, letter in enumerate(text):
        mark = number in places
        if pieces and pieces[-1][1] == mark:
            pieces[-1] = (pieces[-1][0] + letter, mark)
        else:
            pieces.append((letter, mark))
    return pieces


def make_list(parent: QWidget, model: PaletteModel) -> QListView:
    """Return the list; the keyboard stays in the search field above it."""
    view = QListView(parent)
    view.setObjectName("palette-list")
    view.setAccessibleName(tr("Commands that fit"))
    view.setModel(model)
    view.setItemDelegate(EntryDelegate(view))
    view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    view.setMouseTracking(True)
    view.setUniformItemSizes(True)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setStyleSheet("background: transparent; border: none;")
    return view
