"""Tonnes of bought metal: told by the activity data, and held against what an entity tells."""

from datetime import date
from typing import Any

from contracts.ghg_plans import (
    PathwayFamily,
    PathwaySet,
    PlanBase,
    PlanEvaluated,
    PlanReviewed,
    ReductionPlanAdopted,
)
from services.ghg.plans.commands import EvaluatePlan, Purchased, ReviewPlan
from services.ghg.plans.figures import EntityEvidence
from services.ghg.plans.plans_api import plan_shown
from services.ghg.plans.state import INITIAL, ReductionPlan, evolve
from tests.rules.spec import Answered

from .given import POLICY, d
from .planned import PRIMARY, WHO, adopt, entity, figures, plans, set_pathway

LATER = date(2027, 5, 1)


def test_tonnes_told_are_held_against_those_of_the_activity_data() -> None:
    family = PathwayFamily.PROCUREMENT
    bought = figures(2021, "8", family=family, power_t=d("0"))

    def base(*tonnes: str) -> PlanBase:
        told = [{"year": 2021, "tonnes": one} for one in tonnes]
        event = plans.when(adopt(bought, family=family, purchased=told)).events[0]
        assert isinstance(event, ReductionPlanAdopted)
        return event.base

    assert base().t_per_t == 8, "the data tell them where nobody else does"
    assert base().doubts == ()
    assert base("98000").doubts == ()
    (doubt,) = base("50000").doubts
    assert doubt.about == "tonnes_differ"
    assert "50000 t are told for 2021" in doubt.sentence
    assert base("50000").t_per_t == 16


def test_a_review_asks_about_tonnes_that_the_data_do_not_have() -> None:
    family = PathwayFamily.PROCUREMENT
    bought = figures(2021, "8", family=family, power_t=d("0"))
    review = ReviewPlan(
        on=LATER,
        entity=entity(bought),
        year=2021,
        purchased=(Purchased(year=2021, tonnes=d("80000")),),
        **WHO,
    )
    event = plans.when(adopt(bought, family=family), review).events[-2]
    assert isinstance(event, PlanReviewed)
    assert event.years[0].actual == 10
    assert [one.about for one in event.years[0].doubts] == ["tonnes_differ"]


BOUGHT = PathwayFamily.PROCUREMENT
BASE = figures(2022, "8", family=BOUGHT, power_t=d("0"), output_t=d("101000"))
NEXT = figures(2024, "7.8", family=BOUGHT, power_t=d("0"), output_t=d("104000"))
KNOWN = entity(BASE, NEXT)


def planned() -> Answered:
    """A plan whose base has other tonnes than the activity data, and its pathway."""
    command = adopt(BASE, family=BOUGHT, purchased=({"year": 2022, "tonnes": "90000"},))
    return plans.when(command, set_pathway(family=BOUGHT))


def evaluate(*purchased: dict[str, object]) -> EvaluatePlan:
    """An evaluation of 2024."""
    said = {"on": LATER, "entity": KNOWN, "year": 2024, "measures": ("scrap",), **WHO}
    return EvaluatePlan.model_validate({**said, "effective": True, "purchased": purchased})


def year_shown(state: ReductionPlan, year: int, known: EntityEvidence = KNOWN) -> Any:
    """A year of bought metal as the plan's page tells it."""
    shown: Any = plan_shown(state, known, POLICY, LATER)
    (family,) = [one for one in shown["families"] if one["family"] is BOUGHT]
    (found,) = [one for one in family["alignment"] if one["year"] == year]
    return found


def test_a_plan_shows_its_base_year_by_the_tonnes_that_made_the_base() -> None:
    found = year_shown(planned().state, 2022)
    assert round(found["actual_gap"], 20) == 0
    assert found["verified"] is True
    assert [one.about for one in found["doubts"]] == ["tonnes_differ"]


def test_the_page_of_a_plan_and_its_evaluation_tell_one_gap() -> None:
    answered = planned().and_when(evaluate({"year": 2024, "tonnes": "93000"}))
    [event] = answered.events
    assert isinstance(event, PlanEvaluated)
    [stored] = event.years
    assert stored.actual == d("780000") / 93_000
    found = year_shown(answered.state, 2024)
    assert (found["actual"], found["actual_gap"]) == (stored.actual, stored.gap)
    assert [one.about for one in found["doubts"]] == [one.about for one in stored.doubts]
    again = answered.and_when(evaluate())
    [repeated] = again.events
    assert isinstance(repeated, PlanEvaluated)
    assert repeated.years == event.years, "told once, they are not forgotten"


def test_tonnes_bought_say_nothing_of_primary_metal() -> None:
    smelted = figures(2024, "15")
    known = entity(smelted, NEXT)
    start = planned().and_when(adopt(figures(2020)), set_pathway())
    told = ({"year": 2024, "tonnes": "93000"},)
    command = evaluate(*told).model_copy(update={"entity": known})
    [event] = start.and_when(command).events
    assert isinstance(event, PlanEvaluated)
    assert {one.family: one.actual for one in event.years}[PRIMARY] == 15
    [adopted, *_] = plans.when(adopt(figures(2024, "15"), purchased=told)).events
    assert isinstance(adopted, ReductionPlanAdopted)
    assert adopted.base.t_per_t == 15
    assert adopted.purchased == ()


def test_a_plan_of_before_tells_its_base_year_by_its_base() -> None:
    event = planned().events[0]
    assert isinstance(event, PathwaySet)
    adopted = plans.when(
        adopt(BASE, family=BOUGHT, purchased=({"year": 2022, "tonnes": "90000"},))
    ).events[0]
    assert isinstance(adopted, ReductionPlanAdopted)
    older = evolve(INITIAL, adopted.model_copy(update={"purchased": ()}))
    state = evolve(older, event)
    assert round(year_shown(state, 2022)["actual_gap"], 20) == 0
