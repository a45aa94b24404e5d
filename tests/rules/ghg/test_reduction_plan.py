"""Criteria 5.3 and 5.4: a plan is adopted on verified figures, set on a pathway, reviewed each
year, and made anew when the structure changes (sources.md 3.3, 4.9)."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.ghg_plans import (
    CurveNode,
    FacilityPlanned,
    GivenCurve,
    PathwayFamily,
    PathwaySet,
    PlanEvaluated,
    PlanRebased,
    PlanReviewed,
    PlanReviewExpected,
    PlanReviewOverdue,
    ReductionPlanAdopted,
    ReductionPlanEnded,
    StructuralChange,
    StructuralChangesNoted,
)
from infra.decider import Tick
from infra.errors import Refused
from services.ghg.plans import plan
from services.ghg.plans.commands import (
    EndPlan,
    EvaluatePlan,
    NoteStructuralChanges,
    ReviewPlan,
    SetIntermediateTarget,
)
from services.ghg.plans.plans_api import methods_described

from .given import POLICY
from .planned import (
    CURVES,
    ON,
    POLICIES,
    PRIMARY,
    WHO,
    adopt,
    adopted,
    entity,
    figures,
    plans,
    set_pathway,
    value,
)

NEXT = date(2027, 6, 1)
LATER = date(2027, 5, 1)


def d(text: str) -> Decimal:
    """A decimal as written."""
    return Decimal(text)


def target(**more: Any) -> SetIntermediateTarget:
    """A target as it should be: within five years, of all scopes, public."""
    said = {"year": 2030, "t_per_t": "11.5", "scopes": ("1", "2", "3"), "public": True}
    known = {"on": ON, "entity": entity(), "family": PRIMARY, **WHO}
    return SetIntermediateTarget.model_validate({**known, **said, **more})


def review(on: date, year: int, *years: Any) -> ReviewPlan:
    """A review of a year."""
    return ReviewPlan(on=on, entity=entity(*years), year=year, **WHO)


def evaluate(year: int, *years: Any) -> EvaluatePlan:
    """An evaluation of a year."""
    known = entity(*years)
    return EvaluatePlan(
        on=LATER, entity=known, year=year, effective=True, measures=("new_anodes",), **WHO
    )


def change(kind: str, emission: str, output: str, power: str = "0") -> StructuralChange:
    """A change of structure, in tonnes of the base year."""
    said = {"kind": kind, "emission_t": emission, "output_t": output, "power_t": power}
    return StructuralChange.model_validate({**said, "reason": "sold_a_line"})


def changed(*changes: StructuralChange) -> NoteStructuralChanges:
    """Changes as the entity tells them."""
    known = {"on": ON, "entity": entity(), "curves": CURVES, "family": PRIMARY, **WHO}
    return NoteStructuralChanges.model_validate({**known, "changes": changes})


# --- adopting ---


def test_a_plan_starts_from_the_latest_verified_year_and_asks_for_what_is_missing() -> None:
    answered = plans.when(adopt(figures(2020), figures(2021), figures(2022, verified=0)))
    event = answered.events[0]
    assert isinstance(event, ReductionPlanAdopted)
    assert (event.base.year, event.base.t_per_t, event.base.power_t) == (2021, d("16"), d("800000"))
    assert [(one.year, one.what) for one in event.base.missing] == [(2021, "production_records")]
    expected = answered.events[1]
    assert isinstance(expected, PlanReviewExpected)
    assert expected.due_on == NEXT


def test_a_year_in_which_a_facility_is_missing_is_not_verified() -> None:
    part = figures(2022, facilities=1, verified=1, expected=2)
    answered = plans.when(adopt(figures(2020), part))
    event = answered.events[0]
    assert isinstance(event, ReductionPlanAdopted)
    assert event.base.year == 2020


def test_an_unusual_year_is_no_base() -> None:
    answered = plans.when(adopt(figures(2020), figures(2021), unusual_years=(2021,)))
    event = answered.events[0]
    assert isinstance(event, ReductionPlanAdopted)
    assert event.base.year == 2020


def test_tonnes_bought_are_told_by_the_entity() -> None:
    family = PathwayFamily.PROCUREMENT
    bought = figures(2021, "8", family=family, output_t=None, power_t=d("0"))
    command = adopt(bought, family=family, purchased=({"year": 2021, "tonnes": "50000"},))
    event = plans.when(command).events[0]
    assert isinstance(event, ReductionPlanAdopted)
    assert event.base.t_per_t == 16
    plans.when(adopt(bought, family=family)).refused("base-year-missing")


def test_the_same_plan_adopted_again_changes_nothing() -> None:
    plans.when(adopt(), adopt(on=LATER)).nothing()


def test_nobody_adopts_a_plan_for_anothers_entity() -> None:
    plans.when(adopt(entity=entity(member_id="M-2"))).refused("unknown-entity")
    plans.when(adopt(entity=None)).refused("unknown-entity")


@pytest.mark.parametrize("year", [2019, 2051])
def test_planned_years_lie_between_the_base_and_the_end(year: int) -> None:
    plans.when(adopt(planned=(value(year, "10"),))).refused("year-outside-pathway", year=year)


def test_no_intensity_below_zero_is_planned() -> None:
    wrong = (value(2025, "10"), value(2030, "-7"))
    plans.when(adopt(planned=wrong)).refused("planned-below-zero", year=2030, t_per_t="-7")
    of_one = FacilityPlanned(facility_id="FAC-1", planned=wrong)
    plans.when(adopt(by_facility=(of_one,))).refused("planned-below-zero", year=2030)
    assert plans.when(adopt(planned=(value(2050, "0"),))).events, "zero is where plans go"


def test_a_year_is_planned_once() -> None:
    twice = (value(2030, "10"), value(2030, "11"))
    plans.when(adopt(planned=twice)).refused("year-twice")


# --- pathway ---


def test_the_pathway_of_w13_names_its_method_variant_and_curve() -> None:
    """Worked example W13: base 2020 at 16.0 t/t, indexed on the sector's intensity."""
    event = adopted().events[0]
    assert isinstance(event, PathwaySet)
    targets = {one.year: one.t_per_t for one in event.targets}
    assert (round(targets[2025], 4), round(targets[2030], 4)) == (d("14.1503"), d("11.9050"))
    assert (event.method_variant, event.curves) == ("indexed", ("mpp_smelting_intensity",))
    assert max(targets) == 2050
    assert [one.about for one in event.doubts] == ["curve_unverified"]
    assert event.findings == ()


