import itertools
import math

import numpy as np
import pytest
from scipy import stats

from wnin_desktop.analysis.statistics import (
    MINIMUM_SEEDS,
    holm,
    mean_interval,
    paired_bootstrap,
    sign_flip_p_value,
    tost,
)
from wnin_desktop.errors import InputError


def within(share, truth, worlds):
    """Return whether a simulated share lies within 3.5 standard errors of the truth."""
    return abs(share - truth) < 3.5 * math.sqrt(truth * (1 - truth) / worlds)


def worlds_of(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_that_the_t_interval_is_the_textbook_one():
    # Student's sleep data (1908), extra hours of drug 2 over drug 1: mean 1.58, 95 % interval 0.70 to 2.46
    extra = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
    interval = mean_interval(extra)
    assert interval.mean == pytest.approx(1.58)
    assert (interval.low, interval.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-7)
    assert (interval.n, interval.method, interval.level) == (10, "t", 0.95)
    assert interval.excludes(0.0)
    assert not interval.excludes(1.0)


def test_that_one_value_has_no_interval_and_says_so():
    for interval in (mean_interval([3.0]), paired_bootstrap([4.0], [1.0], 0)):
        assert (interval.mean, interval.low, interval.high) == (3.0, None, None)
        assert (interval.method, interval.n) == ("none", 1)
        assert not interval.excludes(0.0)


@pytest.mark.parametrize("n", [2, 5, 24])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_that_t_intervals_cover_the_mean_as_often_as_they_say(n, level):
    intervals = [mean_interval(row, level) for row in worlds_of((2000, n))]
    assert within(np.mean([i.low <= 0 <= i.high for i in intervals]), level, 2000)


@pytest.mark.parametrize("n", [10, 24])
def test_that_bootstrap_intervals_cover_the_difference_nearly_as_often_as_they_say(n):
    shared, noise = worlds_of((1000, n), 1), worlds_of((1000, n), 2)
    hits = 0
    for seed in range(1000):
        interval = paired_bootstrap(shared[seed] + noise[seed], shared[seed], seed, resamples=999)
        hits += interval.low <= 0 <= interval.high
    # expanded percentiles keep what they promise to within two points at these sizes (Hesterberg 2015)
    assert 0.95 - 0.02 - 3.5 * math.sqrt(0.95 * 0.05 / 1000) < hits / 1000 < 0.95 + 0.02 + 3.5 * 0.007


def test_that_pairing_removes_what_the_seeds_share():
    shared, a = 100 * worlds_of(12, 3), worlds_of(12, 4)
    paired = paired_bootstrap(shared + 0.1 * a, shared, 0)
    assert paired.high - paired.low < 0.5
    assert paired == paired_bootstrap(shared + 0.1 * a, shared, 0)
    assert paired != paired_bootstrap(shared + 0.1 * a, shared, 1)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 10])
def test_that_the_sign_flip_p_value_is_the_share_of_sign_patterns(n, alternative):
    d = worlds_of(n, n) + 0.7
    sums = np.array([np.dot(signs, d) for signs in itertools.product((-1, 1), repeat=n)])
    beyond = {
        "two-sided": np.abs(sums) >= abs(d.sum()) - 1e-12,
        "greater": sums >= d.sum() - 1e-12,
        "less": sums <= d.sum() + 1e-12,
    }[alternative]
    assert sign_flip_p_value(d, alternative=alternative) == beyond.mean()


@pytest.mark.parametrize("n", [1, 2, 5, MINIMUM_SEEDS, 24, 36])
def test_that_the_p_value_has_its_floor_even_for_a_perfect_effect(n):
    assert sign_flip_p_value([1.0] * n) == 2.0 ** (1 - n)
    assert sign_flip_p_value([1.0] * n, alternative="greater") == 2.0**-n
    assert sign_flip_p_value([1.0] * n, alternative="less") == 1.0


