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


class FacilityEvidence(Value):
    """A facility as membership tells it: whose it was on the audit's first day."""

    facility_id: FacilityId
    entity_id: EntityId
    closed_on: date | None = None


class ScopeEvidence(Value):
    """Member, entity and facilities as membership tells them. `classes` are those held on the
    audit's first day or later; none = no such member. Unknown facilities are not listed."""

    classes: tuple[MembershipClass, ...] = ()
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
    first_day: date,
    scope: ScopeEvidence,
    policy: Policy,
) -> None:
    """Refuse a scope that is not one: who may be certified, whose entity, whose facilities."""
    if not scope.classes:
        raise Refused(
            "unknown-member",
            f"no member {member_id} has joined{MOMENTS}.",
            member_id=member_id,
        )
    certifiable = policy.words("certifiable.classes")
    if not set(scope.classes) & set(certifiable):
        raise Refused(
            "class-not-certifiable",
            f"{member_id} is of class {scope.classes[-1].value}; certification is for classes"
            f" {', '.join(certifiable)}.",
            member_id=member_id,
            membership_class=scope.classes[-1].value,
            certifiable=certifiable,
        )
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
