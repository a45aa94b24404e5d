"""What reactions bring into a pool: deliveries, claims taken back, what the period before left.
Pure.

These have happened elsewhere and are never refused. Where the period is closed they are passed on
to the next one, with a note of the day they are about. Rules: sources.md 5.4, 5.7.
"""

from collections.abc import Sequence
from datetime import date

from contracts.coc import BalanceCarried, DesignationReleased, MovementBooked
from contracts.custody import Account, Entry, MovementKind, PoolKey, Remark
from contracts.envelope import Event
from contracts.inventory import Severity
from infra.policy import Policies
from services.coc_ledger.accounting import accounts, claims
from services.coc_ledger.accounting.accounts import carried_amount, entry, minus
from services.coc_ledger.accounting.period_end import begun, carried_on, corrected
from services.coc_ledger.accounting.stages import TAKEN_BACK, UNCOVERED, as_it_stands, recounted

from .commands import ApplyChange, Carry, DeliveryChange, StageCheck
from .state import ChangeDeferred, End, Pool, evolve


def apply(command: ApplyChange, state: Pool, policies: Policies) -> Sequence[Event]:
    """Events of a change."""
    more = command.carry_change
    if more is not None:
        return carried_on(more, state, command.member_id, command.on, policies)
    if command.stage_check is not None:
        return _recounted(command, state, command.stage_check, policies)
    if state.end is not None:
        return [_deferred(command, state.end)]
    opening: list[Event] = []
    if state.key is None:
        policy = policies.on(command.pool.period)
        opening.append(begun(command.pool, command.member_id, command.ends_on, policy))
    if command.delivery is not None:
        return [*opening, _delivered(command, state, command.delivery)]
    if command.claim is not None:
        change = command.claim
        return [
            *opening,
            DesignationReleased(
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
            ),
        ]
    if command.carry is not None:
        return [*opening, _carried(command, command.carry)]
    return []


def _deferred(command: ApplyChange, end: End) -> ChangeDeferred:
    """Into the next period; a balance that comes so late has expired on the way."""
    carry = command.carry
    if carry is not None:
        carry = carry.model_copy(update={"balance_kg": 0})
        day = command.pool.period
        change_id = f"carry:{carry.from_pool.key}"
    elif command.delivery is not None:
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
        carry=carry,
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
    )
