"""Several processes of one consumer share its partitions, while members come and go under load.

Each member has a writer of its own on the same database, as a process has.
"""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import Connection, delete

import infra.consumer
from contracts.catalog import Topic
from infra import tables
from infra.bus import ALL
from infra.consumer import Applied, Applier, Batch, Cursor
from infra.kafka_sink import KafkaSink
from tests.databases import Database
from tests.logs.kafka_rig import (
    READER,
    Feed,
    Following,
    Rig,
    boxes,
    make_topic,
    outgoing,
    twice,
    until,
)
from tests.plugins.require import needs

pytestmark = needs("kafka")
PARTITIONS = 6
EACH = 60


@pytest.fixture
def topic(bootstrap: list[str]) -> Topic:
    """A topic with enough partitions to share."""
    return make_topic(bootstrap, PARTITIONS)


class Slow(Applier):
    """Takes its time before each batch, so that partitions move while one is in its hands."""

    def __init__(self, rig: Rig, seed: int) -> None:
        super().__init__(rig.consumer, rig.writer, rig.models)
        self.chance = random.Random(seed)

    async def apply_all(self, batches: Sequence[Batch]) -> list[Applied]:
        """Wait a little, then apply."""
        await asyncio.sleep(self.chance.random() * 0.05)
        return await super().apply_all(batches)


class Scene:
    """Records that keep coming, and members that come and go."""

    def __init__(self, bootstrap: list[str], topic: Topic, database: Database, seed: int) -> None:
        self.bootstrap = bootstrap
        self.topic = topic
        self.database = database
        self.seed = seed
        self.sink = KafkaSink(bootstrap)
        self.rigs = [Rig(database, READER) for _ in range(2)]
        self.feeds = [
            Feed(partition=number).put(*boxes(EACH, f"P{number}-")) for number in range(PARTITIONS)
        ]

    def member(self, number: int) -> Following:
        """A process of the consumer."""
        rig = self.rigs[number]
        return Following(self.bootstrap, self.topic, rig, Slow(rig, self.seed + number))

    async def load(self, first: int, last: int) -> None:
        """Send some records to each partition, a few at a time."""
        for at in range(first, last, 5):
            part = [
                record
                for feed in self.feeds
                for record in outgoing(self.topic, feed.partition, feed.received[at : at + 5])
            ]
            await self.sink.send(part)

    def left(self) -> int:
        """How many boxes have not been seen."""
        return PARTITIONS * EACH - len(self.rigs[0].rows())

    async def play(self, joins: int, patience_s: float, *, working: bool = True) -> list[Following]:
        """One member; another one joins it and leaves again, so many times; under load. With
        `working` it leaves only when it has applied something."""
        members: list[Following] = []
        async with AsyncExitStack() as whole:
            members.append(await whole.enter_async_context(self.member(0)))
            await self.load(0, 10)
            share = (EACH - 10) // (2 * joins)
            for at in range(10, 10 + 2 * share * joins, 2 * share):
                async with self.member(1) as other:
                    members.append(other)
                    await until(started(other), lambda: members[-1].progress)
                    await self.load(at, at + share)
                    if working:
                        await until(applied(other), lambda: members[-1].progress)
                await self.load(at + share, at + 2 * share)
            await self.load(10 + 2 * share * joins, EACH)
            await self.seen(patience_s)
        await self.sink.close()
        return members

    async def seen(self, patience_s: float) -> None:
        """Wait until all was seen, or nothing more has come for so long."""
        left, since = self.left(), time.monotonic()
        while left and time.monotonic() - since < patience_s:
            await asyncio.sleep(0.3)
            if self.left() != left:
                left, since = self.left(), time.monotonic()


def started(member: Following) -> Callable[[], bool]:
    """Whether it follows partitions of its own; a reserve follows none."""

    def so() -> bool:
        places = dict(member.progress.places)
        return any(number != ALL and not reason for (_, number), reason in places.items())

    return so


def applied(member: Following) -> Callable[[], bool]:
    """Whether it has applied anything."""
    return lambda: member.progress.applied > 0


async def test_members_that_come_and_go_under_load_lose_and_repeat_nothing(
    bootstrap: list[str], topic: Topic, sqlite_database: Database, seed: int
) -> None:
    scene = Scene(bootstrap, topic, sqlite_database, seed)
    members = await scene.play(joins=2, patience_s=20)
    assert (scene.left(), twice(scene.rigs[0])) == (0, [])
    assert sum(member.progress.applied for member in members) == PARTITIONS * EACH
    assert all(member.progress.applied for member in members)


def trust_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cursors are kept by each process and written over those of others."""
    memory: dict[tuple[int, str, int], Cursor] = {}
    read = infra.consumer.read_cursor

    def remembered(
        connection: Connection, consumer: str, source: str, partition: int, *, lock: bool = False
    ) -> Cursor:
        mine = (threading.get_ident(), source, partition)
        if lock and mine in memory:
            return memory[mine]
        return read(connection, consumer, source, partition, lock=lock)

    def blindly(
        connection: Connection,
        consumer: str,
        source: str,
        partition: int,
        old: Cursor,
        new: Cursor,
    ) -> None:
        memory[threading.get_ident(), source, partition] = new
        cursors = tables.CURSORS
        mine = (cursors.c.source == source, cursors.c.partition == partition)
        connection.execute(delete(cursors).where(cursors.c.consumer == consumer, *mine))
        values = {**new._asdict(), "closed_on": ""}
        key = {"consumer": consumer, "source": source, "partition": partition}
        connection.execute(cursors.insert().values(**key, **values))

    monkeypatch.setattr(infra.consumer, "read_cursor", remembered)
    monkeypatch.setattr(infra.consumer, "move_cursor", blindly)


@pytest.mark.parametrize("trusting", [False, True])
async def test_what_a_member_still_holds_of_a_partition_that_moved_is_applied_twice_by_memory_alone(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, trusting: bool
) -> None:
    if trusting:
        trust_memory(monkeypatch)
    first, second = (Rig(sqlite_database, READER) for _ in range(2))
    feed = Feed().put(*boxes(30))
    await first.apply(feed.batch(1, 10))
    await second.apply(feed.batch(11, 20))  # the partition is its own now
    await first.apply(feed.batch(11, 20))  # which it fetched before that
    await second.apply(feed.batch(21, 30))
    assert len(first.rows()) == 30
    assert twice(first) == ([f"B{number}" for number in range(10, 20)] if trusting else [])


@pytest.mark.soak
async def test_members_that_trust_their_memory_lose_their_place_or_apply_twice(
    bootstrap: list[str],
    topic: Topic,
    sqlite_database: Database,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The must-fail companion of the first test, among members of a real group."""
    trust_memory(monkeypatch)
    scene = Scene(bootstrap, topic, sqlite_database, seed)
    await scene.play(joins=4, patience_s=5, working=False)  # one visit may do no harm by chance
    assert scene.left() > 0 or twice(scene.rigs[0]) != []
