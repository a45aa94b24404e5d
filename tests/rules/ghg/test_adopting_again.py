"""A plan that is adopted again keeps its pathway and target, or says that it does not; values that
were planned before a change of structure are told as that (criteria 5.3, 5.4; sources.md 4.9)."""

from datetime import date
from decimal import Decimal
from typing import Any

from contracts.ghg_plans import (
    IntermediateTargetSet,
    PathwayFamily,
    PathwaySet,
    PlanEvaluated,
    ReductionPlanAdopted,
)
from services.ghg.plans.commands import EvaluatePlan, SetIntermediateTarget
from services.ghg.plans.plans_api import plan_shown
from tests.rules.spec import Answered

from .given import POLICY, d
from .planned import ON, PRIMARY, WHO, adopt, adopted, entity, figures, plans, set_pathway, value
from .test_rebasing import changed

LATER = date(2027, 3, 1)
SOLD = ("divestment", "640000", "320000", "20000")
"""Of 100,000 t at 16 t CO2e/t: what is left has 12."""


def target(**more: Any) -> SetIntermediateTarget:
    """A target of all scopes, public, for 2030."""
    said = {"year": 2030, "t_per_t": "11.5", "scopes": ("1", "2", "3"), "public": True}
    known = {"on": ON, "entity": entity(), "family": PRIMARY, **WHO}
    return SetIntermediateTarget.model_validate({**known, **said, **more})


def shown(answered: Any, *years: Any) -> Any:
    """The family as GET of the plan tells it."""
    told: Any = plan_shown(answered.state, entity(*years), POLICY, ON)
    return told["families"][0]


def abouts(doubts: Any) -> list[str]:
    """What each doubt is about."""
    return [one.about for one in doubts]


def again(answered: Answered, *years: Any, **more: Any) -> tuple[Answered, ReductionPlanAdopted]:
    """The plan adopted again, later, and its event."""
    after = answered.and_when(adopt(*years, on=LATER, **more))
    (event,) = (one for one in after.events if isinstance(one, ReductionPlanAdopted))
    return after, event


def test_new_values_leave_the_pathway_as_it_was() -> None:
    before = adopted()
    after, event = again(before, planned=(value(2030, "11"),))
    assert [type(one) for one in after.events] == [ReductionPlanAdopted, PathwaySet]
    assert event.doubts == ()
    then, now = before.state.families[PRIMARY], after.state.families[PRIMARY]
    assert now.targets == then.targets
    assert now.planned() == {2030: Decimal(11)}
    assert now.pathway is not None
    assert now.pathway.set_on == LATER
    assert len(shown(after)["alignment"]) == 31
    assert shown(after)["doubts"] == ()


def test_a_newer_base_year_carries_the_pathway_with_it() -> None:
    years = (figures(2020), figures(2024, "14"))
    after, _ = again(adopted(), *years)
    pathway = after.state.families[PRIMARY].pathway
    assert pathway is not None
    assert pathway.base_year == 2024
    assert (pathway.method, pathway.method_variant) == ("asi_ghg_pathways_v2", "indexed")
    assert pathway.targets == set_on(*years)
    assert pathway.targets[0].t_per_t == 14


def set_on(*years: Any) -> Any:
    """The targets of a pathway that is set on these years for the first time."""
    (*_, made) = plans.when(adopt(*years), set_pathway()).events
    assert isinstance(made, PathwaySet)
    return made.targets


def test_the_intermediate_target_stays_as_of_the_day_on_which_it_was_set() -> None:
    after, _ = again(adopted().and_when(target()), figures(2020), figures(2024, "14"))
    (_, _, kept) = after.events
    assert isinstance(kept, IntermediateTargetSet)
    targets = after.state.families[PRIMARY].targets
    assert (kept.year, kept.t_per_t, kept.set_on) == (2030, Decimal("11.5"), ON)
    assert kept.pathway_gap == Decimal("11.5") - targets[2030], "of the pathway as it is now"


def test_a_pathway_that_cannot_be_made_again_is_told_to_be_gone() -> None:
    """The sector's intensity, to which `sda` converges, begins with 2020."""
    set_by_sda = plans.when(adopt(), set_pathway(method_variant="sda"))
    after, event = again(set_by_sda, figures(2019))
    assert [type(one) for one in after.events] == [ReductionPlanAdopted]
    assert abouts(event.doubts) == ["pathway_dropped"]
    assert "2019" in event.doubts[0].sentence
    assert "set_pathway" in event.doubts[0].sentence
    family = shown(after)
    assert (family["pathway"], family["alignment"]) == (None, [])
    assert family["doubts"] == event.doubts
    follows = after.and_when(set_pathway())
    assert shown(follows)["doubts"] == (), "until one is set"


def test_a_plan_that_an_older_build_adopted_again_says_that_its_pathway_is_gone() -> None:
    """Its event was followed by no pathway, and had no doubts."""
    before = adopted()
    old = before.state.families[PRIMARY].adopted.model_copy(
        update={"planned": (value(2030, "11"),)}
    )
    after = before.and_given(old)
    assert abouts(shown(after)["doubts"]) == ["pathway_dropped"]


def test_the_same_plan_adopted_twice_again_is_one_plan() -> None:
    values = {"planned": (value(2030, "11"),)}
    after, _ = again(adopted(), **values)
    after.and_when(adopt(on=date(2027, 4, 1), **values)).nothing()


