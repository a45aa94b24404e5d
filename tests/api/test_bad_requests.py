"""Requests that must be refused: each gets its status and slug, a sentence, and leaves no trace."""

import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from castmark.local import Host
from infra.door import DEFAULT_LIMIT
from tests.api.test_fuzz import judge, populate
from tests.door import CLOCKS, Door
from tests.embedded import door_of, platform

FACILITY: dict[str, Any] = {
    "member_id": "M1",
    "entity_id": "M1-E",
    "facility_id": "M1-F9",
    "name": "Works",
    "activities": ["smelting"],
    "location": {"country": "DE"},
}
AUDIT: dict[str, Any] = {
    "audit_id": "M1-B",
    "member_id": "M1",
    "entity_id": "M1-E",
    "standard": "PS",
    "kind": "initial_certification",
    "facilities": ["M1-F1"],
    "auditor_firm": "FIRM-1",
    "lead_auditor": "person-1",
    "started_on": "2024-01-02",
    "ended_on": "2024-01-05",
}
STORES = ("membership", "audit_scheduling", "certification")


class Here(NamedTuple):
    """The platform and its users."""

    host: Host
    door: Door

    def events(self) -> dict[str, int]:
        """How many events of people and rules each store holds; the machinery's own come when
        they come."""
        query = "SELECT count(*) FROM events WHERE type NOT LIKE 'machinery.%'"
        counts: dict[str, int] = {}
        for name in STORES:
            with self.host.process.running[name].engine.connect() as connection:
                counts[name] = connection.exec_driver_sql(query).scalar_one()
        return counts


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """One platform with something in it."""
    with platform(tmp_path_factory.mktemp("bad")) as host, door_of(host) as door:
        populate(door)
        yield Here(host, door)


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    """Fields but for one."""
    return {key: value for key, value in fields.items() if key != name}


Case = tuple[str, str | None, str, dict[str, Any], int, str]
REGISTER, CONCLUDE = "membership/register_facility", "audits/conclude_audit"
CASES: tuple[Case, ...] = (
    ("nobody", None, REGISTER, FACILITY, 401, "not-signed-in"),
    ("a subscriber", "subscriber:S", REGISTER, FACILITY, 403, "role-missing"),
    ("an auditor", "auditor:FIRM-1", REGISTER, FACILITY, 403, "role-missing"),
    ("another member", "member:M2", REGISTER, FACILITY, 403, "not-your-member"),
    (
        "a member for itself in another's entity",
        "member:M2",
        REGISTER,
        {**FACILITY, "member_id": "M2"},
        404,
        "unknown-entity",
    ),
    (
        "a member for itself on another's facility",
        "member:M2",
        "membership/close_facility",
        {"member_id": "M2", "facility_id": "M1-F1"},
        404,
        "unknown-facility",
    ),
    (
        "a member where only operations may",
        "member:M1",
        "membership/extend_duty",
        {"member_id": "M1", "due_on": "2026-06-01", "reason": "flood"},
        403,
        "role-missing",
    ),
    ("another firm", "auditor:FIRM-2", CONCLUDE, AUDIT, 403, "not-your-firm"),
    ("a field too few", "member:M1", REGISTER, without(FACILITY, "name"), 422, "invalid-request"),
    (
        "a field too many",
        "member:M1",
        REGISTER,
        {**FACILITY, "colour": "red"},
        422,
        "invalid-request",
    ),
    (
        "what the server fills in",
        "ops",
        "membership/approve_application",
        {"member_id": "M2", "fee_level": "small", "approver": "person-1"},
        422,
        "invalid-request",
    ),
    (
        "an id with a blank",
        "member:M1",
        REGISTER,
        {**FACILITY, "facility_id": "F 9"},
        422,
        "invalid-request",
    ),
    (
        "a float",
        "member:M1",
        REGISTER,
        {**FACILITY, "capacity_t_per_year": 1.5},
        422,
        "invalid-request",
    ),
    (
        "a country that is none",
        "member:M1",
        REGISTER,
        {**FACILITY, "location": {"country": "ZZ"}},
        422,
        "unknown-country",
    ),
    (
        "a fee of before the membership",
        "ops",
        "membership/invoice_fee",
        {"member_id": "M1", "invoice_id": "I-1900", "invoiced_on": "1900-01-01"},
        409,
        "before-joining",
    ),
    (
        "a person by name",
        "auditor:FIRM-1",
        CONCLUDE,
        {**AUDIT, "lead_auditor": "Wilhelmina.Markerbaum"},
        422,
        "invalid-request",
    ),
    (
        "a list too long",
        "auditor:FIRM-1",
        CONCLUDE,
        {**AUDIT, "facilities": [f"F{number}" for number in range(2_001)]},
        422,
        "invalid-request",
    ),
    (
        "a day that is none",
        "auditor:FIRM-1",
        CONCLUDE,
        {**AUDIT, "started_on": "2024-02-30"},
        422,
        "invalid-request",
    ),
    (
        "a day to come",
        "auditor:FIRM-1",
        CONCLUDE,
        {**AUDIT, "ended_on": "2024-06-01"},
        409,
        "audit-not-ended",
    ),
    (
        "days the wrong way round",
        "auditor:FIRM-1",
        CONCLUDE,
        {**AUDIT, "started_on": "2024-01-07"},
        409,
        "dates-reversed",
    ),
    (
        "another's facility in the scope",
        "auditor:FIRM-1",
        CONCLUDE,
        {**AUDIT, "facilities": ["M2-F1"]},
        409,
        "facility-of-other-entity",
    ),
    (
        "a contradiction of what is recorded",
        "member:M1",
        REGISTER,
        {**FACILITY, "facility_id": "M1-F1", "name": "Other works"},
        409,
        "facility-already-registered",
    ),
    (
        "too late",
        "ops",
        "membership/start_review",
        {"member_id": "M1"},
        409,
        "application-out-of-turn",
    ),
    (
        "a member that nobody knows",
        "ops",
        "membership/suspend_member",
        {"member_id": "M9"},
        404,
        "unknown-member",
    ),
    (
        "a certificate that nobody knows",
        "ops",
        "audits/suspend_certificate",
        {"certificate_id": "C9", "reason": "fraud"},
        404,
        "unknown-certificate",
    ),
    ("a command that does not exist", "ops", "membership/join_member", {}, 404, "not-found"),
)


