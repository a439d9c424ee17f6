"""What is known of one optimizer or plugin file, in a few lines."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from wnin_desktop.qt.dialogs.base import text_label
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.widgets import ElidedLabel

STATES: dict[str, tuple[str, str, str]] = {
    "loaded": ("check", "good", "Loaded"),
    "untrusted": ("shield", "warning", "Not trusted"),
    "broken": ("error", "danger", "Broken"),
    "duplicate": ("duplicate", "warning", "Name is taken"),
}
"""Icon, colour and word of each state."""
MOST_FACTS = 7


class PluginDetail(QWidget):
    """Facts of the chosen row: label and value, line by line; what is long is cut in the middle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plugin-detail")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.title = text_label("", "plugin-title", self)
        set_font(self.title, "title")
        column.addWidget(self.title)
        self.summary = text_label("", "plugin-summary", self)
        column.addWidget(self.summary)
        self.error = text_label("", "plugin-error", self, "danger")
        column.addWidget(self.error)
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        self._facts = [self._line(grid, number) for number in range(MOST_FACTS)]
        column.addLayout(grid)

    def _line(self, grid: QGridLayout, number: int) -> tuple[Any, Any]:
        label = text_label("", f"plugin-label-{number}", self, "muted")
        label.setWordWrap(False)
        value = ElidedLabel("", self, mode=Qt.TextElideMode.ElideMiddle)
        value.setObjectName(f"plugin-fact-{number}")
        grid.addWidget(label, number, 0)
        grid.addWidget(value, number, 1)
        return label, value

    def show_row(self, row: Any) -> None:
        """Show a `CatalogueRow`; None shows nothing."""
        self.title.setText(row.name if row else "")
        self._say(self.summary, row.summary if row else "")
        self._say(self.error, self._why(row) if row else "")
        facts = self._facts_of(row) if row else []
        for number, (label, value) in enumerate(self._facts):
            name, text, kind = facts[number] if number < len(facts) else ("", "", "ui")
            label.setText(name)
            value.setText(text)
            value.setAccessibleName(f"{name}: {text}" if text else "")
            set_font(value, kind)
            label.setVisible(bool(text))
            value.setVisible(bool(text))

    @staticmethod
    def _why(row: Any) -> str:
        if row.state == "untrusted":
            return tr("It does not run before you have read and trusted it.")
        return row.error

    @staticmethod
    def _say(label: Any, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    @staticmethod
    def _facts_of(row: Any) -> list[tuple[str, str, str]]:
        sampler = tr("yes, it samples") if row.samples else ""
        facts = [
            (tr("File"), row.path, "mono"),
            (tr("SHA-256"), row.sha256, "mono"),
            (tr("Reference"), row.reference, "ui"),
            (tr("Members"), row.batching, "ui"),
            (tr("Sampler"), sampler, "ui"),
            (tr("Gradient scale"), row.gradient_scale, "ui"),
        ]
        return [fact for fact in facts if fact[1]]
