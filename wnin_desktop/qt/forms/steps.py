"""What an arrow key makes of a number: 1-2-5 through the decades, or steps that fit its size."""

from __future__ import annotations

import math

from wnin_desktop.schema.fields import FieldSpec

SERIES = (1.0, 2.0, 5.0, 10.0)
FIRST = 1e-6
"""Where a logarithmic field begins on the way up from 0."""
EXACT_DIGITS = 12


def stepped(spec: FieldSpec, value: float, steps: int, *, large: bool = False) -> float:
    """Return `value` some steps further, within the field's bounds.

    Args:
        spec: The field; logarithmic ones go 1-2-5 (by whole decades if `large`).
        value: Where to begin.
        steps: How many steps; negative ones go down.
        large: Page keys instead of arrow keys.
    """
    for _ in range(abs(steps)):
        value = _once(spec, value, math.copysign(1, steps), large)
    return clamped(spec, value)


def clamped(spec: FieldSpec, value: float) -> float:
    """Return the nearest number that the bounds allow; open bounds are kept by staying where one is."""
    if spec.ge is not None:
        value = max(value, spec.ge)
    if spec.le is not None:
        value = min(value, spec.le)
    whole = spec.kind in ("int", "int_list") or (spec.kind == "size" and spec.whole)
    return int(value) if whole else float(value)


def _once(spec: FieldSpec, value: float, sign: float, large: bool) -> float:
    further = _log_step(value, sign, large) if spec.is_log else _linear_step(spec, value, sign, large)
    below = spec.gt is not None and further <= spec.gt
    above = spec.lt is not None and further >= spec.lt
    return value if below or above else further


def _log_step(value: float, sign: float, large: bool) -> float:
    if value == 0:
        return FIRST if sign > 0 else 0.0
    if large:
        return _exact(value * 10**sign)
    decade = math.floor(math.log10(abs(value)))
    lead = _exact(abs(value) / 10.0**decade)
    if sign > 0:
        lead = next((each for each in SERIES if each > lead), 20.0)
    else:
        lead = next((each for each in reversed(SERIES) if each < lead), 0.5)
    return _exact(math.copysign(lead * 10.0**decade, value))


def _linear_step(spec: FieldSpec, value: float, sign: float, large: bool) -> float:
    step = _step_size(spec, value) * (10 if large else 1)
    return _exact(
        (math.floor(value / step + 1e-9) if sign > 0 else math.ceil(value / step - 1e-9)) * step + sign * step
    )


def _step_size(spec: FieldSpec, value: float) -> float:
    if spec.multiple_of is not None:
        return spec.multiple_of
    highest = spec.le if spec.le is not None else spec.lt
    if spec.kind == "float" and highest is not None and highest <= 1:
        return 0.01
    decade = math.floor(math.log10(abs(value))) if value else 0
    return 10.0 ** (decade - 1) if spec.kind == "float" else 10 ** max(decade - 1, 0)


def _exact(value: float) -> float:
    """Return `value` without the rounding dust of a multiplication."""
    return float(f"{value:.{EXACT_DIGITS}g}")
