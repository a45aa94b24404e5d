"""What a decision rests on that is not in its own stream: filled in by the server. Pure.

Our own streams are read from their folds, so they are never behind; what certification and
membership say is read from rows, with the position through which it is known. A client can claim
none of it.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from contracts.bought import AnodesIn
from contracts.custody import (
    Carried,
    Checked,
    ClaimPart,
    DocumentNumber,
    Entry,
    Lot,
    Mass,
    MovementKind,
    PoolKey,
    Position,
    ScopeId,
    Stage,
    StepEmissions,
    Switched,
    Topic,
)
from contracts.ghg import Amount, StepTotal, Year
from contracts.inventory import MetalIn, Scope
from contracts.values import Activity, EntityId, FacilityId, Id, MemberId, Name, PlainDecimal, Value
from infra.decider import derived_id
from infra.errors import Refused

from .accounting.balance import Terms
from .refused import unknown_scope

Version = Annotated[int, Field(ge=0)]
UNKNOWN_S = 10**9
"""The age of knowledge whose age nobody knows: older than any policy allows."""

STAGES: Mapping[Activity, tuple[Stage, ...]] = {
    Activity.BAUXITE_DEVELOPMENT: (Stage.BAUXITE,),
    Activity.BAUXITE_MINING: (Stage.BAUXITE,),
    Activity.ALUMINA_REFINING: (Stage.BAUXITE, Stage.ALUMINA),
    Activity.HIGH_PURITY_ALUMINA: (Stage.ALUMINA,),
    Activity.SMELTING: (Stage.ALUMINA, Stage.ALUMINIUM),
}
"""The pools of an activity; all others have aluminium alone."""


def age_of(behind_s: int) -> str:
    """How old knowledge is, in words."""
    return "of unknown age" if behind_s >= UNKNOWN_S else f"{behind_s} s old"


def told_age(behind_s: int) -> int | None:
    """The same as a number; None where nobody knows."""
    return None if behind_s >= UNKNOWN_S else behind_s


def stages_of(activities: tuple[Activity, ...]) -> frozenset[Stage]:
    """The stages at which a scope with these activities keeps pools."""
    found = (STAGES.get(activity, (Stage.ALUMINIUM,)) for activity in activities)
    return frozenset(stage for stages in found for stage in stages)


def activities_at(activities: Iterable[Activity], stage: Stage) -> tuple[Activity, ...]:
    """Those of a scope's activities that share its pool of a stage."""
    return tuple(one for one in activities if stage in stages_of((one,)))


class Stake(Value):
    """A joint venture's holder and its share of the output. What scopes of the `same_share` took
    counts with what it takes: one of them went over into the other."""

    holder_scope_id: ScopeId
    share_percent: PlainDecimal
    same_share: tuple[ScopeId, ...] = ()


class ScopeEvidence(Value):
    """A scope as its stream tells it, and the period in which the day asked about lies (None:
    before its first). `facilities` are those of the day; the Performance Standard need not cover
    `ps_later` of them yet. At `idle` stages none of them works, since one has left; `vacant`: all
    have. At the stages that it `awaits` they are facilities of another scope that come when that
    goes over; `awaiting`: all are. `suspended_from` and `ends_before` are the first days without
    claims and without bookings, `suspended_before` earlier times without claims: first days of
    being without and with them. `switched`: through which days what the period got and leaves would
    serve if the scope did not go over. `instead_of` is the scope that was asked about, where that
    went over into this one."""

    scope_id: ScopeId
    member_id: MemberId
    entity_id: EntityId
    name: Name
    address: str
    facilities: tuple[FacilityId, ...] = ()
    ps_later: tuple[FacilityId, ...] = ()
    stages: tuple[Stage, ...]
    idle: tuple[Stage, ...] = ()
    vacant: bool = False
    awaits: tuple[Stage, ...] = ()
    awaiting: bool = False
    activities: tuple[Activity, ...] = ()
    period: date | None
    ends_on: date | None
    next_period: date | None
    suspended_from: date | None = None
    reinstated_from: date | None = None
    suspended_before: tuple[tuple[date, date], ...] = ()
    ends_before: date | None = None
    switched: Switched | None = None
    to_scope_id: ScopeId | None = None
    instead_of: ScopeId | None = None
    ps_pending: bool = False
    contractors: tuple[Id, ...] = ()
    stakes: tuple[Stake, ...] = ()

    def ended(self, day: date) -> bool:
        """Whether nothing is booked on a day any more."""
        return self.ends_before is not None and day >= self.ends_before

    def suspended(self, day: date) -> bool:
        """Whether nothing may be claimed on a day."""
        return self.suspended_since(day) is not None

    def suspended_since(self, day: date) -> date | None:
        """The first day of the time without claims in which a day lies; None where it is in none.
        Of several that are told of it the first."""
        told = [*self.suspended_before, (self.suspended_from, self.reinstated_from)]
        found = [one[0] for one in told if one[0] is not None and suspended_on(day, one, ())]
        return min(found, default=None)


