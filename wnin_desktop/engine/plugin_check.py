"""Runs trusted plugin code: first in a child process that may hang or die, then here with the house watched.

The child reads the very bytes that were hashed, writes nothing to our terminal, does not know our secrets,
and has `IMPORT_TIMEOUT_S` to be imported and `PROBE_TIMEOUT_S` to be tried out; then it is killed with all
it started.
"""

from __future__ import annotations

import base64
import builtins
import importlib
import importlib.metadata
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wnin_desktop.engine.plugins import PluginSource, TrustStore, one_line, sentence
from wnin_desktop.errors import PluginError

START_TIMEOUT_S = 120.0
"""Longest wait for the child itself to start; a slow start is not the plugin's fault."""
IMPORT_TIMEOUT_S = 5.0
PROBE_TIMEOUT_S = 60.0
POLL_S = 0.02
REPORT_LIMIT = 64 * 1024
"""Largest report of a child that is read, bytes."""
SECRETS = ("WNIN_TOKEN",)
"""Environment variables that a child does not get."""
CHILD = "from wnin_desktop.engine.plugin_check import child_main; child_main()"


@dataclass(frozen=True)
class Attempt:
    """How the try in a child process ended: `error` is None where all went well, else one sentence."""

    error: str | None
    names: tuple[str, ...] = ()


