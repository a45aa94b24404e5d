"""What follows from a result over HTTP: reports, uncertainty, limits, pathway, events; whose."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.door import Door, No
from tests.embedded import door_of, platform

from .years import PATH, TODAY, YEAR, populate, submit

RESULT = f"{PATH}/results/1"
ALL = (
    f"{RESULT}/reports/cbam",
    f"{RESULT}/uncertainty",
    f"{RESULT}/threshold",
    f"{PATH}/pathway",
    f"{PATH}/events",
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a smelter's year and its result."""
    with platform(tmp_path_factory.mktemp("reports")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        submit(door)
        door.settled()
        yield door


@pytest.mark.parametrize("path", ALL)
def test_the_facilitys_member_may_ask_and_no_other(door: Door, path: str) -> None:
    assert door.get("member:M1", path)
    for role in ("member:M2", "verifier:V9", "subscriber:S1"):
        with pytest.raises(No) as refused:
            door.get(role, path)
        assert refused.value.response.status_code == 403


def test_differences_of_two_regimes_add_up_to_the_difference_of_their_totals(door: Door) -> None:
    against = {"against": "asi_mine_to_metal"}
    told = door.get("member:M1", f"{RESULT}/reports/cbam", **against)
    gap = Decimal(told["total_kg"]) - Decimal(told["against"]["total_kg"])
    assert sum(Decimal(one["kg"]) for one in told["differences"]) == pytest.approx(gap)
    assert sum(Decimal(one["kg"]) for one in told["lines"]) == Decimal(told["total_kg"])
    assert all(one["reason"] for one in told["differences"])


def test_the_same_seed_gives_the_same_draws_about_the_propagated_total(door: Door) -> None:
    first = door.get("member:M1", f"{RESULT}/uncertainty", seed=7)
    assert door.get("member:M1", f"{RESULT}/uncertainty", seed=7) == first
    drawn, told = first["simulated"], first["propagated"]
    assert Decimal(drawn["low"]) < Decimal(told["value"]) < Decimal(drawn["high"])


def test_limits_and_pathway_speak_of_the_intensity_of_the_result(door: Door) -> None:
    threshold = door.get("member:M1", f"{RESULT}/threshold")
    assert threshold["meets"] is True
    assert threshold["roadmap"] == {"accepted": False, "planned": {}}
    pathway = door.get("member:M1", f"{PATH}/pathway")
    assert pathway["base"] == {
        "year": YEAR,
        "intensity": threshold["intensity"],
        "verified": False,
    }
    assert pathway["years"][0]["actual"] == threshold["intensity"]
    assert [one["year"] for one in pathway["years"]] == list(range(YEAR, 2051))


def test_events_are_named_by_place_and_id(door: Door) -> None:
    told = door.get("member:M1", f"{PATH}/events")["items"]
    assert [one["type"] for one in told] == ["ghg.activity_sealed.v1", "ghg.result_calculated.v1"]
    assert all(one["event_id"] and one["position"] > 0 for one in told)


def test_everybody_sees_the_years_that_are_theirs(door: Door) -> None:
    def seen(role: str, **query: object) -> list[str]:
        return [one["facility_year"] for one in door.get(role, "/ghg/years", **query)["items"]]

    assert seen("ops") == seen("member:M1") == [f"F1:{YEAR}"]
    assert seen("member:M2") == seen("verifier:V1") == []
    assert seen("member:M2", member_id="M1") == []
    assert seen("ops", year=YEAR - 1) == []
    with pytest.raises(No) as refused:
        seen("subscriber:S1")
    assert refused.value.slug == "role-missing"


def test_whoever_audits_the_facility_hears_what_to_look_at_and_no_other(door: Door) -> None:
    door.send(
        "auditor:FIRM-1",
        "audits/schedule_audit",
        audit_id="AU1",
        member_id="M1",
        entity_id="E1",
        standard="PS",
        kind="initial_certification",
        facilities=["F1"],
        auditor_firm="FIRM-1",
        starts_on="2026-06-01",
        ends_on="2026-06-03",
    )
    door.settled()
    path = "/audits/audits/AU1/preparation"
    told = door.get("auditor:FIRM-1", path)
    assert told["years"] == [YEAR - 2, YEAR - 1, YEAR]
    assert [one["state"] for one in told["facility_years"]] == ["calculated"]
    abouts = [one["about"] for one in told["points"]]
    assert "not_verified" in abouts
    assert door.get("member:M1", path)["points"] == door.get("ops", path)["points"]
    for role in ("member:M2", "auditor:FIRM-2"):
        with pytest.raises(No) as refused:
            door.get(role, path)
        assert refused.value.response.status_code == 403
