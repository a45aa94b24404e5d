"""A command's id makes it happen once: its repeats get the first answer, another request none."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from infra.errors import Conflict, Refused
from infra.execute import Outcome
from infra.transaction import Answer, Transaction
from tests.databases import Database
from tests.toys import DAY, PutItems, Scribble, ask, put


def outcome(answer: Answer) -> Outcome:
    """The answer of a command that was accepted."""
    assert isinstance(answer, Outcome), answer
    return answer


class RepeatsSuite:
    """Subclasses give the fixture `database`."""

    async def test_a_repeat_gets_the_first_answer_with_its_events(self, database: Database) -> None:
        writer = database.writer()
        first = await writer.execute(put("B1", "cup", "jug", command_id="one"))
        await writer.execute(put("B1", "pan"))
        again = await writer.execute(put("B1", "cup", "jug", command_id="one"))
        assert again == first._replace(repeated=True, recorded=again.recorded)
        assert [(r.envelope, r.event) for r in again.recorded] == [
            (r.envelope, r.event) for r in first.recorded
        ]
        assert writer.store.head().position == 3

    async def test_a_repeat_is_known_after_a_restart_and_to_other_processes(
        self, database: Database
    ) -> None:
        first = await database.writer().execute(put("B1", "cup", command_id="one"))
        other = database.writer(database.store())
        again = await other.execute(put("B1", "cup", command_id="one"))
        assert again.repeated
        assert (again.version, again.position) == (first.version, first.position)
        assert other.store.head().position == 1

    async def test_the_same_id_with_another_request_is_a_conflict(self, database: Database) -> None:
        writer = database.writer()
        await writer.execute(put("B1", "cup", command_id="one"))
        for other in (
            put("B1", "jug", command_id="one"),
            put("B2", "cup", command_id="one"),
            ask(Scribble(box="B1", text="cup", on=DAY), "one"),
        ):
            with pytest.raises(Conflict, match="command-id-reused"):
                await writer.execute(other)
        assert writer.store.head().position == 1
        again = await writer.execute(put("B1", "cup", command_id="one"))
        assert again.repeated

    async def test_a_repeat_on_a_later_day_is_the_same_request(self, database: Database) -> None:
        writer = database.writer()
        first = await writer.execute(put("B1", "cup", command_id="one"))
        later = put("B1", "cup", on=DAY + timedelta(days=9), command_id="one")
        again = await writer.execute(later)
        assert again.repeated
        assert again.recorded[0].event == first.recorded[0].event

    async def test_a_command_that_did_nothing_answers_the_same_again(
        self, database: Database
    ) -> None:
        writer = database.writer()
        await writer.execute(put("B1", "cup"))
        nothing = await writer.execute(put("B1", "cup", command_id="two"))
        assert (nothing.version, nothing.position, nothing.recorded) == (1, 1, ())
        await writer.execute(put("B1", "jug"))
        again = await writer.execute(put("B1", "cup", command_id="two"))
        assert again == nothing._replace(repeated=True)
        with pytest.raises(Conflict):
            await writer.execute(put("B1", "pan", command_id="two"))

    async def test_a_command_that_did_nothing_in_an_empty_store_is_known_too(
        self, database: Database
    ) -> None:
        writer = database.writer()
        nothing = await writer.execute(put("B1", command_id="none"))
        assert (nothing.version, nothing.position) == (0, 0)
        await writer.execute(put("B1", "cup"))
        again = await writer.execute(put("B1", command_id="none"))
        assert again == nothing._replace(repeated=True)

    async def test_an_id_that_may_be_a_name_is_kept_as_a_hash_and_an_old_one_is_found(
        self, database: Database
    ) -> None:
        writer = database.writer()
        name, opaque = "wilhelmina.markerbaum", "0195e9a3-4f1c-7d61-8a5e-0c2f9be1d3aa"
        kept = await writer.kept_as(name)
        assert "wilhelmina" not in kept
        assert await writer.kept_as(name) == kept
        assert await writer.kept_as("wilhelmina.Markerbaum") != kept
        assert await writer.kept_as(opaque) == opaque
        assert await writer.kept_as("~ours") == "~ours"
        await writer.execute(put("B1", "cup", command_id=name))  # as it was kept before
        assert await writer.kept_as(name) == name
        assert (await writer.execute(put("B1", "cup", command_id=name))).repeated

    async def test_repeats_inside_one_batch(self, database: Database) -> None:
        writer = database.writer()
        first, second, other, third = await writer.execute_many(
            [
                put("B1", "cup", command_id="one"),
                put("B1", "cup", command_id="one"),
                put("B1", "jug", command_id="one"),
                put("B1", "jug", command_id="two"),
            ]
        )
        assert not outcome(first).repeated
        assert outcome(second) == outcome(first)._replace(repeated=True)
        assert isinstance(other, Conflict)
        assert outcome(third).version == 2
        assert writer.store.head().position == 2

    async def test_a_refused_command_may_come_again_under_its_id(self, database: Database) -> None:
        writer = database.writer()
        many = tuple(f"i{number}" for number in range(9))
        for _ in range(2):
            with pytest.raises(Refused, match="box-full"):
                await writer.execute(put("B1", *many, command_id="one"))
        done = await writer.execute(put("B1", *many[:3], command_id="one"))
        assert (done.repeated, done.version) == (False, 3)

    async def test_a_conflict_says_so_before_the_decision_is_asked(
        self, database: Database
    ) -> None:
        writer = database.writer()
        await writer.execute(put("B1", "cup", command_id="one"))
        many = tuple(f"i{number}" for number in range(20))
        with pytest.raises(Conflict):
            await writer.execute(put("B1", *many, command_id="one"))

    async def test_the_same_command_from_many_callers_at_once_happens_once(
        self, database: Database
    ) -> None:
        ours = database.writer()
        theirs = database.writer(database.store())
        answers = await asyncio.gather(
            *(
                writer.execute(put("B1", f"i{number % 4}", command_id=f"c{number % 4}"))
                for number in range(40)
                for writer in (ours, theirs)
            )
        )
        assert ours.store.head().position == 4
        for number in range(4):
            same = [answer for answer in answers if answer.command_id == f"c{number}"]
            assert len({(a.version, a.position) for a in same}) == 1
            assert [answer.repeated for answer in same].count(False) == 1

    async def test_many_repeats_of_a_bulk_are_all_recognised(self, database: Database) -> None:
        writer = database.writer()
        bulk = [
            put(f"B{number % 90}", f"i{number}", command_id=f"r{number}") for number in range(600)
        ]
        first = await writer.execute_many(bulk)
        statements: list[str] = []

        @event.listens_for(writer.store.engine, "before_cursor_execute")
        def look(connection: Connection, cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)

        again = await writer.execute_many(bulk)
        assert len(statements) < 10, "under the lock every round trip counts"
        assert writer.store.head().position == 600
        for one, other in zip(first, again, strict=True):
            assert outcome(other) == outcome(one)._replace(
                repeated=True, recorded=outcome(other).recorded
            )
            assert outcome(other).recorded[0].envelope == outcome(one).recorded[0].envelope

    async def test_a_unit_that_asks_twice_gets_the_same_answer_twice(
        self, database: Database
    ) -> None:
        writer = database.writer()
        first = await writer.execute(put("B1", "cup", "jug", command_id="one"))

        def twice(unit: Transaction) -> list[Answer]:
            return [unit.handle([put("B1", "cup", "jug", command_id="one")])[0] for _ in range(2)]

        for answer in await writer.run(twice):
            again = outcome(answer)
            assert again == first._replace(repeated=True, recorded=again.recorded)
            assert [r.envelope.version for r in again.recorded] == [1, 2]

    def test_what_is_kept_of_a_request_is_a_keyed_hash(self, database: Database) -> None:
        writer = database.writer()
        secret = "a name that must not be found"
        answers = writer.submit_many(
            [ask(PutItems(box="B1", items=(secret, *(f"i{n}" for n in range(20))), on=DAY))]
        ).result(60)
        assert isinstance(answers[0], Refused)
        writer.submit_many([ask(PutItems(box="B1", items=("cup",), on=DAY), "one")]).result(60)
        with writer.store.engine.connect() as connection:
            [kept] = connection.exec_driver_sql("SELECT * FROM commands").all()
        assert kept[0] == "one"
        assert len(bytes(kept[1])) == 16
        assert b"cup" not in bytes(kept[1])
