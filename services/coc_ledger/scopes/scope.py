"""A certification scope: its periods, facilities, duties, partners. A decider, stream
`coc_scope/<id>`.

What holds across periods and stages is decided here; the pools get it as evidence. Where the
Performance Standard may follow later, the clock suspends the scope on the first missed day; a
certificate that is heard of later but held in time takes that back. Rules: sources.md 5.4, 5.6.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, assert_never

from dateutil.relativedelta import relativedelta

from contracts.coc import (
    ContractorDelisted,
    ContractorListed,
    DueDiligenceRecorded,
    ScopeFacilityAdded,
    ScopeOpened,
)
from contracts.coc_calendar import PeriodChanged
from contracts.coc_scopes import JointVentureEnded, JointVentureListed
from contracts.envelope import Event
from contracts.values import Activity, FacilityId
from infra.decider import Tick
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.coc_ledger.accounting.period import Course, check_change, check_first, check_months
from services.coc_ledger.evidence import Diligence, FacilityFound, Stake, age_of, told_age
from services.coc_ledger.refused import day_ahead, unknown_scope

from . import entity_rules
from .commands import (
    AddScopeFacility,
    ApproveScopeTransfer,
    ChangePeriod,
    DelistContractor,
    ListContractor,
    ListJointVenture,
    NoteFacilityLeft,
    NotePsCertificate,
    OpenScope,
    RecordDueDiligence,
    ScopeBound,
    TakeFacilities,
    TakePartners,
)
from .duties import left, noted, suspended
from .handing import handed_on
from .lacks import ONE_DAY
from .neighbours import check_elsewhere
from .state import INITIAL, Scope, due, evidence, evolve
from .transfer import awaited, came, check_before_transfer, transferred

__all__ = ["INITIAL", "Scope", "decide", "due", "evidence", "evolve"]

OwnCommand = (
    AddScopeFacility
    | ChangePeriod
    | ListContractor
    | DelistContractor
    | ListJointVenture
    | RecordDueDiligence
    | ApproveScopeTransfer
    | NotePsCertificate
    | NoteFacilityLeft
)
AnyCommand = OpenScope | TakeFacilities | TakePartners | OwnCommand | Tick


def decide(command: AnyCommand, state: Scope, policies: Policies) -> Sequence[Event]:
    """Events of a command; raises Refused."""
    policy = policies.on(command.on)
    match command:
        case Tick():
            return suspended(command, state)
        case OpenScope():
            return _open(command, state, policy)
        case TakeFacilities():
            return came(command, state)
        case TakePartners():
            return handed_on(command, state, policy)
        case _:
            _own(command, state)
            return _decide_as_owner(command, state, policy)


def _decide_as_owner(command: OwnCommand, state: Scope, policy: Policy) -> Sequence[Event]:
    named = {"scope_id": command.scope_id, "member_id": command.member_id}
    match command:
        case AddScopeFacility():
            return _add(command, state, policy)
        case ChangePeriod():
            return _change_period(command, state, policy)
        case ListContractor():
            return _list_contractor(command, state)
        case DelistContractor():
            if command.contractor_id not in state.contractors:
                return []
            gone = command.contractor_id
            return [ContractorDelisted(**named, contractor_id=gone, effective_on=command.on)]
        case ListJointVenture():
            return _list_stake(command, state)
        case RecordDueDiligence():
            return _record(command, state, policy)
        case ApproveScopeTransfer():
            return transferred(command, state)
        case NotePsCertificate():
            return noted(command, state)
        case NoteFacilityLeft():
            return left(command, state)
        case _:
            assert_never(command)


# --- rules ---


def _own(command: ScopeBound, state: Scope) -> None:
    if not state.scope_id or state.member_id != command.member_id:
        raise unknown_scope(command.member_id, command.scope_id)


def check_fresh(behind_s: int, policy: Policy) -> None:
    """Refuse to decide on knowledge of certificates that is too old."""
    if behind_s > policy.integer("document.evidence_behind_at_most_s"):
        raise Refused(
            "certificates-not-known-yet",
            f"What is known of certificates is {age_of(behind_s)}; send the same again when it has"
            " caught up.",
            behind_s=told_age(behind_s),
        )


def _open(command: OpenScope, state: Scope, policy: Policy) -> Sequence[Event]:
    if command.entity_member_id != command.member_id:
        raise Refused(
            "unknown-entity",
            f"Member {command.member_id} has no entity {command.entity_id}; if it was registered"
            " moments ago, send the same again.",
            entity_id=command.entity_id,
            member_id=command.member_id,
        )
    facilities = tuple(sorted(set(command.facilities)))
    activities = tuple(dict.fromkeys(command.activities))
    if state.scope_id:
        asked = (command.member_id, command.entity_id, command.starts_on, command.months)
        first = state.calendar[0]
        if asked == (state.member_id, state.entity_id, first.starts_on, first.months):
            return []
        raise Refused(
            "scope-id-used",
            f"The id {command.scope_id} is taken; choose another one.",
            scope_id=command.scope_id,
        )
    check_months(command.months, policy)
    check_first(command.starts_on, command.on, policy)
    check_fresh(command.behind_s, policy)
    through = entity_rules.check_own(facilities, command.entity_id, command.found)
    coming = awaited(command, facilities)
    for other in command.others:
        mine = set(facilities) - (coming if other.scope_id == command.successor_of else set())
        check_elsewhere(mine, activities, (other,), command.member_id)
    due = entity_rules.ps_due_on_opening(
        activities, command.found, command.checked, command.joined_on, policy
    )
    entity_rules.check_chain_covers(facilities, command.checked)
    opened = ScopeOpened(
        scope_id=command.scope_id,
        member_id=command.member_id,
        entity_id=command.entity_id,
        name=command.name,
        address=command.address,
        facilities=tuple(one for one in facilities if one not in due.each),
        activities=activities,
        starts_on=command.starts_on,
        months=command.months,
        opened_on=command.on,
        evidence=command.checked,
        ps_due_on=due.whole,
        policy_id=policy.policy_id,
        facilities_known_through=through,
        successor_of=command.successor_of,
        awaited=tuple(sorted(coming)),
        awaited_activities=_come_with(coming, activities, command.found),
    )
    later = [
        _added(command, one, activities, day, through, policy)
        for one, day in sorted(due.each.items())
    ]
    return [opened, *later]


def _come_with(
    coming: Collection[str], activities: Sequence[Activity], found: Iterable[FacilityFound]
) -> tuple[Activity, ...]:
    """The activities of a scope that only facilities do that are to come."""
    does = [(one.facility_id in coming, set(one.activities)) for one in found]
    if all(later for later, _ in does):
        return tuple(activities) if coming else ()
    own = {name for later, names in does if not later for name in names}
    theirs = {name for later, names in does if later for name in names}
    return tuple(name for name in activities if name in theirs - own)


def _add(command: AddScopeFacility, state: Scope, policy: Policy) -> Sequence[Event]:
    one = command.facility_id
    if one in state.facilities and one not in state.left and one not in state.awaited:
        return []
    check_fresh(command.behind_s, policy)
    through = entity_rules.check_own([one], state.entity_id, command.found)
    _check_alone(command, state)
    does = dict.fromkeys((*command.activities, *command.found[0].activities))
    due_on = entity_rules.ps_due_on_adding(
        command.found[0], tuple(does), command.checked, command.joined_on, policy
    )
    entity_rules.check_chain_covers([one], command.checked)
    return [_added(command, one, command.activities, due_on, through, policy)]


def _check_alone(command: AddScopeFacility, state: Scope) -> None:
    """Refuse one that another scope has, and activities that others do with facilities of this
    one."""
    theirs, member_id = command.others, command.member_id
    new = set(command.activities) - set(state.activities)
    mine = {name for name in state.facilities if state.holds(name, command.on)}
    check_elsewhere([command.facility_id], {*state.activities, *new}, theirs, member_id)
    check_elsewhere(mine, new, theirs, member_id)


def _added(
    command: OpenScope | AddScopeFacility,
    facility_id: FacilityId,
    activities: tuple[Activity, ...],
    due_on: date | None,
    through: int,
    policy: Policy,
) -> ScopeFacilityAdded:
    """One more, with what is known of its own certificates alone: there may be many."""
    seen = [
        one.model_copy(update={"facilities": (facility_id,)})
        for one in command.checked.certificates
        if facility_id in one.facilities
    ]
    return ScopeFacilityAdded(
        scope_id=command.scope_id,
        member_id=command.member_id,
        facility_id=facility_id,
        activities=activities,
        added_on=command.on,
        evidence=command.checked.model_copy(update={"certificates": tuple(seen)}),
        ps_due_on=due_on,
        policy_id=policy.policy_id,
        facilities_known_through=through,
    )


def _change_period(command: ChangePeriod, state: Scope, policy: Policy) -> Sequence[Event]:
    wanted = Course(command.starts_on, command.months)
    if wanted == state.calendar[-1]:
        return []
    check_before_transfer(wanted.starts_on, state)
    pending = check_change(state.calendar, wanted, command.on, policy)
    return [
        PeriodChanged(
            scope_id=command.scope_id,
            member_id=command.member_id,
            starts_on=command.starts_on,
            months=command.months,
            replaces=pending,
        )
    ]


def _list_contractor(command: ListContractor, state: Scope) -> Sequence[Event]:
    if command.contractor_id in state.contractors:
        return []
    if not (command.title_stays and command.keeps_records and command.risks_controlled):
        raise Refused(
            "contractor-not-eligible",
            "A contractor is listed when the legal title stays with the entity, records are kept"
            " and its risks are controlled.",
            contractor_id=command.contractor_id,
        )
    return [
        ContractorListed(
            scope_id=command.scope_id,
            member_id=command.member_id,
            contractor_id=command.contractor_id,
            name=command.name,
            listed_on=command.on,
        )
    ]


def _list_stake(command: ListJointVenture, state: Scope) -> Sequence[Event]:
    if command.holder_scope_id == command.scope_id:
        raise Refused(
            "share-of-itself",
            "A scope holds no share of itself: name the other one.",
            scope_id=command.scope_id,
        )
    wanted = Stake(holder_scope_id=command.holder_scope_id, share_percent=command.share_percent)
    mine = [
        one
        for one in state.stakes
        if one.holder_scope_id in (command.holder_scope_id, *command.places)
    ]
    others = [one for one in state.stakes if one not in mine]
    named: dict[str, Any] = {
        "scope_id": command.scope_id,
        "member_id": command.member_id,
        "holder_scope_id": command.holder_scope_id,
        "effective_on": command.on,
    }
    ended = [JointVentureEnded(**{**named, "holder_scope_id": one.holder_scope_id}) for one in mine]
    if not wanted.share_percent:
        return ended
    if mine and sum(one.share_percent for one in mine) == wanted.share_percent:
        return []
    if not command.holder_known:
        raise Refused(
            "unknown-holder",
            f"There is no scope {command.holder_scope_id} that could have a share.",
            holder_scope_id=command.holder_scope_id,
        )
    if command.holder_ended is not None:
        raise Refused(
            "scope-transferred",
            f"Scope {command.holder_scope_id} ended before {command.holder_ended}: list the one"
            " that has its share now.",
            scope_id=command.holder_scope_id,
        )
    if sum(one.share_percent for one in (*others, wanted)) > 100:
        raise Refused(
            "shares-above-whole",
            f"The shares in scope {command.scope_id} would be more than 100 per cent.",
            scope_id=command.scope_id,
        )
    gone = [one for one in ended if one.holder_scope_id != command.holder_scope_id]
    percent, places = command.share_percent, command.places
    return [*gone, JointVentureListed(**named, share_percent=percent, in_place_of=places)]


def _record(command: RecordDueDiligence, state: Scope, policy: Policy) -> Sequence[Event]:
    months = policy.integer("diligence.months_at_most")
    latest = command.performed_on + relativedelta(months=months) - ONE_DAY
    through = min(command.valid_through or latest, latest)
    if command.performed_on > command.on:
        raise day_ahead(command.performed_on, command.on)
    if through < command.performed_on:
        raise Refused(
            "dates-reversed",
            f"A record of {command.performed_on} cannot hold through {through}.",
            performed_on=command.performed_on,
            valid_through=through,
        )
    topics = tuple(sorted(set(command.topics)))
    record = Diligence(topics=topics, performed_on=command.performed_on, valid_through=through)
    if record in state.diligence.get(command.supplier_id, ()):
        return []
    return [
        DueDiligenceRecorded(
            scope_id=command.scope_id,
            member_id=command.member_id,
            supplier_id=command.supplier_id,
            topics=topics,
            performed_on=command.performed_on,
            valid_through=through,
            record_ref=command.record_ref,
            policy_id=policy.policy_id,
        )
    ]
