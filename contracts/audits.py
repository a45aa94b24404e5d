"""Audits speak: what was audited and found, and what was decided on a certificate.

Source: sources.md section 2. Streams: `audit/<id>`, `certificate/<id>` of `audit_scheduling`.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .envelope import Event
from .values import (
    AuditId,
    AuditKind,
    CertificateId,
    CertificateType,
    EntityId,
    FacilityId,
    FindingClass,
    Id,
    Maturity,
    MemberId,
    NoteRef,
    PersonRef,
    Standard,
    Value,
)

Facilities = tuple[FacilityId, ...]
Count = Annotated[int, Field(ge=0)]


class Finding(Value):
    """A non-conformance: where one site fails, the whole scope does (sources.md 2.2, rule 4)."""

    finding_id: Id
    criterion: Id
    finding_class: FindingClass
    facility_id: FacilityId | None = None


Booker = Literal["operations", "firm"]


class AuditScheduled(Event):
    """The audit is booked. `facilities` are in order of their ids, each once. `booked_by` says who
    did: operations or the firm itself (older events do not say)."""

    TYPE: ClassVar[str] = "audits.audit_scheduled.v1"
    audit_id: AuditId
    member_id: MemberId
    entity_id: EntityId
    standard: Standard
    kind: AuditKind
    facilities: Facilities
    auditor_firm: Id
    starts_on: date
    ends_on: date
    certificate_id: CertificateId | None = None
    booked_by: Booker | None = None


class AuditCancelled(Event):
    """The audit will not take place: a plan ends here, another date is another audit. What it
    would have been is said again, so that no reader has to remember it."""

    TYPE: ClassVar[str] = "audits.audit_cancelled.v1"
    audit_id: AuditId
    member_id: MemberId
    entity_id: EntityId
    standard: Standard
    kind: AuditKind
    cancelled_on: date
    reason: Id
    certificate_id: CertificateId | None = None


class AuditConcluded(Event):
    """`certificate_id` names the certificate that a later audit (surveillance, ...) is about."""

    TYPE: ClassVar[str] = "audits.audit_concluded.v1"
    audit_id: AuditId
    member_id: MemberId
    entity_id: EntityId
    standard: Standard
    kind: AuditKind
    facilities: Facilities
    auditor_firm: Id
    lead_auditor: PersonRef
    started_on: date
    ended_on: date
    findings: tuple[Finding, ...]
    overall_maturity: Maturity | None = None
    certificate_id: CertificateId | None = None


class CertificateGranted(Event):
    """`valid_to` is the last valid day. `surveillance_due_on` are the days by which each
    surveillance audit must be concluded (sources.md 2.1, 2.3). What the audit found, and how
    mature it rated the entity, is kept as the evidence on which the decision rests."""

    TYPE: ClassVar[str] = "audits.certificate_granted.v1"
    certificate_id: CertificateId
    audit_id: AuditId
    member_id: MemberId
    entity_id: EntityId
    standard: Standard
    certificate_type: CertificateType
    facilities: Facilities
    valid_from: date
    valid_to: date
    surveillance_due_on: tuple[date, ...]
    decided_on: date
    policy_id: Id
    minor_findings: Count
    major_findings: Count
    overall_maturity: Maturity | None = None
    replaces: CertificateId | None = None


class CertificateRefused(Event):
    """The decision was no: more than the policy's number of major non-conformances, say."""

    TYPE: ClassVar[str] = "audits.certificate_refused.v1"
    certificate_id: CertificateId
    audit_id: AuditId
    member_id: MemberId
    entity_id: EntityId
    standard: Standard
    decided_on: date
    reason: Literal["too_many_major_findings", "critical_breach", "other"]
    policy_id: Id


class CertificateConverted(Event):
    """Provisional became full; `valid_to` runs on as for a full certificate."""

    TYPE: ClassVar[str] = "audits.certificate_converted.v1"
    certificate_id: CertificateId
    audit_id: AuditId
    member_id: MemberId
    valid_to: date
    surveillance_due_on: tuple[date, ...]
    effective_on: date
    policy_id: Id


class CertificateSuspended(Event):
    """`effective_on` is the first day on which the certificate does not hold."""

    TYPE: ClassVar[str] = "audits.certificate_suspended.v1"
    certificate_id: CertificateId
    member_id: MemberId
    effective_on: date
    reason: Id
    note_ref: NoteRef | None = None


class CertificateReinstated(Event):
    """`effective_on` is the first day on which the certificate holds again."""

    TYPE: ClassVar[str] = "audits.certificate_reinstated.v1"
    certificate_id: CertificateId
    member_id: MemberId
    effective_on: date


class CertificateWithdrawn(Event):
    """For good. `effective_on` is the first day without the certificate."""

    TYPE: ClassVar[str] = "audits.certificate_withdrawn.v1"
    certificate_id: CertificateId
    member_id: MemberId
    effective_on: date
    reason: Id
    note_ref: NoteRef | None = None


EVENTS: tuple[type[Event], ...] = (
    AuditScheduled,
    AuditCancelled,
    AuditConcluded,
    CertificateGranted,
    CertificateRefused,
    CertificateConverted,
    CertificateSuspended,
    CertificateReinstated,
    CertificateWithdrawn,
)
