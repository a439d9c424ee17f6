"""P3 (an optimizer that breaks), T3 (memory) and T4 (a lost device): what each costs, and nothing more."""

import functools
import itertools

import pytest
import torch

from tests.engine.comparisons import Files, arm, comparison, metrics
from tests.engine.failing import (
    GOOD,
    IN_STATE,
    IN_STEP,
    MEMORY,
    broken_arm,
    company,
    specs_with,
)
from wnin_desktop import paths
from wnin_desktop.engine.cohort import arm as arm_module
from wnin_desktop.engine.cohort import failure, unit
from wnin_desktop.engine.control import RunControl
from wnin_desktop.engine.plugins import TrustStore
from wnin_desktop.engine.train import train
from wnin_desktop.errors import CheckpointError, PluginError, TrainingError
from wnin_desktop.runs.drive import drive, resume
from wnin_desktop.runs.source import train_here
from wnin_desktop.runs.store import Store
from wnin_desktop.runs.worker import train_in_process
from wnin_desktop.schema import commands
from wnin_desktop.schema.events import (
    MESSAGE_LIMIT,
    Failed,
    Finished,
    Intervention,
    RunStarted,
    StepMetrics,
    encode,
)

NUMERICS = ("reproducible", "fast")
KEYS = ("train_loss", "val_loss", "grad_norm", "update_norm", "hessian_trace_est")
P3_CASES = [
    *((kind, numerics, 5) for kind, numerics in itertools.product(IN_STEP, NUMERICS)),
    *((kind, numerics, 5) for kind, numerics in itertools.product(IN_STATE, NUMERICS)),
    *(("value error", numerics, at) for numerics, at in itertools.product(NUMERICS, (0, 1, 4, 6, 12))),
]
T3_CASES = list(itertools.product(MEMORY, NUMERICS, (0, 1, 4, 7)))
T4_STEPS = range(1, 21)


def _good(events):
    """Return what the good arms measured."""
    events = list(events)
    return {
        (key, run): values
        for key in KEYS
        for run, values in metrics(events, key).items()
        if not run.startswith("broken/")
    }


@functools.cache
def _without(numerics, **changes):
    """Return the good arms' numbers where nothing breaks.

    In the reproducible mode that is a comparison without the arm. The fast mode multiplies the arms' weights
    together, and a smaller product may round otherwise; there a sound arm stands in the place.
    """
    third = None if numerics == "reproducible" else broken_arm(at=10**6)
    return _good(train(company(third, numerics=numerics, **changes), specs=specs_with(print)))


def _breaks(config, specs, files, at):
    """Run; hold that the broken arm, and only that, ended with one `Failed` a run, before step `at`."""
    events = list(train(config, specs=specs, save=files))
    failed = [event for event in events if isinstance(event, Failed)]
    assert {event.run_id for event in failed} == {f"unsaved/broken/s{seed}" for seed in config.seeds}
    assert len(failed) == len(config.seeds)
    for event in failed:
        assert "optimizer 'broken'" in event.error
        assert "step" in event.error
        assert event.traceback
        assert "\n" not in event.error
        assert len(encode(event)) < MESSAGE_LIMIT
        rest = [e for e in events[events.index(event) + 1 :] if e.run_id == event.run_id]
        assert rest == [], "nothing comes after the failure"
        steps = [e.step for e in events if isinstance(e, StepMetrics) and e.run_id == event.run_id]
        assert steps == list(range(1, event.step + 1)), "every finished step was told, and no other"
        assert event.step >= at - 1
    ends = {e.run_id.split("/", 1)[1]: e.status for e in events if isinstance(e, Finished)}
    assert ends == {f"{each['name']}/s{seed}": "completed" for each in GOOD for seed in config.seeds}
    return events


def _take_all(stream, into):
    """Keep what came before the stream raised."""
    for event in stream:
        into.append(event)


def _costs_its_own_row(kind, numerics, at, folder):
    broken = (IN_STEP | IN_STATE)[kind]
    specs = specs_with(broken, batching="elementwise" if at % 2 else "member")
    config = company(broken_arm(at), numerics=numerics)
    events = _breaks(config, specs, Files(folder), at)
    assert _good(events) == _without(numerics)


