"""The synthetic world: members, sites, audits and certificates over ten years, from one seed.

`world(seed)` gives the same world for the same arguments, on any machine. It holds `members`
memberships in force on the day `as_of`, `chinese` of them in China; beside them former members
and applicants. Nothing in it is real: every name starts with `Synthetic`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from random import Random

from contracts.values import MembershipClass

from . import assurance, names, office, sites
from .history import Entry, Resigned, Restored, Terminated, in_order
from .life import Life, Place, Seat
from .lives import SCRIPTS
from .plan import seats
from .rules import Rules

_PT = MembershipClass.PRODUCTION_AND_TRANSFORMATION
AS_OF = date(2025, 5, 31)
"""The day whose size the brief gives: 389 members, 87 of them Chinese."""


@dataclass(frozen=True)
class World:
    """What there is, and all that was told of it through `as_of`, in the order told."""

    seed: int
    as_of: date
    rules: Rules
    seats: tuple[Seat, ...]
    entries: tuple[Entry, ...]

    @cached_property
    def by_member(self) -> dict[str, tuple[Entry, ...]]:
        """Each member's own entries, in the order told."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.member_id, []).append(entry)
        return {member: tuple(entries) for member, entries in found.items()}

    @cached_property
    def members(self) -> dict[str, Seat]:
        """Who sits where, by member id: former members and applicants too."""
        return {names.member_id(seat.number): seat for seat in self.seats}

    @property
    def first_day(self) -> date:
        """The day of the first entry."""
        return self.entries[0].recorded_on


def world(
    seed: int,
    members: int = 389,
    chinese: int = 87,
    as_of: date = AS_OF,
    rules: Rules | None = None,
) -> World:
    """Make a world; the same arguments always make the same one."""
    figures = rules or Rules()
    dealt = seats(Random(f"seats/{seed}"), members, chinese, as_of, figures)
    lives = [_lived(seed, seat, as_of, figures) for seat in dealt]
    _trade(lives, Random(f"trade/{seed}"))
    entries = in_order(entry for life in lives for entry in _told(life))
    return World(seed, as_of, figures, tuple(dealt), entries)


def clock_days(first: date, last: date) -> Iterator[date]:
    """The days that a clock closes, one by one, both ends included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _lived(seed: int, seat: Seat, as_of: date, rules: Rules) -> Life:
    """One life, with dice of its own: a change in one member's life leaves the others alone."""
    life = Life(
        seat=seat,
        member_id=names.member_id(seat.number),
        name=names.member_name(seat.membership_class, seat.number, seat.country),
        dice=Random(f"life/{seed}/{seat.number}"),
        rules=rules,
        as_of=as_of,
    )
    life.activities = sites.activities_of(life)
    if seat.script in office.STAGES:
        office.apply(life, until=seat.script)
        return life
    office.apply(life)
    if seat.membership_class in rules.obliged:
        sites.found_sites(life, seat.joined_on)
    SCRIPTS[seat.script](life)
    if life.places and seat.script in ("in_time", "resigned", "certificate_suspended"):
        assurance.more_certificates(life)
    if life.places:
        sites.change_sites(life)
    office.bill(life, _away(life))
    return life


def _away(life: Life) -> tuple[date, date] | None:
    """From shortly before a forfeiture until the membership was restored, if ever it was."""
    for entry in life.entries:
        if isinstance(entry, Restored):
            return life.due_on - timedelta(days=100), entry.recorded_on
    return None


def _trade(lives: Sequence[Life], dice: Random) -> None:
    """Some facilities pass from one group to another: one for each hundred lives or so."""
    open_lives = [life for life in lives if life.seat.script == "in_time"]
    buyers = [life for life in open_lives if life.entities]
    sellers = [life for life in buyers if any(not place.settled for place in life.places)]
    for seller in dice.sample(sellers, min(len(sellers), 1 + len(lives) // 100)):
        place = next(place for place in seller.places if not place.settled)
        buyer = dice.choice([life for life in buyers if _may_run(life, place)])
        on = max(place.since, buyer.ready_on) + timedelta(days=400 + dice.randint(0, 60))
        if buyer is not seller:
            sites.sell(seller, place, buyer, on)


def _may_run(life: Life, place: Place) -> bool:
    """Whether a group's class, whenever it was, goes with what a facility does."""
    upstream = life.rules.forcing & set(place.site.activities)
    return not upstream or life.seat.membership_class is _PT


def _told(life: Life) -> list[Entry]:
    """What was told through the world's day. On the day on which a membership ends, its end is
    all that is told."""
    told = [entry for entry in in_order(life.entries) if entry.recorded_on <= life.as_of]
    return [
        entry
        for entry in told
        if entry.recorded_on < life.ends_on or isinstance(entry, Resigned | Terminated)
    ]
