"""The leader table as a model: numbers as text, verdicts as badges, sorted as a person likes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from wnin_desktop.qt.pages.compare.leader_rows import Table, cells
from wnin_desktop.qt.plots.looks import arm_look
from wnin_desktop.qt.plots.ticks import short
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.widgets.swatch import swatch_icon
from wnin_desktop.schema.metrics import BY_KEY

if TYPE_CHECKING:
    from wnin_desktop.analysis.leader import LeaderRow

ARM, VALUE, COUNT, DIVERGED, DIFFERENCE, VERDICT = range(6)
COLUMNS = 6
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
WORDS = {
    "baseline": ("neutral", "pin"),
    "better": ("good", "up"),
    "worse": ("danger", "down"),
    "not separable": ("neutral", "remove"),
    "cannot conclude": ("neutral", "help"),
}
"""Kind and shape of each verdict."""


class LeaderModel(QAbstractTableModel):
    """Rows of a leader table; the order of the table itself is the best first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.table: Table | None = None
        self.rows: list[LeaderRow] = []
        self._texts: list[tuple[str, ...]] = []
        """By row what its cells say."""
        self._order: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)

    def set_table(self, table: Table | None) -> None:
        """Show another table; rows keep their places where the arms are the same."""
        rows = self._sorted(list(table.rows) if table is not None else [])
        same = [row.arm for row in rows] == [row.arm for row in self.rows]
        if same and rows and table is not None:
            self._change(table, rows)
            return
        self.beginResetModel()
        self.table, self._texts = table, _texts(rows, table)
        self.rows = rows
        self.endResetModel()

    def _change(self, table: Table, rows: list[LeaderRow]) -> None:
        """Take other numbers for the same arms, and tell of the cells alone that say something else."""
        before, were = self._texts, self.table
        self.table, self.rows, self._texts = table, rows, _texts(rows, table)
        for place, (old, new) in enumerate(zip(before, self._texts, strict=True)):
            other = [column for column in range(COLUMNS) if old[column] != new[column]]
            if other:
                self.dataChanged.emit(self.index(place, other[0]), self.index(place, other[-1]))
        if were is None or _head_of(were) != _head_of(table):
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, COLUMNS - 1)

    def text(self, row: int, column: int) -> str:
        """Return what a cell says."""
        return self._texts[row][column]

    def verdict(self, index: Index) -> tuple[str, str, str] | None:
        """Return word, kind and shape of the badge in a cell; None in other columns."""
        if index.column() != VERDICT or not index.isValid():
            return None
        word = self.rows[index.row()].word
        return tr(word), *WORDS[word]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802,B008 - the names and the default are Qt's
        """Return the number of arms."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802,B008
        """Return the number of columns."""
        return 0 if parent.isValid() else COLUMNS

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a cell shows."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row, column = self.rows[index.row()], index.column()
        if role == Role.DecorationRole:
            return self._swatch(row) if column == ARM else None
        if role in (Role.TextAlignmentRole, Role.FontRole, Role.ForegroundRole):
            return self._dress(row, column, role)
        made = {
            Role.DisplayRole: lambda: self._texts[index.row()][column],
            Role.AccessibleTextRole: lambda: self._texts[index.row()][column],
            Role.ToolTipRole: lambda: self._tip(row, column),
        }.get(Role(role))
        return made() if made is not None else None

    @staticmethod
    def _dress(row: LeaderRow, column: int, role: int) -> Any:
        """Return how a cell looks: numbers stand at the right, with digits of one width."""
        if column in (ARM, VERDICT):
            return None
        if role == Role.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Role.FontRole:
            return theme().font("numbers")
        return theme().colour("danger" if row.diverged else "muted") if column == DIVERGED else None

    def _swatch(self, row: LeaderRow) -> Any:
        taken = self.table.snapshot if self.table is not None else None
        found = dict(zip(taken.arms, taken.colours, strict=True)) if taken is not None else {}
        return swatch_icon(arm_look(found.get(row.arm, -1)), 2.0)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802 - Qt
        """Return the head of a column."""
        if orientation != Qt.Orientation.Horizontal or self.table is None:
            return None
        metric, baseline = BY_KEY[self.table.snapshot.key], self.table.snapshot.baseline
        if role == Role.DisplayRole:
            unit = "" if metric.unit == "1" else f" ({metric.unit})"
            return (
                tr("Arm"), f"{tr(metric.title)}{unit}", tr("n"), tr("Diverged"), tr("Difference"),
                tr("Verdict"),
            )[section]  # fmt: skip
        if role == Role.ToolTipRole:
            return (
                tr("Optimizer and noise."),
                tr("{0} Mean over seeds \u00b1 half of its 95 % interval.", tr(metric.help)),
                tr("Seeds behind the mean, of those planned."),
                tr("Seeds whose loss stopped being finite; the mean is over the others."),
                tr("Arm minus {0}, paired by seed, \u00b1 half of its 95 % interval.", baseline),
                tr("Against {0}, by sign flips with Holm's adjustment at 5 %.", baseline),
            )[section]
        if role == Role.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section in (ARM, VERDICT) else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the best first."""
        self._order = (column, order)
        self.layoutAboutToBeChanged.emit()
        rows = list(self.table.rows) if self.table is not None else []
        self.rows = self._sorted(rows)
        self._texts = _texts(self.rows, self.table)
        self.layoutChanged.emit()

    def _sorted(self, rows: list[LeaderRow]) -> list[LeaderRow]:
        column, order = self._order
        if column < 0:
            return rows
        return sorted(rows, key=_KEYS[column], reverse=order == Qt.SortOrder.DescendingOrder)

    def _tip(self, row: LeaderRow, column: int) -> str:
        if column == VERDICT:
            p = (
                ""
                if row.p_adjusted is None
                else tr("p = {0} after Holm, {1} pairs", f"{row.p_adjusted:.3g}", row.pairs)
            )
            return "\n".join(part for part in (tr(row.word), p, row.note) if part)
        if column in (VALUE, DIFFERENCE):
            return "\n".join(filter(None, (_interval(row, column), row.note)))
        return row.arm if column == ARM else row.note


def _texts(rows: Sequence[LeaderRow], table: Table | None) -> list[tuple[str, ...]]:
    """Return what the cells of some rows say."""
    if table is None:
        return []
    return [(*cells(row, table)[:VERDICT], tr(row.word)) for row in rows]


def _head_of(table: Table) -> tuple[str, str]:
    """Return what the heads of the columns speak of."""
    return table.snapshot.key, table.snapshot.baseline


def _interval(row: LeaderRow, column: int) -> str:
    """Return the interval of a cell with its ends."""
    found = row.summary if column == VALUE else row.difference
    if found is None or found.low is None or found.high is None:
        return ""
    return tr("95 % interval from {0} to {1}", short(found.low), short(found.high))


def _mean(found: Any) -> float:
    return math.inf if found is None else found.mean


_KEYS = (
    lambda row: row.arm.lower(),
    lambda row: _mean(row.summary),
    lambda row: 0 if row.summary is None else row.summary.n,
    lambda row: row.diverged,
    lambda row: _mean(row.difference),
    lambda row: list(WORDS).index(row.word),
)
