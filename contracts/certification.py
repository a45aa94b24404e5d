"""What the world may know: certificates, duties and disclosures, in one public order.

Published by `certification` to `castmark.certification` (one partition: position is the total
order). Reasons, approvers and reminders stay inside. Streams: `certificate/<id>`, `duty/<member>`,
`disclosure/<facility>:<year>`.
The envelope's `causation_id` names the internal event that made it so.

`status` is that of the certificate on the day from which the event holds: `valid_from` of a grant,
`effective_on` of the others. A day may be long past: what was recorded late is published late.
"""

from datetime import date
from typing import ClassVar, Literal

from .envelope import Event
from .ghg import Amount, Intensity, Number, StepTotal, Year
from .inventory import BiogenicCo2
from .values import (
    CertificateId,
    CertificateType,
    CertificationStatus,
    DutyRule,
    EntityId,
    FacilityId,
    Id,
    MemberId,
    Standard,
)


class CertificateGranted(Event):
    """Valid from `valid_from` through `valid_to`; before that it is in process."""

    TYPE: ClassVar[str] = "certification.certificate_granted.v1"
    certificate_id: CertificateId
    member_id: MemberId
    entity_id: EntityId
    standard: Standard
    certificate_type: CertificateType
    facilities: tuple[FacilityId, ...]
    valid_from: date
    valid_to: date
    status: CertificationStatus
    replaces: CertificateId | None = None


class CertificateConverted(Event):
    """Provisional became full, and runs to another last day."""

    TYPE: ClassVar[str] = "certification.certificate_converted.v1"
    certificate_id: CertificateId
    member_id: MemberId
    certificate_type: CertificateType
    valid_to: date
    effective_on: date
    status: CertificationStatus


class CertificateSuspended(Event):
    TYPE: ClassVar[str] = "certification.certificate_suspended.v1"
    certificate_id: CertificateId
    member_id: MemberId
    effective_on: date
    status: CertificationStatus


class CertificateReinstated(Event):
    TYPE: ClassVar[str] = "certification.certificate_reinstated.v1"
    certificate_id: CertificateId
    member_id: MemberId
    effective_on: date
    status: CertificationStatus


class CertificateWithdrawn(Event):
    TYPE: ClassVar[str] = "certification.certificate_withdrawn.v1"
    certificate_id: CertificateId
    member_id: MemberId
    effective_on: date
    status: CertificationStatus


class CertificateExpired(Event):
    """`effective_on` is the first day without it, `valid_to` + 1. A conversion that was recorded
    late may follow, and the certificate holds on."""

    TYPE: ClassVar[str] = "certification.certificate_expired.v1"
    certificate_id: CertificateId
    member_id: MemberId
    effective_on: date
    status: CertificationStatus


class CertificateStatusCorrected(Event):
    """What was published before does not follow from the facts (a rule was mended, an event
    released late): on `effective_on` the status is this one."""

    TYPE: ClassVar[str] = "certification.certificate_status_corrected.v1"
    certificate_id: CertificateId
    member_id: MemberId
    effective_on: date
    status: CertificationStatus


class DutyStarted(Event):
    """`due_on` is the last day on which the duty can be met. Said again, the day has moved."""

    TYPE: ClassVar[str] = "certification.duty_started.v1"
    member_id: MemberId
    rule: DutyRule
    starts_on: date
    due_on: date


class DutyExtended(Event):
    TYPE: ClassVar[str] = "certification.duty_extended.v1"
    member_id: MemberId
    rule: DutyRule
    previous_due_on: date
    due_on: date


class DutyEnded(Event):
    TYPE: ClassVar[str] = "certification.duty_ended.v1"
    member_id: MemberId
    rule: DutyRule
    effective_on: date


class DutyMet(Event):
    """Met by a certificate, from `effective_on` on: later than `due_on` when it came late."""

    TYPE: ClassVar[str] = "certification.duty_met.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    certificate_id: CertificateId
    effective_on: date


class DutyReopened(Event):
    """What met the duty no longer does."""

    TYPE: ClassVar[str] = "certification.duty_reopened.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    effective_on: date


class DutyMissed(Event):
    """`effective_on` is the first day missed, `due_on` + 1, whenever it was noticed."""

    TYPE: ClassVar[str] = "certification.duty_missed.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    effective_on: date


class DutyMissRetracted(Event):
    """The miss published before never was."""

    TYPE: ClassVar[str] = "certification.duty_miss_retracted.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    effective_on: date


class DisclosurePublished(Event):
    """A facility's emissions and energy use by source of a calendar year, verified. A later one
    names the one that it corrects. `biogenic_co2` is the CO2 of biomass, which is in no total;
    older events do not tell it."""

    TYPE: ClassVar[str] = "certification.disclosure_published.v1"
    facility_id: FacilityId
    member_id: MemberId
    year: Year
    disclosure: Number
    totals: tuple[StepTotal, ...]
    energy: tuple[Amount, ...]
    intensities: tuple[Intensity, ...]
    gwp_set: Id
    verifier_id: Id
    accreditation: Id
    statement_ref: Id
    assurance: Literal["limited", "reasonable"]
    verified_on: date
    published_on: date
    corrects: Number | None = None
    biogenic_co2: BiogenicCo2 | None = None


class DisclosureOverdue(Event):
    """The last day of a year's disclosure passed without one."""

    TYPE: ClassVar[str] = "certification.disclosure_overdue.v1"
    facility_id: FacilityId
    member_id: MemberId
    year: Year
    due_on: date
    overdue_on: date


EVENTS: tuple[type[Event], ...] = (
    CertificateGranted,
    CertificateConverted,
    CertificateSuspended,
    CertificateReinstated,
    CertificateWithdrawn,
    CertificateExpired,
    CertificateStatusCorrected,
    DutyStarted,
    DutyExtended,
    DutyEnded,
    DutyMet,
    DutyReopened,
    DutyMissed,
    DutyMissRetracted,
    DisclosurePublished,
    DisclosureOverdue,
)
