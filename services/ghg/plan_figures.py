"""What an entity's facilities gave off and made, by pathway family and year. Pure.

The evidence on which a base year is chosen and a plan is held to its pathway. Source: sources.md
4.9. Which steps, scopes and outputs belong to a family is our reading of its name; what an entity
buys in tonnes is not in a result, so that the entity tells it (`procurement`).
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from contracts.ghg import Count, Year
from contracts.ghg_plans import PathwayFamily
from contracts.inventory import Scope, Step
from contracts.values import Activity, EntityId, FacilityId, MemberId, PlainDecimal, Value

from .rows import FacilityRow, YearRow

ZERO = Decimal(0)
KG_PER_T = Decimal(1000)
BEHIND_CELLS = frozenset({Step.CASTING, Step.REMELTING, Step.SEMI_FABRICATION})
BEFORE_CAST = frozenset(
    {Step.BAUXITE_MINING, Step.ALUMINA_REFINING, Step.ANODE_PRODUCTION, Step.ELECTROLYSIS}
)
ACTIVITIES: Mapping[PathwayFamily, frozenset[str]] = {
    PathwayFamily.PRIMARY: frozenset({Activity.SMELTING}),
    PathwayFamily.PROCUREMENT: frozenset(),
    PathwayFamily.CASTHOUSE_SEMI: frozenset(
        {Activity.CASTHOUSE, Activity.REMELTING_REFINING, Activity.SEMI_FABRICATION}
    ),
}
"""The activities whose facilities a family counts."""


class FamilyYear(Value):
    """A family in a year. `facilities` have figures, `verified` of them a verifier's statement,
    `expected` are those that should have. `output_t` is None where results do not tell it."""

    family: PathwayFamily
    year: Year
    emission_t: PlainDecimal
    power_t: PlainDecimal
    output_t: PlainDecimal | None
    facilities: Count
    verified: Count
    expected: Count

    @property
    def whole(self) -> bool:
        """Whether every facility that should have figures has them."""
        return self.facilities >= self.expected

    @property
    def all_verified(self) -> bool:
        """Whether every facility's figures are verified, and none is missing."""
        return self.whole and 0 < self.facilities == self.verified

    def intensity(self, output_t: Decimal | None = None) -> Decimal | None:
        """t CO2e per tonne; None where nothing is known to have been made (or bought)."""
        made = self.output_t if output_t is None else output_t
        return self.emission_t / made if made else None


class EntityEvidence(Value):
    """An entity as its facilities and their results tell it."""

    entity_id: EntityId
    member_id: MemberId
    facilities: tuple[FacilityId, ...]
    years: tuple[FamilyYear, ...] = ()

    def of(self, family: PathwayFamily) -> list[FamilyYear]:
        """The years of a family, in order."""
        return [one for one in self.years if one.family is family]


class Sums(NamedTuple):
    """The figures of a facility-year that count: of its latest result if that is verified, else of
    what was disclosed, else of the latest result as it is. Kilograms by (step, scope)."""

    kg: Mapping[tuple[Step, Scope], Decimal]
    outputs: Mapping[str, Decimal]
    verified: bool


def counted(row: YearRow) -> Sums | None:
    """The figures of a facility-year; None where there is no result yet."""
    latest, verified = row.latest, False
    if latest and latest["result"] in row.verified:
        verified = True
    elif row.disclosed:
        latest, verified = row.disclosed, True
    return sums_of(latest, verified) if latest else None


def sums_of(told: Mapping[str, Any], verified: bool) -> Sums:
    """Sums as a row keeps them (`rows.YearRow.latest`)."""
    kg = {(Step(one["step"]), Scope(one["scope"])): Decimal(one["kg"]) for one in told["totals"]}
    outputs = {str(one["item"]): Decimal(one["quantity"]) for one in told["outputs"]}
    return Sums(kg, outputs, verified)


