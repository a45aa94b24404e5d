"""Scrap by the method that somebody chooses, over HTTP and on the page of reports; and what else is
told of that year on its pages."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from services.portal.signin_session import COOKIE
from tests.door import Door, No
from tests.embedded import door_of, platform

from .years import PATH, SITE, TODAY, YEAR, data, datum, populate

REPORTS = f"{PATH}/results/1/reports"
RATE = datum("rate", "casting", "parameter.exit_rate", "9.7", unit="t CO2e/t")
COAL = {"calorific_value": "24", "calorific_unit": "GJ/t", "oxidation_factor": "0.98"}
FUEL = datum("coal", "casting", "fuel.coal_hard", "10", unit="t", **COAL)
SCRAP = datum(
    "scrap", "casting", "scrap.in", "5000", unit="t", scrap_kind="pre_consumer", factor="9000"
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a smelter whose casthouse melts scrap, and its result."""
    with platform(tmp_path_factory.mktemp("scrap")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        asked = {"facility_id": "F1", "year": YEAR, "member_id": "M1", "site": SITE}
        door.send("member:M1", "ghg/submit_activity", **asked, data=[*data(), SCRAP, RATE, FUEL])
        door.settled()
        yield door


def total(door: Door, method: str | None) -> Decimal:
    told = door.get("member:M1", f"{REPORTS}/iai", scrap_method=method)
    assert told["scrap_method"] == (method or "co_product")
    return Decimal(told["total_kg"])


def test_each_method_that_the_regime_takes_can_be_chosen(door: Door) -> None:
    told = door.get("member:M1", f"{REPORTS}/iai")
    assert told["scrap_methods"] == ["co_product", "cut_off", "substitution"]
    by = {method: total(door, method) for method in told["scrap_methods"]}
    assert len(set(by.values())) == 3
    assert total(door, None) == by["co_product"]
    assert by["co_product"] - by["cut_off"] == 5000 * 9000


def test_a_method_that_the_regime_does_not_take_is_refused_with_those_it_takes(door: Door) -> None:
    with pytest.raises(No) as refused:
        door.get("member:M1", f"{REPORTS}/asi_mine_to_metal", scrap_method="cut_off")
    assert refused.value.slug == "scrap-method-not-allowed"
    assert refused.value.response.json()["facts"]["allowed"] == ["co_product"]


def test_two_methods_of_one_regime_differ_by_the_lines_of_scrap(door: Door) -> None:
    told = door.get(
        "member:M1",
        f"{REPORTS}/iai",
        scrap_method="cut_off",
        against="iai",
        against_scrap_method="co_product",
    )
    [one] = told["differences"]
    assert (one["data"], Decimal(one["kg"])) == (["scrap"], Decimal(-5000 * 9000))
    assert "cut_off" in one["reason"]
    assert "co_product" in one["reason"]


def page(door: Door, part: str, **query: str) -> str:
    """A page of the year, as its member sees it, without the breaks of its lines."""
    token = door.headers("member:M1")["authorization"].removeprefix("Bearer ")
    cookie = {"cookie": f"{COOKIE}={token}"}
    at = f"/emissions/F1/{YEAR}{part}"
    answer = door.ask(None, "GET", at, params={"result": "1", **query}, headers=cookie)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_the_page_of_reports_lets_a_reader_choose(door: Door) -> None:
    usual = page(door, "/reports", regime="iai")
    chosen = page(door, "/reports", regime="iai", scrap_method="substitution")
    assert "scrap_method=substitution" in usual
    assert 'aria-current="true">Substitution' in chosen
    assert "scrap_method=" not in page(door, "/reports", regime="cbam")


def test_a_report_of_each_good_can_be_asked_for(door: Door) -> None:
    usual = door.get("member:M1", f"{REPORTS}/cbam")
    assert (usual["product"], usual["products"]) == ("casting", ["casting", "electrolysis"])
    liquid = door.get("member:M1", f"{REPORTS}/cbam", product="electrolysis")
    assert (liquid["product"], liquid["tonnes"]) == ("electrolysis", "100000")
    assert liquid["cbam"]["products"][0]["item"] == "output.liquid_metal"
    with pytest.raises(No) as refused:
        door.get("member:M1", f"{REPORTS}/cbam", product="semi_fabrication")
    assert refused.value.slug == "product-not-reported"
    assert refused.value.response.json()["facts"]["known"] == ["casting", "electrolysis"]


def test_the_page_of_reports_lets_a_reader_choose_the_product(door: Door) -> None:
    usual = page(door, "/reports", regime="cbam")
    assert "product=electrolysis" in usual
    chosen = page(door, "/reports", regime="cbam", product="electrolysis")
    assert 'product=electrolysis" aria-current="true">Electrolysis' in chosen
    assert "product=" not in page(door, "/reports", regime="asi_mine_to_metal")


def test_the_page_of_the_border_mechanism_tells_what_is_known_of_a_fuel(door: Door) -> None:
    told = page(door, "/reports", regime="cbam")
    assert "<td>24 GJ/t</td> <td>0.98</td>" in told
    assert "<td>not given</td> <td>not given</td>" in told


def test_the_page_of_the_year_tells_the_rate_at_its_end_and_how_the_policy_reads(
    door: Door,
) -> None:
    assert door.get("member:M1", f"{PATH}/results/1/threshold")["exit_rate"] == "9.7"
    told = page(door, "")
    assert 'Rate at the year\'s end: <data value="9.7">' in told
    assert "the policy reads calendar year average" in told


def test_the_page_of_the_year_says_that_grid_power_counts_as_primary_data_and_why(
    door: Door,
) -> None:
    told = page(door, "")
    assert "of emissions are power from a grid, at its announced or average factor" in told
    assert "counted as primary because what is metered is the site&#39;s own" in told
    assert '<span class="design">design</span>' in told
    assert "What else counts, where a factor is a table's" in told
