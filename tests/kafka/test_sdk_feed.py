"""The SDK's subscriber over a real Kafka: every event once, whatever the log went through."""

import secrets
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from contracts.cloudevents import Received, to_headers
from infra.local.kafka import KafkaCluster
from sdk import FileCheckpoint, HistoryChanged, MissingEvents, SqliteCheckpoint, Subscriber
from sdk.kafka_feed import KafkaFeed
from tests.plugins.require import needs
from tests.sdk_wheel.history import chain, granted, grants, record

pytestmark = [needs("kafka"), pytest.mark.timeout(300)]
WAIT_S = 30


class Log:
    """A topic of our own on the shared broker, and a subscriber's checkpoint."""

    def __init__(self, kafka: KafkaCluster, folder: Path) -> None:
        self.bootstrap = kafka.bootstrap
        self.topic = f"sdk.{secrets.token_hex(6)}"
        self.path = folder / "seen.json"
        self._admin = AdminClient({"bootstrap.servers": kafka.address})
        self.create()

    def create(self) -> None:
        made = self._admin.create_topics([NewTopic(self.topic, 1, 1)])
        made[self.topic].result(WAIT_S)

    def delete(self) -> None:
        self._admin.delete_topics([self.topic])[self.topic].result(WAIT_S)

    def write(self, relayed: Sequence[Received]) -> None:
        """Put these at the end of the log, in this order."""
        producer = Producer({"bootstrap.servers": ",".join(self.bootstrap), "acks": "all"})
        for one in relayed:
            producer.produce(
                self.topic,
                key=one.record.envelope.stream,
                value=one.record.data,
                headers=[*to_headers(one.record, one.previous, one.store_id)],
                partition=0,
            )
        assert producer.flush(WAIT_S) == 0

    def feed(self, *, follow: bool = True) -> KafkaFeed:
        feed = KafkaFeed(self.bootstrap, follow=follow)
        feed.topic = self.topic
        return feed

    def subscriber(self, *, follow: bool = True) -> Subscriber:
        """As a fresh process would make it."""
        return Subscriber(self.feed(follow=follow), FileCheckpoint(self.path), hole_tries=2)

    def positions(self) -> list[int]:
        """Everything there is now, handled."""
        return [event.envelope.position for event in self.subscriber(follow=False)]


@pytest.fixture
def log(kafka: KafkaCluster, tmp_path: Path) -> Iterator[Log]:
    made = Log(kafka, tmp_path)
    yield made
    made.delete()


def test_every_event_comes_typed_in_order_and_once(log: Log) -> None:
    log.write(grants(300))
    events = list(log.subscriber(follow=False))
    assert [event.event for event in events] == [granted(number) for number in range(1, 301)]
    assert log.positions() == []


def test_a_follower_goes_on_where_it_stopped_and_sees_what_happens_later(log: Log) -> None:
    whole = grants(6)
    log.write(whole[:3])
    events = iter(log.subscriber())
    assert [next(events).envelope.position for _ in range(3)] == [1, 2, 3]
    log.write(whole[3:4])
    assert next(events).envelope.position == 4
    del events  # 4 was not said to be handled
    log.write(whole[4:])
    assert [event.envelope.position for event in islice(log.subscriber(), 3)] == [4, 5, 6]


def test_what_the_relay_sent_twice_is_handled_once(log: Log) -> None:
    whole = grants(5)
    log.write([*whole[:4], *whole[1:], *whole])
    assert log.positions() == [1, 2, 3, 4, 5]


def test_what_failed_inside_a_batch_and_was_sent_again_behind_is_not_lost(log: Log) -> None:
    whole = grants(8)
    log.write([*whole[:2], *whole[3:6]])  # 3 failed; 4, 5 and 6 did not
    log.write(whole[2:])
    assert log.positions() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_nothing_is_applied_over_a_hole_that_stays(log: Log) -> None:
    whole = grants(5)
    log.write([*whole[:2], *whole[3:]])
    seen: list[int] = []
    with pytest.raises(MissingEvents, match="after position 2"):
        log.subscriber().run(lambda event: seen.append(event.envelope.position))
    assert seen == [1, 2]
    log.write(whole[2:])
    assert log.positions() == [3, 4, 5]


def test_a_topic_that_was_emptied_and_filled_again_changes_nothing(log: Log) -> None:
    whole = grants(9)
    log.write([*whole[:4], *whole[:4], *whole[:5]])  # offsets far beyond those of the new log
    assert log.positions() == [1, 2, 3, 4, 5]
    log.delete()
    log.create()
    log.write(whole)
    assert log.positions() == [6, 7, 8, 9]


def test_an_old_offset_that_points_too_far_in_a_new_log_loses_nothing(log: Log) -> None:
    whole = grants(12)
    log.write([*whole[:3], *whole[:3], *whole[:3]])
    assert log.positions() == [1, 2, 3]
    log.delete()
    log.create()
    log.write(whole)  # the old offset, 3 times as far, is inside the new log
    assert log.positions() == list(range(4, 13))


def test_another_store_stops_it(log: Log) -> None:
    log.write(grants(3))
    assert log.positions() == [1, 2, 3]
    log.write(chain([record(position) for position in range(1, 6)], "store-b"))
    with pytest.raises(HistoryChanged, match="store-b"):
        log.positions()


def test_another_event_at_the_same_place_stops_it(log: Log) -> None:
    log.write(grants(3))
    assert log.positions() == [1, 2, 3]
    log.delete()
    log.create()
    log.write(chain([record(1), record(2), record(3, granted(99)), record(4)]))
    with pytest.raises(HistoryChanged, match="another event at position 3"):
        log.positions()


def test_batches_apply_exactly_once_in_transactions(log: Log, tmp_path: Path) -> None:
    log.write(grants(700))
    checkpoint = SqliteCheckpoint(tmp_path / "mine.sqlite")
    checkpoint.connection.execute("CREATE TABLE effect (position INTEGER)")
    for batch in Subscriber(log.feed(follow=False), checkpoint).batches():
        with checkpoint.transaction(*batch) as database:
            rows = [(event.envelope.position,) for event in batch]
            database.executemany("INSERT INTO effect VALUES (?)", rows)
    applied = [row[0] for row in checkpoint.connection.execute("SELECT position FROM effect")]
    checkpoint.close()
    assert applied == list(range(1, 701))
