"""What a pool claims ahead of its cover, in a trace. Pure.

A pool's claims come from its CoC input as far as that covers them; the rest, overdraft or claims
whose cover was taken away since, has nothing behind it yet and is a source of its own. So a claim
of 115 t on 100 t is traced to these 100 t (87 %) and to the overdraft (13 %), and what came in is
found in the covered part of each claim alone: both ways say the same. Rules: sources.md 5.3, 5.4.
"""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.custody import Account
from services.coc_ledger.accounting.accounts import PLACE, Kgs
from services.coc_ledger.accounting.balance import Rule, Terms, cover, figures

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
