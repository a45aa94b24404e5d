"""Off the log, once only: a batch, its rows, its commands' events and its cursor commit together.

An event is applied only if `previous <= cursor < position`. `position <= cursor` is a repeat;
`previous > cursor` is a hole: nothing behind it is applied until it is re-read. An event that
cannot be applied parks its stream for this consumer; other streams flow.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, partial
from typing import Literal, NamedTuple

from contracts.catalog import BROADCAST, UnknownType
from contracts.cloudevents import Received, leaf_hash
from contracts.envelope import Opaque, Record, Recorded
from contracts.machinery import DayClosed
from contracts.values import instant

from . import tables
from .cursors import START, Cursor, move_cursor, read_cursor, read_cursors
from .decider import Issued, Reaction, concerned, issued
from .errors import HistoryChanged, Poison, Refused, Transient
from .execute import Outcome, Writer, request_of
from .parking import (
    Release,
    Released,
    check_first,
    let_go,
    park,
    parked_events,
    parked_streams,
    released,
    storable,
)
from .projection import Fold, ReadModels
from .readmodel import Consumer
from .store import as_away, translated
from .transaction import Transaction

__all__ = [
    "START",
    "Applied",
    "Applier",
    "Batch",
    "Cursor",
    "move_cursor",
    "read_cursor",
    "read_cursors",
    "select_new",
]


class Batch(NamedTuple):
    """Consecutive records of one source and partition, as received."""

    source: str
    partition: int
    store_id: str
    received: Sequence[Received]
    next_offset: int


class Applied(NamedTuple):
    """What became of a batch."""

    cursor: Cursor
    applied: int
    repeats: int
    hole: bool


Place = tuple[str, int]
"""Source and position of an event."""
PASSED_OVER = BROADCAST | {Opaque.TYPE}


class _Failed(Exception):
    """One event of the batch cannot be applied: the unit is rolled back and run again with it
    parked, so that no half of it stays behind."""

    def __init__(self, place: Place, poison: Poison) -> None:
        super().__init__(str(poison))
        self.place = place
        self.poison = poison


class _SomeFailed(Exception):
    """No one knows which event of the batch cannot be applied: the unit is rolled back and run
    again with each event written by itself, so that the one shows."""


class Applier:
    """Applies batches of one consumer through its service's writer: those that came together in one
    transaction, which costs more than most of what is in it."""

    def __init__(self, consumer: Consumer, writer: Writer, models: ReadModels) -> None:
        self.consumer = consumer
        self.writer = writer
        self.models = models
        self._wants = cache(consumer.takes)  # asked once of each class
        self._concerned = cache(partial(concerned, consumer.reactions))

    async def apply(self, batch: Batch) -> Applied:
        """Apply what is new of a batch; one transaction. Raises as `apply_all`."""
        return (await self.apply_all([batch]))[0]

    async def apply_all(self, batches: Sequence[Batch]) -> list[Applied]:
        """Apply what is new of batches of different partitions; one transaction for all of them.

        Raises Transient (try again), HistoryChanged (stop): then none of them was applied. Never
        raises for a bad event: its stream is parked.
        """
        poison: dict[Place, Poison] = {}
        one_by_one = False
        while True:
            unit = partial(self._apply, batches=batches, poison=poison, one_by_one=one_by_one)
            try:
                return await self.writer.run(unit)
            except _Failed as failed:
                poison = {**poison, failed.place: failed.poison}
            except _SomeFailed:
                one_by_one = True

    def cursor(self, source: str, partition: int) -> Cursor:
        """The cursor as committed; Transient when the database is away."""
        with translated(), self.writer.store.engine.connect() as connection:
            return read_cursor(connection, self.consumer.name, source, partition)

    def _apply(
        self,
        unit: Transaction,
        batches: Sequence[Batch],
        poison: Mapping[Place, Poison],
        one_by_one: bool,
    ) -> list[Applied]:
        applied: dict[int, Applied] = {}
        events: list[Recorded] = []
        moves: list[tuple[Batch, Cursor, Cursor]] = []
        fold: Fold | None = None
        in_order = sorted(range(len(batches)), key=lambda n: batches[n][:2])  # as cursors lock
        for number in in_order:
            batch = batches[number]
            place = self.consumer.name, batch.source, batch.partition
            old = read_cursor(unit.connection, *place, lock=True)
            fresh, repeats, hole = select_new(old, batch)
            if fresh:
                if fold is None:
                    fold = Fold(unit.connection, self.models.live(unit.connection, lock=True))
                new = self._taken(unit, batch, fresh, old, poison, events)
                if hole:
                    new = new._replace(next_offset=old.next_offset)
            elif hole or old == START:
                new = old
            else:  # repeats at the end of a topic are read, and not a lag
                new = old._replace(next_offset=batch.next_offset)
            if new != old:
                moves.append((batch, old, new))
            applied[number] = Applied(new, len(fresh), repeats, hole)
        if fold is not None:
            self._fold(unit, fold, events, one_by_one)
        for batch, old, new in moves:
            move_cursor(
                unit.connection, self.consumer.name, batch.source, batch.partition, old, new
            )
        return [applied[number] for number in range(len(batches))]

    def _taken(
        self,
        unit: Transaction,
        batch: Batch,
        fresh: Sequence[Received],
        old: Cursor,
        poison: Mapping[Place, Poison],
        events: list[Recorded],
    ) -> Cursor:
        """Add to `events` what is to be applied of a batch, park the rest; the cursor behind it."""
        name = self.consumer.name
        waiting = parked_streams(unit.connection, name, batch.source, batch.partition)
        closed_on = old.closed_on
        for received in fresh:
            stream = received.record.envelope.stream
            place = batch.source, received.record.envelope.position
            try:
                if stream in waiting:
                    raise Poison("stream-parked", "an earlier event of this stream is parked")
                if place in poison:
                    raise poison[place]
                event = self._read(received.record)
            except Poison as reason:
                park(unit, name, batch, received, reason)
                waiting.add(stream)
                continue
            closed_on = _later(closed_on, event)
            if self._takes(event):
                events.append(event)
        last = fresh[-1].record
        return Cursor(
            last.envelope.position,
            batch.next_offset,
            batch.store_id,
            leaf_hash(last),
            last.envelope.recorded_at,
            closed_on,
        )

    async def release(
        self,
        source: str,
        stream: str,
        kind: Literal["retry", "skip"],
        actor: str,
        position: int | None = None,
    ) -> Released:
        """Apply what is parked of a stream, in order, up to the first that still fails. `skip`
        first drops the first parked event, for good: a rebuild passes it over too.

        `position` is that first event, as whoever asks has seen it: Refused when another one is
        first by now, or when nothing is parked.
        """
        now = instant(self.writer.now())
        asked = Release(secrets.token_hex(16), source, stream, kind, position, actor, now)
        poison: dict[Place, Poison] = {}
        while True:
            try:
                unit = partial(self._release, asked=asked, poison=poison)
                return await self.writer.run(unit)
            except _Failed as failed:
                poison = {failed.place: failed.poison}

    def _release(
        self, unit: Transaction, asked: Release, poison: Mapping[Place, Poison]
    ) -> Released:
        connection, name = unit.connection, self.consumer.name
        if (before := released(connection, asked.release_id)) is not None:
            return before  # the outcome of its commit was unknown
        waiting = parked_events(connection, name, asked.source, asked.stream)
        first = check_first(asked, waiting)
        partitions = sorted({parked.partition for parked in waiting})
        old = {p: read_cursor(connection, name, asked.source, p, lock=True) for p in partitions}
        closed_on = {partition: cursor.closed_on for partition, cursor in old.items()}
        fold = Fold(connection, self.models.live(connection, lock=True))
        skipped = applied = 0
        still: Poison | None = None
        for parked in waiting:
            position = parked.record.envelope.position
            if asked.kind == "skip" and position == first:
                skipped += 1
                continue
            try:
                if (asked.source, position) in poison:
                    raise poison[asked.source, position]
                event = self._read(parked.record)
            except Poison as reason:
                still = reason
                break
            closed_on[parked.partition] = _later(closed_on[parked.partition], event)
            if self._takes(event):
                self._one(unit, fold, event, write=True)
            applied += 1
        for partition, cursor in old.items():
            if closed_on[partition] != cursor.closed_on:
                new = cursor._replace(closed_on=closed_on[partition])
                move_cursor(connection, name, asked.source, partition, cursor, new)
        done = Released(
            asked.release_id,
            applied,
            first if skipped else None,
            len(waiting) - skipped - applied,
            "" if still is None else f"{still.slug}: {still.sentence}",
        )
        let_go(unit, name, asked, waiting, done, still)
        return done

    def _takes(self, event: Recorded) -> bool:
        return self.consumer.passes_all or event.event.TYPE not in PASSED_OVER

    def _read(self, record: Record) -> Recorded:
        kind = self.writer.store.catalog.class_of(record.type)
        if kind is not None and not self._wants(kind):
            return Recorded(record.envelope, Opaque(), record)
        try:
            return self.writer.store.recorded(record)
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
            fold.apply(event)
            commands = [
                (reaction, command)
                for reaction in self._concerned(type(event.event))
                for command in issued(reaction, event, fold.lookup)
            ]
            if commands:
                self._issue(unit, event, commands)
            if write:
                fold.write()
        except Transient:
            raise
        except Exception as error:
            if (away := as_away(error)) is not None:
                raise away from error
            poison = Poison("not-applicable", f"{type(error).__name__}: {error}")
            place = event.envelope.source, event.envelope.position
            raise _Failed(place, poison) from error

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
                    sentence=storable(answer.sentence),
                    refused_at=unit.now,
                )
            )
            self.writer.meter.answered(answer.slug, 1)


def _later(closed_on: date | None, event: Recorded) -> date | None:
    """The last day that a source has closed, after one more event."""
    if not isinstance(event.event, DayClosed):
        return closed_on
    return max(event.event.on, closed_on or event.event.on)


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
