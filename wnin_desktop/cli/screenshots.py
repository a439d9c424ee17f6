"""`wnin screenshots`: every page and dialog of the window as pictures, with a sheet that shows them all."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wnin_desktop.cli.common import json_option, note, write_json
from wnin_desktop.cli.screenshots_content import copy_home
from wnin_desktop.cli.screenshots_sheet import sheet
from wnin_desktop.errors import InputError, WninError

if TYPE_CHECKING:
    from wnin_desktop.qt.pictures.scenes import Scene

SHEET = "index.html"
LEAST_PIXELS, MOST_PIXELS = 320, 7680
AT_ONCE = 2
"""Processes that draw at the same time; each needs a core and about 300 MB."""
OWN = ("WNIN_STORE", "WNIN_DATA", "WNIN_TOKEN", "QT_SCALE_FACTOR", "QT_QPA_PLATFORM")
"""Variables of the person's own environment that pictures must not depend on."""
Size = tuple[int, int]


@click.command("screenshots")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
    help="Put the pictures and their sheet here.",
)  # fmt: skip
@click.option("--only", multiple=True, metavar="NAME", help="Only this scene; may be given several times.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default=None, help="Only this theme.")
@click.option("--size", default=None, metavar="WxH", help="Only a window of this size, such as 1280x720.")
@click.option("--scale", type=click.Choice(["1", "2"]), default=None, help="Only this many pixels to one.")
@json_option
def command(
    out: Path,
    only: tuple[str, ...],
    theme: str | None,
    size: str | None,
    scale: str | None,
    as_json: bool,
) -> int:
    """Draw every page and dialog of the window: light and dark, small and large, at scale 1 and 2.

    A few small comparisons are trained for them in a folder of their own; your store and preferences are not
    touched, and no window opens.
    """
    scenes = _scenes(only)
    sizes = [_size(size)] if size else [(1280, 720), (1920, 1080)]
    themes = (theme,) if theme else ("light", "dark")
    scales = [int(scale)] if scale else [1, 2]
    plan = Plan(out, scenes, themes, sizes, scales)
    out.mkdir(parents=True, exist_ok=True)
    shots = plan.carry_out()
    (out / SHEET).write_text(sheet(shots), encoding="utf-8")
    return _conclude(out, shots, as_json=as_json)


def _scenes(only: Sequence[str]) -> list[Scene]:
    try:
        from wnin_desktop.qt.pictures.scenes import BY_NAME, SCENES  # noqa: PLC0415 - Qt only where it draws
    except ImportError as error:
        raise WninError(f"Qt cannot be loaded ({error}); `wnin doctor` says what is missing.") from None
    for name in only:
        if name not in BY_NAME:
            raise InputError.of("--only", name, f"allowed: {', '.join(BY_NAME)}")
    return [scene for scene in SCENES if not only or scene.name in only]


def _size(text: str) -> Size:
    found = re.fullmatch(r"(\d{3,4})x(\d{3,4})", text)
    if found is None or not all(LEAST_PIXELS <= int(part) <= MOST_PIXELS for part in found.groups()):
        allowed = f"allowed: WIDTHxHEIGHT, such as 1280x720, each from {LEAST_PIXELS} to {MOST_PIXELS}"
        raise InputError.of("--size", text, allowed)
    return int(found[1]), int(found[2])


def _conclude(out: Path, shots: Sequence[Mapping[str, Any]], *, as_json: bool) -> int:
    failed = [shot for shot in shots if shot.get("error")]
    if as_json:
        write_json({"out": out, "pictures": shots})
    else:
        click.echo(f"{len(shots) - len(failed)} pictures in {out}; open {out / SHEET} to see them all.")
    for shot in failed:
        note(f"{shot['name']} ({shot['theme']}, {shot['size']}@{shot['scale']}): {shot['error']}")
    return 1 if failed else 0


# -- processes ---------------------------------------------------------------------------------------------


@dataclass
class Plan:
    """What is drawn: scenes in themes and sizes, in one process for each scale."""

    out: Path
    scenes: Sequence[Scene]
    themes: Sequence[str]
    sizes: Sequence[Size]
    scales: Sequence[int]
    _children: list[subprocess.Popen[str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: int = 0

    @property
    def count(self) -> int:
        """How many pictures there will be."""
        return len(self.scenes) * len(self.themes) * len(self.sizes) * len(self.scales)

    def carry_out(self) -> list[dict[str, Any]]:
        """Train what is shown, draw everything, and return the pictures scene by scene."""
        # Worker processes that end may still write a log: what cannot be removed yet is left to the system.
        with tempfile.TemporaryDirectory(prefix="wnin-pictures-", ignore_cleanup_errors=True) as folder:
            home = Path(folder) / "home"
            ids = self._train(home)
            with self._no_orphans(), ThreadPoolExecutor(min(AT_ONCE, os.cpu_count() or 1)) as pool:
                drawn = pool.map(lambda scale: self._draw(home, ids, scale), self.scales)
                shots = [shot for part in list(drawn) for shot in part]
        order = {scene.name: place for place, scene in enumerate(self.scenes)}
        return sorted(shots, key=lambda shot: order[shot["name"]])

    def _train(self, home: Path) -> dict[str, str]:
        home.mkdir()
        names = sorted({name for scene in self.scenes for name in scene.needs})
        ids: dict[str, str] = {}
        with self._no_orphans():
            for line in self._lines(["-m", "wnin_desktop.cli.screenshots_content", *names], {}, home):
                said = json.loads(line)
                ids |= said.get("ids", {})
                if "told" in said:
                    note(said["told"])
        return ids

    def _draw(self, home: Path, ids: Mapping[str, str], scale: int) -> list[dict[str, Any]]:
        own = copy_home(home, home.with_name(f"home-{scale}"))
        job = {
            "out": str(self.out.resolve()), "sizes": self.sizes, "scale": scale, "ids": ids,
            "scenes": [scene.name for scene in self.scenes], "themes": self.themes,
        }  # fmt: skip
        words = ["-m", "wnin_desktop.qt.screenshots"]
        shots = []
        for line in self._lines(words, _screen(own, self.sizes, scale), own, json.dumps(job)):
            shots.append(json.loads(line))
            self._count()
        return shots

    def _count(self) -> None:
        with self._lock:
            before, self._done = self._done, self._done + 1
            if 10 * before // self.count != 10 * self._done // self.count:
                note(f"drawn {self._done} of {self.count}")

    def _lines(
        self, words: Sequence[str], more: Mapping[str, str], home: Path, given: str = ""
    ) -> Iterator[str]:
        """Run a child process in a home of its own and yield the lines it writes.

        Raises:
            WninError: It ended with an error.
        """
        environ = {name: value for name, value in os.environ.items() if name not in OWN}
        environ |= {"WNIN_HOME": str(home), "PYTHONIOENCODING": "utf-8", **more}
        errors = home / "errors.txt"
        with errors.open("w", encoding="utf-8") as log:
            child = subprocess.Popen(
                [sys.executable, *words], env=environ, encoding="utf-8",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        with self._lock:
            self._children.append(child)
        yield from _said(child, given)
        if child.wait():
            last = errors.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
            raise WninError(
                f"drawing ended unexpectedly (exit code {child.returncode}: {last or 'no reason'})"
            )

    @contextmanager
    def _no_orphans(self) -> Iterator[None]:
        """Within the block no child outlives an error or Ctrl-C."""
        try:
            yield
        finally:
            for child in self._children:
                if child.poll() is None:
                    child.terminate()


def _said(child: subprocess.Popen[str], given: str) -> Iterator[str]:
    """Give a child what it reads and yield the lines it writes."""
    if child.stdin is None or child.stdout is None:
        return
    with child.stdin, child.stdout:
        child.stdin.write(given)
        child.stdin.close()
        yield from child.stdout


def _screen(home: Path, sizes: Sequence[Size], scale: int) -> dict[str, str]:
    """Return the environment in which Qt draws on a screen of its own that holds each size, seen by nobody.

    On Linux the offscreen platform has the fonts of the system and a screen of any size. Elsewhere it has no
    fonts, and the window is drawn by the platform's own way without being shown.
    """
    scaled = {"QT_SCALE_FACTOR": str(scale)}
    if sys.platform in ("win32", "darwin"):
        return scaled
    room = {"width": scale * max(size[0] for size in sizes), "height": scale * max(size[1] for size in sizes)}
    screen = {"name": "picture", "x": 0, "y": 0, **room}
    more = {"logicalDpi": 96, "logicalBaseDpi": 96}
    path = home / "screen.json"
    path.write_text(json.dumps({"screens": [screen | more]}), encoding="utf-8")
    return scaled | {"QT_QPA_PLATFORM": f"offscreen:configfile={path}"}
