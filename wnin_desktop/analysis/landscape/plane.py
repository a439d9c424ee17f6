"""A plane in parameter space, and where points lie relative to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from wnin_desktop.errors import InputError

BLOCK_NUMBERS = 1 << 20
"""Numbers of a block that are made float64 at once."""


@dataclass(frozen=True)
class Plane:
    """center + a first + b second; a line where `second` is zero.

    Vectors are `[d]`, of the type of the parameters, in their order. `Projection` is what they are for.
    """

    center: np.ndarray
    first: np.ndarray
    second: np.ndarray
    explained: tuple[float, ...] = field(default=())
    """Shares of the paths' squared distance from the centre along both, where they come from paths."""
    eigenvalues: tuple[float, ...] = field(default=())
    """Curvatures along both directions, where they are eigenvectors of the Hessian."""

    def at(self, a: float, b: float) -> np.ndarray:
        """Return the point at (a, b)."""
        kind = self.center.dtype.type
        return (self.center + kind(b) * self.second) + kind(a) * self.first

    @property
    def cosine(self) -> float:
        """Cosine of the angle between the directions; 0 where one is zero."""
        (aa, ab), (_, bb) = _gram(self)
        return float(ab / np.sqrt(aa * bb)) if aa > 0 and bb > 0 else 0.0

    @property
    def lengths(self) -> tuple[float, float]:
        """Euclidean norms of both directions."""
        gram = _gram(self)
        return float(np.sqrt(gram[0, 0])), float(np.sqrt(gram[1, 1]))


def _gram(plane: Plane) -> np.ndarray:
    both = np.stack([plane.first, plane.second]).astype(np.float64)
    return both @ both.T


@dataclass(frozen=True)
class Projection:
    """Points relative to a plane: coordinates (alpha, beta) `[n, 2]` of the nearest point of the plane,
    and the Euclidean distance from it, `[n]`.
    """  # noqa: D205 - the sentence needs both lines

    coordinates: np.ndarray
    distance: np.ndarray


class Projector:
    """Projects points onto one plane, as cheap as three scalar products a point; holds no copy of the points.

    The directions need be neither orthogonal nor of length 1: coordinates solve the least-squares problem.
    """

    def __init__(self, plane: Plane) -> None:
        """Prepare; the second direction may be zero.

        Raises:
            InputError: The directions are parallel, or the first is zero.
        """
        self._center = plane.center.astype(np.float64)
        self._first = plane.first.astype(np.float64)
        self._second = plane.second.astype(np.float64)
        gram = _gram(plane)
        self._is_line = gram[1, 1] == 0
        if not gram[0, 0] > 0 or not np.isfinite(gram).all():
            raise InputError.of("plane", float(gram[0, 0]), "its first direction must be finite and not zero")
        if self._is_line:
            gram[1, 1] = 1.0
        elif gram[0, 1] ** 2 >= (1 - 1e-12) * gram[0, 0] * gram[1, 1]:
            raise InputError.of("plane", plane.cosine, "its directions are parallel; choose other points")
        self._gram = gram

    def __call__(self, points: np.ndarray | Iterable[np.ndarray]) -> Projection:
        """Return where points `[n, d]` lie; a point that is not finite has coordinates NaN."""
        parts = [self._block(block) for block in _blocks(points, len(self._center))]
        if not parts:
            return Projection(np.empty((0, 2)), np.empty(0))
        coordinates, distances = zip(*parts, strict=True)
        return Projection(np.concatenate(coordinates), np.concatenate(distances))

    def _block(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with np.errstate(invalid="ignore", over="ignore"):
            away = points.astype(np.float64) - self._center
            dots = np.stack([away @ self._first, away @ self._second], 1)
            coordinates = np.linalg.solve(self._gram, dots.T).T
            # From the rest itself: a difference of squares would lose the small distances.
            rest = away - coordinates[:, :1] * self._first - coordinates[:, 1:] * self._second
            distance = np.sqrt((rest * rest).sum(1))
        lost = ~np.isfinite(distance)
        coordinates[lost], distance[lost] = np.nan, np.nan
        return coordinates, distance


def _blocks(points: np.ndarray | Iterable[np.ndarray], width: int) -> Iterator[np.ndarray]:
    rows = max(1, BLOCK_NUMBERS // width)
    if isinstance(points, np.ndarray):
        for low in range(0, len(points), rows):
            yield points[low : low + rows]
        return
    for point in points:
        yield np.asarray(point)[None]


def through_three(first: np.ndarray, second: np.ndarray, third: np.ndarray) -> Plane:
    """Return the plane through three points with `first` as its centre and directions of length 1.

    The first direction leads to `second`; the second is orthogonal to it, on the side of `third` (Garipov et
    al., arXiv 1802.10026), so distances on the plane are distances between parameters.

    Raises:
        InputError: Two points are the same, or all lie on a line.
    """
    center = first.astype(np.float64)
    u = second - center
    v = third - center
    length = np.linalg.norm(u)
    if not length > 0:
        raise InputError.of("runs", "the first two", "they have the same parameters; choose other points")
    u /= length
    reach = np.linalg.norm(v)
    for _ in range(2):  # once leaves the rounding of nearly parallel vectors
        v -= (v @ u) * u
    height = np.linalg.norm(v)
    if not height > 1e-9 * max(reach, length):
        raise InputError.of("runs", "the third", "it lies on the line through the first two; choose another")
    kind = first.dtype
    return Plane(first, u.astype(kind), (v / height).astype(kind))


def line_between(first: np.ndarray, second: np.ndarray) -> Plane:
    """Return the line from `first` at 0 to `second` at 1.

    Raises:
        InputError: They are the same point.
    """
    direction = (second.astype(np.float64) - first).astype(first.dtype)
    if not np.linalg.norm(direction) > 0:
        raise InputError.of("runs", "the two", "they have the same parameters; choose other points")
    return Plane(first, direction, np.zeros_like(direction))
