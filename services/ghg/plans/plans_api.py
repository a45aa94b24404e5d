"""The HTTP side of plans and claims: an entity's plan with its alignment, claims as they stand."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from contracts.values import ID_PATTERN
from infra.errors import Refused
from infra.policy import Policy
from infra.service import Running
from infra.web import Api, Json, Paged, SignedIn, listed
from services.ghg.calculation.working import Doubt
from services.ghg.claims.claim import Claim
from services.ghg.queries import CONSUMER, Queries

from .commands import SetPathway
from .figures import EntityEvidence
from .filling import PlansFilling
from .keeping import DROPPED, UNMADE, dropped_doubt
from .parts import (
    PLANNED_BEFORE,
    Actual,
    actual_of,
    doubts,
    planned_doubts,
    structure_doubts,
    target_today,
)
from .pathway import alignment as aligned
from .state import FamilyPlan, ReductionPlan

Key = Annotated[str, Path(pattern=ID_PATTERN)]
CLAIM_STATE = r"^(requested|assessed|approved|refused|withdrawn|lapsed)$"


def add_plans(made: Api, running: Running, queries: Queries, filling: PlansFilling) -> None:
    """Add the routes of plans and claims, and to the command that names a method those that
    count."""
    schema = made.schemas[SetPathway.__name__]
    assert isinstance(schema, dict)  # as commands have them
    policy = running.definition.policies.on(running.times.today())
    schema["properties"]["method"]["description"] = methods_described(policy)
    _plans(made, running, queries, filling)
    _claims(made, queries)


def methods_described(policy: Policy) -> str:
    """What is said of the method of a pathway where one is sent."""
    since, accepted = policy.day("5.3.method_from"), policy.words("5.3.methods")
    return (
        f"The tool that was used: {' or '.join(accepted)}, the ASI GHG Pathways Method. Any other"
        f" word is taken, and found (R-22) from {since.isoformat()} on."
    )


def _plans(made: Api, running: Running, queries: Queries, filling: PlansFilling) -> None:
    @made.get("/ghg/entities/{entity_id}/plan", tags=["plans"])
    async def plan(principal: SignedIn, entity_id: Key) -> Response:
        """An entity's reduction plan as it stands: base, pathway, target, and for every year plan
        and actual beside the pathway, with the gap, whether all figures of the actual are verified
        and what is doubted in it. In a year before a change of structure the actual is of the
        structure of then, and its gap is to `target_then`, which was in force. Values that were
        planned before a change are of the structure of then in every year: their gap is to
        `planned_target_then`, until the plan is adopted again. `doubts` of a family say that, and
        that a plan which was adopted again is without the pathway of before. `pathway_gap` and
        `findings` of the target are against the pathway as it is now and of today: after a change
        of structure, or once its year is over, they are others than when it was set. Tonnes of
        bought metal are those that the entity told with the plan, a review or an evaluation
        (`tonnes_told`), else those of its activity data, as in `figures`. `methods` are those of a
        pathway that R-22 lets pass. Refused `unknown-plan` while an entity of yours has none."""

        def found() -> tuple[ReductionPlan, str | None, EntityEvidence | None]:
            state = queries.reader.state(f"reduction_plan/{entity_id}")
            assert isinstance(state, ReductionPlan)  # the stream's own kind
            owner = state.member_id or queries.member_of(entity_id)
            return state, owner, filling.entity(entity_id)

        state, owner, evidence = await asyncio.to_thread(found)
        principal.require_owner(owner, f"plan of {entity_id}")
        if not state.entity_id:
            raise Refused(
                "unknown-plan",
                f"{entity_id} has no reduction plan yet: `adopt_plan` begins one",
                entity_id=entity_id,
            )
        on = running.times.today()
        return Json(plan_shown(state, evidence, running.definition.policies.on(on), on))

    @made.get("/ghg/members/{member_id}/plans", tags=["plans"])
    async def plans(principal: SignedIn, member_id: Key, wanted: Paged) -> Response:
        """The reduction plans of a member, by entity, each with the day of its next review."""
        principal.require_member(member_id)
        rows = await asyncio.to_thread(
            queries.reader.page,
            CONSUMER,
            "plans",
            wanted.after,
            wanted.limit,
            {"member_id": member_id},
        )
        answer = listed(rows, wanted, lambda row: str(row.entity_id))
        return Json({**answer, "items": [row._asdict() for row in rows[: wanted.limit]]})


def _claims(made: Api, queries: Queries) -> None:
    @made.get("/ghg/claims", tags=["claims"])
    async def every(
        principal: SignedIn,
        wanted: Paged,
        state: Annotated[str | None, Query(pattern=CLAIM_STATE)] = None,
    ) -> Response:
        """All claims, by id; for operations."""
        principal.require("ops")
        rows = await asyncio.to_thread(
            queries.reader.page, CONSUMER, "claims", wanted.after, wanted.limit, {"state": state}
        )
        answer = listed(rows, wanted, lambda row: str(row.claim_id))
        return Json({**answer, "items": [row._asdict() for row in rows[: wanted.limit]]})

    @made.get("/ghg/members/{member_id}/claims", tags=["claims"])
    async def of_member(principal: SignedIn, member_id: Key, wanted: Paged) -> Response:
        """A member's claims, by id."""
        principal.require_member(member_id)
        rows = await asyncio.to_thread(
            queries.reader.page,
            CONSUMER,
            "claims",
            wanted.after,
            wanted.limit,
            {"member_id": member_id},
        )
        answer = listed(rows, wanted, lambda row: str(row.claim_id))
        return Json({**answer, "items": [row._asdict() for row in rows[: wanted.limit]]})

    @made.get("/ghg/claims/{claim_id}", tags=["claims"])
    async def claim(principal: SignedIn, claim_id: Key) -> Response:
        """A claim with all that was found in it."""
        state = await asyncio.to_thread(queries.reader.state, f"claim/{claim_id}")
        requested = state.requested if isinstance(state, Claim) else None
        principal.require_owner(requested.member_id if requested else None, f"claim {claim_id}")
        if not isinstance(state, Claim) or requested is None:
            raise Refused("unknown-claim", f"there is no claim {claim_id}", claim_id=claim_id)
        return Json(
            {
                "state": state.state,
                "requested": requested,
                "checked": state.checked,
                "assessed": state.assessed,
                "certificate": state.certificate,
                "valid_until": state.valid_until,
            }
        )


