import re
import shutil

import msgspec
import numpy as np
import pytest
from matplotlib.text import Text

from tests.engine.comparisons import arm, comparison
from tests.runs.report.test_page import Page
from wnin_desktop.runs.drive import drive
from wnin_desktop.runs.landscape.export import write_any
from wnin_desktop.runs.landscape.sample import sample_surface
from wnin_desktop.runs.landscape.session import evaluate
from wnin_desktop.runs.landscape.telling import summary
from wnin_desktop.runs.report.landscape import (
    LEVELS,
    caption,
    contour_levels,
    landscape_figure,
    path_styles,
    spoken,
)
from wnin_desktop.runs.report.look import PALETTE
from wnin_desktop.runs.report.page import write_report
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.landscape import LandscapeRequest


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store.open(tmp_path_factory.mktemp("landscape") / "store") as opened:
        drive(opened, comparison(arm("sgd", "sgld"), arm("adamw"), steps=30, name="small"))
        yield opened


def experiment(store):
    return store.experiments()[0].experiment_id


def surface_of(store, **changes):
    runs = [run.run_id for run in store.runs() if run.seed == 0]
    *_, last = evaluate(
        validate(LandscapeRequest, {"runs": runs, "size": 9, "samples": 60, "plane": "pca"} | changes),
        store=store,
        keep=False,
    )
    return last.surface


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def test_that_the_report_has_the_landscape_with_its_words(store, tmp_path):
    files = write_report(store, experiment(store), tmp_path / "out")
    page = Page(files.html.read_text(encoding="utf-8"))
    assert "Landscape" in page.text
    assert "320 of 320 training examples of digits" in page.text
    assert "training examples of digits; no normalization layers; cost" in page.text
    assert "none with" not in page.text
    assert "forward passes" in page.text
    assert tmp_path / "out" / "figures" / "landscape.svg" in files.figures
    assert "figure-landscape" in page.ids
    assert len(page.ids) == len(set(page.ids))
    labels = [value for name, value in page.attributes if name == "aria-label"]
    assert any(label.startswith("Training loss on the plane nearest to the paths.") for label in labels)
    assert not {"script", "link", "img", "iframe"} & set(page.tags)


def test_that_a_report_is_the_same_file_each_time(store, tmp_path):
    first = write_report(store, experiment(store), tmp_path / "one").html.read_text(encoding="utf-8")
    again = write_report(store, experiment(store), tmp_path / "two").html.read_text(encoding="utf-8")
    assert first == again


def test_that_a_report_without_paths_has_no_such_section(store, tmp_path):
    shutil.copytree(store.path, tmp_path / "store")
    for path in (tmp_path / "store" / "checkpoints").glob("*/trajectory.bin"):
        path.unlink()
    with Store.open(tmp_path / "store") as other:
        files = write_report(other, experiment(other), tmp_path / "out")
    page = Page(files.html.read_text(encoding="utf-8"))
    assert "figure-landscape" not in page.ids
    assert "Landscape" not in page.text


def test_that_the_figure_draws_every_path_in_its_arms_style(store):
    surface = sample_surface(store, experiment(store))
    figure = landscape_figure(surface, ["adamw-none", "sgd-sgld"])
    axes = figure.axes[0]
    colours = [line.get_color() for line in axes.get_lines()]
    assert "#3B7DD8" in colours  # the first arm of the configuration, though its path comes second
    assert "#E07A1F" in colours
    assert axes.get_title(loc="left") == "Training loss (nat)"
    assert "% of the paths (parameter)" in axes.get_xlabel()


def test_that_an_arm_keeps_its_colour_when_it_is_alone_or_first(store):
    alone = surface_of(store, runs=[run.run_id for run in store.runs() if run.arm == "adamw-none"][:1])
    assert "#E07A1F" in [line.get_color() for line in landscape_figure(alone).axes[0].get_lines()]
    ends = [
        next(run.run_id for run in store.runs() if run.arm == name) for name in ("adamw-none", "sgd-sgld")
    ]
    line = surface_of(store, runs=ends, plane="line")
    assert not any("off the plane" in text for text in texts(landscape_figure(line)))  # only ends are drawn
    colours = [each.get_color() for each in landscape_figure(line).axes[0].get_lines()]
    assert [each for each in colours if each in ("#3B7DD8", "#E07A1F")][-2:] == ["#E07A1F", "#3B7DD8"]


