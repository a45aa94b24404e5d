"""A scope's periods change while one is running, or it goes over into another scope: the pools of
that period end earlier, or later again where a change is replaced before it has begun. Pure.

Either takes effect on a day to come, so that nothing is booked yet in what a pool loses by it. A
pool that ends tells then what it owes, and is to be closed, whatever its scope goes over into.
Rules: sources.md 5.4, 5.6 (7).
"""

from collections.abc import Sequence
from datetime import date, timedelta

from contracts.coc import PoolOpened, ScopeTransferApproved
from contracts.coc_calendar import PeriodChanged, PoolShortened
from contracts.custody import PoolKey, Stage, Switched
from contracts.envelope import Recorded
from infra.decider import Command, Lookup, Reaction
from infra.policy import Policy
from services.coc_ledger.accounting.period import ONE_DAY, Course, period_of, switched_at
from services.coc_ledger.rows import PoolRow, ScopeRow

from .commands import ShortenPool
from .state import Pool

KEEPS_LAST_DAY = "transfer.keeps_last_day"
"""Whether what goes over into another scope serves through the day that it would have otherwise."""


def shortened(state: Pool, ends_on: date | None, policy: Policy) -> tuple[PoolShortened, ...]:
    """What is told of a pool whose period ends on a day by now; nothing where it is known, or the
    pool was never opened or is closed."""
    if state.key is None or state.ends_on is None or state.end is not None:
        return ()
    if ends_on is None or ends_on >= state.ends_on:
        return ()
    return _ends(state, ends_on, policy, None)


def moved(state: Pool, command: ShortenPool, policy: Policy) -> tuple[PoolShortened, ...]:
    """The same, or that a pool ends later again: the change that it ended with was replaced before
    it began, so that the pool is not over."""
    if state.key is None or state.ends_on is None or state.end is not None:
        return ()
    running = state.told is None and command.on <= state.ends_on
    earlier = command.ends_on < state.ends_on
    if earlier or (command.ends_on > state.ends_on and running):
        switched = command.switched if policy.flag(KEEPS_LAST_DAY) else None
        return _ends(state, command.ends_on, policy, switched)
    return ()


def _ends(
    state: Pool, ends_on: date, policy: Policy, switched: Switched | None
) -> tuple[PoolShortened, ...]:
    assert state.key is not None  # it was opened
    return (
        PoolShortened(
            pool=state.key,
            member_id=state.member_id,
            ends_on=ends_on,
            close_by=ends_on + timedelta(days=policy.integer("period.close_days")),
            policy_id=policy.policy_id,
            switched=switched,
        ),
    )


def shorten_pools(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """The open pools of a scope end where its calendar says, and on the last day before it goes
    over, also one that was being opened while that changed."""
    event, on = recorded.event, date.fromisoformat(recorded.envelope.recorded_at[:10])
    match event:
        case PeriodChanged() | ScopeTransferApproved():
            pools: Sequence[PoolRow] = rows("pools", {"scope_id": event.scope_id})
            return [
                command
                for row in pools
                if row.closed_on is None
                for command in _shorten(row, on, rows)
            ]
        case PoolOpened():
            row: PoolRow | None = rows("pools", event.pool.key)
            return _shorten(row, on, rows) if row is not None else ()
        case _:
            return ()


def _shorten(row: PoolRow, on: date, rows: Lookup) -> Sequence[ShortenPool]:
    scope: ScopeRow | None = rows("scopes", row.scope_id)
    if scope is None:
        return ()
    calendar = tuple(Course(date.fromisoformat(day), months) for day, months in scope.calendar)
    period = period_of(calendar, row.period)
    last, switched = period.ends_on if period is not None else row.ends_on, None
    if scope.ends_before is not None and row.period < scope.ends_before <= last:
        last, switched = scope.ends_before - ONE_DAY, switched_at(calendar, row.period)
    if last == row.ends_on:
        return ()
    pool = PoolKey(scope_id=row.scope_id, stage=Stage(row.stage), period=row.period)
    return [ShortenPool(on=on, pool=pool, member_id=row.member_id, ends_on=last, switched=switched)]


CALENDAR_REACTIONS: tuple[Reaction, ...] = (
    Reaction(
        "shorten_pools",
        shorten_pools,
        frozenset({PeriodChanged, PoolOpened, ScopeTransferApproved}),
    ),
)
