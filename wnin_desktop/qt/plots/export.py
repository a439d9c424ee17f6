"""Plots as files and on the clipboard: PNG, SVG, PDF, CSV and TSV, with where they come from inside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, QSizeF, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage, QPicture
from PySide6.QtWidgets import QFileDialog, QWidget

from wnin_desktop.engine.durable import replacing
from wnin_desktop.qt.plots import export_data, paper
from wnin_desktop.qt.plots.figure_info import FigureInfo
from wnin_desktop.qt.plots.recording import Recorder
from wnin_desktop.qt.text import tr

if TYPE_CHECKING:
    from wnin_desktop.qt.desk import Desk
    from wnin_desktop.qt.plots.metric_plot import MetricPlot

FOLDER = "plots.folder"
"""Where the window's state remembers the folder of the last export."""
TOPIC = "export"
"""What its notices are about."""


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name here, the entry of the menu, its ending, and what the file dialog calls it."""

    key: str
    title: str
    suffix: str
    about: str
    icon: str

    @property
    def is_data(self) -> bool:
        """Whether it holds numbers and no picture."""
        return self.suffix in ("csv", "tsv")


KINDS = {
    kind.key: kind
    for kind in (
        Kind("png", "PNG picture\N{HORIZONTAL ELLIPSIS}", "png", "PNG picture", "image"),
        Kind("png2", "PNG picture, twice as fine\N{HORIZONTAL ELLIPSIS}", "png", "PNG picture", "image"),
        Kind("svg", "SVG drawing\N{HORIZONTAL ELLIPSIS}", "svg", "SVG drawing", "plot"),
        Kind("pdf", "PDF document\N{HORIZONTAL ELLIPSIS}", "pdf", "PDF document", "file"),
        Kind("csv", "CSV, what is shown\N{HORIZONTAL ELLIPSIS}", "csv", "CSV table", "table"),
        Kind("raw", "CSV, every seed\N{HORIZONTAL ELLIPSIS}", "csv", "CSV table", "table"),
        Kind("tsv", "TSV, what is shown\N{HORIZONTAL ELLIPSIS}", "tsv", "TSV table", "table"),
    )
}


def info_of(plots: Sequence[MetricPlot]) -> FigureInfo | None:
    """Return where plots come from; None where they show nothing."""
    experiment = plots[0].experiment if plots else None
    if experiment is None:
        return None
    lens, curves = plots[0].lens, plots[0].curves
    view = {
        "value": tr("mean and 95 % interval over seeds"),
        "difference": tr("difference to {0}, paired by seed", curves.baseline if curves else ""),
        "matched": tr("at equal clean training loss"),
    }[lens.mode]
    if lens.smoothing.kind != "none":
        view = tr("{0}, smoothed {1}", view, lens.smoothing.key)
    return FigureInfo.of(experiment, [plot.spec for plot in plots], view)


def save(plots: Sequence[MetricPlot], key: str, desk: Desk, owner: QWidget) -> Saver | None:
    """Ask where to, and write plots there as a kind of `KINDS`; returns what is at work."""
    info = info_of(plots)
    if info is None:
        desk.notices.tell(tr("There is nothing to export yet: run a comparison first."), kind="info")
        return None
    saver = Saver(plots, KINDS[key], info, desk, owner)
    saver.ask()
    return saver


class Saver(QWidget):
    """Asks for a place with the system's own dialog, then records and writes."""

    def __init__(
        self, plots: Sequence[MetricPlot], kind: Kind, info: FigureInfo, desk: Desk, owner: QWidget
    ) -> None:
        super().__init__(owner.window())
        self.setObjectName("plot-saver")
        self.hide()
        self._plots, self._kind, self._info, self._desk = list(plots), kind, info, desk
        self._is_writing = False
        self.dialog = QFileDialog(self.window(), tr("Export"))

    def ask(self) -> None:
        """Open the dialog."""
        folder = self._desk.state.get(FOLDER, "")
        what = self._plots[0].spec.key if len(self._plots) == 1 else "plots"
        name = f"{self._info.file_stem(what)}.{self._kind.suffix}"
        dialog = self.dialog
        dialog.setObjectName("plot-export-dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{tr(self._kind.about)} (*.{self._kind.suffix})")
        dialog.setDefaultSuffix(self._kind.suffix)
        dialog.setDirectory(folder if folder and Path(folder).is_dir() else str(Path.home()))
        dialog.selectFile(name)
        dialog.fileSelected.connect(self.write)
        dialog.rejected.connect(self._give_up)
        dialog.open()

    def _give_up(self) -> None:
        if not self._is_writing:
            self._end()

    def _end(self) -> None:
        self.dialog.deleteLater()
        self.deleteLater()

    def write(self, name: str) -> None:
        """Write the file."""
        path = Path(name)
        self._is_writing = True
        self._desk.state.set(FOLDER, str(path.parent))
        if self._kind.is_data:
            self._start(data_of(self._plots, self._kind.key, self._info), path)
            return
        key, info = self._kind.key, self._info

        def recorded(picture: QPicture, size: QSizeF) -> None:
            self._start(lambda: paper.encoded(picture, size, key, info), path)

        Recorder(self._plots, info, recorded, light=True).start()

    def _start(self, make: Callable[[], bytes], path: Path) -> None:
        def work(_task: Any) -> Path:
            data = make()
            with replacing(path) as handle:
                handle.write(data)
            return path

        self._desk.tasks.start(
            work, then=self._tell_saved, failed=self._tell_failed, title=tr("Export {0}", path.name)
        )

    def _tell_saved(self, path: Path) -> None:
        url = QUrl.fromLocalFile(str(path.parent))
        self._desk.notices.tell(
            tr("Saved {0}.", path.name),
            kind="good",
            action=(tr("Open folder"), lambda: QDesktopServices.openUrl(url)),
            topic=TOPIC,
        )
        self._end()

    def _tell_failed(self, error: Exception) -> None:
        self._desk.notices.tell(
            tr("The figure was not written: {0}", error),
            kind="danger",
            kept=tr("A file that was there before is as it was."),
            do=tr("Choose another folder."),
            topic=TOPIC,
        )
        self._end()


