from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog

from wnin_desktop.qt.experiment.keeping import DraftKeeper
from wnin_desktop.qt.experiment.recent import MOST, RecentFiles
from wnin_desktop.runs.config_files import dump_compare, load_compare, load_preset
from wnin_desktop.runs.preferences import WindowState
from wnin_desktop.schema.run import CompareConfig

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def files(dock):
    return dock.files


@pytest.fixture
def config():
    arms = [{"name": "a"}, {"name": "b", "optimizer": {"name": "sgd", "lr": 0.2}}]
    return CompareConfig(name="two arms", arms=arms, seeds=[4, 5])


@pytest.fixture
def path(tmp_path, config):
    found = tmp_path / "two arms.toml"
    dump_compare(config, found)
    return found


def drop(widget, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(each)) for each in paths])
    action, place = Qt.DropAction.CopyAction, widget.rect().center()
    keys = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place, action, data, LEFT, keys)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(place), action, data, LEFT, keys))


# --- opening --------------------


def test_that_a_dropped_file_opens(dock, desk, draft, config, path):
    drop(dock, path)
    assert draft.config == config
    assert (draft.path, draft.is_changed) == (path, False)
    assert [file.path for file in dock.files.recent.files] == [path]


@pytest.mark.parametrize("name", ["picture.png", "folder", "notes.txt"])
def test_that_what_is_no_experiment_is_refused_in_a_sentence(dock, desk, draft, tmp_path, name):
    before = draft.data
    drop(dock, tmp_path / name)
    assert desk.told.text == f"{name} is not an experiment."
    assert ".toml" in desk.told.do
    assert draft.data == before


def test_that_two_files_at_once_are_refused(dock, desk, path):
    drop(dock, path, path)
    assert desk.told.text == "One experiment at a time can be opened."


def test_that_a_mistake_in_a_file_names_file_line_and_field(dock, desk, draft, path):
    draft.add_arm()
    draft.mark_saved(path)
    text = path.read_text().replace("lr = 0.2", "lrr = 0.2")
    path.write_text(text)
    line = text.splitlines().index("lrr = 0.2") + 1
    drop(dock, path)
    assert desk.told.kind == "danger"
    assert f"{path}:{line}: arms[1].optimizer.lrr: 0.2" in desk.told.details
    assert desk.told.kept
    assert draft.arm_count == 1


def test_that_a_missing_file_is_told(dock, desk, tmp_path):
    dock.open_file(str(tmp_path / "gone.toml"))
    assert "does not exist" in desk.told.text


def test_that_a_preset_opens_as_an_unsaved_experiment(files, draft):
    files.open_preset("demo")
    assert draft.path is None
    assert [arm["name"] for arm in draft.data["arms"]] == [arm.name for arm in load_preset("demo").arms]


# --- unsaved changes --------------------


def answer(qtbot, files, key):
    qtbot.mouseClick(files.dialog.buttons[key], LEFT)


def test_that_cancel_keeps_the_draft(qtbot, files, draft, path):
    draft.add_arm()
    files.open_file(path)
    answer(qtbot, files, "cancel")
    assert draft.arm_count == 1
    assert draft.is_changed


def test_that_discard_lets_the_draft_go(qtbot, files, draft, config, path):
    draft.add_arm()
    files.open_file(path)
    answer(qtbot, files, "discard")
    assert draft.config == config


def test_that_save_writes_before_it_opens(qtbot, files, draft, path, tmp_path):
    draft.add_arm("sgd")
    draft.mark_saved(tmp_path / "mine.toml")
    draft.set("budget.steps", 77)
    files.open_file(path)
    answer(qtbot, files, "save")
    assert load_compare(tmp_path / "mine.toml").budget.steps == 77
    assert draft.path == path


def test_that_a_save_that_fails_does_not_open(qtbot, files, desk, draft, path, tmp_path):
    draft.add_arm()
    draft.mark_saved(tmp_path / "nowhere" / "mine.toml")
    draft.set("budget.steps", 77)
    files.open_file(path)
    answer(qtbot, files, "save")
    assert desk.told.kind == "danger"
    assert draft.value("budget.steps") == 77


def test_that_a_new_experiment_asks_only_where_something_would_be_lost(qtbot, files, draft, path):
    files.open_file(path)
    files.new()
    assert draft.arm_count == 0
    draft.add_arm()
    files.new()
    answer(qtbot, files, "cancel")
    assert draft.arm_count == 1


# --- saving --------------------


def test_that_saving_and_opening_again_give_an_equal_experiment(qtbot, files, draft, tmp_path):
    draft.add_arm("sgd")
    draft.add_arm("adamw")
    draft.set("name", "SGD / AdamW, twice")
    files.save()
    dialog = files.dialog
    assert isinstance(dialog, QFileDialog)
    assert files.file_name().endswith("_SGD_AdamW_twice.toml")
    written = tmp_path / "mine.toml"
    dialog.fileSelected.emit(str(written))
    dialog.reject()
    saved = draft.config
    assert (draft.path, draft.is_changed) == (written, False)
    draft.clear()
    files.open_file(written)
    assert draft.config == saved


