"""First start: a sample experiment is offered, and three callouts say where to look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from wnin_desktop.qt.dialogs.base import push_button, text_label
from wnin_desktop.qt.dialogs.overlay import VEIL, Overlay
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import FOCUS, RADIUS, Space, set_font, theme
from wnin_desktop.runs.preferences import WindowState

SEEN = "tour.seen"
LETTERS = 46


@dataclass(frozen=True)
class Step:
    """One callout: what it says, and the widget it points at (none: it stands in the middle)."""

    title: str
    text: str
    find: Callable[[], QWidget | None]


def by_name(window: QWidget, *names: str) -> Callable[[], QWidget | None]:
    """Return a finder of the first visible widget with one of these object names."""

    def find() -> QWidget | None:
        found = (window.findChild(QWidget, name) for name in names)
        return next((widget for widget in found if widget is not None and widget.isVisible()), None)

    return find


def window_steps(window: QWidget) -> list[Step]:
    """Return the three steps of the main window."""
    return [
        Step(
            tr("Run"),
            tr("This trains every arm with every seed, side by side; F5 does the same. While something is "
               "wrong with the experiment it cannot be pressed and says why."),
            by_name(window, "button-run", "toolbar"),
        ),
        Step(
            tr("Steer while it runs"),
            tr("Temperature, noise and learning rate act within a step. Each turn is recorded, shown in the "
               "plots and replayed with the run."),
            by_name(window, "steer-strip", "steer", "toolbar"),
        ),
        Step(
            tr("See who leads"),
            tr("The table ranks the arms with their intervals over seeds. Where the seeds are too few to "
               "tell two arms apart it says so instead of naming a winner."),
            by_name(window, "leader-table", "leader", "pages"),
        ),
    ]  # fmt: skip


class Tour(Overlay):
    """Callouts one after the other; Escape and Skip end it, and it is not shown by itself again.

    It is there for one showing and deletes itself after it.
    """

    finished = Signal(bool)
    """Whether it was seen to its end."""

    def __init__(self, window: QWidget, state: WindowState, steps: Sequence[Step] | None = None) -> None:
        super().__init__(window, "tour", tr("Tour"))
        self._state = state
        self._steps = list(steps) if steps is not None else window_steps(window)
        self._at, self._is_over = 0, False
        self._column = column = QVBoxLayout(self.panel)
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        column.setSpacing(Space.S)
        self.count = QLabel(self.panel)
        self.count.setObjectName("tour-count")
        self.count.setProperty("kind", "muted")
        set_font(self.count, "small_numbers")
        self.title = text_label("", "tour-title", self.panel)
        set_font(self.title, "title")
        self.text = text_label("", "tour-text", self.panel)
        for widget in (self.count, self.title, self.text):
            column.addWidget(widget)
        row = QHBoxLayout()
        self.skip = push_button(tr("Skip"), "tour-skip", self.dismiss, kind="quiet", parent=self.panel)
        self.back = push_button(tr("Back"), "tour-back", self._go_back, parent=self.panel)
        self.next = push_button("", "tour-next", self._go_on, kind="primary", parent=self.panel)
        row.addWidget(self.skip)
        row.addStretch(1)
        row.addWidget(self.back)
        row.addWidget(self.next)
        column.addLayout(row)

    @property
    def step(self) -> int:
        """Which step is shown, from 0."""
        return self._at

    def present(self) -> None:
        """Begin with the first step."""
        self._at, self._is_over = 0, False
        self._say()
        super().present()

    def first_focus(self) -> QWidget:
        """Return the button that goes on."""
        return self.next

    def dismiss(self) -> None:
        """End it; it does not come by itself again."""
        if self.isHidden():
            return
        self._state.set(SEEN, True)
        super().dismiss()
        self.finished.emit(self._is_over)
        self.deleteLater()

    def _go_on(self) -> None:
        if self._at + 1 == len(self._steps):
            self._is_over = True
            self.dismiss()
        else:
            self._go(self._at + 1)

    def _go_back(self) -> None:
        self._go(max(self._at - 1, 0))

    def _go(self, step: int) -> None:
        self._at = step
        self._say()
        self.place()
        self.update()

    def _say(self) -> None:
        step, last = self._steps[self._at], self._at + 1 == len(self._steps)
        self.count.setText(tr("{0} of {1}", self._at + 1, len(self._steps)))
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.back.setVisible(self._at > 0)
        self.skip.setVisible(not last)
        self.next.setText(tr("Done") if last else tr("Next"))
        self.next.setAccessibleName(self.next.text())
        self.panel.setAccessibleName(step.title)
        self.panel.setAccessibleDescription(step.text)

    # -- where it stands -----------------------------------------------------------------------------------

    def target(self) -> QRect:
        """Return the place of what the step points at; an empty one where it is not there."""
        widget = self._steps[self._at].find()
        if widget is None:
            return QRect()
        corner = self.mapFromGlobal(widget.mapToGlobal(QPoint(0, 0)))
        grown = QRect(corner, widget.size()).adjusted(-Space.XS, -Space.XS, Space.XS, Space.XS)
        return grown.intersected(self.rect())

    def place(self) -> None:
        """Stand below the target, or above, or inside where it fills the window."""
        width = max(LETTERS * self.fontMetrics().averageCharWidth(), self._column.minimumSize().width())
        width = min(width, self.width() - 2 * Space.L)
        self.panel.setFixedWidth(width)
        self._column.activate()
        height = self._column.heightForWidth(width)
        self.panel.setFixedHeight(height)
        self.panel.move(self._corner(QSize(width, height)))

    def _corner(self, size: QSize) -> QPoint:
        target, room = self.target(), self.rect().adjusted(Space.L, Space.L, -Space.L, -Space.L)
        if target.isEmpty():
            rest = self.size() - size
            return QPoint(rest.width() // 2, rest.height() // 2)
        x = target.center().x() - size.width() // 2
        y = target.bottom() + Space.M
        if y + size.height() > room.bottom():
            y = target.top() - Space.M - size.height()
        if y < room.top():
            y = target.center().y() - size.height() // 2
        return QPoint(
            max(room.left(), min(x, room.right() - size.width())),
            max(room.top(), min(y, room.bottom() - size.height())),
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the names are Qt's
        """Take clicks beside the callout without ending the tour."""
        event.accept()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the veil with a hole where the step points, and a ring around it."""
        veil = theme().colour("window")
        veil.setAlphaF(VEIL)
        target = QRectF(self.target())
        path = QPainterPath()
        path.addRect(QRectF(self.rect()))
        hole = QPainterPath()
        hole.addRoundedRect(target, RADIUS, RADIUS)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(path.subtracted(hole), veil)
        if not target.isEmpty():
            painter.setPen(QPen(theme().colour("accent"), FOCUS))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(target.adjusted(1, 1, -1, -1), RADIUS, RADIUS)


