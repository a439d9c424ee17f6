"""What a field allows, in words: one source for error messages, flag helps, tooltips and tables."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def describe_field(field: FieldInfo) -> str:
    """Return what `field` allows, as in "a whole number from 1 to 4096"."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "allowed" in extra:
        return str(extra["allowed"])
    return describe_type(field.annotation, field.metadata)


def describe_type(annotation: Any, constraints: Sequence[Any] = ()) -> str:
    """Return what a value of type `annotation` under pydantic `constraints` may be."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return describe_type(arguments[0], [*constraints, *_flat(arguments[1:])])
    if origin is Literal:
        return ", ".join(str(value) for value in arguments)
    if origin in (Union, types.UnionType):
        return _describe_union(arguments, constraints)
    if origin in (tuple, list):
        return f"a list of {_length(constraints, 'values')}, each {describe_type(arguments[0])}"
    return _describe_plain(annotation, constraints)


def _describe_plain(annotation: Any, constraints: Sequence[Any]) -> str:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a table with {', '.join(annotation.model_fields)}"
    if annotation is str:
        return f"text of {_length(constraints, 'characters')}" if constraints else "text"
    names = {bool: "true or false", int: "a whole number", float: "a finite number"}
    return names.get(annotation, "a table of names and values") + _bounds(constraints)


def _describe_union(options: Sequence[Any], constraints: Sequence[Any]) -> str:
    tags = _by_kind(options)
    if tags:
        return f"a table whose kind is one of {', '.join(tags)}"
    words = [describe_type(option, constraints) for option in options if option is not types.NoneType]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def branches(annotation: Any) -> dict[str, type[BaseModel]]:
    """Return the models of a union told apart by `kind`, by that kind; empty for any other type."""
    if get_origin(annotation) is Annotated:
        return branches(get_args(annotation)[0])
    return _by_kind(get_args(annotation))


def _by_kind(options: Sequence[Any]) -> dict[str, type[BaseModel]]:
    models = [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
    return {
        str(model.model_fields["kind"].default): model for model in models if "kind" in model.model_fields
    }


def _flat(constraints: Iterable[Any]) -> list[Any]:
    flat: list[Any] = []
    for constraint in constraints:
        flat.extend(constraint.metadata if isinstance(constraint, FieldInfo) else [constraint])
    return flat


def _bound(constraints: Sequence[Any], name: str) -> Any:
    return next((getattr(item, name) for item in constraints if getattr(item, name, None) is not None), None)


def _bounds(constraints: Sequence[Any]) -> str:
    at_least, above = _bound(constraints, "ge"), _bound(constraints, "gt")
    at_most, below = _bound(constraints, "le"), _bound(constraints, "lt")
    words = []
    if at_least is not None and at_most is not None:
        words.append(f"from {number(at_least)} to {number(at_most)}")
    else:
        words += [f"of at least {number(at_least)}"] if at_least is not None else []
        words += [f"above {number(above)}"] if above is not None else []
        words += [f"of at most {number(at_most)}"] if at_most is not None else []
    words += [f"below {number(below)}"] if below is not None else []
    multiple = _bound(constraints, "multiple_of")
    words += [f"divisible by {number(multiple)}"] if multiple is not None else []
    return f" {' and '.join(words)}" if words else ""


def _length(constraints: Sequence[Any], unit: str) -> str:
    shortest, longest = _bound(constraints, "min_length"), _bound(constraints, "max_length")
    if longest is None:
        return f"at least {shortest} {unit}" if shortest else unit
    return f"{shortest or 0} to {longest} {unit}"


def number(value: float) -> str:
    """Return a bound as people write it: 1000000, 0.5, 1e+18."""
    return str(value) if isinstance(value, int) and abs(value) < 10**12 else f"{value:g}"


def suggestion(given: object, names: Iterable[str]) -> str:
    """Return ", did you mean X?"-style text for the nearest of `names`, or "" when none is near."""
    near = difflib.get_close_matches(str(given).lower(), list(names), n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""
