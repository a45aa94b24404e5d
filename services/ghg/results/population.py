"""What other facilities tell of the same year, that a facility's is held against. Pure.

Source: sources.md 8 (R-07, R-17): a share of transport is unusual, and a factor a best case, among
others. A finding that names a percentile tells something of them; so there is none of fewer
facilities and entities than the policy says, and what the policy says itself holds until then.
Results that are older than the field `factors` do not tell theirs: these are recalled from their
data by whoever asks, and told apart where they are not.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from statistics import quantiles
from types import MappingProxyType
from typing import Any, NamedTuple

from contracts.inventory import Scope, Step
from infra.policy import Policy
from services.ghg.calculation.working import PERCENT
from services.ghg.findings import Spread
from services.ghg.rows import YearRow

ZERO = Decimal(0)
TENTHS = 10
NO_FACTORS: Mapping[str, Decimal] = MappingProxyType({})
PROCESSES = (
    Step.ELECTROLYSIS,
    Step.ALUMINA_REFINING,
    Step.BAUXITE_MINING,
    Step.ANODE_PRODUCTION,
    Step.SEMI_FABRICATION,
    Step.REMELTING,
    Step.CASTING,
)
"""What a facility is for, by the first of these steps that it has: such are similar."""
Factors = Sequence[Mapping[str, Any]]
"""Own factors as a row tells them: `item` and `kg_per_unit`."""
NOTHING_RECALLED: Mapping[str, Factors] = MappingProxyType({})
Told = tuple[str, Decimal]
"""An entity and what one of its facilities tells."""


class Population(NamedTuple):
    """The 10th percentile of the factors of others by item, in kg CO2e per unit; and between which
    percentages of all emissions the transport of similar ones lies, but for a tenth at each end.
    Of `facilities` with a result, the factors of `known` are among those looked at."""

    tenth_percentiles: Mapping[str, Decimal] = NO_FACTORS
    transport: Spread | None = None
    facilities: int = 0
    known: int = 0


ALONE = Population()


def silent(row: YearRow) -> bool:
    """Whether the latest result may be older than the field in which it would tell its factors."""
    told = row.latest
    return bool(told) and not told.get("factors") and told.get("bought_metal") is None


def population(
    row: YearRow,
    years: Iterable[YearRow],
    policy: Policy,
    recalled: Mapping[str, Factors] = NOTHING_RECALLED,
) -> Population:
    """What the latest results of others tell: `years` are all facility-years of the year,
    `recalled` the factors of those that are `silent`, by facility-year."""
    process = _process(row)
    factors: dict[str, list[Told]] = {}
    shares: list[Told] = []
    facilities = known = 0
    for one in years:
        if one.facility_id == row.facility_id or one.year != row.year or not one.latest:
            continue
        own = recalled.get(one.facility_year) if silent(one) else one.latest.get("factors", ())
        facilities += 1
        known += own is not None
        for told in own or ():
            kg = Decimal(told["kg_per_unit"])
            factors.setdefault(told["item"], []).append((one.entity_id, kg))
        share = _transport(one)
        if share is not None and _process(one) is process:
            shares.append((one.entity_id, share))
    lows = {item: _tenths(told)[0] for item, told in factors.items() if _enough(told, policy)}
    if not _enough(shares, policy):
        return Population(lows, None, facilities, known)
    tenths = _tenths(shares)
    return Population(lows, Spread(tenths[0], tenths[-1]), facilities, known)


def _enough(told: Sequence[Told], policy: Policy) -> bool:
    entities = {entity_id for entity_id, _ in told}
    return len(told) >= policy.integer("finding.population_min") and len(
        entities
    ) >= policy.integer("aggregate.entities_min")


def _tenths(told: Sequence[Told]) -> list[Decimal]:
    return quantiles([value for _, value in told], n=TENTHS, method="inclusive")


def _process(row: YearRow) -> Step | None:
    steps = {one["step"] for one in row.latest.get("totals", ())}
    return next((step for step in PROCESSES if step.value in steps), None)


def _transport(row: YearRow) -> Decimal | None:
    """Transport in per cent of all emissions, power as it was bought; None without any."""
    whole = carried = ZERO
    for one in row.latest.get("totals", ()):
        if one["scope"] != Scope.POWER_LOCATION:
            whole += Decimal(one["kg"])
        if one["scope"] == Scope.TRANSPORT:
            carried += Decimal(one["kg"])
    return carried * PERCENT / whole if whole > 0 and carried > 0 else None
