import shlex
import shutil
import subprocess
import sys

import msgspec
import pytest

from tests.cli.calling import call, refusal
from tests.cli.test_flags import parse
from tests.engine.comparisons import arm, comparison
from tests.runs.store import recording
from wnin_desktop.cli import runs, runs_describe
from wnin_desktop.engine.control import RunControl
from wnin_desktop.runs.drive import Watchers, drive
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.commands import TurnKnob
from wnin_desktop.schema.events import StepMetrics
from wnin_desktop.schema.fingerprint import fingerprint

LEAVES_A_RUN_BEHIND = """
import os, sys
from pathlib import Path
from tests.engine.comparisons import arm, comparison
from tests.stream.wire import started
from wnin_desktop.runs.store import Store

store = Store.open(Path(sys.argv[1]))
config = comparison(arm("sgd"), seeds=[0], name="killed")
experiment = store.new_experiment(config)
with store.writer(experiment) as writer:
    run = config.runs()[0].model_dump(mode="json")
    changes = {"experiment_id": experiment, "arm": "sgd-none", "config": run, "steps": 12}
    writer.append(started(f"{experiment}/sgd-none/s0", **changes))
    writer.commit()
    os._exit(9)
"""


def stop_at(step, control):
    def watch(event):
        if isinstance(event, StepMetrics) and event.step == step:
            control.stop(checkpoint=True)

    return Watchers(live=[watch])


