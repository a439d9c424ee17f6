"""References of pictures: compared with a small tolerance, rewritten on demand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image
from pixelmatch import pixelmatch

FOLDER = Path(__file__).parent
UPDATE = "update"
THRESHOLD = 0.1
"""Difference of colour that counts, as pixelmatch has it: other machines round edges of letters otherwise."""
TOLERATED = 0.002
"""Share of the pixels that may differ."""
COLOURS = 256
MARGIN = 4


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
    count, difference = differing(expected, picture)
    if count > TOLERATED * picture.width * picture.height:
        picture.save(actual_file)
        difference.save(diff_file)
        raise AssertionError(f"{name}: {count} pixels differ; see {actual_file} and {diff_file}")


def differing(first: Image.Image, second: Image.Image) -> tuple[int, Image.Image]:
    """Return how many pixels differ, and a picture of where; only the part that may differ is looked at."""
    left, right = np.asarray(first, np.int16), np.asarray(second, np.int16)
    rows, columns = np.nonzero(np.abs(left - right).max(axis=2))
    whole = second.convert("RGBA")
    if not rows.size:
        return 0, whole
    box = (
        max(int(columns.min()) - MARGIN, 0),
        max(int(rows.min()) - MARGIN, 0),
        min(int(columns.max()) + MARGIN, first.width),
        min(int(rows.max()) + MARGIN, first.height),
    )
    parts = [image.convert("RGBA").crop(box) for image in (first, second)]
    width, height = parts[0].size
    output = bytearray(4 * width * height)
    count = pixelmatch(*(part.tobytes() for part in parts), width, height, output, threshold=THRESHOLD)
    whole.paste(Image.frombytes("RGBA", (width, height), bytes(output)), box[:2])
    return count, whole


def _write(picture: Image.Image, path: Path) -> None:
    """Write a small file: few colours are enough, as long as none is far from what it was."""
    few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    count, _ = differing(picture, few.convert("RGB"))
    (few if count == 0 else picture).save(path, optimize=True)
