"""What a decision on a facility-year rests on that its own stream does not say. Pure.

Evidence is a field of a command that the server fills in (`domain.fill`). What membership says of
a facility is read from rows, which may lag by a moment: refusals of that kind say so.
"""

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.bought import AnodesIn, BoughtMetal
from contracts.ghg import (
    Amount,
    Count,
    Finding,
    Intensity,
    Number,
    OwnFactor,
    PfcMeasured,
    PrimaryMetal,
    Sha256,
    StepTotal,
)
from contracts.inventory import BoughtFrom, MetalIn
from contracts.values import (
    Activity,
    EntityId,
    FacilityId,
    Id,
    Location,
    MemberId,
    PlainDecimal,
    Value,
)
from infra.errors import Refused

MOMENTS = "; if that was recorded moments ago, ask again"


class FacilityEvidence(Value):
    """A facility as membership tells it."""

    facility_id: FacilityId
    member_id: MemberId
    entity_id: EntityId
    location: Location
    activities: tuple[Activity, ...] = ()
    start_year: int | None = None
    closed_on: date | None = None


class Engagement(Value):
    """An organisation prepared data for the member: last on this day."""

    organisation_id: Id
    last_on: date


class AnswerReplaced(Value):
    """A supplier's answer that was taken before and does not stand in data that come in: of which
    request, and what is said of it."""

    request_id: Id
    supplier_id: Id
    item: Id
    scrap_kind: Id | None = None
    sentence: Annotated[str, Field(max_length=600)]


class Chunk(Value):
    """A part of a version's activity data: column names once, then the rows as one text (written
    and read by `packing`)."""

    columns: tuple[str, ...]
    rows: str


class Packed(Value):
    """A whole version of activity data: its chunks in order, under one hash; and the certificates
    for power that it names, the first of very many."""

    chunks: Annotated[tuple[Chunk, ...], Field(min_length=1)]
    data_hash: Sha256
    lines: Count
    pfc_measured_on: date | None = None
    pfc_measurements: tuple[PfcMeasured, ...] = ()
    certificates: tuple[Id, ...] = ()


class Calculated(Value):
    """What a calculation gave, and what it was pinned to: everything of a result but its number.
    Made outside the writer (`reckoning`)."""

    data_version: Number
    data_hash: Sha256
    lines: Count
    as_of: date
    gwp_set: Id
    pfc_set: Id
    factor_sets: tuple[Id, ...]
    policy_id: Id
    engine: Id
    working_hash: Sha256
    totals: tuple[StepTotal, ...]
    outputs: tuple[Amount, ...]
    energy: tuple[Amount, ...]
    intensities: tuple[Intensity, ...]
    primary_share: PlainDecimal | None = None
    uncertainty_percent: PlainDecimal | None = None
    findings: tuple[Finding, ...]
    findings_count: Count
    blocking: tuple[Id, ...]
    factors: tuple[OwnFactor, ...] = ()
    primary_metal: PrimaryMetal | None = None
    bought_metal: BoughtMetal | None = None
    brought_along: tuple[StepTotal, ...] | None = None
    metal_left_t: PlainDecimal | None = None
    bought_of: tuple[BoughtFrom, ...] = ()
    products_left: tuple[Amount, ...] | None = None
    metal_in: tuple[MetalIn, ...] | None = None
    anodes_in: tuple[AnodesIn, ...] | None = None


def owned(
    facility_id: FacilityId, member_id: MemberId, facility: FacilityEvidence | None
) -> FacilityEvidence:
    """The facility, if it is there and the member's; refused `unknown-facility` either way, so
    that nobody learns of another's."""
    if facility is None or facility.member_id != member_id:
        raise Refused(
            "unknown-facility",
            f"{member_id} has no facility {facility_id}{MOMENTS}.",
            facility_id=facility_id,
            member_id=member_id,
        )
    return facility
