"""The leader table as it is seen: rows of arms, every column in sight, verdicts as badges."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from wnin_desktop.qt.pages.compare.leader_model import ARM, COLUMNS, DIVERGED, VALUE, VERDICT, LeaderModel
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import FOCUS, RADIUS, Space, theme
from wnin_desktop.qt.widgets.badges import KINDS, SMALL_ICON

SWATCH = QSize(26, 14)
LEAST_LETTERS, MOST_COLUMN = 10, 250
"""Letters of an arm's name that are seen in any case, and pixels of the widest of the other columns."""
VERDICT_PLACE, NARROW_PLACE, NARROWEST_PLACE = 3, 2, 1
"""Before the difference, and before n too where not every column is seen: the conclusion must be seen."""
LEAST_ROWS = 2
AROUND = Space.XS
"""Pixels of a row above and below its badge, together."""
Index = QModelIndex | QPersistentModelIndex


class Heads(QHeaderView):
    """Heads of columns; only the one that is sorted by takes the room of an arrow."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("leader-header")
        self.setSectionsClickable(True)
        self.setHighlightSections(False)

    def sectionSizeFromContents(self, logicalIndex: int) -> QSize:  # noqa: N802 - the name is Qt's
        """Return the room of a head."""
        size = super().sectionSizeFromContents(logicalIndex)
        if logicalIndex == self.sortIndicatorSection():
            return size
        text = str(self.model().headerData(logicalIndex, self.orientation()) or "")
        return QSize(self.fontMetrics().horizontalAdvance(text) + 2 * Space.S + FOCUS, size.height())


class LeaderTable(QTableView):
    """Numbers and verdicts take the width they need; the name of the arm takes what they leave."""

    def __init__(self, model: LeaderModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("leader-table")
        self.setAccessibleName(tr("Leader table"))
        self._arm_wants, self._wants = 0, [0] * COLUMNS
        self._fitted: set[tuple[int, str]] = set()
        """Columns, and texts that they are wide enough for."""
        self.setModel(model)
        self.setItemDelegateForColumn(VERDICT, BadgeDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setIconSize(SWATCH)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self._dress_header()
        self.setSortingEnabled(True)
        model.sort(-1)
        model.modelReset.connect(self.fit)
        model.headerDataChanged.connect(self.fit)
        model.dataChanged.connect(self._fit_changed)
        self.horizontalHeader().sortIndicatorChanged.connect(self.fit)
        self.fit()

    def _dress_header(self) -> None:
        header = Heads(self)
        self.setHorizontalHeader(header)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setStretchLastSection(False)
        header.moveSection(VERDICT, VERDICT_PLACE)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)

    def _fit_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        """Widen columns where cells say what they have had no room for: numbers change all the time."""
        model = self.model()
        if not isinstance(model, LeaderModel):
            return
        texts = {
            (column, _as_wide(column, model.text(row, column)))
            for row in range(first.row(), last.row() + 1)
            for column in range(first.column(), last.column() + 1)
        }
        if not texts <= self._fitted:
            self._fit(self._wants)
            self._fitted |= texts

    def fit(self) -> None:
        """Make rows as high as a badge needs, and columns as wide as what is in them."""
        self._fitted.clear()
        self._fit([0] * COLUMNS)

    def _fit(self, least: Sequence[int]) -> None:
        """Fit with columns of at least so many pixels: one that shrank would soon grow again."""
        height = badge_height(self.fontMetrics().height()) + AROUND
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        header = self.horizontalHeader()
        header.setSectionHidden(DIVERGED, False)  # a hidden column would ask for no room, and stay too narrow
        hints = map(self.sizeHintForColumn, range(COLUMNS)), map(header.sectionSizeHint, range(COLUMNS))
        widths = list(map(max, least, *hints))
        self._arm_wants = widths[ARM] + Space.XS
        self._wants = [min(width, MOST_COLUMN) for width in widths]
        for column, width in enumerate(widths):
            if column != ARM:
                header.resizeSection(column, min(width, MOST_COLUMN))
        self._fit_arm()
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - the names are Qt's
        """Return room for the heads and a few rows."""
        rows = min(max(self.model().rowCount(), 1), LEAST_ROWS) * self.verticalHeader().defaultSectionSize()
        bar = self.horizontalScrollBar()
        below = bar.sizeHint().height() if bar.maximum() > 0 else 0
        height = self.horizontalHeader().sizeHint().height() + rows + below + 2 * self.frameWidth()
        return QSize(super().minimumSizeHint().width(), height)

    def _least_arm(self) -> int:
        letters = LEAST_LETTERS * self.fontMetrics().averageCharWidth()
        return min(SWATCH.width() + 2 * Space.S + letters, self._arm_wants)

    def _drop_columns(self) -> None:
        """Leave out what says nothing where there is no room; the verdict comes first then."""
        model, header, room = self.model(), self.horizontalHeader(), self.viewport().width()
        none = not any(row.diverged for row in model.rows) if isinstance(model, LeaderModel) else False
        others = sum(self._wants[column] for column in range(COLUMNS) if column != ARM)
        is_tight = others + self._least_arm() > room
        header.setSectionHidden(DIVERGED, is_tight and none)
        left = others - (self._wants[DIVERGED] if is_tight and none else 0)
        is_narrow = left + self._least_arm() > room
        is_sorted = header.sortIndicatorSection() == VALUE
        content = self._wants[VALUE] if is_sorted else self.sizeHintForColumn(VALUE)
        header.resizeSection(VALUE, min(self._wants[VALUE], content) if is_narrow else self._wants[VALUE])
        place = VERDICT_PLACE
        if is_narrow:
            seen = self._least_arm() + header.sectionSize(VALUE) + self._wants[VERDICT]
            place = NARROW_PLACE if seen <= room else NARROWEST_PLACE
        if header.visualIndex(VERDICT) != place:
            header.moveSection(header.visualIndex(VERDICT), place)

    def _fit_arm(self) -> None:
        """Give the names of arms what the other columns leave, and no more than they need."""
        self._drop_columns()
        header = self.horizontalHeader()
        left = self.viewport().width() - (header.length() - header.sectionSize(ARM))
        header.resizeSection(ARM, max(self._least_arm(), min(left, self._arm_wants)))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the names are Qt's
        """Let the names of arms take what is left."""
        super().resizeEvent(event)
        self._fit_arm()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Give larger text more room."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.fit()


def _as_wide(column: int, text: str) -> str:
    """Return a text that stands for all that are as wide; whether any seed diverged is more than width."""
    return text if column == DIVERGED else re.sub(r"\d", "0", text)


def badge_height(text_height: int) -> int:
    """Return the height of a badge around text."""
    return text_height + Space.XS


class BadgeDelegate(QStyledItemDelegate):
    """Draws verdicts as badges: a shape and a word."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - the names are Qt's
        """Return room for the badge."""
        size = super().sizeHint(option, index)
        return QSize(size.width() + SMALL_ICON + 3 * Space.S, size.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw ground, shape and word."""
        model = index.model()
        verdict = model.verdict(index) if isinstance(model, LeaderModel) else None
        if verdict is None:
            super().paint(painter, option, index)
            return
        word, kind, icon = verdict
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = painter.fontMetrics()
        height = badge_height(metrics.height())
        box = QRectF(option.rect.left() + Space.XS, option.rect.center().y() - height / 2 + 0.5, 0, height)
        box.setWidth(metrics.horizontalAdvance(word) + SMALL_ICON + Space.XS + 2 * Space.S)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour(KINDS[kind].ground))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        ink = KINDS[kind].ink
        top = round(box.center().y() - SMALL_ICON / 2)
        theme().icon(icon, ink).paint(painter, round(box.left()) + Space.S, top, SMALL_ICON, SMALL_ICON)
        painter.setPen(theme().colour(ink))
        words = box.adjusted(Space.S + SMALL_ICON + Space.XS, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, word)
        painter.restore()
