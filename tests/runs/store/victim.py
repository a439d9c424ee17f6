"""A process that records until it is killed, and says what is committed.

`python -m tests.runs.store.victim FOLDER [--too-early]`

With `--too-early` it breaks its promise: it acknowledges five steps before their commit, and waits.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from tests.runs.store.recording import begin, extend, steps
from wnin_desktop.runs.store import Store

ENDLESS = 1_000_000
EARLY_STEPS = 5


def record(folder: Path) -> None:
    store = Store.open(folder)
    experiment_id, writer = begin(store)
    writer.commit()
    _say({"experiment": experiment_id})
    told: dict[str, int] = {}
    for step in range(1, ENDLESS):
        extend(writer, steps(experiment_id, step, step))
        if writer.committed != told:
            told = writer.committed
            _say(told)


def promise_too_early(folder: Path) -> None:
    store = Store.open(folder)
    experiment_id, writer = begin(store, monotonic=lambda: 0.0)
    writer.commit()
    _say({"experiment": experiment_id})
    extend(writer, steps(experiment_id, 1, EARLY_STEPS))
    _say(dict.fromkeys(writer.committed, EARLY_STEPS))
    signal.pause()


def _say(message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main = promise_too_early if "--too-early" in sys.argv[2:] else record
    main(Path(sys.argv[1]))
