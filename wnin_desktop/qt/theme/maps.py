"""Maps of a number to a colour: perceptually uniform ones for surfaces, and one for temperature alone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SURFACES = ("viridis", "cividis", "magma", "dune")
"""The first is the default."""
LIBRARY_MAPS = {"viridis": "viridis", "cividis": "cividis", "magma": "magma"}
DUNE = ("#0B1E4F", "#1F5A63", "#76803A", "#E19A5E", "#FBD3E6")
"""Night, sea, moss, sand, dawn."""
TEMPERATURE = ("#12298A", "#3F74D8", "#A9CBF5", "#FFFFFF", "#FFC890", "#EE6A22", "#8E1B06")
"""Deep blue, white, ember."""
LEVELS = 256


@lru_cache(maxsize=8)
def surface_map(name: str = SURFACES[0]) -> NDArray[np.uint8]:
    """Return 256 colours (256 by 4, red, green, blue, alpha), from the lowest value to the highest."""
    if name in LIBRARY_MAPS:
        import pyqtgraph  # noqa: PLC0415 - a picture is drawn long after the window opened

        found = pyqtgraph.colormap.get(LIBRARY_MAPS[name])
        assert found is not None
        table = found.getLookupTable(nPts=LEVELS, alpha=True, mode=found.BYTE)
        return _frozen(np.asarray(table, dtype=np.uint8))
    if name == "dune":
        return _frozen(_rgba(_even_lightness(_between(DUNE))))
    raise KeyError(f"no surface map {name!r}; there are {', '.join(SURFACES)}")


@lru_cache(maxsize=1)
def temperature_map() -> NDArray[np.uint8]:
    """Return 256 colours from the coldest to the hottest; white lies in the middle."""
    return _frozen(_rgba(_between(TEMPERATURE)))


def _frozen(table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    table.setflags(write=False)
    return table


def _between(stops: tuple[str, ...]) -> NDArray[np.float64]:
    """Return `LEVELS` colours between the stops, in a space where equal steps look equal."""
    known = _to_lab(np.array([[int(stop[at : at + 2], 16) / 255 for at in (1, 3, 5)] for stop in stops]))
    places, wanted = np.linspace(0, 1, len(stops)), np.linspace(0, 1, LEVELS)
    return np.stack([np.interp(wanted, places, known[:, axis]) for axis in range(3)], axis=1)


def _even_lightness(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the colours with lightness growing in equal steps."""
    even = lab.copy()
    even[:, 0] = np.linspace(lab[0, 0], lab[-1, 0], len(lab))
    return even


FROM_RGB = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
FROM_CONES = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
"""The two matrices of Oklab."""


def _to_lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ FROM_RGB.T) @ FROM_CONES.T


def _rgba(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    linear = np.clip((lab @ np.linalg.inv(FROM_CONES).T) ** 3 @ np.linalg.inv(FROM_RGB).T, 0, 1)
    rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    table = np.full((len(lab), 4), 255, dtype=np.uint8)
    table[:, :3] = np.round(255 * np.clip(rgb, 0, 1))
    return table
