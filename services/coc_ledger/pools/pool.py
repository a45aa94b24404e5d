"""A pool: metal in, out, claimed, and the period's end. A decider, stream
`pool/<scope>:<stage>:<period>`.

It opens with its first booking, in the period in which the day lies. After the close nothing new is
booked in it: a clerk is refused, a late delivery is passed on to the next period with a note. What
a clerk takes back with a reason corrects the close, and so does a claim that is taken back. Two
callers who want the last tonne meet here: one is refused.
Rules: sources.md 5.3, 5.4.
"""

from collections.abc import Sequence
from functools import reduce
from typing import assert_never

from contracts.coc import OverdraftCaseDeclared, PoolClosed, PoolOpened
from contracts.custody import Account
from contracts.envelope import Event
from infra.decider import Tick
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.coc_ledger.accounting import accounts, booking, claims
from services.coc_ledger.accounting.accounts import Amount, entry, minus
from services.coc_ledger.accounting.bounds import check_room, check_within
from services.coc_ledger.accounting.period import ONE_DAY, unlooked_remarks
from services.coc_ledger.accounting.period_end import begun, corrected, left_by, told
from services.coc_ledger.accounting.stage_reversal import check_stage_reversal, with_product
from services.coc_ledger.accounting.stages import next_of
from services.coc_ledger.accounting.together import BookMovements, Plain, booked
from services.coc_ledger.evidence import (
    Held,
    ScopeEvidence,
    activity_of,
    check_scope,
    facility_left,
    went_over,
)
from services.coc_ledger.refused import before_first_period, day_ahead, stage_not_in_scope

from .calendar import KEEPS_LAST_DAY, moved, shortened
from .changes import apply
from .commands import (
    ApplyChange,
    BookLoss,
    BookProcessEmissions,
    ChangeStage,
    ClosePeriod,
    CountStock,
    DeclareOverdraftCase,
    DesignateOutput,
    Movement,
    PoolCommand,
    ReceiveMaterial,
    ReverseMovement,
    ShipMaterial,
    ShortenPool,
)
from .ending import due, made_good, period_over, told_again
from .ids import check_known, is_repeat, reversible
from .late import ShareLate, share
from .recent import claim_key, remembered
from .state import INITIAL, Pool, PoolEvent, evolve
from .step_anew import TellStep, told_anew

__all__ = ["INITIAL", "Pool", "decide", "due", "evolve"]

AnyCommand = (
    ReceiveMaterial
    | ShipMaterial
    | BookLoss
    | CountStock
    | BookProcessEmissions
    | ChangeStage
    | ReverseMovement
    | DeclareOverdraftCase
    | ClosePeriod
    | DesignateOutput
    | ApplyChange
    | ShortenPool
    | BookMovements
    | ShareLate
    | TellStep
)


def decide(command: AnyCommand | Tick, state: Pool, policies: Policies) -> Sequence[Event]:
    """Events of a command, and what they change of what is owed, in this period and once it is
    over; raises Refused."""
    if isinstance(command, Tick):
        events = period_over(state, policies)
    else:
        events = _decided(command, state, policies)
        events = [*events, *told_again(command.on, state, events, policies)]
    return [*events, *made_good(command.on, state, events, policies)]


def _decided(command: AnyCommand, state: Pool, policies: Policies) -> Sequence[Event]:
    if isinstance(command, ApplyChange):
        return _applied(command, state, policies)
    if isinstance(command, ShortenPool):
        return moved(state, command, policies.on(command.on))
    if isinstance(command, ShareLate):
        return share(state, command.on) if state.end is None else ()
    if isinstance(command, TellStep):
        return told_anew(command, state, policies)
    if isinstance(command, BookMovements):
        return booked(command, state, policies, _opening)
    scope = check_scope(command.scope, command.scope_id, command.member_id)
    policy = policies.on(command.day)
    match command:
        case ReverseMovement():
            return _reverse(command, state, scope, policies)
        case DeclareOverdraftCase():
            return _case(command, state, scope, policy)
        case ClosePeriod():
            return _close(command, state, scope, policy)
        case DesignateOutput():
            return _designate(command, state, scope, policy)
        case (
            ReceiveMaterial()
            | ShipMaterial()
            | BookLoss()
            | CountStock()
            | BookProcessEmissions()
            | ChangeStage()
        ):
            return _book(command, state, scope, policy)
        case _:
            assert_never(command)


