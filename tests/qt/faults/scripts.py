"""What is done with the window; each script runs inside the program (see `driver`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.qt.faults.driver import Hands, Script, say
from tests.qt.faults.windows import QUICK
from wnin_desktop.qt.bridge.tasks import WORKERS

ENOUGH_STEPS = 40


def running(hands: Hands) -> Script:
    """Train until steps have arrived."""
    hands.build("sgd", "adamw", **QUICK)
    yield from hands.run()
    yield lambda: hands.live.experiment.progress[0] > ENOUGH_STEPS


# -- G1: the states in which a window is closed --------------------------------------------------------------


def _empty(_hands: Hands) -> Script:
    yield from ()


def _starting(hands: Hands) -> Script:
    hands.build("sgd", **QUICK)
    yield from hands.run()
    assert hands.live.state == "starting"


def _paused(hands: Hands) -> Script:
    yield from running(hands)
    hands.act("run.pause")
    assert hands.live.state == "paused"
    seen: list[int] = []

    def rests() -> bool:
        seen.append(hands.live.experiment.progress[0])
        return len(seen) > 50 and len(set(seen[-50:])) == 1

    yield rests


def _stopping(hands: Hands) -> Script:
    yield from running(hands)
    hands.act("run.stop")
    assert hands.live.state == "stopping"


def _exporting(hands: Hands) -> Script:
    desk, page = hands.desk, hands.window.pages["runs"]
    run_ids = [run.run_id for run in desk.store.runs()]
    page.deeds.exporting.write(run_ids, "csv", Path(hands.options["file"]), overwrite=True)
    yield lambda: any(task.title for task in desk.tasks.current)


def _asking(hands: Hands) -> Script:
    hands.build("sgd", **QUICK)
    hands.commands.open_dialog("preferences")
    hands.act("file.new")
    yield lambda: hands.window.files.dialog is not None and hands.window.files.dialog.isVisible()


def _reading(hands: Hands) -> Script:
    hands.act("tools.reload")
    yield lambda: hands.desk.catalogue.is_reading


def _stuck(hands: Hands) -> Script:
    for _ in range(WORKERS):
        hands.desk.tasks.start(lambda _task: time.sleep(60))
    yield from running(hands)


STATES: dict[str, Callable[[Hands], Script]] = {
    "empty": _empty,
    "starting": _starting,
    "running": running,
    "paused": _paused,
    "stopping": _stopping,
    "exporting": _exporting,
    "asking": _asking,
    "reading": _reading,
    "stuck": _stuck,
}


def close(hands: Hands) -> Script:
    """Come into a state, change a preference and close the window at once."""
    yield from STATES[hands.options["state"]](hands)
    hands.desk.preferences.change(**{"appearance.theme": "dark"})
    hands.close()


def train_a_little(hands: Hands) -> Script:
    """Train a few steps to the end, and close."""
    hands.build("sgd", **(QUICK | {"budget": QUICK["budget"] | {"steps": 40}}))
    yield from hands.run()
    yield lambda: not hands.desk.runs.live
    say(trained=True)
    hands.close()
