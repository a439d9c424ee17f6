"""B13: step events to ten clients, against websockets with json.dumps and one event per message.

Ours: `EventServer.publish`, one call per event, to ten `Subscriber`s. Peer: a server made of the same
library, one `json.dumps` per event, sent in the two ways the library offers (`broadcast`, which waits for
nobody, and `send` to each client); the faster one counts. The peer gets ready-made dicts and no hand-over
between threads.

Both run their server on a thread of its own and the ten clients in one event loop of this thread, without
compression.
Counted is the CPU time of all of it, server and clients, from the first event published to the last
one decoded by the last client; the server thread's own share and wall time are given beside it. Each client
checks each event as it comes: in order, none missing, equal in every field.

    uv run python benchmarks/stream_fanout.py [--events N] [--rounds N]

(on Linux: elsewhere a thread's CPU time cannot be read from outside)
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import statistics
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any, NamedTuple

from machine import cpu_name, keep
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, broadcast, serve

from wnin_desktop.schema.events import StepMetrics, encode
from wnin_desktop.stream.client import Subscriber
from wnin_desktop.stream.limits import Limits
from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.token import Token

CLIENTS = 10
EVENTS = 5000
ROUNDS = 7
GOAL = 6.0


class Cost(NamedTuple):
    """Seconds of one round: CPU of everything, CPU of the server's thread, wall."""

    all_cpu: float
    server_cpu: float
    wall: float


class Clock:
    """Times a round: the process, one thread of it, and the wall."""

    def __init__(self, server: threading.Thread) -> None:
        self._server_clock = time.pthread_getcpuclockid(server.ident or 0)
        self._start = self._now()

    def _now(self) -> Cost:
        return Cost(time.process_time(), time.clock_gettime(self._server_clock), time.perf_counter())

    def stop(self) -> Cost:
        """Return what has passed since the start."""
        return Cost(*(after - before for after, before in zip(self._now(), self._start, strict=True)))


def steps(count: int) -> list[StepMetrics]:
    """Return events as a run on digits sends them: some fields measured, the others null with a reason."""
    reasons = {"val_loss": "every 50 steps", "hessian_trace_est": "every 200 steps"}
    return [
        StepMetrics(
            run_id="benchmark/adamw/s0",
            timestamp=1.8e9 + 0.01 * k,
            step=k,
            arm="adamw",
            seed=0,
            train_loss=2.3 / k**0.5,
            accuracy=1 - 0.9 / k**0.5,
            perplexity=9.97 / k**0.5,
            temperature=1e-3 / k,
            noise_magnitude=0.01,
            lr=1e-3,
            grad_norm=0.3 / k,
            update_norm=0.02 / k,
            noise_to_signal=0.5,
            noise_mode="gradient",
            schedule_phase="cosine 0.25",
            reasons=reasons,
        )
        for k in range(1, count + 1)
    ]


def ours(events: list[StepMetrics]) -> Cost:
    """Run one round of ours. Nothing is dropped here: the inbox holds all, slow clients are waited for."""
    token = Token.new()
    limits = Limits(inbox_events=len(events), lag_grace_s=60.0, stall_s=60.0)
    with EventServer(port=0, token=token, limits=limits) as server:
        return asyncio.run(_ours(server, token, events))


async def _ours(server: EventServer, token: Token, events: list[StepMetrics]) -> Cost:
    async def watch() -> None:
        seen = 0
        async with Subscriber(server.uri, token) as subscriber:
            async for batch in subscriber:
                check(batch == events[seen : seen + len(batch)])
                seen += len(batch)
                if seen == len(events):
                    break

    watching = [asyncio.create_task(watch()) for _ in range(CLIENTS)]
    while server.stats().subscribers < CLIENTS:
        await asyncio.sleep(0.01)
    clock = Clock(_thread("wnin-events"))
    for event in events:
        server.publish((event,))
    await asyncio.gather(*watching)
    return clock.stop()


Send = Callable[[set[ServerConnection], str], Awaitable[None]]


async def by_broadcast(connections: set[ServerConnection], message: str) -> None:
    broadcast(connections, message)
    await asyncio.sleep(0)


async def by_send(connections: set[ServerConnection], message: str) -> None:
    for connection in connections:
        await connection.send(message)


