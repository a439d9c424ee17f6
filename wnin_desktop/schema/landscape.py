"""Loss landscapes: what may be asked, what comes back while it is evaluated, and the surface in the end.

Everything here is plain data and crosses to another process as MessagePack; arrays go as their bytes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec
import numpy as np
from pydantic import Field, model_validator

from wnin_desktop.errors import InputError
from wnin_desktop.schema.base import Config, quantity
from wnin_desktop.schema.problems import contradiction
from wnin_desktop.schema.run import Seed

PlaneKind = Literal["random", "layer", "pca", "hessian", "three", "line"]
Metric = Literal["train_loss", "val_loss", "accuracy", "error"]
PLANES: tuple[PlaneKind, ...] = get_args(PlaneKind)
METRICS: tuple[Metric, ...] = get_args(Metric)
UNITS: dict[Metric, str] = {"train_loss": "nat", "val_loss": "nat", "accuracy": "1", "error": "1"}
TITLES: dict[Metric, str] = {
    "train_loss": "Training loss",
    "val_loss": "Validation loss",
    "accuracy": "Validation accuracy",
    "error": "Validation error",
}
RUNS: dict[PlaneKind, int] = {"three": 3, "line": 2}
"""Planes that go through so many runs; the others take any number, and the first is their centre."""
LARGEST_SIZE = 501
MOST_RUNS = 64

RunName = Annotated[str, Field(min_length=1, max_length=400)]
Sigma = Annotated[float, Field(gt=0, le=1e3)]


class LandscapeRequest(Config):
    """A surface to evaluate: through what, how fine, of what, on which data."""

    runs: tuple[RunName, ...] = quantity(
        ...,
        title="Runs",
        help="Runs the plane belongs to: EXPERIMENT/ARM/sSEED at its end, or at @STEP, @best, @matched.",
        min_length=1,
        max_length=MOST_RUNS,
    )
    plane: PlaneKind = quantity(
        "random",
        title="Plane",
        help="Random directions normalized by filter or layer, the plane nearest to the paths (pca), "
        "the two most curved directions (hessian), through three runs, or the line between two.",
    )
    size: int = quantity(
        51, title="Size", unit="points", help="Points along each axis; odd.", ge=3, le=LARGEST_SIZE
    )
    span: float | None = quantity(
        None,
        title="Span",
        unit="axis units",
        help="Half width around the centre, or what a line goes beyond its ends; empty fits it.",
        gt=0,
        le=1e6,
    )
    metric: Metric = quantity("train_loss", title="Metric", help="What the height is.")
    samples: int | None = quantity(
        2000,
        title="Samples",
        unit="examples",
        help="Fixed examples the metric is measured on; empty takes the whole split.",
        ge=1,
        le=10_000_000,
    )
    sigma: tuple[Sigma, ...] = quantity(
        (),
        title="Sigma",
        unit="parameter",
        help="Also the surface smoothed by Gaussian weight noise of these spreads.",
        max_length=8,
    )
    draws: int = quantity(
        8,
        title="Draws",
        unit="pairs",
        help="Pairs of opposite weight noises that a smoothed surface averages over.",
        ge=2,
        le=4096,
    )
    seed: Seed = quantity(0, title="Seed", help="Names random directions and smoothing draws.")
    statistics: Literal["fixed", "recomputed"] = quantity(
        "fixed",
        title="Running statistics",
        help="Of batch normalization: fixed at the centre's, or recomputed at every point.",
    )
    escapes: bool = quantity(
        False,
        title="Escape events",
        help="Find where the paths leave one minimum for another; costs gradients.",
    )
    device: str = quantity(
        "auto",
        title="Device",
        help="auto, cpu, cuda or cuda:N.",
        pattern=r"^(auto|cpu|cuda(:\d{1,2})?)$",
        allowed="auto, cpu, cuda or cuda:N",
    )
    threads: int | None = quantity(
        None, title="Threads", help="CPU threads; empty takes all cores.", ge=1, le=256
    )

    @model_validator(mode="after")
    def _fits(self) -> LandscapeRequest:
        if self.size % 2 == 0:
            raise contradiction(
                "size",
                self.size,
                f"allowed: an odd number from 3 to {LARGEST_SIZE}, so that a point is the centre",
            )
        wanted = RUNS.get(self.plane)
        if wanted is not None and len(self.runs) != wanted:
            given = f"{len(self.runs)} {'is' if len(self.runs) == 1 else 'are'} given"
            raise contradiction(
                "runs", ", ".join(self.runs), f"the plane {self.plane} needs {wanted} runs, {given}"
            )
        for place, run in enumerate(self.runs):
            if run in self.runs[:place]:
                raise contradiction("runs", run, "it is there already, runs must differ")
        for place, sigma in enumerate(self.sigma):
            if sigma in self.sigma[:place]:
                raise contradiction("sigma", sigma, "it is there already, values must differ")
        return self


class PlaneInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A plane in words and numbers, and its vectors.

    Attributes:
        kind: How it was made.
        center: Where its origin is, in words.
        axes: What the unit along each axis is.
        runs: The runs it was made from.
        lengths: Norms of both directions in parameter space: one axis unit is that far.
        cosine: Cosine of the angle between them.
        explained: Shares of the paths' squared distance from the centre, for `pca`.
        eigenvalues: Curvatures in nat/parameter^2, for `hessian`.
        eigenvalue_bounds: How far each may be from an eigenvalue.
        points: Coordinates of the runs a plane goes through, for `three` and `line`.
        parameters: Dimension d of parameter space.
        names: Parameter names, in the order of the vectors.
        shapes: Their shapes.
        vectors: Centre, first and second direction, float32 `[3, d]`.
    """

    kind: PlaneKind
    center: str
    axes: tuple[str, str]
    runs: tuple[str, ...]
    lengths: tuple[float, float]
    cosine: float
    explained: tuple[float, ...] = ()
    eigenvalues: tuple[float, ...] = ()
    eigenvalue_bounds: tuple[float, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    parameters: int
    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    vectors: np.ndarray


class PathOnPlane(msgspec.Struct, frozen=True, kw_only=True):
    """A run's path relative to a plane.

    Attributes:
        run_id: The run.
        arm: Its arm.
        seed: Its seed.
        steps: Finished steps of each point, int64 `[n]`.
        coordinates: (alpha, beta) of the nearest point of the plane, float64 `[n, 2]`.
        distance: Distance from the plane in parameter space, float64 `[n]`.
        values: The metric at the point itself, not at its shadow, `[n]`; NaN where it was not measured.
        escapes: Steps at which an escape event was detected.
        place: Its arm's place in its experiment's configuration, which decides how it looks; -1 where
            nobody knows.
    """

    run_id: str
    arm: str
    seed: int
    steps: np.ndarray
    coordinates: np.ndarray
    distance: np.ndarray
    values: np.ndarray
    escapes: tuple[int, ...] = ()
    place: int = -1

    @property
    def farthest(self) -> float:
        """Largest distance from the plane; 0 where none is a number."""
        return float(self.distance[np.isfinite(self.distance)].max(initial=0.0))


class BarrierInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Rise of the loss on the line between two runs, nat; see `analysis.landscape.barrier`."""

    from_first: float
    from_second: float
    above_chord: float
    at: float
    points: int


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a surface cost.

    Attributes:
        forwards: Forward passes over its examples.
        gradients: Gradient evaluations on its examples, for the plane and the escape events.
        examples: Size of the data in examples.
        data: Which data, in words.
        seconds: Time spent, all interruptions left out.
    """

    forwards: int
    gradients: float
    examples: int
    data: str
    seconds: float


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluated surface.

    Attributes:
        request: The question, as JSON.
        fingerprint: SHA-256 of everything the numbers depend on.
        plane: The plane.
        a: Coordinates along the columns, float64 `[columns]`.
        b: Coordinates along the rows, float64 `[rows]`.
        values: The metric, float64 `[rows, columns]`; NaN where it is not a number.
        sigma: Spreads of the smoothed surfaces.
        smoothed: Smoothed surfaces, `[sigmas, rows, columns]`.
        smoothed_se: Their standard errors, of the same shape.
        paths: Paths of the runs.
        barrier: For `line`.
        normalization: What normalization layers did, in words.
        cost: What it cost.
        device: What it was computed on.
        versions: Of what decides the numbers.
        created: Unix time in seconds.
    """

    request: dict[str, Any]
    fingerprint: str
    plane: PlaneInfo
    a: np.ndarray
    b: np.ndarray
    values: np.ndarray
    sigma: tuple[float, ...] = ()
    smoothed: np.ndarray
    smoothed_se: np.ndarray
    paths: tuple[PathOnPlane, ...] = ()
    barrier: BarrierInfo | None = None
    normalization: str = ""
    cost: Cost
    device: str = ""
    versions: dict[str, str] = {}
    created: float = 0.0


NO_NORMALIZATION = "none"
"""What `Surface.normalization` is for a network without such layers."""


def normalization_told(normalization: str) -> str:
    """Return what normalization layers did, as the end of a sentence; "" where nobody knows."""
    if normalization == NO_NORMALIZATION:
        return "no normalization layers"
    if normalization.startswith("none "):  # files of older versions: "none with running statistics"
        return f"no normalization layers {normalization.removeprefix('none ')}"
    return f"normalization layers: {normalization}" if normalization else ""


# --- what comes up while a surface is evaluated ----------------------------------------------------------


class PlaneReady(msgspec.Struct, frozen=True, kw_only=True, tag="plane_ready"):
    """The plane is made: its description, the grid's coordinates and the paths on it."""

    plane: PlaneInfo
    a: np.ndarray
    b: np.ndarray
    paths: tuple[PathOnPlane, ...]
    normalization: str
    data: str
    resumed: float = 0.0
    """Part of the surface that a former evaluation had done, 0 to 1."""


class SurfaceLevel(msgspec.Struct, frozen=True, kw_only=True, tag="surface_level"):
    """A level of the plain surface is complete.

    Attributes:
        values: `[rows, columns]`, known where `known` is; NaN elsewhere.
        known: bool of that shape.
        stride: Grid steps between known points.
        last: Whether every point is known now.
    """

    values: np.ndarray
    known: np.ndarray
    stride: int
    last: bool


class SmoothedLevel(msgspec.Struct, frozen=True, kw_only=True, tag="smoothed_level"):
    """One more pair of draws went into the smoothed surface of one sigma; `se` is NaN before the second."""

    sigma: float
    pairs: int
    values: np.ndarray
    se: np.ndarray


class Doing(msgspec.Struct, frozen=True, kw_only=True, tag="doing"):
    """What goes on, the part done, and the seconds left at the present pace; negative where nobody knows."""

    what: str
    done: float
    seconds_left: float = -1.0


class SurfaceDone(msgspec.Struct, frozen=True, kw_only=True, tag="surface_done"):
    """The surface is complete; `file` is where it is kept with its experiment, "" where it is not."""

    surface: Surface
    file: str = ""


class SurfaceStopped(msgspec.Struct, frozen=True, kw_only=True, tag="surface_stopped"):
    """It was cancelled; asking the same again goes on from `done`. `file` is what was kept, "" if nothing."""

    done: float
    file: str = ""


LandscapeEvent = PlaneReady | SurfaceLevel | SmoothedLevel | Doing | SurfaceDone | SurfaceStopped

# --- across a border ----------------------------------------------------------------------------------------

KINDS = frozenset("biuf")
"""Kinds of numbers that cross; objects, of which bytes could make anything, do not."""


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind in KINDS:
        little = np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<"), copy=False)
        return (little.dtype.str, value.shape, little.tobytes())
    raise NotImplementedError(f"{type(value).__name__} cannot cross")


def _whole(kind: type, value: Any) -> Any:
    if kind is not np.ndarray:
        raise NotImplementedError(f"{kind.__name__} cannot cross")
    name, shape, content = msgspec.convert(value, tuple[str, tuple[int, ...], bytes])
    dtype = np.dtype(name)
    if dtype.kind not in KINDS:
        raise ValueError(f"arrays of {name} do not cross")
    return np.frombuffer(content, dtype).reshape(shape)


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_decoder = msgspec.msgpack.Decoder(LandscapeEvent, dec_hook=_whole)


def encode(event: LandscapeEvent) -> bytes:
    """Return one event as MessagePack."""
    return _encoder.encode(event)


def decode(content: bytes) -> LandscapeEvent:
    """Return the event in `content`; its arrays are read-only.

    Raises:
        InputError: It is no such event.
    """
    try:
        return _decoder.decode(content)
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise InputError.of("landscape event", f"{len(content)} bytes", str(error)) from None
