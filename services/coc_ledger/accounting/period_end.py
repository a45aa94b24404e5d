"""What a pool leaves at the end of its period, and what a correction of a closed one changes. Pure.

Rules: sources.md 5.4, 5.7. A correction is worked out in the period of the error: its close anew,
with the policy by which it was closed. What it leaves more, or less, goes on into the next period;
where that is closed as well, it is corrected in turn.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce
from typing import NamedTuple, TypedDict

from contracts.coc import PoolOpened
from contracts.coc_corrections import BalanceCorrected, PoolCorrected
from contracts.coc_late import LateShared
from contracts.custody import Account, Dated, Entry, MadeGood, PoolKey, Remark, Switched
from contracts.values import MemberId
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.coc_ledger.pools.commands import CarryChange
from services.coc_ledger.pools.end import End
from services.coc_ledger.pools.late import share
from services.coc_ledger.pools.state import Pool, evolve

from .accounts import Amount, entry, held, minus, plus
from .balance import Closing, Figures, closing, figures, late_before, rule_of
from .lasting import ByDay, Ending, by_day, dated, total, with_more
from .made_good import covered
from .period import close_remarks, late_remarks, mass_remarks


class Left(NamedTuple):
    """The figures of a period, what it leaves, and what the rules found."""

    found: Figures
    closing: Closing
    stock: Amount
    remarks: tuple[Remark, ...]
    stepped_kg: int
    made_good: MadeGood | None = None


def left_by(
    state: Pool, policy: Policy, switched: Switched | None, unlooked: tuple[Remark, ...]
) -> Left:
    """What a pool leaves, by all that is booked in it. A stock below zero goes on as it is, with
    its remark: what came in is what went out, was lost and is left, over all periods. `unlooked`
    is what was remarked of suppliers when it was closed."""
    found, last = figures(state.kgs), state.ends_on or date.max
    terms = state.told_terms
    ending = Ending(last, state.lapsed(terms, last), switched, bool(state.stopped_by))
    rule = rule_of(policy)
    late_kg = total(late_before(terms, state.through, last, rule))
    ended = closing(found, terms, rule, ending)._replace(late_kg=late_kg)
    stock = held(state.books, Account.STOCK)
    odd = held(state.books, Account.UNEXPLAINED).kg
    there = found.inflow_kg - held(state.books, Account.OPENING).kg
    late = late_remarks(state.told_otherwise)
    remarks = (*mass_remarks(there, odd, stock.kg, policy), *close_remarks(ended), *late, *unlooked)
    made_good = covered(state, terms, switched, date.max, rule)
    told = made_good.made_good if made_good is not None else None
    return Left(found, ended, stock, remarks, _stepped(state, stock.kg), told)


def _stepped(state: Pool, stock_kg: int) -> int:
    """Of a stock, what has the emissions of the step in: all of it where they were booked here."""
    if state.by_hand_g:
        return max(0, stock_kg)
    return state.stepped.left_kg(stock_kg)


class Told(TypedDict):
    """What a close and its correction tell alike."""

    ends_on: date
    inflow_kg: int
    input_kg: int
    output_kg: int
    designated_kg: int
    max_output_kg: int
    balance_kg: int
    expired_kg: int
    owed_kg: int
    unmet_kg: int
    stock: tuple[Entry, ...]
    remarks: tuple[Remark, ...]
    policy_id: str
    lasting: tuple[Dated, ...]
    due: tuple[Dated, ...]
    late_kg: int
    ahead_kg: int
    stepped_kg: int
    made_good: MadeGood | None


def told(left: Left, ends_on: date, policy: Policy) -> Told:
    """The figures of a period as its close tells them."""
    found, ended, stock, remarks, stepped_kg, made_good = left
    return Told(
        ends_on=ends_on,
        inflow_kg=max(0, found.inflow_kg),
        input_kg=max(0, found.input_kg),
        output_kg=max(0, found.output_kg),
        designated_kg=found.designated_kg,
        max_output_kg=ended.max_output_kg,
        balance_kg=ended.balance_kg,
        expired_kg=ended.expired_kg,
        owed_kg=ended.owed_kg,
        unmet_kg=ended.unmet_kg,
        stock=stock_entries(stock),
        remarks=remarks,
        policy_id=policy.policy_id,
        lasting=dated(by_day(ended.lasting)),
        due=dated(by_day(ended.due)),
        late_kg=ended.late_kg,
        ahead_kg=ended.ahead_kg,
        stepped_kg=stepped_kg,
        made_good=made_good,
    )


def begun(pool: PoolKey, member_id: MemberId, ends_on: date, policy: Policy) -> PoolOpened:
    """A pool opens: its last day, and by when it should be closed."""
    return PoolOpened(
        pool=pool,
        member_id=member_id,
        ends_on=ends_on,
        policy_id=policy.policy_id,
        close_by=ends_on + timedelta(days=policy.integer("period.close_days")),
    )


def stock_entries(stock: Amount) -> tuple[Entry, ...]:
    """The entries by which a stock comes into the next period."""
    return entry(Account.OPENING, minus(stock)), entry(Account.STOCK, stock)


def check_new(pool: PoolKey, passed: tuple[PoolKey, ...]) -> None:
    """Refuse what comes to a closed period that it has come through before: it would go round for
    ever. Scopes go over into each other in stores alone in which that was not refused yet."""
    if pool in passed:
        raise Refused(
            "change-goes-round",
            f"This came through {pool.key} before: the scopes went over into each other, so that no"
            " period takes it. Book it by hand in an open one.",
            pool=pool.key,
            passed=[one.key for one in passed],
        )


def corrected(
    state: Pool,
    end: End,
    correction_id: str,
    reason: str,
    on: date,
    policies: Policies,
    passed: tuple[PoolKey, ...] = (),
) -> PoolCorrected:
    """The close of a period anew, after what corrects it was booked; `passed` are the periods that
    the correction came through before."""
    assert state.key is not None  # it was closed
    assert state.ends_on is not None
    policy = policies.named(end.policy_id) or policies.on(state.key.period)
    left = left_by(state, policy, end.switched, end.unlooked)
    more = plus(left.stock, minus(end.stock))
    return PoolCorrected(
        pool=state.key,
        member_id=state.member_id,
        correction_id=correction_id,
        reason=reason,
        corrected_on=on,
        next_period=end.next_period,
        to_scope_id=end.to_scope_id,
        balance_change_kg=left.closing.balance_kg - end.balance_kg,
        owed_change_kg=left.closing.owed_kg - end.owed_kg,
        stock_change=stock_entries(more) if any(more) else (),
        passed=(*passed, state.key),
        lasting_change=_change(end.lasting, by_day(left.closing.lasting)),
        due_change=_change(end.due, by_day(left.closing.due)),
        stepped_change_kg=left.stepped_kg - end.stepped_kg,
        **told(left, state.ends_on, policy),
    )


def _change(before: ByDay, after: ByDay) -> tuple[Dated, ...]:
    """By how much more is left of each last day."""
    return dated(with_more(after, dated(before), -1))


def carried_on(
    change: CarryChange, state: Pool, member_id: str, on: date, policies: Policies
) -> Sequence[BalanceCorrected | LateShared | PoolCorrected]:
    """What the correction of the period before changes here; a closed period is closed anew. Raises
    Refused where it has come through here before."""
    check_new(change.pool, change.passed)
    others = state.stopped_by - {change.from_pool.key}
    foreseen = any(one.blocked for one in state.foreseen.values())
    event = BalanceCorrected(
        pool=change.pool,
        member_id=member_id,
        from_pool=change.from_pool,
        correction_id=change.correction_id,
        reason=change.reason,
        balance_change_kg=change.balance_kg,
        owed_change_kg=change.owed_kg,
        blocked=change.blocked or bool(others) or foreseen,
        entries=change.stock,
        stops=change.blocked,
        lasting_change=change.lasting,
        due_change=change.due,
        stepped_change_kg=change.stepped_kg,
    )
    if state.end is None:
        return [event]
    after = evolve(state, event)
    late = share(after, on)
    after = reduce(evolve, late, after)
    named, why = change.correction_id, change.reason
    again = corrected(after, state.end, named, why, on, policies, change.passed)
    return [event, *late, again]
