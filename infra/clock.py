"""The clock: each service closes one UTC day at a time, in order, none skipped.

It finds the streams that are due (`dues`, kept by the writer in each stream's own transaction,
and made anew by `infra.dues` where a build with other rules starts)
and sends each a `Tick` with id (stream, rule, day). A rule that rests on another service's silence
waits until that service has closed the day on all its partitions and nothing of the stream's
subject is parked. Then the day is closed and published.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, NamedTuple

import orjson
from sqlalchemy import Connection, func, select

from contracts.envelope import Event, subject
from contracts.machinery import DayClosed

from . import tables
from .bus import OWN, Log
from .consumer import read_cursors
from .decider import Command, Decider, Tick, derived_id
from .dues import restate
from .errors import Refused, Transient
from .execute import Outcome, Writer, request_of
from .parking import parked_events
from .policy import Policies
from .readmodel import Consumer
from .store import translated

ACTOR = "castmark:clock"
ONE_DAY = timedelta(days=1)
MANY = 400  # days closed in one transaction where nothing is due


class CloseDay(Command):
    """Close the day `on`: all that this service decides by date has been decided through it."""

    NAME: ClassVar[str] = "close_day"
    source: str
    FILLED: ClassVar[frozenset[str]] = frozenset()

    @property
    def stream(self) -> str:
        return f"calendar/{self.source}"


class Calendar(NamedTuple):
    """The last day closed; None before the first."""

    closed_on: date | None = None


def _decide(command: Command, state: Calendar, policies: Policies) -> Sequence[Event]:
    if not isinstance(command, CloseDay):
        raise TypeError(f"a calendar takes no {command.NAME}")
    if state.closed_on is not None and command.on <= state.closed_on:
        return []
    if state.closed_on is not None and command.on != state.closed_on + ONE_DAY:
        raise Refused("day-skipped", f"the next day to close is {state.closed_on + ONE_DAY}")
    return [DayClosed(on=command.on)]


def _evolve(state: Calendar, event: Event) -> Calendar:
    return Calendar(event.on) if isinstance(event, DayClosed) else state


CALENDAR = Decider(Calendar(), _decide, _evolve, None)


class Due(NamedTuple):
    """A rule of a stream whose day has come."""

    stream: str
    rule: str
    due_on: date


class Undetermined(NamedTuple):
    """What cannot be decided yet, and why."""

    due: Due
    reason: str


class Times:
    """What day and what moment it is. A simulated store's day stands still until it is moved."""

    def __init__(self, *, simulated: bool, wall: Callable[[], datetime]) -> None:
        self.simulated = simulated
        self._wall = wall
        self.simulated_on: date | None = None

    def today(self) -> date:
        """The present UTC day."""
        if self.simulated and self.simulated_on is not None:
            return self.simulated_on
        return self._wall().astimezone(UTC).date()

    def now(self) -> datetime:
        """The present moment: on a simulated day, at the wall's time of that day."""
        wall = self._wall().astimezone(UTC)
        return datetime.combine(self.today(), time(tzinfo=UTC)) + (
            wall - datetime.combine(wall.date(), time(tzinfo=UTC))
        )


