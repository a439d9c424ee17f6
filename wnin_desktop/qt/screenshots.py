"""Every page and dialog of the window as a picture, with really trained content and a home of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtCore import QLocale, QSize
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from wnin_desktop.engine.control import RunControl
from wnin_desktop.qt import app
from wnin_desktop.qt.bridge.live_run import LiveRun
from wnin_desktop.qt.desk import Desk
from wnin_desktop.qt.dialogs.confirm import tell_error
from wnin_desktop.qt.dialogs.crash import CrashDialog
from wnin_desktop.qt.dialogs.overlay import Overlay
from wnin_desktop.qt.dialogs.save_changes import ask_to_save
from wnin_desktop.qt.dialogs.tour import Welcome
from wnin_desktop.qt.dialogs.trust import TrustDialog
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.window.commands import Commands
from wnin_desktop.qt.window.main_window import MainWindow
from wnin_desktop.runs.config_files import load_preset
from wnin_desktop.runs.drive import Watchers, drive
from wnin_desktop.runs.plugin_files import copy_template, read_plugin
from wnin_desktop.runs.preferences import WindowState
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.preferences import Preferences
from wnin_desktop.schema.run import CompareConfig

THEMES = ("light", "dark")
SIZES = ((1280, 720), (1920, 1080))
PATIENCE_S = 90.0
STILL_S = 0.06
FINISHED, DIVERGED, MANY, STOPPED = "finished", "diverged", "many", "stopped"
CRASH = "WNIN Desktop, an example\nFatal Python error: Segmentation fault\nCurrent thread:\n"


# -- content -----------------------------------------------------------------------------------------------


def record(store: Store, say: Callable[[str], None] = lambda _text: None) -> dict[str, str]:
    """Train what the pictures show and return the experiments by what they are."""
    ids = {}
    for name, config in contents().items():
        say(f"training {config.name}")
        control = RunControl()
        watchers = Watchers()
        if name == STOPPED:
            watchers.live.append(_Stopper(control, 40))
        ids[name] = drive(store, config, control, watchers)
    store.star(ids[FINISHED])
    store.tag(ids[FINISHED], ["sample", "paper"])
    store.note(ids[DIVERGED], "The learning rate of the hot arm is far too high; kept as a warning.")
    return ids


def contents() -> dict[str, CompareConfig]:
    """Return the comparisons that are trained, by what they show."""
    demo = load_preset("demo").model_dump(mode="json")
    return {
        FINISHED: validate(CompareConfig, demo),
        DIVERGED: _small("One arm diverges", {"calm": ("sgd", 0.1), "far too hot": ("sgd", 900.0)}),
        MANY: _small(
            "Nine arms with names of every length",
            {f"sgd at {lr:g} with a rather long name" if lr > 0.1 else f"lr {lr:g}": ("sgd", lr)
             for lr in (0.003, 0.006, 0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8)},
        ),
        STOPPED: _small("Stopped half way", {"adamw": ("adamw", 3e-3), "muon": ("muon", 0.02)}),
    }  # fmt: skip


def _small(name: str, arms: dict[str, tuple[str, float]]) -> CompareConfig:
    data = {
        "name": name,
        "seeds": [0, 1, 2],
        "task": {"dataset": "spirals"},
        "network": {"kind": "mlp", "hidden": [16]},
        "budget": {
            "steps": 120,
            "batch_size": 32,
            "eval_every": 20,
            "norms_every": 10,
            "curvature_every": 40,
        },
        "arms": [
            {"name": arm, "optimizer": {"name": optimizer, "lr": lr}} for arm, (optimizer, lr) in arms.items()
        ],
    }
    return validate(CompareConfig, data)


class _Stopper:
    """Asks a run to stop when so many steps were taken."""

    def __init__(self, control: RunControl, step: int) -> None:
        self._control, self._step = control, step

    def __call__(self, event: Any) -> None:
        if getattr(event, "step", 0) == self._step:
            self._control.stop(checkpoint=True)


# -- scenes ------------------------------------------------------------------------------------------------


class Studio:
    """A real window on the recorded content, and what scenes ask of it."""

    def __init__(self, store: Store, ids: dict[str, str], loop: Any, home: Path) -> None:
        self.store, self.ids, self.home = store, ids, home
        state = WindowState(home / "window.toml")
        preferences = Preferences.model_validate({"training": {"executor": "thread"}})
        self.desk = Desk(store, loop, preferences=preferences, state=state)
        self.window = MainWindow(self.desk)
        self.commands = Commands(self.desk, self.window)
        self.window.show()
        self.live: LiveRun | None = None

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the program run until something is so.

        Raises:
            TimeoutError: It never was.
        """
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("a scene did not come about")
            await asyncio.sleep(0.01)

    async def settle(self) -> None:
        """Let all work end and everything be drawn."""
        await self.until(lambda: not self.desk.tasks.current)
        await asyncio.sleep(STILL_S)
        self.window.pages["compare"].grid.finish()
        await asyncio.sleep(STILL_S)

    async def show(self, name: str, **lens: Any) -> QWidget:
        """Show one of the recorded experiments on the page Compare."""
        self.window.open_page("compare")
        store, experiment_id = self.store, self.ids[name]
        found = self.desk.shown.find(experiment_id) or WatchedExperiment.load(store, experiment_id)
        self.desk.shown.show(found)
        self.window.pages["compare"].grid.lens.change(**({"mode": "value"} | lens))
        await self.settle()
        return self.window

    async def edit(self, name: str) -> None:
        """Put the configuration of a recorded experiment into the editor."""
        self.desk.draft.load(contents()[name])
        self.desk.draft.select(0)
        await self.settle()

    def clear(self) -> None:
        """Close dialogs, overlays and notices."""
        for overlay in self.window.findChildren(Overlay):
            overlay.dismiss()
        for dialog in self.window.findChildren(QDialog):
            dialog.close()
        for bar in self.window.notices.bars:
            bar.closed.emit()

    async def dialog(self, name: str) -> QWidget:
        """Open one of the dialogs and return it."""
        found = self.commands.open_dialog(name)
        await self.settle()
        return found


