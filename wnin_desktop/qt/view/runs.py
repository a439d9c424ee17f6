"""Runs as they stream, or as a file tells them: paths over (step, arm) in 3-D beside the curves."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QSignalBlocker, QStandardPaths, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from wnin_desktop.engine.durable import replacing
from wnin_desktop.qt import numbers
from wnin_desktop.qt.pages.landscape.pair import Pair
from wnin_desktop.qt.pages.landscape.saving import FOLDER
from wnin_desktop.qt.plots.legend import Legend
from wnin_desktop.qt.plots.lens import Lens
from wnin_desktop.qt.plots.metric_plot import MetricPlot
from wnin_desktop.qt.plots.smooth import Smoothing
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space
from wnin_desktop.qt.view.bench import Bench
from wnin_desktop.qt.view.content import Content
from wnin_desktop.qt.view.feed import Feed, FeedState
from wnin_desktop.qt.view.gathering import Gathering
from wnin_desktop.qt.view.relief_stage import ReliefStage
from wnin_desktop.qt.widgets import EmptyState, IconButton
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.events import RunEvent
from wnin_desktop.schema.metrics import BY_KEY
from wnin_desktop.viewer import limits

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk

FRAME_MS = 40
APPLY_BUDGET_S, READ_BUDGET_S = 0.008, 0.03
"""Time in each frame for events of a stream, and for those of a file, after which nothing else comes."""
APPLY_EVENTS = 64
"""Events taken in between two looks at the clock."""
METRIC = BY_KEY["train_loss"]
SMOOTHING = Smoothing("ema", 0.9)
MIDDLE = " \N{MIDDLE DOT} "
SWITCHES = {
    "log": ("axis-log", "Loss on a logarithmic axis"),
    "3d": ("landscape", "Show or hide the paths in three dimensions"),
    "2d": ("plot", "Show or hide the curves"),
}


class RunViews(Pair):
    """Paths in 3-D and the same runs as curves; these stand alone where no viewer can live."""

    def __init__(self, bench: Bench, experiment: WatchedExperiment, lens: Lens, retry: QAction) -> None:
        super().__init__()
        self.setObjectName("view-run-views")
        self.stage = ReliefStage(experiment, METRIC, lens, self.viewer, self.view3d)
        self.view3d.setAccessibleName(tr("Losses of the runs in three dimensions"))
        # A plot asks its desk for nothing but what is shown and when there is more of it.
        self.plot = MetricPlot(METRIC, cast("Desk", bench), self, lens=lens)
        self.plot.header.hide()
        self.reset2d = IconButton(
            "zoom-fit", tr("Show all (Home)"), self, name="view-reset-2d", colour="muted"
        )
        self.reset2d.clicked.connect(lens.reset)
        self.build("view", self.plot, tr("Curves over steps"), (self.reset2d,), retry)
        self.refresh()

    @property
    def teller(self) -> ReliefStage:
        """What tells the viewer of the runs."""
        return self.stage

    def height_words(self) -> str:
        """Return what the height is."""
        return self.stage.height_words()

    def alone_words(self, reason: str) -> str:
        """Return why there are curves only."""
        return tr("Curves alone: {0}", reason)


class RunsContent(Content):
    """Arms above, paths and curves below; who sends them stands in the line at the foot.

    Attributes:
        gathering: The runs so far.
        views: Both pictures of them.
        lens: Which arms are seen.
    """

    def __init__(
        self,
        bench: Bench,
        *,
        feed: Feed | None = None,
        events: list[RunEvent] | None = None,
        source: str,
        parent: QWidget | None = None,
    ) -> None:
        """Show runs.

        Args:
            bench: What the parts of the window share.
            feed: Where events come from, begun already; None where all of them are in `events`.
            events: What is there from the start.
            source: The address or the file, as a person knows it.
            parent: Owner.
        """
        super().__init__(parent)
        self.setObjectName("view-runs")
        self._bench, self._feed, self._source = bench, feed, source
        self.gathering = Gathering(source)
        self._waiting: deque[RunEvent] = deque(events or ())
        self._is_ended = False
        self._was_lost = False
        self._seen: tuple[str, ...] = ()
        self.lens = Lens(self)
        self.lens.smoothing, self.lens.bands = SMOOTHING, False
        self._make_parts()
        self._place()
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._frame)
        self.setAccessibleName(self.title())
        self._follow()

    # -- made of -------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        retry = QAction(tr("Retry the 3-D &viewer"), self)
        retry.setToolTip(tr("Try to start the 3-D viewer again"))
        experiment = self.gathering.experiment
        self._bench.shown.show(experiment)
        self.views = RunViews(self._bench, experiment, self.lens, retry)
        self.views.setParent(self)
        retry.triggered.connect(self.views.retry)
        self.legend = Legend(self.lens, self)
        self.legend.set_experiment(experiment)
        self.switches = {
            name: IconButton(icon, tr(tip), self, name=f"view-{name}", checkable=True)
            for name, (icon, tip) in SWITCHES.items()
        }
        self.save_button = IconButton("image", tr("Save a picture (Ctrl+S)"), self, name="view-save")
        self.switches["log"].clicked.connect(self._set_log)
        self.switches["3d"].clicked.connect(self._want_3d)
        self.switches["2d"].clicked.connect(self._want_2d)
        self.save_button.clicked.connect(self.save_picture)
        self.views.shown_changed.connect(self._follow)
        self.lens.changed.connect(self._follow)
        self.empty = EmptyState(
            "server",
            tr("No run yet"),
            tr("Runs appear here as they begin: wnin train --ws {0}", self._source),
            parent=self,
        )

    def _place(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(Space.XS)
        head.addWidget(self.legend, 1)
        for button in (*self.switches.values(), self.save_button):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        body = QWidget(self)
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.views)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addLayout(head)
        column.addWidget(body, 1)

    # -- what it is asked ----------------------------------------------------------------------------------

    def title(self) -> str:
        """Return where the runs come from."""
        return self._source if self._feed is not None else Path(self._source).name

    def start(self) -> None:
        """Take events in."""
        self._frame()
        if not self._is_ended:
            self._timer.start()

    def reset_camera(self) -> None:
        """Look as at first, and show all curves."""
        self.views.reset_camera()
        self.lens.reset()

    def close_all(self) -> None:
        """End the stream and the viewer."""
        self._timer.stop()
        if self._feed is not None:
            self._feed.close()
        self.views.close_viewer()

    @property
    def process_id(self) -> int:
        """Return the number of the viewer's process, 0 without one."""
        return self.views.viewer.process_id

    @property
    def is_settled(self) -> bool:
        """Whether what is seen is what came."""
        return not self._waiting and self.views.is_settled and self.views.plot.pacer.is_idle

    # -- events --------------------------------------------------------------------------------------------

    def _frame(self) -> None:
        if self._feed is not None:
            self._waiting.extend(self._feed.drain())
        if self._take_in():
            self._tell_grown()
        if self._feed is None and not self._waiting and not self._is_ended:
            self._end()
        self._tell_line()

    def _take_in(self) -> bool:
        until = time.perf_counter() + (READ_BUDGET_S if self._feed is None else APPLY_BUDGET_S)
        took = False
        while self._waiting and time.perf_counter() < until:
            count = min(APPLY_EVENTS, len(self._waiting))
            self.gathering.take([self._waiting.popleft() for _ in range(count)])
            took = True
        return took

    def _tell_grown(self) -> None:
        experiment = self.gathering.experiment
        if experiment.arms != self._seen:
            self._seen = experiment.arms
            self._stack.setCurrentIndex(1)
            self.legend.refresh()
            self._follow()
            self.views.start()
        self.views.stage.want()
        self._bench.runs.framed.emit(frozenset((experiment,)))
        self._follow_scale()

    def _end(self) -> None:
        self._is_ended = True
        self._timer.stop()
        self.gathering.end()
        self._bench.runs.framed.emit(frozenset((self.gathering.experiment,)))

    def _tell_line(self) -> None:
        kind = "muted"
        parts = [self._source]
        if self._feed is not None:
            state = self._feed.state
            if state.link == "connected":
                self._was_lost = True
            elif state.link == "refused":
                parts.append(tr("refused: {0}", state.reason))
                kind = "danger"
            elif self._was_lost:
                parts.append(tr("connection lost: {0}; trying again", _why(state)))
                kind = "warning"
            else:
                parts.append(tr("no server yet: {0}; trying again", _why(state)))
                kind = "warning"
            if state.missed:
                parts.append(tr("{0} steps left out", numbers.show(state.missed)))
        self.told.emit(MIDDLE.join(parts + self._about_runs()), kind)

    def _about_runs(self) -> list[str]:
        runs, hosts = self.gathering.experiment.runs, list(self.gathering.hosts)
        parts = [tr("on {0}", ", ".join(hosts[:3]) + ("\N{HORIZONTAL ELLIPSIS}" if hosts[3:] else ""))]
        if not runs:
            return []
        live = self.gathering.live
        count = tr("1 run") if len(runs) == 1 else tr("{0} runs", len(runs))
        running = tr("{0} running", live) if live else tr("all ended")
        parts = parts if hosts else []
        parts.append(f"{count}, {running}")
        if len(runs) > limits.PATHS:
            parts.append(tr("not all of them in 3-D"))
        return parts

    # -- following -----------------------------------------------------------------------------------------

    def _follow(self) -> None:
        can_draw, has_runs = self.views.can_draw, bool(self.gathering.experiment.arms)
        for name, on, enabled in (
            ("3d", self.views.is_wanted("3d"), can_draw),
            ("2d", self.views.is_wanted("2d"), can_draw),
            ("log", self.lens.is_log_y(METRIC), True),
        ):
            with QSignalBlocker(self.switches[name]):
                self.switches[name].setChecked(on)
            self.switches[name].setEnabled(enabled and has_runs)
        self.save_button.setEnabled(has_runs)

    def _follow_scale(self) -> None:
        """Let the curves have the axis that the losses ask for, until a person chooses one."""
        stage = self.views.stage
        if stage.log is None and stage.is_log is not None:
            self.lens.set_log_y(METRIC, stage.is_log)

    def _set_log(self, on: bool) -> None:
        self.views.stage.log = on
        self.lens.set_log_y(METRIC, on)
        self.views.stage.want()

    def _want_3d(self, on: bool) -> None:
        self.views.want("3d", on)

    def _want_2d(self, on: bool) -> None:
        self.views.want("2d", on)

    # -- a picture -----------------------------------------------------------------------------------------

    def save_picture(self) -> None:
        """Ask where to, and write what is seen."""
        if not self.gathering.experiment.arms:
            self._bench.notices.tell(tr("There is no run to take a picture of yet."))
            return
        dialog = self.dialog = QFileDialog(self.window(), tr("Save picture"))
        dialog.setObjectName("view-save-dialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        folder = self._bench.state.get(FOLDER, "")
        home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.HomeLocation)
        dialog.setDirectory(folder if folder and Path(folder).is_dir() else home)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(tr("PNG picture (*.png)"))
        dialog.setDefaultSuffix("png")
        dialog.selectFile(f"{time.strftime('%Y-%m-%d')}_runs.png")
        dialog.fileSelected.connect(self.write_picture)
        dialog.open()

    def write_picture(self, name: str) -> None:
        """Write what is seen."""
        path, image = Path(name), self.grab().toImage()
        self._bench.state.set(FOLDER, str(path.parent))

        def work(_task: object) -> Path:
            from PySide6.QtCore import QBuffer, QIODevice  # noqa: PLC0415 - in the thread that writes

            buffer = QBuffer()
            buffer.open(QIODevice.OpenModeFlag.WriteOnly)
            image.save(buffer, "PNG")  # type: ignore[call-overload] - Qt takes bytes or text here
            with replacing(path) as handle:
                handle.write(buffer.data().data())
            return path

        self._bench.tasks.start(
            work, then=self._tell_saved, failed=self._tell_failed, title=tr("Save {0}", path.name)
        )

    def _tell_saved(self, path: Path) -> None:
        self._bench.notices.tell(tr("Saved {0}.", path.name), kind="good")

    def _tell_failed(self, error: Exception) -> None:
        self._bench.notices.tell(tr("It was not written: {0}", error), kind="danger")


def _why(state: FeedState) -> str:
    """Return why there is no connection, in words for people."""
    if state.reason.startswith("Connect call failed"):
        return tr("nothing listens there")
    return state.reason or tr("connecting")
