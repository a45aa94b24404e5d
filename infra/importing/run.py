"""The imports of one service: files are taken in, examined, kept, and worked off in order.

A killed import goes on behind its last answered row when the service starts again.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import Engine

from contracts.values import Instant
from infra.errors import Refused, Transient
from infra.pool import WORKERS, pool
from infra.service import Running
from infra.transaction import Transaction

from . import jobs, plain
from .early import Lines
from .formats import examine
from .groupwork import GroupWork
from .jobs import Job, Moved, Options, Tally
from .kinds import Asked, Grouped, Kind
from .lines import Form
from .mapping import Binding, Said, bind, merged, read_said, signature
from .order import ENDING, Order, sort
from .rows import Row
from .spool import place, room, spool, sweep
from .work import Work

IDLE_S = 5.0
AGAIN_S = 1.0
FORGOTTEN_S = 24 * 3_600
LARGE = 1 << 20
"""Bytes of a file for which processes are worth their start."""
log = structlog.stdlib.get_logger("castmark.imports")


class _Look:
    """What is found out about a file on the first way through it: its columns' meaning, and
    whether rows that belong together lie together."""

    def __init__(self, engine: Engine, kind: Kind, asked: Asked, said: Said) -> None:
        self._engine, self._kind, self._asked, self._said = engine, kind, asked, said
        self.mark = ""
        self.before = Said({}, {})
        self.binding = Binding({}, ())
        self.order: Order | None = None

    def columns(self, columns: tuple[str, ...]) -> Callable[[Row], object] | None:
        """Refused when the columns cannot be bound; what looks at the rows, if it has to."""
        kind, asked = self._kind, self._asked
        self.mark = signature(columns)
        self.before = jobs.remembered(self._engine, asked.member_id, kind.name, self.mark)
        self.binding = bind(columns, kind.fields, self._said, self.before)
        kind.check(self.binding)
        if kind.grouped is None:
            return None
        self.order = Order(kind.grouped.key(asked, self.binding))
        return self.order.rank

    def at_once(self, path: Path, columns: tuple[str, ...], delimiter: str) -> int | None:
        """Look through a plain file by its lines, and leave the runs of one whose rows belong
        together beside it (`runs_of`); how many rows it has, None where it has to be read. Refused
        as `columns` and `rank` are."""
        if self._kind.grouped is None:
            return self._counted(path, Form(delimiter, len(columns)), columns)
        self.columns(columns)
        found = [self.binding.fields.get(name) for name in self._kind.grouped.fields]
        places = [bound.at for bound in found if bound is not None and bound.at is not None]
        if not places:
            return None
        key = self._kind.grouped.key(self._asked, self.binding)
        form = Form(delimiter, len(columns))
        try:
            self.order = plain.index(path, form, places, key, runs_of(path))
        except plain.NotPlain:
            runs_of(path).unlink()
            return None
        return self.order.rows

    def _counted(self, path: Path, form: Form, columns: tuple[str, ...]) -> int | None:
        try:
            rows = plain.count(path, form)
        except plain.NotPlain:
            return None
        if rows:
            self.columns(columns)
        return rows


def runs_of(spooled: Path) -> Path:
    """Where the runs of a file stand that is not kept yet."""
    return spooled.with_name(f"{spooled.name}{plain.ENDING}.part")


def _start(processes: Executor, grouped: Grouped) -> None:
    """Let processes start; where they are ended at this moment, they are made anew later."""
    with suppress(BrokenProcessPool, RuntimeError):
        for _ in range(WORKERS):
            processes.submit(grouped.ready)


class Imports:
    """Takes files in and works them off, one after the other."""

    def __init__(self, running: Running, kinds: Sequence[Kind]) -> None:
        self.kinds: Mapping[str, Kind] = {kind.name: kind for kind in kinds}
        self.folder = running.data / "imports"
        self._running = running
        self._wake = asyncio.Event()
        self._pool: Executor | None = None
        self._working = False
        self._coming_in = 0
        running.spawn("imports", self.run)

    # --- taking in ---

    async def receive(
        self,
        kind: Kind,
        asked: Asked,
        options: Options,
        actor: str,
        correlation_id: str,
        body: AsyncIterator[bytes],
    ) -> Job:
        """Spool a file, look through it and keep it as a job; durable on return.

        Raises Refused for a file or mapping that cannot be used, Conflict when the id has another
        file or other options, Transient when there is no room for it.
        """
        self._coming_in += 1
        try:
            return await self._receive(kind, asked, options, (actor, correlation_id), body)
        finally:
            self._coming_in -= 1

    async def _receive(
        self,
        kind: Kind,
        asked: Asked,
        options: Options,
        who: tuple[str, str],
        body: AsyncIterator[bytes],
    ) -> Job:
        said = read_said(options.map, options.constants, kind.fields)
        look = _Look(self._running.engine, kind, asked, said)
        async with aclosing(self._coming(kind, body)) as coming:
            spooled, sha256 = await spool(self.folder, coming, Lines(options.format))
        ordered = spooled.with_name(f"{spooled.name}{ENDING}.part")
        try:
            kept = await asyncio.to_thread(self.job, asked.import_id)
            if kept is not None:
                told = kept._replace(import_id=asked.named or kept.import_id)
                jobs.check_same(told, kind.name, asked.member_id, options, sha256)
                return kept
            with room():
                found = await asyncio.to_thread(
                    examine, spooled, options.format, look.columns, look.at_once
                )
            job = Job(
                asked.import_id, kind.name, asked.member_id, sha256, options, found.columns,
                look.binding, *who, "received", "waiting", found.rows, Tally(), 0,
                None, None, Instant(""), None,
            )  # fmt: skip
            with room():
                await asyncio.to_thread(self._place, job, kind, look, spooled, ordered)
        finally:
            for left in (spooled, ordered, runs_of(spooled)):
                await asyncio.to_thread(partial(left.unlink, missing_ok=True))

        def keep(transaction: Transaction) -> Job:
            if not options.dry_run:
                words = merged(look.before, said)
                jobs.remember(transaction.connection, asked.member_id, kind.name, look.mark, words)
            return jobs.receive(transaction.connection, job._replace(received_at=transaction.now))

        job = await self._running.writer.run(keep)
        self._wake.set()
        return job

    async def _coming(self, kind: Kind, body: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        """The body. Once it is large, processes for its groups start while the rest comes in."""
        left = LARGE
        async for piece in body:
            if left > 0 >= left - len(piece) and kind.grouped is not None and self._working:
                await asyncio.to_thread(_start, self._processes(), kind.grouped)
            left -= len(piece)
            yield piece

    def _place(self, job: Job, kind: Kind, look: _Look, spooled: Path, ordered: Path) -> None:
        """Give the file its lasting name; beside it, where rows lie apart that belong together,
        the same rows in their order, or else the runs of a plain one."""
        at = self.file_of(job)
        beside, runs = at.with_name(at.name + ENDING), at.with_name(at.name + plain.ENDING)
        for left in (beside, runs):
            left.unlink(missing_ok=True)  # of a try that was killed before it was kept
        if kind.grouped is not None and look.order is not None and look.order.scattered:
            key = kind.grouped.key(job.asked, job.binding)
            sort(spooled, job.options.format, job.columns, key, ordered)
            place(ordered, beside)
        elif runs_of(spooled).exists():
            place(runs_of(spooled), runs)
        place(spooled, at)

    def job(self, import_id: str) -> Job | None:
        """A job as it stands; may wait for the database."""
        return jobs.load(self._running.engine, import_id)

    def file_of(self, job: Job) -> Path:
        """Where a job's file is kept."""
        return self.folder / f"{job.import_id}-{job.sha256[:16]}.{job.options.format}"

    # --- working off ---

    async def run(self) -> None:
        """Work for ever; jobs that an earlier process left unfinished come first."""
        await asyncio.to_thread(sweep, self.folder, time.time() - FORGOTTEN_S)
        self._working = True
        try:
            await self._run()
        finally:
            self._working = False
            self._end_processes()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                job = await asyncio.to_thread(self._next)
                if job is None:
                    if not self._coming_in:
                        self._end_processes()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(IDLE_S):
                            await self._wake.wait()
                else:
                    await self._work(job)
            except Transient as error:
                self._end_processes()  # one of them may be what is away
                log.warning("import-waits", reason=str(error))
                await asyncio.sleep(AGAIN_S)
            except Moved:
                await asyncio.sleep(AGAIN_S)

    def _next(self) -> Job | None:
        """The oldest unfinished job whose file lies here (another process may have others)."""
        found = jobs.unfinished(self._running.engine)
        return next((job for job in found if self.file_of(job).exists()), None)

    def _work_of(self, job: Job) -> Work:
        kind, file = self.kinds[job.kind], self.file_of(job)
        if kind.grouped is None:
            return Work(self._running, kind, file, job)
        return GroupWork(self._running, kind, kind.grouped, file, job, self._processes)

    def _processes(self) -> Executor:
        """The pool, made when a file is worth it."""
        if self._pool is None:
            self._pool = pool()
        return self._pool

    def _end_processes(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def _work(self, job: Job) -> None:
        """Bring one job to its end."""
        work = self._work_of(job)
        try:
            await work.run()
        except (Transient, Moved, asyncio.CancelledError):
            raise
        except Refused as refused:
            await work.fail(refused.slug, refused.sentence)
        except Exception as error:
            log.error("import-failed", import_id=job.import_id, exc_info=error)
            await work.fail("internal-error", "a fault of ours, which was written down, ended it")
        finally:
            work.close()
