import colorsys
import math

import numpy as np
import pytest

from wnin_desktop.errors import InputError
from wnin_desktop.noise.colors import gf3_check, splitmix64, step_colour, step_hue, step_trit, trit_of_hue


def test_that_splitmix64_gives_the_published_numbers():
    assert [splitmix64(1234567, k) for k in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert [splitmix64(0, k) for k in range(3)] == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]


@pytest.mark.parametrize(
    ("hue", "trit"),
    [(0.0, 1), (59.999, 1), (60.0, 0), (179.999, 0), (180.0, -1), (299.999, -1), (300.0, 1), (359.999, 1)],
)
def test_that_hue_bands_give_the_trit(hue, trit):
    assert trit_of_hue(hue) == trit


@pytest.mark.parametrize("hue", [-0.001, 360.0, float("nan")])
def test_that_a_hue_off_the_circle_is_refused(hue):
    with pytest.raises(InputError, match="hue"):
        trit_of_hue(hue)


def test_that_the_colour_shows_the_hue():
    for step in range(200):
        code = step_colour(7, step)
        red, green, blue = (int(code[k : k + 2], 16) / 255 for k in (1, 3, 5))
        seen = 360 * colorsys.rgb_to_hls(red, green, blue)[0]
        # Each channel is rounded to 8 bits, which moves the hue by less than a degree.
        assert abs((seen - step_hue(7, step) + 180) % 360 - 180) < 1.0


def test_that_steps_and_seeds_have_their_own_colours():
    assert len({step_colour(seed, step) for seed in range(5) for step in range(20)}) > 90


def test_that_trits_are_fair():
    trits = [step_trit(3, step) for step in range(30_000)]
    counts = np.array([trits.count(value) for value in (-1, 0, 1)])
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 13.8  # chi-square, 2 degrees of freedom, p = 0.001
    assert gf3_check(trits).balanced


def test_that_the_check_reports_sum_residue_and_z():
    report = gf3_check([1, 1, 0, 1, 1, -1, 1])
    assert (report.count, report.total, report.residue) == (7, 4, 1)
    assert report.z == pytest.approx(4 / math.sqrt(14 / 3))
    assert report.balanced
    assert gf3_check([-1, -1]).residue == 1


def test_that_a_lopsided_sequence_fails():
    assert not gf3_check([1] * 20).balanced


def distribution_of_sum(count):
    law = np.ones(1)
    for _ in range(count):
        law = np.convolve(law, np.full(3, 1 / 3))
    return {total: law[total + count] for total in range(-count, count + 1)}


def verdict(total, count, threshold=None):
    trits = [int(math.copysign(1, total))] * abs(total) + [0] * (count - abs(total))
    return gf3_check(trits, threshold).balanced


def test_that_the_z_test_passes_fair_generators_and_a_fixed_threshold_does_not():
    law = distribution_of_sum(50)
    false_alarms = sum(p for total, p in law.items() if not verdict(total, 50))
    assert false_alarms < 0.005
    with_threshold = sum(p for total, p in law.items() if not verdict(total, 50, 0.1))
    assert 0.3 < with_threshold < 0.5


@pytest.mark.parametrize("trits", [[], [2], [0.5]])
def test_that_what_are_no_trits_is_refused(trits):
    with pytest.raises(InputError, match="trits"):
        gf3_check(trits)
