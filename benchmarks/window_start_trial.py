"""What is done in the window for B15: wait for the first picture, click on Run, wait for the first curve."""

from __future__ import annotations

import time
from typing import Any

from machine import check
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from window_driver import say

LOOK_MS = 5
READY_S = 8.0
"""Time that a warm click leaves the window before it comes."""
SAMPLE = "demo"


class Trial(QObject):
    """One start; `mode` is a key of `GOALS_S`."""

    def __init__(self, mode: str, desk: Any, window: Any) -> None:
        super().__init__(window)
        self.mode, self.desk, self.window = mode, desk, window
        self.clicked = 0.0
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.look)
        window.centralWidget().installEventFilter(self)
        window.update()

    def eventFilter(self, watched: Any, event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        """Wait for the first picture."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self.seen)
        return False

    def seen(self) -> None:
        """Say so, or go on to the click."""
        if self.mode == "visible":
            say(at=time.time())
            self.window.close()
            return
        wait = READY_S if self.mode.endswith("warm") else 0.0
        QTimer.singleShot(int(1000 * wait), self, self.open)

    def open(self) -> None:
        """Open the sample experiment."""
        self.window.files.open_preset(SAMPLE)
        self.timer.start(LOOK_MS)

    def look(self) -> None:
        """Click as soon as it can be clicked, then wait for the curve."""
        run = self.window.findChild(QToolButton, "button-run")
        if not self.clicked and run.isEnabled():
            self.clicked = time.time()
            QTest.mouseClick(run, Qt.MouseButton.LeftButton)
            check(bool(self.desk.runs.live), "the click on Run starts nothing")
        elif self.clicked and self.is_drawn():
            say(seconds=time.time() - self.clicked, device=[run.device for run in self.runs()])
            self.window.close()

    def runs(self) -> list[Any]:
        """Return what trains."""
        return list(self.desk.runs.live[0].experiment.runs.values())

    def is_drawn(self) -> bool:
        """Whether a plot shows points of the comparison, drawn and painted."""
        plots = self.window.pages["compare"].grid.plots.values()
        return any(
            plot.isVisible() and plot.curves is not None and plot.curves.has_points and plot.pacer.is_idle
            for plot in plots
        )
