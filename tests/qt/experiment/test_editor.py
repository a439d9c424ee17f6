import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QToolButton, QWidget

from tests.qt.experiment.hands import ALT, CONTROL, LEFT, build, choose, click, line, names, type_into
from wnin_desktop.qt.experiment.card import ArmCard
from wnin_desktop.qt.theme import theme

# --- building --------------------


def test_that_three_arms_are_built_by_hand(qtbot, window, draft):
    assert window.dock.first_steps.isVisible()
    assert window.dock.trouble.text() == "Add an arm, or open a preset."
    build(qtbot, window)
    config = draft.config
    assert [arm.name for arm in config.arms] == ["adamw", "sgd", "sgd 2"]
    assert [arm.optimizer.lr for arm in config.arms] == [1e-3, 0.05, 0.1]
    noise = config.arms[2].noise
    assert (noise.mode, noise.temperature, noise.magnitude) == ("sgld", 1e-3, None)
    assert noise.schedule.kind == "cosine"
    assert not window.dock.first_steps.isVisible()
    card = window.dock.arms.cards[2]
    assert (card.optimizer.text(), card.noise.accessibleName()) == ("sgd, lr 0.1", "sgld, T 0.001, cosine")
    assert not card.spark.isHidden()


def test_that_everything_is_undone_and_done_again(qtbot, window, draft):
    start = draft.data
    build(qtbot, window)
    end = draft.data
    while draft.stack.canUndo():
        draft.stack.undo()
    assert draft.data == start
    assert window.dock.arms.cards == []
    assert window.inspector.pages.currentWidget() is window.inspector.empty
    while draft.stack.canRedo():
        draft.stack.redo()
    assert draft.data == end
    assert line(window.inspector.form.noise, "arms[2].noise.temperature").text() == "0.001"


def test_that_a_hundred_edits_by_keyboard_can_be_taken_back(qtbot, window, draft):
    click(qtbot, window.dock.add_button)
    window.dock.sections["budget"].set_folded(False)
    form = window.dock.sections["budget"].form
    two = [line(form, "budget.steps"), line(form, "budget.eval_every")]
    for number in range(100):
        qtbot.keyClick(two[number % 2], Qt.Key.Key_Up)
    assert draft.stack.count() == 100
    assert draft.stack.undoLimit() == 100
    while draft.stack.canUndo():
        draft.stack.undo()
    assert two[0].text() == "500"
    assert (draft.value("budget.steps"), draft.value("budget.eval_every")) == (500, 50)


# --- problems --------------------


def test_that_a_broken_field_is_marked_everywhere_and_mended(qtbot, window, draft):
    build(qtbot, window)
    lr = line(window.inspector.form.optimizer, "arms[2].optimizer.lr")
    with qtbot.waitSignal(draft.problems_changed):
        type_into(qtbot, lr, "-1")
    assert draft.config is None
    card = window.dock.arms.cards[2]
    assert card.badge.isVisible()
    assert "above 0" in card.badge.toolTip()
    assert lr.property("invalid")
    fault = window.inspector.form.findChild(QLabel, "optimizer.lr.fault")
    assert fault.isVisible()
    assert fault.text().startswith("Allowed: ")
    assert not window.inspector.commands.isEnabled()
    with qtbot.waitSignal(draft.problems_changed):
        type_into(qtbot, lr, "0.2")
    assert draft.config is not None
    assert not card.badge.isVisible()
    assert not fault.isVisible()


def test_that_a_folded_section_opens_for_its_problem(qtbot, window, draft):
    draft.add_arm()
    budget = window.dock.sections["budget"]
    assert budget.is_folded
    with qtbot.waitSignal(draft.problems_changed):
        draft.set("budget.steps", 0)
    assert not budget.is_folded
    assert budget.badge.text == "1 problem"
    assert budget.form.findChild(QLabel, "budget.steps.fault") or budget.form.row("budget.steps").fault_text
    draft.set("budget.steps", 5)
    qtbot.waitUntil(lambda: not budget.badge.isVisible())


def test_that_a_click_on_a_problem_leads_to_its_field(qtbot, window, draft):
    build(qtbot, window)
    draft.set("arms[0].optimizer.params", {"beta1": 7.0})
    qtbot.waitUntil(window.dock.arms.cards[0].badge.isVisible)
    draft.select(2)
    click(qtbot, window.dock.arms.cards[0].badge)
    assert draft.selected == 0
    assert QApplication.focusWidget() is window.inspector.form.params.form.editor(
        "arms[0].optimizer.params.beta1"
    )


