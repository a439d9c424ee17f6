import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.stream.wire import finished, started, step
from wnin_desktop.schema.events import MESSAGE_LIMIT, Failed, StepMetrics, decode_batch
from wnin_desktop.stream.batches import EventBuffer, is_lossy, messages
from wnin_desktop.stream.limits import Limits


def failure(text):
    return Failed(run_id="r", timestamp=1.0, step=3, error="E" + text[:10], traceback=text)


def test_that_messages_hold_all_events_in_order_and_at_most_sixteen():
    events = [step(k) for k in range(1, 100)]
    sent = list(messages(events))
    assert [event for data, _ in sent for event in decode_batch(data)] == events
    assert [event for _, chunk in sent for event in chunk] == events
    assert [len(chunk) for _, chunk in sent] == [16] * 6 + [3]


@given(st.lists(st.integers(0, 70_000), max_size=40))
def test_that_no_message_exceeds_the_limit_and_only_what_cannot_fit_is_left_out(sizes):
    events = [step(k, reasons={"val_loss": "x" * size}) for k, size in enumerate(sizes)]
    fits = [event for event in events if len(msgspec.json.encode([event])) <= MESSAGE_LIMIT]
    sent = list(messages(events))
    assert all(len(data) <= MESSAGE_LIMIT and len(chunk) <= 16 for data, chunk in sent)
    assert [event for data, _ in sent for event in decode_batch(data)] == fits


def test_that_a_failure_arrives_however_long_its_traceback():
    for character in ("x", "é", "\x00", "𝛁"):
        text = character * 200_000 + "the end"
        ((data, _),) = messages([failure(text)])
        (event,) = decode_batch(data)
        assert event.traceback.endswith("the end")
        assert event.step == 3
    (short,) = decode_batch(next(messages([failure("short")]))[0])
    assert short == failure("short")


def test_that_what_json_cannot_hold_costs_only_itself():
    bad = [
        step(2, reasons={"a": "\udc80"}),
        StepMetrics(run_id="r", timestamp=1.0, step=object(), arm="a", seed=0),
    ]
    sent = list(messages([step(1), *bad, step(3)]))
    assert [event.step for data, _ in sent for event in decode_batch(data)] == [1, 3]


def test_that_only_what_the_next_replaces_is_lossy():
    assert is_lossy(step(1))
    assert not any(map(is_lossy, [started(), finished(1), failure("x")]))


def test_that_a_full_buffer_drops_the_oldest_steps_and_keeps_starts_and_ends_in_order():
    buffer = EventBuffer(capacity=4, kept=8)
    events = [
        started("a"),
        step(1, "a"),
        started("b"),
        *(step(k, "a") for k in range(2, 8)),
        finished(7, "a"),
    ]
    for event in events:
        buffer.append(event)
    taken = buffer.take(100)
    assert taken == [started("a"), started("b"), *events[-4:]]
    assert buffer.dropped == len(events) - len(taken) == 4
    assert len(buffer) == 0


@given(st.lists(st.booleans(), max_size=80), st.integers(1, 10), st.integers(0, 5), st.integers(0, 2**32))
def test_that_a_buffer_is_bounded_ordered_and_accounts_for_every_event(kinds, capacity, kept, seed):
    buffer, draws, taken = EventBuffer(capacity, kept), random.Random(seed), []
    for k, lossy in enumerate(kinds):
        buffer.append(step(k) if lossy else finished(k))
        assert len(buffer) <= capacity + kept
        if draws.random() < 0.2:
            taken += buffer.take(draws.randint(0, 5))
    taken += buffer.take(1000)
    steps = [event.step for event in taken]
    assert steps == sorted(set(steps))
    assert len(taken) + buffer.dropped == len(kinds)


def test_that_clearing_counts_what_is_lost():
    buffer = EventBuffer(2, 2)
    for event in (started(), step(1), step(2), step(3)):
        buffer.append(event)
    assert (buffer.clear(), buffer.dropped, len(buffer)) == (3, 4, 0)


def test_that_smaller_limits_are_obeyed():
    sent = list(messages([step(k) for k in range(10)], Limits(events_per_message=3, message_bytes=1200)))
    assert sum(len(chunk) for _, chunk in sent) == 10
    assert all(len(data) <= 1200 and len(chunk) <= 3 for data, chunk in sent)
