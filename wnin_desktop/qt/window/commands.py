"""The commands that belong to no page: files, editing, tools, help; and what follows the first picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QMenu

from wnin_desktop import paths
from wnin_desktop.qt.bridge.single import Wish
from wnin_desktop.qt.desk import Desk
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.window import lazily
from wnin_desktop.qt.window.main_window import MainWindow
from wnin_desktop.qt.window.start import Start
from wnin_desktop.runs.config_files import load_compare, load_preset
from wnin_desktop.schema.run import CompareConfig

Keys = QKeySequence.StandardKey
SAMPLE = "demo"


class Commands(QObject):
    """Registers the commands and opens their dialogs."""

    def __init__(self, desk: Desk, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("window-commands")
        self.desk, self.window = desk, window
        self.files = window.files
        self._dialogs: dict[str, Any] = {}
        self._palette: Any = None
        self._add_file()
        self._add_edit()
        self._add_tools()
        self._add_help()
        window.wished.connect(self.fulfil)
        desk.draft.stack.undoTextChanged.connect(self._name_undo)
        desk.draft.stack.redoTextChanged.connect(self._name_undo)
        desk.draft.problems_changed.connect(self._refresh)
        desk.draft.arms_changed.connect(self._refresh)
        self._name_undo()
        self._refresh()

    # -- registers -----------------------------------------------------------------------------------------

    def _add_file(self) -> None:
        add, files = self.desk.actions.add, self.files
        add("file.new", tr("&New experiment"), files.new, menu="file", icon="new", shortcut=Keys.New)
        add("file.open", tr("&Open…"), files.open, menu="file", icon="open", shortcut=Keys.Open,
            tip=tr("Open an experiment: TOML, JSON or YAML"))  # fmt: skip
        add("file.save", tr("&Save"), files.save, menu="file|", icon="save", shortcut=Keys.Save)
        add("file.save-as", tr("Save &as…"), files.save_as, menu="file", icon="save-as",
            shortcut="Ctrl+Shift+S")  # fmt: skip
        add("file.open-command", tr("Open co&mmand…"), files.open_command, menu="file|", icon="command",
            tip=tr("Make an experiment of a command line"))  # fmt: skip
        add("file.quit", tr("&Quit"), self.window.close, menu="file|", icon="quit", shortcut="Ctrl+Q")
        menus = self.window.menus
        menus.add_dynamic("file", tr("Open &recent"), self._fill_recent, before="file.save")
        menus.add_dynamic("file", tr("&Presets"), self._fill_presets, before="file.save")

    def _add_edit(self) -> None:
        add, draft, files = self.desk.actions.add, self.desk.draft, self.files
        add("edit.undo", tr("&Undo"), draft.stack.undo, menu="edit", icon="undo", shortcut=Keys.Undo)
        add("edit.redo", tr("&Redo"), draft.stack.redo, menu="edit", icon="redo", shortcut="Ctrl+Shift+Z")
        add("edit.copy-command", tr("Copy as &command"), files.copy_command, menu="edit|", icon="command",
            shortcut="Ctrl+Shift+C", tip=tr("Copy the command that makes these numbers again"))  # fmt: skip
        add("edit.copy-toml", tr("Copy as &TOML"), files.copy_toml, menu="edit", icon="copy")
        add("edit.paste", tr("&Paste experiment"), files.paste, menu="edit", icon="paste",
            shortcut="Ctrl+Shift+V",
            tip=tr("Open an experiment or a command from the clipboard"))  # fmt: skip
        add("edit.add-arm", tr("&Add arm"), self._add_arm, menu="edit|", icon="add",
            shortcut="Ctrl+Shift+A")  # fmt: skip
        add("edit.duplicate-arm", tr("D&uplicate arm"), self._duplicate_arm, menu="edit", icon="duplicate",
            shortcut="Ctrl+D")  # fmt: skip
        add("edit.remove-arm", tr("Re&move arm"), self._remove_arm, menu="edit", icon="remove")
        add("edit.preferences", tr("Pre&ferences…"), self.open_preferences, menu="edit|", icon="settings",
            shortcut="Ctrl+,")  # fmt: skip

    def _add_tools(self) -> None:
        add = self.desk.actions.add
        add("tools.palette", tr("&Command palette…"), self.open_palette, menu="tools", icon="palette",
            shortcut="Ctrl+K", tip=tr("Find anything by a few letters"))  # fmt: skip
        add("tools.plugins", tr("&Optimizers and plugins…"), self._opener("plugins"), menu="tools|",
            icon="plugin")  # fmt: skip
        add("tools.reload", tr("&Reload optimizers"), self.desk.catalogue.reload, menu="tools", icon="reload",
            tip=tr("Read all optimizer files again"))  # fmt: skip
        add("tools.server", tr("&Remote runs…"), self._opener("server"), menu="tools|", icon="server",
            tip=tr("Show runs that other processes train"))  # fmt: skip
        add("tools.shortcuts", tr("&Shortcuts…"), self._opener("shortcuts"), menu="tools|", icon="keyboard")
        for name, title, folder in (
            ("store", tr("Open the s&tore's folder"), lambda: self.desk.store.path),
            ("logs", tr("Open the &logs' folder"), lambda: paths.home() / "logs"),
            ("plugins", tr("Open the plu&gins' folder"), lambda: paths.plugin_dir("optimizers")),
        ):
            add(f"tools.folder-{name}", title, self._folder(folder), icon="folder",
                menu="tools|" if name == "store" else "tools")  # fmt: skip

    def _add_help(self) -> None:
        add = self.desk.actions.add
        add("help.field", tr("&Reference"), self._open_reference, menu="help", icon="help", shortcut="F1",
            tip=tr("What the focused field means, and everything else"))  # fmt: skip
        add("help.cheat-sheet", tr("&Keyboard shortcuts"), self._open_cheat_sheet, menu="help",
            icon="keyboard", shortcut="Ctrl+/")  # fmt: skip
        add("help.tour", tr("&Tour"), self.start_tour, menu="help|", icon="tour")
        add("help.sample", tr("&Sample experiment"), self.open_sample, menu="help", icon="compare")
        add("help.about", tr("&About WNIN Desktop"), self._opener("about"), menu="help|", icon="info")

    # -- menus that change ---------------------------------------------------------------------------------

    def _fill_recent(self, menu: QMenu) -> None:
        recent = self.files.recent
        recent.refresh()
        for file in recent.files:
            action = menu.addAction(f"{file.path.name}    {file.path.parent}")
            action.setEnabled(not file.missing)
            action.setToolTip(str(file.path))
            action.triggered.connect(_calling(self.files.open_file, file.path))
        if not recent.files:
            menu.addAction(tr("Nothing was opened yet")).setEnabled(False)
            return
        menu.addSeparator()
        for file in recent.files:
            text = tr("Unpin {0}", file.path.name) if file.pinned else tr("Pin {0}", file.path.name)
            menu.addAction(text).triggered.connect(_calling(recent.pin, file.path, not file.pinned))
        menu.addSeparator()
        menu.addAction(tr("Clear")).triggered.connect(recent.clear)

    def _fill_presets(self, menu: QMenu) -> None:
        for name in self.files.presets():
            menu.addAction(name).triggered.connect(_calling(self.files.open_preset, name))

    def _name_undo(self, *_: object) -> None:
        stack, actions = self.desk.draft.stack, self.desk.actions
        undo, redo = actions.get("edit.undo"), actions.get("edit.redo")
        undo.setText(tr("&Undo {0}", stack.undoText()) if stack.canUndo() else tr("&Undo"))
        redo.setText(tr("&Redo {0}", stack.redoText()) if stack.canRedo() else tr("&Redo"))
        actions.set_enabled("edit.undo", stack.canUndo(), tr("There is nothing to undo."))
        actions.set_enabled("edit.redo", stack.canRedo(), tr("There is nothing to do again."))

    def _refresh(self) -> None:
        draft, actions = self.desk.draft, self.desk.actions
        valid = draft.config is not None
        reason = "" if valid else tr("The experiment has a problem; the editor shows it.")
        actions.set_enabled("edit.copy-command", valid, reason)
        has_arm = 0 <= draft.selected < draft.arm_count
        for name in ("edit.duplicate-arm", "edit.remove-arm"):
            actions.set_enabled(name, has_arm, tr("No arm is selected."))

    # -- arms ----------------------------------------------------------------------------------------------

    def _add_arm(self) -> None:
        self.desk.draft.open_arm(self.desk.draft.add_arm())

    def _duplicate_arm(self) -> None:
        self.desk.draft.select(self.desk.draft.duplicate_arm(self.desk.draft.selected))

    def _remove_arm(self) -> None:
        self.desk.draft.remove_arm(self.desk.draft.selected)

    # -- dialogs -------------------------------------------------------------------------------------------

    def _opener(self, name: str) -> Callable[[], None]:
        return lambda: self.open_dialog(name)

    def open_dialog(self, name: str) -> Any:
        """Open one of the dialogs of `lazily`, or bring it to the front, and return it."""
        dialog = self._dialogs.get(name)
        if dialog is None:
            dialog = lazily.DIALOGS[name](self.desk, self.window)
            self._dialogs[name] = dialog
            dialog.destroyed.connect(_calling(self._dialogs.pop, name, None))
        dialog.present()
        return dialog

    def open_preferences(self) -> None:
        """Open the preferences."""
        fresh = "preferences" not in self._dialogs
        dialog = self.open_dialog("preferences")
        if fresh:
            dialog.shortcuts_wanted.connect(self._opener("shortcuts"))
            dialog.plugins_wanted.connect(self._opener("plugins"))

    def open_palette(self) -> None:
        """Open the command palette."""
        if self._palette is None:
            self._palette = lazily.palette(self)
        self._palette.present()

    def _open_cheat_sheet(self) -> None:
        if "cheat-sheet" not in self._dialogs:
            sheet = lazily.cheat_sheet(self.window, self.desk)
            sheet.shortcuts_wanted.connect(self._opener("shortcuts"))
            sheet.destroyed.connect(_calling(self._dialogs.pop, "cheat-sheet", None))
            self._dialogs["cheat-sheet"] = sheet
        self._dialogs["cheat-sheet"].present()

    def _open_reference(self) -> None:
        anchor = lazily.help_anchor(QApplication.focusWidget())
        self.open_dialog("reference").open_at(anchor)

    def start_tour(self) -> None:
        """Show the window in three steps."""
        lazily.start_tour(self)

    def open_sample(self) -> None:
        """Open the experiment that ships as a sample."""
        self.files.open_preset(SAMPLE)

    def _folder(self, folder: Callable[[], Path]) -> Callable[[], None]:
        return lambda: lazily.folder_opener(self.desk, self).open(folder())

    # -- after the window stands ---------------------------------------------------------------------------

    def begin(self, start: Start) -> None:
        """Read the optimizers, open what was asked for, and greet a person who is here for the first time."""
        if not start.run:
            self.desk.get_ready()
        self.desk.catalogue.load(read=self.desk.preferences.value.plugins.read_at_start)
        if start.preset or start.file is not None:
            self._open_at_start(start)
        if self.desk.read_only:
            self.desk.notices.tell(
                tr("Another program writes this store; the window shows it and changes nothing."),
                kind="warning",
                do=tr("Close the other program and start again to run experiments here."),
                stays=True,
            )
        lazily.offer_crash_report(self)
        if not start.quit_after_ms and not start.run:
            lazily.greet(self)

    def _open_at_start(self, start: Start) -> None:
        """Open what the command line named; a draft of the last session can be had back with Undo."""

        def read(_task: object) -> CompareConfig:
            return load_preset(start.preset) if start.preset else load_compare(start.file or "")

        def opened(config: CompareConfig) -> None:
            if self.desk.draft.is_changed:
                self.desk.draft.replace_with(config, tr("Open {0}", config.name))
            else:
                self.desk.draft.load(config, start.file)
            if start.run:
                self.window.control.start()

        self.desk.tasks.start(read, then=opened)

    def fulfil(self, wish: Wish) -> None:
        """Open, and run, what another start on the same store named, as the menu does."""
        then = self.window.control.start if wish.run else None
        if wish.preset:
            self.files.open_preset(wish.preset, then)
        elif wish.file:
            self.files.open_file(wish.file, then)

    def run_sample(self) -> None:
        """Open the experiment that ships as a sample, and run it."""
        self._open_at_start(Start(preset=SAMPLE, run=True))


def _calling(function: Callable[..., object], *arguments: object) -> Callable[..., None]:
    def call(*_: object) -> None:
        function(*arguments)

    return call
