"""Two to eight runs side by side: what was configured differently, and what each came to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wnin_desktop.errors import InputError
from wnin_desktop.runs.report.collect import summarize_run
from wnin_desktop.runs.report.summary import RunSummary
from wnin_desktop.runs.report.tables import display_width
from wnin_desktop.runs.report.text import NOT_MEASURED, elided, number
from wnin_desktop.runs.store import Store

FEWEST, MOST = 2, 8
FINAL = (
    "val_loss", "accuracy", "perplexity", "clean_train_loss", "test_loss", "test_accuracy",
)  # fmt: skip
LAST = ("hessian_trace_est", "sharpness_proxy")
LONGEST_CELL = 40
UNITS = {
    "val_loss": "nat",
    "clean_train_loss": "nat",
    "test_loss": "nat",
    "hessian_trace_est": "nat/parameter²",
    "sharpness_proxy": "nat",
    "steps_per_s": "1/s",
}


@dataclass(frozen=True)
class RunComparison:
    """What differs between runs, and their final values; every row has one value per run, None where absent.

    Attributes:
        run_ids: The runs, in the order asked for.
        differences: By dotted name of the field, what was configured or used; only rows that differ.
        results: By name, how each run ended and what was measured last.
        same_configuration: Whether all runs share one fingerprint.
    """

    run_ids: tuple[str, ...]
    differences: Mapping[str, tuple[Any, ...]]
    results: Mapping[str, tuple[Any, ...]]
    same_configuration: bool

    def document(self) -> dict[str, Any]:
        """Return the comparison as plain values for JSON."""
        return {
            "runs": list(self.run_ids),
            "same_configuration": self.same_configuration,
            "differences": {name: list(values) for name, values in self.differences.items()},
            "results": {name: list(values) for name, values in self.results.items()},
        }

    def text(self) -> str:
        """Return the comparison as aligned lines for a terminal: one column per run."""
        heads = [f"[{place}]" for place in range(1, len(self.run_ids) + 1)]
        names = [f"{head} {run_id}" for head, run_id in zip(heads, self.run_ids, strict=True)]
        parts = ["\n".join(names)]
        if self.differences:
            parts.append("What differs\n" + _table(heads, self.differences, _setting))
        else:
            parts.append("Nothing was configured differently.")
        parts.append("What came out\n" + _table(heads, self.results, _result))
        return "\n\n".join(parts)


def compare_runs(store: Store, run_ids: Sequence[str]) -> RunComparison:
    """Return what differs between runs and what they came to.

    Args:
        store: Where they were recorded.
        run_ids: Two to eight ids, or the beginnings of ids.

    Raises:
        InputError: Fewer or more are given, one is unknown or ambiguous, or one is given twice.
        StoreError: What was stored is damaged.
    """
    if not FEWEST <= len(run_ids) <= MOST:
        raise InputError.of("runs", len(run_ids), f"allowed: {FEWEST} to {MOST} runs")
    runs = [summarize_run(store, run_id) for run_id in run_ids]
    found = [run.run_id for run in runs]
    for place, run_id in enumerate(found):
        if run_id in found[:place]:
            raise InputError.of("runs", run_id, "it is given twice, name different runs")
    configs = [flattened(store.run(run.run_id).config) | _used(run) for run in runs]
    return RunComparison(
        run_ids=tuple(found),
        differences=_differences(configs),
        results=_results(runs),
        same_configuration=len({run.fingerprint for run in runs}) == 1,
    )


def flattened(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested tables as one, with dotted names; lists of tables get their index, other lists stay."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            value = {str(index): item for index, item in enumerate(value)}  # noqa: PLW2901 - the same value, by index
        if isinstance(value, dict) and value:
            flat |= flattened(value, f"{prefix}{key}.")
        elif value != {}:
            flat[prefix + key] = value
    return flat


def _used(run: RunSummary) -> dict[str, Any]:
    return {"used.device": run.device, **{f"used.{name}": version for name, version in run.versions.items()}}


def _differences(configs: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    names = list(dict.fromkeys(name for config in configs for name in config))
    rows = {name: tuple(config.get(name) for config in configs) for name in names}
    return {name: row for name, row in rows.items() if any(value != row[0] for value in row)}


def _results(runs: Sequence[RunSummary]) -> dict[str, tuple[Any, ...]]:
    rows: dict[str, tuple[Any, ...]] = {
        "state": tuple(run.state for run in runs),
        "steps": tuple(run.committed for run in runs),
    }
    rows |= {key: tuple(run.final.get(key) for run in runs) for key in FINAL}
    rows |= {key: tuple(run.last[key].value if key in run.last else None for run in runs) for key in LAST}
    rows["steps_per_s"] = tuple(run.steps_per_s for run in runs)
    rows["gradient_evaluations"] = tuple(run.gradient_evaluations for run in runs)
    return {name: row for name, row in rows.items() if any(value is not None for value in row)}


def _table(heads: Sequence[str], rows: Mapping[str, Sequence[Any]], written: Callable[[Any], str]) -> str:
    grid = [["", *heads], *[[_titled(name), *map(written, row)] for name, row in rows.items()]]
    widths = [max(map(display_width, column)) for column in zip(*grid, strict=True)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in grid
    )


def _titled(name: str) -> str:
    unit = UNITS.get(name)
    return f"{name} ({unit})" if unit else name


def _setting(value: Any) -> str:
    """Return what was configured, exactly."""
    if value is None:
        return NOT_MEASURED
    return elided(value if isinstance(value, str) else json.dumps(value), LONGEST_CELL)


def _result(value: Any) -> str:
    """Return what was measured, rounded."""
    if value is None or isinstance(value, float):
        return number(value, 4)
    return str(value)
