"""Live runs of one program: started, watched, steered, counted. A window and a script use it alike."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from wnin_desktop.engine.control import RunControl
from wnin_desktop.errors import InputError
from wnin_desktop.runs.drive import Watchers, drive, resume
from wnin_desktop.runs.job import EventSource, train_inline
from wnin_desktop.runs.mailbox import Mailbox
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.worker import train_in_process
from wnin_desktop.schema.run import CompareConfig

LIVE_LIMIT = 4
"""Comparisons that may run at once; each trains all its arms and seeds together."""

SOURCES: dict[str, EventSource] = {"inline": train_inline, "process": train_in_process}


@dataclass(eq=False)
class RunHandle:
    """One live comparison. `control` goes down, `mailbox` comes up."""

    control: RunControl = field(default_factory=RunControl)
    mailbox: Mailbox = field(default_factory=Mailbox)
    experiment_id: str | None = None
    error: BaseException | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return not self._ended.is_set()

    def wait(self, timeout: float | None = None) -> str:
        """Wait for the end and return the experiment id; raise what the run raised.

        Raises:
            TimeoutError: It is still running.
        """
        if not self._ended.wait(timeout):
            raise TimeoutError("the comparison is still running")
        if self.error is not None:
            raise self.error
        return self.experiment_id or ""


class Session:
    """Starts comparisons on threads of their own, at most `LIVE_LIMIT` at once."""

    def __init__(self, store: Store, *, executor: str = "process", limit: int = LIVE_LIMIT) -> None:
        if executor not in SOURCES:
            raise InputError.of("executor", executor, f"allowed: {', '.join(SOURCES)}")
        self._store = store
        self._source = SOURCES[executor]
        self._limit = limit
        self._live: dict[RunHandle, threading.Thread] = {}
        self._lock = threading.Lock()

    def start(self, config: CompareConfig, watchers: Watchers | None = None) -> RunHandle:
        """Start a comparison.

        Raises:
            InputError: As many as may run at once are running.
        """
        return self._launch(
            watchers, lambda handle, told: drive(
                self._store, config, handle.control, told, source=self._source, on_started=_name(handle)
            )
        )  # fmt: skip

    def resume(self, experiment_id: str, watchers: Watchers | None = None) -> RunHandle:
        """Go on with a stopped or interrupted comparison.

        Raises:
            InputError: As many as may run at once are running.
        """
        return self._launch(
            watchers,
            lambda handle, told: resume(
                self._store, experiment_id, handle.control, told, source=self._source
            ),
        )

    def _launch(self, watchers: Watchers | None, work: Callable[[RunHandle, Watchers], str]) -> RunHandle:
        handle = RunHandle()
        given = watchers or Watchers()
        # A copy: the same watchers may be given to several comparisons, each with a mailbox of its own.
        told = replace(given, live=[*given.live, handle.mailbox.put])
        thread = threading.Thread(target=self._run, args=(handle, told, work), name="wnin-run")
        with self._lock:
            if len(self._live) >= self._limit:
                raise InputError.of(
                    "runs",
                    len(self._live) + 1,
                    f"at most {self._limit} comparisons run at once; stop one first",
                )
            self._live[handle] = thread
        thread.start()
        return handle

    def _run(self, handle: RunHandle, told: Watchers, work: Callable[[RunHandle, Watchers], str]) -> None:
        try:
            handle.experiment_id = work(handle, told)
        except BaseException as error:  # it crosses to whoever waits for the handle
            handle.error = error
        finally:
            with self._lock:
                self._live.pop(handle, None)
            handle._ended.set()

    @property
    def live(self) -> list[RunHandle]:
        """The comparisons running now."""
        with self._lock:
            return list(self._live)

    def close(self, timeout: float = 5.0) -> None:
        """Stop all comparisons with a checkpoint and wait for them."""
        with self._lock:
            threads = list(self._live.items())
        for handle, _ in threads:
            handle.control.stop(checkpoint=True)
        for _, thread in threads:
            thread.join(timeout)


def _name(handle: RunHandle) -> Callable[[str], None]:
    def named(experiment_id: str) -> None:
        handle.experiment_id = experiment_id

    return named
