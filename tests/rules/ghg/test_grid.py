"""Chinese grid factors: the whole table against the ministry's own statements about it, and the
latest as of a day (sources.md 4.6)."""

from datetime import date
from decimal import Decimal

import pytest

from infra.errors import Refused
from services.ghg.factors import grid
from services.ghg.factors.book import FactorSet
from services.ghg.factors.grid import Scale

from .given import BOOK, TODAY, d, rounded

FIRST, SECOND, THIRD = (BOOK.named(f"cn_grid_{year}", "grid.CN") for year in (2021, 2022, 2023))
BEFORE_THIRD = date(2025, 12, 30)
PROVINCES = sorted(name for name in THIRD.factors if name.startswith("province."))


def changes_percent(name: str) -> tuple[Decimal, Decimal]:
    """The least and the greatest change from 2022 to 2023, rounded as the ministry writes it, of
    factors that would be published as these four digits."""
    half = d("0.00005")
    old, new = SECOND.factor(name).value, THIRD.factor(name).value
    least, greatest = (new - half) / (old + half), (new + half) / (old - half)
    return rounded((least - 1) * 100, "0.1"), rounded((greatest - 1) * 100, "0.1")


def test_thirty_provinces_seven_grids_and_the_nation_every_year() -> None:
    assert len(PROVINCES) == 30
    for announced in (FIRST, SECOND, THIRD):
        assert announced.factors.keys() == THIRD.factors.keys()
        assert len(announced.factors) == 30 + 7 + 3
        assert {factor.unit for factor in announced.factors.values()} == {"kg CO2/kWh"}


def test_from_2022_to_2023_twenty_provinces_fall_and_ten_rise() -> None:
    changes = [THIRD.factor(name).value - SECOND.factor(name).value for name in PROVINCES]
    assert sum(change < 0 for change in changes) == 20
    assert sum(change > 0 for change in changes) == 10


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("region.north", "-6.1"),
        ("region.northeast", "-8.0"),
        ("region.east", "-2.1"),
        ("region.central", "-2.3"),
        ("region.northwest", "-5.4"),
        ("region.south", "4.5"),
        ("region.southwest", "9.0"),
        ("national.excluding_market_traded", "4.1"),
    ],
)
def test_grids_change_as_the_ministry_says(name: str, stated: str) -> None:
    least, greatest = changes_percent(name)
    assert least <= d(stated) <= greatest
    assert greatest - least <= d("0.1")  # so the statement pins the table


@pytest.mark.parametrize(
    ("announced", "name", "value"),
    [
        (FIRST, "province.CN-AH", "0.7075"),
        (FIRST, "region.north", "0.7120"),
        (SECOND, "province.CN-GD", "0.4403"),
        (THIRD, "province.CN-SC", "0.1564"),
        (THIRD, "province.CN-YN", "0.1333"),
        (THIRD, "province.CN-SD", "0.6191"),
        (THIRD, "province.CN-NM", "0.6479"),
        (THIRD, "national", "0.5306"),
        (THIRD, "national.fossil", "0.8273"),
    ],
)
def test_single_factors_agree_with_other_copies(
    announced: FactorSet, name: str, value: str
) -> None:
    assert announced.factor(name).value == d(value)


@pytest.mark.parametrize(
    ("as_of", "data_year"),
    [
        (date(2024, 4, 12), 2021),
        (date(2024, 12, 25), 2021),
        (date(2024, 12, 26), 2022),
        (BEFORE_THIRD, 2022),
        (date(2025, 12, 31), 2023),
        (TODAY, 2023),
    ],
)
def test_the_latest_is_the_greatest_year_that_was_public(as_of: date, data_year: int) -> None:
    assert grid.latest(BOOK, "CN", as_of).data_year == data_year


@pytest.mark.parametrize(("country", "as_of"), [("CN", date(2024, 4, 11)), ("NO", TODAY)])
def test_what_was_not_public_is_not_used(country: str, as_of: date) -> None:
    with pytest.raises(Refused) as refusal:
        grid.latest(BOOK, country, as_of)
    assert refusal.value.slug == "no-factor-set-yet"


def test_a_site_takes_its_provinces_factor_and_names_the_announcement() -> None:
    found, doubts = grid.for_site(BOOK, "CN", "CN-YN", TODAY)
    assert (found.kg_per_kwh, found.scale, found.data_year) == (
        d("0.1333"),
        Scale.PROVINCIAL,
        2023,
    )
    assert "announcement 47 of 2025" in found.announcement
    assert found.published_on == date(2025, 12, 31)
    assert doubts == ()


@pytest.mark.parametrize("subdivision", [None, "CN-XZ"])
def test_a_place_without_a_factor_takes_the_nations_and_says_so(subdivision: str | None) -> None:
    found, doubts = grid.for_site(BOOK, "CN", subdivision, TODAY)
    assert found.kg_per_kwh == d("0.5306")
    assert [doubt.about for doubt in doubts] == ["no_provincial_factor"]


def test_a_province_belongs_to_its_country() -> None:
    with pytest.raises(Refused) as refusal:
        grid.for_site(BOOK, "CN", "NO-03", TODAY)
    assert refusal.value.slug == "subdivision-of-other-country"


def test_what_contracts_leave_has_the_factor_without_market_traded_power() -> None:
    assert grid.residual(BOOK, "CN", TODAY).kg_per_kwh == d("0.6096")
    assert grid.residual(BOOK, "CN", BEFORE_THIRD).kg_per_kwh == d("0.5856")


def test_an_outdated_factor_is_found_on_the_day_of_the_report() -> None:
    used, _ = grid.for_site(BOOK, "CN", "CN-SD", BEFORE_THIRD)
    assert grid.doubts_of(used, BOOK, "CN", "CN-SD", BEFORE_THIRD) == ()
    (doubt,) = grid.doubts_of(used, BOOK, "CN", "CN-SD", date(2025, 12, 31))
    assert doubt.about == "grid_factor_outdated"
    assert "use 0.6191 kg CO2/kWh" in doubt.sentence


@pytest.mark.parametrize(("scale", "place"), [(Scale.NATIONAL, "CN"), (Scale.REGIONAL, "south")])
def test_a_coarse_factor_is_found_where_there_is_a_finer_one(scale: Scale, place: str) -> None:
    used = grid.factor(THIRD, scale, place)
    (doubt,) = grid.doubts_of(used, BOOK, "CN", "CN-YN", TODAY)
    assert doubt.about == "provincial_factor_available"
    assert "0.1333" in doubt.sentence
    assert grid.doubts_of(used, BOOK, "CN", "CN-XZ", TODAY) == ()


def test_a_value_placed_by_inference_says_so() -> None:
    found = grid.factor(FIRST, Scale.FOSSIL, "CN")
    assert found.evidence == "derived"
    assert found.note
