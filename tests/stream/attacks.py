"""Rows W1 to W7 of the fault suite as functions: each attacks a running server and returns what went wrong.

An empty list means that the server kept its promises. The protection tests run the same functions with one
protection removed and expect findings.
"""

import json
import random
import secrets
import string

import msgspec

from tests.stream.wire import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    Raw,
    Witness,
    finished,
    frame,
    hang_up,
    request,
    started,
    step,
    wait_until,
)  # fmt: skip
from wnin_desktop.schema.events import MESSAGE_LIMIT, encode, encode_batch

HEADERS_TOO_LARGE = (414, 431)


def bad_handshakes(port, token, rng):
    """Return `(name, bytes, allowed statuses)` for each way to get a handshake wrong."""

    def noise(size):
        return bytes(rng.choices(range(256), k=size))

    def make(**changes):
        return request(port, token, **changes)

    good = make()
    word = "".join(rng.choices(string.ascii_letters, k=8))
    return [
        ("noise", noise(rng.randint(1, 200)) + b"\r\n\r\n", (400,)),
        ("empty line first", b"\r\n" + good, (400,)),
        ("one word", word.encode() + b"\r\n\r\n", (400,)),
        ("bare line feeds", good.replace(b"\r\n", b"\n"), (400,)),
        ("method", make(method=rng.choice(["POST", "PUT", "HEAD", "OPTIONS", word.upper()])), (405,)),
        ("old HTTP", make(version="HTTP/1.0"), (505,)),
        ("foreign version", make(version=rng.choice(["HTTP/2", "HTTP/9.9", "RTSP/1.0", word])), (400,)),
        ("no upgrade", make(drop=["Upgrade"]), (426,)),
        ("other upgrade", make(drop=["Upgrade"], add=[("Upgrade", word)]), (426,)),
        ("no connection", make(drop=["Connection"]), (426,)),
        ("no key", make(drop=["Sec-WebSocket-Key"]), (400,)),
        ("short key", make(drop=["Sec-WebSocket-Key"], add=[("Sec-WebSocket-Key", "YQ==")]), (400,)),
        ("bad key", make(drop=["Sec-WebSocket-Key"], add=[("Sec-WebSocket-Key", "!" * 24)]), (400,)),
        ("two keys", make(add=[("Sec-WebSocket-Key", "YQ==")]), (400,)),
        ("version", make(drop=["Sec-WebSocket-Version"], add=[("Sec-WebSocket-Version", word)]), (400,)),
        ("header without colon", good[:-2] + word.encode() + b"\r\n\r\n", (400,)),
        ("header name", good[:-2] + word.encode() + b" x: y\r\n\r\n", (400,)),
        ("folded header", good[:-2] + b" folded\r\n\r\n", (400,)),
        ("control character", make(add=[("X", "a\x00b")]), (400,)),
        ("body", make(add=[("Content-Length", "5")]) + b"hello", (400,)),
        ("chunked", make(add=[("Transfer-Encoding", "chunked")]), (400,)),
        ("path", make(path=rng.choice(["/", "/" + word, "/publish/", "/publish?a=" + word, "*"])), (404,)),
        ("two hosts", make(add=[("Host", f"127.0.0.1:{port}")]), (421,)),
        ("two tokens", make(add=[("Authorization", "Bearer x")]), (401,)),
        ("no token", request(port), (401,)),
        ("origin", make(add=[("Origin", rng.choice(["null", "http://localhost", word, ""]))]), (403,)),
        ("long line", make(path="/" + "a" * rng.randint(8200, 15000)), HEADERS_TOO_LARGE),
        ("long header", make(add=[("X", "a" * rng.randint(8200, 15000))]), HEADERS_TOO_LARGE),
        ("many headers", make(add=[("X", "")] * 200), HEADERS_TOO_LARGE),
        ("endless headers", good[:-2] + (b"X: " + b"a" * 1000 + b"\r\n") * 40, HEADERS_TOO_LARGE),
        ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + noise(300) + b"\r\n\r\n", (400,)),
    ]  # fmt: skip


