import random
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from wnin_desktop.qt.dialogs.entries import (
    Entry,
    action_entries,
    optimizer_entries,
    preset_entries,
    rank,
    recent_entries,
)
from wnin_desktop.qt.dialogs.fuzzy import match
from wnin_desktop.qt.dialogs.palette import CommandPalette
from wnin_desktop.qt.dialogs.palette_list import runs
from wnin_desktop.qt.theme import theme


@pytest.fixture
def done():
    return []


@pytest.fixture
def palette(desk, window, done):
    add = desk.actions.add
    add(
        "run.start", "&Run", lambda: done.append("run"), menu="run", icon="run", shortcut="F5", tip="Train it"
    )
    add("run.stop", "&Stop after a checkpoint", lambda: done.append("stop"), menu="run", icon="stop")
    add(
        "file.new", "&New experiment", lambda: done.append("new"), menu="file|", icon="new", shortcut="Ctrl+N"
    )
    add("edit.undo", "Undo", lambda: done.append("undo"), menu="edit", icon="undo", shortcut="Ctrl+Z")
    add("view.dark", "Dark theme", done.append, menu="view", checkable=True)
    desk.actions.set_enabled("edit.undo", False, "There is nothing to undo.")
    palette = CommandPalette(window, desk.state)
    palette.add_source(lambda: action_entries(desk.actions.all()))
    palette.add_source(lambda: optimizer_entries(["muon", "adamw"], done.append))
    palette.add_source(lambda: preset_entries(["three_optimizers"], done.append))
    palette.add_source(lambda: recent_entries(["folder/old.toml"], done.append))
    return palette


def test_that_every_enabled_action_is_reached_by_its_title(desk, palette, qtbot, done):
    for action in desk.actions.all():
        if action.isEnabled():
            done.clear()
            palette.present()
            qtbot.keyClicks(palette.field, action.text().replace("&", ""))
            assert palette.chosen.key == action.objectName()
            qtbot.keyClick(palette.field, Qt.Key.Key_Return)
            assert len(done) == 1
            assert palette.isHidden()


def test_that_a_few_letters_and_enter_add_an_arm(palette, qtbot, done):
    palette.present()
    qtbot.keyClicks(palette.field, "arm muo")
    assert palette.shown_titles()[0] == "Add arm: muon"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == ["muon"]


def test_that_escape_closes_and_the_keyboard_goes_back_where_it_was(palette, window, qtbot):
    field = QLineEdit()
    window.setCentralWidget(field)
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    palette.present()
    assert palette.field.hasFocus()
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert palette.isHidden()
    assert field.hasFocus()


def test_that_a_click_beside_the_panel_closes_it_and_one_inside_does_not(palette, qtbot):
    palette.present()
    qtbot.mouseClick(palette.panel, Qt.MouseButton.LeftButton, pos=palette.status.geometry().center())
    assert palette.isVisible()
    qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.rect().bottomLeft())
    assert palette.isHidden()


def test_that_what_cannot_be_done_says_why_and_does_nothing(palette, qtbot, done):
    palette.present()
    qtbot.keyClicks(palette.field, "undo")
    assert palette.chosen.reason == "There is nothing to undo."
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert palette.status.text() == "There is nothing to undo."
    assert done == []


def test_that_what_was_used_last_comes_first_in_an_empty_palette_and_after_a_restart(palette, desk, qtbot):
    palette.present()
    qtbot.keyClicks(palette.field, "checkpoint")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    palette.present()
    assert palette.shown_titles()[0] == "Stop after a checkpoint"
    assert desk.state.get("palette.recent", []) == ["run.stop"]


def test_that_the_arrows_of_the_field_move_in_the_list_and_go_round(palette, qtbot):
    palette.present()
    first = palette.chosen.key
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    last = palette.chosen.key
    assert last != first
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.chosen.key == first
    qtbot.keyClick(palette.field, Qt.Key.Key_PageDown)
    assert palette.chosen.key == last


def test_that_a_click_on_a_line_runs_it(palette, qtbot, done):
    palette.present()
    qtbot.keyClicks(palette.field, "new exp")
    rect = palette.list.visualRect(palette.model.index(0))
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert done == ["new"]


def test_that_letters_that_fit_nothing_say_so(palette, qtbot):
    palette.present()
    qtbot.keyClicks(palette.field, "qqqq")
    assert palette.shown_titles() == []
    assert palette.status.text()
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_that_the_palette_follows_the_window_and_the_size_of_text(palette, window):
    palette.present()
    window.resize(1024, 640)
    theme().set_text_scale(1.5)
    assert palette.rect().contains(palette.panel.geometry())
    assert palette.size() == window.size()


def test_that_tab_does_not_leave_the_palette(palette, window, qtbot):
    window.setCentralWidget(QLineEdit())
    palette.present()
    for _ in range(4):
        qtbot.keyClick(palette.field, Qt.Key.Key_Tab)
        assert palette.panel.isAncestorOf(window.focusWidget())


def test_that_a_better_match_comes_first():
    titles = ["Return to start", "Prune", "Open the run folder", "Run", "Run again"]
    entries = [Entry(title, title, lambda: None) for title in titles]
    found = [ranked.entry.title for ranked in rank(entries, "run", [])]
    assert found == ["Run", "Run again", "Open the run folder", "Prune", "Return to start"]


def test_that_the_marked_letters_spell_what_was_typed():
    for query, title in (
        ("ns", "New seeds"),
        ("tmp", "Set temperature"),
        ("stop chk", "Stop after a checkpoint"),
    ):
        found = match(query, title)
        assert found is not None
        letters = "".join(title[place] for place in found.places).lower()
        assert sorted(letters) == sorted(query.replace(" ", ""))
    assert match("xyz", "Run") is None
    assert "".join(text for text, _ in runs("Run again", {0, 4})) == "Run again"


def test_that_any_letters_are_matched_without_a_fault_and_in_time():
    draw = random.Random(2)
    titles = ["".join(draw.choices("abc deİß-(.", k=30)) for _ in range(800)]
    entries = [Entry(title, title, lambda: None) for title in titles]
    started = time.perf_counter()
    for _ in range(20):
        query = "".join(draw.choices("abc İß(", k=draw.randint(0, 8)))
        for ranked in rank(entries, query, []):
            assert all(place < len(ranked.entry.title) for place in ranked.places)
    assert time.perf_counter() - started < 20 * 0.1


def test_that_the_line_below_the_list_follows_the_size_of_text(palette, qtbot):
    palette.present()
    palette.dismiss()
    try:
        theme().set_text_scale(1.5)
        palette.present()
        assert palette.status.text()
        assert palette.status.font().pointSizeF() == theme().font("small").pointSizeF()
    finally:
        theme().set_text_scale(1.0)
