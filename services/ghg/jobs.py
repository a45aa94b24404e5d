"""The worker that calculates what waits: outside the writer, one at a time or many at once.

A version of data that was sealed and has no result waits; so it does after a crash, and nothing is
lost or done twice. Few are calculated in a thread, many in a pool of processes. What is recorded
carries the version that it was calculated from; where that moved on meanwhile the writer refuses it
and the newer one waits in its turn.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from typing import NamedTuple

import structlog

from infra.decider import own_id
from infra.errors import Refused, Transient
from infra.execute import request_of
from infra.news import News
from infra.service import Running
from infra.transaction import Outcome, Request

from . import app, packing
from .commands import RecordResult
from .evidence import Calculated
from .packing import Chunk
from .queries import Queries, Stored
from .reckoning import Version, reckon, usual
from .rows import YearRow

ACTOR = "castmark:ghg"
BATCH = 200
MANY = 16
"""From so many on the processes are worth their start."""
WORKERS = 2
LOOK_EVERY_S = 2.0
LOG = structlog.stdlib.get_logger("castmark.ghg")


class Task(NamedTuple):
    """A version of the data to calculate, as another process can take it."""

    data_version: int
    data_hash: str
    chunks: tuple[Chunk, ...]
    as_of: date


def calculated(task: Task) -> Calculated | Refused:
    """The usual calculation of a version; runs in any process."""
    version = Version(task.data_version, task.data_hash, packing.unpack(task.chunks))
    policies = app.policies()
    try:
        wanted = usual(policies.on(task.as_of), task.as_of)
        return reckon(version, wanted, app.factors(), policies)
    except Refused as refused:
        return refused


class Calculating:
    """Calculates what waits, for as long as the service runs."""

    def __init__(self, running: Running, queries: Queries) -> None:
        self._running = running
        self._queries = queries
        self._news = News(running.writer)
        self._failed: set[tuple[str, int]] = set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            told = self._news.next()
            try:
                done = await self.once()
            except Transient as error:
                LOG.warning("calculation-waits", error=str(error))
                done = 0
            if not done:
                await self._news.wait(told, LOOK_EVERY_S)

    async def once(self) -> int:
        """Calculate a batch of what waits; how many were recorded."""
        waiting = await asyncio.to_thread(self._queries.waiting, BATCH)
        fresh = [
            row for row in waiting if (row.facility_year, row.data_version) not in self._failed
        ]
        if not fresh:
            return 0
        today = self._running.times.today()
        tasks = await asyncio.to_thread(self._tasks, fresh, today)
        found = await asyncio.to_thread(_all, tasks)
        requests: list[Request] = []
        for row, made in zip(fresh, found, strict=True):
            if isinstance(made, Refused):
                self._failed.add((row.facility_year, row.data_version))
                LOG.error("cannot-calculate", facility_year=row.facility_year, why=str(made))
                continue
            requests.append(_request(row, made, today))
        answers = await self._running.writer.execute_many(requests)
        return sum(isinstance(answer, Outcome) for answer in answers)

    def _tasks(self, rows: Sequence[YearRow], today: date) -> list[Task]:
        return [_task(self._queries.stored(row, row.data_version), today) for row in rows]


def _task(stored: Stored, today: date) -> Task:
    return Task(stored.data_version, stored.data_hash, stored.chunks, today)


def _all(tasks: Sequence[Task]) -> list[Calculated | Refused]:
    if len(tasks) < MANY:
        return [calculated(task) for task in tasks]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        return list(pool.map(calculated, tasks, chunksize=8))


def _request(row: YearRow, made: Calculated, today: date) -> Request:
    command = RecordResult(
        on=today, facility_id=row.facility_id, year=row.year, calculated=made, because="data"
    )
    of = (row.facility_year, str(made.data_version), made.data_hash, made.working_hash)
    return request_of(own_id("calculated", *of, *made.factor_sets), command, ACTOR)
