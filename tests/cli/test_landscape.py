import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cli.calling import call, refusal
from tests.engine.comparisons import arm, comparison
from wnin_desktop.runs.drive import drive
from wnin_desktop.runs.landscape.export import ENDINGS
from wnin_desktop.runs.landscape.surface_file import read_surface
from wnin_desktop.runs.report.text import number
from wnin_desktop.runs.store import Store

BLUE, ORANGE = "#3b7dd8", "#e07a1f"
"""Colours of the first and the second arm."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store with a finished comparison: (folder, experiment id)."""
    folder = tmp_path_factory.mktemp("cli") / "store"
    with Store.open(folder) as store:
        return folder, drive(store, comparison(arm("sgd", "sgld"), arm("adamw"), steps=20, name="small"))


def landscape(made, *args):
    return call("landscape", "--store", made[0], "--size", 9, "--samples", 50, *args)


def test_that_a_surface_is_written_told_and_kept(made, tmp_path):
    out = [tmp_path / f"s{ending}" for ending in (".npz", ".vts", ".json", ".png")]
    said = landscape(made, "--plane", "pca", "--run", made[1], *(w for path in out for w in ("--out", path)))
    assert said.code == 0, said
    for path in (*out, tmp_path / "s.vtp"):
        assert path.stat().st_size > 1000
        assert f"Written: {path.resolve()}" in said.out
    assert "pca: 9 x 9 points through the mean of where the 2 runs were at step" in said.out
    assert "data: 50 of 320 training examples of digits; no normalization layers\n" in said.out
    for path in read_surface(out[0]).paths:
        assert f", up to {number(path.farthest)} off the plane" in said.out
    assert "cost: " in said.out
    surface = read_surface(out[0])
    assert [path.run_id for path in surface.paths] == [f"{made[1]}/sgd-sgld/s0", f"{made[1]}/adamw-none/s0"]
    told = call("runs", "show", made[1], "--store", made[0])
    assert "SURFACE" in told.out
    assert "pca train_loss 9: sgd-sgld/s0, adamw-none/s0" in told.out


def test_that_json_tells_everything_but_the_arrays(made, tmp_path):
    said = landscape(
        made, "--plane", "line", "--run", f"{made[1]}/sgd", "--run", f"{made[1]}/adamw/s1", "--json",
        "--sigma", "0.01, 0.1", "--draws", "2", "--out", tmp_path / "s.npz",
    )  # fmt: skip
    # A run may be shortened as far as it stays one; sgd has two seeds.
    assert "2 of its runs fit" in refusal(said)
    said = landscape(
        made, "--plane", "line", "--run", f"{made[1]}/sgd/s0", "--run", f"{made[1]}/adamw/s1", "--json",
        "--sigma", "0.01, 0.1", "--draws", "2", "--out", tmp_path / "s.npz",
    )  # fmt: skip
    assert said.code == 0, said
    told = said.json
    assert told["request"]["sigma"] == [0.01, 0.1]
    assert told["barrier"]["points"] >= 3
    assert told["cost"]["examples"] == 50
    assert told["lowest"]["value"] <= told["highest"]["value"]
    assert told["files"] == [str((tmp_path / name).resolve()) for name in ("s.npz", "s.json")]
    assert told["kept"].endswith(".npz")
    assert "values" not in told
    assert [path["farthest"] >= path["distance"] for path in told["paths"]] == [True, True]


