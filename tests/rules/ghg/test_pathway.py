"""Criterion 5.3: worked example W13 of sources.md 9, the variants, and plan against actual."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Refused
from services.ghg.factors import curve
from services.ghg.factors.curve import Curve, curve_of
from services.ghg.plans import pathway
from services.ghg.plans.pathway import Base, Pathway, Target, Variant

from .given import BOOK, POLICY, d, decimals, rounded

INTENSITY, BUDGET, REFINING = (
    curve_of(BOOK.named(name, curve.FAMILY))
    for name in ("mpp_smelting_intensity", "mpp_smelting_budget", "mpp_refining_budget")
)
SIXTEEN = Base(2020, d("16"))
ALL = frozenset({"1", "2", "3"})
TARGET = Target(2025, d("14"), ALL, public=True)


def about(target: Target, from_year: int = 2020) -> list[str]:
    path = pathway.indexed(SIXTEEN, INTENSITY, POLICY)
    return [one.about for one in pathway.target_doubts(target, from_year, path, POLICY)]


@pytest.mark.parametrize(
    ("used", "year", "expected"),
    [
        (INTENSITY, 2025, "14.1503"),
        (INTENSITY, 2030, "11.9050"),
        (BUDGET, 2025, "13.9834"),
        (BUDGET, 2030, "11.9668"),
        (BUDGET, 2050, "0.3676"),
    ],
)
def test_w13_indexed_by_intensity_or_by_budget(used: Curve, year: int, expected: str) -> None:
    path = pathway.indexed(SIXTEEN, used, POLICY)
    assert rounded(path.target(year), expected) == d(expected)
    assert (path.method_variant, path.curves) == (Variant.INDEXED, (used.factor_set,))


@pytest.mark.parametrize(
    ("year", "expected"), [(2020, "12.0007"), (2025, "10.6134"), (2030, "8.9293")]
)
def test_w13_the_sectors_intensity(year: int, expected: str) -> None:
    assert rounded(INTENSITY.at(year), expected) == d(expected)


@pytest.mark.parametrize(
    ("year", "expected"), [(2025, "0.873963"), (2030, "0.747926"), (2050, "0.022974")]
)
def test_w13_the_index_of_the_budget_from_the_base_on(year: int, expected: str) -> None:
    assert rounded(BUDGET.at(year) / BUDGET.at(2020), expected) == d(expected)
    path = pathway.indexed(SIXTEEN, BUDGET, POLICY)
    assert rounded(path.target(year) / SIXTEEN.intensity, expected) == d(expected)


@pytest.mark.parametrize(
    ("year", "expected"),
    [(2025, ".83202"), (2030, ".71203"), (2035, ".20049"), (2040, ".09113"), (2050, ".02187")],
)
def test_the_budget_falls_as_published(year: int, expected: str) -> None:
    assert rounded(BUDGET.at(year) / BUDGET.at(2018), expected) == d(expected)


def test_the_intensity_is_the_budget_over_the_output() -> None:
    output = curve_of(BOOK.named("mpp_primary_output", "sector_output"))
    for year, value in INTENSITY.nodes:
        assert rounded(BUDGET.at(year) / output.at(year), "0.0000000001") == value


def test_between_nodes_a_curve_is_straight() -> None:
    assert BUDGET.at(2032) == d("586") - (d("586") - d("165")) * 2 / 5
    assert REFINING.at(2050) == d("8.06")


@pytest.mark.parametrize("year", [2017, 2051])
def test_a_curve_says_nothing_beyond_its_ends(year: int) -> None:
    with pytest.raises(Refused) as refusal:
        BUDGET.at(year)
    assert refusal.value.slug == "year-outside-curve"


def test_a_set_of_other_numbers_is_no_curve() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        curve_of(BOOK.named("AR6", "gwp100"))


def test_targets_are_yearly_from_the_base_to_2050() -> None:
    path = pathway.indexed(Base(2023, d("12")), INTENSITY, POLICY)
    assert list(path.targets) == list(range(2023, 2051))
    assert path.target(2023) == d("12")
    with pytest.raises(Refused, match="year-outside-pathway"):
        path.target(2051)


def test_sda_ends_at_the_sectors_intensity() -> None:
    path = pathway.sda(SIXTEEN, INTENSITY, POLICY)
    assert path.target(2020) == d("16")
    assert path.target(2050) == INTENSITY.at(2050)
    share = (INTENSITY.at(2030) - INTENSITY.at(2050)) / (INTENSITY.at(2020) - INTENSITY.at(2050))
    expected = (d("16") - INTENSITY.at(2050)) * share + INTENSITY.at(2050)
    assert rounded(path.target(2030), "0.000001") == rounded(expected, "0.000001")


def test_sda_of_the_sector_itself_is_the_sector() -> None:
    path = pathway.sda(Base(2020, INTENSITY.at(2020)), INTENSITY, POLICY)
    for year in (2025, 2030, 2040):
        assert rounded(path.target(year), "0.00000001") == rounded(INTENSITY.at(year), "0.00000001")


def test_a_smaller_share_of_the_market_falls_faster() -> None:
    usual = pathway.sda(SIXTEEN, INTENSITY, POLICY)
    growing = pathway.sda(SIXTEEN, INTENSITY, POLICY, market_share=d("0.9"))
    assert growing.target(2020) == d("16")
    assert growing.target(2030) < usual.target(2030)
    assert growing.target(2050) == usual.target(2050)


def test_who_is_below_the_sectors_end_need_not_rise() -> None:
    path = pathway.sda(Base(2020, d("0.1")), INTENSITY, POLICY)
    assert set(path.targets.values()) == {d("0.1")}
    assert [doubt.about for doubt in path.doubts] == ["below_the_sectors_end"]


@pytest.mark.parametrize(
    ("used", "share", "slug"),
    [
        (BUDGET, "1", "curve-not-intensity"),
        (INTENSITY, "0", "market-share-impossible"),
        (INTENSITY, "1.1", "market-share-impossible"),
    ],
)
def test_what_sda_cannot_use_is_refused(used: Curve, share: str, slug: str) -> None:
    with pytest.raises(Refused) as refusal:
        pathway.sda(SIXTEEN, used, POLICY, d(share))
    assert refusal.value.slug == slug


def test_a_curve_that_stands_still_cannot_be_converged_on() -> None:
    flat = Curve("flat", "Flat", "t CO2/t Al", ((2020, d("5")), (2050, d("5"))))
    with pytest.raises(Refused) as refusal:
        pathway.sda(SIXTEEN, flat, POLICY)
    assert refusal.value.slug == "curve-is-flat"


def test_split_adds_power_and_the_rest() -> None:
    power = pathway.sda(Base(2020, d("10")), INTENSITY, POLICY)
    rest = pathway.indexed(Base(2020, d("6")), BUDGET, POLICY)
    path = pathway.split(power, rest)
    assert (path.method_variant, path.base) == (Variant.SPLIT, SIXTEEN)
    assert path.curves == ("mpp_smelting_intensity", "mpp_smelting_budget")
    assert all(path.target(year) == power.target(year) + rest.target(year) for year in path.targets)


def test_split_by_one_curve_is_indexed_by_it() -> None:
    parts = [pathway.indexed(Base(2020, d(part)), INTENSITY, POLICY) for part in ("10", "6")]
    whole = pathway.indexed(SIXTEEN, INTENSITY, POLICY)
    for year, target in pathway.split(*parts).targets.items():
        assert rounded(target, "0.0000000001") == rounded(whole.target(year), "0.0000000001")


def test_parts_start_in_one_year() -> None:
    early = pathway.indexed(Base(2020, d("10")), INTENSITY, POLICY)
    late = pathway.indexed(Base(2021, d("6")), INTENSITY, POLICY)
    with pytest.raises(Refused) as refusal:
        pathway.split(early, late)
    assert refusal.value.slug == "bases-differ"


@pytest.mark.parametrize("intensity", ["0", "-1"])
def test_a_pathway_starts_above_zero(intensity: str) -> None:
    with pytest.raises(Refused) as refusal:
        pathway.indexed(Base(2020, d(intensity)), INTENSITY, POLICY)
    assert refusal.value.slug == "intensity-impossible"


def test_an_intermediate_target_as_it_should_be() -> None:
    assert pathway.intermediate_year(2020, POLICY) == 2025
    assert about(TARGET) == []


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (TARGET._replace(year=2026, intensity=d("13")), ["target_horizon"]),
        (TARGET._replace(year=2020), ["target_horizon"]),
        (TARGET._replace(scopes=frozenset({"1", "2"})), ["target_scopes"]),
        (TARGET._replace(public=False), ["target_not_public"]),
        (TARGET._replace(intensity=d("14.2")), ["target_above_pathway"]),
    ],
)
def test_an_intermediate_target_that_falls_short_is_found(wrong: Target, found: list[str]) -> None:
    assert about(wrong) == found


def test_plan_and_actual_are_held_against_the_pathway_year_by_year() -> None:
    path = pathway.indexed(SIXTEEN, BUDGET, POLICY)
    rows = pathway.alignment(path, {2025: d("14")}, {2020: d("16"), 2025: d("15")})
    by_year = {row.year: row for row in rows}
    assert len(rows) == 31
    assert by_year[2020].actual_gap == 0
    assert by_year[2020].planned_gap is None
    assert rounded(d(str(by_year[2025].actual_gap)), "0.0001") == d("1.0166")
    assert rounded(d(str(by_year[2025].planned_gap)), "0.0001") == d("0.0166")
    assert rounded(d(str(by_year[2025].actual_gap_percent)), "0.01") == d("7.27")
    assert by_year[2026].actual_gap_percent is None


def test_a_plan_beyond_the_pathway_is_told() -> None:
    path = pathway.indexed(SIXTEEN, BUDGET, POLICY)
    with pytest.raises(Refused) as refusal:
        pathway.alignment(path, {2051: d("0")}, {})
    assert refusal.value.slug == "year-outside-pathway"


BASES = st.builds(Base, st.integers(2020, 2045), decimals("0.5", "30"))


@given(BASES, st.sampled_from([INTENSITY, BUDGET, REFINING]))
def test_a_pathway_never_rises(base: Base, used: Curve) -> None:
    paths: list[Pathway] = [pathway.indexed(base, used, POLICY)]
    if used.per_tonne:
        paths.append(pathway.sda(base, used, POLICY))
    for path in paths:
        targets = list(path.targets.values())
        assert targets == sorted(targets, reverse=True)
        assert targets[0] == base.intensity


@given(BASES, st.integers(2, 9))
def test_an_indexed_pathway_scales_with_its_base(base: Base, by: int) -> None:
    one = pathway.indexed(base, INTENSITY, POLICY)
    more = pathway.indexed(base._replace(intensity=base.intensity * by), INTENSITY, POLICY)
    for year, target in one.targets.items():
        limit = Decimal("1E-20")
        assert abs(more.target(year) - target * by) < limit
