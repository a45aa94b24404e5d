"""What closes deadlines although no stream of theirs says so. Pure.

- The membership ended: who is no member has nothing to recertify (sources.md 1.2: obliged are
  members), nor to report. The deadline is closed as of the day of the end, and open again once the
  membership is restored. A fee that was invoiced stays due.
- The certificate is over, and all it covered is certified again to the same standard, by whichever
  certificates: a new one need not say that it `replaces` the old one (sources.md 2.1). What is
  closed itself needs no certificate any more.

Both are rules over several facts, so nothing is stored: a row is looked at when it is shown. What
follows for its state is its kind's own derivation, as if the certificate had been taken back or
replaced on that day.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts import membership
from contracts.envelope import Event, Recorded
from infra.readmodel import Attributes, Known, Projection, as_of

from . import deadline_parts as parts
from .deadline_parts import DeadlineRow, Reference, reference
from .deadlines import KINDS
from .facts import COVERED_BY, ONE_DAY, iso

CERTIFICATE = "certificate"
LAPSING = tuple(kind.name for kind in KINDS.values() if kind.subject == CERTIFICATE)
"""Kinds of which something is due on a certificate."""
OWN_SITES = ("facility", "entity", "coc_scope", "pool")
REPORTING = tuple(kind.name for kind in KINDS.values() if kind.subject in OWN_SITES)
"""Kinds of what a member's sites report and account for; nobody asks a former member."""
ENDING = LAPSING + REPORTING
"""Kinds that end with the membership."""

Load = Callable[[Sequence[str]], Mapping[str, Attributes]]
Held = Mapping[str, Known]


# --- whose membership ended ---


class EndedRow(NamedTuple):
    """A membership that ended; `ended_on` is the first day without it."""

    member_id: str
    ended_on: date
    closed: Reference


ENDED_BY: frozenset[type[Event]] = frozenset(
    {
        membership.MembershipForfeited,
        membership.MemberResigned,
        membership.MembershipTerminated,
        membership.MembershipRestored,
    }
)


def _keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case (
            membership.MembershipForfeited(member_id=member_id)
            | membership.MemberResigned(member_id=member_id)
            | membership.MembershipTerminated(member_id=member_id)
            | membership.MembershipRestored(member_id=member_id)
        ):
            return (member_id,)
        case _:
            return ()


def _evolve(key: str, row: EndedRow | None, recorded: Recorded) -> EndedRow | None:
    match recorded.event:
        case (
            membership.MembershipForfeited(effective_on=ended_on)
            | membership.MemberResigned(effective_on=ended_on)
            | membership.MembershipTerminated(effective_on=ended_on)
        ):
            return EndedRow(key, ended_on, reference("closed", recorded))
        case _:
            return None


ENDED = Projection("ended", 1, EndedRow, _keys, _evolve, takes=ENDED_BY)
"""Members whose membership ended, and no others."""


# --- which certificates were followed by others ---


_GRANTED = {"standard", "valid_from", "valid_to", "covers"}
"""What is known of a certificate once its grant was read."""


class Follower(NamedTuple):
    """From `on`, all that a certificate covered is certified again, at last by this one."""

    on: date
    certificate_id: str


def followers(subjects: Iterable[str], load: Load, today: date) -> dict[str, Follower]:
    """Of certificates that are over: what they covered is certified again since when, by today.
    `load` gives the facts of some subjects, and is asked three times."""
    over = {
        subject: held
        for subject, held in _held(load, subjects, today).items()
        if held.keys() >= _GRANTED and _day(held, "valid_to") < today
    }
    sites = _held(load, {site for held in over.values() for site in _covered(held)}, today)
    names = {name for site in sites.values() for name in _certificates(site)}
    others = _held(load, names, today)
    found = {subject: _follower(held, sites, others) for subject, held in over.items()}
    return {subject: one for subject, one in found.items() if one and one.on <= today}


def _follower(old: Held, sites: Mapping[str, Held], others: Mapping[str, Held]) -> Follower | None:
    end, last = _day(old, "valid_to"), list[Follower]()
    for name in _covered(old):
        site = sites[name]
        if "closed" in site and site["closed"].value:
            continue
        again = [
            Follower(on, other.partition("/")[2])
            for other, standard in _certificates(site).items()
            if standard == old["standard"].value and (on := _holds_after(others[other], end))
        ]
        if not again:
            return None
        last.append(min(again))
    return max(last, default=None)


def _holds_after(held: Held, end: date) -> date | None:
    """The first day after `end` on which a certificate holds."""
    if not held.keys() >= _GRANTED:
        return None
    first, last = max(_day(held, "valid_from"), end + ONE_DAY), _day(held, "valid_to")
    if "withdrawn" in held and held["withdrawn"].value:
        last = min(last, held["withdrawn"].effective_from - ONE_DAY)
    return first if first <= last else None


def _held(load: Load, subjects: Iterable[str], today: date) -> dict[str, Held]:
    asked = sorted(subjects)
    known = load(asked) if asked else {}
    return {subject: as_of(known.get(subject, {}), today) for subject in asked}


def _covered(held: Held) -> list[str]:
    return ["facility/" + facility_id for facility_id in held["covers"].value]


def _certificates(site: Held) -> dict[str, object]:
    """The certificates that cover or covered a site, each with its standard."""
    return {
        f"{CERTIFICATE}/{name.removeprefix(COVERED_BY)}": known.value
        for name, known in site.items()
        if name.startswith(COVERED_BY)
    }


def _day(held: Held, attribute: str) -> date:
    return date.fromisoformat(str(held[attribute].value))


# --- rows as they are shown ---


def lapsed(
    rows: Sequence[DeadlineRow], ended: Mapping[str, EndedRow], load: Load, today: date
) -> list[DeadlineRow]:
    """The rows as they are shown today, in their order: what lapsed is closed."""
    late = {
        row.subject
        for row in rows
        if _may_lapse(row)
        and row.kind in LAPSING
        and row.member_id not in ended
        and row.due_on is not None
        and row.due_on < today
    }
    following = followers(late, load, today)
    return [
        _settled(row, ended.get(row.member_id), following.get(row.subject))
        if _may_lapse(row)
        else row
        for row in rows
    ]


def _may_lapse(row: DeadlineRow) -> bool:
    lapses = row.kind in ENDING
    return lapses and row.closed_on is None and parts.OWN in row.parts


def _settled(row: DeadlineRow, ended: EndedRow | None, follower: Follower | None) -> DeadlineRow:
    own = row.parts[parts.OWN]
    others = [part for stream, part in row.parts.items() if stream != parts.OWN]
    if ended is not None and row.kind in REPORTING:
        gone = parts.Outcome("cancelled", row.due_on, ended.ended_on, ended.closed)
        return parts.row_of(row.deadline_id, row.kind, row.subject, row.parts, gone)
    if ended is not None:
        own = {**own, "gone_on": iso(ended.ended_on), "gone": ended.closed}
    elif follower is not None:
        taken = {"successor": follower.certificate_id, "on": iso(follower.on), "event": None}
        others.append(taken)
    else:
        return row
    outcome = KINDS[row.kind].derive(own, others)
    told = parts.row_of(row.deadline_id, row.kind, row.subject, row.parts, outcome)
    return told._replace(certificate_id=follower.certificate_id) if follower else told
