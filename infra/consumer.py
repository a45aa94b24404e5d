"""Off the log, once only: a batch, its rows, its commands' events and its cursor commit together.

An event is applied only if `previous <= cursor < position`. `position <= cursor` is a repeat;
`previous > cursor` is a hole: nothing behind it is applied until it is re-read. An event that
cannot be applied parks its stream for this consumer; other streams flow.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from contracts.catalog import BROADCAST, UnknownType
from contracts.cloudevents import Received, leaf_hash
from contracts.envelope import Opaque, Record, Recorded
from contracts.machinery import DayClosed
from contracts.values import Instant

from . import tables
from .decider import Issued, Reaction, issued
from .errors import HistoryChanged, Poison, Refused, Transient
from .execute import Outcome, Writer, request_of
from .parking import park, parked_streams
from .projection import Fold, ReadModels
from .readmodel import Consumer
from .store import translated
from .transaction import Transaction


class Batch(NamedTuple):
    """Consecutive records of one source and partition, as received."""

    source: str
    partition: int
    store_id: str
    received: Sequence[Received]
    next_offset: int


class Cursor(NamedTuple):
    """How far a consumer is in one partition of a source; position 0 = at the beginning."""

    position: int
    next_offset: int
    store_id: str
    leaf: bytes
    recorded_at: Instant
    closed_on: date | None


START = Cursor(0, 0, "", b"", Instant(""), None)


class Applied(NamedTuple):
    """What became of a batch."""

    cursor: Cursor
    applied: int
    repeats: int
    hole: bool


class _Failed(Exception):
    """One event of the batch cannot be applied: the unit is rolled back and run again with it
    parked, so that no half of it stays behind."""

    def __init__(self, position: int, poison: Poison) -> None:
        super().__init__(str(poison))
        self.position = position
        self.poison = poison


class _SomeFailed(Exception):
    """No one knows which event of the batch cannot be applied: the unit is rolled back and run
    again with each event written by itself, so that the one shows."""


def read_cursor(
    connection: Connection, consumer: str, source: str, partition: int, *, lock: bool = False
) -> Cursor:
    """A consumer's cursor; START when it has none. `lock` holds its row to the transaction."""
    cursors = tables.CURSORS.c
    query = select(tables.CURSORS).where(
        cursors.consumer == consumer, cursors.source == source, cursors.partition == partition
    )
    row = connection.execute(query.with_for_update() if lock else query).first()
    return START if row is None else _cursor(row)


def read_cursors(connection: Connection, consumer: str) -> dict[tuple[str, int], Cursor]:
    """All cursors of a consumer, by source and partition."""
    query = select(tables.CURSORS).where(tables.CURSORS.c.consumer == consumer)
    return {(row.source, row.partition): _cursor(row) for row in connection.execute(query)}


def _cursor(row: Row[Any]) -> Cursor:
    closed = date.fromisoformat(row.closed_on) if row.closed_on else None
    return Cursor(
        row.position,
        row.next_offset,
        row.store_id,
        bytes(row.leaf),
        Instant(row.recorded_at),
        closed,
    )


def move_cursor(
    connection: Connection, consumer: str, source: str, partition: int, old: Cursor, new: Cursor
) -> None:
    """Advance a cursor by compare-and-set; no row changed = somebody else did: roll back."""
    values = {
        "position": new.position,
        "next_offset": new.next_offset,
        "store_id": new.store_id,
        "leaf": new.leaf,
        "recorded_at": new.recorded_at,
        "closed_on": new.closed_on.isoformat() if new.closed_on else "",
    }
    cursors = tables.CURSORS.c
    if old == START:
        key = {"consumer": consumer, "source": source, "partition": partition}
        if read_cursor(connection, consumer, source, partition) != START:
            raise Transient("another process has moved this cursor")
        connection.execute(tables.CURSORS.insert().values(**key, **values))
        return
    changed = connection.execute(
        tables.CURSORS.update()
        .where(
            cursors.consumer == consumer,
            cursors.source == source,
            cursors.partition == partition,
            cursors.position == old.position,
            cursors.next_offset == old.next_offset,
        )
        .values(**values)
    )
    if changed.rowcount != 1:
        raise Transient("another process has moved this cursor")


