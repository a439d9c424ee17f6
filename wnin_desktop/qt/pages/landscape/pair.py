"""The viewer's picture beside a flat one, each with its tools; and why there is only the flat one.

What is drawn is the business of those who derive from `Pair`: surfaces, or runs as they stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import HAIRLINE, ICON_SMALL, RADIUS, Space, set_font, theme
from wnin_desktop.qt.viewer.process import ViewerProcess
from wnin_desktop.qt.viewer.view import View3D
from wnin_desktop.qt.widgets import ElidedLabel, IconButton
from wnin_desktop.viewer.messages import Camera, CameraChanged, Message
from wnin_desktop.viewer.supervision import Life

SHARES = (11, 9)
WIDE = 1.15
"""From this ratio of width to height on the views stand beside each other, else one above the other."""
EASE_MS = 320
PRESETS = ("corner", "top", "front", "side")


class Teller(Protocol):
    """What tells the viewer what is to be seen."""

    @property
    def is_idle(self) -> bool:
        """Whether everything was told."""
        ...

    def begin(self) -> None:
        """Tell everything."""
        ...

    def set_alone(self, alone: bool) -> None:
        """Say in the picture itself what the flat one beside it says otherwise."""
        ...


class Pane(QWidget):
    """A view below a line with its title and tools."""

    def __init__(
        self, name: str, title: str, view: QWidget, tools: Sequence[QWidget], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.title = ElidedLabel(title, self)
        self.title.setObjectName(f"{name}-title")
        set_font(self.title, "title")
        self.note = ElidedLabel("", self)
        self.note.setObjectName(f"{name}-note")
        self.note.setProperty("kind", "muted")
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        set_font(self.note, "small")
        head = QHBoxLayout()
        head.setContentsMargins(Space.S, 0, Space.XS, 0)
        head.setSpacing(Space.XS)
        head.addWidget(self.title)
        head.addSpacing(Space.XS)
        head.addWidget(self.note, 1)
        for tool in tools:
            head.addWidget(tool)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(view, 1)


class ViewerNote(QWidget):
    """Why there is no third dimension, and a button that tries again."""

    def __init__(self, retry: QAction, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-note")
        self.label = QLabel(self)
        self.label.setObjectName("landscape-note-text")
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.retry = QPushButton(tr("Retry"), self)
        self.retry.setObjectName("landscape-retry-button")
        self.retry.setToolTip(retry.toolTip())
        self.retry.clicked.connect(retry.trigger)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.L + ICON_SMALL, Space.XS, Space.XS, Space.XS)
        row.setSpacing(Space.M)
        row.addWidget(self.label, 1)
        row.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    def say(self, words: str) -> None:
        """Show the reason, or nothing."""
        self.label.setText(words)
        self.setAccessibleName(words)
        self.setVisible(bool(words))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        """Draw a quiet ground and a sign."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("hairline"), HAIRLINE))
        painter.setBrush(theme().colour("warning_tint"))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        top = (self.height() - ICON_SMALL) // 2
        theme().icon("warning", "warning").paint(painter, Space.S, top, ICON_SMALL, ICON_SMALL)


