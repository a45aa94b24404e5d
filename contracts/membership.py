"""Membership speaks: applications, members, their duty to certify, standing, fees.

Source: sources.md section 1. Stream: `member/<id>`. Every date is
a UTC day; `effective_on` is the day from which something holds, whenever it was recorded.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import StringConstraints

from .envelope import Event
from .values import (
    Activity,
    CertificateId,
    DutyRule,
    Id,
    MemberId,
    MembershipClass,
    Name,
    NoteRef,
    PersonRef,
)

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
SuspensionReason = Literal["duty_missed", "fees_unpaid", "other"]
Activities = tuple[Activity, ...]


# --- the application (sources.md 1.4) ---


class ApplicationDrafted(Event):
    TYPE: ClassVar[str] = "membership.application_drafted.v1"
    member_id: MemberId
    name: Name
    country: Country
    drafted_on: date


class ApplicationSubmitted(Event):
    TYPE: ClassVar[str] = "membership.application_submitted.v1"
    member_id: MemberId
    name: Name
    country: Country
    membership_class: MembershipClass
    activities: Activities
    submitted_on: date


class ApplicationReviewStarted(Event):
    TYPE: ClassVar[str] = "membership.application_review_started.v1"
    member_id: MemberId
    started_on: date


class InformationRequested(Event):
    TYPE: ClassVar[str] = "membership.information_requested.v1"
    member_id: MemberId
    requested_on: date
    note_ref: NoteRef | None = None


class InformationSupplied(Event):
    TYPE: ClassVar[str] = "membership.information_supplied.v1"
    member_id: MemberId
    supplied_on: date
    note_ref: NoteRef | None = None


class ApplicationApproved(Event):
    TYPE: ClassVar[str] = "membership.application_approved.v1"
    member_id: MemberId
    membership_class: MembershipClass
    activities: Activities
    fee_level: Id
    approved_on: date
    approver: PersonRef


class ApplicationDeclined(Event):
    TYPE: ClassVar[str] = "membership.application_declined.v1"
    member_id: MemberId
    declined_on: date
    approver: PersonRef
    note_ref: NoteRef | None = None


class MemberJoined(Event):
    """The membership begins: `joined_on` sets the clocks."""

    TYPE: ClassVar[str] = "membership.member_joined.v1"
    member_id: MemberId
    name: Name
    country: Country
    membership_class: MembershipClass
    activities: Activities
    fee_level: Id
    joined_on: date


class MemberChanged(Event):
    """The member under another name, or with its seat in another country."""

    TYPE: ClassVar[str] = "membership.member_changed.v1"
    member_id: MemberId
    name: Name
    country: Country
    effective_on: date


class MembershipClassChanged(Event):
    TYPE: ClassVar[str] = "membership.class_changed.v1"
    member_id: MemberId
    previous_class: MembershipClass
    membership_class: MembershipClass
    activities: Activities
    effective_on: date
    policy_id: Id


# --- the duty to certify (sources.md 1.2) ---


class DutyStarted(Event):
    """A clock runs: `due_on` is the last day on which the duty can be met.

    A member has one duty at a time, so this replaces what ran before: said again of the same rule,
    the date has moved. `certificate_id` is the certificate whose end sets the date, if one does.
    """

    TYPE: ClassVar[str] = "membership.duty_started.v1"
    member_id: MemberId
    rule: DutyRule
    starts_on: date
    due_on: date
    policy_id: Id
    certificate_id: CertificateId | None = None


class DutyExtended(Event):
    """More time, by exception. A duty that was missed is open again."""

    TYPE: ClassVar[str] = "membership.duty_extended.v1"
    member_id: MemberId
    rule: DutyRule
    previous_due_on: date
    due_on: date
    extended_on: date
    reason: Id
    approver: PersonRef
    policy_id: Id
    note_ref: NoteRef | None = None


class DutyEnded(Event):
    """The member no longer has this duty: its class changed, the membership ended, or the
    certificate that a recertification rested on is gone (an earlier duty is then open again)."""

    TYPE: ClassVar[str] = "membership.duty_ended.v1"
    member_id: MemberId
    rule: DutyRule
    effective_on: date
    because: Literal["class_changed", "membership_ended", "certificate_gone"]


class DutyMet(Event):
    """`effective_on` is the first day on which the certificate meets the duty; later than `due_on`
    when it came late, during the suspension. Said again, another certificate took its place."""

    TYPE: ClassVar[str] = "membership.duty_met.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    certificate_id: CertificateId
    effective_on: date


class DutyReopened(Event):
    """What met the duty no longer does (withdrawn, or corrected): it is open again."""

    TYPE: ClassVar[str] = "membership.duty_reopened.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    certificate_id: CertificateId
    effective_on: date


class DutyMissed(Event):
    """`effective_on` is the first day missed, `due_on` + 1, whenever it was noticed.
    `forfeits_on` is the first day without membership if nothing heals it."""

    TYPE: ClassVar[str] = "membership.duty_missed.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    effective_on: date
    forfeits_on: date
    policy_id: Id


class DutyMissRetracted(Event):
    """A certificate recorded late but effective in time: the miss never was. Without a
    certificate: by a class change recorded late, or a later end, there was no duty to miss."""

    TYPE: ClassVar[str] = "membership.duty_miss_retracted.v1"
    member_id: MemberId
    rule: DutyRule
    due_on: date
    certificate_id: CertificateId | None
    effective_on: date


# --- standing (sources.md 1.3) ---


class MemberSuspended(Event):
    """Suspension is reversible and has a reason; several reasons may hold at once."""

    TYPE: ClassVar[str] = "membership.member_suspended.v1"
    member_id: MemberId
    reason: SuspensionReason
    effective_on: date
    policy_id: Id | None = None
    note_ref: NoteRef | None = None


class MemberReinstated(Event):
    """One reason of suspension is gone; the member is active again when none is left.
    `effective_on` equal to the suspension's: it never was."""

    TYPE: ClassVar[str] = "membership.member_reinstated.v1"
    member_id: MemberId
    reason: SuspensionReason
    effective_on: date