def _applied(command: ApplyChange, state: Pool, policies: Policies) -> Sequence[Event]:
    """What comes from elsewhere was asked for there. Where others took the room meanwhile it is
    refused, once, and that is told: an event that no reader holds would stop all of the pool."""
    events = apply(command, state, policies)
    if command.delivery is not None or command.carry is not None:
        after = reduce(evolve, (one for one in events if isinstance(one, PoolEvent)), state)
        check_within(state.books, after.books)
    return events


# --- what clerks book ---


def _book(
    command: booking.Bookable, state: Pool, scope: ScopeEvidence, policy: Policy
) -> Sequence[Event]:
    digest = booking.digest_of(command)
    if is_repeat(state, command.known, command.movement_id, digest):
        return []
    opening = _ready(command, state, scope, policy)
    _check_named(command, scope)
    late = share(state, command.on) if isinstance(command, ChangeStage) else ()
    state = reduce(evolve, late, state)
    made = booking.posting(command, state, policy)
    check_within(state.books, accounts.posted(state.books, made.entries))
    if isinstance(command, ChangeStage):
        _check_onward(command.there, made)
    if isinstance(command, ChangeStage) and command.coc_kg:
        claims.check_may_claim(command, scope, policy)
        extra = tuple(one for one in made.entries if one.account is not Account.OUTPUT_COC)
        extra += (entry(Account.OUTFLOW, Amount(command.coc_kg)),)
        more, stopped = claims.Extra(extra), command.known.stopped
        claims.check_cover(state, command.day, command.coc_kg, more, policy, stopped)
    return [*opening, *late, booking.booked(command, made, digest)]


def _check_onward(there: Held | None, made: booking.Posting) -> None:
    """Refuse what the pool of the next stage has no room for."""
    gone = next(one for one in made.entries if one.account is Account.STOCK)
    taken = minus(accounts.amount_of(gone))
    check_room(there, taken._replace(kg=made.produced_kg or 0))


def _reverse(
    command: ReverseMovement, state: Pool, scope: ScopeEvidence, policies: Policies
) -> Sequence[Event]:
    """A movement is taken back in its own period; where that is closed, the close follows."""
    policy = policies.on(command.day)
    digest = booking.digest_of(command)
    if is_repeat(state, command.known, command.movement_id, digest):
        return []
    end = state.end if command.reason is not None else None
    if end is not None and command.unlooked is not None:
        end = end._replace(unlooked=unlooked_remarks(command.unlooked))
    opening = _ready(command, state._replace(end=None) if end else state, scope, policy)
    seen = reversible(state, command.known, command.reverses)
    if seen.day != command.day:
        raise Refused(
            "unknown-movement",
            f"Movement {command.reverses} is of {seen.day}: name that day.",
            movement_id=command.reverses,
            day=seen.day,
        )
    made = booking.reversal(command, state, seen)
    check_stage_reversal(command, state, seen, made, policy)
    made = with_product(made, seen, command.onward)
    event = booking.booked(command, made, digest, command.reverses)
    if end is None or command.reason is None:
        return [*opening, event]
    after = evolve(state, event)
    late = share(after, command.on)
    after, name = reduce(evolve, late, after), command.movement_id
    return [event, *late, corrected(after, end, name, command.reason, command.on, policies)]


def _case(
    command: DeclareOverdraftCase, state: Pool, scope: ScopeEvidence, policy: Policy
) -> Sequence[Event]:
    if state.case:
        return []
    return [
        *_ready(command, state, scope, policy),
        OverdraftCaseDeclared(
            pool=command.pool,
            member_id=command.member_id,
            reason=command.reason,
            declared_on=command.on,
        ),
    ]


def _designate(
    command: DesignateOutput, state: Pool, scope: ScopeEvidence, policy: Policy
) -> Sequence[Event]:
    check_known(state, command.known)
    used = remembered(state.recent, claim_key(command.document))
    if used == command.draft:
        return []
    if used is not None:
        raise Refused(
            "document-number-used",
            f"Document {command.document} is issued with other values: take another number.",
            number=command.document,
        )
    opening = _ready(command, state, scope, policy)
    made = claims.designated(command, state, scope, policy)
    entries = [one for event in made for one in event.entries]
    check_within(state.books, accounts.posted(state.books, entries))
    return [*opening, *made]


# --- what must hold before anything is booked ---


