"""One section of the preferences as a form, with search: made from the schema like every other form."""

from __future__ import annotations

import html
from typing import Any

import msgspec
from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from wnin_desktop.errors import InputError
from wnin_desktop.qt.dialogs.base import text_label
from wnin_desktop.qt.forms import ChoiceEdit, Form, PathEdit
from wnin_desktop.qt.forms.row import FieldRow
from wnin_desktop.qt.forms.said import help_of, title_of
from wnin_desktop.qt.preferences_model import PreferencesModel
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.schema.fields import FieldSpec, fields_of
from wnin_desktop.schema.preferences import Preferences

SCALES = (1.0, 1.1, 1.25, 1.5)
LOCALES = (
    "en_US", "en_GB", "en_IN", "de_DE", "de_CH", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "sv_SE",
    "pl_PL", "ja_JP", "zh_CN", "ko_KR",
)  # fmt: skip
SAMPLE = 12_345.6


class Section(QWidget):
    """A heading, what the section is about, and its fields."""

    change_wanted = Signal(str, object)

    def __init__(self, spec: FieldSpec, model: PreferencesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.spec, self._model = spec.name, spec, model
        self.setObjectName(f"preferences-{spec.name}")
        self.setAccessibleName(tr(spec.title))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, Space.L)
        column.setSpacing(Space.S)
        heading = text_label(tr(spec.title), f"{self.objectName()}-title", self)
        set_font(heading, "title")
        column.addWidget(heading)
        column.addWidget(text_label(tr(spec.help), f"{self.objectName()}-help", self, "muted"))
        specs = fields_of(type(getattr(Preferences(), spec.name)))
        makers = {
            "text_scale": scale_edit,
            "number_locale": locale_edit,
            "path": folder_edit,
            "language": language_edit,
        }
        self.form = Form(specs, base=spec.name, editors=makers, parent=self)
        self.form.show_data(getattr(model.value, spec.name).model_dump(mode="json"))
        self.form.edited.connect(self._change)
        column.addWidget(self.form)

    def _change(self, path: str, value: object) -> None:
        """Let the preference hold; a value that is not allowed stays in its field and says why."""
        try:
            self._model.change(**{path: value})
        except InputError as error:
            self.form.show_problems(error.problems)
        else:
            self.form.show_problems(())

    def show_value(self, path: str) -> None:
        """Show a preference that something else has changed."""
        value = self._model.get(path)
        if self.form.value(path) != value:
            self.form.show_value(path, value)

    def paths(self) -> list[str]:
        """Return the paths of its preferences."""
        return [f"{self.name}.{row.path}" for row in self.form.rows()]

    def search(self, words: list[str]) -> int:
        """Show the rows that hold every word, the words marked, and return how many there are."""
        found = 0
        for row in self.form.rows():
            fits = all(word in self._text_of(row) for word in words)
            row.set_shown(fits)
            mark(row, words if fits else [])
            found += fits
        return found

    def _text_of(self, row: FieldRow) -> str:
        spec = row.spec
        choices = " ".join(map(str, spec.choices))
        parts = (title_of(spec), help_of(spec), choices, spec.unit, spec.path, title_of(self.spec))
        return " ".join(parts).lower()


def mark(row: FieldRow, words: list[str]) -> None:
    """Underline what was searched for in the label of a row."""
    title = title_of(row.spec)
    if not words:
        row.label.setTextFormat(Qt.TextFormat.AutoText)
        row.label.setText(title.replace("&", "&&"))
        return
    row.label.setTextFormat(Qt.TextFormat.RichText)
    row.label.setText(marked(title, words))


def marked(title: str, words: list[str]) -> str:
    """Return a title as rich text with the words underlined."""
    low, places = title.lower(), set[int]()
    for word in words:
        start = low.find(word)
        while word and start >= 0:
            places.update(range(start, start + len(word)))
            start = low.find(word, start + 1)
    letters = [
        f"<b><u>{html.escape(letter)}</u></b>" if place in places else html.escape(letter)
        for place, letter in enumerate(title)
    ]
    return "".join(letters)


def scale_edit(spec: FieldSpec, parent: QWidget) -> ChoiceEdit:
    """Return the choice of sizes of text."""
    labels: dict[Any, str] = {scale: tr("{0} %", round(100 * scale)) for scale in SCALES}
    return ChoiceEdit(msgspec.structs.replace(spec, choices=SCALES), parent, labels=labels)


def language_edit(spec: FieldSpec, parent: QWidget) -> ChoiceEdit:
    """Return the choice of languages."""
    return ChoiceEdit(spec, parent, labels={"en": tr("English"), "pseudo": tr("Longer text, to test")})


def locale_edit(spec: FieldSpec, parent: QWidget) -> ChoiceEdit:
    """Return the choice of number formats, each with a number written in it."""
    labels: dict[Any, str] = {"": tr("As the system: {0}", _sample(QLocale.system()))}
    for name in LOCALES:
        locale = QLocale(name)
        territory = QLocale.territoryToString(locale.territory())
        language = QLocale.languageToString(locale.language())
        labels[name] = f"{_sample(locale)}   {language}, {territory}"
    return ChoiceEdit(msgspec.structs.replace(spec, choices=("", *LOCALES)), parent, labels=labels)


def _sample(locale: QLocale) -> str:
    return locale.toString(SAMPLE, "f", 1)


def folder_edit(spec: FieldSpec, parent: QWidget) -> PathEdit:
    """Return the editor of a folder."""
    editor = PathEdit(spec, parent)
    editor.file_button.hide()
    return editor
