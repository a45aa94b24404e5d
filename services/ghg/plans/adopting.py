"""A plan is adopted: its base, and whose values the planned ones are. Pure.

Source: sources.md 3.3 (criteria 5.2, 5.3), 4.9.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from contracts.ghg_plans import (
    MissingEvidence,
    PathwayFamily,
    PlanBase,
    ReductionPlanAdopted,
    YearValue,
)
from contracts.values import FacilityId, plain
from infra.errors import Refused
from infra.policy import Policy

from .baseyear import Year, decide_base
from .commands import AdoptPlan, Purchased
from .figures import EntityEvidence, FamilyYear
from .keeping import Kept, based_on, carry_over
from .parts import doubts, next_review, owned, tonnes_doubts, tonnes_told
from .state import FamilyPlan, PlanEvent, ReductionPlan


def adopt(command: AdoptPlan, state: ReductionPlan, policy: Policy) -> Sequence[PlanEvent]:
    """The plan, the day of its first review, and of a plan that there was before, its pathway and
    target. Refused as `decide_base` says, `year-twice`, `year-outside-pathway`,
    `planned-below-zero`, and `facility-twice` or `unknown-facility` for single ones."""
    entity = owned(command)
    before = state.families.get(command.family)
    base = based_on(_base(command, entity.of(command.family), before, policy), before)
    _check_planned(command.planned, base.year, policy)
    _check_facilities(command, entity, base.year, policy)
    adopted = ReductionPlanAdopted(
        entity_id=command.entity_id,
        member_id=entity.member_id,
        family=command.family,
        base=base,
        planned=_in_order(command.planned),
        owner=command.owner,
        adopted_on=command.on,
        policy_id=policy.policy_id,
        planned_of=_planned_of(entity, command.family, base.year),
        by_facility=tuple(
            one.model_copy(update={"planned": _in_order(one.planned)})
            for one in sorted(command.by_facility, key=lambda one: one.facility_id)
        ),
        purchased=tonnes_told(_purchased(command)),
    )
    if before is not None and _same(before, adopted):
        return []
    kept = Kept((), ())
    if before is not None:
        kept = carry_over(before, adopted, command.curves, policy)
        adopted = adopted.model_copy(update={"doubts": doubts(kept.doubts)})
    if state.due_on is not None:
        return [adopted, *kept.events]
    return [adopted, *kept.events, next_review(command, entity.member_id, policy)]


def _same(before: FamilyPlan, now: ReductionPlanAdopted) -> bool:
    """Whether a plan says what the one before says, of the base as it is now."""
    said = {"adopted_on": now.adopted_on, "policy_id": now.policy_id, "doubts": ()}
    return before.adopted.model_copy(update=said) == now


def _base(
    command: AdoptPlan,
    figures: Sequence[FamilyYear],
    before: FamilyPlan | None,
    policy: Policy,
) -> PlanBase:
    """The base as `baseyear.decide_base` chooses it, with the sums behind it. Tonnes that were told
    of a year stand until others are."""
    told = before.told if before is not None else {}
    bought = {**told, **{one.year: one.tonnes for one in _purchased(command)}}
    records = {one.year for one in command.production_records}
    outputs = {one.year: bought.get(one.year, one.output_t) or Decimal(0) for one in figures}
    years = [
        Year(
            year=one.year,
            emission_t=one.emission_t,
            output_t=outputs[one.year],
            verified=one.all_verified,
            representative=one.year not in command.unusual_years,
            evidence=_evidence(one, records),
            absent=one.absent,
            unverified=one.unverified,
        )
        for one in figures
    ]
    chosen = decide_base(years, policy, command.on.year)
    behind = [one for one in figures if one.year in chosen.years]
    differs = [
        doubt for one in behind for doubt in tonnes_doubts(one, bought.get(one.year), policy)
    ]
    return PlanBase(
        year=chosen.base.year,
        t_per_t=chosen.base.intensity,
        emission_t=sum((one.emission_t for one in behind), Decimal(0)),
        power_t=sum((one.power_t for one in behind), Decimal(0)),
        output_t=sum((outputs[one.year] for one in behind), Decimal(0)),
        rule=chosen.rule,
        years=chosen.years,
        missing=tuple(MissingEvidence(year=year, what=what) for year, what in chosen.missing),
        doubts=doubts((*chosen.doubts, *differs)),
    )


def _purchased(command: AdoptPlan) -> Sequence[Purchased]:
    """The tonnes that are told, of the family that is about them."""
    return command.purchased if command.family is PathwayFamily.PROCUREMENT else ()


def _evidence(figures: FamilyYear, records: set[int]) -> frozenset[str]:
    there = {
        "verification_statement": figures.all_verified,
        "inventory": figures.whole,
        "production_records": figures.year in records,
    }
    return frozenset(what for what, found in there.items() if found)


def _check_planned(planned: Sequence[YearValue], base_year: int, policy: Policy) -> None:
    last = policy.integer("5.3.end_year")
    years = [one.year for one in planned]
    if len(set(years)) != len(years):
        raise Refused("year-twice", "a year is planned twice.", years=years)
    outside = [year for year in years if not base_year <= year <= last]
    if outside:
        raise Refused(
            "year-outside-pathway",
            f"a plan runs from its base year {base_year} to {last}; {outside[0]} is outside.",
            year=outside[0],
        )
    below = next((one for one in planned if one.t_per_t < 0), None)
    if below is not None:
        raise Refused(
            "planned-below-zero",
            f"{plain(below.t_per_t)} t CO2e/t are planned for {below.year}: an intensity is zero or"
            " more.",
            year=below.year,
            t_per_t=plain(below.t_per_t),
        )


def _check_facilities(
    command: AdoptPlan, entity: EntityEvidence, base_year: int, policy: Policy
) -> None:
    names = [one.facility_id for one in command.by_facility]
    if len(set(names)) != len(names):
        raise Refused("facility-twice", "a facility is planned twice.", facilities=names)
    for one in command.by_facility:
        if one.facility_id not in entity.facilities:
            raise Refused(
                "unknown-facility",
                f"{command.entity_id} has no facility {one.facility_id} that is open.",
                facility_id=one.facility_id,
                entity_id=command.entity_id,
            )
        _check_planned(one.planned, base_year, policy)


def _in_order(planned: Iterable[YearValue]) -> tuple[YearValue, ...]:
    return tuple(sorted(planned, key=lambda one: one.year))


def _planned_of(
    entity: EntityEvidence, family: PathwayFamily, base_year: int
) -> tuple[FacilityId, ...]:
    """Whose values an entity's are: those of the facilities that are in its figures since the base,
    or missing from them."""
    since = [one for one in entity.of(family) if one.year >= base_year]
    found = {name for one in since for name in (*one.present, *one.absent)}
    return tuple(sorted(found)) or entity.facilities
