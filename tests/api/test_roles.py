"""What a subscriber, an audit firm and a verifier find here: theirs, and nothing of others."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import httpx
import pytest

from castmark.local import Host
from castmark.operate import SIGN_IN
from tests.door import Door, fine
from tests.embedded import door_of, platform

from .years import SCOPES, TODAY, YEAR, populate, submit

F1 = {"facility_id": "F1", "year": YEAR}
LIES = {**F1, "result": 1, "verifier_id": "V1"}
Visit = Callable[[str, str], httpx.Response]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A platform with one smelter."""
    with platform(tmp_path_factory.mktemp("roles")) as running:
        yield running


@pytest.fixture(scope="module")
def door(host: Host) -> Iterator[Door]:
    """A result that lies with V1; a certificate, a surveillance audit of it by FIRM-1, and a first
    audit of another member by FIRM-2."""
    with door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        populate(door, "M2", "DE", "F2", "E2")
        submit(door)
        door.settled()
        member = {**F1, "member_id": "M1"}
        door.send("member:M1", "ghg/submit_for_verification", **member, result=1, verifier_id="V1")
        first = {"standard": "PS", "kind": "initial_certification"}
        one = {"member_id": "M1", "entity_id": "E1", "facilities": ["F1"]}
        two = {"member_id": "M2", "entity_id": "E2", "facilities": ["F2"]}
        ended = (TODAY - timedelta(days=3)).isoformat()
        audit(
            door, "conclude", "A-1", "FIRM-1", {**one, **first, "lead_auditor": "person-1"}, ended
        )
        door.send("ops", "audits/decide_certificate", certificate_id="C-1", audit_id="A-1")
        door.settled()
        watch = {"standard": "PS", "kind": "surveillance", "certificate_id": "C-1"}
        soon = (TODAY + timedelta(days=30)).isoformat()
        audit(door, "schedule", "A-2", "FIRM-1", {**one, **watch}, soon)
        audit(door, "schedule", "A-3", "FIRM-2", {**two, **first}, soon)
        door.tick(TODAY + timedelta(days=1))
        door.settled()
        yield door


def audit(
    door: Door, deed: str, audit_id: str, firm: str, fields: dict[str, Any], day: str
) -> None:
    """An audit of one day, booked or concluded."""
    ing = "s" if deed == "schedule" else "ed"
    days = {f"start{ing}_on": day, f"end{ing}_on": day}
    who = {"audit_id": audit_id, "auditor_firm": firm}
    door.send(f"auditor:{firm}", f"audits/{deed}_audit", **who, **fields, **days)


@pytest.fixture(scope="module")
def browser(host: Host) -> Iterator[httpx.Client]:
    """Keeps cookies and follows links."""
    with httpx.Client(base_url=host.url, follow_redirects=True) as made:
        yield made


@pytest.fixture
def visit(host: Host, door: Door, browser: httpx.Client) -> Visit:
    """Sign in by link as a role, and look at a page."""

    def look(role: str, path: str) -> httpx.Response:
        sign_in(host, browser, role)
        return browser.get(path)

    return look


def sign_in(host: Host, browser: httpx.Client, role: str) -> None:
    assert host.issuer is not None
    browser.cookies.clear()
    assert browser.get(f"/signin?ticket={host.issuer.ticket([role])}").status_code == 200


def told(door: Door, role: str, path: str) -> Any:
    """What an address answers, its query as written."""
    return fine(door.ask(role, "GET", path))


def feed(door: Door, query: str) -> Any:
    return told(door, "subscriber:S", f"/feed?{query}")


# --- the filter of the feed ---


def test_a_filter_lets_through_what_it_names_and_says_how_far_it_looked(door: Door) -> None:
    every = feed(door, "limit=1000")
    granted = feed(door, "type=certification.certificate_granted")
    duties = feed(door, "type=certification.duty_started.v1&type=certification.duty_met")
    area = feed(door, "type=certification&limit=1000")
    machinery = feed(door, "type=machinery&limit=1000")
    assert {one["type"] for one in granted["events"]} == {"certification.certificate_granted.v1"}
    assert {one["type"].split(".")[1] for one in duties["events"]} == {"duty_started", "duty_met"}
    assert len(area["events"]) + len(machinery["events"]) == len(every["events"])
    assert {one["last"] for one in (every, granted, duties, area, machinery)} == {every["last"]}
    assert feed(door, f"type=certification&after={area['events'][-1]['position']}&wait=0.2") == {
        "events": [],
        "last": every["last"],
        "store_id": every["store_id"],
    }


def test_a_full_page_says_only_how_far_it_goes_and_links_to_the_one_before(door: Door) -> None:
    places, after, last = [("0", "0")], "0", feed(door, "limit=1000")["last"]
    while after != last:
        page = feed(door, f"type=certification&limit=1&after={after}")
        places += [(one["position"], one["previous"]) for one in page["events"]]
        after = page["last"]
    assert len(places) > 3
    assert [previous for _, previous in places[1:]] == [position for position, _ in places[:-1]]


