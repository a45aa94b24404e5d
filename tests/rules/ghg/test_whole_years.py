"""Years that are over and whole: a base year is one, and an actual that is none is doubted
(sources.md 4.9)."""

from datetime import date

from contracts.ghg_plans import PathwaySet, PlanReviewed
from services.ghg.plans.commands import ReviewPlan

from .planned import PRIMARY, WHO, adopt, adopted, entity, figures, plans, set_pathway


def test_a_base_is_never_made_of_smelters_that_tell_of_different_years() -> None:
    """One smelter tells of 2024, another of 2025 and of the year that runs."""
    north = figures(2024, "3.6", absent=("west",), expected=2)
    west = [
        figures(year, "13.5", verified=0, absent=("north",), unverified=("west",), expected=2)
        for year in (2025, 2026)
    ]
    command = adopt(north, *west)
    plans.when(command).refused(
        "base-year-missing", first_year=2018, years=[], missing=["2024: west", "2025: north"]
    )


def test_a_plan_adopted_before_keeps_the_base_that_it_was_given() -> None:
    before = adopted().state
    part = figures(2020, absent=("FAC-2",), expected=2)
    event = adopted().and_when(set_pathway(entity=entity(part), method_variant="sda")).events[0]
    assert isinstance(event, PathwaySet)
    assert event.targets[0].t_per_t == before.families[PRIMARY].base.t_per_t


def test_an_actual_of_some_facilities_alone_is_doubted() -> None:
    part = figures(2025, "15", absent=("FAC-2",), expected=2)
    known = entity(figures(2020), part)
    review = ReviewPlan(on=date(2027, 5, 1), entity=known, year=2025, **WHO)
    event = adopted().and_when(review).events[0]
    assert isinstance(event, PlanReviewed)
    (one,) = event.years
    assert (one.verified, [doubt.about for doubt in one.doubts]) == (False, ["year_not_whole"])
    assert "FAC-2" in one.doubts[0].sentence
