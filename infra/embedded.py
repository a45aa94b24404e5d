"""The log without a broker: the stores themselves, tailed in position order by their readers.

Durable because the stores are. One partition per source. A service's own store is read with its
private events; another's shows only what is published.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence

from contracts.cloudevents import Received, leaf_hash

from .bus import OWN, Progress, in_bulk, rest
from .consumer import Applier, Batch, Cursor
from .errors import HistoryChanged, Transient
from .execute import Writer
from .store import Store

LIMIT = 1_000
BACKOFF_S = (0.1, 0.3, 1.0, 3.0)


class StoreLog:
    """Tails stores. `own` names the source whose private events may be seen."""

    def __init__(self, stores: Mapping[str, Store], own: str) -> None:
        self.stores = stores
        self.own = own
        self._wakers: dict[str, list[asyncio.Event]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake_on(self, writer: Writer) -> None:
        """Look at once when this process's writer of a source commits."""
        source = writer.store.source
        self._wakers.setdefault(source, [])
        writer.listeners.append(lambda _: self._wake(source))

    def _wake(self, source: str) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            for event in self._wakers[source]:
                loop.call_soon_threadsafe(event.set)

    def partitions(self, source: str) -> int:
        """Always one."""
        return 1

    async def follow(self, applier: Applier, sources: Sequence[str], progress: Progress) -> None:
        """Tail all sources side by side until cancelled or stopped."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                for source in sources:
                    group.create_task(self._follow(applier, source, progress))
        except* HistoryChanged as changed:
            progress.stopped(f"{HistoryChanged.slug}: {changed.exceptions[0]}")

    async def _follow(self, applier: Applier, source: str, progress: Progress) -> None:
        wake = asyncio.Event()
        self._wakers.setdefault(source, []).append(wake)
        failures = 0
        cursor: Cursor | None = None
        scanned = 0
        while True:
            try:
                if cursor is None:
                    cursor = await asyncio.to_thread(applier.cursor, source, 0)
                    await asyncio.to_thread(self.check, source, cursor)
                    scanned = cursor.position
                wake.clear()
                began = time.monotonic()
                batch, scanned = await asyncio.to_thread(self.read, source, cursor, scanned)
                if batch.received:
                    progress.behind(source, 0)
                    applied = await applier.apply(batch)
                    cursor = applied.cursor
                    progress.applied += applied.applied
                    progress.repeats += applied.repeats
                    progress.follows(source, 0)
                    if applied.hole:  # somebody set the cursor back
                        scanned = cursor.position
                        progress.holes += 1
                        continue
                if batch.next_offset < LIMIT:
                    if not wake.is_set():
                        progress.at_head(source, 0)
                    # Who follows several sources does not sleep: what another one says may rest on
                    # what waits here, and is held until this has come. Behind a file that comes in
                    # it does: what is read one event at a time costs more than what is in it.
                    if batch.received and (len(applier.consumer.sources) == 1 or in_bulk(batch)):
                        await rest(began)
                    await _wait(wake, OWN)
                failures = 0
            except Transient as error:
                progress.waiting(str(error), source, 0)
                cursor = None
                await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
                failures += 1

    def check(self, source: str, cursor: Cursor) -> None:
        """Raise HistoryChanged when the store is not the one the cursor has read."""
        self._check_store(source, cursor)
        if cursor.position and self.stores[source].leaf(cursor.position) != cursor.leaf:
            raise HistoryChanged(
                f"{source}: position {cursor.position} is not what was applied before"
                " (was the store restored from a backup?)"
            )

    def _check_store(self, source: str, cursor: Cursor) -> None:
        if cursor.position and cursor.store_id != self.stores[source].store_id:
            raise HistoryChanged(f"{source}: the cursor knows another store")

    def read(
        self, source: str, cursor: Cursor, scanned: int, limit: int = LIMIT
    ) -> tuple[Batch, int]:
        """What is published behind a cursor. `scanned` skips private events already seen;
        `next_offset` of the batch counts the records looked at, `limit` of them at the most."""
        store = self.stores[source]
        records = store.read_after(max(cursor.position, scanned), limit)
        shown = store.catalog.public_names if source != self.own else None
        received: list[Received] = []
        previous = cursor.position
        for record in records:
            if shown is None or record.type in shown or not store.catalog.knows(record.type):
                received.append(Received(record, previous, store.store_id))
                previous = record.envelope.position
        if records:
            scanned = records[-1].envelope.position
        return Batch(source, 0, store.store_id, received, len(records)), scanned

    def replay(self, source: str, partition: int, after: Cursor, limit: int) -> Iterator[Batch]:
        """The store behind a cursor, up to its present head: what is written meanwhile is not
        given. Raises HistoryChanged when the cursor has read another store."""
        self._check_store(source, after)
        end = self.stores[source].head().position
        cursor, scanned = after, after.position
        while scanned < end:
            # positions have no gaps: as many records as this lie before the end
            batch, scanned = self.read(source, cursor, scanned, min(limit, end - scanned))
            if batch.received:
                last = batch.received[-1].record
                yield batch
                cursor = Cursor(
                    last.envelope.position,
                    0,
                    batch.store_id,
                    leaf_hash(last),
                    last.envelope.recorded_at,
                    None,
                )

    def ends(self, source: str) -> Mapping[int, int]:
        """Position of the last event that can be read here: private ones of others are not there
        to be waited for."""
        store = self.stores[source]
        return {0: store.head().position if source == self.own else store.last_published()}

    def reached(self, cursor: Cursor) -> int:
        """The cursor's position."""
        return cursor.position


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
