"""Reading Kafka from here to there: bounded replays for rebuilds, ends of topics, last records.

No consumer group, nothing committed. The client is confluent-kafka: it fetches ahead in a thread
of its own and hands out thousands of records at once (docs/decisions/0003 has the measurement).
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence

import structlog
from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from contracts.catalog import Topic
from contracts.cloudevents import Malformed, Received, from_headers

from .consumer import Batch, Cursor
from .errors import HistoryChanged, Transient
from .kafka_security import Security, librdkafka

LOG = structlog.stdlib.get_logger("castmark.kafka")
CLIENT_LOG = logging.getLogger("kafka.librdkafka")
ANSWER_S = 10.0
TRY_S = 3.0
RETRY_S = 0.2
SILENCE_S = 30.0
ONE_OF_MANY = {"queued.max.messages.kbytes": 2_048, "fetch.message.max.bytes": 1_000_000}
"""A rebuild reads all partitions of a topic at once, each with a client of its own: two turns ahead
are enough while the others have theirs. The client counts keys and values here; with headers and
its own notes a queue takes three times as much memory."""
MOVING = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._DESTROY_BROKER,
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
    }
)
"""What is said while a partition has a new leader, a topic is as new, or a broker is slow or gone:
by brokers, and by the client itself (with a low line). Kafka's protocol calls those of brokers
retriable; the client does not."""
LOOK_BACK = 64  # records looked at when the last of a partition are not ours


def reader_settings(
    bootstrap: Sequence[str], security: Security | None = None
) -> dict[str, str | int | bool]:
    """For reading much, once: fetch ahead in large pieces, but never more than 64 MB."""
    return {
        "bootstrap.servers": ",".join(bootstrap),
        "group.id": "castmark-replay",  # the client wants one; nothing is ever committed to it
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "allow.auto.create.topics": False,
        "fetch.wait.max.ms": 100,
        "fetch.message.max.bytes": 4_000_000,
        "queued.min.messages": 100_000,
        "queued.max.messages.kbytes": 65_536,
        "reconnect.backoff.max.ms": 1_000,
        **librdkafka(security),
    }


class Ends:
    """Asks where partitions begin and end; keeps its connection, may be shared by threads."""

    def __init__(self, bootstrap: Sequence[str], security: Security | None = None) -> None:
        self.bootstrap = list(bootstrap)
        self.security = security
        self._consumer: Consumer | None = None
        self._lock = threading.Lock()

    def first(self, topic: Topic) -> dict[int, int]:
        """The offset at which each partition begins; Transient when Kafka is away."""
        return self._ask(topic, OFFSET_BEGINNING)

    def behind(self, topic: Topic) -> dict[int, int]:
        """The offset behind the last record of each partition; Transient when Kafka is away."""
        return self._ask(topic, OFFSET_END)

    def _client(self) -> Consumer:
        with self._lock:
            if self._consumer is None:
                settings = reader_settings(self.bootstrap, self.security)
                self._consumer = Consumer(settings, logger=CLIENT_LOG)
            return self._consumer

    def _ask(self, topic: Topic, which: int) -> dict[int, int]:
        give_up = time.monotonic() + ANSWER_S
        while True:
            try:
                return self._offsets(topic, which)
            except KafkaException as error:
                # A new leader needs a moment. A client that knew the broker before may cling to an
                # old leader epoch: a new one.
                self._consumer = None
                reason = error.args[0]
                if time.monotonic() > give_up or reason.code() not in MOVING:
                    raise Transient(f"{topic.name}: {reason.str()}") from error
                time.sleep(RETRY_S)

    def _offsets(self, topic: Topic, which: int) -> dict[int, int]:
        """One try. Who leads is asked each time: the client goes on asking a leader that it knew,
        even a dead one. (Its administration does so without a pause, a core for each client, and
        after its timeout calls it a success, with an offset of -1001.)"""
        client = self._client()
        client.list_topics(topic.name, timeout=TRY_S)
        asked = [TopicPartition(topic.name, each, which) for each in range(topic.partitions)]
        found = client.offsets_for_times(asked, timeout=TRY_S)
        for each in found:
            if each.error is not None or each.offset < 0:
                raise KafkaException(each.error or KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
        return {each.partition: each.offset for each in found}


def replay(
    ends: Ends, source: str, topic: Topic, partition: int, after: Cursor, limit: int
) -> Iterator[Batch]:
    """All records of a partition behind a cursor, in the order of their chain, each once, up to
    the end as it was when asked; in batches of at most `limit`.

    What was sent again behind a failed send comes in its right place. Raises Transient when Kafka
    is away or the chain has a hole, HistoryChanged when the topic is another store's.
    """
    low, end = ends.first(topic)[partition], ends.behind(topic)[partition]
    start = after.next_offset if low <= after.next_offset <= end else low
    chain = _Chain(source, after)
    while True:
        before = chain.at
        for records, behind in _records(ends, topic, partition, (start, end), limit):
            found = chain.follow(records)
            if found:
                yield Batch(source, partition, chain.store_id, found, behind)
        if chain.beyond <= chain.at:
            return
        if chain.at == before and start == low:
            raise Transient(hole(source, topic, partition, chain.at))
        start = low


def hole(source: str, topic: Topic, partition: int, position: int) -> str:
    """The sentence for whoever must mend it."""
    return (
        f"{topic.name}/{partition} lacks what follows position {position}: if it does not come by"
        f" itself, castmark relay {source} --from {position} sends it again"
    )


class _Chain:
    """How far a partition's records connect: each names the position before it."""

    def __init__(self, source: str, after: Cursor) -> None:
        self.source = source
        self.at = after.position
        self.beyond = 0
        self.store_id = after.store_id

    def follow(self, messages: list[Message]) -> list[Received]:
        """The records that continue the chain; `beyond` tells of those that did not.

        Empties the list: a message whose headers were read holds some twenty objects, and ten
        thousand of them kept alive cost the collector more than all the reading.
        """
        found: list[Received] = []
        at, store_id = self.at, self.store_id
        messages.reverse()
        while messages:
            received = _ours(messages.pop(), self.source)
            if received is None:
                continue
            envelope = received.record.envelope
            if received.store_id != store_id:
                store_id = self.store_id = self._same(received.store_id)
            if envelope.position <= at:
                continue
            if received.previous > at:
                self.beyond = max(self.beyond, envelope.position)
                continue
            found.append(received)
            at = envelope.position
        self.at = at
        return found

    def _same(self, store_id: str) -> str:
        if self.store_id:
            raise HistoryChanged(
                f"{self.source}: the cursor knows store {self.store_id}, this is {store_id}"
            )
        return store_id


