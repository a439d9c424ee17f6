import base64
import json
import shutil
import struct
import xml.etree.ElementTree as ET

import msgspec
import numpy as np
import pytest

from tests.runs.landscape.making import equal, request, surface_of
from wnin_desktop.errors import DataError, InputError
from wnin_desktop.runs.landscape.export import write_any
from wnin_desktop.runs.landscape.kept import surface_path, surfaces
from wnin_desktop.runs.landscape.surface_file import read_surface, write_arrays, write_surface
from wnin_desktop.runs.store import Store
from wnin_desktop.schema.landscape import PlaneReady, Surface, SurfaceDone, SurfaceLevel, decode, encode


@pytest.fixture(scope="module")
def surface(recorded) -> Surface:
    asked = request(
        recorded.run(), recorded.run("adamw-none"), plane="pca", sigma=[0.05], draws=2, escapes=True
    )
    found = surface_of(recorded.folder, asked)
    found.values[0, 0] = np.nan  # a point where the loss is no number
    return found


def test_that_a_surface_is_read_as_it_was_written(surface, tmp_path):
    write_surface(tmp_path / "s.npz", surface)
    found = read_surface(tmp_path / "s.npz")
    assert equal(found, surface)
    assert (found.plane.vectors == surface.plane.vectors).all()
    for name in ("request", "fingerprint", "cost", "normalization", "versions", "created", "sigma"):
        assert getattr(found, name) == getattr(surface, name)
    plane = msgspec.structs.asdict(found.plane) | {"vectors": None}
    assert plane == msgspec.structs.asdict(surface.plane) | {"vectors": None}
    assert [path.escapes for path in found.paths] == [path.escapes for path in surface.paths]


def test_that_numpy_alone_opens_it(surface, tmp_path):
    write_surface(tmp_path / "s.npz", surface)
    with np.load(tmp_path / "s.npz") as opened:
        assert opened["values"].shape == (9, 9)
        told = json.loads(opened["meta"].tobytes())
    assert told["content"]["request"]["plane"] == "pca"
    assert told["content"]["cost"]["data"] == "60 of 320 training examples of digits"


