"""What the specifications of entities and facilities begin with."""

from datetime import date
from decimal import Decimal

from contracts.facilities import EntityRegistered, FacilityRegistered
from contracts.values import Activity, Control, Location
from services.membership import entity, facility
from services.membership.evidence import EntityEvidence, MemberEvidence
from services.membership.facility_commands import (
    ChangeFacility,
    DeclareFacility,
    OfferTransfer,
    RegisterFacility,
)
from tests.rules.membership.given import POLICIES
from tests.rules.spec import Given, Spec

ON = date(2024, 6, 3)
ENTITY = Spec(entity, POLICIES)
FACILITY = Spec(facility, POLICIES)
WHERE = Location(
    country="NO", subdivision="NO-46", latitude=Decimal("59.9"), longitude=Decimal("6.6")
)
MEMBER = MemberEvidence(member_id="M1", standing="active", known_through=40)


def known(entity_id: str = "E1", member_id: str = "M1", *, is_open: bool = True) -> EntityEvidence:
    """An entity as the server finds it."""
    return EntityEvidence(entity_id=entity_id, member_id=member_id, open=is_open, known_through=41)


def register(
    evidence: EntityEvidence | None = None, on: date = ON, **content: object
) -> RegisterFacility:
    """F1, a smelter in entity E1 of member M1."""
    return RegisterFacility.model_validate(
        {**SMELTER, "on": on, "entity": evidence or known(), **content}
    )


def declare(
    evidence: EntityEvidence | None = None, on: date = ON, **content: object
) -> DeclareFacility:
    """The same, as an import says it."""
    return DeclareFacility.model_validate(register(evidence, on, **content).model_dump())


def change(
    evidence: EntityEvidence | None = None, on: date = ON, **content: object
) -> ChangeFacility:
    """The same, as a change."""
    return ChangeFacility.model_validate(register(evidence, on, **content).model_dump())


def offer(
    transfer_id: str = "T1",
    evidence: EntityEvidence | None = None,
    on: date = ON,
    **content: object,
) -> OfferTransfer:
    """F1 offered to entity E2 of member M2."""
    return OfferTransfer.model_validate(
        {
            "on": on,
            "facility_id": "F1",
            "member_id": "M1",
            "transfer_id": transfer_id,
            "to_entity_id": "E2",
            "to_member_id": "M2",
            "to_entity": evidence or known("E2", "M2"),
            **content,
        }
    )


SMELTER: dict[str, object] = {
    "facility_id": "F1",
    "member_id": "M1",
    "entity_id": "E1",
    "name": "North Smelter",
    "activities": (Activity.SMELTING, Activity.CASTHOUSE),
    "location": WHERE,
    "start_year": 1971,
    "capacity_t_per_year": Decimal("185000"),
}
REGISTERED = FacilityRegistered(
    facility_id="F1",
    member_id="M1",
    entity_id="E1",
    name="North Smelter",
    activities=(Activity.SMELTING, Activity.CASTHOUSE),
    location=WHERE,
    control=Control(),
    operating=True,
    start_year=1971,
    capacity_t_per_year=Decimal("185000"),
    registered_on=ON,
    known_through=41,
)
ENTITY_REGISTERED = EntityRegistered(
    entity_id="E1",
    member_id="M1",
    name="North Metals",
    country="NO",
    registered_on=ON,
    known_through=40,
)


def smelter() -> Given:
    """F1 as registered."""
    return FACILITY.given(REGISTERED)
