"""The days on which something in a scope lacked the Performance Standard, and the times without
claims that were told of them. Pure. Rules: sources.md 5.6 (1, 2), 8 (R-29).

A lack begins when a last day has gone by and ends with the earliest of what covers it, or with the
day on which the facility leaves: so it is the same in whatever order these are heard of.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

ONE_DAY = timedelta(days=1)
NOT_YET = date.max
Spells = tuple[tuple[date, date], ...]
"""Times from a first day on, each to the day with which it ended."""


class Lack(NamedTuple):
    """A facility, or the whole, that the Performance Standard did not cover from a day on, until
    another one (None: it still does not)."""

    key: str
    since: date
    until: date | None = None

    @property
    def end(self) -> date:
        return NOT_YET if self.until is None else self.until

    def meets(self, since: date, until: date) -> bool:
        """Whether some day of a time is one of its own."""
        return max(self.since, since) < min(self.end, until)


Lacks = tuple[Lack, ...]


def lacked(before: Lacks, key: str, since: date) -> Lacks:
    """With one that lacks it from a day on; one that is known is not another one."""
    for one in before:
        if one.key == key and (one.since == since or one.since <= since < one.end):
            return before
    return (*before, Lack(key, since))


def covered(before: Lacks, key: str, last: date | None, day: date) -> Lacks:
    """With one that lacks nothing from a day on, at the latest; `last` is the last day by which it
    was due, where the clock has not told of that."""
    if last is not None and day > last + ONE_DAY:
        before = lacked(before, key, last + ONE_DAY)
    return tuple(one._replace(until=min(one.end, day)) if one.key == key else one for one in before)


def over(before: Lacks, day: date) -> Lacks:
    """What is known when claims are free again from a day on: nothing lacks it still that did."""
    return tuple(one for one in before if one.until is not None or one.since > day)


def lacking_on_days(known: Iterable[Lack]) -> list[tuple[date, date]]:
    """The times in which anything lacked the standard, in order, none beside another."""
    found: list[tuple[date, date]] = []
    for one in sorted(known, key=lambda one: one.since):
        if one.end <= one.since:
            continue
        if found and one.since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], one.end)
        else:
            found.append((one.since, one.end))
    return found


def kept(told: tuple[date, date], true: Iterable[tuple[date, date]]) -> tuple[date, date]:
    """What is so of a time that was told, from its first day on; none where it ends with that."""
    since, until = told
    ends = [end for first, end in true if first <= since < end]
    return since, min(until, *ends) if ends else since


def without(
    times: Iterable[tuple[date, date]], told: Iterable[tuple[date, date]]
) -> list[tuple[date, date]]:
    """Times without the days of those that are told."""
    left = list(times)
    for since, until in told:
        cut = [
            part
            for first, end in left
            for part in ((first, min(end, since)), (max(first, until), end))
            if since < until
        ]
        left = [one for one in cut if one[0] < one[1]] if since < until else left
    return sorted(left)


def spells(since: date | None, until: date | None, before: Spells) -> Spells:
    """Earlier times without claims, with the last of them, which is over."""
    return (*before, (since, until)) if since and until and since < until else before


def shortened(before: Spells, since: date, until: date) -> Spells:
    """Earlier times without claims, of which the one that began on a day ended on another one."""
    ends = ((first, min(until, end) if first == since else end) for first, end in before)
    return tuple((first, end) for first, end in ends if first < end)
