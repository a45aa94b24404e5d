"""The stores tailed in process: woken by commits, waiting for what is away, loud about the past."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, event

from contracts.catalog import Catalog
from infra import execute, tables
from infra.bus import Progress
from infra.consumer import START
from infra.embedded import StoreLog
from infra.execute import Writer
from infra.store import Store
from tests.breaker import Breaker
from tests.databases import Database
from tests.logs.rig import FEED, Rig
from tests.toys import DAY, SHOWING, SOURCE, Put, Scribble, Scribbled, ask, count, put, toy_writer

PATIENCE_S = 20.0


class Source:
    """Another service's store, in a file that can be copied and put back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database: Database | None = None
        self.open()

    def open(self) -> None:
        """Open the file as it is now."""
        url = f"sqlite:///{self.folder / 'source.sqlite'}"
        self.database = Database(url, url, None)
        self.store = self.database.store(FEED)
        self.writer: Writer = self.database.writer(self.store)

    def close(self) -> None:
        """Let go of the file."""
        if self.database is not None:
            self.database.close()
            self.database = None

    def database_lost(self) -> Exception:
        """What the driver raises when the file cannot be read."""
        assert self.database is not None
        return self.database.connection_lost()

    def backup(self) -> Path:
        """Copy the closed file."""
        self.close()
        return Path(shutil.copytree(self.folder, self.folder.with_name("backup")))

    def restore(self, backup: Path) -> None:
        """Put an older copy in its place."""
        self.close()
        shutil.rmtree(self.folder)
        shutil.copytree(backup, self.folder)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    """A source's store."""
    (tmp_path / "source").mkdir()
    made = Source(tmp_path / "source")
    yield made
    made.close()


@asynccontextmanager
async def following(rig: Rig, source: Source, *, wake: bool = True) -> AsyncIterator[Progress]:
    """The rig's consumer follows the source and its own store."""
    progress = Progress(rig.consumer.name)
    log = StoreLog({FEED: source.store, SOURCE: rig.store}, own=SOURCE)
    if wake:
        log.wake_on(source.writer)
        log.wake_on(rig.writer)
    task = asyncio.create_task(log.follow(rig.applier, (FEED, SOURCE), progress))
    try:
        yield progress
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def at(rig: Rig) -> int:
    """How far the consumer is in the source."""
    return rig.applier.cursor(FEED, 0).position


async def until(true: Callable[[], bool]) -> None:
    """Wait for something, but not for ever."""
    async with asyncio.timeout(PATIENCE_S):
        while not await asyncio.to_thread(true):  # noqa: ASYNC110 (a thread makes it true)
            await asyncio.sleep(0.02)


