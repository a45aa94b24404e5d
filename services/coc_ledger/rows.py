"""What the service remembers in rows, as evidence and for queries: scopes, pools, documents, and
what membership says of members, entities and facilities. Pure.

Rows are folds of events: rebuilt, they are the same.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from contracts import coc, facilities, membership
from contracts.coc_calendar import PeriodChanged
from contracts.coc_scopes import PsObligationEnded
from contracts.envelope import Event, Recorded
from infra.readmodel import Projection

from .accounting.own_emissions import RESULTS
from .documents.check_rows import CHECK_PROJECTIONS
from .documents.rows import CLAIM_PARTS, DOCUMENTS
from .evidence import suspended_on
from .movements.kept import MovementRow, movement_key, movement_of
from .movements.unlooked import UNLOOKED
from .pools.day_rows import DayRow
from .pools.rows import POOL_PROJECTIONS, PoolRow
from .scopes.certificates import CERTIFICATES
from .scopes.lacks import Spells, shortened, spells
from .scopes.state import suspended_since
from .traces.passage_rows import PASSAGES

__all__ = [
    "DayRow",
    "EntityRow",
    "FacilityRow",
    "MemberRow",
    "MovementRow",
    "PoolRow",
    "ScopeRow",
    "movement_key",
    "movement_of",
]


class MemberRow(NamedTuple):
    """When a member joined."""

    member_id: str
    joined_on: date


class EntityRow(NamedTuple):
    """Whose an entity is."""

    entity_id: str
    member_id: str


class FacilityRow(NamedTuple):
    """Whose a facility is, what it does, and its last word: the position of what told it. `gone`:
    the entities that had it before, each with the first day without it."""

    facility_id: str
    entity_id: str
    activities: tuple[str, ...]
    closed_on: date | None
    position: int
    gone: dict[str, str]


class ScopeRow(NamedTuple):
    """A scope as it stands; `calendar` are (first day, months), `suspended_before` earlier times
    without claims; `left` are facilities that were in it."""

    scope_id: str
    member_id: str
    entity_id: str
    name: str
    facilities: tuple[str, ...]
    activities: tuple[str, ...]
    calendar: tuple[tuple[str, int], ...]
    opened_on: date
    ps_due: dict[str, str]
    suspended_from: date | None
    reinstated_from: date | None
    ends_before: date | None
    to_scope_id: str | None
    suspended_before: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()

    def suspended(self, day: date) -> bool:
        """Whether nothing may be claimed on a day."""
        last = self.suspended_from, self.reinstated_from
        return suspended_on(day, last, self.spells_before)

    @property
    def spells_before(self) -> Spells:
        """`suspended_before` as days."""
        told = self.suspended_before
        return tuple((date.fromisoformat(one), date.fromisoformat(end)) for one, end in told)


# --- scopes ---

SCOPE_EVENTS = (
    coc.ScopeOpened,
    coc.ScopeFacilityAdded,
    coc.ScopeFacilityLeft,
    coc.PsObligationMet,
    PsObligationEnded,
    coc.ScopeSuspended,
    coc.ScopeReinstated,
    PeriodChanged,
    coc.ScopeTransferApproved,
)


def _scope_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.scope_id,) if isinstance(event, SCOPE_EVENTS) else ()


def _scope(key: str, row: ScopeRow | None, recorded: Recorded) -> ScopeRow | None:
    event = recorded.event
    if isinstance(event, coc.ScopeOpened):
        due = {"": event.ps_due_on.isoformat()} if event.ps_due_on else {}
        return ScopeRow(
            event.scope_id,
            event.member_id,
            event.entity_id,
            event.name,
            event.facilities,
            tuple(one.value for one in event.activities),
            ((event.starts_on.isoformat(), event.months),),
            event.opened_on,
            due,
            None,
            None,
            None,
            None,
        )
    if row is None:
        return None
    match event:
        case coc.ScopeFacilityAdded():
            more = {event.facility_id: event.ps_due_on.isoformat()} if event.ps_due_on else {}
            added = dict.fromkeys((*row.activities, *(one.value for one in event.activities)))
            return row._replace(
                facilities=(*row.facilities, event.facility_id),
                activities=tuple(added),
                ps_due={**row.ps_due, **more},
            )
        case coc.ScopeFacilityLeft():
            return _without(row, event.facility_id)
        case coc.PsObligationMet() | PsObligationEnded():
            met = event.facility_id or ""
            left = {name: day for name, day in row.ps_due.items() if name != met}
            return row._replace(ps_due=left)
        case coc.ScopeSuspended():
            told = _told(spells(row.suspended_from, row.reinstated_from, ()))
            return row._replace(
                suspended_from=suspended_since(row.suspended_from, row.reinstated_from, event),
                reinstated_from=None,
                suspended_before=(*row.suspended_before, *told),
            )
        case coc.ScopeReinstated():
            if event.since is None:
                return row._replace(reinstated_from=event.effective_on)
            before = shortened(row.spells_before, event.since, event.effective_on)
            return row._replace(suspended_before=_told(before))
        case PeriodChanged():
            course, until = (event.starts_on.isoformat(), event.months), event.replaces
            kept = [one for one in row.calendar if until is None or one[0] < until.isoformat()]
            return row._replace(calendar=(*kept, course))
        case coc.ScopeTransferApproved():
            return row._replace(ends_before=event.effective_on, to_scope_id=event.to_scope_id)
        case _:
            return row


def _without(row: ScopeRow, gone: str) -> ScopeRow:
    return row._replace(
        facilities=tuple(one for one in row.facilities if one != gone),
        left=(*row.left, gone),
        ps_due={name: day for name, day in row.ps_due.items() if name != gone},
    )


def _told(times: Spells) -> tuple[tuple[str, str], ...]:
    return tuple((since.isoformat(), until.isoformat()) for since, until in times)


# --- what membership tells ---


def _member_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.member_id,) if isinstance(event, membership.MemberJoined) else ()


def _member(key: str, row: MemberRow | None, recorded: Recorded) -> MemberRow | None:
    event = recorded.event
    return MemberRow(key, event.joined_on) if isinstance(event, membership.MemberJoined) else row


def _entity_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.entity_id,) if isinstance(event, facilities.EntityRegistered) else ()


def _entity(key: str, row: EntityRow | None, recorded: Recorded) -> EntityRow | None:
    event = recorded.event
    return (
        EntityRow(key, event.member_id) if isinstance(event, facilities.EntityRegistered) else row
    )


FACILITY_EVENTS = (
    facilities.FacilityRegistered,
    facilities.FacilityChanged,
    facilities.FacilityTransferred,
    facilities.FacilityClosed,
)


def _facility_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.facility_id,) if isinstance(event, FACILITY_EVENTS) else ()


def _facility(key: str, row: FacilityRow | None, recorded: Recorded) -> FacilityRow | None:
    event, position = recorded.event, recorded.envelope.position
    match event:
        case facilities.FacilityRegistered() | facilities.FacilityChanged():
            does = tuple(one.value for one in event.activities)
            gone = row.gone if row else {}
            return FacilityRow(key, event.entity_id, does, row and row.closed_on, position, gone)
        case facilities.FacilityTransferred():
            if row is None:
                return None
            gone = {**row.gone, event.from_entity_id: event.effective_on.isoformat()}
            return row._replace(entity_id=event.entity_id, position=position, gone=gone)
        case facilities.FacilityClosed():
            return row and row._replace(closed_on=event.effective_on, position=position)
        case _:
            return row


def _takes(*events: type[Event]) -> frozenset[type[Event]]:
    return frozenset(events)


PROJECTIONS: tuple[Projection, ...] = (
    Projection(
        "scopes",
        3,
        ScopeRow,
        _scope_keys,
        _scope,
        (("member_id", "scope_id"), ("entity_id",)),
        _takes(*SCOPE_EVENTS),
    ),
    *POOL_PROJECTIONS,
    UNLOOKED,
    PASSAGES,
    DOCUMENTS,
    CLAIM_PARTS,
    *CHECK_PROJECTIONS,
    CERTIFICATES,
    RESULTS,
    Projection("members", 1, MemberRow, _member_keys, _member, (), _takes(membership.MemberJoined)),
    Projection(
        "entities", 1, EntityRow, _entity_keys, _entity, (), _takes(facilities.EntityRegistered)
    ),
    Projection(
        "facilities", 2, FacilityRow, _facility_keys, _facility, (), _takes(*FACILITY_EVENTS)
    ),
)