class Clock:
    """Closes the days of one service."""

    def __init__(
        self,
        writer: Writer,
        times: Times,
        rests_on: Mapping[str, Sequence[str]],
        consumers: Sequence[Consumer],
        log: Log,
    ) -> None:
        self.writer = writer
        self.times = times
        self.rests_on = rests_on
        self.consumers = consumers
        self.log = log
        self.undetermined: tuple[Undetermined, ...] = ()
        self.trouble = ""
        self.target: date | None = None
        self._restated = False
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()

    @property
    def source(self) -> str:
        """The service whose days these are."""
        return self.writer.store.source

    def closed_on(self) -> date | None:
        """The last day closed."""
        with translated(), self.writer.store.engine.connect() as connection:
            text = connection.exec_driver_sql(
                "SELECT data FROM events WHERE stream = "
                f"'calendar/{self.source}' ORDER BY version DESC LIMIT 1"
            ).scalar()
        return None if text is None else date.fromisoformat(orjson.loads(text)["on"])

    async def run(self) -> None:
        """Keep the calendar up to the present day, and move a simulated one to the day that was
        asked for, until cancelled. Before the first day, streams that another build wrote get the
        rows that this one's rules give them."""
        loop = asyncio.get_running_loop()

        def wake(_: int) -> None:
            loop.call_soon_threadsafe(self._wake.set)

        self.writer.listeners.append(wake)
        while True:
            self._wake.clear()
            self._moved.clear()
            try:
                if not self._restated:
                    await asyncio.to_thread(restate, self.writer)
                    self._restated = True
                if self.target is not None:
                    await self._move()
                await self.catch_up()
                self.trouble = ""
            except (Transient, RuntimeError) as error:
                self.trouble = str(error)
            busy = self.undetermined or self.target is not None
            if await _set(self._wake, OWN if busy else OWN * 20):
                await _set(self._moved, OWN)  # many commits wake us once

    async def catch_up(self) -> date | None:
        """Close every day before the present one that can be closed; the last day closed."""
        closed = await asyncio.to_thread(self.closed_on)
        yesterday = self.times.today() - ONE_DAY
        if closed is None and self.times.simulated:
            return None  # a simulated world begins when its clock is first set
        if closed is None:
            closed = yesterday - ONE_DAY
        elif closed >= yesterday:
            await self.settle(closed)
            return closed
        while closed < yesterday:
            further = await self.close_until(closed + ONE_DAY, yesterday)
            if further is None:
                break
            closed = further
        return closed

    async def move(self, on: date) -> date:
        """Accept a day to move a simulated store's clock to; `run` decides every day before it in
        order, and waits for the services that ours rest on. Nobody has to wait for that here.

        The day accepted: a later one that was accepted before stands.
        """
        if not self.times.simulated:
            raise Refused(
                "clock-is-real", "only a store created as simulated can have its clock moved"
            )
        today = self.times.today()
        if on < today and await asyncio.to_thread(self.closed_on) is not None:
            raise Refused("clock-goes-forward", f"it is {today} already; the past stays", on=on)
        self.target = max(on, self.target or on)
        self._moved.set()
        self._wake.set()
        return self.target

    async def _move(self) -> None:
        """Bring the calendar to its target."""
        if self.target is not None and await asyncio.to_thread(self.closed_on) is None:
            first = self.times.simulated_on = self.target
            await self.close(first - ONE_DAY)  # a world begins: no day before it to decide
        while self.target is not None and self.times.today() < self.target:
            self._wake.clear()
            closed = await self.close_until(self.times.today(), self.target - ONE_DAY)
            self.trouble = ""
            if closed is None:  # our consumers bring what we wait for, by commits that wake us
                await _set(self._wake, OWN)
            else:
                self.times.simulated_on = closed + ONE_DAY
        self.target = None

    async def close_until(self, first: date, last: date) -> date | None:
        """Close the next days in order: all on which nothing is due at once, else one. The last
        day closed; None while something waits."""
        due = await asyncio.to_thread(self._first_due)
        quiet = min(last, due - ONE_DAY) if due is not None else last
        if quiet < first:
            return first if await self.close(first) else None
        days = min((quiet - first).days + 1, MANY)
        await self._publish([first + number * ONE_DAY for number in range(days)])
        self.undetermined = ()
        return first + (days - 1) * ONE_DAY

    async def close(self, on: date) -> bool:
        """Decide all that is due through a day, then close it. False while something waits."""
        if not await self.settle(on):
            return False
        await self._publish([on])
        return True

    async def _publish(self, days: Sequence[date]) -> None:
        requests = [
            request_of(
                derived_id("close", self.writer.store.store_id, on.isoformat()),
                CloseDay(on=on, source=self.source),
                ACTOR,
            )
            for on in days
        ]
        for answer in await self.writer.execute_many(requests):
            if not isinstance(answer, Outcome):
                raise answer

    def _first_due(self) -> date | None:
        with translated(), self.writer.store.engine.connect() as connection:
            first = connection.execute(select(func.min(tables.DUES.c.due_on))).scalar()
        return None if first is None else date.fromisoformat(first)

    async def settle(self, on: date) -> bool:
        """Send a tick to every stream that is due through a day; False while some must wait."""
        asked: set[tuple[str, str]] = set()
        while True:
            ready, waiting = await asyncio.to_thread(self._due, on)
            fresh = [due for due in ready if (due.stream, due.rule) not in asked]
            self.undetermined = tuple(waiting)
            if not fresh:
                return not waiting
            asked |= {(due.stream, due.rule) for due in fresh}
            answers = await self.writer.execute_many(
                [
                    request_of(
                        derived_id("tick", due.stream, due.rule, str(due.due_on), str(on)),
                        Tick(on=on, target=due.stream, rule=due.rule),
                        ACTOR,
                    )
                    for due in fresh
                ]
            )
            for due, answer in zip(fresh, answers, strict=True):
                if not isinstance(answer, Outcome):
                    raise RuntimeError(f"{due.stream} could not decide {due.rule}: {answer}")

    def _due(self, on: date) -> tuple[list[Due], list[Undetermined]]:
        ready: list[Due] = []
        waiting: list[Undetermined] = []
        with translated(), self.writer.store.engine.connect() as connection:
            dues = tables.DUES.c
            query = select(tables.DUES).where(dues.due_on <= on.isoformat())
            rows = connection.execute(query.order_by(dues.due_on, dues.stream, dues.rule)).all()
            gates = Gates(connection, self.consumers, self.log) if rows else None
            for row in rows:
                due = Due(row.stream, row.rule, date.fromisoformat(row.due_on))
                sources = self.rests_on.get(due.rule.partition(":")[0], ())
                reason = gates.reason(due, sources) if gates is not None else ""
                if reason:
                    waiting.append(Undetermined(due, reason))
                else:
                    ready.append(due)
        return ready, waiting


