"""A history on Kafka as relays have written it, and the cursors of a consumer that has read it."""

from collections.abc import Callable
from typing import NamedTuple

from confluent_kafka import KafkaError, Message, Producer

from contracts.catalog import CATALOG, TOPICS, partition_of
from contracts.cloudevents import leaf_hash, to_headers
from contracts.envelope import Envelope, Record
from infra.consumer import START, Cursor, move_cursor
from infra.execute import Writer
from infra.kafka_sink import producer_settings
from infra.transaction import Transaction

from .history import Told, history

STORE_IDS = {"membership": "00000000000000a1", "audit_scheduling": "00000000000000a2"}
QUEUE = {"queue.buffering.max.messages": 500_000, "linger.ms": 50, "message.timeout.ms": 300_000}
EVERY = 20_000
Ends = dict[tuple[str, int], tuple[int, Record]]
"""By source and partition: how many records it has, and the last of them."""


class Filled(NamedTuple):
    """What is on the topics: after a part of the history, and after all of it."""

    events: int
    part: int
    at_part: Ends
    at_end: Ends


def fill(bootstrap: list[str], events: int, part: int, subjects: int) -> Filled:
    """Write a history to the topics, which exist and are empty; acknowledged on return."""
    failed: list[str] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error.str())

    producer = Producer({**producer_settings(bootstrap), **QUEUE})
    ends: Ends = {}
    at_part: Ends = {}
    positions = dict.fromkeys(STORE_IDS, 0)
    for told in history(events, subjects):
        positions[told.source] += 1
        record = record_of(told, positions[told.source])
        topic = TOPICS[told.source]
        place = told.source, partition_of(told.stream, topic.partitions)
        count, last = ends.get(place, (0, None))
        previous = last.envelope.position if last else 0
        headers = to_headers(record, previous, STORE_IDS[told.source])
        _produce(producer, topic.name, place[1], record, headers, delivered)
        ends[place] = count + 1, record
        if told.number == part:
            at_part = dict(ends)
    if producer.flush(300) or failed:
        raise SystemExit(f"Kafka did not take all records: {failed[:1]}")
    return Filled(events, part, at_part, ends)


def _produce(
    producer: Producer,
    topic: str,
    partition: int,
    record: Record,
    headers: list[tuple[str, bytes]],
    delivered: Callable[[KafkaError | None, Message], None],
) -> None:
    """Hand over one record; wait where the client's queue is full."""
    while True:
        try:
            producer.produce(
                topic,
                value=record.data,
                key=record.envelope.stream.encode(),
                partition=partition,
                headers=list(headers),
                on_delivery=delivered,
            )
        except BufferError:
            producer.poll(0.5)
        else:
            if record.envelope.position % EVERY == 0:
                producer.poll(0)
            return


def record_of(told: Told, position: int) -> Record:
    """An event as its store would have recorded it."""
    envelope = Envelope(
        f"{position:032x}",
        told.source,
        told.stream,
        position,  # no reader of the log asks for gapless versions
        position,
        told.recorded_at,
        f"correlation-{position}",
        "",
        f"command-{position}",
        "person-bench",
    )
    return Record(envelope, told.event.TYPE, CATALOG.encode(told.event))


def set_cursors(writer: Writer, consumer: str, ends: Ends) -> None:
    """As if a live consumer had read everything up to these ends."""

    def unit(transaction: Transaction) -> None:
        for (source, partition), (count, last) in ends.items():
            at = last.envelope
            new = Cursor(
                at.position, count, STORE_IDS[source], leaf_hash(last), at.recorded_at, None
            )
            move_cursor(transaction.connection, consumer, source, partition, START, new)

    writer.submit(unit).result()
