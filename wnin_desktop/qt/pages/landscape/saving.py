"""Ways out of the page: pictures, scenes, numbers; on the clipboard or in files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, QObject, QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMenu

from wnin_desktop.engine.durable import replacing
from wnin_desktop.qt.pages.landscape import figure
from wnin_desktop.qt.pages.landscape.asking_viewer import Asked
from wnin_desktop.qt.pages.landscape.sequence import Sequence
from wnin_desktop.qt.plots import paper
from wnin_desktop.qt.plots.deed import add_entry
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import theme
from wnin_desktop.viewer.messages import Export, Snapshot

if TYPE_CHECKING:
    from wnin_desktop.qt.pages.landscape.showing import Showing

FOLDER = "landscape.folder"
"""Under this name the window's state remembers the folder of the last file."""
PICTURES = (
    ("png", "PNG picture of the contours\N{HORIZONTAL ELLIPSIS}", "image"),
    ("png2", "PNG picture, twice as fine\N{HORIZONTAL ELLIPSIS}", "image"),
    ("svg", "SVG drawing of the contours\N{HORIZONTAL ELLIPSIS}", "plot"),
    ("pdf", "PDF document of the contours\N{HORIZONTAL ELLIPSIS}", "file"),
)
"""Kinds of pictures, entries of the menu, icons."""
ABOUT = {
    "png": "PNG picture", "svg": "SVG drawing", "pdf": "PDF document", "glb": "glTF scene",
    "npz": "Surface of this program", "vts": "VTK structured grid", "json": "JSON without arrays",
}  # fmt: skip
FINE = 2
"""Pixels of a copied picture for each pixel of the window."""


