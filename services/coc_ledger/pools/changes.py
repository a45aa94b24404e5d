"""What reactions bring into a pool: deliveries, claims taken back, what the period before left.
Pure.

These have happened elsewhere and are never refused. Metal that comes for the first time where the
period is closed is passed on to the next one, with a note of the day it is about. All else corrects
the closed period: a delivery that is booked there and counts no longer, or again, or is corrected;
a claim that is taken back or restored; what the period before left.
Rules: sources.md 5.4, 5.7.
"""

from collections.abc import Sequence
from datetime import date
from functools import reduce

from contracts.coc import BalanceCarried, DesignationReleased, MovementBooked
from contracts.custody import Account, Entry, MovementKind, PoolKey, Remark
from contracts.envelope import Event
from contracts.inventory import Severity
from infra.policy import Policies
from services.coc_ledger.accounting import accounts, claims
from services.coc_ledger.accounting.accounts import carried_amount, entry, minus
from services.coc_ledger.accounting.period import unlooked_remarks
from services.coc_ledger.accounting.period_end import begun, carried_on, check_new, corrected
from services.coc_ledger.accounting.stages import TAKEN_BACK, UNCOVERED, as_it_stands, recounted

from .commands import (
    ApplyChange,
    Carry,
    CarryChange,
    ClaimChange,
    DeliveryChange,
    StageCheck,
)
from .deferred import ChangeDeferred
from .end import End
from .ending import foreseen, no_longer_foreseen
from .following import follow
from .late import share
from .recent import remembered, replaced_key
from .state import Pool, evolve

WHY = {
    "book": "delivery-corrected",
    "reclassify": "delivery-checked-again",
    "take_back": "delivery-taken-back",
}
"""Why a close is worked out anew, by what becomes of a delivery."""


def apply(command: ApplyChange, state: Pool, policies: Policies) -> Sequence[Event]:
    """Events of a change."""
    if state.end is not None and command.receipts is not None:
        found = unlooked_remarks(command.receipts.unlooked(policies))
        state = state._replace(end=state.end._replace(unlooked=found))
    more = command.carry_change
    if more is not None:
        return carried_on(more, state, command.member_id, command.on, policies)
    if command.stage_check is not None:
        return _recounted(command, state, command.stage_check, policies)
    if command.follow is not None:
        return follow(command, state, command.follow, policies)
    carry = command.carry
    if carry is not None and state.end is not None:
        known = no_longer_foreseen(command, state, carry.from_pool)
        after = reduce(evolve, known, state)
        late = _as_correction(command, after, carry)
        return [*known, *carried_on(late, after, command.member_id, command.on, policies)]
    if command.foreseen is not None:
        told = foreseen(command, state, command.foreseen)
        return [*_opening(command, state, policies), *told] if told else []
    if state.end is not None:
        return _late(command, state, state.end, policies)
    opening = _opening(command, state, policies)
    if command.delivery is not None:
        return [*opening, _delivered(command, state, command.delivery)]
    if command.claim is not None:
        return [*opening, _released(command, state, command.claim)]
    if carry is not None:
        known = no_longer_foreseen(command, state, carry.from_pool)
        return [*opening, *known, _carried(command, carry)]
    return []


def _opening(command: ApplyChange, state: Pool, policies: Policies) -> Sequence[Event]:
    """The pool opens, where this is the first that comes to it."""
    if state.key is not None:
        return ()
    policy = policies.on(command.pool.period)
    return (begun(command.pool, command.member_id, command.ends_on, policy),)


def _late(command: ApplyChange, state: Pool, end: End, policies: Policies) -> Sequence[Event]:
    """What comes for a closed period. A claim stays the period's own: taken back, or restored, its
    close follows, so that what is free again serves in the next period and no later. So does a
    delivery: what was claimed on it is short where it was claimed, and owed from there. One of
    which more was passed on before, by the rule of then, goes the same way."""
    delivery = command.delivery
    about = delivery.corrects if delivery is not None else None
    if delivery is not None and about is not None and about not in state.brought_later:
        booked = _delivered(command, state, delivery)
        after, why = evolve(state, booked), WHY[delivery.action]
        late = share(after, command.on)
        after, name = reduce(evolve, late, after), delivery.movement_id
        return [booked, *late, corrected(after, end, name, why, command.on, policies)]
    change = command.claim
    if change is None or change.document in state.passed_on:
        return [_deferred(command, end)]
    if change.because == "superseded" and remembered(state.recent, replaced_key(change.document)):
        return []  # two corrections of one document: it is given back once
    released = _released(command, state, change)
    after = evolve(state, released)
    late = share(after, command.on)  # what it was told otherwise is settled with it, as in time
    after, why = reduce(evolve, late, after), change.because
    return [released, *late, corrected(after, end, change.change_id, why, command.on, policies)]


def _released(command: ApplyChange, state: Pool, change: ClaimChange) -> DesignationReleased:
    return DesignationReleased(
        pool=command.pool,
        member_id=command.member_id,
        document=change.document,
        change_id=change.change_id,
        day=_day(command, min(change.day, state.ends_on or change.day)),
        mass_kg=change.mass_kg,
        entries=claims.changed(change),
        because=change.because,
        restored=change.restored,
        late_for=command.late_for,
        activity=change.activity,
        stepped_kg=change.carried.stepped_kg,
    )


