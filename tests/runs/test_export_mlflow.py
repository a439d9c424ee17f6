import errno
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from tests.runs.store.recording import begin, members, recorded, run_id, step_of
from wnin_desktop.errors import DiskFullError, InputError
from wnin_desktop.runs import export
from wnin_desktop.runs.export import default_name, export_mlflow
from wnin_desktop.runs.export_formats import mlflow as mlflow_format
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.metrics import METRICS

LAST = 45


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    experiment_id = recorded(folder, LAST)
    with Store.open(folder, read_only=True) as store:
        yield store, experiment_id, [run_id(experiment_id, arm, seed) for arm, seed in members()]


@pytest.fixture
def opened():
    """Open an export with the package itself."""
    mlflow_format.silence()
    file_store = pytest.importorskip("mlflow.store.tracking.file_store")
    return lambda folder: file_store.FileStore(str(folder), folder.as_uri())


def runs_in(tracking) -> dict:
    entities = __import__("mlflow.entities").entities
    experiments = tracking.search_experiments()
    found = tracking.search_runs(
        [each.experiment_id for each in experiments], "", entities.ViewType.ALL, max_results=1000
    )
    return {run.data.tags["wnin.run_id"]: run for run in found}


def test_that_mlflow_reads_back_every_measured_number_bit_for_bit(recording, tmp_path, opened):
    store, experiment_id, runs = recording
    assert export_mlflow(store, runs, tmp_path / "out") == len(runs) * LAST
    tracking = opened(tmp_path / "out")
    found = runs_in(tracking)
    assert set(found) == set(runs)
    for arm, seed in members():
        name = run_id(experiment_id, arm, seed)
        steps = [step_of(experiment_id, arm, seed, k) for k in range(1, LAST + 1)]
        for metric in METRICS:
            measured = [
                (step.step, int(step.timestamp * 1000), getattr(step, metric.key))
                for step in steps
                if getattr(step, metric.key) is not None
            ]
            if measured:
                history = tracking.get_metric_history(found[name].info.run_id, metric.key)
                assert [(each.step, each.timestamp, each.value) for each in history] == measured


def test_that_a_run_carries_ids_fingerprint_units_times_and_settings(recording, tmp_path, opened):
    store, experiment_id, runs = recording
    export_mlflow(store, runs, tmp_path / "out")
    tracking = opened(tmp_path / "out")
    run = runs_in(tracking)[runs[1]]
    assert run.info.run_name == "adamw s7"
    assert (run.info.status, run.info.start_time, run.info.end_time) == ("FINISHED", 100_000, 500_000)
    tags = run.data.tags
    assert tags["wnin.fingerprint"] == "f" * 64
    assert tags["wnin.experiment_id"] == experiment_id
    assert tags["wnin.unit.val_loss"] == "nat"
    assert tags["wnin.status"] == "completed"
    assert run.data.params == {"arm.name": "adamw", "seed": "7"}
    assert run.data.metrics["final.val_loss"] == 0.25
    assert tracking.get_experiment(run.info.experiment_id).name == "Store test"


def test_that_artifacts_lie_where_the_folder_says_after_it_has_its_name(recording, tmp_path, opened):
    store, _, runs = recording
    export_mlflow(store, runs[:1], tmp_path / "with space")
    (run,) = runs_in(opened(tmp_path / "with space")).values()
    place = Path(unquote(urlparse(run.info.artifact_uri).path))
    assert json.loads((place / "config.json").read_text()) == {"arm": {"name": "adamw"}, "seed": 0}
    text = "".join(file.read_text() for file in (tmp_path / "with space").rglob("meta.yaml"))
    assert ".tmp" not in text


def test_that_settings_of_any_name_and_length_are_taken(tmp_path, opened):
    odd = {"arm": {"optimizer": {"params": {"β#/1": "x" * 9000, "betas": [0.9, 0.99]}}}, "none": None}
    parameters = mlflow_format._parameters(odd)
    assert parameters["arm.optimizer.params.betas"] == "[0.9, 0.99]"
    assert "none" not in parameters
    with Store.open(tmp_path / "store") as store:
        experiment_id, writer = begin(store)
        writer.close()
        export_mlflow(store, [run_id(experiment_id)], tmp_path / "out")


