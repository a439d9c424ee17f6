"""What is drawn when: the experiment that is shown, its kept surfaces, a new evaluation, paths that grow."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from wnin_desktop.errors import InputError, Problem
from wnin_desktop.qt.pages.landscape.about import About, look
from wnin_desktop.qt.pages.landscape.clips import Clips
from wnin_desktop.qt.pages.landscape.live import Growth
from wnin_desktop.qt.pages.landscape.model import Event, LandscapeModel
from wnin_desktop.qt.pages.landscape.request_form import SIGMAS
from wnin_desktop.qt.pages.landscape.setup import OTHER, Setup
from wnin_desktop.qt.pages.landscape.survey import Survey, progress_words
from wnin_desktop.qt.pages.landscape.terrain import Terrain
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.landscape.quick import FINENESS, is_quick
from wnin_desktop.schema.landscape import (
    LandscapeEvent,
    LandscapeRequest,
    PlaneReady,
    SmoothedLevel,
    Surface,
    SurfaceDone,
    SurfaceLevel,
    SurfaceStopped,
)

if TYPE_CHECKING:
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

LOOK_MS = 1500
"""How often it is looked whether a running experiment has left a path yet."""
NUMBERS_MS = 250
"""Numbers change at most four times a second."""
EVENT_KINDS = {"intervention": "intervention", "diverged": "diverged"}
"""Markers of a watched experiment that are shown on its paths."""


class Course(QObject):
    """Decides; the parts of the page show.

    Attributes:
        experiment: The experiment that is shown.
        clips: Where surfaces are cut.
        about: What the store has of it; None while nobody knows.
        reason: Why no surface can be drawn now; empty where one can.
        stopped: The part that was done of an evaluation that was cancelled; None where there is none.
    """

    changed = Signal()

    def __init__(self, desk: Any, model: LandscapeModel, setup: Setup, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-course")
        self._desk, self._model, self._setup = desk, model, setup
        self.survey = Survey(desk, self)
        self.live = Growth(desk, model, self)
        self.clips = Clips(model)
        self.experiment: WatchedExperiment | None = None
        self.about: About | None = None
        self.reason = ""
        self.stopped: float | None = None
        self._request: LandscapeRequest | None = None
        self._refused: tuple[Problem, ...] = ()
        """What the last evaluation found wrong with the request."""
        self._asked: Mapping[str, Any] = {}
        """What the surface that is evaluated was asked as."""
        self._is_seen = False
        self._wants_runs: list[tuple[str, int]] = []
        """Runs that the last session had checked, until their experiment is shown."""
        self._is_asking = False
        self._subject: WatchedExperiment | None = None
        """What is asked about; None where another experiment was shown since."""
        self._sampled: set[str] = set()
        """Experiments whose first surface was drawn unasked, or was begun to be."""
        self._look_again = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._look_again.timeout.connect(self._ask_again)
        self._numbers = QTimer(self, singleShot=True, interval=NUMBERS_MS)
        self._numbers.timeout.connect(self._tell_progress)
        self._connect()

    def _connect(self) -> None:
        self.survey.heard.connect(self._hear)
        self.survey.progressed.connect(self._progressed)
        self.survey.state_changed.connect(self._follow_survey)
        self.survey.failed.connect(self._fail)
        self._setup.request.edited.connect(self._take_edit)
        self._setup.runs.chosen.connect(self._take_edit)
        self._setup.kept_chosen.connect(self._show_kept)
        self._desk.shown.changed.connect(self._follow_shown)
        self._desk.runs.ended.connect(self._run_ended)
        self._desk.runs.started.connect(self._run_began)
        self._desk.runs.framed.connect(self._take_frame)

    # -- which experiment ----------------------------------------------------------------------------------

    def set_seen(self, seen: bool) -> None:
        """Work only while somebody looks at the page."""
        self._is_seen = seen
        self.live.set_seen(seen)
        if seen:
            self._follow_shown()
            self._ask()

    def _follow_shown(self) -> None:
        experiment = self._desk.shown.current
        if not self._is_seen:
            return
        if experiment is self.experiment:
            self._take_colours()
            self._check()
            return
        self.survey.cancel()
        self.live.leave()
        self.clips.keep(self.experiment)
        self.experiment, self.about, self.stopped, self._subject = experiment, None, None, None
        self._setup.table.show_runs(experiment)
        self._setup.show_kept([], OTHER)
        self._model.show_plane(None)
        self.clips.suit(experiment)
        self._take_colours()
        self._restore_runs()
        self._ask()
        self._check()

    def _take_colours(self) -> None:
        experiment = self.experiment
        if experiment is not None:
            self._setup.runs.refresh_runs(experiment)
            self._model.set_colours({arm: experiment.colour_of(arm) for arm in experiment.arms})

    def _ask(self, *, read: bool | None = None) -> None:
        """Look away from here what there is of the experiment."""
        experiment = self.experiment
        if (
            experiment is None
            or experiment.origin == "remote"
            or not experiment.experiment_id
            or self._is_asking
        ):
            self.changed.emit()
            return
        self._is_asking, self._subject = True, experiment
        store, experiment_id = self._desk.store, experiment.experiment_id
        wanted = self._model.terrain is None and not self.survey.is_busy if read is None else read
        self._desk.tasks.start(
            lambda _task: look(store, experiment_id, read=wanted),
            then=self._take_about,
            failed=self._take_nothing,
        )

    def _take_nothing(self, _error: Exception) -> None:
        self._is_asking = False
        self._check()

    def _take_about(self, about: About) -> None:
        self._is_asking = False
        experiment = self.experiment
        if experiment is None or experiment is not self._subject:
            self._ask()
            return
        first = self.about is None
        self.about = about
        self._setup.runs.set_paths(about.paths)
        if first:
            self._choose_plane()
        if about.newest is not None and self._model.terrain is None and not self.survey.is_busy:
            self._show_surface(about.newest)
        self._list_kept()
        self._check()
        if self._is_live and not about.points:
            self._look_again.start()
        if self.reason == "" and self._is_seen:
            self.survey.get_ready()
            self._draw_sample(about)

    def _choose_plane(self) -> None:
        """Begin with the plane that shows how the runs moved, where that was recorded."""
        untouched = "plane" not in self._setup.request.state()
        if untouched and self._setup.runs.all_have_paths:
            self._setup.request.set("plane", "pca")

    def _ask_again(self) -> None:
        if self._is_seen and self._is_live:
            self._ask()

    @property
    def _is_live(self) -> bool:
        return any(run.experiment is self.experiment for run in self._desk.runs.live)

    def _run_began(self, run: Any) -> None:
        if run.experiment is self.experiment and self._is_seen:
            self._take_colours()
            self._ask()

    def _run_ended(self, run: Any) -> None:
        if run.experiment is self.experiment:
            self.live.end()
            self._run_began(run)

    def _take_frame(self, changed: frozenset[WatchedExperiment]) -> None:
        if self.experiment not in changed:
            return
        self._take_events()
        if self.about is None and self._is_seen and not self._is_asking:
            # An experiment that begins gets its name after it is shown.
            self._take_colours()
            self._ask()

    def _take_events(self) -> None:
        experiment, terrain = self.experiment, self._model.terrain
        if experiment is None or terrain is None:
            return
        runs = {path.run_id for path in terrain.paths}
        found = tuple(
            Event(marker.run_id, marker.step, EVENT_KINDS[marker.kind])
            for marker in experiment.markers
            if marker.kind in EVENT_KINDS and marker.run_id in runs
        )
        self._model.set_events(found)

    # -- whether it can be drawn ---------------------------------------------------------------------------

    def _take_edit(self) -> None:
        self._refused = ()
        self._check()

    def _check(self) -> None:
        """Check the request and say what is wrong with it; what was refused stays said until it is edited."""
        runs = self._setup.runs.run_ids
        self._request, others = self._setup.request.check(runs)
        if self._refused:
            others = self._setup.request.show_problems(list(self._refused))
        self._setup.show_hint()
        texts = [problem.allowed for problem in others] if self.experiment is not None else []
        self._setup.show_faults([f"{text[:1].upper()}{text[1:].rstrip('.')}." for text in texts])
        self.reason = self._why_not()
        self.changed.emit()

    def _why_not(self) -> str:
        experiment = self.experiment
        if experiment is None:
            return tr("No experiment is shown.")
        if experiment.origin == "remote":
            return tr("This experiment trains elsewhere; its parameters are not here.")
        return self._why_nowhere(experiment) or self._why_not_now()

    def _why_nowhere(self, experiment: WatchedExperiment) -> str:
        if not experiment.experiment_id:
            return tr("It has not begun yet.")
        if self.about is None:
            return tr("Reading what it left.")
        return "" if self.about.has_points else tr("It has left neither a checkpoint nor a recorded path.")

    def _why_not_now(self) -> str:
        if self.survey.is_busy:
            return tr("A surface is being drawn.")
        return "" if self._request is not None else tr("A field is not accepted.")

    # -- drawing -------------------------------------------------------------------------------------------

    @property
    def request(self) -> LandscapeRequest | None:
        """What the form asks for; None where a field is not accepted."""
        return self._request

    def draw(self) -> None:
        """Evaluate what the form asks for."""
        self._check()
        if self._request is not None and not self.reason:
            self._evaluate(self._request)

    def _draw_sample(self, about: About) -> None:
        """Draw unasked, once, what takes a moment: who opens the page after a comparison sees a surface."""
        if about.sample is None or self._is_live or about.experiment_id in self._sampled:
            return
        self._sampled.add(about.experiment_id)
        if self._model.terrain is None and not self.survey.is_busy:
            self._evaluate(about.sample)

    def _evaluate(self, request: LandscapeRequest) -> None:
        self._asked = request.model_dump(mode="json")
        self.stopped, self._refused = None, ()
        self.survey.start(request, self._desk.store.path)
        self._check()

    def draw_smoothed(self) -> None:
        """Evaluate the surface that is shown under weight noise too."""
        terrain = self._model.terrain
        if terrain is not None:
            self._setup.request.show(terrain.request)
        if not self._setup.request.data.get("sigma"):
            self._setup.request.set("sigma", list(SIGMAS))
        self.draw()

    def cancel(self) -> None:
        """End the evaluation; what was done is kept."""
        self.survey.cancel()

    def _hear(self, events: list[LandscapeEvent]) -> None:
        for event in events:
            self._take(event)

    def _take(self, event: LandscapeEvent) -> None:
        terrain = self._model.terrain
        if isinstance(event, PlaneReady):
            self._model.show_plane(Terrain.of_plane(self._asked, event))
            self._take_events()
            self.live.follow(self.experiment, alive=self._is_live)
        elif terrain is None:
            return
        elif isinstance(event, SurfaceLevel):
            self._model.refine(terrain.with_level(event))
        elif isinstance(event, SmoothedLevel):
            self._model.refine(terrain.with_smoothed(event))
        elif isinstance(event, SurfaceDone):
            self._take_done(terrain, event)
        elif isinstance(event, SurfaceStopped):
            self.stopped = event.done

    def _take_done(self, terrain: Terrain, event: SurfaceDone) -> None:
        paths = terrain.paths if self.live.is_following else None
        self._model.finish(terrain.finished(event.surface, paths))
        if paths is None:  # it ended while it was drawn, and its last points may have come after
            self.live.follow(self.experiment, alive=self._is_live)
        self._ask(read=False)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, InputError):
            self._refused = tuple(error.problems)
            said = " ".join(problem.sentence() for problem in error.problems)
            self._desk.notices.tell(tr("The surface was not drawn: {0}", said), kind="warning")
            self._check()
            return
        self._desk.notices.tell_error(
            error, what=tr("The surface was not drawn"), kept=tr("What was evaluated of it is kept.")
        )

    def _follow_survey(self) -> None:
        self._setup.set_busy(self.survey.is_busy)
        self._tell_progress()
        self._check()

    def _progressed(self) -> None:
        if not self._numbers.isActive():
            self._numbers.start()

    def _tell_progress(self) -> None:
        self._setup.show_progress(*self.progress())
        self.changed.emit()

    def progress(self) -> tuple[float | None, str]:
        """Return how far the evaluation is, None where nobody knows, and that in words; "" for nothing."""
        survey = self.survey
        if not survey.is_busy:
            percent = f"{100 * (self.stopped or 0.0):.0f}"
            text = tr("Stopped at {0} %; drawing it again goes on.", percent) if self.stopped else ""
            return self.stopped, text
        if survey.is_stopping or survey.doing is None:
            return None, tr("Stopping") if survey.is_stopping else tr("Starting")
        return survey.doing.done if survey.doing.done > 0 else None, progress_words(survey.doing)

    # -- kept surfaces -------------------------------------------------------------------------------------

    def _list_kept(self) -> None:
        kept = list(self.about.kept) if self.about is not None else []
        shown = self._model.terrain.surface if self._model.terrain is not None else None
        place = OTHER
        if shown is not None:
            prints = [each.meta.get("fingerprint") for each in kept]
            place = prints.index(shown.fingerprint) if shown.fingerprint in prints else OTHER
        self._setup.show_kept(kept, place)

    def _show_kept(self, place: int) -> None:
        from wnin_desktop.runs.landscape.surface_file import read_surface  # noqa: PLC0415 - in a thread

        if self.about is None or not 0 <= place < len(self.about.kept) or self.survey.is_busy:
            return
        file = self.about.kept[place].file
        self._desk.tasks.start(lambda _task: read_surface(file), then=self._take_kept)

    def _take_kept(self, surface: Surface) -> None:
        if not self.survey.is_busy:
            self._show_surface(surface)
            self._list_kept()

    def _show_surface(self, surface: Surface) -> None:
        terrain = Terrain.of_surface(surface)
        self._model.show_plane(terrain)
        self._setup.request.show(self._as_asked(terrain))
        self._setup.runs.check(_runs_of(terrain))
        self._take_events()
        self.live.follow(self.experiment, alive=self._is_live)

    def _as_asked(self, terrain: Terrain) -> Mapping[str, Any]:
        """Return what the form says of a surface; how fine a quick look is was nobody's choice."""
        if not is_quick(terrain.request):
            return terrain.request
        form = self._setup.request.data
        return {**terrain.request, **{name: form[name] for name in FINENESS}}

    # -- as a command --------------------------------------------------------------------------------------

    def command(self) -> str:
        """Return the command that evaluates what the form asks for; "" where that is not accepted."""
        if self._request is None:
            return ""
        words = ["wnin", "landscape"]
        for run in self._request.runs:
            words += ["--run", run]
        default = LandscapeRequest(runs=self._request.runs[:1] or ("x",), plane="random")
        for name in LandscapeRequest.model_fields:
            value = getattr(self._request, name)
            if name != "runs" and value != getattr(default, name):
                words += _flag(name, value)
        return shlex.join(words)

    def copy_command(self) -> None:
        """Put the command on the clipboard."""
        text = self.command()
        if text:
            QGuiApplication.clipboard().setText(text)
            self._desk.notices.log(tr("Copied: {0}", text))

    # -- session -------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return the form, the checked runs, and where surfaces are cut."""
        self.clips.keep(self.experiment)
        runs = [[arm, seed] for arm, seed in self._wants_runs or self._setup.runs.checked]
        request = _without_none(self._setup.request.state())
        return {"request": request, "runs": runs, "clips": self.clips.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` returned."""
        request = state.get("request")
        request = request if isinstance(request, Mapping) else {}
        self._setup.request.show({**request, **_nones(request)})
        runs = state.get("runs")
        if isinstance(runs, list):
            self._wants_runs = [
                (each[0], each[1])
                for each in runs
                if isinstance(each, list)
                and len(each) == 2
                and isinstance(each[0], str)
                and isinstance(each[1], int)
            ]
        self.clips.restore(state.get("clips"))
        self._restore_runs()
        self._check()

    def _restore_runs(self) -> None:
        if self._wants_runs and self._setup.runs.arms:
            self._setup.runs.check(self._wants_runs)
            self._wants_runs = []

    def close(self) -> None:
        """End everything."""
        self._is_seen = False
        self._look_again.stop()
        self.live.leave()
        self.survey.close()


NONE = "empty"
"""What a state holds for nothing, which TOML has no word for."""


def _without_none(data: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in data.items() if value is not None}
    empty = [name for name, value in data.items() if value is None]
    return {**kept, NONE: empty} if empty else kept


def _nones(data: Mapping[str, Any]) -> dict[str, None]:
    names = data.get(NONE)
    return dict.fromkeys(each for each in names if isinstance(each, str)) if isinstance(names, list) else {}


def _runs_of(terrain: Terrain) -> list[tuple[str, int]]:
    return [(path.arm, path.seed) for path in terrain.paths]


def _flag(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}"] if value else []
    if name == "samples" and value is None:
        return ["--samples", "all"]
    if isinstance(value, tuple):
        return [f"--{name}", ",".join(f"{each:g}" for each in value)]
    return [f"--{name}", str(value)] if value is not None else []
