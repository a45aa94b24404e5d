"""What is remembered of a member: its application, class, duty, suspensions, fees. Pure.

`Member` is the fold of the stream `member/<id>`; `evolve` is total over its events. It keeps apart
what happened (certificates, extensions, closed days) and what was said of it (the duty that runs,
what was met or missed): `settle.py` brings the second into line with the first.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple, assert_never

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
    FeeInvoiced,
    FeeOverdue,
    FeePaid,
    ForfeitureQuestioned,
    ForfeitureUpheld,
    InformationRequested,
    InformationSupplied,
    MemberJoined,
    MemberReinstated,
    MemberResigned,
    MembershipClassChanged,
    MembershipForfeited,
    MembershipRestored,
    MembershipTerminated,
    MemberSuspended,
    SuspensionReason,
)
from contracts.values import Activity, CertificateId, DutyRule, MembershipClass

from .duty import INITIAL_RULE, CertificateNoted, Clock, Extension, Facts, HeldCertificate, shifted

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
EndEvent = ForfeitureEvent | MemberResigned | MembershipTerminated
StandingEvent = MemberJoined | MembershipClassChanged | MemberSuspended | MemberReinstated
FeeEvent = FeeInvoiced | FeePaid | FeeOverdue
MemberEvent = ApplicationEvent | DutyEvent | StandingEvent | EndEvent | FeeEvent | CertificateNoted
"""Every event of the stream; one that is forgotten below is a type error."""


class Duty(NamedTuple):
    """The duty that runs, as it was last said: open, or missed if `Member.misses` has it."""

    rule: DutyRule
    starts_on: date
    due_on: date
    rests_on: CertificateId | None

    @property
    def key(self) -> tuple[DutyRule, date]:
        """What tells one duty of a member from another."""
        return self.rule, self.due_on


class Met(NamedTuple):
    """A duty that was said to be met, and by what."""

    duty: Duty
    by: CertificateId


class Miss(NamedTuple):
    """A miss that was said, and stands."""

    rule: DutyRule
    due_on: date
    forfeits_on: date

    @property
    def key(self) -> tuple[DutyRule, date]:
        """The duty that was missed."""
        return self.rule, self.due_on

    @property
    def missed_on(self) -> date:
        """The first day missed."""
        return shifted(self.due_on, 1)


class Forfeiture(NamedTuple):
    """The end of a membership by a missed duty; questioned once its ground is gone."""

    rule: DutyRule
    effective_on: date
    questioned: bool = False


class Invoice(NamedTuple):
    """A fee asked for; `suspends_on` once it is overdue."""

    fee_level: str
    invoiced_on: date
    due_on: date
    suspends_on: date | None = None
    paid_on: date | None = None


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
    clock: Clock | None
    extensions: tuple[Extension, ...]
    certificates: Mapping[str, HeldCertificate]
    duty: Duty | None
    met: tuple[Met, ...]
    misses: tuple[Miss, ...]
    closed: date | None
    suspensions: Mapping[SuspensionReason, date]
    forfeiture: Forfeiture | None
    ended_on: date | None
    invoices: Mapping[str, Invoice]

    @property
    def standing(self) -> str:
        """`active` or `suspended` for a member, else how far the application or the end is."""
        if self.status != "member":
            return self.status
        return "suspended" if self.suspensions else "active"

    def miss(self, key: tuple[DutyRule, date]) -> Miss | None:
        """The miss of a duty, if one stands."""
        return next((miss for miss in self.misses if miss.key == key), None)

    def met_by(self, key: tuple[DutyRule, date]) -> Met | None:
        """How a duty was said to be met, if it was."""
        return next((met for met in self.met if met.duty.key == key), None)

    def facts(self, clock: Clock, closed: date | None) -> Facts:
        """What the course of the duty depends on; `closed` if later than what is known here."""
        known = max((day for day in (self.closed, closed) if day is not None), default=None)
        return Facts(clock, self.extensions, self.certificates, known)


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
    clock=None,
    extensions=(),
    certificates={},
    duty=None,
    met=(),
    misses=(),
    closed=None,
    suspensions={},
    forfeiture=None,
    ended_on=None,
    invoices={},
)


def evolve(state: Member, event: MemberEvent) -> Member:
    """The member after an event."""
    match event:
        case DutyStarted() | DutyExtended() | DutyEnded() | DutyMet() | DutyReopened():
            return _after_duty(state, event)
        case DutyMissed() | DutyMissRetracted():
            return _after_miss(state, event)
        case MemberJoined() | MembershipClassChanged() | MemberSuspended() | MemberReinstated():
            return _after_standing(state, event)
        case (
            MembershipForfeited()
            | ForfeitureQuestioned()
            | ForfeitureUpheld()
            | MembershipRestored()
        ):
            return _after_forfeiture(state, event)
        case MemberResigned():
            return state._replace(status="resigned", ended_on=event.effective_on)
        case MembershipTerminated():
            return state._replace(status="terminated", ended_on=event.effective_on)
        case FeeInvoiced() | FeePaid() | FeeOverdue():
            return _after_fee(state, event)
        case CertificateNoted():
            certificate = event.certificate
            known = {**state.certificates, certificate.certificate_id: certificate}
            return state._replace(certificates=known)
        case _:
            return _after_application(state, event)


def _after_application(state: Member, event: ApplicationEvent) -> Member:
    match event:
        case ApplicationDrafted(member_id=member_id, name=name, country=country):
            return state._replace(member_id=member_id, name=name, country=country, status="drafted")
        case ApplicationSubmitted():
            return state._replace(
                status="submitted",
                name=event.name,
                country=event.country,
                membership_class=event.membership_class,
                activities=event.activities,
            )
        case ApplicationReviewStarted() | InformationSupplied():
            return state._replace(status="under_review")
        case InformationRequested():
            return state._replace(status="information_requested")
        case ApplicationApproved():
            return state._replace(
                status="approved",
                membership_class=event.membership_class,
                activities=event.activities,
                fee_level=event.fee_level,
            )
        case ApplicationDeclined():
            return state._replace(status="declined")
        case _:
            assert_never(event)


def _after_duty(
    state: Member, event: DutyStarted | DutyExtended | DutyEnded | DutyMet | DutyReopened
) -> Member:
    match event:
        case DutyStarted():
            duty = Duty(event.rule, event.starts_on, event.due_on, event.certificate_id)
            clock = state.clock or Clock(event.starts_on, event.due_on)
            return state._replace(duty=duty, clock=clock)
        case DutyExtended():
            extension = Extension(event.rule, event.previous_due_on, event.due_on)
            missed = (event.rule, event.previous_due_on)
            return state._replace(
                duty=state.duty._replace(due_on=event.due_on) if state.duty else None,
                extensions=(*state.extensions, extension),
                misses=tuple(miss for miss in state.misses if miss.key != missed),
            )
        case DutyEnded(because="class_changed"):
            return state._replace(clock=None, duty=None, extensions=(), met=(), misses=())
        case DutyEnded():
            return state._replace(duty=None)
        case DutyMet():
            key = (event.rule, event.due_on)
            runs = state.duty is not None and state.duty.key == key
            others = tuple(met for met in state.met if met.duty.key != key)
            met = Met(_duty_of(state, event), event.certificate_id)
            return state._replace(duty=None if runs else state.duty, met=(*others, met))
        case DutyReopened():
            return _after_reopening(state, event)
        case _:
            assert_never(event)


def _after_reopening(state: Member, event: DutyReopened) -> Member:
    """The duty runs again; what was said of it and of all that came after it is void."""

    def earlier(key: tuple[DutyRule, date]) -> bool:
        rule, due_on = key
        return event.rule is not INITIAL_RULE and (rule is INITIAL_RULE or due_on < event.due_on)

    return state._replace(
        duty=_duty_of(state, event),
        met=tuple(met for met in state.met if earlier(met.duty.key)),
        misses=tuple(miss for miss in state.misses if earlier(miss.key)),
    )


def _duty_of(state: Member, event: DutyMet | DutyReopened) -> Duty:
    """The duty that an event speaks of, as it ran or was met before."""
    key = (event.rule, event.due_on)
    if state.duty is not None and state.duty.key == key:
        return state.duty
    met = state.met_by(key)
    if met is not None:
        return met.duty
    starts_on = state.clock.starts_on if state.clock else event.effective_on
    return Duty(event.rule, starts_on, event.due_on, None)


def _after_miss(state: Member, event: DutyMissed | DutyMissRetracted) -> Member:
    key = (event.rule, event.due_on)
    others = tuple(miss for miss in state.misses if miss.key != key)
    if isinstance(event, DutyMissRetracted):
        met = tuple(met for met in state.met if met.duty.key != key)
        return state._replace(misses=others, met=met)
    return state._replace(
        misses=(*others, Miss(event.rule, event.due_on, event.forfeits_on)),
        closed=max(event.due_on, state.closed or event.due_on),
    )


def _after_standing(state: Member, event: StandingEvent) -> Member:
    match event:
        case MemberJoined():
            return state._replace(
                status="member", joined_on=event.joined_on, class_since=event.joined_on
            )
        case MembershipClassChanged():
            return state._replace(
                membership_class=event.membership_class,
                activities=event.activities,
                class_since=event.effective_on,
            )
        case MemberSuspended():
            suspensions = {**state.suspensions, event.reason: event.effective_on}
            return state._replace(suspensions=suspensions)
        case MemberReinstated():
            suspensions = {
                reason: since
                for reason, since in state.suspensions.items()
                if reason != event.reason
            }
            return state._replace(suspensions=suspensions)
        case _:
            assert_never(event)


def _after_forfeiture(state: Member, event: ForfeitureEvent) -> Member:
    match event:
        case MembershipForfeited():
            last = shifted(event.effective_on, -1)
            return state._replace(
                status="forfeited",
                forfeiture=Forfeiture(event.rule, event.effective_on),
                ended_on=event.effective_on,
                closed=max(last, state.closed or last),
            )
        case ForfeitureQuestioned() | ForfeitureUpheld():
            questioned = isinstance(event, ForfeitureQuestioned)
            forfeiture = Forfeiture(event.rule, event.effective_on, questioned)
            return state._replace(forfeiture=forfeiture)
        case MembershipRestored():
            return state._replace(status="member", forfeiture=None, ended_on=None)
        case _:
            assert_never(event)


def _after_fee(state: Member, event: FeeEvent) -> Member:
    match event:
        case FeeInvoiced():
            invoice = Invoice(event.fee_level, event.invoiced_on, event.due_on)
        case FeePaid():
            invoice = state.invoices[event.invoice_id]._replace(paid_on=event.paid_on)
        case FeeOverdue():
            invoice = state.invoices[event.invoice_id]._replace(suspends_on=event.suspends_on)
        case _:
            assert_never(event)
    return state._replace(invoices={**state.invoices, event.invoice_id: invoice})
