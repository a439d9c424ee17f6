"""One field of a form - title, unit, help, type, bounds, default, flag - read from any pydantic model.

A `FieldSpec` is plain data and survives JSON, so that a child process may describe models that this one never
imports. Paths are those of error messages: `optimizer.lr`, `arms[0].name`.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from wnin_desktop.schema.field_checks import find_fault, range_words
from wnin_desktop.schema.problems import join
from wnin_desktop.schema.words import branches, describe_field, number

Kind = Literal[
    "bool", "int", "float", "text", "choice", "int_list", "size", "path", "table", "union", "model", "models",
    "scalar",
]  # fmt: skip
"""size: a number or a word ("full"); scalar: true, false, a number or text; table: names and scalars;
union: one of several models, told apart by `kind`; models: a list of models, such as phases."""

ADVANCED = frozenset({
    "TaskConfig.download", "TaskConfig.channels", "TaskConfig.train_examples", "TaskConfig.val_examples",
    "MlpConfig.normalization", "CnnConfig.normalization", "Resnet18Config.normalization",
    "BudgetConfig.eval_examples", "BudgetConfig.norms_every", "BudgetConfig.curvature_probes",
    "BudgetConfig.curvature_examples", "BudgetConfig.checkpoint_every", "BudgetConfig.matched_train_loss",
    "BudgetConfig.trajectory_points",
    "OptimizerConfig.clip_norm", "OptimizerConfig.lr_follows_temperature", "AdaptiveSchedule.start",
    "SharedConfig.numerics", "SharedConfig.threads", "CompareConfig.numerics", "CompareConfig.threads",
    "RunConfig.numerics", "RunConfig.threads", "CompareConfig.baseline",
})  # fmt: skip
"""Fields that a form folds away, as Model.field."""
PATHS = frozenset({"TaskConfig.path", "PluginNetworkConfig.name"})
"""Fields whose text is a file or a folder."""
SELDOM = frozenset({"eps", "nesterov", "preserve_scale", "adjust", "adamw_beta1", "adamw_beta2", "centered"})
"""Hyper-parameters of optimizers that a form folds away."""
STARTS: Mapping[str, Any] = {
    "PhasesSchedule.phases": [
        {"name": "explore", "until": 0.5, "factor": 1.0},
        {"name": "settle", "until": 1.0, "factor": 0.1},
    ],
}
"""What a form begins with where the model has no default, as Model.field."""
SUGGESTED: Mapping[str, tuple[str, ...]] = {
    f"{model}.device": ("auto", "cpu", "cuda") for model in ("SharedConfig", "CompareConfig", "RunConfig")
}
"""What a form offers while text is typed, as Model.field."""
SMALL_DEFAULT = 0.01
SET_FLAG = "--set"
PARAMS = "optimizer.params."
Say = Callable[..., str]
"""Puts a text into the language of a window, with its values filled in."""


class FieldSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a form, a tooltip and a table need to know of one field."""

    path: str
    """Place below the model the specs were made from."""
    name: str
    title: str = ""
    help: str = ""
    unit: str = "1"
    kind: Kind = "text"
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str = ""
    choices: tuple[bool | int | float | str, ...] = ()
    """Values of a choice, kinds of a union, words of a size, suggestions for a text."""
    whole: bool = True
    """Whether the number of a size, or of a list, is a whole one."""
    nullable: bool = False
    default: Any = None
    required: bool = False
    allowed: str = ""
    flag: str = ""
    advanced: bool = False
    fields: tuple[FieldSpec, ...] = ()
    """Fields of a model, or of each element of a list of models (paths below the element)."""
    branches: tuple[Branch, ...] = ()
    """The models of a union."""

    @property
    def is_log(self) -> bool:
        """Whether its values are thought of in decades: positive, without a near upper bound."""
        if self.kind != "float" or (self.ge is None and self.gt is None):
            return False
        lowest = self.gt if self.gt is not None else self.ge
        highest = self.le if self.le is not None else self.lt
        tiny = isinstance(self.default, float) and 0 < self.default < SMALL_DEFAULT
        return lowest == 0 and (highest is None or highest > 1 or tiny)


