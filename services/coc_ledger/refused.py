"""Refusals that several commands and questions share: what is wrong, what would be right. Pure."""

from collections.abc import Iterable
from datetime import date

from contracts.custody import Stage
from infra.errors import Refused


def unknown_scope(member_id: str, scope_id: str) -> Refused:
    """A member's scope that there is not, or that is somebody else's: told alike."""
    return Refused(
        "unknown-scope",
        f"Member {member_id} has no scope {scope_id}: GET /coc/members/{member_id}/scopes lists"
        " those that it has.",
        scope_id=scope_id,
        member_id=member_id,
    )


def stage_not_in_scope(scope_id: str, stage: Stage, stages: Iterable[Stage]) -> Refused:
    """A stage that follows from none of a scope's activities."""
    there = sorted(one.value for one in stages)
    return Refused(
        "stage-not-in-scope",
        f"Scope {scope_id} has no {stage.value}: by its activities it has"
        f" {' and '.join(there) or 'no stage'}.",
        stage=stage.value,
        scope_id=scope_id,
        stages=there,
    )


def before_first_period(scope_id: str, day: date, first: date | None = None) -> Refused:
    """A day before all accounts of a scope; `first` is that on which they begin, where known."""
    began = f"starts on {first}" if first is not None else "starts later"
    return Refused(
        "before-first-period",
        f"Scope {scope_id} keeps no accounts on {day} yet: its first period {began}. Look at the"
        " day.",
        day=day,
        scope_id=scope_id,
        **({"first": first} if first is not None else {}),
    )


def day_ahead(day: date, today: date) -> Refused:
    """A day that has not come."""
    return Refused(
        "day-ahead",
        f"{day} is still to come: today is {today}, and only what has happened is booked.",
        day=day,
        today=today,
    )
