"""The topics of the log: made by us alone, and never anything but what the catalogue declares.

How a stream finds its partition is fixed for ever, and so is the history: a topic with another
number of partitions, or one that forgets, would quietly break order or lose events. It is refused.
"""

import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError

from contracts.catalog import TOPICS, Topic

from .errors import Transient
from .kafka_security import Security, kafka_python

KNOCK_S = 5.0
ANSWER_MS = 20_000
AGAIN_S = 0.1
COPIES = 3
KEPT_FOR_EVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}


class WrongTopic(ValueError):
    """A topic exists that is not as the catalogue declares it; the sentence says what to do."""


def create_topics(
    bootstrap: Sequence[str],
    topics: Iterable[Topic] = tuple(TOPICS.values()),
    *,
    replication: int | None = None,
    security: Security | None = None,
) -> list[str]:
    """Make the topics that are missing, and return their names; idempotent.

    `replication`: copies of each record; unset = three, or as many as there are brokers. A write
    needs all copies but one. Raises WrongTopic when one exists that is not as declared, Transient
    when Kafka is away.
    """
    wanted = {topic.name: topic for topic in topics}
    with administration(bootstrap, security) as admin:
        missing = make_missing(admin, wanted, KEPT_FOR_EVER, replication)
        _verify(admin, wanted)
    return missing


@contextmanager
def administration(bootstrap: Sequence[str], security: Security | None = None) -> Iterator[Any]:
    """kafka-python's administration; whatever goes wrong with it is Transient."""
    _knock(bootstrap)
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=list(bootstrap),
            bootstrap_timeout_ms=ANSWER_MS,
            request_timeout_ms=ANSWER_MS,
            **kafka_python(security),
        )
        try:
            yield admin
        finally:
            admin.close()
    except KafkaError as error:
        raise Transient(f"Kafka at {','.join(bootstrap)} is away: {error}") from error


def make_missing(
    admin: Any,
    wanted: Mapping[str, Topic],
    configs: Mapping[str, str],
    replication: int | None = None,
) -> list[str]:
    """Make those topics that are not there, and wait until all have leaders; the names of those
    that were made."""
    missing = sorted(wanted.keys() - set(admin.list_topics()))
    if missing:
        copies = replication or min(COPIES, len(admin.describe_cluster()["brokers"]))
        made = [wanted[name] for name in missing]
        _create(admin, {topic.name: _declared(topic, copies, configs) for topic in made})
    admin.wait_for_topics(sorted(wanted), timeout_ms=ANSWER_MS)
    return missing


def _knock(bootstrap: Sequence[str]) -> None:
    """Raise Transient when nobody listens: kafka-python would leave a socket behind for each of
    its many tries."""
    reasons = []
    for address in bootstrap:
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=KNOCK_S).close()
        except OSError as error:
            reasons.append(f"{address}: {error}")
        else:
            return
    raise Transient(f"Kafka is away: {'; '.join(reasons)}")


def _declared(topic: Topic, copies: int, configs: Mapping[str, str]) -> dict[str, object]:
    return {
        "num_partitions": topic.partitions,
        "replication_factor": copies,
        "configs": {**configs, "min.insync.replicas": str(max(1, copies - 1))},
    }


def _create(admin: Any, declared: Mapping[str, object]) -> None:
    """Another process may make them at the same moment: theirs are verified like all others."""
    for name, how in declared.items():
        try:
            admin.create_topics({name: how}, timeout_ms=ANSWER_MS)
        except TopicAlreadyExistsError:
            continue


def told_of(admin: Any, names: Sequence[str]) -> list[Any]:
    """What the brokers say of topics. Any one of them is asked, and one that has not heard of a new
    topic yet tells an error and no partitions: it is asked again."""
    give_up = time.monotonic() + ANSWER_MS / 1000
    while True:
        found: list[Any] = admin.describe_topics(names)
        unheard = [each["name"] for each in found if each["error_code"]]
        if not unheard:
            return found
        if time.monotonic() > give_up:
            raise Transient(f"a broker does not know of {', '.join(unheard)}")
        time.sleep(AGAIN_S)


def _verify(admin: Any, wanted: Mapping[str, Topic]) -> None:
    for found in told_of(admin, sorted(wanted)):
        name, partitions = found["name"], len(found["partitions"])
        if partitions != wanted[name].partitions:
            raise WrongTopic(
                f"topic {name} has {partitions} partitions, this build needs"
                f" {wanted[name].partitions}: streams would change partition and lose their order."
                " Make it anew as declared, and fill it: castmark relay SERVICE --from 0"
            )
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in sorted(wanted)]
    described = admin.describe_configs(asked, config_filter="all")["topic"]
    for name, settings in described.items():
        for key, value in KEPT_FOR_EVER.items():
            if settings[key]["value"] != value:
                raise WrongTopic(
                    f"topic {name} has {key}={settings[key]['value']}, so it forgets;"
                    f" this build needs {key}={value}: set it, events are kept for ever"
                )
