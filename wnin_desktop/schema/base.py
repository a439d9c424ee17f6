"""The base of every configuration: strict, frozen, and able to say what is wrong in one sentence."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from wnin_desktop.errors import InputError
from wnin_desktop.schema.problems import problems


class Config(BaseModel):
    """A frozen value with no unknown keys, no NaN and no infinities."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)


def quantity(
    default: Any = ...,
    *,
    title: str,
    help: str,  # noqa: A002 - the word that forms, flags and metrics use
    unit: str = "1",
    allowed: str | None = None,
    **bounds: Any,
) -> Any:
    """Return a pydantic field whose title, unit and help feed forms, flags, tables and docs.

    Args:
        default: The default value, or `...` where the user must choose.
        title: What the window writes beside the control.
        help: One sentence: what it means and what it does.
        unit: Unit symbol; "1" is dimensionless.
        allowed: What is allowed, in words, where type and bounds cannot say it.
        bounds: pydantic's own bounds (`ge`, `gt`, `le`, `lt`, `min_length`, ...).
    """
    factory = bounds.pop("default_factory", None)
    extra: dict[str, Any] = {"unit": unit} | ({"allowed": allowed} if allowed else {})
    if factory is not None:
        return Field(
            default_factory=factory, title=title, description=help, json_schema_extra=extra, **bounds
        )
    return Field(default, title=title, description=help, json_schema_extra=extra, **bounds)


C = TypeVar("C", bound=BaseModel)


def validate(model: type[C], data: object, *, source: str | None = None, prefix: str = "") -> C:
    """Return `data` as `model`, or raise one `InputError` that holds every problem.

    Nothing is guessed: text is not turned into numbers, true is not 1.

    Args:
        model: The configuration class.
        data: Decoded TOML, JSON or YAML, or a dict made from flags.
        source: File the data came from, named in the message.
        prefix: Path put before each field name, for nested inputs ("arms[0].optimizer.params.").
    """
    try:
        # pydantic's strict mode takes tables and lists for models and tuples only when they come as JSON.
        text = to_json(data, inf_nan_mode="constants", fallback=repr)
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise InputError(problems(model, error, prefix), source=source) from None
    except (ValueError, RecursionError) as error:
        allowed = f"it must be made of tables, lists, text, numbers and true or false: {error}"
        raise InputError.of(
            prefix.rstrip(".") or "configuration", type(data).__name__, allowed, source=source
        ) from None
