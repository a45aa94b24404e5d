"""What operations and members do with a membership over HTTP: renaming, fees in error, leaving on a
day to come, a facility whose entity closed."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.door import Door, eventually
from tests.embedded import door_of, platform
from tests.walk import Walked, join

BEGAN = date(2024, 1, 10)
WALKED = Walked(BEGAN, BEGAN.replace(year=2026), "D")
M = "D-friend"
ME = f"member:{M}"


@pytest.fixture
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with one member that has no duty."""
    with platform(tmp_path_factory.mktemp("deeds")) as host, door_of(host) as door:
        door.tick(BEGAN)
        join(door, WALKED, "friend")
        yield door


def member(door: Door) -> dict[str, Any]:
    door.settled()
    row: dict[str, Any] = door.get(ME, f"/membership/members/{M}")
    return row


def due(door: Door) -> list[str]:
    """What the board still asks of the member."""
    found = door.get(ME, "/certification/deadlines", member=M)
    return [item["deadline_id"] for item in found["items"]]


def test_a_membership_from_a_new_name_to_its_last_day(door: Door) -> None:
    door.send("ops", "membership/change_member", member_id=M, name="Polar Light", country="SE")
    door.send("ops", "membership/change_fee_level", member_id=M, fee_level="large")
    door.send("ops", "membership/invoice_fee", member_id=M, invoice_id="I1")
    row = member(door)
    assert (row["name"], row["country"], row["fee_level"]) == ("Polar Light", "SE", "large")
    assert due(door) == [f"fee_invoice:{M}~I1"]

    door.send("ops", "membership/cancel_fee_invoice", member_id=M, invoice_id="I1")
    assert member(door)["invoices"]["I1"]["state"] == "cancelled"
    assert eventually(lambda: due(door), lambda found: not found) == []
    refused = door.attempt("ops", "membership/record_fee_payment", member_id=M, invoice_id="I1")
    assert (refused.status_code, refused.json()["slug"]) == (409, "invoice-cancelled")

    leaves = BEGAN + timedelta(days=10)
    fields = {"member_id": M, "effective_on": leaves.isoformat()}
    door.send(ME, "membership/resign_membership", **fields)
    assert (member(door)["resigns_on"], member(door)["standing"]) == (str(leaves), "active")
    door.send(ME, "membership/withdraw_resignation", member_id=M)
    assert member(door)["resigns_on"] is None
    door.send(ME, "membership/resign_membership", **fields)
    door.tick(leaves - timedelta(days=1))
    assert member(door)["standing"] == "active"
    door.tick(leaves)
    assert (member(door)["standing"], member(door)["ended_on"]) == ("resigned", str(leaves))


def test_only_operations_rename_a_member_or_cancel_an_invoice(door: Door) -> None:
    for command, fields in (
        ("change_member", {"name": "X", "country": "SE"}),
        ("change_fee_level", {"fee_level": "small"}),
        ("cancel_fee_invoice", {"invoice_id": "I1"}),
    ):
        refused = door.attempt(ME, f"membership/{command}", member_id=M, **fields)
        assert refused.status_code == 403


def test_an_entity_closes_and_nothing_open_is_found_in_it(door: Door) -> None:
    entity = {"entity_id": "D-E", "member_id": M}
    door.send(ME, "membership/register_entity", **entity, name="Group", country="DE")
    site = {"facility_id": "D-F", "name": "Plant", "activities": ["casthouse"]}
    where = {"location": {"country": "DE"}}
    door.send(ME, "membership/register_facility", **entity, **site, **where)
    door.send(ME, "membership/close_facility", facility_id="D-F", member_id=M)
    door.settled()
    door.send(ME, "membership/close_entity", **entity)
    door.settled()
    row = door.get(ME, "/membership/facilities/D-F")
    assert (row["state"], row["closure_proposed"]) == ("closed", None)
    parked = door.get("ops", "/membership/operations/parked", consumer="membership")
    assert parked["items"] == []
