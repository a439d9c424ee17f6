import io
import json
import re

import pytest

from wnin_desktop.cli import compare, main
from wnin_desktop.runs.config_files import load_compare, presets
from wnin_desktop.runs.replay_command import compare_command
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.fingerprint import fingerprint

FILE = """
name = "two"
seeds = [0, 1]
[network]
kind = "mlp"
hidden = [8]
[budget]
steps = 8
batch_size = 8
curvature_every = 0
[[arms]]
name = "calm"
[arms.optimizer]
name = "sgd"
lr = 0.1
[[arms]]
name = "wild"
[arms.optimizer]
name = "sgd"
lr = 1000.0
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(FILE)
    return path


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


def go(store, *words):
    return main.run(compare.command, "wnin compare", ["--store", str(store), *map(str, words)])


def test_that_a_file_becomes_a_ranked_and_reported_comparison(store, file, tmp_path, capsys):
    out = tmp_path / "deep" / "out"
    assert go(store, file, "--out", out) == 0
    said = capsys.readouterr()
    assert "calm" in said.out
    assert str(out / "report.html") in said.out
    assert (out / "leader.txt").read_text() in said.out + "\n"
    assert "<html" in (out / "report.html").read_text()
    experiment = re.search(r"Saved as (\S+) in", said.out)[1]
    assert fingerprint(load_compare(out / "config.toml")) == fingerprint(load_compare(file))
    with Store.open(store) as opened:
        assert len(opened.runs(experiment_id=experiment)) == 4


def test_that_json_is_one_document_with_every_arm(store, file, capsys):
    assert go(store, file, "--json", "--seeds", "3", "--steps", "5") == 0
    found = json.loads(capsys.readouterr().out)
    with Store.open(store) as opened:
        runs = opened.runs(experiment_id=found["experiment_id"])
    assert {(run.arm, run.seed, run.steps) for run in runs} == {
        (arm, seed, 5) for arm in ("calm", "wild") for seed in range(3)
    }
    assert {row["arm"] for row in found["arms"]} == {"calm", "wild"}


def test_that_a_command_that_carries_its_comparison_repeats_it(store, file, capsys, monkeypatch):
    config = load_compare(file)
    command = compare_command(config, shell="posix")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(command.partition("\n")[2][:-5].encode())))
    assert go(store, "-", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    with Store.open(store) as opened:
        assert opened.experiment(found["experiment_id"]).fingerprint == fingerprint(config)


def test_that_a_mistake_on_stdin_names_its_line(store, capsys, monkeypatch):
    text = FILE.replace("lr = 0.1", "lrr = 0.1")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert go(store, "-") == 2
    assert capsys.readouterr().err.startswith("error: stdin:15: arms[0].optimizer.lrr: 0.1 is not accepted;")


def test_that_the_presets_are_listed(store, capsys):
    assert go(store, "--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [f"preset:{name}" for name in presets()]
    assert go(store, "--list", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["preset"] for row in found} == set(presets())
    assert not store.exists()


REFUSED = [
    ([], "FILE: nothing is not accepted; give a configuration file or preset:NAME"),
    (["preset:dmo"], "preset: 'dmo' is not accepted; allowed: demo, dyck2-transformer"),
    (["preset:dmo"], "(did you mean demo?)"),
    (["missing.toml"], "missing.toml: file: 'missing.toml' is not accepted; it does not exist"),
    (["two.ini"], "two.ini: suffix: '.ini' is not accepted; a configuration file ends in one of"),
    (["preset:demo", "--seeds", "0"], "--seeds: 0 is not accepted; allowed: a whole number from 1 to 4096."),
    (["preset:demo", "--seeds", "few"], "--seeds: 'few' is not accepted;"),
    (["preset:demo", "--steps", "0"], "--steps: 0 is not accepted; allowed: a whole number from 1"),
    (["preset:demo", "--device", "tpu"], "--device: 'tpu' is not accepted; allowed: auto, cpu, cuda"),
    (["preset:demo", "--device", "cuda:98"], "--device: 'cuda:98' is not accepted; allowed here: auto, cpu"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=lambda part: " ".join(part)[:50])
def test_that_bad_input_is_one_sentence(store, words, sentence, capsys):
    assert go(store, *words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1


def test_that_a_folder_that_cannot_be_made_is_refused_before_training(store, file, capsys):
    assert go(store, file, "--out", file / "out") == 2
    assert "--out: " in capsys.readouterr().err
    with Store.open(store) as opened:
        assert opened.experiments(trashed=None) == []


def test_that_a_mistake_in_the_file_names_its_line(store, file, capsys):
    file.write_text(FILE.replace("lr = 0.1", "lrr = 0.1"))
    assert go(store, file) == 2
    said = capsys.readouterr().err
    line = FILE.splitlines().index("lr = 0.1") + 1
    assert said.startswith(f"error: {file}:{line}: arms[0].optimizer.lrr: 0.1 is not accepted;")
