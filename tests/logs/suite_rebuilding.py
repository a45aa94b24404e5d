"""Rebuilt equals live, row for row and fact for fact; what differs is told; shapes may change."""

import asyncio
from typing import NamedTuple

import pytest
from sqlalchemy import inspect, select

from contracts.envelope import Recorded
from contracts.machinery import DayClosed
from infra.consumer import START
from infra.embedded import StoreLog
from infra.readmodel import Consumer, Projection
from infra.rebuild import CHUNK, MOST, Rebuild
from tests.databases import Database
from tests.logs.rebuild_rig import Meanwhile, live_slot, mixed, rebuilt, stored
from tests.logs.rig import FEED, Feed, Rig, day_closed
from tests.logs.suite_following import Source
from tests.toys import BOXES, DAY, SHOWING, SOURCE, BoxRow, Scribble, ask, put


class Doubled(NamedTuple):
    """Boxes as a newer build shows them: another shape."""

    box: str
    twice: int


def _double(key: str, row: Doubled | None, recorded: Recorded) -> Doubled:
    return Doubled(key, (row.twice if row else 0) + 2)


NEWER = SHOWING._replace(
    projections=(Projection("boxes", 2, Doubled, BOXES.keys, _double),),
)


class Sheet(NamedTuple):
    """An event as it was received."""

    place: str
    type: str
    data: str


def _sheet(key: str, row: Sheet | None, recorded: Recorded) -> Sheet:
    if recorded.record is None:
        raise ValueError("sheets keep events as they were received")
    return Sheet(key, recorded.record.type, recorded.record.data.decode())


def _place(recorded: Recorded) -> tuple[str]:
    return (f"{recorded.envelope.position:09d}",)


COPYING = Consumer("copying", (FEED,), (Projection("sheets", 1, Sheet, _place, _sheet),))
COPYING = COPYING._replace(passes_all=True)
"""Passes every event through, those of types that this build does not know and the calendar too."""


