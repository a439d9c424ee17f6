"""The page Landscape: what surface at the left, the surface in both views, time and noise below.

It is made in parts, one in each turn of the event loop, so that the window never waits for it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from wnin_desktop.qt.pages.landscape import commands
from wnin_desktop.qt.pages.landscape.showing import Showing
from wnin_desktop.qt.text import tr

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk
    from wnin_desktop.qt.pages.landscape.board import Board
    from wnin_desktop.qt.pages.landscape.course import Course
    from wnin_desktop.qt.pages.landscape.model import LandscapeModel
    from wnin_desktop.qt.pages.landscape.saving import Saving
    from wnin_desktop.qt.pages.landscape.setup import Setup
    from wnin_desktop.qt.pages.landscape.views import Views
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

TURN_MS = 5
"""Between two parts: what is waiting for the window comes first."""
HERE = "wnin_desktop.qt.pages.landscape"
MODULES = (
    "wnin_desktop.schema.landscape",
    "wnin_desktop.runs.landscape.control",
    "wnin_desktop.qt.plots.graph",
    "wnin_desktop.viewer.messages",
    "wnin_desktop.viewer.protocol",
    "wnin_desktop.viewer.ring",
    "wnin_desktop.qt.viewer.process",
    "wnin_desktop.qt.viewer.view",
    "wnin_desktop.qt.viewer.glyph_atlas",
    f"{HERE}.terrain",
    f"{HERE}.model",
    f"{HERE}.request_form",
    f"{HERE}.run_table",
    f"{HERE}.setup",
    f"{HERE}.live",
    f"{HERE}.survey",
    f"{HERE}.course",
    f"{HERE}.contour.painting",
    f"{HERE}.contour.view",
    f"{HERE}.scene3d",
    f"{HERE}.stage3d",
    f"{HERE}.pair",
    f"{HERE}.views",
    "wnin_desktop.qt.plots.recording",
    "wnin_desktop.qt.plots.paper",
    f"{HERE}.figure",
    f"{HERE}.saving",
    f"{HERE}.timebar",
    f"{HERE}.lookbar",
    f"{HERE}.board",
)
"""Imported one in each turn, what others need first: together they take a fifth of a second."""


class LandscapePage(Showing):
    """Puts the parts together; `course` decides what is drawn when.

    Attributes:
        model: The surface that is shown and how it is looked at.
        setup: The column at the left.
        course: What is drawn when.
        board: Everything else.
        saving: The ways out.
    """

    model: LandscapeModel
    setup: Setup
    course: Course
    board: Board
    saving: Saving

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page-landscape")
        self.setAccessibleName(tr("Landscape"))
        self._desk = desk
        self._state: Mapping[str, Any] = {}
        """What is to be restored once there are parts that take it."""
        self._is_built = self._is_closed = False
        self.actions_by_name = commands.register(desk, self)
        self._parts = self._make_parts()
        self._turn = QTimer(self, singleShot=True, interval=TURN_MS)
        self._turn.timeout.connect(self._make_next)
        self._turn.start()
        desk.closing.connect(self._close)

    # -- made of -------------------------------------------------------------------------------------------

    @property
    def is_built(self) -> bool:
        """Whether all parts are there."""
        return self._is_built

    def build(self) -> None:
        """Make what is not made yet, now."""
        if not self._is_closed:
            for _ in self._parts:
                continue
        self._turn.stop()

    def _make_next(self) -> None:
        if not self._is_closed and next(self._parts, self) is not self:
            self._turn.start()

    def _make_parts(self) -> Iterator[None]:
        for name in MODULES:
            importlib.import_module(name)
            yield
        from wnin_desktop.qt.pages.landscape.board import Board  # noqa: PLC0415 - all of them are there now
        from wnin_desktop.qt.pages.landscape.course import Course  # noqa: PLC0415
        from wnin_desktop.qt.pages.landscape.model import LandscapeModel  # noqa: PLC0415
        from wnin_desktop.qt.pages.landscape.request_form import RequestForm  # noqa: PLC0415
        from wnin_desktop.qt.pages.landscape.saving import Saving  # noqa: PLC0415
        from wnin_desktop.qt.pages.landscape.setup import Setup  # noqa: PLC0415
        from wnin_desktop.qt.pages.landscape.views import Views  # noqa: PLC0415

        self.model = LandscapeModel(self)
        form = RequestForm(self)
        yield
        self.setup = Setup(form, self)
        self.setup.hide()
        yield
        self.course = Course(self._desk, self.model, self.setup, self)
        yield
        views = Views(self._desk, self.model, self.actions_by_name["retry-viewer"], self)
        views.hide()
        yield
        self.saving = Saving(self._desk, self)
        self.board = Board(self, views)
        self.board.hide()
        yield
        self._place()
        yield
        self._begin()

    def _place(self) -> None:
        self.splitter = QSplitter(self)
        self.splitter.setObjectName("landscape-splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.setup)
        self.splitter.addWidget(self.board)
        self.splitter.setStretchFactor(1, 1)
        self.setup.show()
        self.board.show()
        around = QHBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self.splitter)

    def _begin(self) -> None:
        self._is_built = True
        self.setup.use_actions(self.actions_by_name["draw"], self.actions_by_name["cancel"])
        self.course.changed.connect(self.board.refresh)
        self.model.plane_changed.connect(self.board.refresh)
        self.restore(self._state)
        self.board.refresh()
        if self.isVisible():
            self.course.set_seen(True)
            self.board.refresh()

    def _close(self) -> None:
        self._is_closed = True
        self._turn.stop()
        if self._is_built:
            self.course.close()
            self.saving.close()
            self.board.views.close_viewer()

    @property
    def views(self) -> Views:
        """Both views."""
        return self.board.views

    @property
    def experiment(self) -> WatchedExperiment | None:
        """The experiment whose surface is shown."""
        return self.course.experiment

    # -- seen ----------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - the names are Qt's
        """Begin to work once somebody looks."""
        super().showEvent(event)
        if self._is_built:
            self.course.set_seen(True)
            self.board.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fold the column where there is no room for it."""
        super().resizeEvent(event)
        if self._is_built:
            self.board.suit_setup()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Rest while nobody looks."""
        super().hideEvent(event)
        if self._is_built:
            self.course.set_seen(False)

    # -- what the commands do ------------------------------------------------------------------------------

    def draw(self) -> None:
        """Evaluate what the form asks for."""
        self.build()
        self.course.draw()

    def cancel(self) -> None:
        """End the evaluation."""
        if self._is_built:
            self.course.cancel()

    def retry_viewer(self) -> None:
        """Try again to have a viewer."""
        self.board.views.retry()

    def save_picture(self) -> None:
        """Write the surface as it is seen."""
        self.saving.picture()

    def save_sequence(self) -> None:
        """Write a picture for each step."""
        self.saving.sequence()

    def export_scene(self) -> None:
        """Write the scene."""
        self.saving.scene()

    def save_surface(self) -> None:
        """Write the numbers."""
        self.saving.numbers()

    def copy_command(self) -> None:
        """Put the command on the clipboard."""
        self.course.copy_command()

    def toggle_3d(self, on: bool) -> None:
        """Show or hide the view in three dimensions."""
        self.board.views.want("3d", on)

    def toggle_2d(self, on: bool) -> None:
        """Show or hide the contours."""
        self.board.views.want("2d", on)

    def side_by_side(self, on: bool) -> None:
        """Show a surface for each arm, or one for all."""
        self.model.change(side_by_side=on)

    def log_height(self, on: bool) -> None:
        """Show heights on a logarithmic axis, or on a linear one."""
        self.model.change(log=on)

    def reset_camera(self) -> None:
        """Look as at first."""
        self.board.views.reset_camera()

    # -- session -------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what the next session begins with."""
        if not self._is_built:
            return dict(self._state)
        return {**self.course.state(), **self.board.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` returned; what does not fit or is missing is at its default."""
        self._state = state
        if self._is_built:
            self.course.restore(state)
            self.board.restore(state)

    def text_summary(self) -> str:
        """Return what the page shows, as sentences."""
        self.build()
        return self.board.text_summary()

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way that would change what is seen."""
        return self._is_built and not self.course.survey.is_busy and self.board.views.is_settled
