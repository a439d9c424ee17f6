"""Editors of choices: a list of words, and a switch."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
    QWidget,
)

from wnin_desktop.qt.forms.line import as_sentence, same, set_invalid
from wnin_desktop.qt.text import tr
from wnin_desktop.schema.fields import FieldSpec, check

MIN_LETTERS = 6
"""Letters of a choice that are always seen, however narrow the panel."""
MOST_VISIBLE = 16
"""Choices that the list shows without scrolling, where the screen has room."""


class ChoiceEdit(QComboBox):
    """One of several words. A value that is none of them is shown as it is and must be mended."""

    edited = Signal(object)

    def __init__(
        self, spec: FieldSpec, parent: QWidget | None = None, *, labels: Mapping[Any, str] | None = None
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self._stray: Any = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(MIN_LETTERS)
        self.setMaxVisibleItems(MOST_VISIBLE)
        self.set_choices(spec.choices, labels)
        self.currentIndexChanged.connect(self._chosen)

    def set_choices(self, choices: Iterable[Any], labels: Mapping[Any, str] | None = None) -> None:
        """Offer `choices`, under `labels` where they have one; the value stays what it was."""
        before = self.value() if self.count() else None
        blocked = self.blockSignals(True)
        self.clear()
        if self.spec.nullable:
            self.addItem(tr("empty"), None)
        for choice in choices:
            self.addItem((labels or {}).get(choice) or label_of(choice), choice)
        self.blockSignals(blocked)
        if before is not None:
            self.show_value(before)

    def set_help(self, choice: Any, text: str) -> None:
        """Say what one choice means, in a tooltip of its own."""
        if (index := self.findData(choice)) >= 0:
            self.setItemData(index, text, Qt.ItemDataRole.ToolTipRole)

    def value(self) -> Any:
        """Return the chosen word, or the stray value that stands in its place."""
        return self._stray if self.currentIndex() < 0 else self.currentData()

    def fault(self) -> str:
        """Return why the value is no choice, as a sentence; "" where it is one."""
        if self.currentIndex() >= 0:
            return ""
        return as_sentence(check(self.spec, self._stray) or "")

    def show_value(self, value: Any) -> None:
        """Choose `value` without telling anybody."""
        index = next((i for i in range(self.count()) if same(self.itemData(i), value)), -1)
        blocked = self.blockSignals(True)
        self._stray = value if index < 0 else None
        self.setPlaceholderText("" if index >= 0 or value is None else str(value))
        self.setCurrentIndex(index)
        self.blockSignals(blocked)

    def set_faulty(self, faulty: bool) -> None:
        """Draw the box as one that must be mended."""
        set_invalid(self, faulty)

    def _chosen(self, index: int) -> None:
        if index >= 0:
            self._stray = None
            self.edited.emit(self.currentData())

    @property
    def shown_text(self) -> str:
        """What is seen of the word: all of it, or as much as there is room for."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        parts, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(parts, option, field, self).width()
        text = self.currentText() if self.currentIndex() >= 0 else self.placeholderText()
        return self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's names
        """Draw the word as far as there is room; Qt would cut through a letter."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self.shown_text
        if self.currentIndex() < 0:
            option.palette.setBrush(QPalette.ColorRole.ButtonText, option.palette.placeholderText())
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def event(self, event: QEvent) -> bool:
        """Say the whole word in the tooltip where it is cut."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            whole = self.currentText()
            if whole and self.shown_text != whole:
                lead = f"<qt><b>{html.escape(whole)}</b><br>"
                QToolTip.showText(event.globalPos(), self.toolTip().replace("<qt>", lead, 1) or whole, self)
                return True
        return super().event(event)

    def showPopup(self) -> None:  # noqa: N802
        """Open a list in which every word can be read, however narrow the box is."""
        view = self.view()
        bar = view.verticalScrollBar().sizeHint().width()
        view.setMinimumWidth(view.sizeHintForColumn(0) + bar + 2 * view.frameWidth())
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Change by wheel only where the keyboard is; elsewhere the wheel scrolls the form."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class BoolEdit(QCheckBox):
    """On or off; a value that is neither stands between the two."""

    edited = Signal(object)

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._stray: Any = None
        self.clicked.connect(self._clicked)

    def value(self) -> Any:
        """Return whether it is on, or the stray value that stands in its place."""
        if self.checkState() == Qt.CheckState.PartiallyChecked:
            return self._stray
        return self.isChecked()

    def fault(self) -> str:
        """Return why the value is neither on nor off, as a sentence; "" where it is one."""
        return as_sentence(check(self.spec, self.value()) or "")

    def show_value(self, value: Any) -> None:
        """Show `value` without telling anybody."""
        blocked = self.blockSignals(True)
        is_plain = isinstance(value, bool)
        self._stray = None if is_plain else value
        self.setTristate(not is_plain)
        if is_plain:
            self.setChecked(value)
        else:
            self.setCheckState(Qt.CheckState.PartiallyChecked)
        self.blockSignals(blocked)

    def set_faulty(self, faulty: bool) -> None:
        """Draw the switch as one that must be mended."""
        set_invalid(self, faulty)

    def _clicked(self) -> None:
        on = self.checkState() != Qt.CheckState.Unchecked
        self.setTristate(False)
        self.setChecked(on)
        self.edited.emit(on)


def label_of(choice: Any) -> str:
    """Return a choice as people read it: inverse_anneal is "inverse anneal"."""
    return str(choice).replace("_", " ")
