"""Certification is rebuilt under load, and its process is killed with -9 at the worst moments.

The rebuilder and the live consumer of a service are one process by design (a rebuild is asked of
the service, works in a thread of it and holds a lease), so each kill takes both.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import httpx
import pytest

from castmark.cluster import Cluster
from tests.door import Door, eventually
from tests.kills.bulk_load import (
    CERTIFICATION,
    ENTITY,
    MEMBER,
    Files,
    Pace,
    administrator,
    asked,
    facilities_in,
    facts_in,
    live_slot,
)
from tests.kills.cluster_rig import (
    BEGAN,
    STEPS,
    Load,
    cluster,
    door,
    poll_of,
    ready,
    settle,
)
from tests.rebuilds import rebuilt

__all__ = ["cluster", "door"]

pytestmark = [
    pytest.mark.needs("kafka"),
    pytest.mark.needs("postgres"),
    pytest.mark.soak,
    pytest.mark.timeout(6_000),
]
HISTORY = 25_000
BACKLOG = 10_000
TRIES = 10
PATIENCE_S = 240.0
SETTLED_S = 900.0
LOG = logging.getLogger(__name__)
REBUILD = "/certification/operations/rebuild"
AT_THE_SWITCH = """
    SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE 'DELETE FROM live_versions%'
"""


class Scene:
    """A member with a history, and a load that goes on whatever is killed."""

    def __init__(self, cluster: Cluster, door: Door, seed: int) -> None:
        self.cluster = cluster
        self.door = door
        self.dice = Random(seed)
        self.files = Files(door)
        door.tick(BEGAN)
        for name, fields in STEPS:
            door.send("ops", f"membership/{name}", member_id=MEMBER, **fields)
        entity = {"member_id": MEMBER, "entity_id": ENTITY, "name": "Entity", "country": "DE"}
        door.send(f"member:{MEMBER}", "membership/register_entity", **entity)
        self.files.taken(self.files.send(HISTORY))
        settle(door, SETTLED_S)

    def begin(self) -> None:
        """Have certification rebuilt. The lease of one that was killed is waited for."""
        self.door.post("ops", REBUILD, consumer=CERTIFICATION)

    def state(self) -> dict[str, Any]:
        """What the rebuild says of itself."""
        found: dict[str, Any] = self.door.get("ops", REBUILD)[CERTIFICATION]
        return found

    def consumer(self) -> dict[str, Any]:
        """What the live consumer says of itself."""
        [found] = self.door.get("ops", "/certification/operations/consumers")["items"]
        return dict(found)

    def start(self) -> None:
        """The process, again."""
        self.cluster.start(CERTIFICATION)
        eventually(lambda: ready(self.door, "/certification/ready"), bool, PATIENCE_S)

    def kill_while_it_fills(self) -> None:
        """The new tables have less than the live ones had when it began."""
        for _ in range(TRIES):
            whole, idle = facts_in(self.cluster, self.live()), self.idle()
            self.begin()
            seen = eventually(self.state, lambda seen: seen["done"] or over(seen), PATIENCE_S)
            time.sleep(self.dice.random() * 0.3)
            self.cluster.kill(CERTIFICATION)
            if not over(seen) and facts_in(self.cluster, idle) < whole:
                return
            self.start()
        raise AssertionError("each rebuild was over too soon")

    def kill_while_live_catches_up(self) -> None:
        """It has applied something of what came while it was away, not all; a rebuild begins."""
        for _ in range(TRIES):
            self.cluster.kill(CERTIFICATION)
            self.files.taken(self.files.send(BACKLOG))
            self.start()
            eventually(self.consumer, lambda seen: seen["applied"], PATIENCE_S)
            self.begin()
            seen = self.consumer()
            self.cluster.kill(CERTIFICATION)
            if seen["behind"]:
                return
            self.start()
        raise AssertionError("it had always caught up too soon")

    def kill_in_the_switch(self) -> None:
        """All is filled and applied under the cursors' locks, the word is about to be changed: it
        waits for a lock on its table that we hold, and is killed there."""
        with administrator(self.cluster, CERTIFICATION) as held:
            held.execute("LOCK TABLE live_versions IN SHARE MODE")  # reading goes on
            for _ in range(TRIES):
                self.begin()
                if eventually(self.waits_or_is_over, bool, SETTLED_S) == "waits":
                    self.cluster.kill(CERTIFICATION)
                    return
        raise AssertionError(f"no rebuild came to its switch: {self.state()}")

    def waits_or_is_over(self) -> str:
        """Whether a rebuild waits for our lock (not for long: then it fails), or has ended."""
        if asked(self.cluster, CERTIFICATION, AT_THE_SWITCH):
            return "waits"
        return "over" if over(self.state()) else ""

    def live(self) -> str:
        """The slot that is read."""
        return live_slot(self.cluster)

    def idle(self) -> str:
        """The other one."""
        return "b" if self.live() == "a" else "a"


def over(state: dict[str, Any]) -> bool:
    """Whether a rebuild has ended, well or not."""
    return bool(state["state"] != "running")


@contextmanager
def read_all_the_time(door: Door) -> Iterator[list[int]]:
    """Somebody reads; the answers that were failures of ours."""
    failures: list[int] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.wait(0.1):
            for path in ("/certification/deadlines?limit=5", "/membership/members?limit=5"):
                try:
                    status = door.ask("ops", "GET", path).status_code
                except httpx.TransportError:
                    continue
                if status >= 500:
                    failures.append(status)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield failures
    finally:
        stop.set()
        reader.join(PATIENCE_S)


def test_a_rebuild_under_200_events_a_second_survives_any_kill(
    cluster: Cluster, door: Door, seed: int
) -> None:
    scene = Scene(cluster, door, seed)
    before = scene.live()
    kills = (scene.kill_while_it_fills, scene.kill_while_live_catches_up, scene.kill_in_the_switch)
    with (
        read_all_the_time(door) as failures,
        Load(door, "R", callers=1) as load,
        scene.files as files,
    ):
        load.goes_on()
        for kill in kills:
            pace = Pace(cluster)
            kill()
            assert scene.live() == before, "the tables before live on"
            scene.start()
            LOG.info("%s: %.0f events a second", kill.__name__, pace.judge())
        pace = Pace(cluster)
        state = rebuilt(door, CERTIFICATION, CERTIFICATION, SETTLED_S)
        LOG.info("rebuilt: %.0f events a second", pace.judge())
        assert (state["state"], state["differences"]) == ("done", []), state
        assert scene.live() != before
        load.goes_on()
    assert failures == [], "a read failed while tables were rebuilt"
    files.all_taken()
    settle(door, SETTLED_S)
    state = rebuilt(door, CERTIFICATION, CERTIFICATION, SETTLED_S)
    assert (state["state"], state["differences"]) == ("done", []), state
    assert facilities_in(cluster, scene.live()) == (files.facilities, files.facilities)
    eventually(lambda: poll_of(door), lambda seen: set(load.joined) <= set(seen), 60)
    started = [member for member in poll_of(door) if member.startswith("R-")]
    assert len(started) == len(set(started)), "a public event was published twice"
