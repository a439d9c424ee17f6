"""A surface in words, and as one JSON document without its arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from wnin_desktop.runs.landscape.surface_file import plain
from wnin_desktop.runs.report.text import count, duration, number
from wnin_desktop.schema.landscape import UNITS, PathOnPlane, Surface, normalization_told


def document(surface: Surface) -> dict[str, Any]:
    """Return everything of a surface but its arrays, with its extremes where its paths end, how far off."""
    content = plain(surface)
    for told, path in zip(content["paths"], surface.paths, strict=True):
        told |= {
            "points": len(path.steps),
            "end": path.coordinates[-1].tolist(),
            "distance": float(path.distance[-1]),
            "farthest": path.farthest,
        }
    return content | {"lowest": extreme(surface, "lowest"), "highest": extreme(surface, "highest")}


def extreme(surface: Surface, which: Literal["lowest", "highest"]) -> dict[str, float] | None:
    """Return value and place of the lowest or highest finite point; None where none is finite."""
    good = np.isfinite(surface.values)
    if not good.any():
        return None
    flat = np.where(good, surface.values, np.inf if which == "lowest" else -np.inf)
    place = flat.argmin() if which == "lowest" else flat.argmax()
    row, column = np.unravel_index(place, flat.shape)
    return {
        "value": float(surface.values[row, column]),
        "a": float(surface.a[column]),
        "b": float(surface.b[row]),
    }


def summary(surface: Surface) -> str:
    """Return a surface in words, a line for each thing."""
    return "\n".join(_lines(surface))


def _lines(surface: Surface) -> Iterator[str]:
    plane, metric = surface.plane, surface.request["metric"]
    unit = "" if UNITS[metric] == "1" else f" {UNITS[metric]}"
    rows, columns = surface.values.shape
    yield f"{plane.kind}: {columns} x {rows} points through {plane.center}"
    yield (
        f"axes: a from {number(surface.a[0])} to {number(surface.a[-1])}, b from {number(surface.b[0])} to "
        f"{number(surface.b[-1])}; one unit is {number(plane.lengths[0])} and {number(plane.lengths[1])} in "
        f"parameter space, cosine {number(plane.cosine)}"
    )
    if plane.explained:
        yield f"explained: {' and '.join(number(share) for share in plane.explained)} of the paths' squares"
    if plane.eigenvalues:
        pairs = zip(plane.eigenvalues, plane.eigenvalue_bounds, strict=True)
        told = " and ".join(f"{number(value)} ± {number(bound, 2)}" for value, bound in pairs)
        yield f"eigenvalues: {told} nat/parameter^2"
    for which in ("lowest", "highest"):
        found = extreme(surface, which)
        if found is not None:
            place = f"({number(found['a'])}, {number(found['b'])})"
            yield f"{which} {metric}: {number(found['value'], 4)}{unit} at {place}"
    if surface.barrier is not None:
        found = surface.barrier
        yield (
            f"barrier: {number(found.from_first)} nat from the first end, {number(found.from_second)} from "
            f"the second, {number(found.above_chord)} above the chord; highest at {number(found.at)} of the "
            f"way, on {found.points} points"
        )
    yield from (_path_words(path) for path in surface.paths)
    for sigma, error in zip(surface.sigma, surface.smoothed_se, strict=True):
        yield f"smoothed with sigma {sigma:g}: standard error up to {number(float(np.nanmax(error)))}{unit}"
    yield from _cost_words(surface)


def _path_words(path: PathOnPlane) -> str:
    end = f"({number(path.coordinates[-1, 0])}, {number(path.coordinates[-1, 1])})"
    words = f"{path.arm}/s{path.seed}: {count(len(path.steps), 'point')}, ends at {end}, "
    words += f"up to {number(path.farthest)} off the plane"
    if path.escapes:
        words += f", escapes after steps {', '.join(map(str, path.escapes))}"
    return words


def _cost_words(surface: Surface) -> Iterator[str]:
    cost = surface.cost
    normalization = normalization_told(surface.normalization)
    yield f"data: {cost.data}" + (f"; {normalization}" if normalization else "")
    gradients = f" and {number(cost.gradients)} gradients" if cost.gradients else ""
    passes = count(cost.forwards, "forward pass", "forward passes")
    yield f"cost: {passes}{gradients} over {count(cost.examples, 'example')}, {duration(cost.seconds)}"
