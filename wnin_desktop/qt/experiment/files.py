"""Experiments as files, text and commands: open, save, paste, copy. The GUI thread touches no disk."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget
from shiboken6 import isValid

from wnin_desktop.errors import InputError
from wnin_desktop.qt.dialogs.save_changes import ask_to_save
from wnin_desktop.qt.experiment.command_dialog import CommandDialog
from wnin_desktop.qt.experiment.recent import RecentFiles
from wnin_desktop.qt.text import tr
from wnin_desktop.runs.command_text import experiment_of
from wnin_desktop.runs.config_files import (
    PARSERS,
    SUFFIXES,
    dump_compare,
    format_compare,
    load_compare,
    load_preset,
    parse_compare,
    presets,
)
from wnin_desktop.runs.replay_command import compare_command, copy_as_command
from wnin_desktop.schema.run import CompareConfig

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk

FOLDER = "experiment.folder"
OPENING, SAVING = "open file", "save file"
"""What its notices are about."""
COMMAND = re.compile(r"\A[^\n=]*\bwnin(-train|\s+train|\s+compare)\b|\A@'")
Next = Callable[[], object]


class ExperimentFiles(QObject):
    """Everything that takes the draft from somewhere or brings it somewhere."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self.desk, self.window = desk, window
        self.draft = desk.draft
        self.recent = RecentFiles(desk.state, self._in_background, self)
        self.dialog: Any = None
        """The dialog that is open, or was last."""
        self._after_save: Next | None = None

    def _in_background(self, work: Callable[[Any], Any], then: Callable[[Any], None]) -> object:
        return self.desk.tasks.start(work, then=then)

    # --- from files ---

    @staticmethod
    def accepts(path: str | Path) -> bool:
        """Return whether a file looks like an experiment."""
        return Path(path).suffix.lower() in PARSERS

    def new(self) -> None:
        """Begin an experiment without arms."""
        self.unsaved_first(self.draft.clear, tr("a new experiment begins"))

    def open(self) -> None:
        """Ask for a file and open it."""
        dialog = self._file_dialog(tr("Open experiment"), QFileDialog.AcceptMode.AcceptOpen)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.open_file)
        dialog.open()

    def open_file(self, path: str | Path, then: Next | None = None) -> None:
        """Open a file; what is wrong with it is a notice, and the draft stays as it is.

        Args:
            path: The file.
            then: What follows once it is open.
        """
        path = Path(path).absolute()
        if not self.accepts(path):
            self.desk.notices.tell(
                tr("{0} is not an experiment.", path.name),
                kind="warning",
                do=tr("Give one file that ends in {0}.", SUFFIXES),
                topic=OPENING,
            )
            return
        self.desk.tasks.start(
            lambda _task: load_compare(path),
            then=lambda config: self._offer(config, path, then=then),
            failed=lambda error: self._tell_unusable(error, path),
        )

    def _offer(
        self, config: CompareConfig, path: Path | None, name: str = "", then: Next | None = None
    ) -> None:
        def load() -> None:
            self._load(config, path)
            if then is not None:
                then()

        name = name or (path.name if path else config.name)
        self.unsaved_first(load, tr("{0} opens", name))

    def _load(self, config: CompareConfig, path: Path | None) -> None:
        self.draft.load(config, path)
        self.desk.notices.settle(OPENING)
        if path is not None:
            self.recent.add(path)
            self.desk.state.set(FOLDER, str(path.parent))
        self.desk.notices.log(tr("Opened {0}.", path or config.name))

    def open_preset(self, name: str, then: Next | None = None) -> None:
        """Open a comparison that ships with the program; `then` follows once it is open."""
        self.desk.tasks.start(
            lambda _task: load_preset(name),
            then=lambda config: self._offer(config, None, name, then),
            failed=lambda error: self._tell_unusable(error, Path(name)),
        )

    @staticmethod
    def presets() -> list[str]:
        """Return the names of the comparisons that ship with the program."""
        return list(presets())

    def _tell_unusable(self, error: Exception, path: Path) -> None:
        if not isinstance(error, InputError):
            self.desk.notices.tell_error(error, what=str(path), topic=OPENING)
            return
        count = len(error.problems)
        text = tr("{0} has {1} problems.", path.name, count) if count > 1 else error.message()
        self.desk.notices.tell(
            text,
            kind="danger",
            kept=tr("The experiment in the editor stays as it is; the file is untouched."),
            do=tr("Mend the file and open it again."),
            details=error.message(),
            topic=OPENING,
        )

    # --- unsaved changes ---

    def unsaved_first(self, then: Next, before: str = "") -> None:
        """Call `then`, after asking what becomes of unsaved changes."""
        if not self.draft.is_changed:
            then()
            return

        def answered(answer: str) -> None:
            if answer == "discard":
                then()
            elif answer == "save":
                self.save(then)

        name = str(self.draft.value("name") or "")
        self.dialog = ask_to_save(self.window, name, answered, before=before)

    # --- to files ---

    def save(self, then: Next | None = None) -> None:
        """Save where the experiment came from, or ask where; `then` follows only when it is saved."""
        if self.draft.path is None:
            self.save_as(then)
        else:
            self.save_to(self.draft.path, then)

    def save_as(self, then: Next | None = None) -> None:
        """Ask where and save there."""
        if self._invalid() is not None:
            self._tell_invalid()
            return
        self._after_save = then
        dialog = self._file_dialog(tr("Save experiment"), QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("toml")
        dialog.selectFile(self.file_name())
        dialog.fileSelected.connect(self._save_selected)
        dialog.open()

    def _save_selected(self, path: str) -> None:
        then, self._after_save = self._after_save, None
        self.save_to(Path(path), then)

    def save_to(self, path: Path, then: Next | None = None) -> None:
        """Save to a file."""
        config = self.draft.config
        if config is None:
            self._tell_invalid()
            return
        content, path = self.draft.content, path.absolute()

        def saved(_result: None) -> None:
            self.draft.mark_saved(path, content)
            self.recent.add(path)
            self.desk.state.set(FOLDER, str(path.parent))
            self._tell_saved(path)
            if then is not None:
                then()

        self.desk.tasks.start(
            lambda _task: dump_compare(config, path),
            then=saved,
            failed=lambda error: self._tell_unsaved(error, path),
            title=tr("Saving {0}", path.name),
        )

    def _tell_unsaved(self, error: Exception, path: Path) -> None:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.desk.notices.tell(
            tr("{0} could not be saved: {1}.", str(path), why.rstrip(".")),
            kind="danger",
            kept=tr("The experiment stays in the editor, and any former file is untouched."),
            do=tr("Save it in another folder."),
            details=f"{type(error).__name__}: {error}",
            action=(tr("Save as"), self.save_as),
            topic=SAVING,
            stays=True,
        )

    def _tell_saved(self, path: Path) -> None:
        self.desk.notices.settle(SAVING)
        resting = self.draft.arm_count - len(self.draft.content.enabled())
        if resting:
            self.desk.notices.tell(
                tr("Saved {0} without the arms that are left out ({1}).", path.name, resting),
                kept=tr("They stay in the editor, and come back with this session."),
            )
        else:
            self.desk.notices.log(tr("Saved {0}.", path), "good")

    def _invalid(self) -> str | None:
        problems = self.draft.problems
        return problems[0].sentence() if problems else None

    def _tell_invalid(self) -> None:
        problems = self.draft.problems
        field = problems[0].field if problems else ""
        self.desk.notices.tell(
            tr("An experiment is saved once nothing is wrong with it. {0}", self._invalid() or ""),
            kind="warning",
            kept=tr("It stays in the editor and comes back with this session."),
            action=(tr("Show"), lambda: self.draft.seek(field)),
            topic=SAVING,
        )

    def file_name(self) -> str:
        """Return a sensible name for the file: 2026-11-21_adamw_cosine.toml."""
        if self.draft.path is not None:
            return self.draft.path.name
        name = re.sub(r"[^\w.+-]+", "_", str(self.draft.value("name") or "experiment")).strip("_.")
        return f"{date.today().isoformat()}_{name[:60] or 'experiment'}.toml"

    def _file_dialog(self, title: str, mode: QFileDialog.AcceptMode) -> QFileDialog:
        folder = self.desk.state.get(FOLDER, "")
        dialog = QFileDialog(self.window, title, folder)
        dialog.setObjectName("file-dialog")
        dialog.setAcceptMode(mode)
        globs = " ".join(f"*{suffix}" for suffix in PARSERS)
        dialog.setNameFilters([tr("Experiments ({0})", globs), tr("All files (*)")])
        dialog.finished.connect(dialog.deleteLater)
        self.dialog = dialog
        return dialog

    # --- text and commands ---

    def copy_toml(self) -> None:
        """Put the experiment on the clipboard as TOML."""
        if (config := self.draft.config) is None:
            self._tell_invalid()
            return
        self._copy(format_compare(config, ".toml"), tr("Copied {0} as TOML.", config.name))

    def copy_command(self) -> None:
        """Put the command of the whole comparison on the clipboard."""
        if (config := self.draft.config) is None:
            self._tell_invalid()
            return
        self._copy(compare_command(config), tr("Copied the command of the whole comparison."))

    def copy_run_command(self, arm: str, seed: int) -> None:
        """Put the command of one run on the clipboard."""
        config = self.draft.config
        runs = config.runs() if config is not None else []
        for run in runs:
            if run.arm.name == arm and run.seed == seed:
                self._copy(copy_as_command(run), tr("Copied the command of {0}, seed {1}.", arm, seed))
                return
        self._tell_invalid()

    def _copy(self, text: str, said: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.desk.notices.log(said)

    def paste(self) -> None:
        """Take the experiment on the clipboard, TOML or a command, as one step that can be undone."""
        text = QGuiApplication.clipboard().text()
        self.desk.tasks.start(
            lambda _task: self._read(text),
            then=lambda config: self.draft.replace_with(config, tr("Paste experiment {0}", config.name)),
            failed=self._tell_unpastable,
        )

    def _read(self, text: str) -> CompareConfig:
        if COMMAND.match(text.strip()):
            return experiment_of(text, self.desk.catalogue.default_lr)
        return parse_compare(text, ".toml")

    def _tell_unpastable(self, error: Exception) -> None:
        details = error.message() if isinstance(error, InputError) else str(error)
        self.desk.notices.tell(
            tr("The clipboard holds no experiment."),
            kind="warning",
            kept=tr("The experiment in the editor stays as it is."),
            do=tr("Copy an experiment as TOML, or a wnin-train command."),
            details=details,
        )

    def open_command(self) -> None:
        """Ask for a command and open its experiment."""
        dialog = CommandDialog(self.window)
        dialog.offered.connect(self._take_command)
        self.dialog = dialog
        dialog.present()

    def _take_command(self, text: str) -> None:
        dialog = self.dialog

        def opened(config: CompareConfig) -> None:
            if isValid(dialog):
                dialog.accept()
                self._offer(config, None)

        def refused(error: Exception) -> None:
            if isValid(dialog):
                dialog.refuse(error)

        self.desk.tasks.start(
            lambda _task: experiment_of(text, self.desk.catalogue.default_lr),
            then=opened,
            failed=refused,
        )
