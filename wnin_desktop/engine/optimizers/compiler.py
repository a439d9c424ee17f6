"""Optimizers without torch's compiler.

Making an optimizer and its first step import `torch._dynamo`, two seconds of every process that trains, to
call two functions that matter to compiled code alone: `disable` marks a method as not to be compiled, and
`graph_break` ends a compiled part. Until somebody compiles something, a stand-in has these two.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

NAME = "torch._dynamo"


class _StandIn(ModuleType):
    """Gives way to the real module once anything else of it is wanted, by `torch.compile` for example.

    What was marked before then stays unmarked: a few methods of `Optimizer` that are seldom compiled.
    """

    @staticmethod
    def graph_break(msg: str = "") -> None:
        """End no compiled part, for there is none."""

    @staticmethod
    def disable(fn: Any, recursive: bool = True, **_how: Any) -> Any:  # noqa: ARG004 - torch's signature
        """Return the function itself, which nobody compiles."""
        return fn

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)  # whoever looks through all modules wants nothing of this one
        if sys.modules.get(NAME) is self:
            del sys.modules[NAME]
        return getattr(importlib.import_module(NAME), name)


def leave_compiler_out() -> None:
    """Put the stand-in in its place, unless the real module is there already."""
    spec = importlib.util.find_spec(NAME) if NAME not in sys.modules else None
    if spec is not None:
        stand_in = _StandIn(NAME)
        stand_in.__file__ = spec.origin
        sys.modules[NAME] = stand_in
