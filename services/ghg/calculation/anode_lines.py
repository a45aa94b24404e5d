"""Carbon of anodes, paste and coke as lines of Scope 1. Pure.

Source: sources.md 4.2; the equations are in `electrolysis`. Several data of one input are one
equation, because the equations speak of a year. What is burnt is told in tonnes of CO2, with the
equation as the line's working. Without any consumption told, tier 1 stands in, with a doubt.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from contracts.inventory import DataKind, Scope, Step
from services.ghg.activity.inventory import Datum, Site
from services.ghg.activity.items import Family
from services.ghg.factors.gwp import Gas
from services.ghg.factors.tables import KG_PER_T, Tables

from . import electrolysis
from .cells import tapped
from .electrolysis import Furnace, Own, Paste, Process, Stud
from .lines import Line
from .uncertainty import of_product
from .working import Doubt, Working

ByFamily = Mapping[Family, Sequence[Datum]]
ZERO = Decimal(0)
ONE = Decimal(1)
KINDS = list(DataKind)
SOURCE = "sources.md 4.2"
STUDS = frozenset(stud.value for stud in Stud)


def anode_lines(data: ByFamily, site: Site, table: Tables, doubts: list[Doubt]) -> list[Line]:
    """Lines of cells, baking furnaces and calciners; `doubts` takes what belongs to no line."""
    return [*_cells(data, site, table, doubts), *_furnaces(data, site, table, doubts)]


def worst(data: Iterable[Datum]) -> DataKind:
    """The kind of what follows from several data: that of the weakest."""
    return max((datum.kind for datum in data), key=KINDS.index)


def _cells(data: ByFamily, site: Site, table: Tables, doubts: list[Doubt]) -> list[Line]:
    metal, metal_t = tapped(data[Family.OUTPUT], site, doubts)
    anodes = _named(data[Family.INPUT], "input.net_anode")
    paste = _named(data[Family.INPUT], "input.paste")
    factors = table.pinned.electrolysis
    lines: list[Line] = []
    if anodes:
        own = _own(data, ("S_a", "Ash_a"))
        net_t = _sum(anodes)
        base_t = metal_t or net_t or ONE
        working = electrolysis.anode(base_t, net_t / base_t, factors, own)
        lines.append(_line(working, (*anodes, *metal), Step.ELECTROLYSIS, table))
    if paste:
        lines.append(_paste(data, site, (paste, metal), table))
    if metal and not anodes and not paste:
        stud = site.technology in STUDS
        process = Process.SOEDERBERG if stud else Process.PREBAKE
        working = electrolysis.tier1(metal_t, process, factors)
        sentence = (
            "No consumption of anodes or paste is given: a default per tonne of metal was used."
        )
        line = _line(working, metal, Step.ELECTROLYSIS, table)
        missing = Doubt("anode_tier1", sentence, SOURCE)
        lines.append(line._replace(doubts=(*line.doubts, missing), item="input.net_anode"))
    return lines


def _paste(
    data: ByFamily, site: Site, found: tuple[list[Datum], list[Datum]], table: Tables
) -> Line:
    paste, metal = found
    paste_t, metal_t = _sum(paste), _sum(metal)
    base_t = metal_t or paste_t or ONE
    more: list[Doubt] = []
    stud = Stud.VERTICAL
    if site.technology in STUDS:
        stud = Stud(site.technology or "")
    else:
        sentence = "Paste is burnt, but the cells are not told to be Soederberg: taken as VSS."
        more.append(Doubt("stud_unknown", sentence, SOURCE))
    kind = Paste.DRY
    if site.paste in (Paste.DRY.value, Paste.WET.value):
        kind = Paste(site.paste)
    else:
        sentence = "Whether the paste is dry or wet is not told: taken as dry."
        more.append(Doubt("paste_unknown", sentence, SOURCE))
    own = _own(data, ("S_p", "Ash_p", "H_p", "S_c", "Ash_c", "BC"))
    factors = table.pinned.electrolysis
    working = electrolysis.soederberg(base_t, paste_t / base_t, stud, kind, factors, own)
    line = _line(working, (*paste, *metal), Step.ELECTROLYSIS, table)
    return line._replace(doubts=(*line.doubts, *more))


def _furnaces(data: ByFamily, site: Site, table: Tables, doubts: list[Doubt]) -> list[Line]:
    inputs = data[Family.INPUT]
    baked = _named(data[Family.OUTPUT], "output.anode")
    green = _named(inputs, "input.green_anode")
    packing = _named(inputs, "input.packing_coke")
    coke = _named(inputs, "input.green_coke")
    factors = table.pinned.electrolysis
    lines: list[Line] = []
    if baked:
        baked_t = _sum(baked)
        more: list[Doubt] = []
        furnace = Furnace.OTHER
        if site.furnace in (Furnace.RIEDHAMMER.value, Furnace.OTHER.value):
            furnace = Furnace(site.furnace)
        else:
            sentence = "The kind of baking furnace is not told: no tar was taken off."
            more.append(Doubt("furnace_unknown", sentence, SOURCE))
        own = _own(data, ("H_w", "WT"))
        green_t = _sum(green) if green else None
        working = electrolysis.pitch(baked_t, furnace, factors, own, green_t=green_t)
        line = _line(working, (*baked, *green), Step.ANODE_PRODUCTION, table)
        item = "input.green_anode"
        lines.append(line._replace(doubts=(*line.doubts, *more), item=item))
        share = dict(_own(data, ("S_pc", "Ash_pc")))
        if packing and baked_t > 0:
            share["PCC"] = _sum(packing) / baked_t
        working = electrolysis.packing(baked_t, factors, share)
        line = _line(working, (*packing, *baked), Step.ANODE_PRODUCTION, table)
        lines.append(line._replace(item="input.packing_coke"))
    elif green or packing:
        sentence = "Green anodes or packing coke are given, but no baked anodes: nothing follows."
        doubts.append(Doubt("baked_anode_missing", sentence, SOURCE))
    if coke:
        working = electrolysis.calcination(_sum(coke), factors)
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


def _own(data: ByFamily, symbols: Sequence[str]) -> Own:
    """The facility's own parameters among these; the mean where one was told more than once."""
    told: dict[str, list[Decimal]] = {}
    for datum in data[Family.PARAMETER]:
        symbol = datum.item.partition(".")[2]
        if symbol in symbols:
            told.setdefault(symbol, []).append(datum.quantity)
    return {symbol: sum(values, ZERO) / len(values) for symbol, values in told.items()}


def _named(data: Iterable[Datum], item: str) -> list[Datum]:
    return [datum for datum in data if datum.item == item]


def _sum(data: Iterable[Datum]) -> Decimal:
    return sum((datum.quantity for datum in data), ZERO)
