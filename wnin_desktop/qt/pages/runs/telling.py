"""Reads what the panel of details tells, in tasks; an answer about what is no longer chosen is dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject

from wnin_desktop.qt.numbers import show
from wnin_desktop.qt.pages.runs.choice import Choice
from wnin_desktop.qt.pages.runs.details import DetailsPanel
from wnin_desktop.qt.pages.runs.story import Story, of_experiment, of_run
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.run_details import experiment_details, run_details
from wnin_desktop.runs.run_rows import TableRow


class Teller(QObject):
    """Fills a `DetailsPanel` for what is chosen."""

    def __init__(self, desk: Any, panel: DetailsPanel, choice: Callable[[], Choice]) -> None:
        super().__init__(panel)
        self.setObjectName("runs-teller")
        self._desk, self._panel, self._choice = desk, panel, choice

    def ask(self, choice: Choice, *, then_edit: bool = False) -> None:
        """Tell of what is chosen; nothing is read while the panel is hidden."""
        if self._panel.isHidden():
            return
        row = choice.single
        if row is None:
            self._tell_count(len(choice.rows))
        elif row.origin == "remote":
            text = tr("It is trained on {0}. Open it to watch; it is not stored here.", row.host)
            self._panel.tell(row.name, text)
        else:
            self._read(row, then_edit)

    def _read(self, row: TableRow, then_edit: bool) -> None:
        store = self._desk.store

        def read(_task: object) -> Story:
            if row.is_run:
                return of_run(run_details(store, row.id))
            return of_experiment(experiment_details(store, row.id))

        def then(story: Story) -> None:
            single = self._choice().single
            if single is not None and single.id == row.id:
                self._panel.show_story(_as_it_stands(story, single))
                if then_edit:
                    self._panel.edit_note()

        self._desk.tasks.start(read, then=then, failed=self._tell_unreadable)

    def _tell_unreadable(self, error: Exception) -> None:
        self._panel.tell(tr("Its details cannot be read"), str(error))

    def _tell_count(self, count: int) -> None:
        if count:
            text = tr("Compare them, tag them or export them.")
            self._panel.tell(tr("{0} rows are chosen", show(count)), text)
        else:
            text = tr("Choose an experiment or a run to see how it ended, its note, checkpoints and command.")
            self._panel.tell(tr("Nothing is chosen"), text)


def _as_it_stands(story: Story, row: TableRow) -> Story:
    """Return a story of what is held: the store knows only that it runs."""
    held = row.status == "paused" and story.status == "running"
    return replace(story, status="paused") if held else story
