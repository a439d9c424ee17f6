"""Intention meets reality: a configuration against this machine, the registry and the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from wnin_desktop.engine.cohort.arm import why_no_temperature
from wnin_desktop.engine.optimizers.registry import OptimizerSpec
from wnin_desktop.engine.tasks.base import Task
from wnin_desktop.engine.tasks.label_noise import noisy_labels
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.errors import InputError, Problem
from wnin_desktop.schema.run import ArmConfig, CompareConfig


@dataclass(frozen=True)
class Resolved:
    """Everything a comparison needs, checked."""

    config: CompareConfig
    specs: Mapping[str, OptimizerSpec]
    task: Task
    labels: dict[int, Tensor]
    """Training targets by seed, where label noise makes them differ; else empty."""
    device: torch.device


def resolve(
    config: CompareConfig,
    specs: Mapping[str, OptimizerSpec],
    progress: Callable[[str, float], None] | None = None,
) -> Resolved:
    """Check `config` against the registered optimizers, the data and the device, and load what it needs.

    Raises:
        InputError: Something asked for does not exist here or does not fit together; holds every problem.
        DataError: The data are missing or damaged.
    """
    problems = [
        problem for i, arm in enumerate(config.arms) for problem in _arm_problems(config, i, arm, specs)
    ]
    if problems:
        raise InputError(problems)
    device = choose_device(config.device)
    clean = config.task.model_copy(update={"label_noise": 0.0})
    task = load_task(clean, progress=progress).to(device)
    labels: dict[int, Tensor] = {}
    if config.task.label_noise:
        targets, fraction = task.train.y.cpu(), config.task.label_noise
        labels = {
            seed: noisy_labels(targets, task.classes, fraction, seed).to(device) for seed in config.seeds
        }
    return Resolved(
        config, {arm.optimizer.name: specs[arm.optimizer.name] for arm in config.arms}, task, labels, device
    )


def _arm_problems(
    config: CompareConfig, index: int, arm: ArmConfig, specs: Mapping[str, OptimizerSpec]
) -> list[Problem]:
    lead = f"arms[{index}]."
    spec = specs.get(arm.optimizer.name)
    if spec is None:
        return [Problem(f"{lead}optimizer.name", arm.optimizer.name, f"allowed: {', '.join(sorted(specs))}")]
    problems = []
    try:
        spec.hyper_parameters(arm.optimizer.lr, arm.optimizer.params)
    except InputError as error:
        problems += [Problem(lead + p.field, p.value, p.allowed) for p in error.problems]
    mode = arm.noise.mode
    if spec.samples and mode in ("sgld", "gradient_gaussian"):
        problems.append(
            Problem(
                f"{lead}noise.mode",
                mode,
                f"{spec.name} injects its own temperature noise; set its temperature",
            )
        )
    why = why_no_temperature(arm, spec)
    if arm.noise.temperature is not None and why is not None:
        problems.append(Problem(f"{lead}noise.temperature", arm.noise.temperature, why))
    if mode == "input_jitter" and config.task.is_sequence:
        problems.append(
            Problem(
                f"{lead}noise.mode",
                mode,
                f"tokens of {config.task.dataset} cannot be jittered; choose another mode",
            )
        )
    return problems


def choose_device(name: str) -> torch.device:
    """Return the device that `auto`, `cpu`, `cuda` or `cuda:N` means here.

    Raises:
        InputError: That device is not on this machine.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    number = int(name.partition(":")[2] or 0)
    if number >= count:
        there = ", ".join(f"cuda:{i}" for i in range(count))
        raise InputError.of(
            "device", name, f"allowed here: auto, cpu{', ' + there if there else ' (no CUDA device)'}"
        )
    return torch.device("cuda", number)
