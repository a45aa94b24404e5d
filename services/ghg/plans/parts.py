"""What all decisions on a reduction plan share. Pure."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from contracts.ghg import InventoryFinding as Finding
from contracts.ghg_plans import (
    IntermediateTargetSet,
    PathwayDoubt,
    PathwayFamily,
    PlanReviewExpected,
    TonnesTold,
)
from infra.errors import Refused
from infra.policy import Policy
from services.ghg.calculation.working import PERCENT, Doubt
from services.ghg.evidence import MOMENTS
from services.ghg.findings.context import listed, shown
from services.ghg.findings.registry import RULES

from .commands import PlanCommand, Purchased
from .figures import EntityEvidence, FamilyYear
from .pathway import gap_of, target_doubts
from .state import TONNES_DIFFER, FamilyPlan, ReductionPlan

NOT_WHOLE = "year_not_whole"
"""What a doubt is about that facilities are missing from a year."""
STRUCTURE_CHANGED = "structure_changed_since"
"""What a doubt is about that the base was made anew after a year."""
PLANNED_BEFORE = "planned_for_structure_before"
"""What a doubt is about that the base was made anew after values were planned."""


def owned(command: PlanCommand) -> EntityEvidence:
    """What is known of the entity, if it is the member's; refused `unknown-entity` either way."""
    entity = command.entity
    if entity is None or entity.member_id != command.member_id:
        raise Refused(
            "unknown-entity",
            f"{command.member_id} has no entity {command.entity_id} with a facility{MOMENTS}.",
            entity_id=command.entity_id,
            member_id=command.member_id,
        )
    return entity


def plan_of(family: PathwayFamily, state: ReductionPlan, entity_id: str) -> FamilyPlan:
    """A family's plan; refused `unknown-plan`."""
    plan = state.families.get(family)
    if plan is None:
        raise missing(entity_id, family)
    return plan


def missing(entity_id: str, family: str = "any family") -> Refused:
    """The refusal of what needs a plan."""
    return Refused(
        "unknown-plan",
        f"{entity_id} has no reduction plan for {family}: adopt one first.",
        entity_id=entity_id,
        family=family,
    )


def doubts(doubts: Iterable[Doubt]) -> tuple[PathwayDoubt, ...]:
    """Doubts as events keep them, each once."""
    told = dict.fromkeys(doubts)
    return tuple(
        PathwayDoubt(about=one.about, sentence=one.sentence, source=one.source) for one in told
    )


def tonnes_doubts(figures: FamilyYear, told_t: Decimal | None, policy: Policy) -> tuple[Doubt, ...]:
    """Tonnes that the entity tells of a year, held against those of its activity data: a doubt
    where they differ by more than the policy allows."""
    known_t = figures.output_t
    if told_t is None or not known_t:
        return ()
    percent = abs(told_t - known_t) * PERCENT / known_t
    most = policy.decimal("5.3.tonnes_told_percent")
    if percent <= most:
        return ()
    sentence = (
        f"{shown(told_t)} t are told for {figures.year}, the activity data of the facilities say"
        f" {shown(known_t)} t: {shown(percent)} % apart, above {shown(most)} %."
    )
    return (Doubt(TONNES_DIFFER, sentence, "sources.md 4.9"),)


def whole_doubts(figures: FamilyYear) -> tuple[Doubt, ...]:
    """A doubt about the actual of a year that facilities are missing from."""
    if not figures.absent:
        return ()
    sentence = (
        f"No figures of {listed(figures.absent, 3)} for {figures.year}: the actual is of the other"
        " facilities alone."
    )
    return (Doubt(NOT_WHOLE, sentence, "sources.md 4.9"),)


class Actual(NamedTuple):
    """What a family gave off per tonne in a year (t CO2e/t; None: not known), whether all of its
    figures are verified, and what is doubted in it."""

    t_per_t: Decimal | None
    verified: bool
    doubts: tuple[Doubt, ...]


