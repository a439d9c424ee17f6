"""Surfaces made without a network, and a worker that evaluates them when it is told to."""

from __future__ import annotations

import threading

import numpy as np

from wnin_desktop.schema.landscape import (
    Cost,
    Doing,
    PathOnPlane,
    PlaneInfo,
    PlaneReady,
    SmoothedLevel,
    Surface,
    SurfaceDone,
    SurfaceLevel,
    SurfaceStopped,
)

SIDE = 9
ARMS = ("adamw", "sgd noisy")
STEPS = np.array([0, 1, 2, 5, 10, 20])


def axes(side=SIDE):
    return np.linspace(-1, 1, side), np.linspace(-2, 2, side)


def bowl(side=SIDE):
    """A bowl with its lowest point, 0.05, in the middle."""
    a, b = axes(side)
    return 0.05 + a[None, :] ** 2 + 0.5 * b[:, None] ** 2


def path(run_id, arm, seed, turn=0.0):
    """A path from the rim towards the middle."""
    share = 1 - STEPS / 25
    places = np.stack([0.9 * share * np.cos(turn), 1.8 * share * np.sin(turn + 0.7)], 1)
    return PathOnPlane(
        run_id=run_id,
        arm=arm,
        seed=seed,
        steps=STEPS.copy(),
        coordinates=places,
        distance=np.linspace(0, 0.5, len(STEPS)),
        values=np.where(np.arange(len(STEPS)) % 2 == 0, 0.3, np.nan),
        escapes=(5,) if arm == ARMS[0] else (),
    )


def run_ids(experiment_id="exp", arms=ARMS):
    return tuple(f"{experiment_id}/{arm}/s0" for arm in arms)


def plane(experiment_id="exp", arms=ARMS, kind="pca"):
    return PlaneInfo(
        kind=kind,
        center="the mean of where the 2 runs were at step 20",
        axes=("parameter", "parameter"),
        runs=run_ids(experiment_id, arms),
        lengths=(1.0, 1.0),
        cosine=0.0,
        explained=(0.8, 0.15),
        parameters=4,
        names=("w",),
        shapes=((4,),),
        vectors=np.eye(3, 4, dtype=np.float32),
    )


def paths(experiment_id="exp", arms=ARMS):
    return tuple(
        path(run_id, arm, 0, turn)
        for turn, (run_id, arm) in enumerate(zip(run_ids(experiment_id, arms), arms, strict=True))
    )


def ready(experiment_id="exp", arms=ARMS, side=SIDE, kind="pca"):
    a, b = axes(side)
    return PlaneReady(
        plane=plane(experiment_id, arms, kind),
        a=a,
        b=b,
        paths=paths(experiment_id, arms),
        normalization="none",
        data="2000 of 4000 training examples",
    )


def level(stride, side=SIDE):
    middle, index = side // 2, np.arange(side)
    there = (index - middle) % stride == 0
    known = there[:, None] & there[None, :]
    return SurfaceLevel(
        values=np.where(known, bowl(side), np.nan), known=known, stride=stride, last=stride == 1
    )


def smoothed(sigma, pairs=8, side=SIDE):
    """The exact mean of the bowl under that noise, and a standard error."""
    values = bowl(side) + 1.5 * sigma**2
    return SmoothedLevel(sigma=sigma, pairs=pairs, values=values, se=np.full(values.shape, 0.01))


def surface(experiment_id="exp", arms=ARMS, sigmas=(), side=SIDE, kind="pca", **request):
    a, b = axes(side)
    asked = {"runs": list(run_ids(experiment_id, arms)), "plane": kind, "metric": "train_loss", "size": side}
    parts = [smoothed(sigma, side=side) for sigma in sigmas]
    return Surface(
        request=asked | {"sigma": list(sigmas), "draws": 8} | request,
        fingerprint="f" * 64,
        plane=plane(experiment_id, arms, kind),
        a=a,
        b=b,
        values=bowl(side),
        sigma=tuple(sigmas),
        smoothed=np.array([part.values for part in parts]).reshape(len(parts), side, side),
        smoothed_se=np.array([part.se for part in parts]).reshape(len(parts), side, side),
        paths=paths(experiment_id, arms),
        normalization="none",
        cost=Cost(
            forwards=81, gradients=0.0, examples=2000, data="2000 of 4000 training examples", seconds=1.5
        ),
        device="cpu",
        created=1.0,
    )


class Worker:
    """Yields a plane and coarse levels, then holds until `go_on` or a cancellation.

    `holds` names the stride of the level after which it waits; 0 waits nowhere.
    """

    def __init__(self, holds=0, error=None):
        self.holds, self.error = holds, error
        self.go_on = threading.Event()
        self.asked = []
        self.closed = False
        self.done = 0.0

    def warm_up(self):
        return

    def close(self):
        self.closed = True

    def evaluate(self, request, control, *, store):
        self.asked.append(request)
        experiment_id = request.runs[0].partition("/")[0]
        arms = tuple(run.split("/")[1] for run in request.runs)
        yield Doing(what="Reading the runs", done=0.0)
        if self.error is not None:
            raise self.error
        yield ready(experiment_id, arms, request.size, request.plane)
        for place, stride in enumerate((4, 2, 1)):
            yield level(stride, request.size)
            self.done = (place + 1) / 3
            yield Doing(what="Evaluating the surface", done=self.done, seconds_left=12.0)
            while stride == self.holds and not self.go_on.is_set() and not control.cancelled:
                self.go_on.wait(0.01)
            if control.cancelled:
                yield SurfaceStopped(done=self.done, file="part")
                return
        for sigma in request.sigma:
            yield smoothed(sigma, 8, request.size)
        asked = {"samples": request.samples, "threads": request.threads}
        made = surface(experiment_id, arms, request.sigma, request.size, request.plane, **asked)
        yield SurfaceDone(surface=made, file="")
