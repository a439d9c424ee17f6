"""The optimizers at hand: state, source, hash, certificate, trust; one's own appear without a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QScrollArea,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from wnin_desktop import paths
from wnin_desktop.qt.dialogs.base import Dialog, items_of, push_button, text_label
from wnin_desktop.qt.dialogs.certificate import CertificateView
from wnin_desktop.qt.dialogs.folders import FolderOpener
from wnin_desktop.qt.dialogs.fuzzy import match
from wnin_desktop.qt.dialogs.plugin_detail import STATES, PluginDetail
from wnin_desktop.qt.dialogs.trust import TrustDialog
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import ICON_SMALL, Space, theme
from wnin_desktop.qt.widgets import FlowLayout, PathLine, SearchField
from wnin_desktop.runs import optimizer_catalogue
from wnin_desktop.runs.optimizer_catalogue import CatalogueRow
from wnin_desktop.runs.plugin_files import PluginText, copy_template, read_plugin

NAME, STATE, ORIGIN, HASH = range(4)
ROW = Qt.ItemDataRole.UserRole
LETTERS, LINES = 150, 40
HASH_LETTERS = 12
DETAIL_SHARE = 0.35
"""The least that the chosen optimizer gets of a narrow dialog's width; the table scrolls then."""
ORIGINS = {"built-in": "built-in", "user": "your folder", "entry point": "installed package"}


