"""An audit firm reads the books of an entity that it audits against the Chain of Custody Standard:
what the entity's member reads of them, as long as the audit is open, and nothing more."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from castmark.local import Host
from tests.api.metal import BUYER, SELLER, custody
from tests.door import Door, eventually
from tests.embedded import door_of, platform

TODAY = date(2026, 2, 2)
FIRM, OTHER = "auditor:FIRM-1", "auditor:FIRM-2"
SCOPE, POOL = f"{SELLER}-S", f"{SELLER}-S:aluminium:2026-01-01"
THEIRS = f"{BUYER}-S"
NAMES = {"scope_id": SCOPE, "pool": POOL, "number": "D-1", "year": "2026"}
WHO = f"member:{SELLER}"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with platform(tmp_path_factory.mktemp("auditors")) as host:
        yield host


@pytest.fixture(scope="module")
def door(host: Host) -> Iterator[Door]:
    """A smelter and a mill with documents between them; both certificates are decided on, so that
    the firm that audited for them has nothing more to look at."""
    with door_of(host) as door:
        door.tick(TODAY)
        custody(door, TODAY)
        door.settled()
        yield door


def reads(door: Door, role: str, path: str) -> int:
    return door.ask(role, "GET", path).status_code


def book(door: Door, audit_id: str, member_id: str, standard: str = "CoC", by: str = "ops") -> None:
    """A surveillance audit."""
    days = {"starts_on": TODAY + timedelta(days=9), "ends_on": TODAY + timedelta(days=12)}
    door.send(
        by,
        "audits/schedule_audit",
        audit_id=audit_id,
        member_id=member_id,
        entity_id=f"{member_id}-E",
        standard=standard,
        kind="surveillance",
        facilities=[f"{member_id}-F1"],
        auditor_firm="FIRM-1",
        certificate_id=f"{member_id}-C" + ("" if standard == "PS" else f"-{standard}"),
        **{name: day.isoformat() for name, day in days.items()},
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
    book(door, audit_id, SELLER)
    eventually(lambda: reads(door, FIRM, f"/coc/scopes/{SCOPE}"), lambda status: status == 200)
    yield door
    call_off(door, audit_id)
    eventually(lambda: reads(door, FIRM, f"/coc/scopes/{SCOPE}"), lambda status: status == 403)


def routes(door: Door) -> list[str]:
    """What may be asked of a scope, a pool or a document."""
    paths = door.get("ops", "/coc/openapi.json")["paths"]
    named = [path for path in paths if "get" in paths[path] and "{" in path]
    kept = ("/coc/scopes/", "/coc/pools/", "/coc/documents/")
    return sorted(path.format(**NAMES) for path in named if path.startswith(kept))


def test_all_that_the_member_reads_of_the_entity_its_auditor_reads_as_well(audited: Door) -> None:
    asked = routes(audited)
    fine = 0
    for path in asked:
        mine, theirs = (audited.ask(role, "GET", path, params=params(path)) for role in (WHO, FIRM))
        assert theirs.status_code == mine.status_code, path
        if "epcis" not in path:  # when it was made is in it
            assert theirs.content == mine.content, path
        fine += mine.status_code == 200
    assert fine > 20


def params(path: str) -> dict[str, Any]:
    """What a question cannot be asked without."""
    if path.endswith("/balance"):
        return {"stage": "aluminium"}
    return {"year": TODAY.year} if path.endswith(("/report", "/proofs")) else {}


def test_nobody_elses_firm_reads_and_what_is_there_cannot_be_told(audited: Door) -> None:
    for path in routes(audited):
        answer = audited.ask(OTHER, "GET", path, params=params(path))
        assert (answer.status_code, answer.json()["slug"]) == (403, "not-your-audit"), path
    for there, nowhere in ((THEIRS, "nowhere"), ("D-9", "nowhere")):
        kind = "documents" if there == "D-9" else "scopes"
        answers = [audited.ask(FIRM, "GET", f"/coc/{kind}/{one}") for one in (there, nowhere)]
        assert {answer.status_code for answer in answers} == {403}
        assert answers[0].text.replace(there, "it") == answers[1].text.replace(nowhere, "it")


def test_a_firm_gives_no_commands_and_sees_neither_other_members_nor_their_lists(
    audited: Door,
) -> None:
    fields = {"scope_id": SCOPE, "member_id": SELLER, "stage": "aluminium", "day": "2026-02-02"}
    answer = audited.attempt(FIRM, "coc/close_period", **fields)
    assert (answer.status_code, answer.json()["slug"]) == (403, "role-missing")
    for path in ("/coc/flow", f"/coc/members/{SELLER}/documents", "/coc/reports"):
        assert reads(audited, FIRM, path) == 403, path
    assert [row["scope_id"] for row in audited.get(FIRM, "/coc/scopes")["items"]] == [SCOPE]
    assert audited.get(OTHER, "/coc/scopes")["items"] == []


def test_an_auditor_finds_the_books_on_the_pages(audited: Door, host: Host) -> None:
    assert host.issuer is not None
    with httpx.Client(base_url=host.url, follow_redirects=True, timeout=60) as browser:
        assert browser.get(f"/signin?ticket={host.issuer.ticket([FIRM])}").status_code == 200
        [audit] = audited.get(FIRM, "/audits/firms/FIRM-1/audits")["items"]
        assert 'href="/custody"' in browser.get(f"/auditing/{audit['audit_id']}").text
        assert SCOPE in browser.get("/custody").text
        for page in (f"scopes/{SCOPE}", "documents/D-1", "documents/D-1/trace"):
            assert browser.get(f"/custody/{page}").status_code == 200, page
        assert "Read by FIRM-1" in browser.get(f"/custody/scopes/{SCOPE}").text
        assert browser.get(f"/custody/scopes/{THEIRS}").status_code == 403


def test_contractors_and_joint_ventures_are_told_to_the_member_and_its_auditor(
    audited: Door, host: Host
) -> None:
    named = {"scope_id": SCOPE, "member_id": SELLER}
    kept = {"title_stays": True, "keeps_records": True, "risks_controlled": True}
    toller = {"contractor_id": "K-1", "name": "Toll Rolling Ltd"}
    audited.send(WHO, "coc/list_contractor", **named, **toller, **kept)
    stake = {"holder_scope_id": THEIRS, "share_percent": "12.5"}
    audited.send(WHO, "coc/list_joint_venture", **named, **stake)
    since = {"since": TODAY.isoformat(), "through": None, "from_scope_id": None}
    for role in (WHO, FIRM):
        seen = audited.get(role, f"/coc/scopes/{SCOPE}")
        assert seen["contractors"] == [{**toller, **since}]
        assert seen["joint_ventures"] == [{**stake, **since}]
    assert host.issuer is not None
    with httpx.Client(base_url=host.url, follow_redirects=True, timeout=60) as browser:
        browser.get(f"/signin?ticket={host.issuer.ticket([FIRM])}")
        shown = " ".join(browser.get(f"/custody/scopes/{SCOPE}").text.split())
    assert "Toll Rolling Ltd (K-1)" in shown
    assert f"scope {THEIRS}</td> <td>12.5 % of the output" in shown


def test_a_member_sees_who_reads_its_books(audited: Door) -> None:
    assert audited.get(WHO, f"/coc/scopes/{SCOPE}")["read_by"] == ["FIRM-1"]
    assert audited.get(f"member:{BUYER}", f"/coc/scopes/{THEIRS}")["read_by"] == []


def test_the_auditor_of_the_buyer_sees_what_the_buyer_sees(door: Door) -> None:
    book(door, "A-buyer", BUYER)
    eventually(lambda: reads(door, FIRM, f"/coc/scopes/{THEIRS}"), lambda status: status == 200)
    for path in ("/coc/documents/D-1", "/coc/documents/D-1/trace"):
        assert door.get(FIRM, path) == door.get(f"member:{BUYER}", path), path
    assert reads(door, FIRM, f"/coc/scopes/{SCOPE}") == 403, "the seller's books are not open"
    call_off(door, "A-buyer")
    eventually(lambda: reads(door, FIRM, "/coc/documents/D-1"), lambda status: status == 403)


def test_a_firm_does_not_let_itself_in_by_a_booking_of_its_own(door: Door) -> None:
    book(door, "A-own", BUYER, by=FIRM)
    told = eventually(
        lambda: door.get(FIRM, "/audits/firms/FIRM-1/audits")["items"],
        lambda found: any(one["audit_id"] == "A-own" for one in found),
    )
    assert told, "it is booked"
    assert reads(door, FIRM, f"/coc/scopes/{THEIRS}") == 403
    assert door.get(f"member:{BUYER}", f"/coc/scopes/{THEIRS}")["read_by"] == []
    call_off(door, "A-own")


def test_an_audit_against_the_performance_standard_opens_no_books(door: Door) -> None:
    book(door, "A-ps", SELLER, "PS")
    assert reads(door, FIRM, f"/coc/scopes/{SCOPE}") == 403
    call_off(door, "A-ps")
