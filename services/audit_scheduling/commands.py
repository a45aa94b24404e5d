"""What can be asked of audits and certificates. Pure: no rule lives here.

`FILLED` fields are evidence and the day, filled in by the server (`domain.fill`). Dates that are
left out mean today. Lists have a limit, so that no request makes an event too large to store.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.audits import Booker, Finding
from contracts.values import (
    AuditId,
    AuditKind,
    CertificateId,
    EntityId,
    FacilityId,
    Id,
    Maturity,
    MemberId,
    NoteRef,
    StaffRef,
    Standard,
)
from infra.decider import Command

from .evidence import AuditEvidence, CertificateEvidence, Classes, ScopeEvidence

SCOPE_AT_MOST = 2_000
FINDINGS_AT_MOST = 1_000
Scope = Annotated[tuple[FacilityId, ...], Field(min_length=1, max_length=SCOPE_AT_MOST)]
Findings = Annotated[tuple[Finding, ...], Field(max_length=FINDINGS_AT_MOST)]


class ScheduleAudit(Command):
    """Book an audit of some facilities of an entity."""

    NAME: ClassVar[str] = "schedule_audit"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "scope", "certificate", "booked_by"})
    audit_id: AuditId
    member_id: MemberId
    entity_id: EntityId
    standard: Standard
    kind: AuditKind
    facilities: Scope
    auditor_firm: Id
    starts_on: date
    ends_on: date
    certificate_id: CertificateId | None = None
    scope: ScopeEvidence
    certificate: CertificateEvidence | None = None
    booked_by: Booker | None = None

    @property
    def stream(self) -> str:
        return f"audit/{self.audit_id}"


class CancelAudit(Command):
    """Call a booked audit off; `auditor_firm` must be the one that was booked."""

    NAME: ClassVar[str] = "cancel_audit"
    audit_id: AuditId
    auditor_firm: Id
    reason: Id

    @property
    def stream(self) -> str:
        return f"audit/{self.audit_id}"


class ConcludeAudit(Command):
    """Record what an audit found, whether it was booked here or not."""

    NAME: ClassVar[str] = "conclude_audit"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "scope", "certificate"})
    audit_id: AuditId
    member_id: MemberId
    entity_id: EntityId
    standard: Standard
    kind: AuditKind
    facilities: Scope
    auditor_firm: Id
    lead_auditor: StaffRef
    started_on: date
    ended_on: date
    findings: Findings = ()
    overall_maturity: Maturity | None = None
    certificate_id: CertificateId | None = None
    scope: ScopeEvidence
    certificate: CertificateEvidence | None = None

    @property
    def stream(self) -> str:
        return f"audit/{self.audit_id}"


class ReserveDecision(Command):
    """Ours, before a decision is stored: the audit is decided on under this certificate's id and
    under no other. `lapsed` is an id whose certificate is another audit's: it reserves nothing."""

    NAME: ClassVar[str] = "reserve_decision"
    audit_id: AuditId
    certificate_id: CertificateId
    lapsed: CertificateId | None = None

    @property
    def stream(self) -> str:
        return f"audit/{self.audit_id}"


class CertificateCommand(Command):
    """What all commands of a certificate share."""

    certificate_id: CertificateId

    @property
    def stream(self) -> str:
        return f"certificate/{self.certificate_id}"


class DecideCertificate(CertificateCommand):
    """Decide on a certificate `from_result` of a concluded audit: granted in full, granted
    provisionally or refused, as its findings say. `refuse` says no for another reason.

    Without `valid_from` the certificate holds from the day of the decision; without `decided_on`
    that is today. A recertification names the certificate it `replaces`.
    """

    NAME: ClassVar[str] = "decide_certificate"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "audit", "replaced", "classes"})
    audit_id: AuditId
    decision: Literal["from_result", "refuse"] = "from_result"
    valid_from: date | None = None
    decided_on: date | None = None
    replaces: CertificateId | None = None
    audit: AuditEvidence | None = None
    replaced: CertificateEvidence | None = None
    classes: Classes = ()


class ConvertCertificate(CertificateCommand):
    """A provisional certificate becomes a full one: a transition audit found no major finding.
    Without `effective_on` from today on."""

    NAME: ClassVar[str] = "convert_certificate"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "audit"})
    audit_id: AuditId
    effective_on: date | None = None
    audit: AuditEvidence | None = None


class SuspendCertificate(CertificateCommand):
    """Suspend a certificate, from today or from an earlier day on."""

    NAME: ClassVar[str] = "suspend_certificate"
    reason: Id
    effective_on: date | None = None
    note_ref: NoteRef | None = None


class ReinstateCertificate(CertificateCommand):
    """Let a suspended certificate hold again, from today or from an earlier day on."""

    NAME: ClassVar[str] = "reinstate_certificate"
    effective_on: date | None = None


class WithdrawCertificate(CertificateCommand):
    """Take a certificate back for good, from today or from an earlier day on."""

    NAME: ClassVar[str] = "withdraw_certificate"
    reason: Id
    effective_on: date | None = None
    note_ref: NoteRef | None = None