async def _set(event: asyncio.Event, within_s: float) -> bool:
    """Wait until an event is set, but not for ever; whether it is."""
    try:
        async with asyncio.timeout(within_s):
            return await event.wait()
    except TimeoutError:
        return False


class Gates:
    """What other services have said through which day, as this service has applied it."""

    def __init__(self, connection: Connection, consumers: Sequence[Consumer], log: Log) -> None:
        self._connection = connection
        self._consumers = consumers
        self._log = log
        self._closed: dict[str, date | None] = {}
        self._parked: dict[str, list[Any]] = {}

    def closed(self, source: str) -> date | None:
        """The last day that a source has closed on all its partitions, for all our consumers."""
        if source not in self._closed:
            days: list[date | None] = []
            for consumer in self._consumers:
                if source in consumer.sources:
                    cursors = read_cursors(self._connection, consumer.name)
                    for partition in range(self._log.partitions(source)):
                        cursor = cursors.get((source, partition))
                        days.append(cursor.closed_on if cursor else None)
            known = [day for day in days if day is not None]
            self._closed[source] = min(known) if days and len(known) == len(days) else None
        return self._closed[source]

    def reason(self, due: Due, sources: Sequence[str]) -> str:
        """Why a due cannot be decided yet; "" when it can."""
        for source in sources:
            closed = self.closed(source)
            if closed is None or closed < due.due_on:
                through = f"has closed {closed}" if closed else "has closed no day"
                return f"{source} {through}, not yet {due.due_on}"
            if self._is_parked(source, subject(due.stream)):
                return f"an event of {source} that may concern this is parked"
        return ""

    def _is_parked(self, source: str, key: str) -> bool:
        """Whether a parked event may concern a key: it names it, or cannot be read."""
        if source not in self._parked:
            self._parked[source] = [
                _content(parked.record.data)
                for consumer in self._consumers
                if source in consumer.sources
                for parked in parked_events(self._connection, consumer.name, source)
            ]
        return any(content is None or key in content.values() for content in self._parked[source])


def _content(data: bytes) -> dict[str, Any] | None:
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict):
        return None
    return {name: value for name, value in content.items() if isinstance(value, str)}
