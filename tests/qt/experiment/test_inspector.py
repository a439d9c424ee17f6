import shlex

import click as clicking
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from tests.qt.experiment.desk import FakeDesk
from tests.qt.experiment.hands import LEFT, add, build, choose, click, line, type_into
from tests.runs.watch import making
from wnin_desktop.cli import flags as cli_flags
from wnin_desktop.qt.experiment.inspector import Inspector
from wnin_desktop.runs.command_text import experiment_of
from wnin_desktop.runs.flags import config_from_flags
from wnin_desktop.runs.watch.experiment import WatchedExperiment
from wnin_desktop.schema.events import Diverged, StepMetrics
from wnin_desktop.schema.fingerprint import fingerprint

# --- the inspector --------------------


def test_that_another_optimizer_brings_its_own_fields_and_learning_rate(qtbot, window, draft):
    at = add(qtbot, window, "adamw")
    form = window.inspector.form
    type_into(qtbot, line(form.params.form, f"{at}.optimizer.params.beta1"), "0.5")
    choose(qtbot, form.optimizer.editor(f"{at}.optimizer.name"), "sgd")
    optimizer = draft.config.arms[0].optimizer
    assert (optimizer.name, optimizer.lr, optimizer.params) == ("sgd", 0.1, {})
    assert form.summary.text() == "Plain descent."
    choose(qtbot, form.optimizer.editor(f"{at}.optimizer.name"), "adamw")
    assert draft.config.arms[0].optimizer.params == {"beta1": 0.5}
    type_into(qtbot, line(form.optimizer, f"{at}.optimizer.lr"), "0.3")
    choose(qtbot, form.optimizer.editor(f"{at}.optimizer.name"), "bare")
    assert draft.config.arms[0].optimizer.lr == 0.3
    assert form.params.words.text() == "bare has no parameters."


def test_that_the_noise_form_shows_what_fits_the_mode(qtbot, window, draft):
    at = add(qtbot, window, "sgd")
    form = window.inspector.form
    assert not form.curve.isVisible()
    mode = form.noise.editor(f"{at}.noise.mode")
    magnitude, temperature = (
        form.noise.editor(f"{at}.noise.{kind}") for kind in ("magnitude", "temperature")
    )
    choose(qtbot, mode, "gradient gaussian")
    assert (magnitude.isVisible(), temperature.isVisible()) == (True, False)
    assert "gradient units" in form.noise.row(f"{at}.noise.magnitude").unit.full
    click(qtbot, form.amplitude.button("temperature"))
    assert (magnitude.isVisible(), temperature.isVisible()) == (False, True)
    assert draft.stack.undoText() == "State noise as temperature"
    draft.stack.undo()
    assert draft.value(f"{at}.noise.temperature") is None
    assert draft.config is not None
    choose(qtbot, mode, "none")
    assert not magnitude.isVisible()
    assert draft.config.arms[0].noise.model_dump() == {
        "mode": "none", "magnitude": None, "temperature": None, "schedule": {"kind": "constant"},
    }  # fmt: skip


def test_that_a_drag_in_the_schedule_is_one_step(qtbot, window, draft):
    at = add(qtbot, window, "sgd")
    form = window.inspector.form
    choose(qtbot, form.noise.editor(f"{at}.noise.mode"), "input jitter")
    choose(qtbot, form.noise.editor(f"{at}.noise.schedule.kind"), "cosine")
    curve = form.curve
    before = draft.stack.count()
    for _ in range(2):
        handle = curve.handles[-1]
        start = curve.point_of(handle.t, handle.m).toPoint()
        qtbot.mousePress(curve, LEFT, pos=start)
        for part in (10, 20, 30):
            qtbot.mouseMove(curve, start - QPoint(part, 0))
        qtbot.mouseRelease(curve, LEFT, pos=start - QPoint(30, 0))
    assert draft.stack.count() == before + 2
    assert "period" in draft.stack.undoText()
    assert draft.config.arms[0].noise.schedule.period < 500


def test_that_the_copied_command_has_the_same_fingerprint(qtbot, window, draft):
    build(qtbot, window)
    menu = window.inspector.commands_menu
    menu.aboutToShow.emit()
    by_name = {action.objectName(): action for action in menu.actions()}
    by_name["copy-command-2"].trigger()
    run = next(run for run in draft.config.runs() if (run.arm.name, run.seed) == ("sgd 2", 2))
    assert fingerprint(parsed(QApplication.clipboard().text()).runs()[0]) == fingerprint(run)
    by_name["copy-command-all"].trigger()
    assert experiment_of(QApplication.clipboard().text()) == draft.config


