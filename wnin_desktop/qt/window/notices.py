"""What a person must be told: one bar over the page, one line in the log, nothing modal."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from PySide6.QtCore import QObject, Signal

from wnin_desktop.errors import WninError
from wnin_desktop.qt.bridge.faults import story_of, words_of
from wnin_desktop.qt.text import tr

logger = logging.getLogger("wnin.window")
Kind = Literal["info", "good", "warning", "danger"]
MOST_KEPT = 500


@dataclass(frozen=True)
class Notice:
    """One thing told: what happened, what was kept, what to do, and details that are folded."""

    text: str
    kind: Kind = "info"
    kept: str = ""
    do: str = ""
    details: str = ""
    action: tuple[str, Callable[[], object]] | None = None
    topic: str = ""
    """What it is about, such as "export": the next notice about it takes its place over the page."""
    stays: bool = False
    """Whether it stays until somebody closes it: work may be lost, or a decision waits."""
    at: float = field(default_factory=time.time)


class Notices(QObject):
    """Takes what is to be told, from the GUI thread; the bar and the log listen."""

    told = Signal(object)
    logged = Signal(str, str)
    """A kind and a line that stands in the log only."""
    settled = Signal(str)
    """A topic of which no trouble is left."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.kept: list[Notice] = []

    def tell(
        self,
        text: str,
        *,
        kind: Kind = "info",
        kept: str = "",
        do: str = "",
        details: str = "",
        action: tuple[str, Callable[[], object]] | None = None,
        topic: str = "",
        stays: bool = False,
    ) -> None:
        """Tell a person something; the same text twice in a row is told once."""
        notice = Notice(text, kind, kept, do, details, action, topic, stays)
        if self.kept and self.kept[-1].text == text and notice.at - self.kept[-1].at < 1.0:
            return
        self.kept = [*self.kept[-MOST_KEPT:], notice]
        self.told.emit(notice)

    def tell_error(
        self, error: BaseException, *, what: str = "", kept: str = "", details: str = "", topic: str = ""
    ) -> None:
        """Tell an error and log it: its sentence when it is one of ours, else what fault it was and where."""
        if isinstance(error, WninError):
            text = f"{what}: {error}" if what else str(error)
        else:
            text = tr("{0} failed unexpectedly: {1}", what or tr("Something"), words_of(error))
            details = details or story_of(error)
        logger.error("%s\n%s", text, details or story_of(error))
        self.tell(text, kind="danger", kept=kept, details=details, topic=topic)

    def settle(self, topic: str) -> None:
        """Take what was told about a topic off the page: the same went well now. The log keeps it."""
        self.settled.emit(topic)

    def log(self, text: str, kind: Kind = "info") -> None:
        """Write a line into the log alone."""
        self.logged.emit(kind, text)
