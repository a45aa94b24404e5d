"""Rebuild read models beside the live ones, compare, switch. Never publishes, never reacts.

1. A read snapshot of the live tables and cursors is taken.  2. The idle slot is filled from the
log up to those cursors: facts in chunks, rows folded in memory.  3. The two are compared at equal
cursors.  4. The idle slot catches up with the live one until it is less than a second behind.
5. In one unit, under the live cursors' locks, the rest is applied and the word that readers and
consumers read is switched. The old slot stays until the next rebuild.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, islice, zip_longest
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, Text, delete, select

from contracts.catalog import BROADCAST, Catalog
from contracts.cloudevents import Received
from contracts.envelope import Record, Recorded

from . import tables
from .bus import Log
from .consumer import START, Cursor, read_cursor, read_cursors
from .execute import Writer
from .parking import passed_over
from .projection import SLOTS, Fold, ReadModels, Tables, fact_rows, fill
from .readmodel import Consumer
from .transaction import Transaction

CHUNK = 20_000
STEP = 64
CLOSE_S = 1.0
MOST = 1_000  # differences reported; one is already too many

Row = tuple[Any, ...]
Report = Callable[[str, int, int], None]
"""`report(phase, done, total)`: progress for whoever watches."""


class Folding:
    """Rows and facts of a slot, folded in memory. What nobody takes is not even read.

    Each kind of work goes over some dozens of events before the next begins: a sixth faster than
    all kinds for each event, because its code and those events stay in the processor's caches.
    """

    def __init__(self, catalog: Catalog, target: Tables) -> None:
        self.rows: dict[str, dict[str, Any]] = {name: {} for name in target.rows}
        self.pending: dict[str, list[tuple[Any, ...]]] = {name: [] for name in target.facts}
        self._catalog = catalog
        self._folds = [(part.projection, self.rows[name]) for name, part in target.rows.items()]
        self._logs = [(log.facts, self.pending[name]) for name, log in target.facts.items()]
        self._wanted: dict[str, bool] = {}

    def take(self, records: Sequence[Record]) -> None:
        """Fold records, in order."""
        for kind in {record.type for record in records} - self._wanted.keys():
            self._wanted[kind] = self._takes(kind)
        read, wanted = self._catalog.decode, self._wanted
        events = [
            Recorded(record.envelope, read(record.type, record.data))
            for record in records
            if wanted[record.type]
        ]
        for projection, kept in self._folds:
            keys, evolve = projection.keys, projection.evolve
            for event in events:
                for key in keys(event):
                    kept[key] = evolve(key, kept.get(key), event)
        for log, waiting in self._logs:
            for event in events:
                waiting += fact_rows(log, event)

    def _takes(self, name: str) -> bool:
        """Whether anybody takes events of a stored name."""
        kind = self._catalog.class_of(name)
        takes = [projection.takes for projection, _ in self._folds]
        takes += [log.takes for log, _ in self._logs]
        return kind is None or any(classes is None or kind in classes for classes in takes)


class Difference(NamedTuple):
    """A row or fact that live and rebuilt tables do not share."""

    table: str
    key: str
    live: Any
    rebuilt: Any


class Result(NamedTuple):
    """What a rebuild did."""

    slot: str
    events: int
    rows: int
    facts: int
    seconds: float
    differences: tuple[Difference, ...]


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
        self.log_of = log_of
        self.report = report
        self.events = self.facts = 0
        self._cursors: dict[tuple[str, int], Cursor] = {}
        self._set_aside: list[Received] = []

    def run(self, *, switch: bool = True) -> Result:
        """Fill, compare, catch up, switch. May be killed at any moment: the live tables do not
        notice, and the next rebuild begins anew."""
        started = time.monotonic()
        engine = self.writer.store.engine
        with engine.connect() as snapshot, engine.connect() as connection:
            _begin_snapshot(snapshot)
            comparable, live = self._live(snapshot)
            target = self.models.slots[SLOTS[1 - SLOTS.index(live)]]
            cursors = read_cursors(snapshot, self.consumer.name)
            skip = passed_over(snapshot, self.consumer.name)
            self._clear(connection, target)
            rows = self._fill(connection, target, cursors, skip)
            found: Iterator[Difference] = iter(())
            if comparable:
                found = _compare(snapshot, self.models.slots[live], connection, target)
            _begin_snapshot(connection)  # PostgreSQL reads in chunks inside a transaction only
            differences = list(islice(found, MOST))
            connection.exec_driver_sql("ROLLBACK")
            snapshot.exec_driver_sql("ROLLBACK")
        if switch:
            self._catch_up(target)
            self.writer.submit(partial(self._switch, target=target)).result()
        seconds = time.monotonic() - started
        return Result(target.slot, self.events, rows, self.facts, seconds, tuple(differences))

    def _live(self, connection: Connection) -> tuple[bool, str]:
        """Whether the live tables have this build's shape, and their slot."""
        live = tables.LIVE.c
        row = connection.execute(
            select(live.slot, live.shape).where(live.consumer == self.consumer.name)
        ).first()
        return (True, SLOTS[0]) if row is None else (row.shape == self.models.shape, row.slot)

    def _clear(self, connection: Connection, target: Tables) -> None:
        connection.exec_driver_sql("BEGIN")
        for table in target.all():
            connection.execute(delete(table))
        connection.exec_driver_sql("COMMIT")

    def _fill(
        self,
        connection: Connection,
        target: Tables,
        until: dict[tuple[str, int], Cursor],
        skip: set[tuple[str, int]],
    ) -> int:
        """Fold everything up to cursors; rows in memory, facts written in chunks."""
        folding = Folding(self.writer.store.catalog, target)
        total = sum(cursor.position for cursor in until.values())
        for (source, partition), cursor in until.items():
            for received in self._between(source, partition, START, cursor, skip):
                for first in range(0, len(received), STEP):
                    folding.take([one.record for one in received[first : first + STEP]])
                self.events += len(received)
                self._flush(connection, target, folding.pending, CHUNK)
                self.report("fill", self.events, total)
            self._cursors[source, partition] = cursor
        self._flush(connection, target, folding.pending, 0)
        return self._write_rows(connection, target, folding.rows)

    def _flush(
        self,
        connection: Connection,
        target: Tables,
        pending: dict[str, list[tuple[Any, ...]]],
        least: int,
    ) -> None:
        for name, waiting in pending.items():
            if len(waiting) > least:
                connection.exec_driver_sql("BEGIN")
                fill(connection, target.facts[name].table, waiting)
                connection.exec_driver_sql("COMMIT")
                self.facts += len(waiting)
                waiting.clear()

    def _write_rows(
        self, connection: Connection, target: Tables, rows: dict[str, dict[str, Any]]
    ) -> int:
        written = 0
        for name, part in target.rows.items():
            kept = [part.codec.write(row) for row in rows[name].values() if row is not None]
            for start in range(0, len(kept), CHUNK):
                connection.exec_driver_sql("BEGIN")
                fill(connection, part.table, kept[start : start + CHUNK])
                connection.exec_driver_sql("COMMIT")
            written += len(kept)
        return written

    def _between(
        self,
        source: str,
        partition: int,
        after: Cursor,
        until: Cursor,
        skip: set[tuple[str, int]],
    ) -> Iterator[list[Received]]:
        """Records of a partition behind one cursor up to another, without what the live consumer
        has set aside and without repeats."""
        at = after.position
        for batch in self.log_of(source).replay(source, partition, after, 10_000):
            found: list[Received] = []
            for received in batch.received:
                position = received.record.envelope.position
                if position > until.position:
                    break
                if position <= at:
                    continue
                if received.previous > at:
                    raise RuntimeError(
                        f"{source}/{partition} has a hole before {position}: the log lost records"
                        " that the live tables have seen; see castmark relay --from"
                    )
                at = position
                if (source, position) in skip:
                    self._set_aside.append(received)
                elif received.record.type not in BROADCAST:
                    found.append(received)
            yield found
            if at >= until.position:
                return

    def _catch_up(self, target: Tables) -> None:
        """Follow the live cursors until a round takes less than a second. The log is read before
        the writer's lock is taken; only folding and writing happen under it."""
        while True:
            started = time.monotonic()
            with self.writer.store.engine.connect() as connection:
                until = read_cursors(connection, self.consumer.name)
            rest = {key: self._rest(key, cursor) for key, cursor in until.items()}
            behind = sum(len(received) for received in rest.values())
            self.writer.submit(partial(self._apply, target=target, rest=rest, until=until)).result()
            self.report("catch up", self.events, self.events)
            if not behind or time.monotonic() - started < CLOSE_S:
                return

    def _rest(self, key: tuple[str, int], until: Cursor) -> list[Received]:
        """What live has applied in a partition and we have not."""
        after = self._cursors.get(key, START)
        if until.position <= after.position:
            return []
        return [r for found in self._between(*key, after, until, set()) for r in found]

    def _apply(
        self,
        unit: Transaction,
        target: Tables,
        rest: dict[tuple[str, int], list[Received]],
        until: dict[tuple[str, int], Cursor],
    ) -> None:
        """Fold records into the idle slot: first what was parked before and is released now."""
        skip = passed_over(unit.connection, self.consumer.name)
        released = [one for one in self._set_aside if _place(one) not in skip]
        self._set_aside = [one for one in self._set_aside if _place(one) in skip]
        fresh = [one for received in rest.values() for one in received]
        self._set_aside += [one for one in fresh if _place(one) in skip]
        catalog = self.writer.store.catalog
        events = [
            catalog.recorded(one.record) for one in (*released, *fresh) if _place(one) not in skip
        ]
        fold = Fold(unit.connection, target)
        fold.prefetch(events)
        for event in events:
            fold.apply(event)
        fold.write()
        self.events += len(events)
        self._cursors |= until

    def _switch(self, unit: Transaction, target: Tables) -> None:
        """Under the live cursors' locks: apply the rest, then change the word that readers and
        consumers read."""
        name = self.consumer.name
        until = {
            key: read_cursor(unit.connection, name, *key, lock=True)
            for key in sorted(read_cursors(unit.connection, name))
        }
        rest = {key: self._rest(key, cursor) for key, cursor in until.items()}
        self._apply(unit, target, rest, until)
        live = tables.LIVE
        unit.connection.execute(delete(live).where(live.c.consumer == name))
        unit.connection.execute(
            live.insert().values(consumer=name, slot=target.slot, shape=self.models.shape)
        )


