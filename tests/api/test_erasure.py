"""A person is forgotten: the marker that stood for them is nowhere left, in no file and no answer.

The marker is planted wherever a person's name can enter: the token's subject, notes, and headers
that are kept for following a request.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra.devissuer import ISSUER
from tests.door import CLOCKS, Door
from tests.embedded import platform
from tests.walk import FIRM, PARTS, Walked, certify, join, register

MARKER = "Wilhelmina.Markerbaum"
BEGAN = date(2024, 1, 10)


class Left(NamedTuple):
    """Where the marker was found before and after the erasure."""

    before: list[str]
    after: list[str]
    answers: list[str]
    persons: int
    gone: int


def found_in(data: Path) -> list[str]:
    """Files under a folder that hold the marker in any case or as UTF-16."""
    wanted = MARKER.lower().encode()
    wide = MARKER.lower().encode("utf-16-le")
    found: list[str] = []
    for file in sorted(data.rglob("*")):
        if file.is_file():
            content = file.read_bytes().lower()
            if wanted in content or wide in content:
                found.append(str(file.relative_to(data)))
    return found


def everything(door: Door) -> Iterator[str]:
    """All that can be read: feed, rows, statuses, parked events, refusals, what was imported."""
    paths = ["/feed?limit=1000", "/certification/registry", "/certification/deadlines?limit=1000"]
    paths += ["/membership/members", "/metrics", "/certification/risk?within=3650"]
    for part in ("met", "lost"):
        member = f"W-{part}"
        paths += [f"/membership/members/{member}", f"/certification/members/{member}"]
        paths += [f"/membership/members/{member}/{what}" for what in ("entities", "facilities")]
        paths += [f"/audits/members/{member}/audits"]
    for service in (*CLOCKS, "feed"):
        paths += [f"/{service}/operations/{what}" for what in ("consumers", "refusals", "rebuild")]
        paths += [f"/{service}/operations/parked?consumer={one}" for one in ("membership", "feed")]
        paths += [f"/{service}/openapi.json", f"/{service}/ready"]
    for path in paths:
        answer = door.ask("ops", "GET", path)
        assert answer.status_code in (200, 404), path
        yield f"{path} {answer.headers} {answer.text}"


class Signed(Door):
    """A door that tells everybody's name in every header where somebody might put it, and in the
    id of every command."""

    def __init__(self, urls: Mapping[str, str], mint: Callable[[str], str]) -> None:
        super().__init__(urls, mint)
        self._run = MARKER

    def headers(self, role: str | None) -> dict[str, str]:
        named = {
            "x-request-id": MARKER,
            "user-agent": MARKER,
            "traceparent": MARKER,
            "referer": f"https://example.org/{MARKER}",
        }
        return super().headers(role) | named


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """The walk of two members by named people; all of them are erased."""
    data = tmp_path_factory.mktemp("erasure")
    with platform(data) as host:
        issuer = host.issuer
        assert issuer is not None
        with Signed({"": host.url}, lambda role: issuer.mint([role], subject=MARKER)) as door:
            notes = _walk(door)
            before = found_in(data)
            persons = [_erase(door, service) for service in CLOCKS]
            gone = sum(
                door.ask("ops", "GET", f"/membership/notes/{note}").status_code == 404
                for note in notes
            )
            answers = [text[:200] for text in everything(door) if MARKER.lower() in text.lower()]
            left = Left(before, [], answers, sum(persons), gone)
    return left._replace(after=found_in(data))


def _erase(door: Door, service: str) -> bool:
    """Look somebody up by the subject of their token and erase them; again finds nobody."""
    who = {"issuer": ISSUER, "subject": MARKER}
    found = door.ask("ops", "POST", f"/{service}/persons/find", json=who)
    if found.status_code == 404:
        return False
    path = f"/{service}/persons/{found.json()['person_ref']}/erase"
    for role in ("member:W-met", "subscriber:S", "auditor:FIRM-1"):
        assert door.ask(role, "POST", path).status_code == 403
    assert door.ask("ops", "POST", path).json()["erased"]
    assert door.ask("ops", "POST", f"/{service}/persons/nobody/erase").status_code == 404
    return True


def _walk(door: Door) -> list[str]:
    """Every command that takes a note or an approver, by somebody named; their notes."""
    walked = Walked(BEGAN, BEGAN.replace(year=2026), "W")
    door.tick(BEGAN)
    for part in PARTS:
        join(door, walked, part)
    register(door, walked, "met")
    notes = []

    def note() -> str:
        text = f"{MARKER} called, and {MARKER} was not at home"
        notes.append(door.post("ops", "/membership/notes", text=text)["note_ref"])
        return str(notes[-1])

    def send(command: str, **fields: Any) -> None:
        door.send("ops", command, note_ref=note(), **fields)

    certify(door, "W-met", BEGAN)
    send("membership/extend_duty", member_id="W-late", due_on="2026-03-01", reason="flood")
    send("membership/suspend_member", member_id="W-late")
    send("membership/terminate_membership", member_id="W-lagging", reason="fraud")
    send("audits/suspend_certificate", certificate_id="W-met-C", reason="fraud")
    send("audits/withdraw_certificate", certificate_id="W-met-C", reason="fraud")
    refused = door.attempt("ops", "membership/start_review", member_id=MARKER)
    assert refused.json()["slug"] == "unknown-member"
    assert door.attempt(FIRM, "audits/cancel_audit", audit_id=MARKER).status_code == 422
    for command, field in (
        ("audits/conclude_audit", "lead_auditor"),
        ("coc/issue_document", "responsible"),
        ("ghg/adopt_plan", "owner"),
    ):
        faults = door.attempt("ops", command, **{field: MARKER}).json()["errors"]
        said = [fault["detail"] for fault in faults if fault["pointer"] == f"/{field}"]
        assert said == [
            "write an opaque reference to a person with a number in it, say A-1047; no name"
        ]
    door.settled()
    return notes


def test_the_marker_was_there_to_be_found(left: Left) -> None:
    """Where people are kept, and nowhere else: no log, no head, no other service's file."""
    kept = {file.split(".sqlite")[0] for file in left.before}
    assert kept == {"membership", "audit_scheduling"}


def test_the_person_was_known_to_each_service_they_wrote_to(left: Left) -> None:
    assert left.persons == 2
    assert left.gone == 5


def test_no_file_holds_the_marker_any_more(left: Left) -> None:
    """Databases, their journals, logs, heads, keys."""
    assert left.after == []


def test_no_answer_holds_the_marker(left: Left) -> None:
    assert left.answers == []
