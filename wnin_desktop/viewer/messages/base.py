"""What every message is: a typed head, and arrays behind it. Kinds, and the types of the fields."""

from __future__ import annotations

import enum
from typing import Annotated, Any, ClassVar, NamedTuple, Self

import msgspec
import numpy as np
from msgspec import Meta

from wnin_desktop.viewer import limits


class Kind(enum.IntEnum):
    """Numbers of the messages; from 128 on they go up, from the viewer to its host."""

    HELLO = 1
    RESIZE = 2
    FRAME_RELEASE = 3
    PING = 4
    BYE = 5
    QUALITY = 6
    SURFACE = 16
    SURFACE_UPDATE = 17
    SURFACE_STYLE = 18
    PATH_SET = 20
    PATH_APPEND = 21
    PATH_STYLE = 22
    POINTS = 24
    POINTS_STYLE = 25
    MARKERS = 26
    REMOVE = 28
    CLEAR = 29
    LAYOUT = 32
    AXES = 33
    CONTOURS = 34
    CLIP = 35
    SCALE = 36
    COLOUR_BAR = 37
    TIME = 38
    STYLE = 40
    COLOUR_MAP = 41
    GLYPHS = 42
    CAMERA = 48
    POINTER = 49
    PICK = 50
    SNAPSHOT = 56
    EXPORT = 57
    GREETING = 128
    READY = 129
    FRAME_READY = 130
    PICKED = 131
    HOVERED = 132
    CAMERA_CHANGED = 133
    CURSOR = 134
    SNAPSHOT_DONE = 135
    EXPORT_DONE = 136
    STATS = 137
    PONG = 138
    ERROR = 139


class Mark(enum.IntEnum):
    """Shapes of markers: what happened to a run, and from 16 on the marks of the arms."""

    START = 0
    END = 1
    ESCAPE = 2
    INTERVENTION = 3
    DIVERGENCE = 4
    DOT = 5
    CIRCLE = 16
    SQUARE = 17
    TRIANGLE_UP = 18
    DIAMOND = 19
    TRIANGLE_DOWN = 20
    PLUS = 21
    CROSS = 22
    PENTAGON = 23
    STAR = 24
    HEXAGON = 25
    TRIANGLE_LEFT = 26


class Array(NamedTuple):
    """An array behind the head: its field, its type, and its sizes as numbers or names in the head."""

    name: str
    dtype: np.dtype
    shape: tuple[str | int, ...]
    optional: bool = False


F32, U32, U8 = np.dtype("<f4"), np.dtype("<u4"), np.dtype("u1")

Number = Annotated[float, Meta(ge=-3e38, le=3e38)]
Positive = Annotated[float, Meta(gt=0.0, le=3e38)]
Part = Annotated[float, Meta(ge=0.0, le=1.0)]
Id = Annotated[int, Meta(ge=1, le=0xFFFFFFFF)]
IdOrNone = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
"""0 stands for none."""
U32Number = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
Panel = Annotated[int, Meta(ge=0, lt=limits.PANELS)]
Byte = Annotated[int, Meta(ge=0, le=255)]
Colour = tuple[Byte, Byte, Byte, Byte]
Text = Annotated[str, Meta(max_length=limits.TEXT_CHARACTERS)]
Path = Annotated[str, Meta(min_length=1, max_length=limits.PATH_CHARACTERS)]
Half = Annotated[str, Meta(pattern=f"^[0-9a-f]{{{limits.TOKEN_CHARACTERS // 2}}}$")]
Pixels = Annotated[float, Meta(ge=-1e5, le=1e5)]
Width = Annotated[int, Meta(ge=limits.FRAME_SIDE_LEAST, le=limits.FRAME_WIDTH)]
Height = Annotated[int, Meta(ge=limits.FRAME_SIDE_LEAST, le=limits.FRAME_HEIGHT)]
UiScale = Annotated[float, Meta(ge=0.5, le=8.0)]
Range = tuple[Number, Number]
Vector = tuple[Number, Number, Number]
BLACK: Colour = (0, 0, 0, 255)


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every message is: fields, and arrays behind them where `arrays` names some."""

    kind: ClassVar[Kind]
    arrays: ClassVar[tuple[Array, ...]] = ()
    sizes: ClassVar[dict[str, tuple[int, int]]] = {}
    """Least and most of each size that the head tells."""

    def split(self) -> tuple[dict[str, Any], list[np.ndarray]]:
        """Return the checked head and the arrays. Raises `ValueError`, `TypeError` or a `MsgspecError`."""
        names = {array.name for array in self.arrays}
        fields = {name: getattr(self, name) for name in self.__struct_fields__ if name not in names}
        head, found = {}, []
        for array in self.arrays:
            value = getattr(self, array.name)
            if array.optional:
                head[array.name] = value is not None
            if value is not None or not array.optional:
                found.append(_bound(array, value, head))
        _check_sizes(type(self), head)
        checked = type(self).join(msgspec.to_builtins(fields, enc_hook=_plain) | head, found)
        return {name: getattr(checked, name) for name in fields} | head, found

    @classmethod
    def join(cls, head: Any, arrays: list[np.ndarray]) -> Self:
        """Return the message of a decoded JSON head and its arrays. Raises a `MsgspecError`."""
        if not isinstance(head, dict):
            raise TypeError("the JSON is not an object")
        fields = {name: value for name, value in head.items() if name not in cls.sizes}
        values = iter(arrays)
        for array in cls.arrays:
            present = fields.pop(array.name) if array.optional else True
            fields[array.name] = next(values) if present else None
        return msgspec.convert(fields, cls, dec_hook=lambda _, value: value)

    @classmethod
    def announced(cls, head: dict[str, Any]) -> list[tuple[np.dtype, tuple[int, ...]]]:
        """Return type and shape of each array that `head` announces. Raises `ValueError` or `KeyError`."""
        _check_sizes(cls, head)
        found = []
        for array in cls.arrays:
            if array.optional and not isinstance(head[array.name], bool):
                raise ValueError(f"{array.name} is neither true nor false")
            if not array.optional or head[array.name]:
                found.append((array.dtype, tuple(_size(size, head) for size in array.shape)))
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} cannot be sent")


def _size(size: str | int, head: dict[str, Any]) -> int:
    return head[size] if isinstance(size, str) else size


def _bound(array: Array, value: Any, head: dict[str, Any]) -> np.ndarray:
    """Return `value` as the wire holds it, and note the sizes that it fixes in `head`."""
    data = np.ascontiguousarray(value, array.dtype)
    if data.ndim != len(array.shape):
        raise ValueError(f"{array.name} has {data.ndim} dimensions, not {len(array.shape)}")
    for size, length in zip(array.shape, data.shape, strict=True):
        if length != (head.setdefault(size, length) if isinstance(size, str) else size):
            raise ValueError(f"{array.name} has the shape {data.shape}, which does not fit")
    return data


def _check_sizes(kind: type[Message], head: dict[str, Any]) -> None:
    for name, (least, most) in kind.sizes.items():
        value = head[name]
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"{name} is {value!r}; {least} to {most} are allowed")


def ordered(name: str, low: float | None, high: float | None) -> None:
    """Raise `ValueError` unless `low < high`, where both are given."""
    if low is not None and high is not None and not low < high:
        raise ValueError(f"{name} goes from {low} to {high}")
