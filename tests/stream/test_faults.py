"""Rows W1 to W7: a sample by default, full counts with `-m full`, each also with its protection removed."""

import dataclasses

import msgspec
import pytest

from tests.stream import attacks
from tests.stream.wire import stop_seconds
from wnin_desktop.schema.events import decode_batch
from wnin_desktop.stream import guard, lanes, service
from wnin_desktop.stream.limits import Limits
from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.token import Token

QUICK = Limits(open_timeout_s=0.5, stall_s=0.5, close_timeout_s=0.25, lag_grace_s=0.5)


def attacked(token, attack, *arguments, limits=QUICK):
    """Return what `attack` finds on a fresh server, which must also end in two seconds."""
    server = EventServer(port=0, token=token, limits=limits).start()
    try:
        findings = attack(server, token, *arguments)
    finally:
        seconds = stop_seconds(server)
    return findings + ([f"stopped after {seconds:.1f} s"] if seconds > 2 else [])


def sizes(sample, full):
    return pytest.mark.parametrize("count", [sample, pytest.param(full, marks=pytest.mark.full)])


@sizes(124, 1000)
def test_w1_that_malformed_handshakes_and_frames_get_the_right_code(token, count):
    assert attacked(token, attacks.malformed, count) == []


@sizes(12, 50)
def test_w2_that_slow_handshakes_are_cut_and_shut_nobody_out(token, count):
    assert attacked(token, attacks.slow_loris, count, 2.0) == []


@sizes(150, 500)
def test_w3_that_floods_are_bounded(token, count):
    assert attacked(token, attacks.floods, count) == []


@sizes(2, 4)
def test_w4_that_slow_consumers_lose_steps_and_are_cut(token, count):
    assert attacked(token, attacks.slow_consumers, count, 3.0) == []


@sizes(60, 300)
def test_w5_that_rebound_names_are_turned_away(token, count):
    assert attacked(token, attacks.dns_rebinding, count) == []


@sizes(120, 10_000)
def test_w6_that_no_guessed_token_is_admitted(token, count):
    assert attacked(token, attacks.token_guessing, count) == []


@sizes(120, 2000)
def test_w7_that_only_valid_events_pass(token, count):
    assert attacked(token, attacks.schema_fuzz, count) == []


# The same attacks with one protection removed: each must be noticed.


def without(**changes):
    return dataclasses.replace(QUICK, **changes)


def test_that_w1_notices_a_door_without_an_answer(token, monkeypatch):
    monkeypatch.delattr(guard.GuardedConnection, "send_data")
    assert any("'noise'" in finding for finding in attacked(token, attacks.malformed, 4))


def test_that_w1_notices_a_missing_message_limit(token):
    findings = attacked(token, attacks.malformed, 24, limits=without(message_bytes=10**7))
    assert any("too big in pieces" in finding for finding in findings)


def test_that_w2_notices_a_missing_open_timeout(token):
    findings = attacked(token, attacks.slow_loris, 2, 1.0, limits=without(open_timeout_s=60.0))
    assert any("still held" in finding for finding in findings)


def test_that_w3_notices_missing_bounds(token):
    endless = without(
        control_frames=10**9, write_hard=10**12, stall_s=60.0, max_handshakes=10**6, max_clients=10**6
    )
    findings = attacked(token, attacks.floods, 150, limits=endless)
    assert any("handshakes are held" in finding for finding in findings), findings
    assert any("bytes held" in finding for finding in findings)
    assert "40 admitted beside the witness" in findings
    assert "a flood of pings was answered to the end" in findings


def test_that_w4_notices_a_fan_out_without_queues(token, monkeypatch):
    def naive(lane, message):
        lane._write(message)
        return True

    monkeypatch.setattr(lanes.Lane, "offer", naive)
    findings = attacked(token, attacks.slow_consumers, 2, 1.0, limits=without(stall_s=60.0))
    assert "stuck clients were not cut" in findings
    assert any("bytes held" in finding for finding in findings)


def test_that_w5_notices_an_unchecked_host(token, monkeypatch):
    class Anything:
        def __contains__(self, host):
            return True

    monkeypatch.setattr(guard, "local_hosts", lambda _port: Anything())
    assert any("evil.example" in finding for finding in attacked(token, attacks.dns_rebinding, 40))


def test_that_w6_notices_a_lax_comparison(token, monkeypatch):
    monkeypatch.setattr(Token, "matches", lambda self, text: self._secret[:8] == text[:8])
    assert attacked(token, attacks.token_guessing, 40)


def test_that_w7_notices_unchecked_events(token, monkeypatch):
    def lax(data, _limits):
        return data, msgspec.json.decode(data, type=list[dict])

    monkeypatch.setattr(service, "read_message", lax)
    monkeypatch.setattr(service.Service, "_note", lambda *_: None)
    assert attacked(token, attacks.schema_fuzz, 30)


def test_that_w7_notices_unchecked_bounds(token, monkeypatch):
    monkeypatch.setattr(service, "read_message", lambda data, _limits: (data, decode_batch(data)))
    assert attacked(token, attacks.schema_fuzz, 60)
