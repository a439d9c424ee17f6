"""What leaves a plot can be traced back to its runs."""

import csv
import gc
import time
import tracemalloc
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication, QImage

from tests.qt.plots.scene import ARMS, SceneDesk, scene
from wnin_desktop.qt.plots import export, recording
from wnin_desktop.qt.plots.curves import Window
from wnin_desktop.qt.plots.export import KINDS, Saver, info_of
from wnin_desktop.qt.plots.export_data import SHOWN, Column, Taken, shown, table
from wnin_desktop.qt.plots.grid import PlotGrid
from wnin_desktop.qt.plots.menu import ExportMenu, PlotMenu
from wnin_desktop.qt.plots.recording import Recorder
from wnin_desktop.qt.plots.smooth import Smoothing
from wnin_desktop.qt.theme import theme


@pytest.fixture
def desk(qapp):
    return SceneDesk()


@pytest.fixture
def grid(qtbot, desk):
    made = PlotGrid(desk)
    qtbot.addWidget(made)
    made.resize(800, 560)
    desk.shown.show(scene(diverged=1))
    made.show()
    made.finish()
    return made


@pytest.fixture
def write(qtbot, desk, grid, tmp_path):
    """Return what writes plots as a kind of file and returns its path."""

    def do(kind, keys=("val_loss",), name="figure"):
        plots = [grid.plots[key] for key in keys]
        path = tmp_path / f"{name}.{KINDS[kind].suffix}"
        saver = Saver(plots, KINDS[kind], info_of(plots), desk, grid)
        before = len(desk.notices.kept)
        saver.write(str(path))
        qtbot.waitUntil(lambda: len(desk.notices.kept) > before)
        return path

    return do


@pytest.mark.parametrize(("kind", "ratio"), [("png", 1), ("png2", 2)])
def test_that_a_png_has_its_size_and_says_where_it_comes_from(write, grid, kind, ratio):
    image = QImage(str(write(kind)))
    plot = grid.plots["val_loss"]
    assert image.width() == plot.width() * ratio
    assert image.height() > plot.height() * ratio
    assert image.text("Experiment") == plot.experiment.experiment_id
    assert image.text("Seeds") == "0 1 2 3 4"
    assert len(image.text("Fingerprint")) == 64
    assert image.text("Software").startswith("WNIN Desktop ")
    assert all(run_id in image.text("Runs") for run_id in plot.experiment.runs)


def test_that_a_file_is_drawn_on_white_whatever_the_window_shows(write, grid):
    theme().apply("dark")
    image = QImage(str(write("png")))
    assert theme().dark
    theme().apply("system")
    assert image.pixelColor(1, image.height() - 2).name() == "#ffffff"
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert grid.plots["val_loss"].look(ARMS[2]).colour.name() in colours


def test_that_an_svg_is_well_formed_and_describes_itself(write, grid):
    root = ET.parse(write("svg")).getroot()
    text = "".join(root.itertext())
    assert grid.experiment.experiment_id in text
    assert "Fingerprint" in text
    assert "Validation loss" in text
    assert len(list(root.iter("{http://www.w3.org/2000/svg}polyline"))) > 10


