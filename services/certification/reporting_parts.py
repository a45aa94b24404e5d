"""Disclosures and measurements that fall due: all is said by a facility's own stream. Pure."""

from contracts import ghg
from contracts.envelope import Recorded

from .deadline_parts import Part, day, reference
from .facts import iso


def disclosure_expected(event: ghg.DisclosureExpected, part: Part | None, at: Recorded) -> Part:
    """A year is to be disclosed."""
    return {
        "member_id": event.member_id,
        "opened_on": iso(event.expected_on),
        "due_on": iso(event.due_on),
        "state": "open",
        "closed_on": None,
        "policy_id": event.policy_id,
        "extended": 0,
        "certificate_id": None,
        "opened": reference("opened", at),
    }


def disclosure_received(
    event: ghg.DisclosureReceived, part: Part | None, at: Recorded
) -> Part | None:
    """It is public, in time or late. What nobody expected closes nothing."""
    if part is None:
        return None
    in_time = event.published_on <= day(part["due_on"])
    closed = {"closed_on": iso(event.published_on), "closed": reference("closed", at)}
    return {**part, "state": "met" if in_time else "missed", **closed}


def disclosure_overdue(
    event: ghg.DisclosureOverdue, part: Part | None, at: Recorded
) -> Part | None:
    """Its last day is over."""
    if part is None or part["closed_on"] is not None:
        return part
    return {**part, "state": "missed", "missed": reference("missed", at)}


def disclosure_excused(
    event: ghg.DisclosureExcused, part: Part | None, at: Recorded
) -> Part | None:
    """No certificate asks for it any more."""
    if part is None:
        return None
    cancelled = {"state": "cancelled", "closed_on": iso(event.excused_on), "missed": None}
    return {**part, **cancelled, "closed": reference("closed", at)}


def pfc_measured(event: ghg.PfcMeasurementNoted, part: Part | None, at: Recorded) -> Part:
    """Coefficients were measured; measured again, their last day moves."""
    fresh: Part = {
        "member_id": event.member_id,
        "opened_on": iso(event.measured_on),
        "due_on": iso(event.renew_by),
        "state": "open",
        "closed_on": None,
        "policy_id": event.policy_id,
        "extended": 0,
        "certificate_id": None,
        "opened": reference("opened", at),
    }
    if part is None:
        return fresh
    return {**fresh, "opened": part["opened"], "moved": reference("moved", at)}
