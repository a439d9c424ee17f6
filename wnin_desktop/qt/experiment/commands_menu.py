"""The commands of an arm's runs, and of the whole comparison, as a menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QMenu

from wnin_desktop.qt.experiment.files import ExperimentFiles
from wnin_desktop.qt.text import tr

MOST_SEEDS_LISTED = 12


def fill_commands(menu: QMenu, files: ExperimentFiles, arm: str, seeds: Sequence[int]) -> None:
    """Add an action for each run of an arm that copies its command, and one for the whole comparison."""
    for seed in seeds[:MOST_SEEDS_LISTED]:
        action = menu.addAction(tr("{0}, seed {1}", arm, seed))
        action.setObjectName(f"copy-command-{seed}")
        action.triggered.connect(plain(lambda seed=seed: files.copy_run_command(arm, seed)))
    if seeds:
        menu.addSeparator()
    whole = menu.addAction(tr("Whole comparison"))
    whole.setObjectName("copy-command-all")
    whole.triggered.connect(plain(files.copy_command))


def plain(deed: Callable[..., object]) -> Callable[[bool], None]:
    """Return a slot that drops the check mark of `triggered`."""

    def call(_checked: bool = False) -> None:
        deed()

    return call