class Pair(QWidget):
    """3-D and flat; either may be hidden, and the flat one stands alone where no viewer can live.

    Whoever derives makes `viewer` and `view3d` first, then the flat view and what tells the viewer, and puts
    them together with `build`.

    Attributes:
        viewer: The process that draws.
        view3d: Its picture.
    """

    shown_changed = Signal()
    """Other views are seen, or wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewer = ViewerProcess(self)
        self.view3d = View3D(self.viewer, self)
        self._wanted = {"3d": True, "2d": True}
        self._is_divided = False
        """Whether a person has divided the room between the views."""

    def build(self, name: str, flat: QWidget, title: str, tools: Sequence[QWidget], retry: QAction) -> None:
        """Put the parts together.

        Args:
            name: Begins the names of all parts.
            flat: The view from above, or of curves.
            title: What stands above that.
            tools: Its buttons.
            retry: Tries again to have a viewer.
        """
        self._make_tools(name)
        self._flat = flat
        self.note = ViewerNote(retry, self)
        self._place(name, flat, title, tools)
        self.viewer.life_changed.connect(self.refresh)
        self.viewer.said.connect(self._take)
        self.viewer.framed.connect(self._take_frame)

    def _make_tools(self, name: str) -> None:
        tips = {
            "corner": tr("From the corner (1)"),
            "top": tr("From above (2)"),
            "front": tr("From the front (3)"),
            "side": tr("From the side (4)"),
        }
        self.presets: dict[str, IconButton] = {}
        for preset in PRESETS:
            button = IconButton(
                f"view-{preset}", tips[preset], self, name=f"{name}-look-{preset}", colour="muted"
            )
            button.clicked.connect(self._look_from)
            self.presets[preset] = button
        self.projection = IconButton(
            "perspective", tr("Perspective"), self, name=f"{name}-projection", colour="muted", checkable=True
        )
        self.projection.setChecked(True)
        self.projection.clicked.connect(self._set_projection)
        self.reset3d = IconButton(
            "reset", tr("Reset the camera (Home)"), self, name=f"{name}-reset-3d", colour="muted"
        )
        self.reset3d.clicked.connect(self.reset_camera)

    def _place(self, name: str, flat: QWidget, title: str, tools: Sequence[QWidget]) -> None:
        above = (*self.presets.values(), self.projection, self.reset3d)
        self.pane3d = Pane(f"{name}-pane-3d", tr("Surface"), self.view3d, above, self)
        self.pane2d = Pane(f"{name}-pane-2d", title, flat, tools, self)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setObjectName(f"{name}-views-splitter")
        self.splitter.setChildrenCollapsible(False)
        for pane, share in zip((self.pane3d, self.pane2d), SHARES, strict=True):
            self.splitter.addWidget(pane)
            self.splitter.setStretchFactor(self.splitter.count() - 1, share)
        self.splitter.splitterMoved.connect(self._take_division)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addWidget(self.note)
        column.addWidget(self.splitter, 1)

    def sizeHint(self) -> QSize:  # noqa: N802 - the names are Qt's
        """Return a comfortable size."""
        return QSize(900, 480)

    def _take_division(self) -> None:
        self._is_divided = True

    def _divide(self) -> None:
        """Give both views their shares of the room, unless a person gave them others.

        Left to itself a view that appears would take what it likes best from the other one.
        """
        if not self._is_divided:
            across = self.splitter.orientation() == Qt.Orientation.Horizontal
            room = self.splitter.width() if across else self.splitter.height()
            self.splitter.setSizes([room * share // sum(SHARES) for share in SHARES])

    # -- which views there are -----------------------------------------------------------------------------

    @property
    def teller(self) -> Teller:
        """What tells the viewer what to draw."""
        raise NotImplementedError

    @property
    def has_height(self) -> bool:
        """Whether what is shown has a third dimension."""
        return True

    def height_words(self) -> str:
        """Return what the height is, for the line above the 3-D view."""
        raise NotImplementedError

    def alone_words(self, reason: str) -> str:
        """Return why there is the flat view only."""
        return tr("Contours alone: {0}", reason)

    @property
    def can_draw(self) -> bool:
        """Whether there may be a third dimension: the viewer lives, and there is one."""
        return self.viewer.life is not Life.GIVEN_UP and self.has_height

    def is_wanted(self, view: str) -> bool:
        """Return whether a person wants to see a view, "3d" or "2d"."""
        return self._wanted[view]

    def want(self, view: str, on: bool) -> None:
        """Show or hide a view; one of them is always seen."""
        other = "2d" if view == "3d" else "3d"
        self._wanted[view] = on
        if not on:
            self._wanted[other] = True
        self.refresh()

    def refresh(self) -> None:
        """Show what can be shown and is wanted."""
        can_draw = self.can_draw
        lost = self.viewer.life is Life.GIVEN_UP and self.has_height and bool(self.viewer.reason)
        has_3d = can_draw and self._wanted["3d"]
        self._hand_on(has_3d=has_3d, lost=lost)
        self.pane3d.setVisible(has_3d)
        self.pane2d.setVisible(self._wanted["2d"] or not can_draw)
        self._divide()
        self.note.say(self.alone_words(self.viewer.reason) if lost else "")
        if self.viewer.life is Life.GIVEN_UP:
            self.viewer.forget()
        self.teller.set_alone(not self._wanted["2d"])
        self.pane3d.title.setText(self.height_words())
        self.pane3d.note.setText(self._about_viewer())
        self.shown_changed.emit()

    def _hand_on(self, *, has_3d: bool, lost: bool) -> None:
        """Give the keyboard to what takes the place of what has it and is about to go.

        Qt would hand it to some other panel.
        """
        focused = QApplication.focusWidget()
        if focused is None or not self.isAncestorOf(focused):
            return
        if focused is self.note.retry and not lost:
            shown, heir = (self.pane3d, self.view3d) if has_3d else (self.pane2d, self._flat)
        elif self.pane3d.isAncestorOf(focused) and not has_3d:
            shown, heir = (self.note, self.note.retry) if lost else (self.pane2d, self._flat)
        else:
            return
        shown.show()
        heir.setFocus()

    def _about_viewer(self) -> str:
        ready = self.viewer.ready
        if ready is None or self.viewer.life is not Life.READY:
            return ""
        return (
            f"{ready.backend.capitalize()} \N{MIDDLE DOT} {ready.adapter}"
            if ready.adapter
            else ready.backend.capitalize()
        )

    @property
    def is_settled(self) -> bool:
        """Whether what is seen is what there is to show."""
        if self.viewer.life in (Life.AWAY, Life.GIVEN_UP) or not self.pane3d.isVisible():
            return True
        return self.teller.is_idle and self.viewer.is_current

    def start(self) -> None:
        """Have a viewer, now that somebody looks."""
        if self.viewer.life is Life.AWAY:
            self.teller.begin()
            self.viewer.start()

    def retry(self) -> None:
        """Try again to have a viewer."""
        self.teller.begin()
        self.viewer.retry()

    def close_viewer(self) -> None:
        """End the viewer."""
        self.viewer.stop()
        self.viewer.forget()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put the views beside each other, or above each other where that leaves them more room."""
        super().resizeEvent(event)
        beside = self.width() >= WIDE * self.height()
        orientation = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
        if orientation != self.splitter.orientation():
            self.splitter.setOrientation(orientation)
        self._divide()

    # -- camera --------------------------------------------------------------------------------------------

    def _look_from(self) -> None:
        name = next(name for name, button in self.presets.items() if button is self.sender())
        self.look_from(name)

    def look_from(self, preset: Any) -> None:
        """Look from a fixed side."""
        self.view3d.look(Camera(action="preset", preset=preset, ease_ms=EASE_MS))

    def reset_camera(self) -> None:
        """Look as at first."""
        self.view3d.look(Camera(action="reset", ease_ms=EASE_MS))

    def _set_projection(self, perspective: bool) -> None:
        self.view3d.look(Camera(action="set", projection="perspective" if perspective else "orthographic"))

    def _take(self, message: Message) -> None:
        if isinstance(message, CameraChanged):
            self.projection.setChecked(message.projection == "perspective")

    def _take_frame(self) -> None:
        if self.viewer.ready is not None and not self.pane3d.note.text():
            self.pane3d.note.setText(self._about_viewer())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Draw anew in another theme."""
        super().changeEvent(event)
        # Qt tells of fonts and styles while the parts are still being made.
        if (note := getattr(self, "note", None)) is not None:
            note.update()