@pytest.mark.parametrize(("kind", "numerics", "at"), P3_CASES[::4])
def test_that_an_optimizer_that_breaks_costs_its_own_arm_only(kind, numerics, at, tmp_path):
    _costs_its_own_row(kind, numerics, at, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize(("kind", "numerics", "at"), P3_CASES)
def test_that_every_optimizer_that_breaks_costs_its_own_arm_only(kind, numerics, at, tmp_path):
    _costs_its_own_row(kind, numerics, at, tmp_path)


def test_that_the_sentence_names_optimizer_and_step_and_the_traceback_the_line():
    specs = specs_with(IN_STEP["value error"])
    failed = [e for e in train(company(broken_arm(5)), specs=specs) if isinstance(e, Failed)]
    assert {e.error for e in failed} == {"optimizer 'broken' failed in step 5: ValueError: no"}
    assert {e.step for e in failed} == {4}
    assert all("raise error" in e.traceback for e in failed)


@pytest.mark.parametrize("third", [None, broken_arm(at=5)])
def test_that_fast_units_of_one_member_keep_their_bits_without_the_arm(third):
    """Convolutions are not stacked on a CPU: there even the fast mode needs no stand-in."""
    changes = {
        "network": {"kind": "cnn", "channels": [4], "hidden": 8},
        "task": {"dataset": "digits", "train_examples": 64, "val_examples": 32},
        "numerics": "fast",
        "threads": 1,
        "steps": 7,
        "seeds": [0],
    }
    specs = specs_with(IN_STEP["value error"])
    assert _good(train(company(third, **changes), specs=specs)) == _good(
        train(company(None, **changes), specs=specs)
    )


@pytest.mark.parametrize("numerics", NUMERICS)
def test_that_lanes_go_on_when_an_arm_of_one_of_them_breaks(numerics):
    changes = {"numerics": numerics, "threads": 2}
    events = list(train(company(broken_arm(6), **changes), specs=specs_with(IN_STEP["value error"])))
    assert sum(isinstance(event, Failed) for event in events) == 2
    assert _good(events) == _without(numerics, threads=2)


def test_that_a_seed_that_breaks_alone_leaves_the_other_seeds_in_the_reproducible_mode():
    def at_second(optimizer):
        built.append(optimizer)
        if len(built) == 2:
            raise ValueError("only the second")

    built = []
    config = company(broken_arm(5), numerics="reproducible")
    events = list(train(config, specs=specs_with(at_second)))
    assert sorted(e.run_id for e in events if isinstance(e, Failed)) == ["unsaved/broken/s1"]
    ends = {e.run_id: e.status for e in events if isinstance(e, Finished)}
    assert ends["unsaved/broken/s0"] == "completed"


@pytest.mark.parametrize("numerics", NUMERICS)
def test_that_closed_loops_and_matched_losses_go_on_beside_a_broken_arm(numerics, tmp_path):
    loop = {"mode": "input_jitter", "magnitude": 0.3, "schedule": {"kind": "adaptive", "window": 3}}
    follower = {"name": "sgd", "lr": 1.0, "lr_follows_temperature": True}
    looped = {"name": "looped", "optimizer": follower, "noise": loop}
    budget = {"eval_every": 2, "matched_train_loss": 1.0, "checkpoint_every": 4}

    def losses(at):
        config = comparison(
            looped, broken_arm(at, noise=loop), GOOD[0], steps=14, numerics=numerics, budget=budget
        )
        return list(train(config, specs=specs_with(IN_STEP["value error"]), save=Files(tmp_path)))

    broken, sound = losses(3), losses(10**6)
    assert sum(isinstance(event, Failed) for event in broken) == 2
    assert _good(broken) == _good(sound)


def test_that_an_audit_holds_no_draw_of_a_step_that_a_broken_arm_never_took(tmp_path):
    jitter = {"mode": "gradient_gaussian", "magnitude": 0.1}
    config = company(broken_arm(5, noise=jitter), numerics="reproducible")
    list(train(config, specs=specs_with(IN_STEP["value error"]), audit=tmp_path))
    lines = (tmp_path / "broken-s0.noise.jsonl").read_text().splitlines()
    assert sum('"stream"' in line for line in lines) == 5, "four steps, and what acted on the fifth"


# --- commands -------------------------------------------------------------------------------------------


def test_that_knobs_of_a_broken_arm_are_refused_and_those_of_all_arms_turn_the_others():
    control, refusals, seen = RunControl(), [], []
    control.single_step(6)
    stream = train(
        company(broken_arm(3)), control, specs=specs_with(IN_STEP["value error"]), refused=refusals.append
    )
    for event in stream:
        seen.append(event)
        if isinstance(event, StepMetrics) and event.step == 6 and event.run_id.endswith("sgd-sgld/s1"):
            control.send(commands.TurnKnob("lr", 0.05, "broken"))
            control.send(commands.TurnKnob("lr", 0.02))
            control.resume()
    assert [str(error) for error in refusals] == [
        "arm: 'broken' is not accepted; its optimizer failed, so there is nothing left to turn."
    ]
    turned = {event.run_id.split("/")[1] for event in seen if isinstance(event, Intervention)}
    assert turned == {each["name"] for each in GOOD}


def test_that_a_turn_reaches_the_seed_that_is_left_and_replays():
    def at_first(optimizer):
        built.append(optimizer)
        if len(built) == 1:
            raise ValueError("only the first")

    built, seen, control = [], [], RunControl()
    config = company(broken_arm(3), numerics="reproducible")
    control.single_step(6)
    for event in train(config, control, specs=specs_with(at_first)):
        seen.append(event)
        if isinstance(event, StepMetrics) and event.step == 6 and event.run_id.endswith("sgd-sgld/s1"):
            control.send(commands.TurnKnob("lr", 0.01, "broken"))
            control.resume()
    assert metrics(seen, "lr")["broken/s1"][5:7] == [0.1, 0.01]
    turned = [event for event in seen if isinstance(event, Intervention)]
    built.clear()
    assert metrics(train(config, replay=turned, specs=specs_with(at_first))) == metrics(seen)


# --- saving and going on --------------------------------------------------------------------------------


@pytest.mark.parametrize("numerics", NUMERICS)
@pytest.mark.parametrize("at", [0, 3, 6])
def test_that_a_failed_arm_stays_failed_and_the_others_resume_with_the_same_bits(at, numerics, tmp_path):
    config = company(broken_arm(at), numerics=numerics)
    specs, files = specs_with(IN_STEP["value error"]), Files(tmp_path)
    straight = list(train(config, specs=specs, save=files))
    assert [manifest.step for _, manifest in files.kept] == [4, 8, 12, 12]
    later = list(train(config, specs=specs, resume=files.read(1)))
    assert not any("/broken/" in event.run_id for event in later), "it had ended before"
    for key, whole in _good(straight).items():
        assert _good(later)[key] == whole[8:]


def test_that_an_arm_whose_state_cannot_be_loaded_fails_where_it_went_on(tmp_path):
    def refuse(_optimizer, _state):
        raise KeyError("momentum")

    config, files = company(broken_arm(10**6), numerics="reproducible"), Files(tmp_path)
    specs = specs_with(print, load_state_dict=refuse)
    straight = list(train(config, specs=specs, save=files))
    later = list(train(config, specs=specs, resume=files.read(1)))
    failed = [event for event in later if isinstance(event, Failed)]
    assert {(e.step, e.run_id) for e in failed} == {(8, f"unsaved/broken/s{seed}") for seed in (0, 1)}
    assert all("when its state was loaded" in event.error for event in failed)
    for key, whole in _good(straight).items():
        assert _good(later)[key] == whole[8:]


def test_that_a_comparison_of_which_every_run_fails_ends_in_one_sentence():
    events, stream = [], train(comparison(broken_arm(5)), specs=specs_with(IN_STEP["value error"]))
    with pytest.raises(TrainingError, match="every run has failed; optimizer 'broken' failed in step 5"):
        _take_all(stream, events)
    assert sum(isinstance(event, Failed) for event in events) == 2


def test_that_a_comparison_of_which_nothing_can_be_built_is_refused_before_it_begins():
    with pytest.raises(PluginError, match="optimizer 'broken' could not be built: ValueError: no"):
        train(comparison(broken_arm(0)), specs=specs_with(IN_STEP["value error"]))


PLUGIN = '''
"""Plain descent that gives up."""
import torch
from wnin_desktop.engine.optimizers.registry import OptimizerRegistry

class GivesUp(torch.optim.SGD):
    def step(self, closure=None):
        super().step(closure)
        self.taken = getattr(self, "taken", 0) + 1
        if self.taken == 6:
            raise ArithmeticError("enough")

OptimizerRegistry.register("gives_up", GivesUp)
'''


@pytest.fixture
def plugin(monkeypatch, tmp_path):
    """A trusted plugin file in a home of its own."""
    monkeypatch.setenv("WNIN_HOME", str(tmp_path / "home"))
    folder = paths.plugin_dir("optimizers")
    folder.mkdir(parents=True)
    path = folder / "gives_up.py"
    path.write_text(PLUGIN)
    return TrustStore().trust(path)


@pytest.mark.parametrize("source", [train_here, pytest.param(train_in_process, marks=pytest.mark.full)])
def test_that_a_plugin_that_gives_up_is_one_failed_row_of_the_store(plugin, source, tmp_path):
    third = {"name": "broken", "optimizer": {"name": "gives_up", "lr": 0.1}}
    config = company(third, numerics="reproducible")
    expected = metrics(train(company(None, numerics="reproducible")))
    with Store.open(tmp_path / "store") as store:
        experiment = drive(store, config, source=source)
        assert store.experiment(experiment).status == "failed"
        runs = {run.run_id.split("/", 1)[1]: run for run in store.runs(experiment_id=experiment)}
        assert {name: (run.status, run.committed) for name, run in runs.items() if "broken" in name} == {
            f"broken/s{seed}": ("failed", 5) for seed in (0, 1)
        }
        for name, losses in expected.items():
            assert runs[name].status == "completed"
            assert list(store.series(runs[name].run_id, ["train_loss"])["train_loss"]) == losses
        (error,) = {event.error for event in store.events(runs["broken/s0"].run_id, [Failed])}
        assert error == "optimizer 'gives_up' failed in step 6: ArithmeticError: enough"
        (started,) = store.events(runs["broken/s0"].run_id, [RunStarted])
        assert started.versions["optimizer"] == plugin, "the hash of the source is in the run"
        resume(store, experiment)
        assert [run.status for run in store.runs(experiment_id=experiment, arm="broken")] == ["failed"] * 2
        statuses = {run.status for run in store.runs(experiment_id=experiment) if run.arm != "broken"}
        assert statuses == {"completed"}


# --- T3: memory -----------------------------------------------------------------------------------------


def _memory_costs_its_own_row(kind, numerics, at, folder):
    def broken(_optimizer):
        raise MEMORY[kind]

    config = company(broken_arm(at), numerics=numerics)
    assert _good(_breaks(config, specs_with(broken), Files(folder), at)) == _without(numerics)


@pytest.mark.parametrize(("kind", "numerics", "at"), T3_CASES[::7])
def test_that_memory_that_runs_out_in_one_arm_costs_that_arm_only(kind, numerics, at, tmp_path):
    _memory_costs_its_own_row(kind, numerics, at, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize(("kind", "numerics", "at"), T3_CASES)
def test_that_memory_that_runs_out_in_any_arm_costs_that_arm_only(kind, numerics, at, tmp_path):
    _memory_costs_its_own_row(kind, numerics, at, tmp_path)


def _gradients_raise(monkeypatch, error, step):
    """Let the gradient of step `step` of a unit raise: that is no arm's doing."""
    original = unit.Unit._differentiate

    def differentiate(self, finished):
        if finished + 1 == step:
            raise error
        return original(self, finished)

    monkeypatch.setattr(unit.Unit, "_differentiate", differentiate)


@pytest.mark.parametrize("kind", MEMORY)
def test_that_memory_that_runs_out_for_all_is_told_in_a_sentence(kind, monkeypatch):
    _gradients_raise(monkeypatch, MEMORY[kind], 4)
    events = []
    with pytest.raises(TrainingError, match=r"memory ran out in step \d+ .*smaller batch"):
        _take_all(train(comparison()), events)
    failed = [event for event in events if isinstance(event, Failed)]
    assert len(failed) == 2
    assert {event.error.partition(" in step")[0] for event in failed} == {"memory ran out"}


# --- T4: the device is lost -----------------------------------------------------------------------------


LOST = torch.AcceleratorError("CUDA error: unspecified launch failure")


def _loss_of_the_device_keeps_what_was_stored(step, monkeypatch, folder):
    config = comparison(
        arm("adamw"), arm("sgd", "sgld"), numerics="reproducible", steps=22, budget={"checkpoint_every": 4}
    )
    expected = metrics(train(config))
    with Store.open(folder) as store:
        with monkeypatch.context() as patch:
            patch.setattr(failure, "_is_accelerator", lambda _device: True)
            _gradients_raise(patch, LOST, step)
            with pytest.raises(TrainingError, match=r"the device cpu was lost in step .*unspecified launch"):
                drive(store, config)
        (experiment,) = store.experiments()
        assert experiment.status == "failed"
        for run in store.runs():
            losses = list(store.series(run.run_id, ["train_loss"])["train_loss"])
            assert losses == expected[run.run_id.split("/", 1)[1]][: run.committed]
            assert run.status == "failed"
            (told,) = [event.error for event in store.events(run.run_id, [Failed])]
            assert "what was recorded is kept" in told
        resume(store, experiment.experiment_id)
        for run in store.runs():
            losses = list(store.series(run.run_id, ["train_loss"])["train_loss"])
            assert losses == expected[run.run_id.split("/", 1)[1]]
            assert run.status == "completed"


@pytest.mark.parametrize("step", T4_STEPS[2::9])
def test_that_a_lost_device_keeps_what_was_stored_and_resumes(step, monkeypatch, tmp_path):
    _loss_of_the_device_keeps_what_was_stored(step, monkeypatch, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("step", T4_STEPS)
def test_that_a_device_lost_at_any_step_keeps_what_was_stored_and_resumes(step, monkeypatch, tmp_path):
    _loss_of_the_device_keeps_what_was_stored(step, monkeypatch, tmp_path)


def test_that_a_device_lost_in_one_optimizer_is_not_that_optimizers_fault(monkeypatch):
    """An accelerator's errors come late: whose step shows them says nothing."""
    monkeypatch.setattr(failure, "_is_accelerator", lambda _device: True)
    events, stream = [], train(company(broken_arm(5)), specs=specs_with(lambda _optimizer: _throw(LOST)))
    with pytest.raises(TrainingError, match="the device cpu was lost"):
        _take_all(stream, events)
    assert sum(isinstance(event, Failed) for event in events) == 6


def _throw(error):
    raise error


# --- controls: each protection taken away ---------------------------------------------------------------


def test_that_an_unguarded_step_would_end_the_comparison(monkeypatch, tmp_path):
    monkeypatch.setattr(arm_module, "costs_one_arm", lambda _error, _device: False)
    with pytest.raises(ValueError, match="no"):
        _costs_its_own_row("value error", "fast", 5, tmp_path)
    with pytest.raises(TrainingError, match="memory ran out"):
        _memory_costs_its_own_row("of Python", "fast", 4, tmp_path)


def test_that_state_nobody_checked_would_end_the_comparison(monkeypatch, tmp_path):
    monkeypatch.setattr(arm_module, "check_portable", lambda _tensors, _rest: None)
    with pytest.raises(CheckpointError, match="cannot be stored"):
        _costs_its_own_row("a set in its state", "fast", 5, tmp_path)


def test_that_a_failure_that_reached_the_others_would_be_noticed(monkeypatch, tmp_path):
    """With kicks halved after a failure the other arms are no longer what they were."""
    original, over = arm_module.Arm._end, []
    scale = unit._kick_scale
    monkeypatch.setattr(arm_module.Arm, "_end", lambda self, how: (over.append(how), original(self, how)))
    monkeypatch.setattr(unit, "_kick_scale", lambda each: scale(each) * (0.5 if over else 1.0))
    with pytest.raises(AssertionError):
        _costs_its_own_row("value error", "reproducible", 5, tmp_path)


def test_that_a_lost_device_taken_for_one_arms_fault_would_be_noticed(monkeypatch):
    monkeypatch.setattr(arm_module, "costs_one_arm", lambda _error, _device: True)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_that_a_device_lost_in_one_optimizer_is_not_that_optimizers_fault(monkeypatch)


def test_that_a_lost_device_that_nobody_knew_would_be_told_in_its_own_words(monkeypatch, tmp_path):
    monkeypatch.setattr(failure, "is_lost", lambda _error, _device: False)
    with pytest.raises(torch.AcceleratorError):
        _loss_of_the_device_keeps_what_was_stored(5, monkeypatch, tmp_path)
