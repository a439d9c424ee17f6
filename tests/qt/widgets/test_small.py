import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from tests.qt.widgets.gallery import gallery
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.widgets import (
    Badge,
    ColourButton,
    ElidedLabel,
    EmptyState,
    FlowLayout,
    IconButton,
    KeyHint,
    NoticeBar,
    ProgressChip,
    SearchField,
    SectionHeader,
    Segmented,
    Sparkline,
    StatusChip,
    Swatch,
)
from wnin_desktop.qt.widgets.sparkline import thinned


@pytest.fixture(autouse=True)
def _as_it_was(qapp):
    theme().apply("light")
    yield
    theme().apply("light")
    theme().set_text_scale(1.0)


def shown(qtbot, widget: QWidget) -> QWidget:
    qtbot.addWidget(widget)
    widget.show()
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    return widget


def test_that_a_label_is_cut_where_there_is_no_room_and_tells_the_rest(qtbot):
    label = shown(qtbot, ElidedLabel("a very long name of an arm"))
    label.set_tip("the arm")
    label.resize(label.sizeHint())
    assert label.shown_text() == label.text()
    assert label.toolTip() == "the arm"
    label.resize(60, 20)
    assert label.shown_text().endswith("\u2026")
    assert label.toolTip() == label.text()
    assert label.minimumSizeHint().width() < 60


@pytest.mark.parametrize("kind", ["good", "warning", "danger", "info", "neutral"])
def test_that_a_badge_says_its_word_with_a_shape(qtbot, kind):
    badge = shown(qtbot, Badge("wins", kind))
    with_shape = badge.grab().toImage()
    assert badge.accessibleName() == badge.text == "wins"
    badge.set("wins", kind, icon="more")
    assert badge.grab().toImage() != with_shape
    badge.set("a longer verdict", kind)
    assert badge.sizeHint().width() > with_shape.width() / with_shape.devicePixelRatio()


@pytest.mark.parametrize("make", [lambda: Badge("wins", "good"), lambda: Swatch(3), lambda: KeyHint("F5")])
def test_that_what_is_drawn_follows_theme_and_size_of_text(qtbot, make):
    widget = shown(qtbot, make())
    widget.resize(widget.sizeHint())
    light, size = widget.grab().toImage(), widget.sizeHint()
    theme().apply("dark")
    assert widget.grab().toImage() != light
    theme().set_text_scale(1.5)
    assert isinstance(widget, Swatch) or widget.sizeHint().width() > size.width()


def test_that_a_key_hint_without_keys_takes_no_room(qtbot):
    hint = shown(qtbot, KeyHint("Ctrl+S"))
    assert hint.text == hint.accessibleName()
    hint.set_keys("")
    assert hint.sizeHint().isEmpty()


def test_that_an_icon_button_has_a_name_and_is_clicked_by_keys(qtbot):
    button = shown(qtbot, IconButton("run", "Run the comparison"))
    assert button.accessibleName() == button.toolTip() == "Run the comparison"
    with qtbot.waitSignal(button.clicked):
        qtbot.keyClick(button, Qt.Key.Key_Space)


def test_that_one_of_a_row_of_choices_is_chosen_by_mouse_and_by_arrows(qtbot):
    row = shown(qtbot, Segmented((("mean", "Mean"), ("seeds", "Seeds"), ("log", "Log", "axis-log")), "seeds"))
    told: list[str] = []
    row.changed.connect(told.append)
    qtbot.mouseClick(row.button("log"), Qt.MouseButton.LeftButton)
    assert (row.value(), told) == ("log", ["log"])
    row.set_value("mean")
    assert told == ["log"]
    row.button("mean").setFocus()
    qtbot.keyClick(row.button("mean"), Qt.Key.Key_Right)
    assert (row.value(), told) == ("seeds", ["log", "seeds"])


