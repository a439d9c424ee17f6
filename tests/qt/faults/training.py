"""S2, S9, P2 and P3, inside the program: training that is killed, resumed, raised, listed and broken."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QPushButton

from tests.qt.faults.driver import Hands, Script, say
from tests.qt.faults.scripts import running
from tests.qt.faults.windows import QUICK
from wnin_desktop.qt.widgets import NoticeBar

FRAME_MS = 16
STILL_S = 1.0
"""Time without a step after which an optimizer counts as broken; a busy machine takes some itself."""


def tell_steps(hands: Hands) -> Script:
    """Train for ever, and say of each frame which steps it shows."""
    yield from running(hands)
    hands.desk.runs.framed.connect(lambda _changed: say(shown=hands.taken()))
    say(process=[child.pid for child in hands.children()])
    yield lambda: False


def resume(hands: Hands) -> Script:
    """Go on with what was interrupted, as the Runs page offers it."""
    page, store = hands.window.pages["runs"], hands.desk.store
    (experiment,) = store.experiments()
    say(status=experiment.status)
    hands.window.open_page("runs")
    page.choose(experiment.experiment_id)
    yield hands.desk.actions.get("runs.resume").isEnabled
    before = {run.run_id: run.committed for run in store.runs()}
    hands.act("runs.resume")
    yield lambda: bool(hands.desk.runs.live) or _press(hands, "left no checkpoint")
    yield lambda: bool(hands.desk.runs.live)
    yield lambda: any(step > before[run_id] for run_id, step in hands.taken().items())
    say(gone_on=hands.taken())
    hands.close()


def hold(hands: Hands) -> Script:
    """Hold the store, and say when the window is brought to the front."""
    if hands.options.get("minimized"):
        hands.window.showMinimized()
    say(read_only=hands.desk.read_only, title=hands.window.windowTitle())
    if hands.desk.read_only:
        hands.close()
    yield lambda: not hands.window.isMinimized() or not hands.options.get("minimized")
    if hands.options.get("minimized"):
        say(raised=True)
    yield lambda: False


def open_and_close(hands: Hands) -> Script:
    """Say who may write, and leave."""
    yield from ()
    say(read_only=hands.desk.read_only)
    hands.close()


# -- plugins -------------------------------------------------------------------------------------------------


def list_plugins(hands: Hands) -> Script:
    """Read the optimizers, show them, and look at the source of each."""
    catalogue = hands.desk.catalogue
    catalogue.reload()
    yield lambda: not catalogue.is_reading
    dialog = hands.commands.open_dialog("plugins")
    table = dialog.table
    yield lambda: table.topLevelItemCount() >= len(catalogue.rows)
    for number in range(table.topLevelItemCount()):
        table.setCurrentItem(table.topLevelItem(number))
        yield lambda: not hands.desk.tasks.current
    hands.act("tools.palette")
    yield lambda: not hands.desk.tasks.current
    say(states={row.name: row.state for row in catalogue.rows if row.origin != "built-in"})
    say(paths=sorted(row.path for row in catalogue.rows if row.origin != "built-in"))
    hands.close()


class Lateness(QObject):
    """How late a precise timer of 60 beats a second comes, in seconds."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.seconds: list[float] = []
        self._due = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin."""
        self.seconds.clear()
        self._due = time.perf_counter() + FRAME_MS / 1000
        self._timer.start(FRAME_MS)

    def stop(self) -> None:
        """End."""
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.seconds.append(now - self._due)
        self._due = now + FRAME_MS / 1000


def train_plugin(hands: Hands) -> Script:
    """Train an optimizer that breaks beside one that works; say how the window fares; stop, then close."""
    catalogue = hands.desk.catalogue
    catalogue.reload()
    yield lambda: "mine" in catalogue.names()
    hands.build("sgd", "mine", **(QUICK | {"seeds": [0]}))
    yield from hands.run()
    live = hands.live
    yield lambda: live.experiment.progress[0] > 0
    say(trains=True)
    last_step, since = -1, time.monotonic()

    def broke() -> bool:
        nonlocal last_step, since
        step = next(run.step for run in live.experiment.runs.values() if run.arm == "mine")
        if step != last_step:
            last_step, since = step, time.monotonic()
        return time.monotonic() - since > STILL_S

    yield broke
    lateness = Lateness(hands.window)
    lateness.start()
    until = time.monotonic() + hands.options["seconds"]
    yield lambda: time.monotonic() > until
    lateness.stop()
    statuses = {watched.arm: watched.status for watched in live.experiment.runs.values()}
    say(lateness=sorted(lateness.seconds), statuses=statuses, taken=hands.taken())
    if hands.options["stop"]:
        asked = time.monotonic()
        hands.act("run.stop")
        yield lambda: live.state == "ended" or _press(hands, "has not stopped")
        yield lambda: live.state == "ended"
        say(stopped_in=time.monotonic() - asked, error=str(live.error or ""))
    hands.close()


def _press(hands: Hands, words: str) -> bool:
    """Press the button of the notice with these words, if it is there."""
    for bar in hands.window.findChildren(NoticeBar):
        if words in bar.text:
            bar.findChild(QPushButton, "notice-action").click()
            return True
    return False
