import subprocess
import sys
import threading
import time

import pytest

from tests.stream.wire import (
    PATIENCE_S,
    TEXT,
    Raw,
    Witness,
    finished,
    frame,
    request,
    started,
    step,
    stop_seconds,
    wait_until,
)
from wnin_desktop.errors import InputError, StreamError
from wnin_desktop.schema.events import decode_batch, encode_batch
from wnin_desktop.stream.limits import Limits
from wnin_desktop.stream.live import LiveRuns
from wnin_desktop.stream.rate import RateMeter
from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.token import Token


def read_events(raw, count):
    events = []
    while len(events) < count:
        received = raw.frame()
        assert received is not None, events
        events += decode_batch(received[1])
    return events


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.168.1.2", "lab.example", "127.0.0.2"])
def test_that_only_this_machine_is_served(token, host):
    with pytest.raises(InputError, match=r"host: .*127\.0\.0\.1"):
        EventServer(host, 0, token=token)


@pytest.mark.parametrize("port", [-1, 65536])
def test_that_a_port_out_of_range_is_one_sentence(token, port):
    with pytest.raises(InputError, match=f"port: {port} .*0 to 65535"):
        EventServer(port=port, token=token)


def test_that_a_busy_port_is_one_sentence_naming_it(server, token):
    with pytest.raises(StreamError, match=rf"Port {server.port} on 127\.0\.0\.1 .*--port"):
        EventServer(port=server.port, token=token).start()


def test_that_nothing_listens_before_the_start_and_after_the_stop(token):
    server = EventServer(port=0, token=token)
    server.stop()
    with server:
        port = server.port
        Raw(port).socket.close()
    with pytest.raises(ConnectionRefusedError):
        Raw(port)
    with pytest.raises(StreamError):
        server.start()


@pytest.mark.parametrize("name", ["localhost", "::1"])
def test_that_the_other_names_of_this_machine_work(token, name):
    try:
        server = EventServer(name, 0, token=token).start()
    except StreamError:
        pytest.skip("no IPv6 here")
    with server_stopped(server), Witness(server, token) as witness:
        assert witness.gaps() == []


class server_stopped:  # noqa: N801 - reads like a statement
    def __init__(self, server):
        self.server = server

    def __enter__(self):
        return self.server

    def __exit__(self, *_):
        self.server.stop()


def test_that_every_path_is_guarded_before_the_upgrade(server, token):
    for path in ("/", "/publish", "/subscribe", "/else", "/favicon.ico"):
        for changes, status in (
            ({"host": "evil.example"}, 421),
            ({"add": [("Origin", f"http://127.0.0.1:{server.port}")]}, 403),
        ):
            with Raw(server.port) as raw:
                raw.send(request(server.port, token, path, **changes))
                assert raw.status() == status
        with Raw(server.port) as raw:
            raw.send(request(server.port, Token.new(), path))
            assert raw.status() == 401


def test_that_no_compression_is_agreed(server, token):
    with Raw(server.port) as raw:
        raw.send(request(server.port, token, add=[("Sec-WebSocket-Extensions", "permessage-deflate")]))
        head = raw.socket.recv(4096).lower()
    assert b" 101 " in head
    assert b"extensions" not in head
    assert b"server:" not in head


def test_that_the_thirty_third_client_waits_outside_and_a_place_is_given_again(server, token):
    crowd = [Raw(server.port) for _ in range(33)]
    assert [raw.upgrade(token) for raw in crowd] == [101] * 32 + [503]
    for raw in crowd:
        raw.socket.close()
    assert wait_until(lambda: not server.stats().clients)
    with Raw(server.port) as late:
        assert late.upgrade(token, "/subscribe") == 101


def test_that_a_subscriber_cannot_speak(server, token):
    with Raw(server.port) as raw:
        raw.upgrade(token, "/subscribe")
        raw.send(frame(TEXT, encode_batch([step(1)])))
        assert raw.close_code() == 1008


