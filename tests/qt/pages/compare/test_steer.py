"""Sliders that steer what trains."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt

from tests.qt.plots.scene import ARMS, SceneDesk, config, scene
from wnin_desktop.qt.pages.compare.knobs import standing
from wnin_desktop.qt.pages.compare.steer import SteerStrip
from wnin_desktop.schema.events import Intervention
from wnin_desktop.schema.run import CompareConfig


@pytest.fixture
def desk(qapp):
    return SceneDesk()


class Live(SimpleNamespace):
    """A live run that remembers what was turned."""

    def turn(self, knob, value, arm=None):
        self.knobs[knob, arm] = value
        self.turned.append((knob, value, arm))

    def record(self, step=50):
        """Have the record of the last turn arrive."""
        knob, value, arm = self.turned[-1]
        arms = [arm] if arm else self.experiment.arms
        self.experiment.apply([
            Intervention(run_id=run.run_id, timestamp=0.0, step=step, knob=knob, value=value, previous=0.1)
            for name in arms for run in self.experiment.runs_of(name)
        ])  # fmt: skip


@pytest.fixture
def live(desk):
    experiment = scene(seeds=2, done=0.1)
    experiment.markers.clear()
    for run in experiment.runs.values():
        run.series.pop("temperature")
    run = Live(config=config(seeds=2), experiment=experiment, knobs={}, turned=[])
    desk.runs.live = [run]
    desk.shown.show(experiment)
    return run


@pytest.fixture
def strip(qtbot, desk, live):
    made = SteerStrip(desk)
    qtbot.addWidget(made)
    made.resize(900, 40)
    made.show()
    return made


def arrow(qtbot, strip, knob, key=Qt.Key.Key_Right):
    qtbot.keyClick(strip.sliders[knob].track, key)


def test_that_nothing_can_be_turned_while_nothing_trains(qtbot, desk):
    made = SteerStrip(desk)
    qtbot.addWidget(made)
    assert not any(slider.isEnabled() for slider in made.sliders.values())
    assert "Nothing is training" in made.sliders["lr"].toolTip()
    assert "Nothing is training" in made.told.text()


def test_that_an_experiment_which_is_not_training_cannot_be_steered(desk, strip):
    desk.shown.show(scene(name="old"))
    assert strip.run is None
    assert "not training here" in strip.told.text()


def test_that_sliders_show_the_values_in_force(strip):
    assert strip.sliders["lr"].value() == 0.1
    assert strip.sliders["noise"].value() == 0.1


def test_that_a_key_turns_the_knob_of_all_arms_at_once(qtbot, strip, live):
    arrow(qtbot, strip, "lr")
    knob, value, arm = live.turned[-1]
    assert (knob, arm) == ("lr", None)
    assert value > 0.1


def test_that_a_click_turns_the_knob(qtbot, strip, live):
    track = strip.sliders["noise"].track
    qtbot.mouseClick(track, Qt.MouseButton.LeftButton, pos=track.rect().center())
    assert live.turned[-1][0] == "noise"


def test_that_one_arm_can_be_steered(qtbot, strip, live):
    strip.arms.setCurrentIndex(strip.arms.findData(ARMS[1]))
    strip.arms.activated.emit(strip.arms.currentIndex())
    arrow(qtbot, strip, "lr", Qt.Key.Key_Left)
    assert live.turned[-1][2] == ARMS[1]
    assert standing(live, "lr", ARMS[1]).value == live.turned[-1][1]
    assert standing(live, "lr", ARMS[0]).value == 0.1
    assert standing(live, "lr", None).value is None


def test_that_a_turn_is_on_its_way_until_it_is_recorded(qtbot, desk, strip, live):
    arrow(qtbot, strip, "lr")
    assert "on its way" in strip.told.text()
    live.record(step=50)
    desk.runs.framed.emit(frozenset({live.experiment}))
    qtbot.waitUntil(lambda: "recorded" in strip.told.text())
    assert "step 51" in strip.told.text()


def test_that_held_keys_are_gathered(qtbot, strip, live):
    for _ in range(20):
        arrow(qtbot, strip, "lr")
    assert len(live.turned) < 10
    qtbot.waitUntil(lambda: live.turned[-1][1] == strip.sliders["lr"].value())


def test_that_zero_turns_the_noise_off(qtbot, strip, live):
    arrow(qtbot, strip, "noise", Qt.Key.Key_Home)
    assert live.turned[-1] == ("noise", 0.0, None)


def test_that_an_arm_without_the_knob_says_so(qtbot, desk):
    data = config(seeds=1).model_dump(mode="json")
    for arm in data["arms"]:
        arm["noise"] = {"mode": "none"}
    experiment = scene(seeds=1, done=0.1)
    for run in experiment.runs.values():
        run.series.pop("temperature")
    run = Live(config=CompareConfig.model_validate(data), experiment=experiment, knobs={}, turned=[])
    desk.runs.live = [run]
    desk.shown.show(experiment)
    made = SteerStrip(desk)
    qtbot.addWidget(made)
    assert not made.sliders["noise"].isEnabled()
    assert "noise" in made.sliders["noise"].toolTip()
    assert not made.sliders["temperature"].isEnabled()
    assert made.sliders["lr"].isEnabled()


def test_that_the_last_turn_is_the_one_in_force(live):
    live.turn("lr", 0.2, ARMS[0])
    live.turn("lr", 0.3, None)
    assert standing(live, "lr", ARMS[0]).value == 0.3
    live.knobs.pop(("lr", ARMS[0]))
    live.turn("lr", 0.4, ARMS[0])
    assert standing(live, "lr", ARMS[0]).value == 0.4
    assert standing(live, "lr", ARMS[1]).value == 0.3


def test_that_the_end_of_the_run_ends_the_steering(desk, strip, live):
    desk.runs.live = []
    desk.runs.ended.emit(live)
    assert not any(slider.isEnabled() for slider in strip.sliders.values())


def test_that_every_slider_has_a_name(strip):
    for slider in strip.sliders.values():
        assert slider.track.accessibleName()
        assert slider.objectName()
    assert strip.arms.accessibleName()
