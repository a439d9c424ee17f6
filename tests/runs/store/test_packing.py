import itertools
import struct

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wnin_desktop.errors import StoreError
from wnin_desktop.runs.store import packing
from wnin_desktop.runs.store.packing import COLUMNS, Batch, label_of, merge, pack, unpack
from wnin_desktop.schema.events import StepMetrics
from wnin_desktop.schema.metrics import METRICS

RUN = 5
number = st.none() | st.floats(width=32, allow_nan=False) | st.floats(allow_nan=False)


def step(k: int, **values) -> StepMetrics:
    return StepMetrics(run_id="r", timestamp=1e9 + k / 3, step=k, arm="a", seed=0, **values)


def blobs_of(events: list[StepMetrics], cuts: list[int]) -> tuple[list[tuple[int, bytes]], dict]:
    """Pack events in batches that end at `cuts`; return the blobs and the labels by key."""
    labels: dict = {}
    edges = [0, *cuts, len(events)]
    parts = [Batch(RUN, events[a:b]) for a, b in itertools.pairwise(edges) if b > a]
    blobs = pack(parts, lambda event: labels.setdefault(label_of(event), len(labels) + 1))
    return [(part.events[0].step, blob) for part, blob in zip(parts, blobs, strict=True)], labels


def same_bits(column: np.ndarray, values: list[float | None]) -> bool:
    expected = np.array([np.nan if value is None else value for value in values])
    return bool(np.array_equal(column.view(np.int64), expected.view(np.int64)))


def said(found: packing.Unpacked, labels: dict) -> list:
    names = {key: label for label, key in labels.items()}
    return [names[key] for rows, key in found.segments.tolist() for _ in range(rows)]


def test_that_the_columns_are_those_of_the_schema():
    assert ("timestamp", *(metric.key for metric in METRICS)) == COLUMNS
    others = {"run_id", "step", "arm", "seed", "noise_mode", "schedule_phase", "reasons", "nonfinite"}
    assert {field.name for field in msgspec.structs.fields(StepMetrics)} == set(COLUMNS) | others


@st.composite
def recordings(draw):
    count = draw(st.integers(1, 50))
    base = draw(st.dictionaries(st.sampled_from(COLUMNS[1:]), number))
    events = []
    for k in range(7, 7 + count):
        values = base | draw(st.dictionaries(st.sampled_from(COLUMNS[1:]), number, max_size=3))
        reasons = draw(st.sampled_from(({}, {"val_loss": "later"}, {"val_loss": "later", "accuracy": "no"})))
        phase = draw(st.sampled_from(("", "warm")))
        nonfinite = draw(st.sampled_from(((), ("grad_norm",))))
        events.append(step(k, **values, reasons=reasons, schedule_phase=phase, nonfinite=nonfinite))
    cuts = sorted(draw(st.lists(st.integers(0, count), max_size=6)))
    return events, cuts


@settings(max_examples=60, deadline=None)
@given(recordings())
def test_that_every_value_comes_back_bit_for_bit(recording):
    events, cuts = recording
    found, labels = blobs_of(events, cuts)
    for blobs in (found, merge(RUN, found)):
        back = unpack(RUN, blobs, COLUMNS, labels=True)
        assert (back.first_step, back.rows) == (events[0].step, len(events))
        for name, column in zip(COLUMNS, back.table, strict=True):
            assert same_bits(column, [getattr(event, name) for event in events])
        assert said(back, labels) == [label_of(event) for event in events]
    assert len(merge(RUN, found)) == 1


def test_that_wanted_columns_can_be_picked_in_any_order():
    events = [step(k, lr=0.5, train_loss=1 / k) for k in range(1, 45)]
    found, _ = blobs_of(events, [20, 40])
    back = unpack(RUN, found, ["train_loss", "accuracy", "timestamp"], labels=False)
    assert same_bits(back.table[0], [event.train_loss for event in events])
    assert np.isnan(back.table[1]).all()
    assert same_bits(back.table[2], [event.timestamp for event in events])


def test_that_a_long_run_is_merged_into_few_blobs():
    events = [step(k, train_loss=float(k)) for k in range(1, 10_001)]
    found, _ = blobs_of(events, list(range(20, 10_000, 20)))
    merged = merge(RUN, found)
    assert [first for first, _ in merged] == [1, 4097, 8193]
    assert same_bits(
        unpack(RUN, merged, ["train_loss"], labels=False).table[0], [float(k) for k in range(1, 10_001)]
    )


def test_that_constant_and_single_precision_columns_take_little_room():
    plain = [step(k, train_loss=float(np.float32(1 / k)), lr=1e-3) for k in range(1, 21)]
    wide = [step(k, train_loss=1 / k, lr=1e-3 / k) for k in range(1, 21)]
    sizes = [len(blobs_of(events, [])[0][0][1]) for events in (plain, wide)]
    header = packing.HEADER.size + packing.CRC.size + packing.SEGMENT.itemsize
    assert sizes == [header + 20 * 8 + 20 * 4 + 8, header + 3 * 20 * 8]


def test_that_zero_and_minus_zero_stay_apart():
    found, _ = blobs_of([step(1, train_loss=0.0), step(2, train_loss=-0.0)], [])
    assert np.signbit(unpack(RUN, found, ["train_loss"], labels=False).table[0]).tolist() == [False, True]


def test_that_a_missing_batch_is_noticed():
    events = [step(k, train_loss=1.0) for k in range(1, 61)]
    found, _ = blobs_of(events, [20, 40])
    with pytest.raises(StoreError, match="before step 41 are missing"):
        unpack(RUN, [found[0], found[2]], COLUMNS, labels=False)


def test_that_a_batch_of_another_run_or_place_is_noticed():
    found, _ = blobs_of([step(k, train_loss=1.0) for k in range(1, 21)], [])
    with pytest.raises(StoreError, match="belongs to another place"):
        unpack(RUN + 1, found, COLUMNS, labels=False)
    with pytest.raises(StoreError, match="belongs to another place"):
        unpack(RUN, [(2, found[0][1])], COLUMNS, labels=False)


def sealed(body: bytes) -> bytes:
    return body + struct.pack("<I", packing.zlib.crc32(body))


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"\x02" + body[1:],
        lambda body: body[:2] + b"\0\0" + body[4:],
        lambda body: body[:4] + b"\x09" + body[5:],
        lambda body: body[:60],
        lambda body: body[:19] + b"\xff\xff\xff\x7f" + body[23:],
        lambda body: b"",
    ],
    ids=["version", "no rows", "layout", "too short", "labels", "nothing"],
)
def test_that_a_sealed_but_impossible_blob_is_refused(change):
    found, _ = blobs_of([step(k, train_loss=1.0) for k in range(1, 21)], [])
    with pytest.raises(StoreError):
        unpack(RUN, [(1, sealed(change(found[0][1][:-4])))], COLUMNS, labels=True)


def test_that_every_flipped_bit_is_noticed():
    found, _ = blobs_of([step(k, train_loss=1 / k) for k in range(1, 6)], [])
    blob = found[0][1]
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(StoreError, match="is damaged"):
            unpack(RUN, [(1, bytes(changed))], ("train_loss",), labels=False)
