"""The page Compare, used as a person uses it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QWidget

from tests.qt.pages.compare.hands import choose, entry
from tests.qt.plots.scene import ARMS, scene
from wnin_desktop.qt.pages import PAGES
from wnin_desktop.qt.pages.compare.leader_model import ARM, DIVERGED, VERDICT
from wnin_desktop.qt.pages.compare.page import ComparePage
from wnin_desktop.qt.theme import theme

Left = Qt.MouseButton.LeftButton
OF_A_SMALL_WINDOW = (674, 598)
"""Pixels of the page in a window of 1280x720 with both docks."""


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
