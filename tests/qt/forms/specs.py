"""Every field that a form of this program shows, and a value for each that is not its default."""

from functools import cache
from typing import Any

from wnin_desktop.engine.optimizers.loader import load_registry
from wnin_desktop.schema.fields import FieldSpec, check, fields_of, walk
from wnin_desktop.schema.run import CompareConfig

INNER = ("model", "union")


@cache
def leaves() -> tuple[FieldSpec, ...]:
    """Return the fields of comparisons, of every branch of every union, and of every built-in optimizer."""
    found = [
        spec for spec in walk(fields_of(CompareConfig)) if spec.kind not in INNER and spec.name != "arms"
    ]
    for spec in load_registry().specs.values():
        found += fields_of(spec.hyper, f"optimizer.params.{spec.name}")
    return tuple(found)


def other(spec: FieldSpec) -> Any:
    """Return an allowed value that is not the default."""
    tries: list[Any] = [
        True,
        False,
        3,
        12,
        0.25,
        0.5,
        0.75,
        [8, 4],
        "cuda",
        "folder/data.npz",
        "name",
        {"a": 1, "b": "x"},
    ]
    tries += [*spec.choices, [{"name": "all", "until": 1.0, "factor": 0.5}]]
    return next(value for value in tries if value != spec.default and check(spec, value) is None)
