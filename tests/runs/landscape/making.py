"""Requests on recorded comparisons, and what comes back."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wnin_desktop.runs.landscape.control import LandscapeControl
from wnin_desktop.runs.landscape.session import evaluate
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.landscape import LandscapeRequest, PathOnPlane, Surface, SurfaceDone


@dataclass(frozen=True)
class Recorded:
    folder: Path
    small: str
    labels: str
    batch: str

    def run(self, arm="sgd-sgld", seed=0) -> str:
        return f"{self.small}/{arm}/s{seed}"


def request(*runs: str, **changes) -> LandscapeRequest:
    content = {"runs": list(runs), "size": 9, "samples": 60, "threads": 1}
    return validate(LandscapeRequest, content | changes)


def events_of(store: Store | Path, asked: LandscapeRequest, control=None, *, keep=False):
    return list(evaluate(asked, control or LandscapeControl(), store=store, keep=keep))


def surface_of(store: Store | Path, asked: LandscapeRequest, *, keep=False) -> Surface:
    last = events_of(store, asked, keep=keep)[-1]
    assert isinstance(last, SurfaceDone), last
    return last.surface


def equal(one: Surface, other: Surface) -> bool:
    """Whether two surfaces hold the same numbers, bit for bit."""
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("a", "b", "values", "smoothed", "smoothed_se")
    ) and all(
        same_path(a, b) for a, b in zip(one.paths, other.paths, strict=True)
    )  # fmt: skip


def same_path(one: PathOnPlane, other: PathOnPlane) -> bool:
    return one.run_id == other.run_id and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("steps", "coordinates", "distance", "values")
    )
