"""The wire format: golden bytes, limits shared with Zig, and refusal of everything else."""

import contextlib
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.viewer.golden import FOLDER, HEIGHTS, file, golden, samples
from wnin_desktop.viewer import limits
from wnin_desktop.viewer import messages as m
from wnin_desktop.viewer.protocol import (
    HEADER,
    Decoder,
    Direction,
    ProtocolError,
    decode_payload,
    encode,
    encode_parts,
    pack_header,
    unpack_header,
)

SAMPLES = {message.kind.name.lower(): message for message in samples()}
CONSTANTS = Path(__file__).resolve().parents[2] / "zigviz" / "src" / "constants.zig"


def direction(message):
    return Direction.UP if message.kind >= 128 else Direction.DOWN


def equal(one, other):
    """Whether two messages are the same, arrays included (holes equal holes)."""
    if type(one) is not type(other):
        return False
    pairs = [(getattr(one, name), getattr(other, name)) for name in one.__struct_fields__]
    return all(
        np.array_equal(a, b, equal_nan=True) if isinstance(b, np.ndarray) else a == b for a, b in pairs
    )


def decoded(data, way=Direction.DOWN):
    decoder = Decoder(way)
    decoder.sequence = unpack_header(data[: HEADER.size]).sequence - 1
    return next(decoder.feed(data))


def test_that_there_is_a_golden_message_of_every_kind():
    assert {message.kind for message in samples()} == set(m.Kind)
    assert {path.name for path in FOLDER.glob("*.bin")} == {f"{name}.bin" for name in SAMPLES}


@pytest.mark.parametrize("name", SAMPLES)
def test_that_the_golden_bytes_are_written(name):
    assert golden(SAMPLES[name]) == file(SAMPLES[name]).read_bytes()


@pytest.mark.parametrize("name", SAMPLES)
def test_that_the_golden_bytes_are_read(name):
    read = decoded(file(SAMPLES[name]).read_bytes(), direction(SAMPLES[name]))
    assert type(read) is type(SAMPLES[name])
    assert golden(read) == golden(SAMPLES[name])


def test_that_arrays_come_back_in_their_shape():
    surface = decoded(golden(SAMPLES["surface"]))
    assert surface.heights.shape == (2, 3)
    assert surface.heights.dtype == np.float32
    assert np.array_equal(surface.heights, HEIGHTS, equal_nan=True)
    assert not surface.heights.flags.writeable


def test_that_both_sides_hold_the_same_limits():
    ours = {name: value for name, value in vars(limits).items() if name.isupper()}
    text = CONSTANTS.read_text(encoding="utf-8")
    found = dict(re.findall(r"^pub const (\w+)(?:: \w+)? = ([\d_* ]+);", text, re.MULTILINE))
    theirs = {name.upper(): eval(value) for name, value in found.items()}
    assert {name: theirs.get(name) for name in ours} == ours


def test_that_arrays_are_not_copied():
    heights = np.zeros((64, 64), np.float32)
    parts = encode_parts(m.Surface(id=1, a=(0, 1), b=(0, 1), heights=heights), 1)
    assert np.shares_memory(np.frombuffer(parts[1], np.uint8), heights)


def test_that_a_stream_may_be_cut_anywhere():
    data = b"".join(encode(message, number) for number, message in enumerate(_downs(), 1))
    decoder = Decoder(Direction.DOWN)
    found = [message for byte in range(len(data)) for message in decoder.feed(data[byte : byte + 1])]
    assert len(found) == len(m.DOWN)
    assert all(equal(one, decoded(golden(two))) for one, two in zip(found, _downs(), strict=True))
    assert decoder.waiting == 0


def _downs():
    return [message for message in samples() if direction(message) is Direction.DOWN]


WRONG = {
    "magic": b"WNVX" + golden(m.Ping())[4:],
    "version": HEADER.pack(b"WNVZ", 2, 4, 1, 2) + b"{}",
    "kind": pack_header(7, 1, 2) + b"{}",
    "direction": pack_header(m.Kind.PONG, 1, 2) + b"{}",
    "sequence": pack_header(m.Kind.PING, 2, 2) + b"{}",
    "control too long": pack_header(m.Kind.PING, 1, limits.CONTROL_BYTES + 1),
    "payload too long": pack_header(m.Kind.SURFACE, 1, limits.PAYLOAD_BYTES + 1),
    "no JSON": pack_header(m.Kind.PING, 1, 2) + b"{]",
    "no object": pack_header(m.Kind.PING, 1, 2) + b"[]",
    "unknown field": pack_header(m.Kind.PING, 1, 7) + b'{"a":1}',
    "nothing": pack_header(m.Kind.PING, 1, 0),
    "no head": pack_header(m.Kind.SURFACE, 1, 2) + b"{}",
    "head too long": pack_header(m.Kind.SURFACE, 1, 8) + b"\xff\xff\x00\x00{}  ",
    "deep JSON": pack_header(m.Kind.PING, 1, 60_000) + b"[" * 60_000,
}


