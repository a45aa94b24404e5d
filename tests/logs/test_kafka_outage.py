"""A broker of the test's own is killed while records flow, and comes back."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import infra.kafka_replay
import infra.kafka_sink
from contracts.catalog import Topic
from infra.errors import Transient
from infra.kafka import KafkaLog
from infra.kafka_admin import create_topics
from infra.kafka_sink import KafkaSink
from infra.local.kafka import KafkaCluster
from tests.databases import Database
from tests.logs.kafka_rig import (
    FEED,
    READER,
    Feed,
    Following,
    Publisher,
    Rig,
    make_topic,
    messages,
    outgoing,
    twice,
    until,
)
from tests.plugins.require import needs

pytestmark = [needs("kafka"), pytest.mark.timeout(300)]


@pytest.fixture
def cluster() -> Iterator[KafkaCluster]:
    """One broker, to be killed."""
    with KafkaCluster() as cluster:
        yield cluster


async def test_a_broker_that_is_killed_is_waited_for_and_nothing_is_lost(
    cluster: KafkaCluster,
    tmp_path: Path,
    sqlite_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(infra.kafka_sink, "GIVE_UP_MS", 1_500)
    monkeypatch.setattr(infra.kafka_replay, "ANSWER_S", 2.0)
    bootstrap = cluster.bootstrap
    topic = make_topic(bootstrap, 12)
    rig = Rig(sqlite_database, READER)
    publisher = Publisher(tmp_path, bootstrap, topic)
    async with publisher, Following(bootstrap, topic, rig) as following:
        relay = publisher.relay()
        await publisher.put(200)
        await following.applied(200)
        await asyncio.to_thread(cluster.kill, 0)
        await publisher.put(200)
        await following.state("waiting", "Kafka is away")
        await until(lambda: relay.progress.state == "waiting", lambda: relay.progress)
        with pytest.raises(Transient):
            await asyncio.to_thread(following.log.ends, FEED)
        with pytest.raises(Transient, match="away"):
            await asyncio.to_thread(create_topics, bootstrap, [topic])
        await refuses_and_forgets(bootstrap, topic)
        await asyncio.to_thread(cluster.restart, 0)
        await publisher.put(200)
        await following.applied(600)
        assert following.progress.holes == 0
        assert not any(b"X" in (message.key() or b"") for message in messages(bootstrap, topic))
    assert (len(rig.rows()), twice(rig)) == (600, [])


async def refuses_and_forgets(bootstrap: list[str], topic: Topic) -> None:
    """A producer that could not send has nothing left to send when the broker is back."""
    sink = KafkaSink(bootstrap)
    with pytest.raises(Transient, match="not take all of 3"):
        await sink.send(outgoing(topic, 0, Feed().put("X1:a", "X2:a", "X3:a").received))
    await sink.close()


async def test_a_broker_that_is_not_there_yet_is_waited_for(
    tmp_path: Path, sqlite_database: Database
) -> None:
    rig = Rig(sqlite_database, READER)
    async with Following(["127.0.0.1:1"], Topic("nowhere", 1), rig) as following:
        await following.state("waiting", "Kafka is away")
    assert isinstance(following.log, KafkaLog)
