"""What is shown is what is saved, in every locale; what has two readings is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale

from wnin_desktop.qt import numbers

LOCALES = [QLocale(name) for name in (
    "ar_EG", "bg_BG", "bn_BD", "C", "ca_ES", "cs_CZ", "da_DK", "de_AT", "de_CH", "de_DE", "el_GR", "en_GB",
    "en_IN", "en_US", "es_ES", "fa_IR", "fi_FI", "fr_CH", "fr_FR", "he_IL", "hi_IN", "hu_HU", "it_IT",
    "ja_JP", "ko_KR", "nb_NO", "nl_NL", "pl_PL", "pt_BR", "ru_RU", "tr_TR", "zh_CN",
)]  # fmt: skip
GERMAN, ENGLISH = QLocale("de_DE"), QLocale("en_US")
FINITE = st.floats(allow_nan=False, allow_infinity=False)
SHORT = st.builds(
    lambda digits, power: float(f"{digits}e{power}"), st.integers(1, 99999), st.integers(-12, 12)
)


@given(value=FINITE | SHORT | st.integers(-(2**63), 2**63))
def test_o3_that_what_is_shown_is_what_is_saved_in_32_locales(value):
    assert len(LOCALES) == 32
    for locale in LOCALES:
        assert numbers.parse(numbers.show(value, locale), locale) == value


@given(value=st.integers(-(2**63), 2**63))
def test_that_whole_numbers_stay_whole(value):
    assert isinstance(numbers.parse(numbers.show(value, GERMAN), GERMAN), int)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("1E-3", 0.001), ("0.001", 0.001), ("0,001", 0.001), (",5", 0.5), ("5.", 5.0),
        ("1 000", 1000), ("1\u202f000", 1000), ("1'000", 1000), ("10k", 10_000), ("2M", 2e6), ("3m", 0.003),
        ("7\u00b5", 7e-6), ("7u", 7e-6), ("5 %", 0.05), ("\u22123", -3), ("+4", 4),
        ("\u0663\u066b\u0665", 3.5),
        ("12,50", 12.5), ("0,125", 0.125),
    ],
)  # fmt: skip
def test_that_people_write_numbers_as_they_like(text, value):
    for locale in (GERMAN, ENGLISH):
        assert numbers.parse(text, locale) == value


def test_that_separators_follow_the_locale():
    assert numbers.parse("1,125", GERMAN) == 1.125
    assert numbers.parse("1.125", ENGLISH) == 1.125
    assert numbers.parse("1.234,5", GERMAN) == 1234.5
    assert numbers.parse("1,234.5", ENGLISH) == 1234.5
    assert numbers.parse("1.234.567", GERMAN) == 1_234_567


@pytest.mark.parametrize(("text", "locale"), [("1,234", ENGLISH), ("1.234", GERMAN), ("-1.000", GERMAN)])
def test_that_two_readings_are_refused_with_both(text, locale):
    with pytest.raises(ValueError, match=r"two readings: write -?1"):
        numbers.parse(text, locale)


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "1.2.3", "1e", "e5", "--1", "1e400", "nan", "inf", "0x10", "1_000", "9" * 65, "5q"],
)
def test_that_anything_else_is_refused_in_a_sentence(text):
    with pytest.raises(ValueError, match=r"\.$") as caught:
        numbers.parse(text, GERMAN)
    assert str(caught.value)[0].isupper() or str(caught.value)[0] == text.strip()[-1:]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.001, "0.001"), (1e-5, "1e-5"), (2.5e-7, "2.5e-7"), (1e6, "1e6"), (0.1, "0.1"), (3, "3"),
        (0.0, "0"),
        (12345, "12\u202f345"), (2500.0, "2500"), (None, ""), (math.inf, "\u221e"),
    ],
)  # fmt: skip
def test_that_numbers_are_shown_shortly(value, text):
    assert numbers.show(value, ENGLISH) == text


def test_that_the_sign_of_the_locale_is_used():
    assert numbers.show(0.001, GERMAN) == "0,001"
    assert numbers.show(2.5e-7, GERMAN) == "2,5e-7"


def test_that_brief_numbers_are_rounded_and_never_hide_that_there_is_none():
    assert numbers.brief(0.123456, 3, ENGLISH) == "0.123"
    assert numbers.brief(None) == "\u2013"
    assert numbers.brief(math.nan) == "NaN"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.184, "0.1840"), (0.08723, "0.0872"), (2.305, "2.3050"), (-0.5, "-0.5000"), (0.0, "0.0000"),
        (1.5e-4, "0.00015"), (2.648e8, "2.648e8"), (1234.5678, "1235"), (math.nan, "NaN"),
    ],
)  # fmt: skip
def test_that_numbers_of_a_column_stand_below_each_other(value, text):
    assert numbers.aligned(value, locale=ENGLISH) == text
    assert numbers.aligned(value, locale=GERMAN) == text.replace(".", ",")
