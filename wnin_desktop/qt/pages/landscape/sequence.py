"""Time as pictures: the paths grow from one file to the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from wnin_desktop.engine.durable import replacing
from wnin_desktop.qt.pages.landscape import figure
from wnin_desktop.qt.pages.landscape.asking_viewer import Asked
from wnin_desktop.qt.plots import paper
from wnin_desktop.viewer.messages import Snapshot

if TYPE_CHECKING:
    from wnin_desktop.qt.pages.landscape.showing import Showing

MOST_FOLDERS = 1000


class Sequence(QObject):
    """Writes one picture after the other; between two of them the window lives.

    Attributes:
        written: Pictures that are there.
        planned: Pictures that are wanted.
    """

    progressed = Signal()
    """It began, another picture is there, or it ended."""
    ended = Signal(str, int, int, str)
    """Folder, pictures written and planned, and what went wrong or nothing."""

    def __init__(self, desk: Any, page: Showing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-sequence")
        self._desk, self._page = desk, page
        self._steps: list[int] = []
        self._folder = Path()
        self._stem = ""
        self._before: int | None = None
        self._asked: Asked | None = None
        self._is_cancelled = False
        self.written = self.planned = 0
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._next)

    @property
    def is_busy(self) -> bool:
        """Whether pictures are written."""
        return self.planned > 0

    def start(self, folder: Path, stem: str) -> None:
        """Write a picture for each step of the paths into a new folder inside another."""
        terrain = self._page.model.terrain
        if terrain is None or self.is_busy:
            return
        self._steps = terrain.steps.tolist()
        self.written, self.planned = 0, len(self._steps)
        self._stem, self._before, self._is_cancelled = stem, self._page.model.step, False
        self._desk.tasks.start(
            lambda _task: new_folder(folder, stem), then=self._begin, failed=self._take_error
        )
        self.progressed.emit()

    def cancel(self) -> None:
        """End after the picture that is written now."""
        self._is_cancelled = True

    def _begin(self, folder: Path) -> None:
        self._folder = folder
        self._turn.start()

    def _next(self) -> None:
        if self._is_cancelled or self.written >= self.planned:
            self._end("")
            return
        step = self._steps[self.written]
        self._page.model.set_step(step)
        path = self._folder / f"{self._stem}_{self.written:04d}_step{step}.png"
        if self._page.views.pane3d.isVisible():
            self._ask_viewer(path)
        else:
            self._draw_contours(path)

    # -- in three dimensions -------------------------------------------------------------------------------

    def _ask_viewer(self, path: Path) -> None:
        views = self._page.views
        asked = self._asked = Asked(views.viewer, path, self)
        asked.done.connect(self._settle)
        asked.failed.connect(self._fail)
        with views.stage.portrait() as canvas:
            asked.start(
                lambda name: Snapshot(path=name, width=canvas.width, height=canvas.height, scale=canvas.scale)
            )

    def _settle(self) -> None:
        asked = self._asked
        if asked is not None:
            self._desk.tasks.start(lambda _task: asked.settle(), then=self._take, failed=self._take_error)

    def _fail(self, fault: str) -> None:
        asked = self._asked
        if asked is not None:
            self._desk.tasks.start(lambda _task: asked.clear())
        self._end(fault)

    # -- from above ----------------------------------------------------------------------------------------

    def _draw_contours(self, path: Path) -> None:
        page = self._page
        info = figure.info_of(page.model, page.experiment)
        if info is None:
            self._end("")
            return
        picture, size = figure.record(page.views.contours, page.model, info, light=False)

        def work(_task: object) -> Path:
            data = paper.encoded(picture, size, "png2", info)
            with replacing(path) as handle:
                handle.write(data)
            return path

        self._desk.tasks.start(work, then=self._take, failed=self._take_error)

    def _take(self, _path: Path) -> None:
        self.written += 1
        self.progressed.emit()
        self._turn.start()

    def _take_error(self, error: Exception) -> None:
        self._end(str(error))

    def _end(self, fault: str) -> None:
        written, planned = self.written, self.planned
        self.planned = 0
        if self._asked is not None:
            self._asked.deleteLater()
            self._asked = None
        self._page.model.set_step(self._before)
        self.progressed.emit()
        self.ended.emit(str(self._folder), written, planned, fault)


def new_folder(folder: Path, stem: str) -> Path:
    """Make a folder that is not there yet; in a thread.

    Raises:
        OSError: It cannot be made.
    """
    for number in range(1, MOST_FOLDERS):
        path = folder / (stem if number == 1 else f"{stem}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise OSError(f"{folder} has {MOST_FOLDERS} folders of that name")
