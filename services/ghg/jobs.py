"""The worker that calculates what waits: outside the writer, few at a time or many at once.

A version of data that was sealed and has no result waits; so it does after a crash, and nothing is
lost or done twice. Few are calculated in a thread, many in a pool of processes. What is recorded
carries the version that it was calculated from; where that moved on meanwhile the writer refuses it
and the newer one waits in its turn. What cannot be calculated is tried again the next day
(`tried`).

Each day, and when the service starts, what was calculated with factors that are not the newest any
more is calculated anew: a result beside the old one, which stays.
"""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from typing import Literal, NamedTuple

import structlog

from infra.decider import own_id
from infra.errors import Refused, Transient
from infra.execute import request_of
from infra.news import News
from infra.pool import WORKERS, pool
from infra.service import Running
from infra.transaction import Outcome, Request

from . import app
from .activity import packing
from .activity.packing import Chunk
from .evidence import Calculated
from .factors.pinned import pin
from .queries import Queries, Stored
from .results.commands import RecordResult
from .results.reckoning import Version, Wanted, outdated, reckon, usual
from .results.tried import Tried
from .rows import YearRow

ACTOR = "castmark:ghg"
BATCH = 200
MANY = 16
"""From so many on the processes are worth their start."""
LOOK_EVERY_S = 2.0
LOG = structlog.stdlib.get_logger("castmark.ghg")


Because = Literal["data", "factors"]


class Task(NamedTuple):
    """A version of the data to calculate, as another process can take it."""

    data_version: int
    data_hash: str
    chunks: tuple[Chunk, ...]
    wanted: Wanted
    sent_on: date | None = None


def calculated(task: Task) -> Calculated | Refused:
    """The calculation of a version; runs in any process."""
    inventory = packing.unpack(task.chunks)
    version = Version(task.data_version, task.data_hash, inventory, task.sent_on)
    try:
        return reckon(version, task.wanted, app.factors(), app.policies())
    except Refused as refused:
        return refused


class Calculating:
    """Calculates what waits, for as long as the service runs."""

    def __init__(self, running: Running, queries: Queries) -> None:
        self._running = running
        self._queries = queries
        self._news = News(running.writer)
        self._tried = Tried()
        self._renewed_on: date | None = None
        self._pool: ProcessPoolExecutor | None = None

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                told = self._news.next()
                try:
                    busy = await self.once() or await self.renew()
                except Transient as error:
                    LOG.warning("calculation-waits", error=str(error))
                    busy = 0
                if not busy:
                    self._rest()
                    await self._news.wait(told, LOOK_EVERY_S)
        finally:
            self._rest()

    async def once(self) -> int:
        """Calculate a batch of what waits; how many there were."""
        waiting = await asyncio.to_thread(self._queries.waiting, BATCH + len(self._tried))
        fresh = self._tried.fresh(waiting, self._running.times.today())
        return await self._calculate(fresh[:BATCH], "data")

    async def renew(self) -> int:
        """Once a day: calculate anew what newer factors concern; how many there were."""
        today = self._running.times.today()
        if self._renewed_on == today:
            return 0
        count = 0
        after: str | None = None
        while True:
            rows = await asyncio.to_thread(self._queries.years, {"waits": False}, after, BATCH)
            old = await asyncio.to_thread(lambda page: list(self._old(page, today)), rows[:BATCH])
            count += await self._calculate(old, "factors")
            if len(rows) <= BATCH:
                break
            after = rows[BATCH - 1].facility_year
        self._renewed_on = today
        return count

    def _old(self, rows: Sequence[YearRow], today: date) -> Iterator[YearRow]:
        policy = self._running.definition.policies.on(today)
        for row in rows:
            if row.results:
                gwp_set, pfc_set, *sets, _ = row.pins.split()
                pinned = pin(app.factors(), policy, today, gwp_set, pfc_set)
                if outdated(sets, (row.country, row.subdivision), pinned):
                    yield row

    async def _calculate(self, rows: Sequence[YearRow], because: Because) -> int:
        if not rows:
            return 0
        today = self._running.times.today()
        tasks = await asyncio.to_thread(self._tasks, rows, today, because)
        found = await asyncio.to_thread(self._all, tasks)
        requests: list[Request] = []
        asked: list[YearRow] = []
        for row, made in zip(rows, found, strict=True):
            if isinstance(made, Refused):
                LOG.error("cannot-calculate", facility_year=row.facility_year, why=str(made))
                if because == "data":
                    self._tried.refused(row, today)
                continue
            requests.append(_request(row, made, today, because))
            asked.append(row)
        for answer in await self._running.writer.execute_many(requests):
            if not isinstance(answer, Outcome | Refused):
                raise answer
        if because == "data":
            self._tried.recorded(asked)
        return len(rows)

    def _tasks(self, rows: Sequence[YearRow], today: date, because: Because) -> list[Task]:
        usually = usual(self._running.definition.policies.on(today), today)
        return [
            _task(
                self._queries.version(row.facility_id, row.year, row.data_version),
                usually if because == "data" else Wanted(today, *row.pins.split()[:2]),
            )
            for row in rows
        ]

    def _all(self, tasks: Sequence[Task]) -> list[Calculated | Refused]:
        if len(tasks) < MANY:
            return [calculated(task) for task in tasks]
        if self._pool is None:
            self._pool = pool(WORKERS)
        return list(self._pool.map(calculated, tasks, chunksize=8))

    def _rest(self) -> None:
        """Nothing waits: the processes are not kept."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _task(stored: Stored, wanted: Wanted) -> Task:
    found = (stored.data_version, stored.data_hash, stored.chunks)
    return Task(*found, wanted, stored.submitted_on)


def _request(row: YearRow, made: Calculated, today: date, because: Because) -> Request:
    command = RecordResult(
        on=today, facility_id=row.facility_id, year=row.year, calculated=made, because=because
    )
    of = (row.facility_year, str(made.data_version), made.data_hash, made.working_hash)
    return request_of(own_id("calculated", *of, *made.factor_sets), command, ACTOR)
