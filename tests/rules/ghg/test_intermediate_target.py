"""Criteria 5.3, 5.4: the target on the way, against its pathway as it is now (sources.md 3.3)."""

from datetime import date
from typing import Any

import pytest

from contracts.ghg_plans import IntermediateTargetSet
from services.ghg.plans.parts import target_today

from .given import POLICY, d
from .planned import ON, PRIMARY, adopt, adopted, plans, set_pathway
from .test_reduction_plan import LATER, change, changed, target

IN_2030, AFTER_2030 = date(2030, 12, 31), date(2031, 1, 1)


def test_a_good_target_has_no_finding_and_its_distance_from_the_pathway() -> None:
    event = adopted().and_when(target()).events[0]
    assert isinstance(event, IntermediateTargetSet)
    assert event.findings == ()
    assert event.pathway_gap is not None
    assert round(event.pathway_gap, 4) == d("-0.4050")


@pytest.mark.parametrize(
    "fault", [{"year": 2032, "t_per_t": "5"}, {"scopes": ("1", "2")}, {"public": False}], ids=str
)
def test_a_target_too_far_off_or_of_part_or_secret_is_found_r21(fault: dict[str, Any]) -> None:
    event = adopted().and_when(target(**fault)).events[0]
    assert isinstance(event, IntermediateTargetSet)
    assert [one.rule for one in event.findings] == ["R-21"]


def test_a_target_above_the_pathway_is_found_r21() -> None:
    event = adopted().and_when(target(t_per_t="30")).events[0]
    assert isinstance(event, IntermediateTargetSet)
    [found] = event.findings
    assert (found.rule, found.severity) == ("R-21", "major")
    assert found.sentence == "The intermediate target lies 18.09 t CO2e/t above the pathway."


def test_a_target_is_judged_by_the_pathway_as_a_change_of_structure_left_it() -> None:
    sold = change("divestment", "400000", "10000", "100000")
    answered = adopted().and_when(target(), changed(sold))
    family = answered.state.families[PRIMARY]
    assert round(family.target.pathway_gap, 4) == d("-0.4050"), "as it was set"
    found = target_today(family, ON, POLICY)
    assert found is not None
    gap = found.pathway_gap
    assert gap == d("11.5") - family.targets[2030]
    assert round(gap, 4) == d("1.5791"), "1,200,000 t on 90,000 t: the pathway fell by a sixth"
    assert [one.rule for one in found.findings] == ["R-21"]
    assert "above the pathway" in found.findings[0].sentence


def test_a_target_whose_year_is_over_is_found_until_another_follows() -> None:
    family = adopted().and_when(target()).state.families[PRIMARY]
    during, after = (target_today(family, day, POLICY) for day in (IN_2030, AFTER_2030))
    assert during is not None
    assert after is not None
    assert during.findings == ()
    [found] = after.findings
    assert found.sentence == "The intermediate target was for 2030, and none has followed it."
    heir = target(on=AFTER_2030, year=2035, t_per_t="2")
    following = adopted().and_when(target(), heir).state.families[PRIMARY]
    today = target_today(following, AFTER_2030, POLICY)
    assert today is not None
    assert today.findings == ()


def test_a_target_set_before_its_pathway_is_held_against_it_once_there_is_one() -> None:
    family = plans.when(adopt(), target(t_per_t="30"), set_pathway()).state.families[PRIMARY]
    assert family.target.pathway_gap is None
    today = target_today(family, ON, POLICY)
    assert today is not None
    assert [one.rule for one in today.findings] == ["R-21"]


def test_the_same_target_again_changes_nothing() -> None:
    adopted().and_when(target(), target(on=LATER)).nothing()
