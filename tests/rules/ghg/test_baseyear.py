"""The base year: the latest verified representative one, or a mean; anew when the structure
changes (sources.md 4.9)."""

import pytest

from infra.errors import Refused
from services.ghg.plans.baseyear import Change, ChangeKind, Year, decide_base, rebase

from .given import POLICY, d

RUNNING = 2026
EVIDENCE = frozenset(POLICY.words("5.3.base.evidence"))


def year(number: int, *, verified: bool = True, representative: bool = True) -> Year:
    """A year of 100 t whose emission tells it apart: 2020 gives off 2,020 t."""
    return Year(number, d(str(number)), d("100"), verified, representative, EVIDENCE)


def test_the_latest_verified_representative_year_is_the_base() -> None:
    years = [year(2022, representative=False), year(2021), year(2019), year(2023, verified=False)]
    result = decide_base(years, POLICY, RUNNING)
    assert (result.base.year, result.base.intensity) == (2021, d("20.21"))
    assert result.rule == "latest verified representative year"
    assert (result.missing, result.doubts) == ((), ())


def test_years_before_the_first_that_is_offered_do_not_count() -> None:
    years = [year(2017), year(2018, verified=False), year(2019, verified=False)]
    with pytest.raises(Refused) as refusal:
        decide_base(years, POLICY, RUNNING)
    assert refusal.value.slug == "base-year-missing"


def test_without_such_a_year_it_is_the_mean_of_three_weighted_by_output() -> None:
    years = [year(number, verified=False) for number in (2019, 2020, 2021)]
    years.append(Year(2022, d("9000"), d("300"), True, False, EVIDENCE))
    result = decide_base(years, POLICY, RUNNING)
    assert result.years == (2020, 2021, 2022)
    assert result.base.year == 2022
    assert result.base.intensity == (d("2020") + d("2021") + d("9000")) / d("500")
    assert [doubt.about for doubt in result.doubts] == ["base_is_a_mean", "base_unverified"]
    assert "2020, 2021" in result.doubts[1].sentence


def test_a_year_without_output_cannot_be_a_base() -> None:
    idle = year(2022)._replace(output_t=d("0"))
    assert decide_base([idle, year(2020)], POLICY, RUNNING).base.year == 2020


def test_a_year_that_is_not_over_is_no_base() -> None:
    assert decide_base([year(2025), year(2026)], POLICY, RUNNING).base.year == 2025
    with pytest.raises(Refused) as refusal:
        decide_base([year(2026)], POLICY, RUNNING)
    assert refusal.value.slug == "base-year-missing"
    assert "2026 is not over" in refusal.value.sentence


def test_a_mean_is_of_whole_years_alone_and_says_which_year_lacks_whom() -> None:
    years = [
        year(number, verified=False)._replace(unverified=("west",)) for number in (2019, 2020, 2022)
    ]
    years.append(year(2021, verified=False)._replace(absent=("east", "west")))
    result = decide_base(years, POLICY, RUNNING)
    assert result.years == (2019, 2020, 2022)
    told = {doubt.about: doubt.sentence for doubt in result.doubts}
    assert told["base_unverified"] == "Not verified: 2019 (west), 2020 (west), 2022 (west)."
    assert "2021 (east, west)" in told["years_not_whole"]


def test_without_whole_years_the_refusal_names_whose_year_is_missing() -> None:
    north = year(2024)._replace(verified=False, absent=("west",))
    west = year(2025)._replace(verified=False, absent=("north",))
    with pytest.raises(Refused) as refusal:
        decide_base([north, west, year(2026)], POLICY, RUNNING)
    assert refusal.value.slug == "base-year-missing"
    assert "2024 has no figures of west; 2025 has no figures of north" in refusal.value.sentence
    assert refusal.value.facts["missing"] == ["2024: west", "2025: north"]


def test_a_later_year_that_is_not_whole_is_doubted_beside_the_verified_one() -> None:
    result = decide_base([year(2023), year(2024)._replace(absent=("west",))], POLICY, RUNNING)
    assert result.base.year == 2023
    (doubt,) = result.doubts
    assert (doubt.about, "2024 (west)" in doubt.sentence) == ("years_not_whole", True)


def test_many_facilities_with_long_names_are_told_by_their_number() -> None:
    names = tuple(f"{'x' * 120}{number}" for number in range(7))
    years = [year(n, verified=False)._replace(unverified=names) for n in (2019, 2020, 2021)]
    sentence = decide_base(years, POLICY, RUNNING).doubts[1].sentence
    assert sentence == (
        "Not verified: 2019 (7 facilities), 2020 (7 facilities), 2021 (7 facilities)."
    )


def test_the_evidence_that_is_asked_for_is_named_year_by_year() -> None:
    bare = year(2021)._replace(evidence=frozenset({"inventory"}))
    result = decide_base([bare], POLICY, RUNNING)
    assert set(result.asked) == EVIDENCE
    assert set(result.missing) == {
        (2021, "verification_statement"),
        (2021, "production_records"),
    }


def test_a_year_is_given_once() -> None:
    with pytest.raises(Refused) as refusal:
        decide_base([year(2020), year(2020)], POLICY, RUNNING)
    assert refusal.value.slug == "year-twice"


def test_negative_data_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        decide_base([year(2020)._replace(emission_t=d("-1"))], POLICY, RUNNING)
    assert refusal.value.slug == "quantity-negative"


@pytest.mark.parametrize(("emission", "moved"), [("50", False), ("50.001", True)])
def test_a_structural_change_above_the_threshold_moves_the_base(emission: str, moved: bool) -> None:
    bought = Change(ChangeKind.ACQUISITION, d(emission), d("10"))
    result = rebase([2020], d("1000"), d("100"), [bought], POLICY)
    assert result.moved is moved
    expected = (d("1000") + d(emission)) / d("110") if moved else d("10")
    assert result.base.intensity == expected


def test_what_is_sold_leaves_the_base() -> None:
    sold = Change(ChangeKind.DIVESTMENT, d("600"), d("40"))
    result = rebase([2020], d("1000"), d("100"), [sold], POLICY)
    assert (result.emission_t, result.output_t) == (d("400"), d("60"))
    assert result.change_percent == d("60")


def test_buying_and_selling_do_not_cancel_out() -> None:
    swap = [
        Change(ChangeKind.ACQUISITION, d("100"), d("50")),
        Change(ChangeKind.DIVESTMENT, d("100"), d("5")),
    ]
    result = rebase([2020], d("1000"), d("100"), swap, POLICY)
    assert result.moved
    assert result.base.intensity == d("1000") / d("145")


def test_a_new_method_moves_the_emission_alone() -> None:
    better = Change(ChangeKind.METHOD, d("-100"), d("0"))
    result = rebase([2020], d("1000"), d("100"), [better], POLICY)
    assert (result.moved, result.base.intensity) == (True, d("9"))


def test_when_everything_is_sold_another_base_is_needed() -> None:
    sold = Change(ChangeKind.DIVESTMENT, d("1000"), d("100"))
    with pytest.raises(Refused) as refusal:
        rebase([2020], d("1000"), d("100"), [sold], POLICY)
    assert refusal.value.slug == "base-year-missing"
