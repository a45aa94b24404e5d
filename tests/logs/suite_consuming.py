"""Off the log, once only: repeats, holes, other histories, two owners of one cursor."""

import re
from datetime import timedelta

import pytest

from contracts.cloudevents import leaf_hash
from contracts.values import ID_PATTERN, moment
from infra import tables
from infra.consumer import START, Applier
from infra.cursors import move_cursor
from infra.errors import HistoryChanged, Transient
from infra.projection import ReadModels
from infra.readmodel import as_of
from tests.databases import Database
from tests.logs.rig import FEED, Feed, Rig, day_closed
from tests.toys import COUNTING, DAY, SHOWING, BoxRow, Scribbled, Shut


class ConsumingSuite:
    """Subclasses give the fixture `database`."""

    async def test_rows_facts_commands_and_cursor_follow_the_events(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:cup", "B2:jug", "B1:pan")
        feed.add("box/B2", Shut(box="B2", on=DAY))
        applied = await rig.apply(feed.batch())
        assert (applied.applied, applied.repeats, applied.hole) == (4, 0, False)
        assert rig.rows() == {
            "B1": BoxRow("B1", ("cup", "pan"), 2, False, DAY, {"cup": 1, "pan": 2}),
            "B2": BoxRow("B2", ("jug",), 1, True, DAY, {"jug": 1}),
        }
        assert rig.counted() == {
            "shelf/all": ["B1:cup", "B2:jug", "B1:pan"],
            "shelf/B1": ["cup", "pan"],
            "shelf/B2": ["jug"],
        }
        cursor = rig.applier.cursor(FEED, 0)
        last = feed.received[-1].record
        assert cursor == applied.cursor
        assert (cursor.position, cursor.next_offset, cursor.store_id) == (4, 4, feed.store_id)
        assert (cursor.leaf, cursor.recorded_at) == (leaf_hash(last), last.envelope.recorded_at)

    async def test_facts_hold_on_both_axes(self, database: Database) -> None:
        rig, feed = Rig(database), Feed().put("B1:cup", "B1:pan")
        await rig.apply(feed.batch())
        with rig.store.engine.connect() as connection:
            log = rig.models.live(connection).facts["box_facts"]
            known = log.read(connection, ["B1", "none"])
        between = feed.received[0].record.envelope.recorded_at
        assert as_of(known["B1"], DAY, between)["item"].value == "cup"
        assert as_of(known["B1"], DAY)["item"].value == "pan"
        assert as_of(known["B1"], DAY - timedelta(days=1)) == {}
        assert as_of(known["none"], DAY) == {}

    async def test_a_reaction_says_what_caused_its_command(self, database: Database) -> None:
        rig, feed = Rig(database), Feed().put("B1:cup")
        await rig.apply(feed.batch())
        cause = feed.received[0].record.envelope
        for stored in rig.store.read_after(0, 10):
            assert stored.envelope.causation_id == cause.event_id
            assert stored.envelope.correlation_id == cause.correlation_id
            assert stored.envelope.actor == "castmark:counting"

    async def test_no_client_can_use_up_the_id_of_a_reaction_s_command(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:cup")
        await rig.apply(feed.batch())
        used = {stored.envelope.command_id for stored in rig.store.read_after(0, 10)}
        assert len(used) == 2
        assert not any(re.match(ID_PATTERN, command_id) for command_id in used)

    async def test_a_batch_delivered_again_and_again_is_applied_once(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:cup", "B2:jug", "B1:cursed")
        await rig.apply(feed.batch())
        once = rig.state()
        for first, last in ((1, 3), (2, 3), (1, 1), (3, 3)):
            again = await rig.apply(feed.batch(first, last))
            assert (again.applied, again.repeats) == (0, last - first + 1)
        assert rig.state() == once

    async def test_repeats_before_and_inside_a_batch_are_passed_over(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B1:b", "B1:c", "B1:d")
        await rig.apply(feed.batch(1, 2))
        one, two, three, four = feed.received
        mixed = await rig.apply(feed.of([one, two, three, two, three, four, three]))
        assert (mixed.applied, mixed.repeats) == (2, 5)
        assert rig.rows()["B1"].items == ("a", "b", "c", "d")

    async def test_nothing_behind_a_hole_is_applied_until_it_is_read_again(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B2:b", "B1:c", "B2:d")
        one, two, three, four = feed.received
        holed = await rig.apply(feed.of([one, three, four]))
        assert (holed.applied, holed.hole, holed.cursor.position) == (1, True, 1)
        assert holed.cursor.next_offset == START.next_offset
        still = await rig.apply(feed.of([three, four]))
        assert (still.applied, still.hole) == (0, True)
        assert rig.rows().keys() == {"B1"}
        whole = await rig.apply(feed.of([two, three, four]))
        assert (whole.applied, whole.hole) == (3, False)
        assert rig.rows()["B1"].items == ("a", "c")

    async def test_positions_of_other_partitions_are_no_hole(self, database: Database) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B2:b", "B3:c", "B1:d")
        here = [feed.received[0], feed.received[3]._replace(previous=1)]
        applied = await rig.apply(feed.of(here))
        assert (applied.applied, applied.hole, applied.cursor.position) == (2, False, 4)

    async def test_another_store_under_the_cursor_stops_the_consumer(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:a")
        await rig.apply(feed.batch())
        other = Feed(store_id="feed-store-2").put("B1:a", "B1:b")
        with pytest.raises(HistoryChanged):
            await rig.apply(other.batch())
        mixed = feed.of([*feed.received, other.received[1]])
        with pytest.raises(HistoryChanged):
            await rig.apply(mixed)
        assert rig.applier.cursor(FEED, 0).position == 1

    async def test_another_past_under_the_cursor_stops_the_consumer(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B1:b")
        await rig.apply(feed.batch())
        other = Feed().put("B1:a", "B1:x", "B1:c")
        with pytest.raises(HistoryChanged):
            await rig.apply(other.batch())
        assert rig.rows()["B1"].items == ("a", "b")

    async def test_two_owners_of_one_cursor_apply_each_event_once(self, database: Database) -> None:
        rig = Rig(database)
        second = Applier(COUNTING, database.writer(database.store()), rig.models)
        feed = Feed().put(*(f"B{n % 3}:i{n}" for n in range(18)))
        for first in range(1, 19, 3):
            ours = rig.apply(feed.batch(max(1, first - 3), first + 2))
            theirs = second.apply(feed.batch(max(1, first - 1), first + 2))
            one, other = await ours, await theirs
            assert one.applied + other.applied == 3
        assert len(rig.counted()["shelf/all"]) == 18
        assert sum(row.total for row in rig.rows().values()) == 18

    @pytest.mark.parametrize("known", [0, 2])
    async def test_a_cursor_that_another_has_moved_is_never_written_over(
        self, database: Database, known: int
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B1:b", "B1:c", "B1:d")
        if known:
            await rig.apply(feed.batch(1, known))
        stale = rig.applier.cursor(FEED, 0)
        moved = (await rig.apply(feed.batch(known + 1, 3))).cursor
        new = moved._replace(position=4, next_offset=4)
        with rig.store.engine.connect() as connection, pytest.raises(Transient, match="moved"):
            move_cursor(connection, "counting", FEED, 0, stale, new)
        assert rig.applier.cursor(FEED, 0) == moved

    async def test_two_consumers_of_one_source_do_not_meet(self, database: Database) -> None:
        rig = Rig(database)
        other = COUNTING._replace(name="other", projections=(), facts=(), reactions=())
        passing = Applier(other, rig.writer, ReadModels("other", (), ()))
        feed = Feed().put("B1:a", "B1:b")
        await rig.apply(feed.batch())
        assert passing.cursor(FEED, 0) == START
        assert (await passing.apply(feed.batch(1, 1))).cursor.position == 1
        assert rig.applier.cursor(FEED, 0).position == 2

    async def test_a_type_that_is_known_but_not_handled_is_passed_over(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed()
        feed.add("box/B1", Scribbled(text="hello"))
        assert (await rig.apply(feed.batch())).applied == 1
        assert rig.rows() == {}
        assert rig.parked() == []

    async def test_a_closed_day_moves_the_cursor_s_day_and_no_rows(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put("B1:a")
        day_closed(feed, DAY)
        day_closed(feed, DAY + timedelta(days=1))
        applied = await rig.apply(feed.batch())
        assert applied.cursor.closed_on == DAY + timedelta(days=1)
        feed.put("B1:b")
        assert (await rig.apply(feed.batch())).cursor.closed_on == DAY + timedelta(days=1)
        assert rig.rows().keys() == {"B1"}

    async def test_a_refused_command_of_a_reaction_is_recorded_and_not_asked_again(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:cup", "B1:cursed", "B1:pan")
        await rig.apply(feed.batch())
        [refusal] = rig.all(tables.REFUSALS)
        cause = feed.received[1].record.envelope
        assert (refusal.consumer, refusal.slug) == ("counting", "item-cursed")
        assert (refusal.event_id, refusal.source, refusal.position) == (cause.event_id, FEED, 2)
        assert refusal.command == "count shelf/B1"
        assert moment(refusal.refused_at)
        assert rig.parked() == []
        assert rig.counted()["shelf/B1"] == ["cup", "pan"]
        assert rig.counted()["shelf/all"] == ["B1:cup", "B1:cursed", "B1:pan"]
        await rig.apply(feed.batch())
        assert len(rig.all(tables.REFUSALS)) == 1
