"""What else must change when the noise mode of an arm changes, so that a valid draft stays one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from wnin_desktop.schema.noise import MODES_WITH_TEMPERATURE
from wnin_desktop.schema.schedule import ConstantSchedule

Amplitude = Literal["magnitude", "temperature"]
Memory = dict[tuple[str, Amplitude], float]
"""Amplitudes that were set before, by mode and kind."""

FIRST: Mapping[tuple[str, Amplitude], float] = {
    ("input_jitter", "magnitude"): 0.1,
    ("gradient_gaussian", "magnitude"): 0.01,
    ("gradient_gaussian", "temperature"): 1e-4,
    ("sgld", "magnitude"): 1e-4,
    ("sgld", "temperature"): 1e-4,
    ("parameter_jitter", "magnitude"): 0.01,
    ("label_corrupt", "magnitude"): 0.1,
}
"""Amplitudes a mode begins with: clearly felt, and far from drowning the gradient on the small tasks."""
USUAL: Mapping[str, Amplitude] = {"sgld": "temperature"}


def amplitude_of(noise: Mapping[str, Any]) -> Amplitude:
    """Return which amplitude a noise states."""
    if noise.get("mode") not in MODES_WITH_TEMPERATURE or noise.get("magnitude") is not None:
        return "magnitude"
    return "magnitude" if noise.get("temperature") is None else "temperature"


def remember(noise: Mapping[str, Any], memory: Memory) -> None:
    """Keep the amplitude of a noise, for the day its mode is chosen again."""
    kind, mode = amplitude_of(noise), noise.get("mode")
    value = noise.get(kind)
    if isinstance(mode, str) and isinstance(value, int | float) and not isinstance(value, bool):
        memory[mode, kind] = value


def mode_edits(at: str, noise: Mapping[str, Any], mode: str, memory: Memory) -> dict[str, Any]:
    """Return the edits, by path, that take the noise at `at` to another mode."""
    remember(noise, memory)
    edits: dict[str, Any] = {f"{at}.mode": mode, f"{at}.magnitude": None, f"{at}.temperature": None}
    if mode == "none":
        return edits | {f"{at}.schedule": ConstantSchedule().model_dump(mode="json")}
    kind = _kind_for(mode, noise, memory)
    return edits | {f"{at}.{kind}": _amount(mode, kind, memory)}


def amplitude_edits(at: str, noise: Mapping[str, Any], kind: Amplitude, memory: Memory) -> dict[str, Any]:
    """Return the edits that state the amplitude the other way; a magnitude of SGLD is its temperature."""
    remember(noise, memory)
    mode, other = str(noise.get("mode")), amplitude_of(noise)
    value = _amount(mode, kind, memory)
    if mode == "sgld" and noise.get(other) is not None:
        value = noise[other]
    return {f"{at}.{other}": None, f"{at}.{kind}": value}


def _kind_for(mode: str, noise: Mapping[str, Any], memory: Memory) -> Amplitude:
    for known, kind in reversed(memory):
        if known == mode:
            return kind
    if mode in MODES_WITH_TEMPERATURE and noise.get("temperature") is not None:
        return "temperature"
    return USUAL.get(mode, "magnitude")


def _amount(mode: str, kind: Amplitude, memory: Memory) -> float:
    return memory.get((mode, kind), FIRST.get((mode, kind), 0.1))
