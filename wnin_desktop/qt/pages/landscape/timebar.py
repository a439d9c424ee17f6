"""Sliders below the views: time along the paths, and the noise that melts the surface."""

from __future__ import annotations

import bisect

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider, QWidget

from wnin_desktop.qt import numbers
from wnin_desktop.qt.pages.landscape.model import LandscapeModel
from wnin_desktop.qt.pages.landscape.terrain import neighbours
from wnin_desktop.qt.plots.ticks import short
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.widgets import ElidedLabel, IconButton
from wnin_desktop.schema.landscape import Metric

PLAY_S = 6.0
"""How long all of a path takes to play."""
LEAST_PLAY_MS = 40
FINENESS = 100
"""Positions of the slider between two spreads that were computed."""
SHORTEST = 90
ROOM = 80
"""What the sliders need beside their least width to be of use."""
PLUS_MINUS, MIDDLE = "\N{PLUS-MINUS SIGN}", " \N{MIDDLE DOT} "
SAMPLE = "0.0000"
"""As long as most spreads and errors."""


def short_metric_names() -> dict[Metric, str]:
    """Return what heights are called where there is little room."""
    return {
        "train_loss": tr("loss"),
        "val_loss": tr("loss"),
        "accuracy": tr("accuracy"),
        "error": tr("error"),
    }


def _label(text: str, buddy: QWidget, parent: QWidget, name: str) -> QLabel:
    label = QLabel(text, parent)
    label.setObjectName(name)
    label.setBuddy(buddy)
    return label


def _slider(parent: QWidget, name: str, title: str, tip: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal, parent)
    slider.setObjectName(name)
    slider.setAccessibleName(title)
    slider.setToolTip(tip)
    slider.setMinimumWidth(SHORTEST)
    return slider


def _value(parent: QWidget, name: str) -> ElidedLabel:
    label = ElidedLabel("", parent)
    label.setObjectName(name)
    set_font(label, "small_numbers")
    label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return label


def _make_room(label: ElidedLabel, *texts: str) -> None:
    """Have the longest of some texts fit, so that the slider beside keeps its length."""
    metrics = label.fontMetrics()
    label.setFixedWidth(max(metrics.horizontalAdvance(text) for text in texts) + Space.XS)


