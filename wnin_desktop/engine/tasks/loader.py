"""From a task configuration to the data."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from wnin_desktop.engine.tasks import automata, embedded
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.engine.tasks.label_noise import with_label_noise
from wnin_desktop.engine.tasks.own_arrays import npz_task
from wnin_desktop.engine.tasks.own_images import image_folder_task
from wnin_desktop.engine.tasks.own_text import text_task
from wnin_desktop.engine.tasks.reading import Progress, silent
from wnin_desktop.engine.tasks.torchvision_sets import torchvision_task
from wnin_desktop.schema.task import TaskConfig

__all__ = ["Progress", "load_task"]

GENERATED: dict[str, Callable[[TaskConfig], Task]] = {
    "digits": embedded.digits,
    "mnist1d": embedded.mnist1d,
    "spirals": embedded.spirals,
    **dict.fromkeys(automata.AUTOMATA, automata.automaton_task),
}


def load_task(
    config: TaskConfig,
    *,
    data_dir: Path | None = None,
    progress: Progress | None = None,
    label_seed: int = 0,
) -> Task:
    """Return the data a configuration describes, on the CPU.

    Sets that ship with the program are kept in memory, so asking again costs nothing. For the labels of many
    seeds, load once without label noise and call `label_noise.noisy_labels`.

    Args:
        config: What to load.
        data_dir: Folder for downloaded sets; None uses the program's own.
        progress: Called with (what is being done, finished part 0..1) while downloading and reading.
        label_seed: Names the draws of the label noise, if there is any.

    Raises:
        InputError: A setting does not fit the data, for example more examples than there are.
        DataError: The data are missing, unreadable or damaged.
    """
    clean = config.model_copy(update={"label_noise": 0.0})
    return with_label_noise(_clean_task(clean, data_dir, progress or silent), config.label_noise, label_seed)


def _clean_task(config: TaskConfig, data_dir: Path | None, progress: Progress) -> Task:
    match config.dataset:
        case "npz":
            return npz_task(config)
        case "images":
            return image_folder_task(config, progress)
        case "text":
            return text_task(config)
        case "mnist" | "fashion_mnist" | "cifar10":
            return torchvision_task(config, data_dir, progress)
    return _generated(config.model_dump_json())


@lru_cache(maxsize=16)
def _generated(config_json: str) -> Task:
    config = TaskConfig.model_validate_json(config_json)
    return GENERATED[config.dataset](config)
