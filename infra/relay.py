"""Out of the store, onto the log: every published event, in position order, at least once.

Each record carries `ce_previous`, the position of the previous relayed event of the same source
and partition, so that a receiver sees a hole. After any failed send the relay stops, discards the
producer and starts again from its stored cursor. One relay is active per store (a lease).
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from contracts.catalog import BROADCAST, TOPICS, Topic, partition_of
from contracts.cloudevents import Header, Received, leaf_hash, to_headers
from contracts.envelope import Record
from contracts.values import instant

from . import leases
from .bus import OWN, Progress, rest
from .consumer import START, move_cursor, read_cursors
from .errors import HistoryChanged, Poison, Transient
from .execute import Writer
from .store import Store, translated
from .transaction import Transaction

NAME = "relay"
LIMIT = 500
LEASE_S = 10
PAUSE_S = 1.0
ALL = -1  # the partition number under which the relay keeps how far it has read the store


class Outgoing(NamedTuple):
    """One record for the broker: key and partition are ours, never the client's choice."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes
    headers: list[Header]


class Sink(Protocol):
    """A producer: idempotent, `acks=all`."""

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Send in order; returns when all are acknowledged; raises Transient when any is not."""
        ...

    async def tails(self, topic: Topic) -> Mapping[int, Received]:
        """The last record of each partition that has one."""
        ...

    async def close(self) -> None:
        """Discard the producer and what it still holds."""
        ...


class Relay:
    """Relays one store. Run `run()` as a task; it returns only when it must stop."""

    def __init__(
        self,
        writer: Writer,
        sink: Callable[[], Sink],
        now: Callable[[], datetime],
        holder: str,
    ) -> None:
        self.writer = writer
        self.store = writer.store
        self.topic = TOPICS[self.store.source]
        self.progress = Progress(NAME)
        self._parts = (ALL, *range(self.topic.partitions))
        self._new_sink = sink
        self._now = now
        self._holder = holder
        self._token = 0
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled; waits for a broker or database that is away."""
        loop = asyncio.get_running_loop()

        def wake(_: int) -> None:
            loop.call_soon_threadsafe(self._wake.set)

        self.writer.listeners.append(wake)
        try:
            await self._keep_on()
        finally:
            self.writer.listeners.remove(wake)

    async def _keep_on(self) -> None:
        while True:
            sink = self._new_sink()
            try:
                if await self.writer.run(self._take_lease):
                    await self._relay(sink)
                self.progress.waiting("another process relays this store", self.store.source)
            except Transient as error:
                self.progress.waiting(str(error), self.store.source)
            except HistoryChanged as error:
                self.progress.stopped(f"{HistoryChanged.slug}: {error}")
                return
            except Poison as error:
                self.progress.stopped(str(error))
                return
            finally:
                await sink.close()
            await asyncio.sleep(PAUSE_S)

    async def _relay(self, sink: Sink) -> None:
        """Relay while the lease is ours."""
        at, previous = await asyncio.to_thread(self._cursors)
        await self._check(await sink.tails(self.topic), previous)
        saved, saved_at = at, 0.0
        while True:
            self._wake.clear()
            began = time.monotonic()
            records = await asyncio.to_thread(self.store.read_after, at, LIMIT)
            if records:
                self.progress.behind(self.store.source, ALL)
                outgoing, previous = route(self.store, self.topic, records, previous)
                await sink.send(outgoing)
                at = records[-1].envelope.position
                self.progress.applied += len(outgoing)
            if len(records) < LIMIT and not self._wake.is_set():
                self.progress.at_head(self.store.source, ALL)
            if began - saved_at > LEASE_S / 4 or (not records and at != saved):
                if not await self.writer.run(partial(self._save, at=at, previous=previous)):
                    return
                saved, saved_at = at, began
            if len(records) == LIMIT:
                continue
            if records:
                await rest(began)
                continue
            try:
                async with asyncio.timeout(OWN):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _check(self, tails: Mapping[int, Received], previous: Mapping[int, int]) -> None:
        """The topic must end with what this store says, and hold what was acknowledged."""
        for partition, received in tails.items():
            record = received.record
            kept = await asyncio.to_thread(self.store.leaf, record.envelope.position)
            if received.store_id != self.store.store_id or kept != leaf_hash(record):
                raise HistoryChanged(
                    f"partition {partition} of {self.topic.name} ends with position"
                    f" {record.envelope.position} of store {received.store_id}, which this store"
                    f" ({self.store.store_id}) does not have so: was it restored from a backup?"
                )
        lost = [number for number, sent in previous.items() if sent and number not in tails]
        if lost:  # (a tail that lies behind is no sign: a relay that was paused may have sent it)
            raise Transient(
                f"partitions {lost} of {self.topic.name} are empty, and records of theirs were"
                f" acknowledged: castmark relay {self.store.source} --from 0 sends them again"
            )

    def _cursors(self) -> tuple[int, dict[int, int]]:
        with translated(), self.store.engine.connect() as connection:
            known = read_cursors(connection, NAME)
        at = {part: known.get((self.store.source, part), START).position for part in self._parts}
        return at.pop(ALL), at

    def _save(self, unit: Transaction, at: int, previous: Mapping[int, int]) -> bool:
        """Keep the cursor and renew the lease; False when the lease is no longer ours."""
        if not self._renew(unit.connection):
            return False
        set_cursors(unit.connection, self.store.source, {ALL: at, **previous}, self.store.store_id)
        return True

    def _take_lease(self, unit: Transaction) -> bool:
        now = instant(self._now())
        self._token = leases.take(unit.connection, NAME, self._holder, now, LEASE_S)
        return self._token > 0

    def _renew(self, connection: Connection) -> bool:
        return leases.renew(connection, NAME, self._token, instant(self._now()), LEASE_S)


