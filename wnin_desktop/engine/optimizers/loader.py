"""Finds optimizer files and makes one registry of them; a broken file costs its own row only.

Three places, in this order: the built-in package `optimizers`, the user's folder, and the entry points of
installed packages (group `wnin.optimizers`). A name belongs to whoever comes first.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from wnin_desktop import paths
from wnin_desktop.engine.optimizers import registry
from wnin_desktop.engine.optimizers.registry import OptimizerRegistry, OptimizerSpec
from wnin_desktop.engine.plugin_check import execute, load_trusted
from wnin_desktop.engine.plugins import (
    PluginMetadata,
    PluginRow,
    PluginSource,
    TrustStore,
    one_line,
    read_metadata,
    read_source,
    sentence,
)
from wnin_desktop.errors import InputError, PluginError
from wnin_desktop.schema.words import suggestion

BUILT_IN_PACKAGE = "optimizers"
ENTRY_POINTS = "wnin.optimizers"
NOT_LOADED = ("template",)
"""Files of the built-in package that show how and register nothing."""
PACKAGE_FILES_LIMIT = 2000
"""Most files of an installed package that are hashed."""
PROBE = "wnin_desktop.engine.optimizers.loader:probe"
WATCHED: Mapping[str, object] = {
    "the optimizer registry": OptimizerRegistry,
    "the registry's module": registry,
    "the registered optimizers": registry._imported,
}
Origin = Literal["built-in", "user", "entry point"]

_loaded: dict[tuple[str, str], tuple[OptimizerSpec, ...] | PluginError] = {}
"""What came of code from outside, by path and hash: it is tried and run once in a process."""


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
            InputError: There is none; lists the known ones, or says why that one is not loaded.
        """
        if name in self.specs:
            return self.specs[name]
        known = ", ".join(self.names())
        for row in self.rows:
            if row.name == name and row.error is not None:
                raise InputError.of("optimizer.name", name, f"{row.error} (known optimizers: {known})")
        near = suggestion(name, self.names())
        raise InputError.of("optimizer.name", name, f"known optimizers: {known}{near}")


def load_registry(user_dir: Path | None = None, trusted: TrustStore | None = None) -> Registry:
    """Return all optimizers of this machine.

    Args:
        user_dir: The user's folder; None is the one in the program's home.
        trusted: What the user has trusted; None is the store in the program's home.
    """
    store = trusted or TrustStore()
    rows: list[PluginRow] = []
    for found in (
        _built_ins(),
        _user_files(user_dir or paths.plugin_dir("optimizers"), store),
        _installed(store),
    ):
        for row in found:
            rows.append(_unless_taken(row, rows))
    return Registry(tuple(rows), {row.name: row.spec for row in rows if row.spec is not None})


def trust(target: str, user_dir: Path | None = None, trusted: TrustStore | None = None) -> str:
    """Trust the code behind `target`, a file or the name of a row, as it is now, and return its hash.

    Raises:
        InputError: There is neither such a file nor such a row.
    """
    store = trusted or TrustStore()
    path = Path(target).expanduser()
    outside = [row for row in load_registry(user_dir, store).rows if row.origin != "built-in" and row.sha256]
    for row in outside:
        if row.name == target or (row.path is not None and path.exists() and row.path.samefile(path)):
            store.trust_hash(row.sha256 or "", str(row.path))
            return row.sha256 or ""
    if path.is_file():
        return store.trust(path)
    names = ", ".join(row.name for row in outside) or "none"
    raise InputError.of("plugin", target, f"allowed: a file, or one of the plugins found here ({names})")


def _unless_taken(row: PluginRow, before: list[PluginRow]) -> PluginRow:
    for other in before:
        if row.spec is not None and other.spec is not None and other.name == row.name:
            owner = f"the {other.origin} {other.path.name if other.path else other.name}"
            return replace(
                row, state="duplicate", error=f"the name {row.name!r} belongs to {owner}", spec=None
            )
    return row


def _built_ins() -> Iterable[PluginRow]:
    package = importlib.import_module(BUILT_IN_PACKAGE)
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if info.name not in NOT_LOADED:
            yield from _built_in(
                f"{BUILT_IN_PACKAGE}.{info.name}", Path(package.__path__[0]) / f"{info.name}.py"
            )


def _built_in(module: str, path: Path) -> list[PluginRow]:
    """Return the rows of one file that ships with the program (or was added to its folder by hand)."""
    name = module.rpartition(".")[2]
    try:
        source = read_source(path)
        with _all_or_nothing():
            importlib.import_module(module)
        specs = OptimizerRegistry.of_module(module)
        return _rows(specs, source, read_metadata(source), "built-in")
    except PluginError as error:
        return [PluginRow(name, path, "broken", one_line(str(error)), origin="built-in")]
    except Exception as error:  # a file in the folder may raise anything; it is one row
        return [
            PluginRow(name, path, "broken", f"it cannot be imported: {sentence(error)}", origin="built-in")
        ]


class _all_or_nothing:  # noqa: N801 - used like a function
    """Forget what a file registered before it broke."""

    def __enter__(self) -> None:
        self._before = dict(registry._imported)

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            registry._imported.clear()
            registry._imported.update(self._before)


