"""The window's server: one switch, where it is, what a trainer must be told, who is connected and was."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from wnin_desktop.qt.bridge.clients import Client
from wnin_desktop.qt.dialogs.base import CopyButton, Dialog, push_button, text_label
from wnin_desktop.qt.dialogs.preference_form import Section
from wnin_desktop.qt.numbers import show
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font, theme
from wnin_desktop.qt.widgets import Badge, ElidedLabel
from wnin_desktop.schema.fields import fields_of
from wnin_desktop.schema.preferences import Preferences

LETTERS, LINES = 120, 40
CLOCK = "%H:%M:%S"
NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
FIRST_NUMBER = 4
LEAST_S = 0.2
"""Shortest time over which a rate is measured."""


def trainer_command(uri: str, token_file: str, platform: str = sys.platform) -> str:
    """Return the command that lets a trainer report here; it names the token's file, never the token."""
    words = ["wnin-train", "EXPERIMENT.toml", "--ws", uri, "--token-file", token_file]
    return subprocess.list2cmdline(words) if platform == "win32" else shlex.join(words)


class Rates:
    """Events per second of each client, from the counts at two moments."""

    def __init__(self) -> None:
        self._former: dict[str, tuple[float, int]] = {}
        self._rates: dict[str, float] = {}

    def take(self, counts: dict[str, int], now: float) -> dict[str, float]:
        """Return the rates by client; one that is new has none yet."""
        for peer, events in counts.items():
            moment, before = self._former.get(peer, (now, events))
            if now - moment >= LEAST_S:
                self._rates[peer] = max(events - before, 0) / (now - moment)
                self._former[peer] = now, events
            self._former.setdefault(peer, (now, events))
        for gone in self._former.keys() - counts.keys():
            self._former.pop(gone)
            self._rates.pop(gone, None)
        return dict(self._rates)


