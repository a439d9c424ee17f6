"""The field above the run table: a query with suggestions, its terms as chips, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCompleter, QLabel, QToolButton, QVBoxLayout, QWidget

from wnin_desktop.errors import InputError
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import FOCUS, RADIUS, Space, restyle, set_font, theme
from wnin_desktop.qt.widgets import FlowLayout, SearchField
from wnin_desktop.runs.run_query import Query, begun, parse, suggestions, terms_of, without
from wnin_desktop.runs.run_rows import TableRow

CROSS, WIDEST_CHIP = 10, 320


class TermCompleter(QCompleter):
    """Completes the last term of the text and leaves what stands before it."""

    def __init__(self, field: SearchField) -> None:
        super().__init__(QStringListModel(field), field)
        self._field = field
        self.setObjectName("filter-suggestions")
        self.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        popup = self.popup()
        if popup is not None:
            popup.setObjectName("filter-suggestions-list")
            popup.setAccessibleName(tr("Suggestions"))

    def offer(self, options: Iterable[str]) -> None:
        """Suggest these terms for the one that is being written."""
        model = self.model()
        if isinstance(model, QStringListModel):
            model.setStringList(list(options))

    def offered(self) -> list[str]:
        """Return what is suggested."""
        model = self.model()
        return model.stringList() if isinstance(model, QStringListModel) else []

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:  # noqa: N802 - the name is Qt's
        """Return the whole text with the last term replaced."""
        return begun(self._field.text())[0] + str(index.data())

    def splitPath(self, _path: str) -> list[str]:  # noqa: N802 - the name is Qt's
        """Match everything; what fits was chosen before."""
        return [""]


class Chip(QToolButton):
    """One term of the filter; a click takes it out."""

    def __init__(self, term: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(term)
        self.setAccessibleName(tr("Remove the filter {0}", term))
        self.setToolTip(self.accessibleName())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        set_font(self, "small")

    def sizeHint(self) -> QSize:  # noqa: N802 - the name is Qt's
        """Return room for the term and the cross."""
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self.text()) + CROSS + 2 * Space.S + Space.XS
        return QSize(min(width, WIDEST_CHIP), metrics.height() + 2 * Space.XS)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - the name is Qt's
        """Draw ground, term and cross, and the ring where it has the keyboard."""
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(look.colour("accent"), FOCUS) if self.hasFocus() else Qt.PenStyle.NoPen
        painter.setPen(pen)
        painter.setBrush(look.colour("pressed" if self.underMouse() else "accent_tint"))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        rect = self.rect().adjusted(Space.S, 0, -Space.S, 0)
        cross = rect.adjusted(rect.width() - CROSS, (rect.height() - CROSS) // 2, 0, 0)
        look.icon("close", "muted").paint(painter, cross.x(), cross.y(), CROSS, CROSS)
        words = rect.adjusted(0, 0, -CROSS - Space.XS, 0)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, words.width() + 1)
        painter.setPen(look.colour("text"))
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)


class FilterBar(QWidget):
    """A line to write in. Its chips and its error stand in `below`, which the page puts where it has room."""

    queried = Signal(object)
    """A `Query` that was understood."""
    went_down = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs-filter-bar")
        self._rows: tuple[TableRow, ...] = ()
        self.query = Query()
        self.field = SearchField(
            tr("Filter: words, status:failed, arm:muon, lr>0.01"), self, name="runs-filter"
        )
        self.field.setAccessibleName(tr("Filter experiments and runs"))
        self.field.setToolTip(_help())
        self.completer = TermCompleter(self.field)
        self.field.setCompleter(self.completer)
        self.field.textEdited.connect(self._suggest)
        self.field.searched.connect(self._search)
        self.field.went_down.connect(self.went_down)
        self.below = QWidget(self)
        self.below.setObjectName("runs-filter-chips")
        self._chips = FlowLayout(self.below, gap=Space.XS)
        self.error = QLabel(self.below)
        self.error.setObjectName("runs-filter-error")
        self.error.setProperty("kind", "danger")
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        set_font(self.error, "small")
        self.error.hide()
        self.below.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.field)

    @property
    def text(self) -> str:
        """What is written."""
        return self.field.text()

    def set_text(self, text: str) -> None:
        """Write a query and ask for it."""
        self.field.setText(text)
        self.field.returnPressed.emit()

    def set_rows(self, rows: tuple[TableRow, ...]) -> None:
        """Take the rows that suggestions come from."""
        self._rows = rows

    def _suggest(self, text: str) -> None:
        before = text[: self.field.cursorPosition()]
        _, term = begun(before)
        # A plain word is searched for as it is; the list would be in its way.
        options = suggestions(before, self._rows) if term else []
        self.completer.offer([] if options == [term] else options)

    def _search(self, text: str) -> None:
        try:
            query = parse(text)
        except InputError as error:
            self._tell(error)
            return
        self.query = query
        self._tell(None)
        self._show_chips(text)
        self.queried.emit(query)

    def _tell(self, error: InputError | None) -> None:
        self.field.setProperty("invalid", error is not None)
        restyle(self.field)
        self.error.setText("" if error is None else error.problems[0].allowed)
        self.field.setAccessibleDescription(self.error.text())
        if error is not None:
            problem = error.problems[0]
            self.error.setText(tr("{0}: {1}.", problem.value, problem.allowed))
            self._clear_chips()
            self._chips.addWidget(self.error)
        self.error.setVisible(error is not None)
        self.below.setVisible(error is not None)

    def _clear_chips(self) -> None:
        while self._chips.count():
            item = self._chips.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None and widget is not self.error:
                widget.hide()
                widget.deleteLater()

    def _show_chips(self, text: str) -> None:
        self._clear_chips()
        terms = terms_of(text)
        for place, term in enumerate(terms):
            self._chips.addWidget(self._chip(place, term))
        self.below.setVisible(bool(terms))

    def _chip(self, place: int, term: str) -> QToolButton:
        chip = Chip(term, self.below)
        chip.setObjectName(f"filter-chip-{place}")
        chip.setProperty("place", place)
        chip.clicked.connect(self._remove)
        chip.show()
        return chip

    def _remove(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.set_text(without(self.field.text(), int(sender.property("place"))))
            self.field.setFocus()


def _help() -> str:
    return tr(
        "Words are looked for in names, arms, tags, notes, ids and settings.\n"
        "status:failed,diverged   arm:muon   tag:paper   seed:0,1   lr>0.01   lr:0.001..0.1\n"
        "val_loss<0.2   duration>1h   age<7d   started:2026-11   is:starred   has:note\n"
        "A minus before a term turns it round: -status:completed\n"
        'Quotes look for text as it is: "lr > 0.1"'
    )
