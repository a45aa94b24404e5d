"""A facility's year over HTTP: from data to a disclosure, and to the one that corrects it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.door import Door, No, fine
from tests.embedded import door_of, platform

from .years import PATH, SCOPES, SITE, TODAY, YEAR, data, datum, populate, submit

OURS: dict[str, Any] = {"facility_id": "F1", "year": YEAR, "member_id": "M1"}
THEIRS: dict[str, Any] = {"facility_id": "F1", "year": YEAR, "verifier_id": "V1"}
STATEMENT: dict[str, Any] = {
    "accreditation": "ACC-1",
    "statement_ref": "ST-1",
    "scopes": SCOPES,
    "assurance": "limited",
    "verified_on": TODAY.isoformat(),
}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a smelter whose year was submitted, verified, disclosed and corrected."""
    with platform(tmp_path_factory.mktemp("years")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        populate_second_entity(door)
        submit(door, prepared_by="CONSULT")
        door.settled()
        yield door


def populate_second_entity(door: Door) -> None:
    """Another entity of the same member, with a facility of its own."""
    entity = {"member_id": "M1", "entity_id": "E1B"}
    door.send("ops", "membership/register_entity", **entity, name="B", country="NO")
    works = {"facility_id": "F1B", "name": "B", "activities": ["casthouse"]}
    place = {"location": {"country": "NO"}, "start_year": 1990}
    door.send("ops", "membership/register_facility", **entity, **works, **place)


def slug(door: Door, role: str, command: str, **fields: Any) -> str:
    """Why a command is refused."""
    answer = door.attempt(role, f"ghg/{command}", **fields)
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["slug"])


def results(door: Door) -> list[dict[str, Any]]:
    """All results of the year."""
    found: list[dict[str, Any]] = door.get("member:M1", f"{PATH}/results")["items"]
    return found


def test_data_and_result_are_there_with_the_answer_and_findings_too(door: Door) -> None:
    row = door.get("member:M1", PATH)
    assert (row["state"], row["data_version"], row["results"]) == ("calculated", 1, 1)
    [first] = results(door)
    assert first["data_version"] == 1
    assert "R-25" in [one["rule"] for one in first["findings"]]
    metal = [one for one in first["intensities"] if one["of"] == "mine_to_metal"]
    assert {one["power"] for one in metal} == {"location", "market"}
    assert 3 < float(metal[0]["t_per_t"]) < 6


def test_quantities_are_stored_in_the_items_own_unit(door: Door) -> None:
    stored = door.get("member:M1", f"{PATH}/data/1")
    found = {one["datum_id"]: one["quantity"] for one in stored["data"]}
    assert (found["power"], found["gas"]) == ("1400000000", "72000000")
    assert found["tapped"] == "100000"
    units = {one["datum_id"]: one["unit"] for one in stored["data"]}
    assert (units["power"], units["gas"], units["tapped"]) == ("kWh", "MJ", "t")


def test_the_working_shows_each_line_and_adds_up_to_the_result(door: Door) -> None:
    working = door.get("member:M1", f"{PATH}/results/1/working")
    [first] = results(door)[:1]
    lines = sum(float(line["kg"]) for line in working["lines"])
    assert lines == pytest.approx(sum(float(one["kg"]) for one in first["totals"]))
    assert working["working_hash"] == first["working_hash"]
    for line in working["lines"]:
        product = float(line["activity"]) * float(line["factor"]["value"])
        assert product == pytest.approx(float(line["kg"]))
        assert line["factor"]["source"]


def test_the_same_data_again_change_nothing(door: Door) -> None:
    again: Any = submit(door, prepared_by="CONSULT")
    assert again["events"] == []


