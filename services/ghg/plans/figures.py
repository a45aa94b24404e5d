"""What an entity's facilities gave off and made, by pathway family and year. Pure.

The evidence on which a base year is chosen and a plan is held to its pathway. Source: sources.md
4.1, 4.9. Which steps, scopes and outputs belong to a family is our reading of its name. Primary
metal is told from mine to metal, as criterion 5.2 looks at it: what a smelter sells before the
casthouse, and the scrap that it remelts, are another product's. Bought metal and scrap are those of
the activity data, from outside the entity alone, as it was in that year; results older than that
figure leave them to the entity's own statement.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from contracts.ghg import Count, Year
from contracts.ghg_plans import PathwayFamily
from contracts.inventory import Scope, Step
from contracts.values import Activity, EntityId, FacilityId, MemberId, PlainDecimal, Value
from services.ghg.activity.items import BIOGENIC
from services.ghg.rows import FacilityRow, YearRow

ZERO = Decimal(0)
KG_PER_T = Decimal(1000)
CELLS = Step.ELECTROLYSIS
LIQUID, CAST = "output.liquid_metal", "output.cast_metal"
CAST_METAL, TAPPED_METAL = "mine_to_metal", "footprint.electrolysis"
"""Of what intensities are, in results."""
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
    `expected` are those that should have: they produced in it. `present`, `absent` and `unverified`
    are the ids of those that have figures, have none, and have no statement. `output_t` is None
    where results do not tell it."""

    family: PathwayFamily
    year: Year
    emission_t: PlainDecimal
    power_t: PlainDecimal
    output_t: PlainDecimal | None
    facilities: Count
    verified: Count
    expected: Count
    absent: tuple[FacilityId, ...] = ()
    unverified: tuple[FacilityId, ...] = ()
    present: tuple[FacilityId, ...] = ()

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


class Metal(NamedTuple):
    """Metal in tonnes, with its emission and the part of that which power gives off, in t CO2e: all
    power of primary metal, that of an own plant too (sources.md 4.9 splits electricity from the
    rest, whoever made it), as far as its result tells it; of other metal, bought power."""

    tonnes: Decimal
    emission_t: Decimal
    power_t: Decimal = ZERO


NOTHING = Metal(ZERO, ZERO)


class Sums(NamedTuple):
    """The figures of a facility-year that count: of its latest result if that is verified, else of
    what was disclosed, else of the latest result as it is. Kilograms by (step, scope). `primary` is
    the metal of its own cells from mine to metal, `bought` what came from outside, `left_t` the
    tonnes of cast and semi-fabricated metal that left; None where there is none, or an older result
    does not say. `bought_of` are the parts of `bought` whose suppliers are named, by supplier;
    `biomass` is the energy of fuels of biomass, in MJ by item."""

    kg: Mapping[tuple[Step, Scope], Decimal]
    outputs: Mapping[str, Decimal]
    verified: bool
    primary: Metal | None = None
    bought: Metal | None = None
    left_t: Decimal | None = None
    bought_of: Mapping[str, Metal] = {}
    biomass: Mapping[str, Decimal] = {}

    def from_outside(self, own: Collection[str]) -> "Sums":
        """The same without what was bought of facilities of one's own: what stays inside the
        boundary of an entity is none of its purchases (Scope 3, category 1), and is told as primary
        metal where it was made."""
        inside = [metal for name, metal in self.bought_of.items() if name in own]
        if self.bought is None or not inside:
            return self
        tonnes = self.bought.tonnes - sum((one.tonnes for one in inside), ZERO)
        emission_t = self.bought.emission_t - sum((one.emission_t for one in inside), ZERO)
        return self._replace(bought=Metal(tonnes, emission_t))


class Owner(NamedTuple):
    """A member, and the entity of it that has the facility."""

    member_id: str
    entity_id: str


def counted_to(row: YearRow, facility: FacilityRow | None) -> Owner:
    """Whom the figures of a facility-year count for: whom its disclosure names, else whose the
    facility is now, else (no facility is known) whose the data are."""
    if row.disclosed_member is not None and row.disclosed_entity is not None:
        return Owner(row.disclosed_member, row.disclosed_entity)
    if facility is not None:
        return Owner(facility.member_id, facility.entity_id)
    return Owner(row.member_id, row.entity_id)


def counted(row: YearRow) -> Sums | None:
    """The figures of a facility-year; None where there is no result yet. What a new owner made of
    a year that another disclosed counts once it is disclosed: until then the year is the other's,
    and so are its figures."""
    latest, verified = row.latest, False
    told = row.disclosed.get("result")
    if told and told != latest.get("result") and row.disclosed_member != latest.get("member_id"):
        return sums_of(row.disclosed, verified=True)
    if latest and latest["result"] in row.verified:
        verified = True
    elif row.disclosed:
        latest, verified = row.disclosed, True
    return sums_of(latest, verified) if latest else None


