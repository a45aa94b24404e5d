"""A full disk: callers are told, nothing acknowledged is lost, work resumes when there is room."""

import asyncio

import pytest
from sqlalchemy import Connection, event

from infra import execute
from infra.errors import Transient
from infra.execute import Outcome, Writer
from tests.databases import Database
from tests.logs.rig import FEED, Feed, Rig
from tests.toys import DAY, Scribble, ask

TEXT = "x" * 3_000
PATIENCE_S = 60.0


class Disk:
    """A disk with room for so many pages more, for every connection that is opened."""

    def __init__(self, writer: Writer) -> None:
        self._engine = writer.store.engine
        self.room: int | None = None
        event.listen(self._engine, "before_cursor_execute", self._limit)

    def _limit(self, connection: Connection, cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("BEGIN") and self.room is not None:
            raw = connection.connection.cursor()
            raw.execute(f"PRAGMA max_page_count = {self.room}")
            raw.close()

    def fill_up(self) -> None:
        """No page more than the file has."""
        with self._engine.connect() as connection:
            self.room = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    def make_room(self) -> None:
        """As much as anybody wants."""
        self.room = 1_000_000


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> float:
    """A short patience with a disk that is full."""
    monkeypatch.setattr(execute, "RETRY_FOR_S", 0.4)
    return 0.4


async def test_callers_are_told_and_what_was_acknowledged_stays(
    sqlite_database: Database, patience: float
) -> None:
    writer = sqlite_database.writer()
    disk = Disk(writer)
    wanted = [ask(Scribble(box="B1", text=TEXT, on=DAY)) for _ in range(5)]
    acknowledged = [await writer.execute(request) for request in wanted]
    disk.fill_up()
    refused = ask(Scribble(box="B1", text=TEXT * 20, on=DAY), "too-much")
    with pytest.raises(Transient, match="full"):
        await asyncio.wait_for(writer.execute(refused), PATIENCE_S)
    stored = writer.store.read_stream("box/B1")
    assert [record.envelope for record in stored] == [
        outcome.recorded[0].envelope for outcome in acknowledged
    ]
    disk.make_room()
    resumed = await writer.execute(refused)
    assert (resumed.version, resumed.position, resumed.repeated) == (6, 6, False)


async def test_those_who_came_together_are_told_together(
    sqlite_database: Database, patience: float
) -> None:
    writer = sqlite_database.writer()
    await writer.execute(ask(Scribble(box="B1", text=TEXT, on=DAY)))
    disk = Disk(writer)
    disk.fill_up()
    wanted = [ask(Scribble(box=f"B{n}", text=TEXT * 5, on=DAY)) for n in range(40)]
    answers = await asyncio.wait_for(
        asyncio.gather(*(writer.execute(one) for one in wanted), return_exceptions=True), 60
    )
    told = {
        one.command_id for one, a in zip(wanted, answers, strict=True) if isinstance(a, Outcome)
    }
    assert any(isinstance(answer, Transient) for answer in answers)
    assert all(isinstance(answer, Outcome | Transient) for answer in answers)
    kept = {record.envelope.command_id for record in writer.store.read_after(1, 100)}
    assert told == kept
    disk.make_room()
    assert all(isinstance(a, Outcome) for a in await writer.execute_many(wanted))
    assert writer.store.head().position == 41


async def test_a_consumer_waits_for_room_and_parks_nothing(
    sqlite_database: Database, patience: float
) -> None:
    rig, feed = Rig(sqlite_database), Feed().put(*(f"B{n}:{'y' * 900}{n}" for n in range(60)))
    disk = Disk(rig.writer)
    await rig.apply(feed.batch(1, 3))
    disk.fill_up()
    with pytest.raises(Transient, match="full"):
        await asyncio.wait_for(rig.apply(feed.batch(4)), PATIENCE_S)
    assert rig.applier.cursor(FEED, 0).position == 3
    assert len(rig.rows()) == 3
    disk.make_room()
    await rig.apply(feed.batch(4))
    assert len(rig.rows()) == len(rig.state().facts) == 60
    assert rig.parked() == []
