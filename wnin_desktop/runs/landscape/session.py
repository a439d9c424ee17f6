"""`evaluate(request, control, store=...)`: a surface as a generator of events, coarse first.

Whoever iterates it owns the pace, as with `engine.train`. Nothing here knows of Qt; `worker` runs it in a
process of its own. Ending the iteration early keeps what was done, and asking the same again goes on from
there.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import psutil
import torch

from wnin_desktop.analysis.landscape.barrier import barrier_of
from wnin_desktop.analysis.landscape.evaluation import Evaluation, Pass
from wnin_desktop.engine.checkpoint import library_versions
from wnin_desktop.engine.landscape.choose import slice_of, values_at
from wnin_desktop.engine.landscape.escapes import path_escapes
from wnin_desktop.engine.landscape.measure import examples_for
from wnin_desktop.errors import DataError
from wnin_desktop.runs.landscape.control import LandscapeControl
from wnin_desktop.runs.landscape.kept import partial_path, surface_path
from wnin_desktop.runs.landscape.prepare import Ready, normalization_words, prepare
from wnin_desktop.runs.landscape.surface_file import (
    PARTIAL,
    read_arrays,
    read_surface,
    write_arrays,
    write_surface,
)
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.landscape import (
    BarrierInfo,
    Cost,
    Doing,
    LandscapeEvent,
    LandscapeRequest,
    PathOnPlane,
    PlaneReady,
    SmoothedLevel,
    Surface,
    SurfaceDone,
    SurfaceLevel,
    SurfaceStopped,
)

SAVE_S = 10.0
"""Seconds between two savings of what is done."""
TELL_S = 0.1
"""Seconds between two words on how far it is, and how long a cancellation may wait for small networks."""
PATH_VALUES = 24
"""Points of each path whose own height is measured."""


def evaluate(
    request: LandscapeRequest,
    control: LandscapeControl | None = None,
    *,
    store: Store | Path,
    keep: bool = True,
) -> Iterator[LandscapeEvent]:
    """Evaluate a surface, yielding what is known as soon as it is known.

    Order: `PlaneReady`, then `SurfaceLevel` for each level, `SmoothedLevel` for each sigma and pair of draws,
    and `SurfaceDone`; `Doing` in between. A cancelled evaluation ends with `SurfaceStopped`.

    Args:
        request: What is asked for.
        control: Cancels it; None runs to the end.
        store: Where the runs are: an open store, or the folder of one, which is opened for reading.
        keep: Keep the surface with its experiment, and what was done of it when it is cancelled.

    Raises:
        InputError: A run is unknown, or the runs make no such plane.
        DataError: The data are not here, or a file is damaged.
        CheckpointError: A checkpoint is damaged.
    """
    if isinstance(store, Store):
        yield from _Session(request, control or LandscapeControl(), store, keep=keep).events()
        return
    with Store.open(store, read_only=True) as opened:
        yield from _Session(request, control or LandscapeControl(), opened, keep=keep).events()


class _Session:
    def __init__(
        self, request: LandscapeRequest, control: LandscapeControl, store: Store, *, keep: bool
    ) -> None:
        self._request = request
        self._control = control
        self._store = store
        self._keep = keep
        self._saved = time.monotonic()

    def events(self) -> Iterator[LandscapeEvent]:
        yield Doing(what="Reading the runs", done=0.0)
        begun = time.monotonic()
        with _computing():
            ready = prepare(self._request, self._store)
        ready.seconds = time.monotonic() - begun
        folder = self._store.checkpoint_dir(ready.points[0].run.experiment_id)
        whole, part = surface_path(folder, ready.fingerprint), partial_path(folder, ready.fingerprint)
        known = _known(whole, ready, self._request)
        if known is not None:
            yield self._plane_ready(ready, known.paths, 1.0)
            yield _level(known.values, np.ones(known.values.shape, bool), 1)
            yield SurfaceDone(surface=known, file=str(whole))
            return
        evaluation = yield from self._evaluated(ready, part)
        if not evaluation.is_done:
            yield SurfaceStopped(done=evaluation.done, file=str(part) if part.is_file() else "")
            return
        yield from self._measured_paths(ready)
        if self._request.escapes:
            yield from self._escapes(ready)
        surface = self._surface(evaluation, ready)
        kept = self._kept(whole, surface)
        part.unlink(missing_ok=True)
        yield SurfaceDone(surface=surface, file=str(kept or ""))

    # --- before --------------------

    def _plane_ready(self, ready: Ready, paths: Sequence[PathOnPlane], done: float) -> PlaneReady:
        grid = ready.placed.grid
        return PlaneReady(
            plane=ready.info,
            a=grid.a.coordinates(),
            b=grid.b.coordinates(),
            paths=tuple(paths),
            normalization=normalization_words(ready.scene, self._request),
            data=ready.examples.words,
            resumed=done,
        )

    # --- during --------------------

    def _evaluated(self, ready: Ready, part: Path) -> Generator[LandscapeEvent, None, Evaluation]:
        """Evaluate and return the evaluation; leaving it, by whatever way, keeps what was done."""
        request, placed = self._request, ready.placed
        with _computing():
            section = slice_of(
                ready.scene, placed.plane, ready.examples.split, request.metric, request.statistics
            )
        with self._pool(ready.scene.device) as (pool, workers):
            evaluation = Evaluation(
                placed.grid,
                section,
                sigmas=request.sigma,
                draws=request.draws if request.sigma else 0,
                pool=pool,
                workers=workers,
            )
            _go_on(part, evaluation, ready)
            yield self._plane_ready(ready, ready.paths, evaluation.done)
            yield from _levels(evaluation)
            yield from self._pieces(evaluation, ready, part)
        return evaluation

    def _pieces(self, evaluation: Evaluation, ready: Ready, part: Path) -> Iterator[LandscapeEvent]:
        begun, before = time.monotonic(), evaluation.done
        pieces = evaluation.run()
        try:
            while not evaluation.is_done and not self._control.cancelled:
                completed = self._some(pieces)
                if completed is not None:
                    yield from _news(evaluation, completed)
                yield _progress(evaluation, begun, before)
                if time.monotonic() - self._saved > SAVE_S:
                    self._save(part, evaluation, ready, time.monotonic() - begun)
        finally:
            ready.seconds += time.monotonic() - begun
            if not evaluation.is_done:
                self._save(part, evaluation, ready, 0.0)

    def _some(self, pieces: Iterator[Pass | None]) -> Pass | None:
        """Evaluate pieces for a moment, or up to the end of a pass, which is returned then."""
        until = time.monotonic() + TELL_S
        with _computing():
            for completed in pieces:
                if completed is not None:
                    return completed
                if time.monotonic() > until or self._control.cancelled:
                    break
        return None

    @contextmanager
    def _pool(self, device: torch.device) -> Iterator[tuple[Executor | None, int]]:
        """Yield threads that evaluate rows, and how many they are; none where one thread or a GPU does it."""
        workers = self._request.threads or psutil.cpu_count(logical=False) or 1
        if device.type != "cpu" or workers == 1:
            yield None, 1
            return
        pool = ThreadPoolExecutor(workers, "wnin-landscape", torch.set_num_threads, (1,))
        try:
            yield pool, workers
        finally:
            pool.shutdown(wait=True)

    def _measured_paths(self, ready: Ready) -> Iterator[LandscapeEvent]:
        """Measure the metric at some points of each path themselves: a shadow on the plane lies elsewhere."""
        request = self._request
        for number, (point, recorded) in enumerate(zip(ready.points, ready.recorded, strict=True)):
            yield Doing(what="Measuring the paths", done=number / len(ready.points))
            points = point.state.theta[None] if recorded is None else recorded.points
            wanted = np.linspace(0, len(points) - 1, min(PATH_VALUES, len(points)))
            places = np.unique(wanted.round().astype(int))
            with _computing(), _timed(ready):
                ready.paths[number].values[places] = values_at(
                    ready.scene, points[places], ready.examples.split, request.metric, request.statistics
                )

    def _escapes(self, ready: Ready) -> Iterator[LandscapeEvent]:
        """Find where the paths leave one minimum for another, on training examples."""
        scene, request = ready.scene, self._request
        run = ready.points[0].run
        noise = scene.config.task.label_noise
        examples = examples_for(scene.task, "train_loss", request.samples, noise, run.seed, scene.device)
        share = len(examples.split) / len(ready.examples.split)
        for number, (path, recorded) in enumerate(zip(ready.paths, ready.recorded, strict=True)):
            yield Doing(what="Finding escape events", done=number / len(ready.paths))
            if recorded is None or self._control.cancelled:
                continue
            with _computing(), _timed(ready):
                found = path_escapes(scene, recorded.points, examples.split)
            ready.gradients += share * found.gradients
            ready.forwards += round(share * found.forwards)
            steps = tuple(int(path.steps[event.checkpoint]) for event in found.trace.events)
            ready.paths[number] = msgspec.structs.replace(path, escapes=steps)

    # --- after --------------------

    def _surface(self, evaluation: Evaluation, ready: Ready) -> Surface:
        grid = ready.placed.grid
        shape = (len(evaluation.pairs), *grid.shape)
        measured = sum(int(np.isfinite(path.values).sum()) for path in ready.paths)
        return Surface(
            request=self._request.model_dump(mode="json"),
            fingerprint=ready.fingerprint,
            plane=ready.info,
            a=grid.a.coordinates(),
            b=grid.b.coordinates(),
            values=evaluation.values,
            sigma=self._request.sigma,
            smoothed=np.array([pair.mean for pair in evaluation.pairs]).reshape(shape),
            smoothed_se=np.array([pair.standard_error() for pair in evaluation.pairs]).reshape(shape),
            paths=tuple(ready.paths),
            barrier=self._barrier(evaluation),
            normalization=normalization_words(ready.scene, self._request),
            cost=Cost(
                forwards=evaluation.forwards + measured + ready.forwards,
                gradients=round(ready.gradients, 3),
                examples=len(ready.examples.split),
                data=ready.examples.words,
                seconds=round(ready.seconds, 3),
            ),
            device=str(ready.scene.device),
            versions=library_versions(),
            created=time.time(),
        )

    def _barrier(self, evaluation: Evaluation) -> BarrierInfo | None:
        if self._request.plane != "line" or not self._request.metric.endswith("loss"):
            return None
        found = barrier_of(evaluation.grid.a.coordinates(), evaluation.values[0])
        return msgspec.convert(found, BarrierInfo, from_attributes=True)

    # --- files --------------------

    def _kept(self, path: Path, surface: Surface) -> Path | None:
        if not self._keep:
            return None
        try:
            write_surface(path, surface)
        except OSError:
            return None  # the surface itself is what was asked for
        return path

    def _save(self, path: Path, evaluation: Evaluation, ready: Ready, more: float) -> None:
        """Keep what is done; `more` are seconds spent that `ready` does not count yet."""
        self._saved = time.monotonic()
        if not self._keep:
            return
        meta = {"fingerprint": ready.fingerprint, "seconds": ready.seconds + more}
        try:
            write_arrays(path, PARTIAL, meta, evaluation.state())
        except OSError:
            return  # it is evaluated again then


def _known(path: Path, ready: Ready, request: LandscapeRequest) -> Surface | None:
    """Return the surface that was kept for this very question."""
    try:
        surface = read_surface(path)
    except (DataError, OSError):
        return None
    if surface.fingerprint != ready.fingerprint:
        return None
    # Files of older versions know neither the arms' places nor whether there are normalization layers.
    paths = zip(surface.paths, ready.paths, strict=True)
    return msgspec.structs.replace(
        surface,
        paths=tuple(msgspec.structs.replace(path, place=found.place) for path, found in paths),
        normalization=normalization_words(ready.scene, request),
    )


def _go_on(path: Path, evaluation: Evaluation, ready: Ready) -> None:
    """Go on with what was kept of this very question, if there is anything."""
    try:
        meta, arrays = read_arrays(path, PARTIAL)
        if meta["fingerprint"] == ready.fingerprint:
            evaluation.restore(arrays)
            ready.seconds += float(meta["seconds"])
    except (DataError, OSError, KeyError):
        return


@contextmanager
def _computing() -> Iterator[None]:
    """Compute on one thread inside the block; never around a yield.

    Rows side by side on threads of their own beat operations cut over threads, and hold still when something
    else wants the cores.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _timed(ready: Ready) -> Iterator[None]:
    """Count the seconds of the block to what the surface cost."""
    begun = time.monotonic()
    try:
        yield
    finally:
        ready.seconds += time.monotonic() - begun


