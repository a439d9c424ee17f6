"""Files and folders that are dropped on the Runs page: what they are, and where they lead."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from PySide6.QtCore import QMimeData

from wnin_desktop.errors import InputError
from wnin_desktop.qt.pages.runs.model import MIME
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.config_files import load_compare
from wnin_desktop.runs.merging import read_csv
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.store.database import FILE as STORE_FILE
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.run import CompareConfig

CONFIGS = (".toml", ".json", ".yaml", ".yml")


class Dropped(NamedTuple):
    """What was dropped: an experiment of this store, one to look at, or a configuration."""

    kind: Literal["own", "watched", "config"]
    experiment_id: str = ""
    watched: WatchedExperiment | None = None
    config: CompareConfig | None = None


def files_of(data: QMimeData) -> list[Path]:
    """Return the local files of what is dragged; rows of the table itself are none."""
    if data.hasFormat(MIME):
        return []
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def read_dropped(store: Store, path: Path) -> Dropped:
    """Return what a dropped file or folder is.

    Raises:
        InputError: It is nothing that this page opens; the message says what is.
        StoreError: A store is damaged, or of another version.
    """
    if path.suffix.lower() in CONFIGS and path.is_file():
        return Dropped("config", config=load_compare(path))
    if path.suffix.lower() == ".csv" and path.is_file():
        return Dropped("watched", watched=read_csv(path))
    known = {each.experiment_id for each in store.experiments(trashed=None)}
    # A checkpoint lies in the folder of its experiment, which lies in the store's folder of checkpoints.
    for name in (path.name, path.parent.name):
        if name in known:
            return Dropped("own", name)
    folder = next((each for each in (path, *path.parents[:2]) if (each / STORE_FILE).is_file()), None)
    if folder is not None and folder.resolve() != store.path.resolve():
        return _of_other_store(folder, path)
    raise InputError.of("dropped", str(path), allowed())


def _of_other_store(folder: Path, path: Path) -> Dropped:
    """Return the experiment of another store that `path` lies in, or else its newest."""
    with Store.open(folder, read_only=True) as other:
        found = other.experiments()
        if not found:
            raise InputError.of("dropped", str(path), tr("this store holds no experiment"))
        names = (path.name, path.parent.name)
        chosen = next((each for each in found if each.experiment_id in names), found[-1])
        return Dropped("watched", watched=WatchedExperiment.load(other, chosen.experiment_id))


def allowed() -> str:
    """Return what can be dropped here."""
    return tr(
        "drop the folder of a run or of a store, a checkpoint file, a CSV that was exported here, "
        "or an experiment file (.toml, .json, .yaml)"
    )
