"""Where one zoomed to before: back and forward, as in a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Range = tuple[float, float]
DEPTH = 50


@dataclass(frozen=True)
class View:
    """The horizontal range of all plots, and the vertical ones by metric; None follows the data."""

    x: Range | None = None
    y: Mapping[str, Range] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether everything follows the data."""
        return self.x is None and not self.y


class History:
    """Views one after another, and where one is among them."""

    def __init__(self) -> None:
        self._views: list[View] = [View()]
        self._place = 0

    @property
    def current(self) -> View:
        """The view that is shown."""
        return self._views[self._place]

    @property
    def can_go_back(self) -> bool:
        """Whether there is an earlier view."""
        return self._place > 0

    @property
    def can_go_forward(self) -> bool:
        """Whether one has gone back."""
        return self._place < len(self._views) - 1

    def push(self, view: View) -> None:
        """Go on to another view; what one went back from is forgotten."""
        if view != self.current:
            self._views = [*self._views[: self._place + 1], view][-DEPTH:]
            self._place = len(self._views) - 1

    def replace(self, view: View) -> None:
        """Change the view one is at, as while dragging."""
        self._views[self._place] = view

    def back(self) -> View:
        """Go back and return the view."""
        self._place = max(0, self._place - 1)
        return self.current

    def forward(self) -> View:
        """Go forward and return the view."""
        self._place = min(len(self._views) - 1, self._place + 1)
        return self.current
