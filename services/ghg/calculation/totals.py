"""Sums over lines: by scope and step, per tonne of metal, and how much is primary data. Pure.

Sources: sources.md 4.1 (mine to metal), 4.10 (share of primary data). Scope 2 is told both ways and
a sum takes one of them. What a whole site shares and nobody split (`Step.SITE`) is spread over its
steps in proportion to what they give off themselves.
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from contracts.inventory import Scope, Step
from infra.errors import Refused
from services.ghg.activity.inventory import PRIMARY

from .flows import PRODUCTS, Flows, flows_of
from .lines import Line, Result, primary_rule
from .melts import ONE, OTHER_METAL, ZERO
from .scrap import Method
from .untold import refuse_untold

KG_PER_T = Decimal(1000)
SCRAP = frozenset({"scrap.in", "output.scrap"})
LIQUID = "bought.liquid_metal"
OTHER = "other metal"
APART = OTHER_METAL | SCRAP | {LIQUID}
"""Items that may be carried otherwise than their step (`carried_apart`)."""
Cells = Mapping[tuple[Step, Scope, str], Decimal]
"""Kilograms by step, by scope, and by how they are carried where that is not as their step."""


class Side(StrEnum):
    """The two ways of telling Scope 2."""

    LOCATION = "location"
    MARKET = "market"


OTHER_SIDE = {Side.LOCATION: Scope.POWER_MARKET, Side.MARKET: Scope.POWER_LOCATION}
"""The scope that a sum of a side leaves out."""


class Totals(NamedTuple):
    """Kilograms of CO2e by step and scope. Nothing here adds both sides of Scope 2."""

    by_step: Mapping[tuple[Step, Scope], Decimal]

    def of(self, *scopes: Scope) -> Decimal:
        """The sum of some scopes."""
        return sum((kg for (_, scope), kg in self.by_step.items() if scope in scopes), ZERO)

    def by_scope(self) -> Mapping[Scope, Decimal]:
        """Every scope, zero where it has no line."""
        return {scope: self.of(scope) for scope in Scope}

    def side(self, side: Side) -> Decimal:
        """Everything, with one side of Scope 2."""
        return self.of(*(scope for scope in Scope if scope is not OTHER_SIDE[side]))


class Intensity(NamedTuple):
    """Mine to metal at the casthouse, both ways: kg CO2e and tonnes of primary metal cast."""

    cast_t: Decimal
    location_kg: Decimal
    market_kg: Decimal

    @property
    def location(self) -> Decimal:
        """t CO2e/t Al with power by location."""
        return self.location_kg / self.cast_t / KG_PER_T

    @property
    def market(self) -> Decimal:
        """t CO2e/t Al with power as it was bought."""
        return self.market_kg / self.cast_t / KG_PER_T

    def on(self, side: Side) -> Decimal:
        """t CO2e/t Al of one side."""
        return self.market if side is Side.MARKET else self.location


class Footprint(NamedTuple):
    """A product of a step from cradle to gate, per tonne and both ways, in t CO2e/t."""

    step: Step
    items: tuple[str, ...]
    tonnes: Decimal
    location: Decimal
    market: Decimal


def totals(result: Result) -> Totals:
    """All lines by step and scope, in one pass."""
    found: dict[tuple[Step, Scope], Decimal] = {}
    for line in result.lines:
        key = (line.step, line.scope)
        found[key] = found.get(key, ZERO) + line.kg
    return Totals(found)


class Added(NamedTuple):
    """All lines added up in one pass: what `cells_of`, `totals` and `primary_data_share` (power as
    it was bought) give, to the digit."""

    cells: Cells
    by_step: Mapping[tuple[Step, Scope], Decimal]
    primary_share: Decimal | None


def added(result: Result, flows: Flows) -> Added:
    """Every result is made of these sums: its lines are gone through once. Where all that a step
    emits in a scope is carried as the step is, its cell is its sum."""
    cells: dict[tuple[Step, Scope, str], Decimal] = {}
    legs, left_out = flows.legs_of_other_metal, OTHER_SIDE[Side.MARKET]
    by_activity, stand_ins = primary_rule(result.engine)
    sizes: list[Decimal] = []
    own: list[Decimal] = []
    mixed: set[tuple[Step, Scope]] = set()
    for line in result.lines:
        step, scope, kg = line.step, line.scope, line.kg
        apart = ""
        if line.item in APART or (legs and line.data[0] in legs):
            apart = carried_apart(line, flows)
            mixed.add((step, scope))
        key = (step, scope, apart)
        cells[key] = cells[key] + kg if key in cells else ZERO + kg
        if scope is not left_out:
            size = abs(kg)
            sizes.append(size)
            if line.kind in PRIMARY and (
                line.factor.primary or (scope in by_activity and line.rule not in stand_ins)
            ):
                own.append(size)  # as `Line.primary_by` says
    every, primary = sum(sizes, ZERO), sum(own, ZERO)
    by_step = {(step, scope): kg for (step, scope, _), kg in cells.items()}
    if mixed:
        again = (line for line in result.lines if (line.step, line.scope) in mixed)
        by_step |= totals(result._replace(lines=tuple(again))).by_step
    return Added(cells, by_step, primary / every if every else None)


def on_side(lines: Iterable[Line], side: Side) -> list[Line]:
    """The lines that a sum of a side adds."""
    left_out = OTHER_SIDE[side]
    return [line for line in lines if line.scope is not left_out]


def primary_data_share(result: Result, side: Side = Side.MARKET) -> Decimal | None:
    """Emissions from primary data over all emissions; None where there are none. Credits count as
    much as what they are taken from."""
    left_out, every, primary = OTHER_SIDE[side], ZERO, ZERO
    rule = primary_rule(result.engine)
    for line in result.lines:
        if line.scope is not left_out:
            kg = abs(line.kg)
            every += kg
            if line.primary_by(rule):
                primary += kg
    return primary / every if every else None


def cells_of(lines: Iterable[Line], flows: Flows) -> Cells:
    """Kilograms by step and scope, in one pass; what is carried otherwise than its step
    (`carried_apart`) stands alone."""
    found: dict[tuple[Step, Scope, str], Decimal] = {}
    legs = flows.legs_of_other_metal
    for line in lines:
        apart = line.item in APART or (legs and line.data[0] in legs)
        key = (line.step, line.scope, carried_apart(line, flows) if apart else "")
        found[key] = found.get(key, ZERO) + line.kg
    return found


def carried_apart(line: Line, flows: Flows) -> str:
    """Why a line is carried otherwise than its step: as metal that was not tapped, or as liquid
    metal that was bought. Nothing for most."""
    item = line.item
    if item in OTHER_METAL or item in SCRAP or line.data[0] in flows.legs_of_other_metal:
        return OTHER
    if item == LIQUID and line.step is Step.CASTING:
        return LIQUID
    return ""


def casthouse_shares(flows: Flows, cells: Cells, side: Side) -> Mapping[Step, Decimal]:
    """How much of each step is of primary metal at the casthouse: of casting itself the part that
    this metal took, of steps after it nothing, nor of a furnace that melts what was not tapped."""
    known = flows.shares(Step.CASTING)
    shares = {**known, Step.CASTING: flows.primary, Step.REMELTING: ZERO}
    if flows.site_of_own:
        cells = {key: kg for key, kg in cells.items() if key[2] != OTHER}
    return with_site(shares, cells, side)


def casthouse_share(step: Step, apart: str, shares: Mapping[Step, Decimal]) -> Decimal:
    """How much of a line is of primary metal at the casthouse, by its step and how it is carried.
    Metal that was not tapped is none of it; liquid metal that was bought is all of it."""
    if apart:
        return ONE if apart == LIQUID else ZERO
    return shares.get(step, ZERO)


def with_site(shares: Mapping[Step, Decimal], cells: Cells, side: Side) -> Mapping[Step, Decimal]:
    """The shares with that of what the whole site shares: as its steps together have, weighed by
    what they give off."""
    every = carried = ZERO
    unused = OTHER_SIDE[side]
    for (step, scope, _), kg in cells.items():
        if step is not Step.SITE and scope is not unused:
            every += kg
            carried += kg * shares.get(step, ZERO)
    return {**shares, Step.SITE: carried / every if every > 0 else ONE}


def mine_to_metal(
    result: Result, flows: Flows | None = None, cells: Cells | None = None
) -> Intensity:
    """The intensity that criterion 5.2 asks for; `cells` are those of all lines, where they are
    known already. Refused: `output-missing` where no primary metal was cast, and where it is not
    known how much of it `scrap-loss-missing`, `scrap-in-cells-untold` or `furnace-metal-untold`
    (`untold`)."""
    known = flows or flows_of(result.inventory, result.engine, result.melt_loss)
    refuse_untold(known.cast_shared)
    tonnes = known.cast_primary_t
    if tonnes <= 0:
        raise Refused(
            "output-missing",
            "no primary metal was cast: give the metal tapped or bought liquid, and the metal"
            " cast.",
            output_t=tonnes,
        )
    if cells is None:
        cells = cells_of(result.lines, known)
    sides: dict[Side, Decimal] = {}
    for side in Side:
        shares = casthouse_shares(known, cells, side)
        unused = OTHER_SIDE[side]
        sides[side] = sum(
            (
                kg * casthouse_share(step, apart, shares)
                for (step, scope, apart), kg in cells.items()
                if scope is not unused
            ),
            ZERO,
        )
    return Intensity(tonnes, sides[Side.LOCATION], sides[Side.MARKET])


def power_of_primary(flows: Flows, cells: Cells) -> Decimal:
    """What of mine to metal bought power gives off, as it was bought, in kg CO2e."""
    bought = {key: kg for key, kg in cells.items() if key[1] is Scope.POWER_MARKET}
    return _of_primary(bought, flows, cells)


def own_power_of_primary(
    lines: Iterable[Line], fuels: Collection[str], flows: Flows, cells: Cells
) -> Decimal:
    """What of mine to metal the fuels of an own plant give off where they burn, in kg CO2e, by the
    ids of their data."""
    burnt = (line for line in lines if line.scope is Scope.DIRECT and line.data[0] in fuels)
    return _of_primary(cells_of(burnt, flows), flows, cells)


def _of_primary(part: Cells, flows: Flows, cells: Cells) -> Decimal:
    """How much of a part of all cells primary metal carries."""
    shares = casthouse_shares(flows, cells, Side.MARKET)
    return sum(
        (kg * casthouse_share(step, apart, shares) for (step, _, apart), kg in part.items()), ZERO
    )


def footprints(
    result: Result, flows: Flows | None = None, cells: Cells | None = None
) -> tuple[Footprint, ...]:
    """Every product from cradle to gate, of mine, refinery, anode plant, cells, casthouse and
    mill. Under `co_product` scrap that leaves carries its share by mass. None while it is not
    known what it was made of (`Flows.unknown_of`)."""
    known = flows or flows_of(result.inventory, result.engine, result.melt_loss)
    if cells is None:
        cells = cells_of(result.lines, known)
    found: list[Footprint] = []
    for step, items in PRODUCTS.items():
        tonnes = known.made.get(step, ZERO)
        if tonnes <= 0 or step in known.unknown_of:
            continue
        carrying = tonnes + leaving(result.scrap_method, step, known)
        per_t = {side: carried_kg(cells, step, known, side) / carrying / KG_PER_T for side in Side}
        found.append(Footprint(step, items, tonnes, per_t[Side.LOCATION], per_t[Side.MARKET]))
    return tuple(found)


def carried_kg(cells: Cells, product: Step, flows: Flows, side: Side) -> Decimal:
    """What the product of a step carries from cradle to gate, in kg CO2e."""
    shares = with_site(flows.shares(product), cells, side)
    unused = OTHER_SIDE[side]
    return sum(
        (
            kg * shares.get(step, ZERO)
            for (step, scope, _), kg in cells.items()
            if scope is not unused
        ),
        ZERO,
    )


def leaving(scrap_method: str, step: Step, flows: Flows) -> Decimal:
    """Tonnes of scrap that leave a step as a product of it: under `co_product` alone."""
    return flows.scrap.get(step, ZERO) if scrap_method == Method.CO_PRODUCT else ZERO
