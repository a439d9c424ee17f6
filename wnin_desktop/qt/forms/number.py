"""Editors of numbers: checked as typed, stepped by arrow keys and, where one has clicked, by the wheel."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QCompleter, QWidget

from wnin_desktop.qt import numbers
from wnin_desktop.qt.forms.line import LineEditor
from wnin_desktop.qt.forms.steps import stepped
from wnin_desktop.schema.fields import FieldSpec

STEP_KEYS = {
    Qt.Key.Key_Up: (1, False),
    Qt.Key.Key_Down: (-1, False),
    Qt.Key.Key_PageUp: (1, True),
    Qt.Key.Key_PageDown: (-1, True),
}
WHEEL_NOTCH = 120


class NumberEdit(LineEditor):
    """A floating-point number."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self._wheel = 0
        # Numbers run from left to right in every script.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setInputMethodHints(Qt.InputMethodHint.ImhFormattedNumbersOnly)

    def read(self, text: str) -> float:
        """Return the number.

        Raises:
            ValueError: The text is none.
        """
        return float(numbers.parse(text))

    def write(self, value: Any) -> str:
        """Return the number as this person writes it."""
        return numbers.show(value) if isinstance(value, int | float) else str(value)

    def step_by(self, steps: int, *, large: bool = False) -> None:
        """Step the number as the arrow keys (`large`: page keys) do; without one, from the default."""
        value = self.value()
        if not isinstance(value, int | float):
            value = self.spec.default if isinstance(self.spec.default, int | float) else (self.spec.ge or 1)
        self.setText(self.write(stepped(self.spec, value, steps, large=large)))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Step on the arrow and page keys."""
        key = Qt.Key(event.key())
        if (
            key in STEP_KEYS
            and not self.isReadOnly()
            and not event.modifiers() & Qt.KeyboardModifier.AltModifier
        ):
            steps, large = STEP_KEYS[key]
            self.step_by(steps, large=large)
            event.accept()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Step where the keyboard is; elsewhere the wheel scrolls the form."""
        if not self.hasFocus() or self.isReadOnly():
            event.ignore()
            return
        self._wheel += event.angleDelta().y()
        steps = int(self._wheel / WHEEL_NOTCH)
        self._wheel -= steps * WHEEL_NOTCH
        if steps:
            self.step_by(steps)
        event.accept()


class IntEdit(NumberEdit):
    """A whole number; 1e4 and 10k are whole too."""

    def read(self, text: str) -> Any:
        """Return the number, an int wherever it is whole.

        Raises:
            ValueError: The text is no number.
        """
        return whole_if_possible(numbers.parse(text))


class SizeEdit(IntEdit):
    """A number, or a word such as `full`."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.setInputMethodHints(Qt.InputMethodHint.ImhNone)
        completer = QCompleter([str(word) for word in spec.choices], self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setCompleter(completer)

    def read(self, text: str) -> Any:
        """Return the word or the number.

        Raises:
            ValueError: The text is neither.
        """
        if (
            word := next((word for word in self.spec.choices if str(word) == text.lower()), None)
        ) is not None:
            return word
        number = numbers.parse(text)
        return whole_if_possible(number) if self.spec.whole else number


def whole_if_possible(number: float) -> int | float:
    """Return `number` as an int where it is whole."""
    return int(number) if isinstance(number, int) or number.is_integer() else number
