"""Which documents of a pool were told otherwise than is known by now, and by how much. Pure.

What came late for lots that had left is in no document that was issued before: it stays as it is.
The pool keeps by how much all documents of a day should have told more; each has its part of that
by mass. Rules: decisions/0010.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.coc_ledger.accounting.accounts import GRAMS, Amount, part
from services.coc_ledger.documents.rows import DocumentRow

from .carrying import OTHERWISE, held
from .rows import PoolRow

ENDED = frozenset({"withdrawn", "superseded"})
MOST = 100
"""Documents that are named; all are counted."""


class Otherwise(NamedTuple):
    """By how much more should have been told: in kilograms of CO2e of mass whose footprint is
    wholly known, and of the rest; in kilograms of metal that is wholly known, pre-consumer and
    post-consumer scrap. Less, where it is negative."""

    emission_kgco2e: Decimal
    partial_kgco2e: Decimal
    known_kg: int
    pre_kg: int
    post_kg: int


class Claiming(NamedTuple):
    """A document that claims metal of the pool: so many kilograms in its books, on a day of them.
    That is the day of issue, save where a correction of a closed period keeps what it replaces."""

    number: str
    issued_on: date
    mass_kg: int
    state: str
    claimed_on: date


COLUMNS = ("number", "issued_on", "mass_kg", "state", "elsewhere")
"""Of a document's row, all that `claimed_here` asks for: there may be many, and rows are wide."""


def claimed_here(
    number: str, issued_on: date, mass_kg: int, state: str, elsewhere: Iterable[tuple[str, int]]
) -> Claiming:
    """What a document claims of its own pool: all but what it keeps in others."""
    kg = mass_kg - sum(kept for _, kept in elsewhere)
    return Claiming(number, issued_on, kg, state, issued_on)


def kept_here(
    pool: str, parts: Mapping[str, int], rows_of: Callable[[list[str]], Mapping[str, DocumentRow]]
) -> list[Claiming]:
    """What documents of later periods keep of claims in a closed one: kilograms by number. It was
    claimed there by the last document of this pool that each replaces."""
    documents = rows_of(sorted(parts))
    reached = dict(documents)
    found: list[Claiming] = []
    while reached:
        before = rows_of(sorted({row.replaces for row in reached.values() if row.replaces}))
        onward: dict[str, DocumentRow] = {}
        for number, at in reached.items():
            old = before.get(at.replaces or "")
            if old is not None and old.pool == pool:
                row = documents[number]
                kept = (row.issued_on, parts[number], row.state, old.issued_on)
                found.append(Claiming(number, *kept))
            elif old is not None:
                onward[number] = old
        reached = onward
    return found


def account_of(pool: PoolRow) -> Otherwise | None:
    """The account of a pool; None where nothing was told otherwise."""
    held_there = held(pool.carrying, OTHERWISE)
    return _of(held_there) if any(held_there) or pool.told_days else None


def by_document(pool: PoolRow, documents: Iterable[Claiming]) -> list[tuple[Claiming, Otherwise]]:
    """Each document that stands and that was told otherwise, by number."""
    days = {date.fromisoformat(day): Amount(*amount) for day, *amount in pool.told_days}
    found: list[tuple[Claiming, Otherwise]] = []
    for one in sorted(documents):
        whole = days.get(min(one.claimed_on, pool.ends_on))
        if whole is not None and one.state not in ENDED:
            found.append((one, _of(_share(whole, one.mass_kg))))
    return found


def _share(whole: Amount, mass_kg: int) -> Amount:
    """A document's part of a day, of either sign."""
    kg = min(mass_kg, whole.kg)
    more, fewer = (Amount(*(max(0, sign * one) for one in whole)) for sign in (1, -1))
    add, take = part(more, kg), part(fewer._replace(kg=whole.kg), kg)
    return Amount(*(one - other for one, other in zip(add, take, strict=True)))


def _of(amount: Amount) -> Otherwise:
    grams, partial = Decimal(amount.emission_g) / GRAMS, Decimal(amount.partial_g) / GRAMS
    return Otherwise(grams, partial, amount.known_kg, amount.pre_kg, amount.post_kg)