def sums_of(told: Mapping[str, Any], verified: bool) -> Sums:
    """Sums as a row keeps them (`rows.YearRow.latest`)."""
    kg = {(Step(one["step"]), Scope(one["scope"])): Decimal(one["kg"]) for one in told["totals"]}
    outputs = {str(one["item"]): Decimal(one["quantity"]) for one in told["outputs"]}
    primary = _primary(told, kg, outputs) if any(step is CELLS for step, _ in kg) else None
    said = told.get("bought_metal")
    bought = Metal(Decimal(said["tonnes"]), Decimal(said["emission_t"])) if said else None
    left = told.get("metal_left_t")
    left_t = None if left is None else Decimal(left)
    bought_of = {
        str(one["supplier_id"]): Metal(Decimal(one["tonnes"]), Decimal(one["emission_t"]))
        for one in told.get("bought_of") or ()
    }
    biomass = {
        str(one["item"]): Decimal(one["quantity"])
        for one in told.get("energy") or ()
        if one["item"] in BIOGENIC
    }
    return Sums(kg, outputs, verified, primary, bought, left_t, bought_of, biomass)


def _primary(
    told: Mapping[str, Any],
    kg: Mapping[tuple[Step, Scope], Decimal],
    outputs: Mapping[str, Decimal],
) -> Metal | None:
    """Primary metal at the casthouse; where nothing is cast, as it was tapped. Results that do not
    tell its tonnes say what was tapped: no more than all that was cast."""
    per_t = {one["of"]: one["t_per_t"] for one in told["intensities"] if one["power"] == "market"}
    tapped, cast = outputs.get(LIQUID, ZERO), outputs.get(CAST, ZERO)
    said = told.get("primary_metal")
    if said:
        tonnes = Decimal(said["cast_t"])
        power_t = Decimal(said["power_t"]) + Decimal(said.get("own_power_t") or ZERO)
        return Metal(tonnes, Decimal(per_t[CAST_METAL]) * tonnes, power_t)
    if CAST_METAL in per_t:
        intensity, tonnes = Decimal(per_t[CAST_METAL]), min(tapped, cast) or cast
    elif TAPPED_METAL in per_t and tapped:
        intensity, tonnes = Decimal(per_t[TAPPED_METAL]), tapped
    else:
        return None
    every = sum((one for (_, at), one in kg.items() if at is not Scope.POWER_LOCATION), ZERO)
    power = sum((one for (_, at), one in kg.items() if at is Scope.POWER_MARKET), ZERO)
    emission = intensity * tonnes
    return Metal(tonnes, emission, emission * power / every if every else ZERO)


def entity_evidence(
    entity_id: str,
    facilities: Sequence[FacilityRow],
    rows: Iterable[YearRow],
    elsewhere: Collection[tuple[str, int]] = (),
) -> EntityEvidence | None:
    """What is known of an entity, from its facilities and the years that count for it: None while
    it has no facility. `elsewhere` are facilities and years of them that count for another; in
    those it bought of another, whose ever the facility is now."""
    open_ones = [one for one in facilities if one.closed_on is None]
    if not facilities:
        return None
    now = {one.facility_id for one in facilities}
    by_year: dict[int, dict[str, Sums]] = {}
    for row in rows:
        sums = counted(row)
        if sums is not None:
            by_year.setdefault(row.year, {})[row.facility_id] = sums
    outside: dict[int, dict[str, Sums]] = {}
    for year, every in sorted(by_year.items()):
        own = now.difference(name for name, at in elsewhere if at == year).union(every)
        outside[year] = {name: sums.from_outside(own) for name, sums in every.items()}
    years = [
        found
        for family in PathwayFamily
        for year, every in outside.items()
        if (found := family_year(family, year, every, _seen(family, outside), facilities))
    ]
    return EntityEvidence(
        entity_id=entity_id,
        member_id=facilities[0].member_id,
        facilities=tuple(sorted(one.facility_id for one in open_ones)),
        years=tuple(years),
    )


def _seen(family: PathwayFamily, by_year: Mapping[int, Mapping[str, Sums]]) -> frozenset[str]:
    """The facilities that have figures of a family in any year."""
    return frozenset(
        facility_id
        for every in by_year.values()
        for facility_id, sums in every.items()
        if _belongs(family, sums)
    )


