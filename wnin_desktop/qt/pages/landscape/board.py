"""The centre of the page: arms and tools above, both views, time and noise below; or what will appear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from wnin_desktop.qt.pages.landscape.legend import PathLegend
from wnin_desktop.qt.pages.landscape.lookbar import LookBar
from wnin_desktop.qt.pages.landscape.looking import Look
from wnin_desktop.qt.pages.landscape.telling import empty_words, summary
from wnin_desktop.qt.pages.landscape.timebar import SigmaBar, Sliders, TimeBar
from wnin_desktop.qt.pages.landscape.views import Views
from wnin_desktop.qt.pages.landscape.words import caption
from wnin_desktop.qt.pages.landscape.working import Working
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.widgets import ElidedLabel, EmptyState, IconButton
from wnin_desktop.viewer.supervision import Life

if TYPE_CHECKING:
    from wnin_desktop.qt.pages.landscape.page import LandscapePage

ROOMY_HEIGHT = 640
"""From this height on the line with colours, clip and opacity is shown at first."""
CAPTION_LINES = 28
"""In so many lines of text the caption is whole; in fewer it is cut to one, and the surface has the rest."""
SWITCHES = {
    "log-height": "axis-log",
    "side-by-side": "columns",
    "toggle-3d": "landscape",
    "toggle-2d": "contour",
}
"""Commands that have a button above the views, and its icon."""


class Board(QWidget):
    """Shows the model and follows the course; what is done stands in the commands of the page."""

    def __init__(self, page: LandscapePage, views: Views) -> None:
        super().__init__(page)
        self.setObjectName("landscape-board")
        self._page, self.views = page, views
        self._model, self._course, self._desk = page.model, page.course, page._desk
        self._actions = page.actions_by_name
        self._look_wanted: bool | None = None
        self._setup_wanted: bool | None = None
        self._is_smoothing = False
        """Whether smoothing was asked for with the keyboard on its button, and is not there yet."""
        self._make_head()
        self._make_foot()
        self.empty = EmptyState("landscape", "", "", parent=self)
        self.empty.setObjectName("landscape-empty")
        self._place()
        self._connect()

    # -- made of -------------------------------------------------------------------------------------------

    def _make_head(self) -> None:
        self.fold = IconButton(
            "layout", tr("Hide what surface is drawn"), self, name="landscape-fold", checkable=True
        )
        self.fold.setChecked(True)
        self.fold.clicked.connect(self._want_setup)
        self.legend = PathLegend(self._model, self)
        self.working = Working(self)
        self.switches = {name: self._switch(name, icon) for name, icon in SWITCHES.items()}
        self.look_button = IconButton(
            "palette", tr("Colours, clip and opacity"), self, name="landscape-look-button", checkable=True
        )
        self.look_button.clicked.connect(self._want_look)
        self.save_button = IconButton("export", tr("Save and copy"), self, name="landscape-save")
        self.save_button.clicked.connect(self._open_menu)

    def _switch(self, name: str, icon: str) -> IconButton:
        action = self._actions[name]
        button = IconButton(icon, action.toolTip(), self, name=f"landscape-{name}", checkable=True)
        button.clicked.connect(action.trigger)
        return button

    def _make_foot(self) -> None:
        self.time = TimeBar(self._model, self)
        self.sigma = SigmaBar(self._model, self)
        self.look = LookBar(self._model, self)
        self.caption = QLabel(self)
        self.caption.setObjectName("landscape-caption")
        self.caption.setProperty("kind", "muted")
        self.caption.setWordWrap(True)
        self.caption.setTextFormat(Qt.TextFormat.PlainText)
        self.caption.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.caption.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_font(self.caption, "small")
        self.caption_line = ElidedLabel("", self)
        self.caption_line.setObjectName("landscape-caption-line")
        self.caption_line.setProperty("kind", "muted")
        set_font(self.caption_line, "small")

    def _place(self) -> None:
        self.shown = QWidget(self)
        self.shown.setObjectName("landscape-shown")
        inner = QVBoxLayout(self.shown)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(Space.XS)
        inner.addWidget(self.views, 1)
        inner.addWidget(Sliders(self.time, self.sigma, self.shown))
        inner.addWidget(self.look)
        inner.addWidget(self.caption)
        inner.addWidget(self.caption_line)
        self.views.show()
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        column.setSpacing(Space.XS)
        column.addWidget(self._head())
        column.addWidget(self.shown, 1)
        column.addWidget(self.empty, 1)

    def _head(self) -> QWidget:
        head = QWidget(self)
        head.setObjectName("landscape-head")
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(self.fold, 0, top)
        row.addWidget(self.legend, 1)
        row.addWidget(self.working, 0, top)
        for button in (
            self.switches["log-height"],
            self.switches["side-by-side"],
            self.look_button,
            self.switches["toggle-3d"],
            self.switches["toggle-2d"],
            self.save_button,
        ):
            row.addWidget(button, 0, top)
        return head

    def _connect(self) -> None:
        self._page.saving.sequences.progressed.connect(self._tell_work)
        self._model.heights_changed.connect(self._tell_caption)
        self._model.heights_changed.connect(self._follow_actions)
        self._model.look_changed.connect(self._follow_look)
        self.views.shown_changed.connect(self._follow_views)
        self.views.contours.menu_wanted.connect(self._page.saving.open_menu)
        self.sigma.wanted.connect(self._course.draw_smoothed)

    # -- following -----------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the surface, or say what will appear and how to get it."""
        has_terrain = self._model.terrain is not None
        self._return_keyboard()
        self.shown.setVisible(has_terrain)
        self.empty.setVisible(not has_terrain)
        for widget in (self.legend, self.look_button, self.save_button, *self.switches.values()):
            widget.setVisible(has_terrain)
        self._page.setup.setEnabled(self._course.experiment is not None)
        self._suit_look()
        self.suit_setup()
        if has_terrain and self.isVisible():
            self.views.start()
        if not has_terrain:
            self._say_empty()
        self._follow_actions()
        self._tell_caption()
        self._tell_work()
        self._suit_sigma()

    def _suit_sigma(self) -> None:
        """Offer smoothing while nothing is evaluated; the keyboard goes to what cancels, not anywhere."""
        busy = self._course.survey.is_busy
        if busy and self.sigma.offer.hasFocus():
            self._is_smoothing = True
            self._cancel_button().setFocus()
        self.sigma.set_busy(busy)

    def _cancel_button(self) -> QWidget:
        """Return the button that ends the evaluation: below the form, or above where that is folded."""
        chip = self.working.chips.get("surface")
        return self._page.setup.button if chip is None else chip.cancel_button

    def _return_keyboard(self) -> None:
        """Give the keyboard to the slider that took the place of the offer, once that is done."""
        if not self._is_smoothing or self._course.survey.is_busy:
            return
        self._is_smoothing = False
        waits = self._page.setup.has_keyboard or self._cancel_button().hasFocus()
        if waits and self.sigma.slider.isVisible():
            self.sigma.slider.setFocus()

    def _say_empty(self) -> None:
        title, text, deed = empty_words(self._course)
        action = {"run": self._find_action("run.start"), "draw": self._actions["draw"]}.get(deed)
        self.empty.set("landscape", title, text, action)

    def _find_action(self, name: str) -> QAction | None:
        return next((each for each in self._desk.actions.all() if each.objectName() == name), None)

    def _follow_actions(self) -> None:
        course, terrain, set_enabled = self._course, self._model.terrain, self._desk.actions.set_enabled
        set_enabled("landscape.draw", not course.reason, course.reason)
        busy = course.survey.is_busy and not course.survey.is_stopping
        set_enabled("landscape.cancel", busy, tr("No surface is being drawn."))
        nothing = tr("There is no surface yet.")
        has_surface = terrain is not None and terrain.values is not None
        for name in ("save-picture", "reset-camera", "log-height"):
            set_enabled(f"landscape.{name}", has_surface, nothing)
        has_paths = terrain is not None and len(terrain.steps) > 1
        set_enabled("landscape.save-sequence", has_surface and has_paths, nothing)
        done = terrain is not None and terrain.is_done
        set_enabled(
            "landscape.save-surface", done, nothing if terrain is None else tr("It is not complete yet.")
        )
        set_enabled("landscape.copy-command", bool(course.command()), tr("A field is not accepted."))
        self._follow_viewer()
        self._follow_look()

    def _follow_viewer(self) -> None:
        set_enabled = self._desk.actions.set_enabled
        lost = self.views.viewer.life is Life.GIVEN_UP
        set_enabled("landscape.retry-viewer", lost, tr("It has not been given up."))
        drawn = self.views.can_draw and self._model.terrain is not None
        why = tr("There is no 3-D viewer.") if lost else tr("There is no surface yet.")
        for name in ("export-scene", "toggle-3d", "toggle-2d", "side-by-side"):
            set_enabled(f"landscape.{name}", drawn, why)
        for name, button in self.switches.items():
            button.setEnabled(self._actions[name].isEnabled())
            button.set_tip(self._actions[name].toolTip())

    def _follow_views(self) -> None:
        self._follow_viewer()
        for view in ("3d", "2d"):
            self._check(f"toggle-{view}", self.views.is_wanted(view))

    def _follow_look(self) -> None:
        self._check("log-height", self._model.axis.log)
        self._check("side-by-side", self._model.look.side_by_side)

    def _check(self, name: str, on: bool) -> None:
        action = self._actions[name]
        with QSignalBlocker(action):
            action.setChecked(on)
        self.switches[name].setChecked(on)

    def _tell_caption(self) -> None:
        terrain = self._model.terrain
        words = caption(terrain, self._course.request) if terrain is not None else ""
        self.caption.setText(words)
        self.caption_line.setText(words)

    def _tell_work(self) -> None:
        """Show the progress of what has no other place for it."""
        survey, sequences = self._course.survey, self._page.saving.sequences
        if survey.is_busy and not self.fold.isChecked():
            done, text = self._course.progress()
            self.working.show_work("surface", tr("Surface"), self._course.cancel, done, text)
        else:
            self.working.end_work("surface")
        if sequences.is_busy:
            done = sequences.written / sequences.planned
            text = tr("{0} of {1}", sequences.written, sequences.planned)
            self.working.show_work("pictures", tr("Pictures"), sequences.cancel, done, text)
        else:
            self.working.end_work("pictures")

    # -- its own buttons -----------------------------------------------------------------------------------

    def _want_setup(self, on: bool) -> None:
        self._setup_wanted = on
        self.suit_setup()

    def suit_setup(self) -> None:
        """Show the column at the left where it is wanted, or where there is something to draw and room."""
        page = self._page
        has_subject = self._course.experiment is not None
        least = page.setup.minimumSizeHint().width() + self.minimumSizeHint().width()
        on = least <= page.width() if self._setup_wanted is None else self._setup_wanted
        self.fold.setVisible(has_subject)
        self.fold.setChecked(on)
        self.fold.set_tip(tr("Hide what surface is drawn") if on else tr("Show what surface is drawn"))
        page.setup.setVisible(on and has_subject)
        self._tell_work()

    def _want_look(self, on: bool) -> None:
        self._look_wanted = on
        self._suit_look()

    def _suit_look(self) -> None:
        """Show the line with colours and clip where it is wanted, or where there is height for it."""
        has_lines = self.height() >= CAPTION_LINES * self.fontMetrics().lineSpacing()
        self.caption.setVisible(has_lines)
        self.caption_line.setVisible(not has_lines)
        on = self.height() >= ROOMY_HEIGHT if self._look_wanted is None else self._look_wanted
        self.look.setVisible(on)
        self.look_button.setChecked(on)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - the name is Qt's
        """Suit the height."""
        super().resizeEvent(event)
        self._suit_look()

    def _open_menu(self) -> None:
        self._page.saving.open_menu(self.save_button.mapToGlobal(QPoint(0, self.save_button.height())))

    # -- session -------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return how it is looked at."""
        line = {True: "on", False: "off", None: ""}[self._look_wanted]
        return {
            "look": self._model.look.state(),
            "look_line": line,
            "setup": {True: "on", False: "off", None: ""}[self._setup_wanted],
            "views": [view for view in ("3d", "2d") if self.views.is_wanted(view)],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` returned; what does not fit is at its default."""
        look = state.get("look")
        self._model.set_look(Look.of_state(look if isinstance(look, Mapping) else {}))
        self._course.clips.suit(self._course.experiment)
        line = state.get("look_line")
        self._look_wanted = {"on": True, "off": False}.get(line) if isinstance(line, str) else None
        setup = state.get("setup")
        self._setup_wanted = {"on": True, "off": False}.get(setup) if isinstance(setup, str) else None
        views = state.get("views")
        for view in ("3d", "2d"):
            self.views.want(view, view in views if isinstance(views, list) else True)
        self.refresh()

    def text_summary(self) -> str:
        """Return what is shown, as sentences."""
        if self._model.terrain is None:
            return f"{self.empty.accessibleName()}. {self.empty.accessibleDescription()}"
        return summary(self._model)
