"""Pydantic's errors as sentences: one problem per mistake, with the path a reader of the file would write."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from wnin_desktop.errors import NOTHING, Problem
from wnin_desktop.schema.words import branches, describe_field, describe_type, suggestion

CONTRADICTION = "contradiction"


def contradiction(field: str, value: object, allowed: str) -> PydanticCustomError:
    """Return the error for settings that do not go together, to be raised by a model's own validator.

    Args:
        field: The field to change, relative to the model ("temperature", "network.kind").
        value: Its value.
        allowed: Why it does not fit and what would.
    """
    context = {"field": field, "value": value, "allowed": allowed}
    return PydanticCustomError(CONTRADICTION, "{field}: {allowed}", context)


def problems(model: type[BaseModel], error: ValidationError, prefix: str = "") -> list[Problem]:
    """Return what is wrong, each mistake once.

    Args:
        model: The model that was validated.
        error: What pydantic found.
        prefix: Path put before each field name.
    """
    items = [item for item in error.errors(include_url=False) if not _is_echo(item, error)]
    found: dict[str, Problem] = {}
    for item in items:
        problem = _problem(_Place.of(model, item["loc"]), item, prefix)
        found.setdefault(problem.field, problem)
    return _without_renamed(list(found.values()))


@dataclass
class _Place:
    """Where an error's location leads in the models: path as written, the model around it, the field."""

    path: str
    owner: type[BaseModel] | None
    siblings: dict[str, type[BaseModel]]
    annotation: Any
    field: FieldInfo | None

    @classmethod
    def of(cls, model: type[BaseModel], location: tuple[int | str, ...]) -> _Place:
        place = cls("", None, {}, model, None)
        for part in location:
            if not place._enter(part):
                break
        return place

    def _enter(self, part: int | str) -> bool:
        annotation = _bare(self.annotation)
        tags = branches(annotation)
        if part in tags:  # pydantic puts the tag into the path; the file does not hold it there
            self.siblings, self.annotation = tags, tags[str(part)]
            return True
        if get_origin(annotation) in (Union, types.UnionType):
            return False  # the name of a plain union's branch
        self.path = join(self.path, part)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            self.owner, self.field = annotation, annotation.model_fields.get(str(part))
            self.annotation = self.field.annotation if self.field else None
        else:
            arguments = get_args(annotation)
            self.field, self.annotation = None, arguments[-1 if get_origin(annotation) is dict else 0]
        return True

    def allowed(self) -> str:
        return describe_field(self.field) if self.field else describe_type(self.annotation)


def join(path: str, part: int | str) -> str:
    """Return `path` one step deeper: "arms" with 0 is "arms[0]", that with "name" is "arms[0].name"."""
    if isinstance(part, int):
        return f"{path}[{part}]"
    return f"{path}.{part}" if path else part


def _bare(annotation: Any) -> Any:
    """Return the type without `Annotated` and without `| None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        options = [option for option in get_args(annotation) if option is not types.NoneType]
        return _bare(options[0]) if len(options) == 1 else annotation
    return annotation


def _is_echo(item: Any, error: ValidationError) -> bool:
    """Whether pydantic calls a list too short only because it dropped the elements it found wrong."""
    where = item["loc"]
    return item["type"] == "too_short" and any(
        other["loc"][: len(where)] == where and len(other["loc"]) > len(where)
        for other in error.errors(include_url=False, include_input=False)
    )


def _problem(place: _Place, item: Any, prefix: str) -> Problem:
    context, kind = item.get("ctx", {}), item["type"]
    path = prefix + place.path
    if kind == CONTRADICTION:
        return Problem(prefix + join(place.path, context["field"]), context["value"], context["allowed"])
    if kind == "extra_forbidden":
        return Problem(path, item["input"], _unknown_key(place, item["loc"][-1]))
    if kind == "missing":
        return Problem(path, NOTHING, f"this field is required, allowed: {place.allowed()}")
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_kind(path, place, item["input"])
    if kind == "value_error":
        return Problem(
            path.rstrip(".") or "configuration",
            item["input"],
            str(context.get("error", item["msg"])).rstrip("."),
        )
    allowed = place.allowed()
    near = suggestion(item["input"], _choices(allowed)) if kind == "literal_error" else ""
    return Problem(path or "configuration", item["input"], f"allowed: {allowed}{near}")


def _choices(allowed: str) -> list[str]:
    return allowed.split(", ")


def _wrong_kind(path: str, place: _Place, given: object) -> Problem:
    tags = branches(_bare(place.annotation))
    if not isinstance(given, dict):
        return Problem(path, given, f"allowed: {place.allowed()}")
    kind = given.get("kind", NOTHING)
    return Problem(join(path, "kind"), kind, f"allowed: {', '.join(tags)}{suggestion(kind, tags)}")


def _unknown_key(place: _Place, key: int | str) -> str:
    having = [kind for kind, model in place.siblings.items() if key in model.model_fields]
    own = [kind for kind, model in place.siblings.items() if model is place.owner]
    if having and own:
        return f"kind '{own[0]}' has no {key} (allowed with: {', '.join(having)})"
    known = list(place.owner.model_fields) if place.owner else []
    return f"there is no such key, allowed: {', '.join(known)}{suggestion(key, known)}"


def _without_renamed(found: list[Problem]) -> list[Problem]:
    """Drop "required" where the same table holds a misspelling of that very key: it is one mistake."""
    suggested = {
        join(problem.field.rpartition(".")[0], problem.allowed.rpartition("(did you mean ")[2].rstrip("?)"))
        for problem in found
        if "(did you mean " in problem.allowed
    }
    return [problem for problem in found if problem.value is not NOTHING or problem.field not in suggested]