def test_a_curve_that_is_not_verified_is_doubted() -> None:
    guessed = tuple(one.model_copy(update={"evidence": "unverified"}) for one in CURVES)
    event = plans.when(adopt(), set_pathway(curves=guessed)).events[0]
    assert isinstance(event, PathwaySet)
    assert "curve_values_unverified" in [one.about for one in event.doubts]


def test_a_pathway_not_made_by_asis_method_is_found_r22() -> None:
    event = plans.when(adopt(), set_pathway(method="house_method")).events[0]
    assert isinstance(event, PathwaySet)
    [found] = event.findings
    assert found.rule == "R-22"
    assert "made by house_method" in found.sentence
    assert all(method in found.sentence for method in POLICY.words("5.3.methods"))


def test_methods_that_count_are_named_wherever_one_is_asked_for() -> None:
    """The names are ours, of the policy: nobody can guess them."""
    said = methods_described(POLICY)
    manual = (Path(__file__).parents[3] / "docs" / "ghg.md").read_text(encoding="utf-8")
    for method in POLICY.words("5.3.methods"):
        assert method in said
        assert f"`{method}`" in manual
        event = plans.when(adopt(), set_pathway(method=method)).events[0]
        assert isinstance(event, PathwaySet)
        assert event.findings == ()


def test_the_sda_ends_where_the_sector_does() -> None:
    event = plans.when(adopt(), set_pathway(method_variant="sda")).events[0]
    assert isinstance(event, PathwaySet)
    assert event.targets[-1].t_per_t == d("0.1759307224")


