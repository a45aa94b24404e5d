"""Every service its own process on real Kafka and PostgreSQL: the walk, and `kill -9` of anything
while it works. Nothing acknowledged is lost, nothing is applied twice, rebuilt equals live."""

import os
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import httpx
import pytest

from castmark.cluster import Cluster
from infra.devissuer import development_issuer
from infra.settings import load_settings
from tests.door import Door, No, Poll, eventually
from tests.walk import CLAIMS, Walked, walk

pytestmark = [pytest.mark.needs("kafka"), pytest.mark.needs("postgres"), pytest.mark.timeout(560)]

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


@pytest.fixture(scope="module")
def walked(door: Door) -> Walked:
    """The walk, once."""
    return walk(door, BEGAN, "K")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.__name__)
def test_the_walk_holds_on_kafka_and_postgresql(claim: object, walked: Walked) -> None:
    assert callable(claim)
    claim(walked)


class Load:
    """Callers that never give up: each command is sent with the same id until it is answered."""

    def __init__(self, door: Door, prefix: str) -> None:
        self.door = door
        self.prefix = prefix
        self.joined: list[str] = []
        self.retries = 0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._call, args=(number,)) for number in range(CALLERS)
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


def rebuilt(door: Door, prefix: str, consumer: str) -> dict[str, object]:
    """Rebuild a consumer's read models; what came of it."""
    path = f"/{prefix}/operations/rebuild"
    door.post("ops", path, consumer=consumer, switch=True)
    state: dict[str, object] = eventually(
        lambda: door.get("ops", path)[consumer], lambda found: found["state"] != "running", 60
    )
    return state


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_whatever_is_killed(
    cluster: Cluster, door: Door, walked: Walked, seed: int
) -> None:
    dice = Random(seed)
    with Load(door, "L") as load, PatientPoll(door) as poll:
        for victim in ("membership", "certification", "kafka", "postgres", "membership"):
            load.goes_on()
            time.sleep(dice.random())
            if victim == "kafka":
                cluster.kafka.kill(0)
                time.sleep(dice.random() * 2)
                cluster.kafka.restart(0)
            elif victim == "postgres":
                cluster.postgres.kill()
                time.sleep(dice.random())
                cluster.postgres.restart()
            else:
                cluster.kill(victim)
                cluster.start(victim)
        load.goes_on()
    eventually(lambda: door.ask("ops", "GET", "/feed/ready").status_code, lambda s: s == 200, 60)
    settle(door)
    eventually(lambda: poll_of(door), lambda seen: set(load.joined) <= set(seen), 60)
    started = [member for member in poll_of(door) if member.startswith("L-")]
    assert len(started) == len(set(started)), "a public event was published twice"
    for member_id in load.joined:
        assert door.get("ops", f"/membership/members/{member_id}")["version"] == 6
    positions = [heard.position for heard in poll.heard]
    assert positions == sorted(set(positions)), "a subscriber saw an event twice or out of order"
    for prefix, consumer in (("certification", "certification"), ("membership", "membership")):
        state = rebuilt(door, prefix, consumer)
        assert state["state"] == "done", state
        assert state["differences"] == [], state
    assert load.retries > 0


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


@pytest.mark.soak
def test_a_rebuild_that_is_killed_leaves_the_live_tables_as_they_were(
    cluster: Cluster, door: Door, walked: Walked, seed: int
) -> None:
    dice = Random(seed)
    failures: list[int] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                status = door.ask("ops", "GET", "/membership/members?limit=5").status_code
            except httpx.TransportError:
                continue
            if status >= 500:
                failures.append(status)

    reader = threading.Thread(target=read)
    reader.start()
    with Load(door, "R") as load:
        for _ in range(2):
            door.post("ops", "/certification/operations/rebuild", consumer="certification")
            time.sleep(dice.random())
            cluster.kill("certification")
            cluster.start("certification")
            eventually(lambda: ready(door, "/certification/ready"), bool, 60)
        during = rebuilt(door, "membership", "membership")
        assert during["state"] == "done"
        assert during["differences"] == []
        assert load.joined
    stop.set()
    reader.join()
    assert failures == [], "a read failed while tables were rebuilt"
    settle(door)
    state = rebuilt(door, "certification", "certification")
    assert state["state"] == "done", state
    assert state["differences"] == [], state


def settle(door: Door) -> None:
    """Wait until every consumer has read all there is; what is away for a moment is waited for."""
    until = time.monotonic() + 120
    while True:
        try:
            door.settled(90)
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


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_three_brokers_one_killed_and_everything_goes_on(tmp_path: Path) -> None:
    with Cluster(tmp_path, brokers=3) as cluster:
        settings = load_settings(environment="development", data=cluster.data)
        issuer = development_issuer(settings)
        with Door(cluster.urls, lambda role: issuer.mint([role])) as door:
            door.tick(BEGAN)
            with Load(door, "T") as load:
                eventually(lambda: load.joined, bool, 60)
                cluster.kafka.kill(int(os.getpid()) % 3)
                at = len(load.joined)
                eventually(lambda: len(load.joined), lambda seen: seen > at + 20, 120)
            settle(door)
            eventually(lambda: poll_of(door), lambda seen: set(load.joined) <= set(seen), 60)
            state = rebuilt(door, "certification", "certification")
            assert state["differences"] == [], state
