"""An announcement makes a result beside the old one, by itself; nothing that was there changes."""

from datetime import date
from pathlib import Path

import pytest

from tests.door import Door, eventually
from tests.embedded import door_of, platform

from .years import SITE, data, populate

BEFORE, AFTER = date(2025, 6, 1), date(2026, 1, 10)
PATH = "/ghg/facilities/F1/years/2024"


@pytest.mark.timeout(300)
def test_what_was_calculated_is_calculated_anew_when_newer_factors_are_public(
    tmp_path: Path,
) -> None:
    with platform(tmp_path) as host, door_of(host) as door:
        door.tick(BEFORE)
        populate(door, country="CN")
        ours = {"facility_id": "F1", "year": 2024, "member_id": "M1"}
        door.send("member:M1", "ghg/submit_activity", **ours, site=SITE, data=data())
        door.settled()
        [first] = door.get("member:M1", f"{PATH}/results")["items"]
        door.tick(AFTER)
        found = eventually(
            lambda: door.get("member:M1", f"{PATH}/results")["items"], lambda seen: len(seen) > 1
        )
        assert found[0] == first
        assert [one["because"] for one in found] == ["data", "factors"]
        assert "cn_grid_2022" in first["factor_sets"]
        assert "cn_grid_2023" in found[1]["factor_sets"]
        assert door.get("member:M1", f"{PATH}/results/1/working")["lines"]
        told = door.get("member:M1", f"{PATH}/results/2/differences", of=1)
        sets = {(one["before_set"], one["after_set"]) for one in told["lines"]}
        assert ("cn_grid_2022", "cn_grid_2023") in sets
        door.settled()
        assert door.get("member:M1", PATH)["state"] == "calculated"
        old, new = (by_rule(door, number) for number in (1, 2))
        assert "R-09" not in {one["rule"] for one in first["findings"]}, "it was not then"
        assert "of 2023 was public" in old["R-09"]
        assert "R-09" not in new
        say_which = {"R-10"}  # membership does not know the province
        assert say_which <= set(old) & set(new)

        asked = {**ours, "as_of": BEFORE.isoformat(), "gwp_set": "AR5"}
        door.send("member:M1", "ghg/recalculate", **asked)
        [late] = door.get("member:M1", f"{PATH}/results")["items"][2:]
        assert "R-09" in {one["rule"] for one in late["findings"]}, "calculated outdated"

        given = door.send(
            "member:M1", "ghg/submit_for_verification", **ours, result=1, verifier_id="V1"
        )
        [event] = given["events"]
        assert {one["rule"] for one in event["data"]["findings"]} == {"R-09", "R-10"}
        door.settled()
        [waits] = door.get("verifier:V1", "/ghg/verifiers/V1/waiting")["items"]
        assert waits["submitted"]["findings"] == event["data"]["findings"]


def by_rule(door: Door, number: int) -> dict[str, str]:
    """What is found in a result today: the sentences by rule."""
    items = door.get("member:M1", f"{PATH}/results/{number}/findings")["items"]
    return {one["rule"]: one["sentence"] for one in items}
