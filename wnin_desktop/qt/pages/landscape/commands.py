"""The commands of the page, in the register of the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtGui import QAction

from wnin_desktop.qt.text import tr


@dataclass(frozen=True)
class Command:
    """What the register is told of a command."""

    name: str
    text: str
    icon: str
    tip: str
    menu: str = "tools"
    checkable: bool = False


def commands() -> tuple[Command, ...]:
    """Return the commands in the order of their menu."""
    return (
        Command("draw", tr("&Draw surface"), "surface",
                tr("Evaluate the loss on a plane through the checked runs"), menu="tools|"),
        Command("cancel", tr("&Cancel surface"), "stop",
                tr("End the evaluation; drawing the same again goes on from there")),
        Command("retry-viewer", tr("Retry the 3-D &viewer"), "reload",
                tr("Try to start the 3-D viewer again")),
        Command("save-picture", tr("Save &picture of the surface\N{HORIZONTAL ELLIPSIS}"), "image",
                tr("Write the surface as it is seen as PNG")),
        Command("save-sequence", tr("Save &time as pictures\N{HORIZONTAL ELLIPSIS}"), "camera",
                tr("Write a PNG for each step of the paths into a folder")),
        Command("export-scene", tr("&Export 3-D scene\N{HORIZONTAL ELLIPSIS}"), "export",
                tr("Write the surface with its paths as glTF (.glb)")),
        Command("save-surface", tr("Save surface &numbers\N{HORIZONTAL ELLIPSIS}"), "save",
                tr("Write the surface as .npz, or for ParaView as .vts")),
        Command("copy-command", tr("Copy surface as co&mmand"), "command",
                tr("Copy the command that draws this surface in a terminal")),
        Command("toggle-3d", tr("&Surface in 3-D"), "landscape",
                tr("Show or hide the view in three dimensions"), menu="view|", checkable=True),
        Command("toggle-2d", tr("&Contours"), "contour",
                tr("Show or hide the contours"), menu="view", checkable=True),
        Command("side-by-side", tr("Arms side &by side"), "columns",
                tr("A surface for each arm, with linked cameras"), menu="view", checkable=True),
        Command("log-height", tr("&Logarithmic height"), "axis-log",
                tr("Heights and colours on a logarithmic axis"), menu="view", checkable=True),
        Command("reset-camera", tr("&Reset camera"), "reset",
                tr("Look at the surface as at first"), menu="view"),
    )  # fmt: skip


def register(desk: Any, page: object) -> dict[str, QAction]:
    """Register every command with the method of the page that does it; return the actions by name."""
    return {
        command.name: desk.actions.add(
            f"landscape.{command.name}",
            command.text,
            getattr(page, command.name.replace("-", "_")),
            menu=command.menu,
            icon=command.icon,
            tip=command.tip,
            checkable=command.checkable,
        )
        for command in commands()
    }
