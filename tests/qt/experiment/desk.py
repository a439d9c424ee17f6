"""The smallest desk to edit an experiment on: real draft, notices and state; work is done at once."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from wnin_desktop.qt.bridge.shown import ShownExperiments
from wnin_desktop.qt.experiment.draft import Draft
from wnin_desktop.qt.window.notices import Notices
from wnin_desktop.runs.optimizer_catalogue import Catalogue, CatalogueRow
from wnin_desktop.runs.preferences import WindowState
from wnin_desktop.schema.fields import FieldSpec


def number(name: str, default: float, **bounds: float) -> FieldSpec:
    title = "Learning rate" if name == "lr" else name.capitalize()
    return FieldSpec(
        path=name, name=name, title=title, kind="float", default=default, allowed="a number", **bounds
    )


ROWS = (
    CatalogueRow(name="adamw", summary="Adam, decoupled.", fields=(
        number("lr", 1e-3, gt=0, le=1e3), number("beta1", 0.9, ge=0, lt=1))),
    CatalogueRow(name="sgd", summary="Plain descent.", fields=(
        number("lr", 0.1, gt=0, le=1e3), number("momentum", 0.0, ge=0, lt=1))),
    CatalogueRow(name="bare", fields=(number("lr", 0.5, gt=0, le=1e3),)),
    CatalogueRow(name="torn", state="broken", error="it raised ZeroDivisionError."),
    CatalogueRow(name="strange", state="untrusted"),
)  # fmt: skip


class FakeCatalogue(QObject):
    """Holds a list of optimizers; `read` puts it there, as the child process would."""

    changed = Signal()

    def __init__(self, *, known: bool = True) -> None:
        super().__init__()
        self.value = Catalogue(rows=ROWS if known else ())

    def read(self) -> None:
        self.value = Catalogue(rows=ROWS)
        self.changed.emit()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.value, name)


class InlineTasks:
    """Does the work in the call; what it raises is told as the real one tells it."""

    def __init__(self, desk: FakeDesk) -> None:
        self.desk = desk

    def start(self, work: Any, *, then: Any = None, failed: Any = None, **_: Any) -> None:
        try:
            result = work(None)
        except Exception as error:
            if failed is None:
                self.desk.notices.tell_error(error)
            else:
                failed(error)
        else:
            if then is not None:
                then(result)


class FakeRuns(QObject):
    framed = Signal(object)


class FakeDesk:
    """What the editor, the inspector and the files ask of a desk."""

    def __init__(self, folder: Any, *, known: bool = True) -> None:
        self.catalogue = FakeCatalogue(known=known)
        self.draft = Draft(self.catalogue)
        self.notices = Notices()
        self.shown = ShownExperiments()
        self.runs = FakeRuns()
        self.state = WindowState(folder / "window.toml")
        self.tasks = InlineTasks(self)

    @property
    def told(self) -> Any:
        """The notice that was told last."""
        return self.notices.kept[-1]
