"""What the page says where there is nothing to see, and to those who do not see it."""

from __future__ import annotations

import numpy as np

from wnin_desktop.qt import numbers
from wnin_desktop.qt.pages.landscape.course import Course
from wnin_desktop.qt.pages.landscape.model import LandscapeModel
from wnin_desktop.qt.pages.landscape.words import caption, height_title
from wnin_desktop.qt.plots.ticks import short
from wnin_desktop.qt.text import tr
from wnin_desktop.schema.landscape import PathOnPlane


def empty_words(course: Course) -> tuple[str, str, str]:
    """Return a title, what will appear and how to get it, and what the button does: run, draw or nothing."""
    title = tr("The loss surface will appear here")
    experiment, about = course.experiment, course.about
    if experiment is None:
        text = tr(
            "It shows the loss around the runs, with the path of every arm on it. Run a comparison first, "
            "or open an earlier one from Runs."
        )
        return title, text, "run"
    if experiment.origin == "remote":
        text = tr(
            "{0} trains on {1}, and its parameters are not here. Draw its surface there: wnin landscape.",
            experiment.name,
            experiment.host or experiment.peer or tr("another machine"),
        )
        return title, text, ""
    if course.survey.is_busy:
        return (
            tr("The first picture comes in a moment"),
            tr("A coarse one at once, finer while you look."),
            "",
        )
    if about is None and experiment.experiment_id:
        return title, tr("Reading what {0} left.", experiment.name), ""
    if about is None or not about.has_points:
        return title, _nothing_left(course), ""
    return title, _how_to_draw(course), "draw"


def _nothing_left(course: Course) -> str:
    experiment = course.experiment
    assert experiment is not None
    if experiment.alive:
        return tr(
            "{0} has just begun. A surface can be drawn as soon as a path is recorded or a checkpoint saved; "
            "the paths then grow on it while it trains.",
            experiment.name,
        )
    return tr(
        "{0} left neither a checkpoint nor a recorded path, so that nobody knows where its runs were. "
        "Run it again and let it end, or stop it with a checkpoint.",
        experiment.name,
    )


def _how_to_draw(course: Course) -> str:
    experiment = course.experiment
    assert experiment is not None
    if experiment.alive and experiment.status == "running":
        return tr(
            "{0} is training. Draw the surface now: the plane stays, and the paths grow on it.",
            experiment.name,
        )
    return tr(
        "Choose runs and a plane at the left, then draw: a coarse picture comes at once and grows finer."
    )


def summary(model: LandscapeModel) -> str:
    """Return what is shown: the surface, its heights, and where each path begins and ends."""
    terrain, heights = model.terrain, model.heights
    if terrain is None:
        return ""
    lines = [caption(terrain)]
    if heights is not None and np.isfinite(heights.values).any():
        lines.append(_heights_line(model, heights.values))
    lines += [_path_line(model, path) for _, path in model.shown_paths if len(path.steps)]
    if model.look.hidden:
        lines.append(tr("Hidden: {0}.", ", ".join(sorted(model.look.hidden))))
    return "\n".join(lines)


def _heights_line(model: LandscapeModel, values: np.ndarray) -> str:
    terrain = model.terrain
    assert terrain is not None
    row, column = np.unravel_index(int(np.nanargmin(values)), values.shape)
    words = tr(
        "{0} from {1} to {2}, lowest at α {3}, β {4}.",
        height_title(terrain),
        short(float(np.nanmin(values))),
        short(float(np.nanmax(values))),
        short(float(terrain.a[column]), 3),
        short(float(terrain.b[row]), 3),
    )
    return words if model.sigma == 0 else tr("Smoothed, sigma {0}: {1}", short(model.sigma, 3), words)


def _path_line(model: LandscapeModel, path: PathOnPlane) -> str:
    reached = max(model.reached(path) - 1, 0)
    a, b = path.coordinates[reached]
    height = model.height_at(float(a), float(b))
    return tr(
        "{0}, seed {1}: at step {2} at α {3}, β {4}, {5} off the plane, surface {6}.",
        path.arm,
        path.seed,
        numbers.show(int(path.steps[reached])),
        short(float(a), 3),
        short(float(b), 3),
        short(float(path.distance[reached]), 3),
        tr("unknown") if height is None else short(height),
    )
