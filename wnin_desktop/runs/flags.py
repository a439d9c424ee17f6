"""One run said in flags: which flag sets which field, and the way back to a configuration.

Values reach the schema as they were typed, so that a flag, a file and a form are refused in the same words;
only the name of the field is that of the flag.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from wnin_desktop.errors import NOTHING, InputError, Problem
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.network import MlpConfig
from wnin_desktop.schema.noise import NoiseConfig
from wnin_desktop.schema.run import (
    ArmConfig,
    BudgetConfig,
    CompareConfig,
    OptimizerConfig,
    RunConfig,
    SharedConfig,
)
from wnin_desktop.schema.schedule import CosineSchedule
from wnin_desktop.schema.task import TaskConfig
from wnin_desktop.schema.words import suggestion

PARAMS = "arm.optimizer.params"


@dataclass(frozen=True)
class Flag:
    """A flag and the place in a `RunConfig` that it sets."""

    name: str
    path: str
    model: type[BaseModel]
    """The class whose field it is; its help, unit, bounds and default come from there."""

    @property
    def key(self) -> str:
        """Return the name click gives the parameter."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def field(self) -> FieldInfo:
        """Return the schema's field."""
        return self.model.model_fields[self.path.rpartition(".")[2]]

    @property
    def is_switch(self) -> bool:
        """Whether the flag stands alone, without a value."""
        return self.field.annotation is bool


FLAGS: tuple[Flag, ...] = (
    Flag("--optimizer", "arm.optimizer.name", OptimizerConfig),
    Flag("--lr", "arm.optimizer.lr", OptimizerConfig),
    Flag("--steps", "budget.steps", BudgetConfig),
    Flag("--batch-size", "budget.batch_size", BudgetConfig),
    Flag("--seed", "seed", RunConfig),
    Flag("--noise-mode", "arm.noise.mode", NoiseConfig),
    Flag("--noise-mag", "arm.noise.magnitude", NoiseConfig),
    Flag("--temperature", "arm.noise.temperature", NoiseConfig),
    Flag("--noise-schedule", "arm.noise.schedule.kind", CosineSchedule),
    Flag("--noise-period", "arm.noise.schedule.period", CosineSchedule),
    Flag("--dataset", "task.dataset", TaskConfig),
    Flag("--data", "task.path", TaskConfig),
    Flag("--download", "task.download", TaskConfig),
    Flag("--model", "network.kind", MlpConfig),
    Flag("--device", "device", SharedConfig),
    Flag("--numerics", "numerics", SharedConfig),
    Flag("--threads", "threads", SharedConfig),
    Flag("--name", "arm.name", ArmConfig),
)
BY_PATH = {flag.path: flag for flag in FLAGS}
KIND_OF = {"arm.noise.schedule": "constant", "arm.optimizer.lr_schedule": "constant", "network": "mlp"}


def takes_numbers(annotation: Any) -> bool:
    """Whether a field of this type takes numbers."""
    return annotation in (int, float) or any(takes_numbers(part) for part in get_args(annotation))


def config_from_flags(
    values: Mapping[str, Any], *, default_lr: Callable[[str], float | None] = lambda _name: None
) -> CompareConfig:
    """Return the comparison of one run that flags and `--config` describe; flags go before the file.

    Args:
        values: Parameters of `run_flags` by name.
        default_lr: The learning rate of an optimizer for which none was given, None for the schema's.

    Raises:
        InputError: Something given is unknown, out of range or contradicts something else; every problem
            names its flag.
    """
    given = _given(values)
    file = values.get("config")
    if file is None and values.get("arm") is not None:
        raise InputError.of("--arm", values["arm"], "it chooses an arm of a file, give --config FILE too")
    document = _of_file(file, values) if file is not None else {}
    _drop_what_is_replaced(document, given)
    for path, value in given.items():
        _put(document, path, value)
    _complete(document, default_lr)
    try:
        run = validate(RunConfig, document)
    except InputError as error:
        raise in_flags(error, given, file) from None
    return CompareConfig.of_run(run)


def in_flags(error: InputError, given: Iterable[str] = (), file: Path | None = None) -> InputError:
    """Return `error` with each field named by the flag that sets it, or by the file it stands in.

    Args:
        error: From the schema or the engine.
        given: Paths that flags gave.
        file: The configuration file, if there was one.
    """
    own = set(given)
    found = []
    for problem in error.problems:
        path = re.sub(r"^arms\[\d+\]", "arm", problem.field)
        path = f"arm.noise.{path}" if path in NoiseConfig.model_fields else path
        in_file = file is not None and not any(path == one or path.startswith(f"{one}.") for one in own)
        name = f"{file}: {path}" if in_file else _flag_name(path)
        found.append(Problem(name, problem.value, problem.allowed, problem.line))
    return InputError(found, source=error.source)


def _flag_name(path: str) -> str:
    if path in BY_PATH:
        return BY_PATH[path].name
    if path.startswith(f"{PARAMS}."):
        return f"--param {path.removeprefix(f'{PARAMS}.')}"
    root = re.split(r"[.\[]", path)[0]
    return f"--set {path}" if root in RunConfig.model_fields else path


