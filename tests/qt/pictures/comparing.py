"""References of pictures: compared with a small tolerance, rewritten on demand."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent
UPDATE = "update"
THRESHOLD = 0.1
"""Difference of colour that counts, as pixelmatch has it: other machines round edges of letters otherwise."""
TOLERATED = 0.002
"""Share of the pixels that may differ."""
YIQ = np.array(
    [
        [0.29889531, 0.58662247, 0.11448223],
        [0.59597799, -0.27417610, -0.32180189],
        [0.21147017, -0.52261711, 0.31114694],
    ]
)
WEIGHTS = np.array([0.5053, 0.299, 0.1957])
MOST_DISTANCE = 35215.0
COLOURS = 256
LOST = 0.0002
"""Share of the pixels that fewer colours may change in a reference."""
AROUND = tuple((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y)
"""Steps to the eight neighbours of a pixel."""


def is_update() -> bool:
    """Return whether references are written instead of compared."""
    return os.environ.get("WNIN_PICTURES") == UPDATE


def check(picture: Image.Image, name: str, folder: Path) -> None:
    """Compare a picture with its reference; where it differs, leave it and the difference in `folder`."""
    reference = FOLDER / f"{name}.png"
    if is_update():
        _write(picture, reference)
        return
    assert reference.is_file(), f"{name}: there is no reference yet; WNIN_PICTURES=update writes it"
    with Image.open(reference) as opened:
        expected = opened.convert("RGB")
    actual_file, diff_file = folder / f"{name}-actual.png", folder / f"{name}-diff.png"
    if picture.size != expected.size:
        picture.save(actual_file)
        raise AssertionError(f"{name}: {picture.size} instead of {expected.size}; see {actual_file}")
    tolerated = TOLERATED * picture.width * picture.height
    count, difference = differing(expected, picture)
    if count > tolerated:
        picture.save(actual_file)
        difference.save(diff_file)
        raise AssertionError(f"{name}: {count} pixels differ; see {actual_file} and {diff_file}")


def differing(first: Image.Image, second: Image.Image) -> tuple[int, Image.Image]:
    """Return how many pixels differ, as pixelmatch counts them, and a picture of where: in red."""
    one, other = (np.asarray(image.convert("RGB")).astype(np.int64) for image in (first, second))
    rows, columns = np.nonzero(_is_other(one, other))
    if not rows.size:
        return 0, second
    pictures = [_Neighbours.of(each) for each in (one, other)]
    edges = pictures[0].smoothed(pictures[1], rows, columns) | pictures[1].smoothed(
        pictures[0], rows, columns
    )
    where = Image.blend(second.convert("L").convert("RGB"), Image.new("RGB", second.size, "white"), 0.9)
    drawn = np.array(where)
    drawn[rows[~edges], columns[~edges]] = (255, 0, 0)
    return int(np.count_nonzero(~edges)), Image.fromarray(drawn)


def _is_other(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return which pixels have another colour, by weighted squares in YIQ."""
    return ((one - other) @ YIQ.T) ** 2 @ WEIGHTS > MOST_DISTANCE * THRESHOLD**2


@dataclass(frozen=True)
class _Neighbours:
    """A picture with what tells smoothed edges from others (Vysniauskas 2009), for all pixels at once.

    Attributes:
        light: Brightness, with a rim of NaN.
        plain: Whether three of the eight neighbours have the same colour; beyond the rim counts as one.
    """

    light: np.ndarray
    plain: np.ndarray

    @classmethod
    def of(cls, colours: np.ndarray) -> _Neighbours:
        height, width, _ = colours.shape
        packed = np.pad(colours @ (1 << 16, 1 << 8, 1), 1, constant_values=-1)
        equal = sum(
            (packed[1 + y : 1 + y + height, 1 + x : 1 + x + width] == packed[1:-1, 1:-1]).astype(int)
            for x, y in AROUND
        )
        # Summed in this order everywhere: equal colours are to be equally bright to the last bit.
        brightness = sum(colours[:, :, channel] * YIQ[0, channel] for channel in range(3))
        light = np.pad(brightness, 1, constant_values=np.nan)
        rim = np.ones((height, width), bool)
        rim[1:-1, 1:-1] = False
        return cls(light, equal + rim > 2)

    def smoothed(self, other: _Neighbours, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return which of these pixels lie on a smoothed edge: between a darker and a lighter plain one."""
        height, width = self.plain.shape
        y, x = (rows[:, None], columns[:, None]) + np.array(AROUND).T[::-1, None]
        deltas = self.light[rows + 1, columns + 1][:, None] - self.light[y + 1, x + 1]
        on_rim = (rows == 0) | (rows == height - 1) | (columns == 0) | (columns == width - 1)
        lies_between = (np.nanmin(deltas, axis=1) < 0) & (np.nanmax(deltas, axis=1) > 0)
        both, every = self.plain & other.plain, np.arange(len(rows))
        ends = [np.nanargmin(deltas, axis=1), np.nanargmax(deltas, axis=1)]
        has_plain_end = np.logical_or(*(both[y[every, end], x[every, end]] for end in ends))
        return lies_between & has_plain_end & ((deltas == 0).sum(axis=1) + on_rim <= 2)


def _write(picture: Image.Image, path: Path) -> None:
    """Write a small file: few colours are enough, as long as none is far from what it was."""
    few = few_colours(picture)
    count, _ = differing(picture, few.convert("RGB"))
    (few if count <= LOST * picture.width * picture.height else picture).save(path, optimize=True)


def few_colours(picture: Image.Image) -> Image.Image:
    """Return a picture with its most frequent colours as they are, and the others as one of a few."""
    every = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    known, places, counts = np.unique(every, axis=0, return_inverse=True, return_counts=True)
    known = known.astype(np.int32)
    order = np.argsort(-counts, kind="stable")
    kept, others = known[order[: COLOURS // 2]], known[order[COLOURS // 2 :]]
    far = ((others[:, None, :] - kept[None, :, :]) ** 2).sum(axis=2).min(axis=1, initial=1 << 30)
    while len(kept) < min(COLOURS, len(known)):
        # The next one is the colour that is farthest from all that there are.
        farthest = others[far.argmax()]
        kept = np.vstack([kept, farthest])
        far = np.minimum(far, ((others - farthest) ** 2).sum(axis=1))
    nearest = ((known[:, None, :] - kept[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
    few = Image.frombytes("P", picture.size, nearest.astype(np.uint8)[places.reshape(-1)].tobytes())
    few.putpalette(kept.astype(np.uint8).tobytes())
    return few
