"""What cannot be applied parks its stream, for one consumer; all other streams flow."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from contracts.catalog import Catalog, Upcaster
from contracts.envelope import Record
from contracts.machinery import DayClosed
from infra import tables
from infra.consumer import Applier
from infra.parking import passed_over, record_of, text_of
from infra.store import Store
from tests.databases import Database
from tests.logs.rig import FEED, Feed, Rig, day_closed
from tests.toys import COUNTING, DAY, FATAL, SHOWING, SOURCE, TOYS, UNUSED, Put, Shut, toy_writer

DOOMED = sorted(FATAL.keys() - {"cursed"})


class ParkingSuite:
    """Subclasses give the fixture `database`."""

    async def test_an_unknown_type_parks_its_stream_as_received(self, database: Database) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B1:b", "B2:c", "B1:d", "B2:e")
        feed.bend(2, type="toy.from_tomorrow.v1", data=b'{"new":[1,"\xc3\xb6"]}')
        applied = await rig.apply(feed.batch())
        assert applied.cursor.position == 5
        assert [(p.source, p.partition, p.record, p.slug) for p in rig.parked()] == [
            (FEED, 0, feed.received[1].record, "unknown-type"),
            (FEED, 0, feed.received[3].record, "stream-parked"),
        ]
        assert "toy.from_tomorrow.v1" in rig.parked()[0].sentence
        assert {box: row.items for box, row in rig.rows().items()} == {
            "B1": ("a",),
            "B2": ("c", "e"),
        }

    @pytest.mark.parametrize("data", [b"{", b"\xff\xfe", b'{"box":"B1"}', b"[]", b"null", b""])
    async def test_bytes_that_are_no_event_park_their_stream_byte_for_byte(
        self, database: Database, data: bytes
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B2:b").bend(1, data=data)
        await rig.apply(feed.batch())
        [parked] = rig.parked()
        assert (parked.slug, parked.record) == ("undecodable", feed.received[0].record)
        assert rig.rows().keys() == {"B2"}

    async def test_what_concerns_no_part_of_a_consumer_is_not_even_read(
        self, database: Database
    ) -> None:
        boxes = COUNTING.projections[0]._replace(takes=frozenset({Shut}))
        narrow = COUNTING._replace(projections=(boxes,), facts=(), reactions=())
        rig, feed = Rig(database, narrow), Feed().put("B1:a", "B2:b").bend(1, data=b"{")
        applied = await rig.apply(feed.batch())
        assert (applied.cursor.position, rig.parked(), rig.rows()) == (2, [], {})
        wide = narrow._replace(reactions=COUNTING.reactions)
        assert not narrow.takes(Put)
        assert wide.takes(Put)

    async def test_a_bug_in_an_upcaster_parks_the_stream(self, database: Database) -> None:
        rig = Rig(database)
        lifts = {"toy.put.v0": Upcaster(Put.TYPE, lambda data: {"box": data["crate"]})}
        catalog = Catalog(TOYS.published.values(), upcasters=lifts)
        store = Store(database.open(), SOURCE, catalog)
        applier = Applier(COUNTING, database.keep(toy_writer(store).start()), rig.models)
        feed = Feed().put("B1:a", "B2:b").bend(1, type="toy.put.v0")
        await applier.apply(feed.batch())
        assert [parked.slug for parked in rig.parked()] == ["undecodable"]
        assert rig.rows().keys() == {"B2"}

    @pytest.mark.parametrize("item", DOOMED)
    async def test_a_bug_on_one_event_parks_its_stream_and_leaves_no_half_of_it(
        self, database: Database, item: str
    ) -> None:
        rig = Rig(database)
        feed = Feed().put("B1:a", f"B2:{item}", "B3:c", "B1:d", "B2:e")
        applied = await rig.apply(feed.batch())
        assert (applied.applied, applied.cursor.position) == (5, 5)
        assert [(p.record.envelope.position, p.slug) for p in rig.parked()] == [
            (2, "not-applicable"),
            (5, "stream-parked"),
        ]
        assert {box: row.items for box, row in rig.rows().items()} == {
            "B1": ("a", "d"),
            "B3": ("c",),
        }
        assert rig.counted() == {
            "shelf/all": ["B1:a", "B3:c", "B1:d"],
            "shelf/B1": ["a", "d"],
            "shelf/B3": ["c"],
        }
        assert [subject for subject, _ in rig.state().facts] == ["B1", "B3", "B1"]

    async def test_many_bad_streams_of_one_batch_park_side_by_side(
        self, database: Database
    ) -> None:
        rig = Rig(database)
        feed = Feed().put(*(f"B{n}:{(['a', *DOOMED])[n % 7]}" for n in range(28)))
        await rig.apply(feed.batch())
        assert len(rig.rows()) == 4
        assert len(rig.parked()) == 24
        assert len(rig.counted()["shelf/all"]) == 4

    async def test_a_stream_stays_parked_over_batches_and_restarts(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:poison", "B1:b", "B2:c")
        await rig.apply(feed.batch(1, 1))
        again = Applier(COUNTING, database.writer(database.store()), rig.models)
        await again.apply(feed.batch(2))
        assert [p.slug for p in rig.parked()] == ["not-applicable", "stream-parked"]
        assert rig.rows().keys() == {"B2"}

    async def test_a_stream_is_parked_for_one_consumer_only(self, database: Database) -> None:
        rig = Rig(database, SHOWING)
        other = Applier(COUNTING, rig.writer, rig.models)
        feed = Feed().put("B1:bomb", "B1:b")
        await rig.apply(feed.batch())
        assert rig.rows()["B1"].items == ("bomb", "b")
        with rig.store.engine.connect() as connection:
            connection.execute(rig.models.slots["a"].facts["box_facts"].table.delete())
            connection.execute(rig.models.slots["a"].rows["boxes"].table.delete())
        await other.apply(feed.batch())
        assert rig.parked() == []
        assert len(rig.all(tables.PARKED)) == 2

    async def test_the_same_broadcast_of_an_unknown_type_parks_in_every_partition(
        self, database: Database
    ) -> None:
        rig = Rig(database)
        for partition in range(3):
            feed = Feed(partition=partition)
            day_closed(feed, DAY)
            feed.bend(1, type="machinery.day_closed.v2").put(f"B{partition}:a")
            at = feed.received[1].record.envelope
            feed.bend(2, envelope=at._replace(position=2 + partition, event_id=f"e{partition}"))
            await rig.apply(feed.batch())
        assert [parked.partition for parked in rig.parked()] == [0, 1, 2]
        assert rig.rows().keys() == {"B0", "B1", "B2"}

    async def test_a_parked_calendar_closes_no_day(self, database: Database) -> None:
        rig, feed = Rig(database), Feed()
        for days in range(3):
            day_closed(feed, DAY + timedelta(days=days))
        feed.bend(2, data=b"{}")
        applied = await rig.apply(feed.batch())
        assert applied.cursor.closed_on == DAY
        assert [p.record.type for p in rig.parked()] == [DayClosed.TYPE] * 2

    @pytest.mark.parametrize("box", ["B1", UNUSED])
    async def test_a_database_that_goes_away_while_rows_are_read_parks_nothing(
        self, database: Database, box: str
    ) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B2:b")
        broken = _break_reads_of_rows(rig, box, times=2)
        await rig.apply(feed.batch())
        assert len(broken) == 2
        assert rig.parked() == []
        assert rig.rows().keys() == {"B1", "B2"}

    async def test_what_is_parked_is_passed_over_by_a_rebuild(self, database: Database) -> None:
        rig, feed = Rig(database), Feed().put("B1:a", "B1:poison", "B1:c", "B2:d")
        await rig.apply(feed.batch())
        with rig.store.engine.connect() as connection:
            assert passed_over(connection, "counting") == {(FEED, 2), (FEED, 3)}
            assert passed_over(connection, "other") == set()

    @pytest.mark.parametrize("data", [b"{}", "Öl".encode(), b"\xff\x00\\xff", b"\\x00", b""])
    def test_a_record_survives_parking_byte_for_byte(self, database: Database, data: bytes) -> None:
        kept = Feed().put("B1:a").received[0].record._replace(data=data)
        assert record_of(text_of(kept)) == kept
        assert isinstance(record_of(text_of(kept)), Record)


def _break_reads_of_rows(rig: Rig, box: str, times: int) -> list[str]:
    """Make the next reads of a box's row fail as they do when the connection dies."""
    broken: list[str] = []
    table = rig.models.slots["a"].rows["boxes"].table.name

    @event.listens_for(rig.store.engine, "before_cursor_execute")
    def fail(
        connection: Connection, cursor: object, statement: str, parameters: object, *_: object
    ) -> None:
        if len(broken) < times and f"FROM {table}" in statement and box in str(parameters):
            broken.append(statement)
            raise rig.database.connection_lost()

    return broken
