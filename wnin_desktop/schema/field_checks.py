"""Whether a value is allowed in a field, decided from its `FieldSpec` alone, in the schema's own words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wnin_desktop.schema.words import suggestion

if TYPE_CHECKING:
    from wnin_desktop.schema.fields import FieldSpec

Fault = str | None


def find_fault(spec: FieldSpec, value: object) -> Fault:
    """Return None where `value` is allowed, else what is, as "allowed: ..."."""
    if value is None:
        return None if spec.nullable else f"this field is required, allowed: {spec.allowed}"
    if CHECKS[spec.kind](spec, value):
        return None
    near = ""
    if spec.choices and isinstance(value, str):
        near = suggestion(value, map(str, spec.choices))
    return f"allowed: {spec.allowed}{near}"


def range_words(spec: FieldSpec) -> str:
    """Return what is allowed, with the word for leaving it empty."""
    if spec.kind in ("bool", "model"):
        return ""
    return f"{spec.allowed}, or empty" if spec.nullable and spec.allowed else spec.allowed


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def in_bounds(spec: FieldSpec, value: float) -> bool:
    """Return whether a number lies within the field's bounds."""
    return (
        (spec.ge is None or value >= spec.ge)
        and (spec.gt is None or value > spec.gt)
        and (spec.le is None or value <= spec.le)
        and (spec.lt is None or value < spec.lt)
        and (spec.multiple_of is None or value % spec.multiple_of == 0)
    )


def _fits_length(spec: FieldSpec, value: Any) -> bool:
    return (spec.min_length or 0) <= len(value) <= (math.inf if spec.max_length is None else spec.max_length)


def _int(spec: FieldSpec, value: Any) -> bool:
    return _is_whole(value) and in_bounds(spec, value)


def _float(spec: FieldSpec, value: Any) -> bool:
    return _is_number(value) and in_bounds(spec, value)


def _text(spec: FieldSpec, value: Any) -> bool:
    return (
        isinstance(value, str)
        and _fits_length(spec, value)
        and (not spec.pattern or re.search(spec.pattern, value) is not None)
    )


def _choice(spec: FieldSpec, value: Any) -> bool:
    return any(
        value == choice and isinstance(value, bool) == isinstance(choice, bool) for choice in spec.choices
    )


def _size(spec: FieldSpec, value: Any) -> bool:
    if isinstance(value, str):
        return value in spec.choices
    return (_is_whole(value) if spec.whole else _is_number(value)) and in_bounds(spec, value)


def _list(spec: FieldSpec, value: Any) -> bool:
    is_one = _is_whole if spec.whole else _is_number
    return (
        isinstance(value, list | tuple)
        and _fits_length(spec, value)
        and all(is_one(item) and in_bounds(spec, item) for item in value)
    )


def _table(spec: FieldSpec, value: Any) -> bool:
    del spec  # which names it may hold is for the optimizer or the plugin to say
    return isinstance(value, dict) and all(
        isinstance(item, bool | int | float | str) for item in value.values()
    )


def _model(spec: FieldSpec, value: Any) -> bool:
    return isinstance(value, dict) and _fits_fields(spec.fields, value)


def _models(spec: FieldSpec, value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and _fits_length(spec, value)
        and all(isinstance(item, dict) and _fits_fields(spec.fields, item) for item in value)
    )


def _union(spec: FieldSpec, value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    fields = next((branch.fields for branch in spec.branches if branch.kind == value.get("kind")), None)
    rest = {name: item for name, item in value.items() if name != "kind"}
    return fields is not None and _fits_fields(fields, rest)


def _fits_fields(fields: tuple[FieldSpec, ...], value: dict[str, Any]) -> bool:
    known = {field.name: field for field in fields}
    if any(field.required and field.name not in value for field in fields):
        return False
    return all(name in known and find_fault(known[name], item) is None for name, item in value.items())


CHECKS: dict[str, Callable[[FieldSpec, Any], bool]] = {
    "bool": lambda _, value: isinstance(value, bool),
    "int": _int,
    "float": _float,
    "text": _text,
    "path": _text,
    "choice": _choice,
    "size": _size,
    "int_list": _list,
    "table": _table,
    "union": _union,
    "model": _model,
    "models": _models,
    "scalar": lambda _, value: isinstance(value, bool | int | str) or _is_number(value),
}
