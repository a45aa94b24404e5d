"""A plan is adopted again: what stands of the one before. Pure.

Source: sources.md 3.3 (criteria 5.3, 5.4), 4.9. Who adopts a plan again says other values, not that
it gives up its pathway: that is made again from the base by the method and the curves of before,
and the intermediate target stays as it was set. What cannot stand is told in the plan's event.
"""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.ghg_plans import PathwaySet, PlanBase, ReductionPlanAdopted
from infra.errors import Refused
from infra.policy import Policy
from services.ghg.calculation.working import Doubt
from services.ghg.findings.targets import method_fault

from .commands import SectorCurve
from .parts import doubts, finding
from .pathway import Pathway, gap_of
from .state import FamilyPlan, PlanEvent, same_sums
from .targets import by_year, method_of, pathway_of

DROPPED = "pathway_dropped"
"""What a doubt is about that the pathway of the plan before does not stand any more."""
UNMADE = "structure_not_in_base"
"""What a doubt is about that the base is without the changes of structure that were noted."""
SOURCE = "sources.md 4.9"


class Kept(NamedTuple):
    """Events of what stands of the plan before, and what is to be told of what does not."""

    events: tuple[PlanEvent, ...]
    doubts: tuple[Doubt, ...]


def based_on(found: PlanBase, before: FamilyPlan | None) -> PlanBase:
    """The base of a plan: as results tell it now, with the structure that was noted since where
    they tell the same as when the plan before was based on them."""
    if before is None or not same_sums(found, before.chosen):
        return found
    now = before.base
    sums = {"emission_t": now.emission_t, "power_t": now.power_t, "output_t": now.output_t}
    return found.model_copy(update={"t_per_t": now.t_per_t, **sums})


def carry_over(
    before: FamilyPlan,
    adopted: ReductionPlanAdopted,
    curves: Sequence[SectorCurve],
    policy: Policy,
) -> Kept:
    """Pathway and target of the plan before, on the base of the one that is adopted."""
    events: list[PlanEvent] = []
    found = list(_structure_doubts(before, adopted.base))
    pathway: Pathway | None = None
    if before.pathway is not None:
        try:
            pathway = pathway_of(adopted.base, method_of(before.pathway, curves), policy)
        except Refused as refused:
            found.append(dropped_doubt(before.pathway, refused.sentence))
        else:
            events.append(_again(before.pathway, pathway, adopted, policy))
    wanted = before.wanted()
    if before.target is not None and wanted is not None:
        # Its horizon is judged from the day on which it was set, whenever the plan is adopted.
        about = {"member_id": adopted.member_id, "pathway_gap": gap_of(wanted, pathway)}
        events.append(before.target.model_copy(update=about))
    return Kept(tuple(events), tuple(found))


def dropped_doubt(pathway: PathwaySet, why: str) -> Doubt:
    """That a pathway is not in force any more, and what to do."""
    sentence = (
        f"The pathway of before ({pathway.method_variant}, from {pathway.base_year}, set on"
        f" {pathway.set_on.isoformat()}) is not in force since the plan was adopted again: {why}"
        " Set one again (set_pathway)."
    )
    return Doubt(DROPPED, sentence, SOURCE)


def _again(
    said: PathwaySet, made: Pathway, adopted: ReductionPlanAdopted, policy: Policy
) -> PathwaySet:
    fault = method_fault(said.method, adopted.adopted_on, policy)
    return said.model_copy(
        update={
            "member_id": adopted.member_id,
            "curves": made.curves,
            "base_year": made.base.year,
            "targets": by_year(made),
            "doubts": doubts(made.doubts),
            "findings": (finding("R-22", fault, adopted.entity_id),) if fault else (),
            "set_on": adopted.adopted_on,
            "policy_id": policy.policy_id,
        }
    )


def _structure_doubts(before: FamilyPlan, base: PlanBase) -> Sequence[Doubt]:
    """That changes of structure were noted which the base, as results tell it now, is without."""
    if same_sums(before.base, base) or not (before.before or before.changes):
        return ()
    sentence = (
        f"The base is as results tell it now, of {base.year}. The changes of structure that were"
        " noted for the plan before are not added to it: where these results do not have them, note"
        " them again (note_structural_changes)."
    )
    return (Doubt(UNMADE, sentence, SOURCE),)
