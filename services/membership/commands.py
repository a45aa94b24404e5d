"""What may be asked of a member's stream: by people, by reactions, by the clock. Pure.

The days in `FILLED` and the approver are set by the server; a client cannot claim them. Commands
on certificates are internal: they carry what audits published, and nobody types them.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from contracts.membership import Country
from contracts.values import (
    Activity,
    CertificateId,
    Id,
    MemberId,
    MembershipClass,
    Name,
    NoteRef,
    PersonRef,
)
from infra.decider import Command

from .duty import HeldCertificate

FeeLevel = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Activities = Annotated[tuple[Activity, ...], Field(max_length=50)]
DAY: frozenset[str] = frozenset({"on"})
DAY_AND_APPROVER: frozenset[str] = frozenset({"on", "approver"})


class MemberCommand(Command):
    """Base of all commands to `member/<id>`."""

    member_id: MemberId

    @property
    def stream(self) -> str:
        return f"member/{self.member_id}"


# --- the application (sources.md 1.4) ---


class DraftApplication(MemberCommand):
    """Begin an application, or write the draft anew. An id is used once: who comes back after a
    refusal or an end gets another."""

    NAME: ClassVar[str] = "draft_application"
    name: Name
    country: Country


class SubmitApplication(MemberCommand):
    """Hand the draft in, for a class."""

    NAME: ClassVar[str] = "submit_application"
    membership_class: MembershipClass
    activities: Activities = ()


class StartReview(MemberCommand):
    """The secretariat takes the application up."""

    NAME: ClassVar[str] = "start_review"


class RequestInformation(MemberCommand):
    """Something is missing: the review waits for the applicant."""

    NAME: ClassVar[str] = "request_information"
    note_ref: NoteRef | None = None


class SupplyInformation(MemberCommand):
    """The applicant answered: the review goes on."""

    NAME: ClassVar[str] = "supply_information"
    note_ref: NoteRef | None = None


class ApproveApplication(MemberCommand):
    """The application is accepted, as submitted or with class and activities put right."""

    NAME: ClassVar[str] = "approve_application"
    FILLED: ClassVar[frozenset[str]] = DAY_AND_APPROVER
    fee_level: FeeLevel
    membership_class: MembershipClass | None = None
    activities: Activities | None = None
    approver: PersonRef


class DeclineApplication(MemberCommand):
    """The application is refused, for good."""

    NAME: ClassVar[str] = "decline_application"
    FILLED: ClassVar[frozenset[str]] = DAY_AND_APPROVER
    note_ref: NoteRef | None = None
    approver: PersonRef


class AdmitMember(MemberCommand):
    """The approved applicant joins, today or on an earlier day: that day sets the clocks."""

    NAME: ClassVar[str] = "admit_member"
    joined_on: date | None = None


# --- class, duty, standing (sources.md 1.2, 1.3) ---


class ChangeMember(MemberCommand):
    """Another name, or another country of its seat."""

    NAME: ClassVar[str] = "change_member"
    name: Name
    country: Country


class ChangeClass(MemberCommand):
    """Another class, or other activities in the same one, from today or an earlier day on."""

    NAME: ClassVar[str] = "change_class"
    membership_class: MembershipClass
    activities: Activities
    effective_on: date | None = None


class ExtendDuty(MemberCommand):
    """By exception, more time for the duty that runs or was missed."""

    NAME: ClassVar[str] = "extend_duty"
    FILLED: ClassVar[frozenset[str]] = DAY_AND_APPROVER
    due_on: date
    reason: Id
    note_ref: NoteRef | None = None
    approver: PersonRef


class SuspendMember(MemberCommand):
    """Suspend for a reason of its own; missed duties and unpaid fees suspend by rule."""

    NAME: ClassVar[str] = "suspend_member"
    note_ref: NoteRef | None = None


class ReinstateMember(MemberCommand):
    """Lift what `suspend_member` did; what a rule did is lifted by what the rule asks for."""

    NAME: ClassVar[str] = "reinstate_member"


class RestoreMembership(MemberCommand):
    """Undo a forfeiture whose ground is gone."""

    NAME: ClassVar[str] = "restore_membership"
    FILLED: ClassVar[frozenset[str]] = DAY_AND_APPROVER
    note_ref: NoteRef | None = None
    approver: PersonRef


class ResignMembership(MemberCommand):
    """The member leaves, today or on an earlier day; or announces that it will on a later one."""

    NAME: ClassVar[str] = "resign_membership"
    effective_on: date | None = None


class WithdrawResignation(MemberCommand):
    """The member stays: take back what was announced, before its day."""

    NAME: ClassVar[str] = "withdraw_resignation"


class TerminateMembership(MemberCommand):
    """The membership is ended by decision."""

    NAME: ClassVar[str] = "terminate_membership"
    FILLED: ClassVar[frozenset[str]] = DAY_AND_APPROVER
    reason: Id
    note_ref: NoteRef | None = None
    approver: PersonRef


# --- fees (sources.md 1.3, 1.5) ---


class ChangeFeeLevel(MemberCommand):
    """Fees are scaled to size and type of a member: from now on it pays another one."""

    NAME: ClassVar[str] = "change_fee_level"
    FILLED: ClassVar[frozenset[str]] = DAY_AND_APPROVER
    fee_level: FeeLevel
    approver: PersonRef


class InvoiceFee(MemberCommand):
    """Ask for a fee; the term is counted from the day of the invoice."""

    NAME: ClassVar[str] = "invoice_fee"
    invoice_id: Id
    fee_level: FeeLevel | None = None
    invoiced_on: date | None = None


class RecordFeePayment(MemberCommand):
    """A fee was paid, today or on an earlier day."""

    NAME: ClassVar[str] = "record_fee_payment"
    invoice_id: Id
    paid_on: date | None = None


class CancelFeeInvoice(MemberCommand):
    """An invoice was raised in error: nothing is due on it. Of a former member, too."""

    NAME: ClassVar[str] = "cancel_fee_invoice"
    FILLED: ClassVar[frozenset[str]] = DAY_AND_APPROVER
    invoice_id: Id
    reason: Id = "raised_in_error"
    note_ref: NoteRef | None = None
    approver: PersonRef


# --- certificates: internal, from what audits published ---


class NoteCertificate(MemberCommand):
    """A certificate was granted, or its grant was put right."""

    NAME: ClassVar[str] = "note_certificate"
    certificate: HeldCertificate


class NoteConversion(MemberCommand):
    """A provisional certificate became full and runs to another day."""

    NAME: ClassVar[str] = "note_conversion"
    certificate_id: CertificateId
    valid_to: date
    effective_on: date


class NoteCertificateSuspended(MemberCommand):
    """A certificate is suspended from a day on."""

    NAME: ClassVar[str] = "note_certificate_suspended"
    certificate_id: CertificateId
    effective_on: date


class NoteCertificateReinstated(MemberCommand):
    """A suspended certificate holds again from a day on."""

    NAME: ClassVar[str] = "note_certificate_reinstated"
    certificate_id: CertificateId
    effective_on: date


class NoteCertificateWithdrawn(MemberCommand):
    """A certificate is withdrawn; the day is the first without it."""

    NAME: ClassVar[str] = "note_certificate_withdrawn"
    certificate_id: CertificateId
    effective_on: date


ApplicationCommand = (
    DraftApplication
    | SubmitApplication
    | StartReview
    | RequestInformation
    | SupplyInformation
    | ApproveApplication
    | DeclineApplication
    | AdmitMember
)
StandingCommand = (
    ChangeMember
    | ChangeClass
    | ExtendDuty
    | SuspendMember
    | ReinstateMember
    | RestoreMembership
    | ResignMembership
    | WithdrawResignation
    | TerminateMembership
)
FeeCommand = ChangeFeeLevel | InvoiceFee | RecordFeePayment | CancelFeeInvoice
CertificateCommand = (
    NoteCertificate
    | NoteConversion
    | NoteCertificateSuspended
    | NoteCertificateReinstated
    | NoteCertificateWithdrawn
)