class FollowingSuite:
    """Subclasses give the fixtures `database` and `source`."""

    async def test_both_stores_are_followed_and_private_events_stay_with_their_own(
        self, database: Database, source: Source
    ) -> None:
        rig = Rig(database)
        async with following(rig, source) as progress:
            for number in range(5):
                await source.writer.execute(put(f"B{number % 2}", f"i{number}"))
                await source.writer.execute(ask(Scribble(box="B0", text="mine", on=DAY)))
            await until(lambda: len(rig.counted().get("shelf/all", ())) == 5)
            await rig.writer.execute(ask(Scribble(box="B9", text="own", on=DAY)))
            await until(lambda: rig.applier.cursor(SOURCE, 0).position == 11)
        assert at(rig) == 9
        assert rig.rows()["B0"].items == ("i0", "i2", "i4")
        assert (progress.state, progress.holes, progress.repeats) == ("following", 0, 0)

    async def test_a_commit_wakes_its_followers_before_they_would_look(
        self, database: Database, source: Source, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infra.embedded.OWN", 3_600.0)
        rig = Rig(database)
        async with following(rig, source) as progress:
            await until(lambda: progress.state == "following")
            for number in range(10):
                await source.writer.execute(put("B1", f"i{number % 8}"))
                await until(lambda: at(rig) == source.writer.store.head().position)
        assert len(rig.rows()["B1"].items) == 8

    async def test_what_another_process_wrote_is_found_without_being_woken(
        self, database: Database, source: Source
    ) -> None:
        rig = Rig(database)
        async with following(rig, source, wake=False):
            await source.writer.execute(put("B1", "cup"))
            await until(lambda: "B1" in rig.rows())
        assert at(rig) == 1

    async def test_a_type_of_a_newer_build_is_shown_and_parks(
        self, database: Database, source: Source
    ) -> None:
        await source.writer.execute(put("B1", "cup"))
        await source.writer.execute(count("B1", "cup"))
        await source.writer.execute(put("B2", "jug"))
        source.store = Store(source.store.engine, FEED, Catalog((Put,), private=(Scribbled,)))
        rig = Rig(database, SHOWING, source.store.catalog)
        async with following(rig, source, wake=False):
            await until(lambda: "B2" in rig.rows())
        assert [(p.record.envelope.stream, p.slug) for p in rig.parked()] == [
            ("shelf/B1", "unknown-type")
        ]

    async def test_a_replaced_store_stops_the_consumer(
        self, database: Database, source: Source
    ) -> None:
        rig = Rig(database)
        await source.writer.execute(put("B1", "cup"))
        async with following(rig, source):
            await until(lambda: "B1" in rig.rows())
        source.close()
        shutil.rmtree(source.folder)
        source.folder.mkdir()
        source.open()
        for number in range(3):
            await source.writer.execute(put("B1", f"other{number}"))
        async with following(rig, source) as progress:
            await until(lambda: progress.state == "stopped")
        assert progress.reason.startswith("source-history-changed: ")
        assert rig.rows()["B1"].items == ("cup",)

    @pytest.mark.parametrize("since", [0, 2, 3, 6])
    async def test_a_store_restored_from_an_older_backup_stops_the_consumer(
        self, database: Database, source: Source, since: int
    ) -> None:
        rig = Rig(database)
        await source.writer.execute(put("B1", "a", "b"))
        backup = source.backup()
        source.open()
        await source.writer.execute(put("B1", "c", "d", "e"))
        async with following(rig, source):
            await until(lambda: at(rig) == 5)
        source.restore(backup)
        source.open()
        if since:
            await source.writer.execute(put("B1", *(f"n{number}" for number in range(since))))
        async with following(rig, source) as progress:
            await until(lambda: progress.state == "stopped")
        assert "backup" in progress.reason
        assert rig.rows()["B1"].items == ("a", "b", "c", "d", "e")

    async def test_one_source_that_is_away_is_told_of_beside_the_other_that_is_followed(
        self, database: Database, source: Source
    ) -> None:
        rig = Rig(database)
        breaker = Breaker(source.store.engine, source.database_lost)
        async with following(rig, source) as progress:
            await until(lambda: progress.counts()["following"] == 2)
            breaker.when(lambda moment, _: moment == "before")
            await until(lambda: progress.counts()["waiting"] == 1)
            for number in range(5):
                await rig.writer.execute(ask(Scribble(box="B1", text=f"own {number}", on=DAY)))
            await until(lambda: rig.applier.cursor(SOURCE, 0).position == 5)
            assert progress.counts() == {"following": 1, "waiting": 1, "stopped": 0}
            assert progress.state == "waiting"
            assert "away" in progress.reason
            breaker.mend()
            await until(lambda: progress.state == "following")
            assert progress.counts()["following"] == 2

    async def test_a_database_that_is_away_is_waited_for(
        self, database: Database, source: Source, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(execute, "RETRY_FOR_S", 0.3)
        rig = Rig(database)
        away: list[bool] = []

        @event.listens_for(rig.store.engine, "before_cursor_execute")
        def fail(connection: Connection, *_: object) -> None:
            if away:
                raise database.connection_lost()

        async with following(rig, source) as progress:
            await source.writer.execute(put("B1", "cup"))
            await until(lambda: "B1" in rig.rows())
            away.append(True)
            await source.writer.execute(put("B1", "jug"))
            await until(lambda: progress.state == "waiting")
            await asyncio.sleep(1.0)
            assert progress.state == "waiting"
            away.clear()
            await until(lambda: rig.rows()["B1"].items == ("cup", "jug"))
            await until(lambda: progress.state == "following")
        assert rig.parked() == []

    async def test_a_cursor_that_was_set_back_under_the_follower_loses_nothing(
        self, database: Database, source: Source
    ) -> None:
        rig = Rig(database)
        async with following(rig, source) as progress:
            await source.writer.execute(put("B1", "a", "b", "c"))
            await until(lambda: at(rig) == 3)
            with rig.store.engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                for table in rig.models.slots["a"].all():
                    connection.execute(delete(table))
                connection.execute(delete(tables.CURSORS).where(tables.CURSORS.c.source == FEED))
                connection.exec_driver_sql("COMMIT")
            await source.writer.execute(put("B1", "d"))
            await until(lambda: at(rig) == 4)
        assert rig.rows()["B1"].items == ("a", "b", "c", "d")
        assert progress.holes == 1

    def test_a_writer_outlives_the_loops_of_its_followers(
        self, database: Database, source: Source
    ) -> None:
        rig = Rig(database)

        async def once(item: str) -> None:
            async with following(rig, source):
                await source.writer.execute(put("B1", item))
                await until(lambda: item in rig.rows()["B1"].items if rig.rows() else False)

        for item in ("cup", "jug"):
            asyncio.run(once(item))
            source.writer.submit_many([put("B2", item)]).result(PATIENCE_S)
        assert rig.rows()["B1"].items == ("cup", "jug")

    @pytest.mark.parametrize("own", [True, False])
    def test_a_replay_gives_everything_up_to_the_head_in_an_unbroken_chain(
        self, database: Database, own: bool
    ) -> None:
        store = database.store()
        writer = database.keep(toy_writer(store).start())
        private = ask(Scribble(box="B0", text="mine", on=DAY))
        wanted = [put(f"B{n}", "a") if n % 3 else private for n in range(40)]
        writer.submit_many([ask(request.command) for request in wanted]).result(PATIENCE_S)
        positions = [n + 1 for n in range(40) if own or n % 3]
        log = StoreLog({SOURCE: store}, own=SOURCE if own else FEED)
        batches = list(log.replay(SOURCE, 0, START, 7))
        found = [received for batch in batches for received in batch.received]
        assert [one.record.envelope.position for one in found] == positions
        assert [one.previous for one in found] == [0, *positions[:-1]]
        assert log.ends(SOURCE) == {0: positions[-1]}
