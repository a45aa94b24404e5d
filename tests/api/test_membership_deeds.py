"""What operations and members do with a membership over HTTP: renaming, fees in error, leaving on a
day to come, a facility whose entity closed."""

import secrets
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.door import Door, eventually
from tests.embedded import door_of, platform
from tests.walk import Walked, join

BEGAN = date(2024, 1, 10)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform for all of this file."""
    with platform(tmp_path_factory.mktemp("deeds")) as host, door_of(host) as door:
        door.tick(BEGAN)
        yield door


@pytest.fixture
def friend(door: Door) -> str:
    """A new member that has no duty."""
    walked = Walked(BEGAN, BEGAN.replace(year=2026), f"D{secrets.token_hex(3)}")
    join(door, walked, "friend")
    return walked.id("friend")


def member(door: Door, member_id: str) -> dict[str, Any]:
    door.settled()
    row: dict[str, Any] = door.get(f"member:{member_id}", f"/membership/members/{member_id}")
    return row


def due(door: Door, member_id: str) -> list[str]:
    """What the board still asks of the member."""
    found = door.get(f"member:{member_id}", "/certification/deadlines", member=member_id)
    return [item["deadline_id"] for item in found["items"]]


def test_a_membership_from_a_new_name_to_its_last_day(door: Door, friend: str) -> None:
    door.send("ops", "membership/change_member", member_id=friend, name="Polar Light", country="SE")
    door.send("ops", "membership/change_fee_level", member_id=friend, fee_level="large")
    door.send("ops", "membership/invoice_fee", member_id=friend, invoice_id="I1")
    row = member(door, friend)
    assert (row["name"], row["country"], row["fee_level"]) == ("Polar Light", "SE", "large")
    assert due(door, friend) == [f"fee_invoice:{friend}~I1"]

    door.send("ops", "membership/cancel_fee_invoice", member_id=friend, invoice_id="I1")
    assert member(door, friend)["invoices"]["I1"]["state"] == "cancelled"
    assert eventually(lambda: due(door, friend), lambda found: not found) == []
    refused = door.attempt(
        "ops", "membership/record_fee_payment", member_id=friend, invoice_id="I1"
    )
    assert (refused.status_code, refused.json()["slug"]) == (409, "invoice-cancelled")

    leaves = BEGAN + timedelta(days=10)
    fields = {"member_id": friend, "effective_on": leaves.isoformat()}
    door.send(f"member:{friend}", "membership/resign_membership", **fields)
    assert (member(door, friend)["resigns_on"], member(door, friend)["standing"]) == (
        str(leaves),
        "active",
    )
    door.send(f"member:{friend}", "membership/withdraw_resignation", member_id=friend)
    assert member(door, friend)["resigns_on"] is None
    door.send(f"member:{friend}", "membership/resign_membership", **fields)
    door.tick(leaves - timedelta(days=1))
    assert member(door, friend)["standing"] == "active"
    door.tick(leaves)
    assert (member(door, friend)["standing"], member(door, friend)["ended_on"]) == (
        "resigned",
        str(leaves),
    )


def test_only_operations_rename_a_member_or_cancel_an_invoice(door: Door, friend: str) -> None:
    for command, fields in (
        ("change_member", {"name": "X", "country": "SE"}),
        ("change_fee_level", {"fee_level": "small"}),
        ("cancel_fee_invoice", {"invoice_id": "I1"}),
    ):
        refused = door.attempt(
            f"member:{friend}", f"membership/{command}", member_id=friend, **fields
        )
        assert refused.status_code == 403


def test_an_entity_closes_and_nothing_open_is_found_in_it(door: Door, friend: str) -> None:
    entity = {"entity_id": f"{friend}-E", "member_id": friend}
    door.send(
        f"member:{friend}", "membership/register_entity", **entity, name="Group", country="DE"
    )
    site = {"facility_id": f"{friend}-F", "name": "Plant", "activities": ["casthouse"]}
    where = {"location": {"country": "DE"}}
    door.send(f"member:{friend}", "membership/register_facility", **entity, **site, **where)
    door.send(
        f"member:{friend}", "membership/close_facility", facility_id=f"{friend}-F", member_id=friend
    )
    door.settled()
    door.send(f"member:{friend}", "membership/close_entity", **entity)
    door.settled()
    row = door.get(f"member:{friend}", f"/membership/facilities/{friend}-F")
    assert (row["state"], row["closure_proposed"]) == ("closed", None)
    parked = door.get("ops", "/membership/operations/parked", consumer="membership")
    assert parked["items"] == []
