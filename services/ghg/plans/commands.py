"""What can be asked of an entity's reduction plan. Pure: no rule lives here.

`FILLED` fields are the day, what results tell of the entity, and the sector curves that are known;
the server fills them in.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.ghg import Year
from contracts.ghg_plans import (
    FacilityPlanned,
    GivenCurve,
    PathwayFamily,
    ScopeNumber,
    StructuralChange,
    YearValue,
)
from contracts.values import EntityId, Id, MemberId, NoteRef, PlainDecimal, StaffRef, Value
from infra.decider import Command

from .figures import EntityEvidence

Above = Annotated[PlainDecimal, Field(gt=0)]


class SectorCurve(Value):
    """A sector curve as the factor book tells it (`curve.Curve`)."""

    factor_set: Id
    title: str
    unit: str
    nodes: tuple[tuple[int, Decimal], ...]
    evidence: str


class RecordsOf(Value):
    """Where the production records of a year are kept."""

    year: Year
    ref: Id


class Purchased(Value):
    """Tonnes of metal that were bought in a year, where the activity data do not tell them, or
    other than they do."""

    year: Year
    tonnes: Above


class PlanCommand(Command):
    """What all commands of a plan share."""

    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "entity"})
    entity_id: EntityId
    member_id: MemberId
    entity: EntityEvidence | None = None

    @property
    def stream(self) -> str:
        return f"reduction_plan/{self.entity_id}"


class AdoptPlan(PlanCommand):
    """Adopt a reduction plan for one family of pathways: the base year is chosen from verified
    results, and what is missing to prove it is told. `planned` are intensities by year of all
    facilities of the family together, `by_facility` those of single ones: as roadmaps of criterion
    5.2 only these count, unless the family is of one facility. `unusual_years` had no usual output;
    `production_records` are what results do not tell, `purchased` is held against what they do.
    Adopted again, the plan keeps its pathway, made again from the base, and its intermediate
    target; `doubts` of the event say it where the method makes none from this base, and where
    changes of structure are not in it."""

    NAME: ClassVar[str] = "adopt_plan"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "entity", "curves"})
    family: PathwayFamily
    planned: Annotated[tuple[YearValue, ...], Field(max_length=60)] = ()
    by_facility: Annotated[tuple[FacilityPlanned, ...], Field(max_length=60)] = ()
    owner: StaffRef
    unusual_years: Annotated[tuple[Year, ...], Field(max_length=60)] = ()
    production_records: Annotated[tuple[RecordsOf, ...], Field(max_length=60)] = ()
    purchased: Annotated[tuple[Purchased, ...], Field(max_length=60)] = ()
    curves: tuple[SectorCurve, ...] = ()


class SetPathway(PlanCommand):
    """Set the targets of all years to the end. `method` is the tool that was used: those that count
    are `methods` of the plan, and R-22 finds another and names them. `method_variant` is how the
    sector's curve becomes the entity's; of `split`, `parts` says how each part does.
    `market_share` is for what converges (`sda`) alone (`market-share-not-used`). `given` are curves
    that the entity gives where none is known here."""

    NAME: ClassVar[str] = "set_pathway"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "entity", "curves"})
    family: PathwayFamily
    method: Id
    method_variant: Literal["indexed", "sda", "split"]
    parts: Literal["indexed", "sda"] | None = None
    market_share: PlainDecimal | None = None
    given: Annotated[tuple[GivenCurve, ...], Field(max_length=2)] = ()
    curves: tuple[SectorCurve, ...] = ()


class SetIntermediateTarget(PlanCommand):
    """Set the target on the way to 2050: its year, its intensity, the scopes that it covers, and
    whether it is public."""

    NAME: ClassVar[str] = "set_intermediate_target"
    family: PathwayFamily
    year: Year
    t_per_t: Above
    scopes: Annotated[tuple[ScopeNumber, ...], Field(min_length=1, max_length=3)]
    public: bool


class ReviewPlan(PlanCommand):
    """Record the yearly review: plan and actual of a year beside its targets."""

    NAME: ClassVar[str] = "review_plan"
    year: Year
    purchased: Annotated[tuple[Purchased, ...], Field(max_length=1)] = ()
    note_ref: NoteRef | None = None


class EvaluatePlan(PlanCommand):
    """Record whether the plan works (criterion 5.4), and by which measures."""

    NAME: ClassVar[str] = "evaluate_plan"
    year: Year
    effective: bool
    measures: Annotated[tuple[Id, ...], Field(min_length=1, max_length=40)]
    purchased: Annotated[tuple[Purchased, ...], Field(max_length=1)] = ()
    note_ref: NoteRef | None = None


class NoteStructuralChanges(PlanCommand):
    """Tell what came, went or is counted anew, in tonnes of the base year; where the base is a mean
    of years, of one year, as it was in their mean. What an acquisition brought or a divestment
    took is told without a sign (`change-below-zero`). Above the threshold the base is made anew,
    and the pathway with it; years before `from_year` stay held against the targets of then."""

    NAME: ClassVar[str] = "note_structural_changes"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "entity", "curves"})
    family: PathwayFamily
    changes: Annotated[tuple[StructuralChange, ...], Field(min_length=1, max_length=40)]
    curves: tuple[SectorCurve, ...] = ()


class EndPlan(Command):
    """Ours, when the entity is closed: no plan is kept any more."""

    NAME: ClassVar[str] = "end_plan"
    entity_id: EntityId
    ended_on: date

    @property
    def stream(self) -> str:
        return f"reduction_plan/{self.entity_id}"
