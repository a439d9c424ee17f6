import struct
import threading

import pytest

from tests.cli.calling import call, refusal
from wnin_desktop import paths
from wnin_desktop.cli import screenshots_content
from wnin_desktop.cli.screenshots_sheet import sheet
from wnin_desktop.qt.pictures.scenes import ALL, SCENES
from wnin_desktop.qt.screenshots import Album, Shot
from wnin_desktop.schema.events import StepMetrics

SIZE_AT = 16
"""Where a PNG file says its width and height."""


def size_of(path):
    return struct.unpack(">II", path.read_bytes()[SIZE_AT : SIZE_AT + 8])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second"),
    [("welcome", "runs-empty"), pytest.param("runs-empty", "about", marks=pytest.mark.full)],
    ids=["nothing is trained", "something is trained"],
)
def test_that_a_page_and_a_dialog_are_drawn_apart_from_the_person_s_store(tmp_path, first, second):
    before = sorted(paths.home().rglob("*"))
    said = call(
        "screenshots", "--out", tmp_path, "--only", first, "--only", second, "--theme", "dark",
        "--size", "1280x720", "--scale", "2", "--json",
    )  # fmt: skip
    assert said.code == 0, said
    files = [shot["file"] for shot in said.json["pictures"]]
    assert files == [f"{first}-dark-1280x720@2.png", f"{second}-dark-1280x720@2.png"]
    assert all(size_of(tmp_path / file) == (2560, 1440) for file in files)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert all(file in page for file in files)
    assert sorted(paths.home().rglob("*")) == before


def test_that_a_scene_that_does_not_exist_is_refused_with_those_that_do(tmp_path):
    sentence = refusal(call("screenshots", "--out", tmp_path, "--only", "nothing"))
    assert "'nothing'" in sentence
    assert "compare-finished" in sentence


@pytest.mark.parametrize("size", ["big", "12x9", "1280", "99999x720"])
def test_that_a_size_that_is_none_is_refused(tmp_path, size):
    assert "WIDTHxHEIGHT" in refusal(call("screenshots", "--out", tmp_path, "--size", size))


def test_that_scenes_have_names_of_their_own_and_ask_for_what_is_trained():
    names = [scene.name for scene in SCENES]
    assert len(set(names)) == len(names)
    assert {piece.name for piece in screenshots_content.pieces()} == set(ALL)
    assert {name for scene in SCENES for name in scene.needs} <= set(ALL)


def test_that_knobs_are_turned_and_runs_stopped_at_their_steps():
    class Control:
        def __init__(self):
            self.did = []

        def send(self, command):
            self.did.append((command.knob, command.value))

        def stop(self, *, checkpoint):
            self.did.append(("stop", checkpoint))

    config = screenshots_content.pieces()[0].config
    piece = screenshots_content.Piece("any", config, stop_at=5, turns=((2, "lr", 0.5, None),))
    control = Control()
    watch = screenshots_content._hand(piece, control)
    for step in range(1, 8):
        watch(StepMetrics(run_id="r", timestamp=0.0, step=step, arm="a", seed=0))
    assert control.did == [("lr", 0.5), ("stop", True)]


def shot(name):
    return Shot(name=name, title="", theme="light", size="1280x720", scale=1)


def test_that_pictures_are_told_in_their_order_once_they_are_written():
    told, gate = [], threading.Event()
    album = Album(lambda each: told.append(each.name))
    album.put(shot("slow"), lambda: gate.wait(10) and None)
    album.put(shot("missing"))
    assert told == []
    gate.set()
    album.finish()
    assert told == ["slow", "missing"]


def test_that_a_picture_that_cannot_be_written_is_an_error_and_not_told():
    told = []
    album = Album(lambda each: told.append(each.name))

    def full():
        raise OSError("No space left on device")

    album.put(shot("first"), lambda: None)
    album.put(shot("second"), full)
    with pytest.raises(OSError, match="No space"):
        album.finish()
    assert told == ["first"]


def test_that_the_sheet_shows_each_picture_and_why_one_is_missing():
    shot = {"name": "a", "title": "A & B", "theme": "light", "size": "1280x720", "scale": 1}
    page = sheet([shot | {"file": "a-light.png"}, shot | {"error": "StageError: <late>"}])
    assert 'src="a-light.png"' in page
    assert "A &amp; B" in page
    assert "StageError: &lt;late&gt;" in page
