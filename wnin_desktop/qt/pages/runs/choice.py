"""What is chosen in the run table, as the commands need it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wnin_desktop.runs.merging import Chosen
from wnin_desktop.runs.run_rows import TableRow


@dataclass(frozen=True)
class Choice:
    """Chosen rows, from top to bottom."""

    rows: tuple[TableRow, ...] = ()

    @functools.cached_property
    def stored(self) -> tuple[TableRow, ...]:
        """Rows of this store; what others train cannot be changed."""
        return tuple(row for row in self.rows if row.origin == "stored")

    @functools.cached_property
    def experiments(self) -> tuple[str, ...]:
        """Ids of the stored experiments that rows are or belong to, each once."""
        return tuple(dict.fromkeys(row.experiment_id for row in self.stored))

    @property
    def single(self) -> TableRow | None:
        """The only row, where there is just one."""
        return self.rows[0] if len(self.rows) == 1 else None

    def owners(self, experiments: Iterable[TableRow]) -> list[TableRow]:
        """Return the rows of the stored experiments."""
        wanted = set(self.experiments)
        return [row for row in experiments if row.id in wanted]

    def run_ids(self, runs: Sequence[TableRow]) -> list[str]:
        """Return the stored runs that are chosen themselves or by their experiment; `runs` are all runs."""
        whole = {row.id for row in self.stored if not row.is_run}
        single = {row.id for row in self.stored if row.is_run}
        return [run.id for run in runs if run.id in single or run.experiment_id in whole]

    def parts(self) -> list[Chosen]:
        """Return what to compare: an experiment chosen itself with all its runs, else the chosen ones."""
        whole = {row.id for row in self.stored if not row.is_run}
        found = []
        for experiment in self.experiments:
            runs = frozenset(row.id for row in self.stored if row.experiment_id == experiment)
            found.append(Chosen(experiment, None if experiment in whole else runs))
        return found
