"""The decision on a certificate: what an audit's result leads to. Pure.

The decision follows the audit: nobody can grant against the rule, and a no is an event, not an
error. Rules: sources.md 2.1 (validity), 2.2 (findings); every figure from the policy of the day of
the decision.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from contracts.audits import CertificateGranted, CertificateRefused
from contracts.envelope import Event
from contracts.values import AuditId, AuditKind, CertificateId, CertificateType, FindingClass
from infra.errors import Refused
from infra.policy import Policy

from .commands import DecideCertificate
from .evidence import AuditEvidence, check_class
from .validity import last_valid_day, surveillance_days

Decision = CertificateGranted | CertificateRefused
RefusalReason = Literal["too_many_major_findings", "critical_breach", "other"]


def decided(
    command: DecideCertificate, earlier: Decision | None, policy: Policy
) -> Sequence[Decision]:
    """The decision as an event, none if it was taken `earlier`; raises Refused."""
    if earlier is not None:
        _refuse_contradiction(command, earlier)
        return []
    decided_on = not_after(command.on, command.decided_on, "decided-in-the-future")
    audit = concluded(command.audit_id, command.audit)
    if audit.kind.value not in policy.words("decision.kinds"):
        raise Refused(
            "audit-kind-decides-nothing",
            f"an audit of kind {audit.kind.value} leads to no certificate of its own;"
            f" these do: {', '.join(policy.words('decision.kinds'))}.",
            kind=audit.kind.value,
        )
    if audit.decided_by is not None and audit.decided_by != command.certificate_id:
        raise Refused(
            "audit-already-decided",
            f"the decision on {audit.audit_id} is certificate {audit.decided_by}; if it was broken"
            " off before it was taken, send it again under that id.",
            audit_id=audit.audit_id,
            certificate_id=audit.decided_by,
        )
    if decided_on < audit.ended_on:
        raise Refused(
            "decided-before-audit-end",
            f"the audit ended on {audit.ended_on}: decide then, or later.",
            ended_on=audit.ended_on,
            decided_on=decided_on,
        )
    replaces = _replaced(command, audit)
    reason = _reason_to_refuse(command, audit, policy)
    if reason is not None:
        return [_refused(command, audit, reason, decided_on, policy)]
    check_class(audit.member_id, decided_on, command.classes, policy)
    return [_granted(command, audit, decided_on, replaces, policy)]


def _reason_to_refuse(
    command: DecideCertificate, audit: AuditEvidence, policy: Policy
) -> RefusalReason | None:
    breaches = audit.count(FindingClass.CRITICAL_BREACH)
    if breaches and policy.flag("findings.critical_breach_refuses"):
        return "critical_breach"
    if audit.count(FindingClass.MAJOR) > policy.integer("findings.major_at_most"):
        return "too_many_major_findings"
    return "other" if command.decision == "refuse" else None


def _granted(
    command: DecideCertificate,
    audit: AuditEvidence,
    decided_on: date,
    replaces: CertificateId | None,
    policy: Policy,
) -> CertificateGranted:
    valid_from = command.valid_from or decided_on
    if valid_from < audit.ended_on and not policy.flag("valid_from.before_audit_end"):
        raise Refused(
            "valid-from-before-audit-end",
            f"the audit ended on {audit.ended_on}: the certificate holds from then, or later.",
            ended_on=audit.ended_on,
            valid_from=valid_from,
        )
    latest = decided_on + timedelta(days=policy.integer("valid_from.days_ahead_at_most"))
    if valid_from > latest:
        raise Refused(
            "valid-from-too-far-ahead",
            f"decided on {decided_on}, a certificate may start on {latest} at the latest.",
            latest=latest,
            valid_from=valid_from,
        )
    majors = audit.count(FindingClass.MAJOR)
    provisional = majors >= policy.integer("findings.provisional_from_major")
    kind = CertificateType.PROVISIONAL if provisional else CertificateType.FULL
    last_day = last_valid_day(valid_from, kind, policy)
    return CertificateGranted(
        certificate_id=command.certificate_id,
        audit_id=audit.audit_id,
        member_id=audit.member_id,
        entity_id=audit.entity_id,
        standard=audit.standard,
        certificate_type=kind,
        facilities=audit.facilities,
        valid_from=valid_from,
        valid_to=last_day,
        surveillance_due_on=surveillance_days(valid_from, last_day, audit.overall_maturity, policy),
        decided_on=decided_on,
        policy_id=policy.policy_id,
        minor_findings=audit.count(FindingClass.MINOR),
        major_findings=majors,
        overall_maturity=audit.overall_maturity,
        replaces=replaces,
    )


def _refused(
    command: DecideCertificate,
    audit: AuditEvidence,
    reason: RefusalReason,
    decided_on: date,
    policy: Policy,
) -> CertificateRefused:
    return CertificateRefused(
        certificate_id=command.certificate_id,
        audit_id=audit.audit_id,
        member_id=audit.member_id,
        entity_id=audit.entity_id,
        standard=audit.standard,
        decided_on=decided_on,
        reason=reason,
        policy_id=policy.policy_id,
    )


def _refuse_contradiction(command: DecideCertificate, earlier: Decision) -> None:
    """A repeat may leave out what it left out before, but not say something else."""
    asked: dict[str, object] = {"audit_id": command.audit_id, "decided_on": command.decided_on}
    if isinstance(earlier, CertificateGranted):
        asked |= {"valid_from": command.valid_from, "replaces": command.replaces}
        turned = command.decision == "refuse"
    else:
        turned = command.decision == "from_result" and earlier.reason == "other"
    differs = differing(asked, earlier) + (["decision"] if turned else [])
    if differs:
        raise Refused(
            "certificate-already-decided",
            f"decided on {earlier.decided_on} with other values in: {', '.join(differs)}.",
            certificate_id=command.certificate_id,
            differs=differs,
        )


def _replaced(command: DecideCertificate, audit: AuditEvidence) -> CertificateId | None:
    """The certificate that the new one takes over from: named here, or by the audit itself."""
    replaces = command.replaces or audit.certificate_id
    if audit.certificate_id not in (None, replaces):
        raise Refused(
            "replaces-another-certificate",
            f"the audit was about {audit.certificate_id}, not {replaces}.",
            audit_id=audit.audit_id,
            certificate_id=audit.certificate_id,
        )
    if replaces is None:
        return None
    if audit.kind is AuditKind.INITIAL_CERTIFICATION:
        raise Refused(
            "initial-replaces-nothing",
            "a first certificate replaces none: record the audit as a recertification.",
            audit_id=audit.audit_id,
        )
    found = command.replaced
    if found is None or found.certificate_id != replaces or replaces == command.certificate_id:
        raise Refused(
            "unknown-certificate",
            f"no certificate {replaces} was granted that this one could replace.",
            certificate_id=replaces,
        )
    if (found.member_id, found.entity_id, found.standard) != (
        audit.member_id,
        audit.entity_id,
        audit.standard,
    ):
        raise Refused(
            "certificate-of-other-scope",
            f"{replaces} is a {found.standard.value} certificate of {found.entity_id}.",
            certificate_id=replaces,
            entity_id=found.entity_id,
            standard=found.standard.value,
        )
    return replaces


def concluded(audit_id: AuditId, audit: AuditEvidence | None) -> AuditEvidence:
    """The audit that a decision rests on; refused unless it is recorded as concluded."""
    if audit is None or audit.audit_id != audit_id:
        raise Refused(
            "audit-not-concluded",
            f"no audit {audit_id} is recorded as concluded: conclude it first.",
            audit_id=audit_id,
        )
    return audit


def not_after(today: date, asked: date | None, slug: str) -> date:
    """The day asked for, or today; refused when it is still to come."""
    if asked is not None and asked > today:
        raise Refused(slug, f"{asked} is still to come: it is {today}.", today=today, asked=asked)
    return asked or today


def differing(asked: Mapping[str, object], recorded: Event) -> list[str]:
    """Fields that were asked for (None: left out) and were recorded otherwise."""
    return [
        name
        for name, value in asked.items()
        if value is not None and value != getattr(recorded, name)
    ]
