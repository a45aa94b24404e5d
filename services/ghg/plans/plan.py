"""An entity's reduction plan and its pathway. A decider, stream `reduction_plan/<entity>`.

    adopted (base, planned values, owner) -> pathway set -> intermediate target set
    -> reviewed every year, evaluated -> structure changed -> base and pathway made anew

Source: sources.md 3.3 (criteria 5.3, 5.4), 4.9. A plan is kept per family of pathways; reviewed and
evaluated it is as one. What an auditor would find in it (R-21, R-22) is told, not refused: a plan
with a fault is a fact. A day of review that passes is told by the clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from contracts.ghg_plans import (
    IntermediateTargetSet,
    PathwayFamily,
    PathwaySet,
    PlanEvaluated,
    PlanReviewed,
    PlanReviewOverdue,
    PlanYear,
    ReductionPlanEnded,
)
from infra.decider import Command, Tick
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.ghg.calculation.working import PERCENT
from services.ghg.findings.context import listed
from services.ghg.findings.targets import method_fault

from .adopting import adopt
from .commands import (
    AdoptPlan,
    EndPlan,
    EvaluatePlan,
    NoteStructuralChanges,
    PlanCommand,
    Purchased,
    ReviewPlan,
    SetIntermediateTarget,
    SetPathway,
)
from .figures import EntityEvidence
from .parts import (
    Actual,
    actual_of,
    doubts,
    finding,
    missing,
    next_review,
    owned,
    plan_of,
    planned_doubts,
    structure_doubts,
    tonnes_told,
)
from .pathway import Target, Variant, gap_of, target_doubts
from .state import INITIAL, FamilyPlan, PlanEvent, ReductionPlan, evolve
from .structure import restructure
from .targets import Method, by_year, check_market_share, pathway_of

__all__ = ["INITIAL", "decide", "due", "evolve"]

OVERDUE = "review_overdue"
ONE_DAY = timedelta(days=1)


def decide(command: Command, state: ReductionPlan, policies: Policies) -> Sequence[PlanEvent]:
    """Events of a command or of the clock; raises Refused."""
    policy = policies.on(command.on)
    match command:
        case AdoptPlan():
            return adopt(command, state, policy)
        case SetPathway():
            return _set_pathway(command, state, policy)
        case SetIntermediateTarget():
            return _set_target(command, state, policy)
        case ReviewPlan():
            return _review(command, state, policy)
        case EvaluatePlan():
            return _evaluate(command, state, policy)
        case NoteStructuralChanges():
            return restructure(command, state, policy)
        case EndPlan():
            return _end(command, state)
        case Tick():
            return _tick(command, state)
        case _:
            raise TypeError(f"a reduction plan takes no {command.NAME}")


def due(state: ReductionPlan) -> Mapping[str, date]:
    """The clock asks on the last day of a review, until it was told that it passed."""
    if state.due_on is None or state.overdue:
        return {}
    return {OVERDUE: state.due_on}


def alignment(
    plan: FamilyPlan,
    year: int,
    evidence: EntityEvidence,
    purchased: Iterable[Purchased],
    policy: Policy,
) -> PlanYear:
    """A family in a year: target, plan, actual and the gap, as far as they are known. Tonnes bought
    are those that are told now, else those that were told before (`actual_of`). A year before
    changes of structure is held against the target that was in force before."""
    family = plan.adopted.family
    figures = next((one for one in evidence.of(family) if one.year == year), None)
    told = plan.told.get(year)
    if family is PathwayFamily.PROCUREMENT:
        told = next((one.tonnes for one in purchased if one.year == year), told)
    found = actual_of(figures, told, policy) if figures else Actual(None, False, ())
    actual = found.t_per_t
    target, footing = plan.targets.get(year), plan.footing(year)
    then = None if footing is None else footing.targets.get(year)
    held = target if footing is None else then
    gap = None if actual is None or held is None else actual - held
    of_structure = () if actual is None else structure_doubts(plan, year)
    doubted = (*found.doubts, *of_structure, *planned_doubts(plan, year))
    return PlanYear(
        family=family,
        year=year,
        target=target,
        planned=plan.planned().get(year),
        actual=actual,
        gap=gap,
        gap_percent=gap * PERCENT / held if gap is not None and held else None,
        verified=found.verified,
        doubts=doubts(doubted),
        target_then=then,
    )


# --- pathway and target ---


def _set_pathway(command: SetPathway, state: ReductionPlan, policy: Policy) -> Sequence[PathwaySet]:
    owned(command)
    plan = plan_of(command.family, state, command.entity_id)
    parts = Variant(command.parts) if command.parts else None
    method = Method(
        command.family,
        Variant(command.method_variant),
        parts,
        command.market_share,
        command.given,
        command.curves,
    )
    check_market_share(method)
    made = pathway_of(plan.base, method, policy)
    fault = method_fault(command.method, command.on, policy)
    pathway_set = PathwaySet(
        entity_id=command.entity_id,
        member_id=state.member_id,
        family=command.family,
        method=command.method,
        method_variant=command.method_variant,
        parts=command.parts,
        market_share=command.market_share,
        curves=made.curves,
        given=command.given,
        base_year=made.base.year,
        targets=by_year(made),
        doubts=doubts(made.doubts),
        findings=(finding("R-22", fault, command.entity_id),) if fault else (),
        set_on=command.on,
        policy_id=policy.policy_id,
    )
    said = {"set_on": command.on, "policy_id": policy.policy_id}
    same = plan.pathway is not None and plan.pathway.model_copy(update=said) == pathway_set
    return [] if same else [pathway_set]


def _set_target(
    command: SetIntermediateTarget, state: ReductionPlan, policy: Policy
) -> Sequence[IntermediateTargetSet]:
    owned(command)
    plan = plan_of(command.family, state, command.entity_id)
    wanted = Target(command.year, command.t_per_t, frozenset(command.scopes), command.public)
    pathway = plan.as_pathway()
    faults = target_doubts(wanted, command.on.year, pathway, policy)
    target = IntermediateTargetSet(
        entity_id=command.entity_id,
        member_id=state.member_id,
        family=command.family,
        year=command.year,
        t_per_t=command.t_per_t,
        scopes=tuple(sorted(set(command.scopes))),
        public=command.public,
        pathway_gap=gap_of(wanted, pathway),
        findings=tuple(finding("R-21", one.sentence, command.entity_id) for one in faults),
        set_on=command.on,
        policy_id=policy.policy_id,
    )
    said = {"set_on": command.on, "policy_id": policy.policy_id}
    same = plan.target is not None and plan.target.model_copy(update=said) == target
    return [] if same else [target]


# --- review and evaluation ---


def _review(command: ReviewPlan, state: ReductionPlan, policy: Policy) -> Sequence[PlanEvent]:
    years = _years(command, command.year, command.purchased, state, policy)
    if state.due_on is None:
        raise TypeError("a plan without a day of review")
    reviewed = PlanReviewed(
        entity_id=command.entity_id,
        member_id=state.member_id,
        year=command.year,
        years=years,
        due_on=state.due_on,
        reviewed_on=command.on,
        note_ref=command.note_ref,
        policy_id=policy.policy_id,
        purchased=tonnes_told(command.purchased),
    )
    before = state.reviewed
    if before is not None and before.model_copy(update={"due_on": state.due_on}) == reviewed:
        return []
    following = next_review(command, state.member_id, policy)
    if following.due_on == state.due_on:
        raise Refused(
            "reviewed-today",
            f"the plan of {command.entity_id} was adopted or reviewed today: review it from"
            " tomorrow on.",
            entity_id=command.entity_id,
            due_on=state.due_on,
        )
    return [reviewed, following]


def _evaluate(
    command: EvaluatePlan, state: ReductionPlan, policy: Policy
) -> Sequence[PlanEvaluated]:
    years = _years(command, command.year, command.purchased, state, policy)
    without = [family for family, plan in sorted(state.families.items()) if plan.pathway is None]
    if command.effective and without:
        raise Refused(
            "pathway-missing",
            f"the plan of {command.entity_id} has no pathway for {listed(without)}: nothing tells"
            " what it should reach, so that it cannot be found effective.",
            entity_id=command.entity_id,
            families=without,
        )
    gaps = [one.gap for one in years]
    told = [gap for gap in gaps if gap is not None]
    missed = any(gap > 0 for gap in told)
    reached = False if missed else None if len(told) < len(gaps) else True
    evaluated = PlanEvaluated(
        entity_id=command.entity_id,
        member_id=state.member_id,
        year=command.year,
        years=years,
        reached=reached,
        effective=command.effective,
        measures=command.measures,
        evaluated_on=command.on,
        note_ref=command.note_ref,
        policy_id=policy.policy_id,
        purchased=tonnes_told(command.purchased),
    )
    # The same words about values that were adopted since are another evaluation.
    known = (plan.evaluations.get(command.year) for plan in state.families.values())
    return [] if all(one == evaluated for one in known) else [evaluated]


def _years(
    command: PlanCommand,
    year: int,
    purchased: Sequence[Purchased],
    state: ReductionPlan,
    policy: Policy,
) -> tuple[PlanYear, ...]:
    entity = owned(command)
    if not state.families:
        raise missing(command.entity_id)
    if year > command.on.year:
        raise Refused("year-not-begun", f"{year} has not begun.", year=year, on=command.on)
    return tuple(
        alignment(plan, year, entity, purchased, policy)
        for _, plan in sorted(state.families.items())
    )


def _tick(command: Tick, state: ReductionPlan) -> Sequence[PlanReviewOverdue]:
    if command.rule not in due(state) or state.due_on is None or command.on < state.due_on:
        return []
    return [
        PlanReviewOverdue(
            entity_id=state.entity_id,
            member_id=state.member_id,
            due_on=state.due_on,
            overdue_on=state.due_on + ONE_DAY,
        )
    ]


# --- the end ---


def _end(command: EndPlan, state: ReductionPlan) -> Sequence[ReductionPlanEnded]:
    if state.due_on is None:
        return []
    return [
        ReductionPlanEnded(
            entity_id=command.entity_id,
            member_id=state.member_id,
            due_on=state.due_on,
            ended_on=command.ended_on,
        )
    ]