class Applier:
    """Applies batches of one consumer through its service's writer."""

    def __init__(self, consumer: Consumer, writer: Writer, models: ReadModels) -> None:
        self.consumer = consumer
        self.writer = writer
        self.models = models

    async def apply(self, batch: Batch) -> Applied:
        """Apply what is new of a batch; one transaction.

        Raises Transient (try again), HistoryChanged (stop). Never raises for a bad event: its
        stream is parked.
        """
        poison: dict[int, Poison] = {}
        one_by_one = False
        while True:
            unit = partial(self._apply, batch=batch, poison=poison, one_by_one=one_by_one)
            try:
                return await self.writer.run(unit)
            except _Failed as failed:
                poison = {**poison, failed.position: failed.poison}
            except _SomeFailed:
                one_by_one = True

    def cursor(self, source: str, partition: int) -> Cursor:
        """The cursor as committed; Transient when the database is away."""
        with translated(), self.writer.store.engine.connect() as connection:
            return read_cursor(connection, self.consumer.name, source, partition)

    def _apply(
        self, unit: Transaction, batch: Batch, poison: Mapping[int, Poison], one_by_one: bool
    ) -> Applied:
        name = self.consumer.name
        old = read_cursor(unit.connection, name, batch.source, batch.partition, lock=True)
        fresh, repeats, hole = select_new(old, batch)
        if not fresh:
            new = old if hole or old == START else old._replace(next_offset=batch.next_offset)
            if new != old:  # repeats at the end of a topic are read, and not a lag
                move_cursor(unit.connection, name, batch.source, batch.partition, old, new)
            return Applied(new, 0, repeats, hole)
        fold = Fold(unit.connection, self.models.live(unit.connection, lock=True))
        waiting = parked_streams(unit.connection, name, batch.source)
        events: list[Recorded] = []
        closed_on = old.closed_on
        for received in fresh:
            stream = received.record.envelope.stream
            try:
                if stream in waiting:
                    raise Poison("stream-parked", "an earlier event of this stream is parked")
                if received.record.envelope.position in poison:
                    raise poison[received.record.envelope.position]
                event = self._read(received.record)
            except Poison as reason:
                park(unit, name, batch, received, reason)
                waiting.add(stream)
                continue
            if isinstance(event.event, DayClosed):
                closed_on = max(event.event.on, closed_on or event.event.on)
            if self.consumer.passes_all or event.event.TYPE not in BROADCAST:
                events.append(event)
        self._fold(unit, fold, events, one_by_one)
        last = fresh[-1].record
        new = Cursor(
            last.envelope.position,
            old.next_offset if hole else batch.next_offset,
            batch.store_id,
            leaf_hash(last),
            last.envelope.recorded_at,
            closed_on,
        )
        move_cursor(unit.connection, name, batch.source, batch.partition, old, new)
        return Applied(new, len(fresh), repeats, hole)

    def _read(self, record: Record) -> Recorded:
        try:
            return self.writer.store.catalog.recorded(record)
        except UnknownType as error:
            if self.consumer.passes_all:
                return Recorded(record.envelope, Opaque(), record)
            raise Poison("unknown-type", f"this build knows no {error}") from error
        except Exception as error:  # Undecodable, or a bug in an upcaster
            raise Poison("undecodable", f"{type(error).__name__}: {error}") from error

    def _fold(
        self, unit: Transaction, fold: Fold, events: Sequence[Recorded], one_by_one: bool
    ) -> None:
        """Rows and facts of each event, then the commands of its reactions, in order."""
        try:
            with translated():
                if not one_by_one:
                    fold.prefetch(events)
                for event in events:
                    self._one(unit, fold, event, write=one_by_one)
                fold.write()
        except (Transient, _Failed):
            raise
        except Exception as error:
            if one_by_one:
                raise
            raise _SomeFailed(str(error)) from error

    def _one(self, unit: Transaction, fold: Fold, event: Recorded, *, write: bool) -> None:
        try:
            with translated():
                fold.apply(event)
                commands = [
                    (reaction, command)
                    for reaction in self.consumer.reactions
                    for command in issued(reaction, event, fold.lookup)
                ]
                if commands:
                    self._issue(unit, event, commands)
                if write:
                    fold.write()
        except Transient:
            raise
        except Exception as error:
            poison = Poison("not-applicable", f"{type(error).__name__}: {error}")
            raise _Failed(event.envelope.position, poison) from error

    def _issue(
        self, unit: Transaction, event: Recorded, commands: Sequence[tuple[Reaction, Issued]]
    ) -> None:
        at = event.envelope
        requests = [
            request_of(
                command.command_id,
                command.command,
                f"castmark:{self.consumer.name}",
                at.correlation_id,
                at.event_id,
            )
            for _, command in commands
        ]
        for request, answer in zip(requests, unit.handle(requests), strict=True):
            if isinstance(answer, Outcome):
                continue
            if not isinstance(answer, Refused):
                raise answer
            unit.connection.execute(
                tables.REFUSALS.insert().values(
                    command_id=request.command_id,
                    consumer=self.consumer.name,
                    event_id=at.event_id,
                    source=at.source,
                    position=at.position,
                    command=f"{request.command.NAME} {request.command.stream}",
                    slug=answer.slug,
                    sentence=answer.sentence,
                    refused_at=unit.now,
                )
            )
            self.writer.meter.answered(answer.slug)


def select_new(cursor: Cursor, batch: Batch) -> tuple[list[Received], int, bool]:
    """Split a batch by the cursor: what is new and consecutive, how many repeats, and whether a
    hole cut it short. Raises HistoryChanged when the source is another one, or has another past.
    """
    known = cursor.store_id or batch.store_id
    for store_id in (batch.store_id, *(received.store_id for received in batch.received)):
        if store_id != known:
            raise HistoryChanged(
                f"{batch.source}: the cursor knows store {known}, this is {store_id}"
            )
    fresh: list[Received] = []
    repeats, at = 0, cursor.position
    for received in batch.received:
        position = received.record.envelope.position
        if position <= at:
            if position == cursor.position and leaf_hash(received.record) != cursor.leaf:
                raise HistoryChanged(
                    f"{batch.source}: position {position} is not what was applied before"
                )
            repeats += 1
        elif received.previous > at:
            return fresh, repeats, True
        else:
            fresh.append(received)
            at = position
    return fresh, repeats, False
