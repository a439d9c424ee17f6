"""The panel beside the run table: what is chosen, how it ended, its note, its facts and its command."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from wnin_desktop.qt.dialogs.base import CopyButton, Fold, read_only_text, text_label
from wnin_desktop.qt.experiment.column import Column
from wnin_desktop.qt.pages.runs import words
from wnin_desktop.qt.pages.runs.story import Facts, Story, Told
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, set_font
from wnin_desktop.qt.widgets import Badge, ElidedLabel, EmptyState, Swatch

NOTE_REST_MS = 900
NOTE_LINES = 4
COMMAND_LINES = 4
DETAIL_LINES = 10
LONGEST_WORD = 22
NAME_LETTERS = 17
KINDS = {
    "running": ("info", "run"), "paused": ("neutral", "pause"), "completed": ("good", "check"),
    "stopped": ("neutral", "stop"), "diverged": ("warning", "diverged"), "failed": ("danger", "error"),
    "interrupted": ("warning", "flag"),
}  # fmt: skip


class DetailsPanel(QWidget):
    """Shows one `Story`, or how many rows are chosen."""

    noted = Signal(str, str)
    """An experiment's id and its note, when a person has stopped writing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run-details")
        self.setAccessibleName(tr("Details of what is chosen"))
        self.story: Story | None = None
        self._body: QWidget | None = None
        self.note = self._make_note()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(NOTE_REST_MS)
        self._timer.timeout.connect(self.keep_note)
        self.note.textChanged.connect(self._note_moved)
        self.empty = EmptyState(
            "info",
            tr("Nothing is chosen"),
            tr("Choose an experiment or a run to see how it ended, its note, checkpoints and command."),
        )
        self._area = Column(QWidget(), "run-details-area", self)
        self._area.setAccessibleName(tr("Details"))
        self._area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # arrows scroll what has no control to go to
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._area)

    def _make_note(self) -> QPlainTextEdit:
        note = QPlainTextEdit(self)
        note.setObjectName("run-note")
        note.setAccessibleName(tr("Note"))
        note.setPlaceholderText(tr("Write what this was for and what came out."))
        note.setTabChangesFocus(True)
        note.hide()
        note.installEventFilter(self)
        return note

    # -- what is shown -------------------------------------------------------------------------------------

    def tell(self, title: str, text: str) -> None:
        """Say something instead of a story."""
        self.keep_note()
        self.story = None
        self.empty.set("info", title, text)
        self._stack.setCurrentWidget(self.empty)

    def show_story(self, story: Story) -> None:
        """Show a run or an experiment; a note that is being written is left alone."""
        same = self.story is not None and self.story.experiment_id == story.experiment_id
        writing = same and (self._timer.isActive() or self.note.hasFocus())
        if not writing:
            self.keep_note()
        if self.story == story and self._stack.currentWidget() is self._area:
            return
        top = self._area.verticalScrollBar().value() if same else 0
        self.story = story
        if not writing and self.note.toPlainText() != story.note:
            self.note.blockSignals(True)
            self.note.setPlainText(story.note)
            self.note.blockSignals(False)
        self._replace_body(self._make_body(story))
        self._area.verticalScrollBar().setValue(top)
        self._stack.setCurrentWidget(self._area)

    def _replace_body(self, body: QWidget) -> None:
        had_focus = self.note.hasFocus()
        old, self._body = self._body, body
        if old is not None:
            self._area.takeWidget()
            old.deleteLater()
        self._area.setWidget(body)
        if had_focus:
            self.note.setFocus()

    def _make_body(self, story: Story) -> QWidget:
        body = QWidget()
        body.setObjectName("run-details-body")
        column = QVBoxLayout(body)
        column.setContentsMargins(Space.M, Space.M, Space.M, Space.M)
        column.setSpacing(Space.M)
        column.addLayout(self._head(body, story))
        if story.told is not None:
            column.addWidget(self._told(body, story.told))
        label = text_label(tr("&Note"), "run-note-label", body)
        label.setTextFormat(Qt.TextFormat.AutoText)
        label.setBuddy(self.note)
        set_font(label, "title")
        column.addWidget(label)
        self.note.setParent(body)
        self.note.setFixedHeight(NOTE_LINES * self.fontMetrics().lineSpacing() + 2 * Space.S)
        self.note.show()
        column.addWidget(self.note)
        for part in story.facts:
            column.addWidget(_facts(body, part))
        if story.command:
            self._add_command(body, column, story.command)
        column.addStretch(1)
        return body

    def _head(self, body: QWidget, story: Story) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(Space.XS)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        if story.arm_index is not None:
            row.addWidget(Swatch(story.arm_index, body))
        title = text_label(story.title, "run-details-title", body)
        set_font(title, "heading")
        row.addWidget(title, 1)
        column.addLayout(row)
        column.addWidget(text_label(story.subtitle, "run-details-subtitle", body, "muted"))
        kind, icon = KINDS.get(words.look(story.status, story.diverged), ("neutral", "clock"))
        column.addWidget(Badge(words.standing(story.status, story.diverged), kind, body, icon=icon))
        return column

    def _told(self, body: QWidget, told: Told) -> QWidget:
        frame = QFrame(body)
        frame.setObjectName("run-told")
        column = QVBoxLayout(frame)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        parts = (
            (tr("What happened"), told.what),
            (tr("What was kept"), told.kept),
            (tr("What to do"), told.do),
        )
        for number, (label, text) in enumerate(parts):
            if text:
                column.addSpacing(Space.XS if number else 0)
                small = text_label(label, f"run-told-label-{number}", frame, "muted")
                set_font(small, "small")
                column.addWidget(small)
                kind = told.kind if not number and told.kind in ("danger", "warning") else ""
                column.addWidget(text_label(text, f"run-told-{number}", frame, kind))
        if told.details:
            self._add_details(frame, column, told.details)
        return frame

    def _add_details(self, frame: QWidget, column: QVBoxLayout, details: str) -> None:
        view = read_only_text(details, "run-told-details", tr("Details of the error"), frame)
        view.setFixedHeight(DETAIL_LINES * view.fontMetrics().lineSpacing())
        column.addWidget(Fold(tr("Details"), "run-told-fold", view, frame))
        copy = CopyButton(tr("Copy details"), tr("Copied"), lambda: details, "run-told-copy", frame)
        column.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)

    def _add_command(self, body: QWidget, column: QVBoxLayout, command: str) -> None:
        label = text_label(tr("Command to repeat it"), "run-command-label", body)
        set_font(label, "title")
        view = read_only_text(command, "run-command", tr("Command to repeat it"), body)
        view.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        view.setFixedHeight(COMMAND_LINES * view.fontMetrics().lineSpacing() + 2 * Space.S)
        copy = CopyButton(tr("Copy command"), tr("Copied"), lambda: command, "run-command-copy", body)
        column.addWidget(label)
        column.addWidget(view)
        column.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)

    # -- the note ------------------------------------------------------------------------------------------

    def edit_note(self) -> None:
        """Put the cursor into the note."""
        if self.story is not None:
            self._area.ensureWidgetVisible(self.note)
            self.note.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _note_moved(self) -> None:
        if self.story is not None:
            self._timer.start()

    def keep_note(self) -> None:
        """Hand on a note that was changed, now."""
        self._timer.stop()
        if self.story is not None and self.note.toPlainText() != self.story.note:
            text = self.note.toPlainText()
            self.story = replace(self.story, note=text)
            self.noted.emit(self.story.experiment_id, text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name is Qt's
        """Keep the note when the keyboard goes elsewhere."""
        if watched is self.note and event.type() == QEvent.Type.FocusOut:
            self.keep_note()
        return super().eventFilter(watched, event)


def _facts(parent: QWidget, part: Facts) -> QWidget:
    box = QWidget(parent)
    box.setObjectName("run-facts")
    box.setAccessibleName(part.title)
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(Space.M)
    grid.setVerticalSpacing(Space.XS)
    grid.setColumnStretch(1, 1)
    grid.setColumnMinimumWidth(0, NAME_LETTERS * box.fontMetrics().averageCharWidth())
    title = QLabel(part.title, box)
    title.setObjectName("run-facts-title")
    set_font(title, "title")
    grid.addWidget(title, 0, 0, 1, 2)
    for place, (label, value) in enumerate(part.lines, 1):
        name = QLabel(label, box)
        name.setObjectName("run-fact-name")
        name.setProperty("kind", "muted")
        name.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        text = _value(box, value)
        grid.addWidget(name, place, 0)
        grid.addWidget(text, place, 1)
    return box


def _value(box: QWidget, value: str) -> QLabel:
    """Return a value that breaks its lines, or is cut in its middle where it has no place to break."""
    if max(map(len, value.split()), default=0) <= LONGEST_WORD:
        text = text_label(value, "run-fact", box)
    else:
        text = ElidedLabel(value, box, mode=Qt.TextElideMode.ElideMiddle)
        text.setObjectName("run-fact")
    set_font(text, "numbers")
    return text
