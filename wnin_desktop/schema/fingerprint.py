"""Canonical JSON and the fingerprint of a configuration."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel

# Names and machine choices change no number, so two runs that differ only there share a fingerprint.
NOT_HASHED = {"name", "baseline", "device", "threads"}
# Nor does it matter how much of a run's path is kept.
NOT_HASHED_OF_BUDGET = {"trajectory_points"}


def canonical_json(value: object) -> str:
    """Return `value` as JSON with sorted keys and no spaces; NaN and infinities are refused."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(config: BaseModel) -> str:
    """Return the SHA-256 (hex) of what decides a run's numbers; titles, device and threads are left out."""
    content = {key: value for key, value in config.model_dump(mode="json").items() if key not in NOT_HASHED}
    budget = content.get("budget")
    if isinstance(budget, dict):
        content["budget"] = {key: budget[key] for key in budget if key not in NOT_HASHED_OF_BUDGET}
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()
