"""Members: who may join, what keeps them in, how they leave. A decider, stream `member/<id>`.

Life cycle (sources.md 1.4): drafted -> submitted -> under review (<-> information requested) ->
approved | declined -> active <-> suspended -> forfeited | resigned | terminated. Suspension is
reversible and has reasons; an end is final, except that a forfeiture whose ground is gone is undone
by a person. `due(state)[rule]` is the last day that must be closed before that rule is ticked:

| rule                    | day                              | rests on the silence of |
|-------------------------|----------------------------------|-------------------------|
| duty_missed             | the duty's last day              | audit_scheduling        |
| forfeit                 | the day before `forfeits_on`     | audit_scheduling        |
| reinstate               | the day before a late certificate| nobody                  |
| resignation             | the eve of the day announced     | nobody                  |
| fee_overdue:<invoice>   | the invoice's last day           | nobody                  |
| fee_suspension:<invoice>| the day before `suspends_on`     | nobody                  |
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import assert_never

from contracts.envelope import Event
from infra.decider import Tick
from infra.errors import Refused
from infra.policy import Policies

from . import application, changes, class_fit, fees
from .class_fit import ReviewClass
from .commands import (
    AdmitMember,
    ApplicationCommand,
    ApproveApplication,
    CancelFeeInvoice,
    CertificateCommand,
    ChangeFeeLevel,
    DeclineApplication,
    DraftApplication,
    FeeCommand,
    InvoiceFee,
    NoteCertificate,
    NoteCertificateReinstated,
    NoteCertificateSuspended,
    NoteCertificateWithdrawn,
    NoteConversion,
    RecordFeePayment,
    RequestInformation,
    StandingCommand,
    StartReview,
    SubmitApplication,
    SupplyInformation,
)
from .duty import CertificateNoted, HeldCertificate, Pause, shifted
from .member_fold import evolve
from .settle import look_back, settle
from .standing import INITIAL, Member
from .story import Story

__all__ = ["INITIAL", "RESTS_ON", "Member", "decide", "due", "evolve"]

MISSED = "duty_missed"
FORFEIT = "forfeit"
REINSTATE = "reinstate"
RESIGNATION = "resignation"
RESTS_ON: Mapping[str, tuple[str, ...]] = {
    MISSED: ("audit_scheduling",),
    FORFEIT: ("audit_scheduling",),
}
"""Rules (the part before a colon) that rest on what other services did not say by that day."""

MemberCommand = (
    ApplicationCommand | StandingCommand | FeeCommand | CertificateCommand | ReviewClass | Tick
)


def decide(command: MemberCommand, state: Member, policies: Policies) -> Sequence[Event]:
    """Events of a command; raises Refused."""
    story = Story(state, command.on, closing=isinstance(command, Tick))
    match command:
        case (
            DraftApplication()
            | SubmitApplication()
            | StartReview()
            | RequestInformation()
            | SupplyInformation()
            | ApproveApplication()
            | DeclineApplication()
            | AdmitMember()
        ):
            application.decide(command, story, policies)
        case (
            NoteCertificate()
            | NoteConversion()
            | NoteCertificateSuspended()
            | NoteCertificateReinstated()
            | NoteCertificateWithdrawn()
        ):
            _note(command, story, policies)
        case ReviewClass():
            class_fit.review(command, story, policies)
        case Tick():
            _tick(command, story, policies)
        case ChangeFeeLevel() | InvoiceFee() | RecordFeePayment() | CancelFeeInvoice():
            fees.decide(command, story, policies)
        case _:
            changes.decide(command, story, policies)
    return story.events


def due(state: Member) -> Mapping[str, date]:
    """The days that must be closed before the clock asks; none for who is no member (any more)."""
    if state.status != "member":
        return {}
    days = dict(fees.due(state))
    if state.resigns_on is not None:
        days[RESIGNATION] = shifted(state.resigns_on, -1)
    if state.duty is not None:
        miss = state.miss(state.duty.key)
        if miss is None:
            days[MISSED] = state.duty.due_on
        else:
            days[FORFEIT] = shifted(miss.forfeits_on, -1)
    cured_on = _cured_on(state)
    if cured_on is not None:
        days[REINSTATE] = shifted(cured_on, -1)
    return days


def _cured_on(state: Member) -> date | None:
    """The day from which the missed duty behind a suspension is met, if it lies ahead."""
    since = state.suspensions.get("duty_missed")
    if since is None or (state.duty is not None and state.miss(state.duty.key) is not None):
        return None
    return next((met.on for met in state.met if shifted(met.duty.due_on, 1) == since), None)


def _tick(command: Tick, story: Story, policies: Policies) -> None:
    """The day `command.on` is closed, and with it the day on which this rule was due. What is due
    no more passes silently. What rests on other services is decided through the day that was due
    and no further: they need not have closed more."""
    rule, _, _ = command.rule.partition(":")
    asked = due(story.state).get(command.rule)
    if asked is None or asked > command.on:
        return
    resigns_on = story.state.resigns_on
    if resigns_on is not None and resigns_on <= shifted(asked, 1):
        # Whichever rule comes first: nothing is missed from the day on which the member is gone.
        changes.resign(story, resigns_on)
        return
    if rule in RESTS_ON:
        settle(story, policies, asked)
    elif rule == REINSTATE:
        settle(story, policies)
    else:
        fees.settle_fees(story, policies, command.on)


# --- certificates ---


def _note(command: CertificateCommand, story: Story, policies: Policies) -> None:
    """What audits published of a certificate: for members, applicants and those who left alike."""
    if isinstance(command, NoteCertificate):
        noted = _granted(command.certificate, story.state)
    else:
        noted = _altered(command, story.state)
    if noted == story.state.certificates.get(noted.certificate_id):
        return
    look_back(story, policies)
    story.tell(CertificateNoted(member_id=command.member_id, certificate=noted))
    settle(story, policies)


def _granted(certificate: HeldCertificate, state: Member) -> HeldCertificate:
    """As granted; a grant put right keeps what happened to the certificate since."""
    known = state.certificates.get(certificate.certificate_id)
    if known is None:
        return certificate
    since = {
        "full_from": known.full_from,
        "withdrawn_from": known.withdrawn_from,
        "pauses": known.pauses,
    }
    return certificate.model_copy(update=since)


def _altered(
    command: NoteConversion
    | NoteCertificateSuspended
    | NoteCertificateReinstated
    | NoteCertificateWithdrawn,
    state: Member,
) -> HeldCertificate:
    known = state.certificates.get(command.certificate_id)
    if known is None:
        raise Refused(
            "unknown-certificate",
            f"Nothing is known of a grant of certificate {command.certificate_id} to member "
            f"{command.member_id}.",
            certificate_id=command.certificate_id,
        )
    day = command.effective_on
    pauses = known.pauses
    match command:
        case NoteConversion():
            change: dict[str, object] = {"valid_to": command.valid_to, "full_from": day}
        case NoteCertificateSuspended():
            over = pauses[:-1] if pauses and pauses[-1].until is None else pauses
            change = {"pauses": (*over, Pause(since=day))}
        case NoteCertificateReinstated():
            if pauses and pauses[-1].until is None:
                pauses = (*pauses[:-1], Pause(since=pauses[-1].since, until=day))
            change = {"pauses": pauses}
        case NoteCertificateWithdrawn():
            change = {"withdrawn_from": day}
        case _:
            assert_never(command)
    return known.model_copy(update=change)
