"""Evaluates a surface in small pieces: coarse points first, samples outermost, grid innermost.

A piece is some rows, or parts of rows, of one level on one chunk of examples. Between pieces the evaluation
can be left, saved and gone on with; the sums are the same bits as without a break and with any number of
workers, because a row is summed by one worker and chunks come in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from wnin_desktop.analysis.landscape.grid import Grid
from wnin_desktop.analysis.landscape.smoothing import Pairs
from wnin_desktop.errors import DataError

Rows = list[tuple[int, np.ndarray]]
"""(row, columns) of points."""


class Slice(Protocol):
    """A quantity on a plane, as a sum over chunks of examples."""

    @property
    def chunks(self) -> tuple[int, ...]:
        """Examples of each chunk."""
        ...

    @property
    def most_points(self) -> int:
        """Points that one call should have at most, so that it does not last."""
        ...

    def sums(self, chunk: int, a: np.ndarray, b: float, /) -> np.ndarray:
        """Return the sum over the chunk's examples at the points (a, b), float64 `[len(a)]`."""
        ...

    def moved(self, draw: int, amount: float, /) -> Slice:
        """Return the same with the plane's centre moved by `amount` times the keyed normal draw `draw`."""
        ...

    def fork(self) -> Slice:
        """Return the same for another thread."""
        ...


@dataclass(frozen=True)
class Pass:
    """One visit to points of the grid: a level of the plain surface, or all points at a moved centre.

    `level` is None, and `sigma` the number of a sigma, for a moved centre.
    """

    level: int | None
    draw: int = 0
    sigma: int = 0
    sign: int = 0


