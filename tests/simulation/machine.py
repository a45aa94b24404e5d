"""The real machinery under a seed: stores, writers, appliers and clocks of three services, with
everything going wrong that may go wrong, one step after the other in one thread.

Deliveries are late, cut, repeated, with records missing; processes crash before and after every
commit and come back with nothing but their database; clocks fall behind and jump. Callers do what
clients do: send the same command id again until it is answered.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, event, select
from sqlalchemy.engine.interfaces import DBAPIConnection

from contracts.envelope import Recorded
from infra.commandforms import Form
from infra.consumer import START, Applier, Batch, Cursor
from infra.embedded import StoreLog
from infra.engines import retire
from infra.errors import Refused
from infra.execute import Outcome, Unit, Writer, request_of
from infra.reading import Reader
from infra.service import Definition, Keys, Running, create
from infra.store import open_engine
from services.audit_scheduling import domain as audits
from services.audit_scheduling.app import definition as audits_definition
from services.certification.app import definition as certification_definition
from services.membership import domain as membership
from services.membership.app import definition as membership_definition
from services.membership.queries import Queries
from simulator.steps import Step

from .desks import platform
from .inmemory import APPROVER, Desk, Platform

KEYS = Keys(b"r" * 32, Ed25519PrivateKey.from_private_bytes(b"s" * 32))
PREFIXES = {"membership": "membership", "audits": "audit_scheduling"}
COMMANDS = {
    "membership": {command.NAME: command for command in membership.COMMANDS},
    "audits": {command.NAME: command for command in audits.COMMANDS},
}
ONE_DAY = timedelta(days=1)


class Crash(BaseException):
    """The process is gone; only its database is left."""


class SteppedWriter(Writer):
    """A writer without a thread: a unit is served when it is put, or the process crashes."""

    dice: Random
    crash_share = 0.0

    def _put(
        self,
        requests: Sequence[Any],
        unit: Unit[Any] | None,
        resolve: Callable[[Any, BaseException | None], None],
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        doom = self.dice.random() < self.crash_share
        after = self.dice.random() < 0.5
        results: list[tuple[Any, BaseException | None]] = []

        def keep(result: Any, error: BaseException | None) -> None:
            results.append((result, error))

        if doom and not after:

            def dying(transaction: Any) -> Any:
                (unit or (lambda one: one.handle(requests)))(transaction)
                transaction.write()
                raise Crash("before the commit")

            super()._put((), dying, keep, None)
            self._drain()
        super()._put(requests, unit, keep, None)
        self._drain()
        if doom:
            raise Crash("after the commit, before the answer")
        resolve(*results[0])

    def _drain(self) -> None:
        work = self._queue.get_nowait()
        assert work is not None  # nobody closes a writer that has no thread
        self._serve([work])


class Machine:
    """One service: what a process has in memory, and the database that survives it."""

    def __init__(
        self, definition: Definition, folder: Path, wall: Callable[[], datetime], dice: Random
    ) -> None:
        self.definition = definition
        self._folder = folder
        self._wall = wall
        self._dice = dice
        self.crash_share = 0.0
        self.crashes = 0
        engine = _quick_engine(folder, definition.name)
        create(definition, engine)
        retire(engine)
        self.boot()

    def boot(self) -> None:
        """Start the process anew."""
        engine = _quick_engine(self._folder, self.definition.name)
        running = Running(self.definition, engine, KEYS, self._folder, self._wall)
        writer = SteppedWriter(
            running.store,
            running.writer.deciders,
            self.definition.policies,
            running.times.now,
            KEYS.request,
        )
        writer.dice, writer.crash_share = self._dice, self.crash_share
        running.writer = running.clock.writer = running.signer.writer = writer
        for applier in running.appliers.values():
            applier.writer = writer
        self.running = running

    def crashed(self) -> None:
        """The process died: nothing of it is left."""
        self.crashes += 1
        self.gone()
        self.boot()

    def gone(self) -> None:
        """With a process its connections go, and its locks."""
        self.running.writer._disconnect()
        retire(self.running.engine)


def _quick_engine(folder: Path, name: str) -> Engine:
    """SQLite without waiting for the disk: processes die here, machines do not."""
    engine = open_engine(f"sqlite:///{folder / name}.sqlite")

    @event.listens_for(engine, "connect")
    def quick(connection: DBAPIConnection, _: object) -> None:
        connection.cursor().execute("PRAGMA synchronous=OFF")

    return engine


class Simulation:
    """Three machines, one world of days, and a seed."""

    def __init__(self, seed: int, folder: Path, *, faults: bool = True) -> None:
        self.dice = Random(seed)
        self.faults = faults
        self.today = date(2000, 1, 1)
        self.refused: list[tuple[Step, Refused]] = []
        self.delivered = self.repeats = self.holes = 0
        definitions = (audits_definition(), membership_definition(), certification_definition())
        self.machines = {
            one.name: Machine(one, folder, self.wall, self.dice) for one in definitions
        }

    def wall(self) -> datetime:
        """What the clock on the wall says."""
        return datetime.combine(self.today, time(12), UTC)

    def start(self, first: date) -> None:
        """The day on which the services were set up, and from which things go wrong."""
        self.today = first
        share = 0.02 if self.faults else 0.0
        for machine in self.machines.values():
            machine.crash_share = share
            machine.crashed()

    # --- users ---

    async def run(self, steps: Sequence[Step], last: date) -> None:
        """Send all steps on their days, then let everything settle through `last`."""
        for step in steps:
            if step.on > self.today:
                await self._pass_days(step.on)
            await self._send(step)
            if self.dice.random() < 0.3:
                await self._deliver_some()
        await self._pass_days(last + ONE_DAY)
        self.faults = False
        for machine in self.machines.values():
            machine.crash_share = 0.0
            machine.gone()
            machine.boot()
        for _ in range(3):
            for name in self.machines:
                await self._catch_up(name)
                await self.deliver_all()

    async def _send(self, step: Step) -> None:
        """As a client: the same id until there is an answer; what others have not heard yet is
        asked again once they have."""
        for attempt in range(20):
            machine = self.machines[PREFIXES[step.service]]
            try:
                await self._execute(machine, step)
                return
            except Crash:
                machine.crashed()
            except Refused as refused:
                if not refused.slug.startswith("unknown-") or attempt > 2:
                    self.refused.append((step, refused))
                    return
                await self.deliver_all()
        raise AssertionError(f"no answer to {step}")

    async def _execute(self, machine: Machine, step: Step) -> Outcome:
        command_class = COMMANDS[step.service][step.command]
        sent = Form(command_class).read(orjson.dumps(step.fields))
        filled = self._filled(machine, step, command_class, sent)
        command = command_class.model_validate({**sent, **filled, "on": step.on})
        return await machine.running.writer.execute(
            request_of(step.command_id, command, "simulation")
        )

    def _filled(
        self, machine: Machine, step: Step, command: type[Any], sent: Mapping[str, object]
    ) -> dict[str, object]:
        reader = Reader(machine.running)
        if step.service == "audits":
            return audits.fill(step.command, sent, reader.lookup("audits"), reader.state)
        filled = membership.fill(step.command, sent, Queries(machine.running).knowledge())
        return {**filled, "approver": APPROVER} if "approver" in command.FILLED else filled

    # --- clocks ---

    async def _pass_days(self, until: date) -> None:
        """The wall's clock goes on; services close days now and then, some far behind."""
        self.today = until
        for name in self.dice.sample(sorted(self.machines), len(self.machines)):
            if not self.faults or self.dice.random() < 0.5:
                await self._catch_up(name)
                await self._deliver_some()

    async def _catch_up(self, name: str) -> None:
        machine = self.machines[name]
        try:
            await machine.running.clock.catch_up()
        except Crash:
            machine.crashed()

    # --- the log ---

    async def deliver_all(self) -> None:
        """Deliver until nobody has anything new."""
        moved = True
        while moved:
            moved = False
            for way in self._ways():
                while await self._deliver(*way, whole=True):
                    moved = True

    async def _deliver_some(self) -> None:
        for way in self._ways():
            if self.dice.random() < 0.6:
                await self._deliver(*way, whole=not self.faults)

    def _ways(self) -> list[tuple[str, str, str]]:
        ways = [
            (name, consumer.name, source)
            for name, machine in self.machines.items()
            for consumer in machine.definition.consumers
            for source in consumer.sources
            if source in self.machines
        ]
        self.dice.shuffle(ways)
        return ways

    async def _deliver(self, name: str, consumer: str, source: str, *, whole: bool) -> bool:
        """One batch, more or less as it should be; whether it moved the cursor."""
        machine = self.machines[name]
        applier: Applier = machine.running.appliers[consumer]
        cursor = applier.cursor(source, 0)
        stores = {other: one.running.store for other, one in self.machines.items()}
        log = StoreLog(stores, own=name)
        start = cursor if whole else self._earlier(cursor)
        batch, _ = log.read(source, start, start.position)
        if not whole:
            batch = self._spoiled(batch)
        if not batch.received:
            return False
        try:
            applied = await applier.apply(batch)
        except Crash:
            machine.crashed()
            return True
        self.delivered += applied.applied
        self.repeats += applied.repeats
        self.holes += applied.hole
        return applied.applied > 0

    def _earlier(self, cursor: Cursor) -> Cursor:
        """Sometimes a log delivers again what was delivered before."""
        if self.dice.random() < 0.7:
            return cursor
        back = self.dice.randint(1, 30)
        return START._replace(position=max(0, cursor.position - back))

    def _spoiled(self, batch: Batch) -> Batch:
        """Cut short, sometimes with a record missing, sometimes with one twice."""
        received = list(batch.received[: self.dice.randint(1, 60)])
        if len(received) > 2 and self.dice.random() < 0.15:
            del received[self.dice.randrange(1, len(received) - 1)]
        if received and self.dice.random() < 0.15:
            at = self.dice.randrange(len(received))
            received.insert(at, received[at])
        return batch._replace(received=received)

    # --- what came of it ---

    def shown(self) -> Platform:
        """The final state in the shape in which it is compared with the oracle."""
        made = platform()
        for name, machine in self.machines.items():
            desk: Desk = made.desks[name]
            desk.folds = dict(_folds(machine))
            for reader in desk.readers:
                reader.rows = {
                    projection.name: _rows(machine, reader.consumer.name, projection.name)
                    for projection in reader.consumer.projections
                }
        return made

    @property
    def crashes(self) -> int:
        """How often a process died on its way."""
        return sum(machine.crashes for machine in self.machines.values())


def _folds(machine: Machine) -> Iterator[tuple[str, tuple[int, Any]]]:
    store = machine.running.store
    folds: dict[str, tuple[int, Any]] = {}
    deciders = machine.running.writer.deciders
    position = 0
    while records := store.read_after(position, 10_000):
        for record in records:
            recorded: Recorded = store.catalog.recorded(record)
            at = recorded.envelope
            assert at.position == position + 1, "positions are gapless"
            position = at.position
            decider = deciders[at.stream.partition("/")[0]]
            version, state = folds.get(at.stream, (0, decider.initial))
            assert at.version == version + 1, "versions are gapless"
            folds[at.stream] = (at.version, decider.evolve(state, recorded.event))
    yield from folds.items()


def _rows(machine: Machine, consumer: str, projection: str) -> dict[str, Any]:
    with machine.running.engine.connect() as connection:
        part = machine.running.models[consumer].live(connection).rows[projection]
        rows = (part.codec.read(values) for values in connection.execute(select(part.table)))
        return {row[0]: row for row in rows}
