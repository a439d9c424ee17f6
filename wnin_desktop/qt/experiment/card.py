"""One arm as a card: its look, its name, what it does, and whether it takes part."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from wnin_desktop.errors import Problem
from wnin_desktop.qt.experiment.card_name import CardName
from wnin_desktop.qt.experiment.summary import noise_words, optimizer_words, table
from wnin_desktop.qt.forms import ScheduleSpark
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import FOCUS, HAIRLINE, ICON_SMALL, RADIUS, Space, set_font, set_icon, theme
from wnin_desktop.qt.widgets import ColourButton, ElidedLabel, IconButton


class Handle(QLabel):
    """Where a card is taken hold of to move it."""

    pressed = Signal()
    moved = Signal(QPoint)
    """Where the pointer is, on the screen."""
    released = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("arm-handle")
        self.setAccessibleName(tr("Drag to move this arm"))
        self.setToolTip(tr("Drag to move this arm (Alt+Up, Alt+Down)"))
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        set_icon(self, "drag", "muted")  # type: ignore[arg-type] - it has setIcon, below

    def setIcon(self, icon: Any) -> None:  # noqa: N802 - the name the theme calls
        """Show the icon of the present theme."""
        self.setPixmap(icon.pixmap(ICON_SMALL, ICON_SMALL))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - the names are Qt's
        """Take hold."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.pressed.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Move."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.moved.emit(event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.released.emit()


class ArmCard(QFrame):
    """Shows an arm; what a person does with it is told in signals, and the list does it."""

    selected = Signal()
    opened = Signal()
    renamed = Signal(str)
    toggled = Signal(bool)
    coloured = Signal(int)
    key_pressed = Signal(int, int)
    """A key and its modifiers that mean something to the list."""
    menu_wanted = Signal(QPoint)
    problem_sought = Signal(str)

    def __init__(self, index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.index = index
        self.setObjectName(f"arm-card-{index}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._is_selected, self._is_lifted, self._is_baseline = False, False, False
        self._problems: tuple[Problem, ...] = ()
        self._schedule: Any = None
        self.handle = Handle(self)
        self.colour = ColourButton(0, self, name="arm-colour")
        self.name = CardName(self)
        self.baseline = self._make_mark()
        self.badge = IconButton("error", "", self, name="arm-problem", colour="danger")
        self.check = QCheckBox(self)
        self.check.setObjectName("arm-enabled")
        self.more = IconButton("more", tr("More for this arm"), self, name="arm-more", colour="muted")
        self.optimizer = self._make_line("arm-optimizer")
        self.noise = self._make_line("arm-noise")
        self.alike = self._make_line("arm-alike", "warning")
        self.alike.hide()
        self.spark = ScheduleSpark(self)
        self.spark.setObjectName("arm-schedule")
        self.spark.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._place()
        self._connect()

    def _make_mark(self) -> IconButton:
        mark = IconButton("flag", tr("Baseline: differences are taken against this arm"), self,
                          name="arm-baseline", colour="muted")  # fmt: skip
        mark.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        mark.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, False)
        return mark

    def _make_line(self, name: str, kind: str = "muted") -> ElidedLabel:
        line = ElidedLabel("", self)
        line.setObjectName(name)
        line.setProperty("kind", kind)
        set_font(line, "small")
        return line

    def _place(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(Space.XS)
        for widget in (self.handle, self.colour):
            first.addWidget(widget)
        first.addWidget(self.name, 1)
        for widget in (self.badge, self.baseline, self.check, self.more):
            first.addWidget(widget)
        second = QHBoxLayout()
        second.setSpacing(Space.S)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.optimizer)
        words.addWidget(self.noise)
        words.addWidget(self.alike)
        second.addLayout(words, 1)
        second.addWidget(self.spark, 0, Qt.AlignmentFlag.AlignBottom)
        second.setContentsMargins(ICON_SMALL + Space.XS, 0, Space.S, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XS, Space.XS, Space.XS, Space.S)
        column.setSpacing(2)
        column.addLayout(first)
        column.addLayout(second)

    def _connect(self) -> None:
        self.colour.chosen.connect(self.coloured)
        self.name.renamed.connect(self.renamed)
        self.name.ended.connect(self.setFocus)
        self.check.clicked.connect(self.toggled)
        self.more.clicked.connect(self._ask_menu)
        self.badge.clicked.connect(self._seek)
        theme().changed.connect(self._tint)

    # --- what it shows ---

    def show_arm(
        self, arm: Any, *, colour: int, alike: str, enabled: bool, baseline: bool, steps: Any
    ) -> None:
        """Show an arm, valid or not.

        Args:
            arm: Its table.
            colour: Index of its look.
            alike: Another arm that has the same look; "" for none.
            enabled: Whether it takes part.
            baseline: Whether differences are taken against it.
            steps: Steps of the run.
        """
        name = arm.get("name") if isinstance(arm, dict) else None
        self.name.show_name(name if isinstance(name, str) else "")
        if colour != self.colour.index:  # drawing the menu of colours anew takes a while
            self.colour.set_index(colour)
        hint = tr("Same colour as arm {0}", alike) if alike else ""
        self.colour.set_hint(hint)
        self.alike.setText(hint)
        self.alike.setVisible(bool(alike))
        self.check.setChecked(enabled)
        words = (
            tr("Takes part; uncheck to leave this arm out") if enabled else tr("Left out; check to take part")
        )
        self.check.setToolTip(words)
        self.check.setAccessibleName(tr("{0} takes part", self.name.text()))
        self.baseline.setVisible(baseline)
        self.optimizer.setText(optimizer_words(arm))
        noise = table(arm, "noise")
        silent = noise.get("mode", "none") == "none"
        has_curve = not silent and table(noise, "schedule").get("kind", "constant") != "constant"
        self.spark.setVisible(has_curve)
        self.noise.setText(noise_words(arm, with_schedule=not has_curve))
        self.noise.setAccessibleName(noise_words(arm))
        self._schedule = noise.get("schedule")
        self.show_steps(steps)
        for widget in (self.name, self.optimizer, self.noise, self.spark):
            widget.setEnabled(enabled)
        self._is_baseline = baseline
        self._tint()
        self._describe()

    def show_steps(self, steps: Any) -> None:
        """Draw the schedule over a run of so many steps."""
        if not self.spark.isHidden():
            self.spark.show_schedule(self._schedule, steps)

    def _describe(self) -> None:
        self.setAccessibleName(tr("Arm {0}", self.name.text()))
        parts = [self.optimizer.text(), self.noise.accessibleName()]
        parts += [tr("shown in the inspector")] if self._is_selected else []
        parts += [tr("baseline")] if self._is_baseline else []
        parts += [self.alike.text()] if self.alike.text() else []
        parts += [] if self.check.isChecked() else [tr("left out")]
        parts += [problem.sentence() for problem in self._problems]
        self.setAccessibleDescription("; ".join(parts))

    def _tint(self) -> None:
        self.spark.set_colour(theme().arm(self.colour.index).colour)
        self.update()

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Show that something is wrong with this arm."""
        self._problems = problems
        self.badge.setVisible(bool(problems))
        self.badge.set_tip("\n".join(problem.sentence() for problem in problems))
        self._describe()
        self.update()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with this arm."""
        return self._problems

    def set_selected(self, selected: bool) -> None:
        """Show that the inspector holds this arm."""
        if selected != self._is_selected:
            self._is_selected = selected
            self._describe()
            self.update()

    @property
    def is_selected(self) -> bool:
        """Whether the inspector holds this arm."""
        return self._is_selected

    def set_lifted(self, lifted: bool) -> None:
        """Show that the card is being moved."""
        self._is_lifted = lifted
        self.update()

    # --- what a person does ---

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.selected.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Open in the inspector."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Ask for the menu."""
        self.selected.emit()
        self.menu_wanted.emit(event.globalPos())

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Draw the ring; what the keyboard only comes by is not selected."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Take the ring away."""
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Hand keys to the list, but for those of this card."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_F2:
            self.name.begin()
        elif key == Qt.Key.Key_Menu:
            self._ask_menu()
        elif key == Qt.Key.Key_Space:
            self.selected.emit()
        elif key in LIST_KEYS:
            self.key_pressed.emit(int(key), event.modifiers().value)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep the keys that mean something here from the menus of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Space)
            copies = event.modifiers() == Qt.KeyboardModifier.ControlModifier and event.key() == Qt.Key.Key_D
            if plain or copies or event.key() == Qt.Key.Key_F2:
                event.accept()
                return True
        return super().event(event)

    def _ask_menu(self) -> None:
        self.selected.emit()
        self.menu_wanted.emit(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _seek(self) -> None:
        if self._problems:
            self.problem_sought.emit(self._problems[0].field)

    # --- looks ---

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the ground and its outline."""
        look = theme()
        edge, width = ("accent", FOCUS) if self._is_selected or self._is_lifted else ("hairline", HAIRLINE)
        if self._problems and not self._is_selected:
            edge = "danger"
        ground = "selected" if self._is_selected else "hover" if self.underMouse() else "raised"
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.colour(edge), width))
        painter.setBrush(look.colour(ground))
        rim = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(rim, rim, -rim, -rim), RADIUS, RADIUS)
        if self.hasFocus():
            inner = QRectF(self.rect()).adjusted(3.5, 3.5, -3.5, -3.5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.colour("accent"), FOCUS, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(inner, RADIUS - 2, RADIUS - 2)


LIST_KEYS = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Delete,
    Qt.Key.Key_D,
)
"""Keys that a card hands on to its list."""
