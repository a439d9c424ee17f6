"""B15: how soon the program answers: `wnin --help`, the window, the first curve after a click.

Whole processes, from before the interpreter starts, on a warm file cache. The window is the program's own,
without a screen; it is visible once it was painted for the first time. The first curve is timed from the
click on Run, in a window that opens the sample experiment, until a plot has drawn points of it:

    at once       the click comes as soon as the button can be pressed
    warm          the click comes once the window has had time to get a worker process ready

The rounds are interleaved. The last line is the result as JSON; `ratio` is the goal for the window over ours.

    uv run python benchmarks/window_start.py [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from machine import check, cpu_name, keep
from window_driver import ROOT, environment, folder, open_window, told

GOALS_S = {"help": 0.3, "visible": 1.5, "first curve, at once": 10.0, "first curve, warm": 10.0}
ROUNDS = 9


def trial(mode: str, store: Path) -> int:
    """Open the window and let `Trial` work it."""

    def begin(desk: Any, window: Any) -> None:
        from window_start_trial import Trial  # noqa: PLC0415 - it imports Qt, which the program does first

        Trial(mode, desk, window)

    return open_window(store, begin)


# -- outside -------------------------------------------------------------------------------------------------


def help_s() -> float:
    """Return how long `wnin --help` takes."""
    with folder() as place:
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "wnin_desktop.cli.main", "--help"],
            cwd=ROOT, env=environment(place), capture_output=True, text=True, check=False,
        )  # fmt: skip
        passed = time.perf_counter() - begun
    check(done.returncode == 0 and "desktop" in done.stdout, "wnin --help says too little")
    return passed


def window_s(mode: str) -> float:
    """Return how long a window takes to be seen, or to show a curve."""
    with folder() as place:
        started, said = told([__file__, "--child", mode, str(place / "store")], place)
    check(len(said) == 1, f"the window said {said}")
    return said[0]["at"] - started if mode == "visible" else said[0]["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="at least five count")
    parser.add_argument("--child", nargs=2, metavar=("MODE", "STORE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        sys.exit(trial(options.child[0], Path(options.child[1])))
    seconds: dict[str, list[float]] = {mode: [] for mode in GOALS_S}
    for turn in range(options.rounds + 1):
        for mode, found in seconds.items():
            value = help_s() if mode == "help" else window_s(mode)
            if turn:  # the first round warms the file cache
                found.append(value)
        if turn:
            line = ", ".join(f"{mode} {found[-1]:.2f} s" for mode, found in seconds.items())
            print(f"round {turn}: {line}", flush=True)
    medians = {mode: round(statistics.median(found), 3) for mode, found in seconds.items()}
    result = {
        "name": "B15",
        "ratio": round(GOALS_S["visible"] / medians["visible"], 2),
        "ours": medians["visible"],
        "peer": None,
        "unit": "s from the start of the process to a window that was painted",
        "n": options.rounds,
        "seconds": medians,
        "worst": {mode: round(max(found), 3) for mode, found in seconds.items()},
        "goals": GOALS_S,
        "device": f"{cpu_name()}, {os.cpu_count()} cores, Qt offscreen, warm file cache",
        "versions": versions(),
    }
    if options.rounds >= 5:
        keep(result)
    print(json.dumps(result))


def versions() -> dict[str, str]:
    """Return the versions of what was measured."""
    from importlib.metadata import version  # noqa: PLC0415 - the child has no use for it

    return {"python": platform.python_version()} | {
        name: version(name) for name in ("PySide6-Essentials", "torch", "pyqtgraph")
    }


if __name__ == "__main__":
    main()