def test_a_type_that_nothing_can_have_is_refused_with_those_there_are(door: Door) -> None:
    answer = door.ask("subscriber:S", "GET", "/feed?type=certification.duty_mist")
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-event-type")
    assert "certification.duty_missed" in answer.json()["facts"]["known"]
    for path in ("/feed/stream", "/feed/newest"):
        answer = door.ask("subscriber:S", "GET", f"{path}?type=certificates")
        assert answer.json()["slug"] == "invalid-event-type"


def test_a_filtered_stream_resumes_behind_what_it_left_out(door: Door) -> None:
    asked = {"type": "certification.certificate_granted"}
    last = feed(door, "limit=1000")["last"]
    headers = door.headers("subscriber:S")
    with door.http.stream("GET", door.at("/feed/stream"), params=asked, headers=headers) as answer:
        said = [line for line in islice(answer.iter_lines(), 6) if line]
    assert said[1] == "event: certification.certificate_granted.v1"
    assert said[-1] == f"id: {last}"
    member = {"member_id": "M9", "name": "Late", "country": "DE"}
    door.send("ops", "membership/draft_application", **member)
    again = {**headers, "last-event-id": last}
    with door.http.stream("GET", door.at("/feed/stream"), headers=again) as answer:
        door.tick(TODAY + timedelta(days=2))
        first = next(line for line in answer.iter_lines() if line.startswith("id"))
    assert int(first.removeprefix("id: ")) > int(last)


def test_the_feed_reads_back_page_by_page(door: Door) -> None:
    every = [one["position"] for one in feed(door, "limit=1000")["events"]]
    seen: list[str] = []
    more = True
    while more:
        start = f"&before={seen[-1]}" if seen else ""
        page = told(door, "subscriber:S", f"/feed/newest?limit=2{start}")
        seen += [one["position"] for one in page["events"]]
        more = page["next"] is not None
    assert seen == every[::-1]
    mine = told(door, "subscriber:S", "/feed/newest?member=M2&member=M9")["events"]
    assert {one["data"]["member_id"] for one in mine} == {"M2"}
    one = door.get("subscriber:S", f"/feed/events/{every[0]}")
    assert one == feed(door, "limit=1")["events"][0]
    answer = door.ask("subscriber:S", "GET", "/feed/events/999999")
    assert (answer.status_code, answer.json()["slug"]) == (404, "unknown-event")


# --- pages ---


def test_each_role_begins_on_a_page_of_its_own(visit: Visit) -> None:
    for role, heading in (
        ("ops", "Deadlines"),
        ("member:M1", "Deadlines"),
        ("auditor:FIRM-1", "Audits of FIRM-1"),
        ("verifier:V1", "Results that wait for a verifier's answer"),
        ("subscriber:S", "Public events"),
    ):
        page = visit(role, "/")
        assert page.status_code == 200, role
        assert f"<h1>{heading}</h1>" in page.text.replace("&#39;", "'"), role


def test_a_link_is_printed_for_every_kind_of_role() -> None:
    kinds = [role.partition(":")[0] for _, role in SIGN_IN]
    assert kinds == ["ops", "member", "auditor", "verifier", "subscriber"]


def test_events_are_told_in_sentences_and_filtered(visit: Visit) -> None:
    page = visit("subscriber:S", "/events?member=M1").text
    assert "C-1 is granted" in page
    assert "M2" not in page
    assert "is decided through" not in page
    assert "is decided through" in visit("subscriber:S", "/events?type=all").text
    assert "type=certification&amp;wait=60&amp;after=$AFTER" in page
    granted = visit("subscriber:S", "/events?type=certification.certificate_granted").text
    link = granted.split('href="/events/', 1)[1].split('"', 1)[0]
    assert visit("subscriber:S", f"/events/{link}").json()["data"]["certificate_id"] == "C-1"
    assert "invalid-event-type" in visit("subscriber:S", "/events?type=certificates").text


def test_a_firm_sees_its_own_audits_with_deadline_certificate_and_preparation(
    door: Door, visit: Visit
) -> None:
    due = told(door, "ops", "/certification/deadlines?kind=surveillance")["items"][0]["due_on"]
    [booked] = door.get("auditor:FIRM-1", "/audits/firms/FIRM-1/audits")["items"]
    assert (booked["audit_id"], booked["due"]) == (
        "A-2",
        {"kind": "surveillance", "due_on": due},
    )
    assert booked["certificates"][0]["certificate_id"] == "C-1"
    page = visit("auditor:FIRM-1", "/auditing").text
    assert due in page
    assert "M2" not in page
    assert "A-1" in visit("auditor:FIRM-1", "/auditing?state=concluded").text
    found = visit("auditor:FIRM-1", "/auditing/A-2").text
    assert "No result of 2025 has been verified yet." in found
    assert 'href="#at-F1"' in found


