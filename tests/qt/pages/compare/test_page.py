"""The page Compare, used as a person uses it."""

import csv
import io
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QWidget

from tests.qt.plots.scene import ARMS, SceneDesk, scene
from wnin_desktop.analysis.statistics import Interval
from wnin_desktop.qt.bridge.calm import PAUSE_MS
from wnin_desktop.qt.pages import PAGES
from wnin_desktop.qt.pages.compare.leader_model import ARM, COLUMNS, DIFFERENCE, DIVERGED, VALUE, VERDICT
from wnin_desktop.qt.pages.compare.leader_rows import as_latex, computed, estimate, shared_decimals, snapshot
from wnin_desktop.qt.pages.compare.leader_table import LEAST_LETTERS, MOST_COLUMN
from wnin_desktop.qt.pages.compare.page import ComparePage
from wnin_desktop.qt.theme import theme

Left = Qt.MouseButton.LeftButton
OF_A_SMALL_WINDOW = (674, 598)
"""Pixels of the page in a window of 1280x720 with both docks."""


@pytest.fixture
def desk(qapp):
    return SceneDesk()


@pytest.fixture
def page(qtbot, desk):
    made = ComparePage(desk)
    qtbot.addWidget(made)
    made.resize(1100, 760)
    desk.shown.show(scene(seeds=10, diverged=1))
    made.show()
    made.grid.finish()
    return made


def entry(menu, name):
    for action in menu.actions():
        if action.objectName() == name:
            return action
        if action.menu() and (found := entry(action.menu(), name)):
            return found
    return None


def choose(qtbot, box, key):
    """Choose an entry of a combo box by its data, as the list does."""
    box.setCurrentIndex(box.findData(key))
    box.activated.emit(box.currentIndex())


def test_that_the_page_is_registered_and_made_on_demand(qtbot, desk):
    spec = next(spec for spec in PAGES if spec.name == "compare")
    made = spec.load(desk)
    qtbot.addWidget(made)
    assert isinstance(made, ComparePage)


def test_that_an_empty_page_says_what_appears_and_how(qtbot, desk):
    started = []
    desk.actions.add("run.start", "Run", lambda: started.append(1), icon="run")
    made = ComparePage(desk)
    qtbot.addWidget(made)
    made.show()
    assert made.empty.isVisible()
    assert not made.splitter.isVisible()
    assert "Run" in made.text_summary()
    qtbot.mouseClick(made.empty.button, Left)
    assert started
    desk.shown.show(scene())
    assert made.splitter.isVisible()
    assert not made.empty.isVisible()


def test_that_the_mode_is_switched_by_clicking(qtbot, page):
    qtbot.mouseClick(page.tools.mode.button("difference"), Left)
    assert page.lens.mode == "difference"
    assert not page.tools.log_y.isEnabled()
    qtbot.mouseClick(page.tools.mode.button("matched"), Left)
    page.grid.finish()
    assert page.grid.plots["val_loss"].figure.frame.x0 > page.grid.plots["val_loss"].figure.frame.x1


def test_that_switches_act_and_follow(qtbot, page):
    for switch, field in (
        (page.tools.seeds, "seeds"), (page.tools.bands, "bands"), (page.tools.log_x, "log_x")
    ):  # fmt: skip
        before = getattr(page.lens, field)
        qtbot.mouseClick(switch, Left)
        assert getattr(page.lens, field) is not before
        page.lens.change(**{field: before})
        assert switch.isChecked() is before


def test_that_log_x_keeps_the_first_steps_apart(qtbot, page):
    qtbot.mouseClick(page.tools.log_x, Left)
    page.grid.finish()
    frame = page.grid.plots["train_loss"].figure.frame
    assert frame.log_x
    assert frame.x_range == pytest.approx((1, 400))
    assert len(page.grid.plots["train_loss"].figure.ends) == 4


def test_that_log_y_is_switched_for_all_plots(qtbot, page):
    qtbot.mouseClick(page.tools.log_y, Left)
    page.grid.finish()
    assert not any(plot.figure.frame.log_y for plot in page.grid.plots.values())
    qtbot.mouseClick(page.tools.log_y, Left)
    page.grid.finish()
    assert all(plot.figure.frame.log_y for plot in page.grid.plots.values())


def test_that_smoothing_is_chosen_from_the_list(qtbot, page):
    choose(qtbot, page.tools.smoothing, "ema-0.9")
    assert page.lens.smoothing.key == "ema-0.9"
    page.grid.finish()


def test_that_zoom_goes_back_and_forward_by_buttons(qtbot, page):
    assert not page.tools.back.isEnabled()
    page.lens.zoom(x=(10.0, 50.0))
    qtbot.mouseClick(page.tools.back, Left)
    assert page.lens.x_range is None
    qtbot.mouseClick(page.tools.forward, Left)
    assert page.lens.x_range == (10.0, 50.0)
    qtbot.mouseClick(page.tools.whole, Left)
    assert page.lens.x_range is None
    assert not page.tools.whole.isEnabled()


def test_that_plots_and_columns_are_chosen_from_the_menu(qtbot, page):
    qtbot.mouseClick(page.tools.layout_button, Left)
    entry(page.tools.menu, "compare-plot-accuracy").trigger()
    entry(page.tools.menu, "compare-plot-temperature").trigger()
    entry(page.tools.menu, "compare-columns-3").trigger()
    page.tools.menu.close()
    assert "accuracy" in page.grid.plots
    assert "temperature" not in page.grid.plots
    assert page.grid.columns == 3


