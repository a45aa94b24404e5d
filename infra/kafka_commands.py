"""Commands over Kafka: every group's commands topic of an area is read, every record answered.

A group's commands are carried out in the order in which it sent them, as far as their keys are
equal (records without a key are one such order); those with other keys go side by side and share
commits. The answers follow after the commit, in the order of the commands. Only when Kafka has
them all is the place behind the commands kept, in the consumer group: whoever dies before that
leaves them to the next one, which is told by the command ids what was done already, and answers.

What is malformed or refused is answered and passed. What cannot be decided at the moment (the
database is away, the group's replies topic is missing) holds up that group alone.

Read with confluent-kafka: strangers write here, and aiokafka never gets past a record whose
header's name is not UTF-8, nor past compression that it was built without (docs/decisions/0006).
"""

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import methodcaller
from typing import Any, NamedTuple

import structlog
from confluent_kafka import (
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    KafkaException,
    Message,
    TopicPartition,
)

from contracts.command_topics import commands_prefix, group_of, topics_of

from .bus import ALL, Progress
from .errors import Transient
from .kafka_requests import Desk, Reply, Sent, readable
from .kafka_security import Security, librdkafka
from .kafka_sink import KafkaSink
from .relay import Outgoing

LIMIT = 100  # records taken at once
POLL_S = 0.2
LOOK_S = 5.0  # how often is looked whether Kafka is there
NEW_TOPICS_MS = 2_000  # how soon a new group is heard
AWAY_S = 4.0
SESSION_MS = 10_000  # so long does a service that was killed keep its places from others
HEARTBEAT_MS = 3_000
AGAIN_S = 1.0
BACKOFF_S = (0.1, 0.3, 1.0, 3.0)
LOG = structlog.stdlib.get_logger("castmark.kafka")
CLIENT_LOG = logging.getLogger("kafka.librdkafka")
HEADERS_OF = methodcaller("headers")
"""A name that is not UTF-8 makes the client return a broken list with an error set. Called like
this, Python sees the error and raises SystemError; a plain `message.headers()` is called without
that look once it is hot, and the list ends the process. Asked a second time, it ends it too."""


class Place(NamedTuple):
    """A partition of a group's commands topic (they have one)."""

    topic: str
    partition: int


@dataclass
class Held:
    """From which offset a place goes on, and when; until it is `released`, what comes from it is
    dropped, because it will come again."""

    offset: int
    tries: int
    due: float = field(init=False)
    released: bool = False

    def __post_init__(self) -> None:
        self.due = time.monotonic() + BACKOFF_S[min(self.tries, len(BACKOFF_S)) - 1]


def consumer_settings(
    bootstrap: Sequence[str], area: str, security: Security | None = None
) -> dict[str, Any]:
    """From the first record on, and no place is kept but by us."""
    return {
        "bootstrap.servers": ",".join(bootstrap),
        "group.id": commands_prefix(area).rstrip("."),
        "session.timeout.ms": SESSION_MS,
        "heartbeat.interval.ms": HEARTBEAT_MS,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "allow.auto.create.topics": False,
        "topic.metadata.refresh.interval.ms": NEW_TOPICS_MS,
        # Little ahead of what is being done: nobody waits long behind a group that sends much.
        "queued.min.messages": 2 * LIMIT,
        "queued.max.messages.kbytes": 4_096,
        "fetch.message.max.bytes": 262_144,
        "fetch.wait.max.ms": 100,
        "reconnect.backoff.max.ms": 1_000,
        **librdkafka(security),
    }


class CommandTopics:
    """All groups' commands of an area for one service; `run` it from start to stop."""

    def __init__(
        self, bootstrap: Sequence[str], area: str, desk: Desk, security: Security | None = None
    ) -> None:
        self.bootstrap = list(bootstrap)
        self.area = area
        self.desk = desk
        self.security = security
        self.progress = Progress(commands_prefix(area).rstrip("."))

    async def run(self) -> None:
        """Answer until cancelled; a Kafka that is away is waited for."""
        while True:
            connection = Connection(self)
            try:
                await connection.run()
            except Transient as error:
                self.progress.waiting(str(error), self.area)
            finally:
                await connection.close()
            await asyncio.sleep(AGAIN_S)


