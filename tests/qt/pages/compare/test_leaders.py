"""The leader table of the page Compare."""

import csv
import io
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from tests.qt.pages.compare.hands import entry
from tests.qt.plots.scene import ARMS, scene
from wnin_desktop.analysis.statistics import Interval
from wnin_desktop.qt.bridge.calm import PAUSE_MS
from wnin_desktop.qt.pages.compare.leader_model import ARM, COLUMNS, DIFFERENCE, VALUE, VERDICT
from wnin_desktop.qt.pages.compare.leader_rows import as_latex, computed, estimate, shared_decimals, snapshot
from wnin_desktop.qt.pages.compare.leader_table import LEAST_LETTERS, MOST_COLUMN
from wnin_desktop.qt.pages.compare.page import ComparePage
from wnin_desktop.qt.theme import theme

Left = Qt.MouseButton.LeftButton
OF_A_SMALL_WINDOW = (674, 598)
"""Pixels of the page in a window of 1280x720 with both docks."""


def test_that_the_table_says_what_the_experiment_says(page):
    expected = page.grid.experiment.leaders("val_loss")
    model = page.leaders.model
    assert [row.arm for row in model.rows] == [row.arm for row in expected]
    assert [row.word for row in model.rows] == [row.word for row in expected]
    assert [row.difference for row in model.rows] == [row.difference for row in expected]
    assert "±" in model.index(0, VALUE).data()


@pytest.mark.parametrize("key", ["val_loss", "accuracy", "train_loss"])
@pytest.mark.parametrize("done", [0.5, 1.0])
def test_that_a_snapshot_gives_the_rows_of_the_whole(key, done):
    experiment = scene(seeds=9, diverged=1, done=done)
    rows = computed(snapshot(experiment, key, experiment.baseline)).rows
    assert list(rows) == experiment.leaders(key)


def test_that_a_snapshot_of_runs_that_take_their_steps_again_reads_no_further_than_they_are():
    experiment = scene(seeds=3, done=0.5)
    whole = snapshot(experiment, "train_loss", experiment.baseline)
    assert {run.series["train_loss"].last[0] for run in whole.runs} == {200}
    for run in experiment.runs.values():
        run.step = 40
    for run, copy in zip(experiment.runs.values(), snapshot(experiment, "train_loss", "").runs, strict=True):
        assert copy.series["train_loss"].last == (40, run.series["train_loss"].at(40))


def test_that_another_experiment_leaves_no_words_of_the_one_before(desk, page):
    assert page.leaders.note.text()
    desk.tasks.hold = True
    desk.shown.show(scene(["a", "b"], name="other"))
    assert page.leaders.note.text() == ""
    assert page.leaders.nothing.isVisible()
    desk.tasks.hold = False
    desk.tasks.release()


def test_that_the_table_follows_the_metric_that_is_chosen(page):
    page.leaders.set_key("accuracy")
    assert page.leaders.model.rows[0].summary.mean > 0.5
    assert "accuracy" in page.leaders.model.headerData(VALUE, Qt.Orientation.Horizontal).lower()


def test_that_a_baseline_is_pinned_from_the_menu_of_a_row(page):
    leaders = page.leaders
    row = next(place for place, row in enumerate(leaders.model.rows) if row.arm == ARMS[2])
    rect = leaders.view.visualRect(leaders.model.index(row, 0))
    leaders.view.customContextMenuRequested.emit(rect.center())
    entry(leaders.menu, "leader-pin").trigger()
    leaders.menu.close()
    assert page.lens.baseline == ARMS[2]
    assert next(row for row in leaders.model.rows if row.word == "baseline").arm == ARMS[2]
    assert page.grid.legend.chips[ARMS[2]].is_baseline


def test_that_the_table_is_sorted_by_a_click_on_its_head_and_back(qtbot, page):
    leaders = page.leaders
    best_first = [row.arm for row in leaders.model.rows]
    header = leaders.view.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(0) + 10, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Left, pos=place)
    assert [row.arm for row in leaders.model.rows] == sorted(best_first)
    qtbot.mouseClick(header.viewport(), Left, pos=place)
    assert [row.arm for row in leaders.model.rows] == sorted(best_first, reverse=True)
    qtbot.mouseClick(header.viewport(), Left, pos=place)
    assert [row.arm for row in leaders.model.rows] == best_first


def test_that_a_verdict_has_word_shape_and_reason(page):
    model = page.leaders.model
    for row in range(model.rowCount()):
        word, kind, icon = model.verdict(model.index(row, VERDICT))
        assert word
        assert kind
        assert icon
    few = scene(seeds=3)
    page.grid._desk.shown.show(few)
    tips = [model.index(row, VERDICT).data(Qt.ItemDataRole.ToolTipRole) for row in range(model.rowCount())]
    assert any("9 seeds are needed" in tip for tip in tips)


