"""What every log promises (`infra.bus.Log`), whoever delivers: each enrols with its own ground.

A consumer, on a database, follows what a source says in public. What only one of the logs can do
or suffer is in its own tests: records sent twice or lost on a topic, stores that wake their reader.
"""

import asyncio
import shutil
from collections.abc import Sequence

import pytest
from sqlalchemy import delete

from contracts.catalog import Catalog
from contracts.envelope import Record
from infra import tables
from infra.consumer import START, Batch, Cursor
from infra.errors import HistoryChanged, Transient
from infra.transaction import Request
from tests.databases import Database
from tests.logs.grounds import (
    PATIENCE_S,
    READER,
    Ground,
    Witness,
    behind,
    caught_up,
    cursors,
    following,
    until,
)
from tests.logs.rig import FEED, Rig
from tests.toys import DAY, CloseDay, Put, Scribble, Scribbled, ask, put


def items(first: int, last: int) -> list[Request]:
    """Items so numbered, over five boxes; behind each third the source notes something private."""
    made: list[Request] = []
    for number in range(first, last):
        made.append(put(f"B{number % 5}", f"i{number}"))
        if number % 3 == 0:
            made.append(private())
    return made


def private() -> Request:
    """What nobody else is told."""
    return ask(Scribble(box="B0", text="mine", on=DAY))


def shown(rig: Rig) -> dict[str, tuple[str, ...]]:
    """What the consumer has of each box, in the order in which it came."""
    return {box: row.items for box, row in rig.rows().items()}


def wanted(last: int) -> dict[str, tuple[str, ...]]:
    """The same of items from 0 on."""
    return {
        f"B{box}": tuple(f"i{number}" for number in range(box, last, 5))
        for box in range(min(last, 5))
    }


def replayed(ground: Ground, after: dict[int, Cursor], limit: int) -> dict[int, list[Batch]]:
    """What a replay gives of each partition."""
    return {
        part: list(ground.log.replay(FEED, part, cursor, limit)) for part, cursor in after.items()
    }


def whole(ground: Ground) -> dict[int, Cursor]:
    """From the beginning of each partition."""
    return dict.fromkeys(range(ground.log.partitions(FEED)), START)


def chained(batches: Sequence[Batch], after: int = 0) -> list[Record]:
    """Their records; each names the one before it."""
    found = [received for batch in batches for received in batch.received]
    positions = [one.record.envelope.position for one in found]
    assert [one.previous for one in found] == [after, *positions][: len(found)]
    return [one.record for one in found]


def together(partitions: dict[int, list[Batch]]) -> list[Record]:
    """The records of all partitions as the source has them."""
    found = [record for batches in partitions.values() for record in chained(batches)]
    return sorted(found, key=lambda record: record.envelope.position)


def kept(rig: Rig) -> int:
    """How many items the consumer has."""
    return sum(len(there) for there in shown(rig).values())


def reached(ground: Ground, rig: Rig) -> int:
    """How many records its cursors have behind them."""
    at, given = cursors(ground, rig), replayed(ground, whole(ground), 1_000)
    return sum(
        record.envelope.position <= at[part].position
        for part, batches in given.items()
        for record in chained(batches)
    )


