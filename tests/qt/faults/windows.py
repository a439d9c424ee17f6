"""Windows in processes of their own, as tests see them: started, heard, killed, and looked for afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from wnin_desktop.runs.preferences import WindowState

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 60.0
CLOSE_S = 5.0 if "PYTEST_XDIST_WORKER" not in os.environ else 20.0
"""The promise is five seconds, held where a test has the machine to itself (`-n 0`)."""
ORPHAN_S = 3.0
QUICK = {
    "task": {"dataset": "spirals"},
    "network": {"kind": "mlp", "hidden": [8]},
    "budget": {"steps": 100_000, "batch_size": 16, "eval_every": 20, "curvature_every": 0},
    "seeds": [0, 1],
}


class WindowProcess:
    """A program that a script works; its home is `folder/home`, its store `folder/store`."""

    def __init__(
        self,
        script: str,
        folder: Path,
        *,
        store: Path | None = None,
        home: Path | None = None,
        without: str = "",
        executor: str = "process",
        environment: dict[str, str] | None = None,
        **options: object,
    ) -> None:
        self.folder = folder
        self.home = home or folder / "home"
        self.store = store or folder / "store"
        prepare_home(self.home, executor)
        command = [sys.executable, "-m", "tests.qt.faults.driver", script, str(self.store)]
        command += ["--without", without, "--options", json.dumps(options)]
        self._errors = (folder / f"stderr-{time.monotonic_ns()}.txt").open("w+")
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | {"WNIN_HOME": str(self.home)} | (environment or {}),
        )
        self._rest = b""
        self._children: list[psutil.Process] = []
        self.errors_kept = ""

    def hear(self, key: str, patience_s: float = PATIENCE_S) -> Any:
        """Wait for a message that has `key` and return its value; other messages are passed over."""
        message = self.message(key, patience_s)
        return message[key]

    def message(self, key: str, patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """Wait for a message that has `key` and return all of it."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            line = self._line(deadline)
            message = json.loads(line) if line.startswith(b"{") else {}
            if key in message:
                return message
            if not line or "broken" in message or "stuck" in message:
                break
        text = message.get("broken") or message.get("stuck") or self.errors()
        how = "it lives" if self.process.poll() is None else f"exit code {self.process.poll()}"
        self.kill()
        raise AssertionError(f"{key!r} was never said ({how}): {text}")

    def _line(self, deadline: float) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        while b"\n" not in self._rest:
            ready = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]
            part = os.read(descriptor, 1 << 16) if ready else b""
            if not part:
                return b""
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def heard(self) -> list[dict[str, Any]]:
        """Return what else it has said; once it has ended."""
        assert self.process.stdout is not None
        said = self._rest + self.process.stdout.read()
        return [json.loads(line) for line in said.splitlines() if line.startswith(b"{")]

    def remember(self, pids: list[int]) -> None:
        """Remember processes that it started."""
        for pid in pids:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._children.append(psutil.Process(pid))

    def look_for_children(self) -> list[int]:
        """Remember the processes that it has started, and return their numbers."""
        found = [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]
        self.remember(found)
        return found

    def orphans(self, patience_s: float = ORPHAN_S) -> list[str]:
        """Return the remembered processes that still live after `patience_s`."""
        deadline = time.monotonic() + patience_s
        while (alive := [child for child in self._children if _lives(child)]) and time.monotonic() < deadline:
            time.sleep(0.02)
        return [str(child) for child in alive]

    def ended_within(self, seconds: float) -> bool:
        """Return whether it ends in so many seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.poll() is not None

    def wait(self, patience_s: float = PATIENCE_S) -> int:
        """Return its exit code; a process that does not end in time is killed and is a failure."""
        try:
            return self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not end in {patience_s} s: {self.errors()}") from None

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.wait(10)

    def errors(self) -> str:
        """Return what it wrote to standard error."""
        self._errors.flush()
        return Path(self._errors.name).read_text(encoding="utf-8", errors="replace")

    def logged(self) -> list[str]:
        """Return the lines of its log that are warnings or errors, without those of a busy machine
        and those of a platform without a screen.
        """
        path = self.home / "logs" / "window.log"
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        found = [line for line in lines if any(f" {level} wnin.window" in line for level in LEVELS)]
        return [line for line in found if "This plugin does not support" not in line]

    def __enter__(self) -> WindowProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.look_for_children()
            self.kill()
        for child in self._children:
            if child.is_running():
                child.kill()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.errors_kept = self.errors()
        self._errors.close()


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


LEVELS = ("WARNING", "ERROR", "CRITICAL")


def prepare_home(home: Path, executor: str = "process") -> None:
    """Make a home whose person has seen the welcome."""
    home.mkdir(parents=True, exist_ok=True)
    preferences = home / "preferences.toml"
    if not preferences.exists():
        preferences.write_text(f'[training]\nexecutor = "{executor}"\n', encoding="utf-8")
    if not (home / "window.toml").exists():
        state = WindowState(home / "window.toml")
        state.set("tour.seen", True)
        state.save()
