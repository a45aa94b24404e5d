"""Which documents of a pool were told otherwise than is known by now, and by how much. Pure.

What came late for lots that had left is in no document that was issued before: it stays as it is.
The pool keeps by how much all documents of a day should have told more; each has its part of that
by mass. The step's own emissions that verified results add are on top of that, and a document tells
them by what was verified when it was issued: where results came or were corrected since, or where
of other metal than was thought the step was in already, it should have told that otherwise as well.
Rules: sources.md 5.7, decisions/0010.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from contracts.custody import StepEmissions
from services.coc_ledger.accounting.accounts import (
    GRAMS,
    NOTHING,
    Amount,
    bounded,
    less,
    part,
    plus,
)
from services.coc_ledger.accounting.claim_parts import Carries
from services.coc_ledger.accounting.own_emissions import step_in
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


class OfStep(NamedTuple):
    """The same of what verified results add, on top; no recycled mass comes of a step."""

    emission_kgco2e: Decimal
    partial_kgco2e: Decimal
    known_kg: int


class Claiming(NamedTuple):
    """A document that claims metal of the pool: so many kilograms in its books, on a day of them.
    That is the day of issue, save where a correction of a closed period keeps what it replaces.
    `carries` is what it tells of them (`claim_parts.Carries`), where it says anything of its step,
    of a claim that was `divided` to a kilogram; `material` is None where that is not known."""

    number: str
    issued_on: date
    mass_kg: int
    state: str
    claimed_on: date
    material: str | None = None
    carries: tuple[int, ...] = ()
    divided: bool = False


COLUMNS = ("number", "issued_on", "mass_kg", "state", "elsewhere", "material", "carries")
"""Of a document's row, all that `claimed_here` asks for: there may be many, and rows are wide."""


def claimed_here(
    number: str,
    issued_on: date,
    mass_kg: int,
    state: str,
    elsewhere: Iterable[tuple[str, int]],
    material: str | None = None,
    carries: Iterable[int] = (),
) -> Claiming:
    """What a document claims of its own pool: all but what it keeps in others."""
    kept = sum(kg for _, kg in elsewhere)
    here = (number, issued_on, mass_kg - kept, state, issued_on)
    return Claiming(*here, material, tuple(carries), divided=bool(kept))


def kept_here(
    pool: str,
    parts: Mapping[str, tuple[int, tuple[int, ...]]],
    rows_of: Callable[[list[str]], Mapping[str, DocumentRow]],
) -> list[Claiming]:
    """What documents of later periods keep of claims in a closed one, `parts` by number: kilograms,
    and what is told of them. It was
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
                kg, told = parts[number]
                kept = (row.issued_on, kg, row.state, old.issued_on, row.material, told)
                found.append(Claiming(number, *kept, divided=True))
            elif old is not None:
                onward[number] = old
        reached = onward
    return found


def account_of(pool: PoolRow) -> Otherwise | None:
    """The account of a pool; None where nothing was told otherwise."""
    held_there = held(pool.carrying, OTHERWISE)
    return _of(held_there) if any(held_there) or pool.told_days else None


StepNow = Callable[[Claiming], StepEmissions | None]
"""What is known by now of the step that a claim has; None where that is not asked."""


def unasked(_: Claiming) -> None:
    """For who asks nothing of the step."""


class Named(NamedTuple):
    """A document that was told otherwise: what its metal carries, and its step (None: as it is)."""

    claim: Claiming
    late: Otherwise
    step: OfStep | None


def by_document(
    pool: PoolRow, documents: Iterable[Claiming], step_now: StepNow = unasked
) -> list[Named]:
    """Each document that stands and that was told otherwise, by number."""
    days = {date.fromisoformat(day): Amount(*amount) for day, *amount in pool.told_days}
    standing = [one for one in documents if one.state not in ENDED]
    stepped = _Stepped(pool, standing)
    found: list[Named] = []
    for one in sorted(standing):
        whole = days.get(_day(one, pool))
        share = _share(whole, one.mass_kg) if whole is not None else NOTHING
        step = _step_otherwise(one, share, stepped.more_kg(one), step_now)
        if whole is not None or step is not None:
            found.append(Named(one, _of(share), step))
    return found


def step_of_all(named: Iterable[Named]) -> OfStep | None:
    """By how much more all of them should have told of their step; None where none should."""
    each = [one.step for one in named if one.step is not None]
    if not each:
        return None
    return OfStep(
        sum((one.emission_kgco2e for one in each), Decimal(0)),
        sum((one.partial_kgco2e for one in each), Decimal(0)),
        sum(one.known_kg for one in each),
    )


def _day(one: Claiming, pool: PoolRow) -> date:
    return min(one.claimed_on, pool.ends_on)


class _Stepped:
    """By how many kilograms more each document should have told to have the step in: its part of
    its day's, by mass."""

    def __init__(self, pool: PoolRow, standing: Iterable[Claiming]) -> None:
        self._pool = pool
        self._days = {date.fromisoformat(day): kg for day, kg in pool.stepped_days}
        self._claimed = dict[date, int]()
        for one in standing:
            day = _day(one, pool)
            self._claimed[day] = self._claimed.get(day, 0) + one.mass_kg

    def more_kg(self, one: Claiming) -> int:
        day = _day(one, self._pool)
        whole, claimed = self._days.get(day, 0), self._claimed[day]
        return round(Fraction(whole * one.mass_kg, claimed)) if claimed else 0


def _step_otherwise(
    one: Claiming, share: Amount, stepped_kg: int, step_now: StepNow
) -> OfStep | None:
    """Where a document would tell its step otherwise: by what is known now of the step, on what is
    known now of its metal. Its part of what came late, or of a claim that was divided, is one of
    whole kilograms, so that less than a kilogram's worth of that is rounding; but what is known now
    of the step, on the metal that it told, is compared to the gram."""
    now = step_now(one) if one.carries else None
    if now is None:
        return None
    told = Carries(*one.carries)
    alone = less(step_in(now, told.amount, told.step.stepped_kg).change, told.step.change)
    metal = bounded(plus(told.amount, share._replace(kg=0)))
    stepped_kg = max(0, min(told.kg, told.step.stepped_kg + stepped_kg))
    more = less(step_in(now, metal, stepped_kg).change, told.step.change)
    by_rounding = (now.kgco2e_per_kg or 0) * GRAMS + 2
    if _little(alone, by_rounding if one.divided else 2) and _little(more, by_rounding):
        return None
    return OfStep(Decimal(more.emission_g) / GRAMS, Decimal(more.partial_g) / GRAMS, more.known_kg)


def _little(more: Amount, grams: Decimal | int) -> bool:
    return abs(more.known_kg) <= 1 and abs(more.emission_g) + abs(more.partial_g) <= grams


def _share(whole: Amount, mass_kg: int) -> Amount:
    """A document's part of a day, of either sign."""
    kg = min(mass_kg, whole.kg)
    more, fewer = (Amount(*(max(0, sign * one) for one in whole)) for sign in (1, -1))
    add, take = part(more, kg), part(fewer._replace(kg=whole.kg), kg)
    return Amount(*(one - other for one, other in zip(add, take, strict=True)))


def _of(amount: Amount) -> Otherwise:
    grams, partial = Decimal(amount.emission_g) / GRAMS, Decimal(amount.partial_g) / GRAMS
    return Otherwise(grams, partial, amount.known_kg, amount.pre_kg, amount.post_kg)
