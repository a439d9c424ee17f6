"""What a field says of itself, in the language of the window: all words of the schema pass here."""

from __future__ import annotations

from wnin_desktop.qt.forms.line import rich
from wnin_desktop.qt.text import tr
from wnin_desktop.schema.fields import FieldSpec, tooltip

NO_UNIT = ("", "1")


def title_of(spec: FieldSpec) -> str:
    """Return what the field is called."""
    return tr(spec.title)


def help_of(spec: FieldSpec) -> str:
    """Return what the field means."""
    return tr(spec.help)


def tip_of(spec: FieldSpec) -> str:
    """Return meaning, unit, range, default and flag as a tooltip."""
    return rich(tooltip(spec, tr))


def unit_of(unit: str) -> str:
    """Return a unit; nothing where there is none worth a word."""
    return "" if unit in NO_UNIT else tr(unit)


def name_of(spec: FieldSpec, unit: str | None = None) -> str:
    """Return title and unit, as a screen reader tells them; the unit may be another than the field's own."""
    words = unit_of(spec.unit if unit is None else unit)
    return f"{title_of(spec)}, {words}" if words else title_of(spec)