def test_that_a_surface_without_out_is_kept_with_its_experiment(made):
    said = landscape(made, "--run", f"{made[1]}/adamw/s0@best", "--metric", "accuracy", "--plane", "layer")
    assert said.code == 0, said
    kept = said.out.rpartition("Kept: ")[2].strip()
    assert read_surface(Path(kept)).request["metric"] == "accuracy"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ((), "--run: nothing is not accepted; give a run as EXPERIMENT/ARM/sSEED"),
        (("--run", "zzz"), "--run: 'zzz' is not accepted"),
        (("--run", "zzz/a/s0"), "--run: 'zzz' is not accepted"),
        (("--run", "{id}"), "--run: '{id}' is not accepted; give one of its runs"),
        (("--run", "{id}/adamw/s7"), "--run: '{id}/adamw/s7' is not accepted; none of its runs fits"),
        (("--run", "{run}@x"), "is not accepted; allowed after the @: best, matched or a kept step"),
        (("--run", "{run}", "--plane", "pea"), "--plane: 'pea' is not accepted; allowed: random, layer, pca"),
        (("--run", "{id}", "--plane", "foo"), "--plane: 'foo' is not accepted; allowed: random, layer, pca"),
        (("--run", "{id}", "--size", "10"), "--size: 10 is not accepted; allowed: an odd number"),
        (
            ("--run", "{run}", "--plane", "line"),
            "--run: '{run}' is not accepted; the plane line needs 2 runs, 1 is given.",
        ),
        (
            ("--run", "{id}/adamw/s0@best", "--run", "{id}/sgd/s0", "--plane", "three"),
            "'{id}/adamw/s0@best, {id}/sgd/s0' is not accepted; the plane three needs 3 runs, 2 are given.",
        ),
        (("--run", "{run}", "--run", "{run}"), "it is there already, runs must differ"),
        (
            ("--run", "{run}", "--size", "10"),
            "--size: 10 is not accepted; allowed: an odd number from 3 to 501",
        ),
        (("--run", "{run}", "--size", "big"), "--size: 'big' is not accepted; allowed: a whole number"),
        (("--run", "{run}", "--span", "-1"), "--span: -1 is not accepted"),
        (("--run", "{run}", "--metric", "loss"), "--metric: 'loss' is not accepted; allowed: train_loss"),
        (("--run", "{run}", "--samples", "0"), "--samples: 0 is not accepted"),
        (("--run", "{run}", "--sigma", "0.1,x"), "--sigma: 'x' is not accepted"),
        (("--run", "{run}", "--draws", "1"), "--draws: 1 is not accepted"),
        (("--run", "{run}", "--seed", "-3"), "--seed: -3 is not accepted"),
        (("--run", "{run}", "--statistics", "no"), "--statistics: 'no' is not accepted"),
        (("--run", "{run}", "--device", "tpu"), "--device: 'tpu' is not accepted; allowed: auto, cpu"),
        (("--run", "{run}", "--threads", "0"), "--threads: 0 is not accepted"),
        (("--run", "{run}", "--out", "x.txt"), "--out: 'x.txt' is not accepted; allowed endings"),
        (("--run", "{run}", "--out", "nowhere/x.npz"), "there is no folder nowhere"),
    ],
)
def test_that_bad_input_gets_one_sentence(made, flags, sentence):
    names = {"id": made[1], "run": f"{made[1]}/adamw-none/s0"}
    said = call("landscape", "--store", made[0], *(flag.format(**names) for flag in flags))
    assert sentence.format(**names) in refusal(said)


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="/proc is a folder that nobody can write")
@pytest.mark.parametrize("ending", ENDINGS)
def test_that_a_folder_that_cannot_be_written_is_told_before_anything_is_evaluated(
    made, tmp_path, ending, monkeypatch
):
    monkeypatch.setattr("wnin_desktop.cli.landscape._evaluated", None)
    out, good = f"/proc/x{ending}", tmp_path / "good.npz"
    said = landscape(made, "--run", f"{made[1]}/adamw/s0", "--out", good, "--out", out)
    assert f"--out: '{out}' is not accepted; no file can be written into /proc: " in refusal(said)
    assert list(tmp_path.iterdir()) == []


def test_that_a_picture_has_its_arms_colour_whatever_runs_are_in_it(made, tmp_path):
    for name, colour, other in (("adamw", ORANGE, BLUE), ("sgd", BLUE, ORANGE)):
        out = tmp_path / f"{name}.svg"
        assert landscape(made, "--run", f"{made[1]}/{name}/s0", "--out", out).code == 0
        text = out.read_text(encoding="utf-8").lower()
        assert colour in text
        assert other not in text


def test_that_there_must_be_a_store(tmp_path):
    said = call("landscape", "--store", tmp_path / "none", "--run", "x")
    assert "There is no run store" in refusal(said, 1)


def test_that_help_needs_no_torch():
    code = (
        "import sys; from tests.cli.calling import call; said = call('landscape', '--help'); "
        "assert said.code == 0 and '--sigma' in said.out; assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_that_ctrl_c_keeps_what_was_done_and_the_same_command_goes_on(made, tmp_path):
    out = tmp_path / "s.npz"
    command = [
        sys.executable, "-m", "wnin_desktop.cli.main", "landscape", "--store", str(made[0]), "--run",
        f"{made[1]}/adamw-none/s0", "--size", "201", "--samples", "all", "--threads", "1",
    ]  # fmt: skip
    folder = made[0] / "checkpoints" / made[1]
    running = subprocess.Popen([*command, "--out", str(out)], stderr=subprocess.PIPE, text=True)
    begun = running.stderr.readline()
    assert begun == "Evaluating 201 x 201 points on 320 of 320 training examples of digits.\n"
    time.sleep(0.2)
    os.kill(running.pid, signal.SIGINT)
    said = running.communicate(timeout=60)[1]
    assert running.returncode == 130, said
    assert "what was done is kept, the same command goes on" in said
    assert not out.exists()
    assert list(folder.glob("surface-*.part.npz"))
    again = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert ", going on from " in again.stderr
    assert np.isfinite(read_surface(out).values).all()
    assert not list(folder.glob("surface-*.part.npz"))


def test_that_numbers_of_the_file_are_those_that_were_told(made, tmp_path):
    said = landscape(made, "--run", f"{made[1]}/adamw/s0", "--out", tmp_path / "s.json", "--json")
    told = json.loads((tmp_path / "s.json").read_text())
    assert said.json["lowest"]["value"] == np.nanmin(np.array(told["values"], float))
    assert said.json["fingerprint"] == told["fingerprint"]
