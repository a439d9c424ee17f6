"""`wnin screenshots`: every page and dialog as a picture, with a sheet that shows them all."""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from wnin_desktop.cli.common import json_option, note, write_json
from wnin_desktop.errors import InputError, WninError

SCALES = (1, 2)
IDS = "ids.json"


@click.command("screenshots")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
              help="Folder for the pictures.")  # fmt: skip
@click.option("--only", multiple=True, metavar="NAME", help="Only this scene; may be given again.")
@click.option(
    "--theme", "themes", multiple=True, type=click.Choice(["light", "dark"]), help="Only this theme."
)
@click.option("--size", "sizes", multiple=True, metavar="WxH", help="Size of the window, instead of both.")
@click.option("--scale", "scales", multiple=True, type=click.Choice([str(scale) for scale in SCALES]),
              help="Only this scale.")  # fmt: skip
@click.option("--content", type=click.Path(file_okay=False, path_type=Path), default=None, hidden=True)
@json_option
def command(
    out: Path,
    only: tuple[str, ...],
    themes: tuple[str, ...],
    sizes: tuple[str, ...],
    scales: tuple[str, ...],
    content: Path | None,
    as_json: bool,
) -> None:
    """Draw the window without showing it: light and dark, small and large, at scale 1 and 2."""
    wanted = [_size(text) for text in sizes]
    begun = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    if content is not None:
        _draw(content, out, only, themes, wanted)
        return
    with tempfile.TemporaryDirectory(prefix="wnin-pictures-") as folder:
        _record(Path(folder))
        for scale in scales or map(str, SCALES):
            _child(Path(folder), out, only, themes, sizes, scale)
    files = sorted(path.name for path in out.glob("*.png"))
    (out / "index.html").write_text(_sheet(files), encoding="utf-8")
    if as_json:
        write_json({"out": out, "files": files, "seconds": round(time.monotonic() - begun, 1)})
    else:
        click.echo(f"{len(files)} pictures in {out} after {time.monotonic() - begun:.0f} s; see index.html.")


def _size(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdigit() and 200 <= int(part) <= 8000 for part in parts):
        raise InputError.of("--size", text, "allowed: WIDTHxHEIGHT in pixels, each from 200 to 8000")
    return int(parts[0]), int(parts[1])


def _record(folder: Path) -> None:
    """Train the content in this process, which draws nothing."""
    os.environ["WNIN_HOME"] = str(folder / "home")
    from wnin_desktop.qt.screenshots import record  # noqa: PLC0415 - Qt only where it is needed
    from wnin_desktop.runs.store import Store  # noqa: PLC0415

    with Store.open(folder / "store") as store:
        (folder / IDS).write_text(json.dumps(record(store, note)), encoding="utf-8")


def _child(
    folder: Path,
    out: Path,
    only: tuple[str, ...],
    themes: tuple[str, ...],
    sizes: tuple[str, ...],
    scale: str,
) -> None:
    """Draw at one scale in a process of its own: Qt reads the scale when it starts."""
    words = [sys.executable, "-m", "wnin_desktop.cli.main", "screenshots", "--out", str(out)]
    words += ["--content", str(folder)]
    for flag, values in (("--only", only), ("--theme", themes), ("--size", sizes)):
        words += [word for value in values for word in (flag, value)]
    environ = os.environ | {
        "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale, "WNIN_HOME": str(folder / "home"),
    }  # fmt: skip
    note(f"drawing at scale {scale}")
    done = subprocess.run(words, env=environ, check=False)
    if done.returncode == InputError.exit_code:
        raise InputError.of("--only", ", ".join(only), "see above")
    if done.returncode:
        raise WninError(f"the pictures at scale {scale} could not be drawn (exit code {done.returncode})")


def _draw(
    folder: Path, out: Path, only: tuple[str, ...], themes: tuple[str, ...], sizes: list[tuple[int, int]]
) -> None:
    import torch  # noqa: F401, PLC0415 - before PySide6; the running scene trains in this process

    from wnin_desktop.qt import screenshots  # noqa: PLC0415
    from wnin_desktop.runs.store import Store  # noqa: PLC0415

    known = {scene.name: scene for scene in screenshots.SCENES}
    for name in only:
        if name not in known:
            raise InputError.of("--only", name, f"allowed: {', '.join(known)}")
    ids = json.loads((folder / IDS).read_text(encoding="utf-8"))
    with Store.open(folder / "store") as store:
        screenshots.take(
            store,
            ids,
            folder / "home",
            out,
            scenes=[known[name] for name in only] or screenshots.SCENES,
            themes=themes or screenshots.THEMES,
            sizes=sizes or screenshots.SIZES,
        )


def _sheet(files: list[str]) -> str:
    rows = "".join(
        f'<figure><a href="{name}"><img src="{name}" alt="{name}" loading="lazy"></a>'
        f"<figcaption>{name}</figcaption></figure>"
        for name in map(html.escape, files)
    )
    style = "body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:16px}img{width:420px}"
    return f"<!doctype html><meta charset=utf-8><title>WNIN Desktop</title><style>{style}</style>{rows}\n"
