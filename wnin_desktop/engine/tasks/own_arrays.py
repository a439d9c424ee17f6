"""A user's arrays: an `.npz` file with `x` and `y`."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from wnin_desktop.engine.tasks.assembly import Arrays, classification_task, stratified_split
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.engine.tasks.reading import MAX_BYTES, class_numbers, existing
from wnin_desktop.errors import DataError
from wnin_desktop.schema.task import TaskConfig

SPLITS = ("", "_val", "_test")
# What damaged archives have been seen to raise somewhere between the zip directory and the array header.
DAMAGE = (
    OSError, ValueError, EOFError, KeyError, IndexError, OverflowError, MemoryError, NotImplementedError,
    RuntimeError, SyntaxError, TypeError, UnicodeDecodeError, tokenize.TokenError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


def npz_task(config: TaskConfig) -> Task:
    """Return the classification task in an `.npz` file.

    The file holds `x` (real numbers: vectors `[N, F]`, grey images `[N, H, W]` or images `[N, C, H, W]`) and
    `y` (whole numbers `[N]`; the distinct values in order become classes 0, 1, ...). It may hold `x_val`,
    `y_val` and `x_test`, `y_test`; without the former, a fixed stratified fifth is held out.

    Raises:
        DataError: The file is missing, damaged or holds something else; the sentence names the array.
    """
    path = existing(Path(config.path or "").expanduser(), "file")
    arrays = _read(path)
    present = [suffix for suffix in SPLITS if not suffix or f"x{suffix}" in arrays]
    data = {suffix: _checked(arrays, suffix, path) for suffix in present}
    _check_shapes(data, path)
    names, classes = class_numbers(data[""].y, path)
    train = Arrays(data[""].x, classes)
    others = {suffix: _with_known_classes(data[suffix], names, suffix, path) for suffix in data if suffix}
    val = others.get("_val")
    if val is None:
        train, val = stratified_split(train)
    return classification_task(
        config,
        train,
        val,
        others.get("_test"),
        classes=len(names),
        provenance=f"arrays of {path.name}, standardized by the training examples",
    )


def _read(path: Path) -> dict[str, np.ndarray]:
    wanted = {f"{letter}{suffix}" for letter in "xy" for suffix in SPLITS}
    damaged = DataError(f"{path}: this is not a readable .npz file; write it with numpy.savez.")
    if not path.is_file() or not zipfile.is_zipfile(path):
        raise damaged
    try:
        with zipfile.ZipFile(path) as container:
            size = sum(info.file_size for info in container.infolist())
        if size <= MAX_BYTES:
            with np.load(path, allow_pickle=False) as archive:
                _check_names(archive.files, path)
                return {name: archive[name] for name in archive.files if name in wanted}
    except DAMAGE as error:
        if "allow_pickle" in str(error):
            message = f"{path}: it holds Python objects, which are never loaded; save plain numeric arrays."
            raise DataError(message) from None
        raise damaged from error
    raise DataError(f"{path}: its arrays take {size} bytes; at most {MAX_BYTES} are allowed.")


def _check_names(names: list[str], path: Path) -> None:
    for suffix in SPLITS:
        pair = (f"x{suffix}", f"y{suffix}")
        missing = [name for name in pair if name not in names]
        if missing and (not suffix or len(missing) == 1):
            held = ", ".join(names) or "nothing"
            raise DataError(f"{path}: the array {missing[0]!r} is missing; the file holds {held}.")


def _checked(arrays: dict[str, np.ndarray], suffix: str, path: Path) -> Arrays:
    return Arrays(_inputs(arrays, f"x{suffix}", path), _labels(arrays, suffix, path))


def _inputs(arrays: dict[str, np.ndarray], name: str, path: Path) -> np.ndarray:
    x = arrays[name]
    if x.dtype.kind not in "fiub":
        raise DataError(f"{path}: {name} holds {x.dtype}; real numbers are needed.")
    if not 2 <= x.ndim <= 4 or 0 in x.shape:
        shapes = "(N, features), (N, height, width) or (N, channels, height, width)"
        raise DataError(f"{path}: {name} has shape {x.shape}; allowed: {shapes}, none of them 0.")
    if 4 * x.size > MAX_BYTES:
        raise DataError(
            f"{path}: {name} takes {4 * x.size} bytes as float32; at most {MAX_BYTES} are allowed."
        )
    # float32 is what networks read, so a number too large for it is as bad as an infinity.
    with np.errstate(over="ignore"):
        finite = np.isfinite(x.astype(np.float32))
    if not finite.all():
        where = tuple(int(index) for index in np.argwhere(~finite)[0])
        raise DataError(
            f"{path}: {name}{list(where)} is {x[where]}; every input must be a finite float32 number."
        )
    return x[:, None] if x.ndim == 3 else x


def _labels(arrays: dict[str, np.ndarray], suffix: str, path: Path) -> np.ndarray:
    x, y = arrays[f"x{suffix}"], arrays[f"y{suffix}"]
    if y.ndim != 1 or len(y) != len(x):
        raise DataError(
            f"{path}: y{suffix} has shape {y.shape}; it must be ({len(x)},), one label per example."
        )
    if y.dtype.kind not in "iub":
        raise DataError(f"{path}: y{suffix} holds {y.dtype}; labels must be whole numbers.")
    return y


def _check_shapes(data: dict[str, Arrays], path: Path) -> None:
    if len(data[""].y) < 4:
        raise DataError(f"{path}: there are {len(data[''].y)} examples; at least 4 are needed.")
    for suffix, part in data.items():
        if part.x.shape[1:] != data[""].x.shape[1:]:
            shapes = f"{part.x.shape[1:]} and {data[''].x.shape[1:]}"
            raise DataError(f"{path}: x{suffix} and x hold inputs of different shapes, {shapes}.")


def _with_known_classes(data: Arrays, names: np.ndarray, suffix: str, path: Path) -> Arrays:
    unknown = ~np.isin(data.y, names)
    if unknown.any():
        raise DataError(f"{path}: y{suffix} holds the label {data.y[unknown][0]}, which y does not.")
    return Arrays(data.x, np.searchsorted(names, data.y))
