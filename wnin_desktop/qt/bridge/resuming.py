"""Going on with a comparison that is in the store, from its last checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wnin_desktop.errors import InputError
from wnin_desktop.qt.numbers import show
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.watch.experiment import WatchedExperiment

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk

RESUMABLE = ("interrupted", "stopped", "failed")
"""How an experiment ended that can be gone on with."""


def resume_stored(
    desk: Desk, experiment_id: str, name: str, begun: Callable[[], object] = lambda: None
) -> None:
    """Read a stored experiment and go on with it; say from which step, or why not.

    Args:
        desk: The desk.
        experiment_id: The experiment.
        name: What it is called.
        begun: Called once it trains.
    """
    store = desk.store

    def read(_task: object) -> tuple[WatchedExperiment, int]:
        manifest = store.latest_checkpoint(experiment_id)
        return WatchedExperiment.load(store, experiment_id), 0 if manifest is None else manifest.step

    def go_on(found: tuple[WatchedExperiment, int]) -> None:
        experiment, step = found
        try:
            desk.runs.resume(experiment)
        except InputError as error:
            desk.notices.tell_error(error, what=tr("It was not resumed"))
            return
        if step:
            desk.notices.tell(tr("{0} goes on from its checkpoint at step {1}.", name, show(step)))
        begun()

    def decide(found: tuple[WatchedExperiment, int]) -> None:
        if found[1]:
            go_on(found)
            return
        desk.notices.tell(
            tr("{0} left no checkpoint to go on from.", name),
            kept=tr("Begun anew it takes its steps again and comes to the same numbers."),
            action=(tr("Begin anew"), lambda: go_on(found)),
        )

    desk.tasks.start(read, then=decide, title=tr("Resuming {0}", name))
