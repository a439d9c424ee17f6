import json
from pathlib import Path

import pytest

from tests.cli.calling import call, refusal
from tests.engine.comparisons import arm, comparison
from wnin_desktop.runs.config_files import load_compare
from wnin_desktop.runs.drive import drive
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.fingerprint import fingerprint


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    path = tmp_path_factory.mktemp("recorded") / "store"
    with Store.open(path) as store:
        return path, drive(store, comparison(arm("sgd"), arm("adamw"), name="Reported"))


def test_that_the_report_of_a_stored_experiment_can_be_written_at_any_time(recorded, tmp_path):
    path, experiment = recorded
    said = call("report", experiment, "--out", tmp_path / "out", "--json", "--store", path)
    assert said.code == 0, said
    files = said.json["files"]
    page = Path(files["html"]).read_text(encoding="utf-8")
    assert "Reported" in page
    assert experiment in page
    leaders = json.loads(Path(files["leader_json"]).read_text(encoding="utf-8"))
    assert {"sgd-none", "adamw-none"} == {row["arm"] for row in leaders["arms"]}
    with Store.open(path, read_only=True) as store:
        assert fingerprint(load_compare(files["config"])) == store.experiment(experiment).fingerprint
    assert all(Path(figure).is_file() for figure in files["figures"])


def test_that_a_report_goes_beside_where_one_is_and_reading_is_enough(recorded, tmp_path, monkeypatch):
    path, experiment = recorded
    monkeypatch.chdir(tmp_path)
    with Store.open(path):  # another process may be writing the store
        said = call("report", experiment[:12], "--store", path)
    assert said.code == 0, said
    assert (tmp_path / f"report-{experiment}" / "report.html").is_file()
    assert f"report-{experiment}" in said.out


def test_that_unknown_ids_and_runs_are_refused(recorded, tmp_path):
    path, experiment = recorded
    assert "no id in the store begins so" in refusal(call("report", "nobody", "--store", path))
    assert "give an experiment" in refusal(call("report", f"{experiment}/sgd/s0", "--store", path))


def test_that_a_folder_that_cannot_be_made_is_one_sentence(recorded, tmp_path):
    path, experiment = recorded
    (tmp_path / "file").write_text("")
    said = call("report", experiment, "--out", tmp_path / "file", "--store", path)
    assert said.code in (1, 2)
    assert str(tmp_path / "file") in refusal(said, said.code)
    assert (tmp_path / "file").read_text() == ""
