"""Sixteen writers that roll back at random, and readers that must lose nothing beside them."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from contracts.cloudevents import leaf_hash
from contracts.envelope import Envelope, Record
from contracts.values import instant
from infra.errors import Transient
from infra.store import Store, translated
from tests.databases import Database
from tests.toys import TOYS, Counted, Wall

WRITERS = 16
ROLLED_BACK = 0.1
MOST_EVENTS = 3
SHARED = 4  # streams on which all writers meet


class Torture:
    """Writers on one store until they are told to stop; what they were acknowledged."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.store = database.store()
        self.acknowledged: dict[int, str] = {}
        self.rolled_back = 0
        self.faults: list[BaseException] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._guarded, args=(number, random.Random(seed + number)))
            for number in range(WRITERS)
        ]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write as long as the block lasts."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(60)

    def _guarded(self, number: int, dice: random.Random) -> None:
        try:
            with self.store.engine.connect() as connection:
                connection.detach()
                turn = 0
                while not self._stop.is_set():
                    turn += 1
                    self._once(connection, f"w{number}-{turn}", dice)
        except BaseException as error:
            self.faults.append(error)

    def _once(self, connection: Connection, name: str, dice: random.Random) -> None:
        """One transaction of one to three events, now and then rolled back after its inserts."""
        store, stream = self.store, f"shelf/{dice.randrange(SHARED)}"
        try:
            with translated():
                store.begin(connection)
        except Transient:
            return  # sixteen at one SQLite file: somebody was faster for long
        head = store.head(connection)
        version = connection.exec_driver_sql(
            f"SELECT coalesce(max(version), 0) FROM events WHERE stream = '{stream}'"
        ).scalar_one()
        rows, made = [], {}
        for number in range(dice.randint(1, MOST_EVENTS)):
            envelope = Envelope(
                f"{name}-{number}",
                store.source,
                stream,
                version + number + 1,
                head.position + number + 1,
                max(head.recorded_at, instant(Wall().now())),
                *(name, "", name, "person-1"),
            )
            record = Record(envelope, Counted.TYPE, TOYS.encode(Counted(item=name)))
            rows.append(row_of(record))
            made[envelope.position] = envelope.event_id
        store.append(connection, rows, [])
        time.sleep(dice.random() * 0.002)
        if dice.random() < ROLLED_BACK:
            connection.exec_driver_sql("ROLLBACK")
            self.rolled_back += 1
            return
        connection.exec_driver_sql("COMMIT")
        with self._lock:
            self.acknowledged.update(made)


class Reader:
    """Reads a store as everybody does, keeps its cursor, and may die before it has kept it."""

    def __init__(self, store: Store, dice: random.Random, mortality: float) -> None:
        self.seen: list[Envelope] = []
        self.deaths = 0
        self.finished = False
        self._store = store
        self._dice = dice
        self._mortality = mortality
        self._end: Callable[[], int | None] = lambda: None
        self._thread = threading.Thread(target=self._run)

    @property
    def cursor(self) -> int:
        """The last position kept."""
        return self.seen[-1].position if self.seen else 0

    def start(self, end: Callable[[], int | None]) -> "Reader":
        """Read until the end is known and reached."""
        self._end = end
        self._thread.start()
        return self

    def join(self, seconds: float) -> None:
        """Wait for it."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            batch = self._store.read_after(self.cursor, self._dice.randint(1, 60))
            if self._dice.random() < self._mortality:
                self.deaths += 1  # killed with the batch in hand: its heir begins at the cursor
                continue
            self.seen += [record.envelope for record in batch]
            end = self._end()
            if end is not None and self.cursor >= end:
                self.finished = True
                return
            if not batch:
                time.sleep(0.001)


def row_of(record: Record) -> tuple[object, ...]:
    """A record as a row of `events`."""
    at = record.envelope
    return (
        *(at.position, at.stream, at.version, record.type, at.event_id, at.recorded_at),
        *(at.correlation_id, at.causation_id, at.command_id, at.actor),
        *(record.data.decode(), leaf_hash(record)),
    )
