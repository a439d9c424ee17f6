"""Which runs the surface belongs to: a row for each arm, a check mark for each seed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font, theme
from wnin_desktop.qt.widgets.swatch import swatch_icon

if TYPE_CHECKING:
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

Index = QModelIndex | QPersistentModelIndex
Run = tuple[str, int]
"""An arm and a seed."""
MOST_ROWS = 6
"""Rows that are seen without scrolling."""
MOST_SEEDS = 4
"""Seeds that are seen without scrolling; with more the names keep their width."""
CELL, NAME = 30, 110
SWATCH = QSize(32, 16)


class RunModel(QAbstractTableModel):
    """Arms down, seeds across; the first column holds the names."""

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.arms: tuple[str, ...] = ()
        self.seeds: tuple[int, ...] = ()
        self._colours: dict[str, int] = {}
        self._runs: dict[Run, str] = {}
        self._with_path: frozenset[str] = frozenset()
        self._checked: set[Run] = set()
        self._ratio = 1.0

    def show_runs(self, experiment: WatchedExperiment | None, ratio: float) -> None:
        """List the runs of an experiment; one seed of every arm is checked at first."""
        self.beginResetModel()
        self._ratio = ratio
        self.arms = experiment.arms if experiment is not None else ()
        self.seeds = tuple(sorted(experiment.seeds)) if experiment is not None else ()
        self._runs, self._colours = {}, {}
        for arm in self.arms:
            assert experiment is not None
            self._colours[arm] = experiment.colour_of(arm)
            self._runs |= {(arm, run.seed): run.run_id for run in experiment.runs_of(arm)}
        self._checked = {(arm, self._first_seed(arm)) for arm in self.arms}
        self.endResetModel()

    def refresh_runs(self, experiment: WatchedExperiment) -> None:
        """Take other names and colours of the same runs: an experiment gets its name when it begins."""
        for arm in self.arms:
            self._colours[arm] = experiment.colour_of(arm)
            self._runs |= {(arm, run.seed): run.run_id for run in experiment.runs_of(arm)}
        self._tell_all()

    def set_paths(self, run_ids: Iterable[str]) -> None:
        """Say whose paths are recorded."""
        self._with_path = frozenset(run_ids)
        self._tell_all()

    def _first_seed(self, arm: str) -> int:
        return next((seed for seed in self.seeds if (arm, seed) in self._runs), 0)

    @property
    def checked(self) -> list[Run]:
        """The runs that are checked, arm by arm."""
        return [run for run in self._in_order() if run in self._checked]

    @property
    def run_ids(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(self._runs[run] for run in self.checked)

    @property
    def all_have_paths(self) -> bool:
        """Whether the path of every checked run is recorded."""
        return bool(self.checked) and all(run_id in self._with_path for run_id in self.run_ids)

    def check(self, runs: Iterable[Run]) -> None:
        """Check these runs and no others; those there are not are passed over."""
        wanted = {run for run in runs if run in self._runs}
        if wanted and wanted != self._checked:
            self._checked = wanted
            self._tell_all()
            self.chosen.emit()

    def _in_order(self) -> list[Run]:
        return [(arm, seed) for arm in self.arms for seed in self.seeds if (arm, seed) in self._runs]

    def _tell_all(self) -> None:
        if self.arms:
            last = self.index(len(self.arms) - 1, len(self.seeds))
            self.dataChanged.emit(self.index(0, 0), last)

    def toggle_arm(self, row: int) -> None:
        """Check all seeds of an arm, or none where all are checked."""
        arm = self.arms[row]
        mine = {run for run in self._in_order() if run[0] == arm}
        self._checked = self._checked - mine if mine <= self._checked else self._checked | mine
        self._tell_all()
        self.chosen.emit()

    # -- Qt's ----------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - the names are Qt's
        """Return the number of arms."""
        return 0 if parent is not None and parent.isValid() else len(self.arms)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802
        """Return one column for the names, and one for each seed."""
        return 0 if parent is not None and parent.isValid() else 1 + len(self.seeds)

    def run_at(self, index: Index) -> Run | None:
        """Return the run of a cell."""
        if not index.isValid() or index.column() == 0:
            return None
        run = (self.arms[index.row()], self.seeds[index.column() - 1])
        return run if run in self._runs else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Say what can be done with a cell."""
        usable = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return usable | Qt.ItemFlag.ItemIsUserCheckable if self.run_at(index) else usable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        run = self.run_at(index)
        if run is None:
            return self._of_arm(index, role) if index.isValid() and index.column() == 0 else None
        match role:
            case Qt.ItemDataRole.CheckStateRole:
                return Qt.CheckState.Checked if run in self._checked else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.ToolTipRole:
                return self._about(run)
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._about(run)
        return None

    def _about(self, run: Run) -> str:
        words = tr("{0}, seed {1}", *run)
        return words if self._runs[run] in self._with_path else tr("{0}: its path was not recorded", words)

    def _of_arm(self, index: Index, role: int) -> Any:
        arm = self.arms[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return arm
            case Qt.ItemDataRole.ToolTipRole:
                return tr("{0}: a double click or Enter checks all seeds, or none", arm)
            case Qt.ItemDataRole.DecorationRole:
                return swatch_icon(theme().arm(self._colours[arm]), self._ratio)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        """Check or uncheck a run."""
        run = self.run_at(index)
        if run is None or role != Qt.ItemDataRole.CheckStateRole:
            return False
        is_on = Qt.CheckState(value) == Qt.CheckState.Checked
        (self._checked.add if is_on else self._checked.discard)(run)
        self.dataChanged.emit(index, index)
        self.chosen.emit()
        return True

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the head of a column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr("Arm") if section == 0 else f"s{self.seeds[section - 1]}"
        if role == Qt.ItemDataRole.ToolTipRole and section:
            return tr("Seed {0}", self.seeds[section - 1])
        return None


class RunTable(QTableView):
    """The table; Space checks a run, Enter an arm."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-runs")
        self.setAccessibleName(tr("Runs of the surface"))
        self.setAccessibleDescription(tr("Arrows move, Space checks a run, Enter all seeds of an arm."))
        self.runs = RunModel(self)
        self.setModel(self.runs)
        self.setShowGrid(False)
        self.setIconSize(SWATCH)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        head = self.horizontalHeader()
        head.setObjectName("landscape-runs-head")
        head.setHighlightSections(False)
        head.setMinimumSectionSize(CELL)
        set_font(self, "ui")
        set_font(head, "small")
        self.doubleClicked.connect(self._toggle_arm)
        self.runs.modelReset.connect(self._fit)
        theme().changed.connect(self._fit)

    def show_runs(self, experiment: WatchedExperiment | None) -> None:
        """List the runs of an experiment."""
        self.runs.show_runs(experiment, self.devicePixelRatioF())

    def _fit(self) -> None:
        head = self.horizontalHeader()
        if self.runs.columnCount():
            head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            if len(self.runs.seeds) <= MOST_SEEDS:
                head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
            head.resizeSection(0, NAME)
            for column in range(1, self.runs.columnCount()):
                head.resizeSection(column, self._seed_width(column))
        row = max(self.fontMetrics().height() + Space.S, SWATCH.height() + Space.XS)
        self.verticalHeader().setDefaultSectionSize(row)
        rows = min(max(self.runs.rowCount(), 1), MOST_ROWS)
        self.setFixedHeight(head.sizeHint().height() + rows * row + 2 * Space.XS)

    def _seed_width(self, column: int) -> int:
        text = str(self.runs.headerData(column, Qt.Orientation.Horizontal))
        return max(CELL, self.horizontalHeader().fontMetrics().horizontalAdvance(text) + 2 * Space.S)

    def _toggle_arm(self, index: QModelIndex) -> None:
        if index.isValid() and index.column() == 0:
            self.runs.toggle_arm(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's names
        """Take Enter for a double click on the arm."""
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self.runs.toggle_arm(index.row())
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Fit the rows to another size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "runs"):
            self._fit()
