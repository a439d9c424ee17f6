import csv
import io
import json
from dataclasses import replace

import pytest

from tests.runs.report.comparisons import ADAMW, BLOWN, SEEDS, SGD, comparison, cut, recorded, trained
from wnin_desktop.analysis.leader import leader_table
from wnin_desktop.analysis.statistics import mean_interval
from wnin_desktop.runs.report.collect import collect
from wnin_desktop.runs.report.leader import leaders, records
from wnin_desktop.runs.report.tables import (
    as_csv,
    as_json,
    as_latex,
    columns,
    display_width,
    latex_escape,
    text_table,
)


def test_that_rows_are_sorted_by_validation_loss_and_arms_without_one_come_last(summary, table):
    means = [row.row.summary.mean for row in table if row.row.summary is not None]
    assert means == sorted(means)
    assert [row.arm for row in table][-1] == "blown"
    assert len(table) == 3


def test_that_rows_say_what_the_statistics_say(summary, table):
    outcomes = summary.outcomes("val_loss")
    expected = {row.arm: row for row in leader_table(outcomes, "adamw")}
    for row in table:
        assert row.row.summary == expected[row.arm].summary
        assert row.row.difference == expected[row.arm].difference
        assert row.row.word == expected[row.arm].word
        assert row.row.diverged == expected[row.arm].diverged


def test_that_every_score_is_the_mean_of_the_runs_own(small, summary, table):
    store, _ = small
    for row in table[:2]:
        runs = [store.run(run.run_id) for run in summary.runs_of(row.arm)]
        for key in ("val_loss", "accuracy", "clean_train_loss"):
            assert row.scores[key] == mean_interval([run.final[key] for run in runs])
        traces = [store.series(run.run_id, ["hessian_trace_est"])["hessian_trace_est"][-1] for run in runs]
        assert row.scores["hessian_trace_est"] == mean_interval(traces)
        assert row.trace_error == 0.0  # exact for ReLU


def test_that_an_estimated_trace_carries_its_probes_error(tmp_path):
    config = comparison(ADAMW, steps=6, network={"kind": "mlp", "hidden": [8], "activation": "tanh"})
    store, experiment_id = recorded(tmp_path, config)
    with store:
        found = collect(store, experiment_id)
        last = [store.series(run.run_id)["hessian_trace_se"][-1] for run in found.runs]
    (row,) = leaders(found)
    assert row.trace_error == pytest.approx(sum(error**2 for error in last) ** 0.5 / 3)
    cells = {column.heading.key: column.cell(row) for column in columns(found, [row])}
    assert "±" in cells["hessian_trace_est"].main


def test_that_fewer_than_nine_seeds_cannot_conclude_and_say_why(table):
    row = next(row for row in table if row.arm == "sgd noisy")
    assert row.row.word == "cannot conclude"
    assert "3 paired seeds" in row.row.note


def test_that_a_baseline_without_a_finite_run_leaves_the_others_their_means(tmp_path):
    store, experiment_id = recorded(tmp_path, comparison(BLOWN, SGD))
    with store:
        first, last = leaders(collect(store, experiment_id))
    assert (first.arm, first.n, first.row.difference, first.row.word) == (
        "sgd noisy",
        3,
        None,
        "cannot conclude",
    )
    assert (last.arm, last.row.summary, last.row.diverged, last.row.word) == ("blown", None, 3, "baseline")


def test_that_a_baseline_nobody_ran_is_not_called_diverged(tmp_path):
    config = comparison(ADAMW, SGD, steps=12)
    events = [event for event in trained(config) if not event.run_id.startswith("x/adamw")]
    store, experiment_id = recorded(tmp_path, config, events)
    with store:
        first, last = leaders(collect(store, experiment_id))
    assert first.arm == "sgd noisy"
    assert (last.row.diverged, last.unfinished) == (0, {"not started": 3})
    assert "not started" in last.row.note


