"""Changes of stage in the public flow: what enters a stage is what left the one before. Pure.

Everybody knows the yields, so that the two sides of a conversion answer for each other, as those of
a market do: what is shown of alumina that was used tells of the metal that was made, member by
member. So both sides are shown for the same regions or not at all, and what is on one side alone (a
product that was booked in a later quarter, because its period was closed) has to be as safe by
itself as any published figure: it is what is left when one side is subtracted from the other.

A member whose two sides lie further apart than the yields that are taken is left over in part; it
is looked at with those, and they without it. Rules: policy figures `stage.*`, `flow.*`.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from services.coc_ledger.accounting.stages import NEXT

from .cells import Members, Rule, merged, safe
from .flow import Link, Node, Place

Sides = tuple[Members, ...]
"""Kilograms by member of each link that is shown with others: one, or both of a conversion."""
Pair = tuple[Link, Link]
"""Kinds of links: into a conversion, and out of it."""


def _pairs() -> Sequence[Pair]:
    found: list[Pair] = []
    for stage, after in NEXT.items():
        between = Node(Place.CONVERSION, stage)
        here, there = Node(Place.POOL, stage), Node(Place.POOL, after)
        found += [(Link(here, between, coc), Link(between, there, coc)) for coc in (True, False)]
    return found


PAIRS = _pairs()


def with_other(kind: Link, there: Iterable[Link]) -> tuple[Link, ...]:
    """A kind with the other side of its conversion, where there is anything on that; the kind that
    leaves the earlier stage first."""
    kinds = set(there)
    pair = next((one for one in PAIRS if kind in one), (kind,))
    return tuple(one for one in pair if one == kind or one in kinds)


def sides_safe(kinds: Sequence[Link], sides: Sides, rule: Rule) -> bool:
    """Whether kinds that are shown together tell too little of any member, each by itself and one
    beside the other."""
    shown = [one for one in sides if any(one.values())]
    if not all(safe(one, rule) for one in shown):
        return False
    return all(_hidden(rest, rule) for rest in rests(kinds, sides, rule))


def _hidden(rest: Members, rule: Rule) -> bool:
    return not any(rest.values()) or safe(rest, rule)


def rests(kinds: Sequence[Link], sides: Sides, rule: Rule) -> tuple[Members, Members]:
    """What is left of one side when the other is subtracted, by member and without a sign: of the
    members that are on one side alone, and of those with what the yields do not explain."""
    alone: Members = {}
    odd: Members = {}
    if len(sides) < 2:
        return alone, odd
    used, made = sides
    ratio = Fraction(rule.ratio(kinds[0].source.stage))
    for member in used.keys() | made.keys():
        went, came = used.get(member, 0), made.get(member, 0)
        apart = abs(went - int(came * ratio))
        if not apart and bool(went) == bool(came):
            continue
        if not (went and came):
            alone[member] = apart
        if apart * 100 > rule.yield_percent * abs(went):
            odd[member] = apart
    return alone, odd


def added(one: Sides, other: Sides) -> Sides:
    """Sides of two regions, or of two quarters, taken together."""
    return tuple(merged(mine, theirs) for mine, theirs in zip(one, other, strict=True))


def year_safe(kinds: Sequence[Link], quarters: Sequence[Sides], rule: Rule) -> bool:
    """The same of the figures of a year, made of what its quarters left over: the yields hold in
    each quarter by itself."""
    whole = quarters[0]
    for sides in quarters[1:]:
        whole = added(whole, sides)
    if not all(safe(one, rule) for one in whole if any(one.values())):
        return False
    alone: Members = {}
    odd: Members = {}
    for sides in quarters:
        first, second = rests(kinds, sides, rule)
        alone, odd = merged(alone, first), merged(odd, second)
    return _hidden(alone, rule) and _hidden(odd, rule)
