"""Every experiment and run of the store as one table: read in one go, then sorted and filtered in memory."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wnin_desktop.runs.run_query import Query
from wnin_desktop.runs.run_rows import (
    BY_COLUMN,
    COLUMNS,
    ExperimentEntry,
    RunEntry,
    TableRow,
    experiment_entry,
    experiment_row,
    held,
    run_entry,
    run_row,
)
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.store.listing import NOTHING, Listing

__all__ = ["COLUMNS", "Columns", "Diff", "RunTable", "Snapshot", "TableRow", "View", "give_way"]

Remote = tuple[TableRow, tuple[TableRow, ...]]
"""The rows of a comparison that is not in the store: itself and its runs."""
NUMERIC = ("number", "integer", "moment", "span", "star")
NATURAL = ("name", "arm", "tags")
"""Columns in which "arm 2" comes before "arm 10"."""
DIGITS = re.compile(r"(\d+)")
BREATH_ROWS = 64
"""Rows that take about a millisecond to make."""
BREATH_S = 0.0002


class Columns:
    """Rows column by column, each made on first use and kept."""

    def __init__(self, rows: Sequence[TableRow]) -> None:
        self.rows = rows
        self._numbers: dict[str, NDArray[np.float64]] = {}
        self._texts: dict[str, list[str]] = {}
        self._keys: dict[str, NDArray[np.float64]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def numbers(self, key: str) -> NDArray[np.float64]:
        """Return a column as float64 of shape [rows], NaN where nothing is known."""
        if key not in self._numbers:
            values = [getattr(row, key) for row in self.rows]
            # By way of objects, because numpy turns those that are None into NaN.
            self._numbers[key] = np.array(values, dtype=object).astype(np.float64)
        return self._numbers[key]

    def texts(self, key: str) -> list[str]:
        """Return a column as text in lower case; tags are joined by new lines."""
        if key not in self._texts:
            if key == "tags":
                self._texts[key] = ["\n".join(row.tags).lower() for row in self.rows]
            else:
                self._texts[key] = [getattr(row, key).lower() for row in self.rows]
        return self._texts[key]

    def words(self) -> list[str]:
        """Return what a plain search looks through, row by row."""
        return [row.words for row in self.rows]

    def keys(self, key: str) -> NDArray[np.float64]:
        """Return numbers that sort a column; NaN, which sorts last both ways, where there is nothing."""
        if key not in self._keys:
            is_number = BY_COLUMN[key].kind in NUMERIC
            self._keys[key] = self.numbers(key) if is_number else _ranks(self.texts(key), key in NATURAL)
        return self._keys[key]


def _ranks(texts: list[str], natural: bool) -> NDArray[np.float64]:
    distinct = sorted(set(texts) - {""}, key=_natural if natural else None)
    ranks: dict[str, float] = {text: float(rank) for rank, text in enumerate(distinct)}
    ranks[""] = np.nan
    return np.fromiter(map(ranks.__getitem__, texts), np.float64, len(texts))


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in DIGITS.split(text) if part]


class View(NamedTuple):
    """Rows in the order they are shown.

    Attributes:
        groups: Experiments with their fitting runs; without `grouped` one run each and no experiment.
        grouped: Whether experiments are rows.
        partial: Experiments of which only some runs fit.
        runs: How many runs fit.
        experiments: How many experiments are shown, or have runs that are.
    """

    groups: tuple[tuple[TableRow | None, tuple[TableRow, ...]], ...]
    grouped: bool
    partial: frozenset[str]
    runs: int
    experiments: int

    def rows(self, collapsed: Callable[[str], bool] | None = None) -> list[TableRow]:
        """Return the visible rows; `collapsed` says of an experiment whether its runs are hidden."""
        found: list[TableRow] = []
        for experiment, runs in self.groups:
            if experiment is not None:
                found.append(experiment)
                if collapsed is not None and collapsed(experiment.id):
                    continue
            found += runs
        return found


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The table at one moment; it never changes. `owner` is the place of each run's experiment."""

    experiments: tuple[TableRow, ...] = ()
    runs: tuple[TableRow, ...] = ()
    owner: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    experiment_columns: Columns = field(init=False)
    run_columns: Columns = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "experiment_columns", Columns(self.experiments))
        object.__setattr__(self, "run_columns", Columns(self.runs))

    def view(
        self,
        query: Query | None = None,
        sort: str = "started",
        *,
        descending: bool = True,
        grouped: bool = True,
        trash: bool = False,
    ) -> View:
        """Return what fits a query, in order.

        An experiment is shown with those of its runs that fit, or with all of them where only it fits itself.

        Args:
            query: What to show; None shows everything.
            sort: A key of `COLUMNS`.
            descending: Largest first; what has no value comes last both ways.
            grouped: Show experiments with their runs below them, else runs alone.
            trash: Show what lies in the trash, and nothing else.
        """
        query = query or Query()
        fits = query.mask(self.run_columns) & (self._in_trash(self.run_columns) == trash)
        keys = self.run_columns.keys(sort)
        keys = -keys if descending else keys
        if not grouped:
            order = _stable(keys)
            chosen = order[fits[order]].tolist()
            owners = {self.runs[index].experiment_id for index in chosen}
            return View(
                tuple((None, (self.runs[index],)) for index in chosen),
                False,
                frozenset(),
                len(chosen),
                len(owners),
            )
        return self._grouped(query, fits, keys, sort, descending, trash)

    def _grouped(
        self,
        query: Query,
        fits: NDArray[np.bool_],
        keys: NDArray[np.float64],
        sort: str,
        descending: bool,
        trash: bool,
    ) -> View:
        own = query.mask(self.experiment_columns) & (self._in_trash(self.experiment_columns) == trash)
        with_runs = np.zeros(len(self.experiments), bool)
        with_runs[self.owner[fits]] = True
        alone = own & ~with_runs
        if len(self.runs):
            fits = fits | alone[self.owner]
        experiment_keys = self.experiment_columns.keys(sort)
        order = _stable(-experiment_keys if descending else experiment_keys)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        chosen = np.flatnonzero(fits)
        within = self._within(chosen, keys, sort)
        chosen = chosen[np.lexsort((*within, place[self.owner[chosen]]))]
        by_owner: dict[int, list[TableRow]] = {}
        for owner, index in zip(self.owner[chosen].tolist(), chosen.tolist(), strict=True):
            by_owner.setdefault(owner, []).append(self.runs[index])
        shown = order[(own | with_runs)[order]].tolist()
        groups = tuple((self.experiments[index], tuple(by_owner.get(index, ()))) for index in shown)
        of_all = np.bincount(self.owner, minlength=len(self.experiments)).tolist()
        partial = frozenset(
            self.experiments[index].id for index, found in by_owner.items() if len(found) < of_all[index]
        )
        return View(groups, True, partial, len(chosen), len(groups))

    def _within(
        self, chosen: NDArray[np.int64], keys: NDArray[np.float64], sort: str
    ) -> tuple[NDArray[np.float64], ...]:
        """Return sort keys within an experiment, least first; runs of one cohort begin at the same moment."""
        cohort = (self.run_columns.numbers("seed")[chosen], self.run_columns.numbers("arm_index")[chosen])
        return cohort if sort in ("started", "name", "star", "tags", "note") else (*cohort, keys[chosen])

    def _in_trash(self, columns: Columns) -> NDArray[np.bool_]:
        return ~np.isnan(columns.numbers("trashed"))

    @property
    def trashed(self) -> int:
        """How many experiments lie in the trash."""
        return int(self._in_trash(self.experiment_columns).sum())


