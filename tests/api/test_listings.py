"""A group compares its facilities with ours, page by page: no row is lost, doubled or somebody
else's, whatever is added and changed meanwhile."""

import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.door import PROBLEM, Door
from tests.embedded import door_of, platform
from tests.walk import Walked, join

BEGAN = date(2024, 1, 10)
WALKED = Walked(BEGAN, BEGAN.replace(year=2026), "L")
GROUP, STRANGER = "L-friend", "L-met"
LISTED = f"/membership/members/{GROUP}/facilities"
THERE = [f"L-F{number:03}" for number in range(60)]
"""Facilities that are there from the beginning; every other one changes while it is listed."""
LISTINGS = ("entities", "facilities")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a group of sixty facilities, and a stranger."""
    with platform(tmp_path_factory.mktemp("listings")) as host, door_of(host) as door:
        door.tick(BEGAN)
        for part in ("friend", "met"):
            join(door, WALKED, part)
        entity = {"entity_id": "L-E", "member_id": GROUP, "name": "Group", "country": "DE"}
        door.send(f"member:{GROUP}", "membership/register_entity", **entity)
        for facility_id in THERE:
            tell(door, facility_id)
        door.settled()
        yield door


def tell(door: Door, facility_id: str, name: str = "Plant", command: str = "register") -> None:
    door.send(
        f"member:{GROUP}",
        f"membership/{command}_facility",
        facility_id=facility_id,
        member_id=GROUP,
        entity_id="L-E",
        name=name,
        activities=["casthouse"],
        location={"country": "DE"},
    )


def pages(door: Door, limit: int) -> Iterator[list[dict[str, Any]]]:
    """Page after page, as the group's own system asks."""
    after: str | None = None
    while True:
        page = door.get(f"member:{GROUP}", LISTED, limit=limit, after=after)
        yield page["items"]
        after = page["next"]
        if after is None:
            return


def test_no_row_is_lost_or_doubled_while_facilities_are_added_and_changed(door: Door) -> None:
    listed: list[dict[str, Any]] = []
    for number, page in enumerate(pages(door, 7)):
        listed += page
        tell(door, f"L-F{number:03}-new")  # behind the page just read
        tell(door, f"L-G{number:03}")  # ahead of it
        tell(door, THERE[-1 - 2 * number], "Plant under another name", "declare")
        door.settled()
    ids = [row["facility_id"] for row in listed]
    assert ids == sorted(set(ids))
    assert set(THERE) <= set(ids)
    assert any(facility_id.startswith("L-G") for facility_id in ids)
    for row in listed:
        renamed = row["name"] != "Plant"
        assert row["version"] == (2 if renamed else 1), row
    assert any(row["version"] == 2 for row in listed)


def test_nor_while_many_write_at_once(door: Door) -> None:
    stop = threading.Event()

    def write() -> None:
        count = 0
        while not stop.is_set():
            count += 1
            tell(door, f"L-F{count % 60:03}-{count}")
            tell(door, THERE[count % 60], f"Plant {count}", "declare")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen: dict[str, int] = {}
        for _ in range(3):
            listed = [row for page in pages(door, 13) for row in page]
            ids = [row["facility_id"] for row in listed]
            assert ids == sorted(set(ids))
            assert set(THERE) | set(seen) <= set(ids)
            versions = {row["facility_id"]: row["version"] for row in listed}
            assert all(versions[known] >= version for known, version in seen.items())
            seen = versions
    finally:
        stop.set()
        writer.join(60)
    assert not writer.is_alive()


@pytest.mark.parametrize("listing", LISTINGS)
@pytest.mark.parametrize(
    ("role", "member_id", "status", "slug"),
    [
        ("ops", "L-nobody", 404, "unknown-member"),
        ("member:L-nobody", "L-nobody", 404, "unknown-member"),
        ("ops", "not a member", 422, "invalid-request"),
        ("ops", "x" * 129, 422, "invalid-request"),
        (f"member:{STRANGER}", GROUP, 403, "not-your-member"),
        (f"member:{STRANGER}", "L-nobody", 403, "not-your-member"),
        (None, GROUP, 401, "not-signed-in"),
    ],
)
def test_the_listing_of_an_invalid_member_says_what_is_wrong(
    door: Door, listing: str, role: str | None, member_id: str, status: int, slug: str
) -> None:
    answer = door.ask(role, "GET", f"/membership/members/{member_id}/{listing}")
    assert (answer.status_code, answer.json()["slug"]) == (status, slug)
    assert answer.headers["content-type"] == PROBLEM


@pytest.mark.parametrize("listing", LISTINGS)
def test_a_member_without_any_gets_an_empty_page(door: Door, listing: str) -> None:
    page = door.get(f"member:{STRANGER}", f"/membership/members/{STRANGER}/{listing}")
    assert page == {"items": [], "next": None}


def test_a_page_after_the_last_row_is_empty(door: Door) -> None:
    assert door.get("ops", LISTED, after="zzz")["items"] == []
