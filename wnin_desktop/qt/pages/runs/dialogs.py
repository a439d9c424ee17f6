"""The dialogs of the Runs page: configurations side by side, tags, and where an export goes."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from wnin_desktop.qt.dialogs.base import CopyButton, Dialog, push_button, text_label
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, theme
from wnin_desktop.qt.widgets import IconButton
from wnin_desktop.runs.config_diff import DifferingField, as_text
from wnin_desktop.runs.export import FOLDERS, FORMATS

LONGEST_TAG = 40
TITLE_LETTERS = 24
"""Letters after which the title of a configuration goes on in another line."""
WIDEST_VALUE = 196
"""Pixels of a column of values from which on its words go on in another line."""


class DiffDialog(Dialog):
    """Two to eight configurations, field by field, only where they differ."""

    def __init__(self, parent: QWidget | None, titles: Sequence[str], rows: Sequence[DifferingField]) -> None:
        super().__init__(parent, "config-diff", tr("Configuration differences"))
        self._titles, self._rows = tuple(titles), tuple(rows)
        self.table = self._make_table()
        self._tint()
        theme().changed.connect(self._tint)
        counted = {0: tr("These configurations are equal."), 1: tr("1 field differs; all others are equal.")}
        many = tr("{0} fields differ; all others are equal.", len(rows))
        self.add_text(counted.get(len(rows), many), "config-diff-said", "muted")
        self.table.setVisible(bool(rows))
        self.column.addWidget(self.table, 1)
        line = self.add_row()
        self.copy = CopyButton(tr("&Copy as text"), tr("Copied"), self.text, "config-diff-copy", self)
        line.addWidget(self.copy)
        line.addStretch(1)
        close = push_button(tr("Close"), "config-diff-close", self.close, parent=self)
        close.setDefault(True)
        line.addWidget(close)
        self._fit_columns()
        lines = 10 + 2 * min(max(len(rows), 2), 18)
        self.fit(-(-self._wanted_width() // self.fontMetrics().averageCharWidth()), lines)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - the name is Qt's
        """Give larger text wider columns."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "table"):
            self._fit_columns()

    def _fit_columns(self) -> None:
        """Make columns as wide as what is in them, and rows as high as words that go on below."""
        table = self.table
        for column in range(table.columnCount()):
            table.setColumnWidth(column, self._width_of(column))
        table.resizeRowsToContents()

    def _width_of(self, column: int) -> int:
        """Return the width in which no word of a column is cut; paths of fields are not broken."""
        metrics = QFontMetrics(theme().font("ui" if column else "mono"))
        texts = [(row.path, *row.values)[column] for row in self._rows]
        head = self.table.horizontalHeader().sectionSizeHint(column)
        natural = max(map(metrics.horizontalAdvance, texts), default=0)
        word = max((metrics.horizontalAdvance(word) for text in texts for word in text.split()), default=0)
        return max(head, (natural if not column else max(word, min(natural, WIDEST_VALUE))) + 2 * Space.M)

    def _wanted_width(self) -> int:
        columns = sum(map(self.table.columnWidth, range(self.table.columnCount())))
        return columns + self.table.verticalScrollBar().sizeHint().width() + 2 * (Space.L + Space.S)

    def _tint(self) -> None:
        """Colour the table as the theme has it."""
        for place, row in enumerate(self._rows):
            for column, text in enumerate((row.path, *row.values)):
                item = self.table.item(place, column)
                if item is None:
                    continue
                item.setForeground(theme().colour("muted" if not column or not text else "text"))
                if not column:
                    item.setFont(theme().font("mono"))

    def text(self) -> str:
        """Return the table as lines of tabs."""
        return as_text(self._titles, self._rows)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(len(self._rows), len(self._titles) + 1, self)
        table.setObjectName("config-diff-table")
        table.setAccessibleName(tr("Fields that differ"))
        titles = [textwrap.fill(title, TITLE_LETTERS) for title in self._titles]
        table.setHorizontalHeaderLabels([tr("Field"), *titles])
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.verticalHeader().hide()
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setTabKeyNavigation(False)
        for place, row in enumerate(self._rows):
            for column, text in enumerate((row.path, *row.values)):
                item = QTableWidgetItem(text or "\u2013")
                item.setToolTip(text)
                table.setItem(place, column, item)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setStretchLastSection(True)
        for column, title in enumerate(self._titles, 1):
            item = table.horizontalHeaderItem(column)
            if item is not None:
                item.setToolTip(title)
        return table