def test_a_family_without_a_known_curve_needs_one_that_is_given() -> None:
    family = PathwayFamily.CASTHOUSE_SEMI
    start = adopt(figures(2020, "1", family=family), family=family)
    plans.when(start, set_pathway(family=family)).refused(
        "no-sector-curve", family=family, part="whole", known=[one.factor_set for one in CURVES]
    )
    nodes = tuple(CurveNode(year=year, value=d(text)) for year, text in ((2020, "4"), (2050, "1")))
    given = GivenCurve(source="asi_tool_v2", unit="t CO2/t", nodes=nodes)
    event = plans.when(start, set_pathway(family=family, given=(given,))).events[0]
    assert isinstance(event, PathwaySet)
    assert {one.year: one.t_per_t for one in event.targets}[2035] == d("0.625")
    assert event.doubts[0].about == "curve_given"


def test_split_adds_power_and_the_rest() -> None:
    flat = tuple(CurveNode(year=year, value=d("1")) for year in (2020, 2050))
    half = (CurveNode(year=2020, value=d("2")), CurveNode(year=2050, value=d("1")))
    given = (
        GivenCurve(part="power", source="tool", unit="t CO2/t", nodes=half),
        GivenCurve(part="rest", source="tool", unit="t CO2/t", nodes=flat),
    )
    event = plans.when(adopt(), set_pathway(method_variant="split", given=given)).events[0]
    assert isinstance(event, PathwaySet)
    assert event.targets[0].t_per_t == 16
    assert event.targets[-1].t_per_t == 12


def test_split_without_curves_of_its_own_follows_the_whole_and_says_so() -> None:
    event = plans.when(adopt(), set_pathway(method_variant="split")).events[0]
    assert isinstance(event, PathwaySet)
    assert "curve_of_the_whole" in [one.about for one in event.doubts]
    assert round({one.year: one.t_per_t for one in event.targets}[2025], 4) == d("14.1503")
    plans.when(adopt(), set_pathway(method_variant="split", parts="sda")).refused("no-sector-curve")


def test_hydro_power_at_zero_stays_at_zero_in_a_split() -> None:
    start = adopt(figures(2020, power_t=d("0")))
    event = plans.when(start, set_pathway(method_variant="split")).events[0]
    assert isinstance(event, PathwaySet)
    assert event.targets[0].t_per_t == 16


@pytest.mark.parametrize(
    "more",
    [{}, {"method_variant": "split"}, {"method_variant": "split", "parts": "indexed"}],
    ids=["indexed", "split", "split, indexed"],
)
def test_a_market_share_that_nothing_is_made_of_is_refused(more: dict[str, Any]) -> None:
    asked = set_pathway(market_share="0.9", **more)
    plans.when(adopt(), asked).refused("market-share-not-used")


@pytest.mark.parametrize(
    ("more", "slug"),
    [
        ({"parts": "sda"}, "parts-unclear"),
        ({"given": ({"part": "power"},)}, "parts-unclear"),
        ({"given": ({"part": "whole", "years": (2050, 2020)},)}, "curve-malformed"),
    ],
)
def test_what_does_not_fit_together_is_refused(more: dict[str, Any], slug: str) -> None:
    curves = tuple(
        GivenCurve(
            part=one["part"],
            source="tool",
            unit="t CO2/t",
            nodes=tuple(CurveNode(year=y, value=d("1")) for y in one.get("years", (2020, 2050))),
        )
        for one in more.pop("given", ())
    )
    plans.when(adopt(), set_pathway(**more, given=curves)).refused(slug)


def test_a_pathway_needs_a_plan() -> None:
    plans.when(set_pathway()).refused("unknown-plan")


# --- review, evaluation ---


def test_a_review_shows_plan_and_actual_beside_the_target_and_sets_the_next_day() -> None:
    start = plans.when(adopt(planned=(value(2025, "14"),)), set_pathway())
    answered = start.and_when(review(LATER, 2025, figures(2020), figures(2025, "15")))
    event, expected = answered.events
    assert isinstance(event, PlanReviewed)
    (one,) = event.years
    assert (one.planned, one.actual, one.verified) == (d("14"), d("15"), True)
    assert one.gap is not None
    assert round(one.gap, 4) == d("0.8497")
    assert event.due_on == NEXT
    assert isinstance(expected, PlanReviewExpected)
    assert expected.due_on == date(2028, 5, 1)