class PluginsDialog(Dialog):
    """Not modal. Everything that runs foreign code runs in a child process, by `desk.tasks`."""

    def __init__(self, desk: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent, "plugins-dialog", tr("Optimizers and plugins"))
        # It only hides: certificates stay, and what is under way finds it again.
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        self._desk = desk
        self.folders = FolderOpener(desk, self)
        self.certificates: dict[tuple[str, str], dict[str, Any]] = {}
        self._certifying: dict[str, Any] = {}
        self._certify_next: tuple[str, ...] = ()
        self._select_next = ""
        self._is_split_chosen = False
        self.search = SearchField(tr("Search optimizers"), self, name="plugins-search")
        self.search.searched.connect(self._filter)
        self.column.addWidget(self.search)
        self.table = self._make_table()
        self.search.went_down.connect(self.table.setFocus)
        self.detail, self.certificate = PluginDetail(self), CertificateView(self)
        self.split = self._make_split()
        self.column.addWidget(self.split, 1)
        self.status = text_label("", "plugins-status", self, "muted")
        self.column.addWidget(self.status)
        self._add_place()
        self._add_foot()
        desk.catalogue.changed.connect(self._take_catalogue)
        theme().changed.connect(self._fill)
        self._fill()
        self.fit(LETTERS, LINES)
        self._share_room()
        self.search.setFocus()

    # -- parts ---------------------------------------------------------------------------------------------

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget(self)
        table.setObjectName("plugins-table")
        table.setAccessibleName(tr("Optimizers"))
        table.setHeaderLabels([tr("Name"), tr("State"), tr("Origin"), tr("SHA-256")])
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setAlternatingRowColors(True)
        table.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = table.header()
        header.setStretchLastSection(False)  # its own way never lets the last column be narrower again
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(HASH, QHeaderView.ResizeMode.Stretch)
        table.currentItemChanged.connect(self._show_chosen)
        return table

    def _make_split(self) -> QSplitter:
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(Space.S, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addWidget(self.detail)
        buttons = self._make_deeds()
        column.addWidget(buttons)
        column.addWidget(self.certificate, 1)
        column.addStretch(0)
        area = QScrollArea(self)
        area.setObjectName("plugins-chosen")
        area.setAccessibleName(tr("The chosen optimizer"))
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(right)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setObjectName("plugins-split")
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(area)
        split.setStretchFactor(0, 0)
        split.setStretchFactor(1, 1)
        split.splitterMoved.connect(self._keep_split)
        return split

    def _keep_split(self) -> None:
        """Leave the split to the person who has moved it."""
        self._is_split_chosen = True

    def _share_room(self) -> None:
        """Give the table the width of what it holds, and the rest to the chosen optimizer."""
        if self._is_split_chosen:
            return
        header, bar = self.table.header(), self.table.verticalScrollBar().sizeHint().width()
        columns = range(self.table.columnCount())
        wanted = sum(
            max(self.table.sizeHintForColumn(each), header.sectionSizeHint(each)) for each in columns
        )
        wanted += bar + 2 * self.table.frameWidth()
        room = self.width() - 2 * Space.L - self.split.handleWidth()
        wanted = min(wanted, round((1 - DETAIL_SHARE) * room))
        self.split.setSizes([wanted, max(room - wanted, 1)])

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - the names are Qt's
        """Share the room again: before this, the table did not have its fonts and margins."""
        super().showEvent(event)
        self._share_room()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Share another width."""
        super().resizeEvent(event)
        self._share_room()

    def _make_deeds(self) -> QWidget:
        box = QWidget(self)
        box.setObjectName("plugins-deeds")
        flow = FlowLayout(box)
        self.certify = push_button(
            tr("Certify"), "plugins-certify", self._certify, icon="verdict", parent=box,
            tip=tr("Hold it to every law of optimizers, in a process of its own"),
        )  # fmt: skip
        self.trust = push_button(
            tr("Trust..."), "plugins-trust", self._ask_trust, icon="shield", parent=box,
            tip=tr("Read its source and decide whether it may run"),
        )  # fmt: skip
        self.untrust = push_button(
            tr("Take trust back"), "plugins-untrust", self._untrust, icon="lock", parent=box,
            tip=tr("It will not run again until it is trusted again"),
        )  # fmt: skip
        self.source = push_button(
            tr("Open source"), "plugins-source", self._open_source, icon="file", parent=box,
            tip=tr("Open the file in the program for Python files"),
        )  # fmt: skip
        for button in (self.certify, self.trust, self.untrust, self.source):
            flow.addWidget(button)
        return box

    def _add_place(self) -> None:
        """Say where one's own optimizers lie, before there are any too."""
        row = self.add_row()
        row.addWidget(text_label(tr("Your folder"), "plugins-place-words", self, "muted"))
        path, words = str(paths.plugin_dir("optimizers")), tr("Folder of your own optimizers")
        self.place = PathLine(path, self, name="plugins-place", label=words)
        row.addWidget(self.place, 1)

    def _add_foot(self) -> None:
        row = self.add_row()
        self.reload = push_button(
            tr("&Reload"), "plugins-reload", self._reload, icon="reload", parent=self,
            tip=tr("Look at all files again; a new optimizer can be chosen without a restart"),
        )  # fmt: skip
        self.folder = push_button(
            tr("Open &folder"), "plugins-folder", self._open_folder, icon="folder", parent=self,
            tip=tr("Open the folder of your own optimizers"),
        )  # fmt: skip
        self.template = push_button(
            tr("New from &template"), "plugins-template", self._copy_template, icon="new", parent=self,
            tip=tr("Copy an optimizer that works into your folder, to be changed"),
        )  # fmt: skip
        for button in (self.reload, self.folder, self.template):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(push_button(tr("Close"), "plugins-close", self.close, parent=self))

    # -- the list ------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> CatalogueRow | None:
        """The chosen row."""
        item = self.table.currentItem()
        return None if item is None or item.isHidden() else item.data(NAME, ROW)

    def choose(self, name: str) -> None:
        """Choose a row by name, or by its file."""
        for item in items_of(self.table):
            row = item.data(NAME, ROW)
            if name and name in (row.name, row.path):
                self.table.setCurrentItem(item)
                return

    def _take_catalogue(self) -> None:
        self._say("")
        self._fill()
        self.choose(self._select_next)
        names, self._certify_next, self._select_next = self._certify_next, (), ""
        for name in names:
            row = self._desk.catalogue.value.row(name)
            if row is not None and row.state == "loaded":
                self._start_certificate(row)

    def _fill(self) -> None:
        before = self.chosen
        blocked = self.table.blockSignals(True)
        self.table.clear()
        rows = sorted(self._desk.catalogue.rows, key=lambda row: (row.origin == "built-in", row.name))
        for row in rows:
            self._add(row)
        self.table.blockSignals(blocked)
        self._filter(self.search.text())
        if before is not None:
            self.choose(before.path or before.name)
        items = items_of(self.table)
        if self.table.currentItem() is None and items:
            self.table.setCurrentItem(items[0])
        self._show_chosen()
        self._share_room()

    def _add(self, row: CatalogueRow) -> None:
        icon, colour, word = STATES.get(row.state, ("info", "muted", row.state))
        item = QTreeWidgetItem(self.table)
        item.setData(NAME, ROW, row)
        cells = (row.name, tr(word), tr(ORIGINS.get(row.origin, row.origin)), row.sha256[:HASH_LETTERS])
        for column, text in enumerate(cells):
            item.setText(column, text)
        item.setIcon(STATE, theme().icon(icon, colour))
        item.setForeground(STATE, theme().colour(colour))
        item.setFont(HASH, theme().font("mono"))
        item.setToolTip(STATE, row.error)
        item.setToolTip(NAME, row.summary)
        item.setToolTip(HASH, row.sha256)

    def _filter(self, text: str) -> None:
        for item in items_of(self.table):
            row = item.data(NAME, ROW)
            others = f"{row.summary} {row.state} {row.origin} {row.path}"
            item.setHidden(match(text, row.name, others) is None)
        self._show_chosen()

    def _show_chosen(self, *_: object) -> None:
        row = self.chosen
        self.detail.show_row(row)
        state = row.state if row is not None else ""
        self.certify.setEnabled(state == "loaded" and row is not None and row.name not in self._certifying)
        self.trust.setVisible(state == "untrusted")
        is_own = row is not None and row.origin != "built-in" and bool(row.sha256)
        self.untrust.setVisible(is_own and state != "untrusted")
        self.source.setEnabled(row is not None and bool(row.path))
        self._show_certificate(row)

    def _show_certificate(self, row: CatalogueRow | None) -> None:
        if row is None:
            is_empty = not self._desk.catalogue.rows
            self.certificate.show_nothing(tr("The optimizers are being read.") if is_empty else "")
        elif row.name in self._certifying:
            self.certificate.show_nothing(tr("Holding {0} to the laws of optimizers...", row.name))
        elif (found := self.certificates.get((row.name, row.sha256))) is not None:
            self.certificate.show_certificate(found)
        elif row.state == "loaded":
            self.certificate.show_nothing(tr("Not certified in this session."))
        else:
            self.certificate.show_nothing("")

    def _say(self, text: str, kind: str = "muted") -> None:
        self.status.setText(text)
        self.status.setProperty("kind", kind)
        self.status.style().polish(self.status)

    # -- deeds ---------------------------------------------------------------------------------------------

    def _certify(self) -> None:
        if (row := self.chosen) is not None:
            self._start_certificate(row)

    def _start_certificate(self, row: CatalogueRow) -> None:
        self._certifying[row.name] = self._desk.tasks.start(
            lambda task: optimizer_catalogue.certify(row.name, cancelled=lambda: task.cancelled),
            then=lambda found: self._take_certificate(row, found),
            failed=lambda error: self._take_no_certificate(row, error),
            title=tr("Certifying {0}", row.name),
            cancellable=True,
        )
        self._show_chosen()

    def _take_certificate(self, row: CatalogueRow, found: dict[str, Any]) -> None:
        self._certifying.pop(row.name, None)
        self.certificates[row.name, row.sha256] = found
        self._show_chosen()

    def _take_no_certificate(self, row: CatalogueRow, error: Exception) -> None:
        self._certifying.pop(row.name, None)
        self._show_chosen()
        self._say(tr("{0} could not be certified: {1}", row.name, error), "danger")

    def _ask_trust(self) -> None:
        row = self.chosen
        if row is not None and row.path:
            self._desk.tasks.start(
                lambda _task: read_plugin(row.path),
                then=lambda plugin: self._show_trust(row, plugin),
                failed=lambda error: self._say(str(error), "danger"),
            )

    def _show_trust(self, row: CatalogueRow, plugin: PluginText) -> None:
        covers = ""
        if row.origin == "entry point":
            covers = tr("all files of the installed package {0}; one of them is shown", row.name)
            plugin = replace(plugin, sha256=row.sha256)
        TrustDialog(self, plugin, lambda: self._trusted(row, plugin), covers=covers).present()

    def _trusted(self, row: CatalogueRow, plugin: PluginText) -> None:
        if self._desk.preferences.value.plugins.certify_on_trust:
            self._certify_next = plugin.names
        self._select_next = row.path
        self._desk.tasks.start(
            lambda _task: optimizer_catalogue.trust(row.path, plugin.sha256),
            then=lambda _sha: self._reload(),
            failed=lambda error: self._say(str(error), "danger"),
        )

    def _untrust(self) -> None:
        row = self.chosen
        if row is not None:
            self._desk.tasks.start(
                lambda _task: optimizer_catalogue.untrust(row.sha256),
                then=lambda _had: self._reload(),
                failed=lambda error: self._say(str(error), "danger"),
            )

    def _reload(self) -> None:
        self._say(tr("Looking at all files again..."))
        self._desk.catalogue.reload()

    def _open_folder(self) -> None:
        self.folders.open(paths.plugin_dir("optimizers"))

    def _open_source(self) -> None:
        row = self.chosen
        if row is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(row.path)):
            self._say(tr("No program answers for {0}.", row.path), "warning")

    def _copy_template(self) -> None:
        self._desk.tasks.start(
            lambda _task: copy_template(),
            then=self._copied,
            failed=lambda error: self._say(str(error), "danger"),
        )

    def _copied(self, path: Path) -> None:
        self._select_next = str(path)
        self._reload()
        self._say(tr("{0} is in your folder. Change it, then trust it here.", path.name))
