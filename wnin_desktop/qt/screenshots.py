"""Every page and dialog of the window as a picture: one process for each scale of the screen.

`python -m wnin_desktop.qt.screenshots` reads a job from stdin and writes one line of JSON to stdout for each
picture it took. Qt reads the platform and the scale when it starts, so the command gives them by environment.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from wnin_desktop import paths
from wnin_desktop.qt import app
from wnin_desktop.qt.pictures import camera
from wnin_desktop.qt.pictures.scenes import BY_NAME, Scene, World
from wnin_desktop.qt.pictures.stage import Stage
from wnin_desktop.qt.text import PseudoTranslator
from wnin_desktop.runs.store import Store

THEMES = ("light", "dark")
SIZES = ("1280x720", "1920x1080")
SCALES = (1, 2)
MOST_UNWRITTEN = 3
"""Pictures that wait to be written; at scale 2 each is 25 MB."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What one process draws.

    Attributes:
        out: Folder of the pictures.
        sizes: Widths and heights of the window, in device-independent pixels.
        scale: Pixels to one of those.
        scenes: Names of scenes.
        themes: "light", "dark" or both.
        ids: Experiments of the store by the names that scenes use.
    """

    out: str
    sizes: tuple[tuple[int, int], ...]
    scale: int
    scenes: tuple[str, ...]
    themes: tuple[str, ...]
    ids: dict[str, str]


class Shot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One picture that was taken, or why it was not."""

    name: str
    title: str
    theme: str
    size: str
    scale: int
    file: str = ""
    error: str = ""


def file_name(scene: str, theme: str, size: tuple[int, int], scale: int) -> str:
    """Return the name of a picture's file."""
    return f"{scene}-{theme}-{size[0]}x{size[1]}@{scale}.png"


class Album:
    """Writes pictures in a thread while the next ones are taken, and tells of each once it is written."""

    def __init__(self, told: Callable[[Shot], None]) -> None:
        self._told = told
        self._pool = ThreadPoolExecutor(1)
        self._waiting: deque[tuple[Shot, Future[None] | None]] = deque()

    def put(self, shot: Shot, write: Callable[[], None] | None = None) -> None:
        """Tell of a picture, in its turn, after `write` has written it.

        Raises:
            OSError: One of the pictures before could not be written.
        """
        self._waiting.append((shot, None if write is None else self._pool.submit(write)))
        self._tell(MOST_UNWRITTEN)

    def finish(self) -> None:
        """Wait until everything is written and told.

        Raises:
            OSError: A picture could not be written.
        """
        with self._pool:
            self._tell(0)

    def _tell(self, rest: int) -> None:
        while len(self._waiting) > rest:
            shot, written = self._waiting.popleft()
            if written is not None:
                written.result()
            self._told(shot)


def take(job: Job, told: Callable[[Shot], None]) -> None:
    """Take all pictures of a job; a scene that does not come about is told and passed over."""
    scenes = [BY_NAME[name] for name in job.scenes]
    worlds: dict[World, None] = dict.fromkeys(scene.world for scene in scenes)
    album = Album(told)
    for world in worlds:
        mine = [scene for scene in scenes if scene.world == world]
        with _stage(world, job) as stage:
            for scene in mine:
                _play(stage, scene, job, album)
    album.finish()


@contextlib.contextmanager
def _stage(world: World, job: Job) -> Iterator[Stage]:
    """Open a window in a world of its own."""
    home = paths.home()
    store = Store.open(home / ("first-store" if world == "first" else "store"))
    translator = PseudoTranslator() if world == "pseudo" else None
    if translator is not None:
        QApplication.installTranslator(translator)
    stage = Stage(store, home, QSize(*job.sizes[0]), ids=job.ids)
    try:
        yield stage
    finally:
        stage.close()
        if translator is not None:
            QApplication.removeTranslator(translator)


def _play(stage: Stage, scene: Scene, job: Job, album: Album) -> None:
    """Set a scene up and take its picture in every theme and size."""
    stage.resize(QSize(*job.sizes[0]))
    trouble = _set_up(stage, scene)
    # Dressing the window and another size take long: begin as the scene before ended, and end where it began.
    for turn, theme in enumerate(sorted(job.themes, key=lambda each: each != stage.look)):
        if not trouble:
            stage.dress(theme)
        for size in job.sizes[:: -1 if turn % 2 else 1]:
            words = "{}x{}".format(*size)
            shot = Shot(name=scene.name, title=scene.title, theme=theme, size=words, scale=job.scale)
            if trouble:
                album.put(msgspec.structs.replace(shot, error=trouble))
                continue
            shot = msgspec.structs.replace(shot, file=file_name(scene.name, theme, size, job.scale))
            image = _taken(stage, QSize(*size))
            album.put(shot, functools.partial(camera.save, image, Path(job.out) / shot.file))


def _taken(stage: Stage, size: QSize) -> QImage:
    stage.resize(size)
    stage.hold(False)
    stage.settle()
    image = camera.picture(stage.window)
    stage.hold(True)
    return image


def _set_up(stage: Stage, scene: Scene) -> str:
    """Set a scene up and return what went wrong."""
    try:
        stage.clear(scene.behind)
        scene.set_up(stage)
        stage.settle()
    except Exception as error:  # one scene that fails must not cost the others; it is told
        traceback.print_exc()
        return f"{type(error).__name__}: {error}"
    return ""


def main(words: Sequence[str] = ()) -> None:
    """Take the pictures of the job on stdin."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    application = app.make_application(["wnin", *words])
    QApplication.setCursorFlashTime(0)
    application.setQuitOnLastWindowClosed(False)

    def tell(shot: Shot) -> None:
        sys.stdout.write(msgspec.json.encode(shot).decode() + "\n")
        sys.stdout.flush()

    take(job, tell)


if __name__ == "__main__":
    main()
