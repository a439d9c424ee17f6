"""About: versions, licences, and what to paste into a report. Nothing is imported to know its version."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from typing import Any

import shiboken6
from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

import wnin_desktop
from wnin_desktop import paths
from wnin_desktop.qt.bridge.crash import redacted
from wnin_desktop.qt.dialogs.base import (
    CopyButton,
    Dialog,
    make_default,
    push_button,
    read_only_text,
    text_label,
)
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.theme.icons import application_icon

LETTERS, LINES = 92, 32
PICTURE = 48
LIBRARIES = (
    ("PySide6-Essentials", "LGPL-3.0-only"), ("shiboken6", "LGPL-3.0-only"), ("pyqtgraph", "MIT"),
    ("torch", "BSD-3-Clause and others"), ("torchvision", "BSD-3-Clause"),
    ("numpy", "BSD-3-Clause and others"), ("scipy", "BSD-3-Clause"), ("scikit-learn", "BSD-3-Clause"),
    ("matplotlib", "PSF-based"), ("pydantic", "MIT"), ("msgspec", "BSD-3-Clause"),
    ("apsw", "any OSI-approved"), ("websockets", "BSD-3-Clause"),
    ("qasync", "BSD-2-Clause"), ("safetensors", "Apache-2.0"), ("platformdirs", "MIT"),
    ("psutil", "BSD-3-Clause"), ("click", "BSD-3-Clause"), ("rich", "MIT"), ("Jinja2", "BSD-3-Clause"),
    ("PyYAML", "MIT"), ("tomli-w", "MIT"), ("mnist1d", "Apache-2.0"),
)  # fmt: skip
"""What the program stands on, with its licence."""


def version_of(package: str) -> str:
    """Return the version of an installed package, "" where it is not installed; nothing is imported."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def versions() -> list[tuple[str, str, str]]:
    """Return name, version and licence of everything that is installed."""
    found = [(name, version_of(name), licence) for name, licence in LIBRARIES]
    return [
        ("WNIN Desktop", wnin_desktop.__version__, "MIT"),
        ("Python", platform.python_version(), "PSF-2.0"),
        ("Qt", qVersion() or "", "LGPL-3.0-only"),
        *(row for row in found if row[1]),
    ]


def screen_facts() -> list[tuple[str, str]]:
    """Return what this program draws on."""
    screens = [
        f"{screen.size().width()}x{screen.size().height()} at {screen.devicePixelRatio():g}"
        for screen in QGuiApplication.screens()
    ]
    return [("Window system", QGuiApplication.platformName()), ("Screens", ", ".join(screens))]


def system_info(more: Iterable[tuple[str, str]] = ()) -> str:
    """Return what a report needs to hold, as text, without the names of people and folders."""
    facts = [
        ("System", f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} CPUs"),
        ("Home", str(paths.home())),
        ("Store", str(paths.store_dir())),
        *more,
    ]
    lines = [f"{name}: {value}" for name, value in facts]
    lines += [f"{name} {version}" for name, version, _ in versions()]
    return redacted("\n".join(lines))


LGPL_NOTE = (
    "Qt and PySide6 are used under the GNU Lesser General Public License, version 3. They are unchanged and "
    "lie beside this program as libraries of their own: you may replace them with versions that you have "
    "built or changed yourself, and take this program apart as far as that needs. Their source is at "
    "https://download.qt.io and https://code.qt.io, the licence at "
    "https://www.gnu.org/licenses/lgpl-3.0.html."
)


class AboutDialog(Dialog):
    """Name and version, the libraries with their licences, and the system to be copied."""

    def __init__(self, desk: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent, "about-dialog", tr("About WNIN Desktop"))
        self._add_head()
        tabs = QTabWidget(self)
        tabs.setObjectName("about-tabs")
        tabs.tabBar().setAccessibleName(tr("Parts"))
        tabs.setAccessibleName(tr("About"))
        tabs.addTab(self._licences(), tr("Versions and licences"))
        self.info = read_only_text("", "about-system", tr("This system"), self)
        tabs.addTab(self.info, tr("This system"))
        self.column.addWidget(tabs, 1)
        row = self.add_row()
        self.copy = CopyButton(
            tr("Copy system info"), tr("Copied"), self.info.toPlainText, "about-copy", self
        )
        row.addWidget(self.copy)
        row.addStretch(1)
        close = push_button(tr("Close"), "about-close", self.close, parent=self)
        row.addWidget(close)
        self.fit(LETTERS, LINES)
        make_default(close)
        screens = screen_facts()  # of the GUI thread; the rest is read from disk
        desk.tasks.start(lambda _task: (versions(), system_info(screens)), then=self._show)

    def _show(self, found: tuple[list[tuple[str, str, str]], str]) -> None:
        if not shiboken6.isValid(self):
            return
        rows, info = found
        for row in rows:
            QTreeWidgetItem(self.table, list(row))
        for number in range(2):
            self.table.resizeColumnToContents(number)
        self.info.setPlainText(info)

    def _add_head(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        picture = QLabel(self)
        picture.setObjectName("about-picture")
        size = QSize(PICTURE, PICTURE)
        picture.setPixmap(application_icon().pixmap(size, self.devicePixelRatioF()))
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(Space.XS)
        title = text_label(tr("WNIN Desktop {0}", wnin_desktop.__version__), "about-title", self)
        set_font(title, "heading")
        words.addWidget(title)
        words.addWidget(
            text_label(tr("Without Noise There Is Nothing: a noise-temperature landscape explorer for "
                          "optimization and learning."), "about-what", self)
        )  # fmt: skip
        words.addWidget(
            text_label(tr("MIT licence. Everything stays on this machine."), "about-licence", self, "muted")
        )
        row.addLayout(words, 1)
        self.column.addLayout(row)

    def _licences(self) -> QWidget:
        page = QWidget(self)
        page.setObjectName("about-licences")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, Space.S, 0, 0)
        table = QTreeWidget(page)
        table.setObjectName("about-versions")
        table.setAccessibleName(tr("Versions and licences"))
        table.setHeaderLabels([tr("Name"), tr("Version"), tr("Licence")])
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        self.table = table
        column.addWidget(table, 1)
        column.addWidget(text_label(tr(LGPL_NOTE), "about-lgpl", page, "muted"))
        return page
