import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wnin_desktop.runs.report.text import (
    NOT_MEASURED,
    duration,
    elided,
    estimate,
    fixed,
    listing,
    moment,
    number,
    numbers,
    plus_minus,
)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"), (math.nan, "–"), (math.inf, "∞"), (-math.inf, "−∞"), (0.0, "0"), (1.0, "1.00"),
        (0.09996, "0.100"), (1234.5, "1234"), (12345.0, "12\u202f345"), (-0.5, "−0.500"),
        (1.5e-7, "1.50×10⁻⁷"), (2e12, "2.00×10¹²"), (99999.9, "1.00×10⁵"), (0.00099999, "0.00100"),
    ],
)  # fmt: skip
def test_that_numbers_are_written_as_people_read_them(value, said):
    assert number(value) == said


@given(st.floats(min_value=1e-3, max_value=9e4))
def test_that_three_digits_are_within_half_of_the_last(value):
    read = float(number(value).replace("\u202f", "").replace("×10⁵", "e5"))
    assert read == pytest.approx(value, rel=0.005)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((0.10438, 0.08289, 0.12588), "0.104 [0.083, 0.126]"),
        ((97.27, 96.82, 97.72), "97.27 [96.82, 97.72]"),
        ((0.5, None, None), "0.500"),
        ((None, None, None), "–"),
        ((3.0, 3.0, 3.0), "3.00 [3.00, 3.00]"),
        ((1e-9, 0.5e-9, 1.5e-9), "1.00×10⁻⁹ [5.00×10⁻¹⁰, 1.50×10⁻⁹]"),
        ((-0.02, -0.039, -0.001), "−0.020 [−0.039, −0.001]"),
    ],
)
def test_that_an_interval_decides_how_many_digits_mean_something(values, said):
    assert estimate(*values) == said


def test_that_a_share_is_shown_in_percent():
    assert estimate(0.9727, 0.9682, 0.9772, scale=100) == "97.27 [96.82, 97.72]"


def test_that_an_exact_value_has_no_plus_minus():
    assert plus_minus(12.0, 0.0) == "12.0"
    assert plus_minus(12.0, None) == "12.0"
    assert plus_minus(12.04, 0.33) == "12.04 ± 0.33"
    assert plus_minus(None, 0.1) == NOT_MEASURED


def test_that_no_rounding_leaves_a_negative_zero():
    assert fixed(-0.0001, 2) == "0.00"
    assert fixed(-1234567.0, 0) == "−1\u202f234\u202f567"


def test_that_times_are_told_in_their_own_size():
    assert [duration(value) for value in (None, 0.0123, 12.34, 61.0, 125.0, 7260.0)] == [
        "–", "0.0123 s", "12.3 s", "61.0 s", "2 min 05 s", "2 h 01 min",
    ]  # fmt: skip
    assert moment(0.0) == "1970-01-01 00:00:00 UTC"


def test_that_lists_and_ranges_read_as_sentences():
    assert [listing(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert numbers([4, 0, 1, 2, 9, 10]) == "0–2, 4, 9, 10"


@given(st.text(max_size=80), st.integers(min_value=4, max_value=40))
def test_that_a_long_name_keeps_its_ends(text, length):
    short = elided(text, length)
    assert len(short) <= max(length, len(text) if len(text) <= length else 0)
    assert short == text or (short[0] == text[0] and "…" in short)
