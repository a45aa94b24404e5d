"""What goes from step to step within a facility, and what leaves it: shares by mass. Pure.

Source: sources.md 4.1. All that a step makes goes to the next step of the same facility, where
there is one, but for what `output.sold` says has left, and what went into stock. A facility that
has no next step sells what it makes. Of what is cast, the primary share is that of liquid metal in
all metal that went in.

Casting and remelting fill one store: what is sold of it is of both, in proportion to what each
made, as the Chain of Custody takes a balance of masses (5.3); no source says which of the two
leaves, so a result says how it was read. What comes out of stock is taken at the mean of the year,
as bought goods are (`stock_lines`). The first three engines took the same tonne sold off casting
and off remelting, and knew no stock of a facility's own products.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Step
from contracts.values import plain
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.factors.pinned import EARLIER_ENGINES, ENGINE

from .scrap import Kind
from .working import Doubt

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
MADE = frozenset(item for items in PRODUCTS.values() for item in items)
DAYS = OPENING, CLOSING = "stock.opening", "stock.closing"
CAST = "output.cast_metal"
SOURCE = "sources.md 4.1"
OTHER_METAL = frozenset({"bought.primary_metal", "bought.cast_metal", "bought.alloying"})
"""Metal in a casthouse that was not tapped: cold metal and alloying elements; scrap is another."""
OWN_SCRAP = frozenset({Kind.INTERNAL.value, Kind.DROSS.value})


class Flows(NamedTuple):
    """Tonnes that each step made (`made`), the scrap that left it (`scrap`), the share of its
    product that went to the next step (`onward`; above one where a stock was drawn on), and of the
    metal cast the share that was tapped as liquid metal, here or next door (`primary`).
    `legs_of_other_metal` are ids of transport legs that carried metal which was not tapped."""

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


def flows_of(inventory: Inventory, engine: str = ENGINE) -> Flows:
    """The flows of a facility's year, as an engine takes them."""
    made: dict[Step, Decimal] = {}
    scrap: dict[Step, Decimal] = {}
    left: dict[str, Decimal] = {}
    entered: list[Datum] = []
    legs: list[str] = []
    held: list[Datum] = []
    for datum in inventory.data:
        item = datum.item
        if item.startswith("output."):
            if item in PRODUCTS.get(datum.step, ()):
                made[datum.step] = made.get(datum.step, ZERO) + datum.quantity
            elif item == "output.sold":
                left[datum.of] = left.get(datum.of, ZERO) + datum.quantity
            elif item == "output.scrap":
                scrap[datum.step] = scrap.get(datum.step, ZERO) + datum.quantity
        elif datum.step is Step.CASTING and (item == "scrap.in" or item.startswith("bought.")):
            entered.append(datum)
        elif datum.of in OTHER_METAL or datum.of == "scrap.in":
            legs.append(datum.datum_id)
        elif datum.of in MADE and _between(datum):
            held.append(datum)
    apart = engine in EARLIER_ENGINES
    for item, grown in {} if apart else grown_of(held).items():
        left[item] = left.get(item, ZERO) + grown
    if inventory.site.technology is not None and Step.ELECTROLYSIS not in made:
        tapped = made.get(Step.CASTING, ZERO)  # what the cells made is told only as cast
    else:
        tapped = made.get(Step.ELECTROLYSIS, ZERO) - left.get("output.liquid_metal", ZERO)
    primary = _primary(max(tapped, ZERO), entered)
    return Flows(made, scrap, _onward(made, left, apart), primary, frozenset(legs))


def grown_of(held: Iterable[Datum]) -> Mapping[str, Decimal]:
    """What the stock of each product grew by, in t, below zero where it fell; of those that are
    told on both days alone."""
    days: dict[str, dict[str, Decimal]] = {}
    for one in held:
        told = days.setdefault(one.of, {})
        told[one.item] = told.get(one.item, ZERO) + one.quantity
    return {
        item: told[CLOSING] - told[OPENING] for item, told in days.items() if len(told) == len(DAYS)
    }


def doubts_of(outputs: Sequence[Datum], stocks: Sequence[Datum]) -> list[Doubt]:
    """How flows were read that no source lays down, of the outputs and stocks of a year; nothing of
    what goes nowhere from here."""
    found: list[Doubt] = []
    cast = {one.step for one in outputs if one.item == CAST and one.quantity}
    sold_t = _sum(one for one in outputs if one.item == "output.sold" and one.of == CAST)
    if len(cast) > 1 and sold_t and any(one.item == "output.semi" for one in outputs):
        sentence = (
            f"{plain(sold_t)} t of cast metal were sold, and casting and remelting both made some:"
            " what left and what went on is taken of both, in proportion to what each made."
        )
        found.append(Doubt("sold_of_both", sentence, f"{SOURCE}, 5.3"))
    made = {one.step for one in outputs if one.item in MADE and one.quantity}
    going = {step for step, following in NEXT.items() if step in made and following in made}
    goods = {item for step in going for item in PRODUCTS[step]}
    own = [one for one in stocks if one.of in goods and _between(one)]
    grown = grown_of(own)
    for item in dict.fromkeys(one.of for one in own):
        if item not in grown:
            sentence = f"The stock of {item} is told on one day of the year only: it was not used."
            found.append(Doubt("stock_incomplete", sentence, SOURCE))
        elif grown[item] < 0:
            sentence = (
                f"{plain(-grown[item])} t of {item} came out of stock: taken at the mean of what"
                " was made in the year."
            )
            found.append(Doubt("stock_drawn", sentence, SOURCE))
    return found


def _between(datum: Datum) -> bool:
    """Whether it is a stock between a step and the next. Cast metal that lies at the casthouse is
    not yet in what it cast, as R-34 has it (`metal.accounts`); that of the mill is."""
    return datum.item in DAYS and (datum.of != CAST or datum.step is Step.SEMI_FABRICATION)


def _onward(
    made: Mapping[Step, Decimal], left: Mapping[str, Decimal], apart: bool
) -> dict[Step, Decimal]:
    """The share of each step's product that went on. Steps of one product fill one store; `apart`
    takes all that left off each of them."""
    onward: dict[Step, Decimal] = {}
    for step, following in NEXT.items():
        items = PRODUCTS[step]
        together = [step] if apart else [one for one in NEXT if PRODUCTS[one] == items]
        tonnes = sum((made.get(one, ZERO) for one in together), ZERO)
        if made.get(step, ZERO) == 0:
            continue
        if following not in made:
            onward[step] = ZERO
            continue
        gone = sum((left.get(item, ZERO) for item in items), ZERO)
        onward[step] = max(tonnes - gone, ZERO) / tonnes
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
