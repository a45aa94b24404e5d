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

Metal is primary that was tapped and nothing else, wherever other metal was charged: to the
casthouse, to a remelting furnace that casts none of its own (its metal is cast with the rest, and
so is what a furnace was charged with beyond what it cast, as far as casting has more than it was
given), or to cells. The first three engines looked at what was charged to casting.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Step
from contracts.values import plain
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.factors.pinned import BEFORE_FOURTH, ENGINE

from . import metal
from .scrap import Kind
from .working import PERCENT, Doubt

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
GRAMS = 6
"""Digits of a tonne."""
OTHER_METAL = frozenset({"bought.primary_metal", "bought.cast_metal", "bought.alloying"})
"""Metal in a casthouse that was not tapped: cold metal and alloying elements; scrap is another."""
LIQUID, SCRAP = "bought.liquid_metal", "scrap.in"
CHARGED = OTHER_METAL | {LIQUID, SCRAP}
OWN_SCRAP = frozenset({Kind.INTERNAL.value, Kind.DROSS.value})


class Flows(NamedTuple):
    """Tonnes that each step made (`made`), the scrap that left it (`scrap`), the share of its
    product that went to the next step (`onward`; above one where a stock was drawn on), and of the
    metal cast the share that was tapped as liquid metal, here or next door (`primary`).
    `legs_of_other_metal` are ids of transport legs that carried metal which was not tapped;
    `recast` is the share of what remelting gave off that is in the metal cast at casting."""

    made: Mapping[Step, Decimal]
    scrap: Mapping[Step, Decimal]
    onward: Mapping[Step, Decimal]
    primary: Decimal
    legs_of_other_metal: frozenset[str] = frozenset()
    recast: Decimal = ZERO

    @property
    def cast_primary_t(self) -> Decimal:
        """Tonnes of primary metal cast: what mine-to-metal is measured per."""
        return self.made.get(Step.CASTING, ZERO) * self.primary

    @property
    def metal_left_t(self) -> Decimal:
        """Tonnes of cast and semi-fabricated metal that no step here goes on with: what is rolled
        or extruded, and what of that cast was sold or lies in stock, to the gram."""
        steps = (Step.CASTING, Step.REMELTING, Step.SEMI_FABRICATION)
        parts = (
            tonnes * (ONE - min(self.onward.get(step, ZERO), ONE))
            for step in steps
            if (tonnes := self.made.get(step))
        )
        return round(sum(parts, ZERO), GRAMS)

    def shares(self, product: Step) -> Mapping[Step, Decimal]:
        """How much of each step's emissions the product of a step carries: all of its own, and
        of steps before it what went on to it."""
        found = {product: ONE}
        for step in reversed(list(NEXT)):
            if NEXT[step] in found and step is not product:
                found[step] = found[NEXT[step]] * self.onward.get(step, ONE)
        if self.recast:
            own = found.get(Step.REMELTING, ZERO) * (ONE - self.recast)
            found[Step.REMELTING] = own + found.get(Step.CASTING, ZERO) * self.recast
        return found


def flows_of(inventory: Inventory, engine: str = ENGINE) -> Flows:
    """The flows of a facility's year, as an engine takes them."""
    made: dict[Step, Decimal] = {}
    scrap: dict[Step, Decimal] = {}
    left: dict[str, Decimal] = {}
    charged: dict[Step, list[Datum]] = {}
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
        elif item in CHARGED:
            charged.setdefault(datum.step, []).append(datum)
        elif datum.of in OTHER_METAL or datum.of == SCRAP:
            legs.append(datum.datum_id)
        elif datum.of in MADE and item in DAYS:
            held.append(datum)
    apart = engine in BEFORE_FOURTH
    if apart:
        charged = {step: data for step, data in charged.items() if step is Step.CASTING}
    open_to = Step.ELECTROLYSIS in charged or (not apart and any(map(metal.lies_cast, held)))
    read = metal.reading(metal.by_item(inventory.data)) if open_to else metal.Reading()
    between = [one for one in held if read.finished or not metal.lies_cast(one)]
    for item, grown in {} if apart else grown_of(between).items():
        left[item] = left.get(item, ZERO) + grown
    only_cast = inventory.site.technology is not None and Step.ELECTROLYSIS not in made
    tapped = every = made.get(Step.CASTING if only_cast else Step.ELECTROLYSIS, ZERO)
    if not only_cast:
        tapped = max(tapped - left.get("output.liquid_metal", ZERO), ZERO)
    within = read.in_tapped and not only_cast
    gone = tapped / every if every and within else ONE
    melt = _Melt(made, charged, tapped, gone, within, only_cast and not apart)
    recast = ZERO if apart else _recast(melt)
    primary = _primary(melt, recast)
    return Flows(made, scrap, _onward(made, left, apart), primary, frozenset(legs), recast)


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


def doubts_of(
    inventory: Inventory, outputs: Sequence[Datum], stocks: Sequence[Datum]
) -> list[Doubt]:
    """How flows were read that no source lays down, of a year with its outputs and stocks; nothing
    of what goes nowhere from here."""
    found: list[Doubt] = []
    cast = {one.step for one in outputs if one.item == CAST and one.quantity}
    sold_t = _sum(one for one in outputs if one.item == "output.sold" and one.of == CAST)
    if len(cast) > 1 and sold_t and any(one.item == "output.semi" for one in outputs):
        sentence = (
            f"{plain(sold_t)} t of cast metal were sold, and casting and remelting both made some:"
            " what left and what went on is taken of both, in proportion to what each made."
        )
        found.append(Doubt("sold_of_both", sentence, f"{SOURCE}, 5.3"))
    return [*found, *_doubts_of_stocks(inventory, outputs, stocks), *_doubts_of_melts(inventory)]


