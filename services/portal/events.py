"""The page of public events as data: what happened, in a sentence each; links. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from . import words

Content = Mapping[str, Any]
AREA = "certification"
"""What is shown unless somebody asks for all: what happened, without the machinery's own events."""
EVERY = "all"
SENTENCES: Mapping[str, str] = {
    "certification.certificate_granted": "{certificate_id} is granted: {standard},"
    " {certificate_type}, {facilities} in it, from {valid_from} through {valid_to}.",
    "certification.certificate_converted": "{certificate_id} is {certificate_type} from"
    " {effective_on} on, and runs through {valid_to}.",
    "certification.certificate_suspended": "{certificate_id} is suspended from {effective_on} on.",
    "certification.certificate_reinstated": "{certificate_id} holds again from {effective_on} on.",
    "certification.certificate_withdrawn": "{certificate_id} is withdrawn from {effective_on} on.",
    "certification.certificate_expired": "{certificate_id} expired; {effective_on} is the first"
    " day without it.",
    "certification.certificate_status_corrected": "{certificate_id} was {status} on"
    " {effective_on}: what was published before did not follow from the facts.",
    "certification.duty_started": "The {rule} is due by {due_on}.",
    "certification.duty_extended": "The {rule} is due by {due_on} instead of {previous_due_on}.",
    "certification.duty_ended": "The duty of {rule} ended on {effective_on}.",
    "certification.duty_met": "{certificate_id} meets the {rule} from {effective_on} on; it was"
    " due by {due_on}.",
    "certification.duty_reopened": "The {rule} is open again from {effective_on} on, due by"
    " {due_on}.",
    "certification.duty_missed": "The {rule}, due by {due_on}, was missed.",
    "certification.duty_miss_retracted": "The {rule}, due by {due_on}, was not missed: what was"
    " said before is taken back.",
    "certification.disclosure_published": "Emissions of {facility_id} in {year} are public,"
    " verified with {assurance} assurance.",
    "certification.disclosure_overdue": "Emissions of {facility_id} in {year} were to be public by"
    " {due_on}.",
    "machinery.day_closed": "Whatever is decided by date is decided through {on}.",
    "machinery.tree_head_signed": "A signed head over the first {tree_size} events.",
}
OTHER = "This page has no words for it yet; its JSON says all."
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_VERSION = re.compile(r"\.v\d+$")


class Filter(NamedTuple):
    """Which events are wanted; it is all in the address, so a view can be sent to somebody."""

    kind: str = ""
    member: str = ""
    before: str = ""

    @property
    def types(self) -> Sequence[str]:
        """The types to ask the feed for; none: every event."""
        return [] if self.kind == EVERY else [self.kind or AREA]

    def asked(self, limit: int) -> Mapping[str, str | Sequence[str]]:
        """As parameters of `/feed/newest`."""
        one = {"member": self.member, "before": self.before, "limit": str(limit)}
        return {"type": self.types, **{name: value for name, value in one.items() if value}}

    def link(self, **changed: str) -> str:
        """The address of the page with some of it changed."""
        found = self._replace(**{"before": "", **changed})
        given = {"type": found.kind, "member": found.member, "before": found.before}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"/events?{query}" if query else "/events"

    def live(self, after: str) -> str:
        """Where a page asks whether there is more than it shows."""
        return "/events/live?" + urlencode({"type": self.kind, "after": after})

    def feed(self, after: str = "") -> str:
        """What a program asks for in order to follow the same types."""
        follows = [*(("type", one) for one in self.types), ("wait", "60")]
        return f"/feed?{urlencode(follows)}&after={after}"


class Row(NamedTuple):
    """An event on the page."""

    link: str
    time: str
    kind: str
    what: str
    member: str | None
    sentence: str
    position: str


def rows_of(content: Content) -> Sequence[Row]:
    """The events of an answer, in its order."""
    return [_row(event) for event in content["events"]]


def kinds_of(content: Content) -> Sequence[tuple[str, str]]:
    """What can be filtered by, in plain words."""
    return [(kind, what(kind)) for kind in content["kinds"]]


def what(kind: str) -> str:
    """A kind in plain words: `certification.duty_met` as `Duty met`."""
    return words.label(kind.rpartition(".")[2])


def sentence(kind: str, data: Content) -> str:
    """What an event says."""
    try:
        return SENTENCES[kind].format_map({name: _plainly(one) for name, one in data.items()})
    except KeyError:
        return OTHER


def _row(event: Content) -> Row:
    kind, data = _VERSION.sub("", event["type"]), event["data"]
    return Row(
        link=f"/events/{event['position']}",
        time=event["time"],
        kind=kind,
        what=what(kind),
        member=data.get("member_id"),
        sentence=sentence(kind, data),
        position=event["position"],
    )


def _plainly(value: object) -> str:
    match value:
        case list():
            return "one facility" if len(value) == 1 else f"{len(value)} facilities"
        case str() if _DAY.fullmatch(value):
            return words.day(value)
        case str():
            return value.replace("_", " ") if "-" not in value else value
        case _:
            return str(value)