class Saving(QObject):
    """Asks where to with the system's own dialog, then writes away from the window's thread."""

    def __init__(self, desk: Any, page: Showing) -> None:
        super().__init__(page)
        self.setObjectName("landscape-saving")
        self._desk, self._page = desk, page
        self.dialog: QFileDialog | None = None
        self.menu: QMenu | None = None
        self.sequences = Sequence(desk, page, self)
        self.sequences.ended.connect(self._tell_sequence)

    # -- where to ------------------------------------------------------------------------------------------

    def _stem(self, what: str) -> str:
        info = figure.info_of(self._page.model, self._page.experiment)
        return info.file_stem(what) if info is not None else what

    def _folder(self) -> str:
        folder = self._desk.state.get(FOLDER, "")
        return folder if folder and Path(folder).is_dir() else str(Path.home())

    def _ask(self, title: str, what: str, endings: tuple[str, ...], write: Callable[[str], None]) -> None:
        """Ask for a file of one of some kinds; `write` gets its name."""
        dialog = self._open_dialog(title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([f"{tr(ABOUT[ending])} (*.{ending})" for ending in endings])
        dialog.setDefaultSuffix(endings[0])
        dialog.filterSelected.connect(self._take_filter)
        dialog.selectFile(f"{self._stem(what)}.{endings[0]}")
        dialog.fileSelected.connect(write)
        dialog.open()

    def _open_dialog(self, title: str) -> QFileDialog:
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog = QFileDialog(self._page.window(), title)
        self.dialog.setObjectName("landscape-save-dialog")
        self.dialog.setDirectory(self._folder())
        return self.dialog

    def _take_filter(self, chosen: str) -> None:
        if self.dialog is not None:
            self.dialog.setDefaultSuffix(chosen.rpartition("*.")[2].rstrip(")"))

    def _remember(self, path: Path) -> None:
        self._desk.state.set(FOLDER, str(path if path.is_dir() else path.parent))

    # -- pictures ------------------------------------------------------------------------------------------

    def picture(self) -> None:
        """Write the surface as it is seen: in three dimensions where it is, else its contours."""
        if self._page.views.pane3d.isVisible():
            self._ask(tr("Save picture"), "surface", ("png",), self.write_surface_picture)
        else:
            self.contours("png")

    def write_surface_picture(self, name: str) -> None:
        """Have the viewer write a picture as for a page, however large the window is."""
        with self._page.views.stage.portrait() as canvas:
            self._have_written(
                Path(name),
                lambda path: Snapshot(
                    path=path, width=canvas.width, height=canvas.height, scale=canvas.scale
                ),
            )

    def contours(self, key: str) -> None:
        """Ask where to write the contours, as a kind of `PICTURES`."""
        ending = key.rstrip("2")
        write = {
            "png": self.write_png,
            "png2": self.write_fine_png,
            "svg": self.write_svg,
            "pdf": self.write_pdf,
        }[key]
        self._ask(tr("Save contours"), "contours", (ending,), write)

    def write_png(self, name: str) -> None:
        """Write the contours as they are seen, in the colours of paper."""
        self._write_figure(name, "png")

    def write_fine_png(self, name: str) -> None:
        """Write them with twice the pixels."""
        self._write_figure(name, "png2")

    def write_svg(self, name: str) -> None:
        """Write them as a drawing."""
        self._write_figure(name, "svg")

    def write_pdf(self, name: str) -> None:
        """Write them as a page."""
        self._write_figure(name, "pdf")

    def _write_figure(self, name: str, key: str) -> None:
        info = figure.info_of(self._page.model, self._page.experiment)
        if info is None:
            return
        picture, size = figure.record(self._page.views.contours, self._page.model, info, light=True)
        self._write(Path(name), lambda: paper.encoded(picture, size, key, info))

    def copy_picture(self) -> None:
        """Put the contours on the clipboard."""
        info = figure.info_of(self._page.model, self._page.experiment)
        if info is not None:
            picture, size = figure.record(self._page.views.contours, self._page.model, info, light=False)
            self._desk.tasks.start(
                lambda _task: paper.image(picture, size, float(FINE), info), then=self._put_image
            )

    def _put_image(self, image: QImage) -> None:
        QGuiApplication.clipboard().setImage(image)
        self._desk.notices.log(tr("Copied the contours."))

    # -- time ----------------------------------------------------------------------------------------------

    def sequence(self) -> None:
        """Ask for a folder and write a picture for each step into a new one inside."""
        dialog = self._open_dialog(tr("Folder for the pictures"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.write_sequence)
        dialog.open()

    def write_sequence(self, folder: str) -> None:
        """Write the pictures."""
        self._remember(Path(folder))
        self.sequences.start(Path(folder), self._stem("time"))

    def _tell_sequence(self, folder: str, written: int, planned: int, fault: str) -> None:
        if fault:
            self._desk.notices.tell(
                tr("The pictures were not all written: {0}.", fault.rstrip(".")),
                kind="warning",
                kept=tr("{0} of {1} are in {2}.", written, planned, Path(folder).name),
            )
            return
        words = tr("{0} pictures are in {1}.", written, Path(folder).name)
        if written < planned:
            words = tr("Stopped: {0} of {1} pictures are in {2}.", written, planned, Path(folder).name)
        self._tell(words, Path(folder))

    # -- scene and numbers ---------------------------------------------------------------------------------

    def scene(self) -> None:
        """Ask where to write the scene."""
        self._ask(tr("Export scene"), "scene", ("glb",), self.write_scene)

    def write_scene(self, name: str) -> None:
        """Have the viewer write the scene."""
        self._have_written(Path(name), lambda path: Export(path=path))

    def numbers(self) -> None:
        """Ask where to write the surface, as one of several kinds of files."""
        self._ask(tr("Save surface"), "surface", ("npz", "vts", "json"), self.write_numbers)

    def write_numbers(self, name: str) -> None:
        """Write the surface as the ending of the name says."""
        from wnin_desktop.runs.landscape.export import write_any  # noqa: PLC0415 - when first wanted

        terrain = self._page.model.terrain
        surface = terrain.surface if terrain is not None else None
        if surface is None:
            return
        path = Path(name)
        self._remember(path)
        self._start(lambda: write_any(path, surface)[0], path)

    def copy_data(self) -> None:
        """Put the numbers that are shown on the clipboard, for a spreadsheet."""
        terrain, heights = self._page.model.terrain, self._page.model.heights
        if terrain is not None and heights is not None:
            values, se = heights.values, heights.se
            self._desk.tasks.start(lambda _task: figure.table(terrain, values, se), then=self._put_text)

    def _put_text(self, data: bytes) -> None:
        content = QMimeData()
        content.setText(data.decode())
        content.setData("text/tab-separated-values", data)
        QGuiApplication.clipboard().setMimeData(content)
        self._desk.notices.log(tr("Copied the numbers of the surface."))

    # -- writing -------------------------------------------------------------------------------------------

    def _write(self, path: Path, make: Callable[[], bytes]) -> None:
        self._remember(path)

        def work() -> Path:
            data = make()
            with replacing(path) as handle:
                handle.write(data)
            return path

        self._start(work, path)

    def _start(self, work: Callable[[], Path], path: Path) -> None:
        self._desk.tasks.start(
            lambda _task: work(),
            then=self._tell_saved,
            failed=self._tell_failed,
            title=tr("Save {0}", path.name),
        )

    def _have_written(self, path: Path, make: Callable[[str], Snapshot | Export]) -> None:
        self._remember(path)
        asked = Asked(self._page.views.viewer, path, self)
        asked.done.connect(self._settle)
        asked.failed.connect(self._give_up)
        asked.start(make)

    def _settle(self) -> None:
        asked = self.sender()
        if isinstance(asked, Asked):
            self._start(asked.settle, asked.path)
            asked.deleteLater()

    def _give_up(self, fault: str) -> None:
        asked = self.sender()
        if isinstance(asked, Asked):
            self._desk.tasks.start(lambda _task: asked.clear())
            self._tell_failed(OSError(fault))
            asked.deleteLater()

    def _tell_saved(self, path: Path) -> None:
        self._tell(tr("Saved {0}.", path.name), path.parent)

    def _tell(self, words: str, folder: Path) -> None:
        url = QUrl.fromLocalFile(str(folder))
        self._desk.notices.tell(
            words, kind="good", action=(tr("Open folder"), lambda: QDesktopServices.openUrl(url))
        )

    def _tell_failed(self, error: Exception) -> None:
        self._desk.notices.tell(
            tr("It was not written: {0}", error),
            kind="danger",
            kept=tr("A file that was there before is as it was."),
            do=tr("Choose another folder, or try again."),
        )

    # -- the menu ------------------------------------------------------------------------------------------

    def open_menu(self, place: QPoint) -> None:
        """Show every way out."""
        menu = self.menu = QMenu(self._page)
        menu.setObjectName("landscape-save-menu")
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in ("save-picture", "save-sequence", "export-scene", "save-surface"):
            menu.addAction(self._page.actions_by_name[name])
        menu.addSeparator()
        has_surface = self._page.model.heights is not None
        for key, text, icon in PICTURES:
            entry = add_entry(
                menu, f"landscape-save-{key}", theme().icon(icon), tr(text), self._contour_writer(key)
            )
            entry.setEnabled(has_surface)
        menu.addSeparator()
        for name, icon, text, act in (
            ("picture", "copy", tr("Copy contours as picture"), self.copy_picture),
            ("data", "table", tr("Copy numbers"), self.copy_data),
        ):
            add_entry(menu, f"landscape-copy-{name}", theme().icon(icon), text, act).setEnabled(has_surface)
        if (command := self._page.actions_by_name.get("copy-command")) is not None:
            menu.addAction(command)
        menu.popup(place)

    def _contour_writer(self, key: str) -> Callable[[], None]:
        return lambda: self.contours(key)

    def close(self) -> None:
        """End what is at work."""
        self.sequences.cancel()
