"""What a verified result tells of a facility's metal, for what of a step each tonne bears. Pure.

Metal that came from other works of the scope has not left it. A result names who delivered metal,
by kind; what came of nobody named is taken to be what they sold of that kind, as far as they did:
then a tonne may be told more than it bears, never less. Liquid metal of works without cells is
that of a furnace: it is cast by the others, and nothing that cells tapped. Cold metal that is cast
again, and scrap, are taken so only where they are named: both are mostly bought. Slabs of somebody
else are told apart, since a scope that casts nothing may roll what it tapped as well.

An older result tells neither who delivered metal nor what left of it: then a works without the step
before has all of its metal from the others, and of what was sold it is told what that was where the
masses leave no other way. Where they do, all is borne by what the next step made, and of what came
before it nothing is known. Rules: sources.md 4.1, 5.7.
"""

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from services.coc_ledger.evidence import FacilityResult

from .step_shares import Metal

ZERO = Decimal(0)
TAPPED, CAST, SEMI = "output.liquid_metal", "output.cast_metal", "output.semi"
SCRAP, RETURNED, SOLD = "output.scrap", "output.scrap_returned", "output.sold"
LIQUID_IN, COLD_IN, CAST_IN, SCRAP_IN = (
    *("bought.liquid_metal", "bought.primary_metal", "bought.cast_metal"),
    "scrap.in",
)


def made_of(one: FacilityResult, item: str) -> Decimal:
    """What a facility made of an item, in t."""
    return sum((each.quantity for each in one.outputs if each.item == item), ZERO)


def left_of(one: FacilityResult, item: str) -> Decimal | None:
    """What of an item no step of the facility went on with, in t; None where it does not tell."""
    if one.products_left is None:
        return None
    return sum((each.quantity for each in one.products_left if each.item == item), ZERO)


class Works(NamedTuple):
    """The facilities of a scope, and those that tap liquid metal. `unnamed`: what came of nobody
    named is taken to be theirs."""

    every: frozenset[str]
    tapping: frozenset[str]
    unnamed: bool = True

    def but(self, one: str) -> "Works":
        """The other ones."""
        return self._replace(every=self.every - {one}, tapping=self.tapping - {one})


def works_of(results: Iterable[FacilityResult], *, unnamed: bool = True) -> Works:
    """The facilities of a scope, by a result of each."""
    told = list(results)
    tapping = frozenset(one.facility_id for one in told if made_of(one, TAPPED))
    return Works(frozenset(one.facility_id for one in told), tapping, unnamed)


def metal_of(one: FacilityResult, works: Works) -> Metal:
    """A facility's metal; `works` are all those of the scope."""
    metal = Metal(
        tapped=made_of(one, TAPPED),
        cast=made_of(one, CAST),
        rolled=made_of(one, SEMI),
        scrap=made_of(one, SCRAP),
        returned=made_of(one, RETURNED),
    )
    liquid_left, cast_left = left_of(one, TAPPED), left_of(one, CAST)
    if liquid_left is None or cast_left is None:
        metal = _as_masses_tell(metal, made_of(one, SOLD))
    else:
        metal = metal._replace(liquid_left=liquid_left, cast_left=cast_left)
    return _with_what_came(metal, one, works.but(one.facility_id))


def _as_masses_tell(metal: Metal, sold: Decimal) -> Metal:
    """An older result: it tells what was sold before its next step, but not of which product."""
    liquid, unsure_liquid = metal.tapped, ZERO
    if metal.cast:
        surely = max(metal.tapped - metal.cast, ZERO)
        liquid = sold if sold <= surely else ZERO
        unsure_liquid = ZERO if sold <= surely else min(sold, metal.tapped)
    cast, unsure_cast = metal.cast, ZERO
    if metal.rolled:
        cast, of_cast = max(metal.cast - metal.cut, ZERO), sold - liquid
        unsure_cast = ZERO if of_cast <= cast else min(of_cast, metal.cast)
    return metal._replace(
        liquid_left=liquid,
        cast_left=cast,
        liquid_unsure=unsure_liquid,
        cast_unsure=unsure_cast,
    )


def _with_what_came(metal: Metal, one: FacilityResult, others: Works) -> Metal:
    """With what other works of the scope may have delivered."""

    def came(*items: str, of: Collection[str | None], unnamed: bool = False) -> Decimal:
        if unnamed and others.unnamed:
            of = (*of, None)
        lots = (lot for lot in one.metal_in or () if lot.item in items)
        return sum((lot.tonnes for lot in lots if lot.supplier_id in of), ZERO)

    told = {lot.item for lot in one.metal_in or ()}
    slabs = (CAST_IN,) if metal.cast else (CAST_IN, COLD_IN)
    liquid = came(LIQUID_IN, of=others.tapping, unnamed=True)
    cast = came(*slabs, of=others.every, unnamed=True)
    if metal.cast and not metal.tapped and told <= {CAST_IN}:
        liquid = max(metal.cast - metal.returned, ZERO)  # nobody says what was melted
    if metal.rolled and not metal.cast and told.isdisjoint(slabs):
        cast = metal.cut
    return metal._replace(
        liquid_in=liquid,
        cast_in=cast,
        cast_again=came(COLD_IN, of=others.every) if metal.cast else ZERO,
        scrap_in=came(SCRAP_IN, of=others.every),
        slabs_in=min(_of_strangers(one, slabs, others), metal.cut) if metal.rolled else ZERO,
    )


def _of_strangers(one: FacilityResult, items: Collection[str], others: Works) -> Decimal:
    """What nobody in the scope delivered. A works that is alone has of nobody named what is a
    stranger's; among others it may be one of theirs."""
    ours = {*others.every, one.facility_id}
    if others.every and others.unnamed:
        ours.add("")
    lots = (lot for lot in one.metal_in or () if lot.item in items)
    return sum((lot.tonnes for lot in lots if (lot.supplier_id or "") not in ours), ZERO)
