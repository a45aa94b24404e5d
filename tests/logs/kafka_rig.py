"""Topics, senders and followers for the tests of the Kafka log."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # public

from contracts.catalog import Topic
from contracts.cloudevents import Header, Received, to_headers
from infra.bus import Progress
from infra.consumer import Applier
from infra.kafka import KafkaLog
from infra.kafka_replay import reader_settings
from infra.kafka_sink import KafkaSink
from infra.local.kafka import KafkaCluster
from infra.relay import Outgoing, Relay, Sink
from tests.databases import Database
from tests.logs.rig import FEED, Feed, Rig
from tests.toys import SHOWING, Wall, put

PATIENCE_S = 60.0
READER = SHOWING._replace(sources=(FEED,), facts=())
"""A consumer whose rows show an event that was applied twice: an item is in its box twice."""


@pytest.fixture
def bootstrap(kafka: KafkaCluster) -> list[str]:
    """Where the shared broker listens."""
    return kafka.bootstrap


@pytest.fixture
def topic(bootstrap: list[str]) -> Topic:
    """A topic of the test's own, with three partitions."""
    return make_topic(bootstrap, 3)


async def until(
    done: Callable[[], bool], what: Callable[[], object], patience_s: float = PATIENCE_S
) -> None:
    """Wait until something is so; else fail with what is so instead."""
    give_up = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < give_up, what()
        await asyncio.sleep(0.02)


def admin_of(bootstrap: Sequence[str]) -> AdminClient:
    """confluent-kafka's administration: it leaves no sockets to the collector."""
    return AdminClient({"bootstrap.servers": ",".join(bootstrap)})


def make_topic(
    bootstrap: Sequence[str], partitions: int, config: Mapping[str, str] | None = None
) -> Topic:
    """A topic of a test's own."""
    topic = Topic(f"test-{secrets.token_hex(6)}", partitions)
    _make(admin_of(bootstrap), topic, config)
    return topic


def make_anew(bootstrap: Sequence[str], topic: Topic) -> None:
    """Delete a topic with all it holds, and make it again, empty."""
    admin = admin_of(bootstrap)
    admin.delete_topics([topic.name])[topic.name].result(PATIENCE_S)
    give_up = time.monotonic() + PATIENCE_S
    while topic.name in admin.list_topics(timeout=PATIENCE_S).topics:
        assert time.monotonic() < give_up, "the topic was not deleted"
        time.sleep(0.05)
    _make(admin, topic)


def _make(admin: AdminClient, topic: Topic, config: Mapping[str, str] | None = None) -> None:
    made = NewTopic(topic.name, topic.partitions, config=dict(config or {}))
    admin.create_topics([made])[topic.name].result(PATIENCE_S)
    give_up = time.monotonic() + PATIENCE_S
    while not _has_leaders(admin, topic):
        assert time.monotonic() < give_up, "the topic has no leaders"
        time.sleep(0.05)


def _has_leaders(admin: AdminClient, topic: Topic) -> bool:
    found = admin.list_topics(timeout=PATIENCE_S).topics.get(topic.name)
    partitions = {} if found is None else found.partitions
    return len(partitions) == topic.partitions and all(
        part.leader >= 0 for part in partitions.values()
    )


def delete_records(bootstrap: Sequence[str], topic: Topic, ends: Mapping[int, int]) -> None:
    """What a retention by mistake would do: records are gone, offsets go on."""
    places = [TopicPartition(topic.name, number, end) for number, end in ends.items()]
    admin = admin_of(bootstrap)  # to be kept: its answers die with it
    for deleted in admin.delete_records(places).values():
        deleted.result(PATIENCE_S)


def outgoing(topic: Topic, partition: int, received: Iterable[Received]) -> list[Outgoing]:
    """Records as a relay sends them."""
    return [
        Outgoing(
            topic.name,
            partition,
            one.record.envelope.stream.encode(),
            one.record.data,
            to_headers(one.record, one.previous, one.store_id),
        )
        for one in received
    ]


async def send(
    bootstrap: Sequence[str], topic: Topic, received: Iterable[Received], partition: int = 0
) -> None:
    """Have records on the topic."""
    await send_raw(bootstrap, outgoing(topic, partition, received))