def test_that_a_pdf_names_its_experiment_and_program(write, grid):
    data = write("pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert b"WNIN Desktop" in data
    assert grid.experiment.experiment_id.encode() in data


def test_that_a_csv_holds_exactly_what_is_shown(write, grid):
    grid.lens.zoom(x=(100.0, 200.0))
    grid.lens.toggle(ARMS[3])
    grid.finish()
    lines = write("csv").read_text().splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert any(grid.experiment.experiment_id in line for line in comments)
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert {row["arm"] for row in rows} == set(ARMS[:3])
    band = grid.experiment.band(ARMS[1], "val_loss")
    seen = (band.steps >= 100) & (band.steps <= 200)
    mine = [row for row in rows if row["arm"] == ARMS[1]]
    assert [float(row["at"]) for row in mine] == band.steps[seen].tolist()
    assert [float(row["mean"]) for row in mine] == band.mean[seen].tolist()
    assert [float(row["low"]) for row in mine] == band.low[seen].tolist()
    assert {row["n"] for row in mine} == {"5"}
    assert {row["seeds"] for row in mine} == {"0 1 2 3 4"}
    assert {row["smoothed"] for row in mine} == {""}


def test_that_smoothed_values_stand_beside_the_raw_ones(write, grid):
    grid.lens.change(smoothing=Smoothing("mean", 5))
    rows = list(csv.DictReader(line for line in write("csv").read_text().splitlines() if line[0] != "#"))
    assert all(np.isfinite(float(row["smoothed"])) for row in rows)


def test_that_the_raw_table_has_every_seed(write, grid):
    rows = list(csv.DictReader(line for line in write("raw").read_text().splitlines() if line[0] != "#"))
    assert {row["run"] for row in rows} == set(grid.experiment.runs)
    run = grid.experiment.runs_of(ARMS[2])[3]
    mine = [float(row["value"]) for row in rows if row["run"] == run.run_id]
    assert mine == run.series["val_loss"].values.tolist()


def test_that_several_plots_share_a_figure(write, grid):
    image = QImage(str(write("png", tuple(grid.plots))))
    assert image.width() > 1.8 * grid.plots["val_loss"].width()
    assert "Training loss" in image.text("Title")
    assert "Temperature" in image.text("Title")


def test_that_names_which_are_formulas_stay_words(desk, qtbot, tmp_path):
    grid = PlotGrid(desk)
    qtbot.addWidget(grid)
    experiment = scene(["a", "b"])
    experiment.runs_of("a")[0].arm = "=1+1"
    text = table([Column(("val_loss", "=1+1"), (np.array([1.0]),))], ("metric", "arm", "at"),
                 export.FigureInfo.of(experiment, [], ""))  # fmt: skip
    assert "'=1+1" in text


def test_that_data_are_copied_as_a_table_for_a_spreadsheet(desk, grid):
    export.copy_data([grid.plots["val_loss"]], desk)
    lines = QGuiApplication.clipboard().text().splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert rows[0][:5] == ["metric", "arm", "seeds", "at", "mean"]
    assert {len(row) for row in rows} == {len(SHOWN)}
    assert len(rows) > 100


def test_that_every_table_names_its_runs_and_seeds_above_its_head(write, desk, grid):
    export.copy_data([grid.plots["val_loss"]], desk)
    files = [write(kind, name=kind) for kind in ("tsv", "csv", "raw")]
    for text in (QGuiApplication.clipboard().text(), *(path.read_text() for path in files)):
        head = dict(line[2:].split(": ", 1) for line in text.splitlines() if line.startswith("# "))
        assert head["Runs"].split(", ") == list(grid.experiment.runs)
        assert head["Seeds"] == "0 1 2 3 4"
        assert head["Experiment"] == grid.experiment.experiment_id
        assert "\t" not in text[: text.index("\nmetric")]


@pytest.mark.parametrize("mode", ["value", "difference", "matched"])
def test_that_a_table_is_what_was_shown_when_it_was_asked_for(grid, mode):
    grid.lens.change(mode=mode, smoothing=Smoothing("ema", 0.9))
    grid.finish()
    curves = grid.plots["val_loss"].curves
    expected = {arm: [np.array(column) for column in columns(curves, arm)] for arm in curves.arms}
    taken = Taken.of(curves, (-np.inf, np.inf))
    for run in grid.experiment.runs.values():
        run.series["val_loss"].extend(np.arange(401, 500), np.full(99, 7.0))
    found = {column.words[1]: column.numbers for column in shown(taken)}
    assert found.keys() == expected.keys()
    for arm, numbers in found.items():
        for mine, theirs in zip(numbers, expected[arm], strict=True):
            np.testing.assert_array_equal(mine, theirs)


def columns(curves, arm):
    band = curves.whole(arm)
    return band.steps, band.mean, band.low, band.high, band.n, curves.smoothed(arm, Window())[1]


def test_that_the_seeds_of_a_difference_are_those_of_both(grid):
    for run in grid.experiment.runs_of(ARMS[0])[:2]:
        run.series.pop("val_loss")
    grid.lens.change(mode="difference")
    found = shown(Taken.of(grid.plots["val_loss"].curves, (0, 400)))
    assert {column.words[2] for column in found} == {"2 3 4"}


def test_that_asking_for_a_long_table_copies_no_curve(desk, qtbot):
    grid = PlotGrid(desk)
    qtbot.addWidget(grid)
    desk.shown.show(scene(list("abcdefghi"), seeds=2, steps=100_000))
    plots = list(grid.plots.values())
    info = info_of(plots)
    tracemalloc.start()
    try:
        began = time.thread_time()
        export.data_of(plots, "csv", info)
        taken = time.thread_time() - began
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 0.016
    assert peak < 200_000


def test_that_a_picture_is_copied_twice_as_fine(qtbot, desk, grid):
    QGuiApplication.clipboard().clear()
    export.copy_image([grid.plots["val_loss"]], desk)
    qtbot.waitUntil(lambda: not QGuiApplication.clipboard().image().isNull())
    assert QGuiApplication.clipboard().image().width() == 2 * grid.plots["val_loss"].width()


def test_that_file_names_say_day_experiment_metric_and_seeds(grid):
    info = info_of([grid.plots["val_loss"]])
    assert info.file_stem("val_loss") == "2026-11-21_scene_val_loss_s0-4"


def test_that_the_dialog_offers_the_name_and_remembers_the_folder(qtbot, desk, grid, tmp_path):
    saver = export.save([grid.plots["val_loss"]], "svg", desk, grid)
    assert saver.dialog.isVisible()
    assert saver.dialog.selectedFiles()[0].endswith("2026-11-21_scene_val_loss_s0-4.svg")
    saver.dialog.fileSelected.emit(str(tmp_path / "x.svg"))
    saver.dialog.close()
    qtbot.waitUntil((tmp_path / "x.svg").exists)
    again = export.save([grid.plots["val_loss"]], "png", desk, grid)
    assert again.dialog.directory().absolutePath() == str(tmp_path)
    again.dialog.close()


def test_that_a_folder_which_cannot_be_written_is_told_and_nothing_is_left(desk, grid, tmp_path):
    plots = [grid.plots["val_loss"]]
    saver = Saver(plots, KINDS["csv"], info_of(plots), desk, grid)
    saver.write(str(tmp_path / "missing" / "x.csv"))
    assert desk.notices.kept[-1].kind == "danger"
    assert list(tmp_path.iterdir()) == []


def test_that_nothing_to_export_is_said(qtbot, desk):
    grid = PlotGrid(desk)
    qtbot.addWidget(grid)
    assert export.save(list(grid.plots.values()), "png", desk, grid) is None
    assert "nothing to export" in desk.notices.kept[-1].text


def test_that_the_menus_hold_every_way_out(qtbot, desk, grid):
    menu = PlotMenu(grid.plots["val_loss"], grid, desk)
    names = {action.objectName() for action in menu.export.actions() if action.objectName()}
    assert names >= {f"plot-export-{key}" for key in (*KINDS, "image", "data")}
    everything = ExportMenu("", lambda: list(grid.plots.values()), desk, grid, name="all")
    entry = next(action for action in everything.actions() if action.objectName() == "all-data")
    entry.trigger()
    assert "temperature" in QGuiApplication.clipboard().text()
    for each in (menu, everything):
        each.deleteLater()


def test_that_closing_everything_while_a_figure_is_recorded_does_no_harm(qtbot, desk, qapp):
    grid = PlotGrid(desk)
    qtbot.addWidget(grid)
    desk.shown.show(scene())
    grid.show()
    plots = list(grid.plots.values())
    recorder = Recorder(plots, info_of(plots), lambda *_: None, light=True)
    recorder.start()
    recorder._go_on()
    recorder.abandon()
    assert recorder not in recording._at_work
    del recorder
    gc.collect()
