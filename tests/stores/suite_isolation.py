"""Many callers share a transaction, and none of them suffers for another."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from infra.errors import Refused, Transient
from infra.execute import Outcome, Writer
from infra.transaction import Answer, Transaction
from tests.databases import Database
from tests.toys import DAY, Blunder, Scribble, Smuggle, ask, count, put, toy_writer

PATIENCE_S = 60.0
TOO_MANY = tuple(f"i{number}" for number in range(9))


class Gate:
    """Holds a writer's thread inside a unit, so that what is queued behind becomes one group."""

    def __init__(self, writer: Writer) -> None:
        self._open = threading.Event()
        self._held = threading.Event()
        self.done: Future[None] = writer.submit(self._hold)
        assert self._held.wait(PATIENCE_S)

    def _hold(self, unit: Transaction) -> None:
        self._held.set()
        if not self._open.wait(PATIENCE_S):
            raise TimeoutError

    def open(self) -> None:
        """Let the thread go on."""
        self._open.set()
        self.done.result(PATIENCE_S)


class Tally:
    """A meter that counts."""

    def __init__(self) -> None:
        self.units: list[int] = []
        self.outcomes: list[str] = []

    def committed(self, seconds: float, units: int, events: int, position: int) -> None:
        self.units.append(units)

    def answered(self, outcome: str, commands: int) -> None:
        self.outcomes += [outcome] * commands


