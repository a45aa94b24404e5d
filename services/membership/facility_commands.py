"""What may be asked of a facility's stream: by people, by imports, by reactions. Pure."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.values import (
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
from infra.decider import Command

from .evidence import EntityEvidence


class FacilityBound(Command):
    """Base of all commands to `facility/<id>`, given for the member that owns it."""

    facility_id: FacilityId
    member_id: MemberId

    @property
    def stream(self) -> str:
        return f"facility/{self.facility_id}"


class FacilityContent(FacilityBound):
    """Base of those that carry the whole content. `entity` is what is known of `entity_id`."""

    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "entity"})
    entity_id: EntityId
    name: Name
    activities: Annotated[tuple[Activity, ...], Field(max_length=50)]
    location: Location
    control: Control = Control()
    operating: bool = True
    start_year: Annotated[int, Field(ge=1850, le=2200)] | None = None
    capacity_t_per_year: Annotated[PlainDecimal, Field(ge=0)] | None = None
    entity: EntityEvidence | None = None


class RegisterFacility(FacilityContent):
    """A new facility."""

    NAME: ClassVar[str] = "register_facility"


class DeclareFacility(FacilityContent):
    """This is how the facility is: registered, changed, or already so. For imports."""

    NAME: ClassVar[str] = "declare_facility"


class ChangeFacility(FacilityContent):
    """The facility, as it is now."""

    NAME: ClassVar[str] = "change_facility"


class OfferTransfer(FacilityBound):
    """Offer the facility to another entity, perhaps of another member."""

    NAME: ClassVar[str] = "offer_transfer"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "to_entity"})
    transfer_id: Id
    to_entity_id: EntityId
    to_member_id: MemberId
    to_entity: EntityEvidence | None = None


class WithdrawTransfer(FacilityBound):
    """Take an offer back while it waits for its answer."""

    NAME: ClassVar[str] = "withdraw_transfer"
    transfer_id: Id


class CompleteTransfer(FacilityBound):
    """Internal: the entity accepted. `member_id` is the receiver, `effective_on` the answer's."""

    NAME: ClassVar[str] = "complete_transfer"
    transfer_id: Id
    entity_id: EntityId
    effective_on: date


class CompleteReturn(FacilityBound):
    """Internal: the entity returned it. `member_id` is the receiver."""

    NAME: ClassVar[str] = "complete_return"
    transfer_id: Id
    entity_id: EntityId
    effective_on: date
    reason: Id


class ProposeClosure(FacilityBound):
    """A file that lists all facilities did not list this one: let somebody decide."""

    NAME: ClassVar[str] = "propose_closure"
    import_id: Id


class ProposeStranded(FacilityBound):
    """Internal: the facility came to be in an entity that closed at the same time. `member_id` is
    the owner then; `entity_id` the entity."""

    NAME: ClassVar[str] = "propose_stranded"
    entity_id: EntityId


class DismissClosure(FacilityBound):
    """Keep the facility: the proposal to close it is off the list."""

    NAME: ClassVar[str] = "dismiss_closure"


class CloseFacility(FacilityBound):
    """The facility is no more, or no more the member's."""

    NAME: ClassVar[str] = "close_facility"
    reason: Id = "closed"
