"""What goes into Kafka, what comes out, and the topics it lies on; against a real broker."""

import asyncio
import os
import signal
from datetime import date
from types import SimpleNamespace

import pytest
from confluent_kafka.admin import ConfigResource  # type: ignore[attr-defined]  # it is public
from kafka.errors import UnknownTopicOrPartitionError

from contracts.catalog import TOPICS, Topic
from contracts.cloudevents import to_headers
from infra.consumer import START
from infra.errors import HistoryChanged, Transient
from infra.kafka import KafkaLog
from infra.kafka_admin import WrongTopic, create_topics, told_of
from infra.kafka_sink import KafkaSink, producer_settings
from infra.local.kafka import KafkaCluster
from tests.databases import Database
from tests.logs.kafka_rig import (
    FEED,
    READER,
    Feed,
    Following,
    Rig,
    admin_of,
    boxes,
    foreign,
    make_topic,
    messages,
    outgoing,
    send,
    send_raw,
)
from tests.plugins.require import needs
from tests.toys import Put

pytestmark = needs("kafka")


async def test_a_record_comes_out_of_kafka_byte_for_byte(
    bootstrap: list[str], topic: Topic
) -> None:
    feed = Feed()
    feed.put("B1:a", "B1:b")
    feed.add("box/B2", Put(box="B2", item="\x00é漢\u2028" + "x" * 200_000, on=date(2026, 3, 2)))
    await send(bootstrap, topic, feed.received, partition=1)
    log = KafkaLog(bootstrap, {FEED: topic})
    batches = list(log.replay(FEED, 1, START, 2))
    assert [one for batch in batches for one in batch.received] == feed.received
    assert [(batch.next_offset, batch.store_id) for batch in batches] == [
        (2, feed.store_id),
        (3, feed.store_id),
    ]


async def test_other_clients_see_cloudevents_in_binary_mode(
    bootstrap: list[str], topic: Topic
) -> None:
    feed = Feed().put("B1:a")
    await send(bootstrap, topic, feed.received, partition=2)
    (message,) = messages(bootstrap, topic, 2)
    one = feed.received[0]
    assert message.key() == b"box/B1"
    assert message.value() == one.record.data
    assert message.headers() == to_headers(one.record, one.previous, one.store_id)
    headers = dict(message.headers() or ())
    assert headers["ce_specversion"] == b"1.0"
    assert headers["content-type"] == b"application/json"


async def test_a_replay_goes_on_behind_a_cursor(
    bootstrap: list[str], topic: Topic, sqlite_database: Database
) -> None:
    feed = Feed().put(*boxes(50))
    await send(bootstrap, topic, feed.received[:30])
    rig = Rig(sqlite_database, READER)
    async with Following(bootstrap, topic, rig) as following:
        await following.applied(30)
    await send(bootstrap, topic, feed.received[30:])
    log = KafkaLog(bootstrap, {FEED: topic})
    (batch,) = log.replay(FEED, 0, rig.applier.cursor(FEED, 0), 1_000)
    assert batch.received == feed.received[30:]
    assert list(log.replay(FEED, 1, START, 10)) == []


async def test_a_replay_puts_what_was_sent_again_into_its_place(
    bootstrap: list[str], topic: Topic
) -> None:
    sent = Feed().put(*boxes(9)).received
    # 4 and 5 failed in the middle of a batch; the relay began again from 3; later, 2 came alone.
    await send(bootstrap, topic, [sent[0], *sent[2:3], *sent[5:], *sent[2:], sent[1], *sent[3:5]])
    log = KafkaLog(bootstrap, {FEED: topic})
    assert [one for batch in log.replay(FEED, 0, START, 4) for one in batch.received] == sent


async def test_a_replay_tells_of_a_hole(bootstrap: list[str], topic: Topic) -> None:
    feed = Feed().put(*boxes(5))
    await send(bootstrap, topic, [*feed.received[:2], *feed.received[3:]])
    log = KafkaLog(bootstrap, {FEED: topic})
    with pytest.raises(Transient, match=r"lacks what follows position 2.*relay ghg --from 2"):
        list(log.replay(FEED, 0, START, 100))


async def test_a_replay_takes_only_one_store(bootstrap: list[str], topic: Topic) -> None:
    await send(bootstrap, topic, Feed().put("B1:a").received)
    await send(bootstrap, topic, Feed(store_id="another").put("B1:a", "B1:b").received)
    with pytest.raises(HistoryChanged, match="another"):
        list(KafkaLog(bootstrap, {FEED: topic}).replay(FEED, 0, START, 100))


