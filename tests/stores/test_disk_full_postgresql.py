"""PostgreSQL's full disk: callers are told, nothing acknowledged is lost, work resumes.

The server is forbidden to let any file grow past a size (RLIMIT_FSIZE, which PostgreSQL is written
to take as a full disk: SQLSTATE 53100, "Check free disk space"), because that can be done
and undone on any Linux by anybody. tests/kills/test_disk_full.py fills a real file system.
"""

import asyncio
import base64
import itertools
import os
import subprocess
from collections.abc import Iterator
from random import Random

import psycopg
import pytest

from contracts.envelope import Envelope
from infra.errors import Transient
from infra.execute import Outcome, Writer
from infra.local.crash import children_of
from infra.local.postgres import PostgresServer
from infra.transaction import Request
from tests.breaker import patience
from tests.databases import Database
from tests.plugins.require import needs
from tests.toys import DAY, Scribble, ask

__all__ = ["patience"]

pytestmark = needs("postgres")
PATIENCE_S = 60.0
LONG = 240_000
"""Characters of a text. It does not compress, so that so much has to be kept."""
MOST = 16 * 1024 * 1024 + 4_096
"""Bytes a file may have: as many as one of PostgreSQL's log of writes, which must not be touched
here, and half a page, so that the kernel takes a part of the next one as a full disk does."""


class Disk:
    """A server's disk that is full as soon as a file has MOST bytes."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def fill_up(self) -> None:
        """For every process that the server has, and for those that it will start."""
        self._limit(str(MOST))

    def make_room(self) -> None:
        """As much as anybody wants."""
        self._limit("unlimited")

    def _limit(self, most: str) -> None:
        postmaster = self._server.pid
        owner = os.stat(f"/proc/{postmaster}")
        for pid in (postmaster, *children_of(postmaster)):  # the first before it has more children
            subprocess.run(
                ["prlimit", f"--pid={pid}", f"--fsize={most}:unlimited"],
                check=pid == postmaster,  # others may have ended meanwhile
                capture_output=True,
                timeout=10,
                user=owner.st_uid,
                group=owner.st_gid,
                extra_groups=[] if os.geteuid() == 0 else None,
            )


@pytest.fixture
def disk(postgres: PostgresServer) -> Iterator[Disk]:
    """The disk of the server that all tests share; it has room again in the end."""
    made = Disk(postgres)
    try:
        yield made
    finally:
        made.make_room()


def texts(seed: int) -> Iterator[Request]:
    """Commands that each need much room."""
    dice = Random(seed)
    for number in itertools.count():
        text = base64.b64encode(dice.randbytes(LONG * 3 // 4)).decode()
        yield ask(Scribble(box=f"B{number}", text=text, on=DAY), f"long-{number}")


async def test_callers_are_told_nothing_acknowledged_is_lost_and_the_same_commands_succeed_later(
    postgres_database: Database, disk: Disk, patience: float, seed: int
) -> None:
    writer, wanted = postgres_database.writer(), texts(seed)
    acknowledged = [await answered(writer, next(wanted)) for _ in range(3)]
    disk.fill_up()
    refused, told = await first_refused(writer, wanted, acknowledged)
    assert full(told)
    assert "Check free disk space" in str(told)
    assert len(acknowledged) > 10
    together = [refused, *itertools.islice(wanted, 6)]
    answers = await asyncio.gather(
        *(answered(writer, request) for request in together), return_exceptions=True
    )
    assert all(isinstance(answer, Transient) and full(answer) for answer in answers)
    assert kept(writer) == [outcome.recorded[0].envelope for outcome in acknowledged]

    disk.make_room()
    resumed = [await answered(writer, request) for request in together]
    assert not any(outcome.repeated for outcome in resumed)
    repeats = [await answered(writer, request) for request in itertools.islice(texts(seed), 5)]
    assert [(again.repeated, again.position) for again in repeats] == [
        (True, outcome.position) for outcome in acknowledged[:5]
    ]
    assert kept(writer) == [outcome.recorded[0].envelope for outcome in (*acknowledged, *resumed)]


async def first_refused(
    writer: Writer, wanted: Iterator[Request], acknowledged: list[Outcome]
) -> tuple[Request, Transient]:
    """Send commands one after the other until one is not taken: which, and why."""
    for request in itertools.islice(wanted, 200):
        try:
            acknowledged.append(await answered(writer, request))
        except Transient as told:
            return request, told
    raise AssertionError(f"the disk took {len(acknowledged)} texts of {LONG} bytes")


async def answered(writer: Writer, request: Request) -> Outcome:
    """What a command led to; raises Transient, and TimeoutError when nobody answers at all."""
    return await asyncio.wait_for(writer.execute(request), PATIENCE_S)


def full(error: BaseException | None) -> bool:
    """Whether PostgreSQL itself said that its disk is full (SQLSTATE 53100)."""
    while error is not None and not isinstance(error, psycopg.errors.DiskFull):
        error = error.__cause__
    return error is not None


def kept(writer: Writer) -> list[Envelope]:
    """All that the store holds."""
    return [record.envelope for record in writer.store.read_after(0, 1_000)]