def _user_files(folder: Path, store: TrustStore) -> Iterable[PluginRow]:
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".py" and path.name[0] not in "._")
    except OSError:
        return  # no such folder, or none that may be read: no plugins
    for path in files:
        yield from _outside_rows(
            path.stem, path, "user", store, lambda path=path: _described(read_source(path))
        )


def _installed(store: TrustStore) -> Iterable[PluginRow]:
    for point in sorted(importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        path = _module_file(point.module)
        if path is None:
            error = f"its module {point.module} cannot be found"
            yield PluginRow(one_line(point.name), None, "broken", error, origin="entry point")
        else:
            read = lambda point=point, path=path: _installed_source(point, path)  # noqa: E731 - bound to this round
            yield from _outside_rows(one_line(point.name), path, "entry point", store, read)


Described = tuple[PluginSource, PluginMetadata]


def _described(source: PluginSource) -> Described:
    return source, read_metadata(source)


def _installed_source(point: importlib.metadata.EntryPoint, path: Path) -> Described:
    """Return code that imports the module, under the hash of its whole package: that is what would run."""
    text = read_source(path)
    code = f"import importlib\nmodule = importlib.import_module({point.module!r})\n"
    if point.attr:
        code += f"module.{point.attr}()\n"
    return replace(text, code=code.encode(), sha256=_package_hash(point.module, path)), read_metadata(text)


def _module_file(module: str) -> Path | None:
    """Return the file of `module` without importing anything, not even its package."""
    parts = module.split(".")
    for entry in sys.path:
        base = Path(entry or ".").joinpath(*parts)
        for path in (base / "__init__.py", base.with_name(f"{base.name}.py")):
            if path.is_file():
                return path
    return None


def _package_hash(module: str, path: Path) -> str:
    depth = module.count(".") + (path.name == "__init__.py")
    if depth == 0:
        return read_source(path).sha256
    root = path.parents[depth - 1]
    files = sorted(file for file in root.rglob("*.py") if file.is_file())
    if len(files) > PACKAGE_FILES_LIMIT:
        raise PluginError(f"the package {root.name} has more than {PACKAGE_FILES_LIMIT} files")
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(root)}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\0".encode())
    return digest.hexdigest()


def _outside_rows(
    name: str, path: Path, origin: Origin, store: TrustStore, read: Callable[[], Described]
) -> list[PluginRow]:
    """Return the rows of code from outside the program; it is run only if the user has trusted it."""
    row = PluginRow(name, path, "broken", origin=origin)
    try:
        source, said = read()
        row = replace(row, name=(*said.names, name)[0], sha256=source.sha256, summary=said.summary)
        if not store.is_trusted(source.sha256):
            error = f"{path} was not trusted yet: read it, then run `wnin optimizers trust {path}`"
            return [replace(row, state="untrusted", error=error)]
        return _rows(_specs_of(source, store), source, said, origin)
    except PluginError as error:
        return [replace(row, error=one_line(str(error)))]
    except (OSError, UnicodeError) as error:
        return [replace(row, error=f"{path} cannot be read: {sentence(error)}")]


def _specs_of(source: PluginSource, store: TrustStore) -> Iterable[OptimizerSpec]:
    key = (str(source.path), source.sha256)
    if key not in _loaded:
        _loaded[key] = _run(source, store)
    found = _loaded[key]
    if isinstance(found, PluginError):
        raise found
    return found


def _run(source: PluginSource, store: TrustStore) -> tuple[OptimizerSpec, ...] | PluginError:
    try:
        with OptimizerRegistry.collecting() as collected:
            load_trusted(source, store, PROBE, _module_name(source), WATCHED)
    except PluginError as error:
        return error
    return tuple(collected.values())


def _module_name(source: PluginSource) -> str:
    return f"wnin_plugin_{source.sha256[:12]}"


def _rows(
    specs: Iterable[OptimizerSpec], source: PluginSource, said: PluginMetadata, origin: Origin
) -> list[PluginRow]:
    rows = []
    for spec in specs:
        summary = spec.summary or said.summary
        full = replace(spec, source_path=source.path, source_sha256=source.sha256, summary=summary)
        rows.append(PluginRow(spec.name, source.path, "loaded", None, source.sha256, full, origin, summary))
    if not rows:
        raise PluginError(f"{source.path.name} registers no optimizer")
    return rows


def probe(source: PluginSource, imported: Callable[[], Any]) -> list[str]:
    """Run in the child process: import the plugin, then build and step everything it registers.

    Returns:
        The registered names.
    """
    with OptimizerRegistry.collecting() as collected:
        execute(source, _module_name(source), WATCHED)
    imported()
    for spec in collected.values():
        _try_out(spec)
    if not collected:
        raise PluginError(f"{source.path.name} registers no optimizer")
    return list(collected)


def _try_out(spec: OptimizerSpec) -> None:
    if any(field.is_required() for field in spec.hyper.model_fields.values()):
        return  # nobody but the user can say with what to build it
    from wnin_desktop.engine.optimizers.trial import one_step  # noqa: PLC0415 - torch only where something is stepped

    one_step(spec)
