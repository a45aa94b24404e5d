"""Disclosures, measurements and reviews that fall due: all is said by one stream of its own.
Pure."""

from datetime import date

from contracts import ghg, ghg_plans
from contracts.envelope import Recorded

from .deadline_parts import Part, day, reference
from .facts import iso


def disclosure_expected(event: ghg.DisclosureExpected, part: Part | None, at: Recorded) -> Part:
    """A year is to be disclosed."""
    return opened(event.member_id, event.expected_on, event.due_on, event.policy_id, at)


def disclosure_received(
    event: ghg.DisclosureReceived, part: Part | None, at: Recorded
) -> Part | None:
    """It is public, in time or late. What nobody expected closes nothing."""
    return done(event.published_on, part, at)


def disclosure_overdue(
    event: ghg.DisclosureOverdue, part: Part | None, at: Recorded
) -> Part | None:
    """Its last day is over."""
    return missed(part, at)


def disclosure_excused(
    event: ghg.DisclosureExcused, part: Part | None, at: Recorded
) -> Part | None:
    """No certificate asks for it any more."""
    return cancelled(event.excused_on, part, at)


def pfc_measured(event: ghg.PfcMeasurementNoted, part: Part | None, at: Recorded) -> Part:
    """Coefficients were measured; measured again, their last day moves."""
    fresh = opened(event.member_id, event.measured_on, event.renew_by, event.policy_id, at)
    if part is None:
        return fresh
    return {**fresh, "opened": part["opened"], "moved": reference("moved", at)}


def renewal_overdue(event: ghg.PfcRenewalOverdue, part: Part | None, at: Recorded) -> Part | None:
    """Its last day is over."""
    return missed(part, at)


def renewal_ended(event: ghg.PfcRenewalEnded, part: Part | None, at: Recorded) -> Part | None:
    """There is nothing to measure any more."""
    return cancelled(event.ended_on, part, at)


def review_expected(event: ghg_plans.PlanReviewExpected, part: Part | None, at: Recorded) -> Part:
    """A reduction plan is to be reviewed."""
    return opened(event.member_id, event.expected_on, event.due_on, event.policy_id, at)


def reviewed(event: ghg_plans.PlanReviewed, part: Part | None, at: Recorded) -> Part | None:
    """It was reviewed, in time or late."""
    return done(event.reviewed_on, part, at)


def review_overdue(
    event: ghg_plans.PlanReviewOverdue, part: Part | None, at: Recorded
) -> Part | None:
    """Its last day is over."""
    return missed(part, at)


def plan_ended(event: ghg_plans.ReductionPlanEnded, part: Part | None, at: Recorded) -> Part | None:
    """There is no plan to review any more."""
    return cancelled(event.ended_on, part, at)


# --- what all have in common ---


def opened(member_id: str, since: date, due_on: date, policy_id: str, at: Recorded) -> Part:
    """Something is to be done by a day."""
    return {
        "member_id": member_id,
        "opened_on": iso(since),
        "due_on": iso(due_on),
        "state": "open",
        "closed_on": None,
        "policy_id": policy_id,
        "extended": 0,
        "certificate_id": None,
        "opened": reference("opened", at),
    }


def done(on: date, part: Part | None, at: Recorded) -> Part | None:
    """It was done, in time or late."""
    if part is None:
        return None
    state = "met" if on <= day(part["due_on"]) else "missed"
    return {**part, "state": state, "closed_on": iso(on), "closed": reference("closed", at)}


def missed(part: Part | None, at: Recorded) -> Part | None:
    """Its last day is over."""
    if part is None or part["closed_on"] is not None:
        return part
    return {**part, "state": "missed", "missed": reference("missed", at)}


def cancelled(on: date, part: Part | None, at: Recorded) -> Part | None:
    """It is no longer to be done."""
    if part is None:
        return None
    gone = {"state": "cancelled", "closed_on": iso(on), "missed": None}
    return {**part, **gone, "closed": reference("closed", at)}
