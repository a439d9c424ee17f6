"""F1: what every field means, on one page that is made from the schema."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from PySide6.QtWidgets import QTextBrowser, QWidget

from wnin_desktop.qt.dialogs.base import Dialog
from wnin_desktop.qt.forms.make import ARM_SCOPE, scoped_anchor
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.widgets import SearchField
from wnin_desktop.schema.fields import FieldSpec, default_words, fields_of, walk
from wnin_desktop.schema.metrics import METRICS
from wnin_desktop.schema.run import ArmConfig, CompareConfig

LETTERS, LINES = 90, 34


class ReferenceDialog(Dialog):
    """Fields of an experiment and of its arms, and every metric; it can be searched."""

    def __init__(self, desk: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent, "reference-dialog", tr("Reference"))
        self._desk = desk
        self.search = SearchField(tr("Search the reference"), self, name="reference-search")
        self.search.searched.connect(self._fill)
        self.page = QTextBrowser(self)
        self.page.setObjectName("reference-page")
        self.page.setAccessibleName(tr("Reference"))
        self.page.setOpenLinks(False)
        self.column.addWidget(self.search)
        self.column.addWidget(self.page)
        self.fit(LETTERS, LINES)
        theme().changed.connect(self._fill)
        self._fill()

    def open_at(self, path: str) -> None:
        """Show the entry of a field; unknown ones show the beginning."""
        self.search.clear()
        self._fill()
        self.present()
        self.page.scrollToAnchor(_anchor(path))

    def _fill(self, *_: object) -> None:
        wanted = self.search.text().lower()
        parts = [
            self._section(tr("Experiment"), _shared(), wanted),
            self._section(tr("Arm"), walk(fields_of(ArmConfig, "arms[0]")), wanted),
            *[
                self._section(tr("Optimizer {0}", row.name), walk(row.fields), wanted, row.summary, row.name)
                for row in self._desk.catalogue.rows
                if row.fields
            ],
            _metrics(wanted),
        ]
        text = "".join(parts)
        self.page.setHtml(text or f"<p>{escape(tr('Nothing here is called like that.'))}</p>")

    @staticmethod
    def _section(
        title: str, specs: Iterable[FieldSpec], wanted: str, about: str = "", scope: str = ""
    ) -> str:
        entries = [
            _entry(spec, scope)
            for spec in specs
            if wanted in f"{tr(spec.title)} {spec.path} {tr(spec.help)}".lower()
            and spec.kind not in ("model", "models")
        ]
        if not entries:
            return ""
        head = f"<h2>{escape(title)}</h2>" + (f"<p>{escape(about)}</p>" if about else "")
        return head + "".join(entries)


def _shared() -> Iterable[FieldSpec]:
    return (spec for spec in walk(fields_of(CompareConfig)) if not spec.path.startswith("arms"))


def _entry(spec: FieldSpec, scope: str) -> str:
    muted = theme().colour("muted").name()
    anchor = scoped_anchor(scope, _anchor(spec.path))
    unit = f" ({escape(tr(spec.unit))})" if spec.unit not in ("", "1") else ""
    facts = [tr("Allowed: {0}", tr(spec.allowed))] if spec.allowed else []
    facts += [tr("Default: {0}", default_words(spec, tr))]
    facts += [tr("Flag: {0}", spec.flag)] if spec.flag else []
    return (
        f'<h4><a name="{escape(anchor)}"></a>{escape(tr(spec.title))}{unit}</h4>'
        f"<p>{escape(tr(spec.help))}<br/>"
        f'<span style="color:{muted}">{escape(spec.path)}. {escape(". ".join(facts))}</span></p>'
    )


def _metrics(wanted: str) -> str:
    found = [
        metric for metric in METRICS if wanted in f"{tr(metric.title)} {metric.key} {tr(metric.help)}".lower()
    ]
    if not found:
        return ""
    entries = "".join(
        f'<h4><a name="metric.{metric.key}"></a>{escape(tr(metric.title))} ({escape(tr(metric.unit))})</h4>'
        f"<p>{escape(tr(metric.help))}</p>"
        for metric in found
    )
    return f"<h2>{escape(tr('Metrics'))}</h2>{entries}"


def _anchor(path: str) -> str:
    """Return the anchor of a field; all arms share their entries, and a choice of kind is its field's."""
    path = path.removesuffix(".kind")
    if path.startswith("arms[") and "]." in path:
        return scoped_anchor(ARM_SCOPE, path.partition("].")[2])
    return path
