"""Commands over HTTP: what is sent, what is answered, what is refused before the writer."""

import asyncio

import httpx
import pytest

from infra.commandids import kept_id
from infra.decider import Command
from infra.errors import Transient
from infra.webcommands import command_routes
from tests.api.small import COMMANDS, KEY, TODAY, RegisterThing, ScrapThing, Small, thing

REGISTER = "/small/commands/register_thing"
JOURNEY = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_command_is_answered_with_its_events(small: Small) -> None:
    async with small.client("member:M1") as client:
        answer = await client.post(
            REGISTER, json=thing(weight_t="12.50"), headers={"idempotency-key": "c1"}
        )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "command_id": "c1",
        "stream": "thing/T1",
        "version": 1,
        "position": 1,
        "repeated": False,
        "events": [
            {
                "type": "small.thing_registered.v1",
                "version": 1,
                "position": 1,
                "data": {
                    "thing_id": "T1",
                    "member_id": "M1",
                    "registered_on": TODAY.isoformat(),
                    "weight_t": "12.5",
                    "approver": "person-1",
                },
            }
        ],
    }


async def test_a_repeated_command_gets_its_first_answer(small: Small) -> None:
    async with small.client("ops") as client:
        headers = {"idempotency-key": "c1"}
        answers = await asyncio.gather(
            *(client.post(REGISTER, json=thing(), headers=headers) for _ in range(5))
        )
        other = await client.post(REGISTER, json=thing(2), headers=headers)
    assert sorted(answer.json()["repeated"] for answer in answers) == [False, *[True] * 4]
    assert len({str(answer.json()["events"]) for answer in answers}) == 1
    assert (other.status_code, other.json()["slug"]) == (409, "command-id-reused")


async def test_a_command_that_asks_for_what_is_already_so_has_no_events(small: Small) -> None:
    async with small.client("ops") as client:
        await client.post(REGISTER, json=thing(), headers={"idempotency-key": "c1"})
        again = await client.post(REGISTER, json=thing(), headers={"idempotency-key": "c2"})
    assert (again.status_code, again.json()["events"]) == (200, [])


async def test_who_asked_and_why_reaches_the_writer_as_references(small: Small) -> None:
    async with small.client("ops") as client:
        headers = {"idempotency-key": "c1", "x-request-id": JOURNEY}
        answer = await client.post(REGISTER, json=thing(), headers=headers)
    (request,) = small.writer.requests
    assert (request.actor, request.correlation_id) == ("person-1", JOURNEY)
    assert request.command_id == request.causation_id == kept_id("c1", KEY)
    assert answer.json()["command_id"] == "c1"
    assert answer.headers["x-request-id"] == JOURNEY
    assert isinstance(request.command, RegisterThing)
    assert (request.command.on, request.command.approver) == (TODAY, "person-1")


@pytest.mark.parametrize(
    ("given", "slug"),
    [
        ([], "command-id-missing"),
        ([""], "command-id-malformed"),
        (["two words"], "command-id-malformed"),
        (["-c1"], "command-id-malformed"),
        (["c" * 129], "command-id-malformed"),
        (["eve@example.org"], "command-id-malformed"),
        (["c1", "c2"], "command-id-malformed"),
    ],
)
async def test_a_command_needs_one_good_id(small: Small, given: list[str], slug: str) -> None:
    async with small.client("ops") as client:
        headers = httpx.Headers(
            [*client.headers.multi_items(), *(("idempotency-key", g) for g in given)]
        )
        answer = await client.post(REGISTER, json=thing(), headers=headers)
    assert (answer.status_code, answer.json()["slug"]) == (400, slug)
    assert "Idempotency-Key" in answer.json()["detail"]
    assert small.writer.requests == []


@pytest.mark.parametrize(
    ("changes", "pointer", "sentence"),
    [
        ({"thing_id": "a b"}, "/thing_id", "pattern"),
        ({"thing_id": 7}, "/thing_id", "valid string"),
        ({"thing_id": None}, "/thing_id", "valid string"),
        ({"kind": "XX"}, "/kind", "'PT'"),
        ({"built_on": 0}, "/built_on", "valid date"),
        ({"built_on": "0"}, "/built_on", "YYYY-MM-DD"),
        ({"built_on": "2026-02-30"}, "/built_on", "day"),
        ({"built_on": "2026-01-01T00:00:00"}, "/built_on", "YYYY-MM-DD"),
        ({"built_on": "9999-12-31"}, "/built_on", "1900 to 2199"),
        ({"weight_t": 1.5}, "/weight_t", "as text"),
        ({"weight_t": 1}, "/weight_t", "as text"),
        ({"weight_t": "heavy"}, "/weight_t", "digits"),
        ({"weight_t": "NaN"}, "/weight_t", "finite"),
        ({"count": "1"}, "/count", "integer"),
        ({"count": True}, "/count", "integer"),
        ({"count": -1}, "/count", "greater"),
        ({"where": {"country": "AU", "city": "x"}}, "/where/city", "not permitted"),
        ({"where": {"country": "au"}}, "/where/country", "pattern"),
        ({"on": "2026-01-01"}, "/on", "the service sets this itself"),
        ({"approver": "me"}, "/approver", "the service sets this itself"),
        ({"wieght_t": "1"}, "/wieght_t", "there is no such field; there are member_id, thing_id"),
    ],
)
async def test_each_faulty_field_is_pointed_at(
    small: Small, changes: dict[str, object], pointer: str, sentence: str
) -> None:
    async with small.client("ops") as client:
        answer = await client.post(
            REGISTER, json=thing(**changes), headers={"idempotency-key": "c1"}
        )
    problem = answer.json()
    assert (answer.status_code, problem["slug"]) == (422, "invalid-request")
    (error,) = problem["errors"]
    assert (error["pointer"], error["in"]) == (pointer, "body")
    assert sentence in error["detail"]
    assert small.writer.requests == []


