"""The surface in 3-D beside its contours; what is pointed at in one is marked in the other."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from wnin_desktop.qt.bridge.tasks import Tasks
from wnin_desktop.qt.pages.landscape.card import Card
from wnin_desktop.qt.pages.landscape.contour.view import ContourView
from wnin_desktop.qt.pages.landscape.model import LandscapeModel
from wnin_desktop.qt.pages.landscape.pair import Pair
from wnin_desktop.qt.pages.landscape.stage3d import SOURCE, Stage3D
from wnin_desktop.qt.pages.landscape.words import height_title
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.widgets import IconButton
from wnin_desktop.viewer.messages import CameraChanged, Message

Pose = tuple[float, float, float, tuple[float, float, float], str]


class HasTasks(Protocol):
    """Whoever lends threads: the desk of the window, or the bench of a window that only shows."""

    tasks: Tasks


class Views(Pair):
    """3-D and contours; either may be hidden, and the contours stand alone where no viewer can live."""

    def __init__(
        self, desk: HasTasks, model: LandscapeModel, retry: QAction, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-views")
        self._model = model
        self._pose: Pose | None = None
        self.card3d = Card(self.view3d)
        self.contours = ContourView(model, desk.tasks, self)
        self.stage = Stage3D(model, self.viewer, self.view3d)
        self.reset2d = IconButton(
            "zoom-fit", tr("Show all (Home)"), self, name="landscape-reset-2d", colour="muted"
        )
        self.reset2d.clicked.connect(self.contours.show_all)
        self.build("landscape", self.contours, tr("Contours"), (self.reset2d,), retry)
        model.plane_changed.connect(self.refresh)
        model.spot_changed.connect(self._tell_spot)
        self.refresh()

    @property
    def teller(self) -> Stage3D:
        """What tells the viewer of the surface."""
        return self.stage

    @property
    def has_height(self) -> bool:
        """Whether it is a surface: a line has no third dimension."""
        return self._model.terrain is None or not self._model.terrain.is_line

    def height_words(self) -> str:
        """Return what the height is."""
        terrain = self._model.terrain
        return height_title(terrain) if terrain is not None else tr("Surface")

    def reset_camera(self) -> None:
        """Look as at first, and show all contours."""
        super().reset_camera()
        self.contours.show_all()

    def _take(self, message: Message) -> None:
        super()._take(message)
        if isinstance(message, CameraChanged):
            pose = (message.azimuth, message.elevation, message.distance, message.target, message.projection)
            # What the pointer was found to lie on is elsewhere once the camera has moved.
            if self._pose is not None and pose != self._pose:
                self.stage.forget_spot()
            self._pose = pose

    def _tell_spot(self) -> None:
        spot, terrain = self._model.spot, self._model.terrain
        if spot is None or terrain is None or spot.source != SOURCE:
            self.card3d.hide()
            return
        look = None
        if spot.path is not None and spot.path < len(terrain.paths):
            look = theme().arm(self._model.colour_of(terrain.paths[spot.path].arm))
        self.card3d.set(self.contours.read_out(), look)
        self.card3d.place(self.stage.pixel.toPoint())