class IsolationSuite:
    """Subclasses give the fixture `database`."""

    async def test_commands_that_wait_together_share_one_commit(self, database: Database) -> None:
        tally = Tally()
        writer = database.keep(toy_writer(database.store(), meter=tally).start())
        gate = Gate(writer)
        waiting = [asyncio.ensure_future(writer.execute(put(f"B{n}", "cup"))) for n in range(50)]
        await asyncio.sleep(0)
        gate.open()
        outcomes = await asyncio.gather(*waiting)
        assert sorted(outcome.position for outcome in outcomes) == list(range(1, 51))
        await writer.run(lambda unit: None)
        assert tally.units[:2] == [1, 50]
        recorded = {outcome.recorded[0].envelope.recorded_at for outcome in outcomes}
        assert len(recorded) == 1

    async def test_a_refusal_and_a_bug_touch_only_their_own_command(
        self, database: Database
    ) -> None:
        tally = Tally()
        writer = database.keep(toy_writer(database.store(), meter=tally).start())
        gate = Gate(writer)
        wanted = [
            put("B1", "cup"),
            put("B1", *TOO_MANY),
            ask(Blunder(box="B1", text="", on=DAY)),
            ask(Smuggle(box="B1", text="", on=DAY)),
            ask(Scribble(box="B1", text="x" * 300_000, on=DAY)),
            put("B1", "jug"),
        ]
        waiting = [asyncio.ensure_future(writer.execute(request)) for request in wanted]
        await asyncio.sleep(0)
        gate.open()
        cup, full, bug, alien, large, jug = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(cup, Outcome)
        assert isinstance(full, Refused)
        assert isinstance(bug, RuntimeError)
        assert isinstance(alien, LookupError)
        assert isinstance(large, Refused)
        assert isinstance(jug, Outcome)
        assert (cup.version, jug.version) == (1, 2)
        await writer.run(lambda unit: None)
        assert tally.units[:2] == [1, 6]

    async def test_each_outcome_is_counted_once(self, database: Database) -> None:
        tally = Tally()
        writer = database.keep(toy_writer(database.store(), meter=tally).start())
        gate = Gate(writer)
        wanted = [
            put("B1", "cup"),
            put("B1", *TOO_MANY),
            ask(Blunder(box="B1", text="", on=DAY)),
            count("../nowhere", "cup"),
            ask(Blunder(box="B2", text="", on=DAY)),
        ]
        wanted[3] = ask(wanted[3].command.model_copy(update={"shelf": "nowhere/1"}))
        waiting = [asyncio.ensure_future(writer.execute(request)) for request in wanted]
        await asyncio.sleep(0)
        gate.open()
        await asyncio.gather(*waiting, return_exceptions=True)
        await writer.run(lambda unit: None)
        assert sorted(tally.outcomes) == ["accepted", "box-full", "bug", "bug"]

    async def test_what_breaks_the_whole_transaction_is_borne_by_its_own_caller(
        self, database: Database
    ) -> None:
        writer = database.writer()
        gate = Gate(writer)
        nowhere = ask(count("x", "cup").command.model_copy(update={"shelf": "nowhere/1"}))
        wanted = [put("B1", "cup"), nowhere, put("B2", "cup")]
        waiting = [asyncio.ensure_future(writer.execute(request)) for request in wanted]
        await asyncio.sleep(0)
        gate.open()
        first, bad, last = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(first, Outcome)
        assert isinstance(bad, LookupError)
        assert isinstance(last, Outcome)
        assert writer.store.head().position == 2

    async def test_a_bulk_answers_each_of_its_commands(self, database: Database) -> None:
        writer = database.writer()
        answers: list[Answer] = await writer.execute_many(
            [put("B1", "cup"), put("B1", *TOO_MANY), put("B1", "jug")]
        )
        assert [isinstance(answer, Outcome) for answer in answers] == [True, False, True]
        assert await writer.execute_many([]) == []

    async def test_a_unit_commits_alone_and_a_failed_one_leaves_nothing(
        self, database: Database
    ) -> None:
        writer = database.writer()

        def breaks(unit: Transaction) -> None:
            unit.handle([put("B1", "cup")])
            raise ArithmeticError("half way")

        with pytest.raises(ArithmeticError):
            await writer.run(breaks)
        assert writer.store.head().position == 0
        assert await writer.run(lambda unit: unit.fold("box/B1").version) == 0
        assert (await writer.execute(put("B1", "cup"))).version == 1

    async def test_a_unit_sees_what_it_has_decided_itself(self, database: Database) -> None:
        writer = database.writer()

        def twice(unit: Transaction) -> list[int]:
            seen = []
            for item in ("cup", "jug"):
                unit.handle([put("B1", item)])
                seen.append(unit.fold("box/B1").version)
            return seen

        assert await writer.run(twice) == [1, 2]

    async def test_a_caller_who_gives_up_harms_nobody(self, database: Database) -> None:
        writer = database.writer()
        gate = Gate(writer)
        given_up: Future[list[Answer]] = writer.submit_many([put("B1", "cup")])
        asked = asyncio.ensure_future(writer.execute(put("B1", "jug")))
        await asyncio.sleep(0)
        given_up.cancel()
        asked.cancel()
        gate.open()
        outcome = await asyncio.wait_for(writer.execute(put("B1", "pan")), PATIENCE_S)
        assert outcome.version == 3

    def test_a_caller_whose_loop_is_gone_harms_nobody(self, database: Database) -> None:
        writer = database.writer()
        gate = Gate(writer)

        async def leave() -> None:
            waiting = asyncio.ensure_future(writer.execute(put("B1", "cup")))
            await asyncio.sleep(0)
            waiting.cancel()

        asyncio.run(leave())
        gate.open()
        [outcome] = writer.submit_many([put("B1", "jug")]).result(PATIENCE_S)
        assert isinstance(outcome, Outcome)
        assert outcome.version == 2

    async def test_a_listener_that_fails_harms_nobody(self, database: Database) -> None:
        writer = database.writer()
        heard: list[int] = []

        def fails(position: int) -> None:
            raise RuntimeError("the listener's loop is closed")

        writer.listeners += [fails, heard.append]
        for item in ("cup", "jug"):
            await asyncio.wait_for(writer.execute(put("B1", item)), PATIENCE_S)
        await asyncio.wait_for(writer.run(lambda unit: None), PATIENCE_S)
        assert heard[:2] == [1, 2]

    async def test_a_closed_writer_answers_everybody(self, database: Database) -> None:
        writer = database.writer()
        waiting = [
            asyncio.ensure_future(writer.execute(put(f"B{number}", "cup"))) for number in range(64)
        ]
        await asyncio.sleep(0)
        closing = asyncio.create_task(asyncio.to_thread(writer.close))
        late: list[asyncio.Future[Outcome]] = []
        while not closing.done():
            late.append(asyncio.ensure_future(writer.execute(put("late", "cup"))))
            await asyncio.sleep(0)
        await closing
        answers = await asyncio.wait_for(
            asyncio.gather(*waiting, *late, return_exceptions=True), PATIENCE_S
        )
        assert all(isinstance(answer, Outcome | Transient) for answer in answers)
        assert all(isinstance(answer, Outcome) for answer in answers[:64])
        with pytest.raises(Transient):
            await writer.execute(put("B1", "jug"))
