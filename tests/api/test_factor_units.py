"""The same datum by HTTP and by file: a factor in tonnes is read, one that cannot be is refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.door import Door
from tests.embedded import door_of, platform

from .years import PATH, SITE, TODAY, YEAR, data, datum, populate

ASKED: dict[str, Any] = {"facility_id": "F1", "year": YEAR, "member_id": "M1", "site": SITE}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a smelter."""
    with platform(tmp_path_factory.mktemp("units")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        door.settled()
        yield door


def sent(**more: str) -> list[dict[str, Any]]:
    """A year with coal that has its own factor."""
    return [*data(), datum("coal", "casting", "fuel.coal_hard", "1000", unit="GJ", **more)]


def test_a_factor_in_tonnes_is_stored_in_kilograms(door: Door) -> None:
    said = sent(factor="0.0946", factor_unit="t CO2e/GJ", factor_gwp_set="AR6")
    assert door.attempt("member:M1", "ghg/submit_activity", **ASKED, data=said).is_success
    door.settled()
    kept = {one["datum_id"]: one for one in door.get("member:M1", f"{PATH}/data/1")["data"]}
    assert kept["coal"]["factor"] == "0.0946"


def test_the_same_number_in_kilograms_is_refused_at_its_field_and_nothing_is_stored(
    door: Door,
) -> None:
    before = door.ask("member:M1", "GET", PATH).text
    said = sent(factor="0.0946", factor_unit="kg CO2e/GJ")
    answer = door.attempt("member:M1", "ghg/submit_activity", **ASKED, data=said)
    [error] = answer.json()["errors"]
    assert answer.status_code == 422
    assert error["slug"] == "factor-not-physical"
    assert error["pointer"] == f"/data/{len(said) - 1}/factor"
    assert door.ask("member:M1", "GET", PATH).text == before


def test_the_description_of_the_command_names_the_units(door: Door) -> None:
    told = door.ask(None, "GET", "/ghg/openapi.json").json()["components"]["schemas"]
    named = {"factor_unit", "embedded_unit"}
    assert any(named <= set(one.get("properties", {})) for one in told.values())