def bad_frames(rng):
    """Return `(name, bytes, close code)` for each way to get frames or messages wrong on `/publish`."""
    text = encode_batch([step(1)])
    big = MESSAGE_LIMIT + rng.randint(1, 100_000)
    return [
        ("unmasked", frame(TEXT, text, mask=False), 1002),
        ("reserved bit", frame(TEXT, text, rsv=rng.randint(1, 7)), 1002),
        ("opcode", frame(rng.choice([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), b"x"), 1002),
        ("long ping", frame(PING, b"x" * 126), 1002),
        ("fragmented ping", frame(PING, b"x", fin=False), 1002),
        ("continuation of nothing", frame(CONT, b"x"), 1002),
        ("text inside a fragment", frame(TEXT, b"[", fin=False) + frame(TEXT, b"]"), 1002),
        ("close inside a fragment", frame(TEXT, b"[", fin=False) + frame(CLOSE, b"\x03\xe8"), 1002),
        ("too big", frame(TEXT, b"", length=big), 1009),
        ("far too big", frame(BINARY, b"", length=2**63 - 1), 1009),
        ("too big in pieces", frame(TEXT, b"x" * 40_000, fin=False) + frame(CONT, b"x" * 40_000), 1009),
        ("close code", frame(CLOSE, rng.choice([0, 999, 1004, 1006, 1015, 5000]).to_bytes(2, "big")), 1002),
        ("half a close code", frame(CLOSE, b"\x03"), 1002),
        ("close reason", frame(CLOSE, b"\x03\xe8\xff\xfe"), 1007),
        ("no UTF-8", frame(TEXT, b'[{"type":"\xff\xfe"}]'), 1007),
        ("no JSON", frame(TEXT, bytes(rng.choices(range(32, 127), k=rng.randint(1, 300)))), 1007),
        ("an object", frame(TEXT, b"{}"), 1007),
        ("no event", frame(TEXT, b'[{"a": 1}]'), 1007),
        ("a command", frame(TEXT, b'[{"command": "stop"}]'), 1007),
        ("nothing", frame(TEXT, b"[]"), 1008),
        ("too many events", frame(TEXT, encode_batch([step(1)] * 17)), 1008),
        ("too many pings", frame(PING) * 200, 1008),
        ("too many pongs", frame(PONG, b"x") * 200, 1008),
    ]  # fmt: skip


def malformed(server, token, count, seed=1):
    """W1: malformed handshakes and frames."""
    rng = random.Random(seed)
    findings = []
    with Witness(server, token) as witness:
        for index in range(count):
            if index % 2:
                findings += _one_bad_handshake(server.port, token, rng, index // 2)
            else:
                findings += _one_bad_frame(server.port, token, rng, index // 2)
            witness.tick()
        findings += witness.gaps()
        findings += [f"an event came through: {event}" for event in witness.others]
    return findings


def _one_bad_handshake(port, token, rng, index):
    corpus = bad_handshakes(port, token, rng)
    name, data, allowed = corpus[index % len(corpus)]
    with Raw(port) as client:
        client.send(data)
        status = client.status()
    return [] if status in allowed else [f"handshake {name!r}: status {status} is not in {allowed}"]


def _one_bad_frame(port, token, rng, index):
    corpus = bad_frames(rng)
    name, data, expected = corpus[index % len(corpus)]
    with Raw(port) as client:
        client.upgrade(token)
        client.send(data)
        code = client.close_code()
    return [] if code == expected else [f"frame {name!r}: code {code}, not {expected}"]


def slow_loris(server, token, count, allowed_s):
    """W2: clients that never finish their handshake are cut in `allowed_s`; others come in meanwhile."""
    findings = []
    with Witness(server, token) as witness:
        slow = [Raw(server.port) for _ in range(count)]
        try:
            for index, client in enumerate(slow):
                client.send(request(server.port, token)[: 5 + 7 * index % 150])
                witness.tick()
            with Raw(server.port) as late:
                if late.upgrade(token, "/subscribe") != 101:
                    findings.append("a good client was kept out")
            held = sum(
                not client.ended_within(allowed_s if index == 0 else 0.2) for index, client in enumerate(slow)
            )
            findings += [f"{held} slow clients are still held"] if held else []
        finally:
            hang_up(slow)
        findings += witness.gaps()
    return findings


def floods(server, token, count, seed=3):
    """W3: floods of connections, clients, pings nobody reads, and valid messages."""
    with Witness(server, token) as witness:
        findings = _connection_flood(server, witness, count)
        findings += _client_flood(server, token, witness)
        findings += _unread_ping_flood(server, token, witness, count)
        findings += _message_flood(server, token, witness, count)
        findings += witness.gaps()
    return findings


def _connection_flood(server, witness, count):
    crowd = []
    try:
        for _ in range(count):
            crowd.append(Raw(server.port))
            witness.tick()
        # The listener's own queue is served before the next request is, so this picture includes the crowd.
        with Raw(server.port) as last:
            last.send(request(server.port))
            answered = last.status() == 401
        handshakes = server.stats().handshakes
    finally:
        hang_up(crowd)
    findings = [] if answered else ["the door does not answer in a crowd"]
    return findings + ([f"{handshakes} handshakes are held"] if handshakes > 128 else [])


def _client_flood(server, token, witness):
    crowd, statuses = [], []
    try:
        for _ in range(40):
            client = Raw(server.port)
            crowd.append(client)
            statuses.append(client.upgrade(token))
            witness.tick()
        admitted = statuses.count(101)
    finally:
        hang_up(crowd)
    assert wait_until(lambda: len(server.stats().clients) == 1)
    wrong = set(statuses) - {101, 503}
    return ([f"{admitted} admitted beside the witness"] if admitted != 31 else []) + [
        f"status {x}" for x in wrong
    ]


def _unread_ping_flood(server, token, witness, count):
    peak, cut = 0, True
    with Raw(server.port, receive_buffer=4096) as client:
        client.upgrade(token)
        client.socket.settimeout(0.5)
        for _ in range(count):
            if not client.send(frame(PING, b"x" * 125) * 100):
                break
            peak = max(peak, server.stats().waiting_bytes)
            witness.tick()
        else:
            cut = wait_until(lambda: len(server.stats().clients) == 1, 1.0)
    findings = [] if cut else ["a flood of pings was answered to the end"]
    return findings + ([f"{peak} bytes held"] if peak > 1_000_000 else [])


def _message_flood(server, token, witness, count):
    data = frame(TEXT, encode_batch([step(k, "flood") for k in range(16)])) * 10
    with Raw(server.port) as client:
        client.upgrade(token)
        for _ in range(count):
            client.send(data)
            witness.tick()
        client.send(frame(CLOSE, b"\x03\xe8"))
        client.close_code()
    assert wait_until(lambda: server.stats().received >= 160 * count), server.stats()
    return []


def slow_consumers(server, token, count, allowed_s):
    """W4: subscribers that stop reading are cut in `allowed_s`; what they hold is bounded."""
    text = {"train_loss": "x" * 2000}
    peak = 0
    with Witness(server, token) as witness:
        stuck = [Raw(server.port, receive_buffer=4096) for _ in range(count)]
        try:
            for client in stuck:
                client.upgrade(token, "/subscribe")
            for client in stuck[::2]:  # every other one begins well
                server.publish([step(1, "big", reasons=text)])
                assert client.frame() is not None
            for k in range(600):
                server.publish([step(k, "big", reasons=text)] * 16)
                witness.tick()
                if k % 10 == 0:
                    peak = max(peak, server.stats().waiting_bytes)
            cut = wait_until(lambda: server.stats().subscribers == 1, allowed_s)
            findings = witness.gaps()
        finally:
            hang_up(stuck)
    findings += [] if server.stats().dropped else ["no loss was counted"]
    bound = server._limits.memory_bound * (count + 1) // server._limits.max_clients
    findings += [] if cut else ["stuck clients were not cut"]
    return findings + ([f"{peak} bytes held"] if peak > bound else [])


def rebound_hosts(port, count, seed=5):
    """Return Host headers that are not exactly local."""
    rng = random.Random(seed)
    fixed = [
        "", "127.0.0.1", "localhost", "[::1]", "::1", f":{port}", "127.0.0.1:", "localhost:",
        f"127.0.0.1:{port + 1}", f"localhost:{port - 1}", f"127.0.0.1:0{port}", f"127.0.0.1:+{port}",
        f"127.1:{port}", f"127.0.0.2:{port}", f"0.0.0.0:{port}", f"[::]:{port}", f"2130706433:{port}",
        f"0x7f000001:{port}", f"0177.0.0.1:{port}", f"127.0.0.1.:{port}", f"localhost.:{port}",
        f"LOCALHOST:{port}", f"Localhost:{port}",
        f"127.0.0.1:{port},evil.example", f"evil.example 127.0.0.1:{port}", f"user@127.0.0.1:{port}",
        f"127.0.0.1:{port}/", f"127.0.0.1:{port}#", f"http://127.0.0.1:{port}", f"[::ffff:127.0.0.1]:{port}",
        f"[::1%lo]:{port}", f"127.0.0.1\xa0:{port}", f"127.0.0.1:{port}\xa0",
    ]  # fmt: skip
    while len(fixed) < count:
        name = "".join(rng.choices(string.ascii_lowercase, k=8))
        end = rng.choice(["evil.example", "nip.io", "localhost", "local", "internal", "127.0.0.1"])
        start = rng.choice([name, f"127.0.0.1.{name}", f"localhost.{name}", f"7f000001.{name}"])
        fixed.append(f"{start}.{end}:{rng.choice([port, 80, 443])}")
    return fixed[:count]


def dns_rebinding(server, token, count):
    """W5: a page that got a name to point here is turned away, even with the right token."""
    findings = []
    with Witness(server, token) as witness:
        for host in rebound_hosts(server.port, count):
            with Raw(server.port) as client:
                client.send(request(server.port, token, host=host))
                status = client.status()
            findings += [] if status == 421 else [f"Host {host!r}: {status}"]
            witness.tick()
        findings += witness.gaps()
    return findings


def guesses(token, count, seed=6):
    """Return Authorization headers that are near the right one, or simply random."""
    rng = random.Random(seed)
    right = token.headers()["Authorization"]
    secret = right.removeprefix("Bearer ")
    near = [
        "", "Bearer", "Bearer ", secret, f"bearer {secret}", f"BEARER {secret}", f"Basic {secret}",
        f"Bearer  {secret}", f"Bearer\t{secret}", f"Bearer {secret}=", f"Bearer {secret[:-1]}",
        f"Bearer {secret}A", f"Bearer {secret[::-1]}", f"Bearer {secret.swapcase()}", f'Bearer "{secret}"',
        f"Bearer {secret},{secret}", f"Token {secret}", f"Bearer {secret} {secret}", "Bearer \xff\xfe",
        "Bearer null", "Bearer " + "A" * 43, "Bearer " + "A" * 5000,
    ]  # fmt: skip
    for i, letter in enumerate(secret[:-1]):  # the last one carries two bits that mean nothing
        near.append(f"Bearer {secret[:i]}{'B' if letter == 'A' else 'A'}{secret[i + 1 :]}")
    while len(near) < count:
        near.append("Bearer " + secrets.token_urlsafe(rng.randint(1, 64)))
    return near[:count]


def token_guessing(server, token, count):
    """W6: no guess is admitted, on either path."""
    findings = []
    with Witness(server, token) as witness:
        for index, guess in enumerate(guesses(token, count)):
            with Raw(server.port) as client:
                client.send(request(server.port, guess, ("/publish", "/subscribe")[index % 2]))
                status = client.status()
            findings += [] if status == 401 else [f"guess {index}: {status}"]
            witness.tick()
        findings += witness.gaps()
        findings += [f"an event came through: {event}" for event in witness.others]
    return findings


def bad_events(rng):
    """Return one JSON text that is not a message of valid events, and the close code it deserves."""
    values = msgspec.to_builtins(rng.choice([started(), step(3), finished(5)]))
    bounded = rng.choice([
        {"run_id": ""}, {"run_id": "x" * 513}, {"run_id": "a\nb"}, {"run_id": "\x1b[2J"}, {"timestamp": -1.0},
    ])  # fmt: skip
    required = rng.choice(["type", "run_id", "timestamp"])
    wrong = {
        "run_id": [1, None, [], {}], "timestamp": ["now", None, []], "type": ["", "stop", None, "STEP"],
    }  # fmt: skip
    field = rng.choice(list(wrong))
    a_step = msgspec.to_builtins(step(3))
    deep = "[" * 5000 + "]" * 5000
    whole = json.dumps([values])
    return rng.choice([
        (json.dumps([{k: v for k, v in values.items() if k != required}]), 1007),
        (json.dumps([values | {field: rng.choice(wrong[field])}]), 1007),
        (json.dumps([values | {"unknown_" + str(rng.randint(0, 99)): 1}]), 1007),
        (json.dumps(values), 1007),
        (json.dumps([[values]]), 1007),
        (json.dumps([values, None]), 1007),
        (whole.replace('"timestamp": ', '"timestamp": NaN, "x": '), 1007),
        (whole.replace('"timestamp": ', '"timestamp": 1e999, "x": '), 1007),
        (whole[: rng.randint(1, len(whole) - 1)], 1007),
        (whole + rng.choice(["]", ",", "x", whole]), 1007),
        (json.dumps([msgspec.to_builtins(started(config={"deep": 0}))]).replace("0}", deep + "}", 1), 1007),
        (json.dumps([msgspec.to_builtins(started()) | {rng.choice(["seed", "parameters"]): 2**63}]), 1008),
        (json.dumps([a_step | {"step": rng.choice([-1, 2**53 + 1, 2**64, 10**300])}]), 1008),
        (json.dumps([a_step | {"step": rng.choice([1.5, "1", None, True])}]), 1007),
        (json.dumps([values | bounded]), 1008),
        (json.dumps([values] * rng.randint(17, 40)), 1008),
        ('[{"type":"step_metrics","run_id":"\\ud800","timestamp":1,"step":1,"arm":"a","seed":0}]', 1007),
    ])  # fmt: skip


def schema_fuzz(server, token, count, seed=7):
    """W7: what is no event closes its connection with the right code and reaches nobody; good ones go on."""
    rng = random.Random(seed)
    findings, good = [], 0
    with Witness(server, token) as witness:
        for _ in range(count):
            text, expected = bad_events(rng)
            with Raw(server.port) as client:
                client.upgrade(token)
                client.send(frame(TEXT, b"[" + encode(step(1)) + b"]") + frame(TEXT, text.encode()))
                code = client.close_code()
            good += 1
            witness.tick()
            if code != expected:
                findings.append(f"{text[:200]}: {code}, not {expected}")
                break
        findings += witness.gaps()
        wait_until(lambda: len(witness.others) >= good, 2.0)
        wrong = [event for event in witness.others if event != step(1)]
        findings += [f"{len(witness.others)} good events of {good}"] if len(witness.others) != good else []
        findings += [f"came through: {event}" for event in wrong]
    return findings
