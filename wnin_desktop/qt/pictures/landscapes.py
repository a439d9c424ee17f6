"""The page Landscape, as scenes: the surface that is kept with a comparison, looked at in several ways."""

from __future__ import annotations

import os
from typing import Any

from wnin_desktop.qt.pages.landscape.model import Spot
from wnin_desktop.qt.pictures.stage import Stage
from wnin_desktop.viewer import binary
from wnin_desktop.viewer.supervision import Life

WHERE = (0.62, 0.42)
"""Where the pointer rests, as shares of the contours from their upper left."""
MIDDLE_OF_TIME = 0.7


def _open(stage: Stage, *, inspector: bool = False) -> Any:
    """Show the page with a surface, and return it; the inspector gives its room to the surface."""
    stage.show("demo")
    stage.desk.actions.get("view.dock-inspector").setChecked(inspector)
    stage.window.open_page("landscape")
    page = stage.window.pages["landscape"]
    page.build()
    stage.wait(lambda: page.model.terrain is not None, "the kept surface is read")
    if page.board.views.viewer.life is Life.GIVEN_UP:
        page.board.views.retry()
    return page


def surface(stage: Stage) -> None:
    """Show the surface with the paths of all arms."""
    _open(stage)


def scrubbed(stage: Stage) -> None:
    """Stop in the middle of time, and read the height at a point."""
    page = _open(stage)
    steps = page.model.terrain.steps.tolist()
    page.model.set_step(steps[round(MIDDLE_OF_TIME * (len(steps) - 1))])
    stage.settle()
    frame = page.board.views.contours.frame()
    (a0, a1), (b0, b1) = frame.a, frame.b
    a, b = a0 + WHERE[0] * (a1 - a0), b1 - WHERE[1] * (b1 - b0)
    page.model.point_at(Spot(a, b, source="2d"))


def smoothed(stage: Stage) -> None:
    """Melt the surface by the largest noise that was computed."""
    page = _open(stage)
    page.model.set_sigma(page.model.terrain.sigmas[-1])


def side_by_side(stage: Stage) -> None:
    """Give each arm a surface of its own."""
    page = _open(stage)
    page.model.change(side_by_side=True)


def contours_alone(stage: Stage) -> None:
    """Show how the page stands where no viewer can live."""
    page = _open(stage)
    known = os.environ.get(binary.EXECUTABLE)
    os.environ[binary.EXECUTABLE] = str(stage.folder / "wnin-viz")
    try:
        page.board.views.retry()
    finally:
        if known is None:
            del os.environ[binary.EXECUTABLE]
        else:
            os.environ[binary.EXECUTABLE] = known


def empty(stage: Stage) -> None:
    """Show the page before anything was run."""
    stage.window.open_page("landscape")
    stage.window.pages["landscape"].build()