def test_that_diverged_seeds_are_counted(page):
    row = next(row for row in page.leaders.model.rows if row.arm == ARMS[0])
    assert row.diverged == 1
    assert row.summary.n == 9


@pytest.mark.parametrize("key", ["val_loss", "clean_train_loss", "accuracy"])
def test_that_four_arms_and_every_column_are_seen_in_a_small_window(desk, page, key):
    page.resize(*OF_A_SMALL_WINDOW)
    page.leaders.set_key(key)
    QApplication.processEvents()
    table, header = page.leaders.view, page.leaders.view.horizontalHeader()
    seen = table.viewport().rect()
    assert seen.contains(table.visualRect(page.leaders.model.index(3, 0)).bottomLeft())
    assert header.length() <= seen.width()
    for column in range(1, COLUMNS):
        assert header.sectionSize(column) >= table.sizeHintForColumn(column), column
    header.setSortIndicator(VALUE, Qt.SortOrder.AscendingOrder)
    assert header.sectionSize(VALUE) >= header.sectionSizeHint(VALUE)


def test_that_columns_and_rows_follow_the_size_of_text(page):
    table, header = page.leaders.view, page.leaders.view.horizontalHeader()
    before = header.sectionSize(VALUE), table.rowHeight(0)
    try:
        theme().set_text_scale(1.5)
        QApplication.processEvents()
        assert header.sectionSize(VALUE) >= table.sizeHintForColumn(VALUE) > before[0]
        assert table.rowHeight(0) > before[1]
    finally:
        theme().set_text_scale(1.0)


def test_that_long_names_are_cut_and_nothing_else(desk, page):
    desk.shown.show(scene([f"a very long name of an arm {place}" for place in range(4)], seeds=10))
    page.resize(*OF_A_SMALL_WINDOW)
    QApplication.processEvents()
    table, header = page.leaders.view, page.leaders.view.horizontalHeader()
    assert header.length() <= table.viewport().width()
    least = LEAST_LETTERS * table.fontMetrics().averageCharWidth()
    assert least < header.sectionSize(ARM) < table.sizeHintForColumn(ARM)
    page.resize(1400, OF_A_SMALL_WINDOW[1])
    QApplication.processEvents()
    assert header.sectionSize(ARM) >= table.sizeHintForColumn(ARM)


def interval(mean, half):
    return Interval(mean, mean - half, mean + half, 5, 0.95, "t")


ONE = Interval(0.31, None, None, 1, 0.95, "none")


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([interval(0.31234, 0.0213), interval(0.31, 0.2)], ["0.312 ± 0.021", "0.310 ± 0.200"]),
        ([interval(0.3, 0.00996), interval(0.2, 0.0099)], ["0.3000 ± 0.0100", "0.2000 ± 0.0099"]),
        ([interval(0.31, 0.021), ONE, None], ["0.310 ± 0.021", "0.310", "–"]),
        ([ONE], ["0.3100"]),
        ([interval(161.26, 13.2), interval(0.16, 0.011)], ["161 ± 13", "0.160 ± 0.011"]),
        ([interval(359.72, 7.625), interval(0.03, 0.012)], ["359.7 ± 7.6", "0.030 ± 0.012"]),
        ([interval(1234.0, 560.0)], ["1234 ± 560"]),
        ([interval(-0.5, 0.1), interval(0.25, 0.0)], ["−0.50 ± 0.10", "0.25 ± 0.00"]),
        ([interval(1.234e-7, 2.1e-9)], ["(1.234 ± 0.021)·10⁻⁷"]),
        ([interval(2.5e8, 1.3e7)], ["(2.50 ± 0.13)·10⁸"]),
        ([interval(0.0, 0.0)], ["0 ± 0"]),
    ],
)
def test_that_a_column_has_the_decimals_that_its_intervals_allow(column, said):
    decimals = shared_decimals(column)
    assert [estimate(found, each) for found, each in zip(column, decimals, strict=True)] == said


def test_that_differences_carry_a_sign_and_both_columns_their_intervals(page):
    model = page.leaders.model
    for row, found in enumerate(model.rows):
        texts = [model.index(row, column).data() for column in (VALUE, DIFFERENCE)]
        assert texts[1] == "–" if found.difference is None else texts[1][0] in "+−"
        tip = model.index(row, VALUE).data(Qt.ItemDataRole.ToolTipRole)
        assert "95 % interval from" in tip
    decimals = {len(text.partition(" ")[0].partition(".")[2]) for text in values(model)}
    assert len(decimals) == 1


def values(model):
    return [model.index(row, VALUE).data() for row in range(model.rowCount())]


