"""What a decision rests on that is not in its own stream: scope, audits, certificates. Pure.

Evidence is a field of a command that the server fills in (`domain.fill`): `decide` stays a
function of its inputs, and the event stores what mattered. What our own streams say is read from
their folds, so it is never behind; what membership says is read from rows, which may lag by a
moment: the sentences of those refusals say so.
"""

from collections.abc import Mapping
from datetime import date

from contracts.values import (
    AuditId,
    AuditKind,
    CertificateId,
    CertificateType,
    EntityId,
    FacilityId,
    FindingClass,
    Maturity,
    MemberId,
    MembershipClass,
    Standard,
    Value,
)
from infra.errors import Refused
from infra.policy import Policy

MOMENTS = "; if that was recorded moments ago, ask again"


class HeldClass(Value):
    """A class that a member has, or had, from a day on."""

    since: date
    membership_class: MembershipClass


Classes = tuple[HeldClass, ...]
"""The classes of a member as membership tells them, in order of time; none = no such member."""


class FacilityEvidence(Value):
    """A facility as membership tells it: whose it was on the audit's first day."""

    facility_id: FacilityId
    entity_id: EntityId
    closed_on: date | None = None


class ScopeEvidence(Value):
    """Member, entity and facilities as membership tells them. Unknown facilities are not
    listed."""

    classes: Classes = ()
    entity_member_id: MemberId | None = None
    entity_closed_on: date | None = None
    facilities: tuple[FacilityEvidence, ...] = ()


class CertificateEvidence(Value):
    """A certificate that was granted, as its own stream tells it."""

    certificate_id: CertificateId
    member_id: MemberId
    entity_id: EntityId
    standard: Standard
    certificate_type: CertificateType
    valid_to: date


class AuditEvidence(Value):
    """A concluded audit, as its own stream tells it. `decided_by` is the certificate whose
    stream holds the decision on it, or for which that is reserved."""

    audit_id: AuditId
    member_id: MemberId
    entity_id: EntityId
    standard: Standard
    kind: AuditKind
    facilities: tuple[FacilityId, ...]
    ended_on: date
    findings: Mapping[FindingClass, int]
    overall_maturity: Maturity | None = None
    certificate_id: CertificateId | None = None
    decided_by: CertificateId | None = None

    def count(self, finding_class: FindingClass) -> int:
        """Findings of a class. One at one site counts for the whole scope (sources.md 2.2)."""
        return self.findings.get(finding_class, 0)


def check_scope(
    member_id: MemberId,
    entity_id: EntityId,
    facilities: tuple[FacilityId, ...],
    days: tuple[date, date],
    scope: ScopeEvidence,
    policy: Policy,
) -> None:
    """Refuse a scope that is not one: who may be certified, whose entity, whose facilities.
    `days` are the first and the last of the audit."""
    first_day, last_day = days
    check_class(member_id, last_day, scope.classes, policy)
    if scope.entity_member_id != member_id:
        raise Refused(
            "unknown-entity",
            f"{member_id} has no entity {entity_id}{MOMENTS}.",
            member_id=member_id,
            entity_id=entity_id,
        )
    if scope.entity_closed_on is not None and scope.entity_closed_on <= first_day:
        raise Refused(
            "entity-closed",
            f"{entity_id} was closed on {scope.entity_closed_on}, before the audit.",
            entity_id=entity_id,
            closed_on=scope.entity_closed_on,
        )
    _check_facilities(entity_id, facilities, first_day, scope)


def check_class(member_id: MemberId, day: date, classes: Classes, policy: Policy) -> None:
    """Refuse what only members of some classes may seek (sources.md 1.1), as of the class held on
    a day. Before the first of its classes a member is an applicant for that one. A class that
    changes later undoes nothing that was recorded."""
    if not classes:
        raise Refused(
            "unknown-member",
            f"no member {member_id} has joined{MOMENTS}.",
            member_id=member_id,
        )
    held = [one.membership_class for one in classes if one.since <= day]
    membership_class = (held[-1] if held else classes[0].membership_class).value
    certifiable = policy.words("certifiable.classes")
    if membership_class not in certifiable:
        raise Refused(
            "class-not-certifiable",
            f"on {day} {member_id} is of class {membership_class}; certification is for classes"
            f" {', '.join(certifiable)}{MOMENTS}.",
            member_id=member_id,
            membership_class=membership_class,
            day=day,
            certifiable=certifiable,
        )


def _check_facilities(
    entity_id: EntityId, facilities: tuple[FacilityId, ...], first_day: date, scope: ScopeEvidence
) -> None:
    known = {facility.facility_id: facility for facility in scope.facilities}
    unknown = [name for name in facilities if name not in known]
    if unknown:
        raise Refused(
            "unknown-facility",
            f"not registered: {', '.join(unknown)}{MOMENTS}.",
            facilities=unknown,
        )
    strangers = [name for name in facilities if known[name].entity_id != entity_id]
    if strangers:
        raise Refused(
            "facility-of-other-entity",
            f"on {first_day} these did not belong to {entity_id}: {', '.join(strangers)}.",
            entity_id=entity_id,
            facilities=strangers,
        )
    closed = [name for name in facilities if _closed(known[name], first_day)]
    if closed:
        raise Refused(
            "facility-closed",
            f"closed before {first_day}: {', '.join(closed)}.",
            facilities=closed,
        )


def _closed(facility: FacilityEvidence, day: date) -> bool:
    return facility.closed_on is not None and facility.closed_on <= day