def peer(events: list[dict[str, Any]], send: Send) -> Cost:
    """Run one round of the peer: its server on a thread, its clients here."""
    box: dict[str, Any] = {}
    ready = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_peer_server(events, send, box, ready)), name="peer")
    thread.start()
    ready.wait()
    try:
        return asyncio.run(_peer_clients(events, box, thread))
    finally:
        box["loop"].call_soon_threadsafe(box["stop"].set)
        thread.join()


async def _peer_server(
    events: list[dict[str, Any]], send: Send, box: dict[str, Any], ready: threading.Event
) -> None:
    async def hold(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(hold, "127.0.0.1", 0, compression=None) as server:
        box.update(loop=asyncio.get_running_loop(), go=asyncio.Event(), stop=asyncio.Event(), server=server)
        ready.set()
        await box["go"].wait()
        for event in events:
            await send(server.connections, json.dumps(event))
        await box["stop"].wait()


async def _peer_clients(events: list[dict[str, Any]], box: dict[str, Any], thread: threading.Thread) -> Cost:
    async def watch(connection: ClientConnection) -> None:
        for event in events:
            check(json.loads(await connection.recv()) == event)

    port = box["server"].sockets[0].getsockname()[1]
    connections = [
        await connect(f"ws://127.0.0.1:{port}", compression=None, proxy=None) for _ in range(CLIENTS)
    ]
    while len(box["server"].connections) < CLIENTS:
        await asyncio.sleep(0.01)
    watching = [asyncio.create_task(watch(connection)) for connection in connections]
    clock = Clock(thread)
    box["loop"].call_soon_threadsafe(box["go"].set)
    await asyncio.gather(*watching)
    cost = clock.stop()
    for connection in connections:
        await connection.close()
    return cost


def _thread(name: str) -> threading.Thread:
    return next(thread for thread in threading.enumerate() if thread.name == name)


def check(holds: bool) -> None:
    """End the benchmark where a client got something else: its speed means nothing then."""
    if not holds:
        sys.exit("wrong result: a client did not get every event in order")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=EVENTS, help="fewer is a trial: nothing is kept")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="at least five count")
    options = parser.parse_args()
    events = steps(options.events)
    plain = [json.loads(encode(event)) for event in events]
    costs: dict[str, list[Cost]] = {"ours": [], "broadcast": [], "send": []}
    ours(events[:200])
    peer(plain[:200], by_broadcast)
    for number in range(options.rounds):
        costs["ours"].append(ours(events))
        costs["broadcast"].append(peer(plain, by_broadcast))
        costs["send"].append(peer(plain, by_send))
        line = ", ".join(f"{name} {len(events) / cost[-1].all_cpu:.0f}" for name, cost in costs.items())
        print(f"round {number + 1}: {line} events/s of CPU time")
    report(costs, len(events))


def report(costs: dict[str, list[Cost]], count: int) -> None:
    """Print the result as the last line and, for a full run, keep it."""
    median = {
        name: Cost(*map(statistics.median, zip(*rounds, strict=True))) for name, rounds in costs.items()
    }
    fastest = min(("broadcast", "send"), key=lambda name: median[name].all_cpu)
    mine, theirs = median["ours"], median[fastest]
    ratios = [b.all_cpu / a.all_cpu for a, b in zip(costs["ours"], costs[fastest], strict=True)]
    result = {
        "name": "B13",
        "ratio": round(statistics.median(ratios), 2),
        "ours": round(count / mine.all_cpu),
        "peer": round(count / theirs.all_cpu),
        "unit": "step events to 10 clients per second of CPU time (server and clients)",
        "n": len(ratios),
        "device": cpu_name(),
        "versions": {
            "python": platform.python_version(),
            "websockets": version("websockets"),
            "msgspec": version("msgspec"),
        },
        "goal": GOAL,
        "events": count,
        "peer_sends_by": fastest,
        "ratios": [round(ratio, 2) for ratio in ratios],
        "server_thread_ratio": round(theirs.server_cpu / mine.server_cpu, 2),
        "wall_ratio": round(theirs.wall / mine.wall, 2),
    }
    if count >= EVENTS and len(ratios) >= 5:
        keep(result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
