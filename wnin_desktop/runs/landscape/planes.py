"""From a request and the points of its runs to a plane, a grid on it, and the runs' paths relative to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from wnin_desktop.analysis.landscape.directions import Normalization, flattened, random_direction
from wnin_desktop.analysis.landscape.eigenplane import span_of
from wnin_desktop.analysis.landscape.grid import Axis, Grid
from wnin_desktop.analysis.landscape.plane import Plane, Projector, line_between, through_three
from wnin_desktop.analysis.landscape.principal import mean_end, principal_plane
from wnin_desktop.engine.landscape.choose import Scene, eigen_plane
from wnin_desktop.engine.landscape.members import tensors
from wnin_desktop.engine.tasks.base import Split
from wnin_desktop.errors import InputError
from wnin_desktop.runs.landscape.points import RunPath, RunPoint
from wnin_desktop.schema.landscape import LandscapeRequest, PathOnPlane, PlaneInfo, PlaneKind

PATH_MARGIN = 0.12
"""What a surface shows beyond the paths, as a share of their extent."""
LINE_MARGIN = 0.25
RANDOM_SPAN = 1.0
CURVED_EXAMPLES = 512
"""Examples that Hessian eigenvectors are measured on at most."""


@dataclass(frozen=True)
class Placed:
    """A plane with its grid.

    Attributes:
        plane: The plane.
        grid: The grid on it.
        center: Where its origin is, in words.
        axes: The units along both axes.
        points: Coordinates of the runs it goes through.
        bounds: For the Hessian, how far its eigenvalues may be off.
        cost_gradients: What making it cost.
    """

    plane: Plane
    grid: Grid
    center: str
    axes: tuple[str, str]
    points: tuple[tuple[float, float], ...] = ()
    bounds: tuple[float, ...] = ()
    cost_gradients: float = 0.0


def place(
    request: LandscapeRequest,
    points: Sequence[RunPoint],
    paths: Sequence[RunPath | None],
    scene: Scene,
    curved: Split,
) -> Placed:
    """Return the plane that a request asks for.

    Args:
        request: The request.
        points: A point for each of its runs.
        paths: Their paths, None where none was kept.
        scene: Network and data of the first run.
        curved: Examples for the Hessian.

    Raises:
        InputError: The points do not make such a plane.
    """
    match request.plane:
        case "random" | "layer":
            return _random(request, points[0], scene)
        case "pca":
            return _principal(request, points, paths)
        case "hessian":
            return _curved(request, points[0], scene, curved)
        case "three":
            return _three(request, points)
        case "line":
            return _line(request, points)


def _random(request: LandscapeRequest, point: RunPoint, scene: Scene) -> Placed:
    normalization: Normalization = "filter" if request.plane == "random" else "layer"
    center = tensors(point.state.theta, scene.shapes, torch.device("cpu"))
    first, second = (
        flattened(random_direction(center, scene.noise, number, normalization)).numpy() for number in range(2)
    )
    plane = Plane(point.state.theta, first, second)
    unit = f"{normalization} norm"
    grid = _square(request.size, request.span or RANDOM_SPAN)
    return Placed(plane, grid, _named(point), (unit, unit))


def _square(size: int, span: float) -> Grid:
    axis = Axis.symmetric(size, span)
    return Grid(axis, axis)


def _principal(
    request: LandscapeRequest, points: Sequence[RunPoint], paths: Sequence[RunPath | None]
) -> Placed:
    missing = [point.run.run_id for point, path in zip(points, paths, strict=True) if path is None]
    if missing:
        raise InputError.of(
            "plane",
            request.plane,
            f"the path of {missing[0]} was not kept (see budget.trajectory_points), allowed: random, layer, "
            "hessian",
        )
    known = [path.points for path in paths if path is not None]
    plane = principal_plane(known, mean_end(known))
    words = _named(points[0]) if len(points) == 1 else _mean_words(paths)
    return Placed(plane, _covering(request, plane, known), words, ("parameter", "parameter"))


def _mean_words(paths: Sequence[RunPath | None]) -> str:
    """Return where the mean of the paths' ends is: runs that still trained then had not ended there."""
    steps = sorted({int(path.steps[-1]) for path in paths if path is not None})
    at = f"step {steps[0]}" if len(steps) == 1 else f"steps {steps[0]} to {steps[-1]}"
    return f"the mean of where the {len(paths)} runs were at {at}"


