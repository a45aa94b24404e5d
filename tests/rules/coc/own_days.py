"""A period into which balances and overdrafts came that have last days of their own, some within
it, as a book of our own keeps it: by sections 5.3 to 5.6 of the sources and decision 0012 alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

ByDay = Mapping[date, int]
ONE_DAY = timedelta(days=1)


class Line(NamedTuple):
    """What was booked on a day: `scrap` that counts, `other` metal, `out`, `lost`, `claim`."""

    day: date
    word: str
    kg: int
    name: str


class Leaves(NamedTuple):
    """What a period leaves, and what the rules find of it."""

    balance: int
    expired: int
    owed: int
    unmet: int
    late: int
    blocked: bool
    lasting: dict[date, int]
    due: dict[date, int]


@dataclass
class Days:
    """The period: what came into it, by last day, and what was booked in it."""

    ends_on: date
    lines: list[Line] = field(default_factory=list)
    carried: ByDay = field(default_factory=dict)
    owed: ByDay = field(default_factory=dict)
    case: bool = False

    def sums(self, day: date) -> dict[str, int]:
        found = dict.fromkeys(("scrap", "other", "out", "lost", "claim"), 0)
        for line in self.lines:
            found[line.word] += line.kg if line.day <= day else 0
        return found

    def earned(self, day: date) -> int:
        """Input over Inflow of the output, rounded down, at most Input (5.3)."""
        sums = self.sums(day)
        inflow = sums["scrap"] + sums["other"]
        return min(sums["scrap"], sums["scrap"] * sums["out"] // inflow) if inflow else 0

    def fifth(self, day: date) -> int:
        """What may be claimed ahead of the input in a declared case (5.4)."""
        return self.sums(day)["scrap"] // 5 if self.case else 0

    def taken(self, day: date) -> int:
        """What takes of the cover: what is to be made good, and what is claimed."""
        return sum(self.owed.values()) + self.sums(day)["claim"]

    def rest(self, day: date) -> tuple[dict[date, int], int]:
        """What is left at a day's begin of each part that was carried, and what of all lapsed
        before: on the day after its last as much of a part as nobody had used by then. The first
        to lapse is used first, and what had lapsed is used by nobody."""
        usable, gone = dict(self.carried), 0
        for last in sorted(one for one in self.carried if one < day):
            used = self._used(usable, self.taken(last))[last]
            gone, usable[last] = gone + usable[last] - used, used
        used_by_now = self._used(usable, self.taken(day))
        return {one: kg - used_by_now[one] for one, kg in usable.items()}, gone

    def _used(self, usable: ByDay, wanted: int) -> dict[date, int]:
        used = {}
        for last in sorted(usable):
            used[last] = min(usable[last], wanted)
            wanted -= used[last]
        return used

    def cover(self, day: date, of: date) -> int:
        """What there is on a day for a claim `of` one, with what is claimed and owed."""
        return sum(self.carried.values()) - self.rest(of)[1] + self.earned(day)

    def late(self, day: date) -> int:
        """What was to be made good by a day before, and was not on it; what is due first was made
        good first."""
        found = so_far = 0
        for last in sorted(one for one in self.owed if one < day):
            so_far += self.owed[last]
            found += max(0, min(self.owed[last], so_far - self.cover(last, last)))
        return found

    def own(self, day: date, of: date) -> int:
        return self.cover(day, of) - self.taken(day)

    def barred(self, of: date) -> bool:
        """Whether a claim of a day is stopped by what was not made good."""
        return self.late(of) > 0 and self.own(self.ends_on, of) < 0

    def most(self, of: date) -> int:
        """The largest claim of a day: it and every later one have to cover it."""
        if self.barred(of):
            return 0
        days = {of, *(line.day for line in self.lines if line.day > of)}
        ahead = 0 if self.late(of) else 1
        return max(0, min(self.own(day, of) + ahead * self.fifth(day) for day in days))

    def lot(self) -> int:
        """What was shipped and is not claimed."""
        sums = self.sums(self.ends_on)
        return sums["out"] - sums["claim"]

    def leaves(self) -> Leaves:
        """What serves through a later day goes on, and what the period itself earned; what is due
        on a later one is owed on, and what was claimed ahead of it."""
        last = self.ends_on
        rest, gone = self.rest(last)
        late, left = self.late(last), self.own(last, last)
        if left >= 0:
            ended = sum(kg for day, kg in rest.items() if day == last)
            lasting = {day: kg for day, kg in rest.items() if day > last and kg}
            balance = left - ended
            return Leaves(balance, gone + ended, 0, 0, late, False, lasting, {})
        paid, debts = self.cover(last, last), {}
        for day in sorted(self.owed):
            debts[day] = self.owed[day] - min(self.owed[day], paid)
            paid -= min(self.owed[day], paid)
        unmet = sum(kg for day, kg in debts.items() if day <= last)
        due = {day: kg for day, kg in debts.items() if day > last and kg}
        beyond = -left - unmet - sum(due.values()) > self.fifth(last)
        return Leaves(0, gone, -left, unmet, late, unmet > 0 or beyond, {}, due)
