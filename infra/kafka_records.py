"""What the live client hands over, and how its records become ours."""

from collections.abc import Sequence
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition  # type: ignore[import-untyped]  # it has none
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from contracts.cloudevents import Malformed, Received, from_headers, headers_of

from .kafka_replay import foreign


def ours(source: str, records: Sequence[ConsumerRecord]) -> list[Received]:
    """The records that a source has written; the others are told of, and passed over."""
    received: list[Received] = []
    for record in records:
        try:
            one = from_headers(headers_of(record.headers), record.value)
            if one.record.envelope.source != source:
                raise Malformed(f"the source {one.record.envelope.source!r} has another topic")
        except Malformed as error:
            foreign(record.topic, record.partition, record.offset, error)
            continue
        received.append(one)
    return received


def place_of(record: ConsumerRecord) -> TopicPartition:
    """Where a record lies."""
    return TopicPartition(record.topic, record.partition)


def away(error: BaseException) -> str:
    """The sentence for a Kafka that does not answer."""
    return f"Kafka is away: {str(error) or type(error).__name__}"


def as_it_came(records: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """FastStream's message, not parsed: it drops a batch in silence where a header is not UTF-8."""
    return KafkaMessage(raw_message=records, body=b"", consumer=FAKE_CONSUMER)


def raw(message: KafkaMessage) -> Any:
    """What `as_it_came` kept."""
    return message.raw_message