def given_paths(values: Mapping[str, Any]) -> set[str]:
    """Return the configuration paths that flags gave."""
    return set(_given(values))


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what flags say, by path; a named flag goes before `--set`."""
    given: dict[str, Any] = {}
    for text in values.get("set_") or ():
        path, value = _pair("--set", text, "give PATH=VALUE, such as network.hidden=[32,32]")
        given[path] = read_value(value)
    for text in values.get("param") or ():
        name, value = _pair("--param", text, "give KEY=VALUE, such as momentum=0.9")
        given[f"{PARAMS}.{name}"] = read_value(value)
    for flag in FLAGS:
        value = values.get(flag.key)
        if value is not None:
            given[flag.path] = read_number(value) if takes_numbers(flag.field.annotation) else value
    return given


def _pair(flag: str, text: str, allowed: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError.of(flag, text, allowed)
    return name.strip(), value


def read_number(text: str) -> int | float | str:
    """Return `text` as the number it is, or as it is where it is none."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def read_value(text: str) -> Any:
    """Return `text` as JSON, as a number, or else as the text it is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return read_number(text)


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    tables, last = _steps(path)
    table = document
    for depth, part in enumerate(tables, 1):
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict):
            where = ".".join(tables[:depth])
            raise InputError.of(_flag_name(path), value, f"{where} is not a table and has no {last}")
        table = inner
    table[last] = value


def _steps(path: str) -> tuple[list[str], str]:
    """Return the tables that lead to a path's last key, and that key; a parameter's name may hold dots."""
    if path.startswith(f"{PARAMS}."):
        return list(PARAMS.split(".")), path.removeprefix(f"{PARAMS}.")
    *tables, last = path.split(".")
    return tables, last


def _of_file(file: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    from wnin_desktop.runs.config_files import load_compare  # noqa: PLC0415 - only where a file is given

    config = load_compare(file)
    arm = _chosen(config.arms, values.get("arm"), file)
    if len(config.seeds) > 1 and values.get("seed") is None:
        seeds = ", ".join(map(str, config.seeds[:8]))
        raise InputError.of(
            "--seed",
            NOTHING,
            f"{file} holds {len(config.seeds)} seeds ({seeds}), choose one or use wnin compare",
        )
    dumped = config.model_dump(mode="json")
    shared = {name: dumped[name] for name in SharedConfig.model_fields}
    return shared | {"arm": arm.model_dump(mode="json"), "seed": next(iter(config.seeds))}


def _chosen(arms: Sequence[ArmConfig], wanted: str | None, file: Path) -> ArmConfig:
    names = [arm.name for arm in arms]
    if wanted is None and len(arms) == 1:
        return arms[0]
    if wanted in names:
        return arms[names.index(wanted)]
    near = suggestion(wanted, names) if wanted else ""
    raise InputError.of(
        "--arm",
        wanted or NOTHING,
        f"{file} holds the arms {', '.join(names)}{near}, choose one or use wnin compare",
    )


def _drop_what_is_replaced(document: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Remove from the file's part what belongs to a choice that a flag replaces."""
    arm = document.get("arm", {})
    noise, optimizer = arm.get("noise", {}), arm.get("optimizer", {})
    if given.get("arm.noise.mode", noise.get("mode")) == "none" != noise.get("mode"):
        noise.clear()
    if "arm.noise.magnitude" in given:
        noise.pop("temperature", None)
    if "arm.noise.temperature" in given:
        noise.pop("magnitude", None)
    _drop_other_kind(noise, "schedule", given.get("arm.noise.schedule.kind"))
    _drop_other_kind(optimizer, "lr_schedule", given.get("arm.optimizer.lr_schedule.kind"))
    _drop_other_kind(document, "network", given.get("network.kind"))
    if given.get("arm.optimizer.name", optimizer.get("name")) != optimizer.get("name"):
        optimizer.pop("params", None)  # they are another optimizer's
        optimizer.pop("lr", None)


def _drop_other_kind(table: dict[str, Any], key: str, kind: object) -> None:
    if kind is not None and table.get(key, {}).get("kind") != kind:
        table.pop(key, None)


def _complete(document: dict[str, Any], default_lr: Callable[[str], float | None]) -> None:
    """Fill in what a run needs and a flag may leave out."""
    arm = _table(document, "arm")
    optimizer = _table(arm, "optimizer")
    name = (
        optimizer.get("name", OptimizerConfig.model_fields["name"].default) if optimizer is not None else None
    )
    if isinstance(name, str) and arm is not None and optimizer is not None:
        arm.setdefault("name", arm_name(name))
        if "lr" not in optimizer and (lr := default_lr(name)) is not None:
            optimizer["lr"] = lr
    for path, kind in KIND_OF.items():
        table: Any = document
        for part in path.split("."):
            table = table.get(part) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table.setdefault("kind", kind)


def _table(parent: Any, key: str) -> dict[str, Any] | None:
    """Return the table at `key`, made where it is missing; None where something else stands there."""
    if not isinstance(parent, dict):
        return None
    table = parent.setdefault(key, {})
    return table if isinstance(table, dict) else None


def arm_name(optimizer: str) -> str:
    """Return the name an arm has by default: the optimizer's, in the characters an arm's name may have."""
    return re.sub(r"[^\w .+=-]", "-", optimizer.rsplit("/", maxsplit=1)[-1]).lstrip(" .+=-")[:60] or "arm"
