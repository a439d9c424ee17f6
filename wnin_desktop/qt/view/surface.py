"""A surface from a file in both views, with everything of the page Landscape that needs no experiment."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from wnin_desktop.qt.pages.landscape.commands import commands
from wnin_desktop.qt.pages.landscape.legend import PathLegend
from wnin_desktop.qt.pages.landscape.lookbar import LookBar
from wnin_desktop.qt.pages.landscape.model import LandscapeModel
from wnin_desktop.qt.pages.landscape.saving import Saving
from wnin_desktop.qt.pages.landscape.showing import Showing
from wnin_desktop.qt.pages.landscape.telling import summary
from wnin_desktop.qt.pages.landscape.terrain import Terrain
from wnin_desktop.qt.pages.landscape.timebar import SigmaBar, Sliders, TimeBar
from wnin_desktop.qt.pages.landscape.views import Views
from wnin_desktop.qt.pages.landscape.words import caption, height_title
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font, set_icon
from wnin_desktop.qt.view.bench import Bench
from wnin_desktop.qt.view.content import Content
from wnin_desktop.qt.widgets import IconButton
from wnin_desktop.schema.landscape import Surface

ROOMY_HEIGHT = 560
"""From this height on the line with colours, clip and opacity is shown at first."""
SWITCHES = {
    "log-height": "axis-log",
    "side-by-side": "columns",
    "toggle-3d": "landscape",
    "toggle-2d": "contour",
}
OFFERED = (*SWITCHES, "retry-viewer", "save-picture", "save-sequence", "export-scene", "save-surface")
"""Commands of the page Landscape that need no experiment."""


class SurfaceContent(Content, Showing):
    """Legend and tools above, both views, time, noise and looks below."""

    def __init__(self, file: Path, surface: Surface, bench: Bench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("view-surface")
        self._file, self._bench = file, bench
        self._look_wanted: bool | None = None
        self.model = LandscapeModel(self)
        self.actions_by_name = self._make_actions()
        self._views = Views(bench, self.model, self.actions_by_name["retry-viewer"], self)
        self.saving = Saving(bench, self)
        self._make_parts()
        self._place()
        self._connect()
        places = {path.arm: path.place for path in surface.paths}
        if min(places.values(), default=-1) >= 0:  # an arm looks as it does in its experiment
            self.model.set_colours(places)
        self.model.show_plane(Terrain.of_surface(surface))
        self.caption.setText(caption(Terrain.of_surface(surface)))
        self.setAccessibleName(self.title())
        self._follow()

    # -- made of -------------------------------------------------------------------------------------------

    def _make_actions(self) -> dict[str, QAction]:
        made: dict[str, QAction] = {}
        for command in commands():
            if command.name in OFFERED:
                action = made[command.name] = QAction(command.text, self)
                action.setObjectName(f"view.{command.name}")
                action.setToolTip(command.tip)
                action.setCheckable(command.checkable)
                set_icon(action, command.icon)
        return made

    def _make_parts(self) -> None:
        self.legend = PathLegend(self.model, self)
        self.switches: dict[str, IconButton] = {}
        for name, icon in SWITCHES.items():
            action = self.actions_by_name[name]
            button = IconButton(icon, action.toolTip(), self, name=f"view-{name}", checkable=True)
            button.clicked.connect(action.trigger)
            self.switches[name] = button
        self.look_button = IconButton(
            "palette", tr("Colours, clip and opacity"), self, name="view-look-button", checkable=True
        )
        self.save_button = IconButton("export", tr("Save and copy"), self, name="view-save")
        self.time = TimeBar(self.model, self)
        self.sigma = SigmaBar(self.model, self, offers=False)
        self.look = LookBar(self.model, self)
        self.caption = QLabel(self)
        self.caption.setObjectName("view-caption")
        self.caption.setProperty("kind", "muted")
        self.caption.setWordWrap(True)
        self.caption.setTextFormat(Qt.TextFormat.PlainText)
        self.caption.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.caption.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_font(self.caption, "small")

    def _place(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(Space.XS)
        head.addWidget(self.legend, 1)
        switches = self.switches
        for button in (
            switches["log-height"],
            switches["side-by-side"],
            self.look_button,
            switches["toggle-3d"],
            switches["toggle-2d"],
            self.save_button,
        ):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addLayout(head)
        column.addWidget(self._views, 1)
        column.addWidget(Sliders(self.time, self.sigma, self))
        column.addWidget(self.look)
        column.addWidget(self.caption)

    def _connect(self) -> None:
        act = self.actions_by_name
        act["log-height"].triggered.connect(self._set_log)
        act["side-by-side"].triggered.connect(self._set_side_by_side)
        act["toggle-3d"].triggered.connect(self._want_3d)
        act["toggle-2d"].triggered.connect(self._want_2d)
        act["retry-viewer"].triggered.connect(self._views.retry)
        act["save-picture"].triggered.connect(self.save_picture)
        act["save-sequence"].triggered.connect(self.saving.sequence)
        act["export-scene"].triggered.connect(self.saving.scene)
        act["save-surface"].triggered.connect(self.saving.numbers)
        self.look_button.clicked.connect(self._want_look)
        self.save_button.clicked.connect(self._open_menu)
        self._views.shown_changed.connect(self._follow)
        self._views.contours.menu_wanted.connect(self.saving.open_menu)
        self.model.look_changed.connect(self._follow)

    # -- what it is asked ----------------------------------------------------------------------------------

    @property
    def views(self) -> Views:
        """Both views."""
        return self._views

    def title(self) -> str:
        """Return the file and what its height is."""
        terrain = self.model.terrain
        about = f" \N{EN DASH} {height_title(terrain)}" if terrain is not None else ""
        return f"{self._file.name}{about}"

    def start(self) -> None:
        """Have the viewer draw."""
        self.told.emit(str(self._file), "muted")
        self._suit_look()
        self._views.start()

    def save_picture(self) -> None:
        """Ask where to, and write the surface as it is seen."""
        self.saving.picture()

    def reset_camera(self) -> None:
        """Look as at first."""
        self._views.reset_camera()

    def close_all(self) -> None:
        """End the viewer."""
        self.saving.close()
        self._views.close_viewer()

    @property
    def process_id(self) -> int:
        """Return the number of the viewer's process, 0 without one."""
        return self._views.viewer.process_id

    @property
    def is_settled(self) -> bool:
        """Whether what is seen is what the model shows."""
        return self._views.is_settled

    def text_summary(self) -> str:
        """Return what is shown, as sentences."""
        return summary(self.model)

    # -- following -----------------------------------------------------------------------------------------

    def _follow(self) -> None:
        terrain, look = self.model.terrain, self.model.look
        can_draw = self._views.can_draw
        arms = terrain.arms if terrain is not None else ()
        self._set("log-height", self.model.axis.log)
        self._set("side-by-side", look.side_by_side, enabled=can_draw and len(arms) > 1)
        self._set("toggle-3d", self._views.is_wanted("3d"), enabled=can_draw)
        self._set("toggle-2d", self._views.is_wanted("2d"), enabled=can_draw)
        self.actions_by_name["export-scene"].setEnabled(can_draw)
        self.actions_by_name["save-sequence"].setEnabled(terrain is not None and len(terrain.steps) > 1)
        self.setAccessibleDescription(self.text_summary())

    def _set(self, name: str, on: bool, *, enabled: bool = True) -> None:
        action, button = self.actions_by_name[name], self.switches[name]
        with QSignalBlocker(action):
            action.setChecked(on)
        action.setEnabled(enabled)
        button.setChecked(on)
        button.setEnabled(enabled)

    def _set_log(self, on: bool) -> None:
        self.model.change(log=on)

    def _set_side_by_side(self, on: bool) -> None:
        self.model.change(side_by_side=on)

    def _want_3d(self, on: bool) -> None:
        self._views.want("3d", on)

    def _want_2d(self, on: bool) -> None:
        self._views.want("2d", on)

    def _want_look(self, on: bool) -> None:
        self._look_wanted = on
        self._suit_look()

    def _suit_look(self) -> None:
        on = self.height() >= ROOMY_HEIGHT if self._look_wanted is None else self._look_wanted
        self.look.setVisible(on)
        self.look_button.setChecked(on)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the name is Qt's
        """Suit the height."""
        super().resizeEvent(event)
        self._suit_look()

    def _open_menu(self) -> None:
        self.saving.open_menu(self.save_button.mapToGlobal(QPoint(0, self.save_button.height())))