class Evaluation:
    """A surface under way.

    Attributes:
        values: Mean over the examples at each point, float64 `[rows, columns]`; NaN where not known yet, and
            where the loss itself is not a number.
        pairs: For each sigma, the smoothed surface so far.
    """

    def __init__(
        self,
        grid: Grid,
        section: Slice,
        *,
        sigmas: tuple[float, ...] = (),
        draws: int = 0,
        pool: Executor | None = None,
        workers: int = 1,
    ) -> None:
        """Prepare.

        Args:
            grid: Where to evaluate.
            section: What.
            sigmas: Spreads of the weight noise of smoothed surfaces.
            draws: Pairs of draws of each.
            pool: Evaluates rows side by side; None evaluates one after the other.
            workers: How many threads it has.
        """
        self.grid = grid
        self.sigmas = sigmas
        self._section = section
        self._pool = pool
        self._workers = workers if pool is not None else 1
        self._chunks = section.chunks
        self._passes = [Pass(level) for level in range(len(grid.strides()))]
        self._passes += [
            Pass(None, draw, sigma, sign)
            for draw in range(draws)
            for sigma in range(len(sigmas))
            for sign in (1, -1)
        ]
        self.values = np.full(grid.shape, np.nan)
        self.pairs = [Pairs.empty(grid.shape) for _ in sigmas]
        self._plus = np.zeros(grid.shape)
        self._sums = np.zeros(grid.shape)
        self._at = (0, 0, 0)
        """Pass, chunk and place among the rows, of the next piece."""

    @property
    def levels(self) -> int:
        """Levels of the plain surface that are complete."""
        return min(self._at[0], len(self.grid.strides()))

    @property
    def stride(self) -> int | None:
        """Stride of the finest complete level; None before the first is."""
        return self.grid.strides()[self.levels - 1] if self.levels else None

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to evaluate."""
        return self._at[0] == len(self._passes)

    @property
    def forwards(self) -> int:
        """Cost in forward passes over the examples: points visited so far in complete passes."""
        return sum(self._points(each) for each in self._passes[: self._at[0]])

    @property
    def planned_forwards(self) -> int:
        """Cost of the whole, in forward passes over the examples."""
        return sum(self._points(each) for each in self._passes)

    @property
    def done(self) -> float:
        """Part done, 0 to 1, by points times examples."""
        number, chunk, place = self._at
        if self.is_done:
            return 1.0
        examples = sum(self._chunks)
        rows = self._rows(self._passes[number])
        within = sum(self._chunks[:chunk]) * sum(len(columns) for _, columns in rows)
        within += self._chunks[chunk] * sum(len(columns) for _, columns in rows[:place])
        return (self.forwards + within / examples) / self.planned_forwards

    def _points(self, each: Pass) -> int:
        return sum(len(columns) for _, columns in self.grid.rows(each.level))

    def _rows(self, each: Pass) -> Rows:
        """Return the rows of a pass, cut where their points are many for one call."""
        most = self._section.most_points
        return [
            (row, columns[low : low + most])
            for row, columns in self.grid.rows(each.level)
            for low in range(0, len(columns), most)
        ]

    def run(self) -> Iterator[Pass | None]:
        """Go on; yield after each piece the pass that it completed, None where it completed none."""
        while not self.is_done:
            each = self._passes[self._at[0]]
            section = self._section
            if each.level is None:
                section = section.moved(each.draw, each.sign * self.sigmas[each.sigma])
            yield from self._one_pass(each, section)

    def _one_pass(self, each: Pass, section: Slice) -> Iterator[Pass | None]:
        rows = self._rows(each)
        number, first, begun = self._at
        sections = [section, *(section.fork() for _ in range(self._workers - 1))]
        for chunk in range(first, len(self._chunks)):
            for place in range(begun if chunk == first else 0, len(rows), self._workers):
                some = rows[place : place + self._workers]
                for (row, columns), found in zip(some, self._row_sums(sections, chunk, some), strict=True):
                    self._sums[row, columns] += found
                last = place + len(some) == len(rows)
                self._at = (number, chunk + 1, 0) if last else (number, chunk, place + len(some))
                if last and chunk + 1 == len(self._chunks):
                    self._complete(each, rows)
                    yield each
                else:
                    yield None

    def _row_sums(self, sections: list[Slice], chunk: int, rows: Rows) -> list[np.ndarray]:
        coordinates = self.grid.a.coordinates()
        work = [
            partial(section.sums, chunk, coordinates[columns], self.grid.b.at(row))
            for section, (row, columns) in zip(sections, rows, strict=False)
        ]
        if self._pool is None:
            return [call() for call in work]
        return [future.result() for future in [self._pool.submit(call) for call in work]]

    def _complete(self, each: Pass, rows: Rows) -> None:
        means = self._sums / sum(self._chunks)
        if each.level is not None:
            for row, columns in rows:
                self.values[row, columns] = means[row, columns]
        elif each.sign > 0:
            self._plus = means
        else:
            self.pairs[each.sigma].add(self._plus, means)
        self._sums = np.zeros(self.grid.shape)
        self._at = (self._at[0] + 1, 0, 0)

    # --- leaving and going on --------------------

    def state(self) -> dict[str, np.ndarray]:
        """Return all that going on needs, as arrays."""
        return {
            "at": np.array(self._at),
            "values": self.values,
            "sums": self._sums,
            "plus": self._plus,
            "mean": np.array([pair.mean for pair in self.pairs]).reshape(-1, *self.grid.shape),
            "spread": np.array([pair.spread for pair in self.pairs]).reshape(-1, *self.grid.shape),
            "count": np.array([pair.count for pair in self.pairs], np.int64),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned for the same question.

        Raises:
            DataError: It belongs to another grid or other sigmas.
        """
        now = self.state()
        fits = all(name in state and np.shape(state[name]) == now[name].shape for name in now)
        number, chunk, place = (int(part) for part in state["at"]) if fits else (-1, -1, -1)
        passes, chunks = len(self._passes), len(self._chunks)
        if not (0 <= number <= passes and 0 <= chunk < chunks and 0 <= place <= self.grid.points):
            raise DataError("what was saved belongs to another surface; it was not gone on with.")
        self._at = (number, chunk, place)
        self.values, self._sums, self._plus = (
            np.array(state[name], np.float64) for name in ("values", "sums", "plus")
        )
        self.pairs = [
            Pairs(np.array(mean), np.array(spread), int(count))
            for mean, spread, count in zip(state["mean"], state["spread"], state["count"], strict=True)
        ]
