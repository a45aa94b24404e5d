"""The peer: the `eventsourcing` library with its own recorders, used as its documentation does.

One aggregate per facility, one event each, the content of `facilities.values`. Its PostgreSQL
recorder locks the table, as ours takes the store's lock; its database functions, which do not, are
off as by default.
"""

import contextlib
import itertools
import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.sqlite import SQLiteApplicationRecorder
from sqlalchemy.engine import make_url

from infra.local.postgres import PostgresServer

from .facilities import Values, values

THREADS = (1, 2, 4, 8, 16, 32, 64)
FULL = 2  # what SQLite answers to PRAGMA synchronous when it is FULL


class Facility(Aggregate):
    """A facility with the content that ours has."""

    @event("Registered")
    def __init__(
        self,
        facility_id: str,
        member_id: str,
        entity_id: str,
        name: str,
        activities: list[str],
        location: dict[str, str],
        operating: bool,
        start_year: int,
        capacity_t_per_year: str,
    ) -> None:
        self.facility_id = facility_id
        self.member_id = member_id
        self.entity_id = entity_id
        self.name = name
        self.activities = activities
        self.location = location
        self.operating = operating
        self.start_year = start_year
        self.capacity_t_per_year = capacity_t_per_year


class Facilities(Application[UUID]):
    """The application: one call, one command, durable on return."""

    def register(self, told: Values) -> None:
        """Store one facility."""
        self.save(Facility(**told))

    def register_all(self, told: Sequence[Values]) -> None:
        """Store many in one transaction."""
        self.save(*[Facility(**one) for one in told])


@contextmanager
def on_sqlite(folder: Path) -> Iterator[Facilities]:
    """On a new file, in WAL mode and as durable as ours: SystemExit when it is not."""
    file = folder / "peer.sqlite"
    settings = {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": str(file),
        "SQLITE_LOCK_TIMEOUT": "30",
    }
    with _application(settings) as application:
        recorder = application.recorder
        assert isinstance(recorder, SQLiteApplicationRecorder)
        with recorder.datastore.transaction(commit=False) as cursor:
            found = []
            for pragma in ("journal_mode", "synchronous"):
                cursor.execute(f"PRAGMA {pragma}")
                found.append(cursor.fetchone()[0])
        if found != ["wal", FULL]:
            raise SystemExit(f"the peer's SQLite runs with {found}, not in WAL with FULL")
        yield application


@contextmanager
def on_postgres(server: PostgresServer, name: str, threads: int) -> Iterator[Facilities]:
    """On a new database of a server, with a connection for each thread."""
    url = make_url(server.create_database(name))
    settings: dict[str, Any] = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": name,
        "POSTGRES_HOST": url.host,
        "POSTGRES_PORT": str(url.port),
        "POSTGRES_USER": url.username,
        "POSTGRES_PASSWORD": url.password,
        "POSTGRES_POOL_SIZE": str(threads),
    }
    with _application(settings) as application:
        yield application


@contextmanager
def _application(settings: dict[str, Any]) -> Iterator[Facilities]:
    application = Facilities(settings)
    try:
        yield application
    finally:
        application.close()


def rate(application: Facilities, threads: int, seconds: float) -> float:
    """Facilities stored per second by so many threads, each waiting for its answer."""
    counts = [0] * threads
    failed: list[BaseException] = []
    begin = threading.Barrier(threads + 1)
    until = [0.0]

    def work(number: int) -> None:
        numbers = itertools.count(number * 1_000_000)
        try:
            application.register(values(next(numbers)))  # connects, and warms up
            begin.wait()
            while time.monotonic() < until[0]:
                application.register(values(next(numbers)))
                counts[number] += 1
        except BaseException as error:
            failed.append(error)
            begin.abort()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    until[0] = math.inf
    with contextlib.suppress(threading.BrokenBarrierError):  # `failed` says why
        begin.wait()
    started = time.monotonic()
    until[0] = started + seconds
    for worker in workers:
        worker.join()
    if failed:
        raise failed[0]
    return sum(counts) / (time.monotonic() - started)