class TagsDialog(Dialog):
    """The tags of one or several experiments: checked is on all of them, half-checked on some."""

    tagged = Signal(object, object)
    """Tags to put on all chosen experiments, and tags to take off them."""

    def __init__(self, parent: QWidget | None, known: Iterable[str], own: Sequence[Iterable[str]]) -> None:
        super().__init__(parent, "tags", tr("Tags"), modal=True)
        self._own = [set(tags) for tags in own]
        some = set().union(*self._own)
        self.field = QLineEdit(self)
        self.field.setObjectName("tags-field")
        self.field.setMaxLength(LONGEST_TAG)
        self.field.setPlaceholderText(tr("New tag, then Enter"))
        self.field.setAccessibleName(tr("New tag"))
        label = QLabel(tr("&Add a tag"), self)
        label.setBuddy(self.field)
        self.add = IconButton("add", tr("Add this tag"), self, name="tags-add")
        self.list = QListWidget(self)
        self.list.setObjectName("tags-list")
        self.list.setAccessibleName(tr("Tags"))
        for tag in sorted({*known, *some}, key=str.lower):
            self._put(tag, self._state_of(tag))
        self.column.addWidget(label)
        row = self.add_row()
        row.addWidget(self.field)
        row.addWidget(self.add)
        self.column.addWidget(self.list, 1)
        self._add_buttons()
        self.add.clicked.connect(self._take_new)
        self.field.setFocus()
        self.fit(46, 20)

    def _add_buttons(self) -> None:
        # None of them is the default: Enter in the field adds a tag and must not close the dialog with it.
        row = self.add_row()
        row.addStretch(1)
        row.addWidget(push_button(tr("Cancel"), "tags-cancel", self.reject, parent=self))
        row.addWidget(push_button(tr("Save tags"), "tags-save", self._save, kind="primary", parent=self))
        self.field.returnPressed.connect(self._take_new)

    def _state_of(self, tag: str) -> Qt.CheckState:
        having = sum(tag in tags for tags in self._own)
        if having == len(self._own):
            return Qt.CheckState.Checked
        return Qt.CheckState.PartiallyChecked if having else Qt.CheckState.Unchecked

    def _put(self, tag: str, state: Qt.CheckState) -> None:
        having = sum(tag in tags for tags in self._own)
        some = state == Qt.CheckState.PartiallyChecked
        text = tr("{0} (on {1} of {2})", tag, having, len(self._own)) if some else tag
        item = QListWidgetItem(text, self.list)
        item.setData(Qt.ItemDataRole.UserRole, tag)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(state)

    def _take_new(self) -> None:
        tag = " ".join(self.field.text().split())
        self.field.clear()
        if not tag:
            return
        items = (self.list.item(place) for place in range(self.list.count()))
        known = next((item for item in items if _tag(item).lower() == tag.lower()), None)
        if known is not None:
            known.setCheckState(Qt.CheckState.Checked)
        else:
            self._put(tag, Qt.CheckState.Checked)
            self.list.scrollToBottom()

    def _save(self) -> None:
        self._take_new()
        items = [self.list.item(place) for place in range(self.list.count())]
        put = {_tag(item) for item in items if item.checkState() == Qt.CheckState.Checked}
        off = {_tag(item) for item in items if item.checkState() == Qt.CheckState.Unchecked}
        self.accept()
        self.tagged.emit(put, off)


def _tag(item: QListWidgetItem) -> str:
    return item.data(Qt.ItemDataRole.UserRole)


