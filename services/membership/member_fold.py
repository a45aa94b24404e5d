"""What a member's stream has told, event by event: `evolve`, total over its events. Pure."""

from datetime import date
from typing import Literal, assert_never

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
)

from .duty import INITIAL_RULE, CertificateNoted, Clock, DutyKey, Extension, LateNewsNoted, shifted
from .standing import (
    ApplicationEvent,
    Duty,
    Forfeiture,
    ForfeitureEvent,
    Invoice,
    LeavingEvent,
    Member,
    MemberEvent,
    Met,
    Miss,
    StandingEvent,
)


def evolve(state: Member, event: MemberEvent) -> Member:
    """The member after an event."""
    match event:
        case DutyStarted() | DutyExtended() | DutyEnded() | DutyMet() | DutyReopened():
            return _after_duty(state, event)
        case DutyMissed() | DutyMissRetracted():
            return _after_miss(state, event)
        case (
            MemberJoined()
            | MemberChanged()
            | MembershipClassChanged()
            | MemberSuspended()
            | MemberReinstated()
        ):
            return _after_standing(state, event)
        case (
            MembershipForfeited()
            | ForfeitureQuestioned()
            | ForfeitureUpheld()
            | MembershipRestored()
        ):
            return _after_forfeiture(state, event)
        case (
            ResignationAnnounced()
            | ResignationWithdrawn()
            | MemberResigned()
            | MembershipTerminated()
        ):
            return _after_leaving(state, event)
        case ClassContradicted():
            return state._replace(contradiction=event)
        case ClassContradictionSettled():
            return state._replace(contradiction=None)
        case FeeLevelChanged():
            return state._replace(fee_level=event.fee_level)
        case FeeInvoiced() | FeePaid() | FeeOverdue() | FeeInvoiceCancelled():
            return _after_fee(state, event)
        case CertificateNoted():
            certificate = event.certificate
            known = {**state.certificates, certificate.certificate_id: certificate}
            return state._replace(certificates=known)
        case LateNewsNoted():
            return state._replace(news_on=event.noted_on)
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
            met = Met(_duty_of(state, event), event.certificate_id, event.effective_on)
            return state._replace(duty=None if runs else state.duty, met=(*others, met))
        case DutyReopened():
            return _after_reopening(state, event)
        case _:
            assert_never(event)


def _after_reopening(state: Member, event: DutyReopened) -> Member:
    """The duty runs again; what was said of it and of all that came after it is void."""

    def earlier(key: DutyKey) -> bool:
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
        case MemberChanged():
            return state._replace(name=event.name, country=event.country)
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
            behind = (event.rule, event.effective_on)
            missed = (one for one in state.misses if (one.rule, one.forfeits_on) == behind)
            due_on = next((one.due_on for one in missed), last)
            return state._replace(
                status="forfeited",
                contradiction=None,
                forfeiture=Forfeiture(event.rule, due_on, event.effective_on),
                ended_on=event.effective_on,
                closed=max(last, state.closed or last),
            )
        case ForfeitureQuestioned() | ForfeitureUpheld():
            questioned = isinstance(event, ForfeitureQuestioned)
            known = state.forfeiture and state.forfeiture._replace(questioned=questioned)
            return state._replace(forfeiture=known)
        case MembershipRestored():
            return state._replace(status="member", forfeiture=None, ended_on=None)
        case _:
            assert_never(event)


def _after_leaving(state: Member, event: LeavingEvent) -> Member:
    match event:
        case ResignationAnnounced():
            return state._replace(resigns_on=event.effective_on)
        case ResignationWithdrawn():
            return state._replace(resigns_on=None)
        case MemberResigned():
            return _left(state, "resigned", event.effective_on)
        case MembershipTerminated():
            return _left(state, "terminated", event.effective_on)
        case _:
            assert_never(event)


def _left(state: Member, status: Literal["resigned", "terminated"], day: date) -> Member:
    return state._replace(status=status, ended_on=day, resigns_on=None, contradiction=None)


def _after_fee(
    state: Member, event: FeeInvoiced | FeePaid | FeeOverdue | FeeInvoiceCancelled
) -> Member:
    match event:
        case FeeInvoiced():
            invoice = Invoice(event.fee_level, event.invoiced_on, event.due_on)
        case FeePaid():
            invoice = state.invoices[event.invoice_id]._replace(paid_on=event.paid_on)
        case FeeOverdue():
            invoice = state.invoices[event.invoice_id]._replace(suspends_on=event.suspends_on)
        case FeeInvoiceCancelled():
            invoice = state.invoices[event.invoice_id]._replace(cancelled=True)
        case _:
            assert_never(event)
    return state._replace(invoices={**state.invoices, event.invoice_id: invoice})
