"""How the surface is looked at: clipping, colours, opacity."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from wnin_desktop.qt.pages.landscape.looking import LEAST_CLIP
from wnin_desktop.qt.pages.landscape.model import LandscapeModel
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.theme.maps import SURFACES
from wnin_desktop.qt.widgets import FlowLayout, Segmented

PERCENT = 100
LEAST_OPACITY = 0.1
SLIDER = 84
CLIP_STEPS = 1000
"""Positions of the clip in thousandths of the heights."""


class LookBar(QWidget):
    """Everything acts on the model's look, and follows it."""

    def __init__(self, model: LandscapeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-look")
        self.setAccessibleName(tr("How the surface is drawn"))
        self._model = model
        self._make_colours()
        self.clip = self._slider(
            "landscape-clip", tr("Clip above quantile"), round(CLIP_STEPS * LEAST_CLIP), CLIP_STEPS
        )
        self.clip.setToolTip(
            tr("Cuts the surface above this share of its heights: peaks no longer hide valleys")
        )
        self.clip.valueChanged.connect(self._set_clip)
        self.opacity = self._slider(
            "landscape-opacity", tr("Opacity"), round(PERCENT * LEAST_OPACITY), PERCENT
        )
        self.opacity.setToolTip(tr("How opaque the surface is"))
        self.opacity.valueChanged.connect(self._set_opacity)
        self.clip_value, self.opacity_value = (
            self._number("landscape-clip-value"),
            self._number("landscape-opacity-value"),
        )
        self._place()
        model.look_changed.connect(self.refresh)
        self.refresh()

    def _make_colours(self) -> None:
        choices = (("height", tr("Height")), ("solid", tr("Solid")))
        self.colour_by = Segmented(choices, "height", self, name="landscape-colour-by", label=tr("Colours"))
        self.colour_by.button("height").setToolTip(tr("Colours mean heights"))
        self.colour_by.button("solid").setToolTip(
            tr("One colour, so that the arms stand out; side by side it is theirs")
        )
        self.colour_by.changed.connect(self._set_colour_by)
        self.map = QComboBox(self)
        self.map.setObjectName("landscape-map")
        self.map.setAccessibleName(tr("Map of colours"))
        self.map.setToolTip(tr("Perceptually uniform maps of colours"))
        for name in SURFACES:
            self.map.addItem(name.capitalize(), name)
        self.map.activated.connect(self._set_map)
        self.isolines = QCheckBox(tr("Isolines"), self)
        self.isolines.setObjectName("landscape-isolines")
        self.isolines.setToolTip(tr("Lines of equal height, on the surface, below it and among the contours"))
        self.isolines.clicked.connect(self._set_isolines)

    def _slider(self, name: str, title: str, low: int, high: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setObjectName(name)
        slider.setAccessibleName(title)
        slider.setRange(low, high)
        slider.setPageStep((high - low) // 10)
        slider.setFixedWidth(SLIDER)
        return slider

    def _number(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        set_font(label, "small_numbers")
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance("100.0 %"))
        return label

    def _place(self) -> None:
        flow = FlowLayout(self, gap=Space.L)
        flow.addWidget(self._group("colours", tr("Colours"), (self.colour_by, self.map)))
        flow.addWidget(self._group("clip", tr("Clip"), (self.clip, self.clip_value)))
        flow.addWidget(self._group("opacity", tr("Opacity"), (self.opacity, self.opacity_value)))
        flow.addWidget(self.isolines)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def _group(self, name: str, title: str, widgets: Sequence[QWidget]) -> QWidget:
        group = QWidget(self)
        group.setObjectName(f"landscape-look-{name}")
        row = QHBoxLayout(group)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        label = QLabel(title, group)
        label.setObjectName(f"landscape-look-{name}-label")
        label.setProperty("kind", "muted")
        label.setBuddy(widgets[0])
        set_font(label, "small")
        row.addWidget(label)
        for widget in widgets:
            row.addWidget(widget)
        return group

    def refresh(self) -> None:
        """Show how it is looked at."""
        look = self._model.look
        self.colour_by.set_value(look.colour_by)
        self.isolines.setChecked(look.isolines)
        self.map.setCurrentIndex(max(self.map.findData(look.colour_map), 0))
        with QSignalBlocker(self.clip), QSignalBlocker(self.opacity):
            self.clip.setValue(round(CLIP_STEPS * look.clip))
            self.opacity.setValue(round(PERCENT * look.opacity))
        self.clip_value.setText(tr("none") if look.clip >= 1 else f"{PERCENT * look.clip:.1f} %")
        self.opacity_value.setText(f"{PERCENT * look.opacity:.0f} %")

    def _set_colour_by(self, key: str) -> None:
        self._model.change(colour_by=key)

    def _set_isolines(self, on: bool) -> None:
        self._model.change(isolines=on)

    def _set_map(self) -> None:
        self._model.change(colour_map=self.map.currentData())

    def _set_clip(self, position: int) -> None:
        self._model.change(clip=position / CLIP_STEPS)

    def _set_opacity(self, position: int) -> None:
        self._model.change(opacity=position / PERCENT)
