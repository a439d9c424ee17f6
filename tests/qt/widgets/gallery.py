"""Every small widget on one sheet, to be looked at: `python -m tests.qt.widgets.gallery FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSlider,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from wnin_desktop.qt.theme import Space, set_font, theme
from wnin_desktop.qt.widgets import (
    Badge,
    ColourButton,
    ElidedLabel,
    EmptyState,
    FlowLayout,
    Hairline,
    IconButton,
    KeyHint,
    LogSlider,
    NoticeBar,
    ProgressChip,
    SearchField,
    SectionHeader,
    Segmented,
    Sparkline,
    StatusChip,
    Swatch,
)


def gallery() -> QWidget:
    """Return a widget that holds all the others."""
    page = QWidget()
    page.setObjectName("gallery")
    columns = QHBoxLayout(page)
    columns.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
    columns.setSpacing(Space.XL)
    for parts in (_first(), _second(), _third()):
        column = QVBoxLayout()
        column.setSpacing(Space.S)
        for part in parts:
            column.addWidget(part)
        column.addStretch(1)
        columns.addLayout(column, 1)
    return page


def _row(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    layout = FlowLayout(holder)
    for widget in widgets:
        layout.addWidget(widget)
    return holder


def _first() -> Iterator[QWidget]:
    fold = SectionHeader("ARMS", foldable=True, actions=(IconButton("add", "Add an arm"), QAction("More")))
    yield fold
    for index, name in enumerate(("adamw", "sgd", "muon", "a very long name of an arm that is cut")):
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Swatch(index))
        layout.addWidget(ElidedLabel(name), 1)
        spark = Sparkline()
        spark.set_colour(theme().arm(index).colour)
        spark.set_values(np.exp(-np.linspace(0, 3, 60)) + 0.05 * np.sin(np.arange(60) * (index + 1)))
        layout.addWidget(spark)
        layout.addWidget(ColourButton(index))
        yield row
    yield _row(*(Swatch(index) for index in (-1, 4, 5, 6, 7, 8, 9, 10)))
    yield Hairline()
    yield LogSlider(1e-6, 1.0, 0.02, label="T", temperature=True)
    yield LogSlider(1e-6, 1.0, 0.0, label="noise")
    yield LogSlider(1e-3, 10.0, 1.0, label="lr", zero=False)
    off = LogSlider(1e-6, 1.0, 1e-3, label="off")
    off.setEnabled(False)
    yield off
    yield _row(*(Badge(kind, kind) for kind in ("good", "warning", "danger", "info", "neutral")))
    yield _row(*(KeyHint(keys) for keys in ("F5", "Ctrl+Shift+P", "Space")))
    yield SearchField("Search runs")
    yield Segmented((("mean", "Mean"), ("seeds", "Seeds"), ("log", "Log", "axis-log")), "seeds")
    yield ProgressChip("Exporting figures")
    done = ProgressChip("Loading runs")
    done.set_progress(0.4, "12 of 30")
    yield done
    yield _row(
        StatusChip("cpu, 2 threads", "device"),
        StatusChip("store ok", "database", kind="good"),
        StatusChip("5 812 steps/s", "gauge"),
        StatusChip("server off", "server", kind="warning"),
    )


def _second() -> Iterator[QWidget]:
    yield NoticeBar("The comparison is stored.", kind="good", action="Show it")
    yield NoticeBar(
        "Diverged at step 412: loss is not finite.",
        kind="danger",
        kept="The run is kept up to step 411.",
        do="Lower the learning rate or clip the gradient.",
        details="Traceback ...",
        action="Open arm",
    )
    shown = NoticeBar("The server stopped.", kind="warning", details="line one\nline two")
    shown.show_details(True)
    yield shown
    yield NoticeBar("A newer store format was read.")
    empty = EmptyState(
        "plot",
        "No curves yet",
        "Curves appear here while a comparison runs, with a band over its seeds.",
        ("Run the sample", lambda: None),
    )
    empty.setMinimumHeight(220)
    yield empty
    for kind in ("ui", "small", "title", "heading", "numbers", "mono"):
        label = QLabel(f"{kind}: 0123456789 Without noise there is nothing")
        set_font(label, kind)
        yield label


def _third() -> Iterator[QWidget]:
    grid = QWidget()
    layout = QGridLayout(grid)
    layout.setContentsMargins(0, 0, 0, 0)
    for place, (kind, enabled) in enumerate(
        (("", True), ("primary", True), ("danger", True), ("quiet", True), ("", False), ("primary", False))
    ):
        button = QPushButton(kind or "plain")
        button.setProperty("kind", kind)
        button.setEnabled(enabled)
        layout.addWidget(button, place // 3, place % 3)
    yield grid
    for invalid in (False, True):
        line = QLineEdit("0.001")
        line.setProperty("invalid", invalid)
        yield line
    spin, combo = QDoubleSpinBox(), QComboBox()
    combo.addItems(["digits", "spirals"])
    yield spin
    yield combo
    check, radio, mixed = QCheckBox("checked"), QRadioButton("one"), QCheckBox("partly")
    check.setChecked(True)
    radio.setChecked(True)
    mixed.setTristate(True)
    mixed.setCheckState(mixed.checkState().PartiallyChecked)
    yield _row(check, mixed, QCheckBox("not"), radio, QRadioButton("other"))
    slider, bar = QSlider(), QProgressBar()
    slider.setOrientation(slider.orientation().Horizontal)
    slider.setValue(40)
    bar.setValue(60)
    yield slider
    yield bar
    tabs = QTabWidget()
    table = QTableWidget(4, 3)
    table.setAlternatingRowColors(True)
    table.setHorizontalHeaderLabels(["arm", "val loss", "trace"])
    table.verticalHeader().hide()
    for row in range(4):
        for column in range(3):
            table.setItem(row, column, QTableWidgetItem(f"{row}.{column}234"))
    table.selectRow(1)
    tabs.addTab(table, "Compare")
    tabs.addTab(QWidget(), "Landscape")
    tabs.addTab(QWidget(), "Runs")
    tabs.setMinimumHeight(180)
    yield tabs


def write(folder: Path, scale: float) -> list[Path]:
    """Write the sheet light and dark, as large as it is at that scale of text."""
    made = []
    for choice in ("light", "dark"):
        theme().apply(choice)
        theme().set_text_scale(scale)
        page = gallery()
        page.resize(1280, 760)
        page.show()
        path = folder / f"gallery-{choice}-{scale:g}-{page.devicePixelRatioF():g}.png"
        page.grab().save(str(path))
        page.close()
        made.append(path)
    return made


if __name__ == "__main__":
    application = QApplication(sys.argv)
    for size in (1.0, 1.5):
        write(Path(sys.argv[1]), size)
