"""Every page over a platform that has the least of everything: nothing waits, nothing was claimed,
nothing is in a period yet, a year of one line."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from infra.settings import load_settings
from services.portal.app import build
from services.portal.signin_session import COOKIE
from tests.api.small import Small
from tests.api.years import SITE, TODAY, YEAR, datum
from tests.door import Door
from tests.embedded import door_of, platform
from tests.walk import Walked, certify, join, register

MEMBER, SCOPE, PLANT = "K-mill", "/custody/scopes/K-mill-S", "K-mill-F1"
OWN = {"scope_id": "K-mill-S", "member_id": MEMBER}
DAY = TODAY.isoformat()
TOPICS = ["responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas"]
NO_PAGES = {
    *("/live", "/events/live", "/custody/flow/live", "/static/{name}"),
    *("/signin", "/health", "/ready", "/metrics", "/openapi.json", "/problems/{slug}"),
    "/dev/jwks",
}
"""Streams of changes, what a page loads, the door, and what is there for machines."""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """An empty platform."""
    with platform(tmp_path_factory.mktemp("barest")) as host, door_of(host) as door:
        door.tick(TODAY)
        yield door


def asked(door: Door, at: str, role: str = "ops", **query: str) -> httpx.Response:
    """A page as somebody sees it."""
    token = door.headers(role)["authorization"].removeprefix("Bearer ")
    headers = {"cookie": f"{COOKIE}={token}"}
    return door.ask(None, "GET", at, params=query or None, headers=headers)


def page(door: Door, at: str, role: str = f"member:{MEMBER}", **query: str) -> str:
    """Its text, without the breaks of its lines."""
    door.settled()
    answer = asked(door, at, role, **query)
    assert answer.status_code == 200, f"{at}: {answer.text[-2000:]}"
    return " ".join(answer.text.split())


def footprint_that_waits(text: str) -> str:
    """What the page of a scope says of what left and is not claimed."""
    found = re.search(r"Footprint of what left and is not claimed</dt> <dd>(.*?)</dd>", text)
    assert found is not None
    return found[1].strip()


def book(door: Door, command: str, movement_id: str, stage: str, **fields: Any) -> None:
    where = {**OWN, "stage": stage, "day": DAY, "movement_id": movement_id}
    door.send(f"member:{MEMBER}", f"coc/{command}", **where, mass_kg=100_000, **fields)


def opened(door: Door) -> None:
    """A member with an entity, both certificates and a scope of two stages in which nothing was
    booked yet."""
    walked = Walked(TODAY, TODAY + timedelta(days=730), "K")
    join(door, walked, "mill")
    register(door, walked, "mill")
    for standard in ("PS", "CoC"):
        certify(door, MEMBER, TODAY, standard)
    door.settled()
    door.send(
        f"member:{MEMBER}",
        "coc/open_scope",
        **OWN,
        entity_id=f"{MEMBER}-E",
        name="Mill works",
        address="1 Main Street",
        facilities=[PLANT],
        activities=["smelting", "casthouse"],
        starts_on=f"{TODAY.year}-01-01",
    )


def claimed_all(door: Door) -> None:
    """Scrap came in, all of it left, all of that is claimed."""
    looked = {"supplier_id": "YARD", "topics": TOPICS, "performed_on": DAY}
    door.send(f"member:{MEMBER}", "coc/record_due_diligence", **OWN, **looked)
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    book(door, "receive_material", "I-1", "aluminium", **scrap)
    book(door, "ship_material", "O-1", "aluminium")
    door.send(
        f"member:{MEMBER}",
        "coc/issue_document",
        **OWN,
        number="D-1",
        day=DAY,
        customer={"name": "Stranger", "address": "2 Main Street"},
        registration_id="a-registration-id-that-is-long",
        responsible="person-1",
        statement="asi_coc_mass_balance",
        material="coc_casthouse_product",
        mass_kg=100_000,
        total_mass_kg=100_000,
    )


def test_a_scopes_page_says_that_nothing_waits_wherever_nothing_does(door: Door) -> None:
    opened(door)
    assert "Nothing was booked in this scope yet." in page(door, SCOPE)
    book(door, "receive_material", "A-1", "alumina", origin="non_coc")
    assert footprint_that_waits(page(door, SCOPE, stage="alumina")) == "nothing waits"
    claimed_all(door)
    assert footprint_that_waits(page(door, SCOPE, stage="aluminium")) == "nothing waits"
    ahead = f"{TODAY.year + 1}-06-01"
    assert footprint_that_waits(page(door, SCOPE, stage="aluminium", on=ahead)) == "nothing waits"


def pages_of(door: Door) -> dict[str, list[str]]:
    """Addresses of each page, by its route."""
    [duty, *_] = door.get("ops", "/certification/deadlines")["items"]
    [told, *_] = door.get("ops", "/feed/newest")["events"]
    paper = door.get(f"member:{MEMBER}", "/coc/documents/D-1/paper")
    check = "/check/" + str(paper["link"]).partition("/check/")[2]
    number, year = "/custody/documents/D-1", f"/emissions/{PLANT}/{YEAR}"
    trace, verified = f"{number}/trace", f"/verifying/{PLANT}/{YEAR}"
    group = f"/emissions/circularity?member={MEMBER}&year={YEAR}"
    return {
        "/": ["/"],
        "/deadlines/{deadline_id}": [f"/deadlines/{duty['deadline_id']}"],
        "/sources": ["/sources"],
        "/auditing": [
            "/auditing",
            "/auditing?firm=FIRM-1",
            "/auditing?firm=FIRM-1&state=concluded",
        ],
        "/auditing/{audit_id}": [f"/auditing/{MEMBER}-A"],
        "/emissions": ["/emissions", f"/emissions?member={MEMBER}"],
        "/emissions/curve": [f"/emissions/curve?year={YEAR}"],
        "/emissions/circularity": [group],
        "/emissions/{facility_id}/{year}": [year],
        "/emissions/{facility_id}/{year}/circularity": [f"{year}/circularity"],
        "/emissions/{facility_id}/{year}/lines": [f"{year}/lines"],
        "/emissions/{facility_id}/{year}/reports": [f"{year}/reports"],
        "/emissions/{facility_id}/{year}/differences": [f"{year}/differences?result=2&of=1"],
        "/custody": ["/custody", f"/custody?member={MEMBER}"],
        "/custody/flow": ["/custody/flow"],
        "/custody/scopes/{scope_id}": [SCOPE],
        "/custody/scopes/{scope_id}/proofs": [f"{SCOPE}/proofs?year={TODAY.year}"],
        "/custody/documents/{number}": [number],
        "/custody/documents/{number}/trace": [
            trace,
            f"{trace}?direction=downstream",
            f"{trace}?on={DAY}",
        ],
        "/custody/documents/{number}/paper": [f"{number}/paper"],
        "/custody/pools/{pool}/statement": [
            f"/custody/pools/K-mill-S:alumina:{TODAY.year}-01-01/statement"
        ],
        "/check": ["/check"],
        "/check/{number}/{code}": [check],
        "/check/{number}/{code}/paper": [f"{check}/paper"],
        "/events": ["/events"],
        "/events/{position}": [f"/events/{told['position']}"],
        "/flow": ["/flow"],
        "/verifying": ["/verifying", "/verifying?verifier=V-1"],
        "/verifying/{facility_id}/{year}": [verified],
    }


def routes() -> set[str]:
    """The pages that the portal has, by its own list."""
    made = build(load_settings(environment="development"), Small().shared)
    gets = [one for one in made.routes if isinstance(one, Route) and "GET" in (one.methods or ())]
    return {one.path for one in gets} - NO_PAGES


def test_every_page_opens_over_the_least_that_there_can_be(door: Door) -> None:
    for cast_t in ("1", "2"):
        door.send(
            f"member:{MEMBER}",
            "ghg/submit_activity",
            facility_id=PLANT,
            year=YEAR,
            member_id=MEMBER,
            site=SITE,
            data=[datum("cast", "casting", "output.cast_metal", cast_t, unit="t")],
        )
        door.settled()
    pages = pages_of(door)
    assert set(pages) == routes()
    found = {at: asked(door, at).status_code for those in pages.values() for at in those}
    assert found == dict.fromkeys(found, 200)


def test_every_list_opens_over_nothing_at_all(tmp_path: Path) -> None:
    lists = ["/", "/auditing?firm=F", "/emissions", "/custody", "/custody/flow", "/events", "/flow"]
    with platform(tmp_path) as host, door_of(host) as empty:
        found = {at: asked(empty, at).status_code for at in (*lists, "/verifying?verifier=V")}
    assert found == dict.fromkeys(found, 200)
