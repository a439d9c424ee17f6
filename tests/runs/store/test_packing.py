import itertools
import struct

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wnin_desktop.errors import StoreError
from wnin_desktop.runs.store import packing, recent
from wnin_desktop.runs.store.packing import COLUMNS, Label, label_of, pack, sealed, unpack
from wnin_desktop.schema.events import StepMetrics
from wnin_desktop.schema.metrics import METRICS

RUN, OTHER = 5, 9
number = st.none() | st.floats(width=32, allow_nan=False) | st.floats(allow_nan=False)


def step(k: int, **values) -> StepMetrics:
    return StepMetrics(run_id="r", timestamp=1e9 + k / 3, step=k, arm="a", seed=0, **values)


class Labels(dict):
    """Gives each label a key, and back."""

    def __call__(self, event: StepMetrics) -> int:
        return self.setdefault(label_of(event), len(self) + 1)

    def of(self, keys: np.ndarray) -> list[Label]:
        names = {key: label for label, key in self.items()}
        return [names[key] for key in keys.tolist()]


def commit(events: list[StepMetrics], labels: Labels) -> recent.Recent:
    """Pack the steps of one run, with another run beside it, and unpack them."""
    return recent.unpack(recent.pack([(OTHER, events[:1]), (RUN, events)], labels))


def long_blobs(events: list[StepMetrics], cuts=(), labels: Labels | None = None) -> list[tuple[int, bytes]]:
    """Pack the steps of one run in long batches that end at `cuts`."""
    known = Labels() if labels is None else labels
    found = []
    for begin, end in itertools.pairwise([0, *cuts, len(events)]):
        if end > begin:
            ((first, table, keys),) = commit(events[begin:end], known).of(RUN)
            found += pack(RUN, first, table, keys)
    return found


def same_bits(column: np.ndarray, values: list[float | None]) -> bool:
    expected = np.array([np.nan if value is None else value for value in values])
    return bool(np.array_equal(np.ascontiguousarray(column).view(np.int64), expected.view(np.int64)))


def holds(table: np.ndarray, events: list[StepMetrics]) -> bool:
    return all(
        same_bits(column, [getattr(event, name) for event in events])
        for name, column in zip(COLUMNS, table, strict=True)
    )


def test_that_the_columns_are_those_of_the_schema():
    assert ("timestamp", *(metric.key for metric in METRICS)) == COLUMNS
    assert recent._metrics(StepMetrics.__struct_fields__) == COLUMNS[1:]
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
    labels = Labels()
    ((first, table, keys),) = commit(events, labels).of(RUN)
    assert first == 7
    assert holds(table, events)
    assert labels.of(keys) == [label_of(event) for event in events]
    back = unpack(RUN, long_blobs(events, cuts, labels), COLUMNS, first_step=7)
    assert back.rows == len(events)
    assert holds(back.table, events)
    keys = np.repeat(back.segments["label"], back.segments["rows"])
    assert labels.of(keys) == [label_of(event) for event in events]


def test_that_wanted_columns_can_be_picked_in_any_order():
    events = [step(k, lr=0.5, train_loss=1 / k) for k in range(1, 45)]
    back = unpack(RUN, long_blobs(events, [20, 40]), ["train_loss", "accuracy", "timestamp"])
    assert same_bits(back.table[0], [event.train_loss for event in events])
    assert np.isnan(back.table[1]).all()
    assert same_bits(back.table[2], [event.timestamp for event in events])


def test_that_a_long_run_goes_into_few_blobs():
    events = [step(k, train_loss=float(k)) for k in range(1, 10_001)]
    found = long_blobs(events)
    assert [first for first, _ in found] == [1, 4097, 8193]
    assert same_bits(unpack(RUN, found, ["train_loss"]).table[0], [float(k) for k in range(1, 10_001)])


