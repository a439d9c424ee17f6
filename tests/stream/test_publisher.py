import itertools
import socket
import threading
import time

import pytest

from tests.stream.wire import PATIENCE_S, finished, started, step, wait_until
from wnin_desktop.stream.limits import Limits
from wnin_desktop.stream.link import waits
from wnin_desktop.stream.publisher import Publisher
from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.token import Token, token_source

SOON = Limits(backoff_first_s=0.01, backoff_last_s=0.02, open_timeout_s=1.0)
NOBODY = "ws://127.0.0.1:9"


class States:
    """Remembers the states a publisher goes through."""

    def __init__(self):
        self.seen = []
        self._news = threading.Condition()

    def __call__(self, state, reason):
        with self._news:
            self.seen.append((state, reason))
            self._news.notify_all()

    def wait_for(self, state, times=1):
        with self._news:
            return self._news.wait_for(lambda: [s for s, _ in self.seen].count(state) >= times, PATIENCE_S)


@pytest.fixture
def heard():
    return []


def serve(token, heard, port=0, **options):
    return EventServer(port=port, token=token, on_event=heard.append, **options).start()


def test_that_the_waits_double_from_a_quarter_second_to_ten():
    schedule = list(itertools.islice(waits(Limits()), 8))
    assert schedule == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert schedule == list(itertools.islice(waits(Limits()), 8))


def test_that_all_events_arrive_in_order_and_closing_sends_the_rest(server, token):
    heard = []
    server._service._on_event = heard.append
    events = [started(), *(step(k) for k in range(1, 1001)), finished(1000)]
    publisher = Publisher(server.uri, token)
    publisher.put(events[0])  # before the start, too
    publisher.start()
    for event in events[1:]:
        publisher.put(event)
    assert publisher.close() == 0
    assert publisher.state == "closed"
    assert (publisher.sent, publisher.dropped) == (1002, 0)
    assert wait_until(lambda: len(heard) == len(events))
    assert heard == events


def test_that_training_goes_on_without_a_server():
    publisher = Publisher(
        NOBODY, Token.new(), limits=Limits(publisher_events=50, backoff_first_s=0.01)
    ).start()
    publisher.put(started())
    start = time.perf_counter()
    for k in range(10_000):
        publisher.put(step(k))
    assert time.perf_counter() - start < 2.0
    assert publisher.state == "connecting"
    left = publisher.close(timeout=0.2)
    assert left == 51  # the newest fifty and the start
    assert publisher.dropped == 10_001
    assert publisher.reason
    assert publisher.state == "closed"


def test_that_a_server_that_comes_later_gets_the_start_and_the_newest_steps(token, heard):
    with serve(token, []) as probe:
        port = probe.port
    limits = Limits(publisher_events=100, backoff_first_s=0.01, backoff_last_s=0.02)
    states = States()
    publisher = Publisher(f"ws://127.0.0.1:{port}", token, on_state=states, limits=limits).start()
    publisher.put(started())
    for k in range(1, 501):
        publisher.put(step(k))
    assert states.wait_for("connecting")
    with serve(token, heard, port):
        assert states.wait_for("connected")
        assert publisher.close() == 0
    assert heard == [started(), *(step(k) for k in range(401, 501))]
    assert publisher.dropped == 400


def test_that_after_a_reconnection_the_runs_under_way_are_told_again(token, heard):
    states = States()
    first = serve(token, heard)
    publisher = Publisher(first.uri, token, on_state=states, limits=SOON).start()
    for event in (started("a"), started("b"), step(1, "a"), finished(1, "b")):
        publisher.put(event)
    assert wait_until(lambda: len(heard) == 4)
    first.stop()
    assert states.wait_for("connecting")
    publisher.put(step(2, "a"))
    heard.clear()
    with serve(token, heard, first.port) as second:
        assert states.wait_for("connected", 2)
        publisher.put(finished(3, "a"))
        assert publisher.close() == 0
        assert heard == [started("a"), step(2, "a"), finished(3, "a")]
        assert wait_until(lambda: not second.live_runs())
    assert [state for state, _ in states.seen if state != "connecting"] == [
        "connected",
        "connected",
        "closed",
    ]


def relaunch(tmp_path, heard, port=0):
    """Start a server as `wnin serve` does: with a token of its own, left in a file."""
    fresh = Token.new()
    server = serve(fresh, heard, port)
    fresh.write(tmp_path / "stream.token")
    return server


def test_that_a_server_launched_again_with_a_new_token_is_found_again(tmp_path, heard):
    states, first = States(), relaunch(tmp_path, heard)
    publisher = Publisher(
        first.uri, token_source(tmp_path / "stream.token"), on_state=states, limits=SOON
    ).start()
    publisher.put(started())
    assert wait_until(lambda: len(heard) == 1)
    first.stop()
    assert states.wait_for("connecting")
    heard.clear()
    with serve(Token.new(), heard, first.port) as stranger:  # open already, its token not yet left
        assert wait_until(lambda: stranger.stats().refused > 0)
        assert publisher.state == "connecting"
    with relaunch(tmp_path, heard, first.port):
        assert states.wait_for("connected", 2)
        publisher.put(step(1))
        assert publisher.close() == 0
    assert heard == [started(), step(1)]