def _ready(
    command: PoolCommand, state: Pool, scope: ScopeEvidence, policy: Policy
) -> Sequence[PoolOpened]:
    """The opening, if this is the first; Refused where the day cannot be booked."""
    if command.stage not in scope.stages:
        raise stage_not_in_scope(scope.scope_id, command.stage, scope.stages)
    if command.day > command.on:
        raise day_ahead(command.day, command.on)
    if scope.ended(command.day):
        raise went_over(scope)
    if scope.period is None or scope.ends_on is None:
        raise before_first_period(scope.scope_id, command.day)
    if state.end is not None:
        raise Refused(
            "period-closed",
            f"The period of {command.day} was closed on {state.end.closed_on}: book in the present"
            " one; what was wrong is taken back with a `reason`.",
            day=command.day,
            closed_on=state.end.closed_on,
        )
    if state.key is not None:
        return ()
    return (begun(command.pool, command.member_id, scope.ends_on, policy),)


def _opening(
    command: Plain, state: Pool, policies: Policies
) -> tuple[Sequence[PoolOpened], Policy]:
    """The same of rows that are booked together, by the policy of their day."""
    scope = check_scope(command.scope, command.scope_id, command.member_id)
    policy = policies.on(command.day)
    opening = _ready(command, state, scope, policy)
    _check_named(command, scope)
    return opening, policy


def _check_named(command: booking.Bookable, scope: ScopeEvidence) -> None:
    """Refuse what comes in where no facility works any more, all where none does yet, a contractor
    that is not listed, an activity that the scope does not do at the stage."""
    came = isinstance(command, (ReceiveMaterial, BookProcessEmissions))
    used = (command.stage, next_of(command.stage)) if isinstance(command, ChangeStage) else ()
    for stage in (command.stage,) if came else used:
        if stage in scope.idle:
            raise facility_left(scope, stage, command.day)
    if command.stage in scope.awaits:
        raise facility_left(scope, command.stage, command.day)
    activity = command.activity if isinstance(command, Movement) else None
    activity_of(activity, scope, command.stage)
    if command.contractor_id is not None and command.contractor_id not in scope.contractors:
        raise Refused(
            "contractor-not-listed",
            f"{command.contractor_id} was not listed in scope {scope.scope_id} on {command.day}: it"
            " counts from the day on which it is listed.",
            contractor_id=command.contractor_id,
            scope_id=scope.scope_id,
            day=command.day,
        )


# --- the end of a period ---


def _close(
    command: ClosePeriod, state: Pool, scope: ScopeEvidence, policy: Policy
) -> Sequence[Event]:
    if state.end is not None:
        return []
    if state.key is None or state.ends_on is None:
        raise Refused(
            "unknown-pool",
            f"Nothing was booked in the period of {command.day} at stage {command.stage.value}.",
            scope_id=command.scope_id,
            stage=command.stage.value,
        )
    check_known(state, command.known)
    if command.open_before is not None:
        raise Refused(
            "earlier-period-open",
            f"The period from {command.open_before} on is open: close it first. What it leaves"
            " bears on this one.",
            period=command.open_before,
            stage=command.stage.value,
        )
    shorter = shortened(state, scope.ends_on, policy)
    late = share(state, command.on)
    state = reduce(evolve, late, reduce(evolve, shorter, state))
    assert state.key is not None  # it is open
    assert state.ends_on is not None
    ended = scope.ends_before is not None and state.ends_on + ONE_DAY >= scope.ends_before
    last = scope.ends_before if ended and scope.ends_before else state.ends_on
    if command.on <= last and not (ended and command.on >= last):
        raise Refused(
            "period-not-over",
            f"The period ends on {state.ends_on}; close it afterwards.",
            ends_on=state.ends_on,
        )
    told_before = state.switched or scope.switched  # a calendar may have changed since it was told
    switched = told_before if ended and policy.flag(KEEPS_LAST_DAY) else None
    left = left_by(state, policy, switched, unlooked_remarks(command.unlooked))
    check_within({}, state.books)
    check_room(command.there, left.stock)
    return [
        *shorter,
        *late,
        PoolClosed(
            pool=state.key,
            member_id=state.member_id,
            closed_on=command.on,
            next_period=(scope.ends_before if ended else None) or scope.next_period or last,
            to_scope_id=(scope.to_scope_id if ended else None) or scope.scope_id,
            switched=switched,
            **told(left, state.ends_on, policy),
        ),
    ]
