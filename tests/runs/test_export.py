import csv
import importlib
import importlib.util
import json
import os
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.engine.comparisons import arm as an_arm
from tests.engine.comparisons import comparison
from tests.runs.store.recording import NOT_EVALUATED, begin, members, recorded, run_id, step_of
from wnin_desktop.engine import durable
from wnin_desktop.errors import DiskFullError, InputError
from wnin_desktop.runs import export
from wnin_desktop.runs.drive import drive
from wnin_desktop.runs.export import COLUMNS, NUMBERS, export_csv, export_parquet, export_tensorboard
from wnin_desktop.runs.export_formats import parquet as parquet_format
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.metrics import BY_KEY, METRICS

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
        assert (row["run_id"], row["experiment_id"], row["arm"], int(row["seed"]), int(row["step"])) == (
            step.run_id, experiment_id, step.arm, step.seed, step.step,
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
    with parquet.ParquetFile(tmp_path / "out.parquet") as file:
        assert file.num_row_groups == len(runs)
        rows = file.read().to_pylist()
    assert tuple(rows[0]) == COLUMNS
    for row, step in zip(rows, expected(experiment_id), strict=True):
        plain = [name for name in COLUMNS if name not in ("experiment_id", "nonfinite")]
        assert [row[name] for name in plain] == [getattr(step, name) for name in plain]
        assert (row["experiment_id"], row["nonfinite"]) == (experiment_id, ";".join(step.nonfinite))


def test_that_parquet_says_runs_fingerprints_and_units(recording, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    store, _, runs = recording
    export_parquet(store, runs, tmp_path / "out.parquet")
    schema = parquet.read_schema(tmp_path / "out.parquet")
    assert json.loads(schema.metadata[b"wnin.run_ids"]) == runs
    assert json.loads(schema.metadata[b"wnin.fingerprints"]) == dict.fromkeys(runs, "f" * 64)
    units = json.loads(schema.metadata[b"wnin.units"])
    for metric in METRICS:
        assert units[metric.key] == metric.unit
        assert schema.field(metric.key).metadata[b"unit"].decode() == BY_KEY[metric.key].unit


def test_that_tensorboard_holds_every_measured_number(recording, tmp_path):
    pytest.importorskip("tensorboardX")
    store, experiment_id, runs = recording
    export_tensorboard(store, runs, tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == len(runs)
    for arm, seed in members():
        found = scalars(tmp_path / "out" / f"{experiment_id}__{arm}__s{seed}")
        steps = [step_of(experiment_id, arm, seed, k) for k in range(1, LAST + 1)]
        for metric in METRICS:
            measured = [
                (step.step, step.timestamp, np.float32(getattr(step, metric.key)))
                for step in steps
                if getattr(step, metric.key) is not None
            ]
            assert found.get(metric.key, []) == measured


def scalars(folder: Path) -> dict[str, list[tuple[int, float, float]]]:
    """Read event files back with the package's own protocol and checksums: (step, time, value) by tag."""
    event_pb2 = importlib.import_module("tensorboardX.proto.event_pb2")
    checksum = importlib.import_module("tensorboardX.record_writer").masked_crc32c
    found: dict[str, list[tuple[int, float, float]]] = {}
    for file in folder.iterdir():
        content, place = file.read_bytes(), 0
        while place < len(content):
            head = content[place : place + 8]
            end = place + 12 + int.from_bytes(head, "little")
            body = content[place + 12 : end]
            assert content[place + 8 : place + 12] == checksum(head).to_bytes(4, "little")
            assert content[end : end + 4] == checksum(body).to_bytes(4, "little")
            event = event_pb2.Event.FromString(body)
            place = end + 4
            for value in event.summary.value:
                found.setdefault(value.tag, []).append((event.step, event.wall_time, value.simple_value))
    return found


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A store with a real comparison, of which one arm diverges."""
    wild = an_arm() | {"name": "wild", "optimizer": {"name": "sgd", "lr": 1e3}}
    with Store.open(tmp_path_factory.mktemp("trained")) as store:
        experiment_id = drive(store, comparison(an_arm("adamw", "sgld"), wild, name="Zwei Ärme: A/B"))
        yield store, [run.run_id for run in store.runs(experiment_id=experiment_id)]


def bits(values) -> list[int]:
    """Return float64 numbers as integers, so that only equal bits are equal."""
    return np.asarray(values, dtype=np.float64).view(np.int64).tolist()


def test_that_csv_of_a_real_comparison_has_the_bits_of_the_store(trained, tmp_path):
    store, runs = trained
    export_csv(store, runs, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    for run in runs:
        series = store.series(run, NUMBERS)
        mine = [row for row in rows if row["run_id"] == run]
        assert [int(row["step"]) for row in mine] == series["step"].tolist()
        for name in NUMBERS:
            assert bits([float(row[name] or "nan") for row in mine]) == bits(series[name]), name


def test_that_parquet_of_a_real_comparison_has_the_bits_of_the_store(trained, tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(parquet_format, "GROUP_ROWS", 5)
    store, runs = trained
    export_parquet(store, runs, tmp_path / "out.parquet")
    table = parquet.read_table(tmp_path / "out.parquet")
    series = [store.series(run, NUMBERS) for run in runs]
    assert table["step"].to_pylist() == np.concatenate([each["step"] for each in series]).tolist()
    for name in NUMBERS:
        stored = np.concatenate([each[name] for each in series])
        assert table[name].null_count == np.isnan(stored).sum()
        assert bits(table[name].to_numpy()) == bits(stored), name


def test_that_tensorboard_of_a_real_comparison_has_the_numbers_of_the_store(trained, tmp_path):
    pytest.importorskip("tensorboardX")
    store, runs = trained
    export_tensorboard(store, runs, tmp_path / "out")
    for run in runs:
        found = scalars(tmp_path / "out" / run.replace("/", "__"))
        series = store.series(run, NUMBERS)
        for metric in METRICS:
            column = series[metric.key].astype(np.float32)
            kept = np.flatnonzero(np.isfinite(column))
            columns = (series["step"], series["timestamp"], column)
            assert found.get(metric.key, []) == list(zip(*(each[kept] for each in columns), strict=True))


def test_that_a_number_too_large_for_single_precision_is_left_out_of_tensorboard(tmp_path):
    pytest.importorskip("tensorboardX")
    with Store.open(tmp_path / "store") as store:
        experiment_id, writer = begin(store)
        for k, loss in enumerate((1e30, 1e300), 1):
            step = step_of(experiment_id, *members()[0], k)
            writer.append(msgspec.structs.replace(step, train_loss=loss))
        writer.commit()
        export_tensorboard(store, [run_id(experiment_id)], tmp_path / "out")
        (folder,) = (tmp_path / "out").iterdir()
    assert [(step, value) for step, _, value in scalars(folder)["train_loss"]] == [(1, np.float32(1e30))]


def test_that_a_run_without_steps_is_an_empty_table(tmp_path):
    with Store.open(tmp_path / "store") as store:
        experiment_id, writer = begin(store)
        writer.commit()
        assert export_csv(store, [run_id(experiment_id)], tmp_path / "out.csv") == 0
        assert (tmp_path / "out.csv").read_text() == ",".join(COLUMNS) + "\n"
        if importlib.util.find_spec("pyarrow"):
            assert export_parquet(store, [run_id(experiment_id)], tmp_path / "out.parquet") == 0


def test_that_a_run_named_twice_is_written_once(recording, tmp_path):
    store, _, runs = recording
    assert export_csv(store, [runs[0], runs[1], runs[0]], tmp_path / "out") == 2 * LAST


def test_that_the_default_name_says_day_and_name(trained, recording):
    store, runs = trained
    day = runs[0][:10]
    assert export.default_name(store, runs, "csv") == f"{day}_zwei-ärme-a-b.csv"
    assert export.default_name(store, runs[:1], "parquet") == f"{day}_zwei-ärme-a-b_adamw-sgld_s0.parquet"
    assert export.default_name(store, runs, "tensorboard") == f"{day}_zwei-ärme-a-b_tensorboard"


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


@pytest.mark.parametrize("kind", EXPORTS)
def test_that_a_file_in_place_of_the_folder_is_named(recording, tmp_path, kind):
    store, _, runs = recording
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"path: .*file.*cannot be written there"):
        EXPORTS[kind](store, runs[:1], tmp_path / "file" / "out")


@pytest.mark.skipif(not Path("/sys").is_dir(), reason="needs a folder that nobody may write to")
@pytest.mark.parametrize("kind", EXPORTS)
def test_that_a_folder_that_may_not_be_written_to_is_named(recording, kind):
    store, _, runs = recording
    with pytest.raises(InputError, match=r"path: '/sys/out'.*cannot be written there"):
        EXPORTS[kind](store, runs[:1], Path("/sys/out"))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_that_a_full_disk_leaves_the_older_export_and_nothing_else(recording, tmp_path, kind, monkeypatch):
    store, _, runs = recording
    path = tmp_path / "out"
    path.write_text("older")

    def full(_descriptor):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(DiskFullError, match="No space is left"):
        EXPORTS[kind](store, runs, path, overwrite=True)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    assert path.read_text() == "older"


def test_that_a_full_disk_leaves_no_folder(recording, tmp_path, monkeypatch):
    record_writer = pytest.importorskip("tensorboardX.record_writer")
    store, _, runs = recording

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(record_writer.os, "fsync", full)
    with pytest.raises(DiskFullError):
        export_tensorboard(store, runs, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", EXPORTS)
def test_that_the_same_export_has_the_same_bytes(recording, tmp_path, kind):
    store, _, runs = recording
    for name in ("a", "b"):
        EXPORTS[kind](store, runs, tmp_path / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize("kind", EXPORTS)
def test_that_an_older_export_is_replaced_only_where_that_is_asked_for(recording, tmp_path, kind):
    store, _, runs = recording
    path = tmp_path / "out"
    assert export.export(store, runs, kind, path) == LAST * len(runs)
    before = contents(path)
    with pytest.raises(InputError, match=r"path: .*out.*exists already"):
        export.export(store, runs[:1], kind, path)
    assert contents(path) == before
    assert export.export(store, runs[:1], kind, path, overwrite=True) == LAST
    assert len(contents(path)) < len(before)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def contents(path: Path) -> bytes:
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    return b"".join(file.read_bytes() for file in files)


def test_that_a_folder_with_other_files_is_never_replaced(recording, tmp_path):
    store, _, runs = recording
    export_tensorboard(store, runs, tmp_path / "out")
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="it holds more than an export"):
        export_tensorboard(store, runs, tmp_path / "out", overwrite=True)
    with pytest.raises(InputError, match="it is a folder"):
        export_csv(store, runs, tmp_path / "out", overwrite=True)
    assert (tmp_path / "out" / "thesis.tex").read_text() == "years of work"


def test_that_the_older_folder_comes_back_where_the_new_one_cannot_take_its_place(
    recording, tmp_path, monkeypatch
):
    store, _, runs = recording
    export_tensorboard(store, runs, tmp_path / "out")
    before = contents(tmp_path / "out")
    tries = []

    def fails_once(source, target):
        tries.append(target)
        if len(tries) == 2:
            raise PermissionError(13, os.strerror(13))
        durable.replace(source, target)

    monkeypatch.setattr(export, "replace", fails_once)
    with pytest.raises(InputError, match="cannot be written there"):
        export_tensorboard(store, runs[:1], tmp_path / "out", overwrite=True)
    assert contents(tmp_path / "out") == before
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_that_an_unknown_format_is_refused_with_the_known_ones(recording, tmp_path):
    store, _, runs = recording
    with pytest.raises(InputError, match=r"format: 'xlsx'.*csv, parquet, tensorboard"):
        export.export(store, runs, "xlsx", tmp_path / "out")


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