def data_of(plots: Sequence[MetricPlot], key: str, info: FigureInfo) -> Callable[[], bytes]:
    """Return what makes the table of plots as they are now; all the work is in what is returned."""
    make: export_data.Make = export_data.raw if key == "raw" else export_data.shown
    head = export_data.RAW if key == "raw" else export_data.SHOWN
    taken = [
        export_data.Taken.of(plot.curves, plot.figure.frame.x_range)
        for plot in plots
        if plot.curves is not None
    ]

    def encoded() -> bytes:
        columns = [column for each in taken for column in make(each)]
        return export_data.table(columns, head, info, tabs=key == "tsv").encode()

    return encoded


def copy_image(plots: Sequence[MetricPlot], desk: Desk) -> None:
    """Put a picture of plots on the clipboard, twice as fine as they are seen."""
    info = info_of(plots)
    if info is None:
        return

    def recorded(picture: QPicture, size: QSizeF) -> None:
        desk.tasks.start(lambda _task: paper.image(picture, size, 2.0, info), then=_put_image)

    Recorder(plots, info, recorded, light=False).start()


def _put_image(image: QImage) -> None:
    QGuiApplication.clipboard().setImage(image)


def copy_data(plots: Sequence[MetricPlot], desk: Desk) -> None:
    """Put the numbers of plots on the clipboard, for a spreadsheet."""
    info = info_of(plots)
    if info is not None:
        make = data_of(plots, "tsv", info)
        desk.tasks.start(lambda _task: make(), then=_put_text)


def _put_text(data: bytes) -> None:
    content = QMimeData()
    content.setText(data.decode())
    content.setData("text/tab-separated-values", data)
    QGuiApplication.clipboard().setMimeData(content)
