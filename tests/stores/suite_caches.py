"""Folds kept in memory and snapshots kept in the store: they save reading, and never decide."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
import pytest
from sqlalchemy import Connection, event

from contracts.envelope import Event
from infra import snapshots, tables
from infra.decider import Decider
from infra.errors import Refused
from infra.execute import Outcome, Writer
from infra.store import Store
from infra.streams import Streams
from infra.transaction import Transaction
from tests.databases import Database
from tests.toys import KEY, POLICIES, Shelf, Wall, count, decide_shelf, put


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> int:
    """A snapshot every ten events."""
    monkeypatch.setattr(snapshots, "EVERY", 10)
    return 10


class Odd(NamedTuple):
    """A state that holds whatever it is given."""

    value: Any = []  # noqa: RUF012 (unhashable on purpose)

    @staticmethod
    def evolve(value: object) -> Callable[["Odd", Event], "Odd"]:
        """An evolve that gives it a value."""
        return lambda state, event: Odd(value)


class CachesSuite:
    """Subclasses give the fixture `database`."""

    async def test_two_writers_racing_on_one_stream_lose_no_decision(
        self, database: Database
    ) -> None:
        writers = [database.writer(database.store()) for _ in range(3)]

        async def work(number: int, writer: Writer) -> list[Outcome]:
            return [await writer.execute(count("S", f"{number}:{n}")) for n in range(30)]

        outcomes = await asyncio.gather(*(work(n, writer) for n, writer in enumerate(writers)))
        versions = sorted(outcome.version for found in outcomes for outcome in found)
        assert versions == list(range(1, 91))
        assert await state_of(writers[0], "shelf/S") == await state_of(writers[2], "shelf/S")
        assert (await state_of(writers[0], "shelf/S")).counted == 90

    async def test_a_rule_over_a_stream_holds_though_another_process_writes_it(
        self, database: Database
    ) -> None:
        one, two = database.writer(), database.writer(database.store())
        await one.execute(put("B1", "a", "b", "c", "d"))
        await two.execute(put("B1", "e", "f", "g", "h"))
        with pytest.raises(Refused, match="box-full"):
            await one.execute(put("B1", "i"))
        again = await one.execute(put("B1", "h"))
        assert again.recorded == ()

    async def test_a_box_filled_from_two_sides_at_once_is_never_overfull(
        self, database: Database
    ) -> None:
        writers = [database.writer(database.store()) for _ in range(2)]
        answers = await asyncio.gather(
            *(
                writer.execute(put(f"B{box}", f"{number}:{item}"))
                for box in range(4)
                for item in range(6)
                for number, writer in enumerate(writers)
            ),
            return_exceptions=True,
        )
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        assert len(refused) == 4 * (12 - 8)
        boxes = Counter(r.envelope.stream for r in writers[0].store.read_after(0, 100))
        assert set(boxes.values()) == {8}

    async def test_a_fold_that_nobody_else_can_have_changed_is_not_read_again(
        self, database: Database
    ) -> None:
        writer = database.writer()
        reads = count_reads(writer.store)
        await writer.execute(count("S", "a"))
        first = reads["events e"]
        for number in range(5):
            await writer.execute(count("S", str(number)))
        assert reads["events e"] == first

    async def test_what_a_rolled_back_unit_thought_is_forgotten(self, database: Database) -> None:
        writer = database.writer()
        await writer.execute(count("S", "a"))

        def fails(unit: Transaction) -> None:
            unit.handle([count("S", "b"), count("T", "b")])
            raise ArithmeticError

        with pytest.raises(ArithmeticError):
            await writer.run(fails)
        assert (await writer.execute(count("S", "c"))).version == 2
        assert (await writer.execute(count("T", "c"))).version == 1
        assert await state_of(writer, "shelf/S") == Shelf(2, "c")

    async def test_more_folds_than_fit_are_read_again(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infra.folds.MAX_FOLDS", 5)
        writer = database.writer()
        for turn in range(3):
            await writer.execute_many([count(f"S{n}", str(turn)) for n in range(20)])
        assert (await state_of(writer, "shelf/S7")).counted == 3

    async def test_a_snapshot_is_taken_and_used_by_the_next_process(
        self, database: Database, often: int
    ) -> None:
        writer = database.writer()
        for number in range(2 * often + 3):
            await writer.execute(count("S", str(number)))
        [kept] = kept_snapshots(writer.store)
        assert (kept["stream"], kept["version"]) == ("shelf/S", 2 * often)
        other = database.writer(database.store())
        seen = count_reads(other.store)
        assert (await other.execute(count("S", "last"))).version == 2 * often + 4
        assert seen["snapshots"] > 0
        assert await state_of(other, "shelf/S") == Shelf(2 * often + 4, "last")

    async def test_a_bulk_that_passes_the_mark_in_one_step_takes_a_snapshot_too(
        self, database: Database, often: int
    ) -> None:
        writer = database.writer()
        await writer.execute_many([count("S", str(n)) for n in range(3 * often + 5)])
        assert [kept["version"] for kept in kept_snapshots(writer.store)] == [3 * often + 5]

    async def test_a_snapshot_is_what_the_fold_begins_with(
        self, database: Database, often: int
    ) -> None:
        writer = database.writer()
        await writer.execute_many([count("S", str(n)) for n in range(often)])
        forge_snapshot(database, state=[1_000_000, "forged"])
        other = database.writer(database.store())
        await other.execute(count("S", "last"))
        assert await state_of(other, "shelf/S") == Shelf(1_000_001, "last")

    @pytest.mark.parametrize(
        "forged",
        [
            {"schema_hash": "of an older build", "state": [1_000_000, "forged"]},
            {"state": ["no", "number"]},
            {"state": None},
        ],
    )
    async def test_a_snapshot_of_another_shape_is_discarded(
        self, database: Database, often: int, forged: dict[str, object]
    ) -> None:
        writer = database.writer()
        await writer.execute_many([count("S", str(n)) for n in range(often)])
        forge_snapshot(database, **forged)
        other = database.writer(database.store())
        await other.execute(count("S", "last"))
        assert await state_of(other, "shelf/S") == Shelf(often + 1, "last")

    async def test_snapshots_of_any_number_of_streams_are_read(
        self, database: Database, often: int
    ) -> None:
        writer = database.writer()
        await writer.execute_many([count("S", str(n)) for n in range(often)])
        names = [f"shelf/{number}" for number in range(33_000)]
        with writer.store.engine.connect() as connection:
            found = snapshots.read(connection, writer.deciders, [*names, "shelf/S"])
        assert found == {"shelf/S": (often, Shelf(often, str(often - 1)))}

    async def test_snapshots_are_never_needed(self, database: Database, often: int) -> None:
        writer = database.writer()
        await writer.execute_many([count("S", str(n)) for n in range(3 * often)])
        with database.open(database.owner_url).connect() as connection:
            connection.exec_driver_sql("DELETE FROM snapshots")
        other = database.writer(database.store())
        assert (await other.execute(count("S", "last"))).version == 3 * often + 1
        assert await state_of(other, "shelf/S") == Shelf(3 * often + 1, "last")

    @pytest.mark.parametrize("value", [object(), chr(0xD800), {"a": Shelf()}, {1, 2}])
    async def test_a_state_that_cannot_be_saved_and_read_back_loses_no_command(
        self, database: Database, often: int, value: object
    ) -> None:
        deciders = {"shelf": Decider(Odd(), decide_shelf, Odd.evolve(value), None)}
        store = database.store()
        writer = database.keep(Writer(store, deciders, POLICIES, Wall().now, KEY).start())
        for number in range(often + 2):
            assert (await writer.execute(count("S", str(number)))).version == number + 1
        assert kept_snapshots(store) == []

    async def test_a_state_that_has_no_hash_can_be_saved(
        self, database: Database, often: int
    ) -> None:
        deciders = {"shelf": Decider(Odd(), decide_shelf, Odd.evolve(["kept"]), None)}
        store = database.store()
        writer = database.keep(Writer(store, deciders, POLICIES, Wall().now, KEY).start())
        for number in range(often + 2):
            await writer.execute(count("S", str(number)))
        assert [kept["version"] for kept in kept_snapshots(store)] == [often]

    async def test_dues_are_right_for_a_fold_that_comes_from_a_snapshot(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(snapshots, "EVERY", 2)
        await database.writer().execute(put("B1", "cup", "jug"))
        other = database.writer(database.store())
        await other.execute(put("B1", "pan"))
        with other.store.engine.connect() as connection:
            [due] = connection.execute(tables.DUES.select()).all()
        assert (due.stream, due.rule) == ("box/B1", "shut")

    async def test_states_for_readers_are_kept_and_follow_what_others_write(
        self, database: Database
    ) -> None:
        writer, elsewhere = database.writer(), database.writer(database.store())
        streams = Streams(writer.store, writer.deciders)
        assert streams.state("shelf/S") == Shelf()
        for number, each in enumerate((writer, elsewhere, writer), 1):
            await each.execute(count("S", str(number)))
            assert streams.state("shelf/S") == Shelf(number, str(number))
            assert streams.state("shelf/S") is streams.state("shelf/S"), "kept, not folded again"


async def state_of(writer: Writer, stream: str) -> Shelf:
    """A stream's present state, as its writer sees it."""
    state = await writer.run(lambda unit: unit.fold(stream).state)
    assert isinstance(state, Shelf)
    return state


def count_reads(store: Store) -> Counter[str]:
    """How often a table is read from now on."""
    seen: Counter[str] = Counter()

    @event.listens_for(store.engine, "before_cursor_execute")
    def look(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        for name in ("events e", "snapshots"):
            if name in statement and "SELECT" in statement:
                seen[name] += 1

    return seen


def kept_snapshots(store: Store) -> list[dict[str, object]]:
    """All snapshots."""
    with store.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(tables.SNAPSHOTS.select())]


def forge_snapshot(database: Database, **changes: object) -> None:
    """Change what the one snapshot says."""
    values = {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in changes.items()
    }
    with database.open(database.owner_url).connect() as connection:
        connection.execute(tables.SNAPSHOTS.update().values(**values))