def test_that_experiments_of_one_name_are_told_apart(tmp_path, opened):
    with Store.open(tmp_path / "store") as store:
        first, writer = begin(store)
        writer.close()
        second, writer = begin(store)
        writer.close()
        export_mlflow(store, [run_id(first), run_id(second)], tmp_path / "out")
    names = {each.name for each in opened(tmp_path / "out").search_experiments()}
    assert names == {f"Store test ({first})", f"Store test ({second})"}


def test_that_an_export_is_replaced_only_where_asked_and_nothing_else_is_lost(recording, tmp_path):
    store, _, runs = recording
    out = tmp_path / "out"
    export_mlflow(store, runs, out)
    before = sorted(out.rglob("*"))
    with pytest.raises(InputError, match="exists already"):
        export_mlflow(store, runs, out)
    assert sorted(out.rglob("*")) == before
    export_mlflow(store, runs[:1], out, overwrite=True)
    assert len(list(out.glob("*/*/metrics"))) == 1
    experiment = next(each for each in out.iterdir() if each.name != ".trash")
    (experiment / "own").mkdir()
    with pytest.raises(InputError, match="holds more than an export"):
        export_mlflow(store, runs, out, overwrite=True)
    assert (experiment / "own").is_dir()
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("after", [0, 3])
def test_that_a_full_disk_leaves_nothing_half(recording, tmp_path, monkeypatch, after):
    store, _, runs = recording
    file_store = pytest.importorskip("mlflow.store.tracking.file_store")
    real, calls = file_store.append_to, []

    def full(*args):
        calls.append(args)
        if len(calls) > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args)

    monkeypatch.setattr(file_store, "append_to", full)
    with pytest.raises(DiskFullError):
        export_mlflow(store, runs, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_that_a_missing_package_is_named(recording, tmp_path, monkeypatch):
    store, _, runs = recording

    def absent(name, *_):
        raise ImportError(name)

    monkeypatch.setattr(export.importlib, "import_module", absent)
    with pytest.raises(InputError, match=r"it needs mlflow-skinny, which is not installed"):
        export_mlflow(store, runs, tmp_path / "out")


def test_that_the_default_name_says_mlflow(recording):
    store, experiment_id, runs = recording
    assert default_name(store, runs, "mlflow") == f"{experiment_id[:10]}_store-test_mlflow"


def test_that_a_child_exports_without_a_warning_a_word_a_thread_or_a_connection(recording, tmp_path):
    store, _, runs = recording
    script = f"""
import socket, sys, threading, warnings
from pathlib import Path

def refuse(*args, **kwargs):
    raise AssertionError("a connection")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
from wnin_desktop.runs.export import export
from wnin_desktop.runs.store import Store
with Store.open(Path({str(store.path)!r}), read_only=True) as store:
    export(store, {runs!r}, "mlflow", Path({str(tmp_path / "out")!r}))
assert threading.active_count() == 1, threading.enumerate()
import os
assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
from mlflow.telemetry import get_telemetry_client
assert get_telemetry_client() is None
"""
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_that_points_stand_in_the_file_as_the_package_writes_them(recording, tmp_path, opened):
    store, _, runs = recording
    export_mlflow(store, runs[:1], tmp_path / "out")
    tracking = opened(tmp_path / "out")
    (run,) = runs_in(tracking).values()
    folder = tmp_path / "out" / run.info.experiment_id
    again = tracking.create_run(run.info.experiment_id, "", 0, [], "again").info.run_id
    for metric in METRICS:
        if (folder / run.info.run_id / "metrics" / metric.key).exists():
            for point in tracking.get_metric_history(run.info.run_id, metric.key):
                tracking.log_metric(again, point)
            ours, theirs = (
                (folder / each / "metrics" / metric.key).read_bytes() for each in (run.info.run_id, again)
            )
            assert ours == theirs
