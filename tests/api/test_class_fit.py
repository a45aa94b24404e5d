"""A class and what the group does, over HTTP: refused where it is said, shown where it comes up."""

import secrets
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import pytest

from tests.door import Door, eventually
from tests.embedded import door_of, platform
from tests.walk import Walked, join

BEGAN = date(2024, 1, 10)
SITE = {"name": "Smelter", "activities": ["smelting"], "location": {"country": "DE"}}


class Supporter(NamedTuple):
    """A member with an entity that has one facility at most."""

    id: str

    @property
    def me(self) -> str:
        """Its role."""
        return f"member:{self.id}"

    @property
    def facility(self) -> str:
        """The facility's id."""
        return f"{self.id}-F"

    def buys(self, door: Door, **site: object) -> None:
        """Register the facility."""
        place = {"member_id": self.id, "entity_id": f"{self.id}-E", "facility_id": self.facility}
        door.send(self.me, "membership/register_facility", **place, **site)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform for all of this file, on one day."""
    with platform(tmp_path_factory.mktemp("fit")) as host, door_of(host) as door:
        door.tick(BEGAN)
        yield door


@pytest.fixture
def supporter(door: Door) -> Supporter:
    """A new one that has an entity."""
    walked = Walked(BEGAN, BEGAN.replace(year=2026), f"D{secrets.token_hex(3)}")
    join(door, walked, "friend")
    made = Supporter(walked.id("friend"))
    entity = {"member_id": made.id, "entity_id": f"{made.id}-E", "name": "Works", "country": "DE"}
    door.send(made.me, "membership/register_entity", **entity)
    door.settled()
    return made


def listed(door: Door, who: str, supporter: Supporter) -> list[dict[str, Any]]:
    """What somebody is asked to decide on of a supporter."""
    found = door.get(who, "/membership/contradictions")["items"]
    return [one for one in found if one["member_id"] == supporter.id]


def test_a_supporter_that_buys_a_smelter_is_asked_for_another_class(
    door: Door, supporter: Supporter
) -> None:
    assert listed(door, "ops", supporter) == []
    supporter.buys(door, **SITE)
    found = eventually(lambda: listed(door, "ops", supporter), bool)
    assert [(one["member_id"], one["contradicted_by"]) for one in found] == [
        (supporter.id, supporter.facility)
    ]
    assert (found[0]["membership_class"], found[0]["wanted_class"]) == ("DS", "PT")
    assert listed(door, supporter.me, supporter) == found
    assert listed(door, "member:D-other", supporter) == []
    assert (
        door.get(supporter.me, f"/membership/members/{supporter.id}")["class_contradicted"] is True
    )
    nobody = door.http.get(door.at("/membership/contradictions"))
    assert nobody.status_code == 401

    asked: dict[str, Any] = {"member_id": supporter.id, "activities": ["smelting"]}
    refused = door.attempt("ops", "membership/change_class", membership_class="IU", **asked)
    assert (refused.status_code, refused.json()["slug"]) == (409, "class-must-be-pt")
    assert "joins class PT" in refused.json()["detail"]

    door.send("ops", "membership/change_class", membership_class="PT", **asked)
    assert eventually(lambda: listed(door, "ops", supporter), lambda found: not found) == []
    row = door.get(supporter.me, f"/membership/members/{supporter.id}")
    assert (row["class_contradicted"], row["contradicted_by"]) == (False, None)
    assert row["duty_rule"] == "initial_certification"


def test_a_member_is_shown_as_full_or_associate_and_that_this_is_unverified(
    door: Door, supporter: Supporter
) -> None:
    label = door.get(supporter.me, f"/membership/members/{supporter.id}")["class_label"]
    assert (label["name"], label["evidence"]) == ("Associate", "unverified")
    assert "[A5]" in label["source"]
    door.send(
        "ops",
        "membership/change_class",
        member_id=supporter.id,
        membership_class="IU",
        activities=["material_conversion"],
    )
    door.settled()
    assert (
        door.get(supporter.me, f"/membership/members/{supporter.id}")["class_label"]["name"]
        == "Full"
    )
    listed = door.get("ops", "/membership/members")["items"]
    labels = {one["member_id"]: one["class_label"]["name"] for one in listed}
    assert labels[supporter.id] == "Full"


def test_a_supporter_is_not_audited(door: Door, supporter: Supporter) -> None:
    supporter.buys(door, **SITE | {"activities": ["semi_fabrication"]})
    door.settled()
    day = {"starts_on": "2024-02-01", "ends_on": "2024-02-02"}
    asked: dict[str, Any] = {
        "audit_id": "A1",
        "member_id": supporter.id,
        "entity_id": f"{supporter.id}-E",
        "standard": "PS",
        "kind": "initial_certification",
        "facilities": [supporter.facility],
        "auditor_firm": "firm-1",
        **day,
    }
    refused = door.attempt("ops", "audits/schedule_audit", **asked)
    assert (refused.status_code, refused.json()["slug"]) == (409, "class-not-certifiable")
    assert "certification is for classes PT, IU" in refused.json()["detail"]
