"""What the stream of a reduction plan remembers, and how its events change that. Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple, assert_never

from contracts.ghg_plans import (
    IntermediateTargetSet,
    PathwayFamily,
    PathwaySet,
    PlanBase,
    PlanEvaluated,
    PlanRebased,
    PlanReviewed,
    PlanReviewExpected,
    PlanReviewOverdue,
    ReductionPlanAdopted,
    ReductionPlanEnded,
    StructuralChange,
    StructuralChangesNoted,
    YearValue,
)

from .pathway import Base, Pathway, Target, Variant


class Footing(NamedTuple):
    """The targets that were in force until the base was made anew on a day, after changes of
    structure; none where no pathway was set until then. Figures have none of these changes before
    the year `first`, and all of them from `last` on."""

    rebased_on: date
    targets: Mapping[int, Decimal]
    first: int
    last: int


class FamilyPlan(NamedTuple):
    """A family's plan as it stands: what was adopted, its pathway and target; `base` after the
    last change of structure, `targets` from it, and the changes noted since. `evaluations` are
    those of the values that are planned now, by the year that they are of; `told` are tonnes of
    bought metal that the entity told by year, `before` the targets of structures before, in their
    order: the values that are planned now were adopted after `planned_after` of them. `chosen` is
    the base as results told it, without any change of structure. `dropped` is the pathway that was
    in force until the plan was adopted again, where none was set since."""

    adopted: ReductionPlanAdopted
    base: PlanBase
    chosen: PlanBase
    pathway: PathwaySet | None = None
    targets: Mapping[int, Decimal] = {}
    target: IntermediateTargetSet | None = None
    changes: tuple[StructuralChange, ...] = ()
    evaluations: Mapping[int, PlanEvaluated] = {}
    told: Mapping[int, Decimal] = {}
    before: tuple[Footing, ...] = ()
    planned_after: int = 0
    dropped: PathwaySet | None = None

    def evaluated(self) -> PlanEvaluated | None:
        """The evaluation of the newest year, whenever it was said; None without any."""
        return self.evaluations[max(self.evaluations)] if self.evaluations else None

    def planned(self) -> Mapping[int, Decimal]:
        """Planned intensities by year."""
        return {one.year: one.t_per_t for one in self.adopted.planned}

    def footing(self, year: int) -> Footing | None:
        """What the actual of a year is held against if its structure is another than that of the
        base now: the targets of then, without any where it has some of the changes and not others.
        None where it has them all."""
        had = next((at for at, one in enumerate(self.before) if year < one.last), None)
        if had is None:
            return None
        footing = self.before[had]
        mixed = any(year >= one.first for one in self.before[had:])
        return footing._replace(targets={}) if mixed else footing

    def planned_footing(self) -> Footing | None:
        """The targets of the structure that planned values were adopted for, if the base was made
        anew since; None while they are of the structure as it is now."""
        return self.before[self.planned_after] if self.planned_after < len(self.before) else None

    def wanted(self) -> Target | None:
        """The intermediate target in the shape of `pathway`; None while none is set."""
        said = self.target
        if said is None:
            return None
        return Target(said.year, said.t_per_t, frozenset(said.scopes), said.public)

    def pathway_now(self) -> PathwaySet | None:
        """The pathway as it was set, with the base year and the targets of the base as it is now;
        None while none is set."""
        if self.pathway is None:
            return None
        targets = tuple(YearValue(year=year, t_per_t=t) for year, t in self.targets.items())
        return self.pathway.model_copy(update={"base_year": self.base.year, "targets": targets})

    def as_pathway(self) -> Pathway | None:
        """The pathway in the shape of `pathway`; None while none is set."""
        if self.pathway is None:
            return None
        base = Base(self.base.year, self.base.t_per_t)
        variant = Variant(self.pathway.method_variant)
        return Pathway(variant, self.pathway.curves, base, self.targets)


class ReductionPlan(NamedTuple):
    """An entity's plan: by family, its last review, the evaluation of the newest year, and the day
    of the next review."""

    entity_id: str = ""
    member_id: str = ""
    families: Mapping[PathwayFamily, FamilyPlan] = {}
    due_on: date | None = None
    overdue: bool = False
    reviewed: PlanReviewed | None = None
    evaluated: PlanEvaluated | None = None
    ended_on: date | None = None


INITIAL = ReductionPlan()
TONNES_DIFFER = "tonnes_differ"
"""What a doubt is about that the activity data tell other tonnes."""
PlanEvent = (
    ReductionPlanAdopted
    | PathwaySet
    | IntermediateTargetSet
    | PlanReviewExpected
    | PlanReviewed
    | PlanReviewOverdue
    | PlanEvaluated
    | StructuralChangesNoted
    | PlanRebased
    | ReductionPlanEnded
)


def evolve(state: ReductionPlan, event: PlanEvent) -> ReductionPlan:
    """The plan after an event."""
    state = state._replace(entity_id=event.entity_id, member_id=event.member_id)
    match event:
        case ReductionPlanAdopted():
            fresh = _adopted(state.families.get(event.family), event)
            families = {**state.families, event.family: fresh}
            return state._replace(families=families, ended_on=None)
        case PlanReviewExpected():
            return state._replace(due_on=event.due_on, overdue=False)
        case PlanReviewOverdue():
            return state._replace(overdue=True)
        case PlanReviewed():
            return state._replace(reviewed=event, families=_told_again(state, event))
        case PlanEvaluated():
            looked_at = {one.family for one in event.years}
            families = {
                family: plan._replace(evaluations={**plan.evaluations, event.year: event})
                if family in looked_at
                else plan
                for family, plan in _told_again(state, event).items()
            }
            last = state.evaluated
            newest = event if last is None or event.year >= last.year else last
            return state._replace(evaluated=newest, families=families)
        case ReductionPlanEnded():
            return INITIAL._replace(
                entity_id=event.entity_id, member_id=event.member_id, ended_on=event.ended_on
            )
        case PathwaySet() | IntermediateTargetSet() | StructuralChangesNoted() | PlanRebased():
            family = _family(state.families[event.family], event)
            return state._replace(families={**state.families, event.family: family})
        case _:
            assert_never(event)


def same_sums(one: PlanBase, other: PlanBase) -> bool:
    """Whether two bases rest on the same figures of the same years, whatever is doubted in them or
    missing to prove them."""
    return (one.years, one.emission_t, one.power_t, one.output_t) == (
        other.years,
        other.emission_t,
        other.power_t,
        other.output_t,
    )


def _adopted(before: FamilyPlan | None, event: ReductionPlanAdopted) -> FamilyPlan:
    """A plan that is adopted. On the base of the one before, the changes of structure since that
    was chosen stay known, and so do tonnes that were told of years; pathway and target are events
    of their own."""
    before_told = before.told if before is not None else {}
    fresh = FamilyPlan(event, event.base, event.base, told={**before_told, **_told(event)})
    if before is None:
        return fresh
    fresh = fresh._replace(
        evaluations=_evaluations_kept(before, event), dropped=before.pathway or before.dropped
    )
    if not same_sums(before.base, event.base):
        return fresh
    return fresh._replace(
        chosen=before.chosen,
        changes=before.changes,
        before=before.before,
        planned_after=len(before.before),
    )


def _told(event: ReductionPlanAdopted) -> Mapping[int, Decimal]:
    """Tonnes that were told with a plan. Older ones keep them only in a base of one year, whose
    doubt then says that they are not those of the activity data."""
    if event.family is not PathwayFamily.PROCUREMENT:
        return {}
    base = event.base
    if not event.purchased and len(base.years) == 1:
        if any(one.about == TONNES_DIFFER for one in base.doubts):
            return {base.year: base.output_t}
    return {one.year: one.tonnes for one in event.purchased}


def _told_again(
    state: ReductionPlan, event: PlanReviewed | PlanEvaluated
) -> Mapping[PathwayFamily, FamilyPlan]:
    """The families with the tonnes that were told with a review or evaluation."""
    bought = state.families.get(PathwayFamily.PROCUREMENT)
    if bought is None or not event.purchased:
        return state.families
    told = {**bought.told, **{one.year: one.tonnes for one in event.purchased}}
    return {**state.families, PathwayFamily.PROCUREMENT: bought._replace(told=told)}


def _evaluations_kept(before: FamilyPlan, now: ReductionPlanAdopted) -> Mapping[int, PlanEvaluated]:
    """Evaluations of the plan before, which speak of this one only while it plans the same."""
    then = before.adopted
    same = (then.planned, then.by_facility) == (now.planned, now.by_facility)
    return before.evaluations if same else {}


def _family(
    plan: FamilyPlan,
    event: PathwaySet | IntermediateTargetSet | StructuralChangesNoted | PlanRebased,
) -> FamilyPlan:
    match event:
        case PathwaySet():
            targets = {one.year: one.t_per_t for one in event.targets}
            return plan._replace(pathway=event, targets=targets, dropped=None)
        case IntermediateTargetSet():
            return plan._replace(target=event)
        case StructuralChangesNoted():
            return plan._replace(changes=(*plan.changes, *event.changes))
        case PlanRebased():
            targets = {one.year: one.t_per_t for one in event.targets}
            on = event.rebased_on
            years = [one.from_year or on.year for one in plan.changes] or [on.year]
            footing = Footing(on, plan.targets, min(years), max(years))
            return plan._replace(
                base=event.base, targets=targets, changes=(), before=(*plan.before, footing)
            )
