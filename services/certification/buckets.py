"""How urgent a deadline is today: past due, undetermined, in so many days, later. Pure.

A deadline whose last day is over is *past due* only once the source that decides it has closed that
day and nothing that may concern it is parked: until then it is *undetermined*, with the reason.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from infra.policy import Policy

from .deadline_parts import DeadlineRow
from .deadlines import KINDS

PAST_DUE = "past_due"
UNDETERMINED = "undetermined"
LATER = "later"


class Bucket(NamedTuple):
    """Where a deadline belongs; `days_left` is negative once its last day is over."""

    name: str
    days_left: int
    reason: str | None = None


class Seen(NamedTuple):
    """How far this service has seen its sources: the day each has closed on all partitions (None:
    none yet), and the streams that are parked here."""

    closed: Mapping[str, date | None]
    parked: Collection[str] = ()


def names(policy: Policy) -> tuple[str, ...]:
    """All buckets, most urgent first."""
    within = (_within(days) for days in sorted(policy.integers("buckets.days")))
    return (PAST_DUE, UNDETERMINED, *within, LATER)


def bucket_of(row: DeadlineRow, today: date, seen: Seen, policy: Policy) -> Bucket | None:
    """The bucket of a deadline; None when nothing is left to do."""
    due_on = row.due_on
    if due_on is None or row.closed_on is not None or row.state not in ("open", "missed"):
        return None
    days_left = (due_on - today).days
    if row.state == "missed":
        return Bucket(PAST_DUE, days_left)
    if days_left < 0:
        reason = undetermined(row, due_on, seen)
        return Bucket(UNDETERMINED if reason else PAST_DUE, days_left, reason)
    for days in sorted(policy.integers("buckets.days")):
        if days_left <= days:
            return Bucket(_within(days), days_left)
    return Bucket(LATER, days_left)


def undetermined(row: DeadlineRow, due_on: date, seen: Seen) -> str | None:
    """Why it cannot be said yet that a deadline was not kept; None when it can."""
    source = KINDS[row.kind].decided_by
    closed = seen.closed.get(source)
    if closed is None:
        return f"{source} has closed no day yet"
    if closed < due_on:
        return f"{source} has closed its days through {closed}, not yet {due_on}"
    concerned = {row.subject, f"member/{row.member_id}", *row.parts}
    parked = sorted(concerned & set(seen.parked))
    return f"events of {', '.join(parked)} are parked" if parked else None


def _within(days: int) -> str:
    return f"within_{days}"
