"""A report whose regime lays down other warming potentials than its result's, over HTTP and on its
page: what it counts of another set is found in it (R-18)."""

from collections.abc import Iterator

import pytest

from tests.door import Door
from tests.embedded import door_of, platform

from .test_ghg_scrap_methods import REPORTS, page
from .years import PATH, SITE, TODAY, YEAR, data, datum, populate

FUEL = datum("coal", "casting", "fuel.coal_hard", "1000000", unit="MJ", factor="0.1")
OWN = {**FUEL, "factor_gwp_set": "AR6"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a smelter that knows what its coal gives off, under AR6."""
    with platform(tmp_path_factory.mktemp("gwp")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        asked = {"facility_id": "F1", "year": YEAR, "member_id": "M1", "site": SITE}
        door.send("member:M1", "ghg/submit_activity", **asked, data=[*data(), OWN])
        door.settled()
        yield door


def test_the_report_of_another_set_is_stopped_and_its_result_is_not(door: Door) -> None:
    found = door.get("member:M1", f"{PATH}/results/1/findings")["items"]
    assert not [one for one in found if (one["rule"], one["severity"]) == ("R-18", "block")]
    told = door.get("member:M1", f"{REPORTS}/cbam", against="gbt_44905_2024")
    assert (told["gwp_set"], told["blocking"]) == ("AR5", ["R-18"])
    [one] = [one for one in told["findings"] if one["severity"] == "block"]
    assert (one["rule"], one["data"]) == ("R-18", ["coal"])
    assert told["against"]["blocking"] == []


def test_the_page_of_the_report_says_so(door: Door) -> None:
    stopped = page(door, "/reports", regime="cbam")
    assert "Not to be submitted or published: R-18" in stopped
    assert "made under AR6, the report cbam under AR5" in stopped
    assert "Not to be submitted" not in page(door, "/reports", regime="gbt_44905_2024")


def test_criterion_5_2_is_doubted_by_what_the_report_of_a_regime_mixes(door: Door) -> None:
    def doubts(**asked: str) -> list[str]:
        told = door.get("member:M1", f"{PATH}/results/1/threshold", **asked)
        return [one["sentence"] for one in told["doubted_by"] if one["rule"] == "R-18"]

    [mixes] = doubts(regime="cbam")
    assert "AR6" in mixes
    for same in ("gbt_44905_2024", "asi_mine_to_metal", "iai"):
        assert doubts(regime=same) == [], same
    assert doubts() == []


def test_what_stops_a_report_does_not_stop_the_submission_of_its_result(door: Door) -> None:
    """As the address of the report says: nothing submits a report as such."""
    schema = door.get(None, "/ghg/openapi.json")
    [said] = [
        one["get"]["description"]
        for path, one in schema["paths"].items()
        if path.endswith("/reports/{regime}")
    ]
    assert "findings of the result alone stop" in " ".join(said.split())
    asked = {"facility_id": "F1", "year": YEAR, "member_id": "M1"}
    door.send("member:M1", "ghg/submit_for_verification", **asked, result=1, verifier_id="V1")
