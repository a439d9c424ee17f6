"""The grid of plots and its legend, arranged by hand."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from tests.qt.plots.scene import ARMS, SceneDesk, scene
from wnin_desktop.qt.plots.grid import FIRST, PlotGrid
from wnin_desktop.schema.metrics import METRICS

Left = Qt.MouseButton.LeftButton


@pytest.fixture
def desk(qapp):
    return SceneDesk()


@pytest.fixture
def grid(qtbot, desk):
    made = PlotGrid(desk)
    qtbot.addWidget(made)
    made.resize(900, 640)
    desk.shown.show(scene())
    made.show()
    made.finish()
    return made


def drag_header(qtbot, grid, key, target):
    header = grid.plots[key].header.title
    start = QPoint(4, 4)
    goal = header.mapFromGlobal(grid.plots[target].mapToGlobal(grid.plots[target].rect().center()))
    qtbot.mousePress(header, Left, pos=start)
    qtbot.mouseMove(header, start + QPoint(40, 0))
    qtbot.mouseMove(header, goal)
    qtbot.mouseRelease(header, Left, pos=goal)


def test_that_every_metric_of_the_engine_can_be_plotted(grid):
    grid.set_metrics([metric.key for metric in METRICS])
    assert len(grid.plots) == len(METRICS)
    grid.set_metrics(["val_loss", "no such metric", "val_loss"])
    assert grid.keys == ("val_loss",)


def test_that_a_plot_without_curves_makes_the_others_no_larger(desk, grid):
    experiment = scene()
    for run in experiment.runs.values():
        run.series.pop("temperature")
    grid.resize(660, 380)
    desk.shown.show(experiment)
    grid.finish()
    QApplication.processEvents()
    assert grid.plots["temperature"].empty.isVisible()
    heights = [plot.height() for plot in grid.plots.values()]
    assert max(heights) - min(heights) <= 1
    assert grid._field.height() == grid._field.parentWidget().height()


def test_that_plots_share_the_zoom_and_the_crosshair(grid):
    first, second = grid.plots["train_loss"], grid.plots["val_loss"]
    first.lens.zoom(x=(50, 200))
    grid.finish()
    assert second.figure.frame.x_range == pytest.approx((50, 200))
    first.point_at(100)
    assert second.figure.cross == 100
    assert [arm for arm, _ in second.figure.dots]
    assert second.figure.read


def test_that_only_the_values_of_one_plot_are_zoomed(grid):
    grid.lens.zoom(y={"train_loss": (-1.0, 0.0)})
    grid.finish()
    assert grid.plots["train_loss"].figure.frame.y0 == -1.0
    assert grid.plots["val_loss"].figure.frame.y0 != -1.0


def test_that_dragging_a_header_puts_the_plot_there(qtbot, grid):
    drag_header(qtbot, grid, "train_loss", "temperature")
    assert grid.keys == (*FIRST[1:], "train_loss")
    drag_header(qtbot, grid, "train_loss", "val_loss")
    assert grid.keys == FIRST


def test_that_keys_put_a_plot_elsewhere(qtbot, grid):
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(grid.plots["train_loss"].canvas, Qt.Key.Key_Right, both)
    assert grid.keys[:2] == ("val_loss", "train_loss")


def test_that_a_double_click_maximises_and_escape_shows_all(qtbot, grid):
    qtbot.mouseDClick(grid.plots["val_loss"].header, Left, pos=QPoint(150, 8))
    assert [key for key, plot in grid.plots.items() if plot.isVisible()] == ["val_loss"]
    qtbot.keyClick(grid.plots["val_loss"].canvas, Qt.Key.Key_Escape)
    assert all(plot.isVisible() for plot in grid.plots.values())


def test_that_the_buttons_of_a_header_maximise_and_restore(qtbot, grid):
    plot = grid.plots["train_loss"]
    qtbot.mouseClick(plot.header.maximise, Left)
    assert grid.maximised == "train_loss"
    qtbot.mouseClick(plot.header.maximise, Left)
    assert grid.maximised is None


def test_that_a_plot_can_be_removed_and_added_again(qtbot, grid):
    qtbot.keyClick(grid.plots["temperature"].canvas, Qt.Key.Key_Delete)
    assert "temperature" not in grid.plots
    grid.add("temperature")
    grid.finish()
    assert grid.plots["temperature"].figure.ends


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_that_there_are_as_many_columns_as_asked_for(grid, columns):
    grid.set_columns(columns)
    QApplication.processEvents()
    tops = {plot.y() for plot in grid.plots.values()}
    assert len(tops) == -(-4 // columns)


def test_that_the_arrangement_is_kept_from_session_to_session(qtbot, desk, grid):
    grid.set_metrics(["accuracy", "val_loss", "lr"])
    grid.set_columns(3)
    grid.lens.change(seeds=False, mode="difference", baseline="muon", hidden=frozenset({ARMS[1]}))
    grid.lens.zoom(x=(10.0, 90.0))
    other = PlotGrid(desk)
    qtbot.addWidget(other)
    other.restore(grid.state())
    assert other.state() == grid.state()


@pytest.mark.parametrize(
    "damage",
    [
        {},
        {"metrics": 3, "columns": "many", "maximised": 7, "lens": []},
        {"metrics": [None, "val_loss"], "columns": -5, "lens": {"x_range": [2, 1], "mode": "rainbow"}},
        {"lens": {"hidden": 3, "log_y": {"val_loss": "yes"}, "smoothing": ["ema"], "x_range": ["a", None]}},
        {"lens": {"x_range": [float("nan"), float("inf")], "seeds": 1, "baseline": 4}},
    ],
)
def test_that_a_damaged_arrangement_does_no_harm(qtbot, desk, damage):
    made = PlotGrid(desk)
    qtbot.addWidget(made)
    made.restore(damage)
    desk.shown.show(scene())
    made.show()
    made.finish()
    assert 1 <= made.columns <= 4
    assert made.lens.mode == "value"


def test_that_a_click_hides_an_arm_and_another_shows_it(qtbot, grid):
    chip = grid.legend.chips[ARMS[0]]
    qtbot.mouseClick(chip, Left)
    grid.finish()
    assert grid.lens.hidden == {ARMS[0]}
    assert ARMS[0] not in [end.arm for end in grid.plots["val_loss"].figure.ends]
    qtbot.mouseClick(chip, Left)
    assert grid.lens.hidden == frozenset()


def double_click(qtbot, chip):
    qtbot.mouseClick(chip, Left)
    qtbot.mouseDClick(chip, Left)


def test_that_a_double_click_shows_an_arm_alone_and_another_shows_all(qtbot, grid):
    chip = grid.legend.chips[ARMS[1]]
    double_click(qtbot, chip)
    assert grid.lens.hidden == set(ARMS) - {ARMS[1]}
    double_click(qtbot, chip)
    assert grid.lens.hidden == frozenset()


def test_that_the_legend_works_by_keyboard(qtbot, grid):
    chip = grid.legend.chips[ARMS[2]]
    chip.setFocus()
    qtbot.keyClick(chip, Qt.Key.Key_Space)
    assert grid.lens.hidden == {ARMS[2]}
    qtbot.keyClick(chip, Qt.Key.Key_Space)
    qtbot.keyClick(chip, Qt.Key.Key_Return)
    assert grid.lens.hidden == set(ARMS) - {ARMS[2]}


def test_that_the_menu_of_a_chip_pins_the_baseline(qtbot, grid):
    chip = grid.legend.chips[ARMS[3]]
    chip.menu_wanted.emit(ARMS[3], chip.mapToGlobal(QPoint(2, 2)))
    entry = next(each for each in grid.legend.menu.actions() if each.objectName() == "legend-menu-pin")
    entry.trigger()
    grid.legend.menu.close()
    assert grid.lens.baseline == ARMS[3]
    assert chip.is_baseline
    assert "baseline" in chip.accessibleName()


def test_that_another_experiment_takes_the_place_of_the_first(desk, grid):
    desk.shown.show(scene(["a", "b"], name="other"))
    grid.finish()
    assert list(grid.legend.chips) == ["a", "b"]
    assert [end.arm for end in grid.plots["val_loss"].figure.ends] == ["a", "b"]
    desk.shown.close(desk.shown.current)
    desk.shown.close(desk.shown.current)
    assert list(grid.legend.chips) == []
    assert "Run a comparison" in grid.plots["val_loss"].empty.text()


def test_that_arms_which_come_later_join_the_legend(desk, grid):
    remote = scene(["a"], name="remote")
    desk.shown.show(remote)
    remote._add(type(next(iter(remote.runs.values())))("x/b/s0", "b", 0))
    desk.runs.framed.emit(frozenset({remote}))
    assert list(grid.legend.chips) == ["a", "b"]


def test_that_one_frame_draws_all_plots_that_have_news(desk, grid):
    experiment = scene(done=0.5)
    desk.shown.show(experiment)
    grid.finish()
    for run in experiment.runs.values():
        run.step = 210
        for series in run.series.values():
            series.extend(np.arange(205, 211), np.full(6, 0.2))
    desk.runs.framed.emit(frozenset({experiment}))
    grid.finish()
    assert {plot.figure.ends[0].x for plot in grid.plots.values()} == {210}


def test_that_the_plots_say_in_words_what_they_show(grid):
    text = grid.text_summary()
    for arm in ARMS:
        assert arm in text
    assert "Validation loss" in text
