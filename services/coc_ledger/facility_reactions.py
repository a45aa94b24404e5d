"""What the ledger does by itself when membership tells that a facility went, or was closed, and
when a scope goes over into another one: what comes along. Pure.

It leaves every scope of its old entity on that day. A scope that got it while the news was on its
way loses it again. Rules: sources.md 5.6 (7).
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, assert_never

from contracts.coc import (
    ContractorDelisted,
    ContractorListed,
    DueDiligenceRecorded,
    ScopeFacilityAdded,
    ScopeOpened,
    ScopeTransferApproved,
)
from contracts.coc_scopes import JointVentureEnded, JointVentureListed
from contracts.envelope import Recorded
from contracts.facilities import FacilityClosed, FacilityTransferred
from contracts.values import Activity
from infra.decider import Command, Lookup, Reaction

from .reactions import recorded_on
from .rows import FacilityRow, ScopeRow
from .scopes.commands import NoteFacilityLeft, TakeFacilities, TakePartners

Partner = (
    ContractorListed
    | ContractorDelisted
    | JointVentureListed
    | JointVentureEnded
    | DueDiligenceRecorded
)


def leave_scopes(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A facility of another entity, or a closed one, is in no scope of its old entity."""
    event, on = recorded.event, recorded_on(recorded)
    if isinstance(event, (FacilityTransferred, FacilityClosed)):
        row: FacilityRow | None = rows("facilities", event.facility_id)
        if row is None:
            return ()
        gone = isinstance(event, FacilityTransferred)
        entity_id = (
            event.from_entity_id if isinstance(event, FacilityTransferred) else row.entity_id
        )
        scopes: Sequence[ScopeRow] = rows("scopes", {"entity_id": entity_id})
        because: Literal["transferred", "closed"] = "transferred" if gone else "closed"
        return [
            _left(on, one, row, event.effective_on, because, rows)
            for one in scopes
            if event.facility_id in one.facilities
        ]
    if isinstance(event, ScopeOpened):
        return _late(on, event.scope_id, event.facilities, event.opened_on, rows)
    if isinstance(event, ScopeFacilityAdded):
        return _late(on, event.scope_id, (event.facility_id,), event.added_on, rows)
    return ()


def _late(
    on: date, scope_id: str, facilities: Iterable[str], since: date, rows: Lookup
) -> Sequence[Command]:
    """For facilities of which more was told before they came into a scope than it knew."""
    scope: ScopeRow | None = rows("scopes", scope_id)
    commands: list[Command] = []
    for facility_id in facilities:
        row: FacilityRow | None = rows("facilities", facility_id)
        if scope is None or row is None:
            continue
        if row.entity_id != scope.entity_id:
            went = date.fromisoformat(row.gone.get(scope.entity_id, since.isoformat()))
            commands.append(_left(on, scope, row, max(since, went), "transferred", rows))
        elif row.closed_on is not None:
            commands.append(_left(on, scope, row, max(since, row.closed_on), "closed", rows))
    return commands


def still_there(on: date, scopes: Iterable[ScopeRow], rows: Lookup) -> Sequence[Command]:
    """For facilities that are in a scope although membership told otherwise: that was heard of by a
    build that did not ask. They leave on the day on which they went."""
    return [
        command
        for scope in scopes
        for command in _late(on, scope.scope_id, scope.facilities, scope.opened_on, rows)
    ]


def _left(
    on: date,
    scope: ScopeRow,
    row: FacilityRow,
    effective_on: date,
    because: Literal["transferred", "closed"],
    rows: Lookup,
) -> NoteFacilityLeft:
    others: list[FacilityRow | None] = [
        rows("facilities", one) for one in scope.facilities if one != row.facility_id
    ]
    there = [
        one
        for one in others
        if one is not None
        and one.entity_id == scope.entity_id
        and (one.closed_on is None or one.closed_on > effective_on)
    ]
    still = {name for one in there for name in one.activities}
    return NoteFacilityLeft(
        on=on,
        scope_id=scope.scope_id,
        member_id=scope.member_id,
        facility_id=row.facility_id,
        effective_on=effective_on,
        because=because,
        activities=tuple(Activity(one) for one in row.activities if one not in still),
    )


def hand_over(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A scope goes over into one that was opened to take it over: its facilities come along. The
    other stream tells whether it was; rows need not have heard of it."""
    event = recorded.event
    if not isinstance(event, ScopeTransferApproved):
        return ()
    return [
        TakeFacilities(
            on=recorded_on(recorded),
            scope_id=event.to_scope_id,
            member_id=event.member_id,
            from_scope_id=event.scope_id,
            effective_on=event.effective_on,
        )
    ]


PARTNERS = (
    ContractorListed,
    ContractorDelisted,
    JointVentureListed,
    JointVentureEnded,
    DueDiligenceRecorded,
)


def hand_on(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """Who works for a scope, who has a share in it and whom it looked at goes over with it; so does
    what it is told of them afterwards."""
    event, on = recorded.event, recorded_on(recorded)
    if isinstance(event, ScopeTransferApproved):
        return [_partners(on, event.to_scope_id, event)]
    if not isinstance(event, PARTNERS):
        return ()
    row: ScopeRow | None = rows("scopes", event.scope_id)
    if row is None or row.to_scope_id is None:
        return ()
    return [_partners(on, row.to_scope_id, event, _named_in(event))]


def _partners(
    on: date, scope_id: str, event: ScopeTransferApproved | Partner, about: str | None = None
) -> TakePartners:
    return TakePartners(
        on=on,
        scope_id=scope_id,
        member_id=event.member_id,
        from_scope_id=event.scope_id,
        about=about,
    )


def _named_in(event: Partner) -> str:
    match event:
        case ContractorListed() | ContractorDelisted():
            return event.contractor_id
        case JointVentureListed() | JointVentureEnded():
            return event.holder_scope_id
        case DueDiligenceRecorded():
            return event.supplier_id
        case _:
            assert_never(event)


FACILITY_REACTIONS: tuple[Reaction, ...] = (
    Reaction(
        "leave_scopes",
        leave_scopes,
        frozenset({FacilityTransferred, FacilityClosed, ScopeOpened, ScopeFacilityAdded}),
    ),
    Reaction("hand_over", hand_over, frozenset({ScopeTransferApproved})),
    Reaction("hand_on", hand_on, frozenset({ScopeTransferApproved, *PARTNERS})),
)
