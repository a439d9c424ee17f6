"""MNIST, FashionMNIST and CIFAR-10: from a folder, or downloaded where the user allowed it.

torchvision knows where the files are and what their checksums are. It is imported only where that is needed:
for a download, and for CIFAR-10, whose files are read only if their checksum is the published one.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from wnin_desktop import paths
from wnin_desktop.engine.tasks import cifar
from wnin_desktop.engine.tasks.assembly import Arrays, classification_task, stratified_split
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.engine.tasks.download import fetch
from wnin_desktop.engine.tasks.idx import read_idx
from wnin_desktop.engine.tasks.reading import Progress
from wnin_desktop.errors import DataError
from wnin_desktop.schema.task import TaskConfig

IDX_FILES = (
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)
CIFAR_FOLDER = "cifar-10-batches-py"
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32).reshape(1, 3, 1, 1)  # ITU-R BT.601
HELD_OUT = {"mnist": 1 / 12, "fashion_mnist": 1 / 12, "cifar10": 1 / 10}
CLASSES = 10
FIRST_LABELS = {
    "mnist": (5, 0, 4, 1, 9, 2, 1, 3, 1, 4),
    "fashion_mnist": (9, 0, 0, 3, 0, 2, 7, 2, 5, 5),
}


@dataclass(frozen=True)
class Place:
    """Where the files of a set may be, and where a download puts them."""

    title: str
    torchvision_name: str
    folder: str

    def search(self, root: Path) -> list[Path]:
        """Return the folders to look in."""
        return [root / self.folder, root / "raw", root]


PLACES = {
    "mnist": Place("MNIST", "MNIST", "MNIST/raw"),
    "fashion_mnist": Place("FashionMNIST", "FashionMNIST", "FashionMNIST/raw"),
    "cifar10": Place("CIFAR-10", "CIFAR10", CIFAR_FOLDER),
}


def torchvision_task(config: TaskConfig, data_dir: Path | None, progress: Progress) -> Task:
    """Return one of the three sets; 5000 training examples are held out, the official test set stays apart.

    Args:
        config: `path` is a folder that holds the files (as published, or as torchvision lays them out).
        data_dir: Used where there is no `path`; None is the program's own data folder.
        progress: Told about the download.

    Raises:
        DataError: The files are absent and may not be or cannot be downloaded, or they are damaged.
    """
    root = Path(config.path).expanduser() if config.path else data_dir or paths.data_dir()
    read: Callable[..., tuple[Arrays, Arrays]] = _cifar if config.dataset == "cifar10" else _mnist
    learned, official = read(config, root, progress)
    train, val = stratified_split(learned, HELD_OUT[config.dataset])
    return classification_task(
        config,
        *(_with_channels(part, config.channels) for part in (train, val, official)),
        classes=CLASSES,
        provenance=f"{PLACES[config.dataset].title}, a fixed part held out, standardized per channel",
    )


def torchvision_datasets() -> ModuleType:
    """Return `torchvision.datasets`, or raise `DataError` saying why it cannot be had."""
    try:
        from torchvision import datasets  # noqa: PLC0415 - it may be absent, or clash with torch
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"torchvision cannot be imported ({reason}); install the one that belongs to this torch: "
            "torchvision from PyPI does not work beside a '+cpu' build of torch."
        ) from error
    return datasets


def _with_channels(data: Arrays, channels: int | None) -> Arrays:
    own = data.x.shape[1]
    if channels in (None, own):
        return data
    if channels == 3:
        return Arrays(np.repeat(data.x, 3, axis=1), data.y)
    return Arrays((data.x * LUMA).sum(axis=1, keepdims=True, dtype=np.float32), data.y)


def _absent(config: TaskConfig, root: Path, names: Sequence[str]) -> DataError:
    title = PLACES[config.dataset].title
    where = f"is not in {root}" if config.path else "is not on this machine"
    return DataError(
        f"{title} {where} ({names[0]} is missing); give a folder with `path` or allow `download`."
    )


def _mnist(config: TaskConfig, root: Path, progress: Progress) -> tuple[Arrays, Arrays]:
    found = {name: _find_idx(config, root, name) for pair in IDX_FILES for name in pair}
    missing = [name for name, file in found.items() if file is None]
    if missing and not config.download:
        raise _absent(config, root, missing)
    for name in missing:
        found[name] = _fetch_idx(config, root, name, progress)
    learned, official = (_idx_arrays(found[images], found[labels]) for images, labels in IDX_FILES)
    _check_not_the_other(config, learned.y, root)
    return learned, official


def _check_not_the_other(config: TaskConfig, labels: np.ndarray, root: Path) -> None:
    """MNIST and FashionMNIST share file names and shapes, so a folder of one could pass for the other."""
    for name, first in FIRST_LABELS.items():
        if name != config.dataset and tuple(labels[: len(first)]) == first:
            fault = f"the files in {root} are those of {PLACES[name].title}"
            raise DataError(f"{fault}, not of {PLACES[config.dataset].title}.")


def _find_idx(config: TaskConfig, root: Path, name: str) -> Path | None:
    places = PLACES[config.dataset].search(root)
    candidates = [place / f"{name}{suffix}" for place in places for suffix in ("", ".gz")]
    return next((file for file in candidates if file.is_file()), None)


def _fetch_idx(config: TaskConfig, root: Path, name: str, progress: Progress) -> Path:
    place = PLACES[config.dataset]
    published = getattr(torchvision_datasets(), place.torchvision_name)
    md5 = dict(published.resources)[f"{name}.gz"]
    target = root / place.folder / f"{name}.gz"
    fetch([f"{mirror}{name}.gz" for mirror in published.mirrors], target, md5, progress)
    return target


def _idx_arrays(images: Path | None, labels: Path | None) -> Arrays:
    assert images is not None
    assert labels is not None
    x, y = read_idx(images, 3), read_idx(labels, 1)
    if len(x) != len(y) or y.max() >= CLASSES:
        raise DataError(
            f"{labels}: these {len(y)} labels do not belong to the {len(x)} pictures of {images.name}."
        )
    return Arrays(x[:, None], y.astype(np.int64))


def _cifar(config: TaskConfig, root: Path, progress: Progress) -> tuple[Arrays, Arrays]:
    published = torchvision_datasets().CIFAR10
    lists = (published.train_list, published.test_list)
    names = [name for batches in lists for name, _ in batches]
    folder = _cifar_folder(root, names)
    if folder is None:
        if not config.download:
            raise _absent(config, root, names)
        folder = _fetch_cifar(published, root, names, progress)
    learned, official = (_cifar_arrays(folder, batches) for batches in lists)
    return learned, official


def _cifar_folder(root: Path, names: list[str]) -> Path | None:
    places = PLACES["cifar10"].search(root)
    return next((place for place in places if all((place / name).is_file() for name in names)), None)


def _cifar_arrays(folder: Path, batches: list[list[str]]) -> Arrays:
    parts = [cifar.read_batch(folder / name, md5) for name, md5 in batches]
    return Arrays(np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts]))


def _fetch_cifar(published: type, root: Path, names: list[str], progress: Progress) -> Path:
    archive, folder = root / published.filename, root / CIFAR_FOLDER
    fetch([published.url], archive, published.tgz_md5, progress)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as tar:
            for name in names:
                member = tar.getmember(f"{CIFAR_FOLDER}/{name}")
                with tar.extractfile(member) or io.BytesIO() as content:
                    part = folder / f".{name}.{os.getpid()}.part"
                    part.write_bytes(content.read())
                part.replace(folder / name)
        archive.unlink()
    except (OSError, EOFError, KeyError, tarfile.TarError) as error:
        raise DataError(f"{archive}: the archive cannot be unpacked ({error}).") from error
    return folder