def turn_at(step, control):
    def watch(event):
        if isinstance(event, StepMetrics) and event.step == step and event.run_id.endswith("wild/s0"):
            control.send(TurnKnob("lr", 0.5, "sgd-gradient_gaussian"))

    return Watchers(live=[watch])


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A store with a finished comparison of three arms, of which one diverges, and a stopped one."""
    path = tmp_path_factory.mktemp("recorded") / "store"
    wild = arm() | {"name": "wild", "optimizer": {"name": "sgd", "lr": 1e3, "params": {"weight_decay": 1.0}}}
    with Store.open(path) as store:
        control = RunControl()
        two = comparison(arm("sgd", "gradient_gaussian"), arm("adamw"), wild, name="Three arms")
        ids = {"done": drive(store, two, control, turn_at(3, control))}
        control = RunControl()
        half = comparison(arm("sgd"), numerics="reproducible", steps=20, name="Half way")
        ids["stopped"] = drive(store, half, control, stop_at(7, control))
    return path, ids


@pytest.fixture
def kept(recorded, tmp_path):
    """A copy of the recorded store that a test may change."""
    path, ids = recorded
    copy = tmp_path / "store"
    shutil.copytree(path, copy)
    return copy, ids


def listed(path, *args):
    return [row["name"] for row in call("runs", "list", "--json", "--store", path, *args).json]


# -- list --------------------------------------------------------------------------------------------------


def test_that_the_list_holds_every_experiment_the_newest_first(recorded):
    path, ids = recorded
    rows = call("runs", "list", "--json", "--store", path).json
    assert [row["experiment_id"] for row in rows] == [ids["stopped"], ids["done"]]
    done = rows[1]
    assert (len(done["arms"]), done["seeds"], done["steps"], done["status"]) == (3, [0, 1], 12, "completed")
    text = call("runs", "list", "--store", path).out
    for shown in (*ids.values(), "Three arms", "completed", "stopped", "3 x 2", "12/12", done["best"]["arm"]):
        assert shown in text


def test_that_the_best_arm_is_the_one_with_the_lowest_mean_final_loss_and_says_n(recorded):
    path, ids = recorded
    best = call("runs", "list", "--json", "--store", path).json[1]["best"]
    with Store.open(path, read_only=True) as store:
        means = {}
        for run in store.runs(experiment_id=ids["done"], status="completed"):
            means.setdefault(run.arm, []).append(run.final["val_loss"])
    means = {name: sum(values) / len(values) for name, values in means.items()}
    assert best["arm"] == min(means, key=means.get)
    assert best["val_loss"] == pytest.approx(means[best["arm"]])
    assert best["n"] == 2
    assert best["low"] < best["val_loss"] < best["high"]
    assert "(n = 2)" in runs_describe.best_text(best)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (["--status", "stopped"], ["Half way"]),
        (["--status", "failed"], []),
        (["--name", "three"], ["Three arms"]),
        (["--limit", "1"], ["Half way"]),
        (["--trashed"], []),
        (["--starred"], []),
        (["--tag", "paper"], []),
    ],
)
def test_that_filters_keep_what_fits(recorded, filters, names):
    assert listed(recorded[0], *filters) == names


def test_that_an_unknown_status_is_refused_with_the_known_ones(recorded):
    sentence = refusal(call("runs", "list", "--status", "sleeping", "--store", recorded[0]))
    assert "sleeping" in sentence
    assert "interrupted" in sentence


def test_that_a_machine_without_runs_says_so_and_a_wrong_folder_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_STORE", str(tmp_path / "own"))
    said = call("runs", "list", "--json")
    assert (said.code, said.json) == (0, [])
    assert "the first run makes one" in said.err
    assert "no run store" in refusal(call("runs", "list", "--store", tmp_path / "typo"), code=1)
    assert not (tmp_path / "typo").exists()


# -- show --------------------------------------------------------------------------------------------------


def test_that_show_tells_config_runs_checkpoints_interventions_and_how_to_go_on(recorded):
    path, ids = recorded
    found = call("runs", "show", ids["stopped"], "--json", "--store", path).json
    assert found["config"]["budget"]["steps"] == 20
    assert [run["status"] for run in found["runs"]] == ["stopped", "stopped"]
    assert found["checkpoints"][0]["reason"] == "asked"
    assert shlex.split(found["resume"])[:4] == ["wnin", "runs", "resume", ids["stopped"]]
    text = call("runs", "show", ids["stopped"], "--store", path).out
    step = f"{found['committed']}/20"
    for shown in (step, "stopped", 'dataset = "digits"', found["checkpoints"][0]["file"], found["resume"]):
        assert shown in text
    done = call("runs", "show", ids["done"], "--store", path).out
    assert "lr" in done
    assert "-> 0.5" in done
    assert "diverged" in done
    assert "to go on" not in done


def test_that_show_of_a_run_has_its_last_numbers_as_the_store_has_them(recorded):
    path, ids = recorded
    found = call("runs", "show", f"{ids['done']}/sgd/s1", "--json", "--store", path).json
    with Store.open(path, read_only=True) as store:
        run = store.run(f"{ids['done']}/sgd-gradient_gaussian/s1")
        losses = store.series(run.run_id, ["train_loss"])["train_loss"]
    assert found["run_id"] == run.run_id
    assert found["last"]["train_loss"] == {"step": 12, "value": losses[-1]}
    assert found["final"] == run.final
    assert [turn["value"] for turn in found["interventions"]] == [0.5]
    text = call("runs", "show", f"{ids['done']}/wild/s0", "--store", path).out
    assert "diverged" in text
    assert "not measured: perplexity" in text


def test_that_show_of_a_run_has_the_command_that_repeats_it(recorded):
    path, ids = recorded
    with Store.open(path, read_only=True) as store:
        for run in store.runs(experiment_id=ids["done"]):
            command = call("runs", "show", run.run_id, "--json", "--store", path).json["command"]
            program, *words = shlex.split(command)
            assert program == "wnin-train"
            assert fingerprint(parse(words).runs()[0]) == run.fingerprint
            assert f": {command}" in call("runs", "show", run.run_id, "--store", path).out
    turned = call("runs", "show", f"{ids['done']}/sgd/s1", "--store", path).out
    assert "to repeat it (without the interventions): wnin-train" in turned


def test_that_a_run_whose_configuration_is_no_longer_understood_is_still_shown(tmp_path):
    with Store.open(tmp_path / "store") as store:
        experiment_id = store.new_experiment(recording.config())
        of_old = {"arm": {"name": "adamw", "glow": 0.5}, "seed": 0}
        with store.writer(experiment_id) as writer:
            event = recording.started(experiment_id, "adamw", 0)
            writer.append(msgspec.structs.replace(event, config=of_old))
            recording.extend(writer, recording.steps(experiment_id, 1, 3, arms=["adamw"], seeds=[0]))
    found = call("runs", "show", f"{experiment_id}/adamw/s0", "--json", "--store", tmp_path / "store").json
    assert (found["command"], found["last"]["lr"]["step"]) == (None, 3)
    text = call("runs", "show", f"{experiment_id}/adamw/s0", "--store", tmp_path / "store").out
    assert "to repeat it" not in text


@pytest.mark.parametrize(
    ("identifier", "said"),
    [
        ("2", "2 ids begin so"),
        ("nothing-like-it", "no id in the store begins so"),
        ("", "beginning of one"),
        ("{done}/sgd", "2 of its runs fit"),
        ("{done}/nobody/s0", "none of its runs fits"),
        ("{done}/adamw/s9", "none of its runs fits"),
    ],
)
def test_that_unknown_and_ambiguous_ids_are_refused_in_a_sentence(recorded, identifier, said):
    path, ids = recorded
    assert said in refusal(call("runs", "show", identifier.format(**ids), "--store", path))


# -- order -------------------------------------------------------------------------------------------------


def test_that_tags_are_added_removed_and_found(kept):
    path, ids = kept
    assert call("runs", "tag", ids["done"], "paper", "figure 2", "--store", path).code == 0
    assert listed(path, "--tag", "paper", "--tag", "figure 2") == ["Three arms"]
    row = call("runs", "tag", ids["done"], "--remove", "paper", "--json", "--store", path).json[0]
    assert row["tags"] == ["figure 2"]
    assert "its tags are: figure 2" in refusal(
        call("runs", "tag", ids["done"], "--remove", "x", "--store", path)
    )
    assert "TAGS" in refusal(call("runs", "tag", ids["done"], "--store", path))
    assert "TAGS" in refusal(call("runs", "tag", ids["done"], "a\nb", "--store", path))


def test_that_notes_stars_and_names_are_kept(kept):
    path, ids = kept
    call("runs", "note", ids["done"], "worth a second look", "--store", path)
    call("runs", "star", ids["done"], ids["stopped"], "--store", path)
    call("runs", "star", ids["stopped"], "--off", "--store", path)
    call("runs", "rename", ids["done"], "Zweiter Anlauf: ü", "--store", path)
    text = call("runs", "show", ids["done"], "--store", path).out
    assert "worth a second look" in text
    assert "* Zweiter Anlauf: ü" in text
    assert listed(path, "--starred") == ["Zweiter Anlauf: ü"]
    assert "name" in refusal(call("runs", "rename", ids["done"], "  ", "--store", path))


def test_that_a_mistake_in_one_id_changes_nothing(kept):
    path, ids = kept
    refusal(call("runs", "delete", ids["done"], "nobody", "--store", path))
    assert listed(path) == ["Half way", "Three arms"]
    refusal(call("runs", "star", f"{ids['done']}/adamw/s0", "--store", path))


# -- delete ------------------------------------------------------------------------------------------------


def test_that_delete_is_the_trash_and_restore_brings_everything_back(kept):
    path, ids = kept
    before = call("runs", "show", ids["done"], "--json", "--store", path).json
    assert call("runs", "delete", ids["done"], "--store", path).code == 0
    assert listed(path) == ["Half way"]
    assert listed(path, "--trashed") == ["Three arms"]
    assert "(in the trash)" in call("runs", "show", ids["done"], "--store", path).out
    assert call("runs", "restore", ids["done"], "--store", path).code == 0
    assert call("runs", "show", ids["done"], "--json", "--store", path).json == before


def test_that_removing_for_good_asks_and_the_safe_answer_is_no(kept):
    path, ids = kept
    assert "--yes" in refusal_after_notes(call("runs", "delete", ids["done"], "--permanent", "--store", path))
    for answer in ("\n", "n\n"):
        said = call("runs", "delete", ids["done"], "--permanent", "--store", path, answer=answer)
        assert said.code == 1
        assert "Nothing was removed" in said.err
    assert listed(path) == ["Half way", "Three arms"]
    assert call("runs", "delete", ids["done"], "--permanent", "--store", path, answer="y\n").code == 0
    said = call("runs", "delete", ids["stopped"], "--permanent", "--yes", "--json", "--store", path)
    assert said.json == [{"experiment_id": ids["stopped"], "removed": True}]
    assert listed(path) == []
    assert listed(path, "--trashed") == []
    assert list((path / "checkpoints").iterdir()) == []


def refusal_after_notes(said):
    assert said.code == 2
    assert said.out == ""
    return said.errors[0]


# -- one writer --------------------------------------------------------------------------------------------


def test_that_a_store_in_use_can_be_read_and_changing_it_is_a_fault_in_one_sentence(kept):
    path, ids = kept
    with Store.open(path):
        assert listed(path) == ["Half way", "Three arms"]
        assert call("runs", "show", ids["done"], "--store", path).code == 0
        for args in (["star", ids["done"]], ["delete", ids["done"]], ["resume", ids["stopped"]]):
            assert "is being written by process" in refusal(call("runs", *args, "--store", path), code=1)


# -- going on ----------------------------------------------------------------------------------------------


def test_that_a_stopped_experiment_is_resumed_to_its_end(kept):
    path, ids = kept
    said = call("runs", "resume", ids["stopped"], "--json", "--store", path)
    assert said.code == 0, said
    assert (said.json[0]["status"], said.json[0]["committed"]) == ("completed", 20)
    assert "it is finished" in refusal(call("runs", "resume", ids["stopped"], "--store", path))


def test_that_what_is_in_the_trash_is_not_resumed(kept):
    path, ids = kept
    call("runs", "delete", ids["stopped"], "--store", path)
    assert "trash" in refusal(call("runs", "resume", ids["stopped"], "--store", path))


def test_that_a_killed_run_is_shown_as_interrupted_and_goes_on(tmp_path, monkeypatch):
    path = tmp_path / "store"
    ended = subprocess.run([sys.executable, "-c", LEAVES_A_RUN_BEHIND, str(path)], check=False)
    assert ended.returncode == 9
    assert listed(path, "--status", "interrupted") == ["killed"]
    shown = call("runs", "show", "2", "--json", "--store", path).json
    assert {run["status"] for run in shown["runs"]} == {"interrupted"}
    with monkeypatch.context() as patch:  # without the look at the process it would seem to run for ever
        patch.setattr(runs, "is_abandoned", lambda store: False)
        assert listed(path, "--status", "running") == ["killed"]
    said = call(*shlex.split(shown["resume"])[1:])
    assert said.code == 0, said
    assert listed(path, "--status", "completed") == ["killed"]


def test_that_an_unknown_executor_is_refused(recorded):
    assert "inline" in refusal(call("runs", "resume", "2", "--executor", "cloud", "--store", recorded[0]))


# -- side by side ------------------------------------------------------------------------------------------


def test_that_runs_side_by_side_show_where_their_configurations_differ_and_how_they_ended(recorded):
    path, ids = recorded
    chosen = [f"{ids['done']}/sgd/s1", f"{ids['done']}/adamw/s0", f"{ids['stopped']}/sgd/s0"]
    found = call("runs", "compare", *chosen, "--json", "--store", path).json
    assert found["differences"]["arm.optimizer.name"] == ["sgd", "adamw", "sgd"]
    assert found["differences"]["budget.steps"] == [12, 12, 20]
    assert found["differences"]["seed"] == [1, 0, 0]
    assert "task.dataset" not in found["differences"]
    with Store.open(path, read_only=True) as store:
        done = store.run(f"{ids['done']}/adamw-none/s0")
    assert found["runs"][1] == done.run_id
    assert found["results"]["val_loss"][1] == done.final["val_loss"]
    assert found["results"]["state"] == ["completed", "completed", "stopped"]
    text = call("runs", "compare", *chosen, "--store", path).out
    for shown in ("arm.optimizer.name", "adamw", done.run_id, f"{done.final['val_loss']:.3g}", "stopped"):
        assert shown in text


@pytest.mark.parametrize("count", [1, 9])
def test_that_fewer_than_two_or_more_than_eight_runs_are_refused(recorded, count):
    path, ids = recorded
    chosen = [f"{ids['done']}/adamw/s0", f"{ids['done']}/adamw/s1"] * 5
    assert "2 to 8" in refusal(call("runs", "compare", *chosen[:count], "--store", path))


def test_that_a_run_is_not_compared_with_itself(recorded):
    path, ids = recorded
    run = f"{ids['done']}/adamw/s0"
    assert "twice" in refusal(call("runs", "compare", run, run, "--store", path))
