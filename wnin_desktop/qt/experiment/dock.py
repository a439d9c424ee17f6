"""The left panel: what is learned, by what, how long, with which seeds, and the arms that contend."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from wnin_desktop.errors import Problem
from wnin_desktop.qt.dialogs.base import push_button
from wnin_desktop.qt.experiment import summary
from wnin_desktop.qt.experiment.arm_list import ArmList
from wnin_desktop.qt.experiment.column import Column
from wnin_desktop.qt.experiment.commands_menu import fill_commands, plain
from wnin_desktop.qt.experiment.files import ExperimentFiles
from wnin_desktop.qt.experiment.keeping import DraftKeeper
from wnin_desktop.qt.experiment.section import Section
from wnin_desktop.qt.experiment.seeds import SeedsEdit
from wnin_desktop.qt.forms import Form
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, restyle, theme
from wnin_desktop.qt.widgets import Hairline, IconButton, SectionHeader
from wnin_desktop.runs.flags import FLAGS
from wnin_desktop.schema.fields import FieldSpec, fields_of, with_flags
from wnin_desktop.schema.run import CompareConfig

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk

FOLDS = "experiment.folds"
DEVICE = ("device", "numerics", "threads")


@cache
def specs() -> dict[str, FieldSpec]:
    """Return the fields of a comparison by name, with the flags that set them."""
    flags = {flag.path: flag.name for flag in FLAGS}
    return {spec.name: spec for spec in with_flags(fields_of(CompareConfig), flags)}


class ExperimentDock(QWidget):
    """Edits the draft. Files may be dropped on it."""

    edited = Signal(str)
    """Path of an edit by a person."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("experiment-dock")
        self.setAccessibleName(tr("Experiment"))
        self.setAcceptDrops(True)
        self.desk, self.draft = desk, desk.draft
        self.files = ExperimentFiles(desk, self)
        self.keeper = DraftKeeper(desk.draft, desk.state, desk.tasks, self)
        self.name = Form((msgspec.structs.replace(specs()["name"], required=True),), parent=self)
        self.sections = self._make_sections()
        self.arms = ArmList(self.draft, self)
        self.trouble = self._make_trouble()
        self.first_steps = self._make_first_steps()
        self.add_button = IconButton("add", tr("Add an arm"), self, name="arm-add")
        self.start_button = IconButton("more", tr("Presets and files"), self, name="experiment-more")
        self._place()
        self._connect()
        self._show_all()

    # --- parts ---

    def _make_sections(self) -> dict[str, Section]:
        parts: tuple[tuple[str, str, tuple[str, ...], Callable[[QWidget], Any], Callable[..., str]], ...] = (
            ("task", tr("Task"), ("task",), self._form("task"), _of("task", summary.task_words)),
            ("network", tr("Network"), ("network",), self._form("network"),
             _of("network", summary.network_words)),
            ("budget", tr("Budget"), ("budget",), self._form("budget"), _of("budget", summary.budget_words)),
            ("seeds", tr("Seeds"), ("seeds",), lambda parent: SeedsEdit(specs()["seeds"], parent),
             _of("seeds", summary.seeds_words)),
            ("device", tr("Device"), DEVICE, self._device_form, summary.device_words),
        )  # fmt: skip
        return {
            name: Section(name, title, roots, make, words, self) for name, title, roots, make, words in parts
        }

    def _form(self, name: str) -> Callable[[QWidget], Form]:
        spec = specs()[name]
        inner = spec.fields if spec.kind == "model" else (spec,)
        return lambda parent: Form(inner, parent=parent)

    def _device_form(self, parent: QWidget) -> Form:
        shown = (msgspec.structs.replace(specs()[name], advanced=False) for name in DEVICE)
        return Form(shown, parent=parent)

    def _make_trouble(self) -> QLabel:
        label = QLabel(self)
        label.setObjectName("experiment-trouble")
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setProperty("kind", "muted")
        label.hide()
        return label

    def _make_first_steps(self) -> QWidget:
        """Return the buttons that are seen while there is no arm."""
        holder = QWidget(self)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, Space.S, 0, 0)
        row.setSpacing(Space.S)
        add = push_button(tr("Add an arm"), "first-arm", self.add_arm, icon="add", parent=holder)
        presets = push_button(tr("Open a preset"), "first-preset", self._open_presets, icon="star",
                              parent=holder)  # fmt: skip
        for button in (add, presets):
            row.addWidget(button)
        row.addStretch(1)
        return holder

    def _place(self) -> None:
        inner = QWidget(self)
        inner.setObjectName("experiment-inner")
        column = QVBoxLayout(inner)
        column.setContentsMargins(Space.M, Space.S, Space.M, Space.M)
        column.setSpacing(Space.XS)
        column.addWidget(self.name)
        for section in self.sections.values():
            column.addWidget(Hairline(parent=inner))
            column.addWidget(section)
        column.addWidget(Hairline(parent=inner))
        self.arms_header = SectionHeader(
            tr("Arms"), inner, actions=(self.add_button, self.start_button), name="arms-header"
        )
        column.addWidget(self.arms_header)
        column.addWidget(self.trouble)
        column.addWidget(self.first_steps)
        column.addWidget(self.arms)
        column.addStretch(1)
        self.area = Column(inner, "experiment-scroll", self)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self.area)

    def _connect(self) -> None:
        draft, kept = self.draft, self.desk.state.get(FOLDS, {})
        self.name.edited.connect(self._edit)
        for name, section in self.sections.items():
            section.set_folded(bool(kept.get(name, True)))
            section.edited.connect(self._edit)
            section.folded.connect(self._keep_folds)
        self.add_button.clicked.connect(self.add_arm)
        self.start_button.clicked.connect(self._open_menu)
        self.arms.menu_filling.connect(self._fill_menu)
        draft.changed.connect(self._show_change)
        draft.problems_changed.connect(self._show_problems)
        draft.sought.connect(self.focus_field)
        self._scroll_soon = QTimer(self, singleShot=True, interval=0)  # a new card gets its place first
        self._scroll_soon.timeout.connect(self._show_selected)
        draft.selected_changed.connect(self._scroll_soon.start)
        self.arms.completed.connect(self._scroll_soon.start)

    # --- what it shows ---

    def _show_all(self) -> None:
        self._show_change("")
        self._show_problems()

    def _show_change(self, path: str) -> None:
        data = self.draft.content.data
        if path in ("", "name"):
            self.name.show_value("name", data.get("name"))
            if not (line := self.name.editor("name")).hasFocus():
                line.setCursorPosition(0)  # a long name is read from its beginning
        for section in self.sections.values():
            section.show_change(path, data)
        self.first_steps.setVisible(self.draft.arm_count == 0)

    def _show_problems(self) -> None:
        problems = self.draft.problems
        self.name.show_problems([each for each in problems if each.field == "name"])
        for section in self.sections.values():
            section.show_problems(problems)
        others = [each for each in problems if not self._has_place(each)]
        words = [f"{each.allowed[:1].upper()}{each.allowed[1:]}." for each in others]
        self.trouble.setText("\n".join(words))
        self.trouble.setProperty("kind", "muted" if not self.draft.arm_count else "danger")
        self.trouble.style().unpolish(self.trouble)
        restyle(self.trouble)
        self.trouble.setVisible(bool(words))

    def _has_place(self, problem: Problem) -> bool:
        in_section = any(section.holds(problem.field) for section in self.sections.values())
        return problem.field == "name" or problem.field.startswith("arms[") or in_section

    def focus_field(self, path: str) -> bool:
        """Give the keyboard to the field at a path; false where it is edited elsewhere."""
        if path == "name":
            return self.name.focus_field(path)
        if path == "arms":
            self.add_button.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return True
        return any(section.focus_field(path) for section in self.sections.values())

    # --- what a person does ---

    def _edit(self, path: str, value: object) -> None:
        self.draft.set(path, value)
        self.edited.emit(path)

    def add_arm(self) -> None:
        """Add an arm and select it."""
        self.draft.add_arm()

    def _show_selected(self) -> None:
        if 0 <= self.draft.selected < len(self.arms.cards):
            self.area.ensureWidgetVisible(self.arms.cards[self.draft.selected])

    def _keep_folds(self, _name: str, _folded: bool) -> None:
        folds = {name: section.is_folded for name, section in self.sections.items()}
        self.desk.state.set(FOLDS, folds)

    def _fill_menu(self, menu: QMenu, index: int) -> None:
        """Add the commands of an arm's runs to its menu."""
        config, name = self.draft.config, str(self.draft.value(f"arms[{index}].name"))
        commands = menu.addMenu(theme().icon("command"), tr("Copy command"))
        commands.setObjectName("arm-menu-commands")
        commands.setEnabled(config is not None and self.draft.is_enabled(index))
        if config is not None:
            fill_commands(commands, self.files, name, config.seeds)

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setObjectName("experiment-menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_presets(menu.addMenu(theme().icon("star"), tr("Presets")))
        menu.addSeparator()
        files = self.files
        for name, text, icon, deed in (
            ("new", tr("New experiment"), "new", files.new),
            ("open", tr("Open…"), "open", files.open),
            ("save", tr("Save"), "save", files.save),
            ("paste", tr("Paste experiment"), "paste", files.paste),
            ("copy", tr("Copy experiment as TOML"), "copy", files.copy_toml),
            ("command", tr("Copy as command"), "command", files.copy_command),
        ):
            action = menu.addAction(theme().icon(icon), text)
            action.setObjectName(f"experiment-menu-{name}")
            action.triggered.connect(plain(deed))
        menu.popup(self.start_button.mapToGlobal(self.start_button.rect().bottomLeft()))

    def _open_presets(self) -> None:
        menu = QMenu(self)
        menu.setObjectName("presets-menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_presets(menu)
        menu.popup(self.first_steps.mapToGlobal(self.first_steps.rect().bottomLeft()))

    def fill_presets(self, menu: QMenu) -> None:
        """Add an action for each comparison that ships with the program."""
        for name in self.files.presets():
            action = menu.addAction(name.replace("-", " "))
            action.setObjectName(f"preset-{name}")
            action.triggered.connect(plain(lambda name=name: self.files.open_preset(name)))

    # --- files ---

    def accepts(self, path: str) -> bool:
        """Return whether a file looks like an experiment."""
        return self.files.accepts(path)

    def open_file(self, path: str) -> None:
        """Open a file, after asking what becomes of unsaved changes."""
        self.files.open_file(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - the names are Qt's
        """Take files; what they are is looked at when they are dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Open a dropped file, or say politely why not."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        if len(files) == 1:
            self.files.open_file(files[0])
        else:
            self.desk.notices.tell(
                tr("One experiment at a time can be opened."),
                kind="warning",
                do=tr("Drop one experiment file: .toml, .json or .yaml."),
            )


def _of(name: str, words: Callable[[Any], str]) -> Callable[[dict[str, Any]], str]:
    return lambda data: words(data.get(name))
