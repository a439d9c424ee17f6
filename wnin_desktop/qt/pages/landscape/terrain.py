"""What is known of a surface, coarse or fine, smoothed or not, without a screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.schema.landscape import (
    TITLES,
    UNITS,
    BarrierInfo,
    Cost,
    Metric,
    PathOnPlane,
    PlaneInfo,
    PlaneReady,
    SmoothedLevel,
    Surface,
    SurfaceLevel,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layer:
    """The surface smoothed by weight noise of one spread, so far.

    Attributes:
        values: `[rows, columns]`.
        se: Standard errors over pairs of draws; NaN before the second pair.
        pairs: Pairs of draws that it averages over.
    """

    values: Array
    se: Array
    pairs: int


@dataclass(frozen=True, eq=False)
class Heights:
    """A surface as it is shown: at one sigma, with the standard error of that; zero where it is exact."""

    values: Array
    se: Array | None = None

    @property
    def typical_se(self) -> float | None:
        """The median standard error; None where there is none."""
        if self.se is None or not np.isfinite(self.se).any():
            return None
        return float(np.nanmedian(self.se))


@dataclass(frozen=True, eq=False)
class Terrain:
    """A plane, its grid, and what was evaluated on it until now.

    Attributes:
        request: The question, as JSON.
        plane: The plane.
        a: Coordinates along the columns.
        b: Coordinates along the rows; one of them for a line.
        paths: Paths of the runs relative to the plane.
        data: Which data, in words.
        normalization: What normalization layers did, in words.
        values: `[rows, columns]`; what is not known yet is interpolated. None before the first level.
        stride: Grid steps between known points; 1 where all are known.
        layers: Smoothed surfaces by sigma.
        barrier: For a line.
        cost: What it cost, once it is done.
        device: What it was computed on.
        created: Unix time in seconds, once it is done.
        surface: All of it, as files hold it, once it is done.
    """

    request: Mapping[str, Any]
    plane: PlaneInfo
    a: Array
    b: Array
    paths: tuple[PathOnPlane, ...] = ()
    data: str = ""
    normalization: str = ""
    values: Array | None = None
    stride: int = 0
    layers: Mapping[float, Layer] = field(default_factory=dict)
    barrier: BarrierInfo | None = None
    cost: Cost | None = None
    device: str = ""
    created: float = 0.0
    surface: Surface | None = None

    # -- where it comes from -------------------------------------------------------------------------------

    @classmethod
    def of_plane(cls, request: Mapping[str, Any], event: PlaneReady) -> Terrain:
        """Return a plane nothing of which is evaluated yet."""
        return cls(
            request=request,
            plane=event.plane,
            a=np.asarray(event.a),
            b=np.asarray(event.b),
            paths=event.paths,
            data=event.data,
            normalization=event.normalization,
        )

    @classmethod
    def of_surface(cls, surface: Surface) -> Terrain:
        """Return a complete surface."""
        draws = int(surface.request.get("draws", 0))
        layers = {
            sigma: Layer(values, se, draws)
            for sigma, values, se in zip(surface.sigma, surface.smoothed, surface.smoothed_se, strict=True)
        }
        return cls(
            request=surface.request,
            plane=surface.plane,
            a=surface.a,
            b=surface.b,
            paths=surface.paths,
            data=surface.cost.data,
            normalization=surface.normalization,
            values=surface.values,
            stride=1,
            layers=layers,
            barrier=surface.barrier,
            cost=surface.cost,
            device=surface.device,
            created=surface.created,
            surface=surface,
        )

    def with_level(self, event: SurfaceLevel) -> Terrain:
        """Return it with a level of the plain surface."""
        values = np.asarray(event.values) if event.last else filled(event.values, event.known)
        return replace(self, values=values, stride=event.stride)

    def with_smoothed(self, event: SmoothedLevel) -> Terrain:
        """Return it with one more pair of draws of one sigma."""
        layer = Layer(np.asarray(event.values), np.asarray(event.se), event.pairs)
        return replace(self, layers={**self.layers, event.sigma: layer})

    def with_paths(self, paths: Iterable[PathOnPlane]) -> Terrain:
        """Return it with other paths, as they grow while it trains."""
        return replace(self, paths=tuple(paths))

    def finished(self, surface: Surface, paths: tuple[PathOnPlane, ...] | None = None) -> Terrain:
        """Return the complete surface on this very plane and grid; with other paths where they have grown."""
        whole = Terrain.of_surface(surface)
        return replace(whole, plane=self.plane, a=self.a, b=self.b, paths=paths or whole.paths)

    # -- what it is ----------------------------------------------------------------------------------------

    @property
    def metric(self) -> Metric:
        """What the height is."""
        return cast("Metric", self.request.get("metric", "train_loss"))

    @property
    def title(self) -> str:
        """The name of the height."""
        return TITLES[self.metric]

    @property
    def unit(self) -> str:
        """The unit of the height; "1" for a share."""
        return UNITS[self.metric]

    @property
    def is_done(self) -> bool:
        """Whether it is complete."""
        return self.surface is not None

    @property
    def is_line(self) -> bool:
        """Whether it has one dimension only."""
        return len(self.b) == 1

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return len(self.b), len(self.a)

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms whose paths there are, each once."""
        return tuple(dict.fromkeys(path.arm for path in self.paths))

    @property
    def sigmas(self) -> tuple[float, ...]:
        """Spreads there is a surface for, ascending; 0 is the plain one."""
        return (0.0, *sorted(self.layers))

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps at which any path has a point, ascending."""
        if not self.paths:
            return np.zeros(0, np.int64)
        return np.unique(np.concatenate([np.asarray(path.steps, np.int64) for path in self.paths]))

    @property
    def farthest(self) -> float:
        """Largest distance of a path from the plane; 0 without paths."""
        distances = [path.distance[np.isfinite(path.distance)] for path in self.paths]
        return max((float(each.max()) for each in distances if len(each)), default=0.0)

    def at(self, sigma: float) -> Heights | None:
        """Return the surface at a spread, between known ones linear in sigma^2; None before the first level.

        Smoothing by Gaussian noise follows the heat equation in sigma^2: this is exact to first order.
        The standard error is the bound that holds whatever the draws of two spreads have in common.
        """
        if self.values is None:
            return None
        low, high, share = neighbours(self.sigmas, sigma)
        one, other = self._known(low), self._known(high)
        if share == 0 or low == high:
            return one
        values = mixed(one.values, other.values, share)
        return Heights(values, mixed(_zero(one), _zero(other), share))

    def _known(self, sigma: float) -> Heights:
        assert self.values is not None
        if sigma == 0:
            return Heights(self.values)
        layer = self.layers[sigma]
        return Heights(layer.values, layer.se)


def _zero(heights: Heights) -> Array:
    return np.zeros_like(heights.values) if heights.se is None else heights.se


def mixed(one: Array, other: Array, share: float) -> Array:
    """Return `one` with so much of `other` in it."""
    return one + share * (other - one)


def neighbours(sigmas: tuple[float, ...], sigma: float) -> tuple[float, float, float]:
    """Return the known spreads around one, and how far it is from the first to the second, in sigma^2."""
    sigma = min(max(sigma, sigmas[0]), sigmas[-1])
    place = int(np.searchsorted(sigmas, sigma))
    if sigmas[place] == sigma:
        return sigma, sigma, 0.0
    low, high = sigmas[place - 1], sigmas[place]
    return low, high, (sigma**2 - low**2) / (high**2 - low**2)


# -- what is not known yet -------------------------------------------------------------------------------


def filled(values: Array, known: NDArray[np.bool_]) -> Array:
    """Return `values` with what is not known interpolated between known rows and columns.

    Args:
        values: `[rows, columns]`.
        known: Where they are known: a grid of some rows and columns.
    """
    rows, columns = np.flatnonzero(known.any(1)), np.flatnonzero(known.any(0))
    if not len(rows) or not len(columns):
        return np.full(values.shape, np.nan)
    coarse = np.asarray(values, np.float64)[np.ix_(rows, columns)]
    wide = _stretched(coarse, columns, values.shape[1])
    return np.ascontiguousarray(_stretched(wide.T, rows, values.shape[0]).T)


def _stretched(values: Array, known: NDArray[np.intp], count: int) -> Array:
    """Return `values`, which are at the columns `known`, at all of `count` columns."""
    index = np.arange(count)
    right = np.clip(np.searchsorted(known, index), 0, len(known) - 1)
    left = np.clip(np.where(known[right] > index, right - 1, right), 0, len(known) - 1)
    width = np.maximum(known[right] - known[left], 1)
    share = np.clip((index - known[left]) / width, 0.0, 1.0)
    one, other = values[:, left], values[:, right]
    # Zero times NaN is NaN: a hole must not eat into its known neighbours.
    return np.where(share == 0, one, one + share * (other - one))


def height_at(terrain: Terrain, values: Array, a: float, b: float) -> float | None:
    """Return the height at a place, between the points of the grid; None outside or where it is a hole."""
    column, row = _place(terrain.a, a), _place(terrain.b, b)
    if column is None or row is None:
        return None
    (i, u), (j, v) = column, row
    last_row, last_column = values.shape[0] - 1, values.shape[1] - 1
    corners = values[np.ix_([j, min(j + 1, last_row)], [i, min(i + 1, last_column)])]
    weights = np.outer([1 - v, v], [1 - u, u])
    counted = weights > 0
    found = float((corners[counted] * weights[counted]).sum())
    return found if np.isfinite(found) else None


def _place(axis: Array, at: float) -> tuple[int, float] | None:
    """Return the index before a coordinate and how far it is to the next; None outside of the axis."""
    if len(axis) == 1:
        return 0, 0.0
    step = float(axis[1] - axis[0])
    place = (at - float(axis[0])) / step
    if not -1e-9 <= place <= len(axis) - 1 + 1e-9:
        return None
    index = int(min(max(np.floor(place), 0), len(axis) - 2))
    return index, float(min(max(place - index, 0.0), 1.0))
