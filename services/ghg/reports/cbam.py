"""The fields that an aluminium installation reports to the European border mechanism. Pure.

Source: sources.md 4.3, 4.8 [G4]. Direct emissions alone, CO2 and perfluorocarbons; scrap has none;
power is told for information, that of an own plant with the fuels that are said to be its. Bought
metal is a precursor: its maker declares what it embeds, by the same boundary. What an installation
says of itself is in `installation`; what it does not say is told as not given.

Every field speaks of the goods: of what a step used and gave off, the share that went on into them.
What left before, as liquid metal or as cast metal of a mill, took its own share along.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Scope, Step
from contracts.values import plain
from services.ghg.activity.installation import Boundary, Installation, Route
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.activity.items import GOODS, ITEMS, PRECURSORS, Family
from services.ghg.calculation.cells import made, told_as_cast
from services.ghg.calculation.flows import Flows
from services.ghg.calculation.lines import Line, Result
from services.ghg.calculation.melts import ONE, ZERO
from services.ghg.calculation.scrap import Kind
from services.ghg.calculation.working import Doubt
from services.ghg.factors.calorific import calorific_of

KG_PER_T = Decimal(1000)
ANODES = frozenset({"input.net_anode", "input.paste"})
OWN_PLANT = "power.own_generation"
SOURCE = "sources.md 4.8 [G4]"
NAMED = 5
WIDER = {
    Boundary.DIRECT_AND_INDIRECT.value: "direct and indirect emissions together",
    Boundary.CRADLE_TO_GATE.value: "emissions from cradle to gate",
}

INSIDE = frozenset(
    {
        Step.ELECTROLYSIS,
        Step.CASTING,
        Step.REMELTING,
        Step.SEMI_FABRICATION,
        Step.SITE,
    }
)


class Stream(NamedTuple):
    """A source stream: what was used for the goods, how much, by which factor, and its tonnes of
    CO2; `share` is the part of the site's whole stream that this is. Of a fuel its net calorific
    value with the unit, by which it became energy or which its plant tells, and its oxidation
    factor; None where nobody told, and for what is no fuel."""

    step: Step
    item: str
    activity: Decimal
    unit: str
    factor: Decimal
    factor_unit: str
    tonnes: Decimal
    calorific_value: Decimal | None = None
    calorific_unit: str = ""
    oxidation_factor: Decimal | None = None
    share: Decimal = ONE


class Precursor(NamedTuple):
    """Bought metal, the tonnes of it that are in the goods. In kg CO2e/t: what its maker says it
    embeds, by which boundary, and its footprint from cradle to gate, as other regimes take it;
    empty and None where nobody said. `fits` says whether what it embeds is direct emissions alone,
    as this report counts."""

    datum_id: str
    item: str
    tonnes: Decimal
    supplier_id: str
    embedded_kg_per_t: Decimal | None
    boundary: str
    footprint_kg_per_t: Decimal | None
    fits: bool


class Good(NamedTuple):
    """An output with the code that it is said to be; empty where nobody said."""

    datum_id: str
    item: str
    tonnes: Decimal
    cn_code: str


class Counts(NamedTuple):
    """What a report counts: kilograms of CO2, of perfluorocarbons as CO2e, of both what rests on
    secondary data; tonnes of goods, the codes that they may fall under, the step that made them;
    the share of each step that they carry, and the lines that count, each with its share."""

    co2_kg: Decimal
    pfc_kg: Decimal
    default_kg: Decimal
    goods_t: Decimal
    goods: tuple[str, ...]
    step: Step | None
    shares: Mapping[Step, Decimal]
    direct: tuple[tuple[Line, Decimal], ...]

    def carried(self, data: Iterable[Datum]) -> Decimal:
        """What of some data went into the goods."""
        return sum((one.quantity * self.shares.get(one.step, ZERO) for one in data), ZERO)

    def carried_kg(self, lines: Iterable[Line]) -> Decimal:
        """What of some lines the goods carry, in kg CO2e."""
        return sum((one.kg * self.shares.get(one.step, ZERO) for one in lines), ZERO)


class CbamFields(NamedTuple):
    """The fields of the report. Specific emissions in t CO2e per tonne of goods, shares of one.
    `goods` are codes of the combined nomenclature that they may fall under, `products` the outputs
    with the codes that they are said to be. `route` follows from the data; `told` is what the
    installation says of itself, `carbon_price_left` what is due per tonne of CO2e after rebates;
    `actual_share` is the part of the direct emissions that rests on primary data. Power, scrap,
    alloying elements and precursors are those of the goods.
    `embedded_specific` adds what precursors embed; None unless that fits for each of them."""

    installation: str
    country: str
    subdivision: str | None
    told: Installation
    carbon_price_left: Decimal | None
    period: int
    goods: tuple[str, ...]
    products: tuple[Good, ...]
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
    power = [line for line in inside if line.scope is Scope.POWER_LOCATION]
    burnt = [line for line in result.lines if line.scope is Scope.DIRECT and line.data[0] in plant]
    own = [one for one in data if one.item == OWN_PLANT]
    scrap = [one for one in data if one.item == "scrap.in" and one.scrap_kind != Kind.INTERNAL]
    scrap_t = counts.carried(scrap)
    pre_t = counts.carried(one for one in scrap if one.scrap_kind == Kind.PRE_CONSUMER)
    metal_t = _sum(made(data, result.inventory, result.engine, []))
    open_ = flows.untold and told_as_cast(result.inventory)
    anodes_t = _sum(one for one in data if one.item in ANODES)
    alloying_t = counts.carried(one for one in data if one.item == "bought.alloying")
    indirect_t = counts.carried_kg([*power, *burnt]) / KG_PER_T
    precursors = _precursors(data, counts.shares)
    products = _products(data, counts.step)
    embedded_t = _embedded(precursors)
    return CbamFields(
        installation=site.facility_id,
        country=site.country,
        subdivision=site.subdivision,
        told=site.installation,
        carbon_price_left=site.installation.carbon_price_left,
        goods=counts.goods,
        products=products,
        period=result.inventory.year,
        route=_route(precursors, metal_t * counts.shares.get(Step.ELECTROLYSIS, ZERO), scrap_t),
        goods_t=goods_t,
        streams=_streams(counts.direct, data),
        co2_t=counts.co2_kg / KG_PER_T,
        pfc_t=counts.pfc_kg / KG_PER_T,
        direct_specific=_over(total_kg / KG_PER_T, goods_t),
        actual_share=_over(total_kg - counts.default_kg, total_kg),
        power_kwh=_power_kwh(power, own, counts),
        indirect_t=indirect_t,
        indirect_specific=_over(indirect_t, goods_t),
        anodes_t_per_t=None if open_ else _over(anodes_t, metal_t),
        anode_effects=_anode_effects(data),
        scrap_t_per_t=_over(scrap_t, goods_t),
        pre_consumer_share=_over(pre_t, scrap_t),
        alloying_share=_over(alloying_t, goods_t),
        precursors=precursors,
        precursors_t=embedded_t,
        embedded_specific=None
        if embedded_t is None
        else _over(total_kg / KG_PER_T + embedded_t, goods_t),
    )


def _power_kwh(bought: Iterable[Line], own: Iterable[Datum], counts: Counts) -> Decimal:
    of_lines = (one.activity * counts.shares.get(one.step, ZERO) for one in bought)
    return sum(of_lines, ZERO) + counts.carried(own)


def _precursors(data: Sequence[Datum], shares: Mapping[Step, Decimal]) -> tuple[Precursor, ...]:
    """Those of which the goods carry anything."""
    bought = [(one, shares.get(one.step, ZERO)) for one in data if one.item in PRECURSORS]
    return tuple(_precursor(one, share) for one, share in bought if share)


def _precursor(datum: Datum, share: Decimal) -> Precursor:
    return Precursor(
        datum_id=datum.datum_id,
        item=datum.item,
        tonnes=datum.quantity * share,
        supplier_id=datum.supplier_id,
        embedded_kg_per_t=datum.embedded,
        boundary=datum.embedded_boundary,
        footprint_kg_per_t=datum.factor,
        fits=datum.embedded is not None and datum.embedded_boundary == Boundary.DIRECT,
    )


def _products(data: Sequence[Datum], step: Step | None) -> tuple[Good, ...]:
    """The outputs of the step whose goods are reported."""
    return tuple(
        Good(one.datum_id, one.item, one.quantity, one.cn_code)
        for one in data
        if one.item in GOODS and one.step is step
    )


def _embedded(precursors: Sequence[Precursor]) -> Decimal | None:
    """Tonnes of CO2e that precursors embed; None where that of one is not known, or is of another
    boundary."""
    if not all(one.fits for one in precursors):
        return None
    kg = (one.tonnes * (one.embedded_kg_per_t or ZERO) for one in precursors)
    return sum(kg, ZERO) / KG_PER_T


def doubts_of(fields: CbamFields, covered: Collection[str]) -> Sequence[Doubt]:
    """What a reader of the fields would ask; `covered` are the headings of all goods that the
    mechanism covers."""
    found = [*_precursor_doubts(fields.precursors)]
    said = fields.told.production_route
    if said and fields.route is not None and said != fields.route:
        sentence = f"The route is said to be {said}; by what goes in it is {fields.route}."
        found.append(Doubt("route_contradicts_data", sentence, SOURCE))
    for one in fields.products:
        if one.cn_code and one.cn_code[:4] not in covered:
            sentence = f"{one.datum_id}: {one.cn_code} is none of the goods that are covered."
            found.append(Doubt("goods_not_covered", sentence, SOURCE))
        elif one.cn_code and fields.goods and one.cn_code[:4] not in fields.goods:
            sentence = (
                f"{one.datum_id}: {one.item} is said to be {one.cn_code}; what that step makes is"
                f" {' or '.join(fields.goods)}."
            )
            found.append(Doubt("goods_of_other_step", sentence, SOURCE))
    return found


def _precursor_doubts(precursors: Sequence[Precursor]) -> Iterable[Doubt]:
    silent = [one.datum_id for one in precursors if one.embedded_kg_per_t is None]
    if silent:
        sentence = (
            f"Precursors without the direct emissions that they embed: {_listed(silent)}. Ask their"
            " makers; a footprint from cradle to gate is another figure and is not taken."
        )
        yield Doubt("precursor_not_given", sentence, SOURCE)
    for one in precursors:
        told = one.embedded_kg_per_t
        if told is None:
            continue
        if not one.boundary:
            sentence = (
                f"{one.datum_id}: which emissions {plain(told)} kg CO2e/t has in it is not given;"
                " the report counts direct ones alone, so it is not taken."
            )
            yield Doubt("precursor_boundary_not_given", sentence, SOURCE)
        elif not one.fits:
            sentence = (
                f"{one.datum_id}: {plain(told)} kg CO2e/t is {WIDER[one.boundary]}; the report"
                " counts direct ones alone, so it is not taken. Ask the maker for these."
            )
            yield Doubt("precursor_of_other_boundary", sentence, SOURCE)
        elif one.footprint_kg_per_t is not None and told > one.footprint_kg_per_t:
            sentence = (
                f"{one.datum_id}: direct emissions of {plain(told)} kg CO2e/t are more than its"
                f" whole footprint of {plain(one.footprint_kg_per_t)}."
            )
            yield Doubt("precursor_above_footprint", sentence, SOURCE)


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more


def _route(bought: Sequence[Precursor], tapped_t: Decimal, scrap_t: Decimal) -> Route | None:
    cold = any(one.tonnes for one in bought)
    if scrap_t == 0:
        return Route.PRIMARY if tapped_t or cold else None
    return Route.MIXED if tapped_t or cold else Route.SECONDARY


def _streams(direct: Iterable[tuple[Line, Decimal]], data: Iterable[Datum]) -> tuple[Stream, ...]:
    fuels = {one.datum_id: one for one in data if ITEMS[one.item].family is Family.FUEL}
    return tuple(_stream(line, share, fuels.get(line.data[0])) for line, share in direct)


def _stream(line: Line, share: Decimal, fuel: Datum | None) -> Stream:
    factor = line.factor
    calorific = None if fuel is None else calorific_of(fuel)
    return Stream(
        line.step,
        line.item,
        line.activity * share,
        line.unit,
        factor.value,
        factor.unit,
        line.kg * share / KG_PER_T,
        None if calorific is None else calorific.value,
        "" if calorific is None else calorific.unit,
        None if fuel is None else fuel.oxidation_factor,
        share,
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


def _sum(data: Iterable[Datum]) -> Decimal:
    return sum((one.quantity for one in data), ZERO)
