"""What goes on, in the line above the views: pictures being written, a surface whose column is folded."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QWidget

from wnin_desktop.qt.theme import Space
from wnin_desktop.qt.widgets import ProgressChip


class Working(QWidget):
    """A chip for each piece of work; it is there as long as the work goes on."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-working")
        self.chips: dict[str, ProgressChip] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(Space.XS)
        self.hide()

    def show_work(
        self, name: str, title: str, cancel: Callable[[], None], done: float | None, text: str = ""
    ) -> None:
        """Show how far a piece of work is; without a number nobody knows."""
        chip = self.chips.get(name)
        if chip is None:
            chip = self.chips[name] = ProgressChip(title, self, name=f"landscape-working-{name}")
            chip.cancelled.connect(cancel)
            self._row.addWidget(chip)
        chip.set_progress(done, text)
        self.show()

    def end_work(self, name: str) -> None:
        """Say that it goes on no more."""
        chip = self.chips.pop(name, None)
        if chip is not None:
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.setVisible(bool(self.chips))
