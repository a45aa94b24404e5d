"""Greenhouse gases speak of what an entity plans: its pathway, its target, how it keeps to them.

Source: sources.md 3.3 (criteria 5.3, 5.4), 4.9, 8 (R-21, R-22). Stream `reduction_plan/<entity>` of
`ghg`. Nothing is ever edited: a pathway set anew, or a base made anew, is an event of its own
beside the earlier ones.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from .envelope import Event
from .ghg import InventoryFinding as Finding
from .ghg import Sentence, SourceText, Year
from .values import (
    EntityId,
    FacilityId,
    Id,
    MemberId,
    NoteRef,
    PersonRef,
    PlainDecimal,
    Value,
)

ScopeNumber = Literal["1", "2", "3"]


class PathwayFamily(StrEnum):
    """The three families of pathways (sources.md 4.9): primary metal from cradle to gate, bought
    metal (Scope 3, category 1), and the process of casthouse and semi-fabrication (Scope 1, 2)."""

    PRIMARY = "primary"
    PROCUREMENT = "procurement"
    CASTHOUSE_SEMI = "casthouse_semi"


class ChangeKind(StrEnum):
    """What changes the structure of a facility or entity."""

    ACQUISITION = "acquisition"
    DIVESTMENT = "divestment"
    METHOD = "method"


class YearValue(Value):
    """An intensity of a year, in t CO2e per tonne."""

    year: Year
    t_per_t: PlainDecimal


class TonnesTold(Value):
    """Tonnes of metal bought in a year, as an entity tells them beside its activity data."""

    year: Year
    tonnes: PlainDecimal


class FacilityPlanned(Value):
    """What is planned for one facility of the entity (criterion 5.2 asks for it by smelter)."""

    facility_id: FacilityId
    planned: Annotated[tuple[YearValue, ...], Field(min_length=1, max_length=60)]


class PathwayDoubt(Value):
    """What a verifier would ask about; `about` names the kind."""

    about: Id
    sentence: Sentence
    source: SourceText


class MissingEvidence(Value):
    """Evidence that the choice of the base year asks for, and that is not there."""

    year: Year
    what: Id


class PlanBase(Value):
    """The base of a pathway: its year, by which rule, from which years, and the sums behind it:
    those of all `years` together where the base is their mean. `power_t` is the part of
    `emission_t` that power gives off, bought or of an own plant; of results that do not tell the
    latter, bought power alone."""

    year: Year
    t_per_t: PlainDecimal
    emission_t: PlainDecimal
    power_t: PlainDecimal
    output_t: PlainDecimal
    rule: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    years: tuple[Year, ...]
    missing: tuple[MissingEvidence, ...] = ()
    doubts: tuple[PathwayDoubt, ...] = ()


class StructuralChange(Value):
    """What came, went or is counted anew, in t CO2e and t of product of the base year: of one year,
    as it was in their mean, where the base is a mean of years. `power_t` is the part of
    `emission_t` that power gives off, bought or of an own plant. `from_year` is the first year of
    which the entity's figures have the change: the base year itself, where those of all years were
    made anew. Where nobody tells it, it is the year in which the base is."""

    kind: ChangeKind
    emission_t: PlainDecimal
    output_t: PlainDecimal
    power_t: PlainDecimal = Decimal(0)
    reason: Id
    from_year: Year | None = None


class CurveNode(Value):
    """A sector curve at a year, in the curve's unit."""

    year: Year
    value: PlainDecimal


class GivenCurve(Value):
    """A sector curve that the entity gives, read from ASI's tool, say: for the whole intensity, or
    for the part that power gives off and the rest. `source` names what it was read from."""

    part: Literal["whole", "power", "rest"] = "whole"
    source: Id
    unit: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    nodes: Annotated[tuple[CurveNode, ...], Field(min_length=2, max_length=60)]


class PlanYear(Value):
    """One family in one year: target, plan and actual (t CO2e/t), and how far the actual lies above
    the target. What is not known is None. `doubts` are about the actual, and about what is planned
    where that was planned for another structure. In a year before a change of structure the actual
    is of the structure of then: the gap is to `target_then`, which was in force before the base was
    made anew, and None where none was."""

    family: PathwayFamily
    year: Year
    target: PlainDecimal | None = None
    planned: PlainDecimal | None = None
    actual: PlainDecimal | None = None
    gap: PlainDecimal | None = None
    gap_percent: PlainDecimal | None = None
    verified: bool = False
    doubts: tuple[PathwayDoubt, ...] = ()
    target_then: PlainDecimal | None = None


class ReductionPlanAdopted(Event):
    """An entity has a plan for a family: a base, planned values by year, and who answers for it.
    Adopted again, it takes the place of the one before. Pathway and target of that one stand only
    where they follow as events of their own, made again from this base; `doubts` say what does not
    stand any more (older events do not say it, and nothing followed them). `planned` are
    values of the facilities in `planned_of` together (older plans do not tell which these are),
    `by_facility` what is planned for single ones. `purchased` are tonnes of bought metal that the
    entity tells: they count in the place of those of the activity data, in this and in reviews and
    evaluations."""

    TYPE: ClassVar[str] = "ghg.reduction_plan_adopted.v1"
    entity_id: EntityId
    member_id: MemberId
    family: PathwayFamily
    base: PlanBase
    planned: tuple[YearValue, ...]
    owner: PersonRef
    adopted_on: date
    policy_id: Id
    planned_of: tuple[FacilityId, ...] = ()
    by_facility: tuple[FacilityPlanned, ...] = ()
    purchased: tuple[TonnesTold, ...] = ()
    doubts: tuple[PathwayDoubt, ...] = ()


