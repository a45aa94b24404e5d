"""The current row of each subject: all its facts, compactly. Pure.

With a row `status` can be asked for any day, as known now; what was known earlier is asked of the
fact log. An attribute is kept as one flat list [from, value, from, value, ...] in order of time;
those that no rule asks about in the past keep their last value only, so that a facility changed a
thousand times is one small row.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts.envelope import Recorded
from contracts.values import Instant
from infra.readmodel import Attributes, Known, Projection

from .facts import TELLINGS, Json, iso

Timeline = Sequence[Json]
"""from, value, from, value, ..."""

_made = tuple.__new__  # a NamedTuple without its constructor: there are millions of rows
LATEST_ONLY = frozenset({"name", "country", "site", "class"})
"""Attributes that no rule asks about in the past."""


class SubjectRow(NamedTuple):
    """A subject with its facts. `member_id` is whose it is now, as far as that is known."""

    subject: str
    kind: str
    member_id: str | None
    facts: dict[str, Timeline]


def keys(recorded: Recorded) -> Sequence[str]:
    """The subjects that an event tells about."""
    event = recorded.event
    tellings = TELLINGS.get(type(event))
    if tellings is None:
        return ()
    if len(tellings) == 1:
        for telling in tellings.values():
            return telling.subjects(event)
    return [key for telling in tellings.values() for key in telling.subjects(event)]


def evolve(key: str, row: SubjectRow | None, recorded: Recorded) -> SubjectRow:
    """The row after an event; the order of its attributes depends on their names alone."""
    kind, _, own_id = key.partition("/")
    told = TELLINGS[type(recorded.event)][kind].told(recorded.event)
    facts = {} if row is None else row.facts.copy()
    known = len(facts)
    member_id = row.member_id if row is not None else own_id if kind == "member" else None
    for attribute, value, effective_from in told:
        since = iso(effective_from)
        timeline = facts.get(attribute)
        if timeline is None or (attribute in LATEST_ONLY and since >= str(timeline[0])):
            facts[attribute] = (since, value)
        elif attribute not in LATEST_ONLY:
            facts[attribute] = _after(timeline, since, value)
        if attribute == "member":
            member_id = str(facts[attribute][-1])
    if len(facts) != known:
        facts = dict(sorted(facts.items()))
    return _made(SubjectRow, (key, kind, member_id, facts))


def _after(timeline: Timeline, since: str, value: Json) -> Timeline:
    """A timeline with one more fact; the same day said again replaces what was said."""
    last = str(timeline[-2])
    if since > last:
        return (*timeline, since, value)
    if since == last:
        return (*timeline[:-2], since, value)
    days = {str(timeline[at]): timeline[at + 1] for at in range(0, len(timeline), 2)}
    days[since] = value
    return tuple(part for day in sorted(days) for part in (day, days[day]))


def attributes(row: SubjectRow | None) -> Attributes:
    """The facts of a row in the shape that `status` asks for, as known now."""
    if row is None:
        return {}
    return {name: _facts(timeline) for name, timeline in row.facts.items()}


def _facts(timeline: Timeline) -> list[Known]:
    return [
        Known(timeline[at + 1], date.fromisoformat(str(timeline[at])), Instant(""), "", 0, "")
        for at in range(0, len(timeline), 2)
    ]


def loader(
    rows: Callable[[str], SubjectRow | None],
) -> Callable[[Sequence[str]], Mapping[str, Attributes]]:
    """What `status.gather` needs, from something that looks a row up."""
    return lambda subjects: {subject: attributes(rows(subject)) for subject in subjects}


SUBJECTS = Projection(
    "subjects",
    1,
    SubjectRow,
    keys,
    evolve,
    (("kind", "subject"), ("member_id", "kind", "subject")),
    frozenset(TELLINGS),
)
