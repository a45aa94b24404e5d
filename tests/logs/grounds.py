"""What each log stands on in the suite of all logs: the store of a source, and a way onto the log.

The source is the same store on every ground: tailed on one, relayed to a topic on the other.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from contracts.catalog import Topic
from contracts.envelope import Record
from infra.bus import Log, Progress
from infra.consumer import Applied, Applier, Batch, Cursor
from infra.embedded import StoreLog
from infra.kafka import KafkaLog
from infra.relay import route
from infra.transaction import Request
from tests.logs.kafka_rig import FEED, make_anew, send_raw
from tests.logs.rig import Rig
from tests.logs.suite_following import Source
from tests.toys import SHOWING, SOURCE, TOYS

PATIENCE_S = 60.0
PROMPT_S = 10.0
READER = SHOWING._replace(sources=(FEED,))
"""Its rows show an item that was applied twice, and the order within a box."""


class Ground(ABC):
    """A source that a test has say things, and the log by which others read it."""

    log: Log

    def __init__(self, source: Source) -> None:
        self.source = source

    async def say(self, *requests: Request) -> list[Record]:
        """Have the source commit these, and the log show them; all that is public so far."""
        await self.source.writer.execute_many(list(requests))
        await self.shown()
        return self.public()

    def public(self) -> list[Record]:
        """All that the source has said to others."""
        records = self.source.store.read_after(0, 10_000)
        return [record for record in records if record.type in TOYS.public_names]

    @abstractmethod
    async def shown(self) -> None:
        """Let the log show what the source has committed."""

    @abstractmethod
    async def exchanged(self) -> None:
        """Another store stands in the source's place, and all that the log shows is that one's."""


class StoresGround(Ground):
    """The store itself, tailed."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._open()

    def _open(self) -> None:
        log = StoreLog({FEED: self.source.store}, own=SOURCE)
        log.wake_on(self.source.writer)
        self.log = log

    async def shown(self) -> None:
        """It is, with the commit."""

    async def exchanged(self) -> None:
        self._open()


class KafkaGround(Ground):
    """A topic of a real broker, into which the store is relayed."""

    def __init__(self, source: Source, bootstrap: Sequence[str], topic: Topic) -> None:
        super().__init__(source)
        self.bootstrap = bootstrap
        self.topic = topic
        self.log = KafkaLog(bootstrap, {FEED: topic})
        self._begin()

    def _begin(self) -> None:
        self._at = 0
        self._previous: dict[int, int] = defaultdict(int)

    async def shown(self) -> None:
        store = self.source.store
        records = store.read_after(self._at, 10_000)
        outgoing, self._previous = route(store, self.topic, records, self._previous)
        await send_raw(self.bootstrap, outgoing)
        self._at += len(records)

    async def exchanged(self) -> None:
        make_anew(self.bootstrap, self.topic)
        self._begin()
        await self.shown()


# --- consumers on them ---


class Witness(Applier):
    """Applies, and remembers what it was given; fails first with each of some errors."""

    def __init__(self, rig: Rig, *errors: Exception) -> None:
        super().__init__(rig.consumer, rig.writer, rig.models)
        self.errors = list(errors)
        self.asked = 0
        self.batches: list[Batch] = []

    def was_asked(self) -> bool:
        """Whether it was given anything at all."""
        return self.asked > 0

    async def apply_all(self, batches: Sequence[Batch]) -> list[Applied]:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        self.batches += batches
        return await super().apply_all(batches)


class Follower(NamedTuple):
    """A consumer at work on a log."""

    progress: Progress
    task: "asyncio.Task[None]"


async def until(done: Callable[[], bool], what: Callable[[], object]) -> None:
    """Wait until something is so; else fail with what is so instead."""
    give_up = time.monotonic() + PATIENCE_S
    while not await asyncio.to_thread(done):
        assert time.monotonic() < give_up, what()
        await asyncio.sleep(0.02)


@asynccontextmanager
async def following(
    ground: Ground, rig: Rig, applier: Applier | None = None
) -> AsyncIterator[Follower]:
    """Follow from here on; at the end it has stopped, soon after it was told to."""
    progress = Progress(rig.consumer.name)
    work = ground.log.follow(applier or rig.applier, [FEED], progress)
    task = asyncio.create_task(work)
    try:
        yield Follower(progress, task)
    finally:
        task.cancel()
        _, running = await asyncio.wait([task], timeout=PROMPT_S)
        assert not running, "it does not stop"


def cursors(ground: Ground, rig: Rig) -> dict[int, Cursor]:
    """How far the consumer is in each partition."""
    return {part: rig.applier.cursor(FEED, part) for part in range(ground.log.partitions(FEED))}


def behind(ground: Ground, rig: Rig) -> dict[int, tuple[int, int]]:
    """Partitions of which the log has more: where they end, and how far the consumer is."""
    ends, at = ground.log.ends(FEED), cursors(ground, rig)
    assert set(ends) == set(at)
    found = {part: (end, ground.log.reached(at[part])) for part, end in ends.items()}
    return {part: (end, reached) for part, (end, reached) in found.items() if reached != end}


async def caught_up(ground: Ground, rig: Rig, follower: Follower) -> None:
    """Wait until nothing is left, and the follower says so."""

    def done() -> bool:
        progress = follower.progress
        return (
            progress.state == "following"
            and progress.lag_seconds() == 0
            and not behind(ground, rig)
        )

    await until(done, lambda: (follower, behind(ground, rig)))