class MovementSeen(Value):
    """A movement as rows have it."""

    movement_id: Id
    digest: Id
    kind: MovementKind
    day: date
    entries: tuple[Entry, ...]
    coc_kg: int
    reversed_by: Id | None = None
    activity: Activity | None = None


class TakenBack(NamedTuple):
    """A change of stage that was taken back: the movement by which its product leaves the next
    pool, the day, the mass and the CoC part of it."""

    name: str
    day: date
    kg: int
    coc_kg: int


class Onward(NamedTuple):
    """The pool of the next stage: masses by account in all and of each day, what bears on its cover
    beside them before anything of that lapsed, whether it is closed, and by which movement a
    product left it last that was taken back; `entered` is how the product of a change of stage came
    in."""

    stream: str
    kgs: tuple[int, ...]
    days: Mapping[date, tuple[int, ...]]
    terms: Terms
    closed: bool
    came_back: str
    altered: Mapping[str, str]
    entered: MovementSeen | None


def onward_of(stream: str, pool: Any, entered: MovementSeen | None) -> Onward:
    """The pool of a stream, as folded, for a change of stage that is taken back."""
    return Onward(
        stream,
        pool.kgs,
        pool.days,
        pool.terms,
        pool.end is not None,
        pool.came_back,
        pool.altered,
        entered,
    )


class PoolKnown(Value):
    """What rows know of a pool through a version of its stream: the movement of the id that is
    asked for, and the one it takes back; and the reasons for which its claims are stopped."""

    through: Version = 0
    movement: MovementSeen | None = None
    reversed: MovementSeen | None = None
    stopped: tuple[str, ...] = ()


class FacilityFound(Value):
    """A facility as membership told it: whose it is, what it does, whether it is closed on the day.
    `position`: of the event that told it last. `chain_since`: since when Chain of Custody
    certificates of its entity have covered it without a break."""

    facility_id: FacilityId
    entity_id: EntityId
    activities: tuple[Activity, ...]
    closed: bool = False
    position: Position
    chain_since: date | None = None


class Held(Value):
    """All that has come into a pool, in kilograms, and the grams of CO2e of what is known wholly
    and in part (`bounds.turned`)."""

    kg: int = 0
    emission_g: int = 0
    partial_g: int = 0


class Diligence(Value):
    """A record of due diligence on a supplier."""

    topics: tuple[Topic, ...]
    performed_on: date
    valid_through: date


class Unlooked(Value):
    """What a supplier of material without CoC brought on days on which no valid record of due
    diligence covers all topics, by what is recorded now: how many receipts, with what mass, on the
    first through the last of these days, and the topics that were missing on any. None for what
    came without a supplier's name."""

    supplier_id: Id | None
    movements: int
    mass_kg: int
    first_on: date
    last_on: date
    missing: tuple[Topic, ...]


class FacilityResult(Value):
    """A facility's verified result of a calendar year, with what the statement covers, and what
    of its purchased goods came with metal, what of its products no step there went on with, and
    what metal, anodes and paste came in from outside (None: it does not tell), and the member whose
    it is."""

    facility_id: FacilityId
    year: Year
    result: Annotated[int, Field(ge=1)]
    totals: tuple[StepTotal, ...]
    outputs: tuple[Amount, ...]
    gwp_set: Id
    verifier_id: Id
    scopes: tuple[Scope, ...]
    brought_along: tuple[StepTotal, ...] | None = None
    products_left: tuple[Amount, ...] | None = None
    metal_in: tuple[MetalIn, ...] | None = None
    anodes_in: tuple[AnodesIn, ...] | None = None
    member_id: MemberId | None = None


