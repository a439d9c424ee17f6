"""Parts of an experiment in a few words, for cards and folded sections; the draft may be invalid."""

from __future__ import annotations

from typing import Any

from wnin_desktop.qt import numbers
from wnin_desktop.qt.text import tr
from wnin_desktop.schema.noise import MAGNITUDE_UNIT

FEWEST_SEEDS = 9
"""Seeds below which no comparison concludes."""
SHORT_UNIT = {"parameter_jitter": "std(W)", "label_corrupt": "of the batch"}
LONGEST_LIST = 6
DIGITS = 3


def amount(value: Any) -> str:
    """Return a number as people read it, or whatever stands there."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return numbers.brief(value, DIGITS)
    return "?" if value is None else str(value)


def optimizer_words(arm: Any) -> str:
    """Return optimizer and learning rate: "adamw, lr 0.001"."""
    optimizer = table(arm, "optimizer")
    words = tr("{0}, lr {1}", optimizer.get("name", "?"), amount(optimizer.get("lr")))
    schedule = table(optimizer, "lr_schedule").get("kind", "constant")
    return words if schedule == "constant" else f"{words} {spaced(schedule)}"


def noise_words(arm: Any, *, with_schedule: bool = True) -> str:
    """Return mode, amplitude and schedule: "sgld, T 1e-4, cosine"."""
    noise = table(arm, "noise")
    mode = noise.get("mode", "none")
    if mode == "none":
        return tr("no noise")
    parts = [spaced(mode), _amplitude(noise, str(mode))]
    schedule = table(noise, "schedule").get("kind", "constant")
    if schedule != "constant" and with_schedule:
        parts.append(spaced(schedule))
    return ", ".join(parts)


def _amplitude(noise: dict[str, Any], mode: str) -> str:
    if noise.get("temperature") is not None:
        return f"T {amount(noise['temperature'])}"
    if mode == "sgld":
        return f"T {amount(noise.get('magnitude'))}"
    return f"{amount(noise.get('magnitude'))} {SHORT_UNIT.get(mode, '')}".rstrip()


def unit_of(mode: Any) -> str:
    """Return the unit of a magnitude in this mode."""
    return MAGNITUDE_UNIT.get(str(mode), "1")


def task_words(task: Any) -> str:
    """Return the data set."""
    return spaced(table({"task": task}, "task").get("dataset", "?"))


def network_words(network: Any) -> str:
    """Return kind and sizes: "mlp 64 64"."""
    found = table({"network": network}, "network")
    sizes = [found[key] for key in ("hidden", "channels", "width", "preset") if key in found][:1]
    flat = sizes[0] if sizes and isinstance(sizes[0], list) else sizes
    return " ".join(map(str, [spaced(found.get("kind", "?")), *flat[:LONGEST_LIST]]))


def budget_words(budget: Any) -> str:
    """Return steps and batch size."""
    found = table({"budget": budget}, "budget")
    return tr("{0} steps of {1}", amount(found.get("steps")), amount(found.get("batch_size")))


def device_words(data: dict[str, Any]) -> str:
    """Return device and numerics."""
    return f"{data.get('device', '?')}, {data.get('numerics', '?')}"


def seeds_words(seeds: Any) -> str:
    """Return how many seeds there are, and how many a verdict needs."""
    count = len(seeds) if isinstance(seeds, list) else 0
    return tr("{0} (a verdict needs {1})", count, FEWEST_SEEDS) if count < FEWEST_SEEDS else str(count)


def seeds_verdict(count: int) -> str:
    """Return what so many seeds allow."""
    if count < FEWEST_SEEDS:
        return tr("Fewer than {0} seeds never conclude: differences are shown, no verdict.", FEWEST_SEEDS)
    return tr("Enough for a verdict, if the difference is clear.")


def table(around: Any, key: str) -> dict[str, Any]:
    """Return the table at `key`, an empty one where there is none."""
    found = around.get(key) if isinstance(around, dict) else None
    return found if isinstance(found, dict) else {}


def spaced(word: Any) -> str:
    """Return a name of the schema as people read it."""
    return str(word).replace("_", " ")
