"""What a result says of how its flows were read, where no source lays it down. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from contracts.inventory import Step
from contracts.values import plain
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.factors.pinned import (
    BEFORE_EIGHTH,
    BEFORE_NINTH,
    BEFORE_SEVENTH,
    BEFORE_SIXTH,
    ENGINE,
)

from . import metal
from .flows import CAST, MADE, NEXT, PRODUCTS, SOURCE, flows_of, grown_of, reading_by
from .in_cells import in_cells
from .melts import CHARGED, LIQUID, ZERO
from .melts import sum_t as _sum
from .scrap import Kind
from .shared_cast import doubts_of_cast
from .stored import as_melted, held_scrap
from .untold import doubts_of_products, doubts_of_untold
from .working import PERCENT, Doubt

CELLS = Step.ELECTROLYSIS
OUT_OF_MELT = frozenset({CAST, metal.SCRAP_OUT, metal.RETURNED})


def flow_doubts(
    inventory: Inventory,
    outputs: Sequence[Datum],
    stocks: Sequence[Datum],
    engine: str = ENGINE,
    melt_loss: Decimal = ZERO,
) -> list[Doubt]:
    """How flows were read that no source lays down, of a year with its outputs and stocks, as
    `flows_of` takes them; nothing of what goes nowhere from here."""
    found: list[Doubt] = []
    if engine not in BEFORE_NINTH:
        found += _of_scrap_stock(inventory)
        inventory = as_melted(inventory)
    cast = {one.step for one in outputs if one.item == CAST and one.quantity}
    sold_t = _sum(one for one in outputs if one.item == "output.sold" and one.of == CAST)
    if len(cast) > 1 and sold_t and any(one.item == "output.semi" for one in outputs):
        sentence = (
            f"{plain(sold_t)} t of cast metal were sold, and casting and remelting both made some:"
            " what left and what went on is taken of both, in proportion to what each made."
        )
        found.append(Doubt("sold_of_both", sentence, f"{SOURCE}, 5.3"))
    found += _doubts_of_stocks(inventory, outputs, stocks, engine)
    more = engine not in BEFORE_SIXTH and _more_than_tapped(outputs, stocks)
    return [*found, *_doubts_of_melts(inventory, engine, melt_loss, more)]


def _of_scrap_stock(inventory: Inventory) -> Iterable[Doubt]:
    for of in held_scrap(inventory.data):
        if of.stock.fell_t is None:
            named = f"scrap.in ({of.kind})" if of.kind else "scrap.in"
            at = f" at {of.place}" if of.place is not Step.SITE else ""
            sentence = (
                f"The stock of {named}{at} is told on one day of the year only: it was not used."
            )
            yield Doubt("stock_incomplete", sentence, SOURCE)


def _doubts_of_stocks(
    inventory: Inventory, outputs: Sequence[Datum], stocks: Sequence[Datum], engine: str
) -> Iterable[Doubt]:
    made = {one.step for one in outputs if one.item in MADE and one.quantity}
    going = {step for step, following in NEXT.items() if step in made and following in made}
    goods = {item for step in going for item in PRODUCTS[step]}
    own = [one for one in stocks if one.of in goods]
    if any(map(metal.lies_cast, own)) and not _as_cast(inventory, engine):
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


def _as_cast(inventory: Inventory, engine: str) -> bool:
    """Whether cast metal in stock at the casthouse is read as cast already."""
    by_item = metal.by_item(inventory.data)
    return metal.reading(by_item, believed=engine not in BEFORE_EIGHTH).finished


def _doubts_of_melts(
    inventory: Inventory, engine: str, melt_loss: Decimal, more: bool
) -> Iterable[Doubt]:
    """Of metal that was charged elsewhere than where it was cast, of what was lost of it, and of
    what came out beyond it: where `more` came out than cells tapped."""
    melted = [one for one in inventory.data if one.item in CHARGED and one.quantity]
    cells_t = _sum(one for one in melted if one.step is Step.ELECTROLYSIS)
    if cells_t:
        yield from _doubts_of_cells(inventory, engine, cells_t)
    furnace_t = _sum(one for one in melted if one.step is Step.REMELTING)
    old = any(one.scrap_kind == Kind.POST_CONSUMER for one in melted)
    liquid = engine not in BEFORE_SIXTH and any(one.item == LIQUID for one in melted)
    again = engine not in BEFORE_SEVENTH and cells_t > 0
    if not furnace_t and not old and not liquid and not more and not again:
        return
    flows = flows_of(inventory, engine, melt_loss)
    yield from doubts_of_products(flows.stock_unread_t, flows.recast_unread)
    told = engine not in BEFORE_SEVENTH and any(
        one.item == metal.TO_CASTING for one in inventory.data
    )
    if furnace_t and flows.recast and not told:
        percent = plain(round(flows.recast * PERCENT, 1))
        sentence = (
            f"{plain(furnace_t)} t of metal were charged to remelting, and no metal that it cast"
            f" holds {percent} % of that: read as cast at casting, with what was given off for it."
            " Where it was cast at remelting, tell it there."
        )
        yield Doubt("remelted_cast_at_casting", sentence, f"{SOURCE}, R-34")
    if flows.primary or flows.untold:
        usual_t = None if engine in BEFORE_SIXTH else flows.old_untold_t * melt_loss
        yield from doubts_of_cast(flows.cast_shared, usual_t)
        every = [step for step in PRODUCTS if step in flows.unknown_of and flows.made.get(step)]
        yield from doubts_of_untold(flows.cast_shared, every)


def _doubts_of_cells(inventory: Inventory, engine: str, cells_t: Decimal) -> Iterable[Doubt]:
    """Of scrap that cells melted; of that which is told to be in what they tapped, or beside it,
    nothing is doubtful."""
    within = reading_by(inventory, engine).in_tapped
    if engine not in BEFORE_SEVENTH:
        untold = [
            one
            for one in inventory.data
            if one.item == metal.SCRAP_IN and one.step is CELLS and not metal.is_told(one)
        ]
        only_cast = not any(one.item == metal.TAPPED for one in inventory.data)
        cells = in_cells(inventory.data, only_cast=only_cast)
        cells_t = _sum(untold)
        if not cells_t or cells.unread_t:
            return
        names = {one.datum_id for one in untold}
        within = any(one.datum_id in names for one in cells.within)
    how = "as a part of what they tapped" if within else "as charged beside what they tapped"
    sentence = (
        f"Cells were charged with {plain(cells_t)} t of scrap: read {how}, as metal in and out"
        " balances nearer so; it is no primary metal."
    )
    yield Doubt("scrap_in_cells", sentence, f"{SOURCE}, R-34")


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
