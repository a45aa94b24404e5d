"""The fields that an aluminium installation reports to the European border mechanism. Pure.

Source: sources.md 4.3, 4.8 [G4]. Direct emissions alone, CO2 and perfluorocarbons; scrap has none;
power is told for information, that of an own plant with the fuels that are said to be its. Bought
metal is a precursor: its maker declares what it embeds. Where the works lie and who verified is
known elsewhere; a price of carbon that was paid is not asked for here.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from contracts.inventory import Scope, Step

from .activity import Datum, Inventory
from .flows import ZERO, Flows
from .items import ITEMS, Family
from .lines import Line, Result
from .scrap import Kind

KG_PER_T = Decimal(1000)
PRECURSORS = frozenset({"bought.liquid_metal", "bought.primary_metal", "bought.cast_metal"})
ANODES = frozenset({"input.net_anode", "input.paste"})
OWN_PLANT = "power.own_generation"


INSIDE = frozenset(
    {
        Step.ELECTROLYSIS,
        Step.CASTING,
        Step.REMELTING,
        Step.SEMI_FABRICATION,
        Step.SITE,
    }
)


class Route(StrEnum):
    """How the goods are made."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    MIXED = "mixed"


class Stream(NamedTuple):
    """A source stream: what was used, how much, by which factor, and its tonnes of CO2."""

    step: Step
    item: str
    activity: Decimal
    unit: str
    factor: Decimal
    factor_unit: str
    tonnes: Decimal


class Precursor(NamedTuple):
    """Bought metal, with what its maker says it embeds, in kg CO2e/t; None where nobody said."""

    datum_id: str
    item: str
    tonnes: Decimal
    supplier_id: str
    embedded_kg_per_t: Decimal | None


class Counts(NamedTuple):
    """What a report counts: kilograms of CO2, of perfluorocarbons as CO2e, of both what rests on
    secondary data; tonnes of goods, and their codes."""

    co2_kg: Decimal
    pfc_kg: Decimal
    default_kg: Decimal
    goods_t: Decimal
    goods: tuple[str, ...]


class CbamFields(NamedTuple):
    """The fields of the report. Specific emissions in t CO2e per tonne of goods, shares of one.
    `goods` are codes of the combined nomenclature that they may fall under; `actual_share` is the
    part of the direct emissions that rests on primary data. `embedded_specific` adds what
    precursors embed as their makers declare it, whatever its boundary; None where one is silent."""

    installation: str
    country: str
    subdivision: str | None
    period: int
    goods: tuple[str, ...]
    route: Route | None
    goods_t: Decimal
    streams: tuple[Stream, ...]
    co2_t: Decimal
    pfc_t: Decimal
    direct_specific: Decimal | None
    actual_share: Decimal | None
    power_kwh: Decimal
    indirect_t: Decimal
    indirect_specific: Decimal | None
    anodes_t_per_t: Decimal | None
    anode_effects: tuple[tuple[str, str, Decimal], ...]
    scrap_t_per_t: Decimal | None
    pre_consumer_share: Decimal | None
    alloying_share: Decimal | None
    precursors: tuple[Precursor, ...]
    precursors_t: Decimal | None
    embedded_specific: Decimal | None


def plant_fuels(inventory: Inventory) -> frozenset[str]:
    """The ids of fuels that are said to be the own power plant's."""
    return frozenset(
        one.datum_id
        for one in inventory.data
        if one.of == OWN_PLANT and ITEMS[one.item].family is Family.FUEL
    )


