import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from tests.qt.bridge.test_live_runs import comparison
from tests.qt.pages.runs.desks import LONG
from tests.qt.pages.runs.hands import LEFT, click, fed, names, press
from tests.runs.store.recording import begin, extend, run_id, started, steps
from wnin_desktop.errors import StoreError
from wnin_desktop.qt.pages.runs import words
from wnin_desktop.qt.pages.runs.model import PLACES
from wnin_desktop.qt.theme import Space, theme
from wnin_desktop.qt.widgets import Badge
from wnin_desktop.runs.watch.experiment import WatchedExperiment

# -- what is shown -----------------------------------------------------------------------------------------


def test_that_experiments_are_folded_and_newest_first(page):
    assert names(page) == ["Stopped early", "Power cut", LONG, "Heat ladder", "Four optimizers"]
    assert page.count.text() == "5 experiments, 12 runs"


def test_that_a_click_on_the_arrow_shows_the_runs_and_another_hides_them(page, ids, qtbot):
    name = ids["Heat ladder"]
    rect = page.view.visualRect(page.model.index(page.model.place_of(name), PLACES["name"]))
    arrow = QPoint(rect.left() + 14, rect.center().y())
    qtbot.mouseClick(page.view.viewport(), LEFT, pos=arrow)
    assert names(page)[4:7] == ["adamw/0", "muon/0", "sgd noisy/0"]
    qtbot.mouseClick(page.view.viewport(), LEFT, pos=arrow)
    assert len(page.model.rows) == 5


def test_that_the_arrow_keys_unfold_fold_and_go_to_the_experiment(page, ids, qtbot):
    name = ids["Heat ladder"]
    click(page, qtbot, name, "status")
    qtbot.keyClick(page.view, Qt.Key.Key_Right)
    assert page.model.is_open(name)
    qtbot.keyClick(page.view, Qt.Key.Key_Down)
    assert page.choice().rows[0].id == run_id(name)
    qtbot.keyClick(page.view, Qt.Key.Key_Left)
    assert page.choice().rows[0].id == name
    qtbot.keyClick(page.view, Qt.Key.Key_Left)
    assert not page.model.is_open(name)


def test_that_a_click_on_a_head_sorts_and_another_turns_it_round(page, qtbot):
    header = page.view.horizontalHeader()
    where = QPoint(header.sectionViewportPosition(PLACES["name"]) + 20, header.height() // 2)
    with fed(page, qtbot):
        qtbot.mouseClick(header.viewport(), LEFT, pos=where)
    first = names(page)
    assert first == sorted(first, key=str.lower)
    with fed(page, qtbot):
        qtbot.mouseClick(header.viewport(), LEFT, pos=where)
    assert names(page) == first[::-1]


def test_that_runs_can_be_listed_without_their_experiments(page, qtbot):
    button = next(each for each in page.grouping.findChildren(QAbstractButton) if each.text() == "Runs")
    with fed(page, qtbot):
        qtbot.mouseClick(button, LEFT)
    assert all(row.is_run for row in page.model.rows)
    assert "arm" in page.view.columns
    button = next(
        each for each in page.grouping.findChildren(QAbstractButton) if each.text() == "Experiments"
    )
    with fed(page, qtbot):
        qtbot.mouseClick(button, LEFT)
    assert "arm" not in page.view.columns
    assert len(page.model.rows) == 5


def test_that_an_empty_store_says_what_to_do(desk, open_page):
    page = open_page(desk)
    assert page.stack.currentWidget() is page.empty
    assert page.empty.accessibleName() == "No runs yet"
    assert "press Run" in page.empty.accessibleDescription()


def test_that_a_damaged_store_is_told_with_a_way_to_try_again(desk, open_page, monkeypatch, qtbot, ids):
    page = open_page(desk)
    monkeypatch.setattr(desk.store, "listing", _raise)
    with qtbot.waitSignal(page.feed.failed):
        page.feed.refresh()
    assert page.empty.accessibleName() == "The store cannot be read"
    monkeypatch.undo()
    with fed(page, qtbot):
        qtbot.mouseClick(page.empty.button, LEFT)
    assert page.stack.currentWidget() is page.view


def _raise(*_args):
    raise StoreError("The run store is damaged.")


# -- filtering ---------------------------------------------------------------------------------------------


def test_that_typing_a_filter_shows_what_fits_with_a_chip_for_each_term(page, qtbot):
    with fed(page, qtbot):
        qtbot.keyClicks(page.filter.field, "status:failed muon")
        qtbot.keyClick(page.filter.field, Qt.Key.Key_Return)
    assert names(page) == [LONG]
    chips = [chip.text() for chip in page.filter.below.findChildren(QAbstractButton) if chip.isVisible()]
    assert chips == ["status:failed", "muon"]


def test_that_a_partial_match_shows_the_runs_that_fit(page, qtbot):
    with fed(page, qtbot):
        page.filter.set_text("status:diverged")
    assert names(page) == ["Heat ladder", "muon/0"]


def test_that_a_chip_takes_its_term_away(page, qtbot):
    with fed(page, qtbot):
        page.filter.set_text("status:failed muon")
    with fed(page, qtbot):
        press(page, qtbot, "filter-chip-0")
    assert page.filter.text == "muon"


def test_that_a_filter_that_cannot_be_read_is_told_beside_it_and_changes_nothing(page, qtbot):
    before = names(page)
    page.filter.set_text("statis:failed")
    assert "did you mean status?" in page.filter.error.text()
    assert page.filter.error.isVisible()
    assert page.filter.field.property("invalid") is True
    assert names(page) == before
    with fed(page, qtbot):
        page.filter.set_text("status:failed")
    assert not page.filter.error.isVisible()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("loss > abc", "loss>abc: 'abc' is no number; write one such as 0.01, 1e-3 or 10k."),
        (
            "losss > 1",
            "losss>1: there is no 'losss' (did you mean loss?); put text that holds '>' into quotes.",
        ),
    ],
)
def test_that_a_filter_with_spaces_around_its_sign_is_read_and_what_is_wrong_is_told(page, qtbot, text, said):
    before = names(page)
    page.filter.set_text(text)
    assert page.filter.error.text() == said
    assert page.filter.error.isVisible()
    assert names(page) == before
    with fed(page, qtbot):
        page.filter.set_text(f'"{text}"')
    assert not page.filter.error.isVisible()
    assert names(page) == []


