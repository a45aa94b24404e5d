"""Events that could not be applied, kept as received; retried or skipped on request, in order.

What parks is the *stream*, for one consumer: later events of the same stream wait behind, others
flow. A skip is a durable record that a rebuild obeys.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from sqlalchemy import Connection, select

from contracts.cloudevents import Received
from contracts.envelope import Envelope, Record

from . import tables
from .errors import Poison

if TYPE_CHECKING:
    from .consumer import Batch
    from .transaction import Transaction


class Parked(NamedTuple):
    """A parked event as kept."""

    source: str
    partition: int
    record: Record
    slug: str
    sentence: str
    parked_at: str


def parked_streams(connection: Connection, consumer: str, source: str) -> set[str]:
    """Streams of a source that wait for this consumer."""
    parked = tables.PARKED.c
    query = select(parked.stream).where(parked.consumer == consumer, parked.source == source)
    return {row.stream for row in connection.execute(query.distinct())}


def park(
    unit: "Transaction", consumer: str, batch: "Batch", received: Received, reason: Poison
) -> None:
    """Set an event aside, as received, in the transaction that passes it."""
    record = received.record
    unit.connection.execute(
        tables.PARKED.insert().values(
            consumer=consumer,
            source=batch.source,
            position=record.envelope.position,
            partition=batch.partition,
            stream=record.envelope.stream,
            record=text_of(record),
            slug=reason.slug,
            sentence=reason.sentence[:2000],
            parked_at=unit.now,
        )
    )


def parked_events(
    connection: Connection, consumer: str, source: str | None = None, stream: str | None = None
) -> list[Parked]:
    """What is parked, oldest first."""
    parked = tables.PARKED.c
    query = select(tables.PARKED).where(parked.consumer == consumer)
    if source is not None:
        query = query.where(parked.source == source)
    if stream is not None:
        query = query.where(parked.stream == stream)
    in_order = query.order_by(parked.position, parked.partition)
    return [_parked(row) for row in connection.execute(in_order)]


def _parked(row: Any) -> Parked:
    return Parked(
        row.source, row.partition, record_of(row.record), row.slug, row.sentence, row.parked_at
    )


def text_of(record: Record) -> str:
    """A record as one line of JSON; bytes that are not UTF-8 as hex, so that none is lost."""
    try:
        data = [record.data.decode()]
    except UnicodeDecodeError:
        data = ["hex", record.data.hex()]
    return orjson.dumps([list(record.envelope), record.type, *data]).decode()


def record_of(text: str) -> Record:
    """The record back, byte for byte."""
    envelope, kind, *data = orjson.loads(text)
    data = data[0].encode() if len(data) == 1 else bytes.fromhex(data[1])
    return Record(Envelope(*envelope), kind, data)


def passed_over(connection: Connection, consumer: str) -> set[tuple[str, int]]:
    """Source and position of every event that a rebuild must not apply, because the live consumer
    has not: what was skipped for good, and what is parked now."""
    skipped, parked = tables.RELEASES.c, tables.PARKED.c
    for_good = select(skipped.source, skipped.position).where(
        skipped.consumer == consumer, skipped.kind == "skip"
    )
    for_now = select(parked.source, parked.position).where(parked.consumer == consumer)
    return {(row.source, row.position) for row in connection.execute(for_good.union(for_now))}