def test_wrong_data_are_named_field_by_field_and_nothing_is_stored(door: Door) -> None:
    wrong = [
        *data(),
        datum("power", "electrolysis", "power.grid", "1", unit="kWh"),
        datum("a", "electrolysis", "power.gird", "1", unit="kWh"),
        datum("b", "casting", "input.net_anode", "1", unit="t"),
        datum("c", "electrolysis", "input.net_anode", "1", unit="kWh"),
        datum("d", "electrolysis", "input.net_anode", "1"),
        datum("e", "electrolysis", "input.net_anode", "1", unit=" "),
        datum("f", "casting", "scrap.in", "1", unit="t"),
    ]
    answer = door.attempt("member:M1", "ghg/submit_activity", **OURS, site=SITE, data=wrong)
    assert answer.status_code == 422
    assert {one["pointer"]: one["slug"] for one in answer.json()["errors"]} == {
        "/data/8/datum_id": "datum-twice",
        "/data/9/item": "unknown-item",
        "/data/10/step": "item-at-wrong-step",
        "/data/11/unit": "unit-of-other-kind",
        "/data/12/unit": "unit-missing",
        "/data/13/unit": "unit-missing",
        "/data/14/scrap_kind": "scrap-kind-missing",
    }
    for slug in {one["slug"] for one in answer.json()["errors"]}:
        assert door.ask(None, "GET", f"/problems/{slug}").status_code == 200, slug
    assert door.get("member:M1", PATH)["data_version"] == 1


def test_data_that_cannot_be_calculated_are_not_stored(door: Door) -> None:
    without = [one for one in data() if one["datum_id"] != "minutes"]
    assert slug(door, "member:M1", "submit_activity", **OURS, data=without, site={}) == (
        "cell-technology-missing"
    )
    assert door.get("member:M1", PATH)["data_version"] == 1


@pytest.mark.parametrize("role", ["member:M2", "verifier:V1", "auditor:X"])
def test_strangers_see_nothing_and_learn_nothing(door: Door, role: str) -> None:
    for path in (PATH, f"{PATH}/results/1", f"{PATH}/data/1", PATH.replace("F1", "F9")):
        with pytest.raises(No) as refused:
            door.get(role, path)
        assert refused.value.response.status_code == 403


def test_the_life_of_a_result(door: Door) -> None:
    """In one walk, as each step rests on the one before."""
    assert slug(door, "member:M1", "publish_disclosure", **OURS, result=1) == "not-verified"
    for own in ("M1", "E1", "E1B"):
        asked = {**OURS, "result": 1, "verifier_id": own}
        assert slug(door, "member:M1", "submit_for_verification", **asked) == "verifier-is-party"
    consult = {**OURS, "result": 1, "verifier_id": "CONSULT"}
    assert slug(door, "member:M1", "submit_for_verification", **consult) == (
        "verifier-not-independent"
    )
    door.send("member:M1", "ghg/submit_for_verification", **OURS, result=1, verifier_id="V1")
    door.settled()
    [lies] = door.get("verifier:V1", "/ghg/verifiers/V1/years")["items"]
    assert (lies["facility_year"], lies["state"]) == (f"F1:{YEAR}", "with_verifier")
    assert door.get("verifier:V1", f"{PATH}/results/1/working")["lines"]
    points = [{"point": "anode-butts", "data": ["anode"]}]
    door.send("verifier:V1", "ghg/return_result", **THEIRS, result=1, points=points)
    door.settled()
    assert door.get("member:M1", PATH)["returns"][0]["points"][0]["point"] == "anode-butts"
    _correct_and_publish(door)
    _recalculate(door)
    _publish_again(door)


