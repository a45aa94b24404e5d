"""The fields that an aluminium installation reports to the European border mechanism. Pure.

Source: sources.md 4.3, 4.8 [G4]. Direct emissions alone, CO2 and perfluorocarbons; scrap has none;
power is told for information. Bought metal is a precursor: its maker declares what it embeds.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from contracts.inventory import Scope, Step

from .activity import Datum
from .flows import ZERO, Flows
from .items import ITEMS, Family
from .lines import Line, Result
from .scrap import Kind

KG_PER_T = Decimal(1000)
PRECURSORS = frozenset({"bought.liquid_metal", "bought.primary_metal", "bought.cast_metal"})
ANODES = frozenset({"input.net_anode", "input.paste"})


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


class CbamFields(NamedTuple):
    """The fields of the report. Specific emissions in t CO2e per tonne of goods, shares of one."""

    period: int
    route: Route | None
    goods_t: Decimal
    streams: tuple[Stream, ...]
    co2_t: Decimal
    pfc_t: Decimal
    direct_specific: Decimal | None
    power_kwh: Decimal
    indirect_t: Decimal
    indirect_specific: Decimal | None
    anodes_t_per_t: Decimal | None
    anode_effects: tuple[tuple[str, str, Decimal], ...]
    scrap_t_per_t: Decimal | None
    pre_consumer_share: Decimal | None
    alloying_share: Decimal | None
    precursors: tuple[Precursor, ...]


def fields_of(
    result: Result, flows: Flows, counted_kg: tuple[Decimal, Decimal], goods_t: Decimal
) -> CbamFields:
    """The fields, from a result under the regime's sets and what its report counts: kilograms of
    CO2, and of perfluorocarbons as CO2e."""
    co2_kg, pfc_kg = counted_kg
    total_kg = co2_kg + pfc_kg
    data = result.inventory.data
    inside = [line for line in result.lines if line.step in INSIDE]
    direct = [line for line in inside if line.scope is Scope.DIRECT]
    power = [line for line in inside if line.scope is Scope.POWER_LOCATION]
    scrap = [one for one in data if one.item == "scrap.in" and one.scrap_kind != Kind.INTERNAL]
    pre = [one for one in scrap if one.scrap_kind == Kind.PRE_CONSUMER]
    scrap_t = _sum(scrap)
    metal_t = flows.made.get(Step.ELECTROLYSIS, ZERO)
    anodes_t = _sum(one for one in data if one.item in ANODES)
    alloying_t = _sum(one for one in data if one.item == "bought.alloying")
    indirect_t = _kg(power) / KG_PER_T
    return CbamFields(
        period=result.inventory.year,
        route=_route(data, metal_t, scrap_t),
        goods_t=goods_t,
        streams=tuple(_stream(line) for line in direct),
        co2_t=co2_kg / KG_PER_T,
        pfc_t=pfc_kg / KG_PER_T,
        direct_specific=_over(total_kg / KG_PER_T, goods_t),
        power_kwh=sum((line.activity for line in power), ZERO),
        indirect_t=indirect_t,
        indirect_specific=_over(indirect_t, goods_t),
        anodes_t_per_t=_over(anodes_t, metal_t),
        anode_effects=_anode_effects(data),
        scrap_t_per_t=_over(scrap_t, goods_t),
        pre_consumer_share=_over(_sum(pre), scrap_t),
        alloying_share=_over(alloying_t, goods_t),
        precursors=tuple(
            Precursor(one.datum_id, one.item, one.quantity, one.supplier_id, one.factor)
            for one in data
            if one.item in PRECURSORS
        ),
    )


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
