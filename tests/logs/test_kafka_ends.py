"""Ends of topics are asked again while a cluster is on the move, and only then."""

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
OF_THE_CLIENT = (
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._DESTROY_BROKER,
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
)


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


@pytest.mark.parametrize("said", OF_THE_CLIENT, ids=lambda code: KafkaError(code).name())
def test_what_the_client_says_of_a_broker_that_is_gone_is_asked_again(said: int) -> None:
    assert Moving(said, said).behind(TOPIC) == FOUND


def test_what_does_not_pass_is_told_at_once() -> None:
    ends = Moving(KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.LEADER_NOT_AVAILABLE)
    with pytest.raises(Transient, match="of-this-test"):
        ends.first(TOPIC)
    assert ends.errors == [KafkaError.LEADER_NOT_AVAILABLE]


def test_a_cluster_that_stays_away_is_told_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_replay, "ANSWER_S", 0.05)
    ends = Moving(*[KafkaError._ALL_BROKERS_DOWN] * 10_000)
    with pytest.raises(Transient):
        ends.behind(TOPIC)
    assert len(ends.errors) < 9_999, "it was not asked again"
