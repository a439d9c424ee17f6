"""The shortcut editor: every command with its keys; press other keys, and whose they are is said at once."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QKeyCombination, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from wnin_desktop.qt.dialogs.base import Dialog, items_of, push_button, text_label
from wnin_desktop.qt.dialogs.fuzzy import match
from wnin_desktop.qt.dialogs.shortcut_list import PORTABLE, Shortcut, refusal, shortcuts, shown
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import ICON_SMALL, restyle, theme
from wnin_desktop.qt.widgets import SearchField

NAME = Qt.ItemDataRole.UserRole
COMMAND, MENU, KEYS, DEFAULT = range(4)
LETTERS, LINES = 110, 36
MODIFIERS = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class KeyCapture(QLineEdit):
    """Takes the next keys pressed; Tab and Escape leave, Backspace takes the shortcut away."""

    captured = Signal(object)
    """The `QKeySequence` that was pressed, an empty one for Backspace."""
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcut-capture")
        self.setAccessibleName(tr("New keys"))
        self.setReadOnly(True)
        self.setEnabled(False)
        self.setPlaceholderText(tr("Choose a command, then press its new keys"))

    def event(self, event: QEvent) -> bool:
        """Take keys before anything else can act on them, shortcuts and Tab too."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._take(event)
        return super().event(event)

    def _take(self, event: QKeyEvent) -> bool:
        key = event.key()
        bare = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if bare and key == Qt.Key.Key_Escape:
            self.left.emit()
        elif (bare and key == Qt.Key.Key_Tab) or key == Qt.Key.Key_Backtab:
            self.focusNextPrevChild(key == Qt.Key.Key_Tab)
        elif bare and key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.captured.emit(QKeySequence())
        elif key not in MODIFIERS and key != Qt.Key.Key_unknown:
            modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            self.captured.emit(QKeySequence(QKeyCombination(modifiers, Qt.Key(key))))
        return True