class TimeBar(QWidget):
    """A position for each step at which a path has a point; the last one follows paths that grow."""

    def __init__(self, model: LandscapeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-time")
        self.setAccessibleName(tr("Time"))
        self._model = model
        self._steps: list[int] = []
        self.play = IconButton("run", tr("Play"), self, name="landscape-play", checkable=True)
        self.play.toggled.connect(self._set_playing)
        self.slider = _slider(
            self, "landscape-step", tr("Step"), tr("Moves every arm along its path; arrows go point by point")
        )
        self.slider.valueChanged.connect(self._moved)
        self.label = _label(tr("Step"), self.slider, self, "landscape-step-label")
        self.value = _value(self, "landscape-step-value")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.play)
        row.addWidget(self.label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.value)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._advance)
        model.plane_changed.connect(self._take_plane)
        model.paths_changed.connect(self._take_paths)
        model.time_changed.connect(self._take_time)
        self._take_plane()

    @property
    def steps(self) -> list[int]:
        """The steps there are positions for."""
        return self._steps

    def _take_plane(self) -> None:
        self.play.setChecked(False)
        self._take_paths()

    def _take_paths(self) -> None:
        terrain = self._model.terrain
        self._steps = terrain.steps.tolist() if terrain is not None else []
        has_time = len(self._steps) > 1
        self.slider.setEnabled(has_time)
        self.play.setEnabled(has_time)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(len(self._steps) - 1, 0))
            self.slider.setPageStep(max(1, len(self._steps) // 10))
        self._take_time()

    def _take_time(self) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._position())
        if not self._steps:
            self._show(tr("no path"), "")
            return
        shown, last = numbers.show(self._steps[self.slider.value()]), numbers.show(self._steps[-1])
        text = tr("{0} of {1}", shown, last)
        self._show(text, tr("{0} of {1}", last, last))
        self.slider.setAccessibleDescription(text)

    def _show(self, text: str, longest: str) -> None:
        _make_room(self.value, text, longest)
        self.value.setText(text)

    def _position(self) -> int:
        step = self._model.step
        if step is None or not self._steps:
            return max(len(self._steps) - 1, 0)
        return max(bisect.bisect_right(self._steps, step) - 1, 0)

    def _moved(self, position: int) -> None:
        is_end = position >= len(self._steps) - 1
        self._model.set_step(None if is_end else self._steps[position])

    # -- playing -------------------------------------------------------------------------------------------

    def _set_playing(self, on: bool) -> None:
        self.play.set_icon("pause" if on else "run")
        self.play.set_tip(tr("Pause") if on else tr("Play"))
        if not on:
            self._timer.stop()
            return
        if self.slider.value() == self.slider.maximum():
            self.slider.setValue(0)
        self._timer.start(max(LEAST_PLAY_MS, round(1000 * PLAY_S / max(len(self._steps), 1))))

    def _advance(self) -> None:
        if not self.isVisible() or self.slider.value() >= self.slider.maximum():
            self.play.setChecked(False)
            return
        self.slider.setValue(self.slider.value() + 1)


class SigmaBar(QWidget):
    """Positions are the spreads that were computed; what lies between is interpolated in sigma squared."""

    wanted = Signal()
    """Nothing was smoothed yet, and a person asks for it."""

    def __init__(self, model: LandscapeModel, parent: QWidget | None = None, *, offers: bool = True) -> None:
        """Make the bar.

        Args:
            model: What is shown.
            parent: Owner.
            offers: Whether smoothing can be computed where there is none yet.
        """
        super().__init__(parent)
        self.setObjectName("landscape-sigma")
        self.setAccessibleName(tr("Weight noise"))
        self._model, self._offers = model, offers
        self._is_busy = False
        self.slider = _slider(
            self,
            "landscape-sigma-slider",
            tr("Sigma, parameter"),
            tr(
                "Spread of Gaussian weight noise that the surface is averaged over: what noise makes of it.\n"
                "Between spreads that were computed the surface is interpolated, linear in sigma squared."
            ),
        )
        self.slider.setSingleStep(FINENESS // 10)
        self.slider.setPageStep(FINENESS)
        self.slider.valueChanged.connect(self._moved)
        self.label = _label("σ", self.slider, self, "landscape-sigma-label")
        self.value = _value(self, "landscape-sigma-value")
        self.offer = QPushButton(tr("Compute smoothing"), self)
        self.offer.setObjectName("landscape-sigma-offer")
        self.offer.setProperty("kind", "quiet")
        self.offer.setToolTip(tr("Evaluate this surface again under weight noise of three spreads"))
        self.offer.clicked.connect(self.wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.value)
        row.addWidget(self.offer)
        model.plane_changed.connect(self._take_heights)
        model.heights_changed.connect(self._take_heights)
        self._take_heights()

    @property
    def sigmas(self) -> tuple[float, ...]:
        """The spreads that were computed, 0 among them."""
        return self._model.terrain.sigmas if self._model.terrain is not None else (0.0,)

    def _take_heights(self) -> None:
        sigmas = self.sigmas
        has_some = len(sigmas) > 1
        self.slider.setVisible(has_some)
        self.value.setVisible(has_some)
        self.offer.setVisible(not has_some and self._offers)
        self.setVisible(has_some or self._offers)
        self._suit_offer()
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, FINENESS * (len(sigmas) - 1))
            if not self.slider.isSliderDown() and self._sigma_at(self.slider.value()) != self._model.sigma:
                self.slider.setValue(self._position(self._model.sigma))
        self._tell()

    def set_busy(self, busy: bool) -> None:
        """Offer nothing while something is evaluated."""
        self._is_busy = busy
        self._suit_offer()

    def _suit_offer(self) -> None:
        terrain = self._model.terrain
        self.offer.setEnabled(not self._is_busy and terrain is not None and terrain.values is not None)

    def _position(self, sigma: float) -> int:
        low, _, share = neighbours(self.sigmas, sigma)
        return round(FINENESS * (self.sigmas.index(low) + share))

    def _sigma_at(self, position: int) -> float:
        place, rest = divmod(position, FINENESS)
        sigmas = self.sigmas
        if not rest or place + 1 >= len(sigmas):
            return sigmas[min(place, len(sigmas) - 1)]
        low, high = sigmas[place], sigmas[place + 1]
        return float((low**2 + rest / FINENESS * (high**2 - low**2)) ** 0.5)

    def _moved(self, position: int) -> None:
        self._model.set_sigma(self._sigma_at(position))

    def _tell(self) -> None:
        text = self.words()
        _make_room(self.value, text, self._say(SAMPLE, SAMPLE))
        self.value.setText(text)
        self.value.set_tip(f"{text}\n{self.tip()}")
        self.slider.setAccessibleDescription(f"{text}. {self.tip()}")

    def words(self) -> str:
        """Return sigma and the typical standard error of the heights that are shown."""
        heights, sigma = self._model.heights, self._model.sigma
        error = heights.typical_se if heights is not None and sigma > 0 else None
        return self._say(numbers.brief(sigma, 2), short(error, 2) if error is not None else "")

    def _say(self, sigma: str, error: str) -> str:
        terrain = self._model.terrain
        if not error or terrain is None:
            return f"σ {sigma}"
        name = short_metric_names()[terrain.metric]
        return f"σ {sigma}{MIDDLE}{name} {PLUS_MINUS}\N{NO-BREAK SPACE}{error}"

    def tip(self) -> str:
        """Return what the words mean: of how many pairs of draws, or between which spreads."""
        terrain, sigma = self._model.terrain, self._model.sigma
        if terrain is None or sigma == 0:
            return tr("The surface itself")
        low, high, share = neighbours(self.sigmas, sigma)
        if share == 0:
            pairs = terrain.layers[sigma].pairs
            return tr(
                "Mean of {0} pairs of opposite draws, with its median Monte-Carlo standard error", pairs
            )
        return tr(
            "Between {0} and {1}, linear in sigma squared; the standard error is a bound",
            numbers.brief(low, 3),
            numbers.brief(high, 3),
        )


class Sliders(QWidget):
    """Time and sigma beside each other, or one below the other where there is no room."""

    def __init__(self, time: TimeBar, sigma: SigmaBar, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-sliders")
        self._parts = (time, sigma)
        self._is_arranged = False
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(Space.XS, 0, Space.XS, 0)
        self._layout.addWidget(time, 3)
        self._layout.addWidget(sigma, 2)
        self._arrange()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - the names are Qt's
        """Return the width of the wider one: they can stand below each other."""
        hints = [part.minimumSizeHint() for part in self._parts]
        width = max(hint.width() for hint in hints) + 2 * Space.XS
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Suit the width."""
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Suit the read-outs too: they need more room for longer numbers."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        needed = sum(part.minimumSizeHint().width() for part in self._parts) + Space.XL + ROOM
        directions = QBoxLayout.Direction
        wanted = directions.LeftToRight if self.width() >= needed else directions.TopToBottom
        if self._is_arranged and wanted == self._layout.direction():
            return
        self._is_arranged = True
        self._layout.setDirection(wanted)
        self._layout.setSpacing(Space.XL if wanted == directions.LeftToRight else Space.XS)
