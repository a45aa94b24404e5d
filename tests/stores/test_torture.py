"""Readers lose nothing: 16 writers, random rollbacks, readers killed; and three readers that do."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from infra.errors import Transient
from infra.execute import Writer
from infra.transaction import Request
from tests.databases import Database
from tests.plugins.require import needs
from tests.stores.process_reader import positions
from tests.stores.torture import Reader, Torture
from tests.stores.wrong_readers import WRONG, Scratch
from tests.toys import count

ROOT = Path(__file__).resolve().parents[2]
SHORT_S = 5.0
LONG_S = 300.0
ROUNDS = 8
KILLS = 3
PATIENCE_S = 60.0
SHELF_S = 5


def torment(database: Database, seed: int, seconds: float, kept: Path) -> Torture:
    """Write and read for so long, with a reader's process killed now and then."""
    dice = random.Random(seed)
    torture = Torture(database, seed)
    commands = [database.writer(database.store()) for _ in range(2)]
    asked: list[Request] = []
    end: list[int] = []
    readers = [
        Reader(database.store(), random.Random(seed + number), mortality).start(
            lambda: end[0] if end else None
        )
        for number, mortality in enumerate((0.0, 0.1, 0.4))
    ]
    environment = {**os.environ, "CASTMARK_TEST_STORE": database.app_url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.stores.process_reader", str(kept)]
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    killed, started = 0, time.monotonic()
    try:
        with torture.running():
            while time.monotonic() < started + (
                seconds if killed == KILLS else seconds + PATIENCE_S
            ):
                # New shelves every few seconds: two writers on one long stream read all of it again
                # for each other's events. And no more is asked than is answered.
                shelf = f"{int(time.monotonic() - started) // SHELF_S}-{dice.randrange(4)}"
                asked += ask_all(
                    commands, [[count(shelf, "x") for _ in range(3)] for _ in commands]
                )
                time.sleep(0.05)
                if killed < KILLS and positions(kept)[-1:] > [200 * killed]:
                    process.kill()
                    process.wait(PATIENCE_S)
                    process = subprocess.Popen(command, env=environment, cwd=ROOT)
                    killed += 1
        for writer in commands:
            writer.close()
        end.append(torture.store.head().position)
        for reader in readers:
            reader.join(PATIENCE_S)
        until = time.monotonic() + PATIENCE_S
        while positions(kept)[-1:] < end and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait(PATIENCE_S)
        end.append(0)  # whatever went wrong: nobody reads on
    assert torture.faults == []
    assert killed == KILLS
    check(torture, asked, readers, end[0])
    assert positions(kept) == list(range(1, end[0] + 1))
    return torture


def ask_all(writers: list[Writer], wanted: list[list[Request]]) -> list[Request]:
    """Ask all writers at once; all that was asked, when all is answered. A writer to which the
    others left no turn says so, and is sent the same again, as its users are told to do."""
    until = time.monotonic() + PATIENCE_S
    sent = [
        (writer, requests, writer.submit_many(requests))
        for writer, requests in zip(writers, wanted, strict=True)
    ]
    for writer, requests, answer in sent:
        while True:
            try:
                answer.result(PATIENCE_S)
                break
            except Transient:
                if time.monotonic() > until:
                    raise
                answer = writer.submit_many(requests)
    return [request for requests in wanted for request in requests]


def check(torture: Torture, asked: list[Request], readers: list[Reader], end: int) -> None:
    """What everybody saw is what is there, in order, and all that was acknowledged is, once."""
    whole = [record.envelope for record in torture.store.read_after(0, 10_000_000)]
    assert [envelope.position for envelope in whole] == list(range(1, end + 1))
    for reader in readers:
        assert reader.finished
        assert reader.seen == whole
    assert all(reader.deaths for reader in readers[1:])
    for position, event_id in torture.acknowledged.items():
        assert whole[position - 1].event_id == event_id
    made = Counter(envelope.command_id for envelope in whole)
    assert {made[request.command_id] for request in asked} == {1}
    assert torture.rolled_back > 0
    versions: Counter[str] = Counter()
    for envelope in whole:
        versions[envelope.stream] += 1
        assert envelope.version == versions[envelope.stream]
    instants = [envelope.recorded_at for envelope in whole]
    assert instants == sorted(instants)


def test_readers_of_sqlite_lose_nothing(
    sqlite_database: Database, seed: int, tmp_path: Path
) -> None:
    torture = torment(sqlite_database, seed, SHORT_S, tmp_path / "positions")
    assert len(torture.acknowledged) > 200


@needs("postgres")
def test_readers_of_postgresql_lose_nothing(
    postgres_database: Database, seed: int, tmp_path: Path
) -> None:
    torture = torment(postgres_database, seed, SHORT_S, tmp_path / "positions")
    assert len(torture.acknowledged) > 200


@needs("postgres")
def test_three_tempting_readers_lose_events(postgres_database: Database, seed: int) -> None:
    conninfo = postgres_database.owner_url.replace("+psycopg", "")
    lost: Counter[str] = Counter()
    for number in range(ROUNDS):
        lost.update(Scratch(conninfo, seed + 100 * number, 16).run(1.5).lost)
        if all(lost[read.__name__] for read in WRONG):
            break
    assert {read.__name__: lost[read.__name__] > 0 for read in WRONG} == dict.fromkeys(
        (read.__name__ for read in WRONG), True
    )


@pytest.mark.soak
@pytest.mark.parametrize("turn", range(3))
def test_readers_of_sqlite_lose_nothing_for_long(
    sqlite_database: Database, seed: int, tmp_path: Path, turn: int
) -> None:
    torture = torment(sqlite_database, seed + 1_000 * turn, LONG_S, tmp_path / "positions")
    assert len(torture.acknowledged) > 5_000


@pytest.mark.soak
@needs("postgres")
@pytest.mark.parametrize("turn", range(3))
def test_readers_of_postgresql_lose_nothing_for_long(
    postgres_database: Database, seed: int, tmp_path: Path, turn: int
) -> None:
    torture = torment(postgres_database, seed + 1_000 * turn, LONG_S, tmp_path / "positions")
    assert len(torture.acknowledged) > 5_000