def _place(received: Received) -> tuple[str, int]:
    return received.record.envelope.source, received.record.envelope.position


def _begin_snapshot(connection: Connection) -> None:
    """One consistent view of tables and cursors for as long as the rebuild compares."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    else:
        connection.exec_driver_sql("BEGIN")


def _compare(
    snapshot: Connection, live: Tables, connection: Connection, rebuilt: Tables
) -> Iterator[Difference]:
    """Rows and facts that differ, by table and key."""
    pairs = [(live.rows[name].table, rebuilt.rows[name].table) for name in live.rows]
    pairs += [(live.facts[name].table, rebuilt.facts[name].table) for name in live.facts]
    for ours, theirs in pairs:
        one, other = _ordered(snapshot, ours), _ordered(connection, theirs)
        for left, right in zip_longest(one, other, fillvalue=()):
            if left != right:  # from here on row by row; where all is well it never comes to that
                rest = chain(left, chain.from_iterable(one))
                yield from _differences(ours, rest, chain(right, chain.from_iterable(other)))
                break


def _differences(table: Table, one: Iterator[Row], other: Iterator[Row]) -> Iterator[Difference]:
    """Rows of two sequences, both in the order of their keys, that are not the same."""
    width = len(table.primary_key.columns)
    left, right = next(one, None), next(other, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[:width] < right[:width]):
            assert left is not None  # one of the two is there
            yield Difference(table.name, str(left[:width]), left, None)
            left = next(one, None)
        elif left is None or right[:width] < left[:width]:
            yield Difference(table.name, str(right[:width]), None, right)
            right = next(other, None)
        else:
            if left != right:
                yield Difference(table.name, str(left[:width]), left, right)
            left, right = next(one, None), next(other, None)


def _ordered(connection: Connection, table: Table) -> Iterator[Sequence[Row]]:
    """Rows as the driver has them, in byte order of their keys (whatever the database's
    collation), in chunks."""
    postgres = connection.dialect.name == "postgresql"
    keys = [
        column.collate("C") if postgres and isinstance(column.type, Text) else column
        for column in table.primary_key.columns
    ]
    query = select(table).order_by(*keys).execution_options(stream_results=True)
    result = connection.execute(query)
    assert result.cursor is not None  # it is a query, and not read yet
    while rows := result.cursor.fetchmany(CHUNK):
        yield rows
    result.close()
