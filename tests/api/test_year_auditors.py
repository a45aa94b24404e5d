"""An audit firm reads the years of the facilities that it audits against the Performance Standard,
as their member does, as long as the audit is open, and sends nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.portal.signin_session import COOKIE
from tests.door import Door, eventually
from tests.embedded import door_of, platform

from .years import PATH, TODAY, YEAR, populate, submit

FIRM, OTHER, MEMBER = "auditor:FIRM-1", "auditor:FIRM-2", "member:M1"
PAGE = f"/emissions/F1/{YEAR}"
READ = (
    PATH,
    f"{PATH}/data/1",
    f"{PATH}/results",
    f"{PATH}/results/1",
    f"{PATH}/results/1/findings",
    f"{PATH}/results/1/reports/asi_mine_to_metal",
    f"{PATH}/results/1/threshold",
    f"{PATH}/results/1/working",
    f"{PATH}/results/1/uncertainty",
    f"{PATH}/data/1/circularity",
    f"{PATH}/events",
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a smelter's year."""
    with platform(tmp_path_factory.mktemp("auditors")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        door.settled()
        submit(door)
        door.settled()
        yield door


def status(door: Door, role: str, path: str) -> int:
    return door.ask(role, "GET", path).status_code


def page(door: Door, role: str, path: str) -> tuple[int, str]:
    """A page as it is shown in the browser."""
    token = door.headers(role)["authorization"].removeprefix("Bearer ")
    answer = door.ask(None, "GET", path, headers={"cookie": f"{COOKIE}={token}"})
    return answer.status_code, " ".join(answer.text.split())


def book(door: Door, audit_id: str, by: str) -> None:
    door.send(
        by,
        "audits/schedule_audit",
        audit_id=audit_id,
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


def call_off(door: Door, audit_id: str) -> None:
    fields = {"audit_id": audit_id, "auditor_firm": "FIRM-1", "reason": "test"}
    door.send("ops", "audits/cancel_audit", **fields)
    door.settled()


@pytest.fixture
def audited(door: Door, request: pytest.FixtureRequest) -> Iterator[Door]:
    """FIRM-1 is to audit the smelter."""
    audit_id = f"A-{request.node.name[:40].replace('_', '-')}"
    book(door, audit_id, "ops")
    eventually(lambda: status(door, FIRM, PATH), lambda found: found == 200)
    yield door
    call_off(door, audit_id)
    eventually(lambda: status(door, FIRM, PATH), lambda found: found == 403)


def test_what_the_member_reads_of_the_year_its_auditor_reads_as_well(audited: Door) -> None:
    for path in READ:
        mine, theirs = (audited.ask(role, "GET", path) for role in (MEMBER, FIRM))
        assert (theirs.status_code, theirs.content) == (mine.status_code, mine.content), path
        assert mine.status_code == 200, path


def test_the_auditor_goes_from_its_audit_to_the_page_of_the_year(audited: Door) -> None:
    [audit] = audited.get(FIRM, "/audits/firms/FIRM-1/audits", state="scheduled")["items"]
    assert f'href="{PAGE}"' in page(audited, FIRM, f"/auditing/{audit['audit_id']}")[1]
    for path in (PAGE, f"{PAGE}/lines", f"{PAGE}/reports", f"{PAGE}/circularity"):
        assert page(audited, FIRM, path)[0] == 200, path


def test_the_member_sees_who_reads_its_year(audited: Door) -> None:
    assert audited.get(MEMBER, PATH)["read_by"] == ["FIRM-1"]
    assert "<dt>Read by</dt> <dd>FIRM-1" in page(audited, MEMBER, PAGE)[1]


def test_nobody_elses_firm_reads_and_what_is_there_cannot_be_told(audited: Door) -> None:
    for role, path in ((OTHER, PATH), (OTHER, f"{PATH}/results/1"), (FIRM, f"{PATH[:-4]}2001")):
        answer = audited.ask(role, "GET", path)
        assert (answer.status_code, answer.json()["slug"]) == (403, "not-your-audit"), path
    there, nowhere = (audited.ask(OTHER, "GET", one) for one in (PATH, PATH.replace("F1", "F9")))
    assert there.text.replace("F1", "F9") == nowhere.text


def test_an_auditor_sends_and_decides_nothing(audited: Door) -> None:
    asked: dict[str, Any] = {"facility_id": "F1", "year": YEAR, "member_id": "M1"}
    answer = audited.attempt(FIRM, "ghg/recalculate", **asked)
    assert (answer.status_code, answer.json()["slug"]) == (403, "role-missing")
    assert status(audited, FIRM, f"{PATH}/inputs") == 403, "what suppliers are asked"


def test_a_firm_does_not_let_itself_in_by_a_booking_of_its_own(door: Door) -> None:
    book(door, "A-own", FIRM)
    assert status(door, FIRM, PATH) == 403
    assert door.get(MEMBER, PATH)["read_by"] == []
    call_off(door, "A-own")
