"""Finds optimizer files and makes one registry of them; a broken file costs its own row only."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from wnin_desktop.engine.optimizers.registry import OptimizerRegistry, OptimizerSpec
from wnin_desktop.engine.plugins import PluginRow
from wnin_desktop.errors import InputError

BUILT_IN_PACKAGE = "optimizers"
NOT_LOADED = ("template",)
"""Files of the built-in package that show how and register nothing."""


@dataclass(frozen=True)
class Registry:
    """The optimizers at hand. `rows` also holds what could not be loaded, and why."""

    rows: tuple[PluginRow, ...]
    specs: Mapping[str, OptimizerSpec]

    def names(self) -> list[str]:
        """Return the names of all loaded optimizers, in alphabetical order."""
        return sorted(self.specs)

    def get(self, name: str) -> OptimizerSpec:
        """Return the optimizer called `name`.

        Raises:
            InputError: There is none; lists the known ones.
        """
        if name in self.specs:
            return self.specs[name]
        raise InputError.of("optimizer.name", name, f"known optimizers: {', '.join(self.names())}")


def load_registry() -> Registry:
    """Return the built-in optimizers."""
    package = importlib.import_module(BUILT_IN_PACKAGE)
    rows = [
        row
        for info in pkgutil.iter_modules(package.__path__)
        if info.name not in NOT_LOADED
        for row in _built_in_rows(f"{BUILT_IN_PACKAGE}.{info.name}")
    ]
    return Registry(tuple(rows), {row.name: row.spec for row in rows if row.spec is not None})


def _built_in_rows(module: str) -> list[PluginRow]:
    path = Path(str(importlib.import_module(module).__file__))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    specs = [
        replace(spec, source_path=path, source_sha256=digest) for spec in OptimizerRegistry.of_module(module)
    ]
    return [
        PluginRow(spec.name, path, "loaded", None, digest, spec, "built-in", spec.summary) for spec in specs
    ]
