"""Which experiments the pages show, and which one is current."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from wnin_desktop.runs.watch.experiment import WatchedExperiment

MOST_SHOWN = 16


class ShownExperiments(QObject):
    """The open experiments, newest last; `current` is the one that pages draw."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open: list[WatchedExperiment] = []
        self._current: WatchedExperiment | None = None
        self.dress: Callable[[WatchedExperiment], None] = lambda _experiment: None
        """Called with each experiment before it is shown."""

    @property
    def current(self) -> WatchedExperiment | None:
        """Return the experiment that pages draw."""
        return self._current

    @property
    def all(self) -> list[WatchedExperiment]:
        """Return the open experiments, oldest first."""
        return list(self._open)

    def find(self, experiment_id: str) -> WatchedExperiment | None:
        """Return the open experiment with this id."""
        return next((each for each in self._open if each.experiment_id == experiment_id), None)

    def show(self, experiment: WatchedExperiment) -> None:
        """Open an experiment and make it the current one."""
        known = self.find(experiment.experiment_id) if experiment.experiment_id else None
        if known is not None and known is not experiment:
            self._open.remove(known)
        self.dress(experiment)
        if experiment not in self._open:
            self._open = [*self._open, experiment][-MOST_SHOWN:]
        self._current = experiment
        self.changed.emit()

    def close(self, experiment: WatchedExperiment) -> None:
        """Take an experiment off the pages; the store keeps it."""
        if experiment in self._open:
            self._open.remove(experiment)
        if self._current is experiment:
            self._current = self._open[-1] if self._open else None
        self.changed.emit()
