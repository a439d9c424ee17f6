"""The optimizers at hand, listed by a child process: the window neither imports torch nor runs plugins.

`read_catalogue` answers from a file as long as nothing that the answer depends on has changed: this program,
torch, the optimizer and plugin files, and what the user has trusted. `certify` and `trust` go to a child too.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import multiprocessing
import os
import platform
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
import psutil

import wnin_desktop
from wnin_desktop import paths
from wnin_desktop.engine.durable import replacing
from wnin_desktop.engine.plugins import TrustStore, one_line, read_metadata, read_source
from wnin_desktop.errors import PluginError, WninError
from wnin_desktop.schema.fields import FieldSpec, fields_of

CACHE_FILE = "optimizers.json"
READ_TIMEOUT_S = 120.0
"""Longest wait for the list: torch is imported and each new plugin is tried, which has limits of its own."""
CERTIFY_TIMEOUT_S = 300.0
POLL_S = 0.05
END_S = 5.0
ENTRY_POINTS = "wnin.optimizers"
PACKAGE_FILES_LIMIT = 2000


class CatalogueRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One optimizer or plugin file, loaded or not; `OptimizerSpec` says what the words mean."""

    name: str
    state: str = "loaded"
    """loaded, broken, untrusted or duplicate."""
    error: str = ""
    origin: str = "built-in"
    path: str = ""
    sha256: str = ""
    summary: str = ""
    reference: str = ""
    batching: str = ""
    samples: bool = False
    gradient_scale: str = ""
    fields: tuple[FieldSpec, ...] = ()
    """Hyper-parameters, `lr` with this optimizer's own default among them."""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All optimizers of this machine; `key` names everything the list depends on."""

    rows: tuple[CatalogueRow, ...] = ()
    key: str = ""

    def names(self) -> list[str]:
        """Return the names of all loaded optimizers, in alphabetical order."""
        return sorted(row.name for row in self.rows if row.state == "loaded")

    def row(self, name: str) -> CatalogueRow | None:
        """Return the row called `name`, a loaded one first."""
        rows = [row for row in self.rows if row.name == name]
        return min(rows, key=lambda row: row.state != "loaded", default=None)

    def specs(self, name: str) -> tuple[FieldSpec, ...] | None:
        """Return the fields of a loaded optimizer; None where there is none of that name."""
        row = self.row(name)
        return row.fields if row is not None and row.state == "loaded" else None

    def default_lr(self, name: str) -> float | None:
        """Return the learning rate that a loaded optimizer starts with."""
        return next((spec.default for spec in self.specs(name) or () if spec.name == "lr"), None)


class PluginLook(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin file says of itself, read without running it."""

    path: str
    sha256: str
    summary: str
    names: tuple[str, ...]


def read_catalogue(
    timeout: float = READ_TIMEOUT_S,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    fresh: bool = False,
) -> Catalogue:
    """Return the optimizers at hand.

    Args:
        timeout: Longest wait for the child process, seconds.
        cancelled: Asked many times a second; true gives up.
        fresh: Ask the child even if the cached list still holds.

    Raises:
        PluginError: The child took too long or ended unexpectedly; says what to do.
    """
    key = catalogue_key()
    if not fresh and (kept := _cached(key)) is not None:
        return kept
    rows = msgspec.convert(_ask("list", (), timeout, cancelled), tuple[CatalogueRow, ...])
    found = Catalogue(rows=rows, key=key)
    # A plugin that is broken may lack a package that somebody installs: it is tried again each time.
    if all(row.state != "broken" for row in rows):
        _keep(found)
    return found


def cached_catalogue(*, stale: bool = False) -> Catalogue | None:
    """Return the list of the last start where it still holds, or, with `stale`, whether it holds or not."""
    return _cached(None if stale else catalogue_key())


