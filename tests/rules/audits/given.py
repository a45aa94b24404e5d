"""What these tests say again and again: an audit, its scope, a certificate."""

from datetime import date, timedelta

from contracts.audits import (
    AuditConcluded,
    AuditScheduled,
    CertificateGranted,
    CertificateRefused,
    Finding,
)
from contracts.values import (
    AuditKind,
    CertificateType,
    FindingClass,
    Maturity,
    MembershipClass,
    Standard,
)
from infra.policy import PolicyFile
from services.audit_scheduling.commands import ConcludeAudit, DecideCertificate, ScheduleAudit
from services.audit_scheduling.evidence import (
    AuditEvidence,
    CertificateEvidence,
    FacilityEvidence,
    HeldClass,
    ScopeEvidence,
)
from tests.rules.spec import policies_of

POLICIES = policies_of("audit_scheduling")
POLICY_ID = POLICIES.on(date(2026, 1, 1)).policy_id

STARTED = date(2026, 3, 2)
ENDED = date(2026, 3, 6)
DECIDED = date(2026, 4, 10)
ONE_DAY = timedelta(days=1)


def held(*classes: str, changed_on: date = ENDED) -> tuple[HeldClass, ...]:
    """Classes of member M1: one since it joined, another from a day on."""
    since = (date(2024, 1, 1), changed_on)
    return tuple(
        HeldClass(since=day, membership_class=MembershipClass(name))
        for day, name in zip(since, classes, strict=False)
    )


CLASSES = held("PT")
SCOPE = ScopeEvidence(
    classes=CLASSES,
    entity_member_id="M1",
    facilities=(
        FacilityEvidence(facility_id="F1", entity_id="E1"),
        FacilityEvidence(facility_id="F2", entity_id="E1"),
        FacilityEvidence(facility_id="F9", entity_id="E9"),
    ),
)


def schedule(**changes: object) -> ScheduleAudit:
    """Book audit A1 of F1 and F2, from 2 to 6 March 2026."""
    return ScheduleAudit.model_validate(
        {
            "on": date(2026, 1, 15),
            "audit_id": "A1",
            "member_id": "M1",
            "entity_id": "E1",
            "standard": Standard.PERFORMANCE,
            "kind": AuditKind.INITIAL_CERTIFICATION,
            "facilities": ("F1", "F2"),
            "auditor_firm": "firm-1",
            "starts_on": STARTED,
            "ends_on": ENDED,
            "scope": SCOPE,
            **changes,
        }
    )


def conclude(**changes: object) -> ConcludeAudit:
    """Record that audit A1 was concluded without any finding."""
    return ConcludeAudit.model_validate(
        {
            "on": date(2026, 3, 20),
            "audit_id": "A1",
            "member_id": "M1",
            "entity_id": "E1",
            "standard": Standard.PERFORMANCE,
            "kind": AuditKind.INITIAL_CERTIFICATION,
            "facilities": ("F1", "F2"),
            "auditor_firm": "firm-1",
            "lead_auditor": "person-7",
            "started_on": STARTED,
            "ended_on": ENDED,
            "scope": SCOPE,
            **changes,
        }
    )


def scheduled(**changes: object) -> AuditScheduled:
    """Audit A1 as booked by `schedule`."""
    fields = {"on", "scope", "certificate"}
    return AuditScheduled.model_validate(schedule(**changes).model_dump(exclude=fields))


def concluded(**changes: object) -> AuditConcluded:
    """Audit A1 as recorded by `conclude`."""
    fields = {"on", "scope", "certificate"}
    return AuditConcluded.model_validate(conclude(**changes).model_dump(exclude=fields))


def findings(minor: int = 0, major: int = 0, critical: int = 0) -> tuple[Finding, ...]:
    """So many findings of each class."""
    classes = (
        [FindingClass.MINOR] * minor
        + [FindingClass.MAJOR] * major
        + [FindingClass.CRITICAL_BREACH] * critical
    )
    return tuple(
        Finding(finding_id=f"n{number}", criterion="5.1", finding_class=finding_class)
        for number, finding_class in enumerate(classes)
    )


def audited(**changes: object) -> AuditEvidence:
    """Audit A1 as evidence: concluded, without any finding, maturity medium."""
    return AuditEvidence.model_validate(
        {
            "audit_id": "A1",
            "member_id": "M1",
            "entity_id": "E1",
            "standard": Standard.PERFORMANCE,
            "kind": AuditKind.INITIAL_CERTIFICATION,
            "facilities": ("F1", "F2"),
            "ended_on": ENDED,
            "findings": {},
            "overall_maturity": Maturity.MEDIUM,
            **changes,
        }
    )


def certified(**changes: object) -> CertificateEvidence:
    """Certificate C1 as evidence."""
    return CertificateEvidence.model_validate(
        {
            "certificate_id": "C1",
            "member_id": "M1",
            "entity_id": "E1",
            "standard": Standard.PERFORMANCE,
            "certificate_type": CertificateType.FULL,
            "valid_to": date(2029, 4, 9),
            **changes,
        }
    )


def decide(**changes: object) -> DecideCertificate:
    """Decide on certificate C1 from audit A1 on 10 April 2026."""
    return DecideCertificate.model_validate(
        {
            "on": DECIDED,
            "certificate_id": "C1",
            "audit_id": "A1",
            "audit": audited(),
            "classes": CLASSES,
            **changes,
        }
    )


def granted(**changes: object) -> CertificateGranted:
    """Certificate C1 as `decide` grants it: full, three years, surveillance at 18 months."""
    return CertificateGranted.model_validate(
        {
            "certificate_id": "C1",
            "audit_id": "A1",
            "member_id": "M1",
            "entity_id": "E1",
            "standard": Standard.PERFORMANCE,
            "certificate_type": CertificateType.FULL,
            "facilities": ("F1", "F2"),
            "valid_from": DECIDED,
            "valid_to": date(2029, 4, 9),
            "surveillance_due_on": (date(2027, 10, 10),),
            "decided_on": DECIDED,
            "policy_id": POLICY_ID,
            "minor_findings": 0,
            "major_findings": 0,
            "overall_maturity": Maturity.MEDIUM,
            **changes,
        }
    )


def refused(reason: str) -> CertificateRefused:
    """The refusal of certificate C1, as `decide` says it."""
    return CertificateRefused.model_validate(
        {
            "certificate_id": "C1",
            "audit_id": "A1",
            "member_id": "M1",
            "entity_id": "E1",
            "standard": Standard.PERFORMANCE,
            "decided_on": DECIDED,
            "reason": reason,
            "policy_id": POLICY_ID,
        }
    )


def figure(name: str, value: object) -> PolicyFile:
    """A policy of the day of decision that changes one figure."""
    figures = {name: {"value": value, "evidence": "unverified", "source": "this test"}}
    return PolicyFile.model_validate(
        {"policy_id": "another", "valid_from": DECIDED, "figures": figures}
    )


PROVISIONAL = {
    "certificate_type": CertificateType.PROVISIONAL,
    "valid_to": date(2027, 4, 9),
    "surveillance_due_on": (),
    "major_findings": 1,
}
