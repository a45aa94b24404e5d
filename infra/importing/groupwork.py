"""One import of grouped rows being worked off: read here, made into commands in other processes,
written here.

Several chunks of whole groups are under way at once; they are written in the order of the file, so
progress is one number. A small file is not worth the start of processes: a thread does it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path

import structlog

from infra.errors import Transient
from infra.pool import WORKERS
from infra.service import Running
from infra.transaction import Answer, Transaction

from . import jobs
from .formats import csv_head
from .groups import (
    AnyGroup,
    GroupChunk,
    GroupSource,
    LineSource,
    chunk_of,
    judge_groups,
    task,
)
from .jobs import Job
from .kinds import GroupBuilt, Grouped, Kind
from .lines import Form
from .order import ranked
from .plain import ENDING, indexed
from .work import Work

AHEAD = 2 * WORKERS
"""Chunks that are being made at once: each process has one, and the next lies ready."""
SMALL = 4_000
"""Rows up to which no processes are started."""
log = structlog.stdlib.get_logger("castmark.imports")


class GroupWork(Work):
    """A job whose rows belong together. `processes` gives the pool, which outlives the job."""

    def __init__(
        self,
        running: Running,
        kind: Kind,
        grouped: Grouped,
        file: Path,
        job: Job,
        processes: Callable[[], Executor],
    ) -> None:
        super().__init__(running, kind, file, job)
        self._grouped = grouped
        self._pool = None if job.rows <= SMALL else processes()

    async def _rows(self, *, rehearse: bool) -> None:
        """One pass over the groups that are not answered yet."""
        source: GroupSource | LineSource = await self._reading(self._groups)
        making: deque[asyncio.Task[GroupChunk]] = deque()
        with closing(source):
            reading = self._reading(source.chunk)
            try:
                more = True
                while more or making:
                    while more and len(making) < AHEAD:
                        groups = await reading
                        more = bool(groups)
                        if more:
                            making.append(asyncio.create_task(self._made(groups)))
                            reading = self._reading(source.chunk)
                    if making:
                        chunk = await making.popleft()
                        await (self._group_rehearsed if rehearse else self._group_taken)(chunk)
            finally:
                for task in making:
                    task.cancel()
                await asyncio.wait([reading])

    def _groups(self) -> GroupSource | LineSource:
        job = self.job
        runs = self._file.with_name(self._file.name + ENDING)
        if runs.exists():
            columns, delimiter = csv_head(self._file)
            return LineSource(self._file, indexed(runs), Form(delimiter, len(columns)), job)
        key = self._grouped.key(job.asked, job.binding)
        rows = ranked(self._file, job.options.format, job.columns, key)
        return GroupSource(rows, self._grouped, job)

    async def _made(self, groups: Sequence[AnyGroup]) -> GroupChunk:
        """Commands of groups, made in another process."""
        job = self.job
        keys = [group.key for group in groups]
        today = self._running.times.today()
        prepared = await asyncio.to_thread(
            self._grouped.prepare, job.asked, job.binding, today, keys
        )
        work = task(self._grouped.work, prepared, groups)
        try:
            built: list[GroupBuilt] = await asyncio.get_running_loop().run_in_executor(
                self._pool, work
            )
        except BrokenProcessPool as error:
            raise Transient("a process that makes commands of rows was ended") from error
        if self._grouped.beside is not None:
            built = await asyncio.to_thread(self._grouped.beside, job.asked, built)
        return chunk_of(groups, built, job)

    async def _group_taken(self, chunk: GroupChunk) -> None:
        """Commands, answers and progress in one transaction."""

        def unit(transaction: Transaction) -> Job:
            return self._group_settled(transaction, chunk, transaction.handle(chunk.requests))

        self.job = await self._running.writer.run(unit)

    async def _group_rehearsed(self, chunk: GroupChunk) -> None:
        """Answers and progress, and no events."""
        writer = self._running.writer
        answers = await asyncio.to_thread(writer.rehearse, chunk.requests, self._folds)
        self.job = await writer.run(
            lambda transaction: self._group_settled(transaction, chunk, answers)
        )

    def _group_settled(
        self, transaction: Transaction, chunk: GroupChunk, answers: Sequence[Answer]
    ) -> Job:
        judged = judge_groups(chunk, answers, self.job, self._grouped.others)
        for bug in judged.bugs[:1]:
            log.error("import-group-failed", import_id=self.job.import_id, exc_info=bug)
        after = self.job._replace(tally=self.job.tally.plus(judged.tally))
        connection = transaction.connection
        jobs.advance(connection, self.job, after)
        jobs.keep_rows(connection, after.import_id, judged.refused)
        jobs.keep_groups(connection, after.import_id, judged.told)
        return after
