"""The small window with the real viewer, to the end of its process."""

from pathlib import Path

import psutil
import pytest

from tests.qt.pages.landscape import scenes
from tests.qt.view import events
from tests.qt.view.conftest import PATIENCE_MS, lives
from tests.viewer.conftest import needed
from wnin_desktop.qt.view.runs import RunsContent
from wnin_desktop.qt.view.surface import SurfaceContent
from wnin_desktop.viewer import binary
from wnin_desktop.viewer.supervision import Life

COLOURS = 40


@pytest.fixture
def real_viewer(monkeypatch, no_viewer):
    monkeypatch.delenv(binary.EXECUTABLE)
    monkeypatch.setenv(binary.BACKEND, needed()[0])


@pytest.mark.parametrize("kind", ["surface", "runs"])
def test_that_the_viewer_draws_and_is_gone_after(qtbot, real_viewer, bench, show, kind):
    if kind == "surface":
        content = SurfaceContent(Path("surface.npz"), scenes.surface(), bench)
    else:
        content = RunsContent(bench, events=events.whole(), source="events.jsonl")
    window = show(content)
    viewer = content.views.viewer
    qtbot.waitUntil(lambda: viewer.life is Life.READY and content.is_settled, timeout=PATIENCE_MS)
    image = viewer.image
    seen = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(seen) > COLOURS
    process = psutil.Process(content.process_id)
    window.close()
    qtbot.waitUntil(lambda: not lives(process), timeout=PATIENCE_MS)
