"""Documents that came to a scope and do not count yet, for who is short of what they bring. Pure.

A buyer that sells on may be short only because a document of its own is not confirmed, or is
confirmed and its check still waits for news of certificates. Rules: sources.md 5.3, 5.7.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Protocol

from contracts.custody import PoolKey
from infra.errors import Refused

from .rows import DocumentRow

WAITS = {"pending_check": "waits for its check", "issued": "is not confirmed yet"}
"""By state: what a document waits for, in words; those come first that the buyer has confirmed."""
NAMED = 5
"""So many are named, those that bring most first; `facts.waiting_count` tells of all."""


class Gone(Protocol):
    """What is asked of a scope that may have gone over into another one."""

    @property
    def scope_id(self) -> str:
        """Its id."""
        ...

    @property
    def ends_before(self) -> date | None:
        """The first day on which the other one stands in its place."""
        ...

    @property
    def to_scope_id(self) -> str | None:
        """The other one."""
        ...


def predecessors(scope_id: str, day: date, scopes: Iterable[Gone]) -> list[str]:
    """Which of some scopes, of one member, have gone over into another one by a day, over however
    many others: what was sent to them is confirmed by that, and comes into its pools."""
    into = {
        one.scope_id: one.to_scope_id
        for one in scopes
        if one.ends_before is not None and one.ends_before <= day
    }
    found: list[str] = []
    reached = {scope_id}
    while more := [one for one, to in into.items() if to in reached and one not in reached]:
        found += more
        reached.update(more)
    return found


def waiting_for(
    pool: PoolKey, day: date, rows: Iterable[DocumentRow], before: Collection[str] = ()
) -> list[DocumentRow]:
    """Those among a scope's documents, and of those `before` it, that would come into a pool for a
    claim of a day: checks that wait first, then what brings most. One that nobody confirmed goes by
    the stage of its seller's pool, and comes into the period in which it is confirmed."""

    def here(row: DocumentRow) -> bool:
        if row.customer_scope_id not in (pool.scope_id, *before) or row.state not in WAITS:
            return False
        if not row.claimed:
            return False  # confirmed, it would count as non-CoC
        if row.receiver is not None:
            return row.receiver == pool.key
        return row.pool.split(":")[1] == pool.stage.value and row.issued_on <= day

    order = list(WAITS)
    found = filter(here, rows)
    return sorted(found, key=lambda one: (order.index(one.state), -one.mass_kg, one.number))


def naming(refused: Refused, found: list[DocumentRow]) -> Refused:
    """The refusal of a claim that is not covered, with the documents that wait."""
    if not found:
        return refused
    named = [f"{one.number} {WAITS[one.state]} ({one.mass_kg} kg)" for one in found[:NAMED]]
    more = len(found) - len(named)
    rest = f"; and {more} more" if more else ""
    return Refused(
        refused.slug,
        f"{refused.sentence} Not counted yet: {'; '.join(named)}{rest}.",
        **refused.facts,
        waiting=[one.number for one in found[:NAMED]],
        waiting_count=len(found),
        waiting_kg=sum(one.mass_kg for one in found),
    )
