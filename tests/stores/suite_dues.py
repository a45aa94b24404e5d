"""The clock's rows of streams that an older build wrote, whose rules were other ones."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from infra import tables
from infra.clock import Clock, Times
from infra.decider import Decider
from infra.dues import code_of, restate
from infra.embedded import StoreLog
from infra.execute import Writer
from infra.transaction import Transaction
from tests.databases import Database
from tests.toys import DAY, DECIDERS, KEY, POLICIES, SOURCE, WEEK, Wall, due_box, put

BOX = DECIDERS["box"]
WITHOUT = {**DECIDERS, "box": BOX._replace(due=None)}
LONG_AFTER = datetime(2026, 4, 1, 9, tzinfo=UTC)
PATIENCE_S = 20


def emptied(state: Any) -> Mapping[str, date]:
    """Another rule of an older build: a box is emptied, a week after its day."""
    day = due_box(state).get("shut")
    return {"empty": day + WEEK} if day else {}


class DuesSuite:
    """Subclasses give the fixture `database`."""

    async def test_a_rule_that_came_with_a_build_asks_streams_that_are_at_rest(
        self, database: Database
    ) -> None:
        older = writer_of(database, WITHOUT)
        await older.execute(put("A", "one"))
        older.close()
        newer = writer_of(database, DECIDERS)
        assert rows(newer) == []

        told = await shut_by_the_clock(newer, "box/A")

        assert told == date(2026, 3, 31), "the last day that was over: its day had passed long ago"
        assert rows(newer) == [], "asked once, answered once"

    async def test_a_stream_that_the_newer_build_writes_first_keeps_one_row(
        self, database: Database
    ) -> None:
        await writer_of(database, WITHOUT).execute(put("A", "one"))
        newer = writer_of(database, DECIDERS)
        await newer.execute(put("A", "one"))  # nothing new: no event, no row
        await newer.execute(put("B", "one"))
        await asyncio.to_thread(restate, newer)
        day = (DAY + WEEK).isoformat()
        assert rows(newer) == [("box/A", "shut", day), ("box/B", "shut", day)]

    async def test_a_rule_that_a_build_no_longer_has_asks_nothing(self, database: Database) -> None:
        older = writer_of(database, {**DECIDERS, "box": BOX._replace(due=emptied)})
        await older.execute(put("A", "one"))
        newer = writer_of(database, DECIDERS)
        await asyncio.to_thread(restate, newer)
        assert rows(newer) == [("box/A", "shut", (DAY + WEEK).isoformat())]
        newest = writer_of(database, WITHOUT)
        await asyncio.to_thread(restate, newest)
        assert rows(newest) == []

    async def test_streams_are_looked_at_once_for_each_build(self, database: Database) -> None:
        writer = writer_of(database, DECIDERS)
        for box in "ABC":
            await writer.execute(put(box, "one"))
        found = [await asyncio.to_thread(restate, writer) for _ in range(2)]
        again = await asyncio.to_thread(restate, writer_of(database, DECIDERS))
        asked = await asyncio.to_thread(lambda: restate(writer, again=True))
        assert (found, again, asked) == ([3, 0], 0, 3)

    async def test_a_stream_that_cannot_be_folded_keeps_no_other_from_its_day(
        self, database: Database
    ) -> None:
        older = writer_of(database, WITHOUT)
        for box in "ABC":
            await older.execute(put(box, "one"))

        def evolve(state: Any, event: Any) -> Any:
            if event.box == "B":
                raise ValueError("a bug in this build")
            return BOX.evolve(state, event)

        newer = writer_of(database, {**DECIDERS, "box": BOX._replace(evolve=evolve)})
        await asyncio.to_thread(restate, newer)
        assert [stream for stream, _, _ in rows(newer)] == ["box/A", "box/C"]

    async def test_rows_are_made_anew_in_more_than_one_transaction(
        self, database: Database, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr("infra.dues.AT_ONCE", 2)
        monkeypatch.setattr("infra.dues.PAGE", 3)
        older = writer_of(database, WITHOUT)
        for box in range(8):
            await older.execute(put(f"B{box}", "one"))
        newer = writer_of(database, DECIDERS)
        assert await asyncio.to_thread(restate, newer) == 8
        assert len(rows(newer)) == 8

    def test_what_makes_the_rows_follows_the_rules_of_each_kind(self) -> None:
        assert code_of(DECIDERS) == code_of(dict(DECIDERS))
        assert len({code_of(DECIDERS), code_of(WITHOUT)}) == 2
        other = {**DECIDERS, "box": BOX._replace(due=emptied)}
        assert code_of(other) != code_of(DECIDERS)


def writer_of(database: Database, deciders: Mapping[str, Decider]) -> Writer:
    """A process of a build with these deciders."""
    wall = Wall(LONG_AFTER)
    made = Writer(database.store(), deciders, POLICIES, wall.now, KEY)
    return database.keep(made.start())


def rows(writer: Writer) -> list[tuple[str, str, str]]:
    """What the clock would find."""
    with writer.store.engine.connect() as connection:
        columns = tables.DUES.c
        found = connection.execute(tables.DUES.select().order_by(columns.stream, columns.rule))
        return [(row.stream, row.rule, row.due_on) for row in found]


async def shut_by_the_clock(writer: Writer, stream: str) -> date:
    """Let the clock run until it has shut a box; the day on which."""
    log = StoreLog({SOURCE: writer.store}, own=SOURCE)
    clock = Clock(writer, Times(simulated=False, wall=lambda: LONG_AFTER), {}, (), log)
    running = asyncio.create_task(clock.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not running.done():
                state = await writer.run(lambda unit: state_of(unit, stream))
                if state.shut_on is not None:
                    return date.fromisoformat(str(state.shut_on))
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
    raise AssertionError(f"the clock ended: {running}")


def state_of(unit: Transaction, stream: str) -> Any:
    """A box as it is."""
    return unit.fold(stream).state