def test_that_an_invalid_experiment_is_not_saved_and_says_why(files, desk, draft, path):
    files.open_file(path)
    draft.set("arms[1].optimizer.lr", -1)
    before = path.read_text()
    files.save()
    assert "arms[1].optimizer.lr: -1 is not accepted" in desk.told.text
    assert path.read_text() == before
    label, show = desk.told.action
    assert label
    show()
    assert draft.selected == 1


def test_that_arms_left_out_are_told_when_saving(files, desk, draft, path):
    files.open_file(path)
    draft.set_enabled(0, False)
    files.save()
    assert [arm.name for arm in load_compare(path).arms] == ["b"]
    assert "left out (1)" in desk.told.text
    assert draft.arm_count == 2


# --- clipboard and commands --------------------


def test_that_an_experiment_is_copied_and_pasted_as_text(files, draft, config, path):
    files.open_file(path)
    files.copy_toml()
    draft.clear()
    files.paste()
    assert draft.config == config
    assert draft.stack.undoText() == "Paste experiment two arms"
    draft.stack.undo()
    assert draft.arm_count == 0


def test_that_a_command_is_pasted_as_its_experiment(files, draft, config, path):
    files.open_file(path)
    files.copy_command()
    draft.clear()
    files.paste()
    assert draft.config == config
    QApplication.clipboard().setText("wnin-train --optimizer sgd --steps 9")
    files.paste()
    assert draft.value("arms[0].optimizer.lr") == 0.1  # the optimizer's own


def test_that_a_clipboard_without_experiment_changes_nothing(files, desk, draft, path):
    files.open_file(path)
    before = draft.data
    QApplication.clipboard().setText("nothing = ")
    files.paste()
    assert desk.told.text == "The clipboard holds no experiment."
    assert desk.told.details
    assert draft.data == before


def test_that_a_command_is_asked_for_mended_and_opened(qtbot, files, draft):
    QApplication.clipboard().setText("something else")
    files.open_command()
    dialog = files.dialog
    assert not dialog.open_button.isEnabled()
    qtbot.keyClicks(dialog.text, "wnin-train --lr 0 --steps 12")
    qtbot.mouseClick(dialog.open_button, LEFT)
    assert dialog.fault.isVisible()
    assert "--lr: 0" in dialog.fault.text()
    qtbot.keyClick(dialog.text, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(dialog.text, "wnin-train --lr 0.5 --steps 12")
    assert not dialog.fault.isVisible()
    qtbot.mouseClick(dialog.open_button, LEFT)
    assert (draft.config.arms[0].optimizer.lr, draft.config.budget.steps) == (0.5, 12)


def test_that_a_copied_command_is_offered(files):
    QApplication.clipboard().setText("wnin-train --lr 0.25")
    files.open_command()
    assert files.dialog.text.toPlainText() == "wnin-train --lr 0.25"
    files.dialog.reject()


# --- recent files --------------------


@pytest.fixture
def recent(desk):
    return RecentFiles(desk.state, lambda work, then: then(work(None)))


def test_that_ten_files_are_kept_newest_first_and_pinned_ones_for_ever(recent, tmp_path):
    paths = [tmp_path / f"{number}.toml" for number in range(14)]
    recent.add(paths[0])
    recent.pin(paths[0], True)
    for each in paths[1:]:
        recent.add(each)
    assert len(recent.files) == MOST == 10
    assert [file.path for file in recent.files][:2] == [paths[0], paths[13]]
    recent.add(paths[10])
    assert [file.path for file in recent.files][1] == paths[10]
    recent.clear()
    assert [file.path for file in recent.files] == [paths[0]]
    recent.remove(paths[0])
    assert recent.files == ()


def test_that_missing_files_are_known_after_a_look(recent, path, tmp_path):
    recent.add(tmp_path / "gone.toml")
    recent.add(path)
    recent.refresh()
    assert [file.missing for file in recent.files] == [False, True]


def test_that_recent_files_outlive_the_session_and_damage(desk, recent, path):
    recent.add(path)
    desk.state.save()
    again = WindowState(desk.state.path)
    assert [file.path for file in RecentFiles(again, lambda *_: None).files] == [path]
    again.set(
        "experiment.recent", [3, {"path": 4}, {"path": ""}, {"no": "path"}, {"path": "x", "pinned": "y"}]
    )
    assert [file.path for file in RecentFiles(again, lambda *_: None).files] == [Path("x")]
    again.set("experiment.recent", "torn")
    assert RecentFiles(again, lambda *_: None).files == ()


# --- keeping --------------------


def test_that_the_draft_is_kept_a_moment_after_an_edit(qtbot, desk, draft):
    keeper = DraftKeeper(draft, desk.state, desk.tasks)
    draft.add_arm()
    assert desk.state.get("draft", {}) == {}
    keeper.keep()
    kept = WindowState(desk.state.path).get("draft", {})
    draft.clear()
    assert draft.from_state(kept)
    assert draft.arm_count == 1
    assert draft.is_changed