class MembershipForfeited(Event):
    """Said again with another day: the miss behind it turned out to be another one."""

    TYPE: ClassVar[str] = "membership.membership_forfeited.v1"
    member_id: MemberId
    rule: DutyRule
    effective_on: date
    policy_id: Id


class ForfeitureQuestioned(Event):
    """What was learnt late no longer carries the forfeiture: a person should look, and restore."""

    TYPE: ClassVar[str] = "membership.forfeiture_questioned.v1"
    member_id: MemberId
    rule: DutyRule
    effective_on: date


class ForfeitureUpheld(Event):
    """What had questioned the forfeiture is gone: it stands as it was."""

    TYPE: ClassVar[str] = "membership.forfeiture_upheld.v1"
    member_id: MemberId
    rule: DutyRule
    effective_on: date


class MembershipRestored(Event):
    """A forfeiture undone because the miss behind it was retracted or healed in time; a person
    answers for it. `effective_on` is that of the forfeiture: there was no day without."""

    TYPE: ClassVar[str] = "membership.membership_restored.v1"
    member_id: MemberId
    effective_on: date
    approver: PersonRef
    note_ref: NoteRef | None = None


class ResignationAnnounced(Event):
    """The member leaves on a day ahead, the first without membership; until then all goes on.
    Said again, it is another day."""

    TYPE: ClassVar[str] = "membership.resignation_announced.v1"
    member_id: MemberId
    announced_on: date
    effective_on: date


class ResignationWithdrawn(Event):
    """The member stays: what was announced is taken back before its day."""

    TYPE: ClassVar[str] = "membership.resignation_withdrawn.v1"
    member_id: MemberId
    withdrawn_on: date


class MemberResigned(Event):
    TYPE: ClassVar[str] = "membership.member_resigned.v1"
    member_id: MemberId
    effective_on: date


class MembershipTerminated(Event):
    TYPE: ClassVar[str] = "membership.membership_terminated.v1"
    member_id: MemberId
    effective_on: date
    reason: Id
    approver: PersonRef
    note_ref: NoteRef | None = None


# --- fees (sources.md 1.3, 1.5) ---


class FeeLevelChanged(Event):
    """Later invoices are for this level; those that are out stay as they are."""

    TYPE: ClassVar[str] = "membership.fee_level_changed.v1"
    member_id: MemberId
    fee_level: Id
    effective_on: date
    approver: PersonRef


class FeeInvoiced(Event):
    TYPE: ClassVar[str] = "membership.fee_invoiced.v1"
    member_id: MemberId
    invoice_id: Id
    fee_level: Id
    invoiced_on: date
    due_on: date
    policy_id: Id


class FeePaid(Event):
    TYPE: ClassVar[str] = "membership.fee_paid.v1"
    member_id: MemberId
    invoice_id: Id
    paid_on: date


class FeeOverdue(Event):
    """`effective_on` is the first day late, `due_on` + 1; `suspends_on` is the first day of the
    suspension if it stays unpaid."""

    TYPE: ClassVar[str] = "membership.fee_overdue.v1"
    member_id: MemberId
    invoice_id: Id
    due_on: date
    effective_on: date
    suspends_on: date
    policy_id: Id


class FeeInvoiceCancelled(Event):
    """The invoice should not have been: nothing is due on it, and nothing was."""

    TYPE: ClassVar[str] = "membership.fee_invoice_cancelled.v1"
    member_id: MemberId
    invoice_id: Id
    cancelled_on: date
    reason: Id
    approver: PersonRef
    note_ref: NoteRef | None = None


EVENTS: tuple[type[Event], ...] = (
    ApplicationDrafted,
    ApplicationSubmitted,
    ApplicationReviewStarted,
    InformationRequested,
    InformationSupplied,
    ApplicationApproved,
    ApplicationDeclined,
    MemberJoined,
    MemberChanged,
    MembershipClassChanged,
    DutyStarted,
    DutyExtended,
    DutyEnded,
    DutyMet,
    DutyReopened,
    DutyMissed,
    DutyMissRetracted,
    MemberSuspended,
    MemberReinstated,
    MembershipForfeited,
    ForfeitureQuestioned,
    ForfeitureUpheld,
    MembershipRestored,
    ResignationAnnounced,
    ResignationWithdrawn,
    MemberResigned,
    MembershipTerminated,
    FeeLevelChanged,
    FeeInvoiced,
    FeePaid,
    FeeOverdue,
    FeeInvoiceCancelled,
)
