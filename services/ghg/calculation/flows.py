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
from services.ghg.factors.pinned import BEFORE_FIFTH, BEFORE_FOURTH, BEFORE_SIXTH, ENGINE

from . import metal
from .melts import (
    CHARGED,
    LIQUID,
    NOTHING_LOST,
    ONE,
    OTHER_METAL,
    SCRAP,
    ZERO,
    Losses,
    Melt,
    net_of,
    old_lost,
    primary_share,
    recast_share,
)
from .scrap import Kind
from .shared_cast import GRAMS, Beside, SharedCast, doubts_of_cast, shared_cast
from .working import PERCENT, Doubt

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
OUT_OF_MELT = frozenset({CAST, metal.SCRAP_OUT, metal.RETURNED})


class Flows(NamedTuple):
    """Tonnes that each step made (`made`), the scrap that left it (`scrap`), the share of its
    product that went to the next step (`onward`; above one where a stock was drawn on), and of the
    metal cast the share that was tapped as liquid metal, here or next door (`primary`).
    `legs_of_other_metal` are ids of transport legs that carried metal which was not tapped;
    `recast` is the share of what remelting gave off that is in the metal cast at casting, and
    `old_lost_t` the tonnes of post-consumer scrap that are taken as lost, where nobody tells:
    of `old_untold_t`. Since the sixth engine, `beyond_t` came out beyond all that went in, and
    `old_unknown_t` are those, by step, without whose loss no primary share is known; `stored_old_t`
    and `stored_beyond_t` are what masses leave open of stock (`SharedCast`)."""

    made: Mapping[Step, Decimal]
    scrap: Mapping[Step, Decimal]
    onward: Mapping[Step, Decimal]
    primary: Decimal
    legs_of_other_metal: frozenset[str] = frozenset()
    recast: Decimal = ZERO
    old_lost_t: Decimal = ZERO
    old_untold_t: Decimal = ZERO
    beyond_t: Decimal = ZERO
    old_unknown_t: Mapping[Step, Decimal] = {}
    stored_old_t: Decimal = ZERO
    stored_beyond_t: Decimal = ZERO

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


def flows_of(inventory: Inventory, engine: str = ENGINE, melt_loss: Decimal = ZERO) -> Flows:
    """The flows of a facility's year, as an engine takes them. `melt_loss` is the part of
    post-consumer scrap that a melt usually takes (`Result.melt_loss`): what it bears first of what
    the melt lost, where nobody tells."""
    made: dict[Step, Decimal] = {}
    scrap: dict[Step, Decimal] = {}
    returned: dict[Step, Decimal] = {}
    left: dict[str, Decimal] = {}
    charged: dict[Step, list[Datum]] = {}
    legs: list[str] = []
    held: list[Datum] = []
    lost: list[Datum] = []
    for datum in inventory.data:
        item = datum.item
        if item.startswith("output."):
            if item in PRODUCTS.get(datum.step, ()):
                made[datum.step] = made.get(datum.step, ZERO) + datum.quantity
            elif item == "output.sold":
                left[datum.of] = left.get(datum.of, ZERO) + datum.quantity
            elif item == "output.scrap":
                scrap[datum.step] = scrap.get(datum.step, ZERO) + datum.quantity
            elif item == metal.RETURNED:
                returned[datum.step] = returned.get(datum.step, ZERO) + datum.quantity
        elif item in CHARGED:
            charged.setdefault(datum.step, []).append(datum)
        elif datum.of in OTHER_METAL or datum.of == SCRAP:
            legs.append(datum.datum_id)
        elif datum.of in MADE and item in DAYS:
            held.append(datum)
        elif item == metal.LOST and datum.scrap_kind:
            lost.append(datum)
    if lost and engine not in BEFORE_FIFTH:
        charged = net_of(charged, lost)
    apart = engine in BEFORE_FOURTH
    if apart:
        charged = {step: data for step, data in charged.items() if step is Step.CASTING}
    open_to = Step.ELECTROLYSIS in charged or (not apart and any(map(metal.lies_cast, held)))
    read = _read(inventory, engine) if open_to else metal.Reading()
    between = [one for one in held if read.finished or not metal.lies_cast(one)]
    for item, grown in {} if apart else grown_of(between).items():
        left[item] = left.get(item, ZERO) + grown
    only_cast = inventory.site.technology is not None and Step.ELECTROLYSIS not in made
    tapped = every = made.get(Step.CASTING if only_cast else Step.ELECTROLYSIS, ZERO)
    if not only_cast:
        tapped = max(tapped - left.get("output.liquid_metal", ZERO), ZERO)
    within = read.in_tapped and not only_cast
    gone = tapped / every if every and within else ONE
    melt = Melt(made, charged, tapped, gone, within, only_cast and not apart)
    recast = ZERO if apart else recast_share(melt)
    uncast = [] if read.finished else [one for one in held if metal.lies_cast(one)]
    stored = sum(grown_of(uncast).values(), ZERO)
    if engine not in BEFORE_SIXTH:
        told = frozenset(one.step for one in lost if one.scrap_kind == Kind.POST_CONSUMER)
        shared = shared_cast(melt, recast, Beside(scrap, returned, stored, told))
    else:
        takes = melt_loss if charged and engine not in BEFORE_FIFTH else ZERO
        shared = _shared_before(melt, recast, Losses(takes, lost, inventory.data, stored))
    onward = _onward(made, left, apart)
    return Flows(made, scrap, onward, shared.primary, frozenset(legs), recast, *shared[1:])


