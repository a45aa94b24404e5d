"""Durable commands per second: many callers, one caller, and over HTTP; on both databases.

A command is a facility declared on a stream of its own: decided, stored with its idempotency record
and its leaf hash, answered after the commit. The ceiling is what group commit
could reach if deciding and encoding were free: 64 prepared records per commit.
"""

import asyncio
import gc
import itertools
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from infra.execute import Writer
from infra.local.postgres import PostgresServer
from infra.store import open_engine
from infra.transaction import Request

from . import gateway, peer
from .bare import ceiling
from .facilities import request, values, writer_on, writer_on_postgres
from .figures import Bar, Figure, Figures, at_least, figure
from .machine import scratch
from .sizes import Size

CALLERS = 64
ONE = 1
FASTEST = 30_000
"""Commands/s for which requests are prepared."""
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
    """Ours, the peer at every number of threads, and the ceiling; in turn, so often as asked."""
    many: list[float] = []
    one: list[float] = []
    bare: list[float] = []
    theirs: dict[int, list[float]] = {threads: [] for threads in peer.THREADS}
    requests = prepared(size.seconds)
    for _ in range(size.repeats):
        for runs, callers in ((many, CALLERS), (one, ONE)):
            with open_ours() as writer:
                runs.append(asyncio.run(rate(writer, callers, size.seconds, requests)))
                if callers == CALLERS:
                    bare.append(ceiling(writer.store, CALLERS, size.seconds, open_ours))
        for threads, runs in theirs.items():
            with open_peer(threads) as application:
                gc.collect()
                runs.append(peer.rate(application, threads, size.seconds))
    best = max(theirs, key=lambda threads: sorted(theirs[threads])[size.repeats // 2])
    return [
        figure(
            f"commands, {CALLERS} callers, {where}",
            "commands/s",
            many,
            theirs[best],
            f"{LIBRARY}, {best} threads",
            bar,
        ),
        figure(
            f"commands, one caller, {where}",
            "commands/s",
            one,
            theirs[1],
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


def prepared(seconds: float) -> list[Request]:
    """More requests than a run can carry out: making them is the gateway's work."""
    return [
        request(values(number), f"bench-{number:08d}") for number in range(int(seconds * FASTEST))
    ]


async def rate(writer: Writer, callers: int, seconds: float, requests: Sequence[Request]) -> float:
    """Commands per second of so many callers, each awaiting its answer."""
    waiting = iter(requests)
    warm_up = [writer.execute(next(waiting)) for _ in range(callers)]
    await asyncio.gather(*warm_up)
    gc.collect()
    gc.freeze()  # what was prepared is none of the writer's memory
    started = time.monotonic()
    until = started + seconds

    async def call() -> int:
        for done, one in enumerate(waiting, 1):
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
