"""A consumer that follows Kafka from its database's cursor: holes, repeats, strangers, lost topics.

Every test here has a real broker, and reads rows that show an event applied twice.
"""

import asyncio
from collections.abc import Sequence

import pytest
from aiokafka import (  # type: ignore[import-untyped]  # it ships no types
    AIOKafkaConsumer,
    TopicPartition,
)
from faststream.kafka.subscriber.usecase import BatchSubscriber
from faststream.middlewares import AckPolicy
from sqlalchemy import delete

from contracts.catalog import Topic
from infra import tables
from infra.bus import Progress
from infra.consumer import START, Applied, Applier, Batch
from infra.errors import Transient
from infra.kafka_follower import Follower
from tests.databases import Database
from tests.logs.kafka_rig import (
    FEED,
    READER,
    Feed,
    Following,
    Rig,
    boxes,
    foreign,
    make_anew,
    outgoing,
    send,
    send_raw,
    twice,
    until,
)
from tests.plugins.require import needs

pytestmark = needs("kafka")


@pytest.fixture
def rig(sqlite_database: Database) -> Rig:
    """The consumer, with its database."""
    return Rig(sqlite_database, READER)


class Moody(Applier):
    """An applier that fails with each of some errors before it works."""

    def __init__(self, rig: Rig, *errors: Exception) -> None:
        super().__init__(rig.consumer, rig.writer, rig.models)
        self.errors = list(errors)
        self.batches: list[Batch] = []

    async def apply_all(self, batches: Sequence[Batch]) -> list[Applied]:
        """Apply, or fail as told."""
        self.batches += batches
        if self.errors:
            raise self.errors.pop(0)
        return await super().apply_all(batches)


