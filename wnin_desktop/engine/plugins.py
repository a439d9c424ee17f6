"""Plugin files, for optimizers and networks alike: what is known of them without running them, and trust."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

PluginState = Literal["loaded", "broken", "untrusted", "duplicate"]


@dataclass(frozen=True)
class PluginRow:
    """One plugin file or entry point, loaded or not.

    Attributes:
        name: Registered name; the file's stem where nothing could be registered.
        path: The file, if there is one.
        state: What became of it.
        error: One sentence, where it is not loaded.
        sha256: Hash of the file.
        spec: What it registered (an `OptimizerSpec` for optimizers), where it is loaded.
        origin: Where it was found.
        summary: One sentence from its author.
    """

    name: str
    path: Path | None
    state: PluginState
    error: str | None = None
    sha256: str | None = None
    spec: Any | None = None
    origin: Literal["built-in", "user", "entry point"] = "user"
    summary: str = ""
