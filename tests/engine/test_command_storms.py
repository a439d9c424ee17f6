"""T5: a thousand random commands while it runs neither crash a comparison nor leave it inconsistent."""

import math
import random
import threading

import pytest

from tests.engine.comparisons import Files, arm, comparison, metrics
from tests.engine.failing import IN_STEP, broken_arm, specs_with
from wnin_desktop.engine import train as train_module
from wnin_desktop.engine.control import Clutch, RunControl
from wnin_desktop.engine.train import train
from wnin_desktop.errors import InputError
from wnin_desktop.runs.drive import Watchers, drive
from wnin_desktop.runs.store import Store
from wnin_desktop.schema import commands
from wnin_desktop.schema.events import Diverged, Failed, Finished, Intervention, StepMetrics, encode

FULL, SAMPLE = 1000, 120
NUMERICS = ("reproducible", "fast")
SEEDS = range(3)
ARMS = ("sgd-sgld", "adamw-input_jitter", "sgd-gradient_gaussian", "broken")
VALUES = (0.0, -1.0, 1e-6, 1e-3, 0.02, 0.5, 1.0, 1e3, 1e300, -1e300, math.inf, -math.inf, math.nan, 5e-324)


def _config(numerics, steps):
    """Every kind of knob, and one arm that breaks in the midst of it."""
    sampler = {"name": "sampler", "optimizer": {"name": "sgld", "lr": 0.01, "params": {"temperature": 1e-5}}}
    arms = (arm("sgd", "sgld"), arm("adamw", "input_jitter"), arm("sgd", "gradient_gaussian"), sampler)
    return comparison(*arms, broken_arm(at=17), steps=steps, numerics=numerics)


def _command(dice):
    """Return any command there is, sensible or not; but no `Stop`, after which nothing else counts."""
    match dice.randrange(8):
        case 0:
            return commands.Pause()
        case 1:
            return commands.Resume()
        case 2 | 3:
            return commands.SingleStep(dice.choice((0, 1, 1, 2, 3, -5, 2**62)))
        case 4:
            return commands.SaveCheckpoint()
        case _:
            knob = dice.choice(("temperature", "noise", "lr"))
            value = dice.choice(VALUES) if dice.random() < 0.5 else 10 ** dice.uniform(-4, -1)
            return commands.TurnKnob(knob, value, dice.choice((None, "nobody", "sampler", *ARMS)))


class _Storm:
    """Sends `count` random commands, some after every event and some whenever the run holds."""

    def __init__(self, seed, count, control):
        self.dice = random.Random(seed)
        self.left, self.control = count, control

    def blow(self, most):
        for _ in range(min(self.left, self.dice.randint(1, most))):
            self.control.send(_command(self.dice))
            self.left -= 1

    def while_holding(self):
        if self.left:
            self.blow(20)
        else:
            self.control.resume()

    def while_running(self, event):
        if isinstance(event, StepMetrics) and self.dice.random() < 0.1:
            self.blow(8)


