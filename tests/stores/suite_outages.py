"""A database that dies at the worst moment: nothing twice, nothing lost, and work resumes."""

import asyncio
import time

import pytest
from sqlalchemy import Connection, event

from infra import execute
from infra.consumer import Batch
from infra.errors import Transient
from infra.execute import Outcome, Writer
from infra.transaction import Answer
from tests.breaker import Breaker
from tests.databases import Database
from tests.logs.rig import Feed, Rig
from tests.stores.suite_isolation import TOO_MANY, Tally
from tests.toys import count, put, toy_writer

PATIENCE_S = 60.0


def broken_writer(database: Database) -> tuple[Writer, Breaker]:
    """A writer whose connection can be broken."""
    store = database.store()
    return database.writer(store), Breaker(store.engine, database.connection_lost)


def positions(answers: list[Answer]) -> list[int]:
    """Where accepted commands stand."""
    return [answer.position for answer in answers if isinstance(answer, Outcome)]


class OutagesSuite:
    """Subclasses give the fixture `database`."""

    @pytest.mark.parametrize("moment", ["before", "after"])
    async def test_a_commit_whose_outcome_is_unknown_is_found_again_and_never_made_twice(
        self, database: Database, moment: str
    ) -> None:
        writer, breaker = broken_writer(database)
        await writer.execute(count("S", "first"))
        breaker.once(moment, "COMMIT")
        wanted = [count("S", "a"), count("S", "b"), put("B1", "cup"), put("B1", *TOO_MANY)]
        answers = await asyncio.wait_for(writer.execute_many(wanted), PATIENCE_S)
        assert breaker.broken == ["COMMIT"]
        assert positions(answers) == [2, 3, 4]
        assert [r.envelope.position for r in writer.store.read_after(0, 10)] == [1, 2, 3, 4]
        again = await writer.execute_many(wanted)
        assert positions(again) == [2, 3, 4]
        assert (await writer.execute(count("S", "c"))).version == 4

    async def test_a_connection_killed_between_commits_is_replaced(
        self, database: Database
    ) -> None:
        writer = database.writer()
        for number in range(4):
            outcome = await writer.execute(count("S", str(number)))
            assert (outcome.version, outcome.repeated) == (number + 1, False)
            database.kill_connections()

    async def test_connections_killed_under_load_lose_and_double_nothing(
        self, database: Database
    ) -> None:
        writer = database.writer()
        stop = asyncio.Event()

        async def kill() -> None:
            while not stop.is_set():
                await asyncio.to_thread(database.kill_connections)
                await asyncio.sleep(0.05)

        killing = asyncio.create_task(kill())
        streams = [f"S{number}" for number in range(8)]
        answers = await asyncio.gather(
            *(work(writer, stream, 12) for stream in streams), return_exceptions=False
        )
        stop.set()
        await killing
        assert all(versions == list(range(1, 13)) for versions in answers)
        assert writer.store.head().position == 8 * 12

    async def test_a_database_that_stays_away_is_told_and_work_resumes_by_itself(
        self, database: Database, patience: float
    ) -> None:
        writer, breaker = broken_writer(database)
        await writer.execute(count("S", "first"))
        breaker.when(lambda moment, statement: statement.startswith("BEGIN"))
        started = time.monotonic()
        with pytest.raises(Transient, match="away"):
            await writer.execute(count("S", "lost"))
        assert time.monotonic() - started >= patience
        assert len(breaker.broken) > 3
        breaker.mend()
        assert (await writer.execute(count("S", "second"))).version == 2

    async def test_who_waits_in_line_is_not_kept_waiting_once_more(
        self, database: Database, patience: float
    ) -> None:
        writer, breaker = broken_writer(database)
        breaker.when(lambda moment, statement: statement.startswith("BEGIN"))
        units = [writer.run(lambda unit: unit.fold("shelf/S").version) for _ in range(12)]
        answers = await asyncio.gather(*units, return_exceptions=True)
        assert all(isinstance(answer, Transient) for answer in answers)
        tries = patience / execute.RETRY_EVERY_S + 1
        assert len(breaker.broken) <= tries + 2 * len(units), "each began its patience anew"

    async def test_a_writer_that_is_closed_while_the_database_is_away_has_no_more_patience(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(execute, "RETRY_FOR_S", 10 * PATIENCE_S)
        writer, breaker = broken_writer(database)
        breaker.when(lambda moment, statement: statement.startswith("BEGIN"))
        waiting = asyncio.ensure_future(writer.execute(count("S", "lost")))
        await asyncio.sleep(0.3)
        await asyncio.wait_for(asyncio.to_thread(writer.close), PATIENCE_S)
        with pytest.raises(Transient):
            await waiting

    async def test_a_lock_that_is_not_given_back_is_told_to_who_waits_for_it(
        self, database: Database, patience: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infra.store.LOCK_WAIT_S", 1)
        writer = database.writer()
        other = database.store()
        with other.engine.connect() as connection:
            other.begin(connection)
            with pytest.raises(Transient, match="away or busy"):
                await asyncio.wait_for(writer.execute(count("S", "a")), PATIENCE_S)
            connection.exec_driver_sql("ROLLBACK")
        assert (await writer.execute(count("S", "b"))).version == 1

    async def test_each_answer_is_counted_once_however_often_the_commit_was_tried(
        self, database: Database
    ) -> None:
        tally = Tally()
        store = database.store()
        writer = database.keep(toy_writer(store, meter=tally).start())
        Breaker(store.engine, database.connection_lost).once("before", "COMMIT")
        await writer.execute_many([put("B1", "cup"), put("B1", *TOO_MANY)])
        await writer.run(lambda unit: None)
        assert tally.outcomes == ["accepted", "box-full"]

    async def test_a_command_broken_at_any_statement_is_stored_once(
        self, database: Database, patience: float
    ) -> None:
        writer, breaker = broken_writer(database)
        await writer.execute(put("B0", "cup"))
        number, boxes = 0, 0
        while True:
            breaker.broken.clear()
            breaker.nth(number)
            boxes += 1
            wanted = [put(f"B{boxes}", "cup"), count(f"B{boxes}", "cup")]
            answers = await writer.execute_many(wanted)
            breaker.mend()
            assert positions(answers) == [2 * boxes, 2 * boxes + 1]
            if not breaker.broken:
                break
            number += 1
        assert number >= 6
        assert writer.store.head().position == 2 * boxes + 1
        with writer.store.engine.connect() as connection:
            dues = connection.exec_driver_sql("SELECT count(*) FROM dues").scalar()
        assert dues == boxes + 1

    async def test_a_batch_broken_at_any_statement_is_applied_once(
        self, database: Database, patience: float
    ) -> None:
        rig, feed = Rig(database), Feed()
        breaker = Breaker(rig.store.engine, database.connection_lost)
        number = 0
        while True:
            feed.put(f"B{number}:a", f"B{number}:poison", f"B{number}x:cursed", f"B{number}y:b")
            batch: Batch = feed.batch(4 * number + 1)
            breaker.broken.clear()
            breaker.nth(number)
            await rig.apply(batch)
            breaker.mend()
            assert rig.applier.cursor(feed.source, 0).position == len(feed.received)
            number += 1
            if not breaker.broken:
                break
        assert number > 12
        whole = rig.state()
        assert len(whole.rows) == 3 * number
        assert len(whole.facts) == 3 * number
        assert len(whole.parked) == len(whole.refused) == number
        assert len(whole.counted["shelf/all"]) == 3 * number

    async def test_connections_killed_while_rows_are_written_park_nothing(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B2:b", "B1:c")
        killed: list[str] = []

        @event.listens_for(rig.store.engine, "after_cursor_execute")
        def kill(connection: Connection, cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("INSERT INTO boxes") and len(killed) < 4:
                killed.append(statement)
                database.kill_connections()

        await rig.apply(feed.batch())
        assert killed
        assert rig.parked() == []
        assert rig.rows().keys() == {"B1", "B2"}
        assert len(rig.state().facts) == 3


async def work(writer: Writer, stream: str, times: int) -> list[int]:
    """Commands one after the other, each asked again under its id until it is answered."""
    versions = []
    for number in range(times):
        request = count(stream, str(number))
        while True:
            try:
                outcome = await asyncio.wait_for(writer.execute(request), PATIENCE_S)
            except Transient:
                continue
            versions.append(outcome.version)
            break
    return versions
