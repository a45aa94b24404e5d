"""Duties and fees: all is said by the member's own stream, in its order. Pure.

Membership says of a duty: started, extended, met, reopened, missed, miss retracted, ended. Each is
about the round whose last day it names; what is said of an earlier round changes nothing here.
"""

from collections.abc import Sequence

from contracts import membership
from contracts.envelope import Recorded

from .deadline_parts import UNOPENED, Outcome, Part, day, reference
from .facts import iso

REOPENED: Part = {"state": "open", "closed_on": None, "missed": None, "closed": None}


def duty_started(event: membership.DutyStarted, part: Part | None, at: Recorded) -> Part:
    """A duty begins. Said again while it runs, its first or last day has moved, and a miss of that
    last day stands; after it was called off on its first day, it begins on another one."""
    fresh: Part = {
        "member_id": event.member_id,
        "opened_on": iso(event.starts_on),
        "due_on": iso(event.due_on),
        "state": "open",
        "closed_on": None,
        "policy_id": event.policy_id,
        "extended": 0,
        "certificate_id": event.certificate_id,
        "opened": reference("opened", at),
    }
    if part is None:
        return fresh
    same = part["due_on"] == fresh["due_on"]
    if part["closed_on"] is None and (part["state"] == "open" or same):
        kept = {"state": part["state"], "opened": part["opened"], "extended": part["extended"]}
        missed = part.get("missed")
        return {**fresh, **kept, "missed": missed, "moved": reference("moved", at)}
    never_ran = part["state"] == "cancelled" and part["closed_on"] == part["opened_on"]
    return {**fresh, "extended": part["extended"]} if same and never_ran else fresh


def duty_extended(event: membership.DutyExtended, part: Part | None, at: Recorded) -> Part | None:
    """More time: what was missed is open again."""
    if part is None:
        return None
    changed = {
        "due_on": iso(event.due_on),
        "extended": part["extended"] + 1,
        "policy_id": event.policy_id,
        "moved": reference("moved", at),
    }
    missed = part["state"] == "missed" and part["closed_on"] is None
    return {**part, **changed, **(REOPENED if missed else {})}


def duty_met(event: membership.DutyMet, part: Part | None, at: Recorded) -> Part | None:
    """Met, early or late. What is said of an earlier round changes nothing."""
    if part is None or part["due_on"] != iso(event.due_on):
        return part
    return {
        **part,
        "state": "met" if event.effective_on <= event.due_on else "missed",
        "closed_on": iso(event.effective_on),
        "certificate_id": event.certificate_id,
        "closed": reference("closed", at),
    }


def duty_reopened(event: membership.DutyReopened, part: Part | None, at: Recorded) -> Part | None:
    """What met it is gone."""
    if part is None:
        return None
    moved = {"due_on": iso(event.due_on), "moved": reference("moved", at)}
    return {**part, **REOPENED, **moved}


def duty_missed(event: membership.DutyMissed, part: Part | None, at: Recorded) -> Part | None:
    """Its last day is over."""
    if part is None or part["due_on"] != iso(event.due_on):
        return part
    return {**part, "state": "missed", "closed_on": None, "missed": reference("missed", at)}


def duty_retracted(
    event: membership.DutyMissRetracted, part: Part | None, at: Recorded
) -> Part | None:
    """The miss never was: a certificate held by then, or there was nothing to miss."""
    if part is None or part["due_on"] != iso(event.due_on):
        return part
    if event.certificate_id is None:
        return {**part, **REOPENED}
    return {
        **part,
        "state": "met",
        "closed_on": iso(event.due_on),
        "certificate_id": event.certificate_id,
        "missed": None,
        "closed": reference("closed", at),
    }


def duty_ended(event: membership.DutyEnded, part: Part | None, at: Recorded) -> Part | None:
    """The duty is called off; a miss stays a miss, but nothing is outstanding any more."""
    if part is None or part["closed_on"] is not None:
        return part
    state = "cancelled" if part["state"] == "open" else part["state"]
    ended = {"closed_on": iso(event.effective_on), "closed": reference("closed", at)}
    return {**part, "state": state, **ended}


# --- fees ---


def fee_invoiced(event: membership.FeeInvoiced, part: Part | None, at: Recorded) -> Part:
    """An invoice is out."""
    return {
        "member_id": event.member_id,
        "opened_on": iso(event.invoiced_on),
        "due_on": iso(event.due_on),
        "state": "open",
        "closed_on": None,
        "policy_id": event.policy_id,
        "extended": 0,
        "certificate_id": None,
        "opened": reference("opened", at),
    }


def fee_paid(event: membership.FeePaid, part: Part | None, at: Recorded) -> Part | None:
    """Paid, in time or late."""
    if part is None:
        return None
    return {
        **part,
        "state": "met" if event.paid_on <= day(part["due_on"]) else "missed",
        "closed_on": iso(event.paid_on),
        "closed": reference("closed", at),
    }


def fee_overdue(event: membership.FeeOverdue, part: Part | None, at: Recorded) -> Part | None:
    """Its last day is over."""
    if part is None or part["closed_on"] is not None:
        return part
    return {**part, "state": "missed", "missed": reference("missed", at)}


def fee_cancelled(
    event: membership.FeeInvoiceCancelled, part: Part | None, at: Recorded
) -> Part | None:
    """The invoice should not have been: there was nothing to miss."""
    if part is None:
        return None
    cancelled = {"state": "cancelled", "closed_on": iso(event.cancelled_on), "missed": None}
    return {**part, **cancelled, "closed": reference("closed", at)}


def told_by_own(own: Part | None, others: Sequence[Part]) -> Outcome:
    """The own stream has said all."""
    if own is None:
        return UNOPENED
    closed_on = own["closed_on"] and day(own["closed_on"])
    return Outcome(own["state"], day(own["due_on"]), closed_on, own.get("closed"))
