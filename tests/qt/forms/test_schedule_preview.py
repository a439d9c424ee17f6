"""A schedule is drawn, read and taken hold of; what a handle does is an edit of a field and nothing else."""

import numpy as np
import pytest
from PySide6.QtCore import QLocale, QPoint, Qt

from wnin_desktop.noise.schedules import factor
from wnin_desktop.qt.forms import SchedulePreview, ScheduleSpark
from wnin_desktop.qt.forms.schedule_handles import Curve, handles_of, moved, read_schedule
from wnin_desktop.qt.forms.schedule_preview import changed
from wnin_desktop.qt.theme import theme
from wnin_desktop.schema.schedule import SCHEDULES

STEPS = 500
PHASES = [
    {"name": "explore", "until": 0.4, "factor": 1.0},
    {"name": "hot", "until": 0.6, "factor": 1.5},
    {"name": "settle", "until": 1.0, "factor": 0.1},
]
TABLES = {
    "cosine": {"kind": "cosine", "period": 300},
    "phases": {"kind": "phases", "phases": PHASES},
    "inverse_anneal": {"kind": "inverse_anneal", "k": 0.01},
}
BASE = "arms[0].noise"


def table(kind):
    return TABLES.get(kind, {"kind": kind})


@pytest.fixture(autouse=True)
def _english():
    before = QLocale()
    QLocale.setDefault(QLocale("en_US"))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def preview(qtbot):
    made = SchedulePreview()
    qtbot.addWidget(made)
    made.bind(BASE)
    made.resize(320, 132)
    made.show()
    return made


def heard(preview):
    edits = []
    preview.edited.connect(lambda path, value: edits.append((path, value)))
    return edits


def handle(preview, path):
    return next(each for each in preview.handles if each.path == path)


def drag(qtbot, preview, path, t, m):
    found = handle(preview, path)
    begin, end = preview.point_of(found.t, found.m).toPoint(), preview.point_of(t, m).toPoint()
    qtbot.mousePress(preview, Qt.MouseButton.LeftButton, pos=begin)
    qtbot.mouseMove(preview, (begin + end) / 2)
    qtbot.mouseMove(preview, end)
    qtbot.mouseRelease(preview, Qt.MouseButton.LeftButton, pos=end)


@pytest.mark.parametrize("kind", SCHEDULES)
@pytest.mark.parametrize("choice", ["light", "dark"])
def test_that_every_schedule_is_drawn(preview, kind, choice):
    theme().apply(choice)
    preview.show_schedule(table(kind), STEPS, 0.1, "std(W)")
    picture = preview.grab().toImage()
    colour = theme().colour("accent")
    found = sum(
        picture.pixelColor(x, y) == colour for x in range(picture.width()) for y in range(picture.height())
    )
    assert found > 20
    assert preview.summary().startswith(kind.replace("_", " "))
    theme().apply("light")


@pytest.mark.parametrize("kind", SCHEDULES)
def test_that_the_curve_is_that_of_the_noise(kind):
    schedule = read_schedule(table(kind))
    curve = Curve(schedule, STEPS, 0.1)
    for step in (0, 1, 199, 250, STEPS - 1):
        assert np.isclose(curve.at(step), 0.1 * factor(schedule, step, STEPS))


@pytest.mark.parametrize("kind", SCHEDULES)
def test_that_a_handle_moved_to_where_it_is_changes_nothing(kind):
    curve = Curve(read_schedule(table(kind)), STEPS, 0.1)
    for each in handles_of(curve):
        value = moved(curve, each, each.t, each.m, curve.top * 1.12)
        assert value == pytest.approx(each.value, rel=5e-3, abs=1e-9), each.path


@pytest.mark.parametrize("kind", SCHEDULES)
def test_that_whatever_a_hand_does_the_schedule_stays_valid(kind):
    curve = Curve(read_schedule(table(kind)), STEPS, 0.1)
    for each in handles_of(curve):
        for t in (0.0, 1.0, 123.4, 500.0):
            for m in (0.0, 1e-9, 0.05, 0.2):
                value = moved(curve, each, t, m, 0.2)
                if each.path:
                    assert read_schedule(changed(curve.schedule, each.path, value)) is not None
                else:
                    assert value >= 0


def test_that_dragging_the_period_sets_it_and_nothing_else(qtbot, preview):
    preview.show_schedule(TABLES["cosine"], STEPS, 0.1)
    edits = heard(preview)
    states = []
    preview.dragging_changed.connect(states.append)
    drag(qtbot, preview, "period", 200, 0.05)
    assert {path for path, _ in edits} == {f"{BASE}.schedule.period"}
    assert edits[-1][1] == pytest.approx(200, abs=3)
    assert isinstance(edits[-1][1], int)
    assert states == [True, False]


def test_that_dragging_the_amplitude_sets_the_magnitude(qtbot, preview):
    preview.show_schedule(TABLES["cosine"], STEPS, 0.1)
    edits = heard(preview)
    drag(qtbot, preview, "", 300, 0.05)
    assert {path for path, _ in edits} == {f"{BASE}.magnitude"}
    assert edits[-1][1] == pytest.approx(0.05, rel=0.05)
    assert preview.top == pytest.approx(edits[-1][1] * 1.12)