def test_that_the_table_is_copied_for_a_spreadsheet(qtbot, page):
    qtbot.mouseClick(page.leaders.copy_button, Left)
    entry(page.leaders.menu, "leader-copy-tsv").trigger()
    page.leaders.menu.close()
    rows = list(csv.DictReader(io.StringIO(QGuiApplication.clipboard().text()), delimiter="\t"))
    assert [row["arm"] for row in rows] == [row.arm for row in page.leaders.model.table.rows]
    assert float(rows[0]["val_loss"]) == page.leaders.model.table.rows[0].summary.mean


def test_that_the_keys_of_copying_copy_the_table(qtbot, page):
    QGuiApplication.clipboard().clear()
    page.leaders.view.selectionModel().select(
        page.leaders.model.index(0, 0), QItemSelectionModel.SelectionFlag.Select
    )
    qtbot.keyClick(page.leaders, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "val_loss" in QGuiApplication.clipboard().text()


def test_that_the_table_is_copied_as_latex(qtbot, page):
    qtbot.mouseClick(page.leaders.copy_button, Left)
    entry(page.leaders.menu, "leader-copy-latex").trigger()
    page.leaders.menu.close()
    text = QGuiApplication.clipboard().text()
    assert "\\begin{tabular}" in text
    assert "normalized\\_dynamics" in text
    assert page.grid.experiment.experiment_id in text


def test_that_latex_escapes_names():
    experiment = scene(["a_1 .5", "b"], seeds=3)
    table = computed(snapshot(experiment, "val_loss", "b"))
    assert "a\\_1 .5 &" in as_latex(table, "where\nfrom")


def test_that_numbers_change_at_most_four_times_a_second(qtbot, desk, page):
    before, computed_at = len(desk.tasks.started), []
    begun = time.monotonic()
    for _ in range(3):
        for _ in range(50):
            desk.runs.framed.emit(frozenset({page.grid.experiment}))
        count = before + len(computed_at)
        assert len(desk.tasks.started) == count
        qtbot.waitUntil(lambda count=count: len(desk.tasks.started) > count)
        computed_at.append(time.monotonic() - begun)
    assert computed_at[-1] >= 3 * PAUSE_MS / 1000


def renumbered(table, **differences):
    """Return a table in which the means of some arms differ by so much."""
    rows = [
        replace(row, summary=replace(row.summary, mean=row.summary.mean + differences[row.arm]))
        if row.arm in differences and row.summary is not None
        else row
        for row in table.rows
    ]
    return replace(table, rows=tuple(rows))


def test_that_only_cells_that_say_something_else_are_told_to_change(qtbot, page):
    model = page.leaders.model
    told, heads = [], []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), first.column(), last.column())))
    model.headerDataChanged.connect(lambda *_: heads.append(True))
    model.set_table(renumbered(model.table))
    assert told == []
    place, row = next((place, row) for place, row in enumerate(model.rows) if row.summary is not None)
    before = model.index(place, VALUE).data()
    model.set_table(renumbered(model.table, **{row.arm: -0.1 * row.summary.mean}))
    assert told == [(place, VALUE, VALUE)]
    assert model.index(place, VALUE).data() != before
    assert heads == []
    page.leaders.set_key("accuracy")
    assert heads


def test_that_columns_grow_with_what_is_in_them_and_do_not_shrink_with_every_number(page):
    view, model = page.leaders.view, page.leaders.model
    table = model.table
    width = view.columnWidth(VALUE)
    arm = model.rows[0].arm
    model.set_table(renumbered(table, **{arm: 1e7}))
    grown = view.columnWidth(VALUE)
    assert grown > width
    assert grown >= min(view.sizeHintForColumn(VALUE), MOST_COLUMN)
    model.set_table(table)
    assert view.columnWidth(VALUE) == grown
    page.leaders.set_key("accuracy")
    page.leaders.set_key("val_loss")
    assert view.columnWidth(VALUE) == width


def test_that_answers_which_come_too_late_are_dropped(desk, page):
    desk.tasks.hold = True
    page.leaders.set_key("accuracy")
    other = scene(["a", "b"], name="other")
    desk.shown.show(other)
    desk.tasks.hold = False
    desk.tasks.release()
    page.leaders.compute()
    assert {row.arm for row in page.leaders.model.rows} == {"a", "b"}


def test_that_a_table_without_outcomes_says_what_it_waits_for(qtbot, desk):
    made = ComparePage(desk)
    qtbot.addWidget(made)
    experiment = scene(["a", "b"], done=0.5)
    for run in experiment.runs.values():
        run.series.pop("val_loss")
    desk.shown.show(experiment)
    made.show()
    assert made.leaders.nothing.isVisible()
    assert "validation loss" in made.leaders.nothing.text()
    assert not made.leaders.copy_button.isEnabled()
