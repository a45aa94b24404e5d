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
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.factors.pinned import (
    BEFORE_EIGHTH,
    BEFORE_FIFTH,
    BEFORE_FOURTH,
    BEFORE_NINTH,
    BEFORE_SEVENTH,
    BEFORE_SIXTH,
    ENGINE,
)

from . import metal
from .in_cells import InCells, in_cells
from .melts import (
    CHARGED,
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
from .primary_cast import Recast, made_of_cast, primary_cast, recast_between, recast_of
from .scrap import Kind
from .shared_cast import GRAMS, Beside, SharedCast, shared_cast
from .stored import as_melted, untold_t

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


class Flows(NamedTuple):
    """Tonnes that each step made (`made`), the scrap that left it (`scrap`), the share of its
    product that went to the next step (`onward`; above one where a stock was drawn on), and of the
    metal cast the share that was tapped as liquid metal, here or next door (`primary`).
    `legs_of_other_metal` are ids of transport legs that carried metal which was not tapped;
    `recast` is the share of what remelting gave off that is in the metal cast at casting, and
    `old_lost_t` the tonnes of post-consumer scrap that are taken as lost, where nobody tells:
    of `old_untold_t`. Since the sixth engine, `beyond_t` came out beyond all that went in, and
    `old_unknown_t` are those, by step, without whose loss no primary share is known; `stored_old_t`
    and `stored_beyond_t` are what masses leave open of stock, and since the seventh `unread_t` of
    scrap in cells and `unpassed_t` of a furnace what must be told as well (`SharedCast`);
    `site_of_own` says that of what a whole site shares metal that was not tapped takes none along:
    scrap that brings a burden of its own would draw more of it to primary metal. Since the eighth,
    `stock_unread_t` is the change of cast metal in stock of which must be told whether it was cast,
    before what a mill rolled has a footprint (`metal.stock_unread`), and `recast_unread` are the
    steps of whose product it must be told what a furnace gave to casting (`Recast`); `unknown_of`
    are all of whose product the footprint is not known. Since the ninth, of `unstored_t` of stock
    it must be told what scrap they are of, and `cells_made_t` is what cells made where tapped metal
    is told as cast alone and some left with dross."""

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
    unread_t: Decimal = ZERO
    unpassed_t: Decimal = ZERO
    unstored_t: Decimal = ZERO
    site_of_own: bool = False
    stock_unread_t: Decimal = ZERO
    recast_unread: frozenset[Step] = frozenset()
    unknown_of: frozenset[Step] = frozenset()
    cells_made_t: Decimal | None = None

    @property
    def untold(self) -> bool:
        """Whether something must be told before anybody knows how much primary metal was cast."""
        told = self.old_unknown_t or self.unread_t or self.unpassed_t or self.unstored_t
        return bool(told)

    @property
    def cast_shared(self) -> SharedCast:
        """What these flows hold of how the cast was shared."""
        return SharedCast(
            self.primary,
            self.old_lost_t,
            self.old_untold_t,
            self.beyond_t,
            self.old_unknown_t,
            self.stored_old_t,
            self.stored_beyond_t,
            self.unread_t,
            self.unpassed_t,
            self.unstored_t,
        )

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

    @property
    def products_left(self) -> Mapping[str, Decimal]:
        """Tonnes of each product that no step here goes on with: sold, or in stock, to the gram."""
        found: dict[str, Decimal] = {}
        for step, tonnes in self.made.items():
            left = tonnes * (ONE - min(self.onward.get(step, ZERO), ONE))
            item = PRODUCTS[step][0]
            found[item] = found.get(item, ZERO) + left
        return {item: round(tonnes, GRAMS) for item, tonnes in found.items()}

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
    unstored_t = ZERO
    if engine not in BEFORE_NINTH:
        unstored_t, inventory = untold_t(inventory.data), as_melted(inventory)
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
    read = reading_by(inventory, engine) if open_to else metal.Reading()
    between = [one for one in held if read.finished or not metal.lies_cast(one)]
    for item, grown in {} if apart else grown_of(between).items():
        left[item] = left.get(item, ZERO) + grown
    uncast = [] if read.finished else [one for one in held if metal.lies_cast(one)]
    stored = sum(grown_of(uncast).values(), ZERO)
    told = frozenset(one.step for one in lost if one.scrap_kind == Kind.POST_CONSUMER)
    beside = Beside(scrap, returned, stored, told)
    if engine in BEFORE_SEVENTH:
        losses = Losses(melt_loss, lost, inventory.data, stored)
        found = _flows_before(inventory, engine, (made, charged, left), losses, (read, beside))
    else:
        found = _told_flows(inventory, engine, (made, charged, left), beside)
    if unstored_t:
        found = found._replace(unstored_t=unstored_t, primary=ZERO)
    if engine not in BEFORE_EIGHTH:
        found = found._replace(stock_unread_t=_unread_t(inventory, found, held))
        found = found._replace(unknown_of=_unknown_of(inventory, found))
    return found._replace(legs_of_other_metal=frozenset(legs))


def _unknown_of(inventory: Inventory, found: Flows) -> frozenset[Step]:
    """The steps of whose product the footprint is not known: what cells made and gave to casting is
    not, in a year with post-consumer scrap (nor then what each step has of what a whole site
    shares); nor what a furnace gave; nor what lay in stock."""
    steps = set(found.recast_unread)
    if found.stock_unread_t:
        steps.add(Step.SEMI_FABRICATION)
    lots = (one for one in inventory.data if one.item == SCRAP)
    untold = found.unread_t or (found.untold and found.made.get(Step.CASTING))
    if untold and any(one.scrap_kind == Kind.POST_CONSUMER for one in lots):
        steps |= {Step.ELECTROLYSIS, Step.CASTING, Step.SEMI_FABRICATION}
        if found.unpassed_t or found.unstored_t:
            steps.add(Step.REMELTING)
        if any(one.step is Step.SITE for one in inventory.data):
            steps.update(PRODUCTS)
    return frozenset(steps)


def _unread_t(inventory: Inventory, found: Flows, held: Iterable[Datum]) -> Decimal:
    """Tonnes by which cast metal in stock at the casthouse of a mill changed, where nobody tells
    whether they were cast and a loss that nobody tells decides."""
    if not found.made.get(Step.SEMI_FABRICATION):
        return ZERO
    grown = sum(grown_of(one for one in held if metal.lies_cast(one)).values(), ZERO)
    return abs(grown) if grown and metal.stock_unread(metal.by_item(inventory.data)) else ZERO


Told = tuple[Mapping[Step, Decimal], Mapping[Step, Sequence[Datum]], Mapping[str, Decimal]]
"""Tonnes that each step made, what it was charged with, and tonnes that left by item."""


def _flows_before(
    inventory: Inventory,
    engine: str,
    masses: Told,
    losses: Losses,
    known: tuple[metal.Reading, Beside],
) -> Flows:
    """As the first six engines took them, of what was made, charged and sold."""
    (made, charged, left), (read, beside) = masses, known
    apart = engine in BEFORE_FOURTH
    only_cast = inventory.site.technology is not None and Step.ELECTROLYSIS not in made
    tapped = every = made.get(Step.CASTING if only_cast else Step.ELECTROLYSIS, ZERO)
    if not only_cast:
        tapped = max(tapped - left.get("output.liquid_metal", ZERO), ZERO)
    within = read.in_tapped and not only_cast
    gone = tapped / every if every and within else ONE
    melt = Melt(made, charged, tapped, gone, within, only_cast and not apart)
    recast = ZERO if apart else recast_share(melt)
    if engine not in BEFORE_SIXTH:
        shared = shared_cast(melt, recast, beside)
    else:
        takes = losses.usual if charged and engine not in BEFORE_FIFTH else ZERO
        shared = _shared_before(melt, recast, losses._replace(usual=takes))
    onward = _onward(made, left, apart)
    return Flows(made, beside.scrap, onward, shared.primary, frozenset(), recast, *shared[1:])


def _told_flows(inventory: Inventory, engine: str, masses: Told, beside: Beside) -> Flows:
    """As engines take them since the seventh. What was sold of tapped metal, or lies in stock, is
    of the metal that cells made and of other scrap in it, not of post-consumer scrap: a tonne of
    that more would else share the emissions of cells anew."""
    made, charged, left = masses
    only_cast = inventory.site.technology is not None and Step.ELECTROLYSIS not in made
    scrap = Step.ELECTROLYSIS in charged
    cells = in_cells(inventory.data, only_cast=only_cast) if scrap else InCells()
    onward = _onward(made, left, apart=False)
    gone, tapped = ONE, made.get(Step.CASTING, ZERO)
    if not only_cast:
        own_t = max(made.get(Step.ELECTROLYSIS, ZERO) - cells.old_within_t, ZERO)
        kept_t = max(own_t - left.get(metal.TAPPED, ZERO), ZERO)
        if not own_t and engine not in BEFORE_EIGHTH:
            kept_t = ZERO  # what a site without cells drew from stock was tapped by nobody here
        tapped = kept_t + cells.old_within_t
        gone = kept_t / own_t if own_t and cells.within else ONE
        if cells.old_within_t and onward.get(Step.ELECTROLYSIS):
            onward[Step.ELECTROLYSIS] = gone
    dross = {} if engine in BEFORE_NINTH else metal.dross_of(inventory.data)
    melt = Melt(made, charged, tapped, gone, bool(cells.within), only_cast, dross)
    given = [one.quantity for one in inventory.data if one.item == metal.TO_CASTING]
    passed = sum(given, ZERO) if given else None
    shared = primary_cast(melt, cells, passed, beside)
    recast = Recast(*(recast_of(melt, passed),) * 3)
    if engine not in BEFORE_EIGHTH:  # unread it is too where as read none would be primary
        shared = shared._replace(unread_t=cells.unread_t)
        recast = recast_between(melt, cells, passed, beside)
    every = Flows(
        made, beside.scrap, onward, shared.primary, frozenset(), recast.share, *shared[1:]
    )
    if dross and only_cast:
        every = every._replace(cells_made_t=made_of_cast(melt, cells, passed, beside))
    return every._replace(site_of_own=True, recast_unread=recast.unread)


def reading_by(inventory: Inventory, engine: str) -> metal.Reading:
    """How what goes from step to step is read; the first five engines read it as R-34 does. The
    first six knew no scrap in cells of which it is told whether it is in what they tapped, the
    first seven no stock of which it is told whether it was cast."""
    by_item = metal.by_item(inventory.data)
    if engine in BEFORE_SEVENTH:
        by_item = metal.without_word(by_item)
    believed = engine not in BEFORE_EIGHTH
    if engine in BEFORE_SIXTH:
        return metal.reading(by_item, believed=believed)
    return metal.reading_of_shares(by_item, believed=believed)


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
