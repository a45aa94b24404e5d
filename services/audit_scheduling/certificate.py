"""A certificate: decided, converted, suspended, reinstated, withdrawn. A decider, stream
`certificate/<id>`.

Expiry is no event here: `valid_to` says it all. Recording the same twice changes nothing; a
contradiction is refused and names what differs. Rules: sources.md 2.1, 2.2, 2.7; the decision
itself is in `decision`.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, assert_never

from contracts.audits import (
    CertificateConverted,
    CertificateGranted,
    CertificateRefused,
    CertificateReinstated,
    CertificateSuspended,
    CertificateWithdrawn,
)
from contracts.values import AuditKind, CertificateId, CertificateType, FindingClass
from infra.errors import Refused
from infra.policy import Policies, Policy

from .commands import (
    CertificateCommand,
    ConvertCertificate,
    DecideCertificate,
    ReinstateCertificate,
    SuspendCertificate,
    WithdrawCertificate,
)
from .decision import concluded, decided, differing, not_after
from .evidence import AuditEvidence, CertificateEvidence
from .validity import last_valid_day, surveillance_days


class Certificate(NamedTuple):
    """What was recorded of a certificate. `suspension` is the one that holds now; `changed_on`
    the last day on which it was suspended or reinstated."""

    granted: CertificateGranted | None = None
    refused: CertificateRefused | None = None
    converted: CertificateConverted | None = None
    suspension: CertificateSuspended | None = None
    withdrawn: CertificateWithdrawn | None = None
    changed_on: date | None = None


INITIAL = Certificate()

AnyCommand = (
    DecideCertificate
    | ConvertCertificate
    | SuspendCertificate
    | ReinstateCertificate
    | WithdrawCertificate
)
AnyEvent = (
    CertificateGranted
    | CertificateRefused
    | CertificateConverted
    | CertificateSuspended
    | CertificateReinstated
    | CertificateWithdrawn
)


def decide(command: AnyCommand, state: Certificate, policies: Policies) -> Sequence[AnyEvent]:
    """Events of a command; raises Refused."""
    match command:
        case DecideCertificate():
            policy = policies.on(command.decided_on or command.on)
            return decided(command, state.granted or state.refused, policy)
        case ConvertCertificate():
            return _convert(command, state, policies.on(command.effective_on or command.on))
        case SuspendCertificate():
            return _suspend(command, state)
        case ReinstateCertificate():
            return _reinstate(command, state)
        case WithdrawCertificate():
            return _withdraw(command, state)
        case _:
            assert_never(command)


def evolve(state: Certificate, event: AnyEvent) -> Certificate:
    """The certificate after an event."""
    match event:
        case CertificateGranted():
            return state._replace(granted=event)
        case CertificateRefused():
            return state._replace(refused=event)
        case CertificateConverted():
            return state._replace(converted=event)
        case CertificateSuspended():
            return state._replace(suspension=event, changed_on=event.effective_on)
        case CertificateReinstated():
            return state._replace(suspension=None, changed_on=event.effective_on)
        case CertificateWithdrawn():
            return state._replace(withdrawn=event)
        case _:
            assert_never(event)


def valid_to(state: Certificate) -> date | None:
    """The last valid day, None for a certificate that was never granted."""
    if state.granted is None:
        return None
    return state.converted.valid_to if state.converted else state.granted.valid_to


def evidence(state: Certificate) -> CertificateEvidence | None:
    """What an audit of this certificate may rest on: None until it is granted."""
    granted, last_day = state.granted, valid_to(state)
    if granted is None or last_day is None:
        return None
    return CertificateEvidence(
        certificate_id=granted.certificate_id,
        member_id=granted.member_id,
        entity_id=granted.entity_id,
        standard=granted.standard,
        certificate_type=CertificateType.FULL if state.converted else granted.certificate_type,
        valid_to=last_day,
    )


# --- what happens to it later ---


def _convert(
    command: ConvertCertificate, state: Certificate, policy: Policy
) -> Sequence[CertificateConverted]:
    granted = _valid(state, command.certificate_id)
    if state.converted is not None:
        _refuse_other_conversion(command, state.converted)
        return []
    if granted.certificate_type is not CertificateType.PROVISIONAL:
        raise Refused(
            "certificate-not-provisional",
            f"{command.certificate_id} is a full certificate already.",
            certificate_id=command.certificate_id,
        )
    if state.suspension is not None:
        raise Refused(
            "certificate-suspended",
            f"{command.certificate_id} is suspended: reinstate it first.",
            certificate_id=command.certificate_id,
        )
    effective_on = _effective(command, command.effective_on, granted.valid_from, granted.valid_to)
    audit = concluded(command.audit_id, command.audit)
    _check_transition(command, audit, effective_on, policy)
    last_day = last_valid_day(granted.valid_from, CertificateType.FULL, policy)
    days = surveillance_days(granted.valid_from, last_day, audit.overall_maturity, policy)
    return [
        CertificateConverted(
            certificate_id=command.certificate_id,
            audit_id=audit.audit_id,
            member_id=granted.member_id,
            valid_to=last_day,
            surveillance_due_on=tuple(day for day in days if day > effective_on),
            effective_on=effective_on,
            policy_id=policy.policy_id,
        )
    ]


def _check_transition(
    command: ConvertCertificate, audit: AuditEvidence, effective_on: date, policy: Policy
) -> None:
    if (
        audit.kind is not AuditKind.PROVISIONAL_TRANSITION
        or audit.certificate_id != command.certificate_id
    ):
        raise Refused(
            "not-a-transition-audit",
            f"{audit.audit_id} is an audit of kind {audit.kind.value}; wanted is a"
            f" provisional_transition of {command.certificate_id}.",
            audit_id=audit.audit_id,
            kind=audit.kind.value,
        )
    majors = audit.count(FindingClass.MAJOR) + audit.count(FindingClass.CRITICAL_BREACH)
    if majors >= policy.integer("findings.provisional_from_major"):
        raise Refused(
            "major-findings-remain",
            f"{audit.audit_id} still lists {majors} major findings.",
            audit_id=audit.audit_id,
            major_findings=majors,
        )
    if effective_on < audit.ended_on:
        raise Refused(
            "effective-before-audit-end",
            f"the audit ended on {audit.ended_on}: convert from then on, or later.",
            ended_on=audit.ended_on,
            effective_on=effective_on,
        )


def _refuse_other_conversion(command: ConvertCertificate, recorded: CertificateConverted) -> None:
    differs = differing(
        {"audit_id": command.audit_id, "effective_on": command.effective_on}, recorded
    )
    if differs:
        raise Refused(
            "certificate-already-converted",
            f"converted from {recorded.effective_on} on; other values in: {', '.join(differs)}.",
            certificate_id=command.certificate_id,
            differs=differs,
        )


def _suspend(command: SuspendCertificate, state: Certificate) -> Sequence[CertificateSuspended]:
    granted = _valid(state, command.certificate_id)
    held = state.suspension
    if held is not None:
        same_day = command.effective_on in (None, held.effective_on)
        if command.reason == held.reason and same_day:
            return []
        raise Refused(
            "certificate-already-suspended",
            f"suspended since {held.effective_on} for {held.reason}: reinstate it first.",
            certificate_id=command.certificate_id,
            effective_on=held.effective_on,
        )
    effective_on = _effective(
        command, command.effective_on, _earliest(state, granted), valid_to(state)
    )
    return [
        CertificateSuspended(
            certificate_id=command.certificate_id,
            member_id=granted.member_id,
            effective_on=effective_on,
            reason=command.reason,
            note_ref=command.note_ref,
        )
    ]


def _reinstate(
    command: ReinstateCertificate, state: Certificate
) -> Sequence[CertificateReinstated]:
    granted = _valid(state, command.certificate_id)
    if state.suspension is None:
        return []
    effective_on = _effective(
        command, command.effective_on, _earliest(state, granted), valid_to(state)
    )
    return [
        CertificateReinstated(
            certificate_id=command.certificate_id,
            member_id=granted.member_id,
            effective_on=effective_on,
        )
    ]


def _withdraw(command: WithdrawCertificate, state: Certificate) -> Sequence[CertificateWithdrawn]:
    done = state.withdrawn
    if done is not None:
        same_day = command.effective_on in (None, done.effective_on)
        if command.reason == done.reason and same_day:
            return []
        raise Refused(
            "certificate-already-withdrawn",
            f"withdrawn from {done.effective_on} on for {done.reason}.",
            certificate_id=command.certificate_id,
            effective_on=done.effective_on,
        )
    granted = _valid(state, command.certificate_id)
    earliest = state.changed_on or min(granted.decided_on, granted.valid_from)
    effective_on = _effective(command, command.effective_on, earliest, valid_to(state))
    return [
        CertificateWithdrawn(
            certificate_id=command.certificate_id,
            member_id=granted.member_id,
            effective_on=effective_on,
            reason=command.reason,
            note_ref=command.note_ref,
        )
    ]


# --- checks they share ---


def _valid(state: Certificate, certificate_id: CertificateId) -> CertificateGranted:
    """The certificate as granted, unless it never was, or is no more."""
    if state.granted is None:
        raise Refused(
            "unknown-certificate",
            f"no certificate {certificate_id} was granted.",
            certificate_id=certificate_id,
        )
    if state.withdrawn is not None:
        raise Refused(
            "certificate-withdrawn",
            f"{certificate_id} was withdrawn from {state.withdrawn.effective_on} on, for good.",
            certificate_id=certificate_id,
            effective_on=state.withdrawn.effective_on,
        )
    return state.granted


def _earliest(state: Certificate, granted: CertificateGranted) -> date:
    """Changes are recorded in the order in which they take effect."""
    return max(granted.valid_from, state.changed_on or granted.valid_from)


def _effective(
    command: CertificateCommand, asked: date | None, earliest: date, latest: date | None
) -> date:
    """The day from which a change holds: today or earlier, and within the certificate's life."""
    effective_on = not_after(command.on, asked, "effective-in-the-future")
    if effective_on < earliest:
        raise Refused(
            "effective-too-early",
            f"{command.certificate_id} cannot change before {earliest}.",
            certificate_id=command.certificate_id,
            earliest=earliest,
            effective_on=effective_on,
        )
    if latest is not None and effective_on > latest:
        raise Refused(
            "certificate-expired",
            f"the last valid day of {command.certificate_id} is {latest}.",
            certificate_id=command.certificate_id,
            valid_to=latest,
            effective_on=effective_on,
        )
    return effective_on