class Welcome(Overlay):
    """What a newcomer sees first: a sample to run, a look around, or an empty experiment. Deletes itself."""

    sample_wanted = Signal()
    tour_wanted = Signal()

    def __init__(self, window: QWidget, state: WindowState) -> None:
        super().__init__(window, "welcome", tr("Welcome"))
        self._state = state
        self._column = column = QVBoxLayout(self.panel)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        column.setSpacing(Space.M)
        title = text_label(tr("Welcome to WNIN Desktop"), "welcome-title", self.panel)
        set_font(title, "heading")
        column.addWidget(title)
        self.text = text_label(
            tr("Compare optimizers side by side, over seeds, and turn noise and temperature while they "
               "learn. The sample needs no network and shows its first curve within seconds."),
            "welcome-text", self.panel,
        )  # fmt: skip
        column.addWidget(self.text)
        self.sample = push_button(tr("&Run the sample experiment"), "welcome-sample", self._sample, icon="",
                                  kind="primary", parent=self.panel)  # fmt: skip
        self.tour = push_button(tr("Show me &around"), "welcome-tour", self._tour, parent=self.panel)
        self.empty = push_button(tr("Begin with an &empty experiment"), "welcome-empty", self.dismiss,
                                 kind="quiet", parent=self.panel)  # fmt: skip
        for button in (self.sample, self.tour, self.empty):
            column.addWidget(button)

    def first_focus(self) -> QWidget:
        """Return the button of the sample."""
        return self.sample

    def place(self) -> None:
        """Stand in the middle."""
        width = LETTERS * self.fontMetrics().averageCharWidth() + 2 * Space.XL
        width = min(max(width, self._column.minimumSize().width()), self.width() - 2 * Space.L)
        self.panel.setFixedWidth(width)
        self.panel.setFixedHeight(self._column.heightForWidth(width))
        rest = self.size() - self.panel.size()
        self.panel.move(rest.width() // 2, rest.height() // 2)

    def dismiss(self) -> None:
        """Close it; it does not come by itself again."""
        if self.isHidden():
            return
        self._state.set(SEEN, True)
        super().dismiss()
        self.deleteLater()

    def _sample(self) -> None:
        self.dismiss()
        self.sample_wanted.emit()

    def _tour(self) -> None:
        self.dismiss()
        self.tour_wanted.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the name is Qt's
        """Take clicks beside the panel without closing it."""
        event.accept()


def is_first_start(state: WindowState) -> bool:
    """Return whether nobody has seen, skipped or ended the tour here."""
    return not state.get(SEEN, default=False)
