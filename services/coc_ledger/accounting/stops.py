"""Why claims of a pool are stopped: what the rules found of the periods before it. Pure.

A period stops claims in the next one where more was claimed in it than the overdraft allowed, or an
overdraft of the period before it was not made good in it, or both. What a close found is in its
remarks, as they were told then; of a period that is over and open it is what its books say by now.
Rules: sources.md 5.4, 8 (R-27).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts.custody import Remark
from contracts.inventory import Severity
from infra.policy import Policies
from services.coc_ledger.pools.earlier import LeftBefore, parts_kept
from services.coc_ledger.rows import PoolRow

from .balance import Closing, Terms, closing, figures, rule_of
from .lasting import Parts, Until
from .period import UNTOLD as UNTOLD
from .period import close_remarks, not_in_time


class Stop(NamedTuple):
    """One reason: the pool of an earlier period, its first and last day, when it was closed (None:
    it is over and open), and what the rules found of it, with the days, without a full stop."""

    pool: str
    starts_on: date
    ends_on: date
    closed_on: date | None
    reason: str


def before(pool: PoolRow) -> list[str]:
    """The pools that left something to one, by key."""
    return [LeftBefore(*one).pool for one in pool.left_before]


def may_stop(pool: PoolRow) -> bool:
    """Whether something of before stops claims of a pool, or may on a day within its period."""
    return pool.blocked or any(LeftBefore(*one).due for one in pool.left_before)


def stops(pool: PoolRow, rows: Mapping[str, PoolRow], policies: Policies) -> Sequence[Stop]:
    """Why claims of a pool are stopped; nothing where they are not. `rows` are those of the pools
    `before`."""
    if not pool.blocked:
        return []
    left = [LeftBefore(*one) for one in pool.left_before]
    found = [(rows[one.pool], one) for one in left if one.pool in rows]
    found.sort(key=lambda one: one[0].ends_on)
    return [one for row, told in found for one in _of(row, told, policies)]


def late_stops(pool: PoolRow, rows: Mapping[str, PoolRow], late: Parts) -> Sequence[Stop]:
    """The same of what was `late` within the pool's own period, by the last day that it has of its
    own: each with the pool that left it."""
    missing, found = dict(late), list[Stop]()
    left = [LeftBefore(*one) for one in pool.left_before]
    for last, kg, row in _due(left, rows):
        here = min(kg, missing.get(last, 0))
        missing[last] = missing.get(last, 0) - here
        if here:
            [reason] = not_in_time([Until(last, here)])
            found.append(Stop(row.pool, row.period, row.ends_on, row.closed_on, reason))
    return found


def _due(
    left: Iterable[LeftBefore], rows: Mapping[str, PoolRow]
) -> Iterable[tuple[date, int, PoolRow]]:
    """What has a last day of its own, each part with the pool that left it, in their order."""
    some = ((last, kg, one) for one in left for last, kg in parts_kept(one.due))
    ordered = sorted(some, key=lambda each: (each[0], each[2].pool))
    return [(last, kg, rows[one.pool]) for last, kg, one in ordered if one.pool in rows]


def in_words(found: Iterable[Stop]) -> str:
    """All reasons in one line."""
    return "; ".join(one.reason for one in found) or UNTOLD


def _of(row: PoolRow, told: LeftBefore, policies: Policies) -> list[Stop]:
    here = f"in the period {row.period} to {row.ends_on}"
    if row.closed_on is None:
        here += ", which is over and not closed"
    return [
        Stop(row.pool, row.period, row.ends_on, row.closed_on, f"{one.sentence[:-1]} {here}")
        for one in _remarks(row, told, policies)
        if one.severity is Severity.BLOCK
    ]


def _remarks(row: PoolRow, told: LeftBefore, policies: Policies) -> Sequence[Remark]:
    """Of a period that is open and was cut, since its scope went over, by what it `told`: what is
    still to be made good is not late."""
    if row.closing is not None:
        return [Remark.model_validate(one) for one in row.closing["remarks"]]
    return close_remarks(_ended(row, told, policies))


def unmet_of(row: PoolRow, told: LeftBefore, policies: Policies) -> int:
    """What of the overdraft that a period `told` was to be made good in it."""
    if row.closing is not None:
        unmet: int = row.closing["unmet_kg"]
        return unmet
    return _ended(row, told, policies).unmet_kg


def _ended(row: PoolRow, told: LeftBefore, policies: Policies) -> Closing:
    """What an open period would leave."""
    terms = Terms(row.carried_kg, row.owed_kg, row.case_declared)
    ended = closing(figures(row.kgs), terms, rule_of(policies.on(row.period)))
    if told.due:
        in_time = sum(one.kg for one in parts_kept(told.due))
        ended = ended._replace(unmet_kg=max(0, told.owed_kg - in_time))
    return ended
