"""What the world may know: certificates and duties, in one public order.

Published by `certification` to `castmark.certification` (one partition: position is the total
order). Reasons, approvers and reminders stay inside. Streams: `certificate/<id>`, `duty/<member>`.
The envelope's `causation_id` names the internal event that made it so.

"""

from datetime import date
from typing import ClassVar

from .envelope import Event
from .values import (
    CertificateId,
    CertificateType,
    CertificationStatus,
    DutyRule,
    EntityId,
    FacilityId,
    MemberId,
    Standard,
)


class CertificateGranted(Event):
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
    """`effective_on` is the first day without it, `valid_to` + 1."""

    TYPE: ClassVar[str] = "certification.certificate_expired.v1"
    certificate_id: CertificateId
    member_id: MemberId
    effective_on: date
    status: CertificationStatus


class DutyStarted(Event):
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
    TYPE: ClassVar[str] = "certification.duty_met.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    certificate_id: CertificateId
    effective_on: date


class DutyReopened(Event):
    TYPE: ClassVar[str] = "certification.duty_reopened.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    effective_on: date


class DutyMissed(Event):
    TYPE: ClassVar[str] = "certification.duty_missed.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    effective_on: date


class DutyMissRetracted(Event):
    TYPE: ClassVar[str] = "certification.duty_miss_retracted.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    effective_on: date


EVENTS: tuple[type[Event], ...] = (
    CertificateGranted,
    CertificateConverted,
    CertificateSuspended,
    CertificateReinstated,
    CertificateWithdrawn,
    CertificateExpired,
    DutyStarted,
    DutyExtended,
    DutyEnded,
    DutyMet,
    DutyReopened,
    DutyMissed,
    DutyMissRetracted,
)
