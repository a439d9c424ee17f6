"""The arms of the draft as cards, one below the other: added, named, moved, switched off, taken out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from wnin_desktop.qt.experiment.card import ArmCard
from wnin_desktop.qt.experiment.draft import Draft
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import FOCUS, Space, theme

GAP = Space.S


class ArmList(QWidget):
    """Keeps one card for each arm and does to the draft what a person does to the cards."""

    menu_filling = Signal(QMenu, int)
    """A card's menu is about to open; others may add to it."""
    completed = Signal()
    """Cards that came one by one are all there."""

    def __init__(self, draft: Draft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("arm-list")
        self.setAccessibleName(tr("Arms"))
        self.draft = draft
        self.cards: list[ArmCard] = []
        self._lifted, self._target = -1, -1
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        draft.arms_changed.connect(self.refresh)
        draft.changed.connect(self._changed)
        draft.selected_changed.connect(self._show_selected)
        draft.problems_changed.connect(self._show_problems)
        self.refresh()

    # --- what it shows ---

    def refresh(self) -> None:
        """Show every arm in its place; of new ones, one now and the others in turns of their own."""
        count, held = self.draft.arm_count, self._has_keyboard()
        while len(self.cards) > count:
            card = self.cards.pop()
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        if len(self.cards) < count and not self.draft.turns.holds(self._make_next):
            self._make_card()
        for card in self.cards:
            self._show(card)
        self._show_selected()
        self._show_problems()
        if len(self.cards) < count:
            self.draft.turns.put(self._make_next)
        if held and self.cards:
            focused = min(max(self.draft.selected, 0), len(self.cards) - 1)
            self.cards[focused].setFocus(Qt.FocusReason.OtherFocusReason)

    def _make_next(self) -> None:
        """Make one more card of those that are missing."""
        if len(self.cards) < self.draft.arm_count:
            self._make_card()
            self._show(self.cards[-1])
            self._show_selected()
            self._show_problems()
        if len(self.cards) < self.draft.arm_count:
            self.draft.turns.put(self._make_next)
        else:
            self.completed.emit()

    def _has_keyboard(self) -> bool:
        focused = self.window().focusWidget()
        return focused is not None and self.isAncestorOf(focused)

    def _make_card(self) -> None:
        card = ArmCard(len(self.cards), self)
        for signal, deed in (
            (card.selected, self._select),
            (card.opened, self._open),
            (card.renamed, self._rename),
            (card.toggled, self._toggle),
            (card.coloured, self._colour),
            (card.key_pressed, self._key),
            (card.menu_wanted, self._menu),
            (card.problem_sought, self.draft.seek),
        ):
            signal.connect(deed)
        card.handle.pressed.connect(self._lift)
        card.handle.moved.connect(self._drag)
        card.handle.released.connect(self._drop)
        self.cards.append(card)
        self._column.addWidget(card)

    def _show(self, card: ArmCard) -> None:
        draft, index = self.draft, card.index
        card.show_arm(
            draft.value(f"arms[{index}]"),
            colour=draft.colour(index),
            alike=draft.look_alike(index),
            enabled=draft.is_enabled(index),
            baseline=index == draft.baseline_index and draft.arm_count > 1,
            steps=draft.value("budget.steps"),
        )

    def _changed(self, path: str) -> None:
        if path == "baseline":
            self.refresh()
        if path in ("budget", "budget.steps"):
            for card in self.cards:
                card.show_steps(self.draft.value("budget.steps"))
        renamed = path.startswith("arms[") and path.endswith(".name")  # the others may tell of it
        for card in self.cards:
            if renamed or path.startswith(f"arms[{card.index}]"):
                self._show(card)

    def _show_selected(self) -> None:
        for card in self.cards:
            card.set_selected(card.index == self.draft.selected)

    def _show_problems(self) -> None:
        for card in self.cards:
            lead = f"arms[{card.index}]"
            card.show_problems(tuple(each for each in self.draft.problems if each.field.startswith(lead)))

    # --- what a person does ---

    def _sender(self) -> int:
        """Return the place of the card that a person acts on."""
        widget = self.sender()
        while widget is not None and not isinstance(widget, ArmCard):
            widget = widget.parent()
        return widget.index if isinstance(widget, ArmCard) else -1

    def _select(self) -> None:
        index = self._sender()
        self.draft.select(index)
        if not self.cards[index].isAncestorOf(self.focusWidget() or self):
            self.cards[index].setFocus(Qt.FocusReason.OtherFocusReason)

    def _open(self) -> None:
        self.draft.open_arm(self._sender())

    def _rename(self, name: str) -> None:
        self.draft.rename_arm(self._sender(), name)

    def _toggle(self, on: bool) -> None:
        self.draft.set_enabled(self._sender(), on)

    def _colour(self, colour: int) -> None:
        self.draft.set_colour(self._sender(), colour)

    def _key(self, key: int, modifiers: int) -> None:
        index = self._sender()
        held = Qt.KeyboardModifier(modifiers)
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(key), 0)
        if step and held & Qt.KeyboardModifier.AltModifier:
            self.draft.move_arm(index, index + step)
        elif step:
            self._go(index + step)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go(0 if key == Qt.Key.Key_Home else len(self.cards) - 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.draft.open_arm(index)
        elif key == Qt.Key.Key_Delete:
            self.draft.remove_arm(index)
        elif key == Qt.Key.Key_D and held & Qt.KeyboardModifier.ControlModifier:
            self.draft.duplicate_arm(index)

    def _go(self, index: int) -> None:
        index = min(max(index, 0), len(self.cards) - 1)
        self.draft.select(index)
        self.cards[index].setFocus(Qt.FocusReason.OtherFocusReason)

    # --- the menu of a card ---

    def _menu(self, place: QPoint) -> None:
        self.make_menu(self._sender()).popup(place)

    def make_menu(self, index: int) -> QMenu:
        """Return the menu of the arm at a place."""
        menu = QMenu(self)
        menu.setObjectName("arm-menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        draft, card, count = self.draft, self.cards[index], self.draft.arm_count
        resting = not draft.is_enabled(index)
        add = _adder(menu)
        add("edit", tr("Edit in the inspector"), "edit", lambda: draft.open_arm(index))
        add("rename", tr("Rename"), "text", card.name.begin)
        add("duplicate", tr("Duplicate"), "duplicate", lambda: draft.duplicate_arm(index))
        is_baseline = index == draft.baseline_index
        add("baseline", tr("Make it the baseline"), "flag", lambda: draft.set_baseline(index),
            enabled=not is_baseline and not resting)  # fmt: skip
        words = tr("Let it take part") if resting else tr("Leave it out")
        add("enable", words, "visible" if resting else "hidden", lambda: draft.set_enabled(index, resting))
        menu.addSeparator()
        add("up", tr("Move up"), "up", lambda: draft.move_arm(index, index - 1), enabled=index > 0)
        add(
            "down",
            tr("Move down"),
            "down",
            lambda: draft.move_arm(index, index + 1),
            enabled=index < count - 1,
        )
        menu.addSeparator()
        add("remove", tr("Remove"), "trash", lambda: draft.remove_arm(index))
        self.menu_filling.emit(menu, index)
        return menu

    # --- moving by mouse ---

    def _lift(self) -> None:
        self._lifted = self._target = self._sender()
        self.draft.select(self._lifted)
        self.cards[self._lifted].setFocus(Qt.FocusReason.MouseFocusReason)

    def _drag(self, place: QPoint) -> None:
        if self._lifted < 0:
            return
        y = self.mapFromGlobal(place).y()
        self.cards[self._lifted].set_lifted(True)
        self._target = sum(y > card.geometry().center().y() for card in self.cards)
        self.update()

    def _drop(self) -> None:
        lifted, target = self._lifted, self._target
        self._lifted = self._target = -1
        self.update()
        if not 0 <= lifted < len(self.cards):
            return
        self.cards[lifted].set_lifted(False)
        to = target - 1 if target > lifted else target
        if to != lifted:
            self.draft.move_arm(lifted, to)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        """Draw where the card that is moved would go."""
        if self._target < 0 or self._target in (self._lifted, self._lifted + 1) or not self.cards:
            return
        last = self._target >= len(self.cards)
        card = self.cards[min(self._target, len(self.cards) - 1)].geometry()
        y = card.bottom() + GAP // 2 if last else max(card.top() - GAP // 2 - FOCUS // 2, 0)
        painter = QPainter(self)
        painter.fillRect(0, min(y, self.height() - FOCUS), self.width(), FOCUS, theme().colour("accent"))


def _adder(menu: QMenu) -> Callable[..., None]:
    def add(name: str, text: str, icon: str, deed: Callable[[], Any], *, enabled: bool = True) -> None:
        action = menu.addAction(theme().icon(icon), text)
        action.setObjectName(f"arm-menu-{name}")
        action.setEnabled(enabled)
        action.triggered.connect(lambda _checked=False: deed())

    return add
