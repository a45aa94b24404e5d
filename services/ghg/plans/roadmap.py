"""The roadmap that excuses a smelter which is above the limits of criterion 5.2. Pure.

Source: sources.md 3.3. The criterion is of each smelter, and so is its plan: what is planned for
several together says nothing of any of them. So a smelter's roadmap is what its entity's plan for
primary metal tells of that smelter; the plan's own values are it only where they are of this
smelter alone. That an evaluation (criterion 5.4) is what accepts a roadmap is our reading: one that
calls the plan effective, held against what all facilities did give off in a year, of which a gap
to its target is known and none was missed, and made of the values that are planned now. The base
year is its own target and shows nothing that was reached: it is such a year only until one since it
is over. The evaluation of the newest year counts, and it excuses that year and as many after it as
the policy says.
"""

from contracts.ghg_plans import PathwayFamily, PlanEvaluated
from infra.policy import Policy
from services.ghg.reports.threshold import NO_PLAN, Plan

from .parts import NOT_WHOLE
from .state import FamilyPlan, ReductionPlan


def roadmap(plan: ReductionPlan, facility_id: str, year: int, policy: Policy) -> Plan:
    """An entity's plan as criterion 5.2 reads it for a year of one of its smelters, with what it
    lacks."""
    primary = plan.families.get(PathwayFamily.PRIMARY)
    if primary is None:
        return NO_PLAN
    adopted = primary.adopted
    own = [one.planned for one in adopted.by_facility if one.facility_id == facility_id]
    if not own and adopted.planned_of != (facility_id,):
        return Plan(False, {}, _of_others(primary))
    planned = own[0] if own else adopted.planned
    lacks = _lacks(primary.evaluated(), primary.base.year)
    lacks = lacks or _lapsed(primary.evaluated(), year, policy)
    return Plan(not lacks, {one.year: one.t_per_t for one in planned}, lacks)


def _of_others(primary: FamilyPlan) -> str:
    many = len(primary.adopted.planned_of)
    whose = f"of {many} facilities together" if many else "of nobody knows which facilities"
    return f"its entity's plan has values {whose}, and none of this smelter"


def _lacks(evaluated: PlanEvaluated | None, base_year: int) -> str:
    """Why an evaluation does not accept a roadmap; nothing where it does."""
    if evaluated is None:
        return "nobody has evaluated the plan since these values were adopted"
    year = evaluated.year
    if year < base_year:
        return f"it was evaluated for {year}, before its base year {base_year}: no target is of it"
    if year == base_year and evaluated.evaluated_on.year > base_year + 1:
        return (
            f"it was evaluated for its base year {year}, which is its own target, though a year"
            " since is over: evaluate it for that one"
        )
    if not evaluated.effective:
        return f"it was evaluated for {year} as not effective"
    if evaluated.reached is False:
        return f"it was evaluated for {year} as effective, with a target of that year missed"
    of_year = next(one for one in evaluated.years if one.family is PathwayFamily.PRIMARY)
    if of_year.target is None:
        return f"it was evaluated for {year} without a target of a pathway"
    if of_year.actual is None:
        return f"it was evaluated for {year} without an actual intensity"
    if any(one.about == NOT_WHOLE for one in of_year.doubts):
        return f"it was evaluated for {year} without the figures of every facility"
    if of_year.gap is None:
        return (
            f"it was evaluated for {year}, of which there is no gap to a target: its figures are of"
            " before a change of structure, or have a part of it; evaluate it for a year that has"
            " all of it"
        )
    return ""


def _lapsed(evaluated: PlanEvaluated | None, year: int, policy: Policy) -> str:
    """Why an evaluation is too old to speak of a year; nothing where it does."""
    most = policy.integer("5.4.evaluation_years")
    if evaluated is None or year <= evaluated.year + most:
        return ""
    return (
        f"it was last evaluated for {evaluated.year}: that speaks of years to"
        f" {evaluated.year + most}, and this one is {year}"
    )
