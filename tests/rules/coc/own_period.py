"""A scope's year as a book of our own keeps it: what was booked, and what that lets be claimed, by
section 5 of the sources alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

Key = tuple[str, int]
"""A scope, or an earlier stage of it (`C:alumina`), and the calendar year that is its period."""
INPUTS = ("document", "scrap", "mined", "earlier")
INFLOWS = (*INPUTS, "other")
OUTS = ("out", "on")
CLAIMS = ("claim", "on_as_coc")
"""What was shipped, or went `on` to the next stage: that is no lot that a document may claim."""


ByYear = Mapping[int, int]
NONE: ByYear = MappingProxyType({})


def plus(one: ByYear, other: ByYear, sign: int = 1) -> dict[int, int]:
    """The sum of both, or their difference."""
    years = {*one, *other}
    both = {year: one.get(year, 0) + sign * other.get(year, 0) for year in years}
    return {year: kg for year, kg in both.items() if kg}


def take(kgs: ByYear, wanted: int) -> dict[int, int]:
    """What is left once so much was taken, of the first year first."""
    left = {}
    for year in sorted(kgs):
        taken = min(kgs[year], max(0, wanted))
        wanted -= taken
        left[year] = kgs[year] - taken
    return {year: kg for year, kg in left.items() if kg}


class Line(NamedTuple):
    """What was booked on a day: metal that came in (`document`, `scrap`, `mined` and what an
    `earlier` stage made count, `other` does not), `out`, `lost`, `claim`; `on` to the next stage,
    `on_as_coc` of it."""

    day: date
    word: str
    kg: int
    name: str = ""


class Left(NamedTuple):
    """What a period leaves to the next (5.4). Balance and overdraft by the last year in which they
    serve, or are made good."""

    balance: ByYear = NONE
    owed: ByYear = NONE
    blocked: bool = False
    stock: int = 0


@dataclass
class Period:
    """A scope's year."""

    lines: list[Line] = field(default_factory=list)
    carried: ByYear = field(default_factory=dict)
    owed: ByYear = field(default_factory=dict)
    stops: frozenset[Key] = frozenset()
    """The closed periods that let nothing more be claimed until they are made good."""
    opening: int = 0
    case: bool = False
    ahead: Left = field(default_factory=Left)
    """What periods before it that are over and open would leave."""
    left: Left | None = None
    next: Key = ("", 0)

    def sums(self, day: date = date.max) -> dict[str, int]:
        """Kilograms by word, through a day."""
        found = dict.fromkeys((*INFLOWS, *OUTS, "lost", *CLAIMS), 0)
        for line in self.lines:
            found[line.word] += line.kg if line.day <= day else 0
        return found

    def stock(self) -> int:
        """What is there: what came less what went."""
        sums, outs = self.sums(), (*OUTS, "lost")
        return self.opening + sum(sums[one] for one in INFLOWS) - sum(sums[one] for one in outs)

    def earned(self, day: date = date.max) -> tuple[int, int]:
        """Input over Inflow of the output, rounded down, at most Input; and the overdraft (5.3,
        5.4): a fifth of the input in a declared case."""
        sums = self.sums(day)
        put, inflow, out = (sum(sums[one] for one in some) for some in (INPUTS, INFLOWS, OUTS))
        share = put * out // inflow if min(put, inflow, out) > 0 else 0
        return min(share, put), max(0, put) // 5 if self.case else 0

    def ahead_of_input(self, day: date = date.max) -> int:
        """What a new claim may be ahead of input: an overdraft is made up by the end of the next
        period, and new documents are blocked where it was not (5.4). So there is none in a period
        that an earlier one stops, also after what was late is made good in it."""
        return 0 if self.stopped() else self.earned(day)[1]

    def owes(self) -> int:
        """What is to be made good in it, by closed periods and by open ones that are over."""
        return sum(self.owed.values()) + sum(self.ahead.owed.values())

    def stopped(self) -> bool:
        """Whether nothing more is claimed until that is made good."""
        return bool(self.stops) or self.ahead.blocked

    def claimed(self, day: date = date.max) -> int:
        """By documents, and of what went on."""
        sums = self.sums(day)
        return sum(sums[one] for one in CLAIMS)

    def own(self, day: date = date.max) -> int:
        """The cover less what is claimed, without an overdraft."""
        there = sum(self.carried.values()) + self.earned(day)[0]
        return there - self.owes() - self.claimed(day)

    def days(self, day: date) -> list[date]:
        """A day, and every later one on which something was booked."""
        return sorted({day, *(line.day for line in self.lines if line.day > day)})

    def barred(self) -> bool:
        """Whether nothing is claimed at all until what stops claims is made good."""
        return self.stopped() and self.own() < 0

    def most(self, day: date) -> int:
        """The largest claim that a day lets make."""
        if self.barred():
            return 0
        return max(0, min(self.own(one) + self.ahead_of_input(one) for one in self.days(day)))

    def short(self, day: date) -> int:
        """What is claimed on a day and not covered."""
        return max(0, -(self.own(day) + self.ahead_of_input(day)))

    def lot(self) -> int:
        """What was shipped and is not claimed."""
        sums = self.sums()
        return sums["out"] - sums["claim"]

    def leaves(self, year: int, *, cut: bool, foreseen: bool = False) -> Left:
        """What this period leaves, by all that is booked in it; with what is foreseen, if asked.

        A balance serves in the year after the one that earned it, and an overdraft is made good by
        the end of the year after its own (5.4). A period that is cut since its scope goes over
        closes then, and its balances move (5.6, 7): its year is not over, so that nothing lapses
        by that and nothing is late. What serves for the shortest time is used first, and what was
        owed is made good first. Where something was late before, nothing more may be claimed until
        all is made good."""
        earned, over = self.earned()
        owed = plus(self.owed, self.ahead.owed) if foreseen else self.owed
        stopped = self.stopped() if foreseen else bool(self.stops)
        over_by_now = year - 1 if cut else year
        wanted = sum(owed.values()) + self.claimed()
        there = plus(self.carried, {year + 1: earned - min(wanted, 0)})
        short = wanted - sum(there.values())
        if short <= 0:
            rest = take(there, wanted)
            kept = {last: kg for last, kg in rest.items() if last > over_by_now}
            return Left(kept, {}, False, self.stock())
        debts = take(owed, sum(self.carried.values()) + earned)
        ahead = short - sum(debts.values())
        late = any(stopped or last <= over_by_now for last in debts)
        return Left({}, plus(debts, {year + 1: ahead}), late or ahead > over, self.stock())
