"""What a pool claims ahead of its cover, in a trace. Pure.

A pool's claims come from its CoC input as far as that covers them; the rest, overdraft or claims
whose cover was taken away since, has nothing behind it yet and is a source of its own. So a claim
of 115 t on 100 t is traced to these 100 t (87 %) and to the overdraft (13 %), and what came in is
found in the covered part of each claim alone: both ways say the same. Rules: sources.md 5.3, 5.4.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from operator import sub
from typing import NamedTuple

import orjson

from contracts.custody import Account
from services.coc_ledger.accounting.accounts import NO_KGS, PLACE, Kgs, added
from services.coc_ledger.accounting.balance import Rule, Terms, cover, figures, lapsed_before
from services.coc_ledger.accounting.lasting import Parts, by_day, parts
from services.coc_ledger.pools.earlier import LeftBefore, parts_kept

from .since import NONE_KEPT, freed_since
from .trace import Link

OVERDRAFT = "overdraft"
CLAIMS = ("document", "next_stage")
"""Links out of a pool that are claims; what is carried over a period's end is none."""


class Ahead(NamedTuple):
    """Of the mass that a pool claims, so much is covered by nothing."""

    claimed_kg: int
    ahead_kg: int

    @property
    def covered_kg(self) -> int:
        """The rest of it."""
        return self.claimed_kg - self.ahead_kg


def ahead_of(kgs: Kgs, carried_kg: int, owed_kg: int, rule: Rule) -> Ahead:
    """By the masses of a pool's accounts, and what the period before left to it."""
    claimed = kgs[PLACE[Account.OUTPUT_COC]]
    if claimed <= 0:
        return Ahead(0, 0)
    used = cover(figures(kgs), Terms(carried_kg, owed_kg), rule).overdraft_used_kg
    return Ahead(claimed, min(claimed, used))


def lasting_of(left_before: str) -> Parts:
    """What of that which was carried into a pool has a last day of its own, as its row keeps it."""
    if left_before == NONE_KEPT:
        return ()
    kept = [LeftBefore(*one).lasting for one in orjson.loads(left_before)]
    if not any(kept):  # as nearly all pools are, and a long trace reads ten thousand
        return ()
    return parts(by_day(one for each in kept for one in parts_kept(each)))


def lapsed_by(
    day: date, terms: Terms, booked: Mapping[str, Kgs], freed: str, on: str | None
) -> int:
    """What of it had lapsed by a day, unused by what was `booked` on each: it covers no claim that
    is not covered otherwise. `freed`: without what was told after `on`, as all of a trace."""

    def through(last: date) -> Kgs:
        kgs = NO_KGS
        for one, more in booked.items():
            kgs = added(kgs, more) if one <= last.isoformat() else kgs
        return tuple(map(sub, kgs, freed_since(freed, on, last.isoformat()).kgs))

    return lapsed_before(terms, through, day)


def came_in(links: Sequence[Link], ahead: Ahead, seen_by: tuple[str, ...]) -> list[Link]:
    """What a pool's claims come from: its input, in the part that is covered, and its overdraft.
    The masses are weights against each other: they are shared by, and not shown."""
    real = sum(link.kg for link in links)
    if real <= 0 and ahead.claimed_kg:
        return [Link(OVERDRAFT, ahead.claimed_kg, None, None, seen_by)]
    if real <= 0 or not ahead.ahead_kg:
        return list(links)
    over = Link(OVERDRAFT, real * ahead.ahead_kg, None, None, seen_by)
    return [*(link._replace(kg=link.kg * ahead.covered_kg) for link in links), over]


def went_out(links: Sequence[Link], ahead: Ahead) -> list[Link]:
    """Where a pool's input went: into the covered part of each claim. Weights, times what is
    claimed in all (see `times`)."""
    if not ahead.ahead_kg:
        return list(links)
    weights = dict.fromkeys(CLAIMS, ahead.covered_kg)
    return [link._replace(kg=link.kg * weights.get(link.kind, ahead.claimed_kg)) for link in links]


def times(ahead: Ahead) -> int:
    """By how much the masses of `went_out` are more than kilograms."""
    return ahead.claimed_kg if ahead.ahead_kg else 1
