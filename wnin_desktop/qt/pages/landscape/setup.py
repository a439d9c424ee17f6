"""The column at the left: which runs, what surface, and the button that draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from wnin_desktop.qt.experiment.column import Column
from wnin_desktop.qt.pages.landscape.request_form import RequestForm, wanted_words
from wnin_desktop.qt.pages.landscape.run_table import RunTable
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font, set_icon
from wnin_desktop.qt.widgets import Hairline

if TYPE_CHECKING:
    from wnin_desktop.runs.landscape.kept import KeptSurface

FINENESS = 1000
LETTERS = 30
"""Width of the column, in letters x."""
OTHER = -1


class Setup(QWidget):
    """Runs, form and button. It decides nothing: the page does."""

    kept_chosen = Signal(int)
    """Which of the kept surfaces is to be shown."""

    def __init__(self, form: RequestForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-setup")
        self.setAccessibleName(tr("Surface to draw"))
        self._draw: QAction | None = None
        self._cancel: QAction | None = None
        self._is_busy = self._returns = False
        self.table = RunTable(self)
        self.runs = self.table.runs
        self.fault = self._label("landscape-runs-fault", "danger")
        self.hint = self._label("landscape-runs-hint", "muted")
        self.request = form
        self.kept = self._make_kept()
        self.button = QPushButton(self)
        self.button.setObjectName("landscape-draw-button")
        self.button.clicked.connect(self._press)
        self.bar = QProgressBar(self)
        self.bar.setObjectName("landscape-progress")
        self.bar.setTextVisible(False)
        self.told = self._label("landscape-told", "muted")
        self._place()
        self.show_progress(None, "")

    def _label(self, name: str, kind: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setProperty("kind", kind)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        set_font(label, "small")
        label.hide()
        return label

    def _make_kept(self) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName("landscape-kept")
        box.setAccessibleName(tr("Surfaces that were drawn"))
        box.setToolTip(tr("Surfaces of this experiment that were drawn before; they are kept with it"))
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(8)
        box.activated.connect(self._choose_kept)
        box.hide()
        return box

    def _place(self) -> None:
        inner = QWidget(self)
        inner.setObjectName("landscape-setup-inner")
        column = QVBoxLayout(inner)
        column.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        column.setSpacing(Space.S)
        for widget in (self.kept, self.table, self.hint, self.fault, self.request.form):
            column.addWidget(widget)
        column.addStretch(1)
        self.area = Column(inner, "landscape-setup-scroll", self)
        foot = QVBoxLayout()
        foot.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        foot.setSpacing(Space.XS)
        for widget in (self.button, self.bar, self.told):
            foot.addWidget(widget)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.setSpacing(0)
        around.addWidget(self.area, 1)
        around.addWidget(Hairline(parent=self))
        around.addLayout(foot)

    def sizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        """Return a narrow column."""
        width = self.fontMetrics().averageCharWidth() * LETTERS
        return QSize(max(width, self.minimumSizeHint().width()), super().sizeHint().height())

    # -- what it shows -------------------------------------------------------------------------------------

    def use_actions(self, draw: QAction, cancel: QAction) -> None:
        """Let the button do what these do, the second one while something is drawn."""
        self._draw, self._cancel = draw, cancel
        for action in (draw, cancel):
            action.changed.connect(self._follow)
        self.set_busy(False)

    def set_busy(self, busy: bool) -> None:
        """Let the button draw, or cancel what is drawn."""
        self._is_busy = busy
        self.button.setProperty("kind", "danger" if busy else "primary")
        set_icon(self.button, "stop" if busy else "surface", "danger" if busy else "on_accent")
        self.button.style().unpolish(self.button)
        self.button.style().polish(self.button)
        self._follow()

    def _follow(self) -> None:
        action = self._cancel if self._is_busy else self._draw
        if action is not None:
            had_focus = self.button.hasFocus()
            self.button.setText(action.text().replace("&", ""))
            self.button.setEnabled(action.isEnabled())
            # Qt would hand the keyboard of a button that is disabled for a moment to some other panel.
            if had_focus and not self.button.isEnabled():
                self._returns = True
                self.table.setFocus()
            elif self._returns and self.button.isEnabled():
                self._returns = False
                if self.table.hasFocus():
                    self.button.setFocus()
            self.button.setToolTip(action.toolTip())

    @property
    def has_keyboard(self) -> bool:
        """Whether the button has the keyboard, or has it again as soon as it can be pressed."""
        return self.button.hasFocus() or (self._returns and self.table.hasFocus())

    def _press(self) -> None:
        action = self._cancel if self._is_busy else self._draw
        if action is not None:
            action.trigger()

    def show_progress(self, done: float | None, text: str) -> None:
        """Show how far it is; without a number nobody knows, without words there is nothing to see."""
        self.bar.setVisible(bool(text))
        self.bar.setRange(0, FINENESS if done is not None else 0)
        if done is not None:
            self.bar.setValue(round(FINENESS * min(max(done, 0.0), 1.0)))
        self.bar.setAccessibleName(text or tr("Progress"))
        self.told.setText(text)
        self.told.setVisible(bool(text))

    def show_faults(self, texts: list[str]) -> None:
        """Say what is wrong with the choice of runs."""
        self.fault.setText("\n".join(texts))
        self.fault.setVisible(bool(texts))
        self.table.setAccessibleDescription("\n".join(texts))

    def show_hint(self) -> None:
        """Say how many runs the chosen plane needs."""
        words = wanted_words(self.request.runs_wanted)
        self.hint.setText(words)
        self.hint.setVisible(bool(words))

    def show_kept(self, kept: list[KeptSurface], shown: int) -> None:
        """List kept surfaces, the newest first; `shown` is the place of the one that is seen, or -1."""
        self.kept.clear()
        if shown == OTHER:
            self.kept.addItem(tr("New surface"), OTHER)
        for place in reversed(range(len(kept))):
            words = kept[place].words()
            self.kept.addItem(words, place)
            self.kept.setItemData(self.kept.count() - 1, words, Qt.ItemDataRole.ToolTipRole)
        self.kept.setCurrentIndex(max(self.kept.findData(shown), 0))
        self.kept.setVisible(bool(kept))

    def _choose_kept(self, row: int) -> None:
        place = self.kept.itemData(row)
        if isinstance(place, int) and place != OTHER:
            self.kept_chosen.emit(place)
