"""What the parts of the small window share, as `Desk` is for the large one: threads, notices, a memory."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from wnin_desktop.errors import WninError
from wnin_desktop.qt.bridge.shown import ShownExperiments
from wnin_desktop.qt.bridge.tasks import Task, Tasks
from wnin_desktop.qt.pages.landscape.saving import FOLDER
from wnin_desktop.qt.window.notices import Notices
from wnin_desktop.runs.preferences import WindowState

LAST_WORK_S = 2.0
"""How long the end of the program waits for a picture that is being written."""


class Frames(QObject):
    """Tells plots of new data."""

    framed = Signal(object)
    """A frozenset of the `WatchedExperiment`s that changed."""


class Bench(QObject):
    """One per window.

    Attributes:
        tasks: Threads for what takes longer.
        notices: What a person must be told.
        state: Remembers the folder of the last file, for the large window too.
        shown: What plots draw.
        runs: Tells plots of new data.
    """

    def __init__(self, state: WindowState | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("view-bench")
        self.tasks = Tasks(self)
        self.notices = Notices(self)
        self.state = state or WindowState()
        self.shown = ShownExperiments(self)
        self.runs = Frames(self)
        self.tasks.failed.connect(self._tell_failed_task)

    def _tell_failed_task(self, task: Task, error: Exception) -> None:
        self.notices.tell_error(error, what=task.title)

    def tell_fault(self, sentence: str, details: str) -> None:
        """Tell what nobody else caught."""
        self.notices.tell(sentence, kind="danger", details=details)

    def close(self) -> None:
        """End what is at work; a picture that is being written is waited for."""
        self.tasks.close(LAST_WORK_S)
        folder = self.state.get(FOLDER, "")
        # Read again: the large window may have written its own state since, and this one only adds a folder.
        state = WindowState(self.state.path)
        if not folder or folder == state.get(FOLDER, ""):
            return
        state.set(FOLDER, folder)
        try:
            state.save()
        except (WninError, OSError) as error:
            self.notices.log(str(error), "warning")
