"""A user's images: a folder with one sub-folder per class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from wnin_desktop.engine.tasks.assembly import Arrays, classification_task, stratified_split
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.engine.tasks.reading import MAX_BYTES, Progress, class_numbers, existing
from wnin_desktop.errors import DataError
from wnin_desktop.schema.task import TaskConfig

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
GREY_MODES = ("1", "L", "LA")
COLOUR_MODES = ("P", "RGB", "RGBA", "CMYK", "YCbCr")
MAX_PIXELS = 4096 * 4096


def image_folder_task(config: TaskConfig, progress: Progress) -> Task:
    """Return the classification task in a folder: `folder/class/picture`, classes in order of name.

    All pictures have one size and eight bits per channel. Without `channels` they have one channel if all of
    them are grey, else three. A fixed stratified fifth is held out.

    Raises:
        DataError: No pictures, an unreadable one, or sizes that differ; the sentence names the file.
    """
    root = existing(Path(config.path or "").expanduser(), "folder")
    files = _files(root)
    pictures = []
    for index, file in enumerate(files):
        pictures.append(_open(file, pictures[0] if pictures else None, files[0], len(files)))
        progress("reading pictures", (index + 1) / len(files))
    names, classes = class_numbers(np.array([file.parent.name for file in files]), root)
    train, val = stratified_split(Arrays(_stacked(pictures, config.channels, progress), classes))
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    return classification_task(
        config,
        train,
        val,
        classes=len(names),
        provenance=f"pictures of folder {root.name}, classes {shown}, standardized per channel",
    )


def _files(root: Path) -> list[Path]:
    try:
        entries = [entry for entry in root.iterdir() if not entry.name.startswith(".")]
        folders = sorted(entry for entry in entries if entry.is_dir())
        files = [sorted(f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES) for folder in folders]
    except OSError as error:
        raise DataError(f"{root}: the folder cannot be read ({error.strerror}).") from error
    if not folders:
        raise DataError(f"{root}: there is no sub-folder; put each class of pictures in one.")
    for folder, inside in zip(folders, files, strict=True):
        if not inside:
            raise DataError(f"{folder}: there is no picture in it; allowed: {', '.join(SUFFIXES)}.")
    flat = [file for inside in files for file in inside]
    if len(flat) < 4:
        raise DataError(f"{root}: there are {len(flat)} pictures; at least 4 are needed.")
    return flat


def _open(file: Path, first: Any, first_file: Path, count: int) -> Any:
    from PIL import Image  # noqa: PLC0415 - wanted here only

    try:
        with Image.open(file) as picture:
            _check(file, picture, first, first_file, count)
            return picture.convert("L" if picture.mode in GREY_MODES else "RGB")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise DataError(f"{file}: this picture is damaged or of an unknown kind.") from error


def _check(file: Path, picture: Any, first: Any, first_file: Path, count: int) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS or 4 * 3 * width * height * count > MAX_BYTES:
        raise DataError(f"{file}: {count} pictures of {width}x{height} are too much; make them smaller.")
    if picture.mode not in (*GREY_MODES, *COLOUR_MODES):
        raise DataError(f"{file}: its pixels are of mode {picture.mode}; save it with 8 bits per channel.")
    if first is not None and picture.size != first.size:
        other = f"{first.size[0]}x{first.size[1]} like {first_file.name}"
        raise DataError(f"{file}: it is {width}x{height}; all pictures must be {other}.")


def _stacked(pictures: list[Any], channels: int | None, progress: Progress) -> np.ndarray:
    grey = all(picture.mode == "L" for picture in pictures) if channels is None else channels == 1
    converted = []
    for index, picture in enumerate(pictures):
        converted.append(np.asarray(picture.convert("L" if grey else "RGB")))
        progress("putting pictures together", (index + 1) / len(pictures))
    stacked = np.stack(converted)
    return stacked[:, None] if grey else stacked.transpose(0, 3, 1, 2)