def format_names() -> dict[str, str]:
    """Return what each format is called."""
    return {
        "csv": tr("CSV table, one row for each step"),
        "parquet": tr("Parquet table, one row for each step"),
        "tensorboard": tr("TensorBoard event files, one folder for each run"),
        "mlflow": tr("MLflow tracking folder"),
    }


class ExportDialog(Dialog):
    """Which format, and where to."""

    chosen = Signal(str, str, bool)
    """Format, path, and whether an older export there is replaced."""

    def __init__(
        self,
        parent: QWidget | None,
        runs: int,
        name_of: Callable[[str], str],
        folder: Path,
        kind: str = "csv",
    ) -> None:
        super().__init__(parent, "export", tr("Export runs"), modal=True)
        self._name_of, self._folder = name_of, folder
        said = tr("1 run, with every step.") if runs == 1 else tr("{0} runs, with every step.", runs)
        self.add_text(said, "export-said", "muted")
        self.kind = QComboBox(self)
        self.kind.setObjectName("export-format")
        self.kind.setAccessibleName(tr("Format"))
        for each in FORMATS:
            self.kind.addItem(format_names()[each], each)
        self.path = QLineEdit(self)
        self.path.setObjectName("export-path")
        self.path.setAccessibleName(tr("File or folder"))
        self.browse = IconButton("folder", tr("Choose another place"), self, name="export-browse")
        self.overwrite = QCheckBox(tr("&Replace an older export of that name"), self)
        self.overwrite.setObjectName("export-overwrite")
        self.taken = text_label("", "export-taken", self, "danger")
        self.taken.hide()
        self._lay_out()
        self.kind.setCurrentIndex(max(0, self.kind.findData(kind)))
        self._rename()
        self.kind.currentIndexChanged.connect(self._rename)
        self.browse.clicked.connect(self._browse)
        self.path.textChanged.connect(self.taken.hide)
        self.overwrite.toggled.connect(self.taken.hide)
        self.fit(76, 12)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(Space.M)
        form.setVerticalSpacing(Space.S)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("&Format"), self.kind)
        self.column.addLayout(form)
        label = QLabel(tr("&Where to"), self)
        label.setBuddy(self.path)
        self.column.addWidget(label)
        row = self.add_row()
        row.addWidget(self.path)
        row.addWidget(self.browse)
        self.column.addWidget(self.taken)
        self.column.addWidget(self.overwrite)
        self.column.addStretch(1)
        end = self.add_row()
        end.addStretch(1)
        cancel = push_button(tr("Cancel"), "export-cancel", self.reject, parent=self)
        self.go: QPushButton = push_button(tr("Export"), "export-go", self._go, kind="primary", parent=self)
        self.go.setDefault(True)
        end.addWidget(cancel)
        end.addWidget(self.go)

    def _rename(self) -> None:
        self.path.setText(str(self._folder / self._name_of(self.kind.currentData())))

    def _browse(self) -> None:
        dialog = QFileDialog(self, tr("Export runs"), str(Path(self.path.text()).parent))
        dialog.setObjectName("export-file-dialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        if self.kind.currentData() in FOLDERS:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.fileSelected.connect(self._take_folder)
        else:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.selectFile(Path(self.path.text()).name)
            dialog.fileSelected.connect(self.path.setText)
        dialog.open()

    def _take_folder(self, folder: str) -> None:
        self._folder = Path(folder)
        self._rename()

    def _go(self) -> None:
        path = self.path.text().strip()
        if not path:
            self.path.setFocus()
        elif os.path.lexists(path) and not self.overwrite.isChecked():
            self._tell_taken(path)
        else:
            self.accept()
            self.chosen.emit(self.kind.currentData(), path, self.overwrite.isChecked())

    def _tell_taken(self, path: str) -> None:
        way = self.overwrite.text().replace("&", "")
        text = tr("{0} exists already. Give another name, or check \u201c{1}\u201d.", Path(path).name, way)
        self.taken.setText(text)
        self.taken.show()
        self.path.setFocus()
        self.path.setAccessibleDescription(text)
        self.fit_soon()
