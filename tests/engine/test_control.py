import pytest

from tests.engine.comparisons import arm, comparison, metrics
from wnin_desktop.engine.control import Clutch, RunControl
from wnin_desktop.engine.train import train
from wnin_desktop.errors import InputError
from wnin_desktop.schema import commands
from wnin_desktop.schema.events import Finished, Intervention, StepMetrics


def _until(events, step):
    for event in events:
        if isinstance(event, StepMetrics) and event.step == step:
            return


def test_that_a_single_step_takes_exactly_one_step_and_holds():
    clutch = Clutch()
    for command in (commands.Pause(), commands.SingleStep(), commands.SingleStep(2)):
        clutch.apply(command)
    assert clutch.allowed(64) == 3
    clutch.taken(3)
    assert clutch.holding
    clutch.apply(commands.Resume())
    assert not clutch.holding
    assert clutch.allowed(64) == 64


@pytest.mark.parametrize("count", [0, -3])
def test_that_a_step_command_for_no_step_takes_none(count):
    control = RunControl()
    control.single_step(count)
    control.single_step(2)
    control.stop()
    assert not any(isinstance(event, StepMetrics) for event in train(comparison(), control))
    clutch = Clutch()
    clutch.apply(commands.SingleStep(count))
    assert clutch.holding


def test_that_a_run_says_that_it_holds_before_it_waits():
    control, held = RunControl(), []
    control.single_step(3)

    def holding():
        held.append(len(seen))
        control.stop()

    seen = []
    for event in train(comparison(seeds=[0]), control, holding=holding):
        seen += [event.step] if isinstance(event, StepMetrics) else []
    assert held == [3]


def test_that_stopping_ends_every_run_at_the_same_step():
    control = RunControl()
    events = train(comparison(arm("sgd"), arm("adamw"), steps=1000), control)
    _until(events, 3)
    control.stop()
    rest = list(events)
    finished = [event for event in rest if isinstance(event, Finished)]
    assert {event.status for event in finished} == {"stopped"}
    assert len({event.step for event in finished}) == 1


def test_that_a_paused_run_stopped_before_it_goes_on_takes_no_step():
    control = RunControl()
    control.pause()
    control.stop()
    events = list(train(comparison(), control))
    assert not any(isinstance(event, StepMetrics) for event in events)


@pytest.mark.parametrize("numerics", ["fast", "reproducible"])
def test_that_turning_knobs_acts_is_recorded_and_replays(numerics):
    arms = (arm("sgd", "sgld"), arm("sgd", "gradient_gaussian"), arm("adamw", "input_jitter"))
    config = comparison(*arms, steps=15, numerics=numerics)
    control = RunControl()
    control.single_step(6)
    control.send(commands.TurnKnob("temperature", 3e-4, "sgd-sgld"))
    events = train(config, control)
    seen = []
    for event in events:
        seen.append(event)
        if isinstance(event, StepMetrics) and event.step == 6 and event.run_id.endswith("jitter/s1"):
            control.send(commands.TurnKnob("lr", 0.02))
            control.send(commands.TurnKnob("noise", 0.5, "adamw-input_jitter"))
            control.resume()
    turned = [event for event in seen if isinstance(event, Intervention)]
    assert {(e.knob, e.step) for e in turned} == {("temperature", 0), ("lr", 6), ("noise", 6)}
    assert len(turned) == 2 * (1 + 3 + 1)  # two seeds, lr for all three arms
    temperatures = metrics(seen, "temperature")["sgd-sgld/s0"]
    assert temperatures[0] == pytest.approx(3e-4)
    assert metrics(seen, "lr")["sgd-sgld/s1"][5:7] == [0.1, 0.02]
    assert metrics(seen, "noise_magnitude")["adamw-input_jitter/s0"][6] == 0.5

    untouched = metrics(train(config))
    assert metrics(seen) != untouched
    again = list(train(config, replay=turned))
    assert metrics(again) == metrics(seen)
    assert {(e.run_id, e.knob, e.value) for e in again if isinstance(e, Intervention)} == {
        (e.run_id, e.knob, e.value) for e in turned
    }


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (commands.TurnKnob("lr", -1.0), "lr"),
        (commands.TurnKnob("lr", 1e300), "lr"),
        (commands.TurnKnob("lr", 0.1, "nobody"), "nobody"),
        (commands.TurnKnob("temperature", 0.1, "adamw-input_jitter"), "temperature"),
        (commands.TurnKnob("noise", float("nan"), "adamw-input_jitter"), "noise"),
    ],
)
def test_that_a_bad_turn_is_refused_in_a_sentence_and_the_run_goes_on(command, named):
    control = RunControl()
    control.send(command)
    refusals = []
    events = list(train(comparison(arm("adamw", "input_jitter")), control, refused=refusals.append))
    assert len(refusals) == 1
    assert isinstance(refusals[0], InputError)
    assert named in str(refusals[0])
    assert {e.status for e in events if isinstance(e, Finished)} == {"completed"}


def test_that_interventions_of_another_experiment_replay():
    config = comparison(arm("sgd"), arm("adamw"), steps=8)
    control = RunControl()
    control.send(commands.TurnKnob("lr", 0.02, "sgd-none"))
    recorded = list(train(config, control, experiment_id="first"))
    turned = [event for event in recorded if isinstance(event, Intervention)]
    again = list(train(config, experiment_id="second", replay=turned))
    assert metrics(again) == metrics(recorded) != metrics(train(config))


def test_that_an_intervention_of_an_unknown_run_is_refused_before_the_first_event():
    stranger = Intervention(
        run_id="first/nobody/s0", timestamp=0.0, step=1, knob="lr", value=0.1, previous=None
    )
    with pytest.raises(InputError, match=r"first/nobody/s0.*sgd-none/s0"):
        train(comparison(), replay=[stranger])


def test_that_noise_beyond_single_precision_ends_only_its_own_arm():
    """sigma = sqrt(2 T / h) grows without bound as the learning rate decays."""
    decaying = {"name": "sgd", "lr": 0.1, "lr_schedule": {"kind": "exponential", "period": 1}}
    noise = {"mode": "gradient_gaussian", "temperature": 1e-4}
    hot = {"name": "hot", "optimizer": decaying, "noise": noise}
    ends = {
        e.run_id: e.status for e in train(comparison(arm("sgd"), hot, steps=250)) if isinstance(e, Finished)
    }
    assert {status for run, status in ends.items() if "hot" not in run} == {"completed"}
    assert {status for run, status in ends.items() if "hot" in run} == {"diverged"}
