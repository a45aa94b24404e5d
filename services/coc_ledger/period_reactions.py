"""What a period hands on to the next one, by itself: what it leaves at its close, what it owes
before that, what a correction changes, what came too late for it. Pure: an event in, commands out.
The names are state: command ids derive from them.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from contracts.coc import PoolClosed
from contracts.coc_corrections import PoolCorrected
from contracts.custody import PoolKey
from contracts.envelope import Recorded
from infra.decider import Command, Lookup, Reaction

from .accounting.period import ONE_DAY, Course, blocked, period_of
from .pools.commands import (
    ApplyChange,
    Carry,
    CarryChange,
    ClaimChange,
    DeliveryChange,
    Foreseen,
)
from .pools.deferred import ChangeDeferred
from .pools.owing import PeriodOver
from .rows import ScopeRow

YEAR = timedelta(days=365)


def carry_balances(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """What a closed period leaves goes into the next one, perhaps of another scope."""
    event = recorded.event
    if not isinstance(event, PoolClosed):
        return ()
    pool = PoolKey(scope_id=event.to_scope_id, stage=event.pool.stage, period=event.next_period)
    carry = Carry(
        from_pool=event.pool,
        balance_kg=event.balance_kg,
        owed_kg=event.owed_kg,
        blocked=blocked(event.remarks),
        stock=event.stock,
        stepped_kg=event.stepped_kg,
        lasting=event.lasting,
        due=event.due,
    )
    return [_into(_day(recorded), pool, event.member_id, rows, carry=carry)]


def carry_corrections(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """What a corrected period leaves more, or less, goes into the next one."""
    event = recorded.event
    if not isinstance(event, PoolCorrected):
        return ()
    pool = PoolKey(scope_id=event.to_scope_id, stage=event.pool.stage, period=event.next_period)
    command = _into(_day(recorded), pool, event.member_id, rows)
    change = CarryChange(
        pool=command.pool,
        from_pool=event.pool,
        correction_id=event.correction_id,
        reason=event.reason,
        balance_kg=event.balance_change_kg,
        owed_kg=event.owed_change_kg,
        blocked=blocked(event.remarks),
        stock=event.stock_change,
        stepped_kg=event.stepped_change_kg,
        passed=event.passed,
        lasting=event.lasting_change,
        due=event.due_change,
    )
    return [command.model_copy(update={"carry_change": change})]


def foresee_overdrafts(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """What a period that is over and open would owe counts in the next one, of the scope or of the
    one that it went over into, if that stays."""
    event = recorded.event
    if not isinstance(event, PeriodOver) or not (event.owed_kg or event.again):
        return ()
    scope: ScopeRow | None = rows("scopes", event.pool.scope_id)
    if scope is None:
        return ()
    to, day = event.pool.scope_id, event.ends_on + ONE_DAY
    if scope.ends_before is not None and scope.ends_before <= day:
        to, day = scope.to_scope_id or to, scope.ends_before
        after: ScopeRow | None = rows("scopes", to)
        if after is None or after.ends_before is not None:
            return ()
    pool = PoolKey(scope_id=to, stage=event.pool.stage, period=day)
    command = _into(_day(recorded), pool, event.member_id, rows)
    owing = {"owed_kg": event.owed_kg, "blocked": event.blocked, "due": event.due}
    told = Foreseen.model_validate({"from_pool": event.pool, **owing})
    return [command.model_copy(update={"foreseen": told})]


def pass_on(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """What came for a closed period is booked in the next one."""
    event = recorded.event
    if not isinstance(event, ChangeDeferred):
        return ()
    return [
        _into(
            _day(recorded),
            event.to,
            event.member_id,
            rows,
            late_for=event.late_for,
            delivery=event.delivery,
            claim=event.claim,
            carry=event.carry,
            passed=event.passed,
        )
    ]


def _into(
    on: date,
    pool: PoolKey,
    member_id: str,
    rows: Lookup,
    *,
    late_for: date | None = None,
    delivery: DeliveryChange | None = None,
    claim: ClaimChange | None = None,
    carry: Carry | None = None,
    passed: tuple[PoolKey, ...] = (),
) -> ApplyChange:
    """A change to the pool of the period in which that pool's first day lies: the scope that gets
    it may have other periods."""
    scope: ScopeRow | None = rows("scopes", pool.scope_id)
    ends_on = pool.period + YEAR
    if scope is not None:
        calendar = tuple(Course(date.fromisoformat(day), months) for day, months in scope.calendar)
        period = period_of(calendar, pool.period)
        if period is not None:
            pool = pool.model_copy(update={"period": period.starts_on})
            ends_on = period.ends_on
        member_id = scope.member_id
    return ApplyChange(
        on=on,
        pool=pool,
        member_id=member_id,
        ends_on=ends_on,
        late_for=late_for,
        delivery=delivery,
        claim=claim,
        carry=carry,
        passed=passed,
    )


def _day(recorded: Recorded) -> date:
    """The day on which it was recorded: a reaction has no other clock."""
    return date.fromisoformat(recorded.envelope.recorded_at[:10])


PERIOD_REACTIONS: tuple[Reaction, ...] = (
    Reaction("carry_balances", carry_balances, frozenset({PoolClosed})),
    Reaction("carry_corrections", carry_corrections, frozenset({PoolCorrected})),
    Reaction("foresee_overdrafts", foresee_overdrafts, frozenset({PeriodOver})),
    Reaction("pass_on", pass_on, frozenset({ChangeDeferred})),
)