@pytest.mark.parametrize("name", WRONG)
def test_that_a_broken_message_is_refused(name):
    with pytest.raises(ProtocolError):
        list(Decoder(Direction.DOWN).feed(WRONG[name]))


REFUSED = [
    (m.Hello, {"proof": "0" * 31}),
    (m.Resize, {"generation": 0, "width": 1, "height": 1, "ring": "", "slot_bytes": 1}),
    (m.Surface, {"id": 1, "a": (1, 0), "b": (0, 1), "heights": HEIGHTS}),
    (m.Surface, {"id": 1, "a": (0, float("nan")), "b": (0, 1), "heights": HEIGHTS}),
    (m.Surface, {"id": 1, "a": (0, 1), "b": (0, 1), "heights": np.zeros((2, 1025))}),
    (m.Surface, {"id": 1, "a": (0, 1), "b": (0, 1), "heights": np.zeros(4)}),
    (m.Surface, {"id": 1, "a": (0, 1), "b": (0, 1), "heights": HEIGHTS, "values": HEIGHTS.T}),
    (m.Surface, {"id": 1, "a": (0, 1), "b": (0, 1), "heights": HEIGHTS, "label": "x" * 129}),
    (m.SurfaceStyle, {"id": 1, "colour": (0, 0, 0, 256)}),
    (m.SurfaceStyle, {"id": 1, "opacity": 1.5}),
    (m.PathSet, {"id": 1, "positions": np.zeros((2, 3)), "steps": np.zeros(3)}),
    (m.PathSet, {"id": 1, "positions": np.zeros((2, 2)), "steps": np.zeros(2)}),
    (m.Layout, {"titles": ()}),
    (m.Layout, {"titles": ("",) * 5}),
    (m.Clip, {"low": 1.0, "high": 1.0}),
    (m.Camera, {"action": "fly"}),
    (m.Camera, {"action": "set", "target": (0.0, 1.0)}),
    (m.Snapshot, {"path": "\ud800", "width": 64, "height": 64}),
    (m.Time, {"step": -1}),
    (m.Time, {"step": 2**32}),
]


@pytest.mark.parametrize(("kind", "fields"), REFUSED)
def test_that_a_message_outside_its_limits_is_not_sent(kind, fields):
    with pytest.raises((ProtocolError, ValueError)):
        encode(kind(**fields), 1)


def test_that_numbers_of_numpy_are_numbers():
    message = m.Clip(low=np.float32(0.5), high=np.float64(2.0))
    assert decoded(encode(message, 1)) == m.Clip(low=0.5, high=2.0)


def test_that_sequences_wrap():
    decoder = Decoder(Direction.DOWN)
    decoder.sequence = 0xFFFFFFFF
    assert list(decoder.feed(encode(m.Ping(), 2**32))) == [m.Ping()]


@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_that_damage_is_refused_or_read(name, data):
    """Whatever is cut, turned or put in, the decoder answers with a message, silence or a `ProtocolError`."""
    whole = bytearray(golden(SAMPLES[name]))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    del whole[data.draw(st.integers(1, len(whole))) :]
    decoder = Decoder(direction(SAMPLES[name]))
    decoder.sequence = int(SAMPLES[name].kind) - 1
    with contextlib.suppress(ProtocolError):
        list(decoder.feed(bytes(whole)))


@given(st.binary(max_size=200), st.sampled_from([*m.DOWN, *m.UP]))
def test_that_garbage_as_a_payload_is_refused(payload, kind):
    with contextlib.suppress(ProtocolError):
        decode_payload(kind, payload)


def test_that_every_field_of_a_head_is_in_the_document():
    text = (CONSTANTS.parents[2] / "docs" / "viewer.md").read_text(encoding="utf-8")
    for message in samples():
        row = next(
            line
            for line in text.splitlines()
            if line.startswith(f"| {int(message.kind)} | {message.kind.name.lower()} |")
        )
        fields = {field.name for field in msgspec.structs.fields(message)}
        missing = {name for name in fields if not re.search(rf"\b{name}\b", row)}
        assert not missing or message.kind is m.Kind.HOVERED