def test_that_remote_events_reach_the_callback_and_the_subscribers_with_their_origin(token):
    heard = []
    with EventServer(port=0, token=token, on_event=heard.append) as server:
        with Witness(server, token) as witness, Raw(server.port) as trainer:
            trainer.upgrade(token)
            trainer.send(frame(TEXT, encode_batch([started(host="gpu-box"), step(1)])))
            assert wait_until(lambda: len(witness.others) == 2)
            (run,) = server.live_runs()
            assert (run.host, run.last_step) == ("gpu-box", 1)
            assert run.peer == "{}:{}".format(*trainer.socket.getsockname())
            trainer.send(frame(TEXT, encode_batch([finished(1)])))
            assert wait_until(lambda: not server.live_runs())
            assert witness.gaps() == []
        assert heard == witness.others == [started(host="gpu-box"), step(1), finished(1)]


def test_that_a_failing_callback_ends_its_connection_only(token):
    def fail(event):
        raise ZeroDivisionError

    with EventServer(port=0, token=token, on_event=fail) as server, Witness(server, token) as witness:
        with Raw(server.port) as trainer:
            trainer.upgrade(token)
            trainer.send(frame(TEXT, encode_batch([step(1)])))
            assert trainer.close_code() == 1011
        assert witness.gaps() == []


def test_that_a_late_subscriber_learns_what_is_under_way(server, token):
    server.publish([started("a"), started("b"), step(5, "a"), finished(9, "b"), started("c")])
    assert wait_until(lambda: server.stats().published == 5)
    with Raw(server.port) as late:
        late.upgrade(token, "/subscribe")
        assert read_events(late, 2) == [started("a"), started("c")]
        server.publish([step(6, "a")])
        assert read_events(late, 1) == [step(6, "a")]
    assert [(run.run_id, run.peer, run.last_step) for run in server.live_runs()] == [
        ("a", "local", 5 + 1),
        ("c", "local", 0),
    ]


def test_that_a_subscriber_that_lags_loses_steps_but_no_start_and_no_end(token):
    limits = Limits(stall_s=60.0)
    filler = {"train_loss": "x" * 2000}
    with EventServer(port=0, token=token, limits=limits) as server, Witness(server, token) as witness:
        with Raw(server.port, receive_buffer=4096) as slow:
            slow.upgrade(token, "/subscribe")
            server.publish([started("big")])
            for k in range(1, 601):
                server.publish([step(16 * k + i, "big", reasons=filler) for i in range(16)])
                if k % 50 == 0:  # the other one must lag behind by nothing, whatever else the machine does
                    assert wait_until(lambda k=k: len(witness.others) >= 16 * k)
            server.publish([finished(9999, "big"), started("next")])
            assert wait_until(lambda: server.stats().queued == 0 and server.stats().published >= 9603)
            lost = server.stats().dropped
            assert lost > 0
            events = read_events(slow, 9600 - lost + 3)
            assert [event for event in events if event.run_id == "next" or not hasattr(event, "lr")] == [
                started("big"),
                finished(9999, "big"),
                started("next"),
            ]
            steps = [event.step for event in events if hasattr(event, "lr")]
            assert steps == sorted(set(steps))
            assert len(steps) == 9600 - lost
            # It has caught up, so it loses nothing more.
            server.publish([step(1, "next")])
            assert read_events(slow, 1) == [step(1, "next")]
        assert witness.gaps() == []
        assert len(witness.others) == 9604


def test_that_publishing_never_waits_and_drops_are_counted(token):
    server = EventServer(port=0, token=token, limits=Limits(inbox_events=100))
    server.publish([started()])
    server.publish(step(k) for k in range(1000))
    assert server.stats().queued == 0  # nothing runs yet, so nothing was asked
    with server, Raw(server.port) as raw:
        assert wait_until(lambda: server.stats().published == 101)
        assert server.stats().dropped == 900
        raw.upgrade(token, "/subscribe")
        assert read_events(raw, 1) == [started()]
    server.publish([step(1)] * 7)
    assert server.stats().published == 101


