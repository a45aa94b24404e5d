"""Factors as a calculation applies them, looked up once for everything it is pinned to. Pure.

A line takes its `Applied` from here, so that a year of two hundred lines looks nothing up twice.
What a set tells in parts (CO2, CH4, N2O of a fuel) is put together under the warming potentials
that are pinned, with the working of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.activity.items import BIOGENIC, ITEMS, Family, Item
from services.ghg.calculation import scrap
from services.ghg.calculation.lines import Applied
from services.ghg.calculation.working import PERCENT, Doubt, Term, Working, from_set

from .book import Factor, FactorSet
from .grid import GridFactor
from .gwp import Gas, potential
from .pinned import Pinned

OWN = "own"
SHARES_KEPT = 4096
KG_PER_T = Decimal(1000)
BURNT = (Gas.CO2, Gas.CH4, Gas.N2O)
PRIMARY_METAL = frozenset({"bought.liquid_metal", "bought.primary_metal", "bought.cast_metal"})


@dataclass(frozen=True)
class Fuel:
    """What a fuel gives off per MJ: all gases as one factor with its working, and CO2 alone."""

    applied: Applied
    working: tuple[Working, ...]
    carbon_dioxide: Applied


@dataclass(frozen=True)
class Place:
    """The grid of a site, and what its power costs before it arrives."""

    average: GridFactor
    residual: GridFactor | None
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, eq=False)
class Tables:
    """All factors of one `Pinned`, by item slug. `places` fills as sites are asked for."""

    pinned: Pinned
    fuels: Mapping[str, Fuel]
    upstream: Mapping[str, Applied]
    bought: Mapping[str, Applied]
    process: Mapping[str, Applied]
    transport: Mapping[str, Applied]
    gases: Mapping[Gas, Applied]
    reference: scrap.Reference
    grid_loss: Factor
    power_upstream: Factor
    places: dict[tuple[str, str | None], Place] = field(default_factory=dict)
    shares: dict[tuple[str, Decimal], Applied] = field(default_factory=dict)

    def place(self, country: str, subdivision: str | None) -> Place:
        """The grid of a site, with what is doubtful about it."""
        key = (country, subdivision)
        if key not in self.places:
            self.places[key] = Place(*self.pinned.grid_of(country, subdivision))
        return self.places[key]

    def share_of(self, name: str, generation: Decimal) -> Applied:
        """Losses or upstream of power, as a share of the factor of its generation."""
        key = (name, generation)
        if key not in self.shares:
            if len(self.shares) >= SHARES_KEPT:
                self.shares.clear()  # facilities bring factors of their own without end
            share = self.grid_loss if name == "power.grid_loss" else self.power_upstream
            found = _applied(self.pinned.upstream, name)
            value = share.value * generation
            self.shares[key] = found._replace(value=value, unit="kg CO2e/kWh")
        return self.shares[key]


@lru_cache(maxsize=64)
def tables(pinned: Pinned) -> Tables:
    """The factors of what a calculation is pinned to."""
    materials, upstream = pinned.materials, pinned.upstream
    bought = {
        item.slug: _primary_metal(pinned)
        if item.slug in PRIMARY_METAL
        else _applied(materials, _what(item))
        for item in _of(Family.BOUGHT)
    }
    process = {
        item.slug: _applied(materials, f"process.{_what(item)}")
        for item in _of(Family.INPUT)
        if materials.has(f"process.{_what(item)}")
    }
    reference = scrap.Reference(
        primary=pinned.primary.factor("intensity").value,
        factor_set=pinned.primary.factor_set,
        recycling=materials.factor("scrap.recycling").value,
        melt_yield=materials.factor("scrap.melt_yield").value,
    )
    return Tables(
        pinned=pinned,
        fuels={item.slug: _fuel(pinned, _what(item)) for item in _of(Family.FUEL)},
        upstream={item.slug: _arrived(pinned, _what(item)) for item in _of(Family.FUEL)},
        bought=bought,
        process=process,
        transport={
            item.slug: _applied(pinned.transport, _what(item)) for item in _of(Family.TRANSPORT)
        },
        gases={gas: _applied(pinned.gwp, gas) for gas in (Gas.CO2, Gas.CF4, Gas.C2F6)},
        reference=reference,
        grid_loss=upstream.factor("power.grid_loss"),
        power_upstream=upstream.factor("power.upstream"),
    )


def own(datum: Datum) -> Applied:
    """The supplier's or the plant's own factor; refused `quantity-negative` below zero, and
    `factor-missing` where there is none. What is too high to be is told before (`plausible`)."""
    value = datum.factor
    if value is None:
        raise Refused("factor-missing", f"{datum.datum_id} has no factor of its own.")
    unit = ITEMS[datum.item].unit
    if value < 0:
        raise Refused(
            "quantity-negative",
            f"the factor of {datum.datum_id} is {value} kg CO2e/{unit}: it is zero or more.",
            quantity=datum.datum_id,
            value=value,
        )
    source = datum.factor_source or datum.source or "not said"
    return Applied(value, f"kg CO2e/{unit}", OWN, OWN, "given", source, True)


def unsourced(datum: Datum) -> tuple[Doubt, ...]:
    """The doubt about a factor of which nobody says where it is from."""
    if datum.factor_source:
        return ()
    sentence = f"The factor of {datum.datum_id} names no source."
    return (Doubt("factor_without_source", sentence, "sources.md 4.10"),)


def _of(family: Family) -> list[Item]:
    return [item for item in ITEMS.values() if item.family is family]


def _what(item: Item) -> str:
    return item.slug.partition(".")[2]


def _applied(factors: FactorSet, name: str) -> Applied:
    found = factors.factor(name)
    return Applied(
        value=found.value,
        unit=found.unit,
        name=name,
        factor_set=factors.factor_set,
        evidence=found.evidence,
        source=found.source,
        uncertainty_percent=found.half_width_percent(),
    )


def _primary_metal(pinned: Pinned) -> Applied:
    """World-average primary metal: what any metal is taken for whose maker says nothing."""
    found = _applied(pinned.primary, "intensity")
    return found._replace(value=found.value * KG_PER_T, unit="kg CO2e/t")


def _arrived(pinned: Pinned, name: str) -> Applied:
    """What a fuel gave off before it arrived."""
    if pinned.upstream.has(name):
        return _applied(pinned.upstream, name)
    return _applied(pinned.other_fuels, f"{name}.upstream")


def _fuel(pinned: Pinned, name: str) -> Fuel:
    burnt = pinned.fuels if pinned.fuels.has(f"{name}.CO2") else pinned.other_fuels
    terms: list[Term] = []
    value = Decimal(0)
    variance = Decimal(0)
    for gas in BURNT:
        mass = from_set(burnt, f"{name}.{gas}", f"EF_{gas}", default=True)
        kind = Gas.CH4_FOSSIL if gas is Gas.CH4 and f"{Family.FUEL}.{name}" not in BIOGENIC else gas
        weight = potential(kind, pinned.gwp)
        part = mass.value * weight.value
        value += part
        variance += (part * (mass.uncertainty_percent or 0) / PERCENT) ** 2
        warming = Term(f"GWP_{gas}", weight.value, weight.unit, weight.evidence, weight.source)
        terms += (mass, warming)
    formula = " + ".join(f"EF_{gas} * GWP_{gas}" for gas in BURNT)
    factor_set = f"{burnt.factor_set}, {pinned.gwp.factor_set}"
    working = Working("gases of a fuel", formula, tuple(terms), value, "kg CO2e/MJ", factor_set)
    carbon = _applied(burnt, f"{name}.CO2")
    applied = carbon._replace(
        value=value,
        unit="kg CO2e/MJ",
        name=name,
        uncertainty_percent=variance.sqrt() * PERCENT / value if value else None,
    )
    return Fuel(applied, (working,), carbon._replace(unit="kg CO2e/MJ"))
