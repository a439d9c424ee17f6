import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys

import pytest
from rich.console import Console

from wnin_desktop.cli import main, train
from wnin_desktop.cli.progress import LiveProgress, PlainProgress, Tally, clock_time
from wnin_desktop.cli.running import Watching, run_new
from wnin_desktop.errors import InputError, StoppedByUser
from wnin_desktop.runs.flags import config_from_flags
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.events import Diverged, Finished, RunStarted, StepMetrics, decode
from wnin_desktop.stream.token import Token, token_path

SMALL = [
    "--set",
    "network.hidden=[8]",
    "--steps",
    "6",
    "--batch-size",
    "8",
    "--set",
    "budget.curvature_every=0",
]


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


def go(store, *words, small=True):
    return main.run(train.command, "wnin-train", [*(SMALL if small else []), "--store", str(store), *words])


def test_that_one_run_is_recorded_and_summarized_as_json(store, capsys):
    assert go(store, "--optimizer", "sgd", "--seed", "3", "--json") == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["status"], found["committed"], found["arm"], found["seed"]) == ("completed", 6, "sgd", 3)
    with Store.open(store, read_only=True) as opened:
        assert opened.run(found["run_id"]).final["val_loss"] == found["final"]["val_loss"]
    assert "step 6/6 (100%)" in said.err


def test_that_the_summarized_command_makes_the_same_numbers(store, capsys):
    noise = ["--noise-mode", "sgld", "--temperature", "1e-4", "--noise-schedule", "cosine"]
    assert go(store, "--optimizer", "sgd", *noise, "--json") == 0
    first = json.loads(capsys.readouterr().out)
    program, *words = shlex.split(first["command"])
    assert program == "wnin-train"
    assert go(store, *words, "--json", small=False) == 0
    second = json.loads(capsys.readouterr().out)
    assert second["fingerprint"] == first["fingerprint"]
    assert second["final"] == first["final"]


def test_that_text_says_how_it_ended(store, capsys):
    assert go(store) == 0
    assert re.search(r"adamw/s0: completed at step 6 of 6: .*val_loss", capsys.readouterr().out)


def test_that_events_are_lines_of_json_in_order(store, capsys):
    assert go(store, "--events") == 0
    events = [decode(line) for line in capsys.readouterr().out.splitlines()]
    assert isinstance(events[0], RunStarted)
    assert [event.step for event in events if isinstance(event, StepMetrics)] == [1, 2, 3, 4, 5, 6]
    assert isinstance(events[-1], Finished)


def test_that_the_worker_process_makes_the_same_numbers(store, capsys):
    found = []
    for executor in ("inline", "process"):
        assert go(store, "--executor", executor, "--numerics", "reproducible", "--json") == 0
        found.append(json.loads(capsys.readouterr().out)["final"])
    assert found[0] == found[1]