def entity_evidence(
    entity_id: str, facilities: Sequence[FacilityRow], rows: Iterable[YearRow]
) -> EntityEvidence | None:
    """What is known of an entity: None while it has no facility."""
    open_ones = [one for one in facilities if one.closed_on is None]
    if not facilities:
        return None
    by_year: dict[int, list[Sums]] = {}
    for row in rows:
        sums = counted(row)
        if sums is not None:
            by_year.setdefault(row.year, []).append(sums)
    years = [
        found
        for family in PathwayFamily
        for year, every in sorted(by_year.items())
        if (found := family_year(family, year, every, open_ones)) is not None
    ]
    return EntityEvidence(
        entity_id=entity_id,
        member_id=facilities[0].member_id,
        facilities=tuple(sorted(one.facility_id for one in open_ones)),
        years=tuple(years),
    )


def family_year(
    family: PathwayFamily, year: int, every: Iterable[Sums], facilities: Iterable[FacilityRow]
) -> FamilyYear | None:
    """The sums of a family in a year; None where no facility has figures of it."""
    ours = [one for one in every if _belongs(family, one)]
    if not ours:
        return None
    outputs = [_output(family, one) for one in ours]
    known = family is not PathwayFamily.PROCUREMENT
    return FamilyYear(
        family=family,
        year=year,
        emission_t=sum((_emission(family, one) for one in ours), ZERO) / KG_PER_T,
        power_t=sum((_power(family, one) for one in ours), ZERO) / KG_PER_T,
        output_t=sum(outputs, ZERO) if known else None,
        facilities=len(ours),
        verified=sum(one.verified for one in ours),
        expected=sum(
            bool(ACTIVITIES[family] & set(one.activities)) and (one.start_year or 0) <= year
            for one in facilities
        ),
    )


def _belongs(family: PathwayFamily, sums: Sums) -> bool:
    steps = {step for step, _ in sums.kg}
    match family:
        case PathwayFamily.PRIMARY:
            return Step.ELECTROLYSIS in steps
        case PathwayFamily.PROCUREMENT:
            bought = any(scope is Scope.PURCHASED for _, scope in sums.kg)
            return bought and Step.ELECTROLYSIS not in steps
        case PathwayFamily.CASTHOUSE_SEMI:
            return bool(steps & BEHIND_CELLS)


def _counts(family: PathwayFamily, step: Step, scope: Scope, sums: Sums) -> bool:
    """Whether an emission of a facility belongs to the family. Power counts as it was bought."""
    match family:
        case PathwayFamily.PRIMARY:
            return scope is not Scope.POWER_LOCATION and step is not Step.SEMI_FABRICATION
        case PathwayFamily.PROCUREMENT:
            return scope is Scope.PURCHASED
        case PathwayFamily.CASTHOUSE_SEMI:
            shared = step is Step.SITE and not {one for one, _ in sums.kg} & BEFORE_CAST
            return scope in (Scope.DIRECT, Scope.POWER_MARKET) and (step in BEHIND_CELLS or shared)


def _emission(family: PathwayFamily, sums: Sums) -> Decimal:
    counted_kg = (kg for (step, scope), kg in sums.kg.items() if _counts(family, step, scope, sums))
    return sum(counted_kg, ZERO)


def _power(family: PathwayFamily, sums: Sums) -> Decimal:
    bought = (
        kg
        for (step, scope), kg in sums.kg.items()
        if scope is Scope.POWER_MARKET and _counts(family, step, scope, sums)
    )
    return sum(bought, ZERO)


def _output(family: PathwayFamily, sums: Sums) -> Decimal:
    """Tonnes of the family's product: what is cast, or tapped where nothing is; behind the
    casthouse the semi-fabricated product where there is one."""
    cast = sums.outputs.get("output.cast_metal", ZERO)
    if family is PathwayFamily.PRIMARY:
        return cast or sums.outputs.get("output.liquid_metal", ZERO)
    return sums.outputs.get("output.semi", ZERO) or cast
