"""What a viewer shows, remembered by its host, so that a viewer that was restarted shows the same again."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import msgspec
import numpy as np

from wnin_desktop.viewer.messages import (
    Axes,
    Camera,
    CameraChanged,
    Clear,
    Clip,
    ColourBar,
    ColourMap,
    Contours,
    Glyphs,
    Layout,
    Markers,
    Message,
    PathAppend,
    PathSet,
    PathStyle,
    Points,
    PointsStyle,
    Quality,
    Remove,
    Scale,
    Style,
    Surface,
    SurfaceStyle,
    SurfaceUpdate,
    Time,
)

ORDER: tuple[type[Message], ...] = (
    Style, ColourMap, Glyphs, Layout, Scale, Axes, Clip, Contours, Surface, SurfaceStyle, PathSet, PathStyle,
    Points, PointsStyle, Markers, ColourBar, Time, Quality,
)  # fmt: skip
"""In which they are said again: what others refer to comes first."""
KEYS = {
    ColourMap: "name", Glyphs: "face", Scale: "panel", Axes: "panel", Clip: "panel", Contours: "panel",
    ColourBar: "panel", Surface: "id", SurfaceStyle: "id", PathSet: "id", PathStyle: "id", Points: "id",
    PointsStyle: "id", Markers: "id",
}  # fmt: skip
"""By what messages of one type differ; of the others only the last counts."""
WHAT: dict[str, tuple[type[Message], ...]] = {
    "surface": (Surface, SurfaceStyle),
    "path": (PathSet, PathStyle),
    "points": (Points, PointsStyle),
    "markers": (Markers,),
}
PANELLED = (Scale, Axes, Clip, Contours, ColourBar, Surface, PathSet, Points, Markers)
STYLES = {Surface: SurfaceStyle, PathSet: PathStyle, Points: PointsStyle}


class Scene:
    """Takes in every message that changes what is shown. Messages that ask or move leave no trace."""

    def __init__(self) -> None:
        self._kept: dict[type[Message], dict[Hashable, Message]] = {kind: {} for kind in ORDER}
        self._more: dict[int, list[PathAppend]] = {}
        """Points that came behind those of a `PathSet`, joined when they are needed."""
        self._cameras: dict[int, CameraChanged] = {}

    def take(self, message: Message) -> None:
        """Remember what `message` changes."""
        if isinstance(message, SurfaceUpdate):
            self._update(message)
        elif isinstance(message, PathAppend):
            if message.id in self._kept[PathSet]:
                self._more.setdefault(message.id, []).append(message)
        elif isinstance(message, Remove):
            for kind in WHAT[message.what]:
                self._kept[kind].pop(message.id, None)
            if message.what == "path":
                self._more.pop(message.id, None)
        elif isinstance(message, Clear):
            self._clear(message.panel)
        elif type(message) in self._kept:
            self._kept[type(message)][self._key(message)] = message
            if isinstance(message, PathSet):
                self._more.pop(message.id, None)

    def look(self, camera: CameraChanged) -> None:
        """Remember where the camera is."""
        self._cameras[camera.panel] = camera

    def replay(self) -> Iterator[Message]:
        """Return the messages that make an empty viewer show all this."""
        for kind in ORDER:
            for message in self._kept[kind].values():
                yield self._whole(message) if isinstance(message, PathSet) else message
        for panel, camera in self._cameras.items():
            yield Camera(
                panel=panel, action="set", azimuth=camera.azimuth, elevation=camera.elevation,
                distance=camera.distance, target=camera.target, projection=camera.projection,
            )  # fmt: skip

    @staticmethod
    def _key(message: Message) -> Hashable:
        name = KEYS.get(type(message))
        return getattr(message, name) if name is not None else None

    def _update(self, update: SurfaceUpdate) -> None:
        surface = self._kept[Surface].get(update.id)
        if not isinstance(surface, Surface) or surface.heights.size != update.heights.size:
            return
        shape = surface.heights.shape
        values = surface.values if update.values is None else np.asarray(update.values).reshape(shape)
        heights = np.asarray(update.heights).reshape(shape)
        self._kept[Surface][update.id] = msgspec.structs.replace(surface, heights=heights, values=values)
        style = self._kept[SurfaceStyle].get(update.id)
        if update.value_range is not None and isinstance(style, SurfaceStyle):
            made = msgspec.structs.replace(style, value_range=update.value_range)
            self._kept[SurfaceStyle][update.id] = made

    def _whole(self, path: PathSet) -> PathSet:
        """Return a path with what came later, and keep it so."""
        more = self._more.pop(path.id, [])
        if not more:
            return path
        positions = np.concatenate([path.positions.reshape(-1, 3), *(part.positions for part in more)])
        steps = np.concatenate([path.steps, *(part.steps for part in more)])
        made = msgspec.structs.replace(path, positions=positions, steps=steps)
        self._kept[PathSet][path.id] = made
        return made

    def _clear(self, panel: int | None) -> None:
        for kind in PANELLED:
            gone = [
                key for key, kept in self._kept[kind].items() if panel is None or self._panel(kept) == panel
            ]
            for key in gone:
                del self._kept[kind][key]
                if kind in STYLES:
                    self._kept[STYLES[kind]].pop(key, None)
                if kind is PathSet:
                    self._more.pop(key, None)  # type: ignore[arg-type] - its key is the id

    @staticmethod
    def _panel(message: Message) -> int:
        return getattr(message, "panel", 0)