class RebuildingSuite:
    """Subclasses give the fixtures `database`, `source` and `mended`."""

    async def test_rebuilt_equals_live_from_the_stores_themselves(
        self, database: Database, source: Source
    ) -> None:
        consumer = SHOWING._replace(sources=(FEED, SOURCE))
        rig = Rig(database, consumer)
        log = StoreLog({FEED: source.store, SOURCE: rig.store}, own=SOURCE)
        for number in range(30):
            writer = rig.writer if number % 3 else source.writer
            await writer.execute(put(f"B{number % 9}", f"i{number}"))
            await writer.execute(ask(Scribble(box=f"B{number % 9}", text="private", on=DAY)))
        for name in (FEED, SOURCE):
            batch, _ = log.read(name, START, 0)
            await rig.apply(batch)
        before = stored(rig)
        rebuild = Rebuild(consumer, rig.models, rig.writer, lambda _: log)
        result = await asyncio.to_thread(rebuild.run)
        assert result.differences == ()
        assert (result.slot, result.rows, result.facts) == ("b", 9, 30)
        assert live_slot(rig) == "b"
        assert stored(rig) == before
        assert len(before["boxes"]) == 9
        assert len(before["box_facts"]) == 30

    async def test_an_empty_history_makes_empty_tables(self, database: Database) -> None:
        rig, feed = Rig(database, SHOWING), Feed()
        result = await rebuilt(rig, feed)
        assert (result.events, result.rows, result.facts) == (0, 0, 0)
        assert result.differences == ()
        assert live_slot(rig) == "b"
        await rig.apply(feed.put("B1:a").batch())
        assert rig.rows().keys() == {"B1"}

    @pytest.mark.parametrize("left", [0, 6])
    async def test_a_log_that_lost_records_is_told_and_live_stays(
        self, database: Database, left: int
    ) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 10))
        await rig.apply(feed.batch())
        before, lost = stored(rig), feed.received[left:]
        del feed.received[left:]
        with pytest.raises(RuntimeError, match=f"castmark relay ghg --from {left} sends them"):
            await rebuilt(rig, feed)
        assert live_slot(rig) == "a"
        assert stored(rig) == before
        feed.received += lost
        assert (await rebuilt(rig, feed)).differences == ()

    async def test_the_slots_take_turns_and_live_goes_on_in_the_new_one(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 10))
        await rig.apply(feed.batch())
        for slot in ("b", "a", "b"):
            old, kept = live_slot(rig), stored(rig)
            assert (await rebuilt(rig, feed)).slot == slot
            assert live_slot(rig) == slot
            count = len(feed.received)
            feed.put(*mixed(count + 1, count + 3))
            await rig.apply(feed.batch(count + 1))
            assert stored(rig, old) == kept, "the old tables stay as they were"
            assert len(stored(rig)["box_facts"]) == count + 3

    @pytest.mark.parametrize("most", [0, CHUNK])
    async def test_tables_have_their_indexes_after_a_rebuild_that_was_killed_before_it_made_them(
        self, database: Database, most: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infra.rebuild.MOST_AT_ONCE", most)
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 3))
        await rig.apply(feed.batch())
        idle = [table.name for table in rig.models.slots["b"].all()]

        def has() -> list[object]:
            with rig.store.engine.connect() as connection:
                return [inspect(connection).get_indexes(name) for name in idle]

        before = has()
        if database.is_sqlite:
            with rig.store.engine.connect() as connection:
                connection.exec_driver_sql("DROP INDEX boxes_v1b_total")
        await rebuilt(rig, feed)
        assert has() == before
        assert all(before)

    async def test_a_trial_reports_and_leaves_live_as_it_is(self, database: Database) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 10))
        await rig.apply(feed.batch())
        boxes = rig.models.slots["a"].rows["boxes"].table
        with rig.store.engine.connect() as connection:
            connection.execute(boxes.delete().where(boxes.c.box == "B1"))
        result = await rebuilt(rig, feed, switch=False)
        assert len(result.differences) == 1
        assert live_slot(rig) == "a"
        assert "B1" not in rig.rows()

    async def test_what_differs_is_told_by_table_and_key_and_gone_after_the_switch(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 20))
        await rig.apply(feed.batch())
        right = stored(rig)
        live = rig.models.slots["a"]
        boxes, facts = live.rows["boxes"].table, live.facts["box_facts"].table
        with rig.store.engine.connect() as connection:
            connection.execute(boxes.update().where(boxes.c.box == "B1").values(total=99))
            connection.execute(boxes.delete().where(boxes.c.box == "B3"))
            codec = live.rows["boxes"].codec
            extra = codec.write(BoxRow("B2½", ("ghost",), 1, False, DAY, {"ghost": 1}))
            connection.execute(boxes.insert().values(extra))
            connection.execute(facts.update().where(facts.c.position == 7).values(value='"x"'))
            connection.execute(facts.delete().where(facts.c.position == 20))
            first = connection.execute(select(facts).where(facts.c.position == 1)).one()
            connection.execute(facts.insert().values({**first._mapping, "ordinal": 1}))
        result = await rebuilt(rig, feed)
        seen = {(d.table, d.key): (d.live is None, d.rebuilt is None) for d in result.differences}
        assert seen == {
            (boxes.name, "('B1',)"): (False, False),
            (boxes.name, "('B3',)"): (True, False),
            (boxes.name, "('B2½',)"): (False, True),
            (facts.name, f"('{FEED}', 7, 0)"): (False, False),
            (facts.name, f"('{FEED}', 20, 0)"): (True, False),
            (facts.name, f"('{FEED}', 1, 1)"): (False, True),
        }
        changed = next(d for d in result.differences if d.key == "('B1',)")
        assert 99 in changed.live
        assert 99 not in changed.rebuilt
        assert stored(rig) == right
        assert (await rebuilt(rig, feed)).differences == ()

    async def test_more_rows_than_one_chunk_are_written_and_compared(
        self, database: Database
    ) -> None:
        rig, count = Rig(database, SHOWING), CHUNK + 1_000
        feed = Feed().put(*(f"B{number}:i" for number in range(count)))
        for first in range(1, count + 1, 5_000):
            await rig.apply(feed.batch(first, first + 4_999))
        result = await rebuilt(rig, feed)
        assert (result.rows, result.facts, result.differences) == (count, count, ())
        boxes = rig.models.slots["b"].rows["boxes"].table
        with rig.store.engine.connect() as connection:
            connection.execute(boxes.delete().where(boxes.c.box == f"B{count // 2}"))
            last = connection.execute(select(boxes.c.box).order_by(boxes.c.box.desc())).first()
            assert last is not None
            connection.execute(boxes.update().where(boxes.c.box == last.box).values(total=9))
        again = await rebuilt(rig, feed)
        assert {one.key for one in again.differences} == {f"('B{count // 2}',)", f"('{last.box}',)"}
        with rig.store.engine.connect() as connection:
            connection.execute(rig.models.slots["a"].rows["boxes"].table.delete())
        assert len((await rebuilt(rig, feed, switch=False)).differences) == MOST

    async def test_what_is_parked_or_skipped_stays_away_and_what_was_released_is_there(
        self, database: Database, mended: set[str]
    ) -> None:
        rig, feed = Rig(database, SHOWING), Feed()
        feed.put("B1:a", "B1:poison", "B1:c", "B2:keyless", "B2:b", "B3:nul", "B3:d", "B4:x")
        day_closed(feed, DAY)
        feed.put("B5:y", "B5:z").bend(11, type="toy.later.v1")
        await rig.apply(feed.batch())
        await rig.applier.release(FEED, "box/B2", "skip", "person-1")
        mended.add("poison")
        await rig.applier.release(FEED, "box/B1", "retry", "person-1")
        result = await rebuilt(rig, feed)
        assert result.differences == ()
        assert {box: row.items for box, row in rig.rows().items()} == {
            "B1": ("a", "poison", "c"),
            "B2": ("b",),
            "B4": ("x",),
            "B5": ("y",),
        }
        assert [parked.record.envelope.position for parked in rig.parked()] == [6, 7, 11]

    async def test_a_changed_shape_is_made_without_comparing(self, database: Database) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 10))
        await rig.apply(feed.batch())
        await rebuilt(rig, feed)
        newer = Rig(database, NEWER)
        result = await rebuilt(newer, feed)
        assert result.differences == ()
        assert stored(newer)["boxes"] == [(f"B{number}", 4) for number in range(5)]
        assert len(stored(newer)["box_facts"]) == 10
        await newer.apply(feed.put("B1:new").batch(11))
        assert ("B1", 6) in stored(newer)["boxes"]
        assert (await rebuilt(newer, feed)).differences == ()

    async def test_tables_of_a_newer_shape_are_not_live_before_they_are_built(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 10))
        await rig.apply(feed.batch())
        newer = Rig(database, NEWER)  # nothing was ever rebuilt here before this build came
        with pytest.raises(ValueError, match="castmark rebuild showing"):
            live_slot(newer)
        result = await rebuilt(newer, feed)
        assert result.differences == ()
        assert stored(newer)["boxes"] == [(f"B{number}", 4) for number in range(5)]

    async def test_what_passes_everything_through_is_rebuilt_as_received(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database, COPYING), Feed().put("B1:a", "B1:b")
        day_closed(feed, DAY)
        feed.put("B2:c").bend(4, type="toy.later.v1", data=b'{"new":1}')
        await rig.apply(feed.batch())
        before = stored(rig)
        assert [row[1] for row in before["sheets"]][2:] == [DayClosed.TYPE, "toy.later.v1"]
        result = await rebuilt(rig, feed, Meanwhile(rig.applier, feed, times=2))
        assert result.differences == ()
        assert [row for row in stored(rig)["sheets"] if row in before["sheets"]] == before["sheets"]
        assert len(stored(rig)["sheets"]) == 8
