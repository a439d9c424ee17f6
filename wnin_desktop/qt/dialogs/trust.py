"""The trust prompt: the source to read, its path, its hash, and what trust means. Cancel is the default."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QGridLayout, QWidget

from wnin_desktop.qt.dialogs.base import CopyButton, Dialog, make_default, push_button, text_label
from wnin_desktop.qt.dialogs.code_view import CodeView
from wnin_desktop.qt.dialogs.confirm import head
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.runs.plugin_files import PluginText

LETTERS, LINES = 120, 42


class TrustDialog(Dialog):
    """Shows exactly the bytes whose hash will be trusted."""

    def __init__(
        self,
        parent: QWidget | None,
        plugin: PluginText,
        then: Callable[[], object],
        *,
        covers: str = "",
    ) -> None:
        """Ask whether `plugin` may run.

        Args:
            parent: Window that waits.
            plugin: What was read.
            then: Called when the person trusts it; after Cancel and Escape nothing is.
            covers: What the hash covers beside this file; empty where it is this file alone.
        """
        super().__init__(parent, "trust-dialog", tr("Trust this plugin?"), modal=True)
        self.plugin, self._then = plugin, then
        head(self, tr("Trust {0}?", plugin.path.name), self._meaning(), "trust")
        self._add_facts(covers)
        self.code = CodeView(plugin.text, self)
        self.column.addWidget(self.code, 1)
        self._add_buttons()
        self.fit(LETTERS, LINES)
        make_default(self.cancel)

    def _meaning(self) -> str:
        return tr(
            "Python cannot be sandboxed: once trusted, this code can do everything that you can do on this "
            "machine - read and delete files, use the network. Read it first. Trust holds for exactly this "
            "content; when the file changes you are asked again."
        )

    def _add_facts(self, covers: str) -> None:
        plugin = self.plugin
        facts = [
            (tr("File"), str(plugin.path), "mono"),
            (tr("SHA-256"), plugin.sha256, "mono"),
            (tr("Says"), plugin.summary or tr("nothing about itself"), "ui"),
            (tr("Registers"), ", ".join(plugin.names) or tr("nothing that can be read off its text"), "ui"),
        ]
        if covers:
            facts.append((tr("Covers"), covers, "ui"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(Space.XS)
        grid.setColumnStretch(1, 1)
        for line, (label, value, kind) in enumerate(facts):
            name = text_label(label, f"trust-label-{line}", self, "muted")
            name.setWordWrap(False)
            words = text_label(value, f"trust-fact-{line}", self)
            words.setAccessibleName(f"{label}: {value}")
            set_font(words, kind)
            grid.addWidget(name, line, 0)
            grid.addWidget(words, line, 1)
        self.column.addLayout(grid)
        if plugin.escaped:
            text = tr(
                "{0} letters of this file are not seen when it is printed; they are shown as escapes. "
                "Ask yourself why they are there.",
                plugin.escaped,
            )
            self.add_text(text, "trust-escaped", "danger")

    def _add_buttons(self) -> None:
        row = self.add_row()
        row.addWidget(
            CopyButton(tr("Copy hash"), tr("Copied"), lambda: self.plugin.sha256, "trust-copy", self)
        )
        row.addStretch(1)
        self.trust = push_button(tr("&Trust this code"), "trust-accept", self._accept, kind="danger",
                                 icon="shield", parent=self)  # fmt: skip
        row.addWidget(self.trust)
        self.cancel = push_button(tr("Cancel"), "trust-cancel", self.reject, parent=self)
        row.addWidget(self.cancel)

    def _accept(self) -> None:
        self.accept()
        self._then()
