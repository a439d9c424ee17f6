"""Every page and dialog, as scenes that are set up on a stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from wnin_desktop.qt.dialogs.confirm import tell_error
from wnin_desktop.qt.dialogs.save_changes import ask_to_save
from wnin_desktop.qt.experiment.inspector import Inspector
from wnin_desktop.qt.forms.fold import Fold
from wnin_desktop.qt.pages.runs.page import DETAILS_REST_MS, RunsPage
from wnin_desktop.qt.pictures import dialogs, landscapes
from wnin_desktop.qt.pictures.stage import Stage
from wnin_desktop.schema.run import CompareConfig

World = Literal["full", "first", "pseudo"]
"""On what a scene is set up: a store with comparisons, a first start, or the longer language."""
RUNNING_SHARE = 0.45
DIFFERING = ("demo", "gradient", "sgld")
ALL = ("first", "labels", "jitter", "nine", "diverged", "long", "gradient", "sgld", "demo")
"""All comparisons of the store; the page Runs shows them."""
LONGER = 1.5
STEERED = (("noise", 0.06, None, 0.2), ("lr", 0.05, "SGD", 0.35))
"""Knobs that are turned while it runs: which, to what, of which arm, and after which part of the steps."""


@dataclass(frozen=True)
class Scene:
    """One picture.

    Attributes:
        name: First part of its file's name.
        title: What it shows, in a few words.
        set_up: Brings it about on a cleared stage.
        needs: Names of the comparisons that it shows.
        world: On what it is set up.
        behind: What stands behind its dialog and is left alone: the next such scene finds it there.
    """

    name: str
    title: str
    set_up: Callable[[Stage], None]
    needs: tuple[str, ...] = ()
    world: World = "full"
    behind: str = ""


# -- the page Compare --------------------------------------------------------------------------------------


def _empty(stage: Stage) -> None:
    """Leave the window as it stands after the first start was answered with an empty experiment."""


def _running(stage: Stage) -> None:
    config = live_config(stage)
    run = stage.run(config)
    for knob, value, arm, share in STEERED:
        stage.wait(lambda share=share: _share(run) > share, "the live run goes on")
        run.turn(knob, value, arm)
    stage.wait(lambda: _share(run) > RUNNING_SHARE, "the live run is half way")


def _share(run: object) -> float:
    done, planned = run.experiment.progress  # type: ignore[attr-defined] - a LiveRun
    return done / max(planned, 1)


def live_config(stage: Stage) -> CompareConfig:
    """Return what trains while its picture is taken: the sample, long enough not to end before."""
    data = stage.sample().model_dump(mode="json")
    data["budget"] |= {"steps": 1000, "eval_every": 25, "curvature_every": 50}
    return CompareConfig.model_validate(data)


def _shower(name: str, *, select: int = 0, **lens: object) -> Callable[[Stage], None]:
    def set_up(stage: Stage) -> None:
        stage.show(name, select=select)
        stage.window.pages["compare"].lens.change(**lens)

    return set_up


def _crosshair(stage: Stage) -> None:
    stage.show("demo")
    grid = stage.window.pages["compare"].grid
    stage.settle()
    grid.plots["val_loss"].point_at(150)


def _maximised(stage: Stage) -> None:
    stage.show("demo")
    stage.window.pages["compare"].grid.maximise("val_loss")


def _german(stage: Stage) -> None:
    stage.desk.preferences.change(**{"appearance.number_locale": "de_DE"})
    stage.show("demo", select=2)


def _large_text(stage: Stage) -> None:
    stage.desk.preferences.change(**{"appearance.text_scale": LONGER})
    stage.show("demo")


def _notices(stage: Stage) -> None:
    stage.show("diverged")
    notices = stage.desk.notices
    notices.tell(
        "Learning rates up to the edge: 5 runs diverged.",
        kind="warning",
        kept="They are kept up to their last finite step.",
    )
    notices.tell_error(OSError("No space left on device"), what="Export of the plots")


def _export_menu(stage: Stage) -> None:
    stage.show("demo")
    stage.find("compare-export").click()


# -- editor and inspector ----------------------------------------------------------------------------------


def _editor_error(stage: Stage) -> None:
    stage.desk.draft.load(stage.sample())
    draft = stage.desk.draft
    draft.select(1)
    draft.set("arms[1].optimizer.lr", -3)
    draft.set("budget.steps", 0)
    draft.set("arms[3].name", "AdamW")
    stage.settle()
    draft.seek("budget.steps")


def _inspector(stage: Stage) -> None:
    stage.show("demo", select=3)
    inspector = cast("Inspector", stage.window.docks["inspector"].widget())
    for fold in inspector.findChildren(Fold):
        if fold.isVisible():
            fold.set_open(True)
    stage.settle()
    bar = inspector.area.verticalScrollBar()
    bar.setValue(bar.maximum())


# -- the page Runs -----------------------------------------------------------------------------------------


def _runs(stage: Stage) -> RunsPage:
    stage.desk.draft.load(stage.sample())
    stage.desk.draft.select(0)
    stage.window.open_page("runs")
    stage.settle()
    return stage.window.pages["runs"]


def _runs_full(stage: Stage) -> None:
    page = _runs(stage)
    stage.desk.actions.get("view.dock-inspector").setChecked(False)
    page.show_details(True)
    page.model.set_open(stage.ids["diverged"], True)
    page.choose(stage.ids["demo"])
    stage.settle()
    stage.pass_time(2 * DETAILS_REST_MS)


def _runs_empty(stage: Stage) -> None:
    stage.window.open_page("runs")


def _runs_filtered(stage: Stage) -> None:
    page = _runs(stage)
    page.filter.set_text("tag:noise")


def _runs_nothing(stage: Stage) -> None:
    page = _runs(stage)
    page.filter.set_text("optimizer that nobody has")


def _runs_flat(stage: Stage) -> None:
    page = _runs(stage)
    page.grouping.changed.emit("flat")


def _runs_diff(stage: Stage) -> None:
    page = _runs(stage)
    page.choose(*(stage.ids[name] for name in DIFFERING))
    stage.settle()
    page.deeds.diff()


def _runs_export(stage: Stage) -> None:
    page = _runs(stage)
    page.choose(stage.ids["demo"])
    stage.settle()
    page.deeds.export()


def _runs_tags(stage: Stage) -> None:
    page = _runs(stage)
    page.choose(*(stage.ids[name] for name in DIFFERING))
    stage.settle()
    page.deeds.tags()


def _runs_trash(stage: Stage) -> None:
    _runs(stage).trash_button.click()


# -- dialogs -----------------------------------------------------------------------------------------------


def _save_changes(stage: Stage) -> None:
    stage.show("demo")
    stage.desk.draft.set("budget.steps", 500)
    ask_to_save(stage.window, stage.sample().name, lambda _answer: None, before="the preset opens")


def _error_details(stage: Stage) -> None:
    stage.show("demo")
    dialog = tell_error(
        stage.window,
        "The checkpoint final-000000300.safetensors is damaged: its hash is not the one of its manifest.",
        kept="The run and all of its steps are kept; the damaged file was not loaded.",
        do="Resume from an older checkpoint, or run the experiment again.",
        details="expected  sha256 8c1b2f...\nfound     sha256 41d07a...\nsize      183 464 bytes",
    )
    stage.find("error-fold-button").click()
    dialog.fit_soon()


SCENES: tuple[Scene, ...] = (
    Scene("welcome", "The first start", dialogs.welcome, world="first"),
    Scene("compare-empty", "Compare, before anything was run", _empty, world="first"),
    Scene("tour", "The tour, second step", dialogs.tour, world="first"),
    Scene("landscape-empty", "Landscape, before anything was run", landscapes.empty, world="first"),
    Scene("runs-empty", "Runs, before anything was run", _runs_empty, world="first"),
    Scene("compare-finished", "Compare, finished", _shower("demo", select=2), ("demo",)),
    Scene("compare-crosshair", "Compare, values at the crosshair", _crosshair, ("demo",)),
    Scene("compare-maximised", "Compare, one plot in full", _maximised, ("demo",)),
    Scene("compare-difference", "Compare, difference to the baseline", _shower("demo", mode="difference"),
          ("demo",)),
    Scene("compare-matched-loss", "Compare, at matched training loss", _shower("sgld", mode="matched"),
          ("sgld",)),
    Scene("compare-steered", "Compare, knobs turned while it trained", _shower("sgld", select=2), ("sgld",)),
    Scene("compare-nine-arms", "Compare, nine arms", _shower("nine"), ("nine",)),
    Scene("compare-diverged", "Compare, a diverged arm", _shower("diverged", select=3), ("diverged",)),
    Scene("compare-long-names", "Compare, long names", _shower("long"), ("long",)),
    Scene("compare-german-numbers", "Compare, German number format", _german, ("demo",)),
    Scene("compare-large-text", "Compare, text half as large again", _large_text, ("demo",)),
    Scene("compare-notices", "Compare, notices", _notices, ("diverged",)),
    Scene("compare-export", "Compare, export of a plot", _export_menu, ("demo",)),
    Scene("editor-with-error", "Editor, fields that are wrong", _editor_error),
    Scene("inspector", "Inspector, all of an arm", _inspector, ("demo",)),
    Scene("landscape", "Landscape, a surface with four trajectories", landscapes.surface, ("demo",)),
    Scene("landscape-read", "Landscape, in the midst of time, a height read", landscapes.scrubbed, ("demo",)),
    Scene("landscape-smoothed", "Landscape, smoothed by weight noise", landscapes.smoothed, ("demo",)),
    Scene("landscape-side-by-side", "Landscape, a surface for each arm", landscapes.side_by_side, ("demo",)),
    Scene("landscape-contours", "Landscape, contours alone", landscapes.contours_alone, ("demo",)),
    Scene("runs-full", "Runs, an experiment unfolded, with details", _runs_full, ALL),
    Scene("runs-flat", "Runs, one row a run", _runs_flat, ALL),
    Scene("runs-filtered", "Runs, filtered by tag", _runs_filtered, ALL),
    Scene("runs-nothing-fits", "Runs, nothing fits the filter", _runs_nothing, ALL),
    Scene("runs-trash", "Runs, the trash", _runs_trash, ALL),
    Scene("runs-diff", "Runs, configurations that differ", _runs_diff, ALL),
    Scene("runs-export", "Runs, export", _runs_export, ALL),
    Scene("runs-tags", "Runs, tags", _runs_tags, ALL),
    Scene("palette", "Command palette", dialogs.palette, ("demo",), behind="demo"),
    Scene("preferences", "Preferences", dialogs.preferences, ("demo",), behind="demo"),
    Scene("shortcuts", "Shortcuts", dialogs.shortcuts, ("demo",), behind="demo"),
    Scene("cheat-sheet", "Keyboard shortcuts", dialogs.cheat_sheet, ("demo",), behind="demo"),
    Scene("plugins", "Optimizers and plugins", dialogs.plugins, ("demo",), behind="demo"),
    Scene("trust-prompt", "Trust prompt", dialogs.trust_prompt, ("demo",), behind="demo"),
    Scene("server", "Remote runs", dialogs.server, ("demo",), behind="demo"),
    Scene("reference", "Reference", dialogs.reference, ("demo",), behind="demo"),
    Scene("about", "About", dialogs.about, ("demo",), behind="demo"),
    Scene("crash", "Report of a crash", dialogs.crash, ("demo",), behind="demo"),
    Scene("open-command", "Open command", dialogs.open_command, ("demo",), behind="demo"),
    Scene("save-changes", "Save changes", _save_changes, ("demo",)),
    Scene("error-details", "Details of an error", _error_details, ("demo",), behind="demo"),
    Scene("compare-running", "Compare, while it trains", _running),
    Scene("compare-longer-language", "Compare, every text 40 % longer", _shower("demo"), ("demo",),
          world="pseudo"),
    Scene("runs-longer-language", "Runs, every text 40 % longer", _runs_full, ALL, world="pseudo"),
    Scene("preferences-longer-language", "Preferences, every text 40 % longer", dialogs.preferences,
          ("demo",), world="pseudo"),
)  # fmt: skip
BY_NAME = {scene.name: scene for scene in SCENES}