@dataclass(frozen=True)
class Scene:
    """One picture: its name, what it shows, and how it comes about; returns what is drawn."""

    name: str
    title: str
    set_up: Callable[[Studio], Awaitable[QWidget]]


async def _first_start(studio: Studio) -> QWidget:
    studio.desk.draft.clear()
    Welcome(studio.window, WindowState(studio.home / "nobody.toml")).present()
    await studio.settle()
    return studio.window


async def _empty(studio: Studio) -> QWidget:
    studio.desk.draft.clear()
    for each in studio.desk.shown.all:
        studio.desk.shown.close(each)
    studio.window.open_page("compare")
    await studio.settle()
    return studio.window


async def _running(studio: Studio) -> QWidget:
    if studio.live is None:
        config = contents()[FINISHED].model_dump(mode="json")
        config["budget"]["steps"] = 2000
        studio.live = studio.desk.runs.start(validate(CompareConfig, config))
        live = studio.live
        await studio.until(lambda: live.experiment.progress[0] > 20 * 150)
        live.turn("noise", 0.05, "SGD")
        await studio.until(lambda: any(mark.kind == "intervention" for mark in live.experiment.markers))
        await studio.until(lambda: live.experiment.progress[0] > 20 * 400)
        live.pause()
    await studio.edit(FINISHED)
    studio.desk.shown.show(studio.live.experiment)
    studio.window.open_page("compare")
    await studio.settle()
    return studio.window


async def _finished(studio: Studio) -> QWidget:
    await studio.edit(FINISHED)
    return await studio.show(FINISHED)


