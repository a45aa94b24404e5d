"""The platform as processes on real Kafka and PostgreSQL, and callers that never give up."""

import threading
import time
import uuid
from collections.abc import Iterator
from datetime import date

import httpx
import pytest

from castmark.cluster import Cluster
from infra.devissuer import development_issuer
from infra.settings import load_settings
from tests.door import Door, No, Poll, eventually

BEGAN = date(2024, 1, 10)
CALLERS = 4
STEPS: tuple[tuple[str, dict[str, object]], ...] = (
    ("draft_application", {"name": "Synthetic Load", "country": "DE"}),
    ("submit_application", {"membership_class": "PT", "activities": ["smelting"]}),
    ("start_review", {}),
    ("approve_application", {"fee_level": "small"}),
    ("admit_member", {}),
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Every service, one broker, one database server."""
    with Cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture(scope="module")
def door(cluster: Cluster) -> Iterator[Door]:
    """Everybody's way in."""
    settings = load_settings(environment="development", data=cluster.data)
    issuer = development_issuer(settings)
    with Door(cluster.urls, lambda role: issuer.mint([role])) as made:
        yield made


class Load:
    """Callers that never give up: each command is sent with the same id until it is answered."""

    def __init__(self, door: Door, prefix: str, callers: int = CALLERS) -> None:
        self.door = door
        self.prefix = prefix
        self.joined: list[str] = []
        self.retries = 0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._call, args=(number,)) for number in range(callers)
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(120)

    def goes_on(self) -> None:
        """Wait until another member has joined."""
        at = len(self.joined)
        eventually(lambda: len(self.joined), lambda seen: seen > at, 90)

    def _call(self, number: int) -> None:
        count = 0
        while not self._stop.is_set():
            count += 1
            member_id = f"{self.prefix}-{number}-{count}"
            for name, fields in STEPS:
                self._until_answered(name, {"member_id": member_id, **fields})
            with self._lock:
                self.joined.append(member_id)

    def _until_answered(self, name: str, fields: dict[str, object]) -> None:
        command_id = uuid.uuid4().hex
        until = time.monotonic() + 90
        while time.monotonic() < until:
            try:
                answer = self.door.attempt(
                    "ops", f"membership/{name}", command_id=command_id, **fields
                )
                if answer.is_success:
                    return
                if answer.status_code < 500:
                    raise AssertionError(f"{name}: {answer.text}")
            except httpx.TransportError:
                pass
            with self._lock:
                self.retries += 1
            time.sleep(0.1)
        raise AssertionError(f"{name} of {fields} was never answered")


class PatientPoll(Poll):
    """A subscriber that asks again when the feed is away."""

    def _listen(self) -> None:
        try:
            super()._listen()
        except httpx.TransportError:
            time.sleep(0.1)
        except No as no:
            if no.response.status_code < 500:
                raise
            time.sleep(0.1)


def poll_of(door: Door) -> list[str]:
    """Members whose duty has publicly started, in the order told."""
    found: list[str] = []
    after = 0
    while True:
        page = door.get("ops", "/feed", after=after, limit=1000)
        for event in page["events"]:
            if event["type"] == "certification.duty_started.v1":
                found.append(event["data"]["member_id"])
        if not page["events"]:
            return found
        after = int(page["last"])


def settle(door: Door, within_s: float = 90) -> None:
    """Wait until every consumer has read all there is; what is away for a moment is waited for."""
    until = time.monotonic() + 120
    while True:
        try:
            door.settled(within_s)
            return
        except (No, httpx.TransportError):
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def ready(door: Door, path: str) -> bool:
    """Whether a service answers that it can work."""
    try:
        return door.ask("ops", "GET", path).status_code == 200
    except httpx.TransportError:
        return False