async def test_the_end_of_each_partition_is_known(bootstrap: list[str], topic: Topic) -> None:
    await send(bootstrap, topic, Feed().put("B1:a", "B1:b").received, partition=1)
    log = KafkaLog(bootstrap, {FEED: topic})
    assert await asyncio.to_thread(log.ends, FEED) == {0: 0, 1: 2, 2: 0}
    assert log.partitions(FEED) == 3
    assert log.reached(START._replace(next_offset=2)) == 2


async def test_the_last_record_of_ours_is_the_tail_of_a_partition(
    bootstrap: list[str], topic: Topic
) -> None:
    feed = Feed().put(*boxes(3))
    await send(bootstrap, topic, feed.received, partition=1)
    await send_raw(bootstrap, [foreign(topic, 1)] * 70)
    await send_raw(bootstrap, [foreign(topic, 2)])
    assert await KafkaSink(bootstrap).tails(topic) == {1: feed.received[-1]}


def test_the_relay_writes_with_all_copies_and_once() -> None:
    settings = producer_settings(["a:1", "b:2"])
    assert settings["acks"] == "all"
    assert settings["enable.idempotence"] is True
    assert settings["bootstrap.servers"] == "a:1,b:2"


async def test_one_record_that_fails_fails_the_batch(bootstrap: list[str], topic: Topic) -> None:
    good = outgoing(topic, 0, Feed().put("B1:a").received)
    sink = KafkaSink(bootstrap)
    with pytest.raises(Transient):
        await sink.send([*good, good[0]._replace(partition=7)])
    await sink.close()


async def test_a_closed_producer_has_forgotten_what_it_held(
    kafka: KafkaCluster, bootstrap: list[str], topic: Topic
) -> None:
    """The broker stands still meanwhile, so that nothing can have been sent before."""
    held = outgoing(topic, 0, Feed().put(*boxes(5)).received)
    sink = KafkaSink(bootstrap)
    os.kill(kafka.pid(0), signal.SIGSTOP)
    try:
        sending = asyncio.create_task(sink.send(held))
        await asyncio.sleep(0.5)
        await sink.close()
        with pytest.raises(Transient, match="not take all of 5"):
            await sending
    finally:
        os.kill(kafka.pid(0), signal.SIGCONT)
    with pytest.raises(Transient, match="closed"):
        await sink.send(held)
    assert await asyncio.to_thread(messages, bootstrap, topic) == []


class TestTopics:
    """Made by us alone, and kept for ever."""

    def test_all_of_the_catalogue_are_made_once(self, bootstrap: list[str]) -> None:
        create_topics(bootstrap)
        assert create_topics(bootstrap) == []
        found = admin_of(bootstrap).list_topics(timeout=60).topics
        for topic in TOPICS.values():
            assert len(found[topic.name].partitions) == topic.partitions

    def test_they_keep_their_records_for_ever(self, bootstrap: list[str]) -> None:
        create_topics(bootstrap)
        asked = ConfigResource(ConfigResource.Type.TOPIC, "castmark.certification")
        admin = admin_of(bootstrap)
        found = admin.describe_configs([asked])[asked].result(60)
        kept = ("retention.ms", "retention.bytes", "cleanup.policy", "min.insync.replicas")
        assert [found[key].value for key in kept] == ["-1", "-1", "delete", "1"]

    def test_another_number_of_partitions_is_refused(
        self, bootstrap: list[str], topic: Topic
    ) -> None:
        with pytest.raises(WrongTopic, match="has 3 partitions, this build needs 4"):
            create_topics(bootstrap, [Topic(topic.name, 4)])

    def test_a_topic_that_forgets_is_refused(self, bootstrap: list[str]) -> None:
        short = make_topic(bootstrap, 1, {"retention.ms": "1000"})
        with pytest.raises(WrongTopic, match=r"retention\.ms=1000, so it forgets"):
            create_topics(bootstrap, [short])

    def test_a_broker_that_has_not_heard_of_a_new_topic_is_asked_again(self) -> None:
        unheard = {"name": "new", "error_code": UnknownTopicOrPartitionError.errno}
        heard = {"name": "new", "error_code": 0, "partitions": [{}, {}]}
        answers = [[{**unheard, "partitions": []}], [heard]]
        admin = SimpleNamespace(describe_topics=lambda _: answers.pop(0))
        assert told_of(admin, ["new"]) == [heard]
