"""The bands of a comparison, made when they are looked at and kept up with the runs from then on."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

from wnin_desktop.runs.watch import matched
from wnin_desktop.runs.watch.band import Band, GrowingBand
from wnin_desktop.runs.watch.member import Difference, Member, Single
from wnin_desktop.runs.watch.run import WatchedRun

TRAIN_LOSS = "clean_train_loss"
RunsOf = Callable[[str], Sequence[WatchedRun]]


class Bands:
    """Bands by arm and metric; `runs_of` names an arm's runs."""

    def __init__(self, runs_of: RunsOf) -> None:
        self._runs_of = runs_of
        self._bands: dict[tuple[str, ...], GrowingBand] = {}
        self._paths: dict[tuple[str, str], tuple[object, matched.Path | None]] = {}
        self._matched: dict[tuple[str, str], tuple[list[matched.Path], Band | None]] = {}

    def of(self, arm: str, key: str) -> GrowingBand:
        """Return the band of a metric over an arm's seeds."""
        members = [Single(run.series[key]) for run in self._runs_of(arm) if key in run.series]
        return self._over((arm, key), members)

    def difference(self, arm: str, baseline: str, key: str) -> GrowingBand:
        """Return the band of the differences of the seeds that both arms have."""
        theirs = {run.seed: run.series[key] for run in self._runs_of(baseline) if key in run.series}
        members = [
            Difference(run.series[key], theirs[run.seed])
            for run in self._runs_of(arm)
            if key in run.series and run.seed in theirs
        ]
        return self._over((arm, baseline, key), members)

    def against_train_loss(self, arm: str, arms: Sequence[str], key: str) -> Band | None:
        """Return the matched view of an arm, at losses that all `arms` share."""
        paths = {name: self._paths_of(name, key) for name in arms}
        every = [path for each in paths.values() for path in each]
        cached = self._matched.get((arm, key))
        if cached is not None and len(cached[0]) == len(every) and all(map(operator.is_, cached[0], every)):
            return cached[1]
        band = matched.against(paths[arm], matched.grid(every)) if every else None
        self._matched[arm, key] = (every, band)
        return band

    def _paths_of(self, arm: str, key: str) -> list[matched.Path]:
        found = [self._path(run, key) for run in self._runs_of(arm)]
        return [path for path in found if path is not None]

    def _path(self, run: WatchedRun, key: str) -> matched.Path | None:
        loss, metric = run.series.get(TRAIN_LOSS), run.series.get(key)
        if loss is None or metric is None or loss.last is None or metric.last is None:
            return None
        # What a metric measures beyond the last training loss has no place yet.
        state = (loss.revision, metric.rewrites, min(loss.last[0], metric.last[0]))
        cached = self._paths.get((run.run_id, key))
        if cached is None or cached[0] != state:
            cached = self._paths[run.run_id, key] = (state, matched.path(loss, metric))
        return cached[1]

    def _over(self, place: tuple[str, ...], members: Sequence[Member]) -> GrowingBand:
        band = self._bands.get(place)
        sources = tuple(source for member in members for source in member.sources)
        # Series compare by identity: others than before mean that seeds came.
        if band is None or band.sources != sources:
            band = self._bands[place] = GrowingBand(members)
        return band
