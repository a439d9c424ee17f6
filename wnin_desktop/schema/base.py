"""The base of every configuration: strict, frozen, and able to say what is wrong in one sentence."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wnin_desktop.errors import InputError, Problem


class Config(BaseModel):
    """A frozen value with no unknown keys, no NaN and no infinities."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)


def quantity(default: Any = ..., *, title: str, help: str, unit: str = "1", **bounds: Any) -> Any:  # noqa: A002
    """Return a pydantic field whose title, unit and help feed forms, flags, tables and docs.

    Args:
        default: The default value, or `...` where the user must choose.
        title: What the window writes beside the control.
        help: One sentence: what it means and what it does.
        unit: Unit symbol; "1" is dimensionless.
        bounds: pydantic's own bounds (`ge`, `gt`, `le`, `lt`, `min_length`, ...).
    """
    factory = bounds.pop("default_factory", None)
    extra: dict[str, Any] = {"unit": unit}
    if factory is not None:
        return Field(
            default_factory=factory, title=title, description=help, json_schema_extra=extra, **bounds
        )
    return Field(default, title=title, description=help, json_schema_extra=extra, **bounds)


C = TypeVar("C", bound=BaseModel)


def validate(model: type[C], data: object, *, source: str | None = None, prefix: str = "") -> C:
    """Return `data` as `model`, or raise one `InputError` that holds every problem.

    Args:
        model: The configuration class.
        data: Decoded TOML, JSON or YAML, or a dict made from flags.
        source: File the data came from, named in the message.
        prefix: Path put before each field name, for nested inputs.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InputError(_problems(error, prefix), source=source) from None


def _problems(error: ValidationError, prefix: str) -> list[Problem]:
    return [
        Problem(prefix + _field_name(item["loc"]), item.get("input"), _allowed(item))
        for item in error.errors()
    ]


def _field_name(location: tuple[int | str, ...]) -> str:
    # Union branches appear in pydantic's path as the tag value; they carry no meaning for the reader.
    name = ""
    for part in location:
        name += f"[{part}]" if isinstance(part, int) else (f".{part}" if name else str(part))
    return name or "configuration"


def _allowed(item: Any) -> str:
    context = item.get("ctx", {})
    kind = item["type"]
    if kind == "extra_forbidden":
        return "this key is unknown here"
    if kind == "missing":
        return "this field is required"
    if kind in ("union_tag_invalid", "literal_error"):
        return f"allowed: {context.get('expected_tags') or context.get('expected')}"
    if kind == "value_error":
        return str(context.get("error", item["msg"])).rstrip(".")
    return str(item["msg"]).replace("Input should be", "allowed:").rstrip(".")
