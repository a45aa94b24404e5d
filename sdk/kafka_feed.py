"""The events over Kafka: `pip install castmark-sdk[kafka]`.

The client is confluent-kafka: it fetches ahead in a thread of its own, so that a slow handler
does not starve the connection, reconnects by itself, and its wheels bring all they need.

There is no consumer group. Each partition is assigned outright and read on from the checkpoint,
which is the only truth about what was handled; so nothing is committed to the broker, and no
rebalance can hand an event to somebody who has it already.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence

from contracts.catalog import TOPICS
from contracts.cloudevents import Header, Malformed, from_headers

from .checkpoint import Place
from .errors import BadAnswer, FeedRefused, Unavailable
from .feed import Arrival, Reading

try:
    from confluent_kafka import (
        OFFSET_BEGINNING,
        Consumer,
        KafkaError,
        KafkaException,
        Message,
        TopicPartition,
    )
except ImportError as missing:
    raise ImportError(
        "reading from Kafka needs its client: pip install castmark-sdk[kafka]"
    ) from missing

LOG = logging.getLogger("castmark_sdk")
POLL_S = 1.0
REFUSALS = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)
A_DAY_MS = 86_400_000


class KafkaFeed:
    """The topic of `source`, all partitions. `follow=False` stops at the end of each.

    `settings` go to the client as they are: addresses of certificates, SASL user and so on.
    """

    sends_again = True

    def __init__(
        self,
        bootstrap: Sequence[str],
        source: str = "certification",
        *,
        follow: bool = True,
        limit: int = 500,
        settings: Mapping[str, str | int] | None = None,
    ) -> None:
        if source not in TOPICS:
            raise ValueError(f"no source {source!r}; there are {', '.join(TOPICS)}")
        self.source = source
        self.topic, self.partitions = TOPICS[source]
        self._follow = follow
        self._limit = limit
        self._refusal: FeedRefused | None = None
        self._settings: dict[str, object] = {
            "group.id": "castmark-sdk",  # the client wants one; nothing is ever committed to it
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "allow.auto.create.topics": False,
            "enable.partition.eof": not follow,
            "max.poll.interval.ms": A_DAY_MS,
            "reconnect.backoff.max.ms": 5_000,
            **(settings or {}),
            "bootstrap.servers": ",".join(bootstrap),
            "error_cb": self._noticed,
        }

    def read(self, places: Mapping[int, Place], *, again: bool = False) -> Reading:
        """See Feed. Each partition begins with the last event handled, so that a changed history
        shows. Raises FeedRefused, BadAnswer, Unavailable."""
        consumer = Consumer(self._settings)
        try:
            consumer.assign(
                [
                    TopicPartition(self.topic, number, _first(places.get(number), again=again))
                    for number in range(self.partitions)
                ]
            )
            ended: set[int] = set()
            while True:
                messages = consumer.consume(self._limit, timeout=POLL_S)
                if self._refusal is not None:
                    raise self._refusal
                arrivals = [self._arrival(message) for message in self._good(messages, ended)]
                yield arrivals
                if len(ended) == self.partitions:
                    return
        except KafkaException as error:
            raise Unavailable(f"{self.topic}: {error}") from error
        finally:
            consumer.close()

    def _good(self, messages: Sequence[Message], ended: set[int]) -> Iterator[Message]:
        """The messages that are events; what the others say is acted upon."""
        for message in messages:
            error, partition = message.error(), message.partition()
            if error is None:
                ended.discard(-1 if partition is None else partition)
                yield message
            elif error.code() == KafkaError._PARTITION_EOF and partition is not None:
                ended.add(partition)
            else:
                self._noticed(error)
                if self._refusal is not None:
                    raise self._refusal

    def _arrival(self, message: Message) -> Arrival:
        partition, offset = message.partition(), message.offset()
        if partition is None or offset is None:
            raise BadAnswer(f"{self.topic}: a message without a place")
        try:
            received = from_headers(_headers(message), message.value())
        except Malformed as error:
            raise BadAnswer(
                f"{self.topic}, partition {partition}, offset {offset}: none of ours: {error}"
            ) from error
        return Arrival(received, partition, offset + 1)

    def _noticed(self, error: KafkaError) -> None:
        """What the client reports: a closed door ends the reading, all else it mends itself."""
        if error.code() in REFUSALS or error.fatal():
            self._refusal = FeedRefused("kafka-" + error.name().lower(), error.str(), status=403)
        else:
            LOG.warning("%s: %s; waiting for it", self.topic, error.str())


def _first(place: Place | None, *, again: bool) -> int:
    if again or place is None or place.next_offset < 1:
        return int(OFFSET_BEGINNING)
    return place.next_offset - 1


def _headers(message: Message) -> list[Header]:
    """The headers as bytes, which they are on the wire; the client's types allow more."""
    found = message.headers() or []
    pairs = found.items() if isinstance(found, dict) else found
    return [
        (key, value.encode() if isinstance(value, str) else value)
        for key, value in pairs
        if value is not None
    ]
