"""Recorded runs for other programs: CSV, Parquet, TensorBoard, MLflow.

One row for each step of each run. A number that was not measured is an empty field (CSV), a null (Parquet) or
left out (TensorBoard, MLflow). An export is complete or absent, never half.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, Literal, cast, get_args

import numpy as np

from wnin_desktop.engine.durable import TEMPORARY, replace, replacing, sync_directory, translated
from wnin_desktop.errors import InputError
from wnin_desktop.runs.export_formats import mlflow as mlflow_format
from wnin_desktop.runs.export_formats.columns import COLUMNS, NUMBERS
from wnin_desktop.runs.export_formats.csv_text import write_csv
from wnin_desktop.runs.export_formats.parquet import write_parquet
from wnin_desktop.runs.export_formats.tensorboard import MODULES, PATTERN, Protocol, write_tensorboard
from wnin_desktop.runs.store import RunRecord, Store

__all__ = [
    "COLUMNS",
    "FOLDERS",
    "FORMATS",
    "NUMBERS",
    "ExistsError",
    "Format",
    "default_name",
    "export",
    "export_csv",
    "export_mlflow",
    "export_parquet",
    "export_tensorboard",
]

Format = Literal["csv", "parquet", "tensorboard", "mlflow"]
FORMATS: tuple[Format, ...] = get_args(Format)
FOLDERS: tuple[Format, ...] = ("tensorboard", "mlflow")
"""Formats that are folders; the others are files."""


class ExistsError(InputError):
    """Something has the name of the export; whoever asked knows what its way to replace it is called."""


FEW = 20
"""Runs that are looked up one by one; for more the catalogue is read once."""
PACKAGES = {"mlflow": "mlflow-skinny"}
"""Packages that are not called as what they install."""


def export(
    store: Store,
    run_ids: Sequence[str],
    kind: str,
    path: Path,
    *,
    overwrite: bool = False,
    progress: Callable[[float], None] | None = None,
) -> int:
    """Write runs to `path` as `kind`, one of `FORMATS`, and return how many rows were written.

    `progress` is told the part done, 0 to 1, before each run, and 1 before the whole takes its name; what it
    raises ends the export, which then leaves nothing.

    Raises:
        InputError: The format is unknown, or what the function of the format raises.
        StoreError: Stored steps are damaged.
        DiskFullError: No space is left.
    """
    writers = {
        "csv": export_csv,
        "parquet": export_parquet,
        "tensorboard": export_tensorboard,
        "mlflow": export_mlflow,
    }
    if kind not in writers:
        raise InputError.of("format", kind, f"allowed: {', '.join(FORMATS)}")
    source = store if progress is None else _Followed(store, len(set(run_ids)), progress)
    return writers[kind](cast("Store", source), run_ids, path, overwrite=overwrite)


class _Followed:
    """A store that says how many of the wanted runs were read."""

    def __init__(self, store: Store, runs: int, progress: Callable[[float], None]) -> None:
        self._store = store
        self._runs = runs
        self._progress = progress
        self._begun = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def series(self, run_id: str, keys: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        """Return a run's steps, and say that it is this one's turn."""
        self._progress(self._begun / self._runs)
        self._begun += 1
        return self._store.series(run_id, keys)

    def written(self) -> None:
        """Say that all is written and only has to take its name."""
        self._progress(1.0)


def _written(store: Store, rows: int) -> int:
    """Tell the end to one who follows, and return `rows`."""
    if isinstance(cast("object", store), _Followed):
        cast("_Followed", store).written()
    return rows


def export_csv(store: Store, run_ids: Sequence[str], path: Path, *, overwrite: bool = False) -> int:
    """Write runs as one CSV table (UTF-8, comma, a header line) and return how many rows it has.

    Numbers are written so that reading them gives the same bits.

    Args:
        store: Where from.
        run_ids: Which runs, in this order; one named twice is written once.
        path: The file.
        overwrite: Replace the file where there is one.

    Raises:
        InputError: A run is unknown, or the file exists or cannot be written.
        StoreError: Stored steps are damaged.
        DiskFullError: No space is left.
    """
    runs = _chosen(store, run_ids)
    with _new_file(path, overwrite=overwrite) as handle:
        return _written(store, write_csv(handle, store, runs))


def export_parquet(store: Store, run_ids: Sequence[str], path: Path, *, overwrite: bool = False) -> int:
    """Write runs as one Parquet table and return how many rows it has.

    Its metadata name runs, fingerprints and units. Arguments and errors are those of `export_csv`.

    Raises:
        InputError: pyarrow is not installed, too.
    """
    arrow, parquet = _extra("pyarrow", "parquet"), _extra("pyarrow.parquet", "parquet")
    runs = _chosen(store, run_ids)
    with _new_file(path, overwrite=overwrite) as handle:
        return _written(store, write_parquet(handle, store, runs, arrow, parquet))


def export_tensorboard(store: Store, run_ids: Sequence[str], path: Path, *, overwrite: bool = False) -> int:
    """Write runs as event files into folder `path`, one sub-folder for each, and return how many steps.

    An existing folder is replaced only where it holds event files and nothing else. Arguments and errors are
    those of `export_csv`.

    Raises:
        InputError: tensorboardX is not installed, too.
    """
    protocol = Protocol(*(_extra(module, "tensorboard") for module in MODULES))
    runs = _chosen(store, run_ids)
    with _new_folder(path, overwrite=overwrite, is_export=_is_tensorboard_export) as folder:
        return _written(store, write_tensorboard(folder, store, runs, protocol))


def export_mlflow(store: Store, run_ids: Sequence[str], path: Path, *, overwrite: bool = False) -> int:
    """Write runs into folder `path` as a local MLflow tracking store, and return how many steps.

    Nothing is sent anywhere. An existing folder is replaced only where it holds such an export and nothing
    else. Arguments and errors are those of `export_csv`.

    Raises:
        InputError: mlflow-skinny is not installed, too.
    """
    mlflow_format.silence()
    tracking = mlflow_format.Tracking(*(_extra(module, "mlflow") for module in mlflow_format.MODULES))
    runs = _chosen(store, run_ids)
    with _new_folder(path, overwrite=overwrite, is_export=mlflow_format.is_mlflow_export) as folder:
        return _written(store, mlflow_format.write_mlflow(folder, path, store, runs, tracking))


def default_name(store: Store, run_ids: Sequence[str], kind: Format) -> str:
    """Return a file or folder name that says day (UTC) and name of what is exported: `2026-11-21_name.csv`.

    Raises:
        InputError: A run is unknown.
    """
    runs = _chosen(store, run_ids)
    owners = list(dict.fromkeys(run.experiment_id for run in runs))
    name = _plain(store.experiment(owners[0]).name) or "comparison"
    if len(runs) == 1:
        name += f"_{_plain(runs[0].arm)}_s{runs[0].seed}"
    elif len(owners) > 1:
        name += f"_and-{len(owners) - 1}-more"
    day = owners[0].partition("_")[0]
    return f"{day}_{name}_{kind}" if kind in FOLDERS else f"{day}_{name}.{kind}"


def _plain(name: str) -> str:
    """Return `name` in letters, digits and dashes, which every file system takes."""
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")[:60].strip("-")


def _chosen(store: Store, run_ids: Sequence[str]) -> list[RunRecord]:
    if not run_ids:
        raise InputError.of("runs", list(run_ids), "name at least one run")
    known = {run.run_id: run for run in store.runs(trashed=None)} if len(run_ids) > FEW else {}
    found = (known.get(run_id) or store.run(run_id) for run_id in run_ids)
    return list({run.run_id: run for run in found}.values())


@contextlib.contextmanager
def _new_file(path: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Yield a handle whose content takes the name `path` when the block ends well."""
    if not overwrite:
        _refuse_existing(path)
    elif path.is_dir():
        raise InputError.of("path", str(path), "it is a folder; give the name of a file")
    with _explained(path), replacing(path) as handle:
        yield handle