def _correct_and_publish(door: Door) -> None:
    submit(door, "41500")
    assert slug(
        door, "member:M1", "submit_for_verification", **OURS, result=1, verifier_id="V1"
    ) == ("stale-input")
    door.send("member:M1", "ghg/submit_for_verification", **OURS, result=2, verifier_id="V1")
    stranger = {**THEIRS, "verifier_id": "V2", "result": 2, **STATEMENT}
    assert slug(door, "verifier:V1", "verify_result", **stranger) == "not-your-verifier"
    assert slug(door, "verifier:V2", "verify_result", **stranger) == "not-with-verifier"
    door.send("verifier:V1", "ghg/verify_result", **THEIRS, result=2, **STATEMENT)
    said = door.send("member:M1", "ghg/publish_disclosure", **OURS, result=2)
    door.settled()
    [public] = door.get(None, f"/ghg/disclosures/F1/{YEAR}")["items"]
    assert (public["disclosure"], public["result"], public["corrects"]) == (1, 2, None)
    assert public["accreditation"] == "ACC-1"
    assert (public["biogenic_co2"]["kg"], public["biogenic_co2"]["fuels"]) == ("0", [])
    memo = {"kg": "0", "factor_set": "biogenic_ipcc_2006"}
    assert said["events"][0]["data"]["biogenic_co2"] == memo
    _tells_its_share(door, public)
    [listed] = door.get(None, "/ghg/disclosures", year=YEAR)["items"]
    assert listed["facility_id"] == "F1"
    assert "findings" not in listed


def _tells_its_share(door: Door, public: dict[str, Any]) -> None:
    """Whoever reads the share of primary data reads what it counts, as the result's members do."""
    result = results(door)[public["result"] - 1]
    assert public["primary_share"] == result["primary_share"]
    assert public["primary_share_rule"] == result["primary_share_rule"]
    rule = public["primary_share_rule"]
    assert rule["source"].startswith("rule 4.10")
    assert all(one["because"] for one in rule["readings"])


def _recalculate(door: Door) -> None:
    """Beside the published result, which stays; with the difference line by line."""
    door.send("member:M1", "ghg/recalculate", **OURS, gwp_set="AR5")
    told = door.get("member:M1", f"{PATH}/results/3/differences", of=2)
    for side, left_out in (("location_kg", "2_market"), ("market_kg", "2_location")):
        before, after = (
            sum(float(one["kg"]) for one in found["totals"] if one["scope"] != left_out)
            for found in results(door)[1:3]
        )
        assert float(told[side]) == pytest.approx(after - before)
    assert {"pfc.cf4", "pfc.c2f6"} <= {one["item"] for one in told["lines"]}
    for at, when in enumerate(("before", "after"), 1):
        kept = {
            (one["of"], one["power"]): one["t_per_t"] for one in results(door)[at]["intensities"]
        }
        assert {(one["of"], one["power"]): one[when] for one in told["intensities"]} == kept
    future = {**OURS, "as_of": "2026-03-02"}
    assert slug(door, "member:M1", "recalculate", **future) == "as-of-in-future"
    assert slug(door, "member:M1", "recalculate", **OURS, gwp_set="AR9") == "unknown-factor-set"


def _publish_again(door: Door) -> None:
    submit(door, "42000")
    door.send("member:M1", "ghg/submit_for_verification", **OURS, result=4, verifier_id="V1")
    door.send("verifier:V1", "ghg/verify_result", **THEIRS, result=4, **STATEMENT)
    door.send("member:M1", "ghg/publish_disclosure", **OURS, result=4)
    door.settled()
    first, second = door.get(None, f"/ghg/disclosures/F1/{YEAR}")["items"]
    assert (first["result"], second["result"], second["corrects"]) == (2, 4, 1)
    row = door.get("member:M1", PATH)
    assert (row["state"], row["disclosures"], row["data_version"]) == ("disclosed", 2, 3)


def test_pages_and_single_things_of_others_are_not_found(door: Door) -> None:
    mine = door.get("member:M1", "/ghg/members/M1/years", year=YEAR)["items"]
    assert [one["facility_year"] for one in mine] == [f"F1:{YEAR}"]
    for path in ("/ghg/disclosures/F9/2025", f"{PATH}/results/99", f"{PATH}/data/99"):
        answer = door.ask("ops", "GET", path)
        assert answer.status_code == 404
    assert fine(door.ask("ops", "GET", f"{PATH}/results"))["items"]
