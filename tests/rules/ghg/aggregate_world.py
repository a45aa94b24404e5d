"""Worlds of facilities with amounts of their own, for attacks on aggregates."""

import random
from decimal import Decimal

from contracts.inventory import Scope, Step
from services.ghg.aggregates.sums import Entry, regions_of
from services.ghg.plans.figures import Metal, Sums

from .aggregate_attack import BESIDE
from .given import POLICY

REGIONS = regions_of(POLICY)
KINDS = {
    "smelter": (Step.ELECTROLYSIS, Step.CASTING),
    "refinery": (Step.ALUMINA_REFINING,),
    "mill": (Step.SEMI_FABRICATION, Step.REMELTING),
    "both": (Step.ELECTROLYSIS, Step.REMELTING),
    "rolls": (Step.ELECTROLYSIS, Step.SEMI_FABRICATION),
}
MANY = (6, 2, 1, 1, 1)
"""Of which kind there are how many."""
SCOPES = (Scope.DIRECT, Scope.POWER_MARKET, Scope.POWER_LOCATION, Scope.PURCHASED)
CONTRACTED = 5
"""Every so many have power of a contract: by location it is another amount."""

SELLS_LIQUID = 7
"""Every so many sell some metal before the casthouse: what the rest gave off is its own amount."""


def facility(
    number: int, kind: str, country: str, who: int, dice: random.Random, *, certified: bool = False
) -> Entry:
    """A facility with amounts of its own."""
    kg = {
        (step, scope): Decimal(dice.randint(100_000, 300_000))
        for step in KINDS[kind]
        for scope in (SCOPES if step is not Step.CASTING else SCOPES[:1])
    }
    if number % CONTRACTED:
        for step in KINDS[kind]:
            if (step, Scope.POWER_MARKET) in kg:
                kg[step, Scope.POWER_LOCATION] = kg[step, Scope.POWER_MARKET]
    metal = None
    if Step.ELECTROLYSIS in KINDS[kind]:
        own = [
            kg
            for (step, scope), kg in kg.items()
            if scope is not Scope.POWER_LOCATION and step not in BESIDE
        ]
        share = Decimal("0.7") if number % SELLS_LIQUID == 0 else Decimal(1)
        metal = Metal(Decimal(dice.randint(20, 60)), sum(own, Decimal(0)) * share / 1000)
    outputs = {"output.cast_metal": metal.tonnes} if metal else {}
    sums = Sums(kg, outputs, True, metal)
    region = REGIONS[country]
    return Entry(f"F{number:03}", f"E{who}", f"M{who}", country, region, 2025, certified, sums)


def a_world(seed: int, count: int = 18) -> list[Entry]:
    """Facilities of some entities, here and there, smelters above all."""
    dice = random.Random(seed)
    return [
        facility(
            number,
            dice.choices(list(KINDS), MANY)[0],
            dice.choice(("NO", "FR", "AU", "NZ", "CN")),
            dice.randrange(count * 2 // 3),
            dice,
            certified=dice.random() < 0.4,
        )
        for number in range(count)
    ]
