"""What all plots of a page share: how curves are looked at, arms that are seen, range and crosshair."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from PySide6.QtCore import QObject, Signal

from wnin_desktop.qt.plots.history import History, Range, View
from wnin_desktop.qt.plots.smooth import NO_SMOOTHING, Smoothing
from wnin_desktop.schema.metrics import Metric

Mode = Literal["value", "difference", "matched"]
MODES: tuple[Mode, ...] = ("value", "difference", "matched")


class Lens(QObject):
    """How the curves are looked at.

    Attributes:
        mode: Values, differences to the baseline, or values at equal clean training loss.
        smoothing: How means are smoothed; the raw curve stays visible, faint.
        log_x: Whether the horizontal axis is logarithmic.
        seeds: Whether single seeds are shown.
        bands: Whether 95 % intervals are shown.
        hidden: Names of arms that are not drawn.
        baseline: The pinned baseline; None takes that of the experiment.
        history: Ranges a person zoomed to. Vertical ones are places on the axis: logarithms where it is one.
        cross: Where the crosshair stands; None nowhere.
    """

    changed = Signal()
    """Curves look otherwise."""
    view_changed = Signal()
    """Other ranges are shown, or there are others to go back to."""
    crossed = Signal()
    """The crosshair moved, came or went."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lens")
        self.mode: Mode = "value"
        self.smoothing: Smoothing = NO_SMOOTHING
        self.log_x = False
        self.seeds = True
        self.bands = True
        self.hidden: frozenset[str] = frozenset()
        self.baseline: str | None = None
        self.history = History()
        self.cross: float | None = None
        self._log_y: dict[str, bool] = {}

    def change(self, **fields: Any) -> None:
        """Look otherwise: mode, smoothing, log_x, seeds, bands, hidden or baseline."""
        moved = {name: value for name, value in fields.items() if getattr(self, name) != value}
        if not moved:
            return
        for name, value in moved.items():
            setattr(self, name, value)
        if moved.keys() & {"mode", "log_x"}:
            self.cross = None
            self.forget_views()
        self.changed.emit()

    def is_log_y(self, metric: Metric) -> bool:
        """Return whether a metric's axis is logarithmic; differences have signs and never are."""
        return self.mode != "difference" and self._log_y.get(metric.key, metric.log_axis)

    def set_log_y(self, metric: Metric, on: bool) -> None:
        """Make a metric's axis logarithmic or linear."""
        if self._log_y.get(metric.key, metric.log_axis) != on:
            self._log_y[metric.key] = on
            self.zoom(y={metric.key: None})
            self.changed.emit()

    def set_all_log_y(self, metrics: Sequence[Metric], on: bool) -> None:
        """Make the axes of several metrics logarithmic or linear."""
        self._log_y |= {metric.key: on for metric in metrics}
        self.zoom(y=dict.fromkeys(metric.key for metric in metrics))
        self.changed.emit()

    # -- ranges --------------------------------------------------------------------------------------------

    @property
    def x_range(self) -> Range | None:
        """What a person zoomed to, in steps or losses; None follows the data."""
        return self.history.current.x

    def y_range(self, key: str) -> Range | None:
        """Return what a person zoomed a metric to; None follows the data."""
        return self.history.current.y.get(key)

    def zoom(
        self,
        *,
        x: Range | Literal["same"] | None = "same",
        y: Mapping[str, Range | None] | None = None,
        continuing: bool = False,
    ) -> None:
        """Show other ranges; None follows the data again.

        Args:
            x: Of all plots.
            y: By metric, for those that change.
            continuing: It belongs to the zoom before, as while dragging; one goes back over both at once.
        """
        now = self.history.current
        ranges = {key: found for key, found in {**now.y, **(y or {})}.items() if found is not None}
        view = View(now.x if x == "same" else x, ranges)
        if view == now:
            return
        (self.history.replace if continuing else self.history.push)(view)
        self.view_changed.emit()

    def reset(self) -> None:
        """Follow the data everywhere; one can go back."""
        self.history.push(View())
        self.view_changed.emit()

    def back(self) -> None:
        """Show the ranges before these."""
        self.history.back()
        self.view_changed.emit()

    def forward(self) -> None:
        """Show the ranges one went back from."""
        self.history.forward()
        self.view_changed.emit()

    def forget_views(self) -> None:
        """Follow the data, with nothing to go back to: the axes mean something else now."""
        self.history = History()
        self.view_changed.emit()

    def set_cross(self, x: float | None) -> None:
        """Put the crosshair at `x`, or away."""
        wanted = None if x is None or not math.isfinite(x) else x
        if wanted != self.cross:
            self.cross = wanted
            self.crossed.emit()

    # -- arms ----------------------------------------------------------------------------------------------

    def toggle(self, arm: str) -> None:
        """Hide an arm, or show it again."""
        self.change(hidden=self.hidden ^ {arm})

    def isolate(self, arm: str, arms: tuple[str, ...]) -> None:
        """Show one arm alone; all of them where it is alone already."""
        others = frozenset(arms) - {arm}
        self.change(hidden=frozenset() if self.hidden >= others and arm not in self.hidden else others)

    # -- kept between sessions -----------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "mode": self.mode,
            "smoothing": self.smoothing.key,
            "log_x": self.log_x,
            "log_y": dict(self._log_y),
            "seeds": self.seeds,
            "bands": self.bands,
            "hidden": sorted(self.hidden),
            "baseline": self.baseline or "",
            "x_range": list(self.x_range) if self.x_range else [],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` returned; what does not fit is passed over."""
        mode = state.get("mode")
        if mode in MODES:
            self.mode = cast("Mode", mode)
        self.smoothing = Smoothing.of_key(state.get("smoothing"))
        for name in ("log_x", "seeds", "bands"):
            if isinstance(state.get(name), bool):
                setattr(self, name, state[name])
        log_y = state.get("log_y")
        if isinstance(log_y, Mapping):
            self._log_y = {str(key): on for key, on in log_y.items() if isinstance(on, bool)}
        hidden = state.get("hidden")
        if isinstance(hidden, list | tuple):
            self.hidden = frozenset(each for each in hidden if isinstance(each, str))
        baseline = state.get("baseline")
        self.baseline = baseline if isinstance(baseline, str) and baseline else None
        self.history = History()
        self.history.replace(View(_range(state.get("x_range"))))
        self.changed.emit()
        self.view_changed.emit()


def _range(value: object) -> Range | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in value):
        return None
    low, high = float(value[0]), float(value[1])
    return (low, high) if low < high else None
