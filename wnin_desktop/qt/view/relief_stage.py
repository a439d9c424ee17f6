"""Tells the viewer of runs as they grow: a few times a second, and only what is new."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from wnin_desktop.qt.pages.landscape import dress as dressing
from wnin_desktop.qt.pages.landscape.looking import Height
from wnin_desktop.qt.pages.landscape.scene3d import Dress
from wnin_desktop.qt.plots.lens import Lens
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.view import relief
from wnin_desktop.qt.view.relief import Line, Track
from wnin_desktop.qt.viewer.process import ViewerProcess
from wnin_desktop.qt.viewer.view import View3D
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.runs.watch.run import WatchedRun
from wnin_desktop.schema.metrics import Metric
from wnin_desktop.viewer import limits
from wnin_desktop.viewer.messages import Layout, Remove

EVERY_MS = 200
"""Between two looks at what is new."""


class ReliefStage(QObject):
    """Between a watched experiment and the viewer."""

    def __init__(
        self, experiment: WatchedExperiment, metric: Metric, lens: Lens, viewer: ViewerProcess, view: View3D
    ) -> None:
        super().__init__(view)
        self.setObjectName("view-relief-stage")
        self._experiment, self._metric, self._lens = experiment, metric, lens
        self._viewer, self._view = viewer, view
        self._lines: dict[str, Line] = {}
        self._tracks: dict[str, Track] = {}
        self._axis: Height | None = None
        self._decor: object = None
        self._styles: dict[int, object] = {}
        self._dress: Dress | None = None
        self._names = ""
        self.log: bool | None = None
        """Whether heights are logarithmic; None follows the losses."""
        self._is_begun = self._is_alone = self._has_marks = False
        self._soon = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._soon.timeout.connect(self._tell)
        lens.changed.connect(self.want)
        theme().changed.connect(self._take_theme)
        view.scale_changed.connect(self._take_scale)

    # -- what changed --------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Tell everything, now."""
        self._is_begun = True
        self._names, self._decor, self._dress = "", None, None
        self._viewer.show(Layout(titles=("",)))
        self._tell()

    def want(self) -> None:
        """Tell soon what is new."""
        if self._is_begun and not self._soon.isActive():
            self._soon.start()

    def set_alone(self, alone: bool) -> None:
        """Say what the height is in the picture itself, where there is room for it."""
        if alone != self._is_alone:
            self._is_alone, self._decor = alone, None
            self.want()

    def _take_theme(self) -> None:
        self._names, self._dress = "", None
        self._styles.clear()
        self.want()

    def _take_scale(self) -> None:
        self._names = ""
        self.want()

    @property
    def is_idle(self) -> bool:
        """Whether everything was told."""
        return not self._soon.isActive()

    @property
    def is_log(self) -> bool | None:
        """Whether heights are logarithmic now; None before the first axis."""
        return self._axis.log if self._axis is not None else None

    # -- telling -------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        if self._viewer.is_busy:
            self._soon.start()
            return
        self._tell_theme()
        drawn = relief.runs_drawn({arm: self._experiment.runs_of(arm) for arm in self._arms})
        self._follow_lines([run for runs in drawn.values() for run in runs])
        self._tell_axes(drawn)
        told: set[str] = set()
        diverged: list[tuple[Line, float]] = []
        for lane, arm in enumerate(self._arms):
            places = relief.lanes(float(lane), len(drawn[arm]))
            told |= self._tell_arm(arm, float(lane), drawn[arm], places)
            diverged += [
                (self._lines[run.run_id], place)
                for run, place in zip(drawn[arm], places, strict=True)
                if run.status == "diverged"
            ]
        for name in self._tracks.keys() - told:
            self._drop(name)
        if diverged or self._has_marks:
            self._has_marks = bool(diverged)
            self._viewer.show(relief.marks(diverged, self._now))

    @property
    def _arms(self) -> tuple[str, ...]:
        return tuple(arm for arm in self._experiment.arms if arm not in self._lens.hidden)

    @property
    def _now(self) -> Dress:
        places = {self._experiment.colour_of(arm) for arm in self._experiment.arms} | {0}
        if self._dress is None or not places <= set(self._dress.arms):
            self._dress = dressing.dress(places)
        return self._dress

    def _tell_theme(self) -> None:
        titles = "".join(self._titles())
        names = "".join(self._experiment.arms) + titles
        if not self._names or names != self._names:
            self._names = names
            ratio = self._view.devicePixelRatioF()
            glyphs = [dressing.glyphs(face, ratio, names) for face in (0, 1)]
            self._viewer.show(self._now.style, *glyphs)

    def _titles(self) -> tuple[str, str, str]:
        return tr("step"), "", self.height_words() if self._is_alone else ""

    def height_words(self) -> str:
        """Return what the height is, with its unit."""
        return f"{tr(self._metric.title)} ({tr(self._metric.unit)})"

    def _follow_lines(self, runs: list[WatchedRun]) -> None:
        series = {run.run_id: run.series.get(self._metric.key) for run in runs}
        counts = [len(each) for each in series.values() if each is not None]
        stride = relief.stride_for(counts)
        for run in runs:
            line = self._lines.setdefault(run.run_id, Line())
            line.follow(series[run.run_id], stride, ended=run.has_ended)

    def _tell_axes(self, drawn: dict[str, list[WatchedRun]]) -> None:
        runs = [run for each in drawn.values() for run in each]
        low_high = relief.extent([self._lines[run.run_id].heights for run in runs])
        low, high = low_high or (0.0, 1.0)
        log = relief.is_better_log(low, high) if self.log is None else self.log
        if self._axis is None or not relief.fits(self._axis, low, high, log=log):
            self._axis = relief.height_axis(low, high, log=log)
        steps = max((max(run.steps, run.step) for run in runs), default=1)
        decor = (self._arms, steps, self._axis)
        if decor != self._decor:
            self._decor = decor
            self._viewer.show(*relief.decor(self._arms, steps, self._axis, self._titles()))

    def _tell_arm(self, arm: str, lane: float, runs: list[WatchedRun], places: list[float]) -> set[str]:
        """Tell the paths of an arm; return their names."""
        alone = len(runs) == 1
        for run, place in zip(runs, places, strict=True):
            line = self._lines[run.run_id]
            self._tell_path(f"run {run.run_id}", arm, line, place, strong=alone)
        names = {f"run {run.run_id}" for run in runs}
        if len(runs) > 1:
            lines = [self._lines[run.run_id] for run in runs]
            steps, heights = relief.mean_line(lines, [run.status == "running" for run in runs])
            self._tell_path(f"arm {arm}", arm, Line(steps, heights), lane, strong=True)
            names.add(f"arm {arm}")
        return names

    def _tell_path(self, name: str, arm: str, line: Line, lane: float, *, strong: bool) -> None:
        track = self._tracks.get(name)
        if track is None:
            number = self._free_number()
            if number is None:
                return
            track = self._tracks[name] = Track(number)
        self._viewer.show(*track.tell(line.steps, line.heights, lane))
        look = relief.style(track.number, arm, self._experiment.colour_of(arm), self._now, strong=strong)
        if self._styles.get(track.number) != look:
            self._styles[track.number] = look
            self._viewer.show(look)

    def _free_number(self) -> int | None:
        taken = {track.number for track in self._tracks.values()}
        return next((number for number in range(1, limits.PATHS + 1) if number not in taken), None)

    def _drop(self, name: str) -> None:
        track = self._tracks.pop(name)
        self._styles.pop(track.number, None)
        self._viewer.show(Remove(what="path", id=track.number))
