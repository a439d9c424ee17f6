"""Checkpoint files, with S7: a damaged or hostile one is refused by name before it is deserialized."""

import hashlib
import json
import pickle
import random
import struct

import pytest
import safetensors.torch
import torch

from wnin_desktop.engine import checkpoint, durable
from wnin_desktop.engine.checkpoint import Snapshot, read_snapshot, write_snapshot
from wnin_desktop.errors import CheckpointError, DiskFullError
from wnin_desktop.schema.manifest import Manifest

STEP = 120


def snapshot() -> Snapshot:
    generator = torch.Generator().manual_seed(3)
    block = torch.randn(40, generator=generator)
    tensors = {
        "parameters/w": block[:24].view(4, 6),
        "parameters/b": block[24:],
        "moments/transposed": torch.randn(5, 7, generator=generator).T,
        "moments/double": torch.randn(3, dtype=torch.float64, generator=generator),
        "half": torch.randn(4, generator=generator).to(torch.bfloat16),
        "counter": torch.tensor(2**62 + 1),
        "mask": torch.tensor([True, False, True]),
        "empty": torch.empty(0, 3),
    }
    meta = {"seed": 2**63 - 1, "lr": 0.1 + 0.2, "name": "été", "nested": {"list": [1, None, True, "x"]}}
    return Snapshot(STEP, tensors, meta)


def same(found: Snapshot, expected: Snapshot) -> bool:
    return (
        found.step == expected.step
        and found.meta == expected.meta
        and found.tensors.keys() == expected.tensors.keys()
        and all(
            found.tensors[name].dtype == tensor.dtype and torch.equal(found.tensors[name], tensor)
            for name, tensor in expected.tensors.items()
        )
    )


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "step-120.safetensors"
    return path, write_snapshot(path, snapshot(), reason="periodic")


def test_that_a_snapshot_comes_back_bit_for_bit(written):
    path, manifest = written
    assert same(read_snapshot(path, manifest), snapshot())
    assert (manifest.file, manifest.step, manifest.reason) == (path.name, STEP, "periodic")
    assert manifest.size == path.stat().st_size
    assert manifest.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert manifest.versions["torch"] == str(torch.__version__)


def test_that_equal_states_make_equal_files(tmp_path):
    manifests = [write_snapshot(tmp_path / name, snapshot(), reason="final") for name in ("a", "b")]
    assert manifests[0].sha256 == manifests[1].sha256


def test_that_a_view_does_not_drag_its_block_along(tmp_path):
    block = torch.zeros(100_000)
    manifest = write_snapshot(tmp_path / "small", Snapshot(1, {"part": block[:4]}), reason="asked")
    assert manifest.size < 1000


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_that_tensors_on_an_accelerator_are_read_back_on_the_cpu(tmp_path):
    state = Snapshot(1, {"w": torch.arange(5.0, device="cuda")})
    path = tmp_path / "cuda"
    found = read_snapshot(path, write_snapshot(path, state, reason="asked"))
    assert found.tensors["w"].device.type == "cpu"
    assert torch.equal(found.tensors["w"], torch.arange(5.0))


@pytest.mark.parametrize("meta", [{"loss": float("nan")}, {"a": object()}, {"a": {1, 2}}])
def test_that_what_json_cannot_say_is_refused_and_nothing_is_written(tmp_path, meta):
    with pytest.raises(CheckpointError, match="the state cannot be stored"):
        write_snapshot(tmp_path / "x", Snapshot(1, {}, meta), reason="asked")
    assert list(tmp_path.iterdir()) == []


def test_that_a_missing_folder_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"nowhere.*could not be written"):
        write_snapshot(tmp_path / "nowhere" / "x", snapshot(), reason="asked")


def test_that_a_full_disk_leaves_the_old_file_and_nothing_else(written, monkeypatch):
    path, manifest = written

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(DiskFullError, match="No space is left"):
        write_snapshot(path, Snapshot(121, {"w": torch.ones(3)}), reason="periodic")
    assert list(path.parent.iterdir()) == [path]
    assert same(read_snapshot(path, manifest), snapshot())


def test_that_the_bytes_are_on_the_disk_before_the_name_points_at_them(tmp_path, monkeypatch):
    done = []
    sync, replace = durable.os.fsync, durable.replace
    monkeypatch.setattr(durable.os, "fsync", lambda descriptor: (done.append("sync"), sync(descriptor)))
    monkeypatch.setattr(durable, "replace", lambda a, b: (done.append("replace"), replace(a, b)))
    monkeypatch.setattr(durable, "sync_directory", lambda folder: done.append(f"sync {folder.name}"))
    folder = tmp_path / "folder"
    folder.mkdir()
    write_snapshot(folder / "x", snapshot(), reason="asked")
    assert done == ["sync", "replace", "sync folder"]


