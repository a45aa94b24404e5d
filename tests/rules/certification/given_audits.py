"""Events of audits and certificates, as the service hears them."""

from collections.abc import Sequence
from datetime import date, timedelta

from contracts import audits
from contracts.values import AuditKind, CertificateType, FindingClass, Standard

from .given import Happened


def audit_scheduled(
    starts_on: date,
    audit_id: str = "A1",
    kind: AuditKind = AuditKind.INITIAL_CERTIFICATION,
    certificate_id: str | None = None,
    standard: Standard = Standard.PERFORMANCE,
    recorded_on: date | None = None,
) -> Happened:
    event = audits.AuditScheduled(
        audit_id=audit_id,
        member_id="M1",
        entity_id="E1",
        standard=standard,
        kind=kind,
        facilities=("F1", "F2"),
        auditor_firm="firm-1",
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=3),
        certificate_id=certificate_id,
    )
    return Happened(f"audit/{audit_id}", event, recorded_on or starts_on - timedelta(days=60))


def audit_cancelled(
    on: date,
    audit_id: str = "A1",
    kind: AuditKind = AuditKind.INITIAL_CERTIFICATION,
    certificate_id: str | None = None,
) -> Happened:
    event = audits.AuditCancelled(
        audit_id=audit_id,
        member_id="M1",
        entity_id="E1",
        standard=Standard.PERFORMANCE,
        kind=kind,
        cancelled_on=on,
        reason="auditor-ill",
        certificate_id=certificate_id,
    )
    return Happened(f"audit/{audit_id}", event, on)


def audit_concluded(
    ended_on: date,
    audit_id: str = "A1",
    kind: AuditKind = AuditKind.INITIAL_CERTIFICATION,
    certificate_id: str | None = None,
    majors: int = 0,
    standard: Standard = Standard.PERFORMANCE,
) -> Happened:
    event = audits.AuditConcluded(
        audit_id=audit_id,
        member_id="M1",
        entity_id="E1",
        standard=standard,
        kind=kind,
        facilities=("F1", "F2"),
        auditor_firm="firm-1",
        lead_auditor="person-2",
        started_on=ended_on - timedelta(days=3),
        ended_on=ended_on,
        findings=tuple(
            audits.Finding(
                finding_id=f"n{number}", criterion="5.1", finding_class=FindingClass.MAJOR
            )
            for number in range(majors)
        ),
        certificate_id=certificate_id,
    )
    return Happened(f"audit/{audit_id}", event, ended_on)


# --- certificates ---


def granted(
    valid_from: date,
    valid_to: date,
    certificate_id: str = "C1",
    *,
    decided_on: date | None = None,
    recorded_on: date | None = None,
    certificate_type: CertificateType = CertificateType.FULL,
    surveillance: Sequence[date] = (),
    replaces: str | None = None,
    standard: Standard = Standard.PERFORMANCE,
    audit_id: str = "A1",
    majors: int = 0,
    facilities: Sequence[str] = ("F1", "F2"),
) -> Happened:
    event = audits.CertificateGranted(
        certificate_id=certificate_id,
        audit_id=audit_id,
        member_id="M1",
        entity_id="E1",
        standard=standard,
        certificate_type=certificate_type,
        facilities=tuple(facilities),
        valid_from=valid_from,
        valid_to=valid_to,
        surveillance_due_on=tuple(surveillance),
        decided_on=decided_on or valid_from,
        policy_id="a-1",
        minor_findings=0,
        major_findings=majors,
        replaces=replaces,
    )
    return Happened(f"certificate/{certificate_id}", event, recorded_on or decided_on or valid_from)


def refused(on: date, certificate_id: str = "C1") -> Happened:
    event = audits.CertificateRefused(
        certificate_id=certificate_id,
        audit_id="A1",
        member_id="M1",
        entity_id="E1",
        standard=Standard.PERFORMANCE,
        decided_on=on,
        reason="too_many_major_findings",
        policy_id="a-1",
    )
    return Happened(f"certificate/{certificate_id}", event, on)


def converted(
    on: date, valid_to: date, surveillance: Sequence[date] = (), recorded_on: date | None = None
) -> Happened:
    event = audits.CertificateConverted(
        certificate_id="C1",
        audit_id="A2",
        member_id="M1",
        valid_to=valid_to,
        surveillance_due_on=tuple(surveillance),
        effective_on=on,
        policy_id="a-1",
    )
    return Happened("certificate/C1", event, recorded_on or on)


def certificate_suspended(on: date, recorded_on: date | None = None) -> Happened:
    event = audits.CertificateSuspended(
        certificate_id="C1", member_id="M1", effective_on=on, reason="action-overdue"
    )
    return Happened("certificate/C1", event, recorded_on or on)


def certificate_reinstated(on: date, recorded_on: date | None = None) -> Happened:
    event = audits.CertificateReinstated(certificate_id="C1", member_id="M1", effective_on=on)
    return Happened("certificate/C1", event, recorded_on or on)


def certificate_withdrawn(
    on: date, certificate_id: str = "C1", recorded_on: date | None = None
) -> Happened:
    event = audits.CertificateWithdrawn(
        certificate_id=certificate_id, member_id="M1", effective_on=on, reason="fraud"
    )
    return Happened(f"certificate/{certificate_id}", event, recorded_on or on)