def test_that_an_interrupted_comparison_is_ranked_by_its_last_common_evaluation(tmp_path):
    config = comparison(ADAMW, SGD, steps=30)
    store, experiment_id = recorded(tmp_path, config, cut(trained(config), 17))
    with store:
        found = collect(store, experiment_id)
        stored = [store.series(run.run_id, ["val_loss"])["val_loss"][14] for run in found.runs_of("adamw")]
    row = next(row for row in leaders(found) if row.arm == "adamw")
    assert row.row.summary == mean_interval(stored)
    assert "live scores at step 15" in text_table(found, [row])


def test_that_nothing_recorded_gives_a_table_without_numbers(tmp_path):
    store, experiment_id = recorded(tmp_path, comparison(ADAMW), events=[])
    with store:
        found = collect(store, experiment_id)
    (row,) = leaders(found)
    assert (row.n, row.unfinished) == (0, {"not started": 3})
    assert "No run has an outcome yet." in text_table(found, [row])
    assert records([row])[0]["val_loss"] is None


def test_that_one_seed_has_no_interval_and_says_so(tmp_path):
    store, experiment_id = recorded(tmp_path, comparison(ADAMW, SGD, seeds=[4], steps=12))
    with store:
        found = collect(store, experiment_id)
    rows = leaders(found)
    for record in records(rows):
        assert (record["val_loss_low"], record["val_loss_high"], record["val_loss_n"]) == (None, None, 1)
    text = text_table(found, rows)
    assert "One seed, so no interval" in text
    assert "[" not in text.splitlines()[2]


def test_that_json_and_csv_hold_the_records_at_full_precision(summary, table):
    document = json.loads(as_json(summary, table))
    assert document["arms"] == records(table)
    assert document["fingerprint"] == summary.fingerprint
    rows = list(csv.DictReader(io.StringIO(as_csv(table))))
    for row, record in zip(rows, records(table), strict=True):
        assert row["arm"] == record["arm"]
        assert float(row["val_loss"] or "nan") == pytest.approx(
            record["val_loss"] or float("nan"), abs=0, nan_ok=True
        )


def test_that_a_name_is_no_formula_to_a_spreadsheet(table):
    hostile = replace(table[0], row=replace(table[0].row, arm="=1+1"))
    assert next(csv.DictReader(io.StringIO(as_csv([hostile]))))["arm"] == "'=1+1"


def test_that_the_text_table_fits_a_width_and_says_what_it_left_out(summary, table):
    wide = text_table(summary, table)
    narrow = text_table(summary, table, width=90)
    rows = narrow.split("\n\n")[0].splitlines()
    assert max(map(display_width, rows)) <= 90 < max(map(display_width, wide.splitlines()))
    assert "Left out for width: Relative trace" in narrow
    assert "Validation loss (nat)" in rows[0]


def test_that_columns_line_up_for_wide_letters_too():
    assert display_width("损失") == 4
    assert display_width("e\u0301") == 1


def test_that_latex_has_no_bare_special_letters(summary, table):
    hostile = replace(table[0], row=replace(table[0].row, arm=r"a_b\c&d%e$f#g{h}~^<>"))
    named = replace(summary, name="two\nlines \\end{document}")
    text = as_latex(named, [hostile])
    body = text.split("\\midrule")[1]
    assert (
        r"a\_b\textbackslash{}c\&d\%e\$f\#g\{h\}\textasciitilde{}\textasciicircum{}\textless{}\textgreater{}"
        in body
    )
    assert all(line.startswith("%") for line in text.splitlines()[:4])
    assert latex_escape("−0.5 ± 10⁻³") == "$-$0.5 $\\pm$ 10$^-$$^3$"


def test_that_every_cell_shows_n_or_stands_beside_it(summary, table):
    shown = {column.heading.key for column in columns(summary, table)}
    assert {"n", "val_loss", "difference", "verdict"} <= shown
    counts = next(column for column in columns(summary, table) if column.heading.key == "n")
    assert [counts.cell(row).line() for row in table] == [
        "3 of 3",
        "3 of 3",
        f"0 of {len(SEEDS)} (3 diverged)",
    ]
