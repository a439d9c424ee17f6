"""The view of the run table: sorting, folding, columns, and the keys that act on what is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from wnin_desktop.qt.pages.runs import words
from wnin_desktop.qt.pages.runs.delegate import INDENT, RunsDelegate
from wnin_desktop.qt.pages.runs.model import PLACES, RunsModel, _stretches
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import HAIRLINE, Space, theme
from wnin_desktop.runs.run_rows import COLUMNS, TableRow

GROUPED = (
    "star", "name", "status", "val_loss", "accuracy", "steps", "started", "duration", "tags", "optimizer",
)  # fmt: skip
FLAT = (
    "star", "name", "arm", "seed", "status", "val_loss", "accuracy", "steps", "lr", "noise", "started",
    "tags",
)  # fmt: skip
"""Columns that are visible at first, in this order."""
WIDTHS = {
    "star": 28, "name": 224, "arm": 140, "seed": 56, "status": 112, "dataset": 90, "network": 110,
    "optimizer": 140, "lr": 110, "noise": 120, "magnitude": 110, "temperature": 110, "schedule": 100,
    "steps": 104, "val_loss": 96, "accuracy": 96, "started": 128, "duration": 104, "tags": 140, "note": 200,
    "host": 140, "id": 280,
}  # fmt: skip
"""Widths at the normal size of text."""
COUNTING_STATUS = 180
"""Width of the status where rows are experiments, which also say how many of their runs diverged."""
LEAST_WIDTH, MOST_WIDTH = 28, 900
WIDEST_NAME = 560
"""Width up to which the name takes what the other columns leave."""


class RunsView(QTableView):
    """Shows a `RunsModel`. It remembers what is chosen by id, whatever happens to the rows."""

    sorted_by = Signal(str, bool)
    """A column's key, and whether the largest comes first."""
    opened = Signal()
    starred = Signal(str)
    chosen = Signal()
    """Other rows are chosen now."""
    trash_wanted = Signal()
    columns_changed = Signal()

    def __init__(self, model: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs-table")
        self.setAccessibleName(tr("Experiments and runs"))
        self.runs_model = model
        self._ids: tuple[str, ...] = ()
        self._current = ""
        self._restoring = False
        self._name_is_set = False
        self.setModel(model)
        self._delegate = RunsDelegate(model, self)
        self.setItemDelegate(self._delegate)
        self._dress()
        self._dress_header()
        model.modelAboutToBeReset.connect(self._remember)
        model.replaced.connect(self._choose_again)
        self.selectionModel().selectionChanged.connect(self._tell_chosen)
        theme().changed.connect(self._fit_rows)
        self._fit_rows()
        self.use_columns(GROUPED)

    def _dress(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.doubleClicked.connect(self._double_clicked)

    def _dress_header(self) -> None:
        header = self.horizontalHeader()
        header.setObjectName("runs-header")
        header.setAccessibleName(tr("Columns"))
        header.setSectionsMovable(True)
        header.setSectionsClickable(True)
        header.setHighlightSections(False)
        # The header would ask every row whether it is chosen, each time it is drawn.
        header.setSelectionModel(QItemSelectionModel(self.runs_model, header))
        header.setSortIndicatorShown(True)
        header.setSortIndicator(PLACES["started"], Qt.SortOrder.DescendingOrder)
        header.setMinimumSectionSize(LEAST_WIDTH)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_columns_menu)
        header.sortIndicatorChanged.connect(self._tell_sorted)
        header.sectionMoved.connect(self._tell_columns)
        header.sectionResized.connect(self._take_width)

    def _fit_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self._delegate.row_height)
        self.viewport().update()

    # -- columns -------------------------------------------------------------------------------------------

    def use_columns(
        self, keys: Iterable[str], widths: Mapping[str, int] | None = None, *, grouped: bool = True
    ) -> None:
        """Show these columns in this order and hide the others; `grouped` where rows are experiments."""
        shown = [key for key in dict.fromkeys(keys) if key in PLACES] or list(GROUPED)
        header = self.horizontalHeader()
        self._restoring = True
        rest = [column.key for column in COLUMNS if column.key not in shown]
        for place, key in enumerate((*shown, *rest)):
            header.moveSection(header.visualIndex(PLACES[key]), place)
            header.setSectionHidden(PLACES[key], key not in shown)
            width = (widths or {}).get(key) or _usual_width(key, grouped)
            header.resizeSection(PLACES[key], min(max(int(width), LEAST_WIDTH), MOST_WIDTH))
        self._restoring = False
        self._name_is_set = "name" in (widths or {})
        self._fit_name()

    @property
    def columns(self) -> tuple[str, ...]:
        """The visible columns in their order."""
        header = self.horizontalHeader()
        order = [COLUMNS[header.logicalIndex(place)].key for place in range(len(COLUMNS))]
        return tuple(key for key in order if not header.isSectionHidden(PLACES[key]))

    @property
    def widths(self) -> dict[str, int]:
        """The widths of the visible columns; without the name's while it takes what is left."""
        left = () if self._name_is_set else ("name",)
        return {key: self.columnWidth(PLACES[key]) for key in self.columns if key not in left}

    def _fit_name(self) -> None:
        """Give the name what the other columns leave, unless a person chose its width."""
        if self._name_is_set or self._restoring:
            return
        header, name = self.horizontalHeader(), PLACES["name"]
        others = header.length() - header.sectionSize(name)
        self._restoring = True
        usual = _usual_width("name", grouped=True)
        header.resizeSection(name, min(max(usual, self.viewport().width() - others), WIDEST_NAME))
        self._restoring = False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the name is Qt's
        """Let the name take what is left."""
        super().resizeEvent(event)
        self._fit_name()

    def set_column_shown(self, key: str, shown: bool) -> None:
        """Show a column, or hide it; the name stays."""
        if key != "name":
            self.setColumnHidden(PLACES[key], not shown)
            if shown and self.columnWidth(PLACES[key]) < LEAST_WIDTH:
                self.setColumnWidth(PLACES[key], WIDTHS[key])
            self._fit_name()
            self.columns_changed.emit()

    def columns_menu(self) -> QMenu:
        """Return a menu in which columns are shown and hidden."""
        menu = QMenu(tr("Columns"), self)
        menu.setObjectName("columns-menu")
        shown = self.columns
        for column in COLUMNS:
            action = menu.addAction(words.full_title(column))
            action.setObjectName(f"column-{column.key}")
            action.setCheckable(True)
            action.setChecked(column.key in shown)
            action.setEnabled(column.key != "name")
            action.setToolTip(column.help)
            action.setData(column.key)
        menu.addSeparator()
        usual = menu.addAction(tr("Usual Columns"))
        usual.setObjectName("columns-usual")
        menu.triggered.connect(self._take_column)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _open_columns_menu(self, place: QPoint) -> None:
        self.columns_menu().popup(self.horizontalHeader().mapToGlobal(place))

    def _take_column(self, action: Any) -> None:
        if action.data():
            self.set_column_shown(action.data(), action.isChecked())
        else:
            grouped = self.runs_model.view.grouped
            self.use_columns(GROUPED if grouped else FLAT, grouped=grouped)
            self.columns_changed.emit()

    def _take_width(self, column: int, _old: int, _new: int) -> None:
        if not self._restoring:
            self._name_is_set = self._name_is_set or column == PLACES["name"]
            self.columns_changed.emit()

    def _tell_columns(self, *_: int) -> None:
        if not self._restoring:
            self.columns_changed.emit()

    def _tell_sorted(self, column: int, order: Qt.SortOrder) -> None:
        if not self._restoring:
            self.sorted_by.emit(COLUMNS[column].key, order == Qt.SortOrder.DescendingOrder)

    def set_sorted(self, key: str, descending: bool) -> None:
        """Show which column is sorted, without asking for it."""
        self._restoring = True
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(PLACES[key], order)
        self._restoring = False

    # -- what is chosen ------------------------------------------------------------------------------------

    @property
    def chosen_rows(self) -> list[TableRow]:
        """The rows that are chosen, from top to bottom."""
        stretches = [
            (stretch.top(), stretch.bottom() + 1)
            for stretch in list(self.selectionModel().selection())  # type: ignore[call-overload] - it is a list
        ]
        rows, found, done = self.runs_model.rows, [], 0
        for top, end in sorted(stretches):
            found += rows[max(top, done) : end]
            done = max(done, end)
        return found

    def choose(self, ids: Iterable[str], *, scroll: bool = True) -> None:
        """Choose the visible rows with these ids."""
        places = sorted(place for place in map(self.runs_model.place_of, ids) if place >= 0)
        self._select(places)
        if places and scroll:
            index = self.runs_model.index(places[0], PLACES["name"])
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(index)

    def _select(self, places: list[int]) -> None:
        selection = QItemSelection()
        for first, last in _stretches(places):
            selection.select(self.runs_model.index(first, 0), self.runs_model.index(last, len(COLUMNS) - 1))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _remember(self) -> None:
        self._ids = tuple(row.id for row in self.chosen_rows)
        current = self.currentIndex()
        self._current = self.runs_model.row(current.row()).id if current.isValid() else ""
        self._offset = self.verticalScrollBar().value()

    def _choose_again(self) -> None:
        self._restoring = True
        self.choose(self._ids, scroll=False)
        place = self.runs_model.place_of(self._current)
        if place >= 0:
            index = self.runs_model.index(place, PLACES["name"])
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.verticalScrollBar().setValue(self._offset)
        self._restoring = False
        self.chosen.emit()

    def _tell_chosen(self, *_: object) -> None:
        if not self._restoring:
            self.chosen.emit()

    # -- grounds -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        """Draw the visible rows: the ground of each once, over the whole width, and its cells on it.

        The base class asks style and model a dozen questions for every cell, which ten thousand rows that
        are scrolled have no time for.
        """
        painter = QPainter(self.viewport())
        dirty, rows = event.rect(), self.runs_model.rows
        cells = self._cells(dirty.left(), dirty.right())
        current, has_focus = self.currentIndex(), self.hasFocus()
        place = self.rowAt(max(0, dirty.top()))
        while 0 <= place < len(rows):
            top, height = self.rowViewportPosition(place), self.rowHeight(place)
            if top > dirty.bottom():
                break
            self._draw_ground(painter, place, QRect(0, top, self.viewport().width(), height))
            hovered = place == self._delegate.hovered
            for column, left, width in cells:
                rect = QRect(left, top, width, height)
                self._delegate.draw(painter, rect, rows[place], COLUMNS[column], hovered=hovered)
                if has_focus and column == current.column() and place == current.row():
                    painter.setPen(QPen(theme().colour("accent"), HAIRLINE))
                    painter.drawRect(rect.adjusted(0, 0, -1, -1))
            place += 1

    def _cells(self, left: int, right: int) -> list[tuple[int, int, int]]:
        """Return column, left edge and width of the visible columns between two places."""
        header, found = self.horizontalHeader(), []
        for visual in range(header.count()):
            column = header.logicalIndex(visual)
            start, width = header.sectionViewportPosition(column), header.sectionSize(column)
            if width and start <= right and start + width >= left:
                found.append((column, start, width))
        return found

    def _draw_ground(self, painter: QPainter, place: int, rect: QRect) -> None:
        row = self.runs_model.row(place)
        if self.selectionModel().isSelected(self.runs_model.index(place, PLACES["name"])):
            painter.fillRect(rect, theme().colour("selected"))
        elif place == self._delegate.hovered:
            painter.fillRect(rect, theme().colour("hover"))
        if place and not (row.is_run and self.runs_model.view.grouped):
            line = QRect(0, rect.top(), rect.width(), HAIRLINE)
            painter.fillRect(line, theme().colour("hairline"))

    # -- pointer and keys ----------------------------------------------------------------------------------

    def _double_clicked(self, index: QModelIndex) -> None:
        if index.column() != PLACES["star"]:
            self.opened.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the names are Qt's
        """Fold with a click on the arrow, star with a click on the star; everything else chooses."""
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            row = self.runs_model.row(index.row())
            if self._is_on_arrow(index, row, event.position().toPoint()):
                self.runs_model.set_open(row.id, not self.runs_model.is_open(row.id))
                return
            if index.column() == PLACES["star"] and not (row.is_run and self.runs_model.view.grouped):
                self.starred.emit(row.experiment_id)
                return
        super().mousePressEvent(event)

    def _is_on_arrow(self, index: QModelIndex, row: TableRow, place: QPoint) -> bool:
        if row.is_run or not self.runs_model.view.grouped or index.column() != PLACES["name"]:
            return False
        return place.x() - self.visualRect(index).left() <= Space.S + INDENT + Space.XS

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Draw the row under the pointer."""
        super().mouseMoveEvent(event)
        self._hover(self.indexAt(event.position().toPoint()).row())

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Forget the row under the pointer."""
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, place: int) -> None:
        if place == self._delegate.hovered:
            return
        for each in (self._delegate.hovered, place):
            if each >= 0:
                top = self.rowViewportPosition(each)
                self.viewport().update(0, top, self.viewport().width(), self.rowHeight(each))
        self._delegate.hovered = place

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Open with Enter, fold with the arrow keys, Delete for the trash."""
        key = event.key()
        if self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif key == Qt.Key.Key_Delete:
            self.trash_wanted.emit()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and not event.modifiers():
            self._fold_by_key(key == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def _fold_by_key(self, opened: bool) -> None:
        current = self.currentIndex()
        if not current.isValid() or not self.runs_model.view.grouped:
            return
        row = self.runs_model.row(current.row())
        if not row.is_run:
            self.runs_model.set_open(row.id, opened)
        elif not opened:
            self.choose([row.experiment_id])

    def rename_current(self) -> None:
        """Edit the name of the chosen experiment in its place."""
        rows = self.chosen_rows
        place = self.runs_model.place_of(rows[0].experiment_id) if rows else -1
        if place >= 0:
            index = self.runs_model.index(place, PLACES["name"])
            self.scrollTo(index)
            self.edit(index)


def _usual_width(key: str, grouped: bool) -> int:
    width = COUNTING_STATUS if key == "status" and grouped else WIDTHS[key]
    return round(width * theme().text_scale)
