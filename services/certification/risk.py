"""Who is likely to miss a deadline: a score with its parts, from policy figures. Pure.

Each part is points with a sentence; the score is their sum. The weights are our own guess, tagged
unverified in the policy, and shown to users as such: they rank, they do not predict.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from infra.policy import Policy

from .deadline_parts import DeadlineRow
from .deadlines import KINDS


class RiskPart(NamedTuple):
    """Why a deadline is at risk, and what it counts."""

    name: str
    points: int
    because: str


class Risk(NamedTuple):
    """A deadline's score, with all parts, those of no points too."""

    deadline_id: str
    score: int
    days_left: int
    parts: tuple[RiskPart, ...]


def risk_of(row: DeadlineRow, due_on: date, standing: str, today: date, policy: Policy) -> Risk:
    """The score of an open deadline; `standing` is its member's (`status.standing`)."""
    days_left = (due_on - today).days
    parts = (
        _days_left(days_left, policy),
        _audit(row, due_on, policy),
        _majors(row, policy),
        _standing(standing, policy),
        _extended(row, policy),
    )
    return Risk(row.deadline_id, sum(part.points for part in parts), days_left, parts)


def ranked(
    rows: Iterable[DeadlineRow],
    standing_of: Callable[[str], str],
    today: date,
    within: int,
    policy: Policy,
) -> list[Risk]:
    """Deadlines not done that are due within some days or over, the riskiest first; of equals the
    one due first."""
    found = [
        risk_of(row, row.due_on, standing_of(row.member_id), today, policy)
        for row in rows
        if row.due_on is not None
        and row.closed_on is None
        and row.state in ("open", "missed")
        and (row.due_on - today).days <= within
    ]
    return sorted(found, key=lambda risk: (-risk.score, risk.days_left, risk.deadline_id))


def _days_left(days_left: int, policy: Policy) -> RiskPart:
    """The fewer days, the more points: the points of the first bound that holds."""
    bounds = policy.integers("risk.days_left.bounds")
    points = policy.integers("risk.days_left.points")
    because = f"{days_left} days left" if days_left >= 0 else f"{-days_left} days over"
    for bound, value in zip(bounds, points, strict=True):
        if days_left <= bound:
            return RiskPart("days_left", value, because)
    return RiskPart("days_left", 0, because)


def _audit(row: DeadlineRow, due_on: date, policy: Policy) -> RiskPart:
    booked = row.audit_booked_on
    if not KINDS[row.kind].needs_audit:
        return RiskPart("audit", 0, "needs no audit")
    if booked is None:
        return RiskPart("audit", policy.integer("risk.audit_missing"), "no audit is booked")
    if booked > due_on:
        points = policy.integer("risk.audit_too_late")
        return RiskPart("audit", points, f"the audit is booked for {booked}, after the last day")
    return RiskPart("audit", 0, f"an audit is booked for {booked}")


def _majors(row: DeadlineRow, policy: Policy) -> RiskPart:
    most = policy.integer("risk.major_findings_at_most")
    points = min(most, row.open_majors * policy.integer("risk.major_finding"))
    findings = "finding" if row.open_majors == 1 else "findings"
    because = f"{row.open_majors} major {findings} at the last audit"
    return RiskPart("major_findings", points, because)


def _standing(standing: str, policy: Policy) -> RiskPart:
    points = policy.integer("risk.suspended") if standing == "suspended" else 0
    return RiskPart("standing", points, f"the member is {standing}")


def _extended(row: DeadlineRow, policy: Policy) -> RiskPart:
    most = policy.integer("risk.extensions_at_most")
    points = min(most, row.extended * policy.integer("risk.extension"))
    times = {0: "never extended", 1: "extended once"}
    because = times.get(row.extended, f"extended {row.extended} times")
    return RiskPart("extensions", points, because)
