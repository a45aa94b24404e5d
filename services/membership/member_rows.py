"""Current rows of members and applicants, folded from published events alone. Pure.

`version` and `position` are those of the last published event that the row has seen. Days inside
JSON columns are text.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from contracts import contradictions, membership
from contracts.envelope import Recorded, subject
from infra.readmodel import Projection


class MemberRow(NamedTuple):
    """A member or applicant. `standing`: how far the application is, `active`, `suspended`, or how
    it ended. `duty_state`: `open`, `missed`, `met`; None without a duty. `suspensions`: reason ->
    since. `invoices`: id -> due_on, state (`open`, `overdue`, `paid`, `cancelled`). `resigns_on`:
    the day announced, the first without membership. `forfeiture_questioned`: by what was learnt
    late it should not have been; a person should restore the membership. `class_contradicted`: its
    facility `contradicted_by` does what its class does not; its class should be changed."""

    member_id: str
    name: str
    country: str
    membership_class: str | None
    activities: tuple[str, ...]
    fee_level: str | None
    standing: str
    joined_on: date | None
    resigns_on: date | None
    ended_on: date | None
    duty_rule: str | None
    duty_due_on: date | None
    duty_state: str | None
    forfeits_on: date | None
    forfeiture_questioned: bool
    class_contradicted: bool
    contradicted_by: str | None
    suspensions: dict[str, str]
    invoices: dict[str, dict[str, str]]
    version: int
    position: int


def _member_keys(recorded: Recorded) -> Sequence[str]:
    """Every published event of a member's stream concerns that member's row."""
    if isinstance(recorded.event, (*membership.EVENTS, *contradictions.EVENTS)):
        return (subject(recorded.envelope.stream),)
    return ()


def _member(key: str, row: MemberRow | None, recorded: Recorded) -> MemberRow | None:
    event, at = recorded.event, recorded.envelope
    if row is None:
        if not isinstance(event, membership.ApplicationDrafted):
            return None
        row = _drafted(event)
    for step in STEPS:
        row = step(row, recorded)
    return row._replace(version=at.version, position=at.position)


def _drafted(event: membership.ApplicationDrafted) -> MemberRow:
    return MemberRow(
        member_id=event.member_id,
        name=event.name,
        country=event.country,
        membership_class=None,
        activities=(),
        fee_level=None,
        standing="drafted",
        joined_on=None,
        resigns_on=None,
        ended_on=None,
        duty_rule=None,
        duty_due_on=None,
        duty_state=None,
        forfeits_on=None,
        forfeiture_questioned=False,
        class_contradicted=False,
        contradicted_by=None,
        suspensions={},
        invoices={},
        version=0,
        position=0,
    )


def _after_application(row: MemberRow, recorded: Recorded) -> MemberRow:
    match recorded.event:
        case membership.ApplicationDrafted() as event:
            return row._replace(name=event.name, country=event.country)
        case membership.ApplicationSubmitted() as event:
            return row._replace(
                standing="submitted",
                membership_class=event.membership_class.value,
                activities=tuple(activity.value for activity in event.activities),
            )
        case membership.ApplicationReviewStarted() | membership.InformationSupplied():
            return row._replace(standing="under_review")
        case membership.InformationRequested():
            return row._replace(standing="information_requested")
        case membership.ApplicationApproved() as event:
            return row._replace(
                standing="approved",
                membership_class=event.membership_class.value,
                activities=tuple(activity.value for activity in event.activities),
                fee_level=event.fee_level,
            )
        case membership.ApplicationDeclined():
            return row._replace(standing="declined")
        case _:
            return row


def _after_standing(row: MemberRow, recorded: Recorded) -> MemberRow:
    match recorded.event:
        case membership.MemberJoined() as event:
            return row._replace(standing="active", joined_on=event.joined_on)
        case membership.MemberChanged() as event:
            return row._replace(name=event.name, country=event.country)
        case membership.MembershipClassChanged() as event:
            return row._replace(
                membership_class=event.membership_class.value,
                activities=tuple(activity.value for activity in event.activities),
            )
        case membership.MemberSuspended() as event:
            since = {**row.suspensions, event.reason: event.effective_on.isoformat()}
            return row._replace(suspensions=since, standing="suspended")
        case membership.MemberReinstated() as event:
            left = {
                reason: day for reason, day in row.suspensions.items() if reason != event.reason
            }
            return row._replace(suspensions=left, standing="suspended" if left else "active")
        case _:
            return row


def _after_end(row: MemberRow, recorded: Recorded) -> MemberRow:
    match recorded.event:
        case membership.MembershipForfeited() as event:
            return row._replace(
                standing="forfeited", ended_on=event.effective_on, forfeiture_questioned=False
            )
        case membership.ForfeitureQuestioned() | membership.ForfeitureUpheld() as event:
            questioned = isinstance(event, membership.ForfeitureQuestioned)
            return row._replace(forfeiture_questioned=questioned)
        case membership.MembershipRestored():
            standing = "suspended" if row.suspensions else "active"
            return row._replace(
                standing=standing, ended_on=None, forfeits_on=None, forfeiture_questioned=False
            )
        case membership.ResignationAnnounced() as event:
            return row._replace(resigns_on=event.effective_on)
        case membership.ResignationWithdrawn():
            return row._replace(resigns_on=None)
        case membership.MemberResigned() | membership.MembershipTerminated() as event:
            how = "resigned" if isinstance(event, membership.MemberResigned) else "terminated"
            return row._replace(standing=how, ended_on=event.effective_on, resigns_on=None)
        case _:
            return row


def _after_duty(row: MemberRow, recorded: Recorded) -> MemberRow:
    match recorded.event:
        case membership.DutyStarted() | membership.DutyReopened() as event:
            return row._replace(
                duty_rule=event.rule.value,
                duty_due_on=event.due_on,
                duty_state="open",
                forfeits_on=None,
            )
        case membership.DutyExtended() as event:
            return row._replace(duty_due_on=event.due_on, duty_state="open", forfeits_on=None)
        case membership.DutyEnded():
            return row._replace(duty_rule=None, duty_due_on=None, duty_state=None, forfeits_on=None)
        case (
            membership.DutyMet() | membership.DutyMissed() | membership.DutyMissRetracted() as event
        ):
            runs = (event.rule.value, event.due_on) == (row.duty_rule, row.duty_due_on)
            return _after_outcome(row, event, runs=runs)
        case _:
            return row


def _after_outcome(
    row: MemberRow,
    event: membership.DutyMet | membership.DutyMissed | membership.DutyMissRetracted,
    *,
    runs: bool,
) -> MemberRow:
    if not runs:
        return row
    match event:
        case membership.DutyMet():
            return row._replace(duty_state="met", forfeits_on=None)
        case membership.DutyMissed():
            return row._replace(duty_state="missed", forfeits_on=event.forfeits_on)
        case membership.DutyMissRetracted():
            return row._replace(duty_state="open", forfeits_on=None)


def _after_fee(row: MemberRow, recorded: Recorded) -> MemberRow:
    match recorded.event:
        case membership.FeeLevelChanged() as event:
            return row._replace(fee_level=event.fee_level)
        case membership.FeeInvoiced() as event:
            invoice = {"due_on": event.due_on.isoformat(), "state": "open"}
        case membership.FeePaid() as event:
            invoice = {**row.invoices.get(event.invoice_id, {}), "state": "paid"}
        case membership.FeeOverdue() as event:
            invoice = {**row.invoices.get(event.invoice_id, {}), "state": "overdue"}
        case membership.FeeInvoiceCancelled() as event:
            invoice = {**row.invoices.get(event.invoice_id, {}), "state": "cancelled"}
        case _:
            return row
    return row._replace(invoices={**row.invoices, event.invoice_id: invoice})


def _after_review(row: MemberRow, recorded: Recorded) -> MemberRow:
    """A former member has no class that could be contradicted."""
    match recorded.event:
        case contradictions.ClassContradicted() as event:
            return row._replace(class_contradicted=True, contradicted_by=event.facility_id)
        case (
            contradictions.ClassContradictionSettled()
            | membership.MembershipForfeited()
            | membership.MemberResigned()
            | membership.MembershipTerminated()
        ):
            return row._replace(class_contradicted=False, contradicted_by=None)
        case _:
            return row


STEPS = (
    _after_application,
    _after_standing,
    _after_end,
    _after_duty,
    _after_review,
    _after_fee,
)
MEMBERS = Projection(
    "members",
    3,
    MemberRow,
    _member_keys,
    _member,
    (("standing", "member_id"), ("class_contradicted", "member_id")),
)
