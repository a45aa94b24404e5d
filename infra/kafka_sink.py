"""The relay's way into Kafka: an idempotent producer that waits for all copies of each record.

It is confluent-kafka's (docs/decisions/0003), whose documented `purge` discards what was not sent.
Records behind a failed one may be written before it: `ce_previous` shows the hole, and the relay
sends all of them again.
"""

import asyncio
import threading
from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from contracts.catalog import Topic
from contracts.cloudevents import Received

from .errors import Transient
from .kafka_replay import CLIENT_LOG, Ends, last_records
from .kafka_security import Security, librdkafka
from .relay import Outgoing

LINGER_MS = 2
GIVE_UP_MS = 8_000
"""A record that is not acknowledged by then has failed. Shorter than the relay's lease."""
MAX_RECORD_BYTES = 4_000_000
"""What the client lets pass; topics have limits of their own."""


def producer_settings(
    bootstrap: Sequence[str], security: Security | None = None
) -> dict[str, str | int | bool]:
    """What is promised of a record: every in-sync copy has it, once, in the order it was sent."""
    return {
        "bootstrap.servers": ",".join(bootstrap),
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": LINGER_MS,
        "message.timeout.ms": GIVE_UP_MS,
        "reconnect.backoff.max.ms": 1_000,
        "allow.auto.create.topics": False,
        "message.max.bytes": MAX_RECORD_BYTES,
        **librdkafka(security),
    }


class KafkaSink:
    """One producer, from its first record until something fails: then close it, make another."""

    def __init__(self, bootstrap: Sequence[str], security: Security | None = None) -> None:
        self.bootstrap = list(bootstrap)
        self.security = security
        self._producer: Producer | None = None
        self._closed = False
        self._lock = threading.Lock()

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Send in order; returns when all are acknowledged by all in-sync copies.

        Raises Transient when any is not: some may have been written all the same.
        """
        if records:
            await asyncio.to_thread(self._send, records)

    def _send(self, records: Sequence[Outgoing]) -> None:
        failed: list[KafkaError] = []

        def delivered(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                failed.append(error)

        try:
            with self._lock:
                producer = self._open()
                for record in records:
                    producer.produce(
                        record.topic,
                        value=record.value,
                        key=record.key,
                        partition=record.partition,
                        headers=list(record.headers),
                        on_delivery=delivered,
                    )
            left = producer.flush(2 * GIVE_UP_MS / 1000)
        except (BufferError, KafkaException) as error:
            raise Transient(f"Kafka did not take a record: {error}") from error
        if failed or left:
            reason = failed[0].str() if failed else "no answer"
            raise Transient(f"Kafka did not take all of {len(records)} records: {reason}")

    def _open(self) -> Producer:
        if self._closed:
            raise Transient("this producer is closed")
        if self._producer is None:
            self._producer = Producer(
                producer_settings(self.bootstrap, self.security), logger=CLIENT_LOG
            )
        return self._producer

    async def tails(self, topic: Topic) -> Mapping[int, Received]:
        """The last record of ours in each partition that has one; Transient when Kafka is away."""
        return await asyncio.to_thread(last_records, Ends(self.bootstrap, self.security), topic)

    async def close(self) -> None:
        """Discard the producer and what it still holds: nothing is sent behind our back."""
        await asyncio.to_thread(self._discard)

    def _discard(self) -> None:
        with self._lock:
            self._closed, producer, self._producer = True, self._producer, None
        if producer is not None:
            producer.purge(in_queue=True, in_flight=True, blocking=True)
            producer.flush(0)
