"""Tonnes of bought metal: told by the activity data, and held against what an entity tells."""

from datetime import date

from contracts.ghg_plans import PathwayFamily, PlanBase, PlanReviewed, ReductionPlanAdopted
from services.ghg.plans.commands import Purchased, ReviewPlan

from .given import d
from .planned import WHO, adopt, entity, figures, plans

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
