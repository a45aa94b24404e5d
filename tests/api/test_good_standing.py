"""What the public sees of a member that is suspended or gone, and what the board still asks of it.

Domain.md 1.3: while a member is suspended, its profile and its list entry are hidden; they come
back with its good standing. Its certificate is another matter, and can be checked by its id.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.door import Door
from tests.embedded import door_of, platform
from tests.walk import Walked, certify, join, register

BEGAN = date(2024, 1, 10)
WALKED = Walked(BEGAN, BEGAN.replace(year=2026), "W")
ONE, OTHER = "W-met", "W-late"
CERTIFICATE = f"/certification/certificates/{ONE}-C"
STRANGER = f"member:{OTHER}"
PROFILE = (
    f"/certification/members/{ONE}",
    f"/certification/entities/{ONE}-E",
    f"/certification/facilities/{ONE}-F1",
)
Seen = dict[str, Any]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seen]]:
    """What is seen of a certified member while it is active, suspended, active again, and gone."""
    with platform(tmp_path_factory.mktemp("standing")) as host, door_of(host) as door:
        door.tick(BEGAN)
        for part in ("met", "late"):
            join(door, WALKED, part)
            register(door, WALKED, part)
            certify(door, WALKED.id(part), BEGAN)
        story: dict[str, Seen] = {"active": look(door)}
        door.send("ops", "membership/suspend_member", member_id=ONE)
        story["suspended"] = look(door)
        door.send("ops", "membership/reinstate_member", member_id=ONE)
        story["active again"] = look(door)
        door.send("ops", "membership/terminate_membership", member_id=ONE, reason="fraud")
        story["gone"] = look(door)
        door.tick(BEGAN + timedelta(days=1_200))
        story["years later"] = look(door)
        yield story


def look(door: Door) -> Seen:
    """The registry page by page, lookups by whom they may concern, and the board."""
    door.settled()
    listed: list[str] = []
    after: str | None = None
    while True:
        page = door.get(None, "/certification/registry", limit=1, after=after)
        listed += [item["certificate_id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    told = door.get(None, CERTIFICATE)
    board = door.get("ops", "/certification/deadlines", member=ONE, limit=1_000)
    return {
        "registry": listed,
        "certificate": (told["status"], told["listed"]),
        "attributes": {fact["attribute"] for fact in told["facts"]},
        "profile": [door.ask(STRANGER, "GET", path).status_code for path in PROFILE],
        "own": [door.ask(role, "GET", PROFILE[0]).status_code for role in ("ops", f"member:{ONE}")],
        "board": sorted(item["kind"] for item in board["items"]),
        "counted": sum(board["buckets"].values()),
        "expiry": door.get("ops", f"/certification/deadlines/certificate_expiry:{ONE}-C"),
    }


@pytest.mark.parametrize("moment", ["active", "active again"])
def test_a_member_in_good_standing_is_listed(seen: dict[str, Seen], moment: str) -> None:
    now = seen[moment]
    assert now["registry"] == [f"{OTHER}-C", f"{ONE}-C"]
    assert now["certificate"] == ("certified_full", True)
    assert {"member", "entity", "covers"} <= now["attributes"]
    assert now["profile"] == [200, 200, 200]


@pytest.mark.parametrize("moment", ["suspended", "gone"])
def test_profile_and_list_entry_of_others_are_hidden(seen: dict[str, Seen], moment: str) -> None:
    now = seen[moment]
    assert now["registry"] == [f"{OTHER}-C"]
    assert now["profile"] == [404, 404, 404]
    assert now["own"] == [200, 200]


@pytest.mark.parametrize("moment", ["suspended", "gone"])
def test_its_certificate_can_be_checked_but_tells_nothing_of_its_member(
    seen: dict[str, Seen], moment: str
) -> None:
    now = seen[moment]
    assert now["certificate"] == ("certified_full", False)
    assert not {"member", "entity", "covers"} & now["attributes"]
    assert {"standard", "type", "valid_from", "valid_to"} <= now["attributes"]


def test_the_board_asks_nothing_of_a_former_member(seen: dict[str, Seen]) -> None:
    assert {"certificate_expiry", "surveillance"} <= set(seen["suspended"]["board"])
    for moment in ("gone", "years later"):
        assert (seen[moment]["board"], seen[moment]["counted"]) == ([], 0)
        told = seen[moment]["expiry"]
        assert (told["deadline"]["state"], told["deadline"]["bucket"]) == ("cancelled", None)
        assert told["deadline"]["closed_on"] == BEGAN.isoformat()
        assert told["events"][-1]["type"] == "membership.membership_terminated.v1"
