"""A whole experiment is shown piece by piece, so that no turn of the event loop holds the window up."""

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication

from wnin_desktop.qt.experiment.turns import Turns
from wnin_desktop.runs.config_files import load_preset


class Worker(QObject):
    def __init__(self, done, name):
        super().__init__()
        self.done, self.name = done, name

    def piece(self):
        self.done.append(self.name)


def test_that_pieces_are_done_one_a_turn_in_their_order_and_each_once(qapp):
    turns, done = Turns(), []
    first, second, third = (Worker(done, name) for name in "abc")
    for worker in (first, second, first, third):
        turns.put(worker.piece)
    assert turns.take_back(third.piece)
    assert not turns.take_back(third.piece)
    assert turns.holds(second.piece)
    seen = []
    for _ in range(3):
        QApplication.processEvents()
        seen.append("".join(done))
    assert seen == ["a", "ab", "ab"]


def test_that_a_piece_of_what_is_gone_is_passed_over(qapp):
    turns, done = Turns(), []
    gone, here = Worker(done, "gone"), Worker(done, "here")
    turns.put(gone.piece)
    turns.put(here.piece)
    gone.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    for _ in range(2):
        QApplication.processEvents()
    assert done == ["here"]


def test_that_a_preset_is_shown_in_pieces(qtbot, window, draft):
    config = load_preset("demo")
    draft.load(config)
    cards, inspector = window.dock.arms.cards, window.inspector
    assert len(cards) == 1
    assert inspector.pages.currentWidget() is inspector.empty
    counts, former = [], 1
    while draft.turns._pieces:
        QApplication.processEvents()
        counts.append(len(cards) - former)
        former = len(cards)
    assert max(counts) == 1
    assert [card.name.text() for card in cards] == [arm.name for arm in config.arms]
    assert cards[0].is_selected
    assert inspector.title.text() == config.arms[0].name
    assert inspector.form.params.optimizer == config.arms[0].optimizer.name


def test_that_who_asks_for_the_form_does_not_wait(window, draft):
    draft.load(load_preset("demo"))
    assert window.inspector.form.optimizer.value("arms[0].optimizer.name") == "adamw"
    assert window.inspector.form.params.optimizer == "adamw"
    draft.seek("arms[3].noise.mode")
    assert window.inspector.form.noise.editor("arms[3].noise.mode") is QApplication.focusWidget()
    draft.clear()
    assert window.inspector.pages.currentWidget() is window.inspector.empty


def test_that_arms_that_go_while_cards_are_made_leave_no_card_behind(qtbot, window, draft):
    draft.load(load_preset("demo"))
    QApplication.processEvents()
    for _ in range(2):
        draft.remove_arm(0)
    qtbot.waitUntil(lambda: not draft.turns._pieces)
    assert [card.name.text() for card in window.dock.arms.cards] == [
        draft.value(f"arms[{index}].name") for index in range(2)
    ]