def _storm(seed, count, numerics, folder):
    config, control, files = _config(numerics, count // 2), RunControl(), Files(folder)
    storm, refusals, seen = _Storm(seed, count, control), [], []
    storm.control.pause()  # so that a good part of the storm comes before the first step
    specs = specs_with(IN_STEP["value error"])
    for event in train(
        config, control, specs=specs, save=files, refused=refusals.append, holding=storm.while_holding
    ):
        seen.append(event)
        storm.while_running(event)
    assert storm.left == 0, "all of it blew"
    assert all(isinstance(error, InputError) for error in refusals)
    return config, specs, files, seen


def _is_consistent(config, seen):
    """Every run: steps without a gap, one ending, nothing measured after it, every event sayable."""
    for run in {event.run_id for event in seen}:
        mine = [event for event in seen if event.run_id == run]
        steps = [event.step for event in mine if isinstance(event, StepMetrics)]
        assert steps == list(range(1, len(steps) + 1)), run
        ends = [event for event in mine if isinstance(event, Finished | Failed)]
        assert len(ends) == 1, run
        assert not any(isinstance(e, StepMetrics | Finished) for e in mine[mine.index(ends[0]) + 1 :]), run
        if isinstance(ends[0], Failed):
            assert "/broken/" in run
        else:
            diverged = any(isinstance(event, Diverged) for event in mine)
            assert ends[0].status == ("diverged" if diverged else "completed"), run
            assert diverged or len(steps) == config.budget.steps
    assert len({event.run_id for event in seen}) == len(config.runs())
    assert all(encode(event) for event in seen)


def _survives(seed, count, numerics, folder):
    config, specs, files, seen = _storm(seed, count, numerics, folder)
    _is_consistent(config, seen)
    turned = [event for event in seen if isinstance(event, Intervention)]
    again = list(train(config, specs=specs, replay=turned))
    for key in ("train_loss", "val_loss", "temperature", "noise_magnitude", "lr"):
        assert metrics(again, key) == metrics(seen, key), key
    _goes_on_from_the_midst(config, specs, files, seen, turned)


def _goes_on_from_the_midst(config, specs, files, seen, turned):
    asked = [n for n, (_, manifest) in enumerate(files.kept) if manifest.step < config.budget.steps]
    number = asked[len(asked) // 2]
    since = files.kept[number][1].step
    ahead = [event for event in turned if event.step >= since]
    later = metrics(train(config, specs=specs, resume=files.read(number), replay=ahead))
    whole = metrics(seen)
    assert later == {run: whole[run][since:] for run in later}
    assert all(len(values) <= since for run, values in whole.items() if run not in later)


@pytest.mark.parametrize(("seed", "numerics"), [(0, "reproducible"), (1, "fast")])
def test_that_a_storm_of_commands_is_survived_and_replays(seed, numerics, tmp_path):
    _survives(seed, SAMPLE, numerics, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("numerics", NUMERICS)
@pytest.mark.parametrize("seed", SEEDS)
def test_that_a_storm_of_a_thousand_commands_is_survived_and_replays(seed, numerics, tmp_path):
    _survives(seed, FULL, numerics, tmp_path)


def _storm_from_elsewhere(seed, count, folder):
    """Commands come from threads of their own, as from a window, and the store is what is looked at."""
    config, control, ends = comparison(arm("sgd", "sgld"), arm("adamw"), steps=100_000), RunControl(), []
    stepped = threading.Semaphore(0)

    def blow(dice):
        for _ in range(count // 2):
            stepped.acquire(timeout=0.01)  # a run that holds sends no events, and is what it waits for
            control.send(_command(dice))

    blowing = [threading.Thread(target=blow, args=(random.Random(2 * seed + i),)) for i in (0, 1)]
    with Store.open(folder) as store:
        watchers = Watchers(live=[lambda _event: stepped.release()])
        ended = threading.Thread(target=lambda: ends.append(drive(store, config, control, watchers)))
        ended.start()
        for thread in blowing:
            thread.start()
        for thread in blowing:
            thread.join()
        control.stop()
        ended.join(120)
        assert not ended.is_alive()
        (experiment,) = store.experiments()
        assert ends == [experiment.experiment_id]
        for run in store.runs():
            assert run.status in ("stopped", "diverged")
            assert list(store.series(run.run_id)["step"]) == list(range(1, run.committed + 1))
            assert run.committed


def test_that_commands_from_other_threads_leave_a_consistent_store(tmp_path):
    _storm_from_elsewhere(0, SAMPLE, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("seed", SEEDS)
def test_that_a_thousand_commands_from_other_threads_leave_a_consistent_store(seed, tmp_path):
    _storm_from_elsewhere(seed, FULL, tmp_path)


# --- controls: each protection taken away -----------------------------------------------------------------


def test_that_a_storm_would_end_a_run_that_refused_nothing(monkeypatch, tmp_path):
    def unguarded(self, command):
        for each, members in self._arms_with(command):
            yield from self._turn_arm(each, members, command)

    monkeypatch.setattr(train_module._Session, "_turn", unguarded)
    with pytest.raises(InputError):
        _survives(0, SAMPLE, "reproducible", tmp_path)


def test_that_steps_granted_by_nobody_would_be_noticed(monkeypatch, tmp_path):
    """With negative counts taken at their word a run owes steps, and holds for ever or takes none."""

    def owing(self, command):
        if isinstance(command, commands.SingleStep):
            self.paused = True
            self.steps_granted += command.count
        else:
            original(self, command)

    original = Clutch.apply
    monkeypatch.setattr(Clutch, "apply", owing)
    with pytest.raises((AssertionError, IndexError)):
        _survives(0, SAMPLE, "reproducible", tmp_path)


def test_that_a_turn_that_is_not_recorded_would_not_replay(monkeypatch, tmp_path):
    original = train_module._Session._turn_arm

    def forgetful(self, each, members, command):
        for event in original(self, each, members, command):
            if command.knob != "lr":
                yield event

    monkeypatch.setattr(train_module._Session, "_turn_arm", forgetful)
    with pytest.raises(AssertionError):
        _survives(0, SAMPLE, "reproducible", tmp_path)