def damages(content: bytes, count: int):
    places = np.random.default_rng(0).choice(len(content), count, replace=False)
    for place in places.tolist():
        damaged = bytearray(content)
        damaged[place] ^= 1 << (place % 8)
        yield bytes(damaged)
    for cut in np.linspace(0, len(content) - 1, max(4, count // 10)).astype(int).tolist():
        yield content[:cut]


def refused_or_the_same(path, surface) -> bool:
    """Whether a damaged file was refused in one sentence; bytes that mean nothing may change nothing."""
    found, sentence = outcome(path)
    if found is None:
        assert "\n" not in sentence
        assert str(path) in sentence
        return True
    assert equal(found, surface)
    return False


def outcome(path):
    try:
        return read_surface(path), ""
    except DataError as error:
        return None, str(error)


def attack(surface, tmp_path, count):
    path = tmp_path / "s.npz"
    write_surface(path, surface)
    outcomes = []
    for damaged in damages(path.read_bytes(), count):
        path.write_bytes(damaged)
        outcomes.append(refused_or_the_same(path, surface))
    assert sum(outcomes) > 0.9 * len(outcomes)


def test_that_a_damaged_file_is_refused(surface, tmp_path):
    attack(surface, tmp_path, 60)


@pytest.mark.full
def test_that_damaged_files_are_refused_at_every_place(surface, tmp_path):
    attack(surface, tmp_path, 1500)


def test_that_nothing_is_unpickled(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    np.savez(tmp_path / "bomb.npz", meta=np.array([Bomb()], dtype=object))
    with pytest.raises(DataError, match="was not read"):
        read_surface(tmp_path / "bomb.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a surface", b"\x93NUMPY\x01\x00"])
def test_that_something_else_is_refused(tmp_path, content):
    (tmp_path / "s.npz").write_bytes(content)
    with pytest.raises(DataError, match="was not read"):
        read_surface(tmp_path / "s.npz")


def test_that_another_kind_of_our_files_is_refused(surface, tmp_path):
    write_arrays(tmp_path / "s.npz", "wnin-surface-partial", {}, {"a": np.zeros(2)})
    with pytest.raises(DataError, match="is no wnin-surface file"):
        read_surface(tmp_path / "s.npz")
    write_arrays(tmp_path / "s.npz", "wnin-surface", {}, {"a": np.zeros(2)})
    with pytest.raises(DataError, match="is not a surface of this program"):
        read_surface(tmp_path / "s.npz")


# --- VTK, JSON --------------------


def arrays_of(path):
    """Return every DataArray of a VTK XML file by name, decoded as the format says."""
    kinds = {"Float64": "<f8", "Int64": "<i8", "Int32": "<i4", "UInt8": "u1"}
    found = {}
    root = ET.parse(path).getroot()
    assert root.get("byte_order") == "LittleEndian"
    assert root.get("header_type") == "UInt64"
    for each in root.iter("DataArray"):
        raw = base64.b64decode(each.text)
        (size,) = struct.unpack_from("<Q", raw)
        assert size == len(raw) - 8
        array = np.frombuffer(raw[8:], kinds[each.get("type")])
        width = int(each.get("NumberOfComponents", 1))
        found[each.get("Name")] = array.reshape(-1, width) if width > 1 else array
    return root, found


def test_that_paraview_files_hold_surface_and_paths(surface, tmp_path):
    files = write_any(tmp_path / "s.vts", surface)
    assert files == [tmp_path / "s.vts", tmp_path / "s.vtp"]
    root, grid = arrays_of(files[0])
    assert root.get("type") == "StructuredGrid"
    assert root.find("StructuredGrid").get("WholeExtent") == "0 8 0 8 0 0"
    points = grid["points"].reshape(9, 9, 3)
    assert (points[..., 0] == surface.a[None, :]).all()
    assert (points[..., 1] == surface.b[:, None]).all()
    assert np.isfinite(points).all()
    assert np.array_equal(grid["train_loss"].reshape(9, 9), surface.values, equal_nan=True)
    assert (grid["train_loss sigma=0.05"].reshape(9, 9) == surface.smoothed[0]).all()
    assert (grid["train_loss sigma=0.05 se"].reshape(9, 9) == surface.smoothed_se[0]).all()
    root, lines = arrays_of(files[1])
    assert root.get("type") == "PolyData"
    assert lines["offsets"].tolist() == [41, 82]
    assert lines["connectivity"].tolist() == list(range(82))
    assert (lines["points"][:41, :2] == surface.paths[0].coordinates).all()
    assert (lines["distance"][41:] == surface.paths[1].distance).all()
    assert lines["step"].tolist() == list(range(41)) * 2
    assert lines["run"].tolist() == [0] * 41 + [1] * 41
    assert int(lines["escape"].sum()) == sum(len(path.escapes) for path in surface.paths)


def test_that_json_holds_every_number_and_no_nan(surface, tmp_path):
    write_any(tmp_path / "s.json", surface)
    told = json.loads((tmp_path / "s.json").read_text(), parse_constant=pytest.fail)
    assert told["values"][0][0] is None
    assert told["values"][1] == surface.values[1].tolist()
    assert told["paths"][0]["coordinates"] == surface.paths[0].coordinates.tolist()
    assert told["cost"]["examples"] == 60


def test_that_beside_the_arrays_stands_the_same_as_json(surface, tmp_path):
    files = write_any(tmp_path / "s.npz", surface)
    assert [each.name for each in files] == ["s.npz", "s.json"]
    assert read_surface(files[0]).fingerprint == json.loads(files[1].read_text())["fingerprint"]


@pytest.mark.parametrize("ending", [".npz", ".json", ".vts"])
def test_that_a_file_is_replaced_whole_or_not_at_all(surface, tmp_path, ending, monkeypatch):
    path = tmp_path / f"s{ending}"
    path.write_text("what was there")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wnin_desktop.engine.durable.os.fsync", full)
    with pytest.raises(Exception, match="No space is left"):
        write_any(path, surface)
    assert path.read_text() == "what was there"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_that_an_unknown_ending_is_refused(surface, tmp_path):
    with pytest.raises(InputError, match=r"allowed endings: \.npz, \.vts"):
        write_any(tmp_path / "s.txt", surface)


def test_that_events_cross_as_they_are(surface):
    again = decode(encode(SurfaceDone(surface=surface, file="f")))
    assert isinstance(again, SurfaceDone)
    assert equal(again.surface, surface)
    ready = PlaneReady(
        plane=surface.plane, a=surface.a, b=surface.b, paths=surface.paths, normalization="", data=""
    )
    assert (decode(encode(ready)).plane.vectors == surface.plane.vectors).all()


@pytest.mark.parametrize("content", [b"", b"\x00", b"nonsense", b"\x81"])
def test_that_what_is_no_event_is_refused(content):
    with pytest.raises(InputError, match="landscape event"):
        decode(content)


def test_that_arrays_of_objects_do_not_cross():
    level = SurfaceLevel(values=np.array([print], dtype=object), known=np.array([True]), stride=1, last=True)
    with pytest.raises(NotImplementedError):
        encode(level)


# --- kept with the experiment --------------------


def test_that_surfaces_are_listed_with_their_experiment_and_deleted_with_it(recorded, surface, tmp_path):
    own = shutil.copytree(recorded.folder, tmp_path / "store")
    with Store.open(own) as store:
        folder = store.checkpoint_dir(recorded.small)
        assert surfaces(store, recorded.small) == []
        path = surface_path(folder, surface.fingerprint)
        write_surface(path, surface)
        (folder / "surface-broken.npz").write_bytes(b"PK")
        write_arrays(folder / "surface-x.part.npz", "wnin-surface-partial", {}, {})
        (kept,) = surfaces(store, recorded.small)
        assert kept.file == path
        assert kept.words() == "pca train_loss 9: sgd-sgld/s0, adamw-none/s0, sigma 0.05"
        store.delete(recorded.small)
        assert not folder.exists()
