"""What the commands of the Runs page do with what is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from wnin_desktop.qt.pages.runs.exporting import Exporting, open_folder
from wnin_desktop.qt.pages.runs.keeping import Keeping
from wnin_desktop.qt.pages.runs.model import mime_of
from wnin_desktop.qt.pages.runs.opening import Opening
from wnin_desktop.qt.pages.runs.story import experiment_command, run_command
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.run_details import experiment_details, run_details
from wnin_desktop.runs.run_rows import TableRow

if TYPE_CHECKING:
    from wnin_desktop.qt.pages.runs.page import RunsPage


class RunsDeeds(QObject):
    """One method for each command, called without arguments; it asks the page what is chosen."""

    def __init__(self, page: RunsPage) -> None:
        super().__init__(page)
        self.setObjectName("runs-deeds")
        self._page, self._desk = page, page.desk
        self.opening, self.exporting = Opening(page.desk, page), Exporting(page.desk, page)
        self.keeping = Keeping(page.desk, page)

    def owners(self) -> list[TableRow]:
        """Return the experiments that are chosen, themselves or by a run."""
        return self._page.choice().owners(self._page.snapshot.experiments)

    def open(self) -> None:
        """Show the first chosen row."""
        rows = self._page.choice().rows
        if rows:
            self.opening.open(rows[0])

    def compare(self) -> None:
        """Show the chosen rows as one comparison."""
        self.opening.compare(self._page.choice())

    def diff(self) -> None:
        """Show configurations side by side."""
        self.opening.diff(self._page.choice())

    def duplicate(self) -> None:
        """Load a configuration into the editor."""
        self.opening.duplicate(self._page.choice().rows[0])

    def resume(self) -> None:
        """Go on with an experiment."""
        self.opening.resume(self.owners()[0])

    def export(self) -> None:
        """Export the chosen runs."""
        ids = self._page.choice().run_ids(self._page.snapshot.runs)
        if ids:
            self.exporting.start(ids)
        else:
            self._desk.notices.tell(tr("None of its runs has begun, so there is nothing to export."))

    def folder(self) -> None:
        """Show the checkpoints of the first chosen experiment."""
        store, experiment = self._desk.store, self._page.choice().experiments[0]
        self._desk.tasks.start(lambda _task: store.checkpoint_dir(experiment), then=open_folder)

    def copy_ids(self) -> None:
        """Copy the ids of the chosen rows."""
        ids = [row.id for row in self._page.choice().rows]
        QGuiApplication.clipboard().setMimeData(mime_of(ids))
        self._desk.notices.log(tr("Copied {0} ids.", len(ids)))

    def copy_command(self) -> None:
        """Copy the command that makes the chosen row again."""
        row, store = self._page.choice().rows[0], self._desk.store

        def read(_task: object) -> str:
            if row.is_run:
                return run_command(run_details(store, row.id))
            return experiment_command(experiment_details(store, row.id))

        self._desk.tasks.start(read, then=self._copy_command)

    def _copy_command(self, command: str) -> None:
        if command:
            QGuiApplication.clipboard().setText(command)
            self._desk.notices.log(tr("Copied the command."))
        else:
            text = tr("Its configuration is of another version, so there is no command for it.")
            self._desk.notices.tell(text, kind="warning")

    def rename(self) -> None:
        """Edit the name in its place."""
        self._page.view.rename_current()

    def tags(self) -> None:
        """Edit the tags of the chosen experiments."""
        known = {tag for row in self._page.snapshot.experiments for tag in row.tags}
        self.keeping.edit_tags(self.owners(), known)

    def note(self) -> None:
        """Write into the note of the chosen experiment."""
        self._page.edit_note()

    def star(self) -> None:
        """Star the chosen experiments, or take the stars away where all have one."""
        owners = self.owners()
        self.keeping.star([row.id for row in owners], not all(row.star for row in owners))

    def toggle_star(self, experiment_id: str) -> None:
        """Star an experiment whose star was clicked, or take the star away."""
        row = next((each for each in self._page.snapshot.experiments if each.id == experiment_id), None)
        if row is not None and row.origin == "stored":
            self.keeping.star([row.id], not row.star)

    def trash(self) -> None:
        """Put the chosen experiments into the trash."""
        self.keeping.trash(self.owners())

    def restore(self) -> None:
        """Take the chosen experiments out of the trash."""
        self.keeping.restore(self.owners())

    def delete(self) -> None:
        """Delete the chosen experiments for good, when the person has agreed."""
        self.keeping.delete(self.owners())

    def empty_trash(self) -> None:
        """Delete everything in the trash, when the person has agreed."""
        self.keeping.delete([row for row in self._page.snapshot.experiments if row.trashed is not None])

    def unfold(self) -> None:
        """Show the runs of all experiments."""
        self._page.model.set_all_open(True)

    def fold(self) -> None:
        """Hide the runs of all experiments."""
        self._page.model.set_all_open(False)

    def reload(self) -> None:
        """Read the store again."""
        self._page.feed.refresh()
