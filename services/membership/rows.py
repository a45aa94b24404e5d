"""Current rows of entities and facilities, folded from published events alone. Pure.

`version` and `position` are those of the last published event that the row has seen, so a group's
own system can compare page by page what changed. Decimals are text.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts import facilities
from contracts.envelope import Recorded
from contracts.values import plain
from infra.readmodel import Projection

from .member_rows import MEMBERS, MemberRow

__all__ = ["PROJECTIONS", "EntityRow", "FacilityRow", "MemberRow"]


class EntityRow(NamedTuple):
    """An entity. `state`: `open`, `closed`."""

    entity_id: str
    member_id: str
    name: str
    country: str
    state: str
    registered_on: date
    closed_on: date | None
    version: int
    position: int


class FacilityRow(NamedTuple):
    """A facility, its content whole. `state`: `open`, `closed`. While it is offered, `transfer_id`
    and the `offered_` columns say to whom; `closure_proposed`: why somebody should decide on it,
    `not_listed` by the import `closure_proposed_by`, or `entity_closed`."""

    facility_id: str
    member_id: str
    entity_id: str
    name: str
    activities: tuple[str, ...]
    country: str
    subdivision: str | None
    latitude: str | None
    longitude: str | None
    control_basis: str
    share_percent: str
    operating: bool
    start_year: int | None
    capacity_t_per_year: str | None
    state: str
    registered_on: date
    closed_on: date | None
    transfer_id: str | None
    offered_to_entity_id: str | None
    offered_to_member_id: str | None
    answer_by: date | None
    closure_proposed: str | None
    closure_proposed_by: str | None
    version: int
    position: int


# --- entities ---


def _entity_keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case (
            facilities.EntityRegistered()
            | facilities.EntityChanged()
            | facilities.EntityClosed()
            | facilities.EntityAcceptedTransfer()
            | facilities.EntityReturnedTransfer() as event
        ):
            return (event.entity_id,)
        case _:
            return ()


def _entity(key: str, row: EntityRow | None, recorded: Recorded) -> EntityRow | None:
    at = recorded.envelope
    match recorded.event:
        case facilities.EntityRegistered() as event:
            row = EntityRow(
                entity_id=event.entity_id,
                member_id=event.member_id,
                name=event.name,
                country=event.country,
                state="open",
                registered_on=event.registered_on,
                closed_on=None,
                version=0,
                position=0,
            )
        case facilities.EntityChanged() as event if row:
            row = row._replace(name=event.name, country=event.country)
        case facilities.EntityClosed() as event if row:
            row = row._replace(state="closed", closed_on=event.effective_on)
        case _:
            pass
    return row and row._replace(version=at.version, position=at.position)


# --- facilities ---


def _facility_keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case (
            facilities.FacilityRegistered()
            | facilities.FacilityChanged()
            | facilities.FacilityTransferOffered()
            | facilities.FacilityTransferred()
            | facilities.FacilityTransferReturned()
            | facilities.FacilityClosureProposed()
            | facilities.FacilityClosureDismissed()
            | facilities.FacilityClosed() as event
        ):
            return (event.facility_id,)
        case _:
            return ()


def _facility(key: str, row: FacilityRow | None, recorded: Recorded) -> FacilityRow | None:
    at = recorded.envelope
    match recorded.event:
        case facilities.FacilityRegistered() as event:
            row = _with_content(_registered(event), event)
        case facilities.FacilityChanged() as event if row:
            row = _with_content(row, event)
        case facilities.FacilityTransferOffered() as event if row:
            row = row._replace(
                transfer_id=event.transfer_id,
                offered_to_entity_id=event.to_entity_id,
                offered_to_member_id=event.to_member_id,
                answer_by=event.answer_by,
            )
        case facilities.FacilityTransferred() as event if row:
            row = _not_proposed(_no_offer(row))._replace(
                member_id=event.member_id, entity_id=event.entity_id
            )
        case facilities.FacilityTransferReturned() if row:
            row = _no_offer(row)
        case facilities.FacilityClosureProposed() as event if row:
            row = row._replace(closure_proposed=event.because, closure_proposed_by=event.import_id)
        case facilities.FacilityClosureDismissed() if row:
            row = _not_proposed(row)
        case facilities.FacilityClosed() as event if row:
            row = _not_proposed(row)._replace(state="closed", closed_on=event.effective_on)
        case _:
            pass
    return row and row._replace(version=at.version, position=at.position)


def _registered(event: facilities.FacilityRegistered) -> FacilityRow:
    return FacilityRow(
        facility_id=event.facility_id,
        member_id=event.member_id,
        entity_id=event.entity_id,
        name=event.name,
        activities=(),
        country=event.location.country,
        subdivision=None,
        latitude=None,
        longitude=None,
        control_basis=event.control.basis.value,
        share_percent="",
        operating=event.operating,
        start_year=None,
        capacity_t_per_year=None,
        state="open",
        registered_on=event.registered_on,
        closed_on=None,
        transfer_id=None,
        offered_to_entity_id=None,
        offered_to_member_id=None,
        answer_by=None,
        closure_proposed=None,
        closure_proposed_by=None,
        version=0,
        position=0,
    )


def _with_content(
    row: FacilityRow, event: facilities.FacilityRegistered | facilities.FacilityChanged
) -> FacilityRow:
    where, control = event.location, event.control
    return row._replace(
        entity_id=event.entity_id,
        name=event.name,
        activities=tuple(activity.value for activity in event.activities),
        country=where.country,
        subdivision=where.subdivision,
        latitude=_text(where.latitude),
        longitude=_text(where.longitude),
        control_basis=control.basis.value,
        share_percent=plain(control.share_percent),
        operating=event.operating,
        start_year=event.start_year,
        capacity_t_per_year=_text(event.capacity_t_per_year),
    )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def _no_offer(row: FacilityRow) -> FacilityRow:
    return row._replace(
        transfer_id=None, offered_to_entity_id=None, offered_to_member_id=None, answer_by=None
    )


def _not_proposed(row: FacilityRow) -> FacilityRow:
    return row._replace(closure_proposed=None, closure_proposed_by=None)


PROJECTIONS: tuple[Projection, ...] = (
    MEMBERS,
    Projection("entities", 1, EntityRow, _entity_keys, _entity, (("member_id", "entity_id"),)),
    Projection(
        "facilities",
        2,
        FacilityRow,
        _facility_keys,
        _facility,
        (
            ("member_id", "facility_id"),
            ("entity_id", "state"),
            ("offered_to_member_id",),
            ("member_id", "closure_proposed"),
        ),
    ),
)