def _covering(request: LandscapeRequest, plane: Plane, paths: Sequence[np.ndarray]) -> Grid:
    if request.span is not None:
        return _square(request.size, request.span)
    project = Projector(plane)
    found = np.concatenate([project(path).coordinates for path in paths])
    return Grid(*(_with_margin(request.size, found[:, axis], PATH_MARGIN) for axis in range(2)))


def _with_margin(size: int, values: np.ndarray, margin: float) -> Axis:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = margin * (high - low)
    return Axis.covering(size, low - room, high + room)


def _curved(request: LandscapeRequest, point: RunPoint, scene: Scene, curved: Split) -> Placed:
    found = eigen_plane(scene, point.state.theta, curved)
    plane = found.plane
    grid = _square(request.size, request.span or span_of(plane))
    words = _named(point) + ("" if found.converged else "; Lanczos did not converge")
    unit = "parameter"
    return Placed(plane, grid, words, (unit, unit), bounds=found.bounds, cost_gradients=found.cost_gradients)


def _three(request: LandscapeRequest, points: Sequence[RunPoint]) -> Placed:
    plane = through_three(*(point.state.theta for point in points))
    found = Projector(plane)(np.stack([point.state.theta for point in points])).coordinates
    if request.span is not None:
        grid = _square(request.size, request.span)
    else:
        grid = Grid(*(_with_margin(request.size, found[:, axis], LINE_MARGIN) for axis in range(2)))
    places = tuple((float(a), float(b)) for a, b in found)
    return Placed(plane, grid, _named(points[0]), ("parameter", "parameter"), points=places)


def _line(request: LandscapeRequest, points: Sequence[RunPoint]) -> Placed:
    first, second = points
    plane = line_between(first.state.theta, second.state.theta)
    axis = Axis.between(request.size, LINE_MARGIN if request.span is None else request.span)
    unit = "part of the way"
    return Placed(
        plane, Grid(axis, Axis.single()), _named(first), (unit, ""), points=((0.0, 0.0), (1.0, 0.0))
    )


def _named(point: RunPoint) -> str:
    return f"{point.run.run_id} {point.words}"


def info_of(kind: PlaneKind, placed: Placed, points: Sequence[RunPoint], scene: Scene) -> PlaneInfo:
    """Return a plane as it is told and stored."""
    plane = placed.plane
    shapes = scene.shapes
    return PlaneInfo(
        kind=kind,
        center=placed.center,
        axes=placed.axes,
        runs=tuple(point.run.run_id for point in points),
        lengths=plane.lengths,
        cosine=plane.cosine,
        explained=plane.explained,
        eigenvalues=plane.eigenvalues,
        eigenvalue_bounds=placed.bounds,
        points=placed.points,
        parameters=len(plane.center),
        names=tuple(shapes),
        shapes=tuple(shapes.values()),
        vectors=np.stack([plane.center, plane.first, plane.second]),
    )


def on_plane(
    plane: Plane, points: Sequence[RunPoint], paths: Sequence[RunPath | None], places: Sequence[int]
) -> list[PathOnPlane]:
    """Return the runs' paths relative to a plane; a run without a path is its one point.

    Args:
        plane: The plane.
        points: A point for each run.
        paths: Their paths, None where none was kept.
        places: The places of their arms in their experiments' configurations.
    """
    project = Projector(plane)
    found = []
    for point, path, arm_place in zip(points, paths, places, strict=True):
        steps = np.array([point.step]) if path is None else path.steps
        where = project(point.state.theta[None] if path is None else path.points)
        found.append(
            PathOnPlane(
                run_id=point.run.run_id,
                arm=point.run.arm,
                seed=point.run.seed,
                steps=steps,
                coordinates=where.coordinates,
                distance=where.distance,
                values=np.full(len(steps), np.nan),
                place=arm_place,
            )
        )
    return found
