"""Base years 2018 and 2019 lie before the sector's intensity, whose first year is 2020: a pathway
from them follows the sector's absolute budget, as example W13 works it (sources.md 4.9, 9)."""

from decimal import Decimal
from typing import Any

import pytest

from contracts.ghg_plans import CurveNode, GivenCurve, PathwaySet, PlanRebased
from services.ghg.plans.commands import NoteStructuralChanges

from .planned import CURVES, ON, PRIMARY, WHO, adopt, entity, figures, plans, set_pathway


def set_from(year: int, **more: Any) -> PathwaySet:
    """The pathway of a plan whose base is a year."""
    (event,) = plans.when(adopt(figures(year)), set_pathway(**more)).events
    assert isinstance(event, PathwaySet)
    return event


@pytest.mark.parametrize("base_year", [2018, 2019])
def test_a_base_before_the_sectors_intensity_follows_its_budget_and_says_so(base_year: int) -> None:
    made = set_from(base_year)
    targets = {one.year: one.t_per_t for one in made.targets}
    start = Decimal(823) if base_year == 2018 else Decimal("803.25")
    assert made.curves == ("mpp_smelting_budget",)
    assert [one.about for one in made.doubts] == ["base_before_curve", "curve_unverified"]
    assert targets[base_year] == 16
    assert targets[2030] == 16 * Decimal(586) / start
    assert targets[2050] == 16 * Decimal(18) / start


def test_from_2020_on_the_sectors_intensity_is_followed() -> None:
    made = set_from(2020)
    assert made.curves == ("mpp_smelting_intensity",)
    assert "base_before_curve" not in [one.about for one in made.doubts]


def test_a_split_of_an_early_base_follows_the_budget_in_both_parts() -> None:
    made = set_from(2018, method_variant="split", parts="indexed")
    assert made.curves == ("mpp_smelting_budget", "mpp_smelting_budget")


def test_converging_from_an_early_base_is_refused_with_the_ways_on() -> None:
    told = plans.when(adopt(figures(2018)), set_pathway(method_variant="sda"))
    told.refused("base-before-curve")
    for way_on in ("`indexed`", "`given`", "from 2020 on verified"):
        assert way_on in str(told.refusal)


def test_a_curve_of_ones_own_lets_an_early_base_converge() -> None:
    nodes = tuple(CurveNode(year=y, value=Decimal(v)) for y, v in ((2018, "13"), (2050, "0.5")))
    own = GivenCurve(source="asi_tool_v2", unit="t CO2/t", nodes=nodes)
    made = set_from(2018, method_variant="sda", given=(own,))
    assert made.targets[-1].t_per_t == Decimal("0.5")


def test_an_early_base_is_made_anew_along_the_same_curve() -> None:
    known = {"on": ON, "entity": entity(), "curves": CURVES, "family": PRIMARY, **WHO}
    sold = {"kind": "divestment", "emission_t": "640000", "output_t": "20000", "reason": "line"}
    noted = NoteStructuralChanges.model_validate({**known, "changes": [sold]})
    stands = plans.when(adopt(figures(2018)), set_pathway())
    _, rebased = stands.and_when(noted).events
    assert isinstance(rebased, PlanRebased)
    targets = {one.year: one.t_per_t for one in rebased.targets}
    assert targets[2030] == 12 * Decimal(586) / 823
