"""Deadline kinds, declared once each, and the rows folded from them. Pure.

A kind is data: its rule in words with source and evidence, the events that open, move and close it,
the policy figures behind its date, who owns it, when to remind. The board, calendars, reminders and
the ranking know none by name. Rules: sources.md 1.2, 1.3, 2.1, 2.2, 2.3.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts import audits, membership
from contracts.envelope import Event, Recorded
from contracts.values import AuditKind, CertificateType, DutyRule, Standard
from infra.readmodel import Projection

from . import certificate_parts, duty_parts
from . import deadline_parts as parts
from .custody_kinds import CUSTODY_KINDS
from .deadline_kind import DeadlineKind, Ids, Step
from .deadline_parts import DeadlineRow, Part
from .reporting_kinds import REPORTING_KINDS

# --- which deadlines an event concerns ---


def _of_rule(rule: DutyRule) -> Ids:
    return lambda event: (event.member_id,) if event.rule is rule else ()


def _invoice(event: Any) -> Sequence[str]:
    return (f"{event.member_id}~{event.invoice_id}",)


def _certificate(event: Any) -> Sequence[str]:
    return (event.certificate_id,)


def _duty_audits(kinds: frozenset[AuditKind]) -> Ids:
    def ids(event: Any) -> Sequence[str]:
        wanted = event.kind in kinds and event.standard is Standard.PERFORMANCE
        return (event.member_id,) if wanted else ()

    return ids


def _certificate_audits(kinds: frozenset[AuditKind]) -> Ids:
    def ids(event: Any) -> Sequence[str]:
        return (event.certificate_id,) if event.certificate_id and event.kind in kinds else ()

    return ids


def _if_type(certificate_type: CertificateType) -> Ids:
    def ids(event: audits.CertificateGranted) -> Sequence[str]:
        return (event.certificate_id,) if event.certificate_type is certificate_type else ()

    return ids


def _if_watched(event: audits.CertificateGranted) -> Sequence[str]:
    return (event.certificate_id,) if event.surveillance_due_on else ()


def _replaced(event: audits.CertificateGranted) -> Sequence[str]:
    return () if event.replaces is None else (event.replaces,)


# --- steps ---


def _audits(ids: Ids) -> dict[type[Event], Step]:
    return {
        audits.AuditScheduled: Step(ids, parts.audit_booked),
        audits.AuditCancelled: Step(ids, parts.audit_cancelled),
        audits.AuditConcluded: Step(ids, parts.audit_concluded),
    }


def _duty(rule: DutyRule) -> dict[type[Event], Step]:
    ids = _of_rule(rule)
    return {
        membership.DutyStarted: Step(ids, duty_parts.duty_started),
        membership.DutyExtended: Step(ids, duty_parts.duty_extended),
        membership.DutyMet: Step(ids, duty_parts.duty_met),
        membership.DutyReopened: Step(ids, duty_parts.duty_reopened),
        membership.DutyMissed: Step(ids, duty_parts.duty_missed),
        membership.DutyMissRetracted: Step(ids, duty_parts.duty_retracted),
        membership.DutyEnded: Step(ids, duty_parts.duty_ended),
    }


_FIRST = frozenset({AuditKind.INITIAL_CERTIFICATION})
_AGAIN = frozenset({AuditKind.RECERTIFICATION, AuditKind.VERSION_TRANSITION})
_WITHDRAWN: dict[type[Event], Step] = {
    audits.CertificateWithdrawn: Step(_certificate, certificate_parts.withdrawn)
}
_SUCCEEDED: dict[type[Event], Step] = {
    audits.CertificateGranted: Step(_replaced, certificate_parts.succeeded)
}

KINDS: Mapping[str, DeadlineKind] = {
    kind.name: kind
    for kind in (
        DeadlineKind(
            name="initial_certification",
            title="First certification",
            rule="A member of class PT or IU has a Performance Standard certificate that covers at"
            " least one facility within two years of joining.",
            source="rule 1.2 [A1, A2, A6]",
            evidence="verified",
            owner="member",
            subject="member",
            policy_of="membership",
            figures=(
                "duty.years",
                "duty.launched_on",
                "duty.classes",
                "duty.standard",
                "duty.facilities_min",
                "duty.provisional_counts",
            ),
            decided_by="membership",
            needs_audit=True,
            own=_duty(DutyRule.INITIAL_CERTIFICATION),
            others=_audits(_duty_audits(_FIRST)),
            derive=duty_parts.told_by_own,
        ),
        DeadlineKind(
            name="recertification",
            title="Recertification",
            rule="After the first certification a member recertifies before its certificate ends.",
            source="rule 1.2, 2.1 [A1, A12]",
            evidence="verified",
            owner="member",
            subject="member",
            policy_of="membership",
            figures=("duty.classes", "duty.standard", "duty.facilities_min"),
            decided_by="membership",
            needs_audit=True,
            own=_duty(DutyRule.RECERTIFICATION),
            others=_audits(_duty_audits(_AGAIN)),
            derive=duty_parts.told_by_own,
        ),
        DeadlineKind(
            name="certificate_expiry",
            title="Certificate ends",
            rule="A full certificate holds for three years; another one has to take over by the"
            " day after its last.",
            source="rule 2.1, 2.7 [A12, G1]",
            evidence="verified",
            owner="member",
            subject="certificate",
            policy_of="audit_scheduling",
            figures=("validity.full_years",),
            decided_by="audit_scheduling",
            needs_audit=True,
            own={
                audits.CertificateGranted: Step(
                    _if_type(CertificateType.FULL), certificate_parts.granted
                ),
                audits.CertificateConverted: Step(_certificate, certificate_parts.validity_moved),
                **_WITHDRAWN,
            },
            others={**_SUCCEEDED, **_audits(_certificate_audits(_AGAIN))},
            derive=certificate_parts.validity,
        ),
        DeadlineKind(
            name="surveillance",
            title="Surveillance audit",
            rule="While a certificate holds, surveillance audits follow at a pace that the overall"
            " maturity rating sets.",
            source="rule 2.1 [A12], 2.3",
            evidence="unverified",
            owner="ops",
            subject="certificate",
            policy_of="audit_scheduling",
            figures=(
                "surveillance.months.high",
                "surveillance.months.medium",
                "surveillance.months.low",
                "surveillance.months.unrated",
            ),
            decided_by="audit_scheduling",
            needs_audit=True,
            own={
                audits.CertificateGranted: Step(
                    _if_watched, certificate_parts.granted_with_surveillance
                ),
                audits.CertificateConverted: Step(
                    _certificate, certificate_parts.surveillance_moved
                ),
                **_WITHDRAWN,
            },
            others={
                **_SUCCEEDED,
                **_audits(_certificate_audits(frozenset({AuditKind.SURVEILLANCE}))),
            },
            derive=certificate_parts.surveillance,
        ),
        DeadlineKind(
            name="provisional_conversion",
            title="Provisional certificate to be converted",
            rule="A provisional certificate holds for one year; a transition audit without major"
            " findings turns it into a full one.",
            source="rule 2.1, 2.2 [A10, A11]",
            evidence="verified",
            owner="member",
            subject="certificate",
            policy_of="audit_scheduling",
            figures=("validity.provisional_years", "findings.provisional_from_major"),
            decided_by="audit_scheduling",
            needs_audit=True,
            own={
                audits.CertificateGranted: Step(
                    _if_type(CertificateType.PROVISIONAL), certificate_parts.granted
                ),
                audits.CertificateConverted: Step(_certificate, certificate_parts.converted),
                **_WITHDRAWN,
            },
            others={
                **_SUCCEEDED,
                **_audits(_certificate_audits(frozenset({AuditKind.PROVISIONAL_TRANSITION}))),
            },
            derive=certificate_parts.conversion,
        ),
        DeadlineKind(
            name="fee_invoice",
            title="Membership fee",
            rule="A membership invoice is paid within sixty days.",
            source="rule 1.3 [A1]",
            evidence="verified",
            owner="member",
            subject="member",
            policy_of="membership",
            figures=("fees.payment_days",),
            decided_by="membership",
            needs_audit=False,
            own={
                membership.FeeInvoiced: Step(_invoice, duty_parts.fee_invoiced),
                membership.FeePaid: Step(_invoice, duty_parts.fee_paid),
                membership.FeeOverdue: Step(_invoice, duty_parts.fee_overdue),
                membership.FeeInvoiceCancelled: Step(_invoice, duty_parts.fee_cancelled),
            },
            others={},
            derive=duty_parts.told_by_own,
        ),
        *REPORTING_KINDS,
        *CUSTODY_KINDS,
    )
}


# --- rows ---


def _by_event() -> dict[type[Event], tuple[tuple[str, Ids], ...]]:
    found: dict[type[Event], list[tuple[str, Ids]]] = {}
    for kind in KINDS.values():
        for steps in (kind.own, kind.others):
            for event, step in steps.items():
                found.setdefault(event, []).append((kind.name + ":", step.ids))
    return {event: tuple(listed) for event, listed in found.items()}


_BY_EVENT: Mapping[type[Event], tuple[tuple[str, Ids], ...]] = _by_event()
CONCERNED = frozenset(_BY_EVENT)
"""The event classes that concern any deadline."""


def keys(recorded: Recorded) -> Sequence[str]:
    """The deadlines that an event concerns."""
    event = recorded.event
    concerned = _BY_EVENT.get(type(event))
    if concerned is None:
        return ()
    return [prefix + key for prefix, ids in concerned for key in ids(event)]


def evolve(key: str, row: DeadlineRow | None, recorded: Recorded) -> DeadlineRow | None:
    """The row after an event: its stream's part folded, the columns derived anew."""
    name, _, own_id = key.partition(":")
    kind, stream = KINDS[name], recorded.envelope.stream
    own = not kind.others or stream == f"{kind.subject}/{own_id}"
    step = (kind.own if own else kind.others)[type(recorded.event)]
    slot = parts.OWN if own else stream
    kept = {} if row is None else row.parts
    part = step.fold(recorded.event, kept.get(slot), recorded)
    if part is None:
        if slot not in kept:
            return row
        kept = {stream: one for stream, one in kept.items() if stream != slot}
    elif slot in kept:
        kept = {**kept, slot: part}
    else:
        kept = dict(sorted({**kept, slot: part}.items())) if kept else {slot: part}
    if not kept:
        return None
    own_part = kept.get(parts.OWN)
    others: Sequence[Part] = ()
    if own_part is None or len(kept) > 1:
        others = [one for stream, one in kept.items() if stream != parts.OWN]
    outcome = kind.derive(own_part, others)
    subject = f"{kind.subject}/{own_id.partition('~')[0]}"
    return parts.row_of(key, name, subject, kept, outcome)


DEADLINES = Projection(
    "deadlines",
    1,
    DeadlineRow,
    keys,
    evolve,
    (("state", "due_on", "deadline_id"), ("member_id", "due_on"), ("kind", "state", "due_on")),
    CONCERNED,
)
