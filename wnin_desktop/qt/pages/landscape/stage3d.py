"""Tells the viewer what the model shows, a part in each turn of the event loop, and only what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QPointF, QTimer

from wnin_desktop.qt.pages.landscape import dress as dressing
from wnin_desktop.qt.pages.landscape import scene3d
from wnin_desktop.qt.pages.landscape.model import LandscapeModel, Spot
from wnin_desktop.qt.pages.landscape.scene3d import Canvas, Dress, Shown
from wnin_desktop.qt.pages.landscape.words import axis_title, height_title
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.viewer.process import ViewerProcess
from wnin_desktop.qt.viewer.view import View3D
from wnin_desktop.viewer.messages import Clear, Found, Glyphs, Quality, Remove, Time

BUSY_MS = 30
"""How long new heights wait while the viewer has not read the last ones."""
SOURCE = "3d"


class Stage3D(QObject):
    """Between model and viewer: what is to be seen goes down, what is pointed at comes up."""

    def __init__(self, model: LandscapeModel, viewer: ViewerProcess, view: View3D) -> None:
        super().__init__(view)
        self.setObjectName("landscape-stage")
        self._model, self._viewer, self._view = model, viewer, view
        self._dress: Dress | None = None
        self._shown: Shown | None = None
        self._grid: object = None
        """The coordinates that the surfaces in the viewer were made with."""
        self._points: list[int] = []
        self._is_alone = False
        self._fonts: dict[tuple[int, float, str], Glyphs] = {}
        """As they were drawn last, by face, scale and characters."""
        self.pixel = QPointF()
        """Where on the view something was found last."""
        self._parts: dict[str, Callable[[], None]] = {
            "style": self._tell_style,
            "label": self._tell_label_font,
            "title": self._tell_title_font,
            "layout": self._tell_layout,
            "decor": self._tell_decor,
            "heights": self._tell_heights,
            "surface": self._tell_surface_style,
            "paths": self._tell_paths,
            "marks": self._tell_marks,
            "time": self._tell_time,
            "cross": self._tell_cross,
        }
        self._due: set[str] = set()
        self._turn = QTimer(self, singleShot=True)
        self._turn.timeout.connect(self._go_on)
        self._connect()

    def _connect(self) -> None:
        model = self._model
        model.plane_changed.connect(self._take_plane)
        model.heights_changed.connect(self._take_heights)
        model.paths_changed.connect(self._take_paths)
        model.look_changed.connect(self._take_look)
        model.time_changed.connect(self._take_time)
        model.spot_changed.connect(self._take_spot)
        theme().changed.connect(self._take_theme)
        self._view.found.connect(self._take_found)
        self._view.scale_changed.connect(self._take_scale)

    # -- what changed --------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Tell everything."""
        self._want(*self._parts)

    def _take_plane(self) -> None:
        self._want("label", "layout", "decor", "heights", "surface", "paths", "marks", "time", "cross")

    def _take_heights(self) -> None:
        self._want("decor", "heights", "surface")

    def _take_paths(self) -> None:
        self._want("paths", "marks")

    def _take_look(self) -> None:
        self._want("style", "layout", "decor", "heights", "surface", "paths", "marks")

    def _take_time(self) -> None:
        self._want("time")

    def _take_spot(self) -> None:
        self._want("cross")

    def _take_theme(self) -> None:
        self._dress = None
        self._fonts.clear()
        self._want("style", "label", "title", "surface", "paths", "marks", "cross")

    def _take_scale(self) -> None:
        self._want("label", "title")

    def _want(self, *parts: str) -> None:
        self._due.update(parts)
        if not self._turn.isActive():
            self._turn.start(0)

    def _go_on(self) -> None:
        """Tell one part; the others wait for the next turn."""
        for name, tell in self._parts.items():
            if name not in self._due:
                continue
            if name == "heights" and self._viewer.is_busy:
                self._turn.start(BUSY_MS)
                return
            self._due.discard(name)
            tell()
            break
        if self._due:
            self._turn.start(0)

    @property
    def is_idle(self) -> bool:
        """Whether everything was told."""
        return not self._due

    def finish(self) -> None:
        """Tell all that waits, now."""
        while self._due and not self._viewer.is_busy:
            self._go_on()

    def set_alone(self, alone: bool) -> None:
        """Say what the height is in the picture itself, where no contours beside it do."""
        if alone != self._is_alone:
            self._is_alone = alone
            self._want("layout", "decor")

    @contextmanager
    def portrait(self) -> Iterator[Canvas]:
        """Have a picture that is asked for within stand for itself; the view shows nothing of that.

        All is said in one go, and no frames are drawn before the view is told its own again.
        """
        self.finish()
        before = self._shown
        canvas = scene3d.CANVASES[len(before.panels) if before is not None else 1]
        self._viewer.say(Quality(paused=True))
        if before is not None:
            shown = Shown(self._titles(), before.panels, is_portrait=True)
            self._portray(shown, canvas.scale)
            for message in scene3d.cross(None, shown, self._now.style.text):
                self._viewer.say(message)
        try:
            yield canvas
        finally:
            if before is not None:
                self._portray(before, self._view.devicePixelRatioF())
                self._tell_cross()
            self._viewer.say(Quality(paused=not self._view.isVisible()))

    def _portray(self, shown: Shown, scale: float) -> None:
        """Say what is drawn around the surfaces, and with which fonts: for now, not after a restart."""
        terrain = self._model.terrain
        if terrain is None:
            return
        messages = [self._font(face, scale) for face in range(2)]
        for message in (
            *messages,
            scene3d.layout(shown),
            *scene3d.decor(terrain, self._model.axis, self._model.look, shown),
        ):
            self._viewer.say(message)

    # -- telling -------------------------------------------------------------------------------------------

    @property
    def _now(self) -> Dress:
        arms = self._model.terrain.arms if self._model.terrain is not None else ()
        places = {self._model.colour_of(arm) for arm in arms} | {0}
        if self._dress is None or not places <= set(self._dress.arms):
            self._dress = dressing.dress(places)
        return self._dress

    @property
    def _colours(self) -> dict[str, int]:
        arms = self._model.terrain.arms if self._model.terrain is not None else ()
        return {arm: self._model.colour_of(arm) for arm in arms}

    def _tell_style(self) -> None:
        name = self._model.look.colour_map
        self._viewer.show(self._now.style, scene3d.colour_map(name, theme().surface_map(name)))

    def _tell_label_font(self) -> None:
        self._tell_font(0)

    def _tell_title_font(self) -> None:
        self._tell_font(1)

    def _tell_font(self, face: int) -> None:
        self._viewer.show(self._font(face, self._view.devicePixelRatioF()))

    def _font(self, face: int, scale: float) -> Glyphs:
        terrain = self._model.terrain
        names = "".join(terrain.arms) if terrain is not None else ""
        letters = "".join(sorted({*names, *"".join(self._titles())}))
        key = (face, scale, letters)
        if key not in self._fonts:
            self._fonts = {each: font for each, font in self._fonts.items() if each[2] == letters}
            self._fonts[key] = dressing.glyphs(face, scale, letters)
        return self._fonts[key]

    def _titles(self) -> tuple[str, str, str]:
        terrain = self._model.terrain
        if terrain is None:
            return "", "", ""
        return axis_title(terrain, 0), axis_title(terrain, 1), height_title(terrain)

    @property
    def is_drawable(self) -> bool:
        """Whether there is a surface: a line has none."""
        terrain = self._model.terrain
        return terrain is not None and not terrain.is_line

    def _tell_layout(self) -> None:
        terrain = self._model.terrain
        if terrain is None or terrain.is_line:
            self._shown = self._grid = None
            self._viewer.show(Clear())
            return
        panels = scene3d.panels_of(terrain, self._model.look)
        a, b, height = self._titles()
        if len(panels) > 1:
            a, b = scene3d.SHORT_TITLES
        shown = Shown((a, b, height if self._is_alone else ""), panels, has_bar=self._is_alone)
        before = self._shown
        self._shown = shown
        if before is None or len(before.panels) != len(shown.panels):
            self._viewer.show(Clear())
            self._grid = None
            self._due.update(("decor", "heights", "surface", "paths", "marks", "time"))
        self._viewer.show(scene3d.layout(shown))

    def _tell_decor(self) -> None:
        terrain = self._model.terrain
        if terrain is not None and self._shown is not None:
            self._viewer.show(*scene3d.decor(terrain, self._model.axis, self._model.look, self._shown))

    def _tell_heights(self) -> None:
        terrain, heights = self._model.terrain, self._model.heights
        if terrain is None or heights is None or self._shown is None:
            return
        if self._grid is terrain.a:
            self._viewer.show(*scene3d.updates(heights.values, self._shown))
        else:
            self._grid = terrain.a
            self._viewer.show(*scene3d.surfaces(terrain, heights.values, self._shown))
            self._due.update(("surface", "paths", "marks"))

    def _tell_surface_style(self) -> None:
        if self._shown is not None and self._grid is not None:
            styles = scene3d.surface_styles(self._model.look, self._shown, self._now, self._colours)
            self._viewer.show(*styles)

    def _tell_paths(self) -> None:
        terrain = self._model.terrain
        if terrain is None or self._shown is None:
            return
        for number in range(len(terrain.paths), len(self._points)):
            self._viewer.show(Remove(what="path", id=number + 1))
        self._points = [len(path.steps) for path in terrain.paths]
        self._viewer.show(*scene3d.paths(terrain, self._shown, self._now, self._colours))

    def _tell_marks(self) -> None:
        terrain = self._model.terrain
        if terrain is None or self._shown is None:
            return
        events = [(event.run_id, event.step, event.kind) for event in self._model.events]
        self._viewer.show(*scene3d.markers(terrain, events, self._shown, self._now, self._colours))

    def _tell_time(self) -> None:
        self._viewer.show(Time(step=self._model.step))

    def _tell_cross(self) -> None:
        if self._shown is None:
            return
        spot = self._model.spot
        place = (spot.a, spot.b) if spot is not None and spot.source != SOURCE else None
        for message in scene3d.cross(place, self._shown, self._now.style.text):
            self._viewer.say(message)

    # -- what is pointed at --------------------------------------------------------------------------------

    def forget_spot(self) -> None:
        """Say that what was pointed at here lies elsewhere now."""
        self._take_found(None)

    def _take_found(self, found: Found | None) -> None:
        terrain = self._model.terrain
        if found is None or terrain is None or found.a is None or found.b is None:
            spot = self._model.spot
            if spot is not None and spot.source == SOURCE:
                self._model.point_at(None)
            return
        self.pixel = QPointF(found.x, found.y) / self._view.devicePixelRatioF()
        path = found.path - 1 if 0 < found.path <= len(terrain.paths) else None
        point = 0
        if path is not None:
            point = min(found.point, max(len(terrain.paths[path].steps) - 1, 0))
        self._model.point_at(Spot(found.a, found.b, path, point, SOURCE))
