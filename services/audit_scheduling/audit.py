"""An audit: booked, called off, or concluded with what was found. A decider, stream `audit/<id>`.

An audit that was never booked here may be recorded as concluded. Recording the same twice changes
nothing; a contradiction is refused and names what differs. Rules: sources.md 2.1, 2.2.

An audit leads to one decision, which stands in the stream of a certificate. So that two decisions
under two ids cannot both pass, the audit's own stream says first under which id it is decided on:
it is the one place where they meet.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import ClassVar, NamedTuple, assert_never

from contracts.audits import AuditCancelled, AuditConcluded, AuditScheduled
from contracts.envelope import Event
from contracts.values import AuditId, AuditKind, CertificateId, FacilityId, Maturity
from infra.errors import Refused
from infra.policy import Policies, Policy

from .commands import CancelAudit, ConcludeAudit, ReserveDecision, ScheduleAudit
from .evidence import AuditEvidence, check_scope

ABOUT_A_CERTIFICATE = frozenset(
    {AuditKind.SURVEILLANCE, AuditKind.SCOPE_CHANGE, AuditKind.PROVISIONAL_TRANSITION}
)
"""Kinds that look at a certificate which exists: they must name it."""
BEFORE_ANY = frozenset({AuditKind.INITIAL_CERTIFICATION})
"""Kinds that lead to the first certificate: they name none."""


class DecisionReserved(Event):
    """Private: the audit is decided on under this certificate's id."""

    TYPE: ClassVar[str] = "audits.decision_reserved.v1"
    audit_id: AuditId
    certificate_id: CertificateId
    reserved_on: date


class Audit(NamedTuple):
    """What was recorded of an audit; the events themselves, to compare a repeat with."""

    scheduled: AuditScheduled | None = None
    cancelled: AuditCancelled | None = None
    concluded: AuditConcluded | None = None
    reserved: CertificateId | None = None


INITIAL = Audit()


AuditCommand = ScheduleAudit | CancelAudit | ConcludeAudit | ReserveDecision
AuditEvent = AuditScheduled | AuditCancelled | AuditConcluded | DecisionReserved


def decide(command: AuditCommand, state: Audit, policies: Policies) -> Sequence[AuditEvent]:
    """Events of a command; raises Refused."""
    match command:
        case ScheduleAudit():
            return _schedule(command, state, policies.on(command.on))
        case CancelAudit():
            return _cancel(command, state)
        case ConcludeAudit():
            return _conclude(command, state, policies.on(command.on))
        case ReserveDecision():
            return _reserve(command, state)
        case _:
            assert_never(command)


def evolve(state: Audit, event: AuditEvent) -> Audit:
    """The audit after an event."""
    match event:
        case AuditScheduled():
            return state._replace(scheduled=event)
        case AuditCancelled():
            return state._replace(cancelled=event)
        case AuditConcluded():
            return state._replace(concluded=event)
        case DecisionReserved():
            return state._replace(reserved=event.certificate_id)
        case _:
            assert_never(event)


def evidence(state: Audit, decided_by: CertificateId | None = None) -> AuditEvidence | None:
    """What a decision on a certificate may rest on: None until the audit is concluded."""
    audit = state.concluded
    if audit is None:
        return None
    return AuditEvidence(
        audit_id=audit.audit_id,
        member_id=audit.member_id,
        entity_id=audit.entity_id,
        standard=audit.standard,
        kind=audit.kind,
        facilities=audit.facilities,
        ended_on=audit.ended_on,
        findings=Counter(finding.finding_class for finding in audit.findings),
        overall_maturity=audit.overall_maturity,
        certificate_id=audit.certificate_id,
        decided_by=decided_by,
    )


# --- rules ---


def _schedule(command: ScheduleAudit, state: Audit, policy: Policy) -> Sequence[AuditEvent]:
    wanted = AuditScheduled(
        audit_id=command.audit_id,
        member_id=command.member_id,
        entity_id=command.entity_id,
        standard=command.standard,
        kind=command.kind,
        facilities=_canonical(command.facilities),
        auditor_firm=command.auditor_firm,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
        certificate_id=command.certificate_id,
        booked_by=command.booked_by,
    )
    if state.scheduled is not None and state.cancelled is None:
        same = wanted.model_copy(update={"booked_by": state.scheduled.booked_by})
        _refuse_difference("audit-already-scheduled", state.scheduled, same)
        return []
    _refuse_cancelled(state)
    if state.concluded is not None:
        raise Refused(
            "audit-already-concluded",
            f"{command.audit_id} ended on {state.concluded.ended_on}: book another audit.",
            audit_id=command.audit_id,
        )
    _check_days(command.starts_on, command.ends_on)
    _check_certificate(command)
    check_scope(
        command.member_id,
        command.entity_id,
        wanted.facilities,
        (command.starts_on, command.ends_on),
        command.scope,
        policy,
    )
    return [wanted]


def _cancel(command: CancelAudit, state: Audit) -> Sequence[AuditEvent]:
    if state.scheduled is None:
        raise Refused(
            "unknown-audit", f"no audit {command.audit_id} is booked.", audit_id=command.audit_id
        )
    if command.auditor_firm != state.scheduled.auditor_firm:
        raise Refused(
            "audit-of-other-firm",
            f"{command.audit_id} was booked by another auditor firm.",
            audit_id=command.audit_id,
        )
    if state.concluded is not None:
        raise Refused(
            "audit-already-concluded",
            f"{command.audit_id} ended on {state.concluded.ended_on}: too late to call it off.",
            audit_id=command.audit_id,
        )
    if state.cancelled is not None:
        return []
    return [
        AuditCancelled(
            audit_id=command.audit_id,
            member_id=state.scheduled.member_id,
            entity_id=state.scheduled.entity_id,
            standard=state.scheduled.standard,
            kind=state.scheduled.kind,
            cancelled_on=command.on,
            reason=command.reason,
            certificate_id=state.scheduled.certificate_id,
        )
    ]


