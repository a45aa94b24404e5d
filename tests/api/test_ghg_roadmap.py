"""Criterion 5.2 over HTTP for smelters of an entity that has a plan with values by year."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.door import Door
from tests.embedded import door_of, platform

from .test_circularity_pages import page
from .years import PATH, SCOPES, SITE, TODAY, YEAR, data, datum, populate

OURS: dict[str, Any] = {"member_id": "M1", "entity_id": "E1"}
PATHWAY = {
    **OURS,
    "family": "primary",
    "method": "asi_ghg_pathways_v2",
    "method_variant": "indexed",
}
THRESHOLD = f"{PATH}/results/1/threshold"
PLANNED = [{"year": 2027, "t_per_t": "12"}, {"year": 2030, "t_per_t": "10"}]
STATEMENT: dict[str, Any] = {
    "accreditation": "ACC-1",
    "statement_ref": "S-1",
    "scopes": SCOPES,
    "assurance": "limited",
    "verified_on": TODAY.isoformat(),
}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a smelter of an entity, verified."""
    with platform(tmp_path_factory.mktemp("roadmap")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        told(door, "F1")
        yield door


def told(door: Door, facility_id: str, *more: dict[str, object]) -> None:
    """The facility's year, verified."""
    year = {"facility_id": facility_id, "year": YEAR}
    sent = {"member_id": "M1", "site": SITE, "data": [*data(), *more]}
    door.send("member:M1", "ghg/submit_activity", **year, **sent)
    door.settled()
    result = {**year, "result": 1, "verifier_id": "V1"}
    door.send("member:M1", "ghg/submit_for_verification", **result, member_id="M1")
    door.send("verifier:V1", "ghg/verify_result", **result, **STATEMENT)
    door.settled()


def test_a_plan_with_values_by_year_is_told_beside_criterion_5_2(door: Door) -> None:
    adopted = {**OURS, "family": "primary", "owner": "p-1", "planned": PLANNED}
    door.send("member:M1", "ghg/adopt_plan", **adopted)
    door.settled()
    told = door.get("member:M1", THRESHOLD)
    assert told["roadmap"] == {"accepted": False, "planned": {"2027": "12", "2030": "10"}}
    assert "nobody has evaluated" in told["roadmap_lacks"]
    evaluated = {**OURS, "year": YEAR, "effective": True, "measures": ["new_anodes"]}
    refused = door.attempt("member:M1", "ghg/evaluate_plan", **evaluated)
    assert (refused.status_code, refused.json()["slug"]) == (409, "pathway-missing")
    door.send("member:M1", "ghg/set_pathway", **PATHWAY)
    door.send("member:M1", "ghg/evaluate_plan", **evaluated)
    told = door.get("member:M1", THRESHOLD)
    assert told["roadmap"]["accepted"] is True
    assert told["roadmap_lacks"] == ""


def test_a_plan_of_two_smelters_says_nothing_of_one_until_it_is_planned_for(door: Door) -> None:
    second = {"facility_id": "F2", "name": "Works 2", "start_year": 1971, **OURS}
    smelter = {"activities": ["smelting", "casthouse"], "location": {"country": "NO"}}
    door.send("ops", "membership/register_facility", **second, **smelter)
    told(door, "F2", datum("more", "casting", "fuel.gas", "3300", unit="GWh"))
    adopted = {**OURS, "family": "primary", "owner": "p-1", "planned": PLANNED}
    door.send("member:M1", "ghg/adopt_plan", **adopted)
    found = door.get("member:M1", THRESHOLD)
    assert found["roadmap"] == {"accepted": False, "planned": {}}
    assert "2 facilities together" in found["roadmap_lacks"]
    own = [{"facility_id": "F1", "planned": PLANNED}]
    door.send("member:M1", "ghg/adopt_plan", **adopted, by_facility=own)
    found = door.get("member:M1", THRESHOLD)
    assert found["roadmap"] == {"accepted": False, "planned": {"2027": "12", "2030": "10"}}
    [family] = door.get("member:M1", "/ghg/entities/E1/plan")["families"]
    assert (family["planned_of"], family["by_facility"]) == (["F1", "F2"], own)


def test_a_smelter_above_the_limit_is_found_until_its_own_roadmap_is_accepted(door: Door) -> None:
    year = f"/ghg/facilities/F2/years/{YEAR}"

    def missed() -> list[str]:
        found = door.get("member:M1", f"{year}/results/1/findings")["items"]
        return [one["sentence"] for one in found if one["rule"] == "R-23"]

    adopted = {**OURS, "family": "primary", "owner": "p-1", "planned": PLANNED}
    evaluated = {**OURS, "year": YEAR, "effective": True, "measures": ["new_anodes"]}
    door.send("member:M1", "ghg/adopt_plan", **adopted)
    door.send("member:M1", "ghg/set_pathway", **PATHWAY)
    door.send("member:M1", "ghg/evaluate_plan", **evaluated)
    [sentence] = missed()
    assert "2 facilities together, and none of this smelter" in sentence
    shown = page(door, f"/emissions/F2/{YEAR}")
    assert "<strong>does not meet</strong> the criterion; an accepted roadmap may change" in shown
    assert "2 facilities together, and none of this smelter." in shown
    own = [{"facility_id": "F2", "planned": PLANNED}]
    door.send("member:M1", "ghg/adopt_plan", **adopted, by_facility=own)
    [sentence] = missed()
    assert "nobody has evaluated" in sentence
    door.send("member:M1", "ghg/set_pathway", **PATHWAY)
    door.send("member:M1", "ghg/evaluate_plan", **evaluated)
    assert missed() == []
    assert "<strong>meets</strong> the criterion" in page(door, f"/emissions/F2/{YEAR}")