def _read(inventory: Inventory, engine: str) -> metal.Reading:
    """How what goes from step to step is read; the first five engines read it as R-34 does."""
    by_item = metal.by_item(inventory.data)
    return metal.reading(by_item) if engine in BEFORE_SIXTH else metal.reading_of_shares(by_item)


def _shared_before(melt: Melt, recast: Decimal, of: Losses) -> SharedCast:
    """As the first five engines shared what was cast."""
    old = old_lost(melt, recast, of) if of.usual else NOTHING_LOST
    return SharedCast(primary_share(melt, recast, old), sum(old, ZERO))


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
    inventory: Inventory,
    outputs: Sequence[Datum],
    stocks: Sequence[Datum],
    engine: str = ENGINE,
    melt_loss: Decimal = ZERO,
) -> list[Doubt]:
    """How flows were read that no source lays down, of a year with its outputs and stocks, as
    `flows_of` takes them; nothing of what goes nowhere from here."""
    found: list[Doubt] = []
    cast = {one.step for one in outputs if one.item == CAST and one.quantity}
    sold_t = _sum(one for one in outputs if one.item == "output.sold" and one.of == CAST)
    if len(cast) > 1 and sold_t and any(one.item == "output.semi" for one in outputs):
        sentence = (
            f"{plain(sold_t)} t of cast metal were sold, and casting and remelting both made some:"
            " what left and what went on is taken of both, in proportion to what each made."
        )
        found.append(Doubt("sold_of_both", sentence, f"{SOURCE}, 5.3"))
    found += _doubts_of_stocks(inventory, outputs, stocks)
    more = engine not in BEFORE_SIXTH and _more_than_tapped(outputs, stocks)
    return [*found, *_doubts_of_melts(inventory, engine, melt_loss, more)]


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


def _doubts_of_melts(
    inventory: Inventory, engine: str, melt_loss: Decimal, more: bool
) -> Iterable[Doubt]:
    """Of metal that was charged elsewhere than where it was cast, of what was lost of it, and of
    what came out beyond it: where `more` came out than cells tapped."""
    melted = [one for one in inventory.data if one.item in CHARGED and one.quantity]
    cells_t = _sum(one for one in melted if one.step is Step.ELECTROLYSIS)
    if cells_t:
        within = _read(inventory, engine).in_tapped
        how = "as a part of what they tapped" if within else "as charged beside what they tapped"
        sentence = (
            f"Cells were charged with {plain(cells_t)} t of scrap: read {how}, as metal in and out"
            " balances nearer so; it is no primary metal."
        )
        yield Doubt("scrap_in_cells", sentence, f"{SOURCE}, R-34")
    furnace_t = _sum(one for one in melted if one.step is Step.REMELTING)
    old = any(one.scrap_kind == Kind.POST_CONSUMER for one in melted)
    liquid = engine not in BEFORE_SIXTH and any(one.item == LIQUID for one in melted)
    if not furnace_t and not old and not liquid and not more:
        return
    flows = flows_of(inventory, engine, melt_loss)
    if furnace_t and flows.recast:
        percent = plain(round(flows.recast * PERCENT, 1))
        sentence = (
            f"{plain(furnace_t)} t of metal were charged to remelting, and no metal that it cast"
            f" holds {percent} % of that: read as cast at casting, with what was given off for it."
            " Where it was cast at remelting, tell it there."
        )
        yield Doubt("remelted_cast_at_casting", sentence, f"{SOURCE}, R-34")
    if flows.primary or flows.old_unknown_t:
        usual_t = None if engine in BEFORE_SIXTH else flows.old_untold_t * melt_loss
        yield from doubts_of_cast(_told(flows), usual_t)


def _told(flows: Flows) -> SharedCast:
    return SharedCast(
        flows.primary,
        flows.old_lost_t,
        flows.old_untold_t,
        flows.beyond_t,
        flows.old_unknown_t,
        flows.stored_old_t,
        flows.stored_beyond_t,
    )


def _more_than_tapped(outputs: Iterable[Datum], stocks: Iterable[Datum]) -> bool:
    """Whether more may have come out of the casthouse, or lie there, than cells tapped for it:
    asked of every facility, so of its outputs and stocks alone."""
    tapped = out = ZERO
    for one in outputs:
        if one.item == metal.TAPPED:
            tapped += one.quantity
        elif one.item == metal.SOLD and one.of == metal.TAPPED:
            tapped -= one.quantity
        elif one.item in OUT_OF_MELT and one.step in metal.CASTHOUSE:
            out += one.quantity
    at_casthouse = (one for one in stocks if one.of == metal.TAPPED or metal.lies_cast(one))
    return out + sum((max(t, ZERO) for t in grown_of(at_casthouse).values()), ZERO) > tapped


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


def _sum(data: Iterable[Datum]) -> Decimal:
    return sum((one.quantity for one in data), ZERO)
