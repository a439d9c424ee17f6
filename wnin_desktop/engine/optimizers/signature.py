"""A typed hyper-parameter model read from the signature of a plain `factory(params, lr=..., **hyper)`."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, create_model

from wnin_desktop.errors import PluginError
from wnin_desktop.schema.base import Config, quantity

SCALARS = (bool, int, float, str)
"""Types a hyper-parameter may have, the same that `optimizer.params` may hold."""


class SignatureHyper(Config):
    """Base of models read from signatures, where any name may occur."""

    model_config = ConfigDict(protected_namespaces=())


def hyper_from_signature(name: str, factory: Callable[..., Any]) -> type[Config]:
    """Return the model of `factory`'s keyword parameters; what is not a scalar keeps the factory's default.

    Raises:
        PluginError: The factory takes no `params` or no `lr`, or needs an argument that a form cannot give.
    """
    parameters = _parameters(name, factory)
    hints = _hints(factory)
    fields: dict[str, Any] = {"lr": (float, _lr_field(parameters.get("lr")))}
    for key, parameter in parameters.items():
        if key != "lr" and (found := _field(name, parameter, hints.get(key, Any))) is not None:
            fields[key] = found
    return create_model(f"Hyper_{name}", __base__=SignatureHyper, **fields)


def _parameters(name: str, factory: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        listed = list(inspect.signature(factory).parameters.values())
    except (TypeError, ValueError):
        raise PluginError(
            f"optimizer {name!r}: the factory's signature cannot be read; pass hyper="
        ) from None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if not listed or listed[0].kind not in (*positional, inspect.Parameter.VAR_POSITIONAL):
        raise PluginError(f"optimizer {name!r}: the factory must accept the parameters as its first argument")
    keywords = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = {parameter.name: parameter for parameter in listed[1:] if parameter.kind in keywords}
    if "lr" not in named and not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in listed):
        raise PluginError(f"optimizer {name!r}: the factory must accept lr")
    return named


def _hints(factory: Callable[..., Any]) -> dict[str, Any]:
    target = factory.__init__ if inspect.isclass(factory) else factory
    try:
        return get_type_hints(target)
    except (NameError, TypeError, AttributeError):  # annotations that only a type checker can resolve
        return {}


def _lr_field(parameter: inspect.Parameter | None) -> Any:
    default = 1e-3 if parameter is None else parameter.default
    usable = isinstance(default, int | float) and default > 0
    return quantity(
        float(default) if usable else 1e-3, title="Learning rate", help="Step size h.", gt=0, le=1e3
    )


def _field(name: str, parameter: inspect.Parameter, hint: Any) -> tuple[Any, Any] | None:
    key, default = parameter.name, parameter.default
    if key.startswith("_"):
        return None
    if hasattr(Config, key):
        raise PluginError(f"optimizer {name!r}: the hyper-parameter name {key!r} is reserved; pass hyper=")
    kind = _scalar_type(hint, default)
    if kind is None:
        if default is inspect.Parameter.empty:
            raise PluginError(f"optimizer {name!r}: the argument {key!r} is required and is not a scalar")
        return None
    given = ... if default is inspect.Parameter.empty else default
    return kind, quantity(given, title=key.replace("_", " ").capitalize(), help=f"Argument {key} of {name}.")


def _scalar_type(hint: Any, default: object) -> Any:
    """Return the scalar part of `hint`, or the default's own type, or None where neither is a scalar."""
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    scalars: list[Any] = [option for option in options if option in SCALARS]
    if not scalars and type(default) in SCALARS:
        # An integer default without annotation may well mean "momentum=0": let fractions through.
        scalars = [int, float] if type(default) is int else [type(default)]
    if default is None and scalars:
        scalars.append(type(None))
    elif default is not inspect.Parameter.empty and not isinstance(default, SCALARS):
        return None
    if not scalars:
        return None
    kind = scalars[0]
    for option in scalars[1:]:
        kind = kind | option
    return kind
