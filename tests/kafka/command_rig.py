"""A service that answers commands over Kafka, and member groups that send them.

The service is membership in a process's own form (`castmark.process`), in a thread, on the shared
broker; some of its commands are opened over Kafka for the test. A group is what its own systems
are: a client that signs in with what `admit` printed.
"""

import asyncio
import itertools
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import httpx
import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from castmark import process
from castmark.folder import listen
from contracts.command_topics import topics_of
from infra.devissuer import DevIssuer
from infra.kafka_groups import Access, admit
from infra.local.kafka import KafkaCluster
from infra.settings import Settings, load_settings

AREA = "membership"
PATIENCE_S = 25.0
READY_S = 40.0


def settings_of(data: Path, bootstrap: Sequence[str], port: int) -> Settings:
    """A service of its own on the shared broker."""
    return load_settings(
        environment="development", data=data, port=port, log="kafka", kafka_bootstrap=bootstrap
    )


class Service:
    """Membership at work; `stop` and `start` as a deployment would, on the same data."""

    def __init__(self, kafka: KafkaCluster, data: Path) -> None:
        self.kafka = kafka
        self.data = data
        self.url = ""
        self.running: process.Process | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Returns once it answers over HTTP; over Kafka it does so soon after."""
        socket = listen("127.0.0.1", 0)
        port = socket.getsockname()[1]
        settings = settings_of(self.data, self.kafka.bootstrap, port)
        made = self.running = process.Process(settings, ["membership"], socket)
        ready = threading.Event()
        run = threading.Thread(target=lambda: asyncio.run(made.run(ready.set)))
        self._thread = run
        run.start()
        assert ready.wait(READY_S), "the service did not start"
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        """Everything of it ends."""
        assert self.running is not None
        assert self._thread is not None
        assert self.running.server is not None
        self.running.server.should_exit = True
        self._thread.join(READY_S)
        assert not self._thread.is_alive()

    @property
    def issuer(self) -> DevIssuer:
        """Who makes tokens."""
        assert self.running is not None
        issuer = self.running.shared.dev
        assert issuer is not None
        return issuer

    def waits(self) -> str:
        """Why its commands over Kafka wait; empty when nothing is in the way."""
        assert self.running is not None
        return self.running.running["membership"].progress[f"castmark.{AREA}.commands"].reason

    def waits_because(self, word: str) -> None:
        """Returns once its commands over Kafka wait for a reason that has a word in it."""
        give_up = time.monotonic() + PATIENCE_S
        while word not in self.waits():
            assert time.monotonic() < give_up, self.waits()
            time.sleep(0.02)

    def lags(self, records: int) -> None:
        """Returns once so many commands are measured as waiting."""
        assert self.running is not None
        registry, labels = self.running.shared.metrics.registry, {"service": "membership"}
        give_up = time.monotonic() + PATIENCE_S
        while registry.get_sample_value("castmark_kafka_commands_lag", labels) != records:
            assert time.monotonic() < give_up, "another lag is measured"
            time.sleep(0.05)

    def member(self, member_id: str) -> httpx.Response:
        """A member as operations see it."""
        headers = {"authorization": f"Bearer {self.issuer.mint(['ops'])}"}
        return httpx.get(f"{self.url}/membership/members/{member_id}", headers=headers, timeout=60)

    def post(self, command: str, command_id: str, role: str, **fields: object) -> Any:
        """The answer to a command over HTTP."""
        headers = {
            "authorization": f"Bearer {self.issuer.mint([role])}",
            "idempotency-key": command_id,
            "content-type": "application/json",
        }
        url = f"{self.url}/membership/commands/{command}"
        body = orjson.dumps(fields)
        return httpx.post(url, content=body, headers=headers, timeout=60).json()


class Answer(NamedTuple):
    """One reply, as the group's systems read it."""

    key: bytes | None
    status: int
    headers: Mapping[str, str]
    body: Any