def test_that_a_filter_without_a_result_can_be_cleared_where_it_says_so(page, qtbot):
    with fed(page, qtbot):
        page.filter.set_text("nobody")
    assert page.empty.accessibleName() == "Nothing fits the filter"
    with fed(page, qtbot):
        qtbot.mouseClick(page.empty.button, LEFT)
    assert len(page.model.rows) == 5


def test_that_suggestions_complete_the_last_term(page, qtbot):
    qtbot.keyClicks(page.filter.field, "muon status:fa")
    assert page.filter.completer.offered() == ["status:failed"]
    index = page.filter.completer.completionModel().index(0, 0)
    assert page.filter.completer.pathFromIndex(index) == "muon status:failed"
    page.filter.field.setText("muon  status : fa")
    assert page.filter.completer.pathFromIndex(index) == "muon  status:failed"
    page.filter.completer.popup().hide()


# -- live and remote ---------------------------------------------------------------------------------------


def test_that_live_moves_are_read_at_most_four_times_a_second(page, qtbot, monkeypatch, desk):
    reads = []
    real = desk.store.listing
    monkeypatch.setattr(desk.store, "listing", lambda former: reads.append(1) or real(former))
    with fed(page, qtbot):
        for _ in range(100):
            desk.runs.framed.emit(frozenset())
    assert len(reads) == 1


def test_that_a_run_that_goes_on_moves_in_its_place(desk, open_page, qtbot):
    experiment_id, writer = begin(desk.store)
    writer.commit()
    page = open_page(desk)
    page.deeds.unfold()
    name = run_id(experiment_id)
    assert page.model.row(page.model.place_of(name)).status == "running"
    extend(writer, steps(experiment_id, 1, 30))
    writer.commit()
    resets = []
    page.model.modelReset.connect(lambda: resets.append(1))
    with fed(page, qtbot):
        desk.runs.framed.emit(frozenset())
    assert page.model.row(page.model.place_of(name)).steps == 30
    assert resets == []
    writer.close()


def test_that_a_live_run_that_is_held_reads_paused_until_it_goes_on(desk, open_page, qtbot):
    desk.runs.preference = "thread"
    page = open_page(desk)
    run = desk.runs.start(comparison(steps=100_000))
    qtbot.waitUntil(lambda: run.state == "running" and len(page.model.rows) == 1, timeout=30_000)
    name = run.experiment.experiment_id

    def says(status):
        return status == shown(page, name, "status") == badges(page)

    page.show_details(True)
    page.view.choose([name])
    run.pause()
    qtbot.waitUntil(lambda: says("Paused"), timeout=10_000)
    with fed(page, qtbot):
        page.filter.set_text("status:paused")
    assert page.count.text() == "1 experiment, 4 runs"
    with fed(page, qtbot):
        page.filter.set_text("")
    run.go_on()
    qtbot.waitUntil(lambda: says("Running"), timeout=10_000)
    run.stop(checkpoint=False)
    qtbot.waitUntil(lambda: says("Stopped"), timeout=30_000)


def shown(page, row_id, column):
    return page.model.index(page.model.place_of(row_id), PLACES[column]).data()


def badges(page):
    """Return what the badge of the details says."""
    return " ".join(each.text for each in page.details.findChildren(Badge) if each.isVisible())


