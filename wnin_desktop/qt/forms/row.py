"""One row of a form: changed mark, label, editor, unit, reset arrow, and below them what is wrong."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from wnin_desktop.qt import numbers
from wnin_desktop.qt.forms.line import same
from wnin_desktop.qt.forms.models import ModelsEdit
from wnin_desktop.qt.forms.said import help_of, name_of, tip_of, title_of, unit_of
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import ICON_SMALL, Space, set_font, set_icon, theme
from wnin_desktop.schema.fields import FieldSpec, default_of, default_words

DOT, LABEL, EDITOR, UNIT, RESET, COLUMNS = 0, 1, 2, 3, 4, 5
DOT_SIZE = Space.XS + 2
LEAST_LETTERS = 6
"""Letters of a unit that was cut which are still worth showing."""
FIELD_LETTERS = 13
"""Least width of a field, in letters x."""
WIDE = ("text", "path", "table", "int_list", "choice")
"""Kinds that take the unit's room where they have none."""
LINES = 3
"""Lines of the grid that a row takes; those that nothing stands on take no room."""
GAPS = (COLUMNS - 1) * Space.XS
"""What lies between the columns, together."""
WIDEST = 16_777_215
"""Qt's own word for no limit."""
UNIT_LETTERS = 9
"""Width of the unit's column, in letters x."""