def actual_of(figures: FamilyYear, told_t: Decimal | None, policy: Policy) -> Actual:
    """The actual of a year. Tonnes bought are those that the entity told, else those of its
    activity data: so for everybody who asks."""
    doubted = (*whole_doubts(figures), *tonnes_doubts(figures, told_t, policy))
    return Actual(figures.intensity(told_t), figures.all_verified, doubted)


def structure_doubts(plan: FamilyPlan, year: int) -> tuple[Doubt, ...]:
    """A doubt about a year before changes of structure: its actual is of another structure than
    the targets of now (GHG Protocol: years are compared on one footing)."""
    footing = plan.footing(year)
    if footing is None:
        return ()
    then, now = footing.targets.get(year), plan.targets.get(year)
    held = "there is no target of that, so no gap is told"
    if then is not None:
        held = f"they are held against the target that was in force then, {shown(then)} t CO2e/t"
    beside = "" if now is None else f"; {shown(now)} t CO2e/t is of the structure as it is now"
    sentence = (
        f"The base was made anew on {footing.rebased_on.isoformat()}, after a change of structure"
        f" or method. The figures of {year} are of before, or have a part of it: {held}{beside}."
    )
    return (Doubt(STRUCTURE_CHANGED, sentence, "sources.md 4.9"),)


def planned_doubts(plan: FamilyPlan, year: int) -> tuple[Doubt, ...]:
    """A doubt about the value that is planned for a year, where it was planned for another
    structure: nobody but the entity can tell what it plans for that of now."""
    footing = plan.planned_footing()
    planned = plan.planned().get(year)
    if footing is None or planned is None:
        return ()
    then = footing.targets.get(year)
    held = "there is no target of that, so no gap of it is told"
    if then is not None:
        held = f"it is held against the target that was in force then, {shown(then)} t CO2e/t"
    sentence = (
        f"{shown(planned)} t CO2e/t were planned for {year} before the base was made anew on"
        f" {footing.rebased_on.isoformat()}: that is of the structure of then, {held}. Adopt the"
        " plan again with what is planned for the structure as it is now, or with the same value"
        " if it is of that already."
    )
    return (Doubt(PLANNED_BEFORE, sentence, "sources.md 4.9"),)


def tonnes_told(purchased: Iterable[Purchased]) -> tuple[TonnesTold, ...]:
    """Tonnes that a command tells, as events keep them."""
    told = [TonnesTold(year=one.year, tonnes=one.tonnes) for one in purchased]
    return tuple(sorted(told, key=lambda one: one.year))


def target_today(plan: FamilyPlan, on: date, policy: Policy) -> IntermediateTargetSet | None:
    """The intermediate target as it was set, with its gap to the pathway as that is now and what is
    found in it today; None while none is set."""
    said, target, pathway = plan.target, plan.wanted(), plan.as_pathway()
    if said is None or target is None:
        return None
    found = target_doubts(target, said.set_on.year, pathway, policy, on)
    told = tuple(finding("R-21", one.sentence, said.entity_id) for one in found)
    return said.model_copy(update={"pathway_gap": gap_of(target, pathway), "findings": told})


def finding(rule: str, sentence: str, entity_id: str) -> Finding:
    """What an auditor would write down, by the rule's own weight and source."""
    known = RULES[rule]
    return Finding(
        rule=rule,
        severity=known.severity,
        data=(entity_id,),
        data_count=1,
        sentence=sentence,
        source=f"sources.md {known.source}",
    )


def next_review(command: PlanCommand, member_id: str, policy: Policy) -> PlanReviewExpected:
    """The next review, and its last day."""
    months = policy.integer("5.3.review_months")
    return PlanReviewExpected(
        entity_id=command.entity_id,
        member_id=member_id,
        due_on=command.on + relativedelta(months=months),
        expected_on=command.on,
        policy_id=policy.policy_id,
    )