def test_that_a_status_chip_is_asked_by_mouse_and_keys(qtbot):
    chip = shown(qtbot, StatusChip("store ok", "database", tip="Where runs are kept"))
    for ask in (
        lambda: qtbot.mouseClick(chip, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(chip, Qt.Key.Key_Return),
    ):
        with qtbot.waitSignal(chip.clicked):
            ask()
    chip.set("store full", kind="danger", tip="Free some space")
    assert (chip.accessibleName(), chip.accessibleDescription()) == ("store full", "Free some space")


def test_that_an_empty_state_leads_to_what_fills_it(qtbot):
    asked: list[int] = []
    deed = ("Run", lambda: asked.append(1))
    state = shown(qtbot, EmptyState("plot", "No curves", "They appear here.", deed))
    qtbot.mouseClick(state.button, Qt.MouseButton.LeftButton)
    action = QAction("Open a run")
    action.triggered.connect(lambda: asked.append(2))
    state.set("runs", "No runs", "Open one.", action)
    assert state.button.text() == "Open a run"
    qtbot.mouseClick(state.button, Qt.MouseButton.LeftButton)
    assert asked == [1, 2]
    action.setEnabled(False)
    action.setToolTip("Run it - no arm yet")
    assert not state.button.isEnabled()
    assert "no arm yet" in state.button.toolTip()
    state.set("runs", "No runs", "There is nothing to do.")
    assert state.button.isHidden()


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_that_the_sentence_of_an_empty_state_is_seen_whole(qtbot, scale):
    theme().set_text_scale(scale)
    state = shown(qtbot, EmptyState("plot", "No curves", "Curves appear here while a run goes on. " * 3))
    state.resize(320, 400)
    text = state.findChild(QLabel, "empty-state-text")
    assert text.height() >= text.heightForWidth(text.width())


def test_that_a_notice_tells_what_was_kept_and_what_to_do(qtbot):
    bar = shown(
        qtbot,
        NoticeBar(
            "Diverged at step 412.",
            kind="danger",
            kept="Kept up to step 411.",
            do="Lower lr.",
            details="Traceback",
            action="Open arm",
        ),
    )
    assert bar.accessibleDescription() == "Kept up to step 411. Lower lr."
    assert bar.details.isHidden()
    qtbot.mouseClick(bar.details_button, Qt.MouseButton.LeftButton)
    assert bar.details.isVisible()
    qtbot.mouseClick(bar.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().splitlines() == [
        "Diverged at step 412.",
        "Kept up to step 411. Lower lr.",
        "Traceback",
    ]
    with qtbot.waitSignal(bar.acted):
        qtbot.mouseClick(bar.action_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(bar.closed):
        qtbot.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(bar.closed):
        qtbot.keyClick(bar, Qt.Key.Key_Escape)


def test_that_a_notice_shows_only_what_it_has(qtbot):
    bar = shown(qtbot, NoticeBar("Stored.", kind="good"))
    assert bar.action_button.isHidden()
    assert bar.details_button.isHidden()
    assert bar.copy_button.isHidden()


def test_that_work_is_cancelled_once(qtbot):
    chip = shown(qtbot, ProgressChip("Export"))
    assert chip.bar.maximum() == 0, "nobody knows how far it is"
    chip.set_progress(0.5, "3 of 6")
    assert chip.bar.value() == chip.bar.maximum() / 2
    assert "3 of 6" in chip.accessibleName()
    with qtbot.waitSignal(chip.cancelled):
        qtbot.mouseClick(chip.cancel_button, Qt.MouseButton.LeftButton)
    assert not chip.cancel_button.isEnabled()
    chip.set_progress(0.7, "4 of 6")
    assert "4 of 6" not in chip.accessibleName(), "it still says that it stops"


def test_that_a_search_waits_for_the_last_key(qtbot):
    field = shown(qtbot, SearchField("Search runs"))
    told: list[str] = []
    field.searched.connect(told.append)
    qtbot.keyClicks(field, "muon")
    assert told == []
    qtbot.waitUntil(lambda: told == ["muon"])
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert told == ["muon", ""]
    qtbot.keyClicks(field, "sgd")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert told == ["muon", "", "sgd"]
    with qtbot.waitSignal(field.went_down):
        qtbot.keyClick(field, Qt.Key.Key_Down)


def test_that_a_section_folds_its_body_by_mouse_and_keys(qtbot):
    page = QWidget()
    layout = QVBoxLayout(page)
    head, body = SectionHeader("ARMS", foldable=True), QPushButton("body")
    layout.addWidget(head)
    layout.addWidget(body)
    head.set_body(body)
    shown(qtbot, page)
    qtbot.mouseClick(head.title, Qt.MouseButton.LeftButton)
    assert head.is_folded
    assert body.isHidden()
    with qtbot.waitSignal(head.folded):
        qtbot.keyClick(head.title, Qt.Key.Key_Space)
    assert body.isVisible()
    qtbot.mouseClick(head, Qt.MouseButton.LeftButton, pos=QPoint(head.width() - 3, head.height() // 2))
    assert head.is_folded
    qtbot.mouseClick(head, Qt.MouseButton.RightButton, pos=QPoint(head.width() - 3, head.height() // 2))
    assert head.is_folded


def test_that_a_section_that_does_not_fold_stays_open(qtbot):
    head = shown(qtbot, SectionHeader("ARMS", actions=(QAction("Add"),)))
    head.set_folded(True)
    assert not head.is_folded


def test_that_a_sparkline_says_what_it_shows_and_leaves_gaps(qtbot):
    line = shown(qtbot, Sparkline())
    assert line.accessibleName() == "no values yet"
    line.set_values([3.0, math.nan, 1.0, 2.0])
    assert all(part in line.accessibleName() for part in ("3", "2", "1"))
    for values in ([1.0], [2.0, 2.0], [math.nan], [], [math.inf, 1.0]):
        line.set_values(values)
        line.grab()


def test_that_thinning_keeps_least_and_greatest():
    values = np.sin(np.arange(10_000) / 300.0)
    values[1234], values[8000], values[5000] = 9.0, -9.0, math.nan
    thin = thinned(values, 256)
    assert len(thin) <= 256
    assert (np.nanmax(thin), np.nanmin(thin)) == (9.0, -9.0)
    assert (thin[0], thin[-1]) == (values[0], values[-1])
    assert np.array_equal(thinned(values[:100], 256), values[:100])


def test_that_a_look_is_chosen_from_the_eight(qtbot):
    button = shown(qtbot, ColourButton(2))
    assert "green" in button.accessibleName()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    menu = button.menu_of_looks
    assert menu.isVisible()
    assert menu.activeAction() is menu.actions()[2]
    with qtbot.waitSignal(button.chosen) as chosen:
        qtbot.keyClick(menu, Qt.Key.Key_Down)
        qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert (chosen.args, button.index) == ([3], 3)
    assert len(menu.actions()) == 8


def test_that_rows_are_filled_like_lines(qtbot):
    page = QWidget()
    layout = FlowLayout(page)
    for _ in range(5):
        box = QWidget()
        box.setFixedSize(40, 10)
        layout.addWidget(box)
    shown(qtbot, page)
    assert layout.heightForWidth(500) == 10
    assert layout.heightForWidth(100) > layout.heightForWidth(200) > 10
    page.resize(100, 100)
    assert layout.itemAt(2).geometry().topLeft() == QPoint(0, 14)
    assert layout.takeAt(9) is None
    assert layout.takeAt(0) is not None
    assert layout.count() == 4


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_that_everything_has_a_name_and_is_drawn_in_both_themes(qtbot, choice):
    theme().apply(choice)
    page = shown(qtbot, gallery())
    ours = [
        widget
        for widget in page.findChildren(QWidget)
        if type(widget).__module__.startswith("wnin_desktop.qt.widgets")
    ]
    assert len(ours) > 40
    assert [type(widget).__name__ for widget in ours if not widget.objectName()] == []
    unnamed = [w for w in ours if w.focusPolicy() & Qt.FocusPolicy.TabFocus and not w.accessibleName()]
    assert unnamed == []
    assert not page.grab().isNull()


def test_that_the_ring_shows_where_the_keyboard_is(qtbot):
    page = QWidget()
    layout = QVBoxLayout(page)
    widgets = [IconButton("run", "Run"), StatusChip("cpu", "device"), SearchField(), ColourButton(1)]
    for widget in widgets:
        layout.addWidget(widget)
    shown(qtbot, page)
    for place, widget in enumerate(widgets):
        widgets[place - 1].setFocus()
        without = widget.grab().toImage()
        widget.setFocus()
        assert widget.grab().toImage() != without, widget.objectName()
