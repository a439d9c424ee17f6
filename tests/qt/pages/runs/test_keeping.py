from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QListWidget, QWidget

from tests.qt.pages.runs.hands import LEFT, button_in, click, dialog, fed, names, press
from wnin_desktop.qt.pages.runs.dialogs import TagsDialog


def test_that_a_click_on_the_star_stars_and_keeps(page, ids, qtbot, desk):
    with fed(page, qtbot):
        click(page, qtbot, ids["Heat ladder"], "star")
    assert desk.store.experiment(ids["Heat ladder"]).star
    assert page.model.row(page.model.place_of(ids["Heat ladder"])).star


def test_that_f2_renames_in_place(page, ids, qtbot, desk):
    click(page, qtbot, ids["Heat ladder"])
    qtbot.keyClick(page.view, Qt.Key.Key_F2)
    editor = page.view.findChild(QLineEdit, "rename-field")
    assert editor.text() == "Heat ladder"
    editor.selectAll()
    qtbot.keyClicks(editor, "Melting")
    with fed(page, qtbot):
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert desk.store.experiment(ids["Heat ladder"]).name == "Melting"
    assert "Melting" in names(page)


def test_that_tags_are_put_on_several_experiments_and_taken_off(page, ids, qtbot, desk):
    click(page, qtbot, ids["Heat ladder"])
    click(page, qtbot, ids["Four optimizers"], modifier=Qt.KeyboardModifier.ControlModifier)
    press(page, qtbot, "runs.tags-button")
    tags = dialog(page, qtbot, TagsDialog)
    states = {
        tags.list.item(row).text(): tags.list.item(row).checkState() for row in range(tags.list.count())
    }
    assert states == dict.fromkeys(
        ("baseline (on 1 of 2)", "paper (on 1 of 2)"), Qt.CheckState.PartiallyChecked
    )
    qtbot.keyClicks(tags.field, "hot")
    qtbot.keyClick(tags.field, Qt.Key.Key_Return)
    tags.findChild(QListWidget).item(0).setCheckState(Qt.CheckState.Unchecked)
    with fed(page, qtbot):
        qtbot.mouseClick(button_in(tags, "tags-save"), LEFT)
    assert desk.store.experiment(ids["Heat ladder"]).tags == ("hot",)
    assert desk.store.experiment(ids["Four optimizers"]).tags == ("hot", "paper")


def test_that_a_note_is_kept_when_the_keyboard_leaves_it(page, ids, qtbot, desk):
    click(page, qtbot, ids["Power cut"])
    qtbot.waitUntil(lambda: page.details.story is not None)
    page.details.note.setFocus()
    qtbot.keyClicks(page.details.note, "The fuse.")
    with fed(page, qtbot):
        page.details.keep_note()
    assert desk.store.experiment(ids["Power cut"]).note == "The fuse."


def test_that_a_note_being_written_survives_a_refresh(page, ids, qtbot):
    click(page, qtbot, ids["Power cut"])
    qtbot.waitUntil(lambda: page.details.story is not None)
    qtbot.keyClicks(page.details.note, "half a sent")
    page._ask_details()
    qtbot.waitUntil(lambda: not page.desk.tasks.current)
    assert page.details.note.toPlainText() == "half a sent"


def test_that_delete_moves_to_the_trash_and_undo_brings_back(page, ids, qtbot, desk):
    click(page, qtbot, ids["Heat ladder"])
    with fed(page, qtbot):
        qtbot.keyClick(page.view, Qt.Key.Key_Delete)
    assert "Heat ladder" not in names(page)
    notice = desk.notices.kept[-1]
    assert notice.text == "Heat ladder is in the trash."
    label, undo = notice.action
    assert label == "Undo"
    with fed(page, qtbot):
        undo()
    assert "Heat ladder" in names(page)


def test_that_the_trash_is_shown_and_emptied_only_after_a_question(page, ids, qtbot, desk):
    click(page, qtbot, ids["Heat ladder"])
    with fed(page, qtbot):
        press(page, qtbot, "runs.trash-button")
    with fed(page, qtbot):
        press(page, qtbot, "runs-trash")
    assert names(page) == ["Heat ladder"]
    page.deeds.empty_trash()
    question = page.findChild(QWidget, "delete-runs")
    assert button_in(question, "delete-runs-cancel").isDefault()
    qtbot.mouseClick(button_in(question, "delete-runs-cancel"), LEFT)
    assert ids["Heat ladder"] in {each.experiment_id for each in desk.store.experiments(trashed=True)}
    qtbot.waitUntil(lambda: page.findChild(QWidget, "delete-runs") is None)
    page.deeds.empty_trash()
    question = page.findChild(QWidget, "delete-runs")
    with fed(page, qtbot):
        qtbot.mouseClick(button_in(question, "delete-runs-delete"), LEFT)
    assert desk.store.experiments(trashed=True) == []
    assert page.empty.accessibleName() == "The trash is empty"


def test_that_an_experiment_can_be_restored_from_the_trash(page, ids, qtbot, desk):
    desk.store.trash(ids["Heat ladder"])
    with fed(page, qtbot):
        page.feed.refresh()
    with fed(page, qtbot):
        press(page, qtbot, "runs-trash")
    click(page, qtbot, ids["Heat ladder"])
    with fed(page, qtbot):
        press(page, qtbot, "runs.restore-button")
    assert desk.store.experiment(ids["Heat ladder"]).trashed is None


def test_that_what_is_being_written_is_not_trashed_and_says_why(page, ids, qtbot, desk):
    with desk.store.writer(ids["Power cut"]):
        click(page, qtbot, ids["Power cut"])
        with fed(page, qtbot):
            press(page, qtbot, "runs.trash-button")
        assert "is being written" in desk.notices.kept[-1].text
    assert desk.store.experiment(ids["Power cut"]).trashed is None