def test_that_a_temperature_or_a_learning_rate_may_be_the_amplitude(qtbot, preview):
    preview.bind("arms[2].optimizer", amplitude="lr", schedule="lr_schedule")
    preview.show_schedule(TABLES["inverse_anneal"], STEPS, 0.1)
    edits = heard(preview)
    drag(qtbot, preview, "", 0, 0.08)
    drag(qtbot, preview, "k", 0, 0.01)
    assert [edits[0][0], edits[-1][0]] == ["arms[2].optimizer.lr", "arms[2].optimizer.lr_schedule.k"]


def test_that_phases_are_moved_at_their_ends_and_levels(qtbot, preview):
    preview.show_schedule(TABLES["phases"], STEPS, None)
    edits = heard(preview)
    drag(qtbot, preview, "phases[0].until", 100, 0)
    assert edits[-1][0] == f"{BASE}.schedule.phases[0].until"
    assert edits[-1][1] == pytest.approx(0.2, abs=0.01)
    drag(qtbot, preview, "phases[2].factor", 0, 0.5)
    assert edits[-1][0] == f"{BASE}.schedule.phases[2].factor"
    assert edits[-1][1] == pytest.approx(0.5, abs=0.03)
    drag(qtbot, preview, "phases[0].until", 500, 0)
    assert edits[-1][1] == pytest.approx(0.59)


def test_that_the_adaptive_band_is_set_by_its_edges(qtbot, preview):
    preview.show_schedule({"kind": "adaptive"}, STEPS, 1.0)
    edits = heard(preview)
    drag(qtbot, preview, "gain", 0, 0.9)
    assert edits[-1][0] == f"{BASE}.schedule.gain"
    assert edits[-1][1] == pytest.approx(0.4, abs=0.03)
    drag(qtbot, preview, "offset", 0, 0.2)
    assert edits[-1][0] == f"{BASE}.schedule.offset"
    assert edits[-1][1] == pytest.approx(0.2, abs=0.03)


def test_that_the_echo_of_a_drag_disturbs_nothing(qtbot, preview):
    data = dict(TABLES["cosine"])
    preview.show_schedule(data, STEPS, 0.1)

    def echo(_path, value):
        preview.show_schedule({**data, "period": value}, STEPS, 0.1)

    preview.edited.connect(echo)
    drag(qtbot, preview, "period", 100, 0)
    assert handle(preview, "period").value == pytest.approx(100, abs=3)


def test_that_tab_goes_through_the_handles_and_arrows_move_them(qtbot, preview):
    preview.show_schedule(TABLES["cosine"], STEPS, 0.1)
    edits = heard(preview)
    preview.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(preview.hasFocus)
    assert preview.handle.path == ""
    qtbot.keyClick(preview, Qt.Key.Key_Up)
    assert edits[-1][0] == f"{BASE}.magnitude"
    assert edits[-1][1] > 0.1
    qtbot.keyClick(preview, Qt.Key.Key_Tab)
    assert preview.handle.path == "period"
    qtbot.keyClick(preview, Qt.Key.Key_Right)
    qtbot.keyClick(preview, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert [value for path, value in edits if path.endswith("period")] == [305, 255]
    assert "Period: 255 steps" in preview.accessibleDescription()
    assert preview.read_out() == "Period: 255 steps"


def test_that_a_period_left_empty_is_shown_as_what_it_means(preview):
    preview.show_schedule({"kind": "exponential"}, STEPS, 0.1)
    found = handle(preview, "period")
    assert (found.value, found.is_set) == (100.0, False)
    assert preview.handle_words(found) == "Time constant: 100 steps (by itself)"


def test_that_step_and_value_are_read_under_the_pointer(qtbot, preview):
    preview.show_schedule({"kind": "constant"}, STEPS, 0.1, "std(W)")
    point = preview.point_of(250, 0.05).toPoint()
    qtbot.mouseMove(preview, point + QPoint(1, 0))
    qtbot.mouseMove(preview, point)
    assert preview.read_out().startswith("step 2")
    assert preview.read_out().endswith(": 0.1 std(W)")


@pytest.mark.parametrize(
    ("data", "steps", "amplitude"),
    [
        ({"kind": "cosin"}, STEPS, 0.1), ({"kind": "cosine", "period": "x"}, STEPS, 0.1), (3, STEPS, 0.1),
        (None, "abc", 0.1), (None, 0, 0.1), (None, STEPS, "x"), (None, STEPS, -1.0), (None, True, 0.1),
    ],
)  # fmt: skip
def test_that_what_is_not_valid_is_said_and_not_drawn(preview, data, steps, amplitude):
    preview.show_schedule(data, steps, amplitude)
    assert preview.curve is None
    assert preview.summary() == "No valid schedule to draw."
    assert not preview.grab().isNull()


@pytest.mark.parametrize("steps", [1, 2, 100_000_000])
@pytest.mark.parametrize("kind", SCHEDULES)
def test_that_runs_of_any_length_are_drawn(preview, kind, steps):
    preview.show_schedule(table(kind), steps, 0.0)
    assert not preview.grab().isNull()
    assert preview.top > 0


def test_that_a_spark_has_no_handles_and_leaves_clicks_to_its_card(qtbot):
    spark = ScheduleSpark()
    qtbot.addWidget(spark)
    spark.show_schedule(TABLES["cosine"], STEPS, 0.1)
    spark.set_colour(theme().colour("danger"))
    assert spark.handles == []
    assert spark.focusPolicy() == Qt.FocusPolicy.NoFocus
    assert spark.sizeHint() == spark.minimumSizeHint()
    edits = heard(spark)
    qtbot.mouseClick(spark, Qt.MouseButton.LeftButton)
    assert edits == []
    assert not spark.grab().isNull()
