"""Ends of topics are asked again while partitions have no leader, and only then."""

import pytest
from confluent_kafka import KafkaError, KafkaException
from kafka import errors

from contracts.catalog import Topic
from infra import kafka_replay
from infra.errors import Transient
from infra.kafka_replay import Ends

TOPIC = Topic("castmark.of-this-test", 2)
FOUND = {0: 7, 1: 0}
OF_A_PARTITION = (
    errors.NotLeaderForPartitionError,
    errors.LeaderNotAvailableError,
    errors.FencedLeaderEpochError,
    errors.UnknownLeaderEpochError,
    errors.OffsetNotAvailableError,
    errors.ReplicaNotAvailableError,
    errors.NetworkExceptionError,
    errors.RequestTimedOutError,
    errors.KafkaStorageError,
    errors.UnknownTopicOrPartitionError,
)
"""What a broker may answer to who asks for offsets, and is over in a moment."""


class Moving(Ends):
    """Ends of a cluster that says an error before it has an answer."""

    def __init__(self, *errors: int) -> None:
        super().__init__(["127.0.0.1:1"])
        self.errors = list(errors)

    def _offsets(self, topic: Topic, which: int) -> dict[int, int]:
        if self.errors:
            raise KafkaException(KafkaError(self.errors.pop(0)))
        return FOUND


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_replay, "RETRY_S", 0.001)


@pytest.mark.parametrize("said", OF_A_PARTITION, ids=lambda said: said.__name__)
def test_what_the_protocol_calls_retriable_is_asked_again(said: type[errors.KafkaError]) -> None:
    assert said.retriable
    assert Moving(said.errno, said.errno).behind(TOPIC) == FOUND


def test_what_does_not_pass_is_told_at_once() -> None:
    ends = Moving(KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.LEADER_NOT_AVAILABLE)
    with pytest.raises(Transient, match="of-this-test"):
        ends.first(TOPIC)
    assert ends.errors == [KafkaError.LEADER_NOT_AVAILABLE]


def test_a_cluster_that_stays_away_is_told_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_replay, "ANSWER_S", 0.05)
    with pytest.raises(Transient):
        Moving(*[KafkaError._ALL_BROKERS_DOWN] * 10_000).behind(TOPIC)
