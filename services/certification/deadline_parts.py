"""How a deadline is folded: each stream folds its own part, and the row is a function of the parts.

So the row does not depend on how streams interleave: a surveillance audit may be heard of before
the certificate it is about. A part is what one stream has said that bears on the deadline; `own` is
the part of the stream that opens it. States of a row:

    unopened    others spoke of it first; its own stream has not yet: shown nowhere
    open        to be done by `due_on`
    met         done in time
    missed      not done in time: outstanding, or done late (`closed_on`)
    cancelled   no longer to be done
"""

from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from contracts import audits
from contracts.envelope import Recorded, category
from contracts.values import FindingClass

from .facts import iso

Part = dict[str, Any]
"""JSON: what one stream said. Its shape is private to the step and the derivation of a kind."""
OWN = "own"
"""The key of the own part; the others are kept under the names of their streams."""
Reference = tuple[str, str, str, str, int]
"""What the event did (opened, moved, missed, closed), its type, id, source and position."""


class DeadlineRow(NamedTuple):
    """A deadline as it stands. `open_majors`: major findings of the latest audit towards it;
    `audit_booked_on`: first day of the next audit booked towards it."""

    deadline_id: str
    kind: str
    member_id: str
    subject: str
    state: str
    opened_on: date | None
    due_on: date | None
    closed_on: date | None
    policy_id: str | None
    extended: int
    certificate_id: str | None
    open_majors: int
    audit_id: str | None
    audit_booked_on: date | None
    events: tuple[Reference, ...]
    parts: dict[str, Part]


class Outcome(NamedTuple):
    """What follows from the parts, before the columns that all kinds share."""

    state: str
    due_on: date | None
    closed_on: date | None = None
    closed: Reference | None = None


UNOPENED = Outcome("unopened", None)


def reference(did: str, recorded: Recorded) -> Reference:
    """Where an event stands, for the explanation."""
    at = recorded.envelope
    return did, recorded.event.TYPE, at.event_id, at.source, at.position


day = lru_cache(maxsize=20_000)(date.fromisoformat)
"""A day of a part, from its text."""


# --- audits towards a deadline ---


def audit_booked(event: audits.AuditScheduled, part: Part | None, at: Recorded) -> Part:
    """An audit towards it is booked."""
    return {
        "member_id": event.member_id,
        "state": "booked",
        "on": iso(event.starts_on),
        "audit_id": event.audit_id,
    }


def audit_cancelled(event: audits.AuditCancelled, part: Part | None, at: Recorded) -> None:
    """As if it had never been booked."""


def audit_concluded(event: audits.AuditConcluded, part: Part | None, at: Recorded) -> Part:
    """An audit towards it has ended."""
    found = [finding.finding_class for finding in event.findings]
    return {
        "member_id": event.member_id,
        "state": "concluded",
        "on": iso(event.ended_on),
        "audit_id": event.audit_id,
        "majors": found.count(FindingClass.MAJOR) + found.count(FindingClass.CRITICAL_BREACH),
        "event": reference("closed", at),
    }


def by_day(part: Part) -> tuple[str, str]:
    """The order of audits: by day, then by id."""
    return part["on"], part["audit_id"]


# --- the row ---


def row_of(
    deadline_id: str, kind: str, subject: str, parts: dict[str, Part], outcome: Outcome
) -> DeadlineRow:
    """The row that follows from the parts."""
    told = parts.get(OWN) or NOTHING
    booked, latest = _audits(parts) if len(parts) > 1 or not told else (None, None)
    references = (told.get("opened"), told.get("moved"), told.get("missed"), outcome.closed)
    return DeadlineRow(
        deadline_id,
        kind,
        (told or next(iter(parts.values())))["member_id"],
        subject,
        outcome.state,
        day(told["opened_on"]) if told else None,
        outcome.due_on,
        outcome.closed_on,
        told.get("policy_id"),
        told.get("extended", 0),
        told.get("certificate_id"),
        latest["majors"] if latest else told.get("majors", 0),
        booked["audit_id"] if booked else None,
        day(booked["on"]) if booked else None,
        tuple([one for one in references if one]),
        parts,
    )


NOTHING: Part = {}


def items_of(row: DeadlineRow) -> int:
    """For how many things that are to be done a row stands: one, where its kind counts none."""
    return int(row.parts.get(OWN, NOTHING).get("items", 1))


def _audits(parts: dict[str, Part]) -> tuple[Part | None, Part | None]:
    """The next audit that is booked, and the latest that has ended."""
    heard = [part for stream, part in parts.items() if category(stream) == "audit"]
    booked = [part for part in heard if part["state"] == "booked"]
    ended = [part for part in heard if part["state"] == "concluded"]
    return min(booked, key=by_day, default=None), max(ended, key=by_day, default=None)
