"""The market's balance in the public flow: what is sold as CoC is what is bought. Pure.

Metal under documents leaves one pool for another by way of a market that keeps nothing, and
everybody knows it. So the two sides answer for each other: where the buyers are shown, whatever the
sellers are not shown of follows from them. What is left over on both sides *together* has to be as
safe as any published figure, in each quarter; if it is not, more of the market is withheld until it
is or nothing of it is shown. A quarter in which one side is missing does not balance: what it left
over is looked at with the later ones of its year. A year's figure adds up what its quarters left
over, and may be exchanged, quarter by quarter, for what stands on the other side: each such sum has
to be safe too.

Who looks on does not know how much of what was bought did not count as CoC, and may suppose either
all of it or nothing: the market is balanced with that and without it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from contracts.custody import Stage

from .cells import SEVERAL, Atom, Atoms, Members, Quarter, Rule, Rules, kind_of, merged, safe, size
from .flow import Link, Node, Place, region_at

Market = tuple[Link, ...]
"""Kinds of links that add up to nothing, if what is bought is taken with the other sign."""


class Shown(NamedTuple):
    """What is shown, and what is left over, by period and link; both are changed in place."""

    published: Atoms
    left: Atoms

    @property
    def there(self) -> frozenset[Atom]:
        """The kinds of links that there are at all, by period."""
        return frozenset((period, kind_of(link)) for period, link in (*self.published, *self.left))


def _markets() -> Sequence[Market]:
    found: list[Market] = []
    for stage in Stage:
        pool, market = Node(Place.POOL, stage), Node(Place.COC_MARKET, stage)
        sold, bought = Link(pool, market, True), Link(market, pool, True)
        found += [(sold, bought), (sold, bought, Link(market, pool, False))]
    return found


MARKETS = _markets()


def hold_quarters(shown: Shown, rules: Rules) -> None:
    """Withhold what would give away the rest of a market."""
    there = shown.there
    changed = True
    while changed:
        changed = False
        for quarter, market in product(sorted({period for period, _ in there}), MARKETS):
            open_ones = _unbalanced(quarter, market, there)
            while _open(shown, (*open_ones, quarter), market, rules(quarter), there):
                _withhold(shown, quarter, market)
                changed = True


def _unbalanced(quarter: Quarter, market: Market, there: frozenset[Atom]) -> list[Quarter]:
    """The quarters of the year before one in which a side of a market is missing."""
    before = (Quarter(quarter.year, number) for number in range(1, quarter.number))
    return [one for one in before if not _both([one], market, there)]


def _both(quarters: Iterable[Quarter], market: Market, there: frozenset[Atom]) -> bool:
    """Whether there is anything on both sides of a market."""
    found = {_is_sold(kind) for quarter in quarters for kind in market if (quarter, kind) in there}
    return len(found) == 2


def _is_sold(kind: Link) -> bool:
    return kind.target.place is Place.COC_MARKET


def _open(
    shown: Shown,
    quarters: Sequence[Quarter],
    market: Market,
    rule: Rule,
    there: frozenset[Atom],
) -> bool:
    """Whether the balance tells too much of what is left over, and something is shown in the last
    of the quarters."""
    if not _groups(shown, quarters[-1], market) or not _both(quarters, market, there):
        return False
    rest = _rest(shown.left, quarters, market)
    return bool(rest) and not safe(rest, rule)


def _rest(left: Atoms, quarters: Iterable[Quarter], kinds: Sequence[Link]) -> Members:
    """What is left over of some kinds: what was sold, less what was bought, by member."""
    rest: Members = {}
    for quarter, kind in product(quarters, kinds):
        for member, kg in left.get((quarter, kind), {}).items():
            rest[member] = rest.get(member, 0) + (kg if _is_sold(kind) else -kg)
    return rest


def _groups(shown: Shown, quarter: Quarter, market: Market) -> list[Atom]:
    """What is shown of a market. What stands for several regions comes first, so that what is
    withheld of a kind is all that is not shown by itself; then the smallest."""
    found = [one for one in shown.published if one[0] == quarter and kind_of(one[1]) in market]
    return sorted(
        found,
        key=lambda one: (region_at(one[1]) != SEVERAL, size(shown.published[one]), one),
    )


def _withhold(shown: Shown, quarter: Quarter, market: Market) -> None:
    group = _groups(shown, quarter, market)[0]
    kind = quarter, kind_of(group[1])
    shown.left[kind] = merged(shown.left.get(kind, {}), shown.published.pop(group))


def hold_years(years: Atoms, shown: Shown, rules: Rules) -> Atoms:
    """The figures of years, each safe by itself, that may be shown beside one another."""
    kept, there = dict(years), shown.there
    changed = True
    while changed:
        changed = False
        for year, market in product(sorted({year for year, _ in kept}), MARKETS):
            told = [kind for kind in market if (year, kind) in kept]
            if not told or not _both(_quarters(year), market, there):
                continue
            if not _year_safe(year, market, told, shown.left, rules(year)):
                del kept[_smallest(kept, year, told)]
                changed = True
    return kept


def _quarters(year: Quarter) -> list[Quarter]:
    return [Quarter(year.year, number) for number in range(1, 5)]


def _smallest(kept: Atoms, year: Quarter, told: Sequence[Link]) -> Atom:
    return min(((year, kind) for kind in told), key=lambda one: (size(kept[one]), one))


def _year_safe(
    year: Quarter, market: Market, told: Sequence[Link], left: Atoms, rule: Rule
) -> bool:
    """Whether every sum that the balance makes of a year's figures is safe. The kinds are split in
    two, those that are not shown on one side; in each quarter one side may stand for the other."""
    return all(
        not rest or safe(rest, rule)
        for side, other in _splits(market, told)
        for rest in _exchanged(left, _quarters(year), side, other)
    )


def _splits(market: Market, told: Sequence[Link]) -> Iterator[tuple[list[Link], list[Link]]]:
    """Each way to take some of what is told for one side, with the rest of the market beyond."""
    for takes in product((True, False), repeat=len(told)):
        side = [kind for kind, taken in zip(told, takes, strict=True) if taken]
        other = [kind for kind in market if kind not in side]
        if side and other:
            yield side, other


def _exchanged(
    left: Atoms, quarters: Sequence[Quarter], side: Sequence[Link], other: Sequence[Link]
) -> Iterator[Members]:
    """One side in some quarters and what the balance puts in its place in the others."""
    for choice in product((True, False), repeat=len(quarters)):
        own = [quarter for quarter, kept in zip(quarters, choice, strict=True) if kept]
        others = [quarter for quarter in quarters if quarter not in own]
        away = _rest(left, others, other)
        yield merged(_rest(left, own, side), {member: -kg for member, kg in away.items()})