def test_that_arms_without_a_place_of_their_own_take_the_next_free_one(store):
    path = surface_of(store).paths[0]

    def colours(*arms):
        paths = [msgspec.structs.replace(path, arm=name, place=place) for name, place in arms]
        return [PALETTE.index(style.colour) for style in path_styles(paths)]

    assert colours(("a", -1), ("b", -1), ("a", -1)) == [0, 1, 0]
    assert colours(("a", -1), ("b", 0)) == [1, 0]
    assert colours(("a", 2), ("b", 2)) == [2, 3]


def test_that_distances_are_the_largest_and_say_so(store):
    surface = surface_of(store)
    path = surface.paths[0]
    path.distance[:] = 0.5
    path.distance[3], path.distance[4], path.distance[-1] = 2.64, np.nan, 2.2
    assert path.farthest == 2.64
    assert "sgd-sgld s0, up to 2.6 off the plane" in texts(landscape_figure(surface))
    assert "up to 2.64 off the plane" in spoken(surface)
    assert "up to 2.64 off the plane" in summary(surface)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("none", "no normalization layers;"),
        ("none with running statistics", "no normalization layers with running statistics;"),
        ("without running statistics", "normalization layers: without running statistics;"),
        ("", "digits; cost"),
    ],
)
def test_that_a_caption_says_what_normalization_layers_did(store, words, told):
    assert told in caption(msgspec.structs.replace(surface_of(store, size=3), normalization=words))


@pytest.mark.parametrize("plane", ["random", "hessian", "three", "line"])
def test_that_every_plane_can_be_drawn_and_told(store, plane, tmp_path):
    runs = [run.run_id for run in store.runs()][: {"three": 3, "line": 2}.get(plane, 1)]
    surface = surface_of(store, plane=plane, runs=runs, sigma=[0.05], draws=2)
    for ending in (".png", ".svg"):
        (file,) = write_any(tmp_path / f"{plane}{ending}", surface)
        assert file.stat().st_size > 4000
    assert "nan" not in caption(surface)
    assert "nan" not in spoken(surface)


def test_that_holes_and_flat_surfaces_are_drawn(store, tmp_path):
    surface = surface_of(store)
    for values in (np.full((9, 9), 0.3), np.full((9, 9), np.nan)):
        surface.values[:] = values
        landscape_figure(surface)
    surface.values[:] = np.arange(81.0).reshape(9, 9)
    surface.values[2:4, 5] = np.nan
    surface.values[0, 0] = np.inf
    assert write_any(tmp_path / "holes.png", surface)


def test_that_contours_go_by_equal_factors_where_a_loss_spans_decades():
    wide, log = contour_levels(np.geomspace(1e-3, 10, 400).reshape(20, 20))
    assert log
    assert len(wide) == LEVELS - 1
    assert np.allclose(np.diff(np.log(wide)), np.diff(np.log(wide))[0])
    narrow, log = contour_levels(np.linspace(1.0, 1.2, 400).reshape(20, 20))
    assert not log
    assert np.allclose(np.diff(narrow), np.diff(narrow)[0])
    spiked = np.linspace(1.0, 2.0, 400).reshape(20, 20)
    spiked[0, :3] = 1e9
    assert contour_levels(spiked)[0].max() < 3


def test_that_the_picture_follows_the_theme_of_its_page(store, tmp_path):
    (file,) = write_any(tmp_path / "s.svg", surface_of(store))
    text = file.read_text(encoding="utf-8")
    assert "data:image" not in text
    assert len(set(re.findall(r"#[0-9a-fA-F]{6}\b", text))) < 12