def test_that_nine_seeds_are_the_fewest_that_survive_nine_hypotheses():
    perfect = [sign_flip_p_value([1.0] * MINIMUM_SEEDS)] * 9
    assert max(holm(perfect)) <= 0.05
    assert min(holm([sign_flip_p_value([1.0] * (MINIMUM_SEEDS - 1))] * 9)) > 0.05


def test_that_no_effect_is_never_surprising_and_ties_count():
    assert sign_flip_p_value([0.0, 0.0, 0.0]) == 1.0
    assert sign_flip_p_value([1.0, -1.0]) == 1.0
    assert sign_flip_p_value([0.1, 0.2, 0.3]) == 0.25
    assert sign_flip_p_value([0.1, 0.2, -0.3]) == 1.0
    assert sign_flip_p_value([0.0, 1.0, 1.0]) == 0.5


def test_that_sign_flips_reject_a_true_null_as_often_as_they_say():
    p = np.array([sign_flip_p_value(row) for row in worlds_of((2000, 10), 5)])
    level = 51 / 1024  # the largest attainable level below .05 is a multiple of 2 / 2^10
    assert within((p <= 50 / 1024).mean(), 50 / 1024, 2000)
    assert (p <= 0.05).mean() < level + 3.5 * math.sqrt(0.05 * 0.95 / 2000)


def test_that_random_patterns_take_over_where_enumeration_ends():
    d = worlds_of(60, 6) + 0.25
    p = sign_flip_p_value(d)
    assert p == pytest.approx(stats.ttest_1samp(d, 0).pvalue, rel=0.25)
    assert p == sign_flip_p_value(d)
    assert sign_flip_p_value([1.0] * 60) == 1e-5


def test_that_holm_gives_a_known_example():
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
    assert holm([0.03, 0.01, 0.05, 0.02, 0.04]) == pytest.approx([0.09, 0.05, 0.09, 0.08, 0.09])
    assert holm([0.6, 0.01]) == pytest.approx([0.6, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_that_holm_keeps_the_family_wise_error():
    p = np.array([[sign_flip_p_value(row) for row in family] for family in worlds_of((400, 5, 10), 7)])
    wrong = np.mean([min(holm(family)) <= 0.05 for family in p])
    assert wrong < 0.05 + 3.5 * math.sqrt(0.05 * 0.95 / 400)


def test_that_equivalence_is_two_one_sided_t_tests():
    d = worlds_of(15, 8) * 0.1 + 0.02
    ours = tost(d, 0.1)
    upper = stats.ttest_1samp(d, 0.1, alternative="less").pvalue
    lower = stats.ttest_1samp(d, -0.1, alternative="greater").pvalue
    assert ours == pytest.approx(max(upper, lower))
    assert tost([0.0, 0.0], 0.1) == 0.0
    assert tost([0.1, 0.1], 0.1) == 1.0
    assert tost([0.3, 0.31, 0.29], 0.1) > 0.99


def test_that_equivalence_at_the_margin_is_claimed_five_times_in_a_hundred():
    p = np.array([tost(row, 1.0) for row in worlds_of((2000, 30), 9) + 1.0])
    assert within((p <= 0.05).mean(), 0.05, 2000)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mean_interval([]), "at least one number"),
        (lambda: mean_interval([1.0, math.nan]), "count diverged runs apart"),
        (lambda: mean_interval([1.0, 2.0], 1.0), "between 0 and 1"),
        (lambda: paired_bootstrap([1.0], [1.0, 2.0], 0), "one value per seed"),
        (lambda: sign_flip_p_value([math.inf]), "only finite numbers"),
        (lambda: holm([0.5, 1.5]), "p value: 1.5"),
        (lambda: tost([1.0], 0.1), "at least 2 pairs"),
        (lambda: tost([1.0, 2.0], 0.0), "margin"),
    ],
)
def test_that_what_has_no_answer_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()