async def send_raw(bootstrap: Sequence[str], records: Sequence[Outgoing]) -> None:
    """Have anything on a topic."""
    sink = KafkaSink(bootstrap)
    try:
        await sink.send(records)
    finally:
        await sink.close()


def foreign(topic: Topic, partition: int = 0, headers: Sequence[Header] = ()) -> Outgoing:
    """A record that none of our services wrote."""
    return Outgoing(topic.name, partition, b"key", b"\xff not ours", [("x", b"\xff"), *headers])


def messages(bootstrap: Sequence[str], topic: Topic, partition: int = 0) -> list[Message]:
    """All that a partition holds, as another client sees it."""
    consumer = Consumer(reader_settings(bootstrap))
    try:
        place = TopicPartition(topic.name, partition)
        low, end = consumer.get_watermark_offsets(place, timeout=10)
        consumer.assign([TopicPartition(topic.name, partition, low)])
        found: list[Message] = []
        while len(found) < end - low:
            found += consumer.consume(end - low - len(found), timeout=1)
        return found
    finally:
        consumer.close()


def boxes(number: int, prefix: str = "B") -> list[str]:
    """Places for `Feed.put`: one item in each of many boxes."""
    return [f"{prefix}{each}:a" for each in range(number)]


class Following:
    """A consumer at work on a topic, from `async with` to its end."""

    def __init__(
        self,
        bootstrap: Sequence[str],
        topic: Topic,
        rig: Rig,
        applier: Applier | None = None,
    ) -> None:
        self.rig = rig
        self.log = KafkaLog(bootstrap, {FEED: topic})
        self.progress = Progress(rig.consumer.name)
        self._applier = applier or rig.applier
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        work = self.log.follow(self._applier, [FEED], self.progress)
        self.task = asyncio.create_task(work)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.wait([self.task])

    async def applied(self, number: int) -> None:
        """Wait until so many records were applied, and nothing is left."""

        def done() -> bool:
            progress = self.progress
            enough = progress.applied >= number and not progress.behind_since
            return enough and progress.state == "following"

        await until(done, lambda: self.progress)

    async def state(self, state: str, word: str = "") -> None:
        """Wait until it is in a state, for a reason that has a word in it."""
        await until(
            lambda: self.progress.state == state and word in self.progress.reason,
            lambda: self.progress,
        )


class Publisher:
    """A service that publishes: its own store, with as many relays as a test likes."""

    def __init__(self, folder: Path, bootstrap: Sequence[str], topic: Topic) -> None:
        url = f"sqlite:///{folder / 'publisher.sqlite'}"
        self.database = Database(url, url, None)
        self.store = self.database.store(FEED)
        self.writer = self.database.writer(self.store)
        self.bootstrap = list(bootstrap)
        self.topic = topic
        self.wall = Wall()
        self.put_so_far = 0
        self._tasks: list[asyncio.Task[None]] = []

    def relay(
        self,
        sink: Callable[[], Sink] | None = None,
        holder: str = "one",
        wall: Wall | None = None,
    ) -> Relay:
        """Start a relay."""
        make = sink or (lambda: KafkaSink(self.bootstrap))
        relay = Relay(self.writer, make, (wall or self.wall).now, holder)
        relay.topic = self.topic
        self._tasks.append(asyncio.create_task(relay.run()))
        return relay

    async def put(self, number: int) -> None:
        """One item in each of so many new boxes."""
        names = range(self.put_so_far, self.put_so_far + number)
        await self.writer.execute_many([put(f"B{name}", "a") for name in names])
        self.put_so_far += number

    async def stop_relays(self) -> None:
        """All of them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_relays()
        self.database.close()


def twice(rig: Rig) -> list[str]:
    """Boxes into which an item was counted more than once."""
    return [box for box, row in rig.rows().items() if row.total != 1]


__all__ = [
    "FEED",
    "PATIENCE_S",
    "READER",
    "Feed",
    "Following",
    "Publisher",
    "Rig",
    "admin_of",
    "bootstrap",
    "boxes",
    "delete_records",
    "foreign",
    "make_anew",
    "make_topic",
    "messages",
    "outgoing",
    "send",
    "send_raw",
    "topic",
    "twice",
    "until",
]