def fields_of(result: Result, flows: Flows, counts: Counts) -> CbamFields:
    """The fields, from a result under the regime's sets and what its report counts."""
    total_kg, goods_t = counts.co2_kg + counts.pfc_kg, counts.goods_t
    site, data = result.inventory.site, result.inventory.data
    plant = plant_fuels(result.inventory)
    inside = [line for line in result.lines if line.step in INSIDE]
    direct = [line for line in inside if line.scope is Scope.DIRECT and line.data[0] not in plant]
    power = [line for line in inside if line.scope is Scope.POWER_LOCATION]
    burnt = [line for line in result.lines if line.scope is Scope.DIRECT and line.data[0] in plant]
    own = (one.quantity for one in data if one.item == OWN_PLANT)
    scrap = [one for one in data if one.item == "scrap.in" and one.scrap_kind != Kind.INTERNAL]
    pre = [one for one in scrap if one.scrap_kind == Kind.PRE_CONSUMER]
    scrap_t = _sum(scrap)
    metal_t = flows.made.get(Step.ELECTROLYSIS, ZERO)
    anodes_t = _sum(one for one in data if one.item in ANODES)
    alloying_t = _sum(one for one in data if one.item == "bought.alloying")
    indirect_t = (_kg(power) + _kg(burnt)) / KG_PER_T
    precursors = tuple(
        Precursor(one.datum_id, one.item, one.quantity, one.supplier_id, one.factor)
        for one in data
        if one.item in PRECURSORS
    )
    embedded_t = _embedded(precursors)
    return CbamFields(
        installation=site.facility_id,
        country=site.country,
        subdivision=site.subdivision,
        goods=counts.goods,
        period=result.inventory.year,
        route=_route(data, metal_t, scrap_t),
        goods_t=goods_t,
        streams=tuple(_stream(line) for line in direct),
        co2_t=counts.co2_kg / KG_PER_T,
        pfc_t=counts.pfc_kg / KG_PER_T,
        direct_specific=_over(total_kg / KG_PER_T, goods_t),
        actual_share=_over(total_kg - counts.default_kg, total_kg),
        power_kwh=sum((line.activity for line in power), ZERO) + sum(own, ZERO),
        indirect_t=indirect_t,
        indirect_specific=_over(indirect_t, goods_t),
        anodes_t_per_t=_over(anodes_t, metal_t),
        anode_effects=_anode_effects(data),
        scrap_t_per_t=_over(scrap_t, goods_t),
        pre_consumer_share=_over(_sum(pre), scrap_t),
        alloying_share=_over(alloying_t, goods_t),
        precursors=precursors,
        precursors_t=embedded_t,
        embedded_specific=None
        if embedded_t is None
        else _over(total_kg / KG_PER_T + embedded_t, goods_t),
    )


def _embedded(precursors: Sequence[Precursor]) -> Decimal | None:
    """Tonnes of CO2e that precursors embed; None where a maker says nothing."""
    known = [one for one in precursors if one.embedded_kg_per_t is not None]
    if len(known) < len(precursors):
        return None
    return sum((one.tonnes * (one.embedded_kg_per_t or ZERO) for one in known), ZERO) / KG_PER_T


def _route(data: Sequence[Datum], tapped_t: Decimal, scrap_t: Decimal) -> Route | None:
    bought = _sum(one for one in data if one.item in PRECURSORS)
    if scrap_t == 0:
        return Route.PRIMARY if tapped_t or bought else None
    return Route.MIXED if tapped_t or bought else Route.SECONDARY


def _stream(line: Line) -> Stream:
    factor = line.factor
    return Stream(
        line.step,
        line.item,
        line.activity,
        line.unit,
        factor.value,
        factor.unit,
        line.kg / KG_PER_T,
    )


def _anode_effects(data: Sequence[Datum]) -> tuple[tuple[str, str, Decimal], ...]:
    """Name, unit and value of what is told about anode effects, in the order of the data."""
    return tuple(
        (one.item.partition(".")[2], ITEMS[one.item].unit, one.quantity)
        for one in data
        if ITEMS[one.item].family is Family.ANODE_EFFECT
    )


def _over(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole if whole else None


def _kg(lines: Iterable[Line]) -> Decimal:
    return sum((line.kg for line in lines), ZERO)


def _sum(data: Iterable[Datum]) -> Decimal:
    return sum((one.quantity for one in data), ZERO)
