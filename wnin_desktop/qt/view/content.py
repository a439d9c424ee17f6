"""What the small window may show: everything that the window itself asks of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class Content(QWidget):
    """Fills the window."""

    told = Signal(str, str)
    """The line at the foot is to say this; of a kind: "muted", "good", "warning" or "danger"."""

    def title(self) -> str:
        """Return what stands in the title of the window."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin, now that somebody looks."""
        raise NotImplementedError

    def save_picture(self) -> None:
        """Ask where to, and write what is seen."""
        raise NotImplementedError

    def reset_camera(self) -> None:
        """Look as at first."""
        raise NotImplementedError

    def close_all(self) -> None:
        """End the viewer and all else that lives outside the window's thread."""
        raise NotImplementedError

    @property
    def process_id(self) -> int:
        """Return the number of the viewer's process, 0 without one."""
        raise NotImplementedError

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way that would change what is seen."""
        raise NotImplementedError
