"""The imports of one service: files are taken in, examined, kept, and worked off in order.

A killed import goes on behind its last answered row when the service starts again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog

from contracts.values import Instant
from infra.errors import Refused, Transient
from infra.service import Running
from infra.transaction import Transaction

from . import jobs
from .formats import examine
from .jobs import Job, Moved, Options, Tally
from .kinds import Asked, Kind
from .mapping import bind, merged, read_said, signature
from .spool import place, spool, sweep
from .work import Work

IDLE_S = 5.0
AGAIN_S = 1.0
FORGOTTEN_S = 24 * 3_600
log = structlog.stdlib.get_logger("castmark.imports")


class Imports:
    """Takes files in and works them off, one after the other."""

    def __init__(self, running: Running, kinds: Sequence[Kind]) -> None:
        self.kinds: Mapping[str, Kind] = {kind.name: kind for kind in kinds}
        self.folder = running.data / "imports"
        self._running = running
        self._wake = asyncio.Event()
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
        said = read_said(options.map, options.constants, kind.fields)
        spooled, sha256 = await spool(self.folder, body)
        try:
            kept = await asyncio.to_thread(self.job, asked.import_id)
            if kept is not None:
                jobs.check_same(kept, kind.name, asked.member_id, options, sha256)
                return kept
            found = await asyncio.to_thread(examine, spooled, options.format)
            mark = signature(found.columns)
            before = await asyncio.to_thread(
                jobs.remembered, self._running.engine, asked.member_id, kind.name, mark
            )
            binding = bind(found.columns, kind.fields, said, before)
            kind.check(binding)
            job = Job(
                asked.import_id, kind.name, asked.member_id, sha256, options, found.columns,
                binding, actor, correlation_id, "received", "waiting", found.rows, Tally(), 0,
                None, None, Instant(""), None,
            )  # fmt: skip
            await asyncio.to_thread(place, spooled, self.file_of(job))
        finally:
            await asyncio.to_thread(partial(spooled.unlink, missing_ok=True))

        def keep(transaction: Transaction) -> Job:
            if not options.dry_run:
                words = merged(before, said)
                jobs.remember(transaction.connection, asked.member_id, kind.name, mark, words)
            return jobs.receive(transaction.connection, job._replace(received_at=transaction.now))

        job = await self._running.writer.run(keep)
        self._wake.set()
        return job

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
        while True:
            self._wake.clear()
            try:
                job = await asyncio.to_thread(self._next)
                if job is None:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(IDLE_S):
                            await self._wake.wait()
                else:
                    await self._work(job)
            except Transient as error:
                log.warning("import-waits", reason=str(error))
                await asyncio.sleep(AGAIN_S)
            except Moved:
                await asyncio.sleep(AGAIN_S)

    def _next(self) -> Job | None:
        """The oldest unfinished job whose file lies here (another process may have others)."""
        found = jobs.unfinished(self._running.engine)
        return next((job for job in found if self.file_of(job).exists()), None)

    async def _work(self, job: Job) -> None:
        """Bring one job to its end."""
        work = Work(self._running, self.kinds[job.kind], self.file_of(job), job)
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