class Group:
    """A member's own systems."""

    def __init__(self, service: Service, group: str | None = None) -> None:
        self.service = service
        self.group = group or f"G{secrets.token_hex(4)}"
        self.topics = topics_of(AREA, self.group)
        self.access = admit(service.kafka.bootstrap, self.group, [AREA])
        self._ids = itertools.count(1)
        self._answers: dict[int, list[Answer]] = {}
        self._consumer = Consumer({**signed_in(self.access), "group.id": f"{self.group}/erp"})
        self._consumer.assign([TopicPartition(self.topics.replies, 0, 0)])
        self._producer = Producer(signed_in(self.access))

    def close(self) -> None:
        """Hang up."""
        self._consumer.close()

    def token(self) -> str:
        """A token of its own."""
        return self.service.issuer.mint([f"member:{self.group}"])

    def headers(self, **changes: str | None) -> list[tuple[str, bytes]]:
        """What a good command carries, with changes; None leaves a header out."""
        wanted: dict[str, str | None] = {
            "authorization": f"Bearer {self.token()}",
            "command": "draft_application",
            "idempotency_key": f"c{next(self._ids)}",
            **changes,
        }
        return [(n.replace("_", "-"), v.encode()) for n, v in wanted.items() if v is not None]

    def draft(self, name: object = "A Smelter Ltd", **changes: object) -> bytes:
        """A good body."""
        fields = {"member_id": self.group, "name": name, "country": "AU", **changes}
        return orjson.dumps(fields)

    def send(
        self, value: bytes | None, headers: list[tuple[str, bytes]], key: bytes | None = None
    ) -> int:
        """Send a command; its offset."""
        offset, error = produced(self._producer, self.topics.commands, value, headers, key)
        assert error is None, error
        return offset

    def ask(
        self, value: bytes | None, headers: list[tuple[str, bytes]], key: bytes | None = None
    ) -> Answer:
        """Send a command and wait for its answer."""
        return self.answers(self.send(value, headers, key))[0]

    def answers(self, offset: int, number: int = 1, patience_s: float = PATIENCE_S) -> list[Answer]:
        """All answers to a command, once there are so many."""
        give_up = time.monotonic() + patience_s
        while len(self._answers.get(offset, ())) < number:
            assert time.monotonic() < give_up, (self._answers, self.service.waits())
            message = self._consumer.poll(0.1)
            if message is not None:
                assert message.error() is None, message.error()
                self._read(message)
        return self._answers[offset]

    def silent(self, offset: int) -> bool:
        """Whether a command has no answer yet."""
        message = self._consumer.poll(0.3)
        if message is not None:
            self._read(message)
        return offset not in self._answers

    def _read(self, message: Message) -> None:
        pairs = cast("list[tuple[str, bytes]]", message.headers())
        headers = {name: value.decode() for name, value in pairs}
        body = orjson.loads(message.value() or b"")
        answer = Answer(message.key(), int(headers["status"]), headers, body)
        self._answers.setdefault(int(headers["request-offset"]), []).append(answer)


def signed_in(access: Access, **changes: object) -> dict[str, Any]:
    """Settings of a client, read from what was printed."""
    lines = [line for line in access.properties().splitlines() if not line.startswith("#")]
    return {**dict(line.split("=", 1) for line in lines), "log_level": 0, **changes}


def produced(
    producer: Producer,
    topic: str,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes]] = (),
    key: bytes | None = None,
) -> tuple[int, KafkaError | None]:
    """The offset of a record, or why Kafka did not take it."""
    told: list[tuple[int, KafkaError | None]] = []
    try:
        producer.produce(
            topic,
            value,
            key,
            headers=list(headers),
            on_delivery=lambda error, message: told.append((message.offset() or 0, error)),
        )
    except KafkaException as error:  # it knows already
        return -1, error.args[0]
    assert producer.flush(PATIENCE_S) == 0
    return told[0]
