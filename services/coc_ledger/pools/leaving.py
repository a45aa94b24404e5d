"""Which pools leave something to a pool at their close. Pure.

What they leave is carried by a reaction, some milliseconds after the close or its correction was
answered: who asks about the pool meanwhile waits for it (`own_writes_api`). Rules: sources.md 5.4,
5.6 (7).
"""

from collections.abc import Iterable
from datetime import date

from contracts.custody import PoolKey, Stage
from services.coc_ledger.accounting.period import ONE_DAY, Course, period_of
from services.coc_ledger.rows import ScopeRow


def key_of(pool: str) -> PoolKey:
    """A pool by its key. Raises ValueError where that is none."""
    scope_id, stage, period = pool.rsplit(":", 2)
    return PoolKey(scope_id=scope_id, stage=Stage(stage), period=date.fromisoformat(period))


def left_by(pool: PoolKey, scope: ScopeRow, over: Iterable[ScopeRow]) -> list[PoolKey]:
    """The pool of the scope's period before, and those of the last periods of scopes that went
    `over` into it by then."""
    lasts = [(scope, pool.period - ONE_DAY)]
    period = period_of(_calendar(scope), pool.period)
    for other in over:
        if other.ends_before is not None and period is not None:
            if pool.period <= other.ends_before <= period.ends_on:
                lasts.append((other, other.ends_before - ONE_DAY))
    found = ((row, period_of(_calendar(row), last)) for row, last in lasts)
    return [
        PoolKey(scope_id=row.scope_id, stage=pool.stage, period=before.starts_on)
        for row, before in found
        if before is not None
    ]


def _calendar(row: ScopeRow) -> tuple[Course, ...]:
    return tuple(Course(date.fromisoformat(day), months) for day, months in row.calendar)