def test_that_publishers_on_many_threads_lose_nothing(server, token):
    with Raw(server.port) as raw:
        raw.upgrade(token, "/subscribe")
        threads = [
            threading.Thread(target=lambda n=n: [server.publish([step(k, f"run{n}")]) for k in range(1, 301)])
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        events = read_events(raw, 1200)
        for thread in threads:
            thread.join()
    for n in range(4):
        assert [event.step for event in events if event.run_id == f"run{n}"] == list(range(1, 301))


def test_that_an_event_json_cannot_hold_stops_nobody(server, token):
    with Witness(server, token) as witness:
        server.publish([step(1, "odd", reasons={"a": "\udc80"}), step(2, "odd")])
        assert witness.gaps() == []
        assert witness.others == [step(2, "odd")]
        assert server.stats().dropped == 1


def test_that_what_was_published_before_the_stop_arrives(token):
    server = EventServer(port=0, token=token).start()
    with Raw(server.port) as raw:
        raw.upgrade(token, "/subscribe")
        server.publish([step(k) for k in range(1, 501)])
        server.stop()
        assert [event.step for event in read_events(raw, 500)] == list(range(1, 501))
        assert raw.close_code() == 1001


def test_that_stuck_clients_of_every_kind_do_not_hold_up_the_stop(token):
    limits = Limits(stall_s=60.0, open_timeout_s=60.0)
    server = EventServer(port=0, token=token, limits=limits).start()
    clients = [Raw(server.port, receive_buffer=4096) for _ in range(8)]
    for raw, path in zip(clients[:4], ["/subscribe", "/subscribe", "/publish", "/publish"], strict=True):
        raw.upgrade(token, path)
    clients[3].send(frame(TEXT, b"[", fin=False))
    clients[4].send(b"GET /publish")
    clients[5].send(request(server.port))  # refused, and does not hang up
    for _ in range(600):
        server.publish([step(1, reasons={"a": "x" * 2000})] * 16)
    assert wait_until(lambda: server.stats().waiting_bytes > 0)
    assert stop_seconds(server) < 2.0
    for raw in clients:
        raw.socket.close()


def test_that_a_callback_that_never_returns_is_reported_in_time(token):
    entered, let_go = threading.Event(), threading.Event()

    def stuck(event):
        entered.set()
        let_go.wait(PATIENCE_S)

    limits = Limits(stop_timeout_s=0.2)
    server = EventServer(port=0, token=token, on_event=stuck, limits=limits).start()
    with Raw(server.port) as trainer:
        trainer.upgrade(token)
        trainer.send(frame(TEXT, encode_batch([step(1)])))
        assert entered.wait(PATIENCE_S)
        start = time.monotonic()
        with pytest.raises(StreamError, match="callback"):
            server.stop()
        assert time.monotonic() - start < 2.0
        let_go.set()
        assert wait_until(lambda: not server._thread.is_alive())


def test_that_stats_tell_who_is_there_and_how_fast_it_goes(server, token):
    with Raw(server.port) as watcher, Raw(server.port) as trainer:
        watcher.upgrade(token, "/subscribe")
        trainer.upgrade(token)
        trainer.send(frame(TEXT, encode_batch([step(k) for k in range(10)])))
        read_events(watcher, 10)
        stats = server.stats()
        assert {client.peer: (client.subscriber, client.events) for client in stats.clients} == {
            "{}:{}".format(*watcher.socket.getsockname()): (True, 10),
            "{}:{}".format(*trainer.socket.getsockname()): (False, 10),
        }
        assert (stats.published, stats.received, stats.dropped, stats.subscribers) == (10, 10, 0, 1)
        assert stats.rate > 0


def test_that_the_rate_is_events_over_time():
    now = [100.0]
    meter = RateMeter(lambda: now[0])
    assert meter.rate() == 0.0
    for _ in range(100):
        meter.add(5)
        now[0] += 0.1
    assert meter.rate() == pytest.approx(50.0, rel=0.1)
    now[0] += 10
    assert meter.rate() == 0.0


def test_that_the_live_runs_are_bounded():
    runs = LiveRuns(3)
    for k in range(10):
        runs.note(started(f"r{k}"), "local")
    assert [run.run_id for run in runs.all()] == ["r7", "r8", "r9"]
    runs.note(step(4, "r8"), "local")
    runs.note(started("r8", resumed_from=4), "1.2.3.4:5")
    assert [(run.run_id, run.peer, run.last_step) for run in runs.all()][-1] == ("r8", "1.2.3.4:5", 4)


def test_that_the_stream_imports_no_torch():
    code = (
        "import sys, wnin_desktop.stream.server, wnin_desktop.stream.publisher, wnin_desktop.stream.client;"
        "print([n for n in sys.modules if n.split('.')[0] == 'torch' or n.startswith('wnin_desktop.engine')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