def certify(
    name: str, timeout: float = CERTIFY_TIMEOUT_S, *, cancelled: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Hold an optimizer to every law; return name, sha256, passed and laws (law, status, detail).

    Raises:
        PluginError: There is no such optimizer, or the child took too long or ended unexpectedly.
    """
    return _ask("certify", (name,), timeout, cancelled)


def look_at(path: str | Path) -> PluginLook:
    """Return what a plugin file says of itself; it is read, not run.

    Raises:
        PluginError: It cannot be read or is not Python.
    """
    source = read_source(Path(path).expanduser().absolute())
    said = read_metadata(source)
    return PluginLook(path=str(source.path), sha256=source.sha256, summary=said.summary, names=said.names)


def trust(target: str | Path, sha256: str = "", timeout: float = READ_TIMEOUT_S) -> str:
    """Let a plugin run, and return its hash.

    Args:
        target: Its file, or the name of its row.
        sha256: The hash that the person was shown: exactly that code is trusted, even if the file has
            changed. Without it, the code as it is now.
        timeout: Longest wait for the child process, seconds.

    Raises:
        PluginError: There is no such plugin, or the hash is none.
    """
    if sha256:
        TrustStore().trust_hash(sha256, str(target))
        return sha256
    return str(_ask("trust", (str(target),), timeout))


def untrust(sha256: str) -> bool:
    """Take trust back and return whether there was any."""
    return TrustStore().revoke(sha256)


# --- what the list depends on ----------------------------------------------------------------------------


def catalogue_key() -> str:
    """Return a hash over everything the list depends on; reads names, sizes and times, not contents."""
    digest = hashlib.sha256()
    for line in (*_versions(), *map(_stamp, _files()), *_installed_plugins()):
        digest.update(f"{line}\0".encode())
    return digest.hexdigest()


def _versions() -> Iterable[str]:
    yield wnin_desktop.__version__
    yield platform.python_version()
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        yield importlib.metadata.version("torch")


def _files() -> Iterable[Path]:
    package = Path(wnin_desktop.__file__).parent
    for folder in (
        package.parent / "optimizers",
        package / "engine" / "optimizers",
        package / "schema",
        paths.plugin_dir("optimizers"),
    ):
        yield from sorted(folder.glob("*.py"))
    yield Path(__file__)
    yield TrustStore().path


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return f"{path} is missing"
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def _installed_plugins() -> Iterable[str]:
    for point in sorted(importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        yield f"{point.name} {point.value} {point.dist.version if point.dist else ''}"
        top = point.module.partition(".")[0]
        for entry in sys.path:
            folder = Path(entry or ".") / top
            files = sorted(folder.rglob("*.py"))[:PACKAGE_FILES_LIMIT] if folder.is_dir() else ()
            yield from map(_stamp, (*files, folder.with_suffix(".py")))


def _cache_path() -> Path:
    return paths.home() / "cache" / CACHE_FILE


def _cached(key: str | None) -> Catalogue | None:
    try:
        found = msgspec.json.decode(_cache_path().read_bytes(), type=Catalogue)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None  # absent, damaged or of another version: it is made again
    return found if key in (None, found.key) else None


def _keep(catalogue: Catalogue) -> None:
    path = _cache_path()
    with contextlib.suppress(OSError, WninError):  # it only saves time; a read-only home costs another look
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as handle:
            handle.write(msgspec.json.encode(catalogue))


# --- the child process -----------------------------------------------------------------------------------


def _ask(
    what: str, arguments: tuple[str, ...], timeout: float, cancelled: Callable[[], bool] = lambda: False
) -> Any:
    # A spawned process works in a packaged program too, where there is no `python -m`.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_child, args=(theirs, what, arguments), name="wnin-catalogue", daemon=True
    )
    process.start()
    theirs.close()
    try:
        return _unpacked(_answer(ours, timeout, cancelled), process)
    finally:
        ours.close()
        _end(process)


def _answer(ours: Connection, timeout: float, cancelled: Callable[[], bool]) -> bytes | None:
    deadline = time.monotonic() + timeout
    while not ours.poll(POLL_S):
        if cancelled():
            raise PluginError("looking at the optimizers was cancelled")
        if time.monotonic() > deadline:
            raise PluginError(
                f"looking at the optimizers took more than {timeout:g} s and was given up; "
                f"a plugin may hang: look into {paths.plugin_dir('optimizers')}, then try again"
            )
    try:
        return ours.recv_bytes()
    except (EOFError, OSError):
        return None


def _unpacked(message: bytes | None, process: Any) -> Any:
    if message is None:
        process.join(END_S)
        raise PluginError(
            f"the process that looks at optimizers ended unexpectedly (exit code {process.exitcode})"
        )
    answer = msgspec.json.decode(message)
    if "error" in answer:
        raise PluginError(answer["error"])
    return answer["result"]


def _end(process: Any) -> None:
    """See the child out; if it does not go by itself it is killed with everything it started."""
    process.join(POLL_S)
    if process.is_alive():
        with contextlib.suppress(psutil.Error):
            for started in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    started.kill()
        process.kill()
        process.join()
    process.close()


def _child(pipe: Connection, what: str, arguments: tuple[str, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    try:
        answer: dict[str, Any] = {"result": WORK[what](*arguments)}
    except WninError as error:
        answer = {"error": str(error)}
    except Exception:
        # Whatever it was, the parent must hear of it instead of waiting.
        answer = {"error": one_line(traceback.format_exc().splitlines()[-1])}
    with contextlib.suppress(OSError):  # the parent may have gone
        pipe.send_bytes(msgspec.json.encode(answer))
    pipe.close()
    os._exit(0)  # a plugin's threads and exit handlers are nobody's concern


def _list_rows() -> tuple[CatalogueRow, ...]:
    from wnin_desktop.engine.optimizers.loader import load_registry  # noqa: PLC0415 - built-ins import torch

    return tuple(_row(row) for row in load_registry().rows)


def _row(row: Any) -> CatalogueRow:
    spec = row.spec
    said: dict[str, Any] = {}
    if spec is not None:
        said = {
            "reference": spec.reference,
            "batching": spec.batching,
            "samples": spec.samples,
            "gradient_scale": spec.gradient_scale or "",
            "fields": fields_of(spec.hyper),
        }
    return CatalogueRow(
        name=row.name,
        state=row.state,
        error=row.error or "",
        origin=row.origin,
        path=str(row.path or ""),
        sha256=row.sha256 or "",
        summary=row.summary,
        **said,
    )


def _certificate(name: str) -> dict[str, Any]:
    from wnin_desktop.engine.optimizers import conformance, loader  # noqa: PLC0415 - they import torch

    found = conformance.certify(loader.load_registry().get(name))
    return {
        "name": found.name,
        "sha256": found.source_sha256,
        "passed": found.passed,
        "laws": [row._asdict() for row in found.rows],
    }


def _trust(target: str) -> str:
    from wnin_desktop.engine.optimizers import loader  # noqa: PLC0415 - built-ins import torch

    return loader.trust(target)


WORK: dict[str, Callable[..., Any]] = {"list": _list_rows, "certify": _certificate, "trust": _trust}


def main() -> int:
    """Print the list as JSON: `python -m wnin_desktop.runs.optimizer_catalogue`."""
    sys.stdout.write(msgspec.json.encode(_list_rows()).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
