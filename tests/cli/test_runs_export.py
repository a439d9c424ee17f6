import csv
import importlib

import pytest

from tests.cli.calling import call, refusal
from tests.engine.comparisons import arm, comparison
from tests.runs.store.recording import config, recorded
from wnin_desktop.runs import export
from wnin_desktop.runs.drive import drive
from wnin_desktop.runs.store import Store

STEPS = 12


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The folder of a store with a real comparison of two runs, and its id."""
    path = tmp_path_factory.mktemp("recorded") / "store"
    with Store.open(path) as opened:
        return path, drive(opened, comparison(arm("sgd", "gradient_gaussian"), steps=STEPS, name="Two runs"))


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def table(path):
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_that_an_experiment_is_exported_with_all_its_runs_under_day_and_name(store, tmp_path):
    path, experiment_id = store
    said = call("runs", "export", experiment_id, "--store", path)
    assert said.code == 0, said
    file = tmp_path / f"{experiment_id[:10]}_two-runs.csv"
    assert said.out.strip() == f"{file}: {2 * STEPS} rows of 2 runs"
    rows = table(file)
    with Store.open(path, read_only=True) as opened:
        runs = opened.runs(experiment_id=experiment_id)
        losses = [
            loss for run in runs for loss in opened.series(run.run_id, ["train_loss"])["train_loss"].tolist()
        ]
    assert [float(row["train_loss"]) for row in rows] == losses
    assert list(dict.fromkeys(row["run_id"] for row in rows)) == [run.run_id for run in runs]


def test_that_json_says_where_what_and_how_much(store, tmp_path):
    path, experiment_id = store
    run = f"{experiment_id}/sgd-gradient_gaussian/s1"
    said = call("runs", "export", f"{experiment_id}/sgd/s1", "--json", "--store", path)
    file = tmp_path / f"{experiment_id[:10]}_two-runs_sgd-gradient-gaussian_s1.csv"
    assert said.json == {"format": "csv", "path": str(file), "rows": STEPS, "runs": [run]}
    assert {row["run_id"] for row in table(file)} == {run}


def test_that_runs_named_twice_are_exported_once(store, tmp_path):
    path, experiment_id = store
    chosen = [experiment_id, f"{experiment_id}/sgd/s0", experiment_id]
    said = call("runs", "export", *chosen, "--out", "both.csv", "--json", "--store", path)
    assert (said.json["rows"], len(said.json["runs"])) == (2 * STEPS, 2)
    assert len(table(tmp_path / "both.csv")) == 2 * STEPS


def test_that_several_experiments_go_into_one_file_that_says_so(store, tmp_path):
    with Store.open(tmp_path / "two") as opened:
        ids = [drive(opened, comparison(steps=2, name=name, seeds=[0])) for name in ("First", "Second")]
    said = call("runs", "export", *ids, "--json", "--store", tmp_path / "two")
    assert said.json["path"] == str(tmp_path / f"{ids[0][:10]}_first_and-1-more.csv")
    assert [row["experiment_id"] for row in table(next(tmp_path.glob("*.csv")))] == [ids[0]] * 2 + [
        ids[1]
    ] * 2


def test_that_the_name_of_the_file_decides_the_format_where_none_is_given(store, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    path, experiment_id = store
    said = call("runs", "export", experiment_id, "--out", "a.parquet", "--json", "--store", path)
    assert said.json["format"] == "parquet"
    assert parquet.read_table(tmp_path / "a.parquet").num_rows == 2 * STEPS


def test_that_tensorboard_gets_a_folder_for_each_run(store, tmp_path):
    pytest.importorskip("tensorboardX")
    path, experiment_id = store
    said = call("runs", "export", experiment_id, "--format", "tensorboard", "--store", path)
    folder = tmp_path / f"{experiment_id[:10]}_two-runs_tensorboard"
    assert said.out.strip() == f"{folder}: {2 * STEPS} steps of 2 runs"
    assert [len(list(each.glob("*tfevents*"))) for each in folder.iterdir()] == [1, 1]


def test_that_in_an_existing_folder_the_file_gets_its_default_name(store, tmp_path):
    path, experiment_id = store
    (tmp_path / "exports").mkdir()
    call("runs", "export", experiment_id, "--out", "exports", "--store", path)
    assert [each.name for each in (tmp_path / "exports").iterdir()] == [f"{experiment_id[:10]}_two-runs.csv"]


def test_that_an_older_file_is_kept_unless_overwrite_is_said(store, tmp_path):
    path, experiment_id = store
    (tmp_path / "a.csv").write_text("older")
    args = ["runs", "export", experiment_id, "--out", "a.csv", "--store", path]
    sentence = refusal(call(*args))
    assert "'a.csv'" in sentence
    assert "--overwrite" in sentence
    assert (tmp_path / "a.csv").read_text() == "older"
    assert call(*args, "--overwrite").code == 0
    assert len(table(tmp_path / "a.csv")) == 2 * STEPS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody"], "no id in the store begins so"),
        (["{id}", "nobody"], "no id in the store begins so"),
        (["{id}/adamw/s0"], "none of its runs fits"),
        (["{id}/sgd"], "2 of its runs fit"),
        (["{id}", "--format", "xlsx"], "'xlsx' is not one of"),
        (["{id}", "--out", "nowhere/a.csv"], "cannot be written there"),
        ([], "Missing argument"),
    ],
)
def test_that_what_cannot_be_exported_is_refused_in_a_sentence_and_leaves_nothing(
    store, tmp_path, words, said
):
    path, experiment_id = store
    words = [word.format(id=experiment_id) for word in words]
    assert said in refusal(call("runs", "export", *words, "--store", path))
    assert list(tmp_path.iterdir()) == []


def test_that_an_experiment_without_runs_is_refused(tmp_path):
    with Store.open(tmp_path / "store") as opened:
        experiment_id = opened.new_experiment(config())
    assert "nothing to export" in refusal(
        call("runs", "export", experiment_id, "--store", tmp_path / "store")
    )


@pytest.mark.parametrize(("kind", "package"), [("parquet", "pyarrow"), ("tensorboard", "tensorboardX")])
def test_that_a_missing_extra_is_named_with_the_command_that_installs_it(store, monkeypatch, kind, package):
    real = importlib.import_module

    def absent(name, *others):
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return real(name, *others)

    monkeypatch.setattr(export.importlib, "import_module", absent)
    path, experiment_id = store
    sentence = refusal(call("runs", "export", experiment_id, "--format", kind, "--store", path))
    assert f"needs {package}" in sentence
    assert "pip install 'wnin-desktop[export]'" in sentence


def test_that_a_store_in_use_is_exported_all_the_same(tmp_path):
    experiment_id = recorded(tmp_path / "store", 7)
    with Store.open(tmp_path / "store"):
        said = call(
            "runs", "export", experiment_id, "--out", "a.csv", "--json", "--store", tmp_path / "store"
        )
    assert said.json["rows"] == 28
