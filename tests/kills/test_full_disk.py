"""A real file system that is full under PostgreSQL, its log of writes included: callers are told,
nothing acknowledged is lost or stored twice, and work resumes by itself.

tests/stores/test_disk_full_postgresql.py shows the same of tables alone, where nothing is mounted.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import pytest

from castmark.parts import NAMES, PORTAL
from infra.local.postgres import PostgresServer
from infra.local.processes import LocalServerError
from tests.door import CLOCKS, Door, eventually
from tests.embedded import door_of, platform
from tests.kills.cluster_rig import BEGAN, STEPS, settle
from tests.plugins.require import needs
from tests.rebuilds import rebuilt

pytestmark = [needs("postgres", "mount"), pytest.mark.soak, pytest.mark.timeout(1_200)]
SIZE_MB = 320
LEFT_MB = 4
MEMBER = "FULL"
MOST = 40_000
REFUSED = 12
PATIENCE_S = 120.0


class Disk:
    """A small file system of our own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill_up(self) -> None:
        """All but a little, which commands shall use up themselves."""
        about = os.statvfs(self.folder)
        with self._filler.open("wb") as filler:
            free = about.f_bavail * about.f_frsize - LEFT_MB * 1024 * 1024
            os.posix_fallocate(filler.fileno(), 0, free)

    def make_room(self) -> None:
        """As an operator would: something else goes."""
        self._filler.unlink()


@pytest.fixture
def disk() -> Iterator[Disk]:
    """Mounted, and gone in the end."""
    with tempfile.TemporaryDirectory(prefix="castmark-disk-") as name:
        size = f"size={SIZE_MB}m,mode=755"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", name], check=True, timeout=30)
        try:
            yield Disk(Path(name))
        finally:
            subprocess.run(["umount", name], check=True, timeout=30)


def register(door: Door, number: int) -> httpx.Response:
    """A command with an id of its own."""
    return door.attempt(
        f"member:{MEMBER}",
        "membership/register_facility",
        command_id=f"facility-{number}",
        member_id=MEMBER,
        entity_id=f"{MEMBER}-E",
        facility_id=f"{MEMBER}-F{number}",
        name=f"Works {number} " + "of a long name " * 10,
        activities=["smelting"],
        location={"country": "DE", "latitude": "50.1", "longitude": "8.7"},
    )


def until_it_is_full(door: Door) -> int:
    """Send commands until one is not taken; how many were."""
    for number in range(MOST):
        answer = register(door, number)
        if answer.status_code != 200:
            judge_full(answer)
            return number
    raise AssertionError(f"the disk took {MOST} facilities")


def judge_full(answer: httpx.Response) -> None:
    """The sender is told to come again, and when."""
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable"), answer.text
    assert "send the same request again" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0


def supervised(server: PostgresServer) -> None:
    """Start the server again if it has ended, as whatever supervises it would: without room for
    its log of writes PostgreSQL gives up, and without room to recover it ends."""
    time.sleep(1)
    try:
        server.check()
    except LocalServerError:
        server.restart()


def join(door: Door) -> None:
    """A member with an entity."""
    door.tick(BEGAN)
    for name, fields in STEPS:
        door.send("ops", f"membership/{name}", member_id=MEMBER, **fields)
    entity = {"member_id": MEMBER, "entity_id": f"{MEMBER}-E", "name": "Entity", "country": "DE"}
    door.send(f"member:{MEMBER}", "membership/register_entity", **entity)
    settle(door)


def facilities(door: Door) -> list[str]:
    """All that membership has of the member."""
    found: list[str] = []
    after: str | None = None
    while True:
        at = f"/membership/members/{MEMBER}/facilities"
        page = door.get("ops", at, limit=1_000, after=after)
        found += [item["facility_id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            return sorted(found)


def test_callers_are_told_and_the_same_commands_succeed_when_there_is_room(
    disk: Disk, tmp_path: Path
) -> None:
    with PostgresServer(data=disk.folder / "data") as server:
        for name in NAMES:
            if name != PORTAL:
                server.create_database(name)
        url = server.url("{service}")
        with platform(tmp_path / "data", database_url=url) as host, door_of(host) as door:
            join(door)
            disk.fill_up()
            taken = until_it_is_full(door)
            with ThreadPoolExecutor(REFUSED) as callers:  # each waits as long as a caller waits
                refused = range(taken + 1, taken + REFUSED)
                for answer in callers.map(partial(register, door), refused):
                    judge_full(answer)
            disk.make_room()
            supervised(server)
            for number in (*range(taken, taken + REFUSED), *range(0, taken, 50)):
                again = eventually(
                    lambda: register(door, number),  # noqa: B023  # called before the next one
                    lambda answer: answer.status_code == 200,
                    PATIENCE_S,
                )
                assert again.json()["repeated"] is (number < taken)
            settle(door)
            every = sorted(f"{MEMBER}-F{number}" for number in range(taken + REFUSED))
            assert facilities(door) == every
            for service in (*CLOCKS, "feed"):
                for item in door.get("ops", f"/{service}/operations/consumers")["items"]:
                    assert (item["behind"], item["parked"]) == (0, 0), item
            for consumer in ("membership", "certification"):
                state = rebuilt(door, consumer, consumer, PATIENCE_S)
                assert (state["state"], state["differences"]) == ("done", []), state
