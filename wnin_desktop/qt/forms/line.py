"""Editors of one line: what is typed is the value, valid or not, and is never thrown away.

Text that cannot be read as the field's type is itself the value: the experiment is then invalid and says so,
instead of silently keeping the number that stood there before.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from wnin_desktop.qt import numbers
from wnin_desktop.qt.text import tr
from wnin_desktop.schema.fields import FieldSpec, check


def same(one: object, other: object) -> bool:
    """Return whether two values mean the same in a file: true is not 1, but a tuple is a list."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def as_sentence(words: str) -> str:
    """Return what is wrong as a sentence: "allowed: 1 to 9" becomes "Allowed: 1 to 9."."""
    return tr(f"{words[:1].upper()}{words[1:].rstrip('.')}.") if words else ""


def rich(text: str) -> str:
    """Return plain text as rich text, so that a tooltip breaks its lines."""
    return f"<qt>{html.escape(text).replace(chr(10), '<br>')}</qt>"


class LineEditor(QLineEdit):
    """The base of editors of one line; a subclass says how text is read and how a value is written."""

    edited = Signal(object)
    """The value after each keystroke; text that cannot be read comes as it is."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._is_showing = False
        if spec.nullable:
            self.setPlaceholderText(tr("empty"))
        self.textChanged.connect(self._text_changed)
        self.editingFinished.connect(self._tidy)

    def read(self, text: str) -> Any:
        """Return the value of `text`, which is not empty; a ValueError says why there is none."""
        return text

    def write(self, value: Any) -> str:
        """Return the text of a value of the field's own type."""
        return str(value)

    def value(self) -> Any:
        """Return the value; None where nothing is written, the text itself where it cannot be read."""
        text = self.text().strip()
        if not text:
            return self.empty()
        try:
            return self.read(text)
        except ValueError:
            return self.text()

    def empty(self) -> Any:
        """Return what an empty line means."""
        return None

    def fault(self) -> str:
        """Return why the text is no value of this field, as a sentence; "" where it is one."""
        text = self.text().strip()
        try:
            value = self.read(text) if text else self.empty()
        except ValueError as error:
            return str(error)
        return as_sentence(check(self.spec, value) or "")

    def show_value(self, value: Any) -> None:
        """Show `value`; text that already means it is left alone: nobody is disturbed while typing."""
        if same(value, self.value()) and (self.text() or value is None):
            return
        self._is_showing = True
        self.setText("" if value is None else self._written(value))
        self._is_showing = False

    def _written(self, value: Any) -> str:
        try:
            return self.write(value)
        except (TypeError, ValueError):
            return str(value)  # a value of another type, as a file may hold it

    def set_faulty(self, faulty: bool) -> None:
        """Draw the line as one that must be mended."""
        set_invalid(self, faulty)

    def _text_changed(self) -> None:
        if not self._is_showing:
            self.edited.emit(self.value())

    def _tidy(self) -> None:
        """Write a valid value the way it is written everywhere."""
        if not self.fault() and (value := self.value()) is not None:
            self._is_showing = True
            self.setText(self._written(value))
            self._is_showing = False

    def event(self, event: QEvent) -> bool:
        """Leave undo and redo to the experiment, whose stack holds this edit too."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and is_undo(event):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Leave undo and redo to the experiment."""
        if is_undo(event):
            event.ignore()
            return
        super().keyPressEvent(event)


def is_undo(event: QKeyEvent) -> bool:
    """Return whether a key asks for undo or redo."""
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)


def set_invalid(widget: QWidget, invalid: bool) -> None:
    """Let the style sheet draw `widget` as one that must be mended, or as any other."""
    if bool(widget.property("invalid")) != invalid:
        widget.setProperty("invalid", invalid)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


LONGEST_RANGE = 4096


class TextEdit(LineEditor):
    """Any text; a field's choices are offered while typing."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        if spec.choices:
            self.setCompleter(QCompleter([str(choice) for choice in spec.choices], self))

    def empty(self) -> Any:
        """Return None where empty means "none", else the empty text."""
        return None if self.spec.nullable or self.spec.required else ""

    def read(self, text: str) -> str:
        """Return the text."""
        return text


class ListEdit(LineEditor):
    """Numbers in a row: "64 64", or "0-4" for 0 1 2 3 4."""

    def empty(self) -> list[int]:
        """Return the list of nothing."""
        return []

    def read(self, text: str) -> list[float]:
        """Return the numbers between spaces, commas or semicolons, with or without brackets.

        Raises:
            ValueError: One of them is no number.
        """
        parts = re.split(r"[\s;,]+" if self.spec.whole else r"[\s;]+", text.strip("[]() \t"))
        return [number for part in parts if part for number in self._numbers(part)]

    def _numbers(self, part: str) -> list[float]:
        ends = re.fullmatch(r"(\d{1,18})(?:-|\.\.)(\d{1,18})", part) if self.spec.whole else None
        if ends is None:
            number = numbers.parse(part)
            return [int(number) if self.spec.whole and float(number).is_integer() else number]
        first, last = int(ends[1]), int(ends[2])
        if not first <= last < first + LONGEST_RANGE:
            raise ValueError(tr("Write a range from low to high, such as 0-4."))
        return list(range(first, last + 1))

    def write(self, value: Any) -> str:
        """Return the numbers with spaces between them."""
        return " ".join(numbers.show(each).replace(numbers.GROUP_SPACE, "") for each in value)


class ScalarEdit(LineEditor):
    """true, false, a number or text."""

    def read(self, text: str) -> bool | int | float | str:
        """Return what the text says, as a file would."""
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        try:
            return numbers.parse(text)
        except ValueError:
            return text

    def write(self, value: Any) -> str:
        """Return the value as a file holds it."""
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else numbers.show(value)


class TableEdit(LineEditor):
    """Names and values: "hidden=64, act=relu"."""

    def empty(self) -> dict[str, Any]:
        """Return the table without names."""
        return {}

    def read(self, text: str) -> dict[str, Any]:
        """Return the table.

        Raises:
            ValueError: A part has no name.
        """
        pairs = [part.partition("=") for part in re.split(r"[,;]\s*", text) if part.strip()]
        if any(not sign or not name.strip().isidentifier() for name, sign, _ in pairs):
            raise ValueError(tr("Write name=value, with commas between."))
        return {name.strip(): _plain(value.strip()) for name, _, value in pairs}

    def write(self, value: Any) -> str:
        """Return the pairs with commas between them."""
        return ", ".join(f"{name}={_json(each)}" for name, each in value.items())


def _plain(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float | str) else text


def _json(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(value) if isinstance(value, str) and _plain(text) != value else text