@pytest.mark.parametrize(
    ("role", "command", "fields", "status", "slug"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_a_command_is_refused_and_leaves_no_trace(
    here: Here, role: str | None, command: str, fields: dict[str, Any], status: int, slug: str
) -> None:
    before = here.events()
    answer = here.door.attempt(role, command, **fields)
    judge(answer)
    assert (answer.status_code, answer.json()["slug"]) == (status, slug), answer.text
    assert here.events() == before


BODIES: tuple[tuple[str, bytes, int, str], ...] = (
    ("empty", b"", 400, "malformed-json"),
    ("cut off", b'{"member_id": "M1"', 400, "malformed-json"),
    ("a list", b"[]", 422, "invalid-request"),
    ("not UTF-8", b'{"member_id": "\xff"}', 400, "malformed-json"),
    ("not a number", b'{"member_id": NaN}', 400, "malformed-json"),
    ("a key twice", b'{"member_id": "M1", "member_id": "M2"}', 400, "duplicate-key"),
    ("too deep", b"[" * 10_000 + b"]" * 10_000, 400, "malformed-json"),
    ("too large", b" " * (DEFAULT_LIMIT + 1), 413, "too-large"),
)


@pytest.mark.parametrize(
    ("body", "status", "slug"), [body[1:] for body in BODIES], ids=[body[0] for body in BODIES]
)
@pytest.mark.parametrize("service", ["membership", "audits", "certification"])
def test_a_body_that_is_none_is_refused(
    here: Here, service: str, body: bytes, status: int, slug: str
) -> None:
    names = {
        "membership": "register_facility",
        "audits": "conclude_audit",
        "certification": "correct_certificate",
    }
    before = here.events()
    headers = {"content-type": "application/json", "idempotency-key": "bad-body"}
    path = f"/{service}/commands/{names[service]}"
    answer = here.door.ask("ops", "POST", path, content=body, headers=headers)
    judge(answer)
    assert (answer.status_code, answer.json()["slug"]) == (status, slug)
    assert here.events() == before


def test_an_id_names_one_request_for_ever(here: Here) -> None:
    fields = {**FACILITY, "facility_id": "M1-F8"}
    first = here.door.attempt("member:M1", REGISTER, command_id="once", **fields).json()
    before = here.events()
    again = here.door.attempt("member:M1", REGISTER, command_id="once", **fields).json()
    assert again == {**first, "repeated": True}
    for role, changed in (("member:M1", {"name": "Other"}), ("ops", {"facility_id": "M1-F7"})):
        other = here.door.attempt(role, REGISTER, command_id="once", **{**fields, **changed})
        judge(other)
        assert (other.status_code, other.json()["slug"]) == (409, "command-id-reused")
    assert here.events() == before


def test_the_same_command_from_many_at_once_happens_once(here: Here) -> None:
    fields = {**FACILITY, "facility_id": "M1-F6"}
    before, answers = here.events(), list[httpx.Response]()

    def send() -> None:
        answers.append(here.door.attempt("member:M1", REGISTER, command_id="race", **fields))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [answer.status_code for answer in answers] == [200] * 8
    assert sorted(answer.json()["repeated"] for answer in answers) == [False] + [True] * 7
    after = here.events()
    assert after["membership"] == before["membership"] + 1


OPERATIONS: tuple[tuple[str, dict[str, Any], int, str], ...] = (
    ("tick", {"on": "2020-01-01"}, 409, "clock-goes-forward"),
    ("tick", {"on": "2199-01-01"}, 409, "tick-too-far"),
    ("tick", {"on": "tomorrow"}, 422, "invalid-request"),
    ("relay", {"position": 0}, 409, "nothing-relayed"),
    ("relay", {"position": -1}, 422, "invalid-request"),
    ("rebuild", {"consumer": "nobody"}, 404, "unknown-consumer"),
    (
        "release",
        {"consumer": "nobody", "source": "membership", "stream": "member/M1", "kind": "retry"},
        404,
        "unknown-consumer",
    ),
)


@pytest.mark.parametrize(("name", "body", "status", "slug"), OPERATIONS)
@pytest.mark.parametrize("service", [*CLOCKS, "feed"])
def test_operations_refuse_what_makes_no_sense(
    here: Here, service: str, name: str, body: dict[str, Any], status: int, slug: str
) -> None:
    if service == "feed" and name in ("tick", "relay"):
        status, slug = 404, "not-found"  # it has no days to close, and nothing to send
    before = here.events()
    path = f"/{service}/operations/{name}"
    answer = here.door.ask("ops", "POST", path, json=body)
    judge(answer)
    assert (answer.status_code, answer.json()["slug"]) == (status, slug), answer.text
    for role in ("member:M1", "subscriber:S", "auditor:FIRM-1"):
        assert here.door.ask(role, "POST", path, json=body).status_code in (403, 404, 422)
    assert here.events() == before
