"""The plane that paths through parameter space stay nearest to: principal components without a covariance.

With n points in d >> n dimensions, M `[n, d]` the points relative to the centre, the eigenvectors w of the
Gram matrix M M' give the directions M' w / ||M' w||; what is explained is their share of tr M M' (Li et al.,
arXiv 1712.09913, section 7).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from wnin_desktop.analysis.landscape.plane import Plane
from wnin_desktop.errors import InputError

COLUMNS = 1 << 14
"""Parameters that are held as float64 at once."""


def principal_plane(paths: Sequence[np.ndarray], center: np.ndarray) -> Plane:
    """Return the plane through `center` whose two orthonormal directions explain most of the paths.

    Each path counts the same, however many points it has. Points that are not finite are left out. Signs are
    chosen so that paths end on the side of larger coordinates.

    Args:
        paths: One `[points, d]` for each run.
        center: `[d]`; distances are taken from it.

    Raises:
        InputError: Fewer than two directions are left in the finite points.
    """
    finite = [path[np.isfinite(path).all(1)] for path in paths]
    weights = np.concatenate([np.full(len(path), 1 / max(1, len(path))) for path in finite])
    scale = np.sqrt(weights)
    gram = np.zeros((len(weights), len(weights)))
    for block in _blocks(finite, center):
        weighted = block * scale[:, None]
        gram += weighted @ weighted.T
    values, vectors = np.linalg.eigh(gram)
    total = float(np.trace(gram))
    if len(values) < 2 or not values[-2] > 1e-12 * total:
        raise InputError.of(
            "runs", len(values), "their paths span no plane: they need two directions or more"
        )
    top = vectors[:, :-3:-1]
    directions = _directions(finite, center, top * scale[:, None])
    ends = sum((path[-1].astype(np.float64) - path[0]) @ directions.T for path in finite if len(path))
    directions *= np.where(np.asarray(ends) < 0, -1.0, 1.0)[:, None]
    kind = center.dtype
    return Plane(
        center,
        directions[0].astype(kind),
        directions[1].astype(kind),
        explained=(float(values[-1] / total), float(values[-2] / total)),
    )


def mean_end(paths: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean of the paths' last finite points, `[d]`; the very point where there is one path.

    Raises:
        InputError: No path has a finite point.
    """
    ends = []
    for path in paths:
        good = np.flatnonzero(np.isfinite(path).all(1))
        if len(good):
            ends.append(path[good[-1]])
    if not ends:
        raise InputError.of("runs", len(paths), "no point of their paths is finite")
    if len(ends) == 1:
        return ends[0].copy()
    return np.mean(ends, axis=0, dtype=np.float64).astype(ends[0].dtype)


def _blocks(paths: Sequence[np.ndarray], center: np.ndarray) -> Iterator[np.ndarray]:
    """Yield all points relative to the centre, a block of columns at a time, float64 `[n, columns]`."""
    for low in range(0, len(center), COLUMNS):
        columns = slice(low, low + COLUMNS)
        middle = center[columns].astype(np.float64)
        yield np.concatenate([path[:, columns].astype(np.float64) for path in paths]) - middle


def _directions(paths: Sequence[np.ndarray], center: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the two directions M' w of length 1, `[2, d]`."""
    found = np.concatenate([weights.T @ block for block in _blocks(paths, center)], 1)
    found[0] /= np.linalg.norm(found[0])
    found[1] -= (found[1] @ found[0]) * found[0]
    return found / np.linalg.norm(found, axis=1, keepdims=True)
