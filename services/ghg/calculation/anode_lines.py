"""Carbon of anodes, paste and coke as lines of Scope 1. Pure.

Source: sources.md 4.2; the equations are in `electrolysis`, and whose carbon it was in
`cell_carbon`. Several data of one input of the same cells are one equation, because the equations
speak of a year. What is burnt is told in tonnes of CO2, with the equation as the line's working.
Where nobody tells what cells burnt, tier 1 stands in, with a doubt.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from contracts.inventory import DataKind, Scope, Step
from contracts.values import plain
from services.ghg.activity.inventory import Datum, Inventory, Site
from services.ghg.activity.items import Family
from services.ghg.factors.gwp import Gas
from services.ghg.factors.pinned import FIRST_ENGINE, SECOND_ENGINE
from services.ghg.factors.tables import KG_PER_T, Tables

from . import electrolysis
from .cell_carbon import STUDS, Burnt, burnt, burnt_together, total
from .cells import made
from .electrolysis import Furnace, Own, Paste, Process
from .lines import Line
from .uncertainty import of_product
from .working import Doubt, Working

ByFamily = Mapping[Family, Sequence[Datum]]
ZERO = Decimal(0)
ONE = Decimal(1)
KINDS = list(DataKind)
SOURCE = "sources.md 4.2"
OF_PASTE = ("S_p", "Ash_p", "H_p", "S_c", "Ash_c", "BC", "CSM", "CD")
MIXING_ENGINES = frozenset({FIRST_ENGINE, SECOND_ENGINE})
"""Those that took all metal of a site with two kinds of cells for each."""


def anode_lines(
    data: ByFamily, inventory: Inventory, table: Tables, doubts: list[Doubt]
) -> list[Line]:
    """Lines of cells, baking furnaces and calciners; `doubts` takes what belongs to no line."""
    cells = _cells(data, inventory, table, doubts)
    return [*cells, *_furnaces(data, inventory.site, table, doubts)]


def worst(data: Iterable[Datum]) -> DataKind:
    """The kind of what follows from several data: that of the weakest."""
    return max((datum.kind for datum in data), key=KINDS.index)


def _cells(data: ByFamily, inventory: Inventory, table: Tables, doubts: list[Doubt]) -> list[Line]:
    site = inventory.site
    metal = made(data[Family.OUTPUT], inventory, table.pinned.engine, doubts)
    shared_out = burnt_together if table.pinned.engine in MIXING_ENGINES else burnt
    every = shared_out(data[Family.INPUT], metal, site)
    return [_cell_line(one, data, site, table, alone=len(every) == 1) for one in every]


def _cell_line(of: Burnt, data: ByFamily, site: Site, table: Tables, *, alone: bool) -> Line:
    factors = table.pinned.electrolysis
    base_t = of.metal_t or of.carbon_t or ONE
    doubts = list(of.doubts)
    if not of.carbon:
        process = Process.PREBAKE if of.stud is None else Process.SOEDERBERG
        working = electrolysis.tier1(of.metal_t, process, factors)
        sentence = (
            "No consumption of anodes or paste is given: a default per tonne of metal was used."
        )
        if not alone:
            sentence = (
                f"What {of.stud or 'prebake'} cells burnt for {plain(of.metal_t)} t of metal is not"
                " given: a default per tonne of metal was used."
            )
        doubts.append(Doubt("anode_tier1", sentence, SOURCE))
    elif of.stud is None:
        own = _own(data, ("S_a", "Ash_a"))
        working = electrolysis.anode(base_t, of.carbon_t / base_t, factors, own)
    else:
        kind = Paste.DRY
        if site.paste in (Paste.DRY.value, Paste.WET.value):
            kind = Paste(site.paste)
        else:
            sentence = "Whether the paste is dry or wet is not told: taken as dry."
            doubts.append(Doubt("paste_unknown", sentence, SOURCE))
        own = _own(data, OF_PASTE, of.technology)
        per_t = of.carbon_t / base_t
        working = electrolysis.soederberg(base_t, per_t, of.stud, kind, factors, own)
    line = _line(working, (*of.carbon, *of.metal), Step.ELECTROLYSIS, table)
    return line._replace(doubts=(*line.doubts, *doubts), item=of.item)


def _furnaces(data: ByFamily, site: Site, table: Tables, doubts: list[Doubt]) -> list[Line]:
    inputs = data[Family.INPUT]
    baked = _named(data[Family.OUTPUT], "output.anode")
    green = _named(inputs, "input.green_anode")
    packing = _named(inputs, "input.packing_coke")
    coke = _named(inputs, "input.green_coke")
    factors = table.pinned.electrolysis
    lines: list[Line] = []
    if baked:
        baked_t = total(baked)
        more: list[Doubt] = []
        furnace = Furnace.OTHER
        if site.furnace in (Furnace.RIEDHAMMER.value, Furnace.OTHER.value):
            furnace = Furnace(site.furnace)
        else:
            sentence = "The kind of baking furnace is not told: no tar was taken off."
            more.append(Doubt("furnace_unknown", sentence, SOURCE))
        own = _own(data, ("H_w", "WT"))
        green_t = total(green) if green else None
        working = electrolysis.pitch(baked_t, furnace, factors, own, green_t=green_t)
        line = _line(working, (*baked, *green), Step.ANODE_PRODUCTION, table)
        item = "input.green_anode"
        lines.append(line._replace(doubts=(*line.doubts, *more), item=item))
        share = dict(_own(data, ("S_pc", "Ash_pc")))
        if packing and baked_t > 0:
            share["PCC"] = total(packing) / baked_t
        working = electrolysis.packing(baked_t, factors, share)
        line = _line(working, (*packing, *baked), Step.ANODE_PRODUCTION, table)
        lines.append(line._replace(item="input.packing_coke"))
    elif green or packing:
        sentence = "Green anodes or packing coke are given, but no baked anodes: nothing follows."
        doubts.append(Doubt("baked_anode_missing", sentence, SOURCE))
    if coke:
        working = electrolysis.calcination(total(coke), factors)
        lines.append(_line(working, coke, Step.ANODE_PRODUCTION, table))
    return lines


def _line(working: Working, data: Sequence[Datum], step: Step, table: Tables) -> Line:
    """A line of tonnes of CO2, which weigh a thousand kilograms under any warming potentials."""
    carbon = table.gases[Gas.CO2]
    factor = carbon._replace(value=carbon.value * KG_PER_T, unit="kg CO2e/t CO2")
    widths = [term.uncertainty_percent for term in working.terms if term.symbol == "EF"]
    told = [one.uncertainty_percent for one in data if one.uncertainty_percent is not None]
    known = [width for width in (*widths, *told) if width is not None]
    return Line(
        data=tuple(datum.datum_id for datum in data),
        step=step,
        scope=Scope.DIRECT,
        item=data[0].item,
        activity=working.value,
        unit="t CO2",
        factor=factor,
        rule=working.rule,
        kg=working.value * factor.value,
        kind=worst(data),
        working=(working,),
        doubts=working.doubts,
        uncertainty_percent=of_product(known) if known else None,
    )


def _own(data: ByFamily, symbols: Sequence[str], technology: str = "") -> Own:
    """The facility's own parameters among these; the mean where one was told more than once. Those
    of other Soederberg cells than the technology are not these cells'; those that name it go before
    those that name none."""
    told: dict[str, list[Datum]] = {}
    others = STUDS - {technology} if technology else frozenset[str]()
    for datum in data[Family.PARAMETER]:
        symbol = datum.item.partition(".")[2]
        if symbol in symbols and datum.technology not in others:
            told.setdefault(symbol, []).append(datum)
    own: dict[str, Decimal] = {}
    for symbol, found in told.items():
        named = [one for one in found if technology and one.technology == technology] or found
        own[symbol] = total(named) / len(named)
    return own


def _named(data: Iterable[Datum], item: str) -> list[Datum]:
    return [datum for datum in data if datum.item == item]