class ServerDialog(Dialog):
    """Not modal: it stays open while trainers come and go."""

    def __init__(self, desk: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent, "server-dialog", tr("Server for remote runs"))
        self._desk, self._remote, self._rates = desk, desk.remote, Rates()
        spec = next(spec for spec in fields_of(Preferences) if spec.name == "server")
        self.section = Section(spec, desk.preferences, self)
        self.column.addWidget(self.section)
        self.badge = Badge("", "neutral", self)
        self.column.addWidget(self.badge)
        self.error = text_label("", "server-error", self, "danger")
        self.column.addWidget(self.error)
        self.facts = self._add_facts()
        self.add_text(
            tr(
                "The token is made anew for each launch and lies in a file that only you can read. "
                "It is not shown, logged or copied from here."
            ),
            "server-token-note",
            "muted",
        )
        self._add_copy_buttons()
        self.clients = self._make_clients()
        self.column.addWidget(self.clients, 1)
        self.totals = text_label("", "server-totals", self, "muted")
        set_font(self.totals, "small_numbers")
        self.column.addWidget(self.totals)
        row = self.add_row()
        row.addStretch(1)
        row.addWidget(push_button(tr("Close"), "server-close", self.close, parent=self))
        self._remote.changed.connect(self.refresh)
        theme().changed.connect(self._show_clients)
        desk.preferences.field_changed.connect(self._follow)
        self.fit(LETTERS, LINES)
        self.refresh()
        self.section.form.focus_field("server.enabled")

    def _add_facts(self) -> dict[str, ElidedLabel]:
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.M)
        grid.setColumnStretch(1, 1)
        found = {}
        for line, (key, title) in enumerate((("uri", tr("Address")), ("token", tr("Token file")),
                                             ("command", tr("For a trainer")))):  # fmt: skip
            label = text_label(title, f"server-{key}-label", self, "muted")
            label.setWordWrap(False)
            value = ElidedLabel("", self)
            value.setObjectName(f"server-{key}")
            set_font(value, "mono")
            label.setBuddy(value)
            grid.addWidget(label, line, 0)
            grid.addWidget(value, line, 1)
            found[key] = value
        self.column.addLayout(grid)
        return found

    def _add_copy_buttons(self) -> None:
        row = self.add_row()
        self.copy_command = CopyButton(
            tr("Copy command for a trainer"), tr("Copied"), self._command, "server-copy-command", self
        )
        self.copy_uri = CopyButton(
            tr("Copy address"), tr("Copied"), lambda: self._remote.uri, "server-copy-uri", self
        )
        row.addWidget(self.copy_command)
        row.addWidget(self.copy_uri)
        row.addStretch(1)

    def _make_clients(self) -> QTreeWidget:
        table = QTreeWidget(self)
        table.setObjectName("server-clients")
        table.setAccessibleName(tr("Clients of this launch"))
        table.setHeaderLabels(
            [tr("Who"), tr("Where"), tr("Does"), tr("When"), tr("Events"), tr("Events/s"), tr("Lost")]
        )
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = table.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(FIRST_NUMBER, table.columnCount()):
            table.headerItem().setTextAlignment(column, NUMBERS)
        return table

    # -- what it shows -------------------------------------------------------------------------------------

    def _command(self) -> str:
        return trainer_command(self._remote.uri, self._remote.token_path)

    def _follow(self, path: str) -> None:
        if path.startswith("server."):
            self.section.show_value(path)

    def refresh(self) -> None:
        """Show the server as it is."""
        is_on, error = self._remote.is_on, self._remote.error
        if is_on:
            self.badge.set(tr("Listening"), "good")
        else:
            self.badge.set(tr("Not started") if error else tr("Off"), "danger" if error else "neutral")
        self.error.setText(error)
        self.error.setVisible(bool(error) and not is_on)
        texts = {
            "uri": self._remote.uri or tr("none while it is off"),
            "token": self._remote.token_path if is_on else tr("none while it is off"),
            "command": self._command() if is_on else tr("turn the server on first"),
        }
        for key, text in texts.items():
            self.facts[key].setText(text)
            self.facts[key].setAccessibleName(text)
            self.facts[key].setEnabled(is_on)
        self.copy_command.setEnabled(is_on)
        self.copy_uri.setEnabled(is_on)
        self._show_clients()

    def _show_clients(self) -> None:
        clients = self._remote.clients
        connected = {each.peer: each.events for each in clients if each.ended is None}
        rates = self._rates.take(connected, time.monotonic())
        while self.clients.topLevelItemCount() > len(clients):
            self.clients.takeTopLevelItem(self.clients.topLevelItemCount() - 1)
        for number, client in enumerate(clients):
            item = self.clients.topLevelItem(number) or QTreeWidgetItem(self.clients)
            rate = None if client.ended is not None else rates.get(client.peer)
            self._show_client(item, client, "" if rate is None else f"{rate:.0f}")
        self.totals.setText(self._totals(self._remote.stats) if self._remote.is_on else "")

    def _show_client(self, item: QTreeWidgetItem, client: Client, rate: str) -> None:
        cells = (
            client.name or client.peer,
            client.host or client.peer,
            _does(client),
            _when(client),
            show(client.events),
            rate,
            show(client.dropped),
        )
        ink = theme().colour("text" if client.ended is None else "muted")
        for column, text in enumerate(cells):
            item.setText(column, text)
            item.setForeground(column, ink)
            if column >= FIRST_NUMBER:
                item.setTextAlignment(column, NUMBERS)
        item.setToolTip(0, tr("It cannot keep up and loses events.") if client.lagging else client.peer)

    def _totals(self, stats: Any) -> str:
        if not self._remote.clients and not stats.received:
            return tr("Nobody has connected yet.")
        count = len(stats.clients)
        return tr(
            "{0}, {1} events received, {2} a second, {3} lost, {4} requests refused",
            tr("1 client") if count == 1 else tr("{0} clients", count),
            stats.received, round(stats.rate), stats.dropped, stats.refused,
        )  # fmt: skip


def _does(client: Client) -> str:
    if client.ended is not None:
        return tr("ended")
    return tr("watches") if client.subscriber else tr("trains")


def _when(client: Client) -> str:
    """Return since when it is here, or from when to when it was."""
    since = time.strftime(CLOCK, time.localtime(client.since))
    if client.ended is None:
        return tr("since {0}", since)
    return f"{since} \u2013 {time.strftime(CLOCK, time.localtime(client.ended))}"
