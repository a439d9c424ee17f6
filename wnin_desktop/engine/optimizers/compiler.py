"""Optimizers without torch's compiler.

Making an optimizer and its first step import `torch._dynamo`, two seconds of every process that trains, to
call two functions that matter to compiled code alone: `disable` marks a method as not to be compiled, and
`graph_break` ends a compiled part. Until somebody compiles something, a stand-in has these two.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

NAME = "torch._dynamo"
_lock = threading.Lock()


class _StandIn(ModuleType):
    """Gives way to the real module once anything else of it is wanted, by `torch.compile` for example.

    What torch marked before then stays unmarked: a few methods of `Optimizer` that are seldom compiled.
    """

    @staticmethod
    def graph_break(msg: str = "") -> None:
        """End no compiled part, for there is none."""

    def disable(self, fn: Any = None, recursive: bool = True, **how: Any) -> Any:
        """Return a function of torch itself as it is; what anybody else marks, the compiler marks."""
        if fn is not None and how == {"wrapping": False}:  # so asks torch/_compile.py, and nobody else
            return fn
        return self._real().disable(fn, recursive, **how)

    def _real(self) -> Any:
        with _lock:
            if sys.modules.get(NAME) is self:
                del sys.modules[NAME]
        return importlib.import_module(NAME)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)  # whoever looks through all modules wants nothing of this one
        return getattr(self._real(), name)


class _Finder(MetaPathFinder):
    """Finds parts of the real module that came with it: their import asked the stand-in where to look.

    Without it such a part would be loaded a second time, and settings of one would not be those of the other.
    """

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the signature is Python's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return how to take the part that is there, or None."""
        module = sys.modules.get(fullname) if fullname.startswith(f"{NAME}.") else None
        return None if module is None else ModuleSpec(fullname, _There(module))


class _There(Loader):
    """Takes a module as it is."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002 - the signature is Python's
        """Return it."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing but say where it came from."""
        with contextlib.suppress(AttributeError):  # as Python does: settings are no usual module
            module.__spec__ = self._spec


def leave_compiler_out() -> None:
    """Put the stand-in in its place, unless the real module is there already."""
    spec = importlib.util.find_spec(NAME) if NAME not in sys.modules else None
    if spec is not None:
        stand_in = _StandIn(NAME)
        stand_in.__file__, stand_in.__spec__ = spec.origin, spec
        sys.meta_path.insert(0, _Finder())
        sys.modules[NAME] = stand_in
