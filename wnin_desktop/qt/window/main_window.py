"""The main window: editor at the left, pages in the centre, inspector at the right, log and status below."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from wnin_desktop.errors import WninError
from wnin_desktop.qt.desk import Desk
from wnin_desktop.qt.dialogs.confirm import ask
from wnin_desktop.qt.experiment.dock import ExperimentDock
from wnin_desktop.qt.experiment.files import OPENING
from wnin_desktop.qt.experiment.inspector import Inspector
from wnin_desktop.qt.pages import PAGES
from wnin_desktop.qt.pages.compare.steer import SteerStrip
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import ICON_LARGE, theme
from wnin_desktop.qt.window import reading_order, session
from wnin_desktop.qt.window.dock import Dock
from wnin_desktop.qt.window.log_dock import LogView
from wnin_desktop.qt.window.menus import MenuBar
from wnin_desktop.qt.window.notice_area import NoticeArea
from wnin_desktop.qt.window.page_tabs import PageTabs
from wnin_desktop.qt.window.run_control import RunControl
from wnin_desktop.qt.window.status import Status
from wnin_desktop.runs.watch.experiment import WatchedExperiment

SMALLEST = QSize(1024, 640)
FIRST = QSize(1440, 900)
DOCK_WIDTHS = (300, 300)
LOG_HEIGHT = 110
SCREEN_SHARE = 0.94
"""Most of a small screen that the window takes at first; its frame needs room too."""
HEIGHT_FOR_LOG = 840


class MainWindow(QMainWindow):
    """Puts the parts together; it knows where they stand and nothing of what they do."""

    wished = Signal(object)
    """A `Wish` of another start on the same store."""
    closing = Signal()
    """The window was closed; the program ends."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("main-window")
        self.desk = desk
        self._is_sure = False
        self.setMinimumSize(SMALLEST)
        self.resize(FIRST.boundedTo(self.screen().availableSize() * SCREEN_SHARE))
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        # The arms and their fields need height; the log does not need width.
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.setAnimated(not theme().reduced_motion)
        self.menus = MenuBar(desk.actions, self)
        self.setMenuBar(self.menus)
        self.control = RunControl(desk, self)
        self.tabs = self._make_pages()
        self.pages = self.tabs.pages
        self.docks: dict[str, QDockWidget] = {}
        self._make_docks()
        self.widths = session.Widths(self)
        self.toolbar = self._make_toolbar()
        self.setStatusBar(Status(desk, self))
        self._add_view_actions()
        self.suit_height()
        self._first_layout = self.saveState(session.LAYOUT)
        desk.draft.changed.connect(self._name_window)
        desk.shown.changed.connect(self._name_window)
        desk.draft.stack.cleanChanged.connect(self._name_window)
        desk.page_wanted.connect(self.open_page)
        self._name_window()

    # -- parts ---------------------------------------------------------------------------------------------

    def _make_pages(self) -> PageTabs:
        tabs = PageTabs(self.desk, self)
        centre = QWidget(self)
        centre.setObjectName("centre")
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(tabs)
        self.notices = NoticeArea(self.desk.notices, tabs, centre)
        self.notices.log_wanted.connect(self._open_log)
        self.setCentralWidget(centre)
        return tabs

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - the name is Qt's
        """Make the pages behind the first one, once the window stands."""
        super().showEvent(event)
        self.tabs.make_rest_later()

    def _make_docks(self) -> None:
        areas = Qt.DockWidgetArea
        editor = ExperimentDock(self.desk)
        self.files = editor.files
        left = self._dock("experiment", tr("Experiment"), editor, areas.LeftDockWidgetArea)
        right = self._dock("inspector", tr("Inspector"), Inspector(self.desk), areas.RightDockWidgetArea)
        log = self._dock("log", tr("Log"), LogView(self.desk.notices, self), areas.BottomDockWidgetArea)
        self.resizeDocks([left, right], list(DOCK_WIDTHS), Qt.Orientation.Horizontal)
        self.resizeDocks([log], [LOG_HEIGHT], Qt.Orientation.Vertical)

    def _dock(self, name: str, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = Dock(title, self)
        dock.setObjectName(f"dock-{name}")
        dock.setAccessibleName(title)
        dock.setWidget(content)
        self.addDockWidget(area, dock)
        self.docks[name] = dock
        return dock

    def _make_toolbar(self) -> QToolBar:
        bar = QToolBar(tr("Run and steer"), self)
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(ICON_LARGE, ICON_LARGE))
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        for name in ("run.start", "run.pause", "run.step", "run.stop", "run.stop-now"):
            bar.addAction(self.desk.actions.get(name))
        run = bar.widgetForAction(self.desk.actions.get("run.start"))
        run.setObjectName("button-run")
        if isinstance(run, QToolButton):
            run.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.addToolBar(bar)
        self.steer_bar = self._make_steer_bar()
        return bar

    def _make_steer_bar(self) -> QToolBar:
        bar = QToolBar(tr("Steer"), self)
        bar.setObjectName("steer-bar")
        bar.setMovable(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.steer = SteerStrip(self.desk, bar)
        self.steer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(self.steer)
        self.addToolBar(bar)
        return bar

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the name is Qt's
        """Give the sliders a line of their own where the window is too narrow for one."""
        super().resizeEvent(event)
        needed = self.toolbar.sizeHint().width() + self.steer.sizeHint().width()
        broken = self.toolBarBreak(self.steer_bar)
        if needed > self.width() and not broken:
            self.insertToolBarBreak(self.steer_bar)
        elif needed <= self.width() and broken:
            self.removeToolBarBreak(self.steer_bar)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Let Tab go as one reads; parts that came later, such as arms, would stand at the end otherwise."""
        return reading_order.go(self, forward=forward)

    def _add_view_actions(self) -> None:
        add = self.desk.actions.add
        for index, spec in enumerate(PAGES):
            add(f"view.page-{spec.name}", tr(spec.title), self._opener(spec.name), menu="view",
                icon=spec.icon, shortcut=f"Ctrl+{index + 1}",
                tip=tr("Show the page {0}", tr(spec.title)))  # fmt: skip
        for number, (name, dock) in enumerate(self.docks.items()):
            action = add(f"view.dock-{name}", dock.windowTitle(), dock.setVisible,
                         menu="view" if number else "view|", checkable=True,
                         tip=tr("Show or hide the panel {0}", dock.windowTitle()))  # fmt: skip
            action.setChecked(True)
            dock.visibilityChanged.connect(self._follow_docks)
        add("view.reset-layout", tr("Reset &layout"), self.reset_layout, menu="view|", icon="reset",
            tip=tr("Put every panel back where it stood at first"))  # fmt: skip
        add("view.full-screen", tr("&Full screen"), self._toggle_full_screen, menu="view", shortcut="F11")
        for choice, title, icon in (("light", tr("&Light"), "sun"), ("dark", tr("&Dark"), "moon"),
                                    ("system", tr("As the s&ystem"), "monitor")):  # fmt: skip
            add(f"view.theme-{choice}", title, self._themer(choice), icon=icon,
                menu="view|" if choice == "light" else "view",
                tip=tr("Theme: {0}", title.replace("&", "")))  # fmt: skip

    def _opener(self, name: str) -> Callable[[], None]:
        return lambda: self.open_page(name)

    def _themer(self, choice: str) -> Callable[[], None]:
        return lambda: self.desk.preferences.change(**{"appearance.theme": choice})

    def open_page(self, name: str) -> None:
        """Bring a page to the front."""
        self.tabs.setCurrentWidget(self.pages[name])

    def _open_log(self) -> None:
        self.docks["log"].show()
        self.docks["log"].raise_()

    def _follow_docks(self, _visible: bool) -> None:
        for name, dock in self.docks.items():
            action = self.desk.actions.get(f"view.dock-{name}")
            action.blockSignals(True)
            action.setChecked(not dock.isHidden())
            action.blockSignals(False)

    def _toggle_full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def _name_window(self, *_: object) -> None:
        draft = self.desk.draft
        name = str(draft.data.get("name") or tr("Untitled experiment"))
        self.setWindowTitle(f"{name}[*] - WNIN Desktop")
        self.setWindowModified(draft.is_changed)

    def suit_height(self) -> None:
        """Show the log where there is height for it; in a small window the plots need it more."""
        self.docks["log"].setVisible(self.height() >= HEIGHT_FOR_LOG)

    # -- session -------------------------------------------------------------------------------------------

    def reset_layout(self) -> None:
        """Put every panel back where it stood at first."""
        self.restoreState(self._first_layout, session.LAYOUT)
        for dock in self.docks.values():
            dock.setVisible(True)
        self.widths.restore({})
        self.suit_height()

    def restore_session(self) -> None:
        """Bring back what the last session left; whatever is damaged becomes the default."""
        state = self.desk.state
        if not self.desk.preferences.value.behaviour.restore_session:
            return
        if not session.restore_layout(self, state):
            self.reset_layout()
        for name, page in self.pages.made.items():
            session.restore_page(name, page, state)
        self.pages.dress = lambda name, page: session.restore_page(name, page, state)
        wanted = state.get("window.page", "")
        if wanted in self.pages:
            self.open_page(wanted)
        self.desk.draft.from_state(session.table(state, "draft"))
        if shown := state.get("shown", ""):
            self._show_again(shown)

    def _show_again(self, experiment_id: str) -> None:
        """Show what was shown at the end of the last session; one that is gone is passed over."""

        def load(_task: object) -> WatchedExperiment | None:
            try:
                found = WatchedExperiment.load(self.desk.store, experiment_id)
            except WninError:
                return None
            found.prepare(found.keys)
            return found

        def show(found: WatchedExperiment | None) -> None:
            if found is not None and self.desk.shown.current is None:
                self.desk.shown.show(found)

        self.desk.tasks.start(load, then=show)

    def keep_session(self) -> None:
        """Remember panels, pages and the draft."""
        state = self.desk.state
        session.keep_layout(self, state)
        # A page that nobody looked at is as the session before left it.
        for name, page in self.pages.made.items():
            state.set(f"page.{name}", page.state())
        state.set("window.page", self.tabs.front)
        state.set("draft", self.desk.draft.to_state())
        current = self.desk.shown.current
        state.set(
            "shown", current.experiment_id if current is not None and current.origin != "remote" else ""
        )

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - the name is Qt's
        """Close in any state: the draft is remembered, runs are stopped with a checkpoint."""
        if self._must_ask():
            event.ignore()
            return
        if not self.desk.is_closed:
            self.keep_session()
            self.hide()
            self.desk.close()
            self.closing.emit()
        event.accept()

    def _must_ask(self) -> bool:
        """Ask, where the person wants it, and return whether the answer must be waited for."""
        live = len(self.desk.runs.live)
        wanted = self.desk.preferences.value.behaviour.confirm_close
        if not (wanted and live) or self._is_sure or self.desk.is_closed:
            return False
        ask(
            self,
            tr("Stop {0} comparisons and close?", live),
            tr("Each saves a checkpoint first and can be resumed from the Runs page."),
            (("cancel", tr("Cancel")), ("close", tr("Stop and c&lose"), "primary")),
            "cancel",
            self._close_if,
            name="close-question",
        )
        return True

    def _close_if(self, answer: str) -> None:
        if answer == "close":
            self._is_sure = True
            self.close()

    # -- files dropped on the window -----------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Take files; what they are is looked at when they are dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Open a dropped file, or say politely why not."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.open_dropped(files)

    def open_dropped(self, files: list[str]) -> None:
        """Give dropped files to the part that reads them."""
        if len(files) == 1 and self.files.accepts(files[0]):
            self.files.open_file(files[0])
            return
        text = tr("Drop one experiment file: .toml, .json or .yaml.")
        self.desk.notices.tell(tr("This cannot be opened here."), kind="warning", do=text, topic=OPENING)
