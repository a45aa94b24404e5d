"""Parts of what is carried that have a last day of their own. Pure.

A balance serves in the period after its own, and an overdraft is made good by the end of that. A
scope that goes over into another one changes neither day, though the pool that takes what it left
may end earlier or later: so what goes over keeps its last day through all periods of the successor,
and lapses, or is overdue, on the day after it. What has its last day first is used first, and made
good first. Rules: sources.md 5.4, 5.6 (7); decisions/0012.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from contracts.custody import Dated, Switched


class Until(NamedTuple):
    """So many kilograms through a day."""

    day: date
    kg: int


Parts = tuple[Until, ...]
ByDay = Mapping[date, int]
"""Kilograms by their last day; none is zero."""


class Ending(NamedTuple):
    """How a period ends: its last day, what lapsed on a day before that, and, where its scope goes
    over, through which days what it leaves would have served. `stopped`: something was not made
    good in time before it, so that all that is owed is due now."""

    last: date = date.max
    lapsed_kg: int = 0
    switched: Switched | None = None
    stopped: bool = False


NO_ENDING = Ending()


def parts(kgs: ByDay) -> Parts:
    """In the order of their days."""
    return tuple(Until(day, kgs[day]) for day in sorted(kgs))


def with_more(before: ByDay, more: Iterable[Dated], sign: int = 1) -> ByDay:
    """After more of some days, or less."""
    after = dict(before)
    for one in more:
        after[one.day] = after.get(one.day, 0) + sign * one.kg
    return {day: kg for day, kg in after.items() if kg}


def dated(kgs: ByDay) -> tuple[Dated, ...]:
    """As an event tells them."""
    return tuple(Dated(day=day, kg=kg) for day, kg in parts(kgs))


def total(some: Iterable[Until]) -> int:
    """The sum of some parts."""
    return sum(one.kg for one in some)


def split(plain: Until, some: Parts, last: date) -> tuple[int, Parts]:
    """What of a plain part and of those with a day of their own is done with by a day, in all; and
    those that go on behind it."""
    every = sorted(one for one in (plain, *some) if one.kg)
    return total(one for one in every if one.day <= last), tuple(
        one for one in every if one.day > last
    )


def without(some: Parts, kg: int) -> Parts:
    """What is left of some parts once so much of them was used, the first day first."""
    left = []
    for one in some:
        used = min(one.kg, max(0, kg))
        kg -= used
        if one.kg > used:
            left.append(one._replace(kg=one.kg - used))
    return tuple(left)


def by_day(some: Iterable[Until]) -> ByDay:
    """Parts of one day are one."""
    return with_more({}, (Dated(day=one.day, kg=one.kg) for one in some))