class VentureShare(Value):
    """What a joint venture's partner may take of a closed period's output by its share, and what it
    has taken of it, in kilograms. `scopes` are the pool's and those into which that went over;
    `holders` those whose takings are of the same share, it among them."""

    pool: PoolKey
    ends_on: date
    limit_kg: int
    taken_kg: int
    scopes: tuple[ScopeId, ...] = ()
    holders: tuple[ScopeId, ...] = ()


class ReplacedClaim(Value):
    """The claim of a document that another one replaces, as the document's stream tells it: of
    `day`, from which on it counts. `designated` is whether it still does, `ended` whether another
    one stands in its place, `by` which. `from_closed` is what of it was claimed in other pools.
    `went_to` are the scopes that its own has gone over into by the day of the correction, one after
    the other; `open` is whether its pool is. `customer_scope_id` is whom it was for; where the
    correction is for another one, `shares` are that one's in the closed periods. `step` is what it
    said of its own step."""

    number: DocumentNumber
    pool: PoolKey
    mass_kg: Mass
    lot: Lot
    carried: Carried
    designated: bool
    ended: bool = False
    by: DocumentNumber | None = None
    day: date
    activity: Activity | None = None
    from_closed: tuple[ClaimPart, ...] = ()
    went_to: tuple[ScopeId, ...] = ()
    open: bool = False
    customer_scope_id: ScopeId | None = None
    shares: tuple[VentureShare, ...] = ()
    step: StepEmissions | None = None


def suspended_on(
    day: date, last: tuple[date | None, date | None], before: Iterable[tuple[date, date]]
) -> bool:
    """Whether a day lies in one of the times without claims, each from its first day on to the one
    with which it ended; the last of them may be none, or have no end yet."""
    since, until = last
    if since is not None and since <= day and (until is None or day < until):
        return True
    return any(first <= day < end for first, end in before)


def nothing_seen(scope: ScopeEvidence, day: date) -> Checked:
    """What is known of certificates by who did not look: nothing."""
    return Checked(entity_id=scope.entity_id, day=day, known_through_position=0)


def digest(*parts: object) -> Id:
    """A digest of what was asked, by which a repeat is recognised."""
    return derived_id(*(repr(part) for part in parts))


def check_scope(
    scope: ScopeEvidence | None, scope_id: ScopeId, member_id: MemberId
) -> ScopeEvidence:
    """The scope, for the member that owns it; others do not learn that it exists."""
    if scope is None or scope.member_id != member_id or scope.scope_id != scope_id:
        raise unknown_scope(member_id, scope_id)
    return scope


def activity_of(named: Activity | None, scope: ScopeEvidence, stage: Stage) -> Activity | None:
    """The supply-chain activity of a lot: the one that is named, or the only one that the scope has
    at the stage; None where several share the pool and none is named. Raises Refused
    `activity-not-of-scope`. Rule: sources.md 5.8."""
    here = activities_at(scope.activities, stage)
    if named is None:
        return here[0] if len(here) == 1 else None
    if named not in here:
        raise Refused(
            "activity-not-of-scope",
            f"Scope {scope.scope_id} does no {named.value.replace('_', ' ')} at the stage"
            f" {stage.value}.",
            activity=named.value,
            scope_id=scope.scope_id,
            stage=stage.value,
        )
    return named


def went_over(scope: ScopeEvidence) -> Refused:
    """What is said of a scope from the day on from which another one stands in its place."""
    return Refused(
        "scope-transferred",
        f"Scope {scope.scope_id} ended before {scope.ends_before}: book in {scope.to_scope_id}.",
        scope_id=scope.scope_id,
        to_scope_id=scope.to_scope_id,
    )


def facility_left(scope: ScopeEvidence, stage: Stage, day: date) -> Refused:
    """What is said of a day on which no facility of a scope works at a stage any more, or yet."""
    if scope.awaiting or stage in scope.awaits:
        return Refused(
            "facilities-to-come",
            f"On {day} the facilities that work at the stage {stage.value} of scope"
            f" {scope.scope_id} are another scope's: they come on the day on which that goes over,"
            " once ASI has approved it.",
            scope_id=scope.scope_id,
            stage=stage.value,
            day=day,
        )
    return Refused(
        "facility-left-scope",
        f"On {day} no facility of scope {scope.scope_id} works at the stage {stage.value} any more:"
        " membership told that it went to another entity, or was closed. What the scope holds is"
        " shipped, or goes over into another scope.",
        scope_id=scope.scope_id,
        stage=stage.value,
        day=day,
    )
