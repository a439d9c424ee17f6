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
    rows, columns = np.nonzero(_distance(first, second) > MOST_DISTANCE * THRESHOLD**2)
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


def _distance(first: Image.Image, second: Image.Image) -> np.ndarray:
    """Return how far apart the colours of each pixel are, as pixelmatch has it: weighted squares in YIQ."""
    step = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    return (step @ YIQ.T) ** 2 @ WEIGHTS


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
