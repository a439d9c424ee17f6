"""Any comparison the schema allows, drawn by hypothesis."""

from typing import Any

from hypothesis import strategies as some

from wnin_desktop.schema.base import validate
from wnin_desktop.schema.run import CompareConfig

TEXT = some.characters(exclude_categories=["Cs", "Cc"])
NAMES = some.from_regex(r"[a-z][A-Za-z0-9_ .+=-]{0,20}", fullmatch=True)
KEYS = some.text(some.characters(codec="latin-1", categories=["L", "N", "P", "S"]), max_size=8)
# Words that some format would take for something else than text.
TRAPS = some.sampled_from(
    ["no", "yes", "null", "true", "1", "1e-3", "0x1F", "nan", "1_000", "2026-01-01", "~", "y"]
)
POSITIVE = some.floats(1e-12, 1e3)
LARGE = some.floats(0, 1e6)
FINITE = some.floats(allow_nan=False, allow_infinity=False)
SCALARS = some.one_of(
    some.booleans(), some.integers(-(2**63), 2**63), FINITE, TRAPS, some.text(TEXT, max_size=20)
)
PHASES = [{"name": "#[x]", "until": 0.25, "factor": 1e-7}, {"name": "no", "until": 1.0, "factor": 2.0}]
SCHEDULES = some.one_of(
    some.just({"kind": "constant"}),
    some.fixed_dictionaries(
        {"kind": some.just("cosine")}, optional={"period": some.integers(1, 99), "restart": some.booleans()}
    ),
    some.fixed_dictionaries({"kind": some.just("inverse_anneal"), "k": LARGE}),
    some.just({"kind": "phases", "phases": PHASES}),
)
NOISES = some.one_of(
    some.just({}),
    some.fixed_dictionaries({"mode": some.just("sgld"), "temperature": LARGE, "schedule": SCHEDULES}),
    some.fixed_dictionaries({"mode": some.just("input_jitter"), "magnitude": LARGE, "schedule": SCHEDULES}),
)
OPTIMIZERS = some.fixed_dictionaries(
    {"name": some.one_of(NAMES, TRAPS), "lr": POSITIVE},
    optional={"params": some.dictionaries(KEYS, SCALARS, max_size=4), "clip_norm": POSITIVE},
)


@some.composite
def comparisons(draw: Any) -> CompareConfig:
    """Draw a comparison of one to three arms."""
    names = draw(
        some.lists(some.one_of(NAMES, TRAPS.filter(str.isalnum)), min_size=1, max_size=3, unique=True)
    )
    content = {
        "name": draw(some.one_of(TRAPS, some.text(TEXT, min_size=1, max_size=30))),
        "arms": [{"name": name, "optimizer": draw(OPTIMIZERS), "noise": draw(NOISES)} for name in names],
        "seeds": draw(some.lists(some.integers(0, 2**63 - 1), min_size=1, max_size=4, unique=True)),
        "baseline": draw(some.one_of(some.none(), some.sampled_from(names))),
        "budget": {"batch_size": draw(some.one_of(some.just("full"), some.integers(1, 1000)))},
    }
    return validate(CompareConfig, content)