async def test_all_faulty_fields_are_named_at_once(small: Small) -> None:
    async with small.client("ops") as client:
        answer = await client.post(REGISTER, json={}, headers={"idempotency-key": "c1"})
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/member_id", "/thing_id"]
    assert "(and 1 more)" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "slug"),
    [
        (b"", "application/json", 400, "malformed-json"),
        (b"{", "application/json", 400, "malformed-json"),
        (b"[]", "application/json", 422, "invalid-request"),
        (b'"text"', "application/json", 422, "invalid-request"),
        (b'{"thing_id":"T1","thing_id":"T2"}', "application/json", 400, "duplicate-key"),
        (b'{"count":NaN}', "application/json", 400, "malformed-json"),
        (b'{"count":-Infinity}', "application/json", 400, "malformed-json"),
        (b'{"count":1e999}', "application/json", 400, "malformed-json"),
        (b'{"count":' + b"9" * 10_000 + b"}", "application/json", 400, "malformed-json"),
        (b'{"remark":"\\u0000"}', "application/json", 400, "malformed-json"),
        (b'{"remark":"\\ud800"}', "application/json", 400, "malformed-json"),
        (b'{"remark":"\xff"}', "application/json", 400, "malformed-json"),
        (b"[" * 100_000, "application/json", 400, "malformed-json"),
        (b"{}", "text/plain", 415, "wrong-content-type"),
        (b"{}", "application/x-www-form-urlencoded", 415, "wrong-content-type"),
        (b"{}", "", 415, "wrong-content-type"),
        (b" " * 256_001, "application/json", 413, "too-large"),
    ],
)
async def test_a_body_that_is_no_good_json_is_refused(
    small: Small, body: bytes, content_type: str, status: int, slug: str
) -> None:
    async with small.client("ops") as client:
        answer = await client.post(
            REGISTER, content=body, headers={"idempotency-key": "c1", "content-type": content_type}
        )
    assert (answer.status_code, answer.json()["slug"]) == (status, slug)
    assert answer.headers["content-type"] == "application/problem+json"
    assert small.writer.requests == []


async def test_an_integer_may_be_written_with_a_fraction_of_nothing(small: Small) -> None:
    headers = {"idempotency-key": "c1", "content-type": "application/json"}
    async with small.client("ops") as client:
        answer = await client.post(
            REGISTER, content='{"member_id":"M1","thing_id":"T1","count":2.0}', headers=headers
        )
    assert answer.status_code == 200
    (request,) = small.writer.requests
    assert isinstance(request.command, RegisterThing)
    assert request.command.count == 2


async def test_utf_8_named_in_the_content_type_is_fine(small: Small) -> None:
    headers = {"idempotency-key": "c1", "content-type": "application/json; charset=utf-8"}
    async with small.client("ops") as client:
        answer = await client.post(
            REGISTER, content='{"member_id":"M1","thing_id":"T1","remark":"größe"}', headers=headers
        )
    assert answer.status_code == 200


async def test_a_rule_that_says_no_is_told_with_its_facts(small: Small) -> None:
    async with small.client("auditor:F1") as client:
        answer = await client.post(
            "/small/commands/inspect_thing",
            json={"auditor_firm": "F1", "thing_id": "T1"},
            headers={"idempotency-key": "c1"},
        )
    assert answer.status_code == 409
    assert answer.json() == {
        "type": "/problems/thing-too-heavy",
        "title": "Too heavy",
        "status": 409,
        "detail": "nobody can turn it",
        "slug": "thing-too-heavy",
        "facts": {"limit_t": 12},
    }


async def test_a_writer_that_is_away_is_a_503_with_retry_after(small: Small) -> None:
    small.writer.failure = Transient("could not connect to server at 10.0.0.7")
    async with small.client("ops") as client:
        answer = await client.post(REGISTER, json=thing(), headers={"idempotency-key": "c1"})
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "10.0.0.7" not in answer.text


def test_a_command_that_could_be_aimed_at_anybody_stops_the_start(small: Small) -> None:
    class Aimless(ScrapThing):
        NAME = "aimless"

    aimless: tuple[type[Command], ...] = (Aimless,)
    for roles in ({"member"}, {"ops", "auditor"}, {"guest"}):
        with pytest.raises(ValueError, match="aimless"):
            command_routes(
                small.api,
                aimless,
                {"aimless": frozenset(roles)},
                small.writer,
                small._fill,
                small._actor,
            )
    assert {command.NAME for command in COMMANDS} == {
        path.rpartition("/")[2] for path in small.api.openapi()["paths"] if "/commands/" in path
    }