def test_a_first_certification_is_needed_by_the_day_of_the_public_duty(
    door: Door, visit: Visit
) -> None:
    [mine] = told(door, "member:M2", "/certification/deadlines?kind=initial_certification")["items"]
    page = visit("auditor:FIRM-2", "/auditing").text
    assert "A-3" in page
    assert f'datetime="{mine["due_on"]}"' in page


def test_a_firm_sees_no_audit_of_another(door: Door, visit: Visit) -> None:
    assert "not-your-firm" in visit("auditor:FIRM-2", "/auditing?firm=FIRM-1").text
    assert visit("auditor:FIRM-2", "/auditing/A-2").status_code == 403
    for role in ("member:M1", "verifier:V1", "subscriber:S"):
        answer = door.ask(role, "GET", "/audits/firms/FIRM-1/audits")
        assert (answer.status_code, answer.json()["slug"]) == (403, "role-missing")
        assert "role-missing" in visit(role, "/auditing?firm=FIRM-1").text
    page = told(door, "ops", "/audits/firms/FIRM-1/audits?state=concluded")
    assert [one["audit_id"] for one in page["items"]] == ["A-1"]


def test_a_firms_audits_come_page_by_page(door: Door) -> None:
    fields = {"member_id": "M2", "entity_id": "E2", "facilities": ["F2"], "standard": "PS"}
    fields["kind"] = "initial_certification"
    days = [(TODAY + timedelta(days=number)).isoformat() for number in (9, 7, 7, 8)]
    for number, day in enumerate(days):
        audit(door, "schedule", f"P-{number}", "FIRM-3", fields, day)
    door.settled()
    seen: list[str] = []
    after: str | None = None
    for _ in range(4):
        path = "/audits/firms/FIRM-3/audits"
        page = door.get("auditor:FIRM-3", path, limit=1, after=after)
        seen += [one["audit_id"] for one in page["items"]]
        after = page["next"]
    assert (seen, after) == (["P-1", "P-2", "P-3", "P-0"], None)
    for number in range(4):
        called = {"audit_id": f"P-{number}", "auditor_firm": "FIRM-3", "reason": "test"}
        door.send("auditor:FIRM-3", "audits/cancel_audit", **called)
    door.settled()
    page = told(door, "auditor:FIRM-3", "/audits/firms/FIRM-3/audits?state=cancelled&limit=2")
    assert [one["audit_id"] for one in page["items"]] == ["P-0", "P-3"]


def test_a_verifier_returns_what_is_wrong_and_verifies_what_is_right(
    host: Host, door: Door, browser: httpx.Client, visit: Visit
) -> None:
    """In one walk: what is answered no longer waits."""
    for role in ("verifier:V2", "auditor:FIRM-1", "subscriber:S"):
        assert visit(role, f"/verifying/F1/{YEAR}").status_code == 403
        assert visit(role, "/verifying?verifier=V1").status_code == 403
    assert "F1" not in visit("verifier:V2", "/verifying").text
    assert f"Answer\n      F1 in {YEAR}" in visit("verifier:V1", "/verifying").text
    sign_in(host, browser, "verifier:V1")
    refused = answered(browser, "verify", accreditation="A", scopes=["1"])
    assert refused.status_code == 422
    assert "statement_ref" in refused.text
    sent = answered(browser, "return", points="Anode butts: anode, tapped\n\nwhere is coke")
    assert sent.url.path == "/verifying"
    assert "Nothing waits for you." in sent.text
    door.settled()
    points = door.get("member:M1", f"/ghg/facilities/F1/years/{YEAR}")["returns"][0]["points"]
    assert [(one["point"], one["data"]) for one in points] == [
        ("anode-butts", ["anode", "tapped"]),
        ("where-is-coke", []),
    ]
    again = {**F1, "member_id": "M1", "result": 1, "verifier_id": "V1"}
    door.send("member:M1", "ghg/submit_for_verification", **again)
    statement = {"accreditation": "ACC-1", "statement_ref": "ST-1", "assurance": "limited"}
    answered(browser, "verify", **statement, scopes=SCOPES)
    door.settled()
    assert door.get("member:M1", f"/ghg/facilities/F1/years/{YEAR}")["state"] == "verified"
    assert "it is <strong>verified</strong>" in browser.get(f"/verifying/F1/{YEAR}").text
    assert door.get("verifier:V1", "/ghg/verifiers/V1/waiting")["items"] == []


def answered(browser: httpx.Client, deed: str, **fields: Any) -> httpx.Response:
    """Fill in a form of the page as it stands, and send it."""
    page = browser.get(f"/verifying/F1/{YEAR}").text
    once = page.split(f'value="{deed}-', 1)[1].split('"', 1)[0]
    hidden = {"once": f"{deed}-{once}", "result": "1", "verifier_id": "V1"}
    origin = {"origin": str(browser.base_url).rstrip("/")}
    return browser.post(f"/verifying/F1/{YEAR}/{deed}", data={**hidden, **fields}, headers=origin)
