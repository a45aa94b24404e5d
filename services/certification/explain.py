"""Why this date? A deadline explains itself: rule, policy, events. Pure."""

from typing import NamedTuple

from infra.policy import Evidence

from .deadline_parts import DeadlineRow, Reference, items_of
from .deadlines import KINDS


class Explanation(NamedTuple):
    """Everything behind a deadline. `figures` are names in the policy `policy_id` of the service
    `policy_of`; `events` say what was opened, moved, missed, closed by which event."""

    title: str
    rule: str
    source: str
    evidence: Evidence
    owner: str
    policy_of: str
    policy_id: str | None
    figures: tuple[str, ...]
    story: tuple[str, ...]
    events: tuple[Reference, ...]


def explain(row: DeadlineRow) -> Explanation:
    """The explanation of a row."""
    kind = KINDS[row.kind]
    return Explanation(
        kind.title,
        kind.rule,
        kind.source,
        kind.evidence,
        kind.owner,
        kind.policy_of,
        row.policy_id,
        kind.figures,
        tuple(_story(row)),
        row.events,
    )


def _story(row: DeadlineRow) -> list[str]:
    """What happened so far, a sentence each."""
    if row.opened_on is None or row.due_on is None:
        return ["Others spoke of this deadline; what opens it has not been told yet."]
    told = [f"It runs since {row.opened_on} and is due on {row.due_on}."]
    items = items_of(row)
    if items > 1:
        told.append(f"It stands for {items} that wait, by the last day of the oldest.")
    if row.extended:
        times = "once" if row.extended == 1 else f"{row.extended} times"
        told.append(f"It was extended {times}.")
    if row.audit_booked_on is not None:
        told.append(f"Audit {row.audit_id} towards it begins on {row.audit_booked_on}.")
    if row.open_majors:
        findings = "finding" if row.open_majors == 1 else "findings"
        told.append(f"The last audit left {row.open_majors} major {findings}.")
    told.append(_end(row))
    return told


def _end(row: DeadlineRow) -> str:
    by = f" by certificate {row.certificate_id}" if row.certificate_id else ""
    match row.state:
        case "met":
            return f"It was met{by} on {row.closed_on}."
        case "cancelled":
            return f"It was called off from {row.closed_on} on."
        case "missed" if row.closed_on is not None:
            return f"It was missed; that ended{by} on {row.closed_on}."
        case "missed":
            return "It was missed, and is outstanding."
        case _:
            return "It is open."
