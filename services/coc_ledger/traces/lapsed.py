"""What lapsed of balances that were carried into pools, unused: no claim of a later day is covered
by it, so that it is no source of what a pool claims, and ends where it was left. Pure.

A part that came with a scope that went over has a last day of its own, which may lie within a
period of the successor. Rules: sources.md 5.4, 5.6 (7); decisions/0012.
"""

from collections.abc import Mapping
from datetime import date
from operator import sub
from typing import NamedTuple

import orjson

from services.coc_ledger.accounting.accounts import NO_KGS, Kgs, added
from services.coc_ledger.accounting.balance import Terms, lapsed_before
from services.coc_ledger.accounting.lasting import Until
from services.coc_ledger.accounting.period import ONE_DAY
from services.coc_ledger.pools.earlier import LeftBefore, parts_kept

from .kept import PoolPart
from .since import NONE_KEPT, freed_since
from .trace import shared

Lapsed = Mapping[str, int]
"""Kilograms by the pool that left them."""
NOT_LAPSED: Lapsed = {}


class Lasting(NamedTuple):
    """A part of what was carried into a pool that serves through a day, and the pool that left
    it."""

    day: date
    kg: int
    source: str


def lasting_of(left_before: str) -> tuple[Lasting, ...]:
    """What of that which was carried into a pool has a last day of its own, as its row keeps it, in
    the order of these days."""
    if left_before == NONE_KEPT:
        return ()
    left = [LeftBefore(*one) for one in orjson.loads(left_before)]
    if not any(one.lasting for one in left):  # as nearly all pools are: a long trace reads many
        return ()
    found = (Lasting(*part, one.pool) for one in left for part in parts_kept(one.lasting))
    return tuple(sorted(found))


def lapsed_by(
    day: date,
    part: PoolPart,
    lasting: tuple[Lasting, ...],
    booked: Mapping[str, Kgs],
    on: str | None,
) -> Lapsed:
    """What of it had lapsed by a day, unused by what was `booked` on each; without what was told
    after `on`, as all of a trace."""

    def through(last: date) -> Kgs:
        kgs = NO_KGS
        for one, more in booked.items():
            kgs = added(kgs, more) if one <= last.isoformat() else kgs
        return tuple(map(sub, kgs, freed_since(part.freed, on, last.isoformat()).kgs))

    some = tuple(Until(one.day, one.kg) for one in lasting)
    terms = Terms(part.carried_kg, part.owed_kg, lasting=some)
    left, gone = {one: one.kg for one in lasting}, 0
    for last in sorted({one.day for one in lasting if one.day < day}):
        now = lapsed_before(terms, through, last + ONE_DAY)
        gone, more = now, now - gone
        for each in sorted({one.day for one in lasting if one.day <= last}, reverse=True):
            here = [one for one in lasting if one.day == each and left[one] > 0]
            taken = min(more, sum(left[one] for one in here))
            more -= taken
            for one, kg in zip(here, _split(taken, [left[one] for one in here]), strict=True):
                left[one] -= kg
    found: dict[str, int] = {}
    for one, rest in left.items():
        found[one.source] = found.get(one.source, 0) + one.kg - rest
    return {source: kg for source, kg in found.items() if kg}


def _split(kg: int, weights: list[int]) -> list[int]:
    """Of one day, each pool's part."""
    return shared(kg, weights) if kg else [0] * len(weights)