REFUSED = [
    (["--optimizer", "adamv"], "--optimizer: 'adamv' is not accepted; allowed: adamw, muon"),
    (["--optimizer", "adamv"], "(did you mean adamw?)"),
    (["--param", "beta3=1"], "--param beta3: 1 is not accepted; adamw has: beta1"),
    (["--param", "beta1=2"], "--param beta1: 2 is not accepted;"),
    (
        ["--optimizer", "sgld", "--noise-mode", "sgld", "--noise-mag", "1"],
        "--noise-mode: 'sgld' is not accepted;",
    ),
    (["--noise-mode", "sgld", "--temperature", "1"], "--temperature: 1.0 is not accepted; adamw rescales"),
    (["--steps", "-3"], "--steps: -3 is not accepted;"),
    (["--device", "cuda:99"], "--device: 'cuda:99' is not accepted; allowed here: auto, cpu"),
    (["--config", "missing.toml"], "does not exist"),
    (["--ws", "http://127.0.0.1:8765"], "--ws: 'http://127.0.0.1:8765' is not accepted; allowed is ws://"),
    (["--ws", "ws://127.0.0.1:1", "--token-file", "missing"], "--token-file: 'missing' is not accepted;"),
    (["--dataset", "npz", "--data", "missing.npz"], "missing.npz"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=lambda part: " ".join(part)[:50])
def test_that_bad_input_is_one_sentence_and_leaves_nothing_behind(store, words, sentence, capsys):
    code = go(store, *words)
    said = capsys.readouterr()
    assert code == (1 if "missing.npz" in words else 2)
    assert said.out == ""
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    if store.exists():
        with Store.open(store) as opened:
            assert opened.experiments(trashed=None) == []


def test_that_a_store_in_use_is_a_fault_and_not_bad_input(store, capsys):
    with Store.open(store):
        assert go(store) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


# --- streaming --------------------


def test_that_a_trainer_without_a_server_goes_on_and_says_so_once(store, monkeypatch, capsys):
    monkeypatch.setenv("WNIN_TOKEN", Token.new().headers()["Authorization"].removeprefix("Bearer "))
    assert go(store, "--ws", "ws://127.0.0.1:9", "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["status"] == "completed"
    assert said.err.count("No event server at ws://127.0.0.1:9") == 1
    assert "were not streamed; the store has them" in said.err


def test_that_a_trainer_without_a_token_goes_on_and_says_so(store, capsys):
    assert not token_path().exists()
    assert go(store, "--ws", "ws://127.0.0.1:9") == 0
    said = capsys.readouterr().err
    assert "No event server at ws://127.0.0.1:9 (no server has left its token); training goes on" in said


def test_that_the_link_is_told_once_for_each_change(capsys):
    tell = train.LinkTeller("ws://here:1")
    for state, reason in [
        ("connecting", "no answer"), ("connecting", "still none"), ("connected", ""), ("connecting", "gone"),
        ("refused", "wrong token"), ("closed", ""),
    ]:  # fmt: skip
        tell(state, reason)
    said = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in said] == ["No", "Streaming", "No", "The"]


# --- Ctrl-C --------------------


def start(store, *words):
    return subprocess.Popen(
        [sys.executable, "-c", "from wnin_desktop.cli.main import main_train; main_train()",
         *SMALL, "--steps", "1000000", "--store", str(store), *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="a signal to one process is POSIX's")
@pytest.mark.parametrize(
    ("executor", "number"),
    [
        ("inline", signal.SIGTERM),
        ("process", signal.SIGINT),
        pytest.param("inline", signal.SIGINT, marks=pytest.mark.full),
    ],
)
def test_that_ctrl_c_stops_with_a_checkpoint_and_says_how_to_go_on(store, executor, number):
    with start(store, "--executor", executor) as child:
        assert "step" in child.stderr.readline()
        child.send_signal(number)
        said = child.stderr.read()
        assert child.wait(60) == 130
        assert child.stdout.read() == ""
    experiment = re.search(r"wnin runs resume (\S+)", said)[1]
    with Store.open(store) as opened:
        (run,) = opened.runs(experiment_id=experiment)
        assert run.status == "stopped"
        assert opened.latest_checkpoint(experiment).step == run.committed > 0


def test_that_the_second_ctrl_c_quits_at_once_and_keeps_what_was_recorded(store):
    config = config_from_flags({"steps": "100000", "set_": ["network.hidden=[8]"]})

    def twice(event):
        if isinstance(event, StepMetrics) and event.step == 5:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with Store.open(store) as opened:
        with pytest.raises(
            StoppedByUser, match="interrupted; what was recorded is kept, go on with: wnin runs resume"
        ):
            run_new(opened, config, Watching(committed=[twice]))
    assert signal.getsignal(signal.SIGINT) is before
    with Store.open(store) as opened:
        (run,) = opened.runs()
        assert run.status == "interrupted"
        assert run.committed >= 5


# --- progress --------------------


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def started(arm, seed, steps=100):
    return RunStarted(
        run_id=f"x/{arm}/s{seed}", timestamp=0.0, experiment_id="x", arm=arm, seed=seed, config={},
        fingerprint="", steps=steps, parameters=1, device="cpu", versions={}, host="",
    )  # fmt: skip


def stepped(arm, seed, step, **values):
    return StepMetrics(run_id=f"x/{arm}/s{seed}", timestamp=0.0, step=step, arm=arm, seed=seed, **values)


def test_that_a_mean_is_over_the_seeds_that_go_on_with_their_number():
    tally = Tally(Clock())
    for seed, loss in enumerate((1.0, 3.0, 100.0)):
        tally.take(started("a", seed))
        tally.take(stepped("a", seed, 1, train_loss=loss))
    assert tally.mean("a", "train_loss") == (pytest.approx(104 / 3), 3)
    said = tally.take(Diverged(run_id="x/a/s2", timestamp=0.0, step=2, reason="loss", last_finite_step=1))
    assert "a, seed 2: diverged at step 2" in said
    assert tally.mean("a", "train_loss") == (2.0, 2)
    assert tally.going("a") == "2, 1 diverged"


def test_that_pace_and_time_left_follow_the_clock():
    clock = Clock()
    tally = Tally(clock)
    tally.take(started("a", 0))
    for clock.now, step in ((1.0, 10), (2.0, 30)):
        tally.take(stepped("a", 0, step))
        tally.mark()
    assert tally.rate == 20.0
    assert tally.seconds_left == 3.5
    assert tally.head() == "step 30/100 (30%), 20 steps/s, 4 s left"


def test_that_lines_keep_their_pause():
    clock, out = Clock(), io.StringIO()
    shown = PlainProgress(out, clock=clock)
    with shown:
        shown(started("a", 0))
        for step in range(1, 101):
            clock.now = step / 10
            shown(stepped("a", 0, step, train_loss=0.5))
    lines = out.getvalue().splitlines()
    assert len(lines) == 6  # at 0.2 s, then every 2 s to 8.2 s, and the last one
    assert lines[0] == "step 1/100 (1%) | a: train loss 0.5, n 1"
    assert lines[-1].startswith("step 100/100 (100%), 10.1 steps/s | a:")


def test_that_a_diverged_run_is_told_at_once():
    out = io.StringIO()
    shown = PlainProgress(out, clock=Clock())
    shown(started("a", 0))
    shown(
        Diverged(
            run_id="x/a/s0", timestamp=0.0, step=4, reason="train loss is not finite", last_finite_step=3
        )
    )
    assert out.getvalue() == ("a, seed 0: diverged at step 4 (train loss is not finite); kept up to there.\n")


def test_that_the_live_table_keeps_four_frames_a_second():
    clock, out = Clock(), io.StringIO()
    frames = []

    class Counted(LiveProgress):
        def draw(self):
            frames.append(clock.now)
            super().draw()

    with Counted(Console(file=out, force_terminal=True, width=100), clock=clock) as shown:
        shown(started("[b]odd[/b]", 0))
        for step in range(1, 101):
            clock.now = step / 50
            shown(stepped("[b]odd[/b]", 0, step, train_loss=0.5, accuracy=0.25))
    assert len(frames) <= 9
    assert "[b]odd[/b]" in out.getvalue()
    assert "25.0 %" in out.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (185, "3 min 05 s"), (7800, "2 h 10 min")]
)
def test_that_times_read_well(seconds, text):
    assert clock_time(seconds) == text


def test_that_an_optimizers_own_rate_comes_from_its_file():
    assert train.own_lr("sgd") == 0.05
    with pytest.raises(InputError, match="did you mean muon"):
        train.own_lr("mun")