def environment() -> str:
    """Return a name for what a try depends on: the versions of Python, torch and this program."""
    versions = [platform.python_version()]
    for package in ("torch", "wnin-desktop"):
        try:
            versions.append(importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            versions.append("none")
    return " ".join(versions)


def check_isolated(source: PluginSource, probe: str) -> Attempt:
    """Run the plugin in a child process and say how it went.

    Args:
        source: The code as it was hashed.
        probe: "module:function" called in the child with the `PluginSource`; it runs the code through
            `execute` with the `imported` callback it is also given, tries what was registered, and returns
            its names.
    """
    with tempfile.TemporaryDirectory(prefix="wnin-plugin-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        request = {
            "path": str(source.path),
            "sha256": source.sha256,
            "code": base64.b64encode(source.code).decode(),
            "probe": probe,
        }
        (folder / "request.json").write_text(json.dumps(request))
        child = _started(folder)
        try:
            overdue = _wait(child, folder)
        finally:
            _end(child)
        return overdue or _report(folder, child.returncode)


def _started(folder: Path) -> subprocess.Popen[bytes]:
    known = {key: value for key, value in os.environ.items() if key not in SECRETS}
    search = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.Popen(
        [sys.executable, "-P", "-c", CHILD, str(folder)],
        cwd=folder,
        env=known | {"PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _wait(child: subprocess.Popen[bytes], folder: Path) -> Attempt | None:
    """Wait until the child ends, phase by phase; return what to say where one takes too long."""
    phases = [
        ("started", START_TIMEOUT_S, "the process to try it in did not start within {:g} s"),
        ("imported", IMPORT_TIMEOUT_S, "importing it took more than {:g} s"),
        ("report.json", PROBE_TIMEOUT_S, "building and stepping it took more than {:g} s"),
    ]
    for mark, limit, words in phases:
        deadline = time.monotonic() + limit
        while not (folder / mark).exists():
            with suppress(subprocess.TimeoutExpired):
                child.wait(POLL_S)
                return None
            if time.monotonic() > deadline:
                return Attempt(words.format(limit))
    return None


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the child and everything in its session, and take its exit code."""
    with suppress(OSError):
        if sys.platform != "win32":
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()


def _report(folder: Path, code: int | None) -> Attempt:
    try:
        text = (folder / "report.json").read_bytes()
        report = json.loads(text) if len(text) <= REPORT_LIMIT else {"error": "its report is too large"}
        error = report["error"]
        names = tuple(one_line(str(name)) for name in report.get("names", ()))
        return Attempt(None if error is None else one_line(str(error)), names)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Attempt(f"it ended the process while being imported (exit code {code})")


def child_main() -> None:
    """Be the child: argument 1 is the folder with the request; leave the report there and end at once."""
    folder = Path(sys.argv[1])
    request = json.loads((folder / "request.json").read_text())
    source = PluginSource(Path(request["path"]), base64.b64decode(request["code"]), request["sha256"])
    module, function = request["probe"].split(":")
    probe = getattr(importlib.import_module(module), function)
    if b"torch" in source.code:
        importlib.import_module("torch")  # takes seconds on a slow disk, which are not the plugin's own
    (folder / "started").touch()
    report: dict[str, Any] = {"error": None}
    try:
        report["names"] = list(probe(source, (folder / "imported").touch))
    except (
        BaseException
    ) as error:  # also SystemExit and KeyboardInterrupt: whatever it was, it is the plugin's end
        report["error"] = one_line(str(error)) if isinstance(error, PluginError) else sentence(error)
    unfinished = folder / "report.tmp"
    unfinished.write_text(json.dumps(report))
    unfinished.replace(folder / "report.json")
    os._exit(0)  # threads and exit handlers that the plugin left must not keep the child alive


def execute(source: PluginSource, name: str, watched: Mapping[str, object] | None = None) -> types.ModuleType:
    """Run the code in this process as the module `name` and return it.

    Args:
        source: The code as it was hashed.
        name: Name of the module; it stays in `sys.modules` if all goes well.
        watched: Modules, classes and dictionaries that the code must leave alone, by what to call them.

    Raises:
        PluginError: It raised, tried to end the program, or changed what is not its own; all that is put
            back.
    """
    module = types.ModuleType(name)
    module.__file__ = str(source.path)
    sys.modules[name] = module
    try:
        with warnings.catch_warnings(), untouched(watched or {}):
            warnings.simplefilter("ignore")
            exec(compile(source.code, str(source.path), "exec"), vars(module))  # noqa: S102 - trusted by its hash
    except BaseException as error:
        sys.modules.pop(name, None)
        if isinstance(error, KeyboardInterrupt):
            raise
        raise PluginError(f"{source.path.name} failed while being imported: {_why(error)}") from error
    return module


def _why(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "it tried to end the program"
    return one_line(str(error)) if isinstance(error, PluginError) else sentence(error)


class Guard:
    """Names in a module, a class or a dictionary, and what they stood for."""

    def __init__(self, what: str, owner: object) -> None:
        """Remember every name of `owner`, called `what` in messages."""
        self.what, self._owner = what, owner
        self._before = dict(self._names())

    def _names(self) -> Mapping[str, Any]:
        return self._owner if isinstance(self._owner, dict) else vars(self._owner)

    def restore(self) -> bool:
        """Put back what changed and return whether anything had."""
        now = dict(self._names())
        # Compared by identity: the values' own equality may be foreign code.
        changed = {key for key, value in self._before.items() if key not in now or now[key] is not value}
        added = set(now) - set(self._before) - {"_"}
        for key in changed:
            self._set(key, self._before[key])
        for key in added:
            self._delete(key)
        return bool(changed or added)

    def _set(self, key: str, value: object) -> None:
        if isinstance(self._owner, dict):
            self._owner[key] = value
        else:
            setattr(self._owner, key, value)

    def _delete(self, key: str) -> None:
        if isinstance(self._owner, dict):
            del self._owner[key]
        else:
            delattr(self._owner, key)


class ValueGuard:
    """A setting of the process that is read and set by functions."""

    def __init__(self, what: str, read: Callable[[], Any], write: Callable[[Any], object]) -> None:
        """Remember what `read` returns now."""
        self.what, self._read, self._write = what, read, write
        self._before = read()

    def restore(self) -> bool:
        """Put the setting back and return whether it had changed."""
        if self._read() == self._before:
            return False
        self._write(self._before)
        return True


@contextmanager
def untouched(watched: Mapping[str, object]) -> Iterator[None]:
    """Run the block and put back what it changed outside its own module.

    Raises:
        PluginError: Something had been changed; says what.
    """
    guards = [Guard(what, owner) for what, owner in watched.items()] + _process_guards()
    try:
        yield
    finally:
        changed = [guard.what for guard in guards if guard.restore()]
    if changed:
        raise PluginError(
            f"it changes {' and '.join(changed)} when imported, which would act on everybody else"
        )


def _process_guards() -> list[Guard | ValueGuard]:
    guards: list[Guard | ValueGuard] = [
        Guard("Python's built-in functions", builtins),
        ValueGuard("the module search path", lambda: list(sys.path), _set_search_path),
        ValueGuard("this program's settings", _own_variables, _set_own_variables),
        ValueGuard("the working folder", Path.cwd, os.chdir),
    ]
    torch = sys.modules.get("torch")
    if torch is not None:
        guards += [
            ValueGuard("torch's default type", torch.get_default_dtype, torch.set_default_dtype),
            ValueGuard("torch's number of threads", torch.get_num_threads, torch.set_num_threads),
            ValueGuard("torch's gradient mode", torch.is_grad_enabled, torch.set_grad_enabled),
        ]
    return guards


def _set_search_path(old: list[str]) -> None:
    sys.path[:] = old


def _own_variables() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key.startswith("WNIN_")}


def _set_own_variables(old: dict[str, str]) -> None:
    for key in set(_own_variables()) - set(old):
        del os.environ[key]
    os.environ.update(old)


def load_trusted(
    source: PluginSource,
    store: TrustStore,
    probe: str,
    name: str,
    watched: Mapping[str, object] | None = None,
) -> types.ModuleType:
    """Run `source` here if it is trusted and passes its try in a child process (remembered once passed).

    Raises:
        PluginError: It is not trusted, or broken.
    """
    if not store.is_trusted(source.sha256):
        raise PluginError(f"{source.path.name} was not trusted yet")
    if not store.was_tried(source.sha256, environment()):
        attempt = check_isolated(source, probe)
        if attempt.error is not None:
            raise PluginError(attempt.error)
        store.remember_try(source.sha256, environment())
    return execute(source, name, watched)
