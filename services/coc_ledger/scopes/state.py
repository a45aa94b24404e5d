"""What is remembered of a scope, and what its pools get to know of it. Pure.

`Scope` is the fold of `coc_scope/<id>`; `evolve` is total over its events.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple, assert_never

from contracts.coc import (
    ContractorDelisted,
    ContractorListed,
    DueDiligenceRecorded,
    PsObligationMet,
    ScopeFacilityAdded,
    ScopeFacilityLeft,
    ScopeOpened,
    ScopeReinstated,
    ScopeSuspended,
    ScopeTransferApproved,
)
from contracts.coc_calendar import PeriodChanged
from contracts.coc_scopes import (
    JointVentureEnded,
    JointVentureListed,
    PsObligationEnded,
    ScopeFacilitiesCame,
)
from contracts.values import Activity
from services.coc_ledger.accounting.period import Calendar, Course, period_of, switched_at
from services.coc_ledger.evidence import Diligence, ScopeEvidence, Stake, stages_of

from .lacks import (
    NOT_YET,
    ONE_DAY,
    Lack,
    Spells,
    covered,
    lacked,
    over,
    shortened,
    spells,
)
from .partners import Hired, Share, contractors_on, dismissed, hired, shared, stakes_on

PS_DUE = "ps_due"
WHOLE = ""
"""Stands for the whole scope among the facilities that have yet to be certified."""


class Scope(NamedTuple):
    """The fold; without an id it was never opened. `ps_due` are the facilities (or the whole) yet
    to be covered by the Performance Standard, each with its last day; `uncovered` are those of the
    whole that no certificate has covered. `added` are facilities of later days than the first;
    `asked_each` whether it was asked of each facility if the standard covers it, `met_by` the
    certificate that was the last to cover any. `left` are facilities that are not in it from a day
    on, `stays` earlier times in it of those that came back; `ceased` the activities that went with
    a facility. `awaited` are those that come from `successor_of` when that goes over, `begins` the
    first day of activities that come with them. `lacking` is what lacked the Performance Standard
    after a last day, since when, and until when; `parts_from` since when the parts of the whole are
    covered that are, or have left; `was_due` until when what needs it no more had yet to be
    covered. `contractors` and `stakes` are today's, `hired` and
    `shares` say from when on, and until when."""

    scope_id: str = ""
    member_id: str = ""
    entity_id: str = ""
    name: str = ""
    address: str = ""
    facilities: tuple[str, ...] = ()
    activities: tuple[Activity, ...] = ()
    calendar: Calendar = ()
    ps_due: Mapping[str, date] = {}
    suspended_from: date | None = None
    reinstated_from: date | None = None
    contractors: tuple[str, ...] = ()
    stakes: tuple[Stake, ...] = ()
    hired: Mapping[str, tuple[Hired, ...]] = {}
    shares: Mapping[str, tuple[Share, ...]] = {}
    diligence: Mapping[str, tuple[Diligence, ...]] = {}
    ends_before: date | None = None
    to_scope_id: str | None = None
    opened_on: date | None = None
    added: Mapping[str, date] = {}
    uncovered: tuple[str, ...] = ()
    asked_each: bool = False
    suspended_before: Spells = ()
    met_by: str | None = None
    left: Mapping[str, date] = {}
    stays: Mapping[str, Spells] = {}
    ceased: Mapping[Activity, date] = {}
    successor_of: str | None = None
    awaited: tuple[str, ...] = ()
    begins: Mapping[Activity, date] = {}
    lacking: tuple[Lack, ...] = ()
    parts_from: Mapping[str, date] = {}
    was_due: Mapping[str, date] = {}

    def awaits_ps(self, key: str, day: date) -> bool:
        """Whether a facility, or the whole, had yet to be covered on a day."""
        return key in self.ps_due or day < self.was_due.get(key, date.min)

    def holds(self, facility_id: str, day: date) -> bool:
        """Whether a facility is in the scope on a day."""
        if facility_id in self.awaited:
            return False
        last = self.left.get(facility_id)
        if self.added.get(facility_id, day) <= day and (last is None or day < last):
            return True
        return any(since <= day < until for since, until in self.stays.get(facility_id, ()))


INITIAL = Scope()

ScopeEvent = (
    ScopeOpened
    | ScopeFacilityAdded
    | ScopeFacilityLeft
    | ScopeFacilitiesCame
    | PsObligationMet
    | PsObligationEnded
    | ScopeSuspended
    | ScopeReinstated
    | PeriodChanged
    | ContractorListed
    | ContractorDelisted
    | JointVentureListed
    | JointVentureEnded
    | DueDiligenceRecorded
    | ScopeTransferApproved
)


def evolve(state: Scope, event: ScopeEvent) -> Scope:
    """The scope after an event."""
    match event:
        case ScopeOpened():
            return _opened(event)
        case ScopeFacilityAdded():
            return _with_facility(state, event)
        case ScopeFacilityLeft():
            return _without_facility(state, event)
        case ScopeFacilitiesCame():
            return _with_awaited(state, event)
        case PsObligationMet():
            return _met(state, event)
        case PsObligationEnded():
            return _ended(state, event)
        case ScopeSuspended():
            since = suspended_since(state.suspended_from, state.reinstated_from, event)
            return state._replace(
                suspended_from=since,
                reinstated_from=None,
                suspended_before=spells(
                    state.suspended_from, state.reinstated_from, state.suspended_before
                ),
                lacking=lacked(state.lacking, event.facility_id or WHOLE, event.effective_on),
            )
        case ScopeReinstated():
            return _reinstated(state, event)
        case PeriodChanged():
            until = event.replaces
            courses = [one for one in state.calendar if until is None or one.starts_on < until]
            return state._replace(calendar=(*courses, Course(event.starts_on, event.months)))
        case ContractorListed():
            return state._replace(
                contractors=(*state.contractors, event.contractor_id),
                hired=hired(
                    state.hired,
                    event.contractor_id,
                    event.name,
                    event.listed_on,
                    event.from_scope_id,
                ),
            )
        case ContractorDelisted():
            kept = tuple(one for one in state.contractors if one != event.contractor_id)
            known = dismissed(state.hired, event.contractor_id, event.effective_on)
            return state._replace(contractors=kept, hired=known)
        case JointVentureListed() | JointVentureEnded():
            return _with_share(state, event)
        case DueDiligenceRecorded():
            record = Diligence(
                topics=event.topics,
                performed_on=event.performed_on,
                valid_through=event.valid_through,
            )
            records = (*state.diligence.get(event.supplier_id, ()), record)
            return state._replace(diligence={**state.diligence, event.supplier_id: records})
        case ScopeTransferApproved():
            return state._replace(ends_before=event.effective_on, to_scope_id=event.to_scope_id)
        case _:
            assert_never(event)


def _opened(event: ScopeOpened) -> Scope:
    return Scope(
        event.scope_id,
        event.member_id,
        event.entity_id,
        event.name,
        event.address,
        event.facilities,
        event.activities,
        (Course(event.starts_on, event.months),),
        {WHOLE: event.ps_due_on} if event.ps_due_on else {},
        opened_on=event.opened_on,
        uncovered=event.facilities if event.ps_due_on else (),
        asked_each=event.facilities_known_through is not None,
        successor_of=event.successor_of,
        awaited=event.awaited,
        begins=dict.fromkeys(event.awaited_activities, NOT_YET),
    )


def _with_share(state: Scope, event: JointVentureListed | JointVentureEnded) -> Scope:
    """With another share of a holder, or none, from a day on."""
    holder = event.holder_scope_id
    others = tuple(one for one in state.stakes if one.holder_scope_id != holder)
    percent, of, anew = Decimal(0), None, False
    if isinstance(event, JointVentureListed):
        percent, of, anew = event.share_percent, event.from_scope_id, bool(event.in_place_of)
    stake = Stake(holder_scope_id=holder, share_percent=percent)
    return state._replace(
        stakes=(*others, stake) if percent else others,
        shares=shared(state.shares, stake, event.effective_on, of, anew=anew),
    )


def _with_facility(state: Scope, event: ScopeFacilityAdded) -> Scope:
    """With one more. One that is told when the scope is opened was there from the first day on, or
    is awaited."""
    one = event.facility_id
    back, known = one in state.left, one in state.facilities
    if known and one in state.awaited:  # it has come by itself
        state = state._replace(awaited=tuple(name for name in state.awaited if name != one))
        later = {one: event.added_on}
    else:
        later = {one: event.added_on} if back or event.added_on != state.opened_on else {}
    due = {one: event.ps_due_on} if event.ps_due_on else {}
    if back:
        stay = spells(state.added.get(one, date.min), state.left[one], state.stays.get(one, ()))
        state = state._replace(
            left={name: day for name, day in state.left.items() if name != one},
            stays={**state.stays, one: stay},
        )
    return state._replace(
        facilities=state.facilities if known else (*state.facilities, one),
        ceased={name: day for name, day in state.ceased.items() if name not in event.activities},
        activities=tuple(dict.fromkeys((*state.activities, *event.activities))),
        ps_due={**state.ps_due, **due},
        added={**state.added, **later},
        begins={
            name: min(day, event.added_on) if later and name in event.activities else day
            for name, day in state.begins.items()
        },
    )


def _with_awaited(state: Scope, event: ScopeFacilitiesCame) -> Scope:
    came = dict.fromkeys(event.facilities, event.effective_on)
    return state._replace(
        awaited=tuple(one for one in state.awaited if one not in came),
        added={**state.added, **came},
        begins={name: min(day, event.effective_on) for name, day in state.begins.items()},
    )


def _reinstated(state: Scope, event: ScopeReinstated) -> Scope:
    until = event.effective_on
    if event.since is not None:
        earlier = shortened(state.suspended_before, event.since, until)
        return state._replace(suspended_before=earlier)
    return state._replace(reinstated_from=until, lacking=over(state.lacking, until))


def _met(state: Scope, event: PsObligationMet) -> Scope:
    met, since = event.facility_id or WHOLE, event.effective_on
    covers = state.uncovered if met == WHOLE else (met,)
    return state._replace(
        lacking=covered(state.lacking, met, state.ps_due.get(met), since),
        parts_from=_with_parts(state, covers, event.covers_from or since),
        ps_due={key: day for key, day in state.ps_due.items() if key != met},
        uncovered=tuple(one for one in state.uncovered if one not in covers),
        met_by=event.certificate_id,
    )


def _ended(state: Scope, event: PsObligationEnded) -> Scope:
    one = event.facility_id or WHOLE
    return state._replace(
        lacking=covered(state.lacking, one, state.ps_due.get(one), event.effective_on),
        ps_due={key: day for key, day in state.ps_due.items() if key != one},
        was_due={**state.was_due, one: event.effective_on},
    )


def _with_parts(state: Scope, parts: Iterable[str], since: date) -> Mapping[str, date]:
    """With parts of the whole of which nothing lacks since a day, or since an earlier one."""
    known = state.parts_from
    named = [one for one in parts if one in state.uncovered or one in known]
    return {**known, **{one: min(since, known.get(one, since)) for one in named}}


def _without_facility(state: Scope, event: ScopeFacilityLeft) -> Scope:
    one, day = event.facility_id, event.effective_on
    if one in state.awaited:  # it never was in it
        state = state._replace(
            facilities=tuple(name for name in state.facilities if name != one),
            awaited=tuple(name for name in state.awaited if name != one),
        )
    else:
        state = state._replace(
            left={**state.left, one: day},
            was_due={**state.was_due, **({one: day} if one in state.ps_due else {})},
            lacking=covered(state.lacking, one, state.ps_due.get(one), day),
            parts_from=_with_parts(state, (one,), day),
        )
    return state._replace(
        ps_due={key: last for key, last in state.ps_due.items() if key != one},
        uncovered=tuple(name for name in state.uncovered if name != one),
        ceased={**state.ceased, **dict.fromkeys(event.activities, day)},
    )


def suspended_since(since: date | None, until: date | None, event: ScopeSuspended) -> date:
    """Since when a scope is suspended: where it is already, for another facility, since then."""
    if since is not None and until is None:
        return min(since, event.effective_on)
    return event.effective_on


def due(state: Scope) -> Mapping[str, date]:
    """When the clock asks whether the Performance Standard came in time: a rule per facility, each
    once, and once more when the scope goes over. Of a whole of which nothing is left it asks since
    then: an earlier build told no end of it."""
    told = {one.key for one in state.lacking if one.until is None}
    days = {f"{PS_DUE}:{key}": day for key, day in state.ps_due.items() if key not in told}
    over = state.ends_before
    if over is not None:
        asked = {key: over if key in told else min(day, over) for key, day in state.ps_due.items()}
        days = {f"{PS_DUE}:{key}": day for key, day in asked.items()}
    if WHOLE in state.ps_due and not state.uncovered:
        days[f"{PS_DUE}:{WHOLE}"] = max(state.parts_from.values(), default=state.ps_due[WHOLE])
    return days


def evidence(state: Scope, day: date) -> ScopeEvidence | None:
    """What a pool needs to know of a scope on a day; None when there is no such scope."""
    if not state.scope_id:
        return None
    period = period_of(state.calendar, day)
    facilities = tuple(one for one in state.facilities if state.holds(one, day))
    not_ceased = [one for one in state.activities if state.ceased.get(one, NOT_YET) > day]
    does = tuple(one for one in not_ceased if state.begins.get(one, day) <= day)
    stages = stages_of(state.activities)
    awaiting = not facilities and any(
        one in state.awaited or state.added.get(one, day) > day
        for one in state.facilities
        if one not in state.left
    )
    works = stages_of(does) if facilities or not (state.left or awaiting) else frozenset()
    later = tuple(one for one in not_ceased if one not in does)
    coming = stages if awaiting else stages_of(later)
    return ScopeEvidence(
        scope_id=state.scope_id,
        member_id=state.member_id,
        entity_id=state.entity_id,
        name=state.name,
        address=state.address,
        facilities=facilities,
        ps_later=tuple(
            one for one in facilities if state.awaits_ps(one, day) or not state.asked_each
        ),
        stages=tuple(sorted(stages)),
        idle=tuple(sorted(stages - works)),
        vacant=bool(state.left) and not facilities,
        awaits=tuple(sorted(coming - works)),
        awaiting=awaiting,
        activities=does,
        period=period.starts_on if period else None,
        ends_on=period.ends_on if period else None,
        next_period=period.ends_on + ONE_DAY if period else None,
        suspended_from=state.suspended_from,
        reinstated_from=state.reinstated_from,
        suspended_before=state.suspended_before,
        ends_before=state.ends_before,
        switched=switched_at(state.calendar, day) if state.ends_before is not None else None,
        to_scope_id=state.to_scope_id,
        ps_pending=state.awaits_ps(WHOLE, day),
        contractors=contractors_on(state.hired, day),
        stakes=stakes_on(state.shares, day),
    )
