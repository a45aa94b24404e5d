"""Commands over a real Kafka: answered after the commit, once, to their sender and nobody else."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, Producer
from kafka import KafkaProducer

from infra.errors import Transient
from infra.kafka_commands import SESSION_MS
from infra.kafka_groups import expel
from infra.kafka_requests import Desk, Reply, Sent
from infra.kafka_sink import KafkaSink
from infra.local.kafka import KafkaCluster
from infra.relay import Outgoing
from tests.kafka.command_rig import (
    AREA,
    PATIENCE_S,
    Group,
    Service,
    produced,
    signed_in,
)
from tests.logs.kafka_rig import admin_of
from tests.plugins.require import needs

pytestmark = [needs("kafka"), pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[2]
SESSION_S = SESSION_MS / 1000 + PATIENCE_S
"""Longer than Kafka waits for a member of a consumer group that was killed."""
EXAMPLE = ROOT / "sdk" / "examples" / "commands_over_kafka.py"


@pytest.fixture(scope="module")
def service(kafka: KafkaCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all of this file."""
    made = Service(kafka, tmp_path_factory.mktemp("membership"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def group(service: Service) -> Iterator[Group]:
    """A group that was let in."""
    made = Group(service)
    yield made
    made.close()


def test_a_command_is_answered_as_over_http_and_a_repeat_gets_the_same(
    service: Service, group: Group
) -> None:
    headers = group.headers()
    first = group.ask(group.draft(), headers, b"line-7")
    assert (first.status, first.key) == (200, b"line-7")
    assert first.headers["idempotency-key"] == "c1"
    assert first.headers["command"] == "draft_application"
    assert first.body["command_id"] == f"{group.group}:c1"
    assert first.body["events"][0]["data"]["name"] == "A Smelter Ltd"
    assert service.member(group.group).status_code == 200

    again = group.ask(group.draft(), headers)
    over_http = service.post(
        "draft_application",
        f"{group.group}:c1",
        f"member:{group.group}",
        member_id=group.group,
        name="A Smelter Ltd",
        country="AU",
    )
    assert again.body == over_http == {**first.body, "repeated": True}
    assert again.key is None
    other = group.ask(group.draft("Another Ltd"), headers)
    assert (other.status, other.body["slug"]) == (409, "command-id-reused")


def test_whatever_a_group_sends_is_answered_and_what_follows_it_too(group: Group) -> None:
    broken: list[tuple[bytes | None, list[tuple[str, bytes]], str]] = [
        (b"{", group.headers(), "malformed-json"),
        (None, group.headers(), "malformed-json"),
        (group.draft(member_id="SOMEBODY-ELSE"), group.headers(), "not-your-member"),
        (group.draft(name=7), group.headers(), "invalid-request"),
        (b"[" + b" " * 300_000 + b"]", group.headers(), "too-large"),
        (group.draft(), group.headers(authorization="Bearer nonsense"), "token-invalid"),
        (group.draft(), group.headers(authorization=None), "not-signed-in"),
        (group.draft(), group.headers(command="start_review"), "unknown-command"),
        (group.draft(), group.headers(idempotency_key=None), "command-id-missing"),
    ]
    for value, headers, slug in broken:
        answer = group.ask(value, headers)
        assert (answer.body["slug"], answer.body["status"]) == (slug, answer.status)
        assert answer.headers["content-type"] == "application/problem+json"
    strange = Producer(signed_in(group.access, **{"compression.type": "zstd"}))
    offset, error = produced(strange, group.topics.commands, group.draft(), group.headers())
    assert error is None
    assert group.answers(offset)[0].status == 200


class NotUtf8(str):
    """A name that is written as other bytes."""

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


def test_a_header_that_no_client_can_read_holds_nobody_up(group: Group) -> None:
    settings = signed_in(group.access)
    producer = KafkaProducer(
        bootstrap_servers=settings["bootstrap.servers"],
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username=settings["sasl.username"],
        sasl_plain_password=settings["sasl.password"],
    )
    try:
        headers = [*group.headers(), (NotUtf8("x"), b"1")]
        sent = producer.send(group.topics.commands, group.draft(), headers=headers)
        offset = sent.get(PATIENCE_S).offset
    finally:
        producer.close()
    assert group.answers(offset)[0].body["slug"] == "malformed-request"
    assert group.ask(group.draft(), group.headers()).status == 200


def test_a_token_of_somebody_else_does_nothing_on_this_topic(
    service: Service, group: Group
) -> None:
    for roles in (["member:SOMEBODY-ELSE"], ["ops"], ["subscriber:x"]):
        token = service.issuer.mint(roles)
        answer = group.ask(group.draft(), group.headers(authorization=f"Bearer {token}"))
        assert (answer.status, answer.body["slug"]) == (403, "not-your-topic")
    both = service.issuer.mint(["ops", f"member:{group.group}"])
    headers = group.headers(authorization=f"Bearer {both}")
    answer = group.ask(group.draft(member_id="SOMEBODY-ELSE"), headers)
    assert answer.body["slug"] == "not-your-member"
    assert service.member(group.group).status_code == 404


def test_commands_with_one_key_are_carried_out_in_their_order(group: Group) -> None:
    names = [f"Name {number}" for number in range(40)]
    offsets = [group.send(group.draft(name), group.headers(), b"one") for name in names]
    answers = [group.answers(offset)[0].body for offset in offsets]
    assert [answer["version"] for answer in answers] == list(range(1, 41))
    assert [answer["events"][0]["data"]["name"] for answer in answers] == names


def test_nobody_writes_or_reads_for_another_group(service: Service, group: Group) -> None:
    victim = Group(service)
    offset = victim.send(victim.draft(), victim.headers())
    victim.answers(offset)
    victim.close()
    thief = Producer(signed_in(group.access))
    targets = (victim.topics.commands, victim.topics.replies, group.topics.replies)
    for topic in (*targets, "castmark.membership"):
        _, error = produced(thief, topic, victim.draft(), group.headers())
        assert error is not None
        assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED, topic
    topic_denied = KafkaError.TOPIC_AUTHORIZATION_FAILED
    mine = f"{group.group}/x"
    assert denied(group, victim.topics.replies, mine) == topic_denied
    assert denied(group, victim.topics.commands, mine) == topic_denied
    assert denied(group, group.topics.commands, mine) == topic_denied
    for name in (f"{victim.group}/erp", f"castmark.{AREA}.commands", group.group):
        why = denied(group, group.topics.replies, name)
        assert why == KafkaError.GROUP_AUTHORIZATION_FAILED, name


def denied(group: Group, topic: str, consumer_group: str) -> int:
    """Why a group cannot read a topic as a member of some consumer group."""
    settings = signed_in(group.access, **{"group.id": consumer_group})
    consumer = Consumer({**settings, "auto.offset.reset": "earliest"})
    try:
        consumer.subscribe([topic])
        message = consumer.poll(PATIENCE_S)
    finally:
        consumer.close()
    assert message is not None, "nothing was said"
    error = message.error()
    assert error is not None, "it was read"
    return error.code()


def test_who_was_expelled_or_has_another_password_is_not_let_in(group: Group) -> None:
    for wrong in ({"sasl.password": "wrong"}, {"sasl.username": "castmark"}):
        assert refused_at_the_door(signed_in(group.access, **wrong))
    expel(group.service.kafka.bootstrap, group.group)
    assert refused_at_the_door(signed_in(group.access))


def refused_at_the_door(settings: dict[str, object]) -> bool:
    """Whether Kafka does not take the user's word."""
    told: list[int] = []
    client = Producer({**settings, "error_cb": lambda error: told.append(error.code())})
    for _ in range(100):
        client.poll(0.1)
        if KafkaError._AUTHENTICATION in told:
            return True
    return False


def test_who_dies_between_commit_and_answer_answers_when_back(
    service: Service, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = threading.Event()
    send = KafkaSink.send

    async def never(sink: KafkaSink, records: Sequence[Outgoing]) -> None:
        if any(record.topic == group.topics.replies for record in records):
            dying.set()
            await asyncio.Event().wait()
        await send(sink, records)

    monkeypatch.setattr(KafkaSink, "send", never)
    offset = group.send(group.draft(), group.headers(), b"k")
    assert dying.wait(PATIENCE_S)
    assert service.member(group.group).status_code == 200
    assert group.silent(offset)
    service.stop()
    monkeypatch.undo()
    waited = group.send(group.draft("Later Ltd"), group.headers())
    service.start()
    answer = group.answers(offset)[0]
    assert (answer.status, answer.key, answer.body["repeated"]) == (200, b"k", True)
    assert answer.body["events"][0]["data"]["name"] == "A Smelter Ltd"
    assert group.answers(waited)[0].body["version"] == 2


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_who_is_killed_between_commit_and_answer_answers_when_back(
    service: Service, group: Group
) -> None:
    """A process of its own takes the place of the service, and dies with the answer in its hand.
    Kafka gives its topics to others only when it has been silent for the session's timeout."""
    token_headers = group.headers()
    service.stop()
    offset = group.send(group.draft(), token_headers, b"k")
    arguments = (str(service.data), ",".join(service.kafka.bootstrap), group.group)
    victim = subprocess.run(
        [sys.executable, "-m", "tests.kafka.victim", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert victim.returncode == -signal.SIGKILL
    assert group.silent(offset)
    waited = group.send(group.draft("Later Ltd"), group.headers())
    service.start()
    assert service.member(group.group).status_code == 200
    answer = group.answers(offset, patience_s=SESSION_S)[0]
    assert (answer.status, answer.key, answer.body["repeated"]) == (200, b"k", True)
    assert answer.body["events"][0]["data"]["name"] == "A Smelter Ltd"
    assert group.answers(waited)[0].body["version"] == 2


def test_what_cannot_be_decided_now_waits_and_holds_up_its_own_group_alone(
    service: Service, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply, away = Desk.reply, threading.Event()
    away.set()

    async def reply_or_not(desk: Desk, sent: Sent) -> Reply:
        if away.is_set() and sent.group == group.group and sent.key == b"second":
            raise Transient("the database is away")
        return await reply(desk, sent)

    monkeypatch.setattr(Desk, "reply", reply_or_not)
    keys = (b"first", b"second", b"third")
    offsets = [group.send(group.draft(str(key)), group.headers(), key) for key in keys]
    assert group.answers(offsets[0])[0].status == 200
    other = Group(service)
    assert other.ask(other.draft(), other.headers()).status == 200
    other.close()
    assert group.silent(offsets[1])
    assert group.silent(offsets[2])
    service.waits_because("database is away")
    service.lags(2)
    away.clear()
    assert [group.answers(offset)[0].status for offset in offsets] == [200, 200, 200]
    service.lags(0)


def test_a_replies_topic_that_is_missing_is_waited_for(service: Service, group: Group) -> None:
    admin = admin_of(service.kafka.bootstrap)
    admin.delete_topics([group.topics.replies])[group.topics.replies].result(PATIENCE_S)
    offset = group.send(group.draft(), group.headers())
    service.waits_because(group.topics.replies)
    assert group.silent(offset)
    again = Group(service, group.group)
    assert again.answers(offset)[0].status == 200
    again.close()


def test_the_example_of_the_guide_runs(group: Group, tmp_path: Path) -> None:
    (tmp_path / "kafka.properties").write_text(group.access.properties())
    (tmp_path / "token").write_text(group.token())
    fields = {"member_id": group.group, "name": "A Smelter Ltd", "country": "AU"}
    command = ["kafka.properties", "token", AREA, group.group, "draft_application"]
    ran = subprocess.run(
        [sys.executable, str(EXAMPLE), *command, json.dumps(fields)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    status, answer = ran.stdout.split(" ", 1)
    assert (status, json.loads(answer)["stream"]) == ("200", f"member/{group.group}")
