"""The relay and its consumers over a real broker: failed sends, two at once, a topic sent again.

The tests whose names say what is lost run the same scene without one of the precautions: they show
that the scene is one in which it matters.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from contracts.catalog import Topic
from infra.consumer import START
from infra.errors import Transient
from infra.kafka import KafkaLog
from infra.kafka_sink import KafkaSink
from infra.relay import Outgoing, Relay, rewind
from tests.databases import Database
from tests.logs.kafka_rig import (
    FEED,
    READER,
    Following,
    Publisher,
    Rig,
    delete_records,
    make_anew,
    make_topic,
    twice,
    until,
)
from tests.plugins.require import needs
from tests.toys import Wall

pytestmark = needs("kafka")
PARTITIONS = 12


@pytest.fixture
def topic(bootstrap: list[str]) -> Topic:
    """A topic with as many partitions as the source's own."""
    return make_topic(bootstrap, PARTITIONS)


@pytest.fixture
def publisher(tmp_path: Path, bootstrap: list[str], topic: Topic) -> Publisher:
    """The service whose store is relayed."""
    return Publisher(tmp_path, bootstrap, topic)


@pytest.fixture
def rig(sqlite_database: Database) -> Rig:
    """The consumer, with its database."""
    return Rig(sqlite_database, READER)


class Faltering(KafkaSink):
    """Loses one record in the middle of its batch, once; the ones behind it arrive."""

    falters = 1

    async def send(self, records: Sequence[Outgoing]) -> None:
        """As a broker that refuses one record."""
        middle = len(records) // 2
        if not self.falters or middle == 0:
            await super().send(records)
            return
        Faltering.falters -= 1
        lost = records[middle]
        await super().send([record for record in records if record is not lost])
        raise Transient("one record was not taken")


class Unchained(Faltering):
    """The same without `ce_previous`: each record claims to have none before it."""

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Send with the chain cut."""
        await super().send(
            [
                record._replace(
                    headers=[(k, b"0" if k == "ce_previous" else v) for k, v in record.headers]
                )
                for record in records
            ]
        )


async def on_topic(publisher: Publisher, number: int) -> None:
    """Wait until so many records are on the topic."""
    log = KafkaLog(publisher.bootstrap, {FEED: publisher.topic})
    await until(lambda: sum(log.ends(FEED).values()) >= number, lambda: log.ends(FEED))


async def at_work(relay: Relay, number: int) -> None:
    """Wait until a relay has sent so many records."""
    await until(lambda: relay.progress.applied >= number, lambda: relay.progress)


@pytest.mark.parametrize("sink", [Faltering, Unchained])
async def test_a_record_that_failed_inside_a_batch_is_lost_only_without_the_chain(
    bootstrap: list[str], rig: Rig, tmp_path: Path, sink: type[KafkaSink]
) -> None:
    Faltering.falters = 1
    topic = make_topic(bootstrap, 1)
    async with Publisher(tmp_path, bootstrap, topic) as publisher:
        await publisher.put(40)
        publisher.relay(partial(sink, bootstrap))
        await on_topic(publisher, 79)
        async with Following(bootstrap, topic, rig) as following:
            await until(lambda: rig.applier.cursor(FEED, 0).next_offset == 79, rig.state)
            await following.applied(0)
    missing = {f"B{number}" for number in range(40)} - rig.rows().keys()
    assert (len(missing), twice(rig)) == ((0, []) if sink is Faltering else (1, []))


async def test_two_relays_at_once_make_repeats_and_lose_nothing(
    bootstrap: list[str], topic: Topic, publisher: Publisher, rig: Rig
) -> None:
    async with publisher, Following(bootstrap, topic, rig) as following:
        await publisher.put(100)
        first = publisher.relay(holder="one")
        await on_topic(publisher, 100)
        second = publisher.relay(holder="two")
        await until(lambda: second.progress.state == "waiting", lambda: second.progress)
        assert "another process relays" in second.progress.reason
        # Its clock is ahead: it believes that the lease has run out, and starts from a cursor
        # that lies behind what the first has sent.
        third = publisher.relay(
            holder="three", wall=Wall(publisher.wall.at + timedelta(seconds=60))
        )
        for _ in range(10):
            await publisher.put(20)
        await until(lambda: first.progress.state == "waiting", lambda: first.progress)
        await until(lambda: third.progress.state == "following", lambda: third.progress)
        await following.applied(300)
    assert (len(rig.rows()), twice(rig)) == (300, [])


async def test_a_relay_that_was_killed_sends_again_from_its_cursor(
    bootstrap: list[str], topic: Topic, publisher: Publisher, rig: Rig
) -> None:
    async with publisher, Following(bootstrap, topic, rig) as following:
        for _ in range(3):
            relay = publisher.relay()
            await publisher.put(200)
            await at_work(relay, 200)
            await publisher.stop_relays()
        await following.applied(600)
    assert (len(rig.rows()), twice(rig)) == (600, [])


@pytest.mark.parametrize("how", ["records deleted", "topic made anew"])
async def test_a_topic_that_lost_its_records_is_filled_again_by_a_rewind(
    bootstrap: list[str],
    topic: Topic,
    publisher: Publisher,
    rig: Rig,
    how: str,
) -> None:
    async with publisher:
        relay = publisher.relay()
        await publisher.put(60)
        async with Following(bootstrap, topic, rig) as following:
            await following.applied(60)
        if how == "records deleted":
            delete_records(bootstrap, topic, following.log.ends(FEED))
        else:
            make_anew(bootstrap, topic)
        await publisher.writer.run(partial(rewind, position=0))
        await publisher.put(20)
        await at_work(relay, 140)
        async with Following(bootstrap, topic, rig) as following:
            await following.applied(20)
        log = KafkaLog(bootstrap, {FEED: topic})
        found = [
            one.record.envelope.position
            for number in range(PARTITIONS)
            for batch in log.replay(FEED, number, START, 1_000)
            for one in batch.received
        ]
    assert sorted(found) == list(range(1, 81))
    assert (len(rig.rows()), twice(rig), following.progress.holes) == (80, [], 0)


async def test_a_store_restored_from_a_backup_stops_its_relay(
    bootstrap: list[str], topic: Topic, publisher: Publisher, tmp_path: Path
) -> None:
    async with publisher:
        publisher.relay()
        await publisher.put(10)
        await on_topic(publisher, 10)
    (tmp_path / "older").mkdir()
    async with Publisher(tmp_path / "older", bootstrap, topic) as older:
        await older.put(20)
        relay = older.relay()
        await until(lambda: relay.progress.state == "stopped", lambda: relay.progress)
        assert "was it restored from a backup?" in relay.progress.reason
