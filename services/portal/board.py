"""The deadlines board as data: buckets, rows, links. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from . import words
from .sources import Document, documents_in

BUCKETS: Sequence[tuple[str, str]] = (
    ("past_due", "Past due"),
    ("undetermined", "Undetermined"),
    ("within_14", "14 days"),
    ("within_60", "60 days"),
    ("within_180", "180 days"),
    ("later", "Later"),
)


PARTS = {
    "membership": "membership",
    "audit_scheduling": "audits",
    "ghg": "ghg",
    "certification": "certification",
    "coc_ledger": "coc",
}
"""Where the policies of a service are asked for."""


class Filter(NamedTuple):
    """What of the board is wanted; it is all in the address, so a view can be sent to somebody."""

    bucket: str | None
    kind: str | None
    member: str | None
    after: str | None

    def query(self) -> dict[str, str]:
        """As parameters of the deadlines query."""
        return {name: value for name, value in self._asdict().items() if value is not None}

    def link(self, **changed: str | None) -> str:
        """The address of the board with some of it changed."""
        found = self._replace(**{"after": None, **changed}).query()
        return "/?" + urlencode(found) if found else "/"


class Row(NamedTuple):
    """One deadline on the board."""

    link: str
    item: Mapping[str, Any]
    bucket_name: str


class Board(NamedTuple):
    """A page of the board."""

    today: str
    simulated: bool
    rows: Sequence[Row]
    counts: Mapping[str, int]
    next_link: str | None
    through: Mapping[str, int]
    kinds: Sequence[tuple[str, str]]
    live: str
    to_decide: Sequence[Mapping[str, Any]] | None
    more_to_decide: bool


def board_of(content: Mapping[str, Any], wanted: Filter, decide: Mapping[str, Any] | None) -> Board:
    """The board from what certification answered, and from membership's list of members whose
    class is contradicted; None if that could not be asked."""
    names = dict(BUCKETS)
    rows = [
        Row(link_of(item["deadline_id"]), item, names[item["bucket"]]) for item in content["items"]
    ]
    following = content["next"]
    return Board(
        today=content["today"],
        simulated=content["simulated"],
        rows=rows,
        counts=content["buckets"],
        next_link=wanted.link(after=following) if following else None,
        through=content["through"],
        kinds=[(kind, words.label(kind)) for kind in content["kinds"]],
        live="/live?" + urlencode({"mark": content["mark"]}),
        to_decide=None if decide is None else decide["items"],
        more_to_decide=decide is not None and decide["next"] is not None,
    )


def link_of(deadline_id: str) -> str:
    """The page of a deadline."""
    return "/deadlines/" + quote(deadline_id, safe="")


class Figure(NamedTuple):
    """A number behind a date, with where it comes from."""

    name: str
    value: object
    evidence: str
    source: str


class Explanation(NamedTuple):
    """Why a date is what it is."""

    item: Mapping[str, Any]
    told: Mapping[str, Any]
    figures: Sequence[Figure]
    events: Sequence[Mapping[str, Any]]
    reminders: Sequence[Mapping[str, Any]]
    unverified: bool
    documents: Sequence[Document]


def policy_path(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """Which service has the policy behind a deadline, and its path there."""
    told = content["explanation"]
    part = PARTS.get(told["policy_of"])
    if part is None or told["policy_id"] is None:
        return None
    return part, f"/{part}/policies/{told['policy_id']}"


def explanation_of(content: Mapping[str, Any], policy: Mapping[str, Any]) -> Explanation:
    """The page of a deadline from what certification and the policy's owner answered."""
    told = content["explanation"]
    known = policy.get("figures", {})
    figures = [Figure(name, **known[name]) for name in told["figures"] if name in known]
    return Explanation(
        item=content["deadline"],
        told=told,
        figures=figures,
        events=content["events"],
        reminders=content["reminders"],
        unverified=any(figure.evidence == "unverified" for figure in figures),
        documents=documents_in([told["source"], *(figure.source for figure in figures)]),
    )
