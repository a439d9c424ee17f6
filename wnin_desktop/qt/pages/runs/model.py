"""The run table as Qt's views see it: the visible rows of a `View`, experiments open or folded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QPersistentModelIndex, Qt, Signal

from wnin_desktop.qt.pages.runs import words
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.run_rows import COLUMNS, Column, TableRow
from wnin_desktop.runs.run_table import View

MIME = "application/x-wnin-runs"
"""Ids of experiments and runs as a JSON list."""
PLACES = {column.key: place for place, column in enumerate(COLUMNS)}
RIGHT = ("number", "integer", "span")
AnyIndex = QModelIndex | QPersistentModelIndex
NAME = PLACES["name"]
# Put together once: Qt asks for every cell, and Python's flags are slow to combine.
NO_FLAGS = Qt.ItemFlag.NoItemFlags
CHOSEN = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
EDITED = CHOSEN | Qt.ItemFlag.ItemIsEditable
EMPTY = View((), True, frozenset(), 0, 0)


class RunsModel(QAbstractTableModel):
    """Rows are `TableRow`s. Experiments are folded until they are opened, or only some of their runs fit."""

    renamed = Signal(str, str)
    """An experiment's id and the name a person typed."""
    replaced = Signal()
    """The rows are others now; whoever keeps a selection by id sets it again."""

    def __init__(self, parent: object | None = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type] - a QObject
        self.setObjectName("runs-model")
        self.view: View = EMPTY
        self.rows: list[TableRow] = []
        self._open: set[str] = set()
        self._folded: set[str] = set()
        self._place: dict[str, int] | None = None

    # -- what is shown -------------------------------------------------------------------------------------

    def show(self, view: View) -> None:
        """Show a view; where all rows stay in their places, those that changed are drawn anew."""
        rows = view.rows(lambda experiment: not self._is_open(experiment, view))
        former, self.view = self.rows, view
        if len(rows) == len(former) and all(map(_is_same, former, rows)):
            self.rows = rows
            self._tell_changed(former, rows)
            return
        self.beginResetModel()
        self.rows, self._place = rows, None
        self.endResetModel()
        self.replaced.emit()

    def _tell_changed(self, former: Sequence[TableRow], rows: Sequence[TableRow]) -> None:
        changed = [place for place, (a, b) in enumerate(zip(former, rows, strict=True)) if a is not b]
        last = len(COLUMNS) - 1
        for first, end in _stretches(changed):
            self.dataChanged.emit(self.index(first, 0), self.index(end, last))

    def row(self, place: int) -> TableRow:
        """Return the visible row at `place`."""
        return self.rows[place]

    def place_of(self, row_id: str) -> int:
        """Return where a row is visible, or -1."""
        if self._place is None:
            self._place = {row.id: place for place, row in enumerate(self.rows)}
        return self._place.get(row_id, -1)

    # -- folding -------------------------------------------------------------------------------------------

    def is_open(self, experiment_id: str) -> bool:
        """Return whether the runs of an experiment are visible."""
        return self._is_open(experiment_id, self.view)

    def _is_open(self, experiment_id: str, view: View) -> bool:
        if experiment_id in view.partial:
            return experiment_id not in self._folded
        return experiment_id in self._open

    def set_open(self, experiment_id: str, opened: bool) -> None:
        """Show the runs of an experiment, or fold them."""
        if not self.view.grouped or self.is_open(experiment_id) == opened:
            return
        self._keep(experiment_id, opened)
        runs = next((runs for each, runs in self.view.groups if each and each.id == experiment_id), ())
        place = self.place_of(experiment_id)
        if not runs or place < 0:
            return
        if opened:
            self.beginInsertRows(QModelIndex(), place + 1, place + len(runs))
            self.rows[place + 1 : place + 1] = runs
        else:
            self.beginRemoveRows(QModelIndex(), place + 1, place + len(runs))
            del self.rows[place + 1 : place + 1 + len(runs)]
        self._place = None
        (self.endInsertRows if opened else self.endRemoveRows)()
        self.dataChanged.emit(self.index(place, 0), self.index(place, len(COLUMNS) - 1))

    def set_all_open(self, opened: bool) -> None:
        """Open all experiments, or fold them all."""
        for experiment, _ in self.view.groups:
            if experiment is not None:
                self._keep(experiment.id, opened)
        self.show(self.view)

    def _keep(self, experiment_id: str, opened: bool) -> None:
        (self._open.add if opened else self._open.discard)(experiment_id)
        (self._folded.discard if opened else self._folded.add)(experiment_id)

    @property
    def opened(self) -> tuple[str, ...]:
        """The experiments a person opened."""
        return tuple(sorted(self._open))

    def restore_open(self, experiments: Iterable[str]) -> None:
        """Open these experiments when they come into view."""
        self._open = set(experiments)

    # -- Qt's questions ------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        """Return how many rows are visible."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        """Return how many columns there are, hidden ones included."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the text of a cell, its tip, or its row."""
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        found = ANSWERS.get(role)
        return None if found is None else found(row, column)

    def headerData(  # noqa: N802 - the name is Qt's
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Return the head of a column and what it means."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = COLUMNS[section]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return words.title(column)
            case Qt.ItemDataRole.ToolTipRole:
                unit = "" if column.unit == "1" else tr(" Unit: {0}.", column.unit)
                return tr(column.help) + unit
            case Qt.ItemDataRole.AccessibleTextRole:
                return words.full_title(column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _side(column)
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Return that rows can be chosen and dragged, and the names of stored experiments edited."""
        if not index.isValid():
            return NO_FLAGS
        if index.column() != NAME:
            return CHOSEN
        row = self.rows[index.row()]
        return CHOSEN if row.is_run or row.origin != "stored" else EDITED

    def setData(self, index: AnyIndex, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        """Take a name that a person typed; the store answers later."""
        row, name = self.rows[index.row()], str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not name or name == row.name:
            return False
        self.renamed.emit(row.id, name)
        return True

    def mimeTypes(self) -> list[str]:  # noqa: N802 - the name is Qt's
        """Return what a dragged row can be taken as."""
        return [MIME, "text/plain"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802 - the name is Qt's
        """Return the ids of dragged rows."""
        places = sorted({index.row() for index in indexes})
        return mime_of([self.rows[place].id for place in places])


def _side(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.kind in RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


ANSWERS: dict[int, Callable[[TableRow, Column], object]] = {
    Qt.ItemDataRole.DisplayRole: words.cell,
    Qt.ItemDataRole.EditRole: lambda row, _column: row.name,
    Qt.ItemDataRole.ToolTipRole: lambda row, column: words.tip(row, column) or None,
    Qt.ItemDataRole.AccessibleTextRole: words.spoken,
    Qt.ItemDataRole.UserRole: lambda row, _column: row,
    Qt.ItemDataRole.TextAlignmentRole: lambda _row, column: _side(column),
}
"""What a cell answers by role."""


def mime_of(ids: Sequence[str]) -> QMimeData:
    """Return ids as they are dragged and copied."""
    data = QMimeData()
    data.setData(MIME, json.dumps(list(ids)).encode())
    data.setText("\n".join(ids))
    return data


def _is_same(one: TableRow, other: TableRow) -> bool:
    return one is other or one.id == other.id


def _stretches(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return first and last of each stretch of places that follow one another."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found