def test_a_review_repeated_changes_nothing_and_two_a_day_are_refused() -> None:
    once = adopted().and_when(review(LATER, 2025))
    once.and_when(review(LATER, 2025)).nothing()
    once.and_when(review(LATER, 2024)).refused("reviewed-today")
    adopted().and_when(review(ON, 2025)).refused("reviewed-today")


def test_a_year_to_come_cannot_be_reviewed() -> None:
    adopted().and_when(review(LATER, 2028)).refused("year-not-begun")


def test_the_clock_tells_once_that_a_review_was_missed() -> None:
    tick = Tick(on=NEXT, target="reduction_plan/ENT-1", rule=plan.OVERDUE)
    state = adopted().state
    assert plan.due(state) == {plan.OVERDUE: NEXT}
    told = (
        adopted()
        .and_when(tick)
        .then(PlanReviewOverdue(due_on=NEXT, overdue_on=NEXT + timedelta(days=1), **WHO))
    )
    told.and_when(tick).nothing()
    assert plan.due(told.and_when(tick).state) == {}
    adopted().and_when(tick.model_copy(update={"on": LATER})).nothing()


@pytest.mark.parametrize(("intensity", "reached"), [("15", False), ("14", True), (None, None)])
def test_whether_targets_were_reached_follows_from_the_figures(
    intensity: str | None, reached: bool | None
) -> None:
    years = [figures(2020)] + ([figures(2025, intensity)] if intensity else [])
    event = adopted().and_when(evaluate(2025, *years)).events[0]
    assert isinstance(event, PlanEvaluated)
    assert event.reached is reached
    adopted().and_when(evaluate(2025, *years), evaluate(2025, *years)).nothing()


def test_a_plan_that_is_not_there_cannot_be_reviewed() -> None:
    plans.when(review(LATER, 2025)).refused("unknown-plan")


# --- structure ---


def test_a_small_change_is_noted_and_a_second_moves_the_base_with_its_pathway() -> None:
    small = change("divestment", "60000", "3000", "30000")
    first = adopted().and_when(changed(small))
    assert [type(one) for one in first.events] == [StructuralChangesNoted]
    second = first.and_when(changed(small))
    noted, rebased = second.events
    assert isinstance(noted, StructuralChangesNoted)
    assert isinstance(rebased, PlanRebased)
    assert noted.change_percent == d("7.5")
    assert rebased.base.t_per_t == d("1480000") / d("94000")
    assert rebased.base.power_t == 740_000
    targets = {one.year: one.t_per_t for one in rebased.targets}
    old = {one.year: one.t_per_t for one in first.state.families[PRIMARY].pathway.targets}
    ratio = rebased.base.t_per_t / 16
    assert round(targets[2030], 9) == round(old[2030] * ratio, 9)
    third = second.and_when(changed(small))
    assert [type(one) for one in third.events] == [StructuralChangesNoted], "counted from the new"


def test_power_cannot_give_off_more_than_everything() -> None:
    sold = change("divestment", "900000", "3000", "100")
    adopted().and_when(changed(sold)).refused("power-above-emission")


def test_the_plan_ends_with_its_entity() -> None:
    end = EndPlan(on=LATER, entity_id="ENT-1", ended_on=LATER)
    ended = adopted().and_when(end)
    ended.then(ReductionPlanEnded(due_on=NEXT, ended_on=LATER, **WHO))
    assert plan.due(ended.and_when(end).nothing().state) == {}
    plans.when(end).nothing()


def test_a_foreign_command_is_a_bug() -> None:
    foreign = Tick(on=ON, target="reduction_plan/ENT-1", rule="other")
    assert plan.decide(foreign, plan.INITIAL, POLICIES) == []
    with pytest.raises(Refused):
        plans.when(target(), target())