class PathwaySet(Event):
    """The targets of every year from the base to the end. `method` is the tool that the entity
    says it used (R-22); `method_variant` and `curves` say how these targets were made."""

    TYPE: ClassVar[str] = "ghg.pathway_set.v1"
    entity_id: EntityId
    member_id: MemberId
    family: PathwayFamily
    method: Id
    method_variant: Literal["indexed", "sda", "split"]
    parts: Literal["indexed", "sda"] | None = None
    market_share: PlainDecimal | None = None
    curves: tuple[Id, ...]
    given: tuple[GivenCurve, ...] = ()
    base_year: Year
    targets: tuple[YearValue, ...]
    doubts: tuple[PathwayDoubt, ...]
    findings: tuple[Finding, ...]
    set_on: date
    policy_id: Id


class IntermediateTargetSet(Event):
    """A target on the way, what an auditor finds in it (R-21), and how far it lies above the
    pathway (0 or less: on it)."""

    TYPE: ClassVar[str] = "ghg.intermediate_target_set.v1"
    entity_id: EntityId
    member_id: MemberId
    family: PathwayFamily
    year: Year
    t_per_t: PlainDecimal
    scopes: tuple[ScopeNumber, ...]
    public: bool
    pathway_gap: PlainDecimal | None = None
    findings: tuple[Finding, ...]
    set_on: date
    policy_id: Id


class PlanReviewExpected(Event):
    """The plan has to be reviewed by `due_on`, its last day."""

    TYPE: ClassVar[str] = "ghg.plan_review_expected.v1"
    entity_id: EntityId
    member_id: MemberId
    due_on: date
    expected_on: date
    policy_id: Id


class PlanReviewed(Event):
    """The yearly review: plan and actual of a year beside its targets. It meets the review that
    was due on `due_on`."""

    TYPE: ClassVar[str] = "ghg.plan_reviewed.v1"
    entity_id: EntityId
    member_id: MemberId
    year: Year
    years: tuple[PlanYear, ...]
    due_on: date
    reviewed_on: date
    note_ref: NoteRef | None = None
    policy_id: Id
    purchased: tuple[TonnesTold, ...] = ()


class PlanReviewOverdue(Event):
    """The last day passed without a review."""

    TYPE: ClassVar[str] = "ghg.plan_review_overdue.v1"
    entity_id: EntityId
    member_id: MemberId
    due_on: date
    overdue_on: date


class PlanEvaluated(Event):
    """Criterion 5.4: whether the plan works. `reached` follows from the figures of the year;
    `effective` is the judgement of who evaluated, with the measures that it rests on."""

    TYPE: ClassVar[str] = "ghg.plan_evaluated.v1"
    entity_id: EntityId
    member_id: MemberId
    year: Year
    years: tuple[PlanYear, ...]
    reached: bool | None
    effective: bool
    measures: tuple[Id, ...]
    evaluated_on: date
    note_ref: NoteRef | None = None
    policy_id: Id
    purchased: tuple[TonnesTold, ...] = ()


class StructuralChangesNoted(Event):
    """The structure changed: by `change_percent` of the base's emission, a year's change held
    against a year's base, or of its intensity, where that is more (older ones do not count that);
    all changes since the base was made counted together. Above the policy's threshold the base is
    made anew."""

    TYPE: ClassVar[str] = "ghg.structural_changes_noted.v1"
    entity_id: EntityId
    member_id: MemberId
    family: PathwayFamily
    changes: tuple[StructuralChange, ...]
    change_percent: PlainDecimal
    noted_on: date
    policy_id: Id


class PlanRebased(Event):
    """The base with the structure as it is now, and the pathway from it, by the same method and
    curves. Planned values and the intermediate target stand until they are set again: planned
    values are of the structure before, and are held against the targets of then."""

    TYPE: ClassVar[str] = "ghg.plan_rebased.v1"
    entity_id: EntityId
    member_id: MemberId
    family: PathwayFamily
    before: YearValue
    base: PlanBase
    change_percent: PlainDecimal
    targets: tuple[YearValue, ...]
    rebased_on: date
    policy_id: Id


class ReductionPlanEnded(Event):
    """No plan is kept any more: the entity is closed."""

    TYPE: ClassVar[str] = "ghg.reduction_plan_ended.v1"
    entity_id: EntityId
    member_id: MemberId
    due_on: date
    ended_on: date


EVENTS: tuple[type[Event], ...] = (
    ReductionPlanAdopted,
    PathwaySet,
    IntermediateTargetSet,
    PlanReviewExpected,
    PlanReviewed,
    PlanReviewOverdue,
    PlanEvaluated,
    StructuralChangesNoted,
    PlanRebased,
    ReductionPlanEnded,
)
