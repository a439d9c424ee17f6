"""What the ways out need of whoever shows a surface: the page of the window, or a window that only shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from wnin_desktop.qt.pages.landscape.model import LandscapeModel
    from wnin_desktop.qt.pages.landscape.views import Views
    from wnin_desktop.runs.watch.experiment import WatchedExperiment


class Showing(QWidget):
    """Shows a surface in both views.

    Attributes:
        model: The surface that is shown and how it is looked at.
        actions_by_name: What can be done with it; "save-picture" and the like are among them.
    """

    model: LandscapeModel
    actions_by_name: dict[str, QAction]

    @property
    def views(self) -> Views:
        """Both views."""
        raise NotImplementedError

    @property
    def experiment(self) -> WatchedExperiment | None:
        """The experiment that the surface belongs to, where it is known."""
        return None