def test_that_all_plots_are_exported_from_the_menu(qtbot, page):
    qtbot.mouseClick(page.tools.export_button, Left)
    entry(page.tools.menu, "compare-export-menu-data").trigger()
    page.tools.menu.close()
    text = QGuiApplication.clipboard().text()
    assert "hessian_trace_est" in text
    assert "train_loss" in text


def test_that_the_experiment_is_chosen_where_several_are_open(qtbot, desk, page):
    assert not page.tools.experiments.isVisible()
    other = scene(["a", "b"], name="other")
    desk.shown.show(other)
    assert page.tools.experiments.isVisible()
    page.tools.experiments.setCurrentIndex(0)
    page.tools.experiments.activated.emit(0)
    assert desk.shown.current is not other
    assert list(page.grid.legend.chips) == list(ARMS)


# -- leader table ------------------------------------------------------------------------------------------


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


# -- as a whole ------------------------------------------------------------------------------------------


def test_that_the_page_is_as_it_was_in_the_next_session(qtbot, desk, page):
    page.grid.set_metrics(["accuracy", "val_loss"])
    page.leaders.set_key("accuracy")
    page.lens.change(mode="difference", seeds=False)
    other = ComparePage(desk)
    qtbot.addWidget(other)
    other.resize(page.size())
    other.restore(page.state())
    assert other.grid.state() == page.grid.state()
    assert other.leaders.key == "accuracy"


def test_that_a_page_that_nobody_saw_leaves_the_height_to_the_plots(qtbot, desk):
    unseen = ComparePage(desk)
    qtbot.addWidget(unseen)
    unseen.show()
    made = ComparePage(desk)
    qtbot.addWidget(made)
    made.restore(unseen.state())
    made.resize(900, 700)
    desk.shown.show(scene())
    made.show()
    plots, table = made.splitter.sizes()
    assert plots > 2 * table


@pytest.mark.parametrize("damage", [{}, {"grid": 3, "leader_metric": 7, "splitter": ["a", "b"]},
                                    {"leader_metric": "nothing", "splitter": [-4, 0]}])  # fmt: skip
def test_that_a_damaged_session_gives_the_first_page(qtbot, desk, damage):
    made = ComparePage(desk)
    qtbot.addWidget(made)
    made.restore(damage)
    assert made.leaders.key == "val_loss"
    assert len(made.grid.plots) == 4


def test_that_every_control_has_a_name_and_is_reached_by_the_keyboard(page):
    for kind in (QAbstractButton, QComboBox):
        for control in page.findChildren(kind):
            if control.isVisible() and control.focusPolicy() != Qt.FocusPolicy.NoFocus:
                assert control.objectName(), control
                assert control.accessibleName() or control.text(), control.objectName()
    seen, widget = set(), page.tools.mode.button("value")
    for _ in range(400):
        seen.add(widget.objectName())
        widget = widget.nextInFocusChain()
    assert {"plot-canvas-val_loss", "leader-table", "compare-export", "legend-0"} <= seen


def test_that_nothing_is_clipped_in_the_smallest_window(page):
    page.resize(560, 420)
    QApplication.processEvents()
    assert page.minimumSizeHint().width() <= 464
    assert page.grid.plots["val_loss"].height() >= 110


def test_that_the_page_says_in_words_what_it_shows(page):
    text = page.text_summary()
    assert "Leader by Validation loss" in text
    for arm in ARMS:
        assert arm in text


def test_that_closing_the_page_while_it_draws_does_no_harm(qtbot, desk):
    holder = QWidget()
    qtbot.addWidget(holder)
    made = ComparePage(desk, holder)
    desk.shown.show(scene())
    holder.show()
    made.deleteLater()
    QApplication.processEvents()
    desk.runs.framed.emit(frozenset({desk.shown.current}))


@pytest.mark.parametrize(("scale", "size"), [(1.0, (456, 517)), (1.5, (432, 500))])
def test_that_plots_and_verdicts_are_seen_in_the_smallest_window(qtbot, page, desk, scale, size):
    desk.shown.show(scene(seeds=10))
    try:
        theme().set_text_scale(scale)
        page.resize(*size)
        qtbot.wait(50)
        assert all(plot.height() >= 130 for plot in page.grid.plots.values())
        assert all(plot.width() >= 28 * page.fontMetrics().averageCharWidth() - 10
                   for plot in page.grid.plots.values())  # fmt: skip
        table, header = page.leaders.view, page.leaders.view.horizontalHeader()
        assert header.isSectionHidden(DIVERGED)
        end = header.sectionViewportPosition(VERDICT) + header.sectionSize(VERDICT)
        assert end <= table.viewport().width()
        assert table.viewport().height() >= table.rowHeight(0)
        longest = max(table.fontMetrics().horizontalAdvance(arm[:10]) for arm in ARMS)
        assert header.sectionSize(ARM) >= longest
    finally:
        theme().set_text_scale(1.0)


def test_that_a_column_that_was_hidden_comes_back_with_room_for_its_head(qtbot, page, desk):
    desk.shown.show(scene(seeds=10))
    table, header = page.leaders.view, page.leaders.view.horizontalHeader()
    page.resize(456, 517)
    qtbot.waitUntil(lambda: header.isSectionHidden(DIVERGED))
    table.fit()
    page.resize(1200, 700)
    qtbot.waitUntil(lambda: not header.isSectionHidden(DIVERGED))
    assert header.sectionSize(DIVERGED) >= header.sectionSizeHint(DIVERGED)
