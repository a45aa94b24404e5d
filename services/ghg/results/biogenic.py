"""Carbon dioxide of biomass that was burnt: told beside the scopes, counted in none. Pure.

The GHG Protocol's Corporate Standard and the IPCC ask for it as a memo of its own, so that a site
that burns wood does not look like one that burns nothing (sources.md 4.1). It follows from the
energy that a result tells by fuel, so that older results have it as well, and is no part of their
working. What a blend holds of it, and what was given off where bought power was made, nobody tells.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.ghg import Amount
from contracts.inventory import BiogenicCo2
from contracts.values import plain
from services.ghg.activity.items import BIOGENIC
from services.ghg.factors.book import Factor, FactorBook

FAMILY = "biogenic"
ZERO = Decimal(0)


class Burnt(NamedTuple):
    """A fuel of biomass: energy in MJ by lower heating value, times the factor is kg of CO2."""

    item: str
    quantity: Decimal
    factor: Factor
    kg: Decimal


class Biogenic(NamedTuple):
    """All of a year, in kg of CO2; `fuels` are those that were burnt, by name."""

    kg: Decimal
    factor_set: str
    fuels: tuple[Burnt, ...]


def biogenic_co2(energy: Iterable[Amount], as_of: date, book: FactorBook) -> Biogenic:
    """What the fuels of biomass gave off, by the newest factors that were public on a day; zero,
    without fuels, where none was burnt. Refused `no-factor-set-yet`."""
    factors = book.latest(FAMILY, as_of)
    fuels: list[Burnt] = []
    for one in energy:
        if one.item in BIOGENIC and one.quantity > 0:
            factor = factors.factor(one.item.partition(".")[2])
            fuels.append(Burnt(one.item, one.quantity, factor, one.quantity * factor.value))
    return Biogenic(sum((one.kg for one in fuels), ZERO), factors.factor_set, tuple(fuels))


def of_biomass(energy: Mapping[str, Decimal], as_of: date, book: FactorBook) -> Biogenic:
    """The same, of energies in MJ by item."""
    told = [Amount(item=item, quantity=mj, unit="MJ") for item, mj in sorted(energy.items())]
    return biogenic_co2(told, as_of, book)


def biogenic_told(found: Biogenic) -> BiogenicCo2:
    """The memo as events keep it."""
    return BiogenicCo2(kg=found.kg, factor_set=found.factor_set)


def biogenic_shown(found: Biogenic) -> dict[str, object]:
    """The memo as JSON: its sum, and each fuel with factor, evidence and source."""
    return {
        "kg": plain(found.kg),
        "factor_set": found.factor_set,
        "fuels": [
            {
                "item": one.item,
                "quantity": plain(one.quantity),
                "unit": "MJ",
                "factor": one.factor.model_dump(mode="json", exclude_none=True),
                "kg": plain(one.kg),
            }
            for one in found.fuels
        ],
    }
