"""What goes from step to step within a facility, and what leaves it: shares by mass. Pure.

Source: sources.md 4.1. All that a step makes goes to the next step of the same facility, where
there is one, but for what `output.sold` says has left. A facility that has no next step sells what
it makes. Of what is cast, the primary share is that of liquid metal in all metal that went in.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum, Inventory

from .scrap import Kind

ZERO = Decimal(0)
ONE = Decimal(1)
NEXT = {
    Step.BAUXITE_MINING: Step.ALUMINA_REFINING,
    Step.ALUMINA_REFINING: Step.ELECTROLYSIS,
    Step.ANODE_PRODUCTION: Step.ELECTROLYSIS,
    Step.ELECTROLYSIS: Step.CASTING,
    Step.CASTING: Step.SEMI_FABRICATION,
    Step.REMELTING: Step.SEMI_FABRICATION,
}
PRODUCTS = {
    Step.BAUXITE_MINING: ("output.bauxite",),
    Step.ALUMINA_REFINING: ("output.alumina",),
    Step.ANODE_PRODUCTION: ("output.anode", "output.paste"),
    Step.ELECTROLYSIS: ("output.liquid_metal",),
    Step.CASTING: ("output.cast_metal",),
    Step.REMELTING: ("output.cast_metal",),
    Step.SEMI_FABRICATION: ("output.semi",),
}
OTHER_METAL = frozenset({"bought.primary_metal", "bought.cast_metal", "bought.alloying"})
"""Metal in a casthouse that was not tapped: cold metal and alloying elements; scrap is another."""
OWN_SCRAP = frozenset({Kind.INTERNAL.value, Kind.DROSS.value})


class Flows(NamedTuple):
    """Tonnes that each step made (`made`), the scrap that left it (`scrap`), the share of its
    product that went to the next step (`onward`), and of the metal cast the share that was tapped
    as liquid metal, here or next door (`primary`). `legs_of_other_metal` are ids of transport legs
    that carried metal which was not tapped."""

    made: Mapping[Step, Decimal]
    scrap: Mapping[Step, Decimal]
    onward: Mapping[Step, Decimal]
    primary: Decimal
    legs_of_other_metal: frozenset[str] = frozenset()

    @property
    def cast_primary_t(self) -> Decimal:
        """Tonnes of primary metal cast: what mine-to-metal is measured per."""
        return self.made.get(Step.CASTING, ZERO) * self.primary

    def shares(self, product: Step) -> Mapping[Step, Decimal]:
        """How much of each step's emissions the product of a step carries: all of its own, and
        of steps before it what went on to it."""
        found = {product: ONE}
        for step in reversed(list(NEXT)):
            if NEXT[step] in found and step is not product:
                found[step] = found[NEXT[step]] * self.onward.get(step, ONE)
        return found


def flows_of(inventory: Inventory) -> Flows:
    """The flows of a facility's year."""
    made: dict[Step, Decimal] = {}
    scrap: dict[Step, Decimal] = {}
    sold: dict[str, Decimal] = {}
    entered: list[Datum] = []
    legs: list[str] = []
    for datum in inventory.data:
        item = datum.item
        if item.startswith("output."):
            if item in PRODUCTS.get(datum.step, ()):
                made[datum.step] = made.get(datum.step, ZERO) + datum.quantity
            elif item == "output.sold":
                sold[datum.of] = sold.get(datum.of, ZERO) + datum.quantity
            elif item == "output.scrap":
                scrap[datum.step] = scrap.get(datum.step, ZERO) + datum.quantity
        elif datum.step is Step.CASTING and (item == "scrap.in" or item.startswith("bought.")):
            entered.append(datum)
        elif datum.of in OTHER_METAL or datum.of == "scrap.in":
            legs.append(datum.datum_id)
    if inventory.site.technology is not None and Step.ELECTROLYSIS not in made:
        tapped = made.get(Step.CASTING, ZERO)  # what the cells made is told only as cast
    else:
        tapped = made.get(Step.ELECTROLYSIS, ZERO) - sold.get("output.liquid_metal", ZERO)
    primary = _primary(max(tapped, ZERO), entered)
    return Flows(made, scrap, _onward(made, sold), primary, frozenset(legs))


def _onward(made: Mapping[Step, Decimal], sold: Mapping[str, Decimal]) -> dict[Step, Decimal]:
    onward: dict[Step, Decimal] = {}
    for step, following in NEXT.items():
        tonnes = made.get(step, ZERO)
        if tonnes == 0:
            continue
        if following not in made:
            onward[step] = ZERO
            continue
        left = sum((sold.get(item, ZERO) for item in PRODUCTS[step]), ZERO)
        onward[step] = max(tonnes - left, ZERO) / tonnes
    return onward


def _primary(tapped: Decimal, entered: Sequence[Datum]) -> Decimal:
    """The share of liquid metal in what was cast; run-around and own dross count as nothing, as
    they are of the same mix."""
    liquid = tapped + _sum(one for one in entered if one.item == "bought.liquid_metal")
    other = _sum(one for one in entered if one.item in OTHER_METAL) + _sum(
        one for one in entered if one.item == "scrap.in" and one.scrap_kind not in OWN_SCRAP
    )
    total = liquid + other
    return liquid / total if total else ZERO


def _sum(data: Iterable[Datum]) -> Decimal:
    return sum((one.quantity for one in data), ZERO)