def _as_correction(command: ApplyChange, state: Pool, carry: Carry) -> CarryChange:
    """What a period leaves that was closed after its next one: that is closed anew with it, so that
    all is as if they had been closed in their order. A balance expires with the period that it is
    for, an overdraft was to be made good in it."""
    return CarryChange(
        pool=command.pool,
        from_pool=carry.from_pool,
        correction_id=f"carry:{carry.from_pool.key}",
        reason="closed-later",
        balance_kg=carry.balance_kg,
        owed_kg=carry.owed_kg,
        blocked=carry.blocked,
        stock=carry.stock,
        stepped_kg=carry.stepped_kg,
        passed=(*command.passed, carry.from_pool),
        lasting=carry.lasting,
        due=carry.due,
    )


def _deferred(command: ApplyChange, end: End) -> ChangeDeferred:
    """Into the next period. Refused where it came to this one before."""
    check_new(command.pool, command.passed)
    if command.delivery is not None:
        day, change_id = command.delivery.day, command.delivery.movement_id
    else:
        assert command.claim is not None
        day, change_id = command.claim.day, command.claim.change_id
    to = PoolKey(scope_id=end.to_scope_id, stage=command.pool.stage, period=end.next_period)
    return ChangeDeferred(
        pool=command.pool,
        member_id=command.member_id,
        to=to,
        late_for=command.late_for or day,
        change_id=change_id,
        delivery=command.delivery,
        claim=command.claim,
        passed=(*command.passed, command.pool),
    )


def _day(command: ApplyChange, day: date) -> date:
    """The day of a change; the first of the period when it is late for another one."""
    return command.pool.period if command.late_for is not None else day


def _recounted(
    command: ApplyChange, state: Pool, check: StageCheck, policies: Policies
) -> Sequence[Event]:
    """A change of stage is a movement of the scope's own: it is corrected in its own period, and
    where that is closed, the close follows. Not twice, and not once it is taken back."""
    wanted = None if check.as_coc else UNCOVERED
    before = state.altered.get(check.change)
    if state.key is None or before in (wanted, TAKEN_BACK):
        return []
    event = MovementBooked(
        movement_id=check.movement_id,
        digest=check.movement_id,
        pool=command.pool,
        member_id=command.member_id,
        kind=MovementKind.RECLASSIFICATION,
        day=check.day,
        entries=recounted(check.lot, as_coc=check.as_coc),
        coc_kg=abs(check.lot.kg) if check.as_coc else 0,
        to_stage=check.to_stage,
        remarks=_non_coc(check.reasons),
        activity=check.activity,
        from_pool=check.from_pool,
        evidence=check.evidence,
        corrects=check.change,
    )
    if state.end is None:
        return [event]
    why = "covered-after-all" if check.as_coc else "not-covered"
    after = evolve(state, event)
    return [event, corrected(after, state.end, check.movement_id, why, command.on, policies)]


def _non_coc(reasons: tuple[str, ...]) -> tuple[Remark, ...]:
    return tuple(
        Remark(rule="R-28", severity=Severity.MAJOR, sentence=f"Booked as non-CoC: {reason}.")
        for reason in reasons
    )


def _delivered(command: ApplyChange, state: Pool, change: DeliveryChange) -> MovementBooked:
    kinds = {
        "book": MovementKind.DOCUMENT_RECEIPT,
        "reclassify": MovementKind.RECLASSIFICATION,
        "take_back": MovementKind.REVERSAL,
        "enter_stage": MovementKind.FROM_STAGE,
    }
    counts = change.coc_kg if change.as_coc else 0
    entries = delivery_entries(change)
    if change.reverses is not None:
        entries = as_it_stands(state.altered, change.reverses, entries)
    return MovementBooked(
        movement_id=change.movement_id,
        digest=change.movement_id,
        pool=command.pool,
        member_id=command.member_id,
        kind=kinds[change.action],
        day=_day(command, change.day),
        entries=entries,
        coc_kg=counts,
        document=change.document,
        from_pool=change.from_pool,
        late_for=command.late_for,
        remarks=_non_coc(change.reasons),
        activity=change.activity,
        reverses=change.reverses,
        undoes=MovementKind.FROM_STAGE if change.reverses else None,
    )


def delivery_entries(change: DeliveryChange) -> tuple[Entry, ...]:
    """The entries of a delivery: the lot, and the rest, each with what it carries."""
    as_scrap = change.lot.value == "scrap"
    coc_account = Account.INPUT_PRE_CONSUMER if as_scrap else Account.INPUT_COC
    lot = carried_amount(change.coc_kg, change.carried)
    if change.action == "reclassify":
        source, target = (
            (Account.NON_COC, coc_account) if change.as_coc else (coc_account, Account.NON_COC)
        )
        return entry(source, lot), entry(target, minus(lot))
    rest = carried_amount(change.received_kg - change.coc_kg, change.rest)
    first = coc_account if change.as_coc else Account.NON_COC
    whole = accounts.plus(lot, rest)
    made = [entry(first, minus(lot)), entry(Account.STOCK, whole)]
    if rest.kg:
        made.insert(1, entry(Account.NON_COC, minus(rest)))
    made = [one for one in made if one.kg or one.emission_kgco2e or one.partial_kgco2e]
    return accounts.reversed_entries(made) if change.action == "take_back" else tuple(made)


def _carried(command: ApplyChange, carry: Carry) -> BalanceCarried:
    return BalanceCarried(
        pool=command.pool,
        member_id=command.member_id,
        from_pool=carry.from_pool,
        balance_kg=carry.balance_kg,
        owed_kg=carry.owed_kg,
        blocked=carry.blocked,
        entries=carry.stock,
        stepped_kg=carry.stepped_kg,
        lasting=carry.lasting,
        due=carry.due,
    )
