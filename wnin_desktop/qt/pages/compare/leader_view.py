"""The leader table of the page: which metric, the rows, and the ways it leaves the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from wnin_desktop.qt.bridge.calm import CalmTimer
from wnin_desktop.qt.pages.compare.leader_model import ARM, COLUMNS, LeaderModel
from wnin_desktop.qt.pages.compare.leader_rows import SCORED, Table, as_latex, as_tsv, computed, snapshot
from wnin_desktop.qt.pages.compare.leader_table import LeaderTable
from wnin_desktop.qt.plots.deed import add_entry
from wnin_desktop.qt.plots.figure_info import FigureInfo
from wnin_desktop.qt.plots.lens import Lens
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font, theme
from wnin_desktop.qt.widgets import ElidedLabel, IconButton
from wnin_desktop.schema.metrics import BY_KEY

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

FIRST = "val_loss"


class Leaders(QWidget):
    """Every arm against the baseline, seed by seed."""

    def __init__(self, desk: Desk, lens: Lens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("leaders")
        self.setAccessibleName(tr("Leader table"))
        self._desk, self._lens = desk, lens
        self._asked, self._is_computing, self._again = 0, False, False
        self._soon = CalmTimer(self.compute, self)
        self.model = LeaderModel(self)
        self._build()
        self._connect()
        self.compute()

    # -- made of -------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.title = QLabel(tr("&Leader by"), self)
        self.title.setObjectName("leader-title")
        set_font(self.title, "title")
        self.metric_choice = QComboBox(self)
        self.metric_choice.setObjectName("leader-metric")
        self.metric_choice.setAccessibleName(tr("Metric of the leader table"))
        self.metric_choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for metric in SCORED:
            self.metric_choice.addItem(tr(metric.title), metric.key)
        self.metric_choice.setCurrentIndex(self.metric_choice.findData(FIRST))
        self.title.setBuddy(self.metric_choice)
        self.note = ElidedLabel("", self)
        self.note.setObjectName("leader-note")
        self.note.setProperty("kind", "muted")
        set_font(self.note, "small")
        self.copy_button = IconButton("copy", tr("Copy the table"), self, name="leader-copy")
        self.view = LeaderTable(self.model, self)
        head = QHBoxLayout()
        head.setContentsMargins(Space.S, Space.XS, Space.XS, Space.XS)
        head.setSpacing(Space.S)
        for widget in (self.title, self.metric_choice):
            head.addWidget(widget)
        head.addWidget(self.note, 1)
        head.addWidget(self.copy_button)
        self.nothing = QLabel(self)
        self.nothing.setObjectName("leader-empty")
        self.nothing.setProperty("kind", "muted")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        body = self._body = QWidget(self)
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.nothing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(body, 1)

    def head_height(self) -> int:
        """Return the pixels of the line above the table: so much is seen of it in any case."""
        return self.metric_choice.sizeHint().height() + 2 * Space.XS

    def least_height(self) -> int:
        """Return the pixels in which a few rows are seen as well."""
        return self.head_height() + self.view.minimumSizeHint().height()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the name is Qt's
        """Leave the table out where not one row would be seen."""
        super().resizeEvent(event)
        row = self.view.verticalHeader().defaultSectionSize()
        heads = self.view.horizontalHeader().sizeHint().height()
        self._body.setVisible(self.height() >= self.head_height() + heads + row)

    def _connect(self) -> None:
        self.metric_choice.currentIndexChanged.connect(self._renew)
        self.copy_button.clicked.connect(self._open_copy_menu)
        self.view.customContextMenuRequested.connect(self._open_menu)
        self._lens.changed.connect(self._renew)
        self._desk.shown.changed.connect(self._renew)
        self._desk.runs.framed.connect(self._take_frame)
        theme().changed.connect(self._follow_theme)

    # -- numbers -------------------------------------------------------------------------------------------

    @property
    def key(self) -> str:
        """The metric by which arms are ranked."""
        return str(self.metric_choice.currentData())

    def set_key(self, key: str) -> None:
        """Rank by another metric."""
        index = self.metric_choice.findData(key)
        if index >= 0:
            self.metric_choice.setCurrentIndex(index)

    @property
    def baseline(self) -> str:
        """The arm that the others are held against."""
        experiment = self._desk.shown.current
        if experiment is None:
            return ""
        pinned = self._lens.baseline
        return pinned if pinned in experiment.arms else experiment.baseline

    def _take_frame(self, changed: frozenset[WatchedExperiment]) -> None:
        if self._desk.shown.current in changed:
            self._soon.ask()

    def _renew(self) -> None:
        experiment = self._desk.shown.current
        table = self.model.table
        if table is not None and (
            experiment is None or experiment.experiment_id != table.snapshot.experiment
        ):
            self._show(None)
        self.compute()

    def compute(self) -> None:
        """Compute the table away from this thread; at most one computation is under way."""
        experiment = self._desk.shown.current
        if experiment is None or not experiment.arms:
            self._show(None)
            return
        if self._is_computing:
            self._again = True
            return
        self._asked += 1
        self._is_computing, self._again = True, False
        taken, asked = snapshot(experiment, self.key, self.baseline), self._asked
        self._desk.tasks.start(
            lambda _task: (asked, computed(taken)), then=self._take, failed=self._take_failure
        )

    def _take(self, answer: tuple[int, Table]) -> None:
        asked, table = answer
        self._is_computing = False
        if self._again:
            self._soon.ask()
        experiment = self._desk.shown.current
        if asked == self._asked and experiment is not None:
            fits = table.snapshot.experiment == experiment.experiment_id
            if fits and table.snapshot.key == self.key:
                self._show(table)

    def _take_failure(self, error: Exception) -> None:
        self._is_computing = False
        self._desk.notices.tell_error(error, what=tr("The leader table"))

    def _show(self, table: Table | None) -> None:
        measured = table is not None and any(row.summary is not None or row.diverged for row in table.rows)
        self.model.set_table(table)
        self.copy_button.setEnabled(measured)
        if not measured:
            title = tr(BY_KEY[self.key].title)
            waits = tr("Arms are ranked here by {0} as soon as every run has measured it.", title.lower())
            self.nothing.setText(waits)
        self._stack.setCurrentIndex(0 if measured else 1)
        self.note.setText(self._note_of(table) if table is not None and measured else "")

    def _note_of(self, table: Table) -> str:
        experiment = self._desk.shown.current
        if experiment is None:
            return ""
        stand = tr("so far, at the last step that all runs reached")
        if all(run.has_ended for run in experiment.runs.values()):
            done = experiment.last_step
            planned = max((run.steps for run in experiment.runs.values()), default=0)
            broken_off = {"stopped": tr("stopped"), "interrupted": tr("interrupted")}.get(experiment.status)
            is_whole = broken_off is None or done >= planned
            stand = tr("final") if is_whole else tr("{0} at step {1} of {2}", broken_off, done, planned)
        return tr("{0} · baseline {1}", stand, table.snapshot.baseline)

    # -- what can be done with it --------------------------------------------------------------------------

    def _open_menu(self, place: QPoint) -> None:
        index = self.view.indexAt(place)
        menu = self._copy_menu()
        if index.isValid():
            arm = self.model.rows[index.row()].arm
            menu.addSeparator()
            pin = add_entry(
                menu, "leader-pin", theme().icon("pin"), tr("Pin {0} as baseline", arm),
                lambda: self._lens.change(baseline=arm),
            )  # fmt: skip
            pin.setEnabled(arm != self.baseline)
        menu.popup(self.view.viewport().mapToGlobal(place))

    def _open_copy_menu(self) -> None:
        self._copy_menu().popup(self.copy_button.mapToGlobal(QPoint(0, self.copy_button.height())))

    def _copy_menu(self) -> QMenu:
        menu = self.menu = QMenu(self)
        menu.setObjectName("leader-menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        entries = (
            ("leader-copy-tsv", "table", tr("Copy as table (TSV)"), self.copy_tsv),
            ("leader-copy-latex", "latex", tr("Copy as LaTeX"), self.copy_latex),
        )
        for name, icon, text, act in entries:
            add_entry(menu, name, theme().icon(icon), text, act).setEnabled(self.copy_button.isEnabled())
        return menu

    def copy_tsv(self) -> None:
        """Put the table on the clipboard, for a spreadsheet."""
        if self.model.table is not None:
            QGuiApplication.clipboard().setText(as_tsv(self.model.table))

    def copy_latex(self) -> None:
        """Put the table on the clipboard as LaTeX."""
        table, experiment = self.model.table, self._desk.shown.current
        if table is None or experiment is None:
            return
        info = FigureInfo.of(
            experiment, [BY_KEY[self.key]], "leader table, mean and 95 % interval over seeds"
        )
        self._desk.tasks.start(
            lambda _task: as_latex(table, info.text()), then=QGuiApplication.clipboard().setText
        )

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - the name is Qt's
        """Take the keys for copying."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_tsv()
        else:
            super().keyPressEvent(event)

    def _follow_theme(self) -> None:
        if self.model.rows:
            corner = self.model.index(len(self.model.rows) - 1, COLUMNS - 1)
            self.model.dataChanged.emit(self.model.index(0, ARM), corner)

    def text_summary(self) -> str:
        """Return the table as sentences."""
        table = self.model.table
        if table is None or not table.rows:
            return self.nothing.text()
        title = tr(BY_KEY[table.snapshot.key].title)
        lines = [
            ", ".join(str(self.model.index(row, column).data() or "") for column in range(COLUMNS))
            for row in range(len(self.model.rows))
        ]
        return "; ".join([tr("Leader by {0}", title), *lines])