class Branch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model of a union: chosen by its kind."""

    kind: str
    help: str = ""
    fields: tuple[FieldSpec, ...] = ()


def fields_of(model: type[BaseModel], prefix: str = "") -> tuple[FieldSpec, ...]:
    """Return the fields of `model` in its own order; `kind`, which picks a union's branch, is left out.

    Args:
        model: Any pydantic model.
        prefix: Path put before each field's name ("budget").
    """
    return tuple(
        _spec(model, name, field, prefix)
        for name, field in model.model_fields.items()
        if not (name == "kind" and _is_tag(field))
    )


def with_flags(specs: Iterable[FieldSpec], flags: Mapping[str, str], at: str = "") -> tuple[FieldSpec, ...]:
    """Return `specs` with the flags that set them.

    Args:
        specs: The fields.
        flags: Flag by path in a run configuration ("arm.optimizer.lr": "--lr").
        at: Where in a run configuration the specs' paths begin ("arm").
    """
    return tuple(_flagged(spec, flags, at) for spec in specs)


def without(specs: Iterable[FieldSpec], paths: Collection[str]) -> tuple[FieldSpec, ...]:
    """Return `specs` without the fields at `paths`, inside models too."""
    return tuple(
        msgspec.structs.replace(spec, fields=without(spec.fields, paths)) if spec.kind == "model" else spec
        for spec in specs
        if spec.path not in paths
    )


def walk(specs: Iterable[FieldSpec]) -> Iterable[FieldSpec]:
    """Yield every field, and those inside models, unions and lists."""
    for spec in specs:
        yield spec
        yield from walk(spec.fields)
        for branch in spec.branches:
            yield from walk(branch.fields)


def check(spec: FieldSpec, value: object) -> str | None:
    """Return None where `value` is allowed, else why not: "allowed: a whole number from 1 to 9"."""
    return find_fault(spec, value)


def in_english(text: str, *values: object) -> str:
    """Return `text` as it is, with its values filled in."""
    return text.format(*values) if values else text


def tooltip(spec: FieldSpec, say: Say = in_english) -> str:
    """Return meaning, unit, range, default and flag, a line each."""
    lines = [say(spec.help or spec.title or spec.name)]
    if spec.unit not in ("", "1"):
        lines.append(say("Unit: {0}", say(spec.unit)))
    if allowed := range_words(spec):
        lines.append(say("Allowed: {0}", say(allowed)))
    if default := default_words(spec, say):
        lines.append(say("Default: {0}", default))
    if spec.flag:
        lines.append(say("Command line: {0}", spec.flag))
    return "\n".join(lines)


def default_words(spec: FieldSpec, say: Say = in_english) -> str:
    """Return the default as people write it; "" where there is none worth a word."""
    if spec.required or spec.kind in ("model", "models", "table"):
        return ""
    if spec.default is None:
        return say("empty")
    if isinstance(spec.default, bool):
        return say("on") if spec.default else say("off")
    if isinstance(spec.default, dict):
        return str(spec.default.get("kind", ""))
    if isinstance(spec.default, list | tuple):
        return " ".join(map(str, spec.default))
    return number(spec.default) if isinstance(spec.default, int | float) else str(spec.default)


def default_of(spec: FieldSpec) -> Any:
    """Return the value a new configuration holds here, built from the parts where the model states none."""
    if spec.kind == "model" and spec.required:
        return default_data(spec.fields)
    return to_jsonable_python(spec.default)


def default_data(specs: Iterable[FieldSpec]) -> dict[str, Any]:
    """Return the defaults of `specs` as a table; required fields without a default are left out."""
    return {
        spec.name: default_of(spec)
        for spec in specs
        if not spec.required or spec.kind == "model" or spec.default is not None
    }


# --- from the model --------------------------------------------------------------------------------------


def _is_tag(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1


def _spec(model: type[BaseModel], name: str, field: FieldInfo, prefix: str) -> FieldSpec:
    path, place = join(prefix, name), f"{model.__name__}.{name}"
    annotation, constraints, nullable = _bare(field.annotation, list(field.metadata))
    shape = _shape(annotation, path)
    if place in PATHS:
        shape["kind"] = "path"
    if place in SUGGESTED:
        shape["choices"] = SUGGESTED[place]
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return FieldSpec(
        path=path,
        name=name,
        title=field.title or name.replace("_", " ").capitalize(),
        help=field.description or "",
        unit=str(extra.get("unit", "1")),
        nullable=nullable,
        default=STARTS.get(place, _default(field)),
        required=field.is_required(),
        allowed=describe_field(field),
        advanced=place in ADVANCED or (model.__name__.endswith("Hyper") and name in SELDOM),
        **_bounds([*constraints, *shape.pop("constraints", ())]),
        **shape,
    )


def _bare(annotation: Any, constraints: list[Any]) -> tuple[Any, list[Any], bool]:
    """Return the type without `Annotated` and `| None`, the constraints met on the way, and if None goes."""
    if get_origin(annotation) is Annotated:
        inner, *extra = get_args(annotation)
        return _bare(inner, [*constraints, *_flat(extra)])
    if get_origin(annotation) in (Union, types.UnionType):
        options = [option for option in get_args(annotation) if option is not types.NoneType]
        nullable = len(options) < len(get_args(annotation))
        if len(options) == 1:
            inner, found, _ = _bare(options[0], constraints)
            return inner, found, nullable
        return Union[tuple(options)], constraints, nullable  # noqa: UP007 - made from a list at run time
    return annotation, constraints, False


def _flat(extra: Iterable[Any]) -> list[Any]:
    flat: list[Any] = []
    for item in extra:
        flat.extend(item.metadata if isinstance(item, FieldInfo) else [item])
    return flat


def _shape(annotation: Any, path: str) -> dict[str, Any]:
    """Return the kind of a bare type and what belongs to it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    plain: dict[Any, Kind] = {bool: "bool", int: "int", float: "float", str: "text"}
    if annotation in plain:
        return {"kind": plain[annotation]}
    if tags := branches(annotation):
        return {"kind": "union", "choices": tuple(tags), "branches": _branches(tags, path)}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {"kind": "model", "fields": fields_of(annotation, path)}
    shape = SHAPES.get(origin, lambda _: {"kind": "scalar"})
    return shape(arguments)


