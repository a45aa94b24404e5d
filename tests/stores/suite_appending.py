"""What is stored, where it stands, and when: positions, versions, instants, ids, dues."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from contracts.catalog import MAX_EVENT_BYTES
from contracts.cloudevents import leaf_hash
from contracts.values import instant
from infra import tables
from infra.decider import Tick
from infra.errors import Refused
from infra.execute import Outcome
from infra.store import Store
from tests.databases import Database
from tests.toys import (
    DAY,
    SOURCE,
    TOYS,
    WEEK,
    Alien,
    Put,
    Scribble,
    Smuggle,
    Wall,
    ask,
    put,
    toy_writer,
)
from tests.toys import count as counted


class AppendingSuite:
    """Subclasses give the fixture `database`."""

    async def test_an_outcome_says_what_was_stored(self, database: Database) -> None:
        writer = database.writer()
        first = await writer.execute(put("B1", "cup", "jug"))
        second = await writer.execute(put("B1", "pan", command_id="third-item"))
        assert (first.stream, first.version, first.position) == ("box/B1", 2, 2)
        assert (second.version, second.position, second.repeated) == (3, 3, False)
        assert [event.event for event in second.recorded] == [Put(box="B1", item="pan", on=DAY)]
        stored = writer.store.read_stream("box/B1")
        assert [TOYS.recorded(record).event for record in stored[2:]] == [second.recorded[0].event]
        assert stored[2].envelope == second.recorded[0].envelope
        assert stored[2].envelope.command_id == "third-item"
        assert stored[2].envelope.correlation_id == "third-item"

    async def test_positions_have_no_gap_and_follow_the_commits(self, database: Database) -> None:
        writer = database.writer()
        wanted = [put(f"B{number % 7}", f"item{number}") for number in range(40)]
        wanted.insert(20, put("B1", *(f"too{number}" for number in range(20))))
        answers = [await writer.execute_many(wanted[at : at + 7]) for at in range(0, 41, 7)]
        done = [a for group in answers for a in group if isinstance(a, Outcome)]
        records = writer.store.read_after(0, 1_000)
        assert [record.envelope.position for record in records] == list(range(1, 41))
        assert [outcome.position for outcome in done] == list(range(1, 41))

    async def test_versions_count_from_one_in_each_stream(self, database: Database) -> None:
        writer = database.writer()
        await writer.execute_many([put(f"B{n % 3}", f"i{n}") for n in range(9)])
        for box in ("B0", "B1", "B2"):
            versions = [r.envelope.version for r in writer.store.read_stream(f"box/{box}")]
            assert versions == [1, 2, 3]

    async def test_a_stream_is_read_in_pages(self, database: Database) -> None:
        writer = database.writer()
        await writer.execute_many([put(f"B{n % 2}", f"i{n}") for n in range(10)])
        read, after = [], 0
        while page := writer.store.page_of_stream("box/B1", after, 2):
            assert len(page) <= 2
            read += page
            after = page[-1].envelope.version
        assert read == writer.store.read_stream("box/B1")
        assert writer.store.page_of_stream("box/B9", 0, 2) == []

    async def test_a_refused_or_failed_command_leaves_no_gap(self, database: Database) -> None:
        writer = database.writer()
        for number in range(3):
            await writer.execute(put("B1", f"i{number}"))
            with pytest.raises(Refused, match="box-full"):
                await writer.execute(put("B1", *(f"x{n}" for n in range(9))))
            with pytest.raises(LookupError):
                await writer.execute(ask(Smuggle(box="B1", text="", on=DAY)))
        assert [r.envelope.position for r in writer.store.read_after(0, 10)] == [1, 2, 3]

    async def test_recorded_at_never_falls_when_the_clock_jumps_back(
        self, database: Database
    ) -> None:
        wall = Wall(datetime(2026, 3, 2, 12, tzinfo=UTC))
        writer = database.keep(toy_writer(database.store(), wall.now).start())
        noon = (await writer.execute(put("B1", "cup"))).recorded[0].envelope.recorded_at
        wall.at -= timedelta(hours=5)
        early = (await writer.execute(put("B1", "jug"))).recorded[0].envelope.recorded_at
        other = database.keep(toy_writer(writer.store, wall.now).start())
        restarted = (await other.execute(put("B2", "jug"))).recorded[0].envelope.recorded_at
        wall.at += timedelta(hours=6)
        late = (await other.execute(put("B1", "pan"))).recorded[0].envelope.recorded_at
        assert noon == early == restarted
        assert instant(wall.at) >= late > noon

    async def test_a_record_keeps_its_leaf_hash_and_reads_back_the_same(
        self, database: Database
    ) -> None:
        writer = database.writer()
        await writer.execute_many([put("B1", "Krug mit Ö und \x00"), put("B2", "a" * 5_000)])
        records = writer.store.read_after(0, 10)
        assert writer.store.leaves(0, 10) == [leaf_hash(record) for record in records]
        assert writer.store.leaf(2) == leaf_hash(records[1])
        assert writer.store.leaf(0) is None
        assert writer.store.leaf(3) is None
        assert isinstance(TOYS.decode(records[0].type, records[0].data), Put)

    async def test_event_ids_differ_between_stores_and_stay_the_same_for_a_command(
        self, database: Database
    ) -> None:
        writer = database.writer()
        outcome = await writer.execute(put("B1", "cup", "jug"))
        ids = {event.envelope.event_id for event in outcome.recorded}
        assert len(ids) == 2
        again = await writer.execute(put("B1", "cup", "jug", command_id=outcome.command_id))
        assert {event.envelope.event_id for event in again.recorded} == ids

    async def test_an_event_over_the_limit_is_refused_and_one_at_the_limit_is_stored(
        self, database: Database
    ) -> None:
        writer = database.writer()
        frame = len(TOYS.encode(Put(box="B1", item="", on=DAY)))
        with pytest.raises(Refused, match="event-too-large"):
            await writer.execute(put("B1", "cup", "a" * (MAX_EVENT_BYTES - frame + 1)))
        assert writer.store.head().position == 0
        await writer.execute(put("B1", "a" * (MAX_EVENT_BYTES - frame)))
        assert len(writer.store.read_after(0, 1)[0].data) == MAX_EVENT_BYTES

    async def test_private_events_are_stored_like_any_other(self, database: Database) -> None:
        writer = database.writer()
        await writer.execute(ask(Scribble(box="B1", text="fragile", on=DAY)))
        [record] = writer.store.read_after(0, 10)
        assert record.type in TOYS.types
        assert record.type not in TOYS.public_names

    async def test_an_event_that_is_in_no_catalogue_is_never_stored(
        self, database: Database
    ) -> None:
        writer = database.writer()
        with pytest.raises(LookupError, match=Alien.TYPE):
            await writer.execute(ask(Smuggle(box="B1", text="", on=DAY)))
        await writer.execute(put("B1", "cup"))
        assert [record.type for record in writer.store.read_after(0, 10)] == [Put.TYPE]

    async def test_dues_follow_the_folds_in_the_same_transaction(self, database: Database) -> None:
        writer = database.writer()
        await writer.execute_many([put("B1", "cup"), put("B2", "cup", on=DAY + WEEK)])
        assert _dues(writer.store) == {
            ("box/B1", "shut"): (DAY + WEEK).isoformat(),
            ("box/B2", "shut"): (DAY + 2 * WEEK).isoformat(),
        }
        await writer.execute(put("B1", "jug", on=DAY + WEEK))
        assert _dues(writer.store)["box/B1", "shut"] == (DAY + 2 * WEEK).isoformat()
        await writer.execute(ask(Tick(on=DAY + WEEK, target="box/B1", rule="shut")))
        assert _dues(writer.store).keys() == {("box/B2", "shut")}

    async def test_dues_are_kept_in_step_by_a_writer_that_has_nothing_cached(
        self, database: Database
    ) -> None:
        await database.writer().execute(put("B1", "cup"))
        second = database.writer(database.store())
        await second.execute(ask(Tick(on=DAY + WEEK, target="box/B1", rule="shut")))
        assert _dues(second.store) == {}

    async def test_a_reader_sees_whole_transactions_only(self, database: Database) -> None:
        writer = database.writer()
        sizes: set[int] = set()
        stop = asyncio.Event()

        async def look() -> None:
            while not stop.is_set():
                sizes.add(len(await asyncio.to_thread(writer.store.read_after, 0, 1_000)) % 4)

        looking = asyncio.create_task(look())
        for number in range(25):
            await writer.execute_many([counted(f"s{n}", f"i{number}") for n in range(4)])
        stop.set()
        await looking
        assert sizes == {0}

    def test_a_store_is_made_once_and_belongs_to_one_source(self, database: Database) -> None:
        first = database.store()
        database.create(SOURCE)
        assert Store(database.open(), SOURCE, TOYS).store_id == first.store_id
        with pytest.raises(ValueError, match="this database holds 'membership', not 'ghg'"):
            Store(database.open(), "ghg", TOYS)

    def test_whether_a_store_is_simulated_is_fixed_when_it_is_made(
        self, database: Database
    ) -> None:
        database.create(SOURCE, simulated=True)
        database.create(SOURCE, simulated=False)
        assert Store(database.open(), SOURCE, TOYS).simulated


def _dues(store: Store) -> dict[tuple[str, str], str]:
    with store.engine.connect() as connection:
        rows = connection.execute(select(tables.DUES)).all()
    return {(row.stream, row.rule): row.due_on for row in rows}
