import math

import pytest

from wnin_desktop.analysis.matched import bisect_to_loss
from wnin_desktop.errors import InputError


def test_that_a_straight_loss_is_met_where_the_line_says():
    found = bisect_to_loss(lambda t: 2.0 - t, 2.0, 1.0, 1.3, tolerance=1e-9)
    assert found.fraction == pytest.approx(0.7, abs=1e-9)
    assert found.loss == pytest.approx(1.3, abs=1e-9)


@pytest.mark.parametrize("target", [0.01, 0.3, 0.5, 0.999])
def test_that_an_exponential_loss_is_met_at_its_logarithm(target):
    found = bisect_to_loss(lambda t: math.exp(-5 * t), 1.0, math.exp(-5), target, tolerance=1e-10)
    assert found.fraction == pytest.approx(-math.log(target) / 5, rel=1e-6)


def test_that_the_default_tolerance_is_a_tenth_of_a_millinat():
    found = bisect_to_loss(lambda t: 1 - t**3, 1.0, 0.0, 0.4)
    assert abs(found.loss - 0.4) <= 1e-4
    assert found.loss == 1 - found.fraction**3


def test_that_a_loss_that_is_not_monotone_is_still_met():
    def bumpy(t):
        return 1 - t + 0.3 * math.sin(12 * t)

    found = bisect_to_loss(bumpy, bumpy(0.0), bumpy(1.0), 0.4)
    assert abs(bumpy(found.fraction) - 0.4) <= 1e-4


def test_that_a_target_at_the_end_takes_the_end_and_a_jump_ends_beside_it():
    asked = []
    assert bisect_to_loss(lambda t: asked.append(t) or 0.0, 1.0, 0.5, 0.5).fraction == 1.0
    assert asked == []
    step = bisect_to_loss(lambda t: 1.0 if t < 0.25 else 0.0, 1.0, 0.0, 0.4)
    assert step.fraction == pytest.approx(0.25, abs=1e-9) or step.loss == 0.0


@pytest.mark.parametrize("target", [0.2, 1.0, 1.5, math.nan])
def test_that_a_target_outside_the_segment_is_refused(target):
    with pytest.raises(InputError, match="target"):
        bisect_to_loss(lambda t: 1 - t, 1.0, 0.5, target)
