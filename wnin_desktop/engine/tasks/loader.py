"""From a task configuration to the data."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from wnin_desktop.engine.tasks import automata, embedded
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.engine.tasks.label_noise import with_label_noise
from wnin_desktop.errors import InputError
from wnin_desktop.schema.task import TaskConfig

GENERATED: dict[str, Callable[[TaskConfig], Task]] = {
    "digits": embedded.digits,
    "mnist1d": embedded.mnist1d,
    "spirals": embedded.spirals,
    **dict.fromkeys(automata.AUTOMATA, automata.automaton_task),
}


def load_task(
    config: TaskConfig,
    *,
    label_seed: int = 0,
) -> Task:
    """Return the data a configuration describes, on the CPU.

    Args:
        config: What to load.
        label_seed: Names the draws of the label noise, if there is any.

    Raises:
        InputError: A setting does not fit the data, for example more examples than there are.
        DataError: The data are missing, unreadable or damaged.
    """
    clean = config.model_copy(update={"label_noise": 0.0})
    return with_label_noise(_clean_task(clean), config.label_noise, label_seed)


def _clean_task(config: TaskConfig) -> Task:
    if config.dataset in GENERATED:
        return _generated(config.model_dump_json())
    raise InputError.of("task.dataset", config.dataset, f"allowed: {', '.join(GENERATED)}")


@lru_cache(maxsize=16)
def _generated(config_json: str) -> Task:
    config = TaskConfig.model_validate_json(config_json)
    return GENERATED[config.dataset](config)
