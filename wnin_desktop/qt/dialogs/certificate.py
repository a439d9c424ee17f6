"""The certificate of an optimizer: every law, whether it holds, and what was found."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import ICON_SMALL, Space, theme
from wnin_desktop.qt.widgets import Badge

MARKS = {"passed": ("check", "good"), "failed": ("error", "danger"), "not applicable": ("remove", "muted")}
STATUS, LAW, DETAIL = range(3)
LEAST_LINES = 6


class CertificateView(QWidget):
    """A badge with the verdict and a line for each law."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("certificate")
        self._laws: list[dict[str, str]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        self.badge = Badge("", "neutral", self)
        column.addWidget(self.badge)
        self.text = QLabel(self)
        self.text.setObjectName("certificate-text")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setProperty("kind", "muted")
        column.addWidget(self.text)
        self.table = self._make_table()
        column.addWidget(self.table, 1)
        theme().changed.connect(self._fill)
        self.show_nothing("")

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget(self)
        table.setObjectName("certificate-laws")
        table.setAccessibleName(tr("Laws"))
        table.setHeaderLabels([tr("Status"), tr("Law"), tr("Found")])
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
        table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.header().setStretchLastSection(True)
        table.setMinimumHeight(LEAST_LINES * table.fontMetrics().lineSpacing())
        return table

    def show_nothing(self, text: str) -> None:
        """Say why there is no certificate."""
        self._laws = []
        self.badge.hide()
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.table.hide()
        self.table.clear()

    def show_certificate(self, found: dict[str, Any]) -> None:
        """Show what a certificate says (see `optimizer_catalogue.certify`)."""
        self._laws = [
            {key: str(law.get(key, "")) for key in ("status", "law", "detail")} for law in found["laws"]
        ]
        count = {status: sum(law["status"] == status for law in self._laws) for status in MARKS}
        said = [tr("{0} {1}", number, tr(status)) for status, number in count.items() if number]
        if found.get("passed"):
            self.badge.set(tr("Certified"), "good")
        else:
            self.badge.set(tr("Not certified"), "danger")
        self.badge.show()
        self.text.setText(", ".join(said))
        self.text.show()
        self.table.show()
        self._fill()

    def _fill(self) -> None:
        self.table.clear()
        for law in self._laws:
            icon, colour = MARKS.get(law["status"], ("info", "muted"))
            item = QTreeWidgetItem(self.table, [tr(law["status"]), law["law"], law["detail"]])
            item.setIcon(STATUS, theme().icon(icon, colour))
            item.setForeground(STATUS, theme().colour(colour))
            item.setToolTip(DETAIL, law["detail"])
