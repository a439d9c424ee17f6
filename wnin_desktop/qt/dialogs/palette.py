"""The command palette: everything that can be done, by a few letters and Enter."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from wnin_desktop.qt.dialogs.entries import Entry, rank
from wnin_desktop.qt.dialogs.overlay import Overlay
from wnin_desktop.qt.dialogs.palette_list import PaletteModel, make_list
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, restyle, set_font, set_icon, theme
from wnin_desktop.runs.preferences import WindowState

RECENT_KEY = "palette.recent"
MOST_RECENT = 40
MOST_SHOWN = 200
LETTERS, LINES = 100, 12
TOP_SHARE = 0.12
Source = Callable[[], Iterable[Entry]]


class CommandPalette(Overlay):
    """A field and a list over the window. Enter does what is chosen, Escape closes."""

    def __init__(self, window: QWidget, state: WindowState) -> None:
        super().__init__(window, "command-palette", tr("Command palette"))
        self._state = state
        self._sources: list[Source] = []
        self._entries: list[Entry] = []
        self.model = PaletteModel(self)
        self.field = self._make_field()
        self.list = make_list(self.panel, self.model)
        self.list.clicked.connect(self._clicked)
        self.list.selectionModel().currentChanged.connect(self._tell_chosen)
        self.status = QLabel(self.panel)
        self.status.setObjectName("palette-status")
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.status.setProperty("kind", "muted")
        set_font(self.status, "small")
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        column.setSpacing(Space.S)
        for widget in (self.field, self.list, self.status):
            column.addWidget(widget)

    def _make_field(self) -> QLineEdit:
        field = QLineEdit(self.panel)
        field.setObjectName("palette-field")
        field.setAccessibleName(tr("Command"))
        field.setPlaceholderText(tr("What do you want to do?"))
        icon = field.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        icon.setObjectName("palette-icon")
        set_icon(icon, "search", "muted")
        field.textChanged.connect(self._search)
        field.installEventFilter(self)
        return field

    def add_source(self, source: Source) -> None:
        """Take entries from `source` as well, asked each time the palette opens."""
        self._sources.append(source)

    def refresh(self) -> None:
        """Ask all sources again; what is typed and chosen stays."""
        self._entries = [entry for source in self._sources for entry in source()]
        if self.isVisible():
            self._search(self.field.text())

    def present(self) -> None:
        """Open with an empty field."""
        if self.isVisible():
            return
        self._entries = [entry for source in self._sources for entry in source()]
        self.field.clear()
        self._search("")
        super().present()

    def restyle(self) -> None:
        """Ask for the icons of another theme."""
        self.refresh()
        super().restyle()

    def first_focus(self) -> QWidget:
        """Return the field."""
        return self.field

    def place(self) -> None:
        """Stand in the upper middle, as wide as a line of text is read well."""
        metrics = QFontMetrics(theme().font("ui"))
        line = metrics.height() + 2 * Space.S
        width = min(LETTERS * metrics.averageCharWidth(), self.width() - 2 * Space.XL)
        top = round(self.height() * TOP_SHARE)
        around = self.field.sizeHint().height() + self.status.sizeHint().height() + 4 * Space.S
        lines = min(LINES, (self.height() - top - around - Space.XL) // line)
        self.list.setFixedHeight(max(lines, 1) * line + 2)
        self.panel.setGeometry((self.width() - width) // 2, top, width, around + self.list.height())

    def shown_titles(self) -> list[str]:
        """Return the titles in the list, best first."""
        rows = (self.model.row(number) for number in range(self.model.rowCount()))
        return [row.entry.title for row in rows if row is not None]

    @property
    def chosen(self) -> Entry | None:
        """The entry that Enter would run."""
        ranked = self.model.row(self.list.currentIndex().row())
        return None if ranked is None else ranked.entry

    def run_chosen(self) -> None:
        """Do what is chosen; what cannot be done now says why and stays."""
        entry = self.chosen
        if entry is None:
            return
        if entry.reason:
            self._tell(entry.reason, "warning")
            return
        self._remember(entry.key)
        self.dismiss()
        entry.run()

    # -- inside --------------------------------------------------------------------------------------------

    def _recent(self) -> list[str]:
        return [key for key in self._state.get(RECENT_KEY, []) if isinstance(key, str)]

    def _remember(self, key: str) -> None:
        recent = [key, *(each for each in self._recent() if each != key)]
        self._state.set(RECENT_KEY, recent[:MOST_RECENT])

    def _search(self, text: str) -> None:
        found = rank(self._entries, text, self._recent())
        self.model.show_rows(found[:MOST_SHOWN])
        if found:
            self.list.setCurrentIndex(self.model.index(0))
            self.list.scrollToTop()
        else:
            self._tell(tr("Nothing is called like that."))

    def _tell_chosen(self, *_: object) -> None:
        entry = self.chosen
        if entry is not None:
            self._tell(entry.reason or entry.others, "warning" if entry.reason else "muted")

    def _tell(self, text: str, kind: str = "muted") -> None:
        self.status.setText(text)
        self.status.setProperty("kind", kind)
        restyle(self.status)
        self.field.setAccessibleDescription(text)

    def _clicked(self, index: QModelIndex) -> None:
        self.list.setCurrentIndex(index)
        self.run_chosen()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        """Let the arrows of the field move in the list."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._take_key(event)
        return super().eventFilter(watched, event)

    def _take_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: LINES - 1,
            Qt.Key.Key_PageUp: 1 - LINES,
        }
        if key in steps:
            self._move(steps[Qt.Key(key)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.run_chosen()
        else:
            return False
        return True

    def _move(self, by: int) -> None:
        count = self.model.rowCount()
        if not count:
            return
        place = self.list.currentIndex().row() + by
        place = place % count if abs(by) == 1 else max(0, min(place, count - 1))
        self.list.setCurrentIndex(self.model.index(place))
