"""What a follower remembers of one partition that is its own. No I/O."""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from contracts.catalog import Topic
from contracts.cloudevents import Received

from .consumer import Cursor


@dataclass
class Place:
    """How far a partition was read since it was settled on its cursor: which records connect."""

    cursor: Cursor
    expected: int  # offset of the next record
    whole: bool  # read from the partition's first record
    own: int = 0  # the cursor's position when settled: its record should be seen again
    at: int = 0  # position up to which the chain is unbroken
    beyond: int = 0  # highest position that does not connect
    last: int = 0  # highest position that does
    known: bool = False  # its own record, or one that connects to it, was seen
    moved: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.own = self.at = self.cursor.position

    @property
    def broken(self) -> bool:
        """There is a hole before something that we have seen."""
        return self.beyond > self.at

    @property
    def elsewhere(self) -> bool:
        """What was applied before is not where its cursor says."""
        return not self.known and not self.whole

    @property
    def cut(self) -> bool:
        """Nothing of what was applied last is in what was read, from the first record on."""
        return bool(self.own) and self.whole and not self.known

    @property
    def sound(self) -> bool:
        """A restart may read on behind the last record: nothing was passed over because of a
        hole, and what was applied before is in this topic."""
        return not self.broken and not self.cut

    def take(self, received: Iterable[Received]) -> list[Received]:
        """What was applied before and what connects to it; the rest is remembered as `beyond`."""
        taken: list[Received] = []
        for one in received:
            position = one.record.envelope.position
            if position > self.at:
                if one.previous > self.at:
                    self.beyond = max(self.beyond, position)
                    continue
                self.at, self.known = position, True
            elif position == self.own:
                self.known = True
            self.last = max(self.last, position)
            taken.append(one)
        return taken


@dataclass
class Owned:
    """A partition from its assignment until it is revoked. It has no place until it is settled:
    nothing is taken from it meanwhile."""

    source: str
    topic: Topic
    partition: int
    place: Place | None = None
    due: float = 0.0  # when to settle it
    tries: int = 0  # failures since something was applied
    waits: str = ""  # why it waits
    reread: tuple[int, bool] | None = None  # the hole that was looked at again, and if from the top
    hole: bool = False  # it has been counted
    cut: bool = False  # it has been seen once
    shown: int = -1  # offset to show to dashboards

    def settled(self, place: Place) -> None:
        """Records may come."""
        self.place, self.due = place, math.inf

    def unsettled(self, due: float) -> None:
        """No records until it is settled again."""
        self.place, self.due = None, due

    def at_end(self) -> None:
        """All it has was seen, and nothing is missing."""
        self.waits, self.reread, self.hole, self.cut = "", None, False, False

    def __str__(self) -> str:
        return f"{self.topic.name}/{self.partition}"