def test_that_constant_and_single_precision_columns_take_little_room():
    plain = [step(k, train_loss=float(np.float32(1 / k)), lr=1e-3) for k in range(1, 21)]
    wide = [step(k, train_loss=1 / k, lr=1e-3 / k) for k in range(1, 21)]
    sizes = [len(long_blobs(events)[0][1]) for events in (plain, wide)]
    around = packing.HEADER.size + packing.CRC.size + packing.SEGMENT.itemsize
    assert sizes == [around + 20 * 8 + 20 * 4 + 8, around + 3 * 20 * 8]


def test_that_zero_and_minus_zero_stay_apart():
    found = long_blobs([step(1, train_loss=0.0), step(2, train_loss=-0.0)])
    assert np.signbit(unpack(RUN, found, ["train_loss"]).table[0]).tolist() == [False, True]


def test_that_a_missing_batch_is_noticed():
    found = long_blobs([step(k, train_loss=1.0) for k in range(1, 61)], [20, 40])
    with pytest.raises(StoreError, match="before step 41 are missing"):
        unpack(RUN, [found[0], found[2]], COLUMNS)
    with pytest.raises(StoreError, match="before step 21 are missing"):
        unpack(RUN, found[1:], COLUMNS)


def test_that_a_batch_of_another_run_or_place_is_noticed():
    found = long_blobs([step(k, train_loss=1.0) for k in range(1, 21)])
    with pytest.raises(StoreError, match="belongs to another place"):
        unpack(OTHER, found, COLUMNS)
    with pytest.raises(StoreError, match="belongs to another place"):
        unpack(RUN, [(2, found[0][1])], COLUMNS)


IMPOSSIBLE = {
    "version": lambda body: b"\xff" + body[1:],
    "no rows": lambda body: body[:2] + b"\0\0" + body[4:],
    "layout": lambda body: body[:4] + b"\x09" + body[5:],
    "too short": lambda body: body[:60],
    "too long": lambda body: body + b"x",
    "many labels": lambda body: body[:19] + b"\xff\xff\xff\x7f" + body[23:],
    "labels of other rows": lambda body: body[:-8] + struct.pack("<I", 7) + body[-4:],
    "nothing": lambda body: b"",
}


@pytest.mark.parametrize("change", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_that_a_sealed_but_impossible_blob_is_refused(change):
    ((_, blob),) = long_blobs([step(k, train_loss=1.0) for k in range(1, 21)])
    with pytest.raises(StoreError):
        unpack(RUN, [(1, sealed(change(blob[:-4])))], COLUMNS)


IMPOSSIBLE_RECENT = {
    "version": lambda body: b"\xff" + body[1:],
    "more columns": lambda body: body[:6] + b"\x01" + body[7:],
    "many members": lambda body: body[:16] + b"\xff\xff\xff\x7f" + body[20:],
    "too short": lambda body: body[:60],
    "labels of other rows": lambda body: body[:-8] + struct.pack("<I", 7) + body[-4:],
    "nothing": lambda body: b"",
}


@pytest.mark.parametrize("change", IMPOSSIBLE_RECENT.values(), ids=IMPOSSIBLE_RECENT.keys())
def test_that_a_sealed_but_impossible_commit_is_refused(change):
    blob = recent.pack([(RUN, [step(k, train_loss=1.0) for k in range(1, 21)])], Labels())
    with pytest.raises(StoreError):
        recent.unpack(sealed(change(blob[:-4])))


def flipped(blob: bytes):
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def test_that_every_flipped_bit_is_noticed():
    events = [step(k, train_loss=1 / k) for k in range(1, 4)]
    for blob in flipped(long_blobs(events)[0][1]):
        with pytest.raises(StoreError, match="is damaged"):
            unpack(RUN, [(1, blob)], ("train_loss",))
    for blob in flipped(recent.pack([(RUN, events)], Labels())):
        with pytest.raises(StoreError, match="is damaged"):
            recent.unpack(blob)
