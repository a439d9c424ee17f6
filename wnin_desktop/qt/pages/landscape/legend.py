"""The arms whose paths lie on the surface, as chips: a click hides one, a double click shows it alone."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from wnin_desktop.qt.pages.landscape.model import LandscapeModel
from wnin_desktop.qt.plots.deed import add_entry
from wnin_desktop.qt.plots.legend import ArmChip, hidden_beside
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme
from wnin_desktop.qt.widgets import FlowLayout


class PathLegend(QWidget):
    """A chip for every arm with a path."""

    def __init__(self, model: LandscapeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscape-legend")
        self.setAccessibleName(tr("Arms"))
        self._model = model
        self._before: frozenset[str] = frozenset()
        self.chips: dict[str, ArmChip] = {}
        self.menu: QMenu | None = None
        self._layout = FlowLayout(self, margin=2, row_gap=0)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        model.plane_changed.connect(self.refresh)
        model.paths_changed.connect(self.refresh)
        model.look_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show which arms there are, and which are seen."""
        terrain = self._model.terrain
        arms = terrain.arms if terrain is not None else ()
        colours = [self._model.colour_of(arm) for arm in arms]
        if tuple(self.chips) != arms or [chip.colour for chip in self.chips.values()] != colours:
            self._make(arms, colours)
        for arm, chip in self.chips.items():
            chip.setChecked(arm not in self._model.look.hidden)

    def _make(self, arms: tuple[str, ...], colours: list[int]) -> None:
        for chip in self.chips.values():
            self._layout.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = {}
        for arm, colour in zip(arms, colours, strict=True):
            chip = self.chips[arm] = ArmChip(arm, colour, self)
            chip.setObjectName(f"landscape-legend-{len(self.chips) - 1}")
            chip.clicked.connect(self._clicked)
            chip.isolated.connect(self._isolate)
            chip.menu_wanted.connect(self._open_menu)
            self._layout.addWidget(chip)
            chip.show()
        self.updateGeometry()

    def _clicked(self) -> None:
        chip = self.sender()
        if isinstance(chip, ArmChip):
            self._before = self._model.look.hidden
            self._model.set_look(self._model.look.toggled(chip.arm))

    def _isolate(self, arm: str) -> None:
        hidden = hidden_beside(arm, frozenset(self.chips), self._before, self._model.look.hidden)
        self._before = frozenset()
        self._model.change(hidden=hidden)

    def _open_menu(self, arm: str, place: QPoint) -> None:
        menu = self.menu = QMenu(self)
        menu.setObjectName("landscape-legend-menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        hidden = arm in self._model.look.hidden
        eye = theme().icon("visible" if hidden else "hidden")
        toggled = self._model.look.toggled(arm)
        add_entry(menu, "landscape-legend-hide", eye, tr("Show") if hidden else tr("Hide"),
                  lambda: self._model.set_look(toggled))  # fmt: skip
        add_entry(menu, "landscape-legend-alone", theme().icon("filter"), tr("Show alone"),
                  lambda: self._isolate(arm))  # fmt: skip
        menu.popup(place)
