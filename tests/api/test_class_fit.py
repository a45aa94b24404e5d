"""A class and what the group does, over HTTP: refused where it is said, shown where it comes up."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.door import Door, eventually
from tests.embedded import door_of, platform
from tests.walk import Walked, join

BEGAN = date(2024, 1, 10)
WALKED = Walked(BEGAN, BEGAN.replace(year=2026), "D")
M, E, F = "D-friend", "D-friend-E", "D-friend-F"
ME = f"member:{M}"
SITE = {"name": "Smelter", "activities": ["smelting"], "location": {"country": "DE"}}


@pytest.fixture
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with one supporter that has an entity."""
    with platform(tmp_path_factory.mktemp("fit")) as host, door_of(host) as door:
        door.tick(BEGAN)
        join(door, WALKED, "friend")
        door.settled()
        entity = {"member_id": M, "entity_id": E, "name": "Works", "country": "DE"}
        door.send(ME, "membership/register_entity", **entity)
        door.settled()
        yield door


def listed(door: Door, who: str) -> list[dict[str, Any]]:
    """What somebody is asked to decide on."""
    found: list[dict[str, Any]] = door.get(who, "/membership/contradictions")["items"]
    return found


def test_a_supporter_that_buys_a_smelter_is_asked_for_another_class(door: Door) -> None:
    assert listed(door, "ops") == []
    door.send(ME, "membership/register_facility", member_id=M, entity_id=E, facility_id=F, **SITE)
    found = eventually(lambda: listed(door, "ops"), bool)
    assert [(one["member_id"], one["contradicted_by"]) for one in found] == [(M, F)]
    assert (found[0]["membership_class"], found[0]["wanted_class"]) == ("DS", "PT")
    assert listed(door, ME) == found
    assert listed(door, "member:D-other") == []
    assert door.get(ME, f"/membership/members/{M}")["class_contradicted"] is True
    nobody = door.http.get(door.at("/membership/contradictions"))
    assert nobody.status_code == 401

    asked: dict[str, Any] = {"member_id": M, "activities": ["smelting"]}
    refused = door.attempt("ops", "membership/change_class", membership_class="IU", **asked)
    assert (refused.status_code, refused.json()["slug"]) == (409, "class-must-be-pt")
    assert "joins class PT" in refused.json()["detail"]

    door.send("ops", "membership/change_class", membership_class="PT", **asked)
    assert eventually(lambda: listed(door, "ops"), lambda found: not found) == []
    row = door.get(ME, f"/membership/members/{M}")
    assert (row["class_contradicted"], row["contradicted_by"]) == (False, None)
    assert row["duty_rule"] == "initial_certification"


def test_a_member_is_shown_as_full_or_associate_and_that_this_is_unverified(door: Door) -> None:
    label = door.get(ME, f"/membership/members/{M}")["class_label"]
    assert (label["name"], label["evidence"]) == ("Associate", "unverified")
    assert "[A5]" in label["source"]
    door.send(
        "ops",
        "membership/change_class",
        member_id=M,
        membership_class="IU",
        activities=["material_conversion"],
    )
    door.settled()
    assert door.get(ME, f"/membership/members/{M}")["class_label"]["name"] == "Full"
    listed = door.get("ops", "/membership/members")["items"]
    assert [one["class_label"]["name"] for one in listed] == ["Full"]


def test_a_supporter_is_not_audited(door: Door) -> None:
    rolls = {**SITE, "activities": ["semi_fabrication"]}
    door.send(ME, "membership/register_facility", member_id=M, entity_id=E, facility_id=F, **rolls)
    door.settled()
    day = {"starts_on": "2024-02-01", "ends_on": "2024-02-02"}
    asked: dict[str, Any] = {
        "audit_id": "A1",
        "member_id": M,
        "entity_id": E,
        "standard": "PS",
        "kind": "initial_certification",
        "facilities": [F],
        "auditor_firm": "firm-1",
        **day,
    }
    refused = door.attempt("ops", "audits/schedule_audit", **asked)
    assert (refused.status_code, refused.json()["slug"]) == (409, "class-not-certifiable")
    assert "certification is for classes PT, IU" in refused.json()["detail"]
