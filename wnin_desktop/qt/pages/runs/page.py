"""The Runs page: every experiment and run ever made here, to find, compare, keep in order and take away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDropEvent,
    QHideEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from wnin_desktop.qt.numbers import show
from wnin_desktop.qt.pages.runs import session
from wnin_desktop.qt.pages.runs.choice import Choice
from wnin_desktop.qt.pages.runs.commands import PARTS, TOOLS, RunsCommands
from wnin_desktop.qt.pages.runs.deeds import RunsDeeds
from wnin_desktop.qt.pages.runs.details import DetailsPanel
from wnin_desktop.qt.pages.runs.dropping import files_of
from wnin_desktop.qt.pages.runs.feed import Fed, RunFeed
from wnin_desktop.qt.pages.runs.filter_bar import FilterBar
from wnin_desktop.qt.pages.runs.model import RunsModel
from wnin_desktop.qt.pages.runs.table import FLAT, GROUPED, RunsView
from wnin_desktop.qt.pages.runs.telling import Teller
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import ICON_SMALL, Space, set_font
from wnin_desktop.qt.widgets import EmptyState, IconButton, Segmented
from wnin_desktop.runs.run_table import Snapshot

ROOMY = 900
"""From this width on the panel of details is shown at first."""
DETAILS_WIDTH = 320
FIRST_LOOK_MS = 30
DETAILS_REST_MS = 120
LIVE_DETAILS_MS = 2000


class RunsPage(QWidget):
    """Table, filter and details. What is heavy happens in `desk.tasks`."""

    def __init__(self, desk: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page-runs")
        self.setAccessibleName(tr("Runs"))
        self.setAcceptDrops(True)
        self.desk = desk
        self.snapshot = Snapshot()
        self._was_fed, self._details_asked = False, False
        self.columns: dict[str, tuple[str, ...]] = {"grouped": GROUPED, "flat": FLAT}
        self.widths: dict[str, dict[str, int]] = {"grouped": {}, "flat": {}}
        self._wanted: tuple[str, ...] = ()
        self.model = RunsModel(self)
        self.feed = RunFeed(desk, self)
        self.deeds = RunsDeeds(self)
        self.exporting = self.deeds.exporting
        self.commands = RunsCommands(desk, self.deeds, self)
        self._make_parts()
        self._lay_out()
        self._connect()
        self.commands.fit(Choice(), trashed=0)

    # -- parts ---------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self.view = RunsView(self.model, self)
        self.filter = FilterBar(self)
        self.details = DetailsPanel(self)
        self.teller = Teller(self.desk, self.details, self.choice)
        choices = (("grouped", tr("Experiments")), ("flat", tr("Runs")))
        self.grouping = Segmented(choices, "grouped", self, name="runs-grouping", label=tr("Rows"))
        self.count = QLabel(self)
        self.count.setObjectName("runs-count")
        self.count.setProperty("kind", "muted")
        set_font(self.count, "small_numbers")
        self.columns_button = IconButton("columns", tr("Choose columns"), self, name="runs-columns")
        self.trash_button = IconButton("trash", tr("Show the trash"), self, name="runs-trash", checkable=True)
        self.trash_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.details_button = IconButton(
            "inspector", tr("Show details of what is chosen"), self, name="runs-details", checkable=True
        )
        self.empty = EmptyState("runs", tr("Reading the store\u2026"), tr("The runs appear in a moment."))
        self.stack = QStackedWidget(self)
        self.stack.setObjectName("runs-stack")
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.view)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setObjectName("runs-splitter")
        self.splitter.addWidget(self.stack)
        self.splitter.addWidget(self.details)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setCollapsible(0, False)
        self.details.hide()

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(Space.S)
        first.addWidget(self.grouping)
        first.addWidget(self.filter, 1)
        first.addWidget(self.count)
        second = QHBoxLayout()
        second.setSpacing(Space.XS)
        for name in TOOLS:
            second.addWidget(self._tool(self.commands.actions[name]))
        second.addStretch(1)
        for button in (self.columns_button, self.trash_button, self.details_button):
            second.addWidget(button)
        head = QVBoxLayout()
        head.setContentsMargins(Space.M, Space.S, Space.M, Space.XS)
        head.setSpacing(Space.XS)
        head.addLayout(first)
        head.addWidget(self.filter.below)
        head.addLayout(second)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.splitter, 1)

    def _tool(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setObjectName(f"{action.objectName()}-button")
        button.setAccessibleName(action.text().replace("&", ""))
        button.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if action.objectName() in ("runs.restore", "runs.delete"):
            button.hide()
            self.trash_tools = (*getattr(self, "trash_tools", ()), button)
        return button

    def _connect(self) -> None:
        desk, view, feed = self.desk, self.view, self.feed
        self._details_timer = self._single_shot(DETAILS_REST_MS, self._ask_details)
        self._live_timer = self._single_shot(LIVE_DETAILS_MS, self._ask_details)
        feed.fed.connect(self._take)
        feed.failed.connect(self._tell_unreadable)
        self.filter.queried.connect(self._filter)
        self.filter.went_down.connect(view.setFocus)
        self.grouping.changed.connect(self._group)
        view.sorted_by.connect(self._sort)
        view.chosen.connect(self._choose)
        view.opened.connect(self.commands.actions["open"].trigger)
        view.starred.connect(self.deeds.toggle_star)
        view.trash_wanted.connect(self.commands.actions["trash"].trigger)
        view.columns_changed.connect(self._keep_columns)
        view.customContextMenuRequested.connect(self._open_menu)
        self.model.renamed.connect(self.deeds.keeping.rename)
        self.details.noted.connect(self.deeds.keeping.note)
        self.deeds.keeping.changed.connect(feed.refresh)
        self.deeds.opening.found.connect(self.choose)
        self.columns_button.clicked.connect(self._open_columns)
        self.trash_button.toggled.connect(self._show_trash)
        self.details_button.toggled.connect(self._show_details)
        self.details_button.clicked.connect(self._decide_details)
        desk.runs.framed.connect(self._live_moved)
        desk.runs.started.connect(self._follow_run)
        for run in desk.runs.live:
            self._follow_run(run)
        desk.runs.ended.connect(self._live_moved)
        desk.remote.arrived.connect(self._live_moved)
        find = QShortcut(QKeySequence.StandardKey.Find, self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.filter.field.setFocus)

    def _single_shot(self, interval: int, slot: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval)
        timer.timeout.connect(slot)
        return timer

    # -- what is shown -------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - the names are Qt's
        """Read what happened while the page was hidden, once it was drawn: both would ask for Python."""
        super().showEvent(event)
        self._offer_details()
        self.feed.refresh_soon(FIRST_LOOK_MS)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Keep a note that is being written."""
        self.details.keep_note()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show details at first where there is room."""
        super().resizeEvent(event)
        if self.isVisible():
            self._offer_details()

    def _offer_details(self) -> None:
        if not self._details_asked:
            self.details_button.setChecked(self.width() >= ROOMY)

    def _follow_run(self, run: Any) -> None:
        """Take note when a live run is held and when it goes on, which the store does not know."""
        run.state_changed.connect(self._live_moved)
        self._live_moved()

    def _live_moved(self, _what: object = None) -> None:
        if self.isVisible():
            self.feed.refresh_soon()

    def _take(self, fed: Fed) -> None:
        self._was_fed = True
        self.snapshot = fed.snapshot
        if fed.asked != self.feed.asked:
            return  # another answer is on its way
        self.filter.set_rows(fed.snapshot.runs)
        self.model.show(fed.view)
        self._show_count(fed)
        self._choose_wanted()
        self._show_emptiness(fed)
        self.commands.fit(self.choice(), trashed=fed.snapshot.trashed)
        self._freshen_details(fed.difference.changed | fed.difference.added)

    def _freshen_details(self, changed: frozenset[str]) -> None:
        """Ask for the details of what is chosen anew where it changed; rarely while it only goes on."""
        rows, story = self.choice().rows, self.details.story
        if any(row.id in changed or row.experiment_id in changed for row in rows):
            goes_on = any(row.status == "running" for row in rows)
            tells_so = story is None or story.status == "running"
            timer = self._live_timer if goes_on and tells_so else self._details_timer
            if not timer.isActive():
                timer.start()

    def _show_count(self, fed: Fed) -> None:
        view = fed.view
        experiments = (
            tr("1 experiment") if view.experiments == 1 else tr("{0} experiments", show(view.experiments))
        )
        runs = tr("1 run") if view.runs == 1 else tr("{0} runs", show(view.runs))
        self.count.setText(tr("{0}, {1}", experiments, runs))
        self.trash_button.setText(show(fed.snapshot.trashed) if fed.snapshot.trashed else "")

    def _choose_wanted(self) -> None:
        """Choose what a restored session or a dropped folder asked for, once it is there."""
        wanted = set(self._wanted)
        # An answer to an earlier question, from before the store was read, does not have them.
        if wanted & {row.id for row in (*self.snapshot.experiments, *self.snapshot.runs)}:
            self._wanted = ()
            for row in self.snapshot.runs:
                if row.id in wanted:
                    self.model.set_open(row.experiment_id, True)
            self.view.choose(wanted)

    def _show_emptiness(self, fed: Fed) -> None:
        if self.model.rows:
            self.stack.setCurrentWidget(self.view)
            return
        if fed.asked.query.terms:
            clear = (tr("Clear the filter"), self._clear_filter)
            text = tr("No experiment and no run fits {0}.", self.filter.text)
            self.empty.set("filter", tr("Nothing fits the filter"), text, clear)
        elif fed.asked.trash:
            back = (tr("Back to the runs"), self.trash_button.click)
            text = tr("What you delete lies here until you empty the trash.")
            self.empty.set("trash", tr("The trash is empty"), text, back)
        else:
            text = tr(
                "Every run that is made here is kept and listed on this page. Set up arms at the left and "
                "press Run, or drop the folder of a run here."
            )
            self.empty.set("runs", tr("No runs yet"), text, self._start_action())
        self.stack.setCurrentWidget(self.empty)

    def _start_action(self) -> QAction | None:
        try:
            return self.desk.actions.get("run.start")
        except KeyError:
            return None

    def _clear_filter(self) -> None:
        self.filter.set_text("")

    def _tell_unreadable(self, error: Exception) -> None:
        self.empty.set(
            "error", tr("The store cannot be read"), str(error), (tr("Try again"), self.feed.refresh)
        )
        self.stack.setCurrentWidget(self.empty)

    # -- asking for something else -------------------------------------------------------------------------

    def _filter(self, query: Any) -> None:
        self.feed.ask(query=query)

    def _sort(self, key: str, descending: bool) -> None:
        self.feed.ask(sort=key, descending=descending)

    def _group(self, grouping: str) -> None:
        self._keep_columns()
        self.grouping.set_value(grouping)
        self.feed.ask(grouped=grouping == "grouped")
        self._use_columns(grouping)

    def _show_trash(self, shown: bool) -> None:
        for button in self.trash_tools:
            button.setVisible(shown)
        self.feed.ask(trash=shown)

    @property
    def _grouping(self) -> str:
        return "grouped" if self.feed.asked.grouped else "flat"

    def _use_columns(self, name: str) -> None:
        self.view.use_columns(self.columns[name], self.widths[name], grouped=name == "grouped")

    def _keep_columns(self) -> None:
        self.columns[self._grouping] = self.view.columns
        self.widths[self._grouping] = self.widths[self._grouping] | self.view.widths

    def _open_columns(self) -> None:
        button = self.columns_button
        self.view.columns_menu().popup(button.mapToGlobal(QPoint(0, button.height())))

    # -- what is chosen ------------------------------------------------------------------------------------

    def choice(self) -> Choice:
        """Return what is chosen."""
        return Choice(tuple(self.view.chosen_rows))

    def choose(self, *ids: str) -> None:
        """Choose experiments or runs by id, now or when they are there."""
        self._wanted = ids
        self.feed.refresh()

    def _choose(self) -> None:
        self.commands.fit(self.choice(), trashed=self.snapshot.trashed)
        self._details_timer.start()

    def _open_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setObjectName("runs-menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for number, part in enumerate(PARTS):
            if number:
                menu.addSeparator()
            for name in part:
                menu.addAction(self.commands.actions[name])
        menu.popup(self.view.viewport().mapToGlobal(place))

    def _decide_details(self) -> None:
        self._details_asked = True

    # -- details -------------------------------------------------------------------------------------------

    def _show_details(self, shown: bool) -> None:
        self.details.setVisible(shown)
        if shown and not self.splitter.sizes()[1]:
            width = self.splitter.width()
            self.splitter.setSizes([max(1, width - DETAILS_WIDTH), DETAILS_WIDTH])
        self._details_timer.start()

    def _ask_details(self) -> None:
        self.teller.ask(self.choice())

    # -- what is dropped -----------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Take files and folders; what they are is looked at when they are dropped."""
        if files_of(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Open what was dropped, or say politely what can be."""
        files = files_of(event.mimeData())
        event.acceptProposedAction()
        self.deeds.opening.open_dropped(files)

    def edit_note(self) -> None:
        """Put the cursor into the note of what is chosen."""
        self.show_details(True)
        self.teller.ask(self.choice(), then_edit=True)

    # -- the session ---------------------------------------------------------------------------------------

    def restore_rows(self, *, grouped: bool, sort: str, descending: bool, chosen: list[str]) -> None:
        """Show these rows, and choose some of them once they are there."""
        name = "grouped" if grouped else "flat"
        self.grouping.set_value(name)
        self._use_columns(name)
        self.view.set_sorted(sort, descending)
        self._wanted = tuple(chosen)
        self.feed.ask(grouped=grouped, sort=sort, descending=descending)

    def show_details(self, shown: bool) -> None:
        """Show the panel of details, or hide it."""
        self._details_asked = True
        self.details_button.setChecked(shown)

    def state(self) -> dict[str, Any]:
        """Return what the next session needs, as plain values."""
        self._keep_columns()
        return session.state_of(self)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what the last session left; what is damaged keeps its default."""
        session.restore(self, state)
