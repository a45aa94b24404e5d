"""Entities and facilities of a member: what a group is made of and what a certificate covers.

Source: sources.md 1.6. Streams: `entity/<id>`, `facility/<id>`, both of the membership service.
Every date is a UTC day; `effective_on` is the day from which something holds. `known_through` is
the evidence behind a decision that looked at another stream: the position through which it was
known.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from .envelope import Event
from .values import (
    Activity,
    Control,
    EntityId,
    FacilityId,
    Id,
    Location,
    MemberId,
    Name,
    PlainDecimal,
)

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Activities = tuple[Activity, ...]
Position = Annotated[int, Field(ge=0)]


class EntityRegistered(Event):
    TYPE: ClassVar[str] = "membership.entity_registered.v1"
    entity_id: EntityId
    member_id: MemberId
    name: Name
    country: Country
    registered_on: date
    known_through: Position | None = None


class EntityChanged(Event):
    TYPE: ClassVar[str] = "membership.entity_changed.v1"
    entity_id: EntityId
    member_id: MemberId
    name: Name
    country: Country
    effective_on: date


class EntityClosed(Event):
    """No facility is left in it, and none enters any more."""

    TYPE: ClassVar[str] = "membership.entity_closed.v1"
    entity_id: EntityId
    member_id: MemberId
    effective_on: date
    known_through: Position | None = None


class EntityAcceptedTransfer(Event):
    """The receiving entity takes the facility: the answer that lets the transfer happen."""

    TYPE: ClassVar[str] = "membership.entity_accepted_transfer.v1"
    entity_id: EntityId
    member_id: MemberId
    facility_id: FacilityId
    transfer_id: Id
    effective_on: date
    known_through: Position | None = None


class EntityReturnedTransfer(Event):
    TYPE: ClassVar[str] = "membership.entity_returned_transfer.v1"
    entity_id: EntityId
    member_id: MemberId
    facility_id: FacilityId
    transfer_id: Id
    effective_on: date
    reason: Id


class FacilityRegistered(Event):
    TYPE: ClassVar[str] = "membership.facility_registered.v1"
    facility_id: FacilityId
    member_id: MemberId
    entity_id: EntityId
    name: Name
    activities: Activities
    location: Location
    control: Control
    operating: bool
    start_year: Annotated[int, Field(ge=1850, le=2200)] | None = None
    capacity_t_per_year: Annotated[PlainDecimal, Field(ge=0)] | None = None
    registered_on: date
    known_through: Position | None = None


class FacilityChanged(Event):
    """What is known of the facility now, whole: no field has to be remembered from before."""

    TYPE: ClassVar[str] = "membership.facility_changed.v1"
    facility_id: FacilityId
    member_id: MemberId
    entity_id: EntityId
    name: Name
    activities: Activities
    location: Location
    control: Control
    operating: bool
    start_year: Annotated[int, Field(ge=1850, le=2200)] | None = None
    capacity_t_per_year: Annotated[PlainDecimal, Field(ge=0)] | None = None
    effective_on: date
    known_through: Position | None = None


class FacilityTransferOffered(Event):
    """`answer_by` is the last day on which the receiver's answer counts."""

    TYPE: ClassVar[str] = "membership.facility_transfer_offered.v1"
    facility_id: FacilityId
    member_id: MemberId
    transfer_id: Id
    from_entity_id: EntityId
    to_entity_id: EntityId
    to_member_id: MemberId
    offered_on: date
    answer_by: date
    known_through: Position | None = None


class FacilityTransferred(Event):
    TYPE: ClassVar[str] = "membership.facility_transferred.v1"
    facility_id: FacilityId
    transfer_id: Id
    from_entity_id: EntityId
    from_member_id: MemberId
    entity_id: EntityId
    member_id: MemberId
    effective_on: date


class FacilityTransferReturned(Event):
    """The facility stays: returned by the receiver (with a reason), withdrawn by the member that
    offered it, or expired unanswered."""

    TYPE: ClassVar[str] = "membership.facility_transfer_returned.v1"
    facility_id: FacilityId
    member_id: MemberId
    transfer_id: Id
    effective_on: date
    because: Literal["returned", "withdrawn", "expired"]
    reason: Id | None = None


class FacilityClosureProposed(Event):
    """Someone must decide on this facility: a synchronising import (`import_id`) did not list it,
    or its entity has closed: then it closes, or moves to another entity."""

    TYPE: ClassVar[str] = "membership.facility_closure_proposed.v1"
    facility_id: FacilityId
    member_id: MemberId
    import_id: Id | None = None
    proposed_on: date
    because: Literal["not_listed", "entity_closed"] = "not_listed"


class FacilityClosureDismissed(Event):
    """The facility is kept: a proposal to close it is off the list."""

    TYPE: ClassVar[str] = "membership.facility_closure_dismissed.v1"
    facility_id: FacilityId
    member_id: MemberId
    dismissed_on: date


class FacilityClosed(Event):
    TYPE: ClassVar[str] = "membership.facility_closed.v1"
    facility_id: FacilityId
    member_id: MemberId
    effective_on: date
    reason: Id


EVENTS: tuple[type[Event], ...] = (
    EntityRegistered,
    EntityChanged,
    EntityClosed,
    EntityAcceptedTransfer,
    EntityReturnedTransfer,
    FacilityRegistered,
    FacilityChanged,
    FacilityTransferOffered,
    FacilityTransferred,
    FacilityTransferReturned,
    FacilityClosureProposed,
    FacilityClosureDismissed,
    FacilityClosed,
)