async def _difference(studio: Studio) -> QWidget:
    return await studio.show(FINISHED, mode="difference")


async def _matched(studio: Studio) -> QWidget:
    return await studio.show(FINISHED, mode="matched")


async def _nine(studio: Studio) -> QWidget:
    await studio.edit(MANY)
    return await studio.show(MANY)


async def _diverged(studio: Studio) -> QWidget:
    await studio.edit(DIVERGED)
    return await studio.show(DIVERGED)


async def _runs(studio: Studio) -> QWidget:
    studio.window.open_page("runs")
    studio.window.pages["runs"].choose(studio.ids[FINISHED])
    await studio.settle()
    return studio.window


async def _broken_field(studio: Studio) -> QWidget:
    await studio.edit(FINISHED)
    studio.desk.draft.set("arms[0].optimizer.lr", -3.0)
    await studio.show(FINISHED)
    studio.desk.draft.seek("arms[0].optimizer.lr")
    await studio.settle()
    return studio.window


async def _german(studio: Studio) -> QWidget:
    QLocale.setDefault(QLocale("de_DE"))
    theme().changed.emit()
    await studio.edit(FINISHED)
    return await studio.show(FINISHED)


async def _large_text(studio: Studio) -> QWidget:
    theme().set_text_scale(1.5)
    return await studio.show(FINISHED)


async def _palette(studio: Studio) -> QWidget:
    await studio.show(FINISHED)
    studio.commands.open_palette()
    await studio.settle()
    return studio.window


async def _cheat_sheet(studio: Studio) -> QWidget:
    await studio.show(FINISHED)
    studio.desk.actions.get("help.cheat-sheet").trigger()
    await studio.settle()
    return studio.window


async def _tour(studio: Studio) -> QWidget:
    await studio.show(FINISHED)
    studio.commands.start_tour()
    await studio.settle()
    return studio.window


async def _notice(studio: Studio) -> QWidget:
    await studio.show(DIVERGED)
    studio.desk.notices.tell(
        tr("Diverged at step 412: loss is not finite."), kind="warning", kept=tr("The run is kept up to 411.")
    )
    await studio.settle()
    return studio.window


async def _trust(studio: Studio) -> QWidget:
    plugin = read_plugin(copy_template(studio.home / "plugins"))
    dialog = TrustDialog(studio.window, plugin, lambda *_: None)
    dialog.present()
    await studio.settle()
    return dialog


async def _crash(studio: Studio) -> QWidget:
    report = studio.home / "report-example.txt"
    report.write_text(CRASH, encoding="utf-8")
    dialog = CrashDialog(studio.desk, report, studio.window)
    dialog.present()
    await studio.settle()
    return dialog


async def _save_changes(studio: Studio) -> QWidget:
    dialog = ask_to_save(studio.window, "Four optimizers", lambda _answer: None, before=tr("a preset opens"))
    await studio.settle()
    return dialog


async def _error(studio: Studio) -> QWidget:
    dialog = tell_error(
        studio.window, tr("The export could not be written."), kept=tr("The runs are untouched."),
        do=tr("Choose a folder with more space and export again."),
        details="OSError: No space left on device",
    )  # fmt: skip
    await studio.settle()
    return dialog


def _dialog(name: str) -> Callable[[Studio], Awaitable[QWidget]]:
    async def open_it(studio: Studio) -> QWidget:
        return await studio.dialog(name)

    return open_it


async def _diff(studio: Studio) -> QWidget:
    await _runs(studio)
    studio.window.pages["runs"].choose(studio.ids[FINISHED], studio.ids[MANY])
    await studio.settle()
    studio.desk.actions.get("runs.diff").trigger()
    await studio.until(lambda: any(each.isVisible() for each in studio.window.findChildren(QDialog)))
    await studio.settle()
    return next(each for each in studio.window.findChildren(QDialog) if each.isVisible())


