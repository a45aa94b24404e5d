"""What happened in the synthetic world, in neutral words: neither commands nor events of ours.

An `Entry` is one line in the diary of the world. `recorded_on` is the day someone told the
platform; the other dates say from when it holds, which may be earlier. `simulator.steps` turns
entries into commands; `simulator.oracle` computes from them what the platform must say. All
dates are UTC days, all records immutable.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contracts.values import (
    Activity,
    AuditKind,
    ControlBasis,
    DutyRule,
    FindingClass,
    Maturity,
    MembershipClass,
    Standard,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the diary: whose it is, and the day it was told to the platform."""

    recorded_on: date
    member_id: str


# --- membership ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted(Entry):
    name: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted(Entry):
    name: str
    country: str
    membership_class: MembershipClass
    activities: tuple[Activity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewStarted(Entry):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationRequested(Entry):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationSupplied(Entry):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved(Entry):
    membership_class: MembershipClass
    activities: tuple[Activity, ...]
    fee_level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined(Entry):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Entry):
    """The membership begins; class and activities are those approved."""

    joined_on: date
    name: str
    country: str
    membership_class: MembershipClass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassChanged(Entry):
    effective_on: date
    membership_class: MembershipClass
    activities: tuple[Activity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended(Entry):
    """A duty of the member gets a later day, by exception."""

    rule: DutyRule
    due_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoiced(Entry):
    invoice_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid(Entry):
    invoice_id: str
    paid_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceCancelled(Entry):
    """It was raised in error."""

    invoice_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendedByHand(Entry):
    """Operations suspend a member for a reason of their own ("other")."""

    effective_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstatedByHand(Entry):
    effective_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Resigned(Entry):
    """The member leaves on a day, perhaps one to come: the last such word counts."""

    effective_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ResignationWithdrawn(Entry):
    """The member stays after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminated(Entry):
    effective_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored(Entry):
    """A person answers for it: a forfeited membership whose miss was retracted lives again."""


# --- entities and facilities ---


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRegistered(Entry):
    entity_id: str
    name: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityChanged(Entry):
    entity_id: str
    name: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityClosed(Entry):
    entity_id: str


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of a facility. Coordinates are decimal degrees as text, as contracts want."""

    name: str
    activities: tuple[Activity, ...]
    country: str
    subdivision: str | None
    latitude: str
    longitude: str
    basis: ControlBasis
    share_percent: int
    operating: bool
    start_year: int
    capacity_t_per_year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityRegistered(Entry):
    facility_id: str
    entity_id: str
    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityChanged(Entry):
    facility_id: str
    entity_id: str
    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOffered(Entry):
    """`member_id` offers; the receiving entity answers."""

    facility_id: str
    transfer_id: str
    from_entity_id: str
    to_entity_id: str
    to_member_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAccepted(Entry):
    """`member_id` is the receiver."""

    facility_id: str
    transfer_id: str
    entity_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReturned(Entry):
    facility_id: str
    transfer_id: str
    entity_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityClosed(Entry):
    facility_id: str
    reason: str


# --- audits and certificates ---


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of an audit."""

    finding_id: str
    criterion: str
    finding_class: FindingClass
    facility_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditScheduled(Entry):
    audit_id: str
    entity_id: str
    standard: Standard
    kind: AuditKind
    facilities: tuple[str, ...]
    auditor_firm: str
    starts_on: date
    ends_on: date
    certificate_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCancelled(Entry):
    audit_id: str
    auditor_firm: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditConcluded(Entry):
    audit_id: str
    entity_id: str
    standard: Standard
    kind: AuditKind
    facilities: tuple[str, ...]
    auditor_firm: str
    lead_auditor: str
    started_on: date
    ended_on: date
    findings: tuple[Found, ...]
    overall_maturity: Maturity
    certificate_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateGranted(Entry):
    """The decision was yes, on `decided_on`. Type and end of validity follow from the findings."""

    certificate_id: str
    audit_id: str
    entity_id: str
    standard: Standard
    facilities: tuple[str, ...]
    valid_from: date
    decided_on: date
    replaces: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRefused(Entry):
    certificate_id: str
    audit_id: str
    entity_id: str
    standard: Standard
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateConverted(Entry):
    """A provisional certificate became a full one, on the strength of `audit_id`."""

    certificate_id: str
    audit_id: str
    effective_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSuspended(Entry):
    certificate_id: str
    effective_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateReinstated(Entry):
    certificate_id: str
    effective_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateWithdrawn(Entry):
    certificate_id: str
    effective_on: date
    reason: str


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """By the day told; what was told on one day stays in the order given."""
    return tuple(sorted(entries, key=lambda entry: entry.recorded_on))
