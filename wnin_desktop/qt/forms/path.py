"""An editor of paths: typed, dropped, or picked in the system's own dialog."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QToolButton, QWidget

from wnin_desktop.qt.forms.line import TextEdit
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_icon
from wnin_desktop.schema.fields import FieldSpec


class PathEdit(QWidget):
    """A file or a folder."""

    edited = Signal(object)

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.line = TextEdit(spec, self)
        self.line.edited.connect(self.edited)
        self.line.setAcceptDrops(False)  # this widget takes what is dropped on the line
        self.file_button = self._button("file", tr("Choose a file"), self.ask_for_file)
        self.folder_button = self._button("folder", tr("Choose a folder"), self.ask_for_folder)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        for widget in (self.line, self.file_button, self.folder_button):
            row.addWidget(widget)
        self.setFocusProxy(self.line)
        self.setAcceptDrops(True)

    def _button(self, icon: str, text: str, slot: Any) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"{self.spec.name}_{icon}")
        set_icon(button, icon)
        button.setAutoRaise(True)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.clicked.connect(slot)
        return button

    def value(self) -> Any:
        """Return the path as text, or None."""
        return self.line.value()

    def fault(self) -> str:
        """Return why the text is no value of this field, as a sentence; "" where it is one."""
        return self.line.fault()

    def show_value(self, value: Any) -> None:
        """Show `value` without telling anybody."""
        self.line.show_value(value)

    def set_faulty(self, faulty: bool) -> None:
        """Draw the line as one that must be mended."""
        self.line.set_faulty(faulty)

    def ask_for_file(self) -> None:
        """Open the system's dialog for a file."""
        self._ask(tr("Choose a file"), QFileDialog.FileMode.ExistingFile)

    def ask_for_folder(self) -> None:
        """Open the system's dialog for a folder."""
        self._ask(tr("Choose a folder"), QFileDialog.FileMode.Directory)

    def _ask(self, title: str, mode: QFileDialog.FileMode) -> None:
        dialog = QFileDialog(self, title, self._begin())
        dialog.setFileMode(mode)
        dialog.fileSelected.connect(self._picked)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _begin(self) -> str:
        text = self.line.text().strip()
        near = Path(text).expanduser() if text else Path.home()
        while not near.is_dir() and near != near.parent:
            near = near.parent
        return str(near)

    def _picked(self, path: str) -> None:
        self.line.setText(path)
        self.line.setFocus()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take one local file or folder."""
        if self._dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Write the path of what was dropped."""
        self._picked(self._dropped(event))
        event.acceptProposedAction()

    @staticmethod
    def _dropped(event: QDropEvent) -> str:
        urls = event.mimeData().urls()
        return urls[0].toLocalFile() if len(urls) == 1 and urls[0].isLocalFile() else ""