SCENES: tuple[Scene, ...] = (
    Scene("first-start", "First start", _first_start),
    Scene("compare-empty", "Compare, nothing yet", _empty),
    Scene("compare-running", "Compare, paused in the middle of a run", _running),
    Scene("compare-finished", "Compare", _finished),
    Scene("compare-difference", "Compare, differences to the baseline", _difference),
    Scene("compare-matched", "Compare, at matched training loss", _matched),
    Scene("compare-nine-arms", "Compare, nine arms", _nine),
    Scene("compare-diverged", "Compare, a diverged arm", _diverged),
    Scene("compare-notice", "Compare, a warning", _notice),
    Scene("compare-german", "Compare, German numbers", _german),
    Scene("compare-large-text", "Compare, text at 150 %", _large_text),
    Scene("editor-error", "A field with an error", _broken_field),
    Scene("runs", "Runs", _runs),
    Scene("runs-diff", "Configuration differences", _diff),
    Scene("palette", "Command palette", _palette),
    Scene("cheat-sheet", "Keyboard shortcuts", _cheat_sheet),
    Scene("tour", "Tour", _tour),
    Scene("preferences", "Preferences", _dialog("preferences")),
    Scene("shortcuts", "Shortcut editor", _dialog("shortcuts")),
    Scene("plugins", "Optimizers and plugins", _dialog("plugins")),
    Scene("trust", "Trust prompt", _trust),
    Scene("server", "Server for remote runs", _dialog("server")),
    Scene("reference", "Reference", _dialog("reference")),
    Scene("about", "About", _dialog("about")),
    Scene("crash", "Crash report", _crash),
    Scene("save-changes", "Unsaved changes", _save_changes),
    Scene("error", "An error in three parts", _error),
)


# -- taking them -------------------------------------------------------------------------------------------


def take(
    store: Store,
    ids: dict[str, str],
    home: Path,
    out: Path,
    *,
    scenes: Sequence[Scene] = SCENES,
    themes: Iterable[str] = THEMES,
    sizes: Iterable[tuple[int, int]] = SIZES,
    say: Callable[[str], None] = lambda _text: None,
) -> list[Path]:
    """Draw the scenes in every theme and size into `out` and return the files.

    The scale is that of the application, which Qt reads from QT_SCALE_FACTOR when the program starts.
    """
    application = QApplication.instance() or app.make_application(["wnin"])
    loop = qasync.QEventLoop(application, already_running=False)
    studio = Studio(store, ids, loop, home)
    try:
        work = _take_all(studio, out, scenes, list(themes), list(sizes), say)
        return loop.run_until_complete(work)
    finally:
        if studio.live is not None:
            studio.live.stop(checkpoint=False)
        studio.window.close()
        studio.desk.close()
        loop.close()


async def _take_all(
    studio: Studio,
    out: Path,
    scenes: Sequence[Scene],
    themes: list[str],
    sizes: list[tuple[int, int]],
    say: Callable[[str], None],
) -> list[Path]:
    files: list[Path] = []
    studio.desk.catalogue.load()
    await studio.until(lambda: bool(studio.desk.catalogue.names()))
    for scene in scenes:
        say(scene.title)
        for colours in themes:
            studio.desk.preferences.change(**{"appearance.theme": colours})
            files += [await _take_one(studio, scene, out, colours, size) for size in sizes]
    return files


async def _take_one(studio: Studio, scene: Scene, out: Path, colours: str, size: tuple[int, int]) -> Path:
    studio.window.resize(QSize(*size))
    studio.window.suit_height()
    try:
        shown = await scene.set_up(studio)
        ratio = round(studio.window.devicePixelRatioF())
        path = out / f"{scene.name}-{colours}-{size[0]}x{size[1]}@{ratio}.png"
        shown.grab().save(str(path))
    finally:
        studio.clear()
        QLocale.setDefault(QLocale.c())
        theme().set_text_scale(1.0)
        await asyncio.sleep(0)
    return path