def test_that_runs_that_diverged_are_counted_beside_completed(page, ids, qtbot):
    assert shown(page, ids["Heat ladder"], "status") == "Completed, 1 diverged"
    assert shown(page, ids["Four optimizers"], "status") == "Completed"
    delegate, place = page.view._delegate, page.model.place_of(ids["Heat ladder"])
    badge = delegate._badge(page.model.rows[place], 1.0)
    assert badge.width() <= page.view.columnWidth(PLACES["status"]) - 2 * Space.S
    click(page, qtbot, ids["Heat ladder"])
    qtbot.waitUntil(lambda: badges(page) == "Completed, 1 diverged")
    assert words.look("completed", 1) == words.look("diverged") == "diverged"


def test_that_outcomes_of_a_column_have_as_many_decimals(page):
    page.deeds.unfold()
    texts = [shown(page, row.id, "val_loss") for row in page.model.rows]
    assert {len(text.partition(".")[2]) for text in texts if text} == {4}


def test_that_a_remote_run_is_listed_with_who_and_where_and_cannot_be_changed(page, desk, qtbot):
    event = started("far", "adamw", 0)
    desk.remote.experiments["far"] = WatchedExperiment.of_started(event, "anna")
    with fed(page, qtbot):
        desk.remote.arrived.emit(desk.remote.experiments["far"])
    row = page.model.row(page.model.place_of("far"))
    assert (row.origin, row.host) == ("remote", "here (anna)")
    click(page, qtbot, "far")
    assert page.commands.actions["open"].isEnabled()
    for name in ("trash", "rename", "tags", "export"):
        assert not page.commands.actions[name].isEnabled(), name
    with qtbot.waitSignal(desk.shown.changed):
        qtbot.keyClick(page.view, Qt.Key.Key_Return)
    assert desk.shown.current is desk.remote.experiments["far"]


# -- session, keyboard, theme ------------------------------------------------------------------------------


def test_that_a_session_comes_back_as_it_was(page, ids, desk, qtbot, open_page):
    page.view.set_column_shown("host", True)
    page.view.setColumnWidth(PLACES["status"], 150)
    with fed(page, qtbot):
        page.view.horizontalHeader().setSortIndicator(PLACES["name"], Qt.SortOrder.AscendingOrder)
    page.model.set_open(ids["Heat ladder"], True)
    page.view.choose([run_id(ids["Heat ladder"])])
    state = json.loads(json.dumps(page.state()))
    for action in list(desk.actions.all()):
        desk.actions._actions.pop(action.objectName())
    again = open_page(desk)
    with fed(again, qtbot):
        again.restore(state)
    qtbot.waitUntil(lambda: [row.id for row in again.choice().rows] == [run_id(ids["Heat ladder"])])
    assert "host" in again.view.columns
    assert again.view.columnWidth(PLACES["status"]) == 150
    assert names(again)[0] == LONG
    assert again.state() == state


@pytest.mark.parametrize(
    "state",
    [{}, {"columns": 3, "widths": [1], "open": {"a": 1}, "sort": "colour", "splitter": ["x"], "query": 5}],
)
def test_that_a_damaged_session_gives_the_defaults(page, state, qtbot):
    with fed(page, qtbot):
        page.restore(state)
    assert page.view.columns[:3] == ("star", "name", "status")
    assert len(page.model.rows) == 5


def test_that_every_control_has_a_name(page):
    page.deeds.unfold()
    page.filter.set_text("status:failed")
    for widget in page.findChildren(QAbstractButton):
        if widget.isVisible() and not isinstance(widget.parent(), QLineEdit):
            assert widget.accessibleName() or widget.text(), widget.objectName()
            assert widget.objectName(), widget
    assert page.view.accessibleName()


def test_that_the_menu_offers_every_command_of_a_row(page, ids, qtbot):
    click(page, qtbot, ids["Heat ladder"])
    page._open_menu(QPoint(20, 20))
    menu = page.findChild(QWidget, "runs-menu")
    assert {action.objectName() for action in menu.actions() if not action.isSeparator()} >= {
        "runs.open", "runs.compare", "runs.diff", "runs.duplicate", "runs.resume", "runs.rename", "runs.tags",
        "runs.note", "runs.star", "runs.export", "runs.folder", "runs.copy-ids", "runs.trash", "runs.delete",
    }  # fmt: skip
    menu.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_that_the_page_is_drawn_in_both_lights_and_sizes(page, scheme, scale, qtbot):
    try:
        theme().apply(scheme)
        theme().set_text_scale(scale)
        page.deeds.unfold()
        assert not page.grab().isNull()
        assert page.view.verticalHeader().defaultSectionSize() >= page.view.fontMetrics().height()
    finally:
        theme().set_text_scale(1.0)
        theme().apply("system")