class Dot(QWidget):
    """A dot beside what was changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(DOT_SIZE)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the dot at the height of one line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("accent"))
        painter.drawEllipse(0, (self.height() - DOT_SIZE) // 2, DOT_SIZE, DOT_SIZE)
        painter.end()


class UnitLabel(QLabel):
    """A unit, cut short where there is no room for it; its tooltip has all of it."""

    full = ""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        set_font(self, "small")
        self.show_unit(text)

    def show_unit(self, text: str) -> None:
        """Show another unit."""
        self.full = unit_of(text)
        self.setText(self.full)
        self.setToolTip(self.full)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return one width for all units, so that fields end at one line."""
        return QSize(self.fontMetrics().averageCharWidth() * UNIT_LETTERS, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return no width: in a narrow panel the unit goes first."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw as much as fits, or nothing where a few letters would say nothing."""
        metrics = self.fontMetrics()
        text = metrics.elidedText(self.full, Qt.TextElideMode.ElideRight, self.width())
        if len(text) < min(LEAST_LETTERS, len(self.full)):
            return
        painter = QPainter(self)
        painter.setPen(theme().colour("muted"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class Fault(QWidget):
    """What is wrong, in words, with a sign beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sign = Sign(self)
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setProperty("kind", "danger")
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        set_font(self.label, "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        row.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.label, 1)
        self.hide()

    def say(self, text: str) -> None:
        """Show `text`, or nothing."""
        self.label.setText(text)
        self.setVisible(bool(text))


class Sign(QLabel):
    """The sign of a fault, in the theme's colour of danger."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(ICON_SMALL, ICON_SMALL))
        self.setAccessibleName(tr("Error"))
        set_icon(self, "error", "danger")  # type: ignore[arg-type] - it has setIcon, below

    def setIcon(self, icon: Any) -> None:  # noqa: N802 - the name the theme calls
        """Show the icon of the present theme."""
        pixmap: QPixmap = icon.pixmap(QSize(ICON_SMALL, ICON_SMALL), self.devicePixelRatioF())
        self.setPixmap(pixmap)


class FieldRow(QObject):
    """The widgets of one field; they live in the grid of a form."""

    edited = Signal(str, object)
    """Path below the form's base, and the value."""

    def __init__(self, spec: FieldSpec, editor: Any, parent: QWidget) -> None:
        super().__init__(parent)
        self.spec, self.path = spec, spec.path
        self.editor: Any = editor
        """A widget that is a `make.Editor` too."""
        self.default: Any = default_of(spec)
        self._problem = ""
        self._is_shown = True
        self._grid: QGridLayout | None = None
        self._line = 0
        self._is_stacked = False
        self._fault: Fault | None = None
        self.label = QLabel(title_of(spec).replace("&", "&&"), parent)
        self.label.setObjectName(f"{spec.path}.label")
        self.label.setWordWrap(True)
        self.label.setToolTip(editor.toolTip())
        self.label.setBuddy(editor.focusProxy() or editor)
        self.dot = Dot(parent)
        self.unit = UnitLabel(spec.unit, parent)
        self.reset = self._reset_button(parent)
        editor.edited.connect(self._edited)

    def _reset_button(self, parent: QWidget) -> QToolButton:
        button = QToolButton(parent)
        button.setObjectName(f"{self.path}.reset")
        set_icon(button, "reset")
        policy = button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        button.setSizePolicy(policy)
        button.clicked.connect(self.put_back)
        return button

    def add_to(self, grid: QGridLayout, line: int) -> None:
        """Take `LINES` lines of `grid`: for a label that stands above its field, the field, and its fault."""
        self._grid, self._line = grid, line
        beside = line if self._is_table else line + 1
        for column, widget in ((DOT, self.dot), (UNIT, self.unit), (RESET, self.reset)):
            grid.addWidget(widget, beside, column)
        if not self._is_table:
            # Fields take what room there is, not what they would like: all grids of a form end at one line.
            policy = self.editor.sizePolicy()
            policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
            self.editor.setSizePolicy(policy)
        self._stack(False)

    @property
    def _is_table(self) -> bool:
        """Whether its editor needs the whole width, below its label."""
        return isinstance(self.editor, ModelsEdit)

    def arrange(self, label_width: int, *, stacked: bool) -> None:
        """Fit the row to a width of labels and to the present size of text.

        Args:
            label_width: Width of all labels that stand beside their fields.
            stacked: The label stands above its field: there is no room beside it.
        """
        if stacked != self._is_stacked:
            self._stack(stacked)
        self.label.setMinimumWidth(0 if stacked else label_width)
        self.label.setMaximumWidth(WIDEST if stacked else label_width)
        if not self._is_table:
            self.editor.setMinimumWidth(self._field_width())

    def _stack(self, stacked: bool) -> None:
        assert self._grid is not None
        self._is_stacked = stacked
        for widget in (self.label, self.editor):
            self._grid.removeWidget(widget)
        if self._is_table:
            self._grid.addWidget(self.label, self._line, LABEL, 1, UNIT - LABEL)
            self._grid.addWidget(self.editor, self._line + 1, LABEL, 1, COLUMNS - LABEL)
            return
        end = RESET if self.spec.kind in WIDE and not self.unit.full else UNIT
        first = LABEL if stacked else EDITOR
        self._grid.addWidget(self.editor, self._line + 1, first, 1, end - first)
        if stacked:
            self._grid.addWidget(self.label, self._line, LABEL, 1, COLUMNS - LABEL)
        else:
            self._grid.addWidget(self.label, self._line + 1, LABEL)

    def _field_width(self) -> int:
        return self.label.fontMetrics().averageCharWidth() * FIELD_LETTERS

    def least_width(self) -> int:
        """Return the width of the field and what stands around it, with the label above."""
        if self._is_table:
            return DOT_SIZE + Space.XS + self.editor.minimumSizeHint().width()
        return DOT_SIZE + self._field_width() + self.reset.sizeHint().width() + GAPS

    @property
    def fault(self) -> Fault:
        """What is wrong, in words; made when first something is, for most fields never are."""
        if self._fault is None:
            self._fault = Fault(self.label.parentWidget())
            self._fault.label.setObjectName(f"{self.path}.fault")
            if self._grid is not None:
                first = LABEL if self._is_table else EDITOR
                self._grid.addWidget(self._fault, self._line + LINES - 1, first, 1, COLUMNS - first)
        return self._fault

    def show_value(self, value: Any) -> None:
        """Show `value`, whether it is the default, and what is wrong with it."""
        self.editor.show_value(value)
        self._mark(value)
        self._say()

    def set_default(self, value: Any) -> None:
        """Take another value for the default, such as an optimizer's own learning rate."""
        self.default = value
        self._mark(self.value())

    def value(self) -> Any:
        """Return what stands there."""
        return self.editor.value()

    @property
    def is_changed(self) -> bool:
        """Whether it is another value than the default."""
        return self._is_changed(self.value())

    def _is_changed(self, value: Any) -> bool:
        return not self.spec.required and not same(value, self.default)

    def show_problem(self, text: str) -> None:
        """Say what the experiment finds wrong; "" for nothing."""
        self._problem = text
        self._say()

    @property
    def fault_text(self) -> str:
        """What is said to be wrong, or ""."""
        return self.editor.fault() or self._problem

    def show_unit(self, unit: str) -> None:
        """Show another unit, and tell it to those who cannot see it."""
        self.unit.show_unit(unit)
        self.editor.setAccessibleName(name_of(self.spec, unit))

    def set_shown(self, shown: bool) -> None:
        """Show or hide the whole row."""
        self._is_shown = shown
        for widget in (self.label, self.editor, self.unit):
            widget.setVisible(shown)
        self._mark(self.value())
        self._say()

    def put_back(self) -> None:
        """Set the field to its default."""
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        self._edited(self.default)

    def _edited(self, value: Any) -> None:
        self._problem = ""
        self.show_value(value)
        self.edited.emit(self.path, value)

    def _mark(self, value: Any) -> None:
        changed = self._is_changed(value) and self._is_shown
        self.dot.setVisible(changed)
        self.reset.setVisible(changed)
        if changed:
            words = self._default_words()
            text = tr("Reset {0} to {1}", title_of(self.spec), words or tr("the default"))
            self.dot.setToolTip(tr("Changed; the default is {0}", words or tr("another")))
            self.reset.setToolTip(text)
            self.reset.setAccessibleName(text)

    def _default_words(self) -> str:
        if isinstance(self.default, int | float) and not isinstance(self.default, bool):
            return numbers.show(self.default)
        return default_words(msgspec.structs.replace(self.spec, default=self.default), tr)

    def _say(self) -> None:
        text = self.fault_text if self._is_shown else ""
        if text or self._fault is not None:
            self.fault.say(text)
        self.editor.set_faulty(bool(text))
        self.editor.setAccessibleDescription(text or help_of(self.spec))

    def describe(self, spec: FieldSpec) -> None:
        """Take the tooltip of another spec of the same field (flags may come later)."""
        self.spec = spec
        for widget in (self.editor, self.label):
            widget.setToolTip(tip_of(spec))