def test_values_planned_before_a_change_are_held_against_the_target_of_then() -> None:
    stands = plans.when(adopt(planned=(value(2030, "11.5"),)), set_pathway())
    then = stands.state.families[PRIMARY].targets[2030]
    moved = stands.and_when(changed(SOLD))
    family = shown(moved)
    (row,) = (one for one in family["alignment"] if one["year"] == 2030)
    assert row["planned_target_then"] == then
    assert row["planned_gap"] == Decimal("11.5") - then, "not to the target of the rest, 12/16"
    assert row["target"] < then
    assert abouts(row["doubts"]) == ["planned_for_structure_before"]
    assert abouts(family["doubts"]) == ["planned_for_structure_before"]


def test_an_evaluation_says_that_its_planned_value_is_of_another_structure() -> None:
    stands = plans.when(adopt(planned=(value(2026, "13"),)), set_pathway())
    told = {**WHO, "on": LATER, "entity": entity(figures(2020), figures(2026, "9")), "year": 2026}
    command = EvaluatePlan.model_validate({**told, "effective": True, "measures": ["line"]})
    (evaluated,) = stands.and_when(changed(SOLD)).and_when(command).events
    assert isinstance(evaluated, PlanEvaluated)
    assert abouts(evaluated.years[0].doubts) == ["planned_for_structure_before"]
    (before,) = stands.and_when(command).events
    assert isinstance(before, PlanEvaluated)
    assert before.years[0].doubts == ()


def test_adopting_again_after_a_change_keeps_the_base_of_the_new_structure() -> None:
    """Else whoever plans anew for the structure of now would undo the change by it."""
    moved = plans.when(adopt(planned=(value(2030, "11.5"),)), set_pathway()).and_when(changed(SOLD))
    targets = moved.state.families[PRIMARY].targets
    after, event = again(moved, planned=(value(2030, "8"),))
    assert event.base.t_per_t == 12
    assert event.base.output_t == 80_000
    assert event.doubts == ()
    plan = after.state.families[PRIMARY]
    assert plan.targets == targets
    family = shown(after)
    (row,) = (one for one in family["alignment"] if one["year"] == 2030)
    assert (row["planned_gap"], row["planned_target_then"]) == (8 - targets[2030], None)
    assert (row["doubts"], family["doubts"]) == ((), ())
    (first,) = (one for one in shown(after, figures(2020))["alignment"] if one["year"] == 2020)
    assert (first["actual_gap"], first["target_then"]) == (0, 16), "actual years as before"


def test_adopting_the_same_values_again_says_that_they_are_of_the_structure_of_now() -> None:
    values = {"planned": (value(2030, "8"),)}
    moved = plans.when(adopt(**values), set_pathway()).and_when(changed(SOLD))
    after, _ = again(moved, **values)
    assert shown(after)["doubts"] == ()
    after.and_when(adopt(on=date(2027, 4, 1), **values)).nothing()
    third, event = again(after, planned=(value(2030, "7"),))
    assert event.base.t_per_t == 12, "a third time as well"
    assert third.state.families[PRIMARY].chosen.t_per_t == 16


def test_records_that_prove_the_base_do_not_undo_a_change() -> None:
    moved = adopted().and_when(changed(SOLD))
    _, event = again(moved, production_records=({"year": 2020, "ref": "book-20"},))
    assert event.base.t_per_t == 12
    assert event.base.missing == ()


def test_small_changes_still_count_together_after_a_plan_is_adopted_again() -> None:
    """4 % sold, the plan adopted again on the same figures, 4 % sold: 8 % of the base."""
    small = ("divestment", "64000", "32000", "4000")
    after, _ = again(adopted().and_when(changed(small)), planned=(value(2030, "11"),))
    assert [one.__class__.__name__ for one in after.and_when(changed(small)).events] == [
        "StructuralChangesNoted",
        "PlanRebased",
    ]


def test_a_base_of_other_figures_says_that_changes_are_not_added_to_it() -> None:
    moved = adopted().and_when(changed(SOLD))
    after, event = again(moved, figures(2020, "15"))
    assert event.base.t_per_t == 15
    assert abouts(event.doubts) == ["structure_not_in_base"]
    assert abouts(shown(after)["doubts"]) == ["structure_not_in_base"]
    noted = after.and_when(changed(SOLD))
    assert "structure_not_in_base" not in abouts(shown(noted)["doubts"]), "once they are noted"


def test_tonnes_that_were_told_of_years_stand_until_others_are() -> None:
    family = PathwayFamily.PROCUREMENT
    bought = figures(2021, "8", family=family, output_t=None, power_t=d("0"))
    first: Any = {"family": family, "purchased": ({"year": 2021, "tonnes": "50000"},)}
    before = plans.when(adopt(bought, **first))
    then = before.state.families[family]
    after = before.and_when(adopt(bought, on=LATER, family=family, planned=(value(2030, "9"),)))
    now = after.state.families[family]
    assert now.told == then.told == {2021: 50000}
    assert now.base.t_per_t == then.base.t_per_t == 16
    others = {**first, "purchased": ({"year": 2021, "tonnes": "40000"},)}
    last = after.and_when(adopt(bought, on=LATER, **others)).state.families[family]
    assert last.told == {2021: 40000}
    assert last.base.t_per_t == 20
