"""What is remembered of a member: its application, class, duty, suspensions, fees. Pure.

`Member` is the fold of the stream `member/<id>` (`member_fold.py`). It keeps apart what happened
(certificates, extensions, closed days) and what was said of it (the duty that runs, what was met or
missed): `settle.py` brings the second into line with the first.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

from contracts.contradictions import ClassContradicted, ClassContradictionSettled
from contracts.membership import (
    ApplicationApproved,
    ApplicationDeclined,
    ApplicationDrafted,
    ApplicationReviewStarted,
    ApplicationSubmitted,
    DutyEnded,
    DutyExtended,
    DutyMet,
    DutyMissed,
    DutyMissRetracted,
    DutyReopened,
    DutyStarted,
    FeeInvoiceCancelled,
    FeeInvoiced,
    FeeLevelChanged,
    FeeOverdue,
    FeePaid,
    ForfeitureQuestioned,
    ForfeitureUpheld,
    InformationRequested,
    InformationSupplied,
    MemberChanged,
    MemberJoined,
    MemberReinstated,
    MemberResigned,
    MembershipClassChanged,
    MembershipForfeited,
    MembershipRestored,
    MembershipTerminated,
    MemberSuspended,
    ResignationAnnounced,
    ResignationWithdrawn,
    SuspensionReason,
)
from contracts.values import Activity, CertificateId, DutyRule, MembershipClass

from .duty import (
    CertificateNoted,
    Clock,
    DutyKey,
    Extension,
    Facts,
    HeldCertificate,
    LateNewsNoted,
    shifted,
)

Status = Literal[
    "none",
    "drafted",
    "submitted",
    "under_review",
    "information_requested",
    "approved",
    "declined",
    "member",
    "forfeited",
    "resigned",
    "terminated",
]
ENDED: frozenset[Status] = frozenset({"forfeited", "resigned", "terminated"})
"""A membership that is over; its id is never used again."""

ApplicationEvent = (
    ApplicationDrafted
    | ApplicationSubmitted
    | ApplicationReviewStarted
    | InformationRequested
    | InformationSupplied
    | ApplicationApproved
    | ApplicationDeclined
)
DutyEvent = (
    DutyStarted | DutyExtended | DutyEnded | DutyMet | DutyReopened | DutyMissed | DutyMissRetracted
)
ForfeitureEvent = MembershipForfeited | ForfeitureQuestioned | ForfeitureUpheld | MembershipRestored
LeavingEvent = ResignationAnnounced | ResignationWithdrawn | MemberResigned | MembershipTerminated
EndEvent = ForfeitureEvent | LeavingEvent
StandingEvent = (
    MemberJoined | MemberChanged | MembershipClassChanged | MemberSuspended | MemberReinstated
)
FitEvent = ClassContradicted | ClassContradictionSettled
FeeEvent = FeeLevelChanged | FeeInvoiced | FeePaid | FeeOverdue | FeeInvoiceCancelled
PrivateEvent = CertificateNoted | LateNewsNoted
MemberEvent = (
    ApplicationEvent | DutyEvent | StandingEvent | EndEvent | FitEvent | FeeEvent | PrivateEvent
)
"""Every event of the stream; one that is forgotten in the fold is a type error."""


class Duty(NamedTuple):
    """The duty that runs, as it was last said: open, or missed if `Member.misses` has it."""

    rule: DutyRule
    starts_on: date
    due_on: date
    rests_on: CertificateId | None

    @property
    def key(self) -> DutyKey:
        """What tells one duty of a member from another."""
        return self.rule, self.due_on


class Met(NamedTuple):
    """A duty that was said to be met, by what, and from which day on."""

    duty: Duty
    by: CertificateId
    on: date


class Miss(NamedTuple):
    """A miss that was said, and stands."""

    rule: DutyRule
    due_on: date
    forfeits_on: date

    @property
    def key(self) -> DutyKey:
        """The duty that was missed."""
        return self.rule, self.due_on

    @property
    def missed_on(self) -> date:
        """The first day missed."""
        return shifted(self.due_on, 1)


class Forfeiture(NamedTuple):
    """The end of a membership by a missed duty; questioned once its ground is gone."""

    rule: DutyRule
    due_on: date
    effective_on: date
    questioned: bool = False

    @property
    def key(self) -> DutyKey:
        """The duty behind it."""
        return self.rule, self.due_on


class Invoice(NamedTuple):
    """A fee asked for; `suspends_on` once it is overdue."""

    fee_level: str
    invoiced_on: date
    due_on: date
    suspends_on: date | None = None
    paid_on: date | None = None
    cancelled: bool = False

    @property
    def open(self) -> bool:
        """Whether something is still to be paid."""
        return self.paid_on is None and not self.cancelled


class Member(NamedTuple):
    """The fold of `member/<id>`. Mappings and tuples are replaced, never changed."""

    member_id: str
    status: Status
    name: str
    country: str
    membership_class: MembershipClass | None
    activities: tuple[Activity, ...]
    fee_level: str
    joined_on: date | None
    class_since: date | None
    contradiction: ClassContradicted | None
    clock: Clock | None
    extensions: tuple[Extension, ...]
    certificates: Mapping[str, HeldCertificate]
    duty: Duty | None
    met: tuple[Met, ...]
    misses: tuple[Miss, ...]
    closed: date | None
    news_on: date | None
    suspensions: Mapping[SuspensionReason, date]
    forfeiture: Forfeiture | None
    resigns_on: date | None
    ended_on: date | None
    invoices: Mapping[str, Invoice]

    @property
    def standing(self) -> str:
        """`active` or `suspended` for a member, else how far the application or the end is."""
        if self.status != "member":
            return self.status
        return "suspended" if self.suspensions else "active"

    def miss(self, key: DutyKey) -> Miss | None:
        """The miss of a duty, if one stands."""
        return next((miss for miss in self.misses if miss.key == key), None)

    def met_by(self, key: DutyKey) -> Met | None:
        """How a duty was said to be met, if it was."""
        return next((met for met in self.met if met.duty.key == key), None)

    def facts(self, clock: Clock, closed: date | None) -> Facts:
        """What the course of the duty depends on; `closed` if later than what is known here.

        The day of forfeiture told with a miss stands while the miss does, uncured. Who has
        forfeited the membership had that time: no later news gives it again.
        """
        known = max((day for day in (self.closed, closed) if day is not None), default=None)
        forfeits = {one.key: one.forfeits_on for one in self.misses if not self.met_by(one.key)}
        news_on = self.news_on
        if self.forfeiture is not None:
            forfeits[self.forfeiture.key] = self.forfeiture.effective_on
            news_on = None
        return Facts(clock, self.extensions, self.certificates, known, forfeits, news_on)


INITIAL = Member(
    member_id="",
    status="none",
    name="",
    country="",
    membership_class=None,
    activities=(),
    fee_level="",
    joined_on=None,
    class_since=None,
    contradiction=None,
    clock=None,
    extensions=(),
    certificates={},
    duty=None,
    met=(),
    misses=(),
    closed=None,
    news_on=None,
    suspensions={},
    forfeiture=None,
    resigns_on=None,
    ended_on=None,
    invoices={},
)
