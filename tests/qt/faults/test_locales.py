"""O3: in every locale a number in the form is read as it is shown, and saved as it is read."""

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QLineEdit, QToolButton

from tests.qt.windows import PATIENCE_MS, QUICK, Program, press
from wnin_desktop.qt import numbers
from wnin_desktop.runs.config_files import load_compare

LOCALES = (
    "ar_EG", "bg_BG", "bn_BD", "sv_SE", "ca_ES", "cs_CZ", "da_DK", "de_AT", "de_CH", "de_DE", "el_GR",
    "en_GB", "en_IN", "en_US", "es_ES", "fa_IR", "fi_FI", "fr_CH", "fr_FR", "he_IL", "hi_IN",
    "hu_HU", "it_IT", "ja_JP", "ko_KR", "nb_NO", "nl_NL", "pl_PL", "pt_BR", "ru_RU", "tr_TR", "zh_CN",
)  # fmt: skip
SAMPLE = ("en_US", "de_DE", "de_CH", "fr_FR", "ar_EG", "hi_IN")
VALUES = (0.001, 2.5e-7, 0.125, 1.0, 12.5, 0.30000000000000004)
STEPS = (1, 2500, 123_456)


@pytest.fixture
def program(qapp, qtbot, tmp_path):
    before = QLocale()
    made = Program(tmp_path)
    made.desk.draft.add_arm("sgd")
    for key, value in QUICK.items():
        made.desk.draft.set(key, value)
    press(qtbot, made.find("section-budget-header-title", QToolButton))
    yield made
    made.close()
    QLocale.setDefault(before)


def wrong_in(program, qtbot, locale):
    """Type numbers as the locale writes them; return where shown, read and saved differ."""
    program.desk.preferences.change(**{"appearance.number_locale": locale})
    typed = [("arms[0].optimizer.lr", "optimizer.lr", value) for value in VALUES]
    typed += [("budget.steps", "budget.steps", value) for value in STEPS]
    found = [_wrong(program, qtbot, locale, *each) for each in typed]
    return [each for each in found if each]


def _wrong(program, qtbot, locale, place, name, value):
    draft, shown = program.desk.draft, numbers.show(value, QLocale(locale))
    line = program.find(name, QLineEdit)
    line.setFocus()
    line.selectAll()
    line.insert(shown)  # pasted: no keyboard has the space between thousands
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: draft.value(place) == value, timeout=PATIENCE_MS)
    path = program.folder / "saved.toml"
    with qtbot.waitSignal(program.desk.tasks.ended, timeout=PATIENCE_MS):
        program.window.files.save_to(path)
    saved = load_compare(path)
    kept = saved.budget.steps if name == "budget.steps" else saved.arms[0].optimizer.lr
    parts = {"read": draft.value(place), "saved": kept, "shown": numbers.parse(line.text(), QLocale(locale))}
    return {key: found for key, found in parts.items() if found != value} and (locale, name, value, parts)


@pytest.mark.parametrize("locale", SAMPLE)
def test_o3_that_what_is_shown_is_read_and_saved(program, qtbot, locale):
    assert wrong_in(program, qtbot, locale) == []


@pytest.mark.full
def test_o3_that_what_is_shown_is_read_and_saved_in_32_locales(program, qtbot):
    assert len(LOCALES) == 32
    assert [each for locale in LOCALES for each in wrong_in(program, qtbot, locale)] == []


def test_o3_that_reading_with_a_fixed_sign_is_seen_to_fail(program, qtbot, monkeypatch):
    german = QLocale("de_DE")
    assert numbers.parse("0,5", german) == 0.5
    monkeypatch.setattr(numbers, "decimal_sign", lambda _locale=None: ".")
    with pytest.raises(ValueError, match="two readings"):
        numbers.parse("1,125", german)
