"""A pool day by day: what moved on each day, and the balance as of it. Pure.

A line follows from the one before and its own masses: stock is what it was, with what was taken
over and came in, without what left, was lost and could not be explained. What covers claims changes
on days on which nothing moves as well (a balance counts from the close on that left it, a case from
its declaration, and a part of what is carried lapses): those days have a line too, so that the last
line is the balance. Rules: sources.md 5.3, 5.4.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from contracts.custody import Account
from services.coc_ledger.pools.earlier import LeftBefore
from services.coc_ledger.rows import DayRow, PoolRow

from .accounts import NO_KGS, PLACE, Kgs, added
from .balance import Cover, Rule, cover, figures
from .balance_on import stood_on
from .period import ONE_DAY

NOTHING_COVERED = Cover(0, 0, 0, 0, 0, 0, 0, 0)


class DayLine(NamedTuple):
    """A day of a pool in kilograms. What it moved: `inflow_kg` (of it `input_kg` CoC), `output_kg`,
    `designated_kg` of that (claimed; below zero where more was given back), `opening_kg` of stock
    that the period before left, `losses_kg`, and `unexplained_kg` that a count did not find (below
    zero: found). What stood at its end: all others."""

    day: str
    inflow_kg: int
    input_kg: int
    output_kg: int
    designated_kg: int
    stock_kg: int
    max_output_kg: int
    available_kg: int
    overdraft_used_kg: int
    opening_kg: int
    losses_kg: int
    unexplained_kg: int
    carried_kg: int
    owed_kg: int
    overdraft_kg: int


def day_lines(
    pool: PoolRow, days: Iterable[DayRow], rule: Rule, through: date = date.max
) -> list[DayLine]:
    """The lines of a pool through a day, in their order; `days` are all on which anything was
    booked. A day on which nothing was booked has one where the cover is another one than before."""
    booked = {row.day: row.kgs for row in days}
    turns = {day for day in _turns(pool) if pool.period <= day <= pool.ends_on}
    kgs, before, lines = NO_KGS, NOTHING_COVERED, list[DayLine]()
    for day in sorted(one for one in {*booked, *turns} if one <= through):
        of_day = booked.get(day, NO_KGS)
        kgs = added(kgs, of_day)
        made = cover(figures(kgs), stood_on(pool, day, booked, rule).terms, rule)
        if day in booked or made != before:
            lines.append(_line(day, of_day, kgs[PLACE[Account.STOCK]], made))
        before = made
    return lines


def _line(day: date, of_day: Kgs, stock_kg: int, made: Cover) -> DayLine:
    moved = figures(of_day)
    return DayLine(
        day.isoformat(),
        moved.inflow_kg,
        moved.input_kg,
        moved.output_kg,
        moved.designated_kg,
        stock_kg,
        made.max_output_kg,
        made.available_kg,
        made.overdraft_used_kg,
        -of_day[PLACE[Account.OPENING]],
        of_day[PLACE[Account.LOSSES]],
        of_day[PLACE[Account.UNEXPLAINED]],
        made.carried_kg,
        made.owed_kg,
        made.overdraft_kg,
    )


def _turns(pool: PoolRow) -> Iterator[date]:
    """Days on which what bears on the cover may change, though nothing is booked on them."""
    yield pool.ends_on
    if pool.case_on is not None:
        yield pool.case_on
    for one in (LeftBefore(*kept) for kept in pool.left_before):
        yield date.fromisoformat(one.owed_from)
        if one.carried_from is not None:
            yield date.fromisoformat(one.carried_from)
        for last, _ in (*one.lasting, *one.due):
            yield date.fromisoformat(last) + ONE_DAY
