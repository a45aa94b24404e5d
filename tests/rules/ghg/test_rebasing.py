"""Changes of structure against bases of one year and of three, by hand (sources.md 4.9: the base is
made again above 5 %). A change is told in tonnes of one year: 100,000 t at 16 t CO2e/t, which are
1,600,000 t CO2e, half of it from bought power."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.ghg_plans import PlanEvaluated, PlanRebased, StructuralChangesNoted
from services.ghg.plans.commands import EvaluatePlan, NoteStructuralChanges
from services.ghg.plans.plans_api import plan_shown

from .given import POLICY
from .planned import CURVES, ON, PRIMARY, WHO, adopt, entity, figures, plans, set_pathway

ONE_YEAR = (figures(2022),)
THREE_YEARS = tuple(figures(year, verified=0) for year in (2022, 2023, 2024))
BASES = pytest.mark.parametrize("base", [ONE_YEAR, THREE_YEARS], ids=["one year", "three years"])


def changed(*changes: tuple[str, str, str, str]) -> NoteStructuralChanges:
    """Changes: kind, t CO2e, t CO2e of it from bought power, t of product."""
    said = [
        {"kind": kind, "emission_t": all_t, "power_t": power, "output_t": made, "reason": "line"}
        for kind, all_t, power, made in changes
    ]
    known = {"on": ON, "entity": entity(), "curves": CURVES, "family": PRIMARY, **WHO}
    return NoteStructuralChanges.model_validate({**known, "changes": said})


def by_hand(*told: str) -> tuple[Decimal, ...]:
    """Per cent, and t CO2e/t of the base that was made anew."""
    return tuple(Decimal(one) for one in told)


def after(base: Any, *changes: tuple[str, str, str, str]) -> tuple[Decimal, Decimal | None]:
    """How many per cent changed, and the intensity of the base if it was made anew."""
    events = plans.when(adopt(*base), set_pathway()).and_when(changed(*changes)).events
    (noted,) = (one for one in events if isinstance(one, StructuralChangesNoted))
    rebased = [one.base.t_per_t for one in events if isinstance(one, PlanRebased)]
    return noted.change_percent, rebased[0] if rebased else None


@BASES
def test_a_tenth_that_is_sold_is_a_tenth_of_the_base(base: Any) -> None:
    assert after(base, ("divestment", "160000", "80000", "10000")) == by_hand("10", "16")


@BASES
def test_what_is_sold_takes_its_emission_and_its_output_with_it(base: Any) -> None:
    found = after(base, ("divestment", "640000", "320000", "20000"))
    assert found == by_hand("40", "12"), "0.6 x 16 / 0.8"


@BASES
def test_what_is_bought_brings_its_emission_and_its_output(base: Any) -> None:
    found = after(base, ("acquisition", "400000", "0", "60000"))
    assert found == by_hand("25", "12.5"), "2,000,000 / 160,000"


@BASES
def test_a_new_method_counts_once_in_each_year_of_the_base(base: Any) -> None:
    assert after(base, ("method", "-160000", "0", "0")) == by_hand("10", "14.4")


@BASES
def test_output_that_is_counted_anew_moves_the_base_by_its_intensity(base: Any) -> None:
    assert after(base, ("method", "0", "0", "-20000")) == by_hand("25", "20"), "1,600,000 / 80,000"
    assert after(base, ("method", "0", "0", "4000"))[1] is None, "a change of 3.8 %"


@BASES
def test_what_came_and_went_with_its_output_cancels_in_no_intensity(base: Any) -> None:
    """6 % sold and 6 % bought of the same intensity: 12 % of the emission came or went."""
    sold, bought = ("divestment", "96000", "0", "6000"), ("acquisition", "96000", "0", "6000")
    assert after(base, sold, bought) == by_hand("12", "16")


@BASES
@pytest.mark.parametrize("kind", ["acquisition", "divestment"])
def test_power_gives_off_no_more_than_all_that_came_or_went(base: Any, kind: str) -> None:
    stands = plans.when(adopt(*base))
    refused = stands.and_when(changed((kind, "100000", "100001", "10000")))
    refused.refused("power-above-emission", power_t="100001", emission_t="100000")
    assert after(base, (kind, "100000", "100000", "10000"))[1] is not None


@BASES
@pytest.mark.parametrize(("emission", "moved"), [("80000", False), ("80001", True)])
def test_the_threshold_is_five_per_cent_of_a_year(base: Any, emission: str, moved: bool) -> None:
    percent, anew = after(base, ("divestment", emission, "0", "1000"))
    assert (anew is not None, percent > 5) == (moved, moved)


@BASES
def test_changes_add_up_to_the_threshold(base: Any) -> None:
    small = ("divestment", "60000", "0", "1000")
    bought = ("acquisition", "60000", "0", "1000")
    assert after(base, small, bought) == by_hand("7.5", "16")


@BASES
def test_the_pathway_starts_from_the_new_base(base: Any) -> None:
    stands = plans.when(adopt(*base), set_pathway())
    before = stands.state.families[PRIMARY].targets
    _, rebased = stands.and_when(changed(("divestment", "640000", "320000", "20000"))).events
    assert isinstance(rebased, PlanRebased)
    year = rebased.base.year
    targets = {one.year: one.t_per_t for one in rebased.targets}
    assert targets[year] == 12
    assert rebased.base.power_t == 480_000 * len(base), "800,000 less 320,000 in each year"
    assert round(targets[2030], 9) == round(before[2030] * 12 / 16, 9)


@BASES
def test_the_answer_tells_pathway_and_alignment_of_one_base(base: Any) -> None:
    """Before a change of structure as it was set, after it from the new base."""
    stands = plans.when(adopt(*base), set_pathway())
    moved = stands.and_when(changed(("divestment", "640000", "320000", "20000")))
    for state, starts_at in ((stands.state, Decimal(16)), (moved.state, Decimal(12))):
        shown: Any = plan_shown(state, entity(*base), POLICY, ON)
        (family,) = shown["families"]
        told, alignment = family["pathway"], family["alignment"]
        year, t_per_t = alignment[0]["year"], Decimal(alignment[0]["target"])
        assert (year, t_per_t) == (told.base_year, starts_at)
        assert [(one.year, one.t_per_t) for one in told.targets] == [
            (one["year"], one["target"]) for one in alignment
        ]
        assert family["base"].t_per_t == starts_at


def test_a_year_before_is_held_against_the_target_that_was_in_force() -> None:
    """In the base year itself nothing lay above the pathway, before the change or after it."""
    stands = plans.when(adopt(*ONE_YEAR), set_pathway())
    before = stands.state.families[PRIMARY].targets
    moved = stands.and_when(changed(("divestment", "640000", "320000", "20000")))
    years = (figures(2022), figures(2025, "15"), figures(2026, "11"))
    shown: Any = plan_shown(moved.state, entity(*years), POLICY, ON)
    found = {one["year"]: one for one in shown["families"][0]["alignment"]}
    assert (found[2022]["target"], found[2022]["target_then"]) == (12, 16)
    assert (found[2022]["actual_gap"], found[2022]["actual_gap_percent"]) == (0, 0)
    assert found[2025]["actual_gap"] == 15 - before[2025]
    assert [one.about for one in found[2025]["doubts"]] == ["structure_changed_since"]
    assert found[2026]["actual_gap"] == 11 - found[2026]["target"]
    assert (found[2026]["target_then"], found[2026]["doubts"]) == (None, ())
    assert found[2024]["doubts"] == (), "of a year without an actual nothing is doubted"


@pytest.mark.parametrize(("year", "gap"), [(2022, "0"), (2025, "-1")])
def test_a_review_of_a_year_before_says_against_what_it_is_held(year: int, gap: str) -> None:
    stands = plans.when(adopt(*ONE_YEAR), set_pathway())
    moved = stands.and_when(changed(("divestment", "640000", "320000", "20000")))
    then = stands.state.families[PRIMARY].targets[year]
    actual = str(then + Decimal(gap))
    told = {**WHO, "on": ON, "entity": entity(figures(year, actual)), "year": year}
    (evaluated,) = moved.and_when(
        EvaluatePlan.model_validate({**told, "effective": True, "measures": ["line"]})
    ).events
    assert isinstance(evaluated, PlanEvaluated)
    (found,) = evaluated.years
    assert (found.target_then, found.gap, evaluated.reached) == (then, Decimal(gap), True)
    assert found.target == moved.state.families[PRIMARY].targets[year]
    assert "2026-06-01" in found.doubts[0].sentence


def test_without_a_pathway_before_a_year_of_another_structure_has_no_gap() -> None:
    moved = plans.when(adopt(*ONE_YEAR)).and_when(
        changed(("divestment", "640000", "320000", "20000")), set_pathway()
    )
    shown: Any = plan_shown(moved.state, entity(*ONE_YEAR), POLICY, ON)
    first = shown["families"][0]["alignment"][0]
    assert (first["target"], first["actual"]) == (12, 16)
    assert (first["actual_gap"], first["target_then"]) == (None, None)
    assert "there is no target of that" in first["doubts"][0].sentence


def since(*changes: tuple[int, str]) -> NoteStructuralChanges:
    """Parts that were sold, each with the first year of which figures have it."""
    command = changed(*(("divestment", emission, "0", "10000") for _, emission in changes))
    told = zip(command.changes, changes, strict=True)
    dated = tuple(one.model_copy(update={"from_year": year}) for one, (year, _) in told)
    return command.model_copy(update={"changes": dated})


@pytest.mark.parametrize(
    ("changes", "then"),
    [
        ([(2024, "320000")], {2022, 2023}),
        ([(2022, "320000")], set()),  # figures of all years were made anew
        ([(2027, "320000")], {2022, 2023, 2024, 2025, 2026}),
        ([(2024, "160000"), (2026, "160000")], {2022, 2023}),
    ],
)
def test_figures_have_a_change_from_the_year_on_that_is_told(
    changes: list[tuple[int, str]], then: set[int]
) -> None:
    stands = plans.when(adopt(*ONE_YEAR), set_pathway())
    targets = stands.state.families[PRIMARY].targets
    plan = stands.and_when(since(*changes)).state.families[PRIMARY]
    footings = {year: plan.footing(year) for year in range(2022, 2027)}
    assert {year for year, one in footings.items() if one and one.targets == targets} == then


def test_a_year_with_a_part_of_the_changes_has_no_gap() -> None:
    stands = plans.when(adopt(*ONE_YEAR), set_pathway())
    moved = stands.and_when(since((2024, "160000"), (2026, "160000")))
    years = (figures(2022), figures(2025, "15"), figures(2026, "11"))
    shown: Any = plan_shown(moved.state, entity(*years), POLICY, ON)
    found = {one["year"]: one for one in shown["families"][0]["alignment"]}
    assert (found[2025]["actual_gap"], len(found[2025]["doubts"])) == (None, 1)
    assert found[2026]["actual_gap"] == 11 - found[2026]["target"]


@pytest.mark.parametrize("year", [2021, 2028])
def test_a_change_lies_within_the_plan(year: int) -> None:
    stands = plans.when(adopt(*ONE_YEAR), set_pathway())
    stands.and_when(since((year, "320000"))).refused("change-year-outside", from_year=year)


def test_each_year_has_the_target_of_its_own_structure_after_two_changes() -> None:
    stands = plans.when(adopt(*ONE_YEAR), set_pathway())
    once = stands.and_when(changed(("divestment", "640000", "320000", "20000")))
    later = changed(("divestment", "240000", "120000", "10000"))
    twice = once.and_when(later.model_copy(update={"on": date(2028, 3, 1)}))
    plan = twice.state.families[PRIMARY]
    held = {year: plan.footing(year) for year in (2025, 2026, 2027, 2028)}
    first, second = stands.state.families[PRIMARY].targets, once.state.families[PRIMARY].targets
    assert [one and one.targets for one in held.values()] == [first, second, second, None]


@BASES
@pytest.mark.parametrize("kind", ["acquisition", "divestment"])
@pytest.mark.parametrize(
    ("told", "name", "value"),
    [
        (("-160000", "0", "10000"), "emission_t", "-160000"),
        (("160000", "-1", "10000"), "power_t", "-1"),
        (("160000", "0", "-10000"), "output_t", "-10000"),
    ],
)
def test_what_came_or_went_is_told_without_a_sign(
    base: Any, kind: str, told: tuple[str, str, str], name: str, value: str
) -> None:
    """What was sold with a minus made the base grow, what was bought with one made it shrink."""
    refused = plans.when(adopt(*base)).and_when(changed((kind, *told)))
    refused.refused("change-below-zero", kind=kind, field=name, value=value)


def test_what_was_noted_with_a_sign_before_still_stands() -> None:
    """It is read as it was counted, and the next change is not refused for it."""
    before = plans.when(adopt(*ONE_YEAR), set_pathway())
    sold = changed(("divestment", "16000", "8000", "1000"))
    (noted,) = before.and_when(sold).events
    assert isinstance(noted, StructuralChangesNoted)
    signed = noted.changes[0].model_copy(update={"emission_t": Decimal(-16_000)})
    old = StructuralChangesNoted.model_validate(noted.model_dump() | {"changes": (signed,)})
    answered = before.and_given(old).when(sold)
    assert [type(one) for one in answered.events] == [StructuralChangesNoted]
