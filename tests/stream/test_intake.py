"""Whatever bytes come in, reading them gives events or a verdict, nothing else."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stream.wire import finished, started, step
from wnin_desktop.schema.events import Curvature, StepMetrics, decode_batch, encode_batch
from wnin_desktop.stream.intake import Malformed, read_message
from wnin_desktop.stream.limits import DEFAULTS

GOOD = encode_batch([started(), step(1), step(2), finished(2)])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


def verdict_or_events(data):
    try:
        canonical, events = read_message(data, DEFAULTS)
    except Malformed as refused:
        verdict = refused
    else:
        assert decode_batch(canonical) == events
        return events
    assert verdict.code in (1007, 1008, 1009)
    assert len(verdict.reason.encode()) < 120
    return None


@given(st.binary(max_size=200))
def test_that_noise_is_refused(data):
    assert verdict_or_events(data) is None


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=0, max_size=3), st.integers(0, 3))
def test_that_a_damaged_message_is_read_or_refused(position, patch, cut):
    verdict_or_events(GOOD[:position] + patch + GOOD[position + cut :])


@settings(max_examples=50)
@given(st.sampled_from(StepMetrics.__struct_fields__), JSON)
def test_that_any_value_in_any_field_is_read_or_refused(field, value):
    try:
        data = msgspec.json.encode([msgspec.to_builtins(step(3)) | {field: value}])
    except (UnicodeEncodeError, OverflowError):
        return
    for event in verdict_or_events(data) or []:
        assert isinstance(event.step, int)
        assert 0 <= event.step <= 2**53
        assert isinstance(event.run_id, str)
        assert event.run_id.isprintable()


def test_that_good_events_come_through_unchanged():
    assert read_message(GOOD, DEFAULTS) == (GOOD, decode_batch(GOOD))


@pytest.mark.parametrize("field", ["step", "probes", "examples"])
def test_that_integers_no_store_can_hold_are_refused(field):
    values = {
        "run_id": "r", "timestamp": 1.0, "step": 1, "method": "exact", "hessian_trace_est": 1.0,
        "hessian_trace_se": 0.0, "relative_trace": 1.0, "relative_trace_se": 0.0, "probes": 1, "examples": 1,
        "cost_gradients": 1.0,
    }  # fmt: skip
    assert verdict_or_events(encode_batch([Curvature(**values)])) is not None
    assert verdict_or_events(encode_batch([Curvature(**(values | {field: 2**63}))])) is None
