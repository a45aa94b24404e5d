"""Rebuild read models beside the live ones, compare, switch. Never publishes, never reacts.

1. A read snapshot of the live tables and cursors is taken.  2. The idle slot is filled from the
log up to those cursors: facts in chunks, rows folded in memory, indexes once all is in its place.
3. The two are compared at equal cursors.  4. The idle slot catches up with the live one until it
is less than a second behind.  5. In one unit, under the live cursors' locks, the rest is applied
and the word that readers and consumers read is switched. The old slot stays until the next rebuild.

One rebuild of a consumer works at a time, in whatever process: each of its transactions renews a
lease, and whoever lost it writes nothing more.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Index, Table, delete, select

from contracts.cloudevents import Received
from contracts.values import Instant, instant

from . import leases, tables
from .bus import Log
from .comparing import Difference, begin_snapshot, compare
from .cursors import START, read_cursor, read_cursors
from .errors import Refused, Transient
from .execute import Writer
from .folding import Folding, collect_new, read, seldom_collected
from .parking import passed_over
from .projection import SLOTS, Fold, ReadModels, Tables, fill
from .readmodel import Consumer
from .replaying import Cursors, History
from .store import translated
from .transaction import Transaction

__all__ = ["Difference", "Rebuild", "Report", "Result"]

CHUNK = 20_000
STEP = 64
CLOSE_S = 1.0
LEASE_S = 30.0
COLLECT_S = 1.0
PAUSE_S = 0.2
MOST_AT_ONCE = 2_000_000  # events whose rows are put into an index in one transaction
MOST = 1_000  # differences reported; one is already too many

Report = Callable[[str, int, int], None]
"""`report(phase, done, total)`: progress for whoever watches."""


class Result(NamedTuple):
    """What a rebuild did."""

    slot: str
    events: int
    rows: int
    facts: int
    seconds: float
    differences: tuple[Difference, ...]


class _Progress(NamedTuple):
    """How far the idle slot is, once a transaction has committed."""

    cursors: Cursors
    set_aside: tuple[Received, ...]
    events: int


class Superseded(Transient):
    """This rebuild was silent for so long that another one has begun."""

    def __init__(self, name: str) -> None:
        super().__init__(f"another rebuild of {name} has begun: this one was silent for too long")


class Rebuild:
    """One rebuild of one consumer's read models."""

    def __init__(
        self,
        consumer: Consumer,
        models: ReadModels,
        writer: Writer,
        log_of: Callable[[str], Log],
        report: Report = lambda *_: None,
    ) -> None:
        self.consumer = consumer
        self.models = models
        self.writer = writer
        self.history = History(consumer, log_of)
        self.report = report
        self.facts = 0
        self._last: Future[None] | None = None
        self._at = _Progress({}, (), 0)
        self._lease = f"rebuild:{consumer.name}"
        self._holder = secrets.token_hex(8)
        self._token = 0
        self._renewed = 0.0
        self._collected = time.monotonic()

    @property
    def events(self) -> int:
        """How many were folded so far."""
        return self._at.events

    def run(self, *, switch: bool = True) -> Result:
        """Fill, compare, catch up, switch. May be killed at any moment: the live tables do not
        notice, and the next rebuild begins anew.

        Raises Refused `rebuild-running` while another process rebuilds this consumer (one that
        died is waited for), Transient when database or log are away.
        """
        started = time.monotonic()
        with translated(), seldom_collected():
            self._begin()
            try:
                target, rows, differences = self._made()
                if switch:
                    self._catch_up(target)
                    self._unit(partial(self._switch, target=target))
            finally:
                self.writer.submit(self._give_back).result()
        seconds = time.monotonic() - started
        return Result(target.slot, self.events, rows, self.facts, seconds, tuple(differences))

    def _made(self) -> tuple[Tables, int, list[Difference]]:
        """Fill the idle slot up to the live cursors; what differs from the live one then."""
        engine = self.writer.store.engine
        with engine.connect() as snapshot, engine.connect() as connection:
            begin_snapshot(snapshot)
            comparable, live = self._live(snapshot)
            target = self.models.slots[SLOTS[1 - SLOTS.index(live)]]
            cursors = read_cursors(snapshot, self.consumer.name)
            skip = passed_over(snapshot, self.consumer.name)
            with self._writing(connection):
                for table in target.all():
                    connection.execute(delete(table))
            rows = self._fill(connection, target, cursors, skip)
            differences: list[Difference] = []
            if comparable:
                begin_snapshot(connection)
                old = self.models.slots[live]
                with closing(compare(snapshot, old, connection, target, self._go_on)) as found:
                    differences += islice(found, MOST)
                connection.exec_driver_sql("ROLLBACK")
            snapshot.exec_driver_sql("ROLLBACK")
        return target, rows, differences

    def _live(self, connection: Connection) -> tuple[bool, str]:
        """Whether the live tables have this build's shape, and their slot."""
        live = tables.LIVE.c
        row = connection.execute(
            select(live.slot, live.shape).where(live.consumer == self.consumer.name)
        ).first()
        return (True, SLOTS[0]) if row is None else (row.shape == self.models.shape, row.slot)

    # --- the lease ---

    def _begin(self) -> None:
        """Take the lease, if need be from one who died holding it."""
        until = time.monotonic() + LEASE_S + PAUSE_S
        while not self.writer.submit(self._take).result():
            if time.monotonic() > until:
                raise Refused(
                    "rebuild-running", f"another process is rebuilding {self.consumer.name}"
                )
            self.report("wait for another", 0, 0)
            time.sleep(PAUSE_S)

    def _take(self, unit: Transaction) -> bool:
        now, holder = self._now(), self._holder
        self._token = leases.take(unit.connection, self._lease, holder, now, LEASE_S)
        self._renewed = time.monotonic()
        return self._token > 0

    def _give_back(self, unit: Transaction) -> None:
        leases.give_back(unit.connection, self._lease, self._holder)

    def _now(self) -> Instant:
        return instant(self.writer.now())

    def _hold(self, connection: Connection) -> None:
        """Renew the lease in this transaction, or stop: another rebuild owns the tables now."""
        if not leases.renew(connection, self._lease, self._token, self._now(), LEASE_S):
            raise Superseded(self.consumer.name)
        self._renewed = time.monotonic()

    def _go_on(self) -> None:
        """Renew the lease where much is read and nothing written. Cycles are looked for now and
        then: after each batch, most of what is new would be gone by itself before the next one."""
        if time.monotonic() - self._collected > COLLECT_S:
            collect_new()
            self._collected = time.monotonic()
        if time.monotonic() - self._renewed > LEASE_S / 3:
            self.writer.submit(lambda unit: self._hold(unit.connection)).result()

    @contextmanager
    def _writing(self, connection: Connection) -> Iterator[None]:
        """A transaction on the idle slot."""
        sqlite = connection.dialect.name == "sqlite"
        connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else "BEGIN")
        self._hold(connection)
        yield
        connection.exec_driver_sql("COMMIT")

    def _unit(self, work: Callable[[Transaction], _Progress]) -> None:
        """Do something under the writer's lock, once: the writer tries again when it lost the
        answer to a commit, and then the lease's token says whether that was made."""
        token, tried = self._token, list[_Progress]()

        def unit(transaction: Transaction) -> _Progress:
            connection, name = transaction.connection, self._lease
            if tried and leases.holds(connection, name, self._holder, token + 1):
                return tried[-1]
            if not leases.renew(connection, name, token, self._now(), LEASE_S, step=1):
                raise Superseded(self.consumer.name)
            tried.append(work(transaction))
            return tried[-1]

        self._at = self.writer.submit(unit).result()
        self._token, self._renewed = token + 1, time.monotonic()

    # --- filling ---

    def _fill(
        self,
        connection: Connection,
        target: Tables,
        until: Cursors,
        skip: set[tuple[str, int]],
    ) -> int:
        """Fold everything up to cursors; rows in memory, facts written in chunks."""
        folding = Folding(self.writer.store.catalog, self.consumer, target)
        total = sum(cursor.position for cursor in until.values())
        indexes, later = _indexes(connection, target, until)
        with self._writing(connection):
            for index in indexes:  # a rebuild that was killed may have left them out
                (index.drop if later else index.create)(connection, checkfirst=True)
        events, set_aside, self._last = 0, list[Received](), None
        with (
            ThreadPoolExecutor(1) as writing,  # while this thread reads and folds what comes next
            closing(self.history.up_to(until)) as turns,
        ):
            write = partial(self._flush, connection, target, folding.pending, writing)
            for found in turns:
                received = found
                if skip:
                    received = [one for one in found if _place(one) not in skip]
                    set_aside += [one for one in found if _place(one) in skip]
                for first in range(0, len(received), STEP):
                    folding.take([one.record for one in received[first : first + STEP]])
                events += len(received)
                write(CHUNK)
                self._go_on()
                self.report("fill", events, total)
            write(0)
            self._written()
        self._at = _Progress(dict(until), tuple(set_aside), events)
        rows = self._write_rows(connection, target, folding.rows)
        for index in indexes if later else ():
            with self._writing(connection):
                index.create(connection)
        return rows

    def _flush(
        self,
        connection: Connection,
        target: Tables,
        pending: dict[str, list[tuple[Any, ...]]],
        writing: Executor,
        least: int,
    ) -> None:
        """Have facts written that are more than so many, behind those that are being written."""
        for name, waiting in pending.items():
            if len(waiting) > least:
                self._written()
                rows = waiting.copy()
                waiting.clear()
                self._last = writing.submit(self._write, connection, target.facts[name].table, rows)
                self.facts += len(rows)

    def _write(self, connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
        with self._writing(connection):
            fill(connection, table, rows)

    def _written(self) -> None:
        """Wait until what is being written has committed; raises what was raised there."""
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def _write_rows(
        self, connection: Connection, target: Tables, rows: dict[str, dict[str, Any]]
    ) -> int:
        written = 0
        for name, part in target.rows.items():
            kept = part.codec.write_all([row for row in rows[name].values() if row is not None])
            for start in range(0, len(kept), CHUNK):
                self._write(connection, part.table, kept[start : start + CHUNK])
            written += len(kept)
        return written

    # --- following, switching ---

    def _catch_up(self, target: Tables) -> None:
        """Follow the live cursors until a round takes less than a second. The log is read before
        the writer's lock is taken; only folding and writing happen under it."""
        while True:
            started = time.monotonic()
            with self.writer.store.engine.connect() as connection:
                until = read_cursors(connection, self.consumer.name)
            rest = self._rest(until)
            self._unit(partial(self._apply, target=target, rest=rest, until=until))
            self.report("catch up", self.events, self.events)
            if not rest or time.monotonic() - started < CLOSE_S:
                return

    def _rest(self, until: Cursors) -> list[Received]:
        """What live has applied and we have not."""
        return [
            received
            for (source, partition), cursor in until.items()
            for found in self.history.between(
                source, partition, self._at.cursors.get((source, partition), START), cursor
            )
            for received in found
        ]

    def _apply(
        self, unit: Transaction, target: Tables, rest: list[Received], until: Cursors
    ) -> _Progress:
        """Fold records into the idle slot: first what was parked before and is released now."""
        skip = passed_over(unit.connection, self.consumer.name)
        aside = self._at.set_aside
        fresh = [one for one in (*aside, *rest) if _place(one) not in skip]
        still = [one for one in (*aside, *rest) if _place(one) in skip]
        catalog, passes_all = self.writer.store.catalog, self.consumer.passes_all
        events = [read(catalog, one.record, passes_all=passes_all) for one in fresh]
        fold = Fold(unit.connection, target)
        fold.prefetch(events)
        for event in events:
            fold.apply(event)
        fold.write()
        cursors = {**self._at.cursors, **until}
        return _Progress(cursors, tuple(still), self._at.events + len(events))

    def _switch(self, unit: Transaction, target: Tables) -> _Progress:
        """Under the live cursors' locks: apply the rest, then change the word that readers and
        consumers read."""
        name = self.consumer.name
        until = {
            key: read_cursor(unit.connection, name, *key, lock=True)
            for key in sorted(read_cursors(unit.connection, name))
        }
        done = self._apply(unit, target, self._rest(until), until)
        live = tables.LIVE
        unit.connection.execute(delete(live).where(live.c.consumer == name))
        unit.connection.execute(
            live.insert().values(consumer=name, slot=target.slot, shape=self.models.shape)
        )
        return done


def _indexes(connection: Connection, target: Tables, until: Cursors) -> tuple[list[Index], bool]:
    """Indexes that this role may make, and whether they are made once the tables are filled: a
    fifth of the work. Meanwhile nobody else writes to the store, about a second for a million
    events; so not where there are many more."""
    if connection.dialect.name != "sqlite":
        return [], False  # tables belong to another role
    last = dict[str, int]()
    for (source, _), cursor in until.items():
        last[source] = max(last.get(source, 0), cursor.position)
    indexes = [index for table in target.all() for index in table.indexes]
    return indexes, sum(last.values()) <= MOST_AT_ONCE


def _place(received: Received) -> tuple[str, int]:
    return received.record.envelope.source, received.record.envelope.position