def route(
    store: Store, topic: Topic, records: Sequence[Record], previous: Mapping[int, int]
) -> tuple[list[Outgoing], dict[int, int]]:
    """Published records as broker records, each with its partition's previous position; and the
    previous positions after them.

    Raises Poison for a type that this build does not know: whether it is public only a newer one
    can say, and to pass over it would leave a hole that no chain shows.
    """
    outgoing: list[Outgoing] = []
    latest = dict(previous)
    for record in records:
        if not store.catalog.knows(record.type):
            where = f"position {record.envelope.position}"
            raise Poison("unknown-type", f"this build knows no {record.type}, at {where}")
        if record.type not in store.catalog.public_names:
            continue
        at = record.envelope
        everywhere = record.type in BROADCAST
        own = partition_of(at.stream, topic.partitions)
        for partition in range(topic.partitions) if everywhere else (own,):
            headers = to_headers(record, latest.get(partition, 0), store.store_id)
            outgoing.append(
                Outgoing(topic.name, partition, at.stream.encode(), record.data, headers)
            )
            latest[partition] = at.position
    return outgoing, latest


def set_cursors(
    connection: Connection, source: str, positions: Mapping[int, int], store_id: str
) -> None:
    """Keep how far each partition was relayed (and, under ALL, how far the store was read)."""
    known = read_cursors(connection, NAME)
    for partition, position in positions.items():
        old = known.get((source, partition), START)
        new = old._replace(position=position, store_id=store_id)
        if new.position != old.position or old == START:
            move_cursor(connection, NAME, source, partition, old, new)


def rewind(unit: Transaction, position: int) -> None:
    """Relay again everything behind a position: for a topic that was truncated or lost. A relay
    at work loses its lease, and begins again from here instead of writing over this."""
    store, topic = unit.store, TOPICS[unit.store.source]
    leases.revoke(unit.connection, NAME)
    previous: dict[int, int] = dict.fromkeys(range(topic.partitions), 0)
    at = 0
    while at < position:
        records = [r for r in store.read_after(at, LIMIT) if r.envelope.position <= position]
        if not records:
            break
        _, previous = route(store, topic, records, previous)
        at = records[-1].envelope.position
    set_cursors(unit.connection, store.source, {ALL: position, **previous}, store.store_id)