async def test_all_that_is_sent_is_applied_once(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    feeds = [Feed(partition=number).put(*boxes(30, f"P{number}-")) for number in range(3)]
    for feed in feeds[:2]:
        await send(bootstrap, topic, feed.received, feed.partition)
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(60)
        await send(bootstrap, topic, feeds[2].received, 2)
        await following.applied(90)
        assert await asyncio.to_thread(following.log.ends, FEED) == {
            number: following.log.reached(rig.applier.cursor(FEED, number)) for number in range(3)
        }
    assert sorted(rig.rows()) == sorted(b for feed in feeds for b in _boxes(feed))
    assert twice(rig) == []
    assert (following.progress.repeats, following.progress.holes) == (0, 0)


async def test_reading_begins_where_the_database_says_not_where_the_group_does(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    feed = Feed().put(*boxes(40))
    await send(bootstrap, topic, feed.received[:20])
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(20)
    await send(bootstrap, topic, feed.received[20:])
    done = 20
    for misleading in (40, 3):
        await _commit(bootstrap, topic, misleading)
        applier = Moody(rig)
        async with Following(bootstrap, topic, rig, applier) as following:
            await until(lambda: rig.applier.cursor(FEED, 0).position == 40, rig.rows)
            await following.applied(0)
        # the record that was applied last is read again, so that its hash is compared
        assert applier.batches[0].received[0] == feed.received[done - 1]
        assert following.progress.holes == 0
        done = 40
    assert (len(rig.rows()), twice(rig)) == (40, [])


async def test_repeats_are_passed_over_and_are_no_lag(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    feed = Feed().put(*boxes(30))
    await send(bootstrap, topic, feed.received)
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(30)
        await send(bootstrap, topic, feed.received[10:])
        await send(bootstrap, topic, feed.received[20:])
        await until(lambda: rig.applier.cursor(FEED, 0).next_offset == 60, rig.state)
    assert (len(rig.rows()), twice(rig)) == (30, [])
    assert following.progress.repeats == 30


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "with all behind it"])
async def test_a_hole_waits_and_alarms_until_what_is_missing_comes(
    bootstrap: list[str], topic: Topic, rig: Rig, alone: bool
) -> None:
    feed, other = Feed().put(*boxes(9)), Feed(partition=1).put(*boxes(50, "C"))
    missing = feed.received[4]
    await send(bootstrap, topic, [one for one in feed.received if one is not missing])
    async with Following(bootstrap, topic, rig) as following:
        await following.state("waiting", "lacks what follows position 4")
        assert "castmark relay ghg --from 4" in following.progress.reason
        await until(lambda: following.progress.holes == 1, lambda: following.progress)
        await send(bootstrap, topic, other.received, 1)
        await until(lambda: rig.applier.cursor(FEED, 1).position == 50, rig.state)
        assert rig.applier.cursor(FEED, 0).position == 4
        assert following.progress.state == "waiting"
        assert (FEED, 0) in following.progress.behind_since
        await send(bootstrap, topic, [missing] if alone else feed.received[4:])
        await following.applied(59)
        assert following.progress.holes == 1
        assert following.progress.behind_since == {}
    assert (len(rig.rows()), twice(rig)) == (59, [])


async def test_a_hole_survives_a_restart(bootstrap: list[str], topic: Topic, rig: Rig) -> None:
    feed = Feed().put(*boxes(9))
    await send(bootstrap, topic, [*feed.received[:4], *feed.received[5:]])
    async with Following(bootstrap, topic, rig) as following:
        await following.state("waiting")
    await send(bootstrap, topic, [feed.received[4]])
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(5)
    assert (len(rig.rows()), twice(rig)) == (9, [])


async def test_a_record_that_is_not_ours_is_passed_over_and_counted(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    feed = Feed().put(*boxes(4))
    good = outgoing(topic, 0, feed.received)
    other = Feed(source="coc_ledger").put(*boxes(9, "X"))
    strangers = [foreign(topic), foreign(topic, headers=good[0].headers[:5])]
    strangers += outgoing(topic, 0, other.received[-1:])
    await send_raw(bootstrap, [strangers[0], *good[:2], *strangers, *good[2:], *strangers])
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(4)
        await until(lambda: rig.applier.cursor(FEED, 0).next_offset == 11, rig.state)
        assert following.progress.foreign == 7
    assert (len(rig.rows()), twice(rig)) == (4, [])
    replayed = following.log.replay(FEED, 0, START, 2)
    assert [one for batch in replayed for one in batch.received] == feed.received


@pytest.mark.parametrize("how", ["another store", "another past"])
async def test_another_history_stops_the_consumer(
    bootstrap: list[str], topic: Topic, rig: Rig, how: str
) -> None:
    feed = Feed().put(*boxes(5))
    await send(bootstrap, topic, feed.received)
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(5)
    make_anew(bootstrap, topic)
    changed = Feed(store_id="another") if how == "another store" else Feed()
    changed.put(*boxes(4), "B9:other", "B10:a")
    await send(bootstrap, topic, changed.received)
    async with Following(bootstrap, topic, rig) as following:
        await following.state("stopped", "source-history-changed")
        assert following.task is not None
        await following.task
    assert len(rig.rows()) == 5


@pytest.mark.parametrize("left", [0, 3])
async def test_a_topic_that_was_lost_stops_the_consumer_until_it_is_filled_again(
    bootstrap: list[str], topic: Topic, rig: Rig, left: int
) -> None:
    feed = Feed().put(*boxes(8))
    await send(bootstrap, topic, [feed.received[0], *feed.received])  # offsets will differ
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(8)
        make_anew(bootstrap, topic)
        await send(bootstrap, topic, feed.received[:left])
        await following.state("stopped", f"ends with position {left}, but position 8 was applied")
        assert f"castmark relay ghg --from {left}" in following.progress.reason
    more = feed.put("B9:a").received[left:]
    await send(bootstrap, topic, more)
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(1)
        assert rig.applier.cursor(FEED, 0).next_offset == 9
    assert (len(rig.rows()), twice(rig), following.progress.holes) == (9, [], 0)


async def test_a_topic_filled_again_in_fewer_records_is_read_from_its_beginning(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    feed = Feed().put(*boxes(20))
    for part in (feed.received[:5], feed.received[:5], feed.received[:10]):
        await send(bootstrap, topic, part)
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(10)
    assert rig.applier.cursor(FEED, 0).next_offset == 20
    make_anew(bootstrap, topic)
    await send(bootstrap, topic, feed.received)
    # offset 19 holds position 20 now: nothing there connects to position 10
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(10)
    assert (len(rig.rows()), twice(rig)) == (20, [])


async def test_a_cursor_that_is_set_back_under_the_follower_loses_nothing(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    feed = Feed().put(*boxes(12))
    await send(bootstrap, topic, feed.received[:10])
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(10)
        with rig.store.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            for table in (*rig.models.slots["a"].all(), tables.CURSORS):
                connection.execute(delete(table))
            connection.exec_driver_sql("COMMIT")
        await send(bootstrap, topic, feed.received[10:])
        await following.applied(22)
    assert (len(rig.rows()), twice(rig)) == (12, [])


async def test_a_database_that_is_away_is_waited_for(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    feeds = [Feed(partition=number).put(*boxes(9, f"P{number}-")) for number in range(3)]
    for feed in feeds:
        await send(bootstrap, topic, feed.received, feed.partition)
    moody = Moody(rig, *[Transient("the database is away")] * 4)
    async with Following(bootstrap, topic, rig, moody) as following:
        await following.state("waiting", "the database is away")
        assert len(moody.batches) < 4  # it waits longer each time
        await following.applied(27)
    assert (len(rig.rows()), twice(rig), following.progress.holes) == (27, [], 0)


async def test_a_bug_is_seen_by_whoever_runs_the_follower(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    await send(bootstrap, topic, Feed().put(*boxes(3)).received)
    async with Following(bootstrap, topic, rig, Moody(rig, TypeError("a bug"))) as following:
        assert following.task is not None
        with pytest.raises(TypeError, match="a bug"):
            await asyncio.wait_for(following.task, 60)
    assert rig.rows() == {}


async def test_the_group_shows_how_far_the_consumer_is(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    await send(bootstrap, topic, Feed().put(*boxes(7)).received)
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(7)
        found = -1
        for _ in range(100):
            found = await _committed(bootstrap, topic)
            if found == 7:
                break
            await asyncio.sleep(0.1)
    assert found == 7


async def test_nothing_is_acknowledged_by_the_library(rig: Rig, topic: Topic) -> None:
    follower = Follower(["127.0.0.1:1"], rig.applier, {FEED: topic}, Progress("x"))
    (subscriber,) = follower.broker.subscribers
    assert subscriber.ack_policy is AckPolicy.MANUAL
    assert isinstance(subscriber, BatchSubscriber)
    settings = subscriber._connection_args
    assert settings["enable_auto_commit"] is False
    assert settings["auto_offset_reset"] == "earliest"


def _boxes(feed: Feed) -> list[str]:
    return [one.record.envelope.stream.partition("/")[2] for one in feed.received]


async def _commit(bootstrap: list[str], topic: Topic, offset: int) -> None:
    """Have the group say something else than the database."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=READER.name, enable_auto_commit=False
    )
    place = TopicPartition(topic.name, 0)
    consumer.assign([place])
    await consumer.start()
    await consumer.commit({place: offset})
    await consumer.stop()


async def _committed(bootstrap: list[str], topic: Topic) -> int:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=READER.name, enable_auto_commit=False
    )
    place = TopicPartition(topic.name, 0)
    consumer.assign([place])
    await consumer.start()
    offset = await consumer.committed(place)
    await consumer.stop()
    return offset or 0