@contextlib.contextmanager
def _new_folder(path: Path, *, overwrite: bool, is_export: Callable[[Path], bool]) -> Iterator[Path]:
    """Yield a folder that takes the name `path` when the block ends well."""
    if not overwrite:
        _refuse_existing(path)
    elif not _is_replaceable(path, is_export):
        raise InputError.of("path", str(path), "it holds more than an export; only an export is replaced")
    temporary, old = (path.with_name(f"{path.name}.{secrets.token_hex(4)}{TEMPORARY}") for _ in range(2))
    try:
        with _explained(path), translated(path):
            temporary.mkdir()
            yield temporary
            _put_in_place(temporary, path, old)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _put_in_place(folder: Path, path: Path, old: Path) -> None:
    """Give `folder` the name `path`; what had it becomes `old`, or comes back where that fails."""
    if path.exists():
        replace(path, old)
    try:
        replace(folder, path)
    except OSError:
        if old.exists():
            replace(old, path)
        raise
    sync_directory(path.parent)


def _refuse_existing(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise ExistsError.of("path", str(path), "it exists already; give another name, or have it replaced")


def _is_replaceable(path: Path, is_export: Callable[[Path], bool]) -> bool:
    """Return whether nothing is lost where an export replaces `path`."""
    if path.is_symlink() or not path.is_dir():
        return not path.exists()
    return is_export(path)


def _is_tensorboard_export(path: Path) -> bool:
    files = [each for each in path.rglob("*") if not each.is_dir() or each.is_symlink()]
    return all(each.match(PATTERN) for each in files)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say in one sentence why `path` cannot be written."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError.of("path", str(path), f"it cannot be written there ({reason})") from error


def _extra(module: str, what: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError:
        package = PACKAGES.get(module.partition(".")[0], module.partition(".")[0])
        hint = (
            f"it needs {package}, which is not installed; install it with: pip install 'wnin-desktop[export]'"
        )
        raise InputError.of("format", what, hint) from None
