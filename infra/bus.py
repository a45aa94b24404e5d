"""The log between services: one small protocol, two implementations (`embedded`, `kafka`).

A log delivers batches of consecutive records per source and partition, from the database's own
cursor, at least once and in order; `consumer.Applier` makes that once only.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .consumer import Applier, Batch, Cursor
from .lately import LARGE

OWN = 0.25  # seconds between looks when nobody wakes us (another process may have written)

REST_S = 0.05
REST = 4


async def rest(began: float) -> None:
    """Before the next batch, where the last one, begun at `began` (monotonic), was not full: four
    times as long as that took, and 50 ms at the most. What each batch costs is much more than what
    an event costs; so those that follow while many commands come in leave time for the commands.
    """
    await asyncio.sleep(min(REST_S, REST * (time.monotonic() - began)))


def in_bulk(batch: Batch) -> bool:
    """Whether events came that hold many things each, as those of files do."""
    return any(len(received.record.data) >= LARGE for received in batch.received)


ALL = -1
"""Every partition of a source: what is away concerns them together."""


@dataclass
class Progress:
    """What a follower is doing, for readiness and for the watchdog. One per consumer, whatever
    number of logs it follows: each partition of each source goes on or waits by itself."""

    consumer: str
    places: dict[tuple[str, int], str] = field(default_factory=dict)  # why it waits; "": it follows
    stop: str = ""
    behind_since: dict[tuple[str, int], float] = field(default_factory=dict)
    applied: int = 0
    repeats: int = 0
    holes: int = 0
    foreign: int = 0  # records on our topics that none of our services wrote; passed over

    @property
    def state(self) -> str:
        """`stopped`, `waiting` (some partition does), `following` or `starting`, in one word."""
        if self.stop:
            return "stopped"
        if any(tuple(self.places.values())):  # another thread may look
            return "waiting"
        return "following" if self.places else "starting"

    @property
    def reason(self) -> str:
        """Why it stopped, or why the first of those that wait does."""
        waits = (reason for _, reason in sorted(self.places.items()) if reason)
        return self.stop or next(waits, "")

    def counts(self) -> dict[str, int]:
        """How many partitions follow, wait, or have stopped; 0 of a kind is told too."""
        waits = [bool(reason) for reason in tuple(self.places.values())]
        if self.stop:
            return {"following": 0, "waiting": 0, "stopped": len(waits)}
        return {"following": waits.count(False), "waiting": waits.count(True), "stopped": 0}

    def follows(self, source: str, partition: int) -> None:
        """Nothing is in the way of a partition."""
        self.places.pop((source, ALL), None)
        self.places[source, partition] = ""

    def at_head(self, source: str, partition: int) -> None:
        """All that the source had was applied."""
        self.follows(source, partition)
        self.behind_since.pop((source, partition), None)

    def behind(self, source: str, partition: int) -> None:
        """The source has more than we applied."""
        self.behind_since.setdefault((source, partition), time.monotonic())

    def lag_seconds(self) -> float:
        """For how long this consumer has been behind in any partition; 0 when it is not."""
        since = min(self.behind_since.values(), default=None)
        return 0.0 if since is None else time.monotonic() - since

    def waiting(self, reason: str, source: str, partition: int = ALL) -> None:
        """Something is away or missing; we try again."""
        if partition == ALL:
            for place in [place for place in self.places if place[0] == source]:
                del self.places[place]
        self.places[source, partition] = reason

    def left(self, source: str, partition: int) -> None:
        """Another process follows that partition now."""
        self.places.pop((source, partition), None)
        self.behind_since.pop((source, partition), None)

    def stopped(self, reason: str) -> None:
        """A person must look: we do not go on by ourselves, whatever other logs bring."""
        self.stop = reason


class Log(Protocol):
    """Where published events come from."""

    def partitions(self, source: str) -> int:
        """Number of partitions of a source's topic."""
        ...

    async def follow(self, applier: Applier, sources: Sequence[str], progress: Progress) -> None:
        """Deliver to one consumer until cancelled. Waits for what is away; returns only when the
        consumer must stop (its progress says why)."""
        ...

    def replay(self, source: str, partition: int, after: Cursor, limit: int) -> Iterator[Batch]:
        """All records of a partition behind a cursor, each once and in the order of their chain, up
        to the end as it was when asked; in batches of at most `limit`. Raises HistoryChanged when
        the cursor has read another store."""
        ...

    def ends(self, source: str) -> Mapping[int, int]:
        """Per partition a number that grows with it (last position, or end offset), comparable
        with `reached` of a cursor: what the watchdog measures lag against."""
        ...

    def reached(self, cursor: Cursor) -> int:
        """The same number for a cursor."""
        ...
