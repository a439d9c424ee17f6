"""Changes to what is recorded: names, tags, notes, stars, the trash; all in tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from wnin_desktop.errors import StoreError
from wnin_desktop.qt.dialogs.confirm import ask
from wnin_desktop.qt.pages.runs.dialogs import TagsDialog
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.run_rows import TableRow

MOST_NAMED = 12


class Keeping(QObject):
    """Writes to the store off the GUI thread; `changed` follows."""

    changed = Signal()

    def __init__(self, desk: Any, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("runs-keeping")
        self._desk = desk
        self._window = window

    def rename(self, experiment_id: str, name: str) -> None:
        """Give an experiment another name."""
        self._change(lambda store: store.rename(experiment_id, name))

    def note(self, experiment_id: str, text: str) -> None:
        """Write an experiment's note."""
        self._change(lambda store: store.note(experiment_id, text))

    def star(self, experiments: Iterable[str], starred: bool) -> None:
        """Star experiments, or take their stars away."""
        ids = list(experiments)
        self._each(ids, lambda store, each: store.star(each, starred))

    # -- tags ----------------------------------------------------------------------------------------------

    def edit_tags(self, experiments: Sequence[TableRow], known: Iterable[str]) -> None:
        """Ask for the tags of experiments."""
        own = {row.id: set(row.tags) for row in experiments}
        dialog = TagsDialog(self._window, known, list(own.values()))
        dialog.tagged.connect(lambda put, off: self._tag(own, put, off))
        dialog.present()

    def _tag(self, own: dict[str, set[str]], put: set[str], off: set[str]) -> None:
        wanted = {each: (tags | put) - off for each, tags in own.items()}
        moved = [each for each, tags in wanted.items() if tags != own[each]]
        if moved:
            self._each(moved, lambda store, each: store.tag(each, wanted[each]))

    # -- the trash -----------------------------------------------------------------------------------------

    def trash(self, experiments: Sequence[TableRow]) -> None:
        """Put experiments into the trash; the notice takes them out again."""
        ids = [row.id for row in experiments]

        def told() -> None:
            said = _said(experiments, tr("{0} is in the trash."), tr("{0} experiments are in the trash."))
            again = (tr("Undo"), lambda: self.restore(experiments))
            self._desk.notices.tell(said, kept=tr("Nothing is deleted."), action=again)

        self._each(ids, lambda store, each: store.trash(each), told)

    def restore(self, experiments: Sequence[TableRow]) -> None:
        """Take experiments out of the trash."""
        ids = [row.id for row in experiments]

        def told() -> None:
            said = _said(experiments, tr("{0} is back."), tr("{0} experiments are back."))
            self._desk.notices.tell(said, kind="good")

        self._each(ids, lambda store, each: store.restore(each), told)

    def delete(self, experiments: Sequence[TableRow]) -> None:
        """Ask, then delete experiments for good."""

        def answer(key: str) -> None:
            if key == "delete":
                self._delete(experiments)

        names = [row.name for row in experiments]
        more = [] if len(names) <= MOST_NAMED else [tr("and {0} more", len(names) - MOST_NAMED)]
        ask(
            self._window,
            _said(experiments, tr("Delete {0} for good?"), tr("Delete {0} experiments for good?")),
            tr("All runs, steps, notes and checkpoints of it go. This cannot be undone."),
            (("cancel", tr("Keep")), ("delete", tr("Delete for good"), "danger")),
            "cancel",
            answer,
            kind="danger",
            details="\n".join([*names[:MOST_NAMED], *more]) if len(names) > 1 else "",
            name="delete-runs",
        )

    def _delete(self, experiments: Sequence[TableRow]) -> None:
        ids = [row.id for row in experiments]

        def told() -> None:
            said = _said(experiments, tr("{0} is deleted."), tr("{0} experiments are deleted."))
            self._desk.notices.tell(said)

        self._each(ids, lambda store, each: store.delete(each), told, title=tr("Deleting"))

    # -- inside --------------------------------------------------------------------------------------------

    def _change(self, deed: Callable[[Any], None]) -> None:
        store = self._desk.store
        self._desk.tasks.start(lambda _task: deed(store), then=lambda _none: self.changed.emit())

    def _each(
        self,
        ids: Sequence[str],
        deed: Callable[[Any, str], None],
        told: Callable[[], None] | None = None,
        *,
        title: str = "",
    ) -> None:
        """Do something to each experiment; those that refuse are told in one notice."""
        store = self._desk.store

        def work(task: Any) -> list[str]:
            refused = []
            for place, each in enumerate(ids):
                try:
                    deed(store, each)
                except StoreError as error:
                    refused.append(str(error))
                task.report(place / len(ids))
            return refused

        def then(refused: list[str]) -> None:
            if refused:
                self._desk.notices.tell(refused[0], kind="warning", details="\n".join(refused))
            if told is not None and len(refused) < len(ids):
                told()
            self.changed.emit()

        self._desk.tasks.start(work, then=then, title=title)


def _said(experiments: Sequence[TableRow], one: str, many: str) -> str:
    return one.format(experiments[0].name) if len(experiments) == 1 else many.format(len(experiments))
