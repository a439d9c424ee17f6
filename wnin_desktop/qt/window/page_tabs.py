"""The pages of the window as tabs: the first at once, the others when they are wanted or there is time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QTabWidget, QWidget

from wnin_desktop.qt.pages import PAGES, PageSpec
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk

REST_MS = 120
"""After the window was shown: by then its first picture stands."""


class PageTabs(QTabWidget):
    """A tab for each page; a tab whose page is not made yet holds nothing."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pages")
        self.setAccessibleName(tr("Pages"))
        self.tabBar().setAccessibleName(tr("Pages"))
        self.setDocumentMode(True)
        self._desk = desk
        for spec in PAGES:
            self.addTab(QWidget(self), theme().icon(spec.icon), tr(spec.title))
        self.pages = Pages(self._make)
        theme().changed.connect(self._tint)
        self.currentChanged.connect(self._fill)
        self._fill(0)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._make_next)

    def make_rest_later(self) -> None:
        """Make the pages that nobody has looked at, one at a time, once the window stands."""
        self._rest.start()

    @property
    def front(self) -> str:
        """Return the name of the page in front."""
        return PAGES[self.currentIndex()].name

    def _make(self, name: str) -> Any:
        index = next(place for place, spec in enumerate(PAGES) if spec.name == name)
        page = PAGES[index].load(self._desk)
        page.setObjectName(f"page-{name}")
        nothing, is_front = self.widget(index), index == self.currentIndex()
        blocked = self.blockSignals(True)
        self.removeTab(index)
        self.insertTab(index, page, theme().icon(PAGES[index].icon), tr(PAGES[index].title))
        if is_front:
            self.setCurrentIndex(index)
        self.blockSignals(blocked)
        if nothing is not None:
            nothing.deleteLater()
        return page

    def _fill(self, index: int) -> None:
        self.pages[PAGES[index].name]

    def _make_next(self) -> None:
        waiting = [spec for spec in PAGES if spec.name not in self.pages.made]
        if waiting and not self._desk.is_closed:
            # Reading the modules takes as long as making the page, and needs no window.
            self._desk.tasks.start(
                lambda _task: waiting[0].prepare(), then=lambda _: self._make_now(waiting[0])
            )

    def _make_now(self, spec: PageSpec) -> None:
        self.pages[spec.name]
        self._rest.start()

    def _tint(self) -> None:
        for index, spec in enumerate(PAGES):
            self.setTabIcon(index, theme().icon(spec.icon))


class Pages(Mapping[str, Any]):
    """All pages by name. One that is asked for is made; each is a QWidget and a `pages.Page`.

    Attributes:
        made: Those that exist.
        dress: Called with the name of each new page, and the page.
    """

    def __init__(self, make: Callable[[str], Any]) -> None:
        self._make_page = make
        self.made: dict[str, Any] = {}
        self.dress: Callable[[str, Any], None] = lambda _name, _page: None

    def __getitem__(self, name: str) -> Any:
        if name not in self.made:
            if name not in list(self):
                raise KeyError(name)
            page = self.made[name] = self._make_page(name)
            self.dress(name, page)
        return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return (spec.name for spec in PAGES)

    def __contains__(self, name: object) -> bool:
        return any(spec.name == name for spec in PAGES)

    def __len__(self) -> int:
        return len(PAGES)
