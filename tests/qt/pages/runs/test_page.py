import json

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QListWidget, QPlainTextEdit, QWidget

from tests.qt.pages.runs.desks import LONG, record
from tests.runs.store.recording import begin, extend, run_id, started, steps
from wnin_desktop.errors import StoreError
from wnin_desktop.qt.pages.runs.dialogs import DiffDialog, ExportDialog, TagsDialog
from wnin_desktop.qt.pages.runs.model import MIME, PLACES
from wnin_desktop.qt.theme import theme
from wnin_desktop.runs.export import export_csv
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.watch.experiment import WatchedExperiment

LEFT = Qt.MouseButton.LeftButton


def names(page) -> list[str]:
    return [row.name if not row.is_run else f"{row.arm}/{row.seed}" for row in page.model.rows]


def place(page, row_id, column="name") -> QPoint:
    index = page.model.index(page.model.place_of(row_id), PLACES[column])
    page.view.scrollTo(index)
    return page.view.visualRect(index).center()


def click(page, qtbot, row_id, column="name", modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.mouseClick(page.view.viewport(), LEFT, modifier, place(page, row_id, column))


def fed(page, qtbot):
    return qtbot.waitSignal(page.feed.fed)


def press(page, qtbot, name: str) -> None:
    """Click a button of the page by its object name."""
    button = page.findChild(QAbstractButton, name)
    assert button is not None, name
    assert button.isVisible(), name
    assert button.isEnabled(), name
    qtbot.mouseClick(button, LEFT)


def dialog(page, qtbot, kind: type[QWidget]) -> QWidget:
    """Wait until a dialog of the page is open."""
    qtbot.waitUntil(lambda: any(each.isVisible() for each in page.findChildren(kind)))
    return next(each for each in page.findChildren(kind) if each.isVisible())


def button_in(window: QWidget, name: str) -> QAbstractButton:
    found = window.findChild(QAbstractButton, name)
    assert found is not None, name
    return found


# -- what is shown -----------------------------------------------------------------------------------------


def test_that_experiments_are_folded_and_newest_first(page):
    assert names(page) == ["Stopped early", "Power cut", LONG, "Heat ladder", "Four optimizers"]
    assert page.count.text() == "5 experiments, 12 runs"


def test_that_a_click_on_the_arrow_shows_the_runs_and_another_hides_them(page, ids, qtbot):
    name = ids["Heat ladder"]
    rect = page.view.visualRect(page.model.index(page.model.place_of(name), PLACES["name"]))
    arrow = QPoint(rect.left() + 14, rect.center().y())
    qtbot.mouseClick(page.view.viewport(), LEFT, pos=arrow)
    assert names(page)[4:7] == ["adamw/0", "muon/0", "sgd noisy/0"]
    qtbot.mouseClick(page.view.viewport(), LEFT, pos=arrow)
    assert len(page.model.rows) == 5


def test_that_the_arrow_keys_unfold_fold_and_go_to_the_experiment(page, ids, qtbot):
    name = ids["Heat ladder"]
    click(page, qtbot, name, "status")
    qtbot.keyClick(page.view, Qt.Key.Key_Right)
    assert page.model.is_open(name)
    qtbot.keyClick(page.view, Qt.Key.Key_Down)
    assert page.choice().rows[0].id == run_id(name)
    qtbot.keyClick(page.view, Qt.Key.Key_Left)
    assert page.choice().rows[0].id == name
    qtbot.keyClick(page.view, Qt.Key.Key_Left)
    assert not page.model.is_open(name)


def test_that_a_click_on_a_head_sorts_and_another_turns_it_round(page, qtbot):
    header = page.view.horizontalHeader()
    where = QPoint(header.sectionViewportPosition(PLACES["name"]) + 20, header.height() // 2)
    with fed(page, qtbot):
        qtbot.mouseClick(header.viewport(), LEFT, pos=where)
    first = names(page)
    assert first == sorted(first, key=str.lower)
    with fed(page, qtbot):
        qtbot.mouseClick(header.viewport(), LEFT, pos=where)
    assert names(page) == first[::-1]


def test_that_runs_can_be_listed_without_their_experiments(page, qtbot):
    button = next(each for each in page.grouping.findChildren(QAbstractButton) if each.text() == "Runs")
    with fed(page, qtbot):
        qtbot.mouseClick(button, LEFT)
    assert all(row.is_run for row in page.model.rows)
    assert "arm" in page.view.columns
    button = next(
        each for each in page.grouping.findChildren(QAbstractButton) if each.text() == "Experiments"
    )
    with fed(page, qtbot):
        qtbot.mouseClick(button, LEFT)
    assert "arm" not in page.view.columns
    assert len(page.model.rows) == 5


def test_that_an_empty_store_says_what_to_do(desk, open_page):
    page = open_page(desk)
    assert page.stack.currentWidget() is page.empty
    assert page.empty.accessibleName() == "No runs yet"
    assert "press Run" in page.empty.accessibleDescription()


def test_that_a_damaged_store_is_told_with_a_way_to_try_again(desk, open_page, monkeypatch, qtbot, ids):
    page = open_page(desk)
    monkeypatch.setattr(desk.store, "listing", _raise)
    with qtbot.waitSignal(page.feed.failed):
        page.feed.refresh()
    assert page.empty.accessibleName() == "The store cannot be read"
    monkeypatch.undo()
    with fed(page, qtbot):
        qtbot.mouseClick(page.empty.button, LEFT)
    assert page.stack.currentWidget() is page.view


def _raise(*_args):
    raise StoreError("The run store is damaged.")


# -- filtering ---------------------------------------------------------------------------------------------


def test_that_typing_a_filter_shows_what_fits_with_a_chip_for_each_term(page, qtbot):
    with fed(page, qtbot):
        qtbot.keyClicks(page.filter.field, "status:failed muon")
        qtbot.keyClick(page.filter.field, Qt.Key.Key_Return)
    assert names(page) == [LONG]
    chips = [chip.text() for chip in page.filter.below.findChildren(QAbstractButton) if chip.isVisible()]
    assert chips == ["status:failed", "muon"]


def test_that_a_partial_match_shows_the_runs_that_fit(page, qtbot):
    with fed(page, qtbot):
        page.filter.set_text("status:diverged")
    assert names(page) == ["Heat ladder", "muon/0"]


def test_that_a_chip_takes_its_term_away(page, qtbot):
    with fed(page, qtbot):
        page.filter.set_text("status:failed muon")
    with fed(page, qtbot):
        press(page, qtbot, "filter-chip-0")
    assert page.filter.text == "muon"


def test_that_a_filter_that_cannot_be_read_is_told_beside_it_and_changes_nothing(page, qtbot):
    before = names(page)
    page.filter.set_text("statis:failed")
    assert "did you mean status?" in page.filter.error.text()
    assert page.filter.error.isVisible()
    assert page.filter.field.property("invalid") is True
    assert names(page) == before
    with fed(page, qtbot):
        page.filter.set_text("status:failed")
    assert not page.filter.error.isVisible()


def test_that_a_filter_without_a_result_can_be_cleared_where_it_says_so(page, qtbot):
    with fed(page, qtbot):
        page.filter.set_text("nobody")
    assert page.empty.accessibleName() == "Nothing fits the filter"
    with fed(page, qtbot):
        qtbot.mouseClick(page.empty.button, LEFT)
    assert len(page.model.rows) == 5


def test_that_suggestions_complete_the_last_term(page, qtbot):
    qtbot.keyClicks(page.filter.field, "muon status:fa")
    assert page.filter.completer.offered() == ["status:failed"]
    index = page.filter.completer.completionModel().index(0, 0)
    assert page.filter.completer.pathFromIndex(index) == "muon status:failed"
    page.filter.completer.popup().hide()


# -- keeping in order --------------------------------------------------------------------------------------


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


# -- opening and comparing ---------------------------------------------------------------------------------


def test_that_a_double_click_reopens_an_experiment_as_it_was(page, ids, qtbot, desk):
    click(page, qtbot, ids["Four optimizers"], "status")
    with qtbot.waitSignal(desk.shown.changed):
        qtbot.mouseDClick(page.view.viewport(), LEFT, pos=place(page, ids["Four optimizers"], "status"))
    shown = desk.shown.current
    assert shown.experiment_id == ids["Four optimizers"]
    assert shown.origin == "stored"
    assert all(run.step == 40 for run in shown.runs.values())


def test_that_runs_of_several_experiments_become_one_comparison(page, ids, qtbot, desk):
    page.deeds.unfold()
    page.view.choose([run_id(ids["Four optimizers"], "muon", 0), run_id(ids["Heat ladder"], "muon", 0)])
    with qtbot.waitSignal(desk.shown.changed):
        press(page, qtbot, "runs.compare-button")
    shown = desk.shown.current
    assert set(shown.arms) == {"Four optimizers: muon", "Heat ladder: muon"}
    assert len(shown.runs) == 2
    assert shown.band(shown.arms[0], "train_loss") is not None


def test_that_compare_needs_two_to_eight_rows_and_says_so(page, ids, qtbot):
    click(page, qtbot, ids["Heat ladder"])
    action = page.commands.actions["compare"]
    assert not action.isEnabled()
    assert "choose 2 to 8 rows" in action.toolTip()
    page.view.choose([ids["Heat ladder"], ids["Power cut"]])
    assert action.isEnabled()


def test_that_differing_fields_stand_side_by_side_and_can_be_copied(page, ids, qtbot):
    page.view.choose([ids["Four optimizers"], ids["Stopped early"]])
    press(page, qtbot, "runs.diff-button")
    window = dialog(page, qtbot, DiffDialog)
    text = window.text().splitlines()
    assert text[0] == "field\tStopped early\tFour optimizers"
    assert "name\tStopped early\tFour optimizers" in text
    assert any(line.startswith("arms[2].name\t\t") for line in text)
    assert not any(line.startswith("network") for line in text)
    qtbot.mouseClick(button_in(window, "config-diff-copy"), LEFT)
    assert QGuiApplication.clipboard().text() == window.text()
    window.close()


def test_that_a_duplicate_is_loaded_into_the_editor(page, ids, qtbot, desk):
    click(page, qtbot, ids["Heat ladder"])
    press(page, qtbot, "runs.duplicate-button")
    qtbot.waitUntil(lambda: desk.draft.config is not None and desk.draft.config.name == "Heat ladder")
    assert [arm.name for arm in desk.draft.config.arms] == ["adamw", "muon", "sgd noisy"]


def test_that_a_draft_with_changes_is_replaced_only_after_a_question(page, ids, qtbot, desk):
    desk.draft.set("name", "Mine", "Change the name")
    click(page, qtbot, ids["Heat ladder"])
    press(page, qtbot, "runs.duplicate-button")
    qtbot.waitUntil(lambda: page.findChild(QWidget, "replace-draft") is not None)
    question = page.findChild(QWidget, "replace-draft")
    assert button_in(question, "replace-draft-cancel").isDefault()
    qtbot.mouseClick(button_in(question, "replace-draft-cancel"), LEFT)
    assert desk.draft.data["name"] == "Mine"


def test_that_only_what_is_unfinished_can_be_resumed(page, ids, qtbot, desk, monkeypatch):
    page.view.choose([ids["Four optimizers"]])
    assert not page.commands.actions["resume"].isEnabled()
    resumed = []
    monkeypatch.setattr(desk.runs, "resume", resumed.append)
    click(page, qtbot, ids["Power cut"])
    press(page, qtbot, "runs.resume-button")
    qtbot.waitUntil(lambda: bool(resumed))
    assert resumed[0].experiment_id == ids["Power cut"]


# -- details -----------------------------------------------------------------------------------------------


def labels(page) -> list[str]:
    return [each.text() for each in page.details.findChildren(QLabel) if each.isVisible()]


def test_that_a_failed_run_is_told_in_three_parts_with_its_details_folded(page, ids, qtbot):
    page.deeds.unfold()
    page.view.choose([run_id(ids[LONG])])
    qtbot.waitUntil(lambda: page.details.story is not None)
    said = labels(page)
    for part in ("What happened", "What was kept", "What to do", "Every step up to 40 is kept."):
        assert part in said
    assert any("rank 1 is not allowed" in text for text in said)
    details = page.details.findChild(QPlainTextEdit, "run-told-details")
    assert not details.isVisible()
    assert "Traceback" in details.toPlainText()


def test_that_interventions_checkpoints_versions_and_the_command_are_there(page, ids, qtbot):
    page.deeds.unfold()
    page.view.choose([run_id(ids["Four optimizers"])])
    qtbot.waitUntil(lambda: page.details.story is not None)
    titles = {part.title: dict(part.lines) for part in page.details.story.facts}
    assert titles["Interventions"] == {"Step 10": "lr: 0.01 \u2192 0.02"}
    assert titles["Identity"]["numpy"] == "2"
    assert titles["Cost"]["Gradient evaluations"] == "40"
    assert page.details.story.command.startswith("wnin-train --optimizer adamw")
    page.view.choose([ids["Power cut"]])
    qtbot.waitUntil(lambda: page.details.story.title == "Power cut")
    titles = {part.title: dict(part.lines) for part in page.details.story.facts}
    assert titles["Checkpoints"] == {"Step 20": "periodic, 2.05 MB"}
    assert "Resume goes on from the checkpoint at step 20." in labels(page)


# -- live and remote ---------------------------------------------------------------------------------------


def test_that_live_moves_are_read_at_most_four_times_a_second(page, qtbot, monkeypatch, desk):
    reads = []
    real = desk.store.listing
    monkeypatch.setattr(desk.store, "listing", lambda former: reads.append(1) or real(former))
    with fed(page, qtbot):
        for _ in range(100):
            desk.runs.framed.emit(frozenset())
    assert len(reads) == 1


def test_that_a_run_that_goes_on_moves_in_its_place(desk, open_page, qtbot):
    experiment_id, writer = begin(desk.store)
    writer.commit()
    page = open_page(desk)
    page.deeds.unfold()
    name = run_id(experiment_id)
    assert page.model.row(page.model.place_of(name)).status == "running"
    extend(writer, steps(experiment_id, 1, 30))
    writer.commit()
    resets = []
    page.model.modelReset.connect(lambda: resets.append(1))
    with fed(page, qtbot):
        desk.runs.framed.emit(frozenset())
    assert page.model.row(page.model.place_of(name)).steps == 30
    assert resets == []
    writer.close()


def test_that_a_remote_run_is_listed_with_who_and_where_and_cannot_be_changed(page, desk, qtbot):
    event = started("far", "adamw", 0)
    desk.remote.experiments["far"] = WatchedExperiment.of_started(event, "anna")
    with fed(page, qtbot):
        desk.remote.arrived.emit(desk.remote.experiments["far"])
    row = page.model.row(page.model.place_of("far"))
    assert (row.origin, row.host) == ("remote", "here (anna)")
    click(page, qtbot, "far")
    assert page.commands.actions["open"].isEnabled()
    for name in ("trash", "rename", "tags", "export"):
        assert not page.commands.actions[name].isEnabled(), name
    with qtbot.waitSignal(desk.shown.changed):
        qtbot.keyClick(page.view, Qt.Key.Key_Return)
    assert desk.shown.current is desk.remote.experiments["far"]


# -- export, copy, drag and drop ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "mlflow"])
def test_that_chosen_runs_are_exported_and_the_end_offers_the_folder(page, ids, qtbot, desk, tmp_path, kind):
    pytest.importorskip("mlflow")
    click(page, qtbot, ids["Four optimizers"])
    press(page, qtbot, "runs.export-button")
    window = dialog(page, qtbot, ExportDialog)
    window.kind.setCurrentIndex(window.kind.findData(kind))
    assert window.path.text().endswith(
        {"csv": "_four-optimizers.csv", "mlflow": "_four-optimizers_mlflow"}[kind]
    )
    window.path.setText(str(tmp_path / "out"))
    qtbot.mouseClick(button_in(window, "export-go"), LEFT)
    qtbot.waitUntil(lambda: any("is written" in each.text for each in desk.notices.kept), timeout=20_000)
    assert (tmp_path / "out").exists()
    notice = desk.notices.kept[-1]
    assert notice.text == "out is written: 120 rows."
    assert notice.action[0] == "Open folder"


def test_that_a_cancelled_export_leaves_nothing(page, ids, qtbot, desk, tmp_path):
    runs = [run_id(ids["Four optimizers"], arm, 0) for arm in ("adamw", "muon")]
    page.exporting.write(runs, "csv", tmp_path / "out.csv", overwrite=False)
    (task,) = desk.tasks.current
    task.cancel()
    with qtbot.waitSignal(desk.tasks.ended):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["store"]


def test_that_ids_are_copied_and_dragged_as_ids(page, ids):
    page.view.choose([ids["Heat ladder"]])
    page.deeds.copy_ids()
    data = QGuiApplication.clipboard().mimeData()
    assert data.text() == ids["Heat ladder"]
    dragged = page.model.mimeData(page.view.selectionModel().selectedIndexes())
    assert json.loads(bytes(dragged.data(MIME))) == [ids["Heat ladder"]]


def drop(page, *paths) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    )  # fmt: skip
    page.dropEvent(event)


def test_that_a_dropped_checkpoint_leads_to_its_experiment(page, ids, qtbot, desk):
    folder = desk.store.checkpoint_dir(ids["Power cut"])
    drop(page, folder / "periodic-000000020.safetensors")
    qtbot.waitUntil(lambda: [row.id for row in page.choice().rows] == [ids["Power cut"]])


def test_that_a_dropped_csv_is_shown_and_not_stored(page, ids, qtbot, desk, tmp_path):
    run = run_id(ids["Four optimizers"])
    export_csv(desk.store, [run], tmp_path / "some.csv")
    with qtbot.waitSignal(desk.shown.changed):
        drop(page, tmp_path / "some.csv")
    shown = desk.shown.current.runs[run]
    assert shown.step == 40
    assert shown.series["train_loss"].values.tolist() == desk.store.series(run)["train_loss"].tolist()
    assert len(desk.store.experiments()) == 5


def test_that_the_folder_of_another_store_is_shown(page, qtbot, desk, tmp_path):
    with Store.open(tmp_path / "other") as other:
        there = record(other, "From afar", ("completed",))
    with qtbot.waitSignal(desk.shown.changed):
        drop(page, tmp_path / "other")
    assert desk.shown.current.experiment_id == there


def test_that_anything_else_is_refused_politely(page, qtbot, desk, tmp_path):
    (tmp_path / "cat.png").write_bytes(b"meow")
    (tmp_path / "prices.csv").write_text("a,b\n1,2\n")
    for name, said in (("cat.png", "cannot be opened here"), ("prices.csv", "only a CSV that was exported")):
        drop(page, tmp_path / name)
        qtbot.waitUntil(lambda said=said: any(said in each.text for each in desk.notices.kept))


# -- session, keyboard, theme ------------------------------------------------------------------------------


def test_that_a_session_comes_back_as_it_was(page, ids, desk, qtbot, open_page):
    page.view.set_column_shown("host", True)
    page.view.setColumnWidth(PLACES["status"], 150)
    with fed(page, qtbot):
        page.view.horizontalHeader().setSortIndicator(PLACES["name"], Qt.SortOrder.AscendingOrder)
    page.model.set_open(ids["Heat ladder"], True)
    page.view.choose([run_id(ids["Heat ladder"])])
    state = json.loads(json.dumps(page.state()))
    for action in list(desk.actions.all()):
        desk.actions._actions.pop(action.objectName())
    again = open_page(desk)
    with fed(again, qtbot):
        again.restore(state)
    qtbot.waitUntil(lambda: [row.id for row in again.choice().rows] == [run_id(ids["Heat ladder"])])
    assert "host" in again.view.columns
    assert again.view.columnWidth(PLACES["status"]) == 150
    assert names(again)[0] == LONG
    assert again.state() == state


@pytest.mark.parametrize(
    "state",
    [{}, {"columns": 3, "widths": [1], "open": {"a": 1}, "sort": "colour", "splitter": ["x"], "query": 5}],
)
def test_that_a_damaged_session_gives_the_defaults(page, state, qtbot):
    with fed(page, qtbot):
        page.restore(state)
    assert page.view.columns[:3] == ("star", "name", "status")
    assert len(page.model.rows) == 5


def test_that_every_control_has_a_name(page):
    page.deeds.unfold()
    page.filter.set_text("status:failed")
    for widget in page.findChildren(QAbstractButton):
        if widget.isVisible() and not isinstance(widget.parent(), QLineEdit):
            assert widget.accessibleName() or widget.text(), widget.objectName()
            assert widget.objectName(), widget
    assert page.view.accessibleName()


def test_that_the_menu_offers_every_command_of_a_row(page, ids, qtbot):
    click(page, qtbot, ids["Heat ladder"])
    page._open_menu(QPoint(20, 20))
    menu = page.findChild(QWidget, "runs-menu")
    assert {action.objectName() for action in menu.actions() if not action.isSeparator()} >= {
        "runs.open", "runs.compare", "runs.diff", "runs.duplicate", "runs.resume", "runs.rename", "runs.tags",
        "runs.note", "runs.star", "runs.export", "runs.folder", "runs.copy-ids", "runs.trash", "runs.delete",
    }  # fmt: skip
    menu.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_that_the_page_is_drawn_in_both_lights_and_sizes(page, scheme, scale, qtbot):
    try:
        theme().apply(scheme)
        theme().set_text_scale(scale)
        page.deeds.unfold()
        assert not page.grab().isNull()
        assert page.view.verticalHeader().defaultSectionSize() >= page.view.fontMetrics().height()
    finally:
        theme().set_text_scale(1.0)
        theme().apply("system")