def parsed(command):
    """Return what the command line itself makes of a command."""

    found = []

    @clicking.command()
    @cli_flags.run_flags
    def command_line(**values):
        found.append(config_from_flags(values))

    command_line.main(args=shlex.split(command)[1:], standalone_mode=False)
    return found[0]


def test_that_an_optimizer_is_not_blamed_while_the_list_is_read(qtbot, tmp_path):
    desk = FakeDesk(tmp_path, known=False)
    inspector = Inspector(desk)
    qtbot.addWidget(inspector)
    desk.draft.add_arm()
    row = inspector.form.optimizer.row("arms[0].optimizer.name")
    assert (row.editor.value(), row.fault_text) == ("adamw", "")
    assert inspector.form.params.words.text() == "The list of optimizers is being read."
    desk.catalogue.read()
    assert row.editor.count() == 3
    assert inspector.form.params.form.row("arms[0].optimizer.params.beta1") is not None


# --- gauges --------------------


def diverged(experiment, seed, step):
    """Let a run of the arm sgd 2 diverge."""
    run = experiment.runs_of("sgd 2")[seed]
    who = {"run_id": run.run_id, "timestamp": 1.0}
    nothing = {"arm": run.arm, "seed": run.seed, "nonfinite": ("train_loss",)}
    experiment.apply(
        [
            StepMetrics(step=step - 1, arm=run.arm, seed=run.seed, train_loss=2.0, val_loss=3.0, **who),
            StepMetrics(step=step, **nothing, **who),
            Diverged(step=step, reason="loss is not finite", last_finite_step=step - 1, **who),
        ]
    )


def test_that_gauges_of_a_diverged_arm_say_where_and_show_no_nan(qtbot, window, desk, draft):
    build(qtbot, window)
    experiment = WatchedExperiment.of_config(draft.config, "e1")
    desk.shown.show(experiment)
    gauges, count = window.inspector.gauges, len(draft.config.seeds)
    loss = gauges.values["train_loss"][1]
    diverged(experiment, 0, 41)
    gauges.refresh()
    assert gauges.state.text() == f"1 of {count} diverged at step 41"
    for seed in range(1, count):
        diverged(experiment, seed, 43)
    gauges.refresh()
    assert gauges.state.text() == "diverged at step 41\u201343"
    assert gauges.state.property("kind") == "danger"
    assert loss.text() == "\u2014"
    assert loss.toolTip() == "Training loss is not finite from step 41 on."
    assert loss.accessibleName() == loss.toolTip()
    assert not any("NaN" in value.text() for _, value in gauges.values.values())
    assert gauges.values["val_loss"][1].text().startswith("3")


def test_that_gauges_show_the_arm_of_the_shown_experiment(qtbot, window, desk, draft):

    build(qtbot, window)
    experiment = WatchedExperiment.of_config(draft.config, "e1")
    desk.shown.show(experiment)
    gauges = window.inspector.gauges
    run = experiment.runs_of("sgd 2")[0]
    run.step, run.steps = 12, 500
    run.open_series("train_loss").put(11, 0.25)
    desk.runs.framed.emit(frozenset({experiment}))
    qtbot.waitUntil(lambda: gauges.values["step"][1].text() == "12 / 500")
    assert gauges.values["train_loss"][1].text().startswith("0.25")
    assert gauges.isVisible()
    assert gauges.values["temperature"][1].isHidden()
    draft.select(0)
    assert not gauges.isVisible()


def test_that_gauges_show_the_step_of_a_run_that_takes_its_steps_again(qtbot, window, desk, draft):
    build(qtbot, window)
    arm, seeds = "sgd 2", draft.config.seeds
    experiment = WatchedExperiment.of_config(draft.config, "e1")

    def take(resumed_from, first, last):
        experiment.apply(
            making.started(arm, seed, experiment="e1", resumed_from=resumed_from) for seed in seeds
        )
        experiment.apply(
            making.step(arm, seed, number, experiment="e1", train_loss=float(number))
            for number in range(first, last + 1)
            for seed in seeds
        )  # fmt: skip
        desk.runs.framed.emit(frozenset({experiment}))

    gauges = window.inspector.gauges
    step, loss = (gauges.values[key][1] for key in ("step", "train_loss"))
    take(None, 1, 30)
    experiment.end()
    desk.shown.show(experiment)
    assert step.text() == "30 / 40"
    take(None, 1, 3)
    qtbot.waitUntil(lambda: step.text() != "30 / 40")
    assert (step.text(), loss.text().split(" ")[0]) == ("3 / 40", "3")
    take(10, 11, 12)
    qtbot.waitUntil(lambda: step.text() != "3 / 40")
    assert (step.text(), loss.text().split(" ")[0]) == ("12 / 40", "12")
