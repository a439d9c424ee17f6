"""Where results go, what machine made them, and the end of a benchmark whose result is wrong."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def keep(line: dict[str, Any]) -> None:
    """Write a result to `results/` under its name."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{line['name']}.json").write_text(json.dumps(line, indent=2) + "\n", encoding="utf-8")


def cpu_name() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def check(holds: bool, what: str) -> None:
    """End the benchmark where a result is wrong: its speed means nothing then."""
    if not holds:
        sys.exit(f"wrong result: {what}")
