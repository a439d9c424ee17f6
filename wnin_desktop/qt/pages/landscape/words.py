"""What the page says of a surface: titles, captions, read-outs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wnin_desktop.qt import numbers
from wnin_desktop.qt.pages.landscape.terrain import Terrain
from wnin_desktop.qt.plots.ticks import short
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.landscape.quick import is_quick
from wnin_desktop.schema.landscape import NO_NORMALIZATION, LandscapeRequest, Metric, PathOnPlane, PlaneKind

AXES = ("α", "β")
MIDDLE = " \N{MIDDLE DOT} "


def plane_names() -> dict[PlaneKind, str]:
    """Return what the planes are called."""
    return {
        "random": tr("Random, by filter"),
        "layer": tr("Random, by layer"),
        "pca": tr("Of the paths (PCA)"),
        "hessian": tr("Most curved (Hessian)"),
        "three": tr("Through three runs"),
        "line": tr("Line between two runs"),
    }


def plane_tips() -> dict[PlaneKind, str]:
    """Return what the planes are, in a sentence each."""
    return {
        "random": tr("Two random directions, each filter scaled to the norm of the network's own."),
        "layer": tr("Two random directions, each layer scaled to the norm of the network's own."),
        "pca": tr("The plane nearest to the paths: it shows most of how the runs moved."),
        "hessian": tr("The two directions of largest curvature at the first run's end."),
        "three": tr("The plane through the ends of exactly three runs."),
        "line": tr("The straight line between the ends of exactly two runs, and the barrier on it."),
    }


def metric_names() -> dict[Metric, str]:
    """Return what the metrics are called."""
    return {
        "train_loss": tr("Training loss"),
        "val_loss": tr("Validation loss"),
        "accuracy": tr("Validation accuracy"),
        "error": tr("Validation error"),
    }


def axis_title(terrain: Terrain, axis: int) -> str:
    """Return the title of an axis of the plane, with its unit."""
    unit = terrain.plane.axes[axis]
    return f"{AXES[axis]} ({tr(unit)})" if unit else AXES[axis]


def height_title(terrain: Terrain) -> str:
    """Return the title of the height, with its unit."""
    name = metric_names()[terrain.metric]
    return f"{name} ({tr(terrain.unit)})" if terrain.unit not in ("", "1") else name


# -- captions ----------------------------------------------------------------------------------------------


def caption(terrain: Terrain, asked: LandscapeRequest | None = None) -> str:
    """Return what the surface is, in a few words each: nothing that matters is left out.

    Args:
        terrain: The surface.
        asked: What the form asks for, where there is one.
    """
    is_look = is_quick(terrain.request)
    parts = [
        tr("quick look: {0} points, {1}", _grid(terrain), terrain.data) if is_look else "",
        _finer_words(terrain, asked) if is_look and asked is not None else "",
        plane_words(terrain),
        tr("centre: {0}", _short_name(terrain)),
        "" if is_look else terrain.data,
        _normalization_words(terrain),
        cost_words(terrain),
        _distance_words(terrain),
    ]
    return MIDDLE.join(part for part in parts if part)


def _finer_words(terrain: Terrain, asked: LandscapeRequest) -> str:
    """Return what drawing would make of a quick look, by what the form asks; "" where that is no other."""
    if all(getattr(asked, name) == terrain.request[name] for name in ("size", "samples")):
        return ""
    examples = (
        tr("all examples") if asked.samples is None else tr("up to {0} examples", numbers.show(asked.samples))
    )
    spreads = (
        tr(", smoothed with \N{GREEK SMALL LETTER SIGMA} = {0}", _listed(asked.sigma)) if asked.sigma else ""
    )
    return tr(
        "Draw surface takes {0} points along each axis, {1}{2}", numbers.show(asked.size), examples, spreads
    )


def _listed(values: Sequence[float]) -> str:
    return ", ".join(numbers.brief(value, 3) for value in values)


def _grid(terrain: Terrain) -> str:
    rows, columns = terrain.shape
    return f"{columns} \N{MULTIPLICATION SIGN} {rows}"


def _short_name(terrain: Terrain) -> str:
    """Return where the centre is, without the experiment that everybody sees anyway."""
    runs = terrain.plane.runs
    return terrain.plane.center.replace(f"{runs[0].partition('/')[0]}/", "") if runs else terrain.plane.center


def plane_words(terrain: Terrain) -> str:
    """Return how the plane was made and how much it explains."""
    plane = terrain.plane
    words = plane_names()[plane.kind]
    if plane.explained:
        shares = " + ".join(f"{100 * share:.0f} %" for share in plane.explained[:2])
        words += tr(", explains {0} of squared distances", shares)
    if plane.eigenvalues:
        values = ", ".join(short(value, 3) for value in plane.eigenvalues[:2])
        words += tr(", curvatures {0}", values)
    if terrain.barrier is not None:
        height, at = short(terrain.barrier.above_chord, 3), short(terrain.barrier.at, 2)
        words += tr(", barrier {0} {1} above the chord at {2}", height, terrain.unit, at)
    return words


def _normalization_words(terrain: Terrain) -> str:
    words = terrain.normalization
    if words == NO_NORMALIZATION:
        return tr("no normalization layers")
    if words.startswith("none "):  # files of older versions
        return tr("no normalization layers {0}", words.removeprefix("none "))
    return tr("normalization layers: {0}", words) if words else ""


def cost_words(terrain: Terrain) -> str:
    """Return how fine it is and what it cost."""
    grid = _grid(terrain)
    if terrain.cost is None:
        if terrain.values is None or terrain.stride <= 1:
            return tr("{0} points", grid)
        return tr("{0} points, every {1}th so far and interpolated between", grid, terrain.stride)
    cost = terrain.cost
    words = tr("{0} points, {1} forward passes", grid, numbers.show(cost.forwards))
    if cost.gradients:
        words += tr(" and {0} gradients", short(cost.gradients, 3))
    return words + tr(" in {0} on {1}", duration(cost.seconds), terrain.device)


def _distance_words(terrain: Terrain) -> str:
    if not terrain.paths or terrain.farthest <= 0:
        return ""
    return tr("paths at their shadows, up to {0} off the plane", short(terrain.farthest, 3))


def duration(seconds: float) -> str:
    """Return a time in words: 4.2 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return tr("{0} s", short(seconds, 2))
    if seconds < 60:
        return tr("{0} s", f"{seconds:.0f}")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return tr("{0} min {1} s", minutes, rest)
    return tr("{0} h {1} min", *divmod(minutes, 60))


# -- read-outs ---------------------------------------------------------------------------------------------


def place_line(terrain: Terrain, a: float, b: float, height: float | None, se: float | None) -> str:
    """Return the height at a place, with its standard error, and where it is."""
    value = tr("off the surface") if height is None else short(height)
    if height is not None and se is not None and np.isfinite(se) and se > 0:
        value = f"{value} ± {short(se, 2)}"
    where = f"{AXES[0]} {short(a, 3)}"
    if not terrain.is_line:
        where += f"{MIDDLE}{AXES[1]} {short(b, 3)}"
    return f"{metric_names()[terrain.metric]} {value}{MIDDLE}{where}"


def path_line(path: PathOnPlane, point: int) -> str:
    """Return which point of a path it is, how far from the plane, and how high there."""
    parts = [
        tr("{0}, seed {1}", path.arm, path.seed),
        tr("step {0}", numbers.show(int(path.steps[point]))),
        tr("{0} off the plane", short(float(path.distance[point]), 3)),
    ]
    own = float(path.values[point])
    if np.isfinite(own):
        parts.append(tr("itself {0}", short(own)))
    return MIDDLE.join(parts)
