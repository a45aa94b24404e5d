"""What the service remembers in rows: its audits and certificates, and membership's scopes. Pure.

Audits and certificates are for queries. Members, entities and facilities are evidence: with them
`scope_of` answers whose a facility was on a day. A row keeps a history only where it is short (a
change of class, a transfer), so rows do not grow with events.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts import audits, facilities, membership
from contracts.envelope import Event, Recorded
from contracts.values import FindingClass, MembershipClass
from infra.decider import Lookup
from infra.readmodel import Projection

from .evidence import Classes, FacilityEvidence, HeldClass, ScopeEvidence


class AuditRow(NamedTuple):
    """An audit as it stands. `state`: scheduled, cancelled, concluded. `decided_by` is the
    certificate whose stream holds the decision on it."""

    audit_id: str
    member_id: str
    entity_id: str
    standard: str
    kind: str
    state: str
    auditor_firm: str
    starts_on: date
    ends_on: date
    facilities: tuple[str, ...]
    certificate_id: str | None
    minor_findings: int
    major_findings: int
    critical_breaches: int
    overall_maturity: str | None
    decided_by: str | None


class CertificateRow(NamedTuple):
    """A certificate as it stands. `state`: granted, refused, suspended, withdrawn; whether it is
    valid on a day also depends on `valid_from` and `valid_to`."""

    certificate_id: str
    member_id: str
    entity_id: str
    audit_id: str
    standard: str
    state: str
    certificate_type: str | None
    valid_from: date | None
    valid_to: date | None
    decided_on: date
    facilities: tuple[str, ...]
    surveillance_due_on: tuple[str, ...]
    replaces: str | None
    policy_id: str


class MemberRow(NamedTuple):
    """A member and the classes it held: (from, class), in order of time."""

    member_id: str
    classes: tuple[tuple[str, str], ...]


class EntityRow(NamedTuple):
    """An entity and whose it is."""

    entity_id: str
    member_id: str
    closed_on: date | None


class FacilityRow(NamedTuple):
    """A facility and whose it was: (from, entity), in order of time."""

    facility_id: str
    member_id: str
    owners: tuple[tuple[str, str], ...]
    closed_on: date | None


# --- audits ---


def _audit_keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case (
            audits.AuditScheduled(audit_id=audit_id)
            | audits.AuditCancelled(audit_id=audit_id)
            | audits.AuditConcluded(audit_id=audit_id)
            | audits.CertificateGranted(audit_id=audit_id)
            | audits.CertificateRefused(audit_id=audit_id)
        ):
            return (audit_id,)
        case _:
            return ()


def _audit(key: str, row: AuditRow | None, recorded: Recorded) -> AuditRow | None:
    match recorded.event:
        case audits.AuditScheduled() as event:
            return _audit_row(event, "scheduled", event.starts_on, event.ends_on)
        case audits.AuditCancelled():
            return row and row._replace(state="cancelled")
        case audits.AuditConcluded() as event:
            found = [finding.finding_class for finding in event.findings]
            return _audit_row(event, "concluded", event.started_on, event.ended_on)._replace(
                minor_findings=found.count(FindingClass.MINOR),
                major_findings=found.count(FindingClass.MAJOR),
                critical_breaches=found.count(FindingClass.CRITICAL_BREACH),
                overall_maturity=event.overall_maturity and event.overall_maturity.value,
            )
        case audits.CertificateGranted() | audits.CertificateRefused() as event:
            return row and row._replace(decided_by=event.certificate_id)
        case _:
            return row


def _audit_row(
    event: audits.AuditScheduled | audits.AuditConcluded, state: str, first: date, last: date
) -> AuditRow:
    return AuditRow(
        audit_id=event.audit_id,
        member_id=event.member_id,
        entity_id=event.entity_id,
        standard=event.standard.value,
        kind=event.kind.value,
        state=state,
        auditor_firm=event.auditor_firm,
        starts_on=first,
        ends_on=last,
        facilities=event.facilities,
        certificate_id=event.certificate_id,
        minor_findings=0,
        major_findings=0,
        critical_breaches=0,
        overall_maturity=None,
        decided_by=None,
    )


# --- certificates ---


def _certificate_keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case (
            audits.CertificateGranted(certificate_id=certificate_id)
            | audits.CertificateRefused(certificate_id=certificate_id)
            | audits.CertificateConverted(certificate_id=certificate_id)
            | audits.CertificateSuspended(certificate_id=certificate_id)
            | audits.CertificateReinstated(certificate_id=certificate_id)
            | audits.CertificateWithdrawn(certificate_id=certificate_id)
        ):
            return (certificate_id,)
        case _:
            return ()


STATES: Mapping[type[Event], str] = {
    audits.CertificateSuspended: "suspended",
    audits.CertificateReinstated: "granted",
    audits.CertificateWithdrawn: "withdrawn",
}


def _certificate(key: str, row: CertificateRow | None, recorded: Recorded) -> CertificateRow | None:
    match recorded.event:
        case audits.CertificateGranted() as event:
            return _decided_row(event, "granted")._replace(
                certificate_type=event.certificate_type.value,
                valid_from=event.valid_from,
                valid_to=event.valid_to,
                facilities=event.facilities,
                surveillance_due_on=_texts(event.surveillance_due_on),
                replaces=event.replaces,
            )
        case audits.CertificateRefused() as event:
            return _decided_row(event, "refused")
        case audits.CertificateConverted() as event:
            return row and row._replace(
                certificate_type="full",
                valid_to=event.valid_to,
                surveillance_due_on=_texts(event.surveillance_due_on),
            )
        case event:
            state = STATES.get(type(event))
            return row._replace(state=state) if row and state else row


def _decided_row(
    event: audits.CertificateGranted | audits.CertificateRefused, state: str
) -> CertificateRow:
    return CertificateRow(
        certificate_id=event.certificate_id,
        member_id=event.member_id,
        entity_id=event.entity_id,
        audit_id=event.audit_id,
        standard=event.standard.value,
        state=state,
        certificate_type=None,
        valid_from=None,
        valid_to=None,
        decided_on=event.decided_on,
        facilities=(),
        surveillance_due_on=(),
        replaces=None,
        policy_id=event.policy_id,
    )


def _texts(days: Sequence[date]) -> tuple[str, ...]:
    return tuple(day.isoformat() for day in days)


# --- what membership tells ---


def _member_keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case (
            membership.MemberJoined(member_id=member_id)
            | membership.MembershipClassChanged(member_id=member_id)
        ):
            return (member_id,)
        case _:
            return ()


def _member(key: str, row: MemberRow | None, recorded: Recorded) -> MemberRow | None:
    match recorded.event:
        case membership.MemberJoined() as event:
            held = (event.joined_on.isoformat(), event.membership_class.value)
            return MemberRow(event.member_id, (held,))
        case membership.MembershipClassChanged() as event:
            held = (event.effective_on.isoformat(), event.membership_class.value)
            return row and row._replace(classes=_with(row.classes, held))
        case _:
            return row


def _entity_keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case (
            facilities.EntityRegistered(entity_id=entity_id)
            | facilities.EntityClosed(entity_id=entity_id)
        ):
            return (entity_id,)
        case _:
            return ()


def _entity(key: str, row: EntityRow | None, recorded: Recorded) -> EntityRow | None:
    match recorded.event:
        case facilities.EntityRegistered() as event:
            return EntityRow(event.entity_id, event.member_id, None)
        case facilities.EntityClosed() as event:
            return row and row._replace(closed_on=event.effective_on)
        case _:
            return row


def _facility_keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case (
            facilities.FacilityRegistered(facility_id=facility_id)
            | facilities.FacilityTransferred(facility_id=facility_id)
            | facilities.FacilityClosed(facility_id=facility_id)
        ):
            return (facility_id,)
        case _:
            return ()


def _facility(key: str, row: FacilityRow | None, recorded: Recorded) -> FacilityRow | None:
    match recorded.event:
        case facilities.FacilityRegistered() as event:
            owner = (event.registered_on.isoformat(), event.entity_id)
            return FacilityRow(event.facility_id, event.member_id, (owner,), None)
        case facilities.FacilityTransferred() as event:
            owner = (event.effective_on.isoformat(), event.entity_id)
            return row and row._replace(member_id=event.member_id, owners=_with(row.owners, owner))
        case facilities.FacilityClosed() as event:
            return row and row._replace(closed_on=event.effective_on)
        case _:
            return row


Timed = tuple[tuple[str, str], ...]


def _with(history: Timed, entry: tuple[str, str]) -> Timed:
    """A history with one more entry; the same day said again is a correction."""
    kept = [earlier for earlier in history if earlier[0] != entry[0]]
    return tuple(sorted([*map(_pair, kept), entry], key=lambda item: item[0]))


def _pair(entry: Sequence[str]) -> tuple[str, str]:
    first, second = entry  # JSON gives a list back
    return first, second


PROJECTIONS: tuple[Projection, ...] = (
    Projection("audits", 1, AuditRow, _audit_keys, _audit, (("member_id", "audit_id"), ("state",))),
    Projection(
        "certificates",
        1,
        CertificateRow,
        _certificate_keys,
        _certificate,
        (("member_id", "certificate_id"), ("entity_id",)),
    ),
    Projection("members", 1, MemberRow, _member_keys, _member),
    Projection("entities", 1, EntityRow, _entity_keys, _entity, (("member_id",),)),
    Projection("facilities", 1, FacilityRow, _facility_keys, _facility),
)


def scope_of(
    member_id: str, entity_id: str, names: Sequence[str], first_day: date, rows: Lookup
) -> ScopeEvidence:
    """What membership has told of a scope: the member's classes, and whose each facility was on
    `first_day`. A facility's first known owner also had it before it was registered."""
    entity: EntityRow | None = rows("entities", entity_id)
    return ScopeEvidence(
        classes=classes_of(member_id, rows),
        entity_member_id=entity.member_id if entity else None,
        entity_closed_on=entity.closed_on if entity else None,
        facilities=tuple(_evidence(row, first_day) for row in _found(names, rows)),
    )


def classes_of(member_id: str, rows: Lookup) -> Classes:
    """What membership has told of a member's classes."""
    member: MemberRow | None = rows("members", member_id)
    return tuple(
        HeldClass(since=date.fromisoformat(since), membership_class=MembershipClass(name))
        for since, name in map(_pair, member.classes if member else ())
    )


def _found(names: Sequence[str], rows: Lookup) -> list[FacilityRow]:
    return [row for name in sorted(set(names)) if (row := rows("facilities", name))]


def _evidence(row: FacilityRow, day: date) -> FacilityEvidence:
    return FacilityEvidence(
        facility_id=row.facility_id, entity_id=_on(row.owners, day), closed_on=row.closed_on
    )


def _on(history: Timed, day: date) -> str:
    earlier = [value for since, value in map(_pair, history) if since <= day.isoformat()]
    return earlier[-1] if earlier else _pair(history[0])[1]
