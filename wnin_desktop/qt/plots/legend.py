"""The arms as chips above the plots: a click hides one, a double click shows it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from wnin_desktop.qt.plots.deed import add_entry
from wnin_desktop.qt.plots.lens import Lens
from wnin_desktop.qt.plots.looks import arm_look
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import FOCUS, RADIUS, Space, set_font, theme
from wnin_desktop.qt.widgets import FlowLayout
from wnin_desktop.qt.widgets.swatch import paint_swatch

if TYPE_CHECKING:
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

SWATCH = QSize(26, 14)
LONGEST_NAME = 170
PIN = 13


class ArmChip(QAbstractButton):
    """One arm; checked while it is seen. Space hides and shows it, Enter shows it alone."""

    isolated = Signal(str)
    menu_wanted = Signal(str, QPoint)

    def __init__(self, arm: str, index: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.arm, self.colour = arm, index
        self.is_baseline = False
        self.setObjectName(f"legend-{index}")
        self.setText(arm)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        set_font(self, "ui")
        self.set_baseline(False)

    def set_baseline(self, on: bool) -> None:
        """Show that differences are taken against this arm, or not."""
        self.is_baseline = on
        about = tr("Click hides, double click shows it alone; Space and Enter do the same.")
        self.setToolTip("\n".join([self.arm, *([tr("Baseline")] if on else []), about]))
        self.setAccessibleName(tr("{0}, baseline", self.arm) if on else self.arm)
        self.setAccessibleDescription(about)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - the names are Qt's
        """Return room for swatch, name and pin."""
        metrics = self.fontMetrics()
        name = min(metrics.horizontalAdvance(self.arm), LONGEST_NAME)
        pin = PIN + Space.XS if self.is_baseline else 0
        width = SWATCH.width() + name + pin + 2 * Space.S + Space.XS
        return QSize(width + 2, max(metrics.height(), SWATCH.height()) + Space.S)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Show it alone."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.isolated.emit(self.arm)
            event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Take Enter for a double click."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.isolated.emit(self.arm)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Ask for the menu of the arm."""
        self.menu_wanted.emit(self.arm, event.globalPos())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Draw anew in another theme."""
        self.update()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the chip; faint while its arm is hidden."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        hovered = self.underMouse()
        painter.setPen(QPen(theme().colour("accent"), FOCUS) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("hover" if hovered else "window"))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        swatch = QRectF(Space.S, (self.height() - SWATCH.height()) / 2, SWATCH.width(), SWATCH.height())
        paint_swatch(painter, swatch, arm_look(self.colour), faint=not self.isChecked())
        font = self.font()
        font.setStrikeOut(not self.isChecked())
        painter.setFont(font)
        painter.setPen(theme().colour("text" if self.isChecked() else "muted"))
        words = QRectF(swatch.right() + Space.XS + 2, 0, LONGEST_NAME + 2, self.height())
        name = painter.fontMetrics().elidedText(self.arm, Qt.TextElideMode.ElideMiddle, LONGEST_NAME)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        if self.is_baseline:
            icon, top = theme().icon("pin", "muted"), (self.height() - PIN) // 2
            icon.paint(painter, self.width() - PIN - Space.XS, top, PIN, PIN)


class Legend(QWidget):
    """A chip for every arm of the experiment that is shown."""

    def __init__(self, lens: Lens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("legend")
        self.setAccessibleName(tr("Arms"))
        self._lens = lens
        self._experiment: WatchedExperiment | None = None
        self._before: frozenset[str] = frozenset()
        self.chips: dict[str, ArmChip] = {}
        self.menu: QMenu | None = None
        self._layout = FlowLayout(self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        lens.changed.connect(self.refresh)

    def set_experiment(self, experiment: WatchedExperiment | None) -> None:
        """Show the arms of another experiment."""
        self._experiment = experiment
        self.refresh()

    def refresh(self) -> None:
        """Show which arms there are, which are seen and which is the baseline."""
        arms = self._experiment.arms if self._experiment is not None else ()
        colours = [self._colour_of(arm, place) for place, arm in enumerate(arms)]
        if tuple(self.chips) != arms or [chip.colour for chip in self.chips.values()] != colours:
            self._make(arms)
        baseline = self._baseline()
        for arm, chip in self.chips.items():
            chip.setChecked(arm not in self._lens.hidden)
            if chip.is_baseline != (arm == baseline):
                chip.set_baseline(arm == baseline)

    def _baseline(self) -> str:
        if self._experiment is None or len(self._experiment.arms) < 2:
            return ""
        pinned = self._lens.baseline
        return pinned if pinned in self._experiment.arms else self._experiment.baseline

    def _colour_of(self, arm: str, place: int) -> int:
        return place if self._experiment is None else self._experiment.colour_of(arm)

    def _make(self, arms: tuple[str, ...]) -> None:
        for chip in self.chips.values():
            self._layout.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = {}
        for index, arm in enumerate(arms):
            chip = self.chips[arm] = ArmChip(arm, self._colour_of(arm, index), self)
            chip.clicked.connect(self._clicked)
            chip.isolated.connect(self._isolate)
            chip.menu_wanted.connect(self._open_menu)
            self._layout.addWidget(chip)
            chip.show()
        self.updateGeometry()

    def _clicked(self) -> None:
        chip = self.sender()
        if isinstance(chip, ArmChip):
            self._before = self._lens.hidden
            self._lens.toggle(chip.arm)

    def _isolate(self, arm: str) -> None:
        hidden = hidden_beside(arm, frozenset(self.chips), self._before, self._lens.hidden)
        self._before = frozenset()
        self._lens.change(hidden=hidden)

    def _open_menu(self, arm: str, place: QPoint) -> None:
        menu = self.menu = QMenu(self)
        menu.setObjectName("legend-menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        lens, icon = self._lens, theme().icon
        hidden = arm in lens.hidden
        words = tr("Show") if hidden else tr("Hide")
        eye = icon("visible" if hidden else "hidden")
        add_entry(menu, "legend-menu-hide", eye, words, lambda: lens.toggle(arm))
        add_entry(menu, "legend-menu-alone", icon("filter"), tr("Show alone"), lambda: self._isolate(arm))
        pin = add_entry(
            menu, "legend-menu-pin", icon("pin"), tr("Pin as baseline"), lambda: lens.change(baseline=arm)
        )
        pin.setEnabled(arm != self._baseline())
        menu.popup(place)


def hidden_beside(
    arm: str, arms: frozenset[str], before: frozenset[str], now: frozenset[str]
) -> frozenset[str]:
    """Return which arms are hidden after a double click on one: all others, or none if it stood alone.

    Args:
        arm: The arm.
        arms: All of them.
        before: What was hidden before the first of the two clicks, which has hidden or shown the arm already.
        now: What is hidden.
    """
    hidden = before if before ^ {arm} == now else now
    others = arms - {arm}
    is_alone = hidden >= others and arm not in hidden
    return frozenset() if is_alone else others
