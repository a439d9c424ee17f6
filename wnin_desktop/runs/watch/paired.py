"""One run minus another, step by step, growing with both."""

from __future__ import annotations

import numpy as np

from wnin_desktop.runs.watch.series import Series, index_of


class GrowingDifference:
    """`mine` minus `theirs` at the steps that both have measured."""

    def __init__(self, mine: Series, theirs: Series) -> None:
        self._mine = mine
        self._theirs = theirs
        self._done = -1
        self._rewrites = (0, 0)
        self.series = Series()

    def catch_up(self) -> None:
        """Bring `series` up to where both are now."""
        rewrites = (self._mine.rewrites, self._theirs.rewrites)
        if rewrites != self._rewrites:
            # Taken anew from the beginning: equal steps take the place of the former ones.
            self._rewrites, self._done = rewrites, -1
        if self._mine.last is None or self._theirs.last is None:
            return
        end = min(self._mine.last[0], self._theirs.last[0])
        if end <= self._done:
            return
        mine, theirs = self._fresh(self._mine, end), self._fresh(self._theirs, end)
        self._done = end
        a, b = self._mine.steps[mine], self._theirs.steps[theirs]
        x, y = self._mine.values[mine], self._theirs.values[theirs]
        if len(a) == len(b) and (a == b).all():
            self.series.extend(a, x - y)
            return
        common, at_a, at_b = np.intersect1d(a, b, assume_unique=True, return_indices=True)
        self.series.extend(common, x[at_a] - y[at_b])

    def _fresh(self, series: Series, end: int) -> slice:
        return slice(index_of(series.steps, self._done, after=True), index_of(series.steps, end, after=True))
