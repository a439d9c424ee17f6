"""What the window begins with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from wnin_desktop import paths


@dataclass
class Start:
    """What the command line asked for.

    Attributes:
        store: Run store to open.
        file: An experiment to open.
        preset: A shipped experiment to open instead.
        run: Run it at once.
        quit_after_ms: For benchmarks: leave so long after the window stands.
    """

    store: Path = field(default_factory=paths.store_dir)
    file: Path | None = None
    preset: str = ""
    run: bool = False
    quit_after_ms: int = 0
