"""Durable commands per second: many callers, one caller, and over HTTP; on both databases.

A command is a facility declared on a stream of its own: decided, stored with its idempotency record
and its leaf hash, answered after the commit. The ceiling is what group commit
could reach if deciding and encoding were free: 64 prepared records per commit.
"""

import asyncio
import gc
import itertools
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from infra.execute import Writer
from infra.local.postgres import PostgresServer
from infra.store import open_engine
from infra.transaction import Request

from . import gateway, peer
from .bare import insert, rows_of
from .facilities import request, values, writer_on, writer_on_postgres
from .figures import Bar, Figure, Figures, at_least, figure
from .machine import scratch
from .sizes import Size

CALLERS = 64
ONE = 1
FASTEST = 60_000
"""Commands/s for which requests are prepared."""
WARM_UP_S = 0.5
SEARCHES = 3
LIBRARY = "eventsourcing 9.5"
OpenPeer = Callable[[int], AbstractContextManager[peer.Facilities]]
OpenOurs = Callable[[], AbstractContextManager[Writer]]


def run(size: Size) -> Figures:
    """All figures of commands."""
    figures: Figures = []
    with scratch() as folder:
        figures += _on_sqlite(size, folder)
    with PostgresServer() as server:
        figures += _on_postgres(size, server)
    return [*figures, *gateway.run(size)]


def _on_sqlite(size: Size, folder: Path) -> Figures:
    def place() -> Path:
        made = folder / secrets.token_hex(4)
        made.mkdir()
        return made

    def ours() -> AbstractContextManager[Writer]:
        url = f"sqlite:///{place() / 'ours.sqlite'}"
        return writer_on(url, url)

    return measure("SQLite FULL", size, ours, lambda _: peer.on_sqlite(place()), at_least(6))


def _on_postgres(size: Size, server: PostgresServer) -> Figures:
    names = (f"bench_{number}" for number in itertools.count())

    def theirs(threads: int) -> AbstractContextManager[peer.Facilities]:
        return peer.on_postgres(server, next(names), threads)

    engine = open_engine(server.address)
    with engine.connect() as connection:
        for name in ("fsync", "synchronous_commit"):
            if connection.exec_driver_sql(f"SHOW {name}").scalar() != "on":
                raise SystemExit(f"PostgreSQL runs without {name}")
    engine.dispose()
    return measure(
        "PostgreSQL fsync",
        size,
        lambda: writer_on_postgres(server, next(names)),
        theirs,
        at_least(8),
    )


def measure(
    where: str, size: Size, open_ours: OpenOurs, open_peer: OpenPeer, bar: Bar
) -> list[Figure]:
    """Ours, the peer at its best number of threads and at one, and the ceiling.

    Short runs in turn, over and over on the same databases: each of ours has the peer's beside it
    within seconds, so that a machine whose speed comes and goes changes both. The peer's best
    number of threads is looked for first.
    """
    many: list[float] = []
    one: list[float] = []
    bare: list[float] = []
    best_runs: list[float] = []
    one_runs: list[float] = []
    best = _best(size, open_peer)
    requests = iter(prepared(size.seconds * size.rounds))
    with (
        open_ours() as writer,
        open_peer(best) as peer_at_best,
        open_peer(ONE) as peer_alone,
    ):
        asyncio.run(rate(writer, CALLERS, WARM_UP_S, requests))
        rows = rows_of(writer.store)
        for _ in range(size.rounds):
            many.append(asyncio.run(rate(writer, CALLERS, size.seconds, requests)))
            best_runs.append(peer.rate(peer_at_best, best, size.seconds))
            one.append(asyncio.run(rate(writer, ONE, size.seconds, requests)))
            one_runs.append(peer.rate(peer_alone, ONE, size.seconds))
            with open_ours() as empty:
                bare.append(insert(empty.store, rows, CALLERS, time.monotonic() + size.seconds))
    return [
        figure(
            f"commands, {CALLERS} callers, {where}",
            "commands/s",
            many,
            best_runs,
            f"{LIBRARY}, {best} threads",
            bar,
        ),
        figure(
            f"commands, one caller, {where}",
            "commands/s",
            one,
            one_runs,
            f"{LIBRARY}, one thread",
            at_least(0.8),
        ),
        figure(
            f"commands, {CALLERS} callers, {where}, of the ceiling",
            "commands/s",
            many,
            bare,
            f"bare executemany, {CALLERS} records a commit",
        ),
    ]


def _best(size: Size, open_peer: OpenPeer) -> int:
    """The number of threads at which the peer is fastest."""
    runs: dict[int, list[float]] = {threads: [] for threads in peer.THREADS}
    for _ in range(SEARCHES):
        for threads, found in runs.items():
            with open_peer(threads) as application:
                gc.collect()
                found.append(peer.rate(application, threads, size.seconds))
    return max(runs, key=lambda threads: statistics.median(runs[threads]))


def prepared(seconds: float) -> list[Request]:
    """More requests than a run can carry out: making them is the gateway's work."""
    return [
        request(values(number), f"bench-{number:08d}") for number in range(int(seconds * FASTEST))
    ]


async def rate(writer: Writer, callers: int, seconds: float, requests: Iterator[Request]) -> float:
    """Commands per second of so many callers, each awaiting its answer."""
    gc.collect()
    gc.freeze()  # what was prepared is none of the writer's memory
    started = time.monotonic()
    until = started + seconds

    async def call() -> int:
        for done, one in enumerate(requests, 1):
            outcome = await writer.execute(one)
            assert len(outcome.recorded) == 1
            if time.monotonic() >= until:
                return done
        raise SystemExit(f"faster than {FASTEST} commands/s: prepare more")

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call()) for _ in range(callers)]
    taken = time.monotonic() - started
    gc.unfreeze()
    return sum(task.result() for task in tasks) / taken
