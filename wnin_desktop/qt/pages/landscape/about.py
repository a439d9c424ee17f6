"""What the store has of an experiment that a surface can be drawn from; read in another thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wnin_desktop.errors import DataError, WninError

if TYPE_CHECKING:
    from wnin_desktop.runs.landscape.kept import KeptSurface
    from wnin_desktop.runs.store import Store
    from wnin_desktop.schema.landscape import LandscapeRequest, Surface


@dataclass(frozen=True, eq=False)
class About:
    """What there is.

    Attributes:
        experiment_id: The experiment.
        has_points: Whether any run is somewhere: at a checkpoint, or on a recorded path.
        paths: Ids of the runs whose paths are recorded.
        points: Points of each path so far.
        kept: Surfaces that were drawn before, oldest first.
        newest: The last one of them, read.
        sample: What is quick to draw where nothing was drawn yet; None where nothing is.
    """

    experiment_id: str
    has_points: bool
    paths: frozenset[str]
    points: int
    kept: tuple[KeptSurface, ...]
    newest: Surface | None
    sample: LandscapeRequest | None = None


def look(store: Store, experiment_id: str, *, read: bool) -> About:
    """Return what there is of an experiment; what is damaged or gone counts as not there.

    Args:
        store: The store.
        experiment_id: The experiment.
        read: Whether the newest surface is read too.
    """
    import contourpy  # noqa: F401, PLC0415 - the first contours need it, and it takes a moment

    from wnin_desktop.engine.landscape.trajectory_file import NAME, TrajectoryFile  # noqa: PLC0415 - in a thread
    from wnin_desktop.runs.landscape.kept import surfaces  # noqa: PLC0415
    from wnin_desktop.runs.landscape.sample import sample_request  # noqa: PLC0415
    from wnin_desktop.runs.landscape.surface_file import read_surface  # noqa: PLC0415

    paths: frozenset[str] = frozenset()
    points, newest = 0, None
    try:
        file = TrajectoryFile(store.checkpoint_dir(experiment_id) / NAME)
        paths, points = frozenset(file.header.run_ids), len(file.steps)
    except (OSError, WninError):
        pass
    try:
        has_points = points > 0 or bool(store.checkpoints(experiment_id))
        kept = tuple(surfaces(store, experiment_id))
    except (OSError, WninError):
        has_points, kept = points > 0, ()
    if read and kept:
        try:
            newest = read_surface(kept[-1].file)
        except (OSError, DataError):
            kept = kept[:-1]
    sample = None if kept else sample_request(store, experiment_id)
    return About(experiment_id, has_points, paths, points, kept, newest, sample)
