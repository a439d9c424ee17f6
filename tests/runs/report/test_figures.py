import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.colors import to_hex

from tests.runs.report.comparisons import ADAMW, SEEDS, SGD, comparison, recorded, trained, turned
from wnin_desktop.noise.schedules import curve as schedule_curve
from wnin_desktop.runs.report.collect import collect
from wnin_desktop.runs.report.figures import difference_plot, forest_figure, metadata, metric_plot, plots
from wnin_desktop.runs.report.leader import leaders
from wnin_desktop.runs.report.look import BAND_ALPHA, SEED_ALPHA, arm_styles
from wnin_desktop.runs.report.overview import overview_figure
from wnin_desktop.runs.report.svg import inline, png_bytes, svg_text
from wnin_desktop.schema.schedule import CosineSchedule


def lines_of(axes, colour, alpha=None):
    return [
        line
        for line in axes.lines
        if to_hex(line.get_color()).upper() == colour and line.get_alpha() == alpha
    ]


def test_that_every_measured_metric_is_drawn_and_no_other(summary):
    assert [plot.key for plot in plots(summary)] == [
        "val_loss", "accuracy", "train_loss", "clean_train_loss", "difference", "hessian_trace_est",
        "sharpness_proxy", "grad_norm", "update_norm", "temperature", "noise_magnitude_gradient_gaussian",
        "noise_to_signal",
    ]  # fmt: skip


def test_that_the_drawn_mean_band_and_seeds_are_the_summarys(summary):
    axes = metric_plot(summary, "val_loss").figure().axes[0]
    for arm in ("adamw", "sgd noisy"):
        series, style = summary.series["val_loss"][arm], arm_styles(summary.arms)[arm]
        (mean,) = lines_of(axes, style.colour)
        assert np.array_equal(mean.get_xydata(), np.column_stack([series.steps, series.mean]))
        faint = lines_of(axes, style.colour, SEED_ALPHA)
        assert [line.get_ydata().tolist() for line in faint] == series.values.tolist()
        assert mean.get_marker() == style.marker
    assert [band.get_alpha() for band in axes.collections] == [BAND_ALPHA, BAND_ALPHA]


def test_that_a_diverged_run_ends_in_a_cross_and_is_counted_in_the_legend(summary):
    plot = metric_plot(summary, "train_loss")
    axes = plot.figure().axes[0]
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert len(crosses) == len(SEEDS)
    bottom, top = axes.get_ylim()
    assert all(bottom <= line.get_ydata()[0] <= top for line in crosses)
    assert [label for label, _ in plot.labels()] == [
        "adamw  n = 3",
        "sgd noisy  n = 3",
        "blown  n = 0, 3 diverged",
    ]


def test_that_the_difference_is_taken_seed_by_seed(summary):
    (found,) = difference_plot(summary).curves
    assert found.name == "sgd noisy"
    mine, theirs = (summary.series["val_loss"][arm].values for arm in ("sgd noisy", "adamw"))
    assert np.array_equal(found.seeds, mine - theirs)
    assert np.allclose(found.mean, (mine - theirs).mean(axis=0))


def test_that_the_planned_schedule_lies_under_the_measured_one(summary):
    plot = next(plot for plot in plots(summary) if plot.key.startswith("noise_magnitude"))
    axes = plot.figure().axes[0]
    planned = axes.lines[-1]
    assert np.allclose(planned.get_ydata(), 0.02 * schedule_curve(CosineSchedule(), 60, 120))
    assert np.allclose(
        np.interp(plot.curves[0].steps, *planned.get_xydata().T), plot.curves[0].mean, atol=1e-5
    )
    assert plot.unit == "sd, gradient units"