def _conclude(command: ConcludeAudit, state: Audit, policy: Policy) -> Sequence[AuditEvent]:
    wanted = AuditConcluded(
        audit_id=command.audit_id,
        member_id=command.member_id,
        entity_id=command.entity_id,
        standard=command.standard,
        kind=command.kind,
        facilities=_canonical(command.facilities),
        auditor_firm=command.auditor_firm,
        lead_auditor=command.lead_auditor,
        started_on=command.started_on,
        ended_on=command.ended_on,
        findings=tuple(sorted(command.findings, key=lambda finding: finding.finding_id)),
        overall_maturity=command.overall_maturity,
        certificate_id=command.certificate_id,
    )
    if state.concluded is not None:
        _refuse_difference("audit-already-concluded", state.concluded, wanted)
        return []
    _refuse_cancelled(state)
    if state.scheduled is not None:
        _refuse_difference("audit-differs-from-plan", state.scheduled, wanted, PLANNED)
    _check_days(command.started_on, command.ended_on)
    if command.ended_on > command.on:
        raise Refused(
            "audit-not-ended",
            f"the audit ends on {command.ended_on}: conclude it then, or later.",
            ended_on=command.ended_on,
            on=command.on,
        )
    _check_certificate(command)
    _check_findings(wanted)
    check_scope(
        command.member_id,
        command.entity_id,
        wanted.facilities,
        (command.started_on, command.ended_on),
        command.scope,
        policy,
    )
    return [wanted]


def _reserve(command: ReserveDecision, state: Audit) -> Sequence[AuditEvent]:
    if state.reserved == command.certificate_id:
        return []
    if state.reserved is not None and state.reserved != command.lapsed:
        raise Refused(
            "audit-already-decided",
            f"the decision on {command.audit_id} is certificate {state.reserved}; if it was broken"
            " off before it was taken, send it again under that id.",
            audit_id=command.audit_id,
            certificate_id=state.reserved,
        )
    return [
        DecisionReserved(
            audit_id=command.audit_id,
            certificate_id=command.certificate_id,
            reserved_on=command.on,
        )
    ]


PLANNED = ("member_id", "entity_id", "standard", "kind", "auditor_firm", "certificate_id")
"""What a conclusion shares with its plan; days and sites may turn out differently."""


def _canonical(facilities: tuple[FacilityId, ...]) -> tuple[FacilityId, ...]:
    return tuple(sorted(set(facilities)))


def _refuse_cancelled(state: Audit) -> None:
    if state.cancelled is not None:
        raise Refused(
            "audit-cancelled",
            f"{state.cancelled.audit_id} was called off on {state.cancelled.cancelled_on}:"
            " use an id of its own for another audit.",
            audit_id=state.cancelled.audit_id,
        )


def _refuse_difference(
    slug: str, recorded: Event, wanted: Event, fields: Sequence[str] | None = None
) -> None:
    names = fields if fields is not None else sorted(type(wanted).model_fields)
    differs = [name for name in names if _field(recorded, name) != _field(wanted, name)]
    if differs:
        raise Refused(
            slug,
            f"recorded before with other values in: {', '.join(differs)}.",
            audit_id=str(_field(wanted, "audit_id")),
            differs=differs,
        )


def _field(event: Event, name: str) -> object:
    value: object = getattr(event, name)
    return value


def _check_days(first: date, last: date) -> None:
    if last < first:
        raise Refused(
            "dates-reversed",
            f"the audit would end on {last}, before its first day {first}.",
            first=first,
            last=last,
        )


def _check_certificate(command: ScheduleAudit | ConcludeAudit) -> None:
    kind, named = command.kind, command.certificate_id
    if named is None:
        if kind in ABOUT_A_CERTIFICATE:
            raise Refused(
                "certificate-missing",
                f"say which certificate this audit of kind {kind.value} is about.",
                kind=kind.value,
            )
        return
    if kind in BEFORE_ANY:
        raise Refused(
            "certificate-unexpected",
            "an initial audit leads to a certificate; it is about none yet.",
            certificate_id=named,
        )
    found = command.certificate
    if found is None or found.certificate_id != named:
        raise Refused(
            "unknown-certificate", f"no certificate {named} was granted.", certificate_id=named
        )
    if (found.member_id, found.entity_id, found.standard) != (
        command.member_id,
        command.entity_id,
        command.standard,
    ):
        raise Refused(
            "certificate-of-other-scope",
            f"{named} is a {found.standard.value} certificate of {found.entity_id}.",
            certificate_id=named,
            entity_id=found.entity_id,
            standard=found.standard.value,
        )


def _check_findings(audit: AuditConcluded) -> None:
    ids = Counter(finding.finding_id for finding in audit.findings)
    twice = [name for name, number in ids.items() if number > 1]
    if twice:
        raise Refused(
            "finding-listed-twice",
            f"each finding has an id of its own: {', '.join(twice)}.",
            findings=twice,
        )
    sites = {finding.facility_id for finding in audit.findings if finding.facility_id}
    outside = sorted(sites - set(audit.facilities))
    if outside:
        raise Refused(
            "finding-outside-scope",
            f"findings at facilities that the audit does not cover: {', '.join(outside)}.",
            facilities=outside,
        )
    if audit.findings and audit.overall_maturity is Maturity.HIGH:
        raise Refused(
            "high-maturity-with-findings",
            "overall maturity may be high only without any non-conformance (sources.md 2.2);"
            f" this audit lists {len(audit.findings)}.",
            findings=len(audit.findings),
        )
