import json
import threading

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QWidget

from tests.qt.pages.runs.desks import LONG, record
from tests.qt.pages.runs.hands import LEFT, button_in, click, dialog, place, press
from tests.runs.store.recording import run_id
from wnin_desktop.qt.pages.runs import exporting
from wnin_desktop.qt.pages.runs.dialogs import DiffDialog, ExportDialog
from wnin_desktop.qt.pages.runs.model import MIME
from wnin_desktop.qt.pages.runs.page import RunsPage
from wnin_desktop.runs.export import export, export_csv
from wnin_desktop.runs.store import Store

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
    orders = next(line for line in text if line.startswith("arms\t")).split("\t")
    missing = set(orders[2].split(", ")) - set(orders[1].split(", "))
    assert missing
    assert all(any(line.startswith(f"arms[{arm}].optimizer.name\t\t") for line in text) for arm in missing)
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


@pytest.mark.parametrize("cancelled_at", [0.5, 1.0])
def test_that_a_cancelled_export_leaves_nothing(page, ids, qtbot, desk, tmp_path, monkeypatch, cancelled_at):
    here, gate = threading.Event(), threading.Event()

    def waiting(*args, progress, **kwargs):
        def told(done):
            if done == cancelled_at:
                here.set()
                gate.wait(10)
            progress(done)

        return export(*args, progress=told, **kwargs)

    monkeypatch.setattr(exporting, "export", waiting)
    runs = [run_id(ids["Four optimizers"], arm, 0) for arm in ("adamw", "muon")]
    page.exporting.write(runs, "csv", tmp_path / "out.csv", overwrite=False)
    (task,) = desk.tasks.current
    assert here.wait(10)
    assert task.cancel()
    with qtbot.waitSignal(desk.tasks.ended):
        gate.set()
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


def test_that_what_is_chosen_before_the_store_was_read_is_chosen_then(desk, ids, qtbot):
    early = RunsPage(desk)
    qtbot.addWidget(early)
    early.restore({})  # which asks for what is known: nothing yet
    early.choose(ids["Four optimizers"])
    qtbot.waitUntil(lambda: early.choice().rows != ())
    assert [row.id for row in early.choice().rows] == [ids["Four optimizers"]]