def _stable(keys: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.argsort(keys, kind="stable")


def give_way() -> None:
    """Let another thread have Python at once, instead of when it has waited for its turn."""
    time.sleep(BREATH_S)


class Diff(NamedTuple):
    """Ids of the rows that a snapshot has and its former had not, has otherwise, and has no longer."""

    added: frozenset[str]
    changed: frozenset[str]
    removed: frozenset[str]

    @property
    def is_empty(self) -> bool:
        """Return whether nothing changed."""
        return not (self.added or self.changed or self.removed)


class RunTable:
    """Reads the store's catalogue again and again, only what is new. Belongs to one thread at a time.

    Attributes:
        snapshot: What was read last.
    """

    def __init__(
        self, *, now: Callable[[], float] = time.time, breathe: Callable[[], None] = lambda: None
    ) -> None:
        """Make an empty table.

        Args:
            now: The time.
            breathe: Called about once a millisecond while many rows are made, to let other threads go first.
        """
        self.snapshot = Snapshot()
        self._now, self._breathe = now, breathe
        self._made = 0
        self._listing: Listing = NOTHING
        self._experiments: dict[int, ExperimentEntry] = {}
        self._runs: dict[int, RunEntry] = {}
        self._hosts: dict[int, str] = {}
        self._rows: dict[int, TableRow] = {}
        self._sums: dict[str, tuple[tuple[TableRow, ...], TableRow]] = {}

    def refresh(
        self, store: Store, remote: Iterable[Remote] = (), paused: Collection[str] = ()
    ) -> tuple[Snapshot, Diff]:
        """Read what is new, and return the table with what differs from the one before.

        Args:
            store: Where the experiments lie.
            remote: Rows of `rows_of_watched` for what others train; those that the store holds are left out.
            paused: Ids of experiments that are held: what runs of them is "paused".

        Raises:
            DamagedStoreError: A row of the catalogue is not what was written.
            StoreError: The store cannot be read.
        """
        listing = store.listing(self._listing)
        changed = self._take(listing)
        former, self.snapshot = self.snapshot, self._built(listing, changed, remote, paused)
        return self.snapshot, _difference(former, self.snapshot)

    def _take(self, listing: Listing) -> set[str]:
        """Keep what is new, forget what is gone, and return the ids of the experiments that changed."""
        self._hosts |= listing.hosts
        for row in listing.changed_experiments:
            self._experiments[row.key] = experiment_entry(row)
        for row in listing.changed_runs:
            self._count_made()
            self._runs[row.key] = run_entry(row, self._hosts.get(row.key, ""))
        for known, there in ((self._experiments, listing.experiments), (self._runs, listing.runs)):
            for key in known.keys() - there.keys():
                del known[key]
        for key in self._rows.keys() - self._runs.keys():
            del self._rows[key]
        for row in listing.changed_runs:
            self._rows.pop(row.key, None)
        for key, step in listing.committed.items():
            if self._listing.committed.get(key) != step:
                self._rows.pop(key, None)
        self._listing = listing
        return {row.values["experiment_id"] for row in listing.changed_experiments}

    def _count_made(self) -> None:
        self._made += 1
        if self._made % BREATH_ROWS == 0:
            self._breathe()

    def _built(
        self, listing: Listing, changed: set[str], remote: Iterable[Remote], paused: Collection[str]
    ) -> Snapshot:
        now = self._now()
        entries = {entry.values["experiment_id"]: entry for entry in self._experiments.values()}
        runs: dict[str, list[TableRow]] = {experiment_id: [] for experiment_id in entries}
        for key, run in self._runs.items():
            owner = entries.get(run.experiment_id)
            if owner is not None:
                row = self._rows.get(key)
                if row is None or run.status == "running" or run.experiment_id in changed:
                    self._count_made()
                    row = run_row(run, listing.committed.get(key, 0), owner, now)
                    row = self._rows[key] = held(row) if run.experiment_id in paused else row
                runs[run.experiment_id].append(row)
        groups = [
            (self._summed(entries[each], tuple(runs[each]), now, each in paused), runs[each])
            for each in entries
        ]
        self._sums = {each: self._sums[each] for each in entries}
        groups += [(row, list(theirs)) for row, theirs in remote if row.id not in entries]
        owner_of = np.repeat(np.arange(len(groups)), [len(theirs) for _, theirs in groups])
        return Snapshot(
            tuple(row for row, _ in groups), tuple(run for _, theirs in groups for run in theirs), owner_of
        )

    def _summed(
        self, entry: ExperimentEntry, runs: tuple[TableRow, ...], now: float, is_paused: bool
    ) -> TableRow:
        """Return an experiment's row, the same object as before where neither it nor a run changed."""
        name = entry.values["experiment_id"]
        known = self._sums.get(name)
        if (
            known is not None
            and entry.values["status"] != "running"
            and len(known[0]) == len(runs)
            and all(old is new for old, new in zip(known[0], runs, strict=True))
            and _still(known[1], entry)
        ):
            return known[1]
        row = experiment_row(entry, runs, now)
        row = held(row) if is_paused else row
        if known is not None and known[1] == row:
            row = known[1]
        self._sums[name] = (runs, row)
        return row


def _still(row: TableRow, entry: ExperimentEntry) -> bool:
    values = entry.values
    return (row.name, row.status, row.star, row.tags, row.note, row.trashed) == (
        values["name"], values["status"], bool(values["star"]), entry.tags, values["note"], values["trashed"],
    )  # fmt: skip


def _difference(former: Snapshot, snapshot: Snapshot) -> Diff:
    old = {row.id: row for rows in (former.experiments, former.runs) for row in rows}
    new = {row.id: row for rows in (snapshot.experiments, snapshot.runs) for row in rows}
    changed = (
        name for name in new.keys() & old.keys() if new[name] is not old[name] and new[name] != old[name]
    )
    return Diff(frozenset(new.keys() - old.keys()), frozenset(changed), frozenset(old.keys() - new.keys()))