def test_that_perplexity_shows_its_floor(tmp_path):
    config = comparison(
        ADAMW,
        steps=4,
        seeds=[0, 1],
        task={"dataset": "golden_mean", "train_examples": 64, "val_examples": 32, "sequence_length": 8},
        network={"kind": "gru", "hidden": 4, "embedding": 2},
        budget={"steps": 4, "batch_size": 16, "eval_every": 2, "norms_every": 2, "curvature_every": 0},
    )
    store, experiment_id = recorded(tmp_path, config)
    with store:
        found = collect(store, experiment_id)
    assert found.perplexity_floor == pytest.approx(1.58740105, abs=1e-8)
    for run in found.runs:
        assert run.final["perplexity"] == pytest.approx(np.exp(run.final["val_loss"]))
    axes = metric_plot(found, "perplexity").figure().axes[0]
    assert any(line.get_ydata()[0] == found.perplexity_floor for line in axes.lines)
    assert axes.get_ylim()[0] < found.perplexity_floor
    assert "floor 1.587" in {text.get_text() for text in axes.texts}


def test_that_a_turned_knob_is_marked_and_leaves_the_plan(tmp_path):
    config = comparison(ADAMW, SGD, steps=12)
    store, experiment_id = recorded(tmp_path, config, turned(trained(config), "sgd noisy", 7))
    with store:
        found = collect(store, experiment_id)
    axes = metric_plot(found, "val_loss").figure().axes[0]
    assert [7, 7] in [list(line.get_xdata()) for line in axes.lines]


def test_that_one_seed_is_drawn_without_a_band(tmp_path):
    store, experiment_id = recorded(tmp_path, comparison(ADAMW, seeds=[4], steps=12))
    with store:
        found = collect(store, experiment_id)
    axes = metric_plot(found, "val_loss").figure().axes[0]
    assert not axes.collections
    assert "n = 1" in metric_plot(found, "val_loss").labels()[0][0]


def test_that_an_estimated_trace_has_whiskers(tmp_path):
    config = comparison(ADAMW, steps=12, network={"kind": "mlp", "hidden": [8], "activation": "tanh"})
    store, experiment_id = recorded(tmp_path, config)
    with store:
        found = collect(store, experiment_id)
    plot = metric_plot(found, "hessian_trace_est")
    (curve,) = plot.curves
    assert (curve.error > 0).all()
    assert plot.figure().axes[0].containers
    assert "Whiskers: ± standard error of the probes." in plot.caption


def test_that_a_picture_names_its_runs_and_seeds(summary):
    text = svg_text(
        metric_plot(summary, "val_loss").figure(), "val_loss", metadata(summary, "Validation loss")
    )
    said = " ".join(ET.fromstring(text).itertext())
    for run in summary.runs:
        assert run.run_id in said
    assert "Seeds 0, 3, 11." in said
    assert summary.fingerprint in said
    assert "n = 3" in said
    png = png_bytes(forest_figure(summary, leaders(summary)), metadata(summary, "overview"))
    assert summary.runs[0].run_id.encode() in png


def test_that_equal_figures_are_equal_bits(summary):
    for plot in plots(summary)[:2]:
        assert svg_text(plot.figure(), plot.key, {}) == svg_text(plot.figure(), plot.key, {})
    table = leaders(summary)
    first, second = (png_bytes(overview_figure(summary, plots(summary), table), {}) for _ in range(2))
    assert first == second


def test_that_pictures_on_one_page_share_no_id_and_take_the_pages_colours(summary):
    texts = [inline(svg_text(plot.figure(), plot.key, {}), plot.words) for plot in plots(summary)[:3]]
    ids = [found for text in texts for found in re.findall(r'\bid="([^"]+)"', text)]
    assert len(ids) == len(set(ids))
    for text in texts:
        assert "var(--arm0,#3b7dd8)" in text.replace("#3B7DD8", "#3b7dd8")
        assert "<style" not in text
        assert not re.search(r"[^,]#1b1f24", text, re.IGNORECASE)


def test_that_a_picture_is_told_in_words(summary):
    words = metric_plot(summary, "val_loss").words
    assert words.startswith("Validation loss in nat over the steps: adamw ")
    assert "at step 60, n = 3" in words
    assert "blown without a run to average" in words


def test_that_names_in_any_script_are_drawn(tmp_path):
    store, experiment_id = recorded(tmp_path, comparison({**ADAMW, "name": "损失 δ"}, seeds=[0], steps=2))
    with store:
        found = collect(store, experiment_id)
    figure = metric_plot(found, "train_loss").figure()
    assert "损失 δ" in svg_text(figure, "train_loss", {})
    assert png_bytes(figure, {}).startswith(b"\x89PNG")
