"""What leads from the run table to the other pages: open, compare, differences, duplicate, resume."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from wnin_desktop.errors import InputError
from wnin_desktop.qt.bridge.resuming import resume_stored
from wnin_desktop.qt.dialogs.confirm import ask
from wnin_desktop.qt.pages.runs.choice import Choice
from wnin_desktop.qt.pages.runs.dialogs import DiffDialog
from wnin_desktop.qt.pages.runs.dropping import Dropped, read_dropped
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.config_diff import DifferingField, differences
from wnin_desktop.runs.merging import Chosen, load_merged
from wnin_desktop.runs.run_rows import TableRow
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.run import CompareConfig, RunConfig


class Opening(QObject):
    """Loads in tasks and hands on to `desk.shown`, `desk.draft` and `desk.runs`."""

    found = Signal(str)
    """An experiment of this store to be chosen in the table."""

    def __init__(self, desk: Any, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("runs-opening")
        self._desk = desk
        self._window = window

    def show_page(self, name: str) -> None:
        """Bring another page of the window to the front, where the window has it."""
        try:
            self._desk.actions.get(f"view.page-{name}").trigger()
        except KeyError:
            return

    # -- open and compare ----------------------------------------------------------------------------------

    def open(self, row: TableRow) -> None:
        """Show an experiment as it was; one that is live or remote as it is."""
        watched = self._watched(row.experiment_id)
        if watched is not None:
            self.show(watched)
            return
        store, experiment_id = self._desk.store, row.experiment_id
        self._desk.tasks.start(
            lambda _task: prepared(WatchedExperiment.load(store, experiment_id)),
            then=self.show,
            title=tr("Opening {0}", row.name),
        )

    def _watched(self, experiment_id: str) -> WatchedExperiment | None:
        live = (run.experiment for run in self._desk.runs.live)
        found = next((each for each in live if each.experiment_id == experiment_id), None)
        return found or self._desk.remote.experiments.get(experiment_id)

    def show(self, experiment: WatchedExperiment) -> None:
        """Bring an experiment to the Compare page."""
        self._desk.shown.show(experiment)
        self.show_page("compare")

    def compare(self, choice: Choice) -> None:
        """Show the chosen runs, of one or several experiments, as one comparison."""
        parts, store = choice.parts(), self._desk.store
        self._desk.tasks.start(
            lambda _task: prepared(load_merged(store, parts)),
            then=lambda merged: self.show(self._coloured(merged, parts)),
            title=tr("Comparing {0} rows", len(choice.rows)),
        )

    def _coloured(self, merged: WatchedExperiment, parts: Sequence[Chosen]) -> WatchedExperiment:
        """Let arms that kept their names keep the colours that were chosen for them."""
        for part in parts:
            chosen = self._desk.colours.of(part.experiment_id)
            merged.colours |= {arm: place for arm, place in chosen.items() if arm in merged.arms}
        return merged

    # -- configurations ------------------------------------------------------------------------------------

    def diff(self, choice: Choice) -> None:
        """Show where the configurations of the chosen rows differ."""
        rows, store = choice.stored, self._desk.store
        titles = [_title(row) for row in rows]

        def read(_task: object) -> list[DifferingField]:
            return differences([_record(store, row).config for row in rows])

        self._desk.tasks.start(read, then=lambda found: self._show_diff(titles, found))

    def _show_diff(self, titles: list[str], found: list[DifferingField]) -> None:
        DiffDialog(self._window, titles, found).present()

    def duplicate(self, row: TableRow) -> None:
        """Load a configuration into the editor, to be changed and run."""
        store = self._desk.store
        self._desk.tasks.start(lambda _task: _config(store, row), then=self.take_config)

    def take_config(self, config: CompareConfig) -> None:
        """Load a configuration into the editor; ask before changes there are lost."""
        if not self._desk.draft.is_changed:
            self._take_config(config)
            return

        def answer(key: str) -> None:
            if key == "replace":
                self._take_config(config)

        choices = (("cancel", tr("Keep editing")), ("replace", tr("Replace it"), "danger"))
        text = tr("The editor holds an experiment with changes that are not saved in a file.")
        title = tr("Replace the experiment in the editor?")
        ask(self._window, title, text, choices, "cancel", answer, name="replace-draft")

    def _take_config(self, config: CompareConfig) -> None:
        self._desk.draft.load(config)
        text = tr("{0} is in the editor. Change what you like, then run it.", config.name)
        self._desk.notices.tell(text, kind="info")
        self.show_page("compare")

    # -- resume --------------------------------------------------------------------------------------------

    def resume(self, row: TableRow) -> None:
        """Go on with an experiment that was interrupted, stopped or failed."""
        resume_stored(self._desk, row.experiment_id, row.name, lambda: self.show_page("compare"))

    # -- what is dropped -----------------------------------------------------------------------------------

    def open_dropped(self, files: list[Path]) -> None:
        """Read dropped files in tasks and lead to what they are."""
        store = self._desk.store
        for path in files:
            self._desk.tasks.start(
                lambda _task, path=path: read_dropped(store, path),
                then=self._take_dropped,
                failed=self._refuse_dropped,
                title=tr("Reading {0}", path.name),
            )

    def _take_dropped(self, found: Dropped) -> None:
        if found.config is not None:
            self.take_config(found.config)
        elif found.watched is not None:
            self._desk.notices.tell(tr("{0} is shown, and not stored here.", found.watched.name))
            self.show(found.watched)
        else:
            self.found.emit(found.experiment_id)

    def _refuse_dropped(self, error: Exception) -> None:
        if isinstance(error, InputError) and error.problems[0].field == "dropped":
            name = Path(str(error.problems[0].value)).name
            text = tr("{0} cannot be opened here.", name)
            self._desk.notices.tell(text, kind="warning", do=tr("You can {0}.", error.problems[0].allowed))
        else:
            self._desk.notices.tell_error(error, what=tr("What was dropped cannot be read"))


def _record(store: Any, row: TableRow) -> Any:
    return store.run(row.id) if row.is_run else store.experiment(row.id)


def _config(store: Any, row: TableRow) -> CompareConfig:
    record = _record(store, row)
    if row.is_run:
        run = validate(RunConfig, record.config, source=f"run {row.id}")
        return CompareConfig.of_run(run, name=row.name)
    return validate(CompareConfig, record.config, source=f"experiment {row.id}")


def _title(row: TableRow) -> str:
    return tr("{0}: {1} \u00b7 seed {2}", row.name, row.arm, row.seed) if row.is_run else row.name


def prepared(experiment: WatchedExperiment) -> WatchedExperiment:
    """Return an experiment whose first picture is quick; long ones take a moment, off the GUI thread."""
    experiment.prepare(experiment.keys)
    return experiment
