"""Surfaces that are kept with their experiment, beside its checkpoints: deleting it deletes them too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wnin_desktop.errors import DataError
from wnin_desktop.runs.landscape.surface_file import read_meta
from wnin_desktop.runs.store import Store

LEAD, ENDING, PART = "surface-", ".npz", ".part"
NAMED = 16
"""Characters of the fingerprint in a file's name."""


@dataclass(frozen=True)
class KeptSurface:
    """A kept surface: its file, and everything of it but the arrays (see `schema.landscape.Surface`)."""

    file: Path
    meta: dict[str, Any]

    def words(self) -> str:
        """Return what it is, in one line."""
        request = self.meta["request"]
        runs = ", ".join(run.partition("/")[2] for run in request["runs"])
        smoothed = (
            f", sigma {', '.join(f'{each:g}' for each in request['sigma'])}" if request["sigma"] else ""
        )
        return f"{request['plane']} {request['metric']} {request['size']}: {runs}{smoothed}"


def surfaces(store: Store, experiment_id: str) -> list[KeptSurface]:
    """Return the surfaces kept with an experiment, oldest first; files that are damaged are left out.

    Raises:
        InputError: There is no such experiment.
    """
    found = []
    for path in store.checkpoint_dir(experiment_id).glob(f"{LEAD}*{ENDING}"):
        if path.name.endswith(PART + ENDING):
            continue
        try:
            found.append(KeptSurface(path, read_meta(path)))
        except (DataError, OSError):
            continue
    return sorted(found, key=lambda each: (each.meta.get("created") or 0.0, each.file.name))


def surface_path(folder: Path, fingerprint: str) -> Path:
    """Return where a surface is kept."""
    return folder / f"{LEAD}{fingerprint[:NAMED]}{ENDING}"


def partial_path(folder: Path, fingerprint: str) -> Path:
    """Return where the unfinished evaluation of a surface is kept."""
    return folder / f"{LEAD}{fingerprint[:NAMED]}{PART}{ENDING}"
