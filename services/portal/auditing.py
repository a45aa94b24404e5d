"""The pages of an audit firm as data: its audits with their deadlines, what to look at. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

Content = Mapping[str, Any]
STATES: Sequence[tuple[str, str]] = (
    ("scheduled", "Booked"),
    ("concluded", "Concluded"),
    ("cancelled", "Called off"),
)
DUTIES = ("certification.duty_started", "certification.duty_extended")
RULES: Mapping[str, str] = {
    "initial_certification": "initial_certification",
    "recertification": "recertification",
}
"""The member's duty that a kind of audit serves."""


class Deadline(NamedTuple):
    """A day by which an audit is needed."""

    kind: str
    due_on: str
    days_left: int


class Row(NamedTuple):
    """An audit in the list."""

    link: str
    audit: Content
    deadline: Deadline | None


class Facility(NamedTuple):
    """A facility of an audit: its years, and what to look at there."""

    facility_id: str
    anchor: str
    years: Sequence[tuple[Content, str | None]]
    points: int


def page_of(audit_id: str) -> str:
    """The page of an audit."""
    return "/auditing/" + quote(audit_id, safe="")


def list_link(firm: str, state: str, after: str | None = None) -> str:
    """The address of a firm's list."""
    query = {"firm": firm, "state": state, "after": after}
    return "/auditing?" + urlencode({name: one for name, one in query.items() if one})


def members_asked(audits: Sequence[Content]) -> Sequence[str]:
    """The members whose duty an audit serves, where the audit itself names no day."""
    return sorted({one["member_id"] for one in audits if _serves(one)})


def duties_of(answer: Content) -> Mapping[tuple[str, str], str]:
    """The last day told of each member's duties, from public events, the newest first."""
    found: dict[tuple[str, str], str] = {}
    for event in answer["events"]:
        told = event["data"]
        found.setdefault((told["member_id"], told["rule"]), told["due_on"])
    return found


def deadline_of(
    audit: Content, duties: Mapping[tuple[str, str], str], today: str
) -> Deadline | None:
    """The day by which an audit is needed: the certificate's, or else that of the duty."""
    kind, due_on = audit["kind"], None
    if audit["due"] is not None:
        kind, due_on = audit["due"]["kind"], audit["due"]["due_on"]
    elif _serves(audit):
        due_on = duties.get((audit["member_id"], RULES[audit["kind"]]))
    if due_on is None:
        return None
    days = (date.fromisoformat(due_on) - date.fromisoformat(today)).days
    return Deadline(kind, due_on, days)


def _serves(audit: Content) -> bool:
    return audit["state"] == "scheduled" and audit["due"] is None and audit["kind"] in RULES


def facilities_of(audit: Content, preparation: Content) -> Sequence[Facility]:
    """Facility by facility, each with the years that were told and where their disclosure is."""
    told: dict[str, list[tuple[Content, str | None]]] = {}
    for year in preparation["facility_years"]:
        where = f"/ghg/disclosures/{quote(year['facility_id'], safe='')}/{year['year']}"
        public = where if year["disclosed"] is not None else None
        told.setdefault(year["facility_id"], []).append((year, public))
    points = [one["facility_id"] for one in preparation["points"]]
    return [
        Facility(one, anchor_of(one), told.get(one, []), points.count(one))
        for one in audit["facilities"]
    ]


def anchor_of(facility_id: str) -> str:
    """Where a facility stands on the page."""
    return "at-" + quote(facility_id, safe="")
