"""How a surface is looked at: axes, levels, and what a session keeps."""

import numpy as np
import pytest

from wnin_desktop.qt.pages.landscape.looking import Look, height_axis

FLAT = np.linspace(1.0, 2.0, 50).reshape(5, 10)
STEEP = np.geomspace(1e-3, 10, 50).reshape(5, 10)


@pytest.mark.parametrize("values", [FLAT, STEEP, FLAT - 1.5, np.zeros((3, 3)), np.full((3, 3), np.nan)])
@pytest.mark.parametrize("log", [True, False, None])
@pytest.mark.parametrize("clip", [0.6, 1.0])
def test_that_every_surface_has_an_axis_with_levels_inside(qapp, values, log, clip):
    axis = height_axis([values], Look(log=log, clip=clip))
    assert axis.low < axis.high
    assert all(axis.low < level < axis.high for level in axis.levels())
    assert axis.place(axis.low) == pytest.approx(0, abs=1e-9)
    assert axis.place(axis.high) == pytest.approx(1)
    assert axis.at(axis.place(0.5 * (axis.low + axis.high))) == pytest.approx(0.5 * (axis.low + axis.high))
    if np.isfinite(values).any():
        assert (axis.places(values[np.isfinite(values)]) >= -1e-12).all()


def test_that_only_steep_surfaces_are_logarithmic_by_themselves(qapp):
    assert height_axis([STEEP], Look()).log
    assert not height_axis([FLAT], Look()).log
    assert not height_axis([FLAT - 1.5], Look()).log
    assert not height_axis([STEEP], Look(log=False)).log


def test_that_clipping_leaves_that_share_of_the_heights(qapp):
    axis = height_axis([FLAT], Look(clip=0.8))
    assert (axis.high >= FLAT).mean() == pytest.approx(0.8, abs=0.02)


def test_that_a_loss_keeps_an_axis_that_begins_at_zero(qapp):
    assert height_axis([np.array([[0.001, 1.0]])], Look(log=False)).low == 0


def test_that_a_look_survives_a_session_and_nonsense_does_not():
    look = Look(log=True, clip=0.9, colour_by="solid", colour_map="magma", opacity=0.5, side_by_side=True,
                isolines=False, hidden=frozenset({"a", "b"}))  # fmt: skip
    assert Look.of_state(look.state()) == look
    assert Look.of_state(Look().state()) == Look()
    bad = {"log": 3, "clip": 7, "colour_by": "rainbow", "colour_map": "jet", "opacity": "x", "hidden": 5}
    assert Look.of_state(bad) == Look()
