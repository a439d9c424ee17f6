"""What is wrong with a draft: the schema's own words, and those of the optimizers at hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from wnin_desktop.errors import NOTHING, InputError, Problem
from wnin_desktop.qt.experiment.content import Content
from wnin_desktop.qt.text import tr
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.fields import FieldSpec, check
from wnin_desktop.schema.run import CompareConfig
from wnin_desktop.schema.words import suggestion


class Catalogue(Protocol):
    """What a draft asks of the optimizers at hand."""

    def names(self) -> list[str]:
        """Return the optimizers that can be used; none while the list is not read."""
        ...

    def specs(self, name: str) -> tuple[FieldSpec, ...] | None:
        """Return the hyper-parameters of one, or None where it is not known."""
        ...

    def row(self, name: str) -> Any:
        """Return what is known of one: its `state` and `error`, or None."""
        ...

    def default_lr(self, name: str) -> float | None:
        """Return the learning rate it begins with."""
        ...


def examine(content: Content, catalogue: Catalogue | None) -> tuple[CompareConfig | None, list[Problem]]:
    """Return the experiment, or None and everything that is wrong, in the order of the draft."""
    if not content.arms:
        return None, [Problem("arms", NOTHING, tr("add an arm, or open a preset"))]
    if not content.enabled():
        return None, [Problem("arms", NOTHING, tr("every arm is switched off; switch one on"))]
    config, problems = None, []
    try:
        config = validate(CompareConfig, content.part())
    except InputError as error:
        problems = content.in_draft(error.problems)
    if catalogue is not None and catalogue.names():
        known = {problem.field for problem in problems}
        problems += [each for each in _of_optimizers(content, catalogue) if each.field not in known]
    return (None if problems else config), problems


def _of_optimizers(content: Content, catalogue: Catalogue) -> Iterator[Problem]:
    for index in content.enabled():
        optimizer = content.arms[index].get("optimizer") if isinstance(content.arms[index], dict) else None
        if isinstance(optimizer, dict) and isinstance(optimizer.get("name"), str):
            yield from _of_optimizer(f"arms[{index}].optimizer", optimizer, catalogue)


def _of_optimizer(at: str, optimizer: dict[str, Any], catalogue: Catalogue) -> Iterator[Problem]:
    name = optimizer["name"]
    specs = catalogue.specs(name)
    if specs is None:
        yield Problem(f"{at}.name", name, _why_not(name, catalogue))
        return
    fields = {spec.name: spec for spec in specs}
    params = optimizer.get("params")
    params = params if isinstance(params, dict) else {}
    if (lr := fields.pop("lr", None)) is not None and (fault := check(lr, optimizer.get("lr", lr.default))):
        yield Problem(f"{at}.lr", optimizer.get("lr"), fault)
    for key, value in params.items():
        if key not in fields:
            having = ", ".join(fields) or tr("none at all")
            yield Problem(f"{at}.params.{key}", value, f"{name} has: {having}{suggestion(key, fields)}")
        elif fault := check(fields[key], value):
            yield Problem(f"{at}.params.{key}", value, fault)
    for key, spec in fields.items():
        if spec.required and key not in params:
            yield Problem(f"{at}.params.{key}", NOTHING, f"this field is required, allowed: {spec.allowed}")


def _why_not(name: str, catalogue: Catalogue) -> str:
    row = catalogue.row(name)
    if row is not None and row.state == "untrusted":
        return tr("its file is not trusted yet; look at it under Tools, Plugins")
    if row is not None and row.error:
        return tr("it could not be loaded: {0}", row.error.rstrip("."))
    names = catalogue.names()
    return f"allowed: {', '.join(names)}{suggestion(name, names)}"
