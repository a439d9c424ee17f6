"""Where surfaces are cut: a clip that one experiment needs would hide anything of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wnin_desktop.qt.pages.landscape.looking import LEAST_CLIP
from wnin_desktop.qt.pages.landscape.model import LandscapeModel

if TYPE_CHECKING:
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

MOST = 64
"""Experiments that are remembered."""


class Clips:
    """Remembers clips by experiment; that of the one that is shown is in the model's look."""

    def __init__(self, model: LandscapeModel) -> None:
        self._model = model
        self._clips: dict[str, float] = {}

    def keep(self, experiment: WatchedExperiment | None) -> None:
        """Remember where the surface that is shown is cut; it belongs to this experiment."""
        if experiment is not None and experiment.experiment_id:
            self._clips.pop(experiment.experiment_id, None)
            if self._model.look.clip < 1:
                self._clips[experiment.experiment_id] = self._model.look.clip

    def suit(self, experiment: WatchedExperiment | None) -> None:
        """Cut the surface where it was cut when this experiment was shown last, or nowhere."""
        if experiment is not None:
            self._model.change(clip=self._clips.get(experiment.experiment_id, 1.0))

    def state(self) -> dict[str, float]:
        """Return the clips that were set last."""
        return dict(list(self._clips.items())[-MOST:])

    def restore(self, state: Any) -> None:
        """Take what `state` returned; what does not fit is passed over."""
        self._clips = {
            name: clip
            for name, clip in (state.items() if isinstance(state, dict) else ())
            if isinstance(clip, float) and LEAST_CLIP <= clip < 1
        }
