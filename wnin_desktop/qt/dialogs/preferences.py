"""The preferences: sections at the left, fields at the right, a search over all; a change acts at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from wnin_desktop import paths
from wnin_desktop.qt.dialogs.base import Dialog, push_button, text_label
from wnin_desktop.qt.dialogs.folders import FolderOpener, log_folder, store_folder
from wnin_desktop.qt.dialogs.preference_form import Section
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import ICON_SMALL, Space, set_font, theme
from wnin_desktop.qt.widgets import EmptyState, SearchField
from wnin_desktop.schema.fields import fields_of
from wnin_desktop.schema.preferences import SECTIONS, Preferences

ICONS = {
    "appearance": "palette",
    "training": "run",
    "server": "server",
    "store": "database",
    "plugins": "plugin",
    "behaviour": "settings",
    "shortcuts": "keyboard",
}
LETTERS, LINES = 110, 34
LIST_LETTERS = 18


class Sections(dict[str, Section]):
    """The sections by name, each made when it is asked for."""

    def __init__(self, make: Callable[[str], Section]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> Section:
        section = self[name] = self._make(name)
        return section


class PreferencesDialog(Dialog):
    """Not modal: the window behind shows what a change does. There is nothing to apply or to confirm."""

    shortcuts_wanted = Signal()
    """The person wants to edit shortcuts."""
    plugins_wanted = Signal()

    def __init__(self, desk: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent, "preferences-dialog", tr("Preferences"))
        self._desk, self._model = desk, desk.preferences
        self._before: Preferences | None = None
        self.folders = FolderOpener(desk, self)
        self.search = SearchField(tr("Search preferences"), self, name="preferences-search")
        self.search.searched.connect(self._search)
        self.column.addWidget(self.search)
        self.list = self._make_list()
        self._specs = {spec.name: spec for spec in fields_of(Preferences)}
        self._places: dict[str, QVBoxLayout] = {}
        self.sections = Sections(self._make_section)
        self._make_soon = QTimer(self)
        self._make_soon.setInterval(0)
        self._make_soon.timeout.connect(self._make_next)
        self.extras: dict[str, QWidget] = {}
        self.area = self._make_area()
        row = self.add_row()
        row.setSpacing(Space.L)
        row.addWidget(self.list)
        row.addWidget(self.area, 1)
        self._add_told()
        self._add_foot()
        self._fill_list()
        self._model.field_changed.connect(self._show_changed)
        self._model.changed.connect(self._tell_state)
        theme().changed.connect(self._tint)
        self.fit(LETTERS, LINES)
        self._tell_state()
        self.search.went_down.connect(self.list.setFocus)
        self.search.setFocus()
        self._make_soon.start()

    # -- parts ---------------------------------------------------------------------------------------------

    def _make_list(self) -> QListWidget:
        view = QListWidget(self)
        view.setObjectName("preferences-sections")
        view.setAccessibleName(tr("Sections"))
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
        view.currentRowChanged.connect(self._choose)
        return view

    def _fill_list(self) -> None:
        for name, icon in ICONS.items():
            item = QListWidgetItem(theme().icon(icon), tr(self._specs[name].title))
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.list.addItem(item)
        self._fit_list()
        self.list.setCurrentRow(0)

    def _fit_list(self) -> None:
        self.list.setFixedWidth(LIST_LETTERS * self.fontMetrics().averageCharWidth() + ICON_SMALL + Space.XL)

    def _make_area(self) -> QScrollArea:
        inner = QWidget(self)
        inner.setObjectName("preferences-fields")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, Space.S, 0)
        for name in SECTIONS:
            place = self._places[name] = QVBoxLayout()
            column.addLayout(place)
            if name == "plugins":
                self.extras["plugins"] = self._extra("plugins", inner)
                column.addWidget(self.extras["plugins"])
        self.extras["shortcuts"] = self._extra("shortcuts", inner)
        column.addWidget(self.extras["shortcuts"])
        self.nothing = EmptyState("search", tr("No preference fits"), tr("Try another word, such as theme."))
        column.addWidget(self.nothing)
        column.addStretch(1)
        area = QScrollArea(self)
        area.setObjectName("preferences-area")
        area.setAccessibleName(tr("Preferences of the section"))
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(inner)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return area

    def _make_section(self, name: str) -> Section:
        section = Section(self._specs[name], self._model, self.area.widget())
        section.setVisible(name == self.section)
        self._places[name].addWidget(section)
        return section

    def _make_next(self) -> None:
        """Make one section that nobody has asked for yet; all at once would hold the window up."""
        missing = next((name for name in SECTIONS if name not in self.sections), None)
        if missing is None:
            self._make_soon.stop()
        else:
            _ = self.sections[missing]

    def _extra(self, name: str, parent: QWidget) -> QWidget:
        """Return the way to what has a window of its own."""
        words = {
            "shortcuts": (tr("Shortcuts"), tr("Every command can have other keys."), tr("Edit shortcuts..."),
                          self.shortcuts_wanted),
            "plugins": ("", "", tr("Show plugins..."), self.plugins_wanted),
        }  # fmt: skip
        title, text, button, signal = words[name]
        box = QWidget(parent)
        box.setObjectName(f"preferences-extra-{name}")
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, Space.L)
        if title:
            heading = text_label(title, f"preferences-{name}-title", box)
            set_font(heading, "title")
            column.addWidget(heading)
            column.addWidget(text_label(text, f"preferences-{name}-help", box, "muted"))
        column.addWidget(
            push_button(button, f"preferences-open-{name}", signal.emit, icon=ICONS[name], parent=box),
            0,
            Qt.AlignmentFlag.AlignLeft,
        )
        return box

    def _add_told(self) -> None:
        """Add the line that tells of restored defaults, with the way back."""
        self.told = QWidget(self)
        self.told.setObjectName("preferences-told")
        row = QHBoxLayout(self.told)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(
            text_label(tr("Everything has its default again."), "preferences-told-text", self.told), 1
        )
        self.undo = push_button(tr("Undo"), "preferences-undo", self._undo, icon="undo", parent=self.told)
        row.addWidget(self.undo)
        self.told.hide()
        self.column.addWidget(self.told)

    def _add_foot(self) -> None:
        row = self.add_row()
        self.restore_all = push_button(
            tr("Restore all defaults"), "preferences-restore-all", self._restore_all, icon="reset",
            tip=tr("Give every preference its default, shortcuts too; Undo takes it back"), parent=self,
        )  # fmt: skip
        row.addWidget(self.restore_all)
        row.addStretch(1)
        for name, text, tip in (
            ("store", tr("Store"), tr("Open the folder that runs are kept in")),
            ("logs", tr("Logs"), tr("Open the folder of logs")),
            ("plugins", tr("Plugins"), tr("Open the folder of your own optimizers")),
        ):
            button = push_button(
                text, f"preferences-folder-{name}", self._open_folder, icon="folder", tip=tip, parent=self
            )
            button.setAccessibleName(tip)
            button.setProperty("folder", name)
            row.addWidget(button)
        close = push_button(tr("Close"), "preferences-close", self.close, parent=self)
        row.addWidget(close)

    # -- what it does --------------------------------------------------------------------------------------

    def show_section(self, name: str, path: str = "") -> None:
        """Show a section, and give the keyboard to the preference at `path` ("server.port")."""
        self.search.clear()
        self._search("")
        self.list.setCurrentRow(list(ICONS).index(name))
        if path:
            self.sections[name].form.focus_field(path)

    @property
    def section(self) -> str:
        """Name of the section that is shown."""
        return list(ICONS)[max(self.list.currentRow(), 0)]

    def _choose(self, _row: int) -> None:
        if self.search.text():
            self.search.clear()
        self._search("")

    def _search(self, text: str) -> None:
        words = text.lower().split()
        total = 0
        for name in SECTIONS if words else (name for name in SECTIONS if self._is_needed(name)):
            section = self.sections[name]
            found = section.search(words)
            section.setVisible(found > 0 if words else name == self.section)
            total += found
        for name, extra in self.extras.items():
            fits = all(word in f"{name} keys keyboard shortcut" for word in words) and name == "shortcuts"
            extra.setVisible(fits if words else name == self.section)
            total += fits
        self.nothing.setVisible(bool(words) and not total)
        self.area.verticalScrollBar().setValue(0)

    def _is_needed(self, name: str) -> bool:
        return name in self.sections or name == self.section

    def _show_changed(self, path: str) -> None:
        name = path.partition(".")[0]
        if name in self.sections:
            self.sections[name].show_value(path)

    def _tell_state(self) -> None:
        self.restore_all.setEnabled(self._model.value != Preferences())

    def _restore_all(self) -> None:
        self._before = self._model.value
        self._model.restore()
        self.told.show()
        self.undo.setFocus()

    def _undo(self) -> None:
        if self._before is not None:
            fields = {path: self._old(path) for name in SECTIONS for path in self.sections[name].paths()}
            self._model.change(**fields, shortcuts=dict(self._before.shortcuts))
        self.told.hide()

    def _old(self, path: str) -> Any:
        section, _, name = path.partition(".")
        return getattr(getattr(self._before, section), name)

    def _open_folder(self) -> None:
        folders: dict[str, Path] = {
            "store": store_folder(self._model.value.store.path),
            "logs": log_folder(),
            "plugins": paths.plugin_dir("optimizers"),
        }
        sender = self.sender()
        if sender is not None:
            self.folders.open(folders[str(sender.property("folder"))])

    def _tint(self) -> None:
        for row, icon in enumerate(ICONS.values()):
            self.list.item(row).setIcon(theme().icon(icon))
        self._fit_list()
