"""The writer against a dictionary: any order of commands, repeats, crashes, restarts, clock jumps.

Two writers on one SQLite file stand for two processes. What they answer, and what is stored, must
be what the dictionary says.
"""

import shutil
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from infra import execute, tables
from infra.decider import Tick
from infra.errors import Conflict, Refused
from infra.execute import Outcome, Writer
from infra.store import Store
from infra.transaction import Answer, Request, Transaction
from tests.breaker import Breaker
from tests.databases import Database
from tests.toys import (
    CAPACITY,
    DAY,
    SOURCE,
    TOYS,
    WEEK,
    Blunder,
    Scribble,
    Wall,
    ask,
    put,
    toy_writer,
)

PATIENCE_S = 60.0
BOXES = ("A", "B", "C")
ITEMS = tuple(f"i{number}" for number in range(12))
boxes = st.sampled_from(BOXES)
items = st.lists(st.sampled_from(ITEMS), unique=True, max_size=5).map(tuple)
processes = st.integers(0, 1)
Wish = tuple[str, tuple[str, ...]]


class Known(NamedTuple):
    """A command that was accepted: what it asked for, and its first answer."""

    wish: Wish
    version: int
    position: int
    events: int


class WriterMachine(RuleBasedStateMachine):
    """Rules act on the writers and on the dictionary; invariants compare."""

    ids = Bundle("ids")

    @initialize()
    def begin(self) -> None:
        """An empty store, two processes."""
        self.pause, execute.RETRY_EVERY_S = execute.RETRY_EVERY_S, 0.001
        self.folder = Path(tempfile.mkdtemp(prefix="castmark-machine-"))
        url = f"sqlite:///{self.folder / 'toys.sqlite'}"
        self.database = Database(url, url, None)
        self.database.create()
        self.wall = Wall()
        self.breakers: list[Breaker] = []
        self.writers = [self.process(), self.process()]
        self.number = 0
        self.position = 0
        self.held: dict[str, list[str]] = {box: [] for box in BOXES}
        self.versions: dict[str, int] = dict.fromkeys(BOXES, 0)
        self.opened: set[str] = set()
        self.shut: set[str] = set()
        self.known: dict[str, Known] = {}

    def process(self) -> Writer:
        """A process with caches of its own. Nobody cuts the power: no commit waits for the disk."""
        engine = self.database.open()

        @event.listens_for(engine, "connect")
        def hurry(connection: DBAPIConnection, _: object) -> None:
            connection.cursor().execute("PRAGMA synchronous = OFF")

        store = Store(engine, SOURCE, TOYS)
        self.breakers.append(Breaker(engine, self.database.connection_lost))
        return self.database.keep(toy_writer(store, self.wall.now).start())

    def teardown(self) -> None:
        """Close and remove."""
        if hasattr(self, "database"):
            self.database.close()
            shutil.rmtree(self.folder)
            execute.RETRY_EVERY_S = self.pause

    # --- the dictionary ---

    def fresh_id(self) -> str:
        """An id nobody has used."""
        self.number += 1
        return f"c{self.number}"

    def check(self, request_id: str, wish: Wish, answer: Answer) -> None:
        """What the dictionary says of a wish, and what it is after it."""
        box, wanted = wish
        known = self.known.get(request_id)
        if known is not None and known.wish != wish:
            assert isinstance(answer, Conflict)
            return
        if known is not None:
            assert isinstance(answer, Outcome), answer
            assert answer.repeated
            assert (answer.version, answer.position) == (known.version, known.position)
            assert len(answer.recorded) == known.events
            return
        fresh = [item for item in wanted if item not in self.held[box]]
        if fresh and box in self.shut:
            assert isinstance(answer, Refused)
            assert answer.slug == "box-shut"
        elif len(self.held[box]) + len(fresh) > CAPACITY:
            assert isinstance(answer, Refused)
            assert answer.slug == "box-full"
        else:
            self.held[box] += fresh
            self.accept(request_id, wish, answer, len(fresh))
            if fresh:
                self.opened.add(box)

    def accept(self, request_id: str, wish: Wish, answer: Answer, events: int) -> None:
        """An accepted command moves version and position by its events."""
        assert isinstance(answer, Outcome), answer
        box = wish[0]
        self.versions[box] += events
        self.position += events
        assert (answer.version, answer.position) == (self.versions[box], self.position)
        assert len(answer.recorded) == events
        self.known[request_id] = Known(wish, answer.version, answer.position, events)

    def ask(self, process: int, requests: Sequence[Request]) -> list[Answer]:
        """Have commands executed."""
        return self.writers[process].submit_many(requests).result(PATIENCE_S)

    # --- rules ---

    @rule(target=ids, process=processes, box=boxes, wanted=items)
    def put_items(self, process: int, box: str, wanted: tuple[str, ...]) -> str:
        """A new command."""
        made = self.fresh_id()
        [answer] = self.ask(process, [put(box, *wanted, command_id=made)])
        self.check(made, (box, wanted), answer)
        return made

    @rule(process=processes, again=ids, days=st.integers(0, 3))
    def repeat(self, process: int, again: str, days: int) -> None:
        """The same command again, on another day perhaps, from any process."""
        known = self.known.get(again)
        if known is not None and known.wish[0] in BOXES and known.wish[1] != ("tick",):
            box, wanted = known.wish
            on = DAY + timedelta(days=days)
            [answer] = self.ask(process, [put(box, *wanted, on=on, command_id=again)])
            self.check(again, known.wish, answer)

    @rule(process=processes, used=ids, box=boxes, wanted=items)
    def use_an_id_for_something_else(
        self, process: int, used: str, box: str, wanted: tuple[str, ...]
    ) -> None:
        """Any wish under a known id."""
        [answer] = self.ask(process, [put(box, *wanted, command_id=used)])
        self.check(used, (box, wanted), answer)

    @rule(
        target=ids,
        process=processes,
        wishes=st.lists(st.tuples(boxes, items, st.booleans()), min_size=2, max_size=6),
    )
    def put_many(self, process: int, wishes: list[tuple[str, tuple[str, ...], bool]]) -> object:
        """A bulk in one transaction, some of it under the id of its neighbour."""
        made: list[tuple[str, Wish]] = []
        for box, wanted, same in wishes:
            request_id = made[-1][0] if same and made else self.fresh_id()
            made.append((request_id, (box, wanted)))
        answers = self.ask(process, [put(w[0], *w[1], command_id=i) for i, w in made])
        for (request_id, wish), answer in zip(made, answers, strict=True):
            self.check(request_id, wish, answer)
        return multiple(*{request_id for request_id, _ in made})

    @rule(process=processes, box=boxes)
    def tick(self, process: int, box: str) -> None:
        """The clock shuts a box, due or not."""
        made = self.fresh_id()
        tick = Tick(on=DAY + WEEK, target=f"box/{box}", rule="shut")
        [answer] = self.ask(process, [ask(tick, made)])
        self.accept(made, (box, ("tick",)), answer, 1)
        self.shut.add(box)

    @rule(process=processes, box=boxes)
    def scribble(self, process: int, box: str) -> None:
        """A private event."""
        made = self.fresh_id()
        [answer] = self.ask(process, [ask(Scribble(box=box, text="x", on=DAY), made)])
        self.accept(made, (box, ("scribble",)), answer, 1)

    @rule(process=processes, box=boxes, wanted=items)
    def blunder_beside(self, process: int, box: str, wanted: tuple[str, ...]) -> None:
        """A bug in one decision, next to a good command."""
        made = self.fresh_id()
        blunder = ask(Blunder(box=box, text="", on=DAY), self.fresh_id())
        bug, answer = self.ask(process, [blunder, put(box, *wanted, command_id=made)])
        assert isinstance(bug, RuntimeError)
        self.check(made, (box, wanted), answer)

    @rule(process=processes, box=boxes, wanted=items)
    def roll_back(self, process: int, box: str, wanted: tuple[str, ...]) -> None:
        """A unit that fails after it has decided."""

        def fails(unit: Transaction) -> None:
            unit.handle([put(box, *wanted, command_id=self.fresh_id())])
            raise ArithmeticError

        error = self.writers[process].submit(fails).exception(PATIENCE_S)
        assert isinstance(error, ArithmeticError)

    @rule(
        target=ids,
        process=processes,
        moment=st.sampled_from(["before", "after"]),
        box=boxes,
        wanted=items,
    )
    def lose_the_answer(self, process: int, moment: str, box: str, wanted: tuple[str, ...]) -> str:
        """The connection dies around COMMIT: it was made, or it was not."""
        made = self.fresh_id()
        self.breakers[process].once(moment, "COMMIT")
        [answer] = self.ask(process, [put(box, *wanted, command_id=made)])
        self.breakers[process].mend()
        self.check(made, (box, wanted), answer)
        return made

    @rule(process=processes)
    def restart(self, process: int) -> None:
        """A process ends, another takes its place with nothing in memory."""
        self.writers[process].close()
        self.writers[process] = self.process()
        self.breakers[process] = self.breakers.pop()

    @rule(forgotten=consumes(ids))
    def forget(self, forgotten: str) -> None:
        """The client forgets an id; the store does not."""
        assert forgotten not in self.known or self.known[forgotten].position <= self.position

    @rule(seconds=st.integers(-100_000, 100_000))
    def jump(self, seconds: int) -> None:
        """The clock is set."""
        self.wall.at += timedelta(seconds=seconds)

    # --- what is always true ---

    @invariant()
    def what_is_stored_is_what_was_answered(self) -> None:
        """Positions and versions without gaps, instants that never fall, dues in step."""
        if not hasattr(self, "database"):
            return
        store = self.writers[0].store
        whole = [record.envelope for record in store.read_after(0, 10_000)]
        assert [envelope.position for envelope in whole] == list(range(1, self.position + 1))
        instants = [envelope.recorded_at for envelope in whole]
        assert instants == sorted(instants)
        for box in BOXES:
            versions = [e.version for e in whole if e.stream == f"box/{box}"]
            assert versions == list(range(1, self.versions[box] + 1))
        with store.engine.connect() as connection:
            dues = {row.stream for row in connection.execute(tables.DUES.select())}
        assert dues == {f"box/{box}" for box in self.opened - self.shut}


TestWriterMachine = WriterMachine.TestCase
TestWriterMachine.settings = settings(max_examples=max(30, settings().max_examples // 20))