def foreign(topic: str | None, partition: int | None, offset: int | None, why: Exception) -> None:
    """Tell of a record that is none of ours. It is passed over: it has no place in the chain, and
    a record of ours that was lost shows as a hole before the next one."""
    LOG.warning(
        "passed over a record that is not ours",
        topic=topic,
        partition=partition,
        offset=offset,
        reason=str(why),
    )


def last_records(ends: Ends, topic: Topic) -> dict[int, Received]:
    """The last record of ours in each partition that has one; Transient when Kafka is away."""
    first, found = ends.first(topic), {}
    for partition, behind in ends.behind(topic).items():
        start, end = max(first[partition], behind - 1), behind
        while partition not in found and start < end:
            for records, _ in _records(ends, topic, partition, (start, end), LOOK_BACK):
                for received in filter(None, map(_ours, records)):
                    found[partition] = received
            start, end = max(first[partition], start - LOOK_BACK), start
    return found


def _ours(message: Message, source: str | None = None) -> Received | None:
    """The record that a message is; None, and a line in the log, when it is none of ours (or
    another source's)."""
    try:
        headers = message.headers() or ()
        received = from_headers(headers, message.value())  # type: ignore[arg-type]  # bytes
        if source is not None and received.record.envelope.source != source:
            raise Malformed(f"the source {received.record.envelope.source!r} has another topic")
        return received
    except Malformed as error:
        foreign(message.topic(), message.partition(), message.offset(), error)
        return None


def _records(
    ends: Ends, topic: Topic, partition: int, span: tuple[int, int], limit: int
) -> Iterator[tuple[list[Message], int]]:
    """Messages of a span of offsets, with the offset behind them; Transient after a long silence.

    Near the end fewer are asked for: `consume` waits until it has as many as it was asked for.
    A new client each time: one that has just read answers the next question half a second late.
    """
    at, end = span
    if at >= end:
        return
    settings = {**reader_settings(ends.bootstrap, ends.security), **ONE_OF_MANY}
    consumer = Consumer(settings, logger=CLIENT_LOG)
    try:
        consumer.assign([TopicPartition(topic.name, partition, at)])
        heard, reason = time.monotonic(), "no answer"
        while at < end:
            messages = consumer.consume(min(limit, end - at), timeout=1.0)
            errors = [error for each in messages if (error := each.error()) is not None]
            if errors:
                reason = errors[-1].str()
                messages = [each for each in messages if each.error() is None]
            if messages:
                heard, at = time.monotonic(), (messages[-1].offset() or 0) + 1
                yield messages, at
            elif time.monotonic() - heard > SILENCE_S:
                raise Transient(f"{topic.name}/{partition}: {reason}")
    finally:
        consumer.close()
