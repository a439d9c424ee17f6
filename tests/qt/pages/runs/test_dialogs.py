"""The dialogs of the Runs page by themselves."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QWidget

from wnin_desktop.qt.pages.runs.dialogs import DiffDialog, ExportDialog
from wnin_desktop.qt.theme import Space, theme
from wnin_desktop.runs.config_diff import DifferingField

IN_A_SMALL_SCREEN = 0.9 * 1280 - 3 * Space.L
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def exporting(window, tmp_path):
    """The dialog, offering a name that is taken, and what it answers."""
    (tmp_path / "out.csv").write_text("older")
    made = ExportDialog(window, 3, lambda _kind: "out.csv", tmp_path)
    answers = []
    made.chosen.connect(lambda *answer: answers.append(answer))
    made.present()
    return made, answers


def test_that_a_name_that_is_taken_is_told_with_the_way_to_replace_it(qtbot, exporting, tmp_path):
    made, answers = exporting
    qtbot.mouseClick(made.go, LEFT)
    assert made.isVisible()
    assert answers == []
    assert made.taken.isVisible()
    assert made.taken.text() == (
        "out.csv exists already. Give another name, or check “Replace an older export of that name”."
    )
    assert made.path.hasFocus()
    qtbot.mouseClick(made.overwrite, LEFT)
    assert not made.taken.isVisible()
    qtbot.mouseClick(made.go, LEFT)
    assert answers == [("csv", str(tmp_path / "out.csv"), True)]


def test_that_another_name_is_taken_at_once(qtbot, exporting, tmp_path):
    made, answers = exporting
    qtbot.mouseClick(made.go, LEFT)
    made.path.setText(str(tmp_path / "other.csv"))
    assert not made.taken.isVisible()
    qtbot.mouseClick(made.go, LEFT)
    assert answers == [("csv", str(tmp_path / "other.csv"), False)]


TITLES = ("Four optimizers under one cosine noise schedule", "SGLD from cold to hot", "Gradient noise on SGD")
ROWS = [
    DifferingField(
        "arms", ("AdamW, SGD, Muon, NormalizedDynamics", "T 0, T 1e-5, T 1e-4, T 7e-4", "SGD quiet")
    ),
    DifferingField(
        "arms[NormalizedDynamics].optimizer.lr_follows_temperature", ("false", "", "gradient_gaussian")
    ),
    DifferingField("task.dataset", ("digits", "spirals", "digits")),
]


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_that_no_word_of_a_difference_is_cut(qtbot, window, scale):
    made = DiffDialog(window, TITLES, ROWS)
    try:
        theme().set_text_scale(scale)
        made.present()
        QApplication.processEvents()
        table, header = made.table, made.table.horizontalHeader()
        for column in range(table.columnCount()):
            assert header.sectionSize(column) >= header.sectionSizeHint(column)
            for row in range(table.rowCount()):
                item = table.item(row, column)
                metrics = QFontMetrics(item.font() if not column else table.font())
                longest = max(map(metrics.horizontalAdvance, item.text().split()))
                assert longest < table.columnWidth(column) - 2 * Space.XS
        assert all(table.rowHeight(row) >= table.sizeHintForRow(row) for row in range(table.rowCount()))
        assert scale > 1.0 or header.length() <= IN_A_SMALL_SCREEN
    finally:
        theme().set_text_scale(1.0)
        made.close()
