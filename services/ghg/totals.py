"""Sums over lines: by scope and step, per tonne of metal, and how much is primary data. Pure.

Sources: sources.md 4.1 (mine to metal), 4.10 (share of primary data). Scope 2 is told both ways and
a sum takes one of them. What a whole site shares and nobody split (`Step.SITE`) is spread over its
steps in proportion to what they give off themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from contracts.inventory import Scope, Step
from infra.errors import Refused

from .flows import ONE, OTHER_METAL, PRODUCTS, ZERO, Flows, flows_of
from .lines import Line, Result
from .scrap import Method

KG_PER_T = Decimal(1000)
SCRAP = frozenset({"scrap.in", "output.scrap"})


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


def on_side(lines: Iterable[Line], side: Side) -> list[Line]:
    """The lines that a sum of a side adds."""
    left_out = OTHER_SIDE[side]
    return [line for line in lines if line.scope is not left_out]


def primary_data_share(result: Result, side: Side = Side.MARKET) -> Decimal | None:
    """Emissions from primary data over all emissions; None where there are none. Credits count as
    much as what they are taken from."""
    lines = on_side(result.lines, side)
    every = sum((abs(line.kg) for line in lines), ZERO)
    if every == 0:
        return None
    return sum((abs(line.kg) for line in lines if line.primary), ZERO) / every


def casthouse_shares(flows: Flows, lines: Sequence[Line], side: Side) -> Mapping[Step, Decimal]:
    """How much of each step is of primary metal at the casthouse: of casting itself the part that
    this metal took, of steps after it nothing."""
    shares = {**flows.shares(Step.CASTING), Step.CASTING: flows.primary}
    return with_site(shares, lines, side)


def casthouse_share(line: Line, shares: Mapping[Step, Decimal]) -> Decimal:
    """How much of a line is of primary metal at the casthouse, by the shares of the steps. Metal
    that was not tapped is none of it; liquid metal that was bought is all of it."""
    if line.item in OTHER_METAL or line.item in SCRAP:
        return ZERO
    if line.step is Step.CASTING and line.item == "bought.liquid_metal":
        return ONE
    return shares.get(line.step, ZERO)


def with_site(
    shares: Mapping[Step, Decimal], lines: Sequence[Line], side: Side
) -> Mapping[Step, Decimal]:
    """The shares with that of what the whole site shares: as its steps together have, weighed by
    what they give off."""
    own: dict[Step, Decimal] = {}
    for line in on_side(lines, side):
        if line.step is not Step.SITE:
            own[line.step] = own.get(line.step, ZERO) + line.kg
    every = sum(own.values(), ZERO)
    if every <= 0:
        return {**shares, Step.SITE: ONE}
    carried = sum((kg * shares.get(step, ZERO) for step, kg in own.items()), ZERO)
    return {**shares, Step.SITE: carried / every}


def mine_to_metal(result: Result, flows: Flows | None = None) -> Intensity:
    """The intensity that criterion 5.2 asks for. Refused: `output-missing` where no primary metal
    was cast."""
    known = flows or flows_of(result.inventory)
    tonnes = known.cast_primary_t
    if tonnes <= 0:
        raise Refused(
            "output-missing",
            "no primary metal was cast: give the metal tapped or bought liquid, and the metal"
            " cast.",
            output_t=tonnes,
        )
    sides: dict[Side, Decimal] = {}
    for side in Side:
        shares = casthouse_shares(known, result.lines, side)
        sides[side] = sum(
            (line.kg * casthouse_share(line, shares) for line in on_side(result.lines, side)),
            ZERO,
        )
    return Intensity(tonnes, sides[Side.LOCATION], sides[Side.MARKET])


def footprints(result: Result, flows: Flows | None = None) -> tuple[Footprint, ...]:
    """Every product from cradle to gate, of mine, refinery, anode plant, cells, casthouse and
    mill. Under `co_product` scrap that leaves carries its share by mass."""
    known = flows or flows_of(result.inventory)
    found: list[Footprint] = []
    for step, items in PRODUCTS.items():
        tonnes = known.made.get(step, ZERO)
        if tonnes <= 0:
            continue
        per_t = {
            side: carried_kg(result.lines, step, known, side)
            / (tonnes + leaving(result.scrap_method, step, known))
            / KG_PER_T
            for side in Side
        }
        found.append(Footprint(step, items, tonnes, per_t[Side.LOCATION], per_t[Side.MARKET]))
    return tuple(found)


def carried_kg(lines: Sequence[Line], product: Step, flows: Flows, side: Side) -> Decimal:
    """What the product of a step carries from cradle to gate, in kg CO2e."""
    shares = with_site(flows.shares(product), lines, side)
    return sum((line.kg * shares.get(line.step, ZERO) for line in on_side(lines, side)), ZERO)


def leaving(scrap_method: str, step: Step, flows: Flows) -> Decimal:
    """Tonnes of scrap that leave a step as a product of it: under `co_product` alone."""
    return flows.scrap.get(step, ZERO) if scrap_method == Method.CO_PRODUCT else ZERO