def _branches(tags: Mapping[str, type[BaseModel]], path: str) -> tuple[Branch, ...]:
    return tuple(
        Branch(kind=kind, help=_first_line(model), fields=fields_of(model, path))
        for kind, model in tags.items()
    )


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]


def _list_shape(arguments: tuple[Any, ...]) -> dict[str, Any]:
    bare, constraints, _ = _bare(arguments[0], [])
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return {"kind": "models", "fields": fields_of(bare)}
    return {"kind": "int_list", "whole": bare is int, "constraints": constraints}


def _union_shape(options: tuple[Any, ...]) -> dict[str, Any]:
    words: list[Any] = []
    numbers: list[Any] = []
    constraints: list[Any] = []
    for option in options:
        bare, found, _ = _bare(option, [])
        constraints += found
        (words if get_origin(bare) is Literal else numbers).append(bare)
    choices = tuple(choice for word in words for choice in get_args(word))
    if choices and set(numbers) <= {int, float}:
        return {"kind": "size", "choices": choices, "whole": float not in numbers, "constraints": constraints}
    if set(numbers) == {int, float} and not choices:
        return {"kind": "float"}
    return {"kind": "scalar"}


SHAPES: Mapping[Any, Callable[[tuple[Any, ...]], dict[str, Any]]] = {
    Literal: lambda choices: {"kind": "choice", "choices": choices},
    tuple: _list_shape,
    list: _list_shape,
    dict: lambda _: {"kind": "table"},
    Union: _union_shape,
    types.UnionType: _union_shape,
}


def _bounds(constraints: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern"):
        values = [value for item in constraints if (value := getattr(item, name, None)) is not None]
        if values:
            found[name] = values[0]
    return found


def _default(field: FieldInfo) -> Any:
    value = field.get_default(call_default_factory=True, validated_data={})
    return None if value is PydanticUndefined else to_jsonable_python(value)


# --- flags -----------------------------------------------------------------------------------------------


def _flagged(spec: FieldSpec, flags: Mapping[str, str], at: str) -> FieldSpec:
    path = join(at, spec.path) if at else spec.path
    inner = {
        "fields": with_flags(spec.fields, flags, at) if spec.kind == "model" else spec.fields,
        "branches": tuple(
            msgspec.structs.replace(branch, fields=with_flags(branch.fields, flags, at))
            for branch in spec.branches
        ),
    }
    return msgspec.structs.replace(spec, flag=_flag(spec, path, flags), **inner)


def _flag(spec: FieldSpec, path: str, flags: Mapping[str, str]) -> str:
    if spec.kind == "union":
        path = join(path, "kind")
    if path in flags:
        return flags[path]
    before, params, name = path.rpartition(PARAMS)
    if params and before in ("arm.", ""):
        return f"--param {name}=..."
    return "" if spec.kind in ("model", "models", "table") else f"{SET_FLAG} {path}=..."