def plan_shown(
    state: ReductionPlan, evidence: EntityEvidence | None, policy: Policy, on: date
) -> dict[str, object]:
    """A plan with the alignment of every family, and its target as it is judged on a day."""
    return {
        "entity_id": state.entity_id,
        "member_id": state.member_id,
        "due_on": state.due_on,
        "overdue": state.overdue,
        "ended_on": state.ended_on,
        "reviewed": state.reviewed,
        "evaluated": state.evaluated,
        "methods": policy.words("5.3.methods"),
        "families": [
            _family(plan, evidence, policy, on) for _, plan in sorted(state.families.items())
        ],
    }


def _family(
    plan: FamilyPlan, evidence: EntityEvidence | None, policy: Policy, on: date
) -> dict[str, object]:
    return {
        "family": plan.adopted.family,
        "owner": plan.adopted.owner,
        "adopted_on": plan.adopted.adopted_on,
        "planned_of": plan.adopted.planned_of,
        "by_facility": plan.adopted.by_facility,
        "base": plan.base,
        "pathway": plan.pathway_now(),
        "target": target_today(plan, on, policy),
        "changes": plan.changes,
        "figures": evidence.of(plan.adopted.family) if evidence else [],
        "tonnes_told": [{"year": year, "tonnes": t} for year, t in sorted(plan.told.items())],
        "alignment": _alignment(plan, evidence, policy),
        "doubts": doubts(_doubts_of(plan)),
    }


def _doubts_of(plan: FamilyPlan) -> list[Doubt]:
    """What is doubted in a plan as a whole: it lost its pathway (older plans that were adopted
    again do not say it in their event), or its planned values are of another structure."""
    over = {DROPPED: plan.dropped is None, UNMADE: bool(plan.before or plan.changes)}
    said = [one for one in plan.adopted.doubts if not over.get(one.about)]
    found = [Doubt(one.about, one.sentence, one.source) for one in said]
    if plan.dropped is not None and DROPPED not in {one.about for one in said}:
        found.append(dropped_doubt(plan.dropped, "it was not made again from the new base."))
    footing = plan.planned_footing()
    if footing is not None and (plan.adopted.planned or plan.adopted.by_facility):
        sentence = (
            f"The base was made anew on {footing.rebased_on.isoformat()}, after a change of"
            " structure or method; what is planned was planned for the structure of before. Adopt"
            " the plan again with what is planned for the structure as it is now."
        )
        found.append(Doubt(PLANNED_BEFORE, sentence, "sources.md 4.9"))
    return found


def _alignment(
    plan: FamilyPlan, evidence: EntityEvidence | None, policy: Policy
) -> list[Mapping[str, object]]:
    """Every year of the pathway; years with figures before it began are not on it."""
    pathway = plan.as_pathway()
    if pathway is None:
        return []
    figures = evidence.of(plan.adopted.family) if evidence else []
    known = {
        one.year: actual_of(one, plan.told.get(one.year), policy)
        for one in figures
        if one.year in pathway.targets
    }
    actual = {year: one.t_per_t for year, one in known.items() if one.t_per_t is not None}
    planned = {year: t for year, t in plan.planned().items() if year in pathway.targets}
    footings = {year: plan.footing(year) for year in pathway.targets}
    then = {year: one.targets.get(year) for year, one in footings.items() if one is not None}
    of_plan = plan.planned_footing()
    planned_then = {year: of_plan.targets.get(year) for year in planned} if of_plan else {}
    return [
        {
            **one._asdict(),
            "verified": one.year in known and known[one.year].verified,
            "doubts": doubts(_doubted(one.year, plan, known)),
        }
        for one in aligned(pathway, planned, actual, then, planned_then)
    ]


def _doubted(year: int, plan: FamilyPlan, known: Mapping[int, Actual]) -> tuple[Doubt, ...]:
    """What is doubted in the actual of a year, where there is one, and in its planned value."""
    found = known.get(year)
    of_plan = planned_doubts(plan, year)
    if found is None:
        return of_plan
    of_structure = () if found.t_per_t is None else structure_doubts(plan, year)
    return (*found.doubts, *of_structure, *of_plan)
