import asyncio
import threading

import pytest
from websockets.frames import CloseCode

from tests.stream.wire import PATIENCE_S, finished, started, step, wait_until
from wnin_desktop.errors import InputError, StreamError
from wnin_desktop.stream import client, lanes
from wnin_desktop.stream.client import Subscriber
from wnin_desktop.stream.intake import Malformed
from wnin_desktop.stream.limits import Limits
from wnin_desktop.stream.publisher import Publisher
from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.token import Token, token_source

SOON = Limits(backoff_first_s=0.01, backoff_last_s=0.02)


class Watching(threading.Thread):
    """Iterates a subscriber in a thread."""

    def __init__(self, subscriber):
        super().__init__(name="watching")
        self.subscriber = subscriber
        self.events = []
        self.error = None
        self.start()

    def run(self):
        try:
            for batch in self.subscriber:
                self.events += batch
        except StreamError as error:
            self.error = error

    def end(self):
        self.subscriber.close()
        self.join(PATIENCE_S)
        assert not self.is_alive()


def test_that_a_remote_run_looks_local(server, token):
    """What a trainer puts into its publisher comes out of a subscriber unchanged."""
    watching = Watching(Subscriber(server.uri, token))
    assert wait_until(lambda: server.stats().subscribers == 1)
    events = [started(), *(step(k) for k in range(1, 201)), finished(200)]
    with Publisher(server.uri, token) as publisher:
        for event in events:
            publisher.put(event)
    assert wait_until(lambda: len(watching.events) == len(events))
    assert watching.events == events
    assert (watching.subscriber.received, watching.subscriber.missed) == (202, 0)
    watching.end()
    assert watching.subscriber.state == "closed"
    assert watching.error is None


def test_that_it_works_inside_an_event_loop(server, token):
    async def watch():
        seen = []
        async with Subscriber(server.uri, token) as subscriber:
            async for batch in subscriber:
                seen += batch
                if len(seen) == 1:
                    server.publish([step(k) for k in range(1, 40)])
                if len(seen) == 40:
                    break
        assert subscriber.state == "closed"
        return seen

    server.publish([started()])
    assert wait_until(server.live_runs)
    assert asyncio.run(watch()) == [started(), *(step(k) for k in range(1, 40))]


def test_that_a_lost_server_is_found_again(token):
    first = EventServer(port=0, token=token).start()
    watching = Watching(Subscriber(first.uri, token, limits=SOON))
    assert wait_until(lambda: first.stats().subscribers == 1)
    first.stop()
    assert wait_until(lambda: watching.subscriber.state == "connecting")
    with EventServer(port=first.port, token=token) as second:
        assert wait_until(lambda: second.stats().subscribers == 1)
        second.publish([step(1)])
        assert wait_until(lambda: watching.events == [step(1)])
    watching.end()


def test_that_a_server_launched_again_with_a_new_token_is_found_again(tmp_path):
    path, tokens = tmp_path / "stream.token", [Token.new(), Token.new()]
    tokens[0].write(path)
    first = EventServer(port=0, token=tokens[0]).start()
    watching = Watching(Subscriber(first.uri, token_source(path), limits=SOON))
    assert wait_until(lambda: first.stats().subscribers == 1)
    first.stop()
    with EventServer(port=first.port, token=tokens[1]) as second:
        assert wait_until(lambda: second.stats().refused > 0)
        tokens[1].write(path)
        assert wait_until(lambda: second.stats().subscribers == 1)
    watching.end()


def test_that_without_reconnection_the_server_s_end_is_the_end(token):
    with EventServer(port=0, token=token) as server:
        watching = Watching(Subscriber(server.uri, token, reconnect=False))
        assert wait_until(lambda: server.stats().subscribers == 1)
    watching.join(PATIENCE_S)
    assert not watching.is_alive()
    assert watching.error is None
    with pytest.raises(StreamError, match="No event server at"):
        next(iter(Subscriber(server.uri, token, reconnect=False)))


def test_that_a_wrong_token_is_one_sentence(server):
    subscriber = Subscriber(server.uri, Token.new())
    with pytest.raises(StreamError, match="refused: the token is not that of this server"):
        next(iter(subscriber))
    assert subscriber.state == "refused"
    assert server.stats().refused == 1


def test_that_closing_ends_every_kind_of_waiting(server, token):
    silent = Watching(Subscriber(server.uri, token))
    absent = Watching(
        Subscriber("ws://127.0.0.1:9", token, limits=Limits(backoff_first_s=60.0, backoff_last_s=60.0))
    )
    assert wait_until(lambda: server.stats().subscribers == 1)
    assert wait_until(lambda: absent.subscriber.reason)
    silent.end()
    absent.end()
    closed = Subscriber(server.uri, token)
    closed.close()
    assert list(closed) == []


def test_that_missing_steps_are_seen(server, token):
    watching = Watching(Subscriber(server.uri, token))
    assert wait_until(lambda: server.stats().subscribers == 1)
    server.publish([step(5), step(6), step(10), step(1, "other"), started(), step(1), step(2)])
    assert wait_until(lambda: watching.subscriber.received == 7)
    assert watching.subscriber.missed == 3
    watching.end()


def test_that_the_address_is_checked(token):
    with pytest.raises(InputError, match="--watch"):
        Subscriber("ws://lab.example:8765", token)


def test_that_a_server_that_hangs_up_at_once_is_not_hammered(token, monkeypatch):
    """Every connection that ends at once is followed by the next wait of the schedule."""
    asked, tried = [], {"count": 0}

    def hang_up(connection, _opening):
        tried["count"] += 1
        raise Malformed(CloseCode.TRY_AGAIN_LATER, "not now")

    monkeypatch.setattr(client, "waits", lambda _limits: iter(lambda: asked.append(1) or 0.001, None))
    with EventServer(port=0, token=token) as server:
        monkeypatch.setattr(server._service._fanout, "join", hang_up)
        watching = Watching(Subscriber(server.uri, token))
        assert wait_until(lambda: len(asked) >= 5)
        watching.end()
    assert tried["count"] <= len(asked) + 1


def test_that_a_server_that_breaks_off_for_cause_is_not_asked_again(token, monkeypatch):
    def blame(connection, _opening):
        raise Malformed(CloseCode.POLICY_VIOLATION, "not you")

    with EventServer(port=0, token=token) as server:
        monkeypatch.setattr(server._service._fanout, "join", blame)
        with pytest.raises(StreamError, match="not you"):
            next(iter(Subscriber(server.uri, token)))


def test_that_what_does_not_speak_our_events_is_one_sentence(token, monkeypatch):
    monkeypatch.setattr(lanes, "messages", lambda events, _limits: [(b'[{"type": "other"}]', events)])
    with EventServer(port=0, token=token) as server:
        server.publish([started()])
        assert wait_until(server.live_runs)
        with pytest.raises(StreamError, match="does not speak our events"):
            next(iter(Subscriber(server.uri, token)))
