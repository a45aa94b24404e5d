"""The words of a greenhouse-gas inventory: steps, scopes, kinds of data, report regimes, findings.

Shared by the events of `ghg` and by all who read them. Sources: sources.md 4.1 (boundary), 4.10
(kinds of data), 8 (findings); GHG Protocol Scope 2 and Scope 3 (scopes and categories).
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .values import Id, PlainDecimal, Value

SUPPLIERS_KEPT = 60
"""At most so many suppliers of metal are named with a result, the largest first."""
METAL_IN_KEPT = SUPPLIERS_KEPT + 4
"""As many deliveries by supplier, and of each kind of metal what came of nobody named."""


class Step(StrEnum):
    """Process steps from mine to product. `SITE` is what a whole site shares and nobody split."""

    BAUXITE_MINING = "bauxite_mining"
    ALUMINA_REFINING = "alumina_refining"
    ANODE_PRODUCTION = "anode_production"
    ELECTROLYSIS = "electrolysis"
    CASTING = "casting"
    REMELTING = "remelting"
    SEMI_FABRICATION = "semi_fabrication"
    SITE = "site"


class Scope(StrEnum):
    """Where an emission is counted. Scope 2 is told both ways and never added to itself; of
    Scope 3 the categories of purchased goods, fuels and power, and upstream transport."""

    DIRECT = "1"
    POWER_LOCATION = "2_location"
    POWER_MARKET = "2_market"
    PURCHASED = "3.1"
    FUEL_AND_POWER = "3.3"
    TRANSPORT = "3.4"


class DataKind(StrEnum):
    """Where a datum comes from; the first two are primary data."""

    MEASURED = "measured"
    SUPPLIER_VERIFIED = "supplier_verified"
    SUPPLIER_UNVERIFIED = "supplier_unverified"
    INDUSTRY_AVERAGE = "industry_average"
    DEFAULT = "default"


class Regime(StrEnum):
    """Report regimes: each has its own boundary, scrap method, cut-offs and warming potentials."""

    ASI_MINE_TO_METAL = "asi_mine_to_metal"
    GBT_44905_2024 = "gbt_44905_2024"
    IAI = "iai"
    CBAM = "cbam"


class Severity(StrEnum):
    """How much a finding weighs; `block` stops what it is about."""

    BLOCK = "block"
    MAJOR = "major"
    MINOR = "minor"
    INFO = "info"


class BoughtFrom(Value):
    """Metal and scrap from one supplier: tonnes, and what making them gave off, in t CO2e. A
    facility that delivers is named by its id."""

    supplier_id: Id
    tonnes: PlainDecimal
    emission_t: PlainDecimal


class MetalIn(Value):
    """Metal or scrap of one kind that came into a facility from outside, in t; a facility that
    delivered it is named by its id, None where nobody is named."""

    item: Id
    tonnes: PlainDecimal
    supplier_id: Id | None = None


BoughtOf = Annotated[tuple[BoughtFrom, ...], Field(max_length=SUPPLIERS_KEPT)]
MetalsIn = Annotated[tuple[MetalIn, ...], Field(max_length=METAL_IN_KEPT)]


class PrimaryReading(Value):
    """Of data whose quantity is measured while the factor is a table's: whether they are counted
    as primary data, in which scopes, and why. The sources are silent on these."""

    what: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    scopes: tuple[Scope, ...]
    counted_as: Literal["primary", "secondary"]
    because: Annotated[str, StringConstraints(min_length=1, max_length=300)]


class PrimaryShareRule(Value):
    """By which rule a share of primary data was counted: the `engine` that did, the `kinds` of
    data that are primary, our `readings` of what is open, and where all this stands."""

    engine: Id
    kinds: tuple[DataKind, ...]
    evidence: Id
    source: Annotated[str, StringConstraints(max_length=200)]
    readings: tuple[PrimaryReading, ...]


class BiogenicCo2(Value):
    """The CO2 of biomass that was burnt, in kg: a memo beside the scopes, in none of their totals.
    `factor_set` is the set whose factors tell it."""

    kg: PlainDecimal
    factor_set: Id
