"""Where a figure comes from: what stands inside every file that leaves a plot."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from wnin_desktop import __version__
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.fingerprint import fingerprint
from wnin_desktop.schema.metrics import Metric

MOST_IN_NAME = 40


@dataclass(frozen=True)
class FigureInfo:
    """Experiment, runs, seeds, configuration and program behind a figure."""

    title: str
    experiment: str
    name: str
    runs: tuple[str, ...]
    seeds: tuple[int, ...]
    fingerprint: str
    view: str
    version: str = __version__

    @classmethod
    def of(cls, experiment: WatchedExperiment, metrics: Sequence[Metric], view: str) -> FigureInfo:
        """Return what is known of an experiment that is shown."""
        return cls(
            title=f"{experiment.name}: {', '.join(metric.title for metric in metrics)}",
            experiment=experiment.experiment_id,
            name=experiment.name,
            runs=tuple(experiment.runs),
            seeds=experiment.seeds,
            fingerprint=fingerprint(experiment.config) if experiment.config is not None else "",
            view=view,
        )

    def fields(self) -> dict[str, str]:
        """Return everything as text by name."""
        return {
            "Title": self.title,
            "Software": f"WNIN Desktop {self.version}",
            "Experiment": self.experiment,
            "Runs": ", ".join(self.runs),  # names of arms hold spaces and no comma
            "Seeds": " ".join(map(str, self.seeds)),
            "Fingerprint": self.fingerprint,
            "View": self.view,
        }

    def text(self) -> str:
        """Return everything, a line each."""
        return "\n".join(f"{name}: {value}" for name, value in self.fields().items())

    def caption(self) -> str:
        """Return what stands below a figure."""
        parts = [self.experiment or self.name, self.view, f"n = {len(self.seeds)}"]
        if self.fingerprint:
            parts.append(self.fingerprint[:12])
        return " \N{MIDDLE DOT} ".join([*parts, f"WNIN {self.version}"])

    def file_stem(self, what: str = "") -> str:
        """Return a file name without its ending: 2026-11-21_adamw_cosine_s0."""
        found = re.match(r"\d{4}-\d\d-\d\d", self.experiment)
        day = found[0] if found else f"{dt.datetime.now().astimezone():%Y-%m-%d}"
        return "_".join(part for part in (day, _plain(self.name), _plain(what), _seeds(self.seeds)) if part)


def _plain(text: str) -> str:
    """Return letters, digits and single underscores of a text."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")[:MOST_IN_NAME].strip("_")


def _seeds(seeds: Sequence[int]) -> str:
    if not seeds:
        return ""
    low, high = min(seeds), max(seeds)
    return f"s{low}" if low == high else f"s{low}-{high}"