class Connection:
    """One consumer and one producer, until either fails for good."""

    def __init__(self, owner: CommandTopics) -> None:
        self._owner = owner
        self._desk, self._progress, self._area = owner.desk, owner.progress, owner.area
        self._sink = KafkaSink(owner.bootstrap, owner.security)
        self._consumer = Consumer(
            consumer_settings(owner.bootstrap, owner.area, owner.security), logger=CLIENT_LOG
        )
        self._lock = threading.Lock()  # a thread may still poll when we are told to stop
        self._closed = False
        self._held: dict[Place, Held] = {}
        self._next: dict[Place, int | None] = {}  # of what we read: what is answered next
        self._topics: frozenset[str] = frozenset()
        self._look_at = 0.0
        self._subscribed = False

    async def run(self) -> None:
        """Take, answer, keep the place; raises Transient when a new connection is needed."""
        try:
            while True:
                messages = await asyncio.to_thread(self._poll)
                chunks = itertools.groupby(sorted(messages, key=_order), _place)
                taken = [self._chunk(place, list(chunk)) for place, chunk in chunks]
                behind = [done for done in await asyncio.gather(*taken) if done is not None]
                if behind:
                    await asyncio.to_thread(self._keep, behind)
        except KafkaException as error:
            raise Transient(f"Kafka is away: {error.args[0].str()}") from error

    async def close(self) -> None:
        """Leave the consumer group; send nothing more."""
        await asyncio.to_thread(self._close)
        await self._sink.close()

    # --- in a thread, one at a time ---

    def _poll(self) -> list[Message]:
        """What has come, a first record as soon as there is one."""
        with self._lock:
            if self._closed:
                return []
            if not self._subscribed:
                self._subscribe()
            if time.monotonic() > self._look_at:
                self._look()
            self._release()
            self._desk.lag(sum(self._behind(place) for place in self._next))
            first = self._consumer.poll(POLL_S)
            found = [] if first is None else [first, *self._consumer.consume(LIMIT - 1, timeout=0)]
        return [message for message in found if _fine(message)]

    def _subscribe(self) -> None:
        begins = commands_prefix(self._area).replace(".", r"\.")
        self._consumer.subscribe(
            [f"^{begins}.+"], on_assign=self._assigned, on_revoke=self._left, on_lost=self._left
        )
        self._subscribed = True

    def _assigned(self, consumer: Consumer, places: Sequence[TopicPartition]) -> None:
        consumer.assign(list(places))
        consumer.resume(list(places))  # one that was held before does not stay so
        for each in places:
            self._progress.follows(each.topic, each.partition)
            self._next[Place(each.topic, each.partition)] = None

    def _left(self, _: Consumer, places: Sequence[TopicPartition]) -> None:
        for each in places:
            self._held.pop(Place(each.topic, each.partition), None)
            self._next.pop(Place(each.topic, each.partition), None)
            self._progress.left(each.topic, each.partition)

    def _look(self) -> None:
        """Is Kafka there, and which topics has it? It is waited for, in this connection."""
        try:
            found = self._consumer.list_topics(timeout=AWAY_S).topics
        except KafkaException as error:
            self._progress.waiting(f"Kafka is away: {error.args[0].str()}", self._area)
        else:
            self._topics = frozenset(name for name, topic in found.items() if topic.error is None)
            self._progress.follows(self._area, ALL)
        self._look_at = time.monotonic() + LOOK_S

    def _behind(self, place: Place) -> int:
        """Records of a place that are not answered, by what its broker said last of its end."""
        at, held = TopicPartition(*place), self._held.get(place)
        begin, end = self._consumer.get_watermark_offsets(at, cached=True)
        answered = self._next[place] if held is None else held.offset
        if answered is None:  # nothing was answered by us yet
            answered = self._consumer.position([at])[0].offset
        return max(0, end - max(answered, begin)) if answered >= 0 else 0

    def _release(self) -> None:
        """Read on from where places were held whose time has come."""
        for place, held in self._held.items():
            if not held.released and held.due <= time.monotonic():
                held.released = True
                self._consumer.resume([TopicPartition(*place)])
                self._consumer.seek(TopicPartition(*place, held.offset))

    def _keep(self, behind: Sequence[TopicPartition]) -> None:
        """Keep the place behind what was answered. Where that fails (we were too slow, and others
        own it now; the broker is away), it is all done again: the answers come once more."""
        with self._lock:
            if self._closed:
                return
            for each in behind:
                place = Place(each.topic, each.partition)
                if place in self._next:
                    self._next[place] = each.offset
            try:
                self._consumer.commit(offsets=list(behind), asynchronous=False)
            except KafkaException as error:
                LOG.warning("place-not-kept", reason=error.args[0].str())

    def _pause(self, place: Place) -> None:
        with self._lock:
            if not self._closed:
                self._consumer.pause([TopicPartition(*place)])

    def _close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._consumer.close()

    # --- a group's records ---

    async def _chunk(self, place: Place, messages: Sequence[Message]) -> TopicPartition | None:
        """Answer what one topic gave; the offset behind what was answered, None for nothing."""
        group = group_of(self._area, place.topic)
        first = messages[0].offset() or 0
        held = self._held.get(place)
        if held is not None and not held.released:
            return None
        if group is None:
            LOG.warning("passed over a record that is nobody's", topic=place.topic, offset=first)
            self._progress.foreign += len(messages)
            return TopicPartition(*place, first + len(messages))
        replies_topic = topics_of(self._area, group).replies
        sent = [_sent(group, message) for message in messages]
        replies, failed = await self._answered(sent, replies_topic)
        if failed is None:
            self._held.pop(place, None)
            self._progress.follows(*place)
        else:
            tries = 1 if held is None or replies else held.tries + 1
            self._held[place] = Held(sent[replies].offset, tries)
            if tries == 1:
                LOG.warning("commands-wait", topic=place.topic, reason=str(failed))
            self._progress.waiting(str(failed), *place)
            await asyncio.to_thread(self._pause, place)
        return TopicPartition(*place, sent[replies - 1].offset + 1) if replies else None

    async def _answered(self, sent: Sequence[Sent], topic: str) -> tuple[int, Transient | None]:
        """How many of the first records are answered for good, and why not all."""
        if topic not in self._topics:
            self._look_at = 0.0  # it may be there in a moment
            return 0, Transient(f"there is no topic {topic} for answers")
        replies, failed = await self._replies(sent)
        sink = self._sink
        try:
            await sink.send([_outgoing(topic, reply) for reply in replies])
        except Transient as error:
            await sink.close()  # what it still holds must not come after its repetition
            if self._sink is sink:
                self._sink = KafkaSink(self._owner.bootstrap, self._owner.security)
            return 0, error
        return len(replies), failed

    async def _replies(self, sent: Sequence[Sent]) -> tuple[list[Reply], Transient | None]:
        """The replies to all records, or to those before the first that nothing can be said of."""
        chains: dict[bytes | None, list[Sent]] = {}
        for one in sent:
            chains.setdefault(one.key, []).append(one)
        found: dict[int, Reply | Transient] = {}
        for chain in await asyncio.gather(*(self._chain(chain) for chain in chains.values())):
            found |= chain
        replies: list[Reply] = []
        for one in sent:
            match found.get(one.offset):
                case Reply() as reply:
                    replies.append(reply)
                case Transient() as error:
                    return replies, error
                case None:
                    break
        return replies, next((each for each in found.values() if isinstance(each, Transient)), None)

    async def _chain(self, chain: Sequence[Sent]) -> Mapping[int, Reply | Transient]:
        """Records that must not overtake each other, up to the first that has to wait."""
        found: dict[int, Reply | Transient] = {}
        for one in chain:
            try:
                found[one.offset] = await self._desk.reply(one)
            except Transient as error:
                found[one.offset] = error
                break
        return found


def _order(message: Message) -> tuple[str, int, int]:
    return message.topic() or "", message.partition() or 0, message.offset() or 0


def _place(message: Message) -> Place:
    return Place(message.topic() or "", message.partition() or 0)


def _fine(message: Message) -> bool:
    """Whether it is a record; what the client says instead is told, and is fatal if it says so."""
    error = message.error()
    if error is None:
        return True
    if error.fatal():
        raise KafkaException(error)
    LOG.warning("kafka-says", topic=message.topic(), reason=error.str())
    return False


def _sent(group: str, message: Message) -> Sent:
    try:
        headers = readable(HEADERS_OF(message) or [])
    except (SystemError, UnicodeDecodeError):
        headers = None
    kind, milliseconds = message.timestamp()
    arrived_at = milliseconds / 1000 if kind == TIMESTAMP_LOG_APPEND_TIME else None
    key, value = message.key(), message.value()
    return Sent(group, message.offset() or 0, key, value or b"", headers, arrived_at)


def _outgoing(topic: str, reply: Reply) -> Outgoing:
    return Outgoing(topic, 0, reply.key, reply.value, reply.headers)
