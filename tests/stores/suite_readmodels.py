"""Read models as tables: every kind of column comes back as it went in; slots; facts in order."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

import pytest
from sqlalchemy import Connection, exc

from contracts.envelope import Recorded
from infra import tables
from infra.projection import Fold, ReadModels, RowTable
from infra.reading import page_of
from infra.readmodel import Fact, Facts, Projection
from infra.store import Store
from tests.databases import Database
from tests.toys import BOX_FACTS, BOXES, DAY, SOURCE, TOYS, BoxRow, Put, Shut, record

BIG = 2**63 - 1


class Colour(StrEnum):
    """A word from a list."""

    RED = "red"


class Everything(NamedTuple):
    """Every kind of column that a row may have."""

    key: str
    text: str
    word: Colour
    number: int
    yes: bool
    day: date
    names: tuple[str, ...]
    pairs: tuple[tuple[str, int], ...]
    deep: dict[str, tuple[tuple[str, str], ...]]
    table: dict[str, int]
    no_text: str | None
    no_number: int | None
    no_yes: bool | None
    no_day: date | None
    no_names: tuple[str, ...] | None


FULL = Everything(
    key="k",
    text="Öl, 'quoted' \\ and \n",
    word=Colour.RED,
    number=BIG,
    yes=True,
    day=date(1, 1, 1),
    names=("a", ""),
    pairs=(("a", 1), ("b", -BIG)),
    deep={"x": (("a", "b"),), "": ()},
    table={"a": 1},
    no_text="",
    no_number=0,
    no_yes=False,
    no_day=date(9999, 12, 31),
    no_names=(),
)
EMPTY = Everything(
    "", "", Colour.RED, -BIG, False, DAY, (), (), {}, {}, None, None, None, None, None
)


class Part(NamedTuple):
    """A row whose key begins with the name of what it is a part of."""

    key: str
    whole: str
    number: int


class OnlyKey(NamedTuple):
    """A row that says no more than that it is there."""

    key: str


def models(*rows: type[tuple[object, ...]], version: int = 1) -> ReadModels:
    """Read models of row classes, without events."""
    return ReadModels(
        "shows",
        [
            Projection(row.__name__.lower(), version, row, lambda _: (), lambda *_: None)
            for row in rows
        ],
        [BOX_FACTS],
    )


class ReadModelsSuite:
    """Subclasses give the fixture `database`."""

    def test_a_row_comes_back_as_it_went_in(self, database: Database) -> None:
        connection, table = self._table(database, Everything)
        with connection:
            table.write(connection, {FULL.key: FULL, EMPTY.key: EMPTY})
            assert table.read(connection, ["k", "", "none"]) == {"k": FULL, "": EMPTY}

    def test_a_row_is_replaced_and_deleted(self, database: Database) -> None:
        connection, table = self._table(database, Everything)
        with connection:
            table.write(connection, {"k": FULL, "": EMPTY})
            changed = FULL._replace(text="new", names=("c",), no_day=None)
            table.write(connection, {"k": changed, "": None})
            assert table.read(connection, ["k", ""]) == {"k": changed}
            table.write(connection, {"k": None, "none": None})
            assert table.read(connection, ["k", ""]) == {}

    def test_a_row_with_nothing_but_its_key_can_be_kept(self, database: Database) -> None:
        connection, table = self._table(database, OnlyKey)
        with connection:
            for _ in range(2):
                table.write(connection, {"k": OnlyKey("k")})
            assert table.read(connection, ["k"]) == {"k": OnlyKey("k")}

    def test_more_keys_than_fit_into_a_statement_are_read(self, database: Database) -> None:
        connection, table = self._table(database, Everything)
        rows = {f"k{n}": FULL._replace(key=f"k{n}", number=n) for n in range(1_300)}
        with connection:
            connection.exec_driver_sql("BEGIN")
            table.write(connection, rows)
            assert table.read(connection, list(rows)) == rows
            table.write(connection, dict.fromkeys(list(rows)[1:], None))
            assert table.read(connection, list(rows)).keys() == {"k0"}

    def test_rows_within_one_are_paged_by_key_and_no_others(self, database: Database) -> None:
        inside = Projection(
            "parts", 1, Part, lambda _: (), lambda *_: None, (("whole", "key"),), within="whole"
        )
        made, store = self._create(database, ReadModels("shows", [inside], []))
        table = made.slots["a"].rows["parts"]
        names = ["", "/", "0", "a", "a:b", "a/b", "z", "Ä", "\U0010ffff"]
        wholes = ["P", "P:1", "P/x", "P0", "PP", "O", "Q", "p"]
        rows = {f"{one}/{n}": Part(f"{one}/{n}", one, 1) for one in wholes for n in names}
        with store.engine.connect() as connection:
            table.write(connection, rows)
            for one in wholes:
                found, after = list[Part](), None
                while page := page_of(connection, table, {"whole": one}, after, 2):
                    found += page[:2]
                    after = found[-1].key
                assert {row.key for row in found} == {f"{one}/{n}" for n in names}
                assert len(found) == len(names)

    def test_a_row_without_a_value_that_it_must_have_is_refused(self, database: Database) -> None:
        connection, table = self._table(database, Everything)
        row = FULL._replace(number=None)  # type: ignore[arg-type]  # on purpose
        with connection, pytest.raises(exc.IntegrityError):
            table.write(connection, {"k": row})

    def test_facts_come_back_in_their_order(self, database: Database) -> None:
        made, store = self._create(database, models())
        early, late = DAY, DAY + timedelta(days=1)
        events = [
            put_event(1, "B1", "late", late),
            put_event(2, "B1", "early", early),
            put_event(3, "B1", "early again", early),
            put_event(4, "B2", "other", early),
        ]
        with store.engine.connect() as connection:
            fold = Fold(connection, made.slots["a"])
            for one in events:
                fold.apply(one)
            fold.write()
            known = made.slots["a"].facts["box_facts"].read(connection, ["B1", "B2", "B3", "B1"])
        assert [fact.value for fact in known["B1"]["item"]] == ["early", "early again", "late"]
        assert [fact.position for fact in known["B1"]["item"]] == [2, 3, 1]
        assert known["B1"]["item"][0].event_id == events[1].envelope.event_id
        assert known["B3"] == {}

    def test_a_fold_reads_each_row_once_and_writes_what_changed(self, database: Database) -> None:
        made = ReadModels("shows", [BOXES], [])
        _, store = self._create(database, made)
        with store.engine.connect() as connection:
            for first in (1, 3):
                fold = Fold(connection, made.slots["a"])
                events = [
                    put_event(first, "B1", f"i{first}", DAY),
                    put_event(first + 1, "B2", "x", DAY),
                ]
                fold.prefetch(events)
                for one in events:
                    fold.apply(one)
                assert fold.lookup("boxes", "B1").items[-1] == f"i{first}"
                assert fold.lookup("boxes", "B9") is None
                fold.write()
                fold.write()
            rows = made.slots["a"].rows["boxes"].read(connection, ["B1", "B2"])
        assert rows["B1"] == BoxRow("B1", ("i1", "i3"), 2, False, DAY, {"i1": 1, "i3": 2})

    def test_a_failed_event_leaves_no_trace_in_a_fold(self, database: Database) -> None:
        made = ReadModels("shows", [BOXES], [Facts("box_facts", 1, failing_facts)])
        _, store = self._create(database, made)
        with store.engine.connect() as connection:
            fold = Fold(connection, made.slots["a"])
            fold.apply(put_event(1, "B1", "cup", DAY))
            with pytest.raises(ArithmeticError):
                fold.apply(put_event(2, "B1", "bad", DAY))
            fold.apply(put_event(3, "B1", "jug", DAY))
            fold.write()
            rows = made.slots["a"].rows["boxes"].read(connection, ["B1"])
        assert rows["B1"].items == ("cup", "jug")

    def test_the_live_slot_is_what_this_transaction_is_told(self, database: Database) -> None:
        made, store = self._create(database, models(Everything))
        with store.engine.connect() as connection:
            assert made.live(connection).slot == "a"
            say_live(connection, "b", made.shape)
            assert made.live(connection, lock=True).slot == "b"
            assert models(Everything).live(connection).rows["everything"].table.name.endswith("b")

    def test_tables_of_another_shape_are_not_read(self, database: Database) -> None:
        made, store = self._create(database, models(Everything))
        with store.engine.connect() as connection:
            say_live(connection, "a", made.shape)
            newer = models(Everything, version=2)
            with pytest.raises(ValueError, match="castmark rebuild shows"):
                newer.live(connection)

    def test_the_service_may_write_its_read_models(self, database: Database) -> None:
        made, store = self._create(database, models(Everything))
        with store.engine.connect() as connection:
            for table in made.slots["b"].all():
                connection.execute(table.delete())
            assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1

    def _create(self, database: Database, made: ReadModels) -> tuple[ReadModels, Store]:
        database.create(SOURCE, made.metadata)
        return made, Store(database.open(), SOURCE, TOYS)

    def _table(
        self, database: Database, row: type[tuple[object, ...]]
    ) -> tuple[Connection, RowTable]:
        made, store = self._create(database, models(row))
        return store.engine.connect(), made.slots["a"].rows[row.__name__.lower()]


def put_event(position: int, box: str, item: str, on: date) -> Recorded:
    """An event as a consumer gets it."""
    return TOYS.recorded(record(position, f"box/{box}", position, Put(box=box, item=item, on=on)))


def failing_facts(recorded: Recorded) -> Sequence[Fact]:
    """Facts that fail for one item."""
    if isinstance(recorded.event, Put) and recorded.event.item == "bad":
        raise ArithmeticError
    assert not isinstance(recorded.event, Shut)
    return []


def say_live(connection: Connection, slot: str, shape: str) -> None:
    """Make a slot live."""
    connection.execute(tables.LIVE.delete())
    connection.execute(tables.LIVE.insert().values(consumer="shows", slot=slot, shape=shape))
