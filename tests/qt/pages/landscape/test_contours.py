"""The surface from above: pointing, zooming, and ways out of it."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest

from tests.qt.pages.landscape import scenes
from tests.qt.pages.landscape.conftest import PATIENCE_MS
from wnin_desktop.qt.pages.landscape import figure
from wnin_desktop.qt.pages.landscape.contour.isolines import coarser, isolines
from wnin_desktop.qt.pages.landscape.contour.view import ContourView
from wnin_desktop.qt.pages.landscape.model import LandscapeModel, Spot
from wnin_desktop.qt.pages.landscape.terrain import Terrain
from wnin_desktop.qt.theme import theme
from wnin_desktop.runs.landscape.surface_file import read_surface

Key = Qt.Key
Left = Qt.MouseButton.LeftButton


def pixel_of(view, a, b):
    frame = view.frame()
    return QPoint(round(frame.x(a)), round(frame.y(b)))


@pytest.fixture
def view(drawn):
    return drawn.board.views.contours


def test_that_hovering_reads_the_height_and_its_place(qtbot, drawn, view):
    qtbot.mouseMove(view, pixel_of(view, 0.0, 0.0))
    assert drawn.model.spot is not None
    (line,) = view.read_out()
    assert "Training loss 0.05" in line
    assert "α" in line
    assert view.card.isVisible()
    assert line in view.accessibleDescription()
    qtbot.mouseMove(view, QPoint(1, 1))
    assert drawn.model.spot is None
    assert not view.card.isVisible()


def test_that_near_a_path_its_arm_step_and_distance_are_read(qtbot, drawn, view):
    a, b = drawn.model.terrain.paths[1].coordinates[3]
    qtbot.mouseMove(view, pixel_of(view, a, b))
    _, line = view.read_out()
    assert "sgd noisy, seed 0" in line
    assert "step 5" in line
    assert "0.300 off the plane" in line


def test_that_a_smoothed_height_is_read_with_its_error(qtbot, drawn, view):
    drawn.model.set_sigma(0.1)
    drawn.model.point_at(Spot(0.0, 0.0, source="2d"))
    assert "± 0.010" in view.read_out()[0]


def test_that_a_hidden_path_is_not_found_and_a_place_off_the_surface_has_no_height(drawn, view):
    a, b = drawn.model.terrain.paths[1].coordinates[3]
    drawn.model.change(hidden=frozenset({"sgd noisy"}))
    frame = view.frame()
    view._point_at(QPointF(frame.x(a), frame.y(b)))
    assert len(view.read_out()) == 1
    drawn.model.point_at(Spot(7.0, 0.0))
    assert "off the surface" in view.read_out()[0]


def test_that_the_keyboard_moves_the_crosshair_zooms_and_shows_all(qtbot, drawn, view):
    view.setFocus()
    QTest.keyClick(view, Key.Key_Right)
    assert drawn.model.spot.a == pytest.approx(0)
    QTest.keyClick(view, Key.Key_Right)
    assert drawn.model.spot.a == pytest.approx(0.25)
    QTest.keyClick(view, Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert drawn.model.spot.b == pytest.approx(2.0)
    QTest.keyClick(view, Key.Key_Plus)
    assert view.is_zoomed
    QTest.keyClick(view, Key.Key_Home)
    assert not view.is_zoomed
    QTest.keyClick(view, Key.Key_Escape)
    assert drawn.model.spot is None


def test_that_the_wheel_zooms_at_the_pointer_drag_pans_and_a_double_click_shows_all(qtbot, drawn, view):
    place = pixel_of(view, 0.5, 1.0)
    before = view.frame().place(QPointF(place))
    view.zoom(0.5, QPointF(place))
    assert view.frame().place(QPointF(place)) == pytest.approx(before)
    low = view.frame().a[0]
    qtbot.mousePress(view, Left, pos=place)
    QTest.mouseMove(view, place + QPoint(30, 0))
    view.mouseMoveEvent(moved(place + QPoint(40, 0)))
    qtbot.mouseRelease(view, Left, pos=place + QPoint(40, 0))
    assert view.frame().a[0] < low
    assert view.frame().a[0] >= -1
    qtbot.mouseDClick(view, Left, pos=place)
    assert not view.is_zoomed
    for _ in range(100):
        view.zoom(0.5, QPointF(place))
    assert view.frame().a[1] - view.frame().a[0] == pytest.approx(2 / 200)


def moved(place):
    from PySide6.QtCore import QEvent  # noqa: PLC0415
    from PySide6.QtGui import QMouseEvent  # noqa: PLC0415

    return QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(place),
        QPointF(place),
        Qt.MouseButton.NoButton,
        Left,
        Qt.KeyboardModifier.NoModifier,
    )


def test_that_the_colours_mean_heights(drawn, view):
    image = view.grab().toImage()
    table = theme().surface_map("viridis")
    centre = image.pixelColor(pixel_of(view, 0.06, 0.25))
    corner = image.pixelColor(pixel_of(view, -0.97, -1.9))
    assert corner.lightness() > centre.lightness()
    assert abs(corner.red() - int(table[-20:, 0].mean())) < 60


def test_that_isolines_lie_where_the_surface_has_their_height():
    a, b = scenes.axes(41)
    bowl = scenes.bowl(41)
    for line in isolines(a, b, bowl, (0.5, 1.0)):
        heights = 0.05 + line.points[:, 0] ** 2 + 0.5 * line.points[:, 1] ** 2
        assert heights == pytest.approx(line.level, abs=0.01)
        assert sum(map(len, line.lines())) == len(line.points)


def test_that_fine_surfaces_get_coarse_lines_at_once_and_exact_ones_after(qtbot, drawn, view):
    a, b, values = coarser(*scenes.axes(501), scenes.bowl(501))
    assert values.shape == (151, 151)
    assert (a[0], a[-1], b[0], b[-1]) == (-1, 1, -2, 2)
    drawn.model.show_plane(Terrain.of_surface(scenes.surface(side=201)))
    coarse = sum(len(line.points) for line in view.sheet.lines)
    qtbot.waitUntil(lambda: sum(len(line.points) for line in view.sheet.lines) > coarse, timeout=PATIENCE_MS)


def test_that_a_large_surface_is_drawn_within_a_frame(qapp, drawn, view, record_testsuite_property):
    import time  # noqa: PLC0415

    drawn.model.show_plane(Terrain.of_surface(scenes.surface(side=501)))
    view.grab()
    begun = time.perf_counter()
    drawn.model.set_look(drawn.model.look.toggled("nobody"))
    view.grab()
    spent = time.perf_counter() - begun
    record_testsuite_property("contours_501_ms", round(1000 * spent, 1))
    assert spent < 0.25  # a frame on an idle machine; others compile beside this test


def test_that_a_line_is_a_profile_without_a_third_dimension(qtbot, desk, record, open_page):
    record()
    page = open_page()
    event = scenes.ready(kind="line")
    line = Terrain.of_plane({"metric": "train_loss", "plane": "line"}, event)
    line = Terrain(**{**vars(line), "b": np.zeros(1), "values": scenes.bowl()[4:5], "stride": 1})
    page.model.show_plane(line)
    view = page.board.views.contours
    assert not page.board.views.pane3d.isVisible()
    assert not page.board.views.note.isVisible()
    qtbot.mouseMove(view, QPoint(view.width() // 2, view.height() // 2))
    assert "β" not in view.read_out()[0]
    assert view.grab().toImage().size() == view.size() * view.devicePixelRatio()
    view.zoom(0.5)
    assert view.is_zoomed


# -- ways out ----------------------------------------------------------------------------------------------


def settled(qtbot, drawn):
    qtbot.waitUntil(lambda: not drawn._desk.tasks.current, timeout=PATIENCE_MS)


@pytest.mark.parametrize(
    ("write", "lead"),
    [
        ("write_png", b"\x89PNG"),
        ("write_fine_png", b"\x89PNG"),
        ("write_svg", b"<?xml"),
        ("write_pdf", b"%PDF"),
    ],
)
def test_that_contours_leave_as_pictures_with_where_they_come_from(qtbot, drawn, tmp_path, write, lead):
    path = tmp_path / "contours.out"
    getattr(drawn.saving, write)(str(path))
    settled(qtbot, drawn)
    content = path.read_bytes()
    assert content.startswith(lead)
    notice = drawn._desk.notices.kept[-1]
    assert "contours.out" in notice.text
    assert notice.action[0] == "Open folder"
    assert drawn._desk.state.get("landscape.folder", "") == str(tmp_path)
    if write == "write_fine_png":
        image = QImage(str(path))
        assert image.width() == 2 * max(drawn.board.views.contours.width(), 420)
        assert drawn.course.experiment.experiment_id in image.text("Experiment")
        assert "sigma" not in image.text("View")
    if write == "write_svg":
        assert b"adamw" in content


def test_that_a_figure_is_light_whatever_the_window_shows(drawn):
    theme().apply("dark")
    info = figure.info_of(drawn.model, drawn.course.experiment)
    picture, size = figure.record(drawn.board.views.contours, drawn.model, info, light=True)
    from wnin_desktop.qt.plots import paper  # noqa: PLC0415

    assert paper.image(picture, size, 1.0, info).pixelColor(2, 2).lightness() > 250
    assert theme().dark


def test_that_numbers_leave_as_files_and_as_a_table(qtbot, drawn, tmp_path):
    drawn.saving.write_numbers(str(tmp_path / "surface.npz"))
    drawn.saving.write_numbers(str(tmp_path / "surface.vts"))
    settled(qtbot, drawn)
    again = read_surface(tmp_path / "surface.npz")
    assert np.array_equal(again.values, scenes.bowl())
    assert (tmp_path / "surface.vts").stat().st_size > 1000
    drawn.model.set_sigma(0.3)
    drawn.saving.copy_data()
    settled(qtbot, drawn)
    head, first, *rest = QGuiApplication.clipboard().text().splitlines()
    assert head.split("\t") == ["alpha", "beta", "train_loss", "train_loss_se"]
    assert len(rest) + 1 == 81
    assert [float(each) for each in first.split("\t")] == pytest.approx([-1, -2, 3.05 + 0.135, 0.01])


def test_that_a_file_that_cannot_be_written_is_told_in_three_parts(qtbot, drawn, tmp_path):
    drawn.saving.write_png(str(tmp_path / "nowhere" / "contours.png"))
    settled(qtbot, drawn)
    notice = drawn._desk.notices.kept[-1]
    assert notice.kind == "danger"
    assert notice.kept
    assert notice.do


def test_that_the_contours_are_copied_as_a_picture(qtbot, drawn):
    drawn.saving.copy_picture()
    settled(qtbot, drawn)
    assert QGuiApplication.clipboard().image().width() >= 840


def test_that_time_leaves_as_a_picture_for_each_step_and_can_be_cancelled(qtbot, drawn, tmp_path):
    drawn.model.set_step(5)
    drawn.saving.write_sequence(str(tmp_path))
    qtbot.waitUntil(lambda: not drawn.saving.sequences.is_busy, timeout=PATIENCE_MS)
    (folder,) = tmp_path.glob("*time*")
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == len(scenes.STEPS)
    assert names[0].endswith("_0000_step0.png")
    assert names[-1].endswith("_0005_step20.png")
    assert drawn.model.step == 5
    first, last = (QImage(str(folder / name)) for name in (names[0], names[-1]))
    assert first.size() == last.size()
    assert first != last
    drawn.saving.write_sequence(str(tmp_path))
    qtbot.waitUntil(lambda: drawn.saving.sequences.written >= 1, timeout=PATIENCE_MS)
    drawn.board.working.chips["pictures"].cancel_button.click()
    qtbot.waitUntil(lambda: not drawn.saving.sequences.is_busy, timeout=PATIENCE_MS)
    assert "Stopped" in drawn._desk.notices.kept[-1].text
    assert len(list(tmp_path.glob("*time*"))) == 2


def test_that_the_menu_holds_every_way_out(qtbot, drawn):
    drawn.board.save_button.click()
    names = {action.objectName() for action in drawn.saving.menu.actions() if action.objectName()}
    assert {
        "landscape.save-picture",
        "landscape.save-surface",
        "landscape-save-svg",
        "landscape-copy-data",
    } <= names
    drawn.saving.menu.close()


def test_that_without_a_surface_the_view_is_empty_and_asks_nothing(qapp, desk):
    model = LandscapeModel()
    view = ContourView(model, desk.tasks)
    view.resize(QSize(200, 200))
    view.grab()
    QTest.keyClick(view, Key.Key_Right)
    view.zoom(0.5)
    assert model.spot is None
    view.deleteLater()
