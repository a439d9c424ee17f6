import math

import numpy as np
import pytest

from wnin_desktop.analysis.leader import leader_table
from wnin_desktop.analysis.statistics import holm, mean_interval, sign_flip_p_value
from wnin_desktop.errors import InputError


def world(n, shifts, seed=0, spread=0.1):
    """Return outcomes of arms that share a seed's difficulty and are shifted against one another."""
    generator = np.random.default_rng(seed)
    shared = generator.standard_normal(n)
    return {
        arm: dict(enumerate((shared + shift + spread * generator.standard_normal(n)).tolist()))
        for arm, shift in shifts.items()
    }


def by_arm(rows):
    return {row.arm: row for row in rows}


def test_that_ten_seeds_tell_better_worse_and_the_same_apart():
    results = world(10, {"sgd": 0.0, "good": -1.0, "bad": 1.0, "twin": 0.0}, seed=1)
    rows = leader_table(results, "sgd")
    assert {row.arm: row.word for row in rows} == {
        "sgd": "baseline", "good": "better", "bad": "worse", "twin": "not separable",
    }  # fmt: skip
    assert rows[0].arm == "good"
    assert rows[-1].arm == "bad"


def test_that_higher_may_be_better():
    rows = leader_table(world(10, {"sgd": 0.0, "up": 1.0}), "sgd", better="higher")
    assert [(row.arm, row.word) for row in rows] == [("up", "better"), ("sgd", "baseline")]


def test_that_the_numbers_are_those_of_the_statistics():
    results = world(12, {"sgd": 0.0, "a": -0.1, "b": 0.05})
    rows = by_arm(leader_table(results, "sgd", level=0.9))
    differences = {
        arm: [results[arm][seed] - results["sgd"][seed] for seed in range(12)] for arm in ("a", "b")
    }
    adjusted = holm([sign_flip_p_value(differences[arm]) for arm in ("a", "b")])
    for arm, p in zip(("a", "b"), adjusted, strict=True):
        assert rows[arm].difference == mean_interval(differences[arm], 0.9)
        assert rows[arm].summary == mean_interval(list(results[arm].values()), 0.9)
        assert rows[arm].p_adjusted == p
        assert rows[arm].pairs == 12
    assert rows["sgd"].difference is None
    assert rows["sgd"].p_value is None


@pytest.mark.parametrize("n", [1, 3, 8])
def test_that_fewer_than_nine_seeds_cannot_conclude_whatever_the_effect(n):
    row = by_arm(leader_table(world(n, {"sgd": 0.0, "huge": -100.0}), "sgd"))["huge"]
    assert row.word == "cannot conclude"
    assert f"{n} paired seed" in row.note
    assert "9 seeds are needed" in row.note
    assert by_arm(leader_table(world(9, {"sgd": 0.0, "huge": -100.0}), "sgd"))["huge"].word == "better"


def test_that_one_seed_has_no_interval_and_says_so():
    row = by_arm(leader_table(world(1, {"sgd": 0.0, "a": 1.0}), "sgd"))["sgd"]
    assert row.summary.low is None
    assert row.note == "one seed: no interval"


def test_that_diverged_seeds_are_counted_and_shown():
    results = world(12, {"sgd": 0.0, "a": -1.0})
    results["sgd"] |= {0: None}
    results["a"] |= {0: math.nan, 1: math.inf}
    rows = by_arm(leader_table(results, "sgd"))
    assert (rows["a"].diverged, rows["a"].seeds, rows["a"].pairs, rows["a"].summary.n) == (2, 12, 10, 10)
    assert (rows["sgd"].diverged, rows["sgd"].summary.n) == (1, 11)
    assert "2 of 12 seeds diverged" in rows["a"].note


def test_that_an_arm_does_not_win_by_losing_its_bad_seeds():
    results = world(12, {"sgd": 0.0, "a": -1.0, "b": 1.0})
    assert by_arm(leader_table(results, "sgd"))["a"].word == "better"
    results["a"] |= {0: None}
    row = by_arm(leader_table(results, "sgd"))["a"]
    assert row.word == "not separable"
    assert "diverged more often" in row.note
    results["sgd"] |= {1: None, 2: None}
    rows = by_arm(leader_table(results, "sgd"))
    assert rows["a"].word == "better"
    assert rows["b"].word == "not separable"  # the baseline beats it, but lost two seeds itself


def test_that_an_arm_that_always_diverged_stands_last_without_a_mean():
    results = world(10, {"sgd": 0.0, "a": -1.0}) | {"lost": dict.fromkeys(range(10))}
    row = leader_table(results, "sgd")[-1]
    assert (row.arm, row.summary, row.difference, row.word) == ("lost", None, None, "cannot conclude")
    assert "10 of 10 seeds diverged" in row.note


def test_that_pairs_are_made_by_seed_and_not_by_place():
    results = world(10, {"sgd": 0.0, "a": -1.0})
    shuffled = dict(sorted(results["a"].items(), key=lambda item: -item[0]))
    rows = leader_table({**results, "a": shuffled}, "sgd")
    assert rows[0].p_value == leader_table(results, "sgd")[0].p_value
    apart = {"sgd": {0: 1.0}, "a": {1: 2.0}}
    assert "no seed where" in by_arm(leader_table(apart, "sgd"))["a"].note


def test_that_planted_effects_are_found_and_null_worlds_are_not():
    found = false = 0
    worlds = 400
    for seed in range(worlds):
        rows = by_arm(leader_table(world(10, {"sgd": 0.0, "same": 0.0}, seed, spread=0.1), "sgd"))
        false += rows["same"].word in ("better", "worse")
        planted = world(10, {"sgd": 0.0, "good": -math.sqrt(2) * 0.1}, seed, spread=0.1)
        found += by_arm(leader_table(planted, "sgd"))["good"].word == "better"
    assert false / worlds < 0.05 + 3.5 * math.sqrt(0.05 * 0.95 / worlds)
    # one sd of the differences, n = 10: power of the two-sided t test is 0.803, of sign flips about the same
    assert found / worlds > 0.80 - 0.03 - 3.5 * math.sqrt(0.8 * 0.2 / worlds)


def test_that_an_unknown_baseline_and_an_empty_arm_are_refused():
    results = world(3, {"sgd": 0.0})
    with pytest.raises(InputError, match=r"baseline: 'adam' .* sgd"):
        leader_table(results, "adam")
    with pytest.raises(InputError, match="at least one seed"):
        leader_table({**results, "empty": {}}, "sgd")
