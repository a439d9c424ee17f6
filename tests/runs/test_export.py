import csv
import importlib
import os

import numpy as np
import pytest

from tests.runs.store.recording import NOT_EVALUATED, members, recorded, run_id, step_of
from wnin_desktop.engine import durable
from wnin_desktop.errors import DiskFullError, InputError
from wnin_desktop.runs import export
from wnin_desktop.runs.export import COLUMNS, NUMBERS, export_csv, export_parquet, export_tensorboard
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.metrics import METRICS

LAST = 45
EXPORTS = {"csv": export_csv, "parquet": export_parquet, "tensorboard": export_tensorboard}


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    experiment_id = recorded(folder, LAST)
    with Store.open(folder, read_only=True) as store:
        yield store, experiment_id, [run_id(experiment_id, arm, seed) for arm, seed in members()]


def expected(experiment_id: str) -> list:
    return [step_of(experiment_id, arm, seed, k) for arm, seed in members() for k in range(1, LAST + 1)]


def test_that_csv_holds_every_step_bit_for_bit(recording, tmp_path):
    store, experiment_id, runs = recording
    export_csv(store, runs, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert tuple(rows[0]) == COLUMNS
    for row, step in zip(rows, expected(experiment_id), strict=True):
        assert (row["run_id"], row["arm"], int(row["seed"]), int(row["step"])) == (
            step.run_id, step.arm, step.seed, step.step,
        )  # fmt: skip
        assert [float(row[name]) if row[name] else None for name in NUMBERS] == [
            getattr(step, name) for name in NUMBERS
        ]
        assert (row["noise_mode"], row["schedule_phase"]) == (step.noise_mode, step.schedule_phase)
        assert row["nonfinite"] == ";".join(step.nonfinite)
    assert set(NOT_EVALUATED) == {"val_loss", "accuracy"}


def test_that_parquet_holds_every_step_bit_for_bit(recording, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    store, experiment_id, runs = recording
    export_parquet(store, runs, tmp_path / "out.parquet")
    file = parquet.ParquetFile(tmp_path / "out.parquet")
    assert file.num_row_groups == len(runs)
    rows = file.read().to_pylist()
    file.close()
    assert tuple(rows[0]) == COLUMNS
    for row, step in zip(rows, expected(experiment_id), strict=True):
        assert [row[name] for name in ("run_id", "arm", "seed", "step", *NUMBERS)] == [
            getattr(step, name) for name in ("run_id", "arm", "seed", "step", *NUMBERS)
        ]


def test_that_tensorboard_holds_every_measured_number(recording, tmp_path):
    pytest.importorskip("tensorboardX")
    store, experiment_id, runs = recording
    export_tensorboard(store, runs, tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == len(runs)
    for arm, seed in members():
        found = scalars(tmp_path / "out" / f"{experiment_id}__{arm}__s{seed}")
        for metric in METRICS:
            steps = [step_of(experiment_id, arm, seed, k) for k in range(1, LAST + 1)]
            measured = [(s.step, getattr(s, metric.key)) for s in steps if getattr(s, metric.key) is not None]
            assert [step for step, _ in found.get(metric.key, [])] == [step for step, _ in measured]
            values = [value for _, value in found.get(metric.key, [])]
            assert np.array_equal(values, np.array([value for _, value in measured], dtype=np.float32))


def scalars(folder) -> dict[str, list[tuple[int, float]]]:
    """Read event files back with the same package's protocol, record by record."""
    event_pb2 = importlib.import_module("tensorboardX.proto.event_pb2")
    found: dict[str, list[tuple[int, float]]] = {}
    for file in folder.iterdir():
        content, place = file.read_bytes(), 0
        while place < len(content):
            length = int.from_bytes(content[place : place + 8], "little")
            event = event_pb2.Event.FromString(content[place + 12 : place + 12 + length])
            place += 12 + length + 4
            for value in event.summary.value:
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


@pytest.mark.parametrize("kind", EXPORTS)
def test_that_unknown_runs_and_no_runs_are_refused(recording, tmp_path, kind):
    store, _, runs = recording
    for chosen, message in (([runs[0], "elsewhere"], "no id in the store"), ([], "name at least one run")):
        with pytest.raises(InputError, match=message):
            EXPORTS[kind](store, chosen, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", EXPORTS)
def test_that_a_folder_that_is_missing_is_named(recording, tmp_path, kind):
    store, _, runs = recording
    with pytest.raises(InputError, match=r"path: .*nowhere.*cannot be written there"):
        EXPORTS[kind](store, runs[:1], tmp_path / "nowhere" / "out")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_that_a_full_disk_leaves_the_older_export_and_nothing_else(recording, tmp_path, kind, monkeypatch):
    store, _, runs = recording
    path = tmp_path / "out"
    path.write_text("older")

    def full(_descriptor):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(DiskFullError, match="No space is left"):
        EXPORTS[kind](store, runs, path)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    assert path.read_text() == "older"


def test_that_a_full_disk_leaves_no_folder(recording, tmp_path, monkeypatch):
    store, _, runs = recording

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(export, "_write_events", full)
    with pytest.raises(DiskFullError):
        export_tensorboard(store, runs, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_that_an_existing_folder_is_not_written_into(recording, tmp_path):
    store, _, runs = recording
    with pytest.raises(InputError, match="a folder that does not exist yet"):
        export_tensorboard(store, runs, tmp_path)


@pytest.mark.parametrize(("kind", "package"), [("parquet", "pyarrow"), ("tensorboard", "tensorboardX")])
def test_that_a_missing_package_is_named_with_the_way_to_get_it(
    recording, tmp_path, kind, package, monkeypatch
):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(export.importlib, "import_module", absent)
    store, _, runs = recording
    with pytest.raises(InputError, match=rf"it needs {package}.*wnin-desktop\[export\]"):
        EXPORTS[kind](store, runs, tmp_path / "out")
