"""The log between services: one small protocol, two implementations (`embedded`, `kafka`).

A log delivers batches of consecutive records per source and partition, from the database's own
cursor, at least once and in order; `consumer.Applier` makes that once only.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .consumer import Applier, Batch, Cursor

OWN = 0.25  # seconds between looks when nobody wakes us (another process may have written)


@dataclass
class Progress:
    """What a follower is doing, for readiness and for the watchdog. One per consumer."""

    consumer: str
    state: str = "starting"  # starting | following | waiting | stopped
    reason: str = ""
    behind_since: dict[tuple[str, int], float] = field(default_factory=dict)
    applied: int = 0
    repeats: int = 0
    holes: int = 0
    foreign: int = 0  # records on our topics that none of our services wrote; passed over

    def following(self) -> None:
        """Nothing is in the way."""
        self.state, self.reason = "following", ""

    def at_head(self, source: str, partition: int) -> None:
        """All that the source had was applied."""
        self.following()
        self.behind_since.pop((source, partition), None)

    def behind(self, source: str, partition: int) -> None:
        """The source has more than we applied."""
        self.behind_since.setdefault((source, partition), time.monotonic())

    def lag_seconds(self) -> float:
        """For how long this consumer has been behind in any partition; 0 when it is not."""
        since = min(self.behind_since.values(), default=None)
        return 0.0 if since is None else time.monotonic() - since

    def waiting(self, reason: str) -> None:
        """Something is away; we try again."""
        self.state, self.reason = "waiting", reason

    def stopped(self, reason: str) -> None:
        """A person must look: we do not go on by ourselves."""
        self.state, self.reason = "stopped", reason


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
        """All records of a partition behind a cursor, up to the end as it was when asked."""
        ...

    def ends(self, source: str) -> Mapping[int, int]:
        """Per partition a number that grows with it (last position, or end offset), comparable
        with `reached` of a cursor: what the watchdog measures lag against."""
        ...

    def reached(self, cursor: Cursor) -> int:
        """The same number for a cursor."""
        ...
