"""One plot, used as a person uses it."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from tests.qt.plots.scene import ARMS, SceneDesk, scene
from wnin_desktop.qt.plots import marks
from wnin_desktop.qt.plots.looks import arm_look
from wnin_desktop.qt.plots.metric_plot import MetricPlot
from wnin_desktop.qt.plots.smooth import Smoothing
from wnin_desktop.qt.theme import theme

Left, Right = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def desk(qapp):
    return SceneDesk()


@pytest.fixture
def plot(qtbot, desk):
    made = MetricPlot("val_loss", desk)
    qtbot.addWidget(made)
    made.resize(520, 320)
    desk.shown.show(scene(diverged=1))
    made.show()
    made.pacer.finish()
    return made


def place(plot, x, y=0.5):
    """Return a point of the canvas at step `x`, `y` of the height down."""
    inner, frame = plot.figure.sight.geometry(), plot.figure.frame
    pixel = QPointF(float(frame.px(np.float64(x))), y * frame.height) + inner.topLeft()
    return pixel.toPoint()


def drag(qtbot, plot, start, end, button=Left):
    view = plot.canvas.viewport()
    qtbot.mousePress(view, button, pos=start)
    for share in (0.3, 0.6, 1.0):
        between = start + (end - start) * share
        globally, none = QPointF(view.mapToGlobal(between)), Qt.MouseButton.NoButton
        kind, plain = QEvent.Type.MouseMove, Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, QPointF(between), globally, none, button, plain)
        QApplication.sendEvent(view, event)
    qtbot.mouseRelease(view, button, pos=end)
    plot.pacer.finish()


def wheel(plot, at, angle, modifiers=Qt.KeyboardModifier.NoModifier):
    view = plot.canvas.viewport()
    event = QWheelEvent(
        QPointF(at), QPointF(view.mapToGlobal(at)), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_that_every_arm_has_a_mean_that_ends_in_sight(plot):
    assert [end.arm for end in plot.figure.ends] == list(ARMS)
    assert all(end.x == 400 for end in plot.figure.ends)


def test_that_the_arm_colours_are_on_the_picture(plot):
    image = plot.grab().toImage()
    seen = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    for arm in ARMS:
        assert plot.look(arm).colour.name() in seen


def test_that_dragging_a_rectangle_zooms_to_it(qtbot, plot):
    drag(qtbot, plot, place(plot, 100, 0.2), place(plot, 300, 0.8))
    low, high = plot.figure.frame.x_range
    assert low == pytest.approx(100, abs=3)
    assert high == pytest.approx(300, abs=3)
    assert plot.lens.y_range("val_loss") is not None


def test_that_a_flat_rectangle_zooms_the_steps_alone(qtbot, plot):
    drag(qtbot, plot, place(plot, 100), place(plot, 300) + QPoint(0, 3))
    assert plot.lens.x_range is not None
    assert plot.lens.y_range("val_loss") is None


def test_that_zoom_can_be_taken_back_by_keys_and_by_a_double_click(qtbot, plot):
    drag(qtbot, plot, place(plot, 100), place(plot, 300))
    zoomed = plot.lens.x_range
    plot.canvas.setFocus()
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert plot.lens.x_range is None
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert plot.lens.x_range == zoomed
    qtbot.mouseClick(plot.canvas.viewport(), Left, pos=place(plot, 200))
    qtbot.mouseDClick(plot.canvas.viewport(), Left, pos=place(plot, 200))
    qtbot.mouseRelease(plot.canvas.viewport(), Left, pos=place(plot, 200))
    assert plot.lens.x_range is None


def test_that_the_wheel_zooms_around_the_pointer(plot):
    wheel(plot, place(plot, 200), 240)
    plot.pacer.finish()
    low, high = plot.figure.frame.x_range
    assert 0 < low < 200 < high < 400
    assert (200 - low) / (high - low) == pytest.approx(0.5, abs=0.02)


def test_that_the_wheel_with_shift_zooms_the_values(plot):
    before = plot.figure.frame.y_range
    wheel(plot, place(plot, 200), 240, Qt.KeyboardModifier.ShiftModifier)
    plot.pacer.finish()
    assert plot.lens.x_range is None
    assert plot.figure.frame.y_range[1] < before[1]


def test_that_turns_of_the_wheel_in_a_row_are_one_step_back(plot):
    for _ in range(5):
        wheel(plot, place(plot, 200), 120)
    plot.lens.back()
    assert plot.lens.x_range is None


def test_that_dragging_with_the_middle_button_moves_the_picture(qtbot, plot):
    drag(qtbot, plot, place(plot, 100), place(plot, 300))
    width = plot.figure.frame.x_range[1] - plot.figure.frame.x_range[0]
    start = place(plot, 200)
    drag(qtbot, plot, start, start - QPoint(60, 0), Qt.MouseButton.MiddleButton)
    low, high = plot.figure.frame.x_range
    assert low > 105
    assert high - low == pytest.approx(width, rel=0.01)


def test_that_the_pointer_reads_every_arm_with_interval_and_n(qtbot, plot):
    qtbot.mouseMove(plot.canvas.viewport(), place(plot, 100))
    assert plot.lens.cross == pytest.approx(100, abs=2)
    text = plot.read_out.text()
    for arm in ARMS:
        assert arm in text
    assert text.count("n = 5") == 4
    assert text.count("[") == 4
    assert plot.read_out.isVisible()
    QApplication.sendEvent(plot.canvas, QEvent(QEvent.Type.Leave))
    assert plot.lens.cross is None
    assert not plot.read_out.isVisible()


def test_that_what_is_read_is_what_the_experiment_says(plot):
    plot.point_at(200)
    for read in plot.experiment.read_out("val_loss", 200):
        assert f"{read.mean:.4g}"[:5] in plot.read_out.text()


def test_that_arrow_keys_move_the_crosshair(qtbot, plot):
    plot.canvas.setFocus()
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Left)
    assert plot.lens.cross == 400
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert plot.lens.cross == 399
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Left)
    assert 385 < plot.lens.cross < 399
    assert "Step" in plot.text_summary()


@pytest.mark.parametrize(
    ("key", "field"), [(Qt.Key.Key_S, "seeds"), (Qt.Key.Key_B, "bands")], ids=["seeds", "bands"]
)
def test_that_keys_switch_seeds_and_bands(qtbot, plot, key, field):
    before = getattr(plot.lens, field)
    qtbot.keyClick(plot.canvas, key)
    assert getattr(plot.lens, field) is not before


def test_that_l_makes_the_axis_linear_and_the_button_logarithmic_again(qtbot, plot):
    assert plot.figure.frame.log_y
    qtbot.keyClick(plot.canvas, Qt.Key.Key_L)
    plot.pacer.finish()
    assert not plot.figure.frame.log_y
    assert not plot.header.scale.isChecked()
    qtbot.mouseClick(plot.header.scale, Left)
    plot.pacer.finish()
    assert plot.figure.frame.log_y


def test_that_plus_minus_and_home_zoom(qtbot, plot):
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Plus)
    plot.pacer.finish()
    low, high = plot.figure.frame.x_range
    assert high - low == pytest.approx(280, rel=0.02)
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Home)
    plot.pacer.finish()
    assert plot.figure.frame.x_range == (0, 400)


def test_that_differences_are_taken_against_the_baseline_and_paired(plot):
    plot.lens.change(mode="difference")
    plot.pacer.finish()
    assert [end.arm for end in plot.figure.ends] == list(ARMS[1:])
    band = plot.experiment.difference(ARMS[1], ARMS[0], "val_loss")
    assert plot.figure.ends[0].y == pytest.approx(band.mean[-1])
    assert not plot.figure.frame.log_y
    low, high = plot.figure.frame.y_range
    assert low < 0 < high


def test_that_a_pinned_baseline_takes_the_place_of_the_experiments(plot):
    plot.lens.change(mode="difference", baseline=ARMS[2])
    plot.pacer.finish()
    assert ARMS[2] not in [end.arm for end in plot.figure.ends]
    assert ARMS[2] in plot.header.note.text()


def test_that_training_loss_falls_to_the_right_where_arms_are_matched(plot):
    plot.lens.change(mode="matched")
    plot.pacer.finish()
    frame = plot.figure.frame
    assert frame.x0 > frame.x1
    assert plot.figure.ends
    assert plot.figure.marks == []
    plot.point_at(0.5)
    assert "loss" in plot.text_summary()


def test_that_a_smoothed_curve_keeps_the_raw_one_in_sight(plot):
    def inks(plot):
        image = plot.figure.top.shown
        return sum(image.pixelColor(x, y).alpha() > 0 for x in range(0, image.width(), 2)
                   for y in range(0, image.height(), 2))  # fmt: skip

    noisy = MetricPlot("train_loss", plot._desk, lens=plot.lens)
    noisy.resize(520, 320)
    noisy.show()
    noisy.pacer.finish()
    before = inks(noisy)
    noisy.lens.change(smoothing=Smoothing("ema", 0.97))
    noisy.pacer.finish()
    assert inks(noisy) > before / 2
    assert noisy.figure.ends[0].y != pytest.approx(
        float(noisy.experiment.band(ARMS[0], "train_loss").mean[-1]), rel=1e-6
    )
    noisy.deleteLater()


def test_that_marks_tell_what_happened_to_whom(plot):
    point = place(plot, 133) + QPoint(0, 0)
    point.setY(round(plot.figure.sight.geometry().bottom() - marks.STRIP / 2))
    text = plot.canvas.mark_text(point)
    assert "Step 133: lr 0.1 → 0.05" in text
    assert "5 seeds" in text
    assert plot.canvas.mark_text(place(plot, 133, 0.3)) == ""
    kinds = {mark.kind for mark in plot.figure.marks}
    assert kinds == {"intervention", "diverged", "checkpoint"}


def test_that_hidden_arms_are_neither_drawn_nor_read(plot):
    plot.lens.toggle(ARMS[0])
    plot.pacer.finish()
    assert ARMS[0] not in [end.arm for end in plot.figure.ends]
    plot.point_at(100)
    assert ARMS[0] not in plot.read_out.text()


def test_that_a_diverged_arm_does_not_squeeze_the_others(plot):
    plot.lens.set_log_y(plot.spec, False)
    plot.pacer.finish()
    assert plot.figure.frame.y_range[1] < 10


@pytest.fixture
def sunken(qtbot, desk):
    """A plot of one arm whose interval reaches 0 from step 100 on, and lies below it from step 300 on."""
    made = MetricPlot("val_loss", desk)
    qtbot.addWidget(made)
    made.resize(520, 320)
    experiment = scene(["arm"], seeds=2)
    for run, sign in zip(experiment.runs_of("arm"), (1.0, -1.0), strict=True):
        steps = np.arange(1, 401)
        spread = np.where(steps < 100, 0.01, 0.3)
        run.series.clear()
        run.open_series("val_loss").extend(steps, np.where(steps < 300, 1.0, -9.0) + sign * spread)
    desk.shown.show(experiment)
    made.show()
    made.pacer.finish()
    assert made.figure.frame.log_y
    return made


def test_that_a_band_that_reaches_zero_is_filled_to_the_bottom_of_a_logarithmic_axis(sunken):
    frame, band = sunken.figure.frame, sunken.experiment.band("arm", "val_loss")
    bottom, top = frame.edges(band.low, band.high)
    assert (band.low[150] < 0, band.high[150] > 0, band.high[350] < 0) == (True, True, True)
    assert bottom[50] == pytest.approx(frame.py(band.low)[50])
    assert (bottom[110:290] == frame.height).all()
    assert (top[110:290] < frame.height).all()
    assert np.isnan(bottom[300:]).all()


def test_that_nothing_is_filled_where_a_band_lies_below_a_logarithmic_axis(sunken):
    image, frame = sunken.figure.base.shown, sunken.figure.frame

    def filled(step):
        x = round(float(frame.px(np.float64(step))))
        return [y for y in range(image.height()) if image.pixelColor(x, y).alpha()]

    assert filled(200)
    assert max(filled(200)) == image.height() - 1
    assert filled(350) == []


def test_that_the_read_out_says_what_a_logarithmic_axis_cannot_show(sunken):
    sunken.point_at(50)
    assert "0 or below" not in sunken.read_out.text()
    sunken.point_at(200)
    assert "reaches 0 or below" in sunken.read_out.text()
    assert "reaches 0 or below" in sunken.text_summary()
    sunken.lens.set_log_y(sunken.spec, False)
    sunken.point_at(200)
    assert "0 or below" not in sunken.read_out.text()


def test_that_words_in_place_of_curves_are_not_struck_out(qtbot, plot):
    experiment = plot.experiment
    for run in experiment.runs_of(ARMS[0]):
        run.series.pop("val_loss")
    plot.lens.change(mode="difference")
    plot.pacer.finish()
    assert "No seed of" in plot.figure.message
    colours = {plot.look(arm).colour.rgb() for arm in ARMS} | {arm_look(-1).colour.rgb()}
    inner = plot.figure.sight.geometry().toRect()
    image = plot.canvas.grab(inner).toImage()
    y = round(plot.figure.frame.y_pixel(0.0))
    line = {image.pixelColor(x, row).rgb() for x in range(image.width()) for row in (y - 1, y, y + 1)}
    assert not line & colours


def test_that_the_strip_of_a_level_drag_zooms_too(qtbot, plot):
    drag(qtbot, plot, place(plot, 100), place(plot, 300))
    assert plot.lens.x_range == pytest.approx((100, 300), abs=3)


@pytest.mark.parametrize("metric", ["perplexity", "noise_to_signal", "val_loss"])
def test_that_an_empty_plot_says_what_will_appear_and_how(qtbot, desk, metric):
    made = MetricPlot(metric, desk)
    qtbot.addWidget(made)
    made.show()
    assert "Run a comparison" in made.empty.text()
    assert made.text_summary()


def test_that_a_metric_which_was_not_measured_says_why(qtbot, desk):
    made = MetricPlot("perplexity", desk)
    qtbot.addWidget(made)
    desk.shown.show(scene())
    made.show()
    assert "next-token prediction" in made.empty.text()


def test_that_all_arms_hidden_is_said(plot):
    plot.lens.change(hidden=frozenset(ARMS))
    assert "hidden" in plot.empty.text()
    assert plot.empty.isVisible()


def test_that_new_points_are_drawn_when_a_frame_says_so(qtbot, desk):
    made = MetricPlot("train_loss", desk)
    qtbot.addWidget(made)
    made.resize(400, 300)
    experiment = scene(done=0.5)
    desk.shown.show(experiment)
    made.show()
    made.pacer.finish()
    assert made.figure.ends[0].x == 200
    for run in experiment.runs.values():
        run.step = 250
        run.series["train_loss"].extend(np.arange(201, 251), np.full(50, 0.2))
    desk.runs.framed.emit(frozenset({experiment}))
    made.pacer.finish()
    assert made.figure.ends[0].x == 250
    assert made.figure.frame.x_range[1] >= 250


def test_that_an_unseen_plot_draws_nothing_until_it_is_seen(qtbot, desk):
    made = MetricPlot("val_loss", desk)
    qtbot.addWidget(made)
    desk.shown.show(scene())
    assert made.pacer.is_idle
    assert made.figure.top.shown is None
    made.show()
    made.pacer.finish()
    assert made.figure.top.shown is not None


def test_that_a_frame_without_news_draws_nothing(plot, desk):
    shown = plot.figure.top.shown
    desk.runs.framed.emit(frozenset({plot.experiment}))
    assert plot.pacer.is_idle
    assert plot.figure.top.shown is shown


def test_that_another_theme_changes_the_picture(plot):
    before = plot.grab().toImage().pixelColor(5, 200)
    theme().apply("dark" if not theme().dark else "light")
    plot.pacer.finish()
    after = plot.grab().toImage().pixelColor(5, 200)
    theme().apply("system")
    assert abs(before.lightness() - after.lightness()) > 100


def test_that_a_part_of_a_frame_takes_no_longer_than_it_may(qtbot, desk):
    made = MetricPlot("train_loss", desk)
    qtbot.addWidget(made)
    made.resize(700, 400)
    desk.shown.show(scene([f"arm {i}" for i in range(9)], seeds=10, steps=5000))
    made.show()
    parts = 0
    longest = 0.0
    made.want()
    while not made.advance(time.perf_counter() + 0.004):
        parts += 1
        begun = time.thread_time()
        made.advance(time.perf_counter() + 0.004)
        longest = max(longest, time.thread_time() - begun)
    assert parts > 1
    assert longest < 0.016


def test_that_the_menu_is_asked_for_by_the_right_button_and_by_the_keyboard(qtbot, plot):
    with qtbot.waitSignal(plot.menu_wanted):
        qtbot.mouseClick(plot.canvas.viewport(), Right, pos=place(plot, 200))
    with qtbot.waitSignal(plot.menu_wanted):
        qtbot.keyClick(plot.canvas, Qt.Key.Key_Menu)
    with qtbot.waitSignal(plot.menu_wanted):
        qtbot.mouseClick(plot.header.more, Left)


def test_that_no_control_is_without_a_name(plot):
    for widget in (plot.canvas, plot.header.scale, plot.header.whole, plot.header.maximise, plot.header.more):
        assert widget.objectName()
        assert widget.accessibleName()
