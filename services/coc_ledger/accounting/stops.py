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
from services.coc_ledger.pools.earlier import LeftBefore
from services.coc_ledger.rows import PoolRow

from .balance import Terms, closing, figures, rule_of
from .period import close_remarks

UNTOLD = "an earlier period claimed more than the rules allow"
"""Where the periods before say nothing of it (events of older builds)."""


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


def stops(pool: PoolRow, rows: Mapping[str, PoolRow], policies: Policies) -> Sequence[Stop]:
    """Why claims of a pool are stopped; nothing where they are not. `rows` are those of the pools
    `before`."""
    if not pool.blocked:
        return []
    left = (rows[key] for key in before(pool) if key in rows)
    return [one for row in sorted(left, key=lambda row: row.ends_on) for one in _of(row, policies)]


def in_words(found: Iterable[Stop]) -> str:
    """All reasons in one line."""
    return "; ".join(one.reason for one in found) or UNTOLD


def _of(row: PoolRow, policies: Policies) -> list[Stop]:
    here = f"in the period {row.period} to {row.ends_on}"
    if row.closed_on is None:
        here += ", which is over and not closed"
    return [
        Stop(row.pool, row.period, row.ends_on, row.closed_on, f"{one.sentence[:-1]} {here}")
        for one in _remarks(row, policies)
        if one.severity is Severity.BLOCK
    ]


def _remarks(row: PoolRow, policies: Policies) -> Sequence[Remark]:
    if row.closing is not None:
        return [Remark.model_validate(one) for one in row.closing["remarks"]]
    terms = Terms(row.carried_kg, row.owed_kg, row.case_declared)
    return close_remarks(closing(figures(row.kgs), terms, rule_of(policies.on(row.period))))