class LogSuite:
    """Subclasses give the fixtures `database` (the consumer's) and `ground`."""

    # --- following ---

    async def test_what_was_said_and_what_is_said_is_given_once_and_in_order(
        self, database: Database, ground: Ground
    ) -> None:
        rig = Rig(database, READER)
        witness = Witness(rig)
        await ground.say(*items(0, 10))
        async with following(ground, rig, witness) as follower:
            await caught_up(ground, rig, follower)
            public = await ground.say(*items(10, 20))
            await caught_up(ground, rig, follower)
        given: dict[int, list[Batch]] = {}
        for batch in witness.batches:
            given.setdefault(batch.partition, []).append(batch)
        assert together(given) == public
        assert shown(rig) == wanted(20)
        progress = follower.progress
        assert (progress.applied, progress.repeats, progress.holes) == (20, 0, 0)
        assert progress.counts()["following"] == ground.log.partitions(FEED)

    async def test_a_follower_goes_on_from_its_cursor(
        self, database: Database, ground: Ground
    ) -> None:
        rig = Rig(database, READER)
        for last in (5, 10, 15):
            await ground.say(*items(last - 5, last))
            async with following(ground, rig) as follower:
                await caught_up(ground, rig, follower)
            assert follower.progress.applied == 5
            assert shown(rig) == wanted(last)

    async def test_two_followers_of_one_consumer_apply_each_event_once(
        self, database: Database, ground: Ground
    ) -> None:
        rig = Rig(database, READER)
        async with following(ground, rig) as one, following(ground, rig) as two:
            for last in (10, 20, 30):
                await ground.say(*items(last - 10, last))
                await until(lambda: not behind(ground, rig), lambda: behind(ground, rig))
        assert shown(rig) == wanted(30)
        assert one.progress.applied + two.progress.applied == 30

    async def test_over_a_cursor_that_was_set_back_nothing_is_passed_over(
        self, database: Database, ground: Ground
    ) -> None:
        """What comes next does not connect: a hole, which is read once more from the cursor."""
        rig = Rig(database, READER)
        async with following(ground, rig) as follower:
            await ground.say(*items(0, 12))
            await caught_up(ground, rig, follower)
            with rig.store.engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                for table in (*rig.models.slots["a"].all(), tables.CURSORS):
                    connection.execute(delete(table))
                connection.exec_driver_sql("COMMIT")
            await ground.say(*items(12, 17))
            await caught_up(ground, rig, follower)
        assert shown(rig) == wanted(17)

    async def test_what_this_build_does_not_know_is_given_too(
        self, database: Database, ground: Ground
    ) -> None:
        narrow = Catalog((Put,), private=(Scribbled,))
        rig = Rig(database, READER, narrow)
        await ground.say(*items(0, 3), ask(CloseDay(on=DAY)))
        async with following(ground, rig) as follower:
            await caught_up(ground, rig, follower)
        assert {parked.slug for parked in rig.parked()} == {"unknown-type"}
        assert shown(rig) == wanted(3)

    async def test_a_day_that_is_closed_is_closed_in_every_partition(
        self, database: Database, ground: Ground
    ) -> None:
        rig = Rig(database, READER)
        await ground.say(*items(0, 5), ask(CloseDay(on=DAY)))
        async with following(ground, rig) as follower:
            await caught_up(ground, rig, follower)
        assert {cursor.closed_on for cursor in cursors(ground, rig).values()} == {DAY}

    async def test_a_follower_waits_for_what_is_away_and_says_why(
        self, database: Database, ground: Ground
    ) -> None:
        rig = Rig(database, READER)
        witness = Witness(rig, *[Transient("the database is away")] * 3)
        await ground.say(*items(0, 5))
        async with following(ground, rig, witness) as follower:
            await until(lambda: follower.progress.state == "waiting", lambda: follower)
            assert "the database is away" in follower.progress.reason
            await caught_up(ground, rig, follower)
        assert witness.errors == []
        assert shown(rig) == wanted(5)

    async def test_a_bug_ends_the_follower_for_all_to_see(
        self, database: Database, ground: Ground
    ) -> None:
        rig = Rig(database, READER)
        await ground.say(*items(0, 5))
        async with following(ground, rig, Witness(rig, TypeError("a bug"))) as follower:
            await asyncio.wait([follower.task], timeout=PATIENCE_S)
            assert follower.task.done()
        assert "a bug" in repr(follower.task.exception())
        assert shown(rig) == {}

    # --- another past ---

    @pytest.mark.parametrize("how", ["another store", "another past", "a shorter past"])
    async def test_another_history_than_the_cursor_s_ends_the_follower(
        self, database: Database, ground: Ground, how: str
    ) -> None:
        rig, source = Rig(database, READER), ground.source
        await ground.say(put("B1", "a", "b"))
        backup = source.backup()
        source.open()
        await ground.exchanged()
        await ground.say(put("B1", "c", "d"))
        async with following(ground, rig) as follower:
            await caught_up(ground, rig, follower)
        if how == "another store":
            source.close()
            shutil.rmtree(source.folder)
            source.folder.mkdir()
        else:
            source.restore(backup)
        source.open()
        await ground.exchanged()
        if how != "a shorter past":
            await ground.say(put("B1", *(f"n{number}" for number in range(6))))
        async with following(ground, rig) as follower:
            await asyncio.wait([follower.task], timeout=PATIENCE_S)
            assert follower.task.done(), follower
        assert follower.task.exception() is None
        assert follower.progress.state == "stopped"
        assert follower.progress.reason.startswith("source-history-changed: ")
        assert shown(rig) == {"B1": ("a", "b", "c", "d")}

    # --- stopping ---

    async def test_a_follower_stopped_while_it_applies_leaves_all_of_it_or_nothing(
        self, database: Database, ground: Ground
    ) -> None:
        rig = Rig(database, READER)
        last = 0
        for _ in range(3):
            last += 10
            public = await ground.say(*items(last - 10, last))
            witness = Witness(rig)
            async with following(ground, rig, witness):
                await until(witness.was_asked, lambda: behind(ground, rig))
            assert len(public) == last
            await rig.writer.run(lambda _: None)  # what the writer had taken is behind it
            assert kept(rig) == reached(ground, rig)
        async with following(ground, rig) as follower:
            await caught_up(ground, rig, follower)
        assert shown(rig) == wanted(last)

    async def test_a_follower_stopped_as_soon_as_it_was_started_leaves_all_or_nothing(
        self, database: Database, ground: Ground
    ) -> None:
        rig = Rig(database, READER)
        await ground.say(*items(0, 5))
        for step in range(3):
            async with following(ground, rig) as follower:
                await asyncio.sleep(step * 0.01)
            assert follower.task.cancelled()
            await rig.writer.run(lambda _: None)  # what the writer had taken is behind it
            assert kept(rig) == reached(ground, rig)

    # --- replays ---

    async def test_a_replay_gives_all_in_an_unbroken_chain(self, ground: Ground) -> None:
        public = await ground.say(*items(0, 30), private())
        found = await asyncio.to_thread(replayed, ground, whole(ground), 4)
        assert together(found) == public
        batches = [batch for each in found.values() for batch in each]
        assert max(len(batch.received) for batch in batches) <= 4
        assert {batch.store_id for batch in batches} == {ground.source.store.store_id}

    async def test_a_replay_ends_where_the_log_did_when_it_was_asked(self, ground: Ground) -> None:
        await ground.say(*(put("B1", f"i{number}") for number in range(6)))
        [part] = {
            part
            for part, batches in replayed(ground, whole(ground), 10).items()
            if chained(batches)
        }
        replay = ground.log.replay(FEED, part, START, 4)
        first = await asyncio.to_thread(next, replay)
        await ground.say(put("B1", "later"))
        rest = await asyncio.to_thread(list, replay)
        assert len(chained([first, *rest])) == 6

    async def test_a_replay_goes_on_behind_a_cursor(
        self, database: Database, ground: Ground
    ) -> None:
        rig = Rig(database, READER)
        before = await ground.say(*items(0, 20))
        async with following(ground, rig) as follower:
            await caught_up(ground, rig, follower)
        at = cursors(ground, rig)
        assert not any((await asyncio.to_thread(replayed, ground, at, 4)).values())
        after = await ground.say(*items(20, 30))
        found = await asyncio.to_thread(replayed, ground, at, 4)
        new = [r for part, each in found.items() for r in chained(each, at[part].position)]
        assert sorted(new, key=lambda record: record.envelope.position) == after[len(before) :]

    async def test_a_replay_of_another_store_than_the_cursor_s_is_refused(
        self, database: Database, ground: Ground
    ) -> None:
        rig, source = Rig(database, READER), ground.source
        await ground.say(put("B1", "a", "b"))
        async with following(ground, rig) as follower:
            await caught_up(ground, rig, follower)
        source.close()
        shutil.rmtree(source.folder)
        source.folder.mkdir()
        source.open()
        await ground.exchanged()
        await ground.say(put("B1", "a", "b", "c"))
        with pytest.raises(HistoryChanged):
            await asyncio.to_thread(replayed, ground, cursors(ground, rig), 4)

    # --- ends ---

    async def test_the_ends_say_who_is_behind(self, database: Database, ground: Ground) -> None:
        rig = Rig(database, READER)
        assert await asyncio.to_thread(behind, ground, rig) == {}
        await ground.say(*items(0, 9), private())
        late = await asyncio.to_thread(behind, ground, rig)
        assert late
        assert all(end > reached for end, reached in late.values())
        async with following(ground, rig) as follower:
            await caught_up(ground, rig, follower)
        assert await asyncio.to_thread(behind, ground, rig) == {}
