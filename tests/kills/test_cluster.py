"""Every service its own process on real Kafka and PostgreSQL: the walk, and `kill -9` of anything
while it works. Nothing acknowledged is lost, nothing is applied twice, rebuilt equals live."""

import os
import re
import time
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random

import httpx
import pytest

from castmark.client import Refusal
from castmark.cluster import Cluster
from castmark.parts import NAMES
from contracts.catalog import TOPICS
from infra.devissuer import development_issuer
from infra.kafka import KafkaLog
from infra.settings import load_settings
from tests.api.test_command_line import said
from tests.door import Door, eventually
from tests.kills.cluster_rig import (
    BEGAN,
    Load,
    PatientPoll,
    cluster,
    door,
    poll_of,
    settle,
)
from tests.logs.kafka_rig import delete_records
from tests.rebuilds import differing, rebuilt
from tests.walk import CLAIMS, Walked, walk

__all__ = ["cluster", "door"]

pytestmark = [pytest.mark.needs("kafka"), pytest.mark.needs("postgres"), pytest.mark.timeout(560)]


@pytest.fixture(scope="module")
def walked(door: Door) -> Walked:
    """The walk, once."""
    return walk(door, BEGAN, "K")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.__name__)
def test_the_walk_holds_on_kafka_and_postgresql(claim: object, walked: Walked) -> None:
    assert callable(claim)
    claim(walked)


def test_what_the_walk_filled_is_the_same_when_it_is_made_again_from_kafka(
    door: Door, walked: Walked
) -> None:
    book_custody_audit(door, walked.id("met"))
    settle(door)
    assert differing(door) == []


def book_custody_audit(door: Door, member_id: str) -> None:
    """The walk has audits against the Performance Standard alone; the ledger hears of others."""
    day = date.today() + timedelta(days=30)
    door.send(
        "ops",
        "audits/schedule_audit",
        audit_id=f"{member_id}-A-booked",
        member_id=member_id,
        entity_id=f"{member_id}-E",
        standard="CoC",
        kind="initial_certification",
        facilities=[f"{member_id}-F1"],
        auditor_firm="FIRM-1",
        starts_on=day.isoformat(),
        ends_on=day.isoformat(),
    )


def test_a_topic_that_was_cut_is_filled_again_by_the_command_that_is_told(
    cluster: Cluster, door: Door, walked: Walked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASTMARK_DATA", str(cluster.data))
    monkeypatch.setenv("COLUMNS", "300")
    settle(door)
    log, source = KafkaLog(cluster.kafka.bootstrap), "audit_scheduling"
    delete_records(cluster.kafka.bootstrap, TOPICS[source], log.ends(source))
    with pytest.raises(Refusal, match="the log lost records") as told:
        said("rebuild", "certification")
    wanted = re.search(r"castmark (relay audit_scheduling --from \d+) sends", str(told.value))
    assert wanted is not None
    said(*wanted[1].split())
    eventually(lambda: rebuild_said(), lambda found: "rebuilt equals live" in found, 60)
    assert "stopped" not in said("consumers")


def rebuild_said() -> str:
    """What a rebuild of certification comes to."""
    try:
        return said("rebuild", "certification")
    except Refusal as refusal:
        return str(refusal)


def status_of(door: Door, path: str) -> int:
    """What an address answers; 0 while nobody does."""
    try:
        return door.ask("ops", "GET", path).status_code
    except httpx.TransportError:
        return 0


def test_a_service_that_starts_while_its_database_is_away_waits_for_it(
    cluster: Cluster, door: Door, walked: Walked
) -> None:
    cluster.kill("audit_scheduling")
    cluster.postgres.kill()
    cluster.start("audit_scheduling")
    server = cluster.services["audit_scheduling"].server
    eventually(lambda: server.log.read_text(), lambda said: "waits to start" in said)
    assert server.running
    cluster.postgres.restart()
    eventually(partial(status_of, door, "/audits/ready"), lambda said: said == 200)
    assert server.running


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_whatever_is_killed(
    cluster: Cluster, door: Door, walked: Walked, seed: int
) -> None:
    dice = Random(seed)
    with Load(door, "L") as load, PatientPoll(door) as poll:
        services = dice.sample([name for name in NAMES if name != "membership"], len(NAMES) - 1)
        for victim in ("membership", "kafka", *services, "postgres", "membership"):
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
    for prefix in cluster.urls:
        ready = partial(status_of, door, f"/{prefix}/ready" if prefix else "/ready")
        eventually(ready, lambda said: said == 200, 60)
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
            # Consumers have read all there is, but a relay may still be giving up on a record that
            # it sent to the dead broker, and the next service's relay after it.
            eventually(lambda: poll_of(door), lambda seen: set(load.joined) <= set(seen), 180)
            state = rebuilt(door, "certification", "certification")
            assert state["differences"] == [], state