def test_that_a_trainer_that_was_here_first_finds_the_server_that_comes(tmp_path, token, heard):
    with serve(token, []) as probe:
        port = probe.port
    states = States()
    publisher = Publisher(
        f"ws://127.0.0.1:{port}", token_source(tmp_path / "stream.token"), on_state=states, limits=SOON
    ).start()
    publisher.put(started())
    assert states.wait_for("connecting")
    assert publisher.reason == "no server has left its token"
    with relaunch(tmp_path, heard, port):
        assert states.wait_for("connected")
        assert publisher.close() == 0
    assert heard == [started()]


def test_that_a_run_is_announced_again_at_every_reconnection_once(token):
    states, publisher, port = States(), None, 0
    for round_number in range(1, 4):
        heard = []
        with serve(token, heard, port) as server:
            port = server.port
            if publisher is None:
                publisher = Publisher(server.uri, token, on_state=states, limits=SOON).start()
                publisher.put(started())
            assert states.wait_for("connected", round_number)
            publisher.put(step(round_number))
            assert wait_until(lambda heard=heard: len(heard) == 2)
            assert heard == [started(), step(round_number)]
    publisher.close(0.1)


def test_that_a_fixed_token_ends_with_its_launch(token, heard):
    states, first = States(), serve(token, heard)
    publisher = Publisher(first.uri, token, on_state=states, limits=SOON).start()
    assert states.wait_for("connected")
    first.stop()
    with serve(Token.new(), heard, first.port):
        assert states.wait_for("refused")
    publisher.close()


def test_that_a_wrong_token_is_reported_once_and_not_tried_again(server):
    states = States()
    publisher = Publisher(server.uri, Token.new(), on_state=states, limits=SOON).start()
    assert states.wait_for("refused")
    for k in range(100):
        publisher.put(step(k))
    publisher._thread.join(PATIENCE_S)  # it has nothing more to do
    assert not publisher._thread.is_alive()
    assert (publisher.state, publisher.dropped) == ("refused", 100)
    assert "token" in publisher.reason
    assert server.stats().refused == 1
    publisher.close()
    assert [state for state, _ in states.seen] == ["refused", "closed"]


def test_that_a_full_server_is_tried_again(token, heard):
    states = States()
    with serve(token, heard, limits=Limits(max_clients=1)) as server:
        holder = Publisher(server.uri, token).start()
        assert wait_until(lambda: holder.state == "connected")
        waiting = Publisher(server.uri, token, on_state=states, limits=SOON).start()
        waiting.put(step(1))
        assert states.wait_for("connecting")
        assert "503" in waiting.reason
        holder.close()
        assert states.wait_for("connected")
        assert waiting.close() == 0
        assert wait_until(lambda: heard == [step(1)])


def test_that_events_a_server_does_not_accept_end_the_publishing_with_the_reason(server, token):
    states = States()
    publisher = Publisher(server.uri, token, on_state=states, limits=SOON).start()
    publisher.put(step(-1))
    assert states.wait_for("refused")
    assert "out of bounds" in publisher.reason
    assert publisher.close() == 0


def test_that_what_cannot_be_sent_is_counted_and_the_rest_goes_on(server, token):
    with Publisher(server.uri, token) as publisher:
        publisher.put(step(1, reasons={"a": "x" * 70_000}))
        publisher.put(step(2, reasons={"a": "\udc80"}))
        publisher.put(step(3))
        assert wait_until(lambda: publisher.sent == 1)
    assert publisher.dropped == 2


def test_that_closing_is_prompt_when_the_server_does_not_read(token):
    entered, let_go = threading.Event(), threading.Event()

    def stuck(event):
        entered.set()
        let_go.wait(PATIENCE_S)

    with EventServer(port=0, token=token, on_event=stuck) as server:
        publisher = Publisher(server.uri, token, limits=Limits(close_timeout_s=0.1)).start()
        for _ in range(2000):
            publisher.put(step(1, reasons={"a": "x" * 3000}))
        assert entered.wait(PATIENCE_S)
        start = time.monotonic()
        assert publisher.close(timeout=0.3) > 0
        assert time.monotonic() - start < 2.0
        let_go.set()


def test_that_closing_twice_or_without_a_start_is_harmless(token):
    publisher = Publisher(NOBODY, token)
    publisher.put(step(1))
    assert publisher.close() == 1
    assert publisher.close() == 0
    publisher.put(step(2))
    assert publisher.dropped == 2


def test_that_an_answer_that_is_no_server_is_tried_again(token):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        states = States()
        publisher = Publisher(
            f"ws://127.0.0.1:{listener.getsockname()[1]}", token, on_state=states, limits=SOON
        ).start()
        for _ in range(2):
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 smtp ready\r\n\r\n")
        assert states.wait_for("connecting")
        publisher.close(0.1)
        assert "not an event server" in publisher.reason