def _doubts_of_stocks(
    inventory: Inventory, outputs: Sequence[Datum], stocks: Sequence[Datum]
) -> Iterable[Doubt]:
    made = {one.step for one in outputs if one.item in MADE and one.quantity}
    going = {step for step, following in NEXT.items() if step in made and following in made}
    goods = {item for step in going for item in PRODUCTS[step]}
    own = [one for one in stocks if one.of in goods]
    if any(map(metal.lies_cast, own)) and not metal.reading(metal.by_item(inventory.data)).finished:
        own = [one for one in own if not metal.lies_cast(one)]
        sentence = (
            "Cast metal in stock at the casthouse is read as not yet in what was cast: metal in and"
            " out balances nearer so. Where it is, look at the masses."
        )
        yield Doubt("stock_not_cast", sentence, f"{SOURCE}, R-34")
    grown = grown_of(own)
    for item in dict.fromkeys(one.of for one in own):
        if item not in grown:
            sentence = f"The stock of {item} is told on one day of the year only: it was not used."
            yield Doubt("stock_incomplete", sentence, SOURCE)
        elif grown[item] < 0:
            sentence = (
                f"{plain(-grown[item])} t of {item} came out of stock: taken at the mean of what"
                " was made in the year."
            )
            yield Doubt("stock_drawn", sentence, SOURCE)


def _doubts_of_melts(inventory: Inventory) -> Iterable[Doubt]:
    """Of metal that was charged elsewhere than where it was cast."""
    melted = [one for one in inventory.data if one.item in CHARGED and one.quantity]
    cells_t = _sum(one for one in melted if one.step is Step.ELECTROLYSIS)
    if cells_t:
        within = metal.reading(metal.by_item(inventory.data)).in_tapped
        how = "as a part of what they tapped" if within else "as charged beside what they tapped"
        sentence = (
            f"Cells were charged with {plain(cells_t)} t of scrap: read {how}, as metal in and out"
            " balances nearer so; it is no primary metal."
        )
        yield Doubt("scrap_in_cells", sentence, f"{SOURCE}, R-34")
    furnace_t = _sum(one for one in melted if one.step is Step.REMELTING)
    recast = flows_of(inventory).recast if furnace_t else ZERO
    if recast:
        percent = plain(round(recast * PERCENT, 1))
        sentence = (
            f"{plain(furnace_t)} t of metal were charged to remelting, and no metal that it cast"
            f" holds {percent} % of that: read as cast at casting, with what was given off for it."
            " Where it was cast at remelting, tell it there."
        )
        yield Doubt("remelted_cast_at_casting", sentence, f"{SOURCE}, R-34")


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


class _Melt(NamedTuple):
    """What steps made in t, what metal they were charged with, and the tonnes that were tapped and
    went to be cast: the part `gone` of all, in which scrap that cells were charged with is
    (`within`) or not. With `only_cast` what was tapped is told as cast alone."""

    made: Mapping[Step, Decimal]
    charged: Mapping[Step, Sequence[Datum]]
    tapped: Decimal
    gone: Decimal
    within: bool
    only_cast: bool

    def at(self, step: Step) -> Sequence[Datum]:
        return self.charged.get(step, ())


def _recast(melt: _Melt) -> Decimal:
    """The share of what was remelted that was cast at casting: all of it where remelting casts
    none, else what it was charged with and did not cast, as far as casting has more metal than it
    was given."""
    cast, own = melt.made.get(Step.CASTING, ZERO), melt.made.get(Step.REMELTING, ZERO)
    if not cast or not own:
        return ONE if cast else ZERO
    lacking = cast - melt.tapped - _sum(melt.at(Step.CASTING))
    spare = max(min(_sum(melt.at(Step.REMELTING)) - own, lacking), ZERO)
    return spare / (spare + own)


def _primary(melt: _Melt, recast: Decimal) -> Decimal:
    """The share of liquid metal in what was cast; run-around and own dross count as nothing, as
    they are of the same mix."""
    cast, cells = melt.at(Step.CASTING), melt.at(Step.ELECTROLYSIS)
    bought = _sum(one for one in cast if one.item == LIQUID)
    other = _other(cast) + _other(cells) * melt.gone + _other_recast(melt, recast)
    taken = _sum(cells) * melt.gone if melt.within else ZERO
    if melt.only_cast:  # what nothing else makes up is what the cells made
        taken = other + bought
    liquid = max(melt.tapped - taken, ZERO) + bought
    total = liquid + other
    return liquid / total if total else ZERO


def _other_recast(melt: _Melt, recast: Decimal) -> Decimal:
    """Metal that was not tapped here, in t, of that which was remelted and cast at casting."""
    melted = melt.at(Step.REMELTING)
    other = _other(melted) + _sum(one for one in melted if one.item == LIQUID)
    own, into = melt.made.get(Step.REMELTING, ZERO), _sum(melted)
    if not recast or not own or not into:
        return other * recast
    return other * (recast * own / (ONE - recast)) / into


def _other(data: Sequence[Datum]) -> Decimal:
    """Metal that was not tapped and came from outside."""
    return _sum(
        one
        for one in data
        if one.item in OTHER_METAL or (one.item == SCRAP and one.scrap_kind not in OWN_SCRAP)
    )


def _sum(data: Iterable[Datum]) -> Decimal:
    return sum((one.quantity for one in data), ZERO)