class ShortcutsDialog(Dialog):
    """A table of all commands. What is changed acts at once and is kept in the preferences."""

    def __init__(self, desk: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent, "shortcuts-dialog", tr("Shortcuts"))
        self._desk = desk
        self.search = SearchField(tr("Search commands or keys"), self, name="shortcuts-search")
        self.search.searched.connect(self._filter)
        self.column.addWidget(self.search)
        self.table = self._make_table()
        self.search.went_down.connect(self.table.setFocus)
        self.column.addWidget(self.table, 1)
        self.capture = KeyCapture(self)
        self.capture.captured.connect(self._captured)
        self.capture.left.connect(self.table.setFocus)
        self.fault = text_label("", "shortcuts-fault", self, "danger")
        self._add_editor()
        self._fill()
        desk.actions.keys_changed.connect(self._refresh)
        theme().changed.connect(self._refresh)
        self.fit(LETTERS, LINES)
        self.search.setFocus()

    # -- parts ---------------------------------------------------------------------------------------------

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget(self)
        table.setObjectName("shortcuts-table")
        table.setAccessibleName(tr("Commands and their keys"))
        table.setHeaderLabels([tr("Command"), tr("Menu"), tr("Keys"), tr("Default")])
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setAlternatingRowColors(True)
        table.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = table.header()
        header.setSectionsMovable(False)
        header.setSectionResizeMode(COMMAND, QHeaderView.ResizeMode.Stretch)
        for column in (MENU, KEYS, DEFAULT):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(False)
        table.currentItemChanged.connect(self._chosen)
        table.itemActivated.connect(self._begin)
        return table

    def _add_editor(self) -> None:
        row = self.add_row()
        row.addWidget(self.capture, 1)
        self.reset = push_button(tr("Reset"), "shortcuts-reset", self._reset, icon="reset",
                                 tip=tr("Give the command its default keys"), parent=self)  # fmt: skip
        row.addWidget(self.reset)
        self.column.addWidget(self.fault)
        foot = self.add_row()
        self.reset_all = push_button(tr("Reset all"), "shortcuts-reset-all", self._reset_all, icon="reset",
                                     tip=tr("Give every command its default keys"), parent=self)  # fmt: skip
        foot.addWidget(self.reset_all)
        foot.addStretch(1)
        foot.addWidget(push_button(tr("Close"), "shortcuts-close", self.close, parent=self))

    def _fill(self) -> None:
        for each in shortcuts(self._desk.actions.all()):
            item = QTreeWidgetItem(self.table)
            item.setData(COMMAND, NAME, each.name)
            item.setToolTip(COMMAND, each.tip)
            item.setIcon(COMMAND, self._desk.actions.get(each.name).icon())
        self._refresh()
        if items := items_of(self.table):
            self.table.setCurrentItem(items[0])

    def _refresh(self) -> None:
        known = {each.name: each for each in shortcuts(self._desk.actions.all())}
        for item in items_of(self.table):
            each = known.get(item.data(COMMAND, NAME))
            if each is not None:
                self._show(item, each)
        self.reset_all.setEnabled(any(each.is_changed for each in known.values()))
        self._chosen()

    def _show(self, item: QTreeWidgetItem, each: Shortcut) -> None:
        cells = (each.title, each.group, shown(each.keys), shown(each.default))
        for column, text in enumerate(cells):
            item.setText(column, text)
        item.setFont(KEYS, theme().font("title" if each.is_changed else "ui"))
        item.setText(DEFAULT, shown(each.default) if each.is_changed else "")

    # -- what it does --------------------------------------------------------------------------------------

    def choose(self, name: str) -> None:
        """Choose a command by its name."""
        for item in items_of(self.table):
            if item.data(COMMAND, NAME) == name:
                self.table.setCurrentItem(item)

    @property
    def chosen(self) -> Shortcut | None:
        """The command whose keys can be changed now."""
        item = self.table.currentItem()
        if item is None or item.isHidden():
            return None
        name = item.data(COMMAND, NAME)
        return next((each for each in shortcuts(self._desk.actions.all()) if each.name == name), None)

    def _chosen(self, *_: object) -> None:
        each = self.chosen
        self.capture.setEnabled(each is not None)
        self.reset.setEnabled(each is not None and each.is_changed)
        self._say("")
        if each is not None:
            words = tr("Press new keys for {0}; Backspace takes them away", each.title)
            self.capture.setPlaceholderText(words)
            self.capture.setAccessibleDescription(words)
            self.capture.setText(shown(each.keys))

    def _begin(self, *_: object) -> None:
        self.capture.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.capture.selectAll()

    def _captured(self, keys: QKeySequence) -> None:
        each = self.chosen
        if each is None:
            return
        why = refusal(each.name, keys, shortcuts(self._desk.actions.all()))
        if why:
            self.capture.setText(shown(keys.toString(PORTABLE)))
            self._say(why)
            return
        self._set(each, keys.toString(PORTABLE))

    def _set(self, each: Shortcut, keys: str) -> None:
        own = dict(self._desk.preferences.value.shortcuts)
        if keys == each.default:
            own.pop(each.name, None)
        else:
            own[each.name] = keys
        self._desk.preferences.change(shortcuts=own)
        self._refresh()

    def _reset(self) -> None:
        each = self.chosen
        if each is None:
            return
        why = refusal(each.name, QKeySequence(each.default), shortcuts(self._desk.actions.all()))
        if why:
            self._say(why)
        else:
            self._set(each, each.default)

    def _reset_all(self) -> None:
        self._desk.preferences.change(shortcuts={})
        self._refresh()

    def _say(self, text: str) -> None:
        self.fault.setText(text)
        self.fault.setVisible(bool(text))
        self.capture.setProperty("invalid", bool(text))
        restyle(self.capture)

    def _filter(self, text: str) -> None:
        first = None
        for item in items_of(self.table):
            keys = f"{item.text(KEYS)} {item.text(MENU)} {item.data(COMMAND, NAME)}"
            item.setHidden(match(text, item.text(COMMAND), keys) is None)
            first = first or (None if item.isHidden() else item)
        current = self.table.currentItem()
        if first is not None and (current is None or current.isHidden()):
            self.table.setCurrentItem(first)
        self._chosen()