@pytest.mark.parametrize(("failures", "succeeds"), [(0, True), (3, True), (durable.REPLACE_TRIES, False)])
def test_that_a_file_held_by_another_program_is_tried_again_a_few_times(
    written, monkeypatch, failures, succeeds
):
    path, _ = written
    waits, tries = [], []
    real = type(path).replace

    def held(source, target):
        tries.append(source)
        if len(tries) <= failures:
            raise PermissionError(13, "held by another program")
        return real(source, target)

    monkeypatch.setattr(type(path), "replace", held)
    monkeypatch.setattr(durable, "pause", waits.append)
    state = Snapshot(121, {"w": torch.ones(3)})
    if succeeds:
        assert same(read_snapshot(path, write_snapshot(path, state, reason="asked")), state)
    else:
        with pytest.raises(CheckpointError, match="held by another program"):
            write_snapshot(path, state, reason="asked")
        assert list(path.parent.iterdir()) == [path]
    assert len(waits) == min(failures, durable.REPLACE_TRIES - 1)
    assert sum(waits) < 2.0


# -- S7 ----------------------------------------------------------------------------------------------------


class Canary:
    """Unpickling it leaves a trace."""

    loaded = False

    def __reduce__(self):
        return (setattr, (Canary, "loaded", True))


def damaged(content: bytes, source: random.Random) -> bytes:
    """Return `content` with one fault of a random kind."""
    changed = bytearray(content)
    kind = source.randrange(6)
    if kind == 0:
        changed[source.randrange(len(changed))] ^= 1 << source.randrange(8)
    elif kind == 1:
        del changed[source.randrange(len(changed)) :]
    elif kind == 2:
        changed += source.randbytes(source.randint(1, 64))
    elif kind == 3:
        start = source.randrange(len(changed))
        changed[start : start + 16] = source.randbytes(16)
    elif kind == 4:
        changed[:8] = struct.pack("<Q", source.choice((0, 2**63, 2**64 - 1, len(changed) * 2)))
    else:
        changed[:] = source.choice((b"", pickle.dumps(Canary()), source.randbytes(len(changed))))
    return bytes(changed)


def got_through(path, manifest, content: bytes, source: random.Random) -> bool:
    """Return whether a damaged file was loaded, changed, or refused without its name."""
    bad = damaged(content, source)
    path.write_bytes(bad)
    try:
        read_snapshot(path, manifest)
    except CheckpointError as error:
        return str(path) not in str(error) or path.read_bytes() != bad
    return bad != content


def test_that_a_damaged_file_is_refused_by_name(written):
    path, manifest = written
    content, source = path.read_bytes(), random.Random(0)
    assert not any(got_through(path, manifest, content, source) for _ in range(100))
    assert not Canary.loaded


@pytest.mark.full
def test_that_a_thousand_damaged_files_are_refused_by_name(written):
    path, manifest = written
    content, source = path.read_bytes(), random.Random(1)
    assert not any(got_through(path, manifest, content, source) for _ in range(1000))
    assert not Canary.loaded


def test_that_without_the_checksum_damaged_numbers_are_seen_to_get_through(written, monkeypatch):
    monkeypatch.setattr(checkpoint, "_check_content", lambda *_: None)
    path, manifest = written
    content, source = path.read_bytes(), random.Random(0)
    assert any(got_through(path, manifest, content, source) for _ in range(100))
    assert not Canary.loaded


def test_that_nothing_is_deserialized_before_the_checksum_was_found_right(written, monkeypatch):
    path, manifest = written
    path.write_bytes(bytes(manifest.size))
    monkeypatch.setattr(safetensors.torch, "load", lambda _: pytest.fail("it was deserialized"))
    monkeypatch.setattr(checkpoint, "_header", lambda *_: pytest.fail("its header was read"))
    with pytest.raises(CheckpointError, match="SHA-256"):
        read_snapshot(path, manifest)


def framed(header: object, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def metadata(text: str | None = None, **changes: object) -> dict:
    said = json.dumps({"version": 1, "step": STEP, "meta": {}} | changes)
    return {"__metadata__": {"wnin-checkpoint": said if text is None else text}}


W = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
HOSTILE = {
    "a pickle": pickle.dumps(Canary()),
    "nothing": b"",
    "another program's tensors": framed({"w": W}, bytes(8)),
    "a header longer than the file": struct.pack("<Q", 2**40) + b"{}",
    "a header that is no mapping": framed([1, 2, 3]),
    "a header without end": framed(b'{"a":' * 20_000),
    "deep settings": framed(metadata('{"version": 1, "meta": ' + "[" * 100_000)),
    "settings that are a list": framed(metadata(meta=[])),
    "settings that are text": framed(metadata("no JSON")),
    "settings that say nothing": framed(metadata("{}")),
    "another step": framed(metadata(step=7)),
    "a newer version": framed(metadata(version=2)),
    "a tensor outside the file": framed(metadata() | {"w": W | {"data_offsets": [0, 2**40]}}, bytes(8)),
    "a tensor too short": framed(metadata() | {"w": W | {"shape": [2**40]}}, bytes(8)),
    "a tensor of an unknown type": framed(metadata() | {"w": W | {"dtype": "object"}}, bytes(8)),
    "overlapping tensors": framed(metadata() | {"w": W, "v": W}, bytes(8)),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_that_a_hostile_file_with_a_fitting_manifest_is_refused_too(tmp_path, content):
    path = tmp_path / "hostile"
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    with pytest.raises(CheckpointError, match=str(path)):
        read_snapshot(path, Manifest(path.name, digest, len(content), STEP, "periodic", {}))
    assert not Canary.loaded


def test_that_a_missing_file_is_named(tmp_path, written):
    with pytest.raises(CheckpointError, match=r"gone cannot be read"):
        read_snapshot(tmp_path / "gone", written[1])