def test_that_a_name_given_twice_is_told_beside_the_name(qtbot, window, draft):
    build(qtbot, window)
    card = window.dock.arms.cards[1]
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_F2)
    qtbot.keyClicks(card.name.line, "adamw")
    with qtbot.waitSignal(draft.problems_changed):
        qtbot.keyClick(card.name.line, Qt.Key.Key_Return)
    assert names(draft) == ["adamw", "adamw", "sgd 2"]
    assert card.badge.isVisible()
    draft.select(1)
    row = window.inspector.form.name.row("arms[1].name")
    assert "has it already" in row.fault_text


# --- cards --------------------


def test_that_a_card_is_renamed_in_place_and_escape_gives_up(qtbot, window, draft):
    build(qtbot, window)
    card = window.dock.arms.cards[0]
    place, height = QPoint(4, card.name.height() // 2), card.height()
    qtbot.mouseDClick(card.name, LEFT, pos=place)
    assert card.name.is_editing
    QApplication.processEvents()
    assert card.height() == height
    qtbot.keyClicks(card.name.line, "hot")
    qtbot.keyClick(card.name.line, Qt.Key.Key_Escape)
    assert names(draft)[0] == "adamw"
    assert not card.name.is_editing
    qtbot.mouseDClick(card.name, LEFT, pos=place)
    qtbot.keyClicks(card.name.line, "hot")
    qtbot.keyClick(card.name.line, Qt.Key.Key_Return)
    assert names(draft)[0] == "hot"
    assert card.hasFocus()


def drag(qtbot, window, index, y):
    """Drag the card at a place by its handle to a height in the list."""
    cards = window.dock.arms
    handle = cards.cards[index].handle
    start = handle.rect().center()
    end = handle.mapFrom(window, cards.mapTo(window, QPoint(start.x(), y)))
    qtbot.mousePress(handle, LEFT, pos=start)
    qtbot.mouseMove(handle, (start + end) / 2)
    qtbot.mouseMove(handle, end)
    qtbot.mouseRelease(handle, LEFT, pos=end)


def test_that_cards_are_moved_by_mouse(qtbot, window, draft):
    build(qtbot, window)
    drag(qtbot, window, 0, window.dock.arms.height() + 5)
    assert names(draft) == ["sgd", "sgd 2", "adamw"]
    assert draft.selected == 2
    drag(qtbot, window, 2, 2)
    assert names(draft) == ["adamw", "sgd", "sgd 2"]
    middle = window.dock.arms.cards[1].geometry().center().y() + 3
    drag(qtbot, window, 0, middle)
    assert names(draft) == ["sgd", "adamw", "sgd 2"]
    drag(qtbot, window, 1, window.dock.arms.cards[1].geometry().center().y() + 2)
    assert names(draft) == ["sgd", "adamw", "sgd 2"]


def test_that_cards_are_moved_and_walked_by_keyboard(qtbot, window, draft):
    build(qtbot, window)
    cards = window.dock.arms.cards
    cards[0].setFocus()
    draft.select(0)
    qtbot.keyClick(cards[0], Qt.Key.Key_Down, ALT)
    assert names(draft) == ["sgd", "adamw", "sgd 2"]
    assert cards[1].hasFocus()
    qtbot.keyClick(cards[1], Qt.Key.Key_Up, ALT)
    qtbot.keyClick(cards[0], Qt.Key.Key_Up, ALT)
    assert names(draft) == ["adamw", "sgd", "sgd 2"]
    qtbot.keyClick(cards[0], Qt.Key.Key_End)
    assert (draft.selected, cards[2].hasFocus()) == (2, True)
    qtbot.keyClick(cards[2], Qt.Key.Key_Up)
    assert draft.selected == 1


def test_that_a_card_is_left_out_copied_and_taken_out_by_keyboard(qtbot, window, draft):
    build(qtbot, window)
    cards = window.dock.arms.cards
    cards[1].setFocus()
    qtbot.keyClick(cards[1].check, Qt.Key.Key_Space)
    assert [arm.name for arm in draft.config.arms] == ["adamw", "sgd 2"]
    assert not cards[1].check.isChecked()
    click(qtbot, cards[1].check)
    assert len(draft.config.arms) == 3
    qtbot.keyClick(cards[1], Qt.Key.Key_D, CONTROL)
    assert names(draft) == ["adamw", "sgd", "sgd 3", "sgd 2"]
    qtbot.keyClick(window.dock.arms.cards[2], Qt.Key.Key_Delete)
    assert names(draft) == ["adamw", "sgd", "sgd 2"]
    assert window.dock.arms.cards[2].hasFocus()


def test_that_enter_and_a_double_click_open_an_arm_in_the_inspector(qtbot, window, draft):
    build(qtbot, window)
    first, last = window.dock.arms.cards[0], window.dock.arms.cards[2]
    click(qtbot, first)
    assert (draft.selected, first.is_selected, last.is_selected) == (0, True, False)
    assert window.inspector.title.text() == "adamw"
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Return)
    assert window.inspector.isAncestorOf(QApplication.focusWidget())
    qtbot.mouseDClick(last, LEFT, pos=QPoint(last.width() // 2, last.height() - 4))
    assert draft.selected == 2
    assert window.inspector.isAncestorOf(QApplication.focusWidget())


def test_that_tab_walks_over_the_cards_and_space_selects_the_one_it_has_come_to(qtbot, window, draft):
    build(qtbot, window)
    first, second, third = window.dock.arms.cards
    click(qtbot, third)
    for card in (first, second):
        card.setFocus(Qt.FocusReason.TabFocusReason)
        assert (draft.selected, third.is_selected, card.is_selected) == (2, True, False)
    second.setFocus(Qt.FocusReason.BacktabFocusReason)
    assert draft.selected == 2
    qtbot.keyClick(second, Qt.Key.Key_Space)
    assert (draft.selected, second.is_selected, second.hasFocus()) == (1, True, True)
    assert "shown in the inspector" in second.accessibleDescription()
    assert "shown in the inspector" not in third.accessibleDescription()
    first.setFocus(Qt.FocusReason.BacktabFocusReason)
    qtbot.keyClick(first, Qt.Key.Key_Return)
    assert draft.selected == 0
    assert window.inspector.isAncestorOf(QApplication.focusWidget())


def test_that_a_card_keeps_the_keys_that_mean_something_to_it_from_the_menus(qtbot, window, draft):
    build(qtbot, window)
    card = window.dock.arms.cards[0]
    for key, held, own in (
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, True),
        (Qt.Key.Key_D, CONTROL, True),
        (Qt.Key.Key_K, CONTROL, False),
    ):
        event = QKeyEvent(QKeyEvent.Type.ShortcutOverride, key, held)
        event.ignore()
        QApplication.sendEvent(card, event)
        assert event.isAccepted() is own


def test_that_two_arms_of_one_colour_say_so_on_both_cards_until_one_has_another(qtbot, window, draft):
    build(qtbot, window)
    first, second, third = window.dock.arms.cards
    assert not any(card.alike.isVisible() for card in (first, second, third))
    first.colour.menu_of_looks.actions()[1].trigger()
    assert (first.alike.text(), second.alike.text()) == ("Same colour as arm sgd", "Same colour as arm adamw")
    assert [card.alike.isVisible() for card in (first, second, third)] == [True, True, False]
    assert first.alike.property("kind") == "warning"
    assert first.colour.toolTip().endswith("\nSame colour as arm sgd")
    assert "Same colour as arm sgd" in first.accessibleDescription()
    draft.rename_arm(1, "plain")
    assert first.alike.text() == "Same colour as arm plain"
    second.colour.menu_of_looks.actions()[5].trigger()
    assert not any(card.alike.isVisible() for card in (first, second, third))
    assert first.colour.toolTip() == "Colour of this arm: orange"


def test_that_a_colour_is_chosen_and_stays_with_its_arm(qtbot, window, draft):
    build(qtbot, window)
    card = window.dock.arms.cards[0]
    card.colour.menu_of_looks.actions()[5].trigger()
    assert draft.colour_of("adamw") == 5
    draft.move_arm(0, 2)
    assert window.dock.arms.cards[2].colour.index == 5
    draft.select(2)
    assert window.inspector.swatch.index == 5


def test_that_the_menu_of_a_card_does_everything(qtbot, window, draft):
    build(qtbot, window)

    def trigger(index, name):
        menu = window.dock.arms.make_menu(index)
        next(action for action in menu.actions() if action.objectName() == f"arm-menu-{name}").trigger()

    trigger(1, "baseline")
    assert draft.config.baseline == "sgd"
    assert [card.baseline.isVisible() for card in window.dock.arms.cards] == [False, True, False]
    trigger(0, "down")
    trigger(0, "enable")
    trigger(2, "duplicate")
    trigger(3, "remove")
    assert names(draft) == ["sgd", "adamw", "sgd 2"]
    assert not draft.is_enabled(0)
    trigger(0, "rename")
    assert window.dock.arms.cards[0].name.is_editing


# --- sections --------------------


def test_that_seeds_are_written_as_ranges_and_counted(qtbot, window, draft):
    click(qtbot, window.dock.sections["seeds"].header.title)
    seeds = window.dock.sections["seeds"].form
    type_into(qtbot, seeds.line, "0-9")
    assert draft.value("seeds") == list(range(10))
    assert seeds.count.value() == 10
    assert seeds.words.text().startswith("Enough")
    type_into(qtbot, seeds.line, "0,1,5")
    assert draft.value("seeds") == [0, 1, 5]
    assert "Fewer than 9 seeds never conclude" in seeds.words.text()
    qtbot.keyClick(seeds.count, Qt.Key.Key_Up)
    assert draft.value("seeds") == [0, 1, 5, 2]
    assert seeds.line.text() == "0, 1, 5, 2"


def test_that_seeds_that_cannot_be_used_say_why(qtbot, window, draft):
    draft.add_arm()
    click(qtbot, window.dock.sections["seeds"].header.title)
    seeds = window.dock.sections["seeds"].form
    with qtbot.waitSignal(draft.problems_changed):
        type_into(qtbot, seeds.line, "0, 1, 1")
    assert "seeds must differ" in seeds.fault.text()
    type_into(qtbot, seeds.line, "few")
    assert seeds.fault.text()
    assert draft.config is None
    with qtbot.waitSignal(draft.problems_changed):
        type_into(qtbot, seeds.line, "3")
    assert draft.config.seeds == (3,)
    assert not seeds.fault.isVisible()


def test_that_the_network_changes_with_its_kind(qtbot, window, draft):
    draft.add_arm()
    section = window.dock.sections["network"]
    click(qtbot, section.header.title)
    choose(qtbot, section.form.editor("network.kind"), "cnn")
    assert draft.config.network.kind == "cnn"
    click(qtbot, section.header.title)
    assert section.words.text() == "cnn 64"


def test_that_folds_are_remembered(qtbot, window, desk):
    click(qtbot, window.dock.sections["task"].header.title)
    assert desk.state.get("experiment.folds", {})["task"] is False
    again = type(window.dock)(desk)
    qtbot.addWidget(again)
    assert not again.sections["task"].is_folded


# --- for everybody --------------------


def test_that_every_control_has_a_name(qtbot, window, draft):
    build(qtbot, window)
    for section in window.dock.sections.values():
        section.set_folded(False)
    kinds = (QLineEdit, QComboBox, QCheckBox, QToolButton, ArmCard)
    controls = [each for kind in kinds for each in window.findChildren(kind) if isinstance(each, QWidget)]
    nameless = [
        (type(each).__name__, each.objectName(), each.parent().objectName())
        for each in controls
        if each.isVisible() and not (each.accessibleName() and each.objectName())
    ]
    assert [each for each in nameless if each[1] != "qt_spinbox_lineedit"] == []


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_that_nine_arms_with_long_names_fit_a_narrow_panel(qtbot, window, draft, choice):
    theme().apply(choice)
    for index in range(9):
        draft.add_arm()
        draft.rename_arm(index, f"{index} a very long name of an arm that goes on and on and on")
    window.dock.setFixedWidth(240)
    qtbot.waitUntil(lambda: window.dock.width() == 240)
    for card in window.dock.arms.cards:
        assert card.width() <= 240
        assert card.rect().contains(card.more.geometry())
    theme().apply("light")


def test_that_larger_text_makes_the_panels_wider_and_clips_nothing(qtbot, window, draft):
    build(qtbot, window)
    theme().set_text_scale(1.5)
    try:
        for area in (window.dock.area, window.inspector.area):
            needed = area.widget().minimumSizeHint().width()
            qtbot.waitUntil(lambda area=area, needed=needed: area.viewport().width() >= needed)
            assert area.minimumSizeHint().width() >= needed
    finally:
        theme().set_text_scale(1.0)
