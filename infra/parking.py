"""Events that could not be applied, kept as received; retried or skipped on request, in order.

What parks is the *stream*, for one consumer: later events of the same stream wait behind, others
flow. A skip is a durable record that a rebuild obeys.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, select

from contracts.cloudevents import Received
from contracts.envelope import Envelope, Record
from contracts.values import Instant

from . import tables
from .errors import Poison, Refused

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


class Release(NamedTuple):
    """A request to release a parked stream. `position` is the first parked event that whoever
    asks has seen (None = whichever it is now)."""

    release_id: str
    source: str
    stream: str
    kind: Literal["retry", "skip"]
    position: int | None
    actor: str
    requested_at: Instant


class Released(NamedTuple):
    """What a release did: events applied, the position skipped for good (None = none), how many
    still wait and why the first of them does."""

    release_id: str
    applied: int
    skipped: int | None
    waiting: int
    reason: str


_KEPT = tables.PARKED.c
_STREAMS = (  # built once: every batch asks
    select(_KEPT.stream)
    .where(_KEPT.consumer == bindparam("of"), _KEPT.source == bindparam("from"))
    .distinct()
)
_STREAMS_IN_PART = _STREAMS.where(_KEPT.partition == bindparam("part"))


def parked_streams(
    connection: Connection, consumer: str, source: str, partition: int | None = None
) -> set[str]:
    """Streams of a source, or of one of its partitions, that wait for this consumer.

    Only what is broadcast has its stream in more than one partition; each brings all of it.
    """
    place = {"of": consumer, "from": source, "part": partition}
    rows = connection.execute(_STREAMS if partition is None else _STREAMS_IN_PART, place)
    return {row.stream for row in rows}


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
            sentence=storable(reason.sentence),
            parked_at=unit.now,
        )
    )


def storable(sentence: str) -> str:
    """A sentence as every database takes it: PostgreSQL has no NUL in texts."""
    return sentence.replace("\0", "\\0")[:2000]


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


def check_first(asked: Release, waiting: Sequence[Parked]) -> int:
    """The position of the first parked event of the stream; Refused when there is none, or when
    it is not the one that was seen by whoever asks."""
    if not waiting:
        raise Refused(
            "nothing-parked",
            f"nothing of {asked.stream} from {asked.source} is parked here: it was released"
            " before, or it waits for another consumer",
        )
    first = waiting[0].record.envelope.position
    if asked.position not in (None, first):
        raise Refused(
            "another-is-first",
            f"the first parked event of {asked.stream} is at position {first}, not at"
            f" {asked.position}: look at it before you release it",
            first=first,
        )
    return first


def released(connection: Connection, release_id: str) -> Released | None:
    """What a release did that was carried out before; None when it was not."""
    releases = tables.RELEASES.c
    query = select(releases.outcome).where(releases.release_id == release_id)
    outcome = connection.execute(query).scalar()
    return None if outcome is None else Released(*orjson.loads(outcome))


def let_go(
    unit: "Transaction",
    consumer: str,
    asked: Release,
    waiting: Sequence[Parked],
    done: Released,
    still: Poison | None,
) -> None:
    """Forget those of a stream's parked events that were skipped or applied, keep why the first
    of the rest waits, and record the release for good."""
    parked = tables.PARKED.c
    left = len(waiting) - done.waiting
    for number, one in enumerate(waiting[: left + 1]):
        here = (
            (parked.consumer == consumer)
            & (parked.source == one.source)
            & (parked.position == one.record.envelope.position)
            & (parked.partition == one.partition)
        )
        if number < left:
            unit.connection.execute(tables.PARKED.delete().where(here))
        elif still is not None:
            why = {"slug": still.slug, "sentence": storable(still.sentence)}
            unit.connection.execute(tables.PARKED.update().where(here).values(**why))
    unit.connection.execute(
        tables.RELEASES.insert().values(
            release_id=asked.release_id,
            consumer=consumer,
            source=asked.source,
            stream=asked.stream,
            kind=asked.kind,
            position=waiting[0].record.envelope.position,
            actor=asked.actor,
            requested_at=asked.requested_at,
            done_at=unit.now,
            outcome=orjson.dumps(list(done)).decode(),
        )
    )


def passed_over(connection: Connection, consumer: str) -> set[tuple[str, int]]:
    """Source and position of every event that a rebuild must not apply, because the live consumer
    has not: what was skipped for good, and what is parked now."""
    skipped, parked = tables.RELEASES.c, tables.PARKED.c
    for_good = select(skipped.source, skipped.position).where(
        skipped.consumer == consumer, skipped.kind == "skip"
    )
    for_now = select(parked.source, parked.position).where(parked.consumer == consumer)
    return {(row.source, row.position) for row in connection.execute(for_good.union(for_now))}