def family_year(
    family: PathwayFamily,
    year: int,
    every: Mapping[str, Sums],
    seen: Collection[str],
    facilities: Iterable[FacilityRow],
) -> FamilyYear | None:
    """The sums of a family in a year, from those of facilities by id; None where none has figures
    of it. `seen` are facilities with figures of the family in any year: one of these of which no
    result tells anything is missed too, whatever activities it is registered for."""
    ours = {name: one for name, one in every.items() if _belongs(family, one)}
    if not ours:
        return None
    metal = [_metal(family, one) for one in ours.values()]
    absent = {
        one.facility_id
        for one in facilities
        if one.facility_id not in ours
        and _produced(one, year)
        and (
            ACTIVITIES[family] & set(one.activities)
            or (one.facility_id in seen and _silent(family, every.get(one.facility_id)))
        )
    }
    return FamilyYear(
        family=family,
        year=year,
        emission_t=sum((one.emission_t for one in metal), ZERO),
        power_t=sum((one.power_t for one in metal), ZERO),
        output_t=_output(family, ours.values(), metal),
        facilities=len(ours),
        verified=sum(one.verified for one in ours.values()),
        expected=len(ours) + len(absent),
        absent=tuple(sorted(absent)),
        unverified=tuple(sorted(name for name, one in ours.items() if not one.verified)),
        present=tuple(sorted(ours)),
    )


def _produced(facility: FacilityRow, year: int) -> bool:
    """Whether a facility was at work in a year: begun, and not closed before it."""
    closed = facility.closed_on
    begun = (facility.start_year or 0) <= year
    return begun and (closed is None or closed > date(year, 1, 1))


def _silent(family: PathwayFamily, sums: Sums | None) -> bool:
    """Whether nothing says what a facility adds to a family: it has no result, or one that is older
    than what is told of bought metal."""
    return sums is None or (family is PathwayFamily.PROCUREMENT and sums.bought is None)


def _belongs(family: PathwayFamily, sums: Sums) -> bool:
    steps = {step for step, _ in sums.kg}
    match family:
        case PathwayFamily.PRIMARY:
            return sums.primary is not None
        case PathwayFamily.PROCUREMENT:
            if sums.bought is not None:
                return sums.bought.tonnes > 0
            # an older result does not tell metal apart: what is bought at cells is alumina, anodes
            bought = any(scope is Scope.PURCHASED for _, scope in sums.kg)
            return bought and CELLS not in steps
        case PathwayFamily.CASTHOUSE_SEMI:
            return bool(steps & BEHIND_CELLS)


def _metal(family: PathwayFamily, sums: Sums) -> Metal:
    """What a facility adds to its family."""
    match family:
        case PathwayFamily.PRIMARY:
            return sums.primary or NOTHING
        case PathwayFamily.PROCUREMENT:
            if sums.bought is not None:
                return sums.bought
            kg = sum((kg for (_, scope), kg in sums.kg.items() if scope is Scope.PURCHASED), ZERO)
            return Metal(ZERO, kg / KG_PER_T)
        case PathwayFamily.CASTHOUSE_SEMI:
            return _processed(sums)


def _processed(sums: Sums) -> Metal:
    """Direct emissions and power as it was bought behind the cells, per tonne of all metal that
    leaves: what was cast and sold counts beside what is rolled or extruded."""
    shared = not {step for step, _ in sums.kg} & BEFORE_CAST
    ours = {
        (step, scope): kg
        for (step, scope), kg in sums.kg.items()
        if step in BEHIND_CELLS or (step is Step.SITE and shared)
    }
    direct = sum((kg for (_, scope), kg in ours.items() if scope is Scope.DIRECT), ZERO)
    power = sum((kg for (_, scope), kg in ours.items() if scope is Scope.POWER_MARKET), ZERO)
    made = _left_before(sums.outputs) if sums.left_t is None else sums.left_t
    return Metal(made, (direct + power) / KG_PER_T, power / KG_PER_T)


def _left_before(outputs: Mapping[str, Decimal]) -> Decimal:
    """The metal that left, of a result that does not tell it: what was sold may be cast metal or
    another product, so cast and rolled metal together are at most what was cast."""
    cast, semis = outputs.get(CAST, ZERO), outputs.get("output.semi", ZERO)
    if not semis:
        return cast
    return max(semis, min(semis + outputs.get("output.sold", ZERO), cast))


def _output(family: PathwayFamily, ours: Iterable[Sums], metal: Iterable[Metal]) -> Decimal | None:
    """Tonnes of the family's product; None where a result does not tell what was bought."""
    if family is PathwayFamily.PROCUREMENT and any(one.bought is None for one in ours):
        return None
    return sum((one.tonnes for one in metal), ZERO)
