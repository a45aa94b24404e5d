"""One import being worked off: tried, taken in, compared, each in chunks.

A chunk is one unit of the writer: commands, answers and progress commit together, and between
chunks interactive commands have their turn. While one chunk is written the next is read.
"""

import asyncio
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from infra.decider import derived_id
from infra.errors import Refused
from infra.execute import Rehearsed
from infra.service import Running
from infra.store import translated
from infra.transaction import Answer, Outcome, Request, Transaction

from . import jobs
from .chunks import CHUNK, Chunk, ask, judge, read_chunk, read_packed
from .formats import open_sheet
from .jobs import Job, Tally
from .kinds import Kind
from .rows import Row

log = structlog.stdlib.get_logger("castmark.imports")
T = TypeVar("T")


class Work:
    """One job being worked off. Files are read in a thread of its own."""

    def __init__(self, running: Running, kind: Kind, file: Path, job: Job) -> None:
        self.job = job
        self._running = running
        self._kind = kind
        self._file = file
        self._asked = job.asked
        self._folds = Rehearsed()
        self._reader = ThreadPoolExecutor(1, "import-reader")

    async def run(self) -> None:
        """All passes that the options ask for."""
        options = self.job.options
        trying = options.dry_run or (
            options.all_or_nothing and self.job.phase in ("waiting", "trying")
        )
        if self.job.phase in ("waiting", "trying"):
            await self._begin("trying" if trying else "importing")
        if trying:
            await self._rows(rehearse=True)
            if options.all_or_nothing and self.job.tally.refused:
                await self.fail(
                    "rows-refused",
                    f"{self.job.tally.refused} of {self.job.tally.done} rows are refused, and all"
                    " or nothing was asked for: nothing was taken",
                )
                return
            if not options.dry_run:
                await self._begin("importing")
        if self.job.phase == "importing":
            await self._rows(rehearse=False)
        if options.sync:
            await self._compare()
        if self.job.state == "running":
            await self._put(self.job._replace(state="done", phase="done"))

    async def fail(self, slug: str, sentence: str) -> None:
        """End the job with a reason."""
        ended = self.job._replace(state="failed", phase="failed")
        await self._put(ended._replace(problem_slug=slug, problem=sentence))

    def close(self) -> None:
        """Let the reading thread end."""
        self._reader.shutdown(wait=False)

    async def _begin(self, phase: jobs.Phase) -> None:
        after = self.job._replace(state="running", phase=phase, tally=Tally(), proposed=0)
        before = self.job

        def unit(transaction: Transaction) -> Job:
            jobs.restart(transaction.connection, before, after)
            return after

        self.job = await self._running.writer.run(unit)

    async def _put(self, after: Job) -> None:
        before = self.job

        def unit(transaction: Transaction) -> Job:
            ended = after
            if after.state in ("done", "failed"):
                ended = after._replace(finished_at=transaction.now)
                jobs.forget_seen(transaction.connection, after.import_id)
            jobs.advance(transaction.connection, before, ended)
            return ended

        self.job = await self._running.writer.run(unit)

    # --- rows ---

    async def _rows(self, *, rehearse: bool) -> None:
        """One pass over the rows that are not answered yet; reads ahead by one chunk."""
        source = await self._reading(self._open)
        with closing(source):
            chunk = await self._reading(partial(self._chunk, source))
            while chunk is not None:
                ahead = asyncio.ensure_future(self._reading(partial(self._chunk, source)))
                try:
                    await (self._rehearsed(chunk) if rehearse else self._taken(chunk))
                except BaseException:
                    await asyncio.wait([ahead])
                    raise
                chunk = await ahead

    def _reading(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._reader, work)

    def _open(self) -> "Source":
        sheet = open_sheet(self._file, self.job.options.format, self.job.columns)
        if sheet.columns != self.job.columns:
            raise Refused("file-broken", "the kept file has other columns than it had")
        return Source(sheet.rows, self.job.tally.last_row)

    def _chunk(self, source: "Source") -> Chunk | None:
        today = self._running.times.today()
        if self._kind.packing is not None:
            packing = self._kind.packing(self._asked, self.job.binding, today)
            return read_packed(source, packing, self.job)
        assert self._kind.builder is not None  # a grouped kind has a work of its own
        build = self._kind.builder(self._asked, self.job.binding, today)
        return read_chunk(source, build, self.job)

    async def _taken(self, chunk: Chunk) -> None:
        """Commands, answers and progress in one transaction."""

        def unit(transaction: Transaction) -> Job:
            return self._settled(transaction, chunk, ask(chunk, transaction.handle, self.job))

        self.job = await self._running.writer.run(unit)

    async def _rehearsed(self, chunk: Chunk) -> None:
        """Answers and progress, and no events."""
        writer = self._running.writer
        rehearse = partial(writer.rehearse, folds=self._folds)
        answers = await asyncio.to_thread(ask, chunk, rehearse, self.job)
        self.job = await writer.run(lambda transaction: self._settled(transaction, chunk, answers))

    def _settled(self, transaction: Transaction, chunk: Chunk, answers: Sequence[Answer]) -> Job:
        judged = judge(chunk, answers, self.job, self._kind.noted)
        for bug in judged.bugs[:1]:
            log.error("import-row-failed", import_id=self.job.import_id, exc_info=bug)
        after = self.job._replace(tally=self.job.tally.plus(judged.tally))
        connection = transaction.connection
        jobs.advance(connection, self.job, after)
        jobs.keep_rows(connection, after.import_id, judged.refused)
        jobs.keep_notes(connection, after.import_id, judged.noted)
        if after.options.sync:
            jobs.note_seen(connection, after.import_id, judged.keys)
        return after

    # --- sync ---

    async def _compare(self) -> None:
        """Propose the end of what the file does not list, when all of it could be read."""
        unread = self.job.tally.unreadable
        if unread:
            sentence = (
                f"{unread} rows could not be told apart, so nothing was proposed for closure:"
                " mend them and import the file again"
            )
            after = self.job._replace(problem_slug="sync-withheld", problem=sentence)
            await self._put(after)
            return
        await self._put(self.job._replace(phase="comparing", proposed=0))
        after_key: str | None = None
        while (found := await self._absent(after_key)) is not None:
            requests, after_key = found
            await self._propose(requests)

    async def _absent(self, after: str | None) -> tuple[list[Request], str] | None:
        kind, job = self._kind, self.job
        if kind.absent is None:
            return None
        today = self._running.times.today()
        listed = await asyncio.to_thread(kind.absent, self._asked, today, after, CHUNK)
        if not listed:
            return None
        keys = [absence.key for absence in listed]
        seen = await asyncio.to_thread(self._seen, keys)
        requests = [
            Request(
                derived_id(job.import_id, "absent", absence.key),
                absence.command,
                job.actor,
                job.correlation_id,
                job.import_id,
            )
            for absence in listed
            if absence.key not in seen
        ]
        return requests, keys[-1]

    def _seen(self, keys: Sequence[str]) -> set[str]:
        with translated(), self._running.engine.connect() as connection:
            return jobs.seen(connection, self.job.import_id, keys)

    async def _propose(self, requests: Sequence[Request]) -> None:
        writer, before = self._running.writer, self.job
        rehearsed: list[Answer] | None = None
        if before.options.dry_run:
            rehearsed = await asyncio.to_thread(writer.rehearse, requests, self._folds)

        def unit(transaction: Transaction) -> Job:
            answers = transaction.handle(requests) if rehearsed is None else rehearsed
            new = sum(1 for one in answers if isinstance(one, Outcome) and one.recorded)
            after = before._replace(proposed=before.proposed + new)
            jobs.advance(transaction.connection, before, after)
            return after

        self.job = await writer.run(unit)


class Source(Iterator[Row]):
    """The rows behind those that are answered already."""

    def __init__(self, rows: Generator[Row], after: int) -> None:
        self._rows = rows
        self._after = after

    def __next__(self) -> Row:
        row = next(self._rows)
        while row.number <= self._after:
            row = next(self._rows)
        return row

    def close(self) -> None:
        """Close the file."""
        self._rows.close()