def _progress(evaluation: Evaluation, begun: float, before: float) -> Doing:
    done, spent = evaluation.done, time.monotonic() - begun
    left = spent * (1 - done) / (done - before) if done > before else -1.0
    return Doing(what="Evaluating the surface", done=done, seconds_left=left)


def _news(evaluation: Evaluation, completed: Pass) -> Iterator[LandscapeEvent]:
    """Yield what a completed pass has brought: a level, or one more pair of draws for one sigma."""
    if completed.level is not None:
        yield from _levels(evaluation)
    elif completed.sign < 0:
        pair = evaluation.pairs[completed.sigma]
        yield SmoothedLevel(
            sigma=evaluation.sigmas[completed.sigma],
            pairs=pair.count,
            values=pair.mean.copy(),
            se=pair.standard_error(),
        )


def _levels(evaluation: Evaluation) -> Iterator[SurfaceLevel]:
    """Yield the finest complete level, where there is one."""
    if evaluation.stride is not None:
        yield _level(evaluation.values, evaluation.grid.mask(evaluation.stride), evaluation.stride)


def _level(values: np.ndarray, known: np.ndarray, stride: int) -> SurfaceLevel:
    return SurfaceLevel(
        values=np.where(known, values, np.nan), known=known, stride=stride, last=bool(known.all())
    )
