"""Parked streams are released on request: in order, in one unit, once, and on record."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import Connection, event

from infra import tables
from infra.consumer import Applier
from infra.errors import Refused
from infra.parking import passed_over
from tests.databases import Database
from tests.logs.rig import FEED, Feed, Rig, day_closed
from tests.toys import COUNTING, DAY, MENDED


@pytest.fixture
def mended() -> Iterator[set[str]]:
    """Items that a newer build can take; emptied afterwards."""
    yield MENDED
    MENDED.clear()


class ReleasingSuite:
    """Subclasses give the fixture `database`."""

    async def test_a_retry_applies_the_stream_in_order_once_its_cause_is_mended(
        self, database: Database, mended: set[str]
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B1:poison", "B2:x", "B1:c", "B1:cursed")
        await rig.apply(feed.batch())
        before = rig.applier.cursor(FEED, 0)
        mended.add("poison")
        done = await rig.applier.release(FEED, "box/B1", "retry", "person-7")
        assert (done.applied, done.skipped, done.waiting, done.reason) == (3, None, 0, "")
        assert rig.rows()["B1"].items == ("a", "poison", "c", "cursed")
        assert rig.counted()["shelf/B1"] == ["a", "poison", "c"]
        assert rig.counted()["shelf/all"] == ["B1:a", "B2:x", "B1:poison", "B1:c", "B1:cursed"]
        assert [slug for _, slug in rig.state().refused] == ["item-cursed"]
        assert rig.parked() == []
        assert rig.applier.cursor(FEED, 0) == before
        with rig.store.engine.connect() as connection:
            assert passed_over(connection, "counting") == set()
        feed.put("B1:d")
        await rig.apply(feed.batch())
        assert rig.rows()["B1"].items == ("a", "poison", "c", "cursed", "d")

    async def test_a_retry_without_a_cure_stops_at_the_first_that_still_fails(
        self, database: Database, mended: set[str]
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:poison", "B1:b", "B1:bomb", "B1:d")
        await rig.apply(feed.batch())
        nothing = await rig.applier.release(FEED, "box/B1", "retry", "person-7")
        assert (nothing.applied, nothing.waiting) == (0, 4)
        assert nothing.reason.startswith("not-applicable: ValueError")
        mended.add("poison")
        some = await rig.applier.release(FEED, "box/B1", "retry", "person-7")
        assert (some.applied, some.waiting) == (2, 2)
        assert some.reason.startswith("not-applicable: RuntimeError")
        assert rig.rows()["B1"].items == ("poison", "b")
        assert rig.counted()["shelf/all"] == ["B1:poison", "B1:b"]
        assert [(p.record.envelope.position, p.slug) for p in rig.parked()] == [
            (3, "not-applicable"),
            (4, "stream-parked"),
        ]
        assert "counting it is a bug" in rig.parked()[0].sentence

    async def test_a_retry_of_an_unknown_type_waits_for_a_build_that_knows_it(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B1:b").bend(1, type="toy.later.v1")
        await rig.apply(feed.batch())
        done = await rig.applier.release(FEED, "box/B1", "retry", "person-7")
        assert (done.applied, done.waiting) == (0, 2)
        assert done.reason.startswith("unknown-type: ")

    async def test_a_skip_drops_the_first_parked_event_and_retries_the_rest(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B1:bomb", "B1:c", "B1:sour", "B1:e")
        await rig.apply(feed.batch())
        done = await rig.applier.release(FEED, "box/B1", "skip", "person-7", position=2)
        assert (done.applied, done.skipped, done.waiting) == (1, 2, 2)
        assert rig.rows()["B1"].items == ("a", "c")
        last = await rig.applier.release(FEED, "box/B1", "skip", "person-7")
        assert (last.applied, last.skipped, last.waiting) == (1, 4, 0)
        assert rig.rows()["B1"].items == ("a", "c", "e")
        assert rig.counted()["shelf/B1"] == ["a", "c", "e"]

    async def test_releases_are_durable_records_that_a_rebuild_obeys(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:bomb", "B1:b", "B2:poison", "B2:d", "B3:sour")
        await rig.apply(feed.batch())
        await rig.applier.release(FEED, "box/B1", "skip", "person-7")
        await rig.applier.release(FEED, "box/B2", "retry", "person-8")
        await rig.applier.release(FEED, "box/B3", "skip", "person-9")
        with rig.store.engine.connect() as connection:
            assert passed_over(connection, "counting") == {
                *((FEED, 1), (FEED, 5)),
                *((FEED, 3), (FEED, 4)),
            }
        kept = {row.stream: row for row in rig.all(tables.RELEASES)}
        assert {stream: (row.kind, row.position, row.actor) for stream, row in kept.items()} == {
            "box/B1": ("skip", 1, "person-7"),
            "box/B2": ("retry", 3, "person-8"),
            "box/B3": ("skip", 5, "person-9"),
        }
        for row in kept.values():
            assert row.consumer == "counting"
            assert row.requested_at <= row.done_at
            assert orjson.loads(row.outcome)[0] == row.release_id

    async def test_nothing_parked_is_refused(self, database: Database) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B2:bomb")
        await rig.apply(feed.batch())
        for source, stream in ((FEED, "box/B1"), ("coc_ledger", "box/B2")):
            with pytest.raises(Refused, match="nothing-parked"):
                await rig.applier.release(source, stream, "skip", "person-7")
        assert rig.all(tables.RELEASES) == []

    async def test_two_skips_of_the_same_event_drop_it_once_and_no_other(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:bomb", "B1:sour", "B1:c")
        await rig.apply(feed.batch())
        second = Applier(COUNTING, database.writer(database.store()), rig.models)
        answers = await asyncio.gather(
            rig.applier.release(FEED, "box/B1", "skip", "person-7", position=1),
            second.release(FEED, "box/B1", "skip", "person-8", position=1),
            return_exceptions=True,
        )
        [refused] = [answer for answer in answers if isinstance(answer, Refused)]
        assert refused.slug == "another-is-first"
        assert refused.facts == {"first": 2}
        assert [parked.record.envelope.position for parked in rig.parked()] == [2, 3]

    async def test_a_skip_whose_commit_was_left_unanswered_skips_once(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:bomb", "B1:sour", "B1:c")
        await rig.apply(feed.batch())
        lost = lose_answers(rig, 1)
        done = await rig.applier.release(FEED, "box/B1", "skip", "person-7")
        assert len(lost) == 1
        assert (done.skipped, done.waiting) == (1, 2)
        assert len(rig.all(tables.RELEASES)) == 1
        assert [parked.record.envelope.position for parked in rig.parked()] == [2, 3]

    async def test_events_that_arrive_meanwhile_go_behind_those_that_wait(
        self, database: Database, mended: set[str]
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:poison", *(f"B1:i{n}" for n in range(30)))
        await rig.apply(feed.batch(1, 10))
        mended.add("poison")
        releasing = rig.applier.release(FEED, "box/B1", "retry", "person-7")
        await asyncio.gather(rig.apply(feed.batch(11, 20)), releasing, rig.apply(feed.batch(21)))
        while rig.parked():
            await rig.applier.release(FEED, "box/B1", "retry", "person-7")
        assert rig.rows()["B1"].items == ("poison", *(f"i{n}" for n in range(30)))

    async def test_a_released_calendar_closes_its_days_in_each_partition(
        self, database: Database
    ) -> None:
        rig = Rig(database)
        for partition in range(2):
            feed = Feed(partition=partition)
            for days in range(3):
                day_closed(feed, DAY + timedelta(days=days))
            feed.bend(2, type="machinery.day_closed.v2")
            await rig.apply(feed.batch())
        done = await rig.applier.release(FEED, f"calendar/{FEED}", "skip", "person-7")
        assert (done.skipped, done.applied, done.waiting) == (2, 2, 0)
        for partition in range(2):
            assert rig.applier.cursor(FEED, partition).closed_on == DAY + timedelta(days=2)
            assert rig.applier.cursor(FEED, partition).position == 3

    async def test_a_release_is_the_same_whichever_owner_carries_it_out(
        self, database: Database, mended: set[str]
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:poison", "B1:b")
        await rig.apply(feed.batch())
        mended.add("poison")
        second = Applier(COUNTING, database.writer(database.store()), rig.models)
        await second.release(FEED, "box/B1", "retry", "person-7")
        feed.put("B1:c")
        await rig.apply(feed.batch())
        assert rig.rows()["B1"].items == ("poison", "b", "c")


def lose_answers(rig: Rig, times: int) -> list[str]:
    """The next commits are made, and their answers are lost on the way."""
    lost: list[str] = []

    @event.listens_for(rig.store.engine, "after_cursor_execute")
    def lose(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        if statement == "COMMIT" and len(lost) < times:
            lost.append(statement)
            raise rig.database.connection_lost()

    return lost
