"""Colours that a person chose for arms, remembered by experiment: an arm keeps its colour everywhere."""

from __future__ import annotations

from collections.abc import Mapping

from wnin_desktop.runs.preferences import WindowState
from wnin_desktop.runs.watch.experiment import WatchedExperiment

KEY = "arm-colours"
MOST_EXPERIMENTS = 500
"""Experiments whose colours are remembered; the longest known is forgotten first."""


class ArmColours:
    """Only what differs from an arm's own place in the palette is kept."""

    def __init__(self, state: WindowState) -> None:
        self._state = state

    def keep(self, experiment_id: str, colours: Mapping[str, int]) -> None:
        """Remember the colours of an experiment."""
        known = {key: value for key, value in self._state.get(KEY, {}).items() if key != experiment_id}
        if colours:
            known[experiment_id] = dict(colours)
        self._state.set(KEY, dict(list(known.items())[-MOST_EXPERIMENTS:]))

    def of(self, experiment_id: str) -> dict[str, int]:
        """Return the colours of an experiment by arm; empty where nobody chose any."""
        found = self._state.get(KEY, {}).get(experiment_id, {})
        if not isinstance(found, dict):
            return {}
        return {arm: place for arm, place in found.items() if type(place) is int and 0 <= place < 64}

    def dress(self, experiment: WatchedExperiment) -> None:
        """Give an experiment from the store the colours it had."""
        if not experiment.colours and experiment.experiment_id:
            experiment.colours = self.of(experiment.experiment_id)
