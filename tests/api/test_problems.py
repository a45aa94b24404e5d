"""Every refusal is a problem document with a slug; nothing of the house leaks into one."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import ClientDisconnect
from structlog.testing import capture_logs

from infra.auth import Tokens
from infra.devissuer import ISSUER
from infra.problems import COMMON, MEDIA_TYPE, Problem, Problems
from infra.web import Readiness, Shared, build_api, same_origin
from tests.api.small import Small, thing

UUID = "7f1d1a6e-9f2b-4a53-8a55-6d1f0c1f7a10"


def check_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, object]:
    """A whole problem document of that status and slug."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    problem: dict[str, object] = answer.json()
    assert (problem["status"], problem["slug"]) == (status, slug)
    assert problem["type"] == f"/problems/{slug}"
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/small/nothing", 404, "not-found"),
        ("GET", "/small/health/", 404, "not-found"),
        ("GET", "/docs", 404, "not-found"),
        ("POST", "/small/health", 405, "method-not-allowed"),
        ("GET", "/small/commands/register_thing", 405, "method-not-allowed"),
        ("OPTIONS", "/small/echo", 405, "method-not-allowed"),
        ("GET", "/small/things?limit=0", 422, "invalid-request"),
        ("GET", "/small/things?limit=1001", 422, "invalid-request"),
        ("GET", "/small/things?limit=x", 422, "invalid-request"),
        ("GET", "/small/things?limit=" + "9" * 5_000, 422, "invalid-request"),
        ("GET", "/small/things?after=../x", 422, "invalid-request"),
        ("GET", "/small/things?limt=5", 422, "invalid-request"),
        ("GET", "/small/things?limit=5&limit=6", 422, "invalid-request"),
        ("POST", "/small/commands/register_thing?dry_run=yes", 422, "invalid-request"),
        ("GET", "/small/things/T1?on=0", 422, "invalid-request"),
        ("GET", "/small/things/T1?on=9999-12-31", 422, "invalid-request"),
        ("GET", "/small/things/T1?on=2026-02-30", 422, "invalid-request"),
        ("GET", "/small/things/a%20b", 422, "invalid-request"),
        ("GET", "/small/things/%00", 400, "malformed-request"),
        ("GET", "/small/things?after=%00", 400, "malformed-request"),
        ("GET", "/small/things/%ff%fe", 422, "invalid-request"),
        ("GET", "/problems/no-such-slug", 404, "not-found"),
        ("GET", "/small/away", 503, "unavailable"),
        ("GET", "/small/broken", 500, "internal-error"),
    ],
)
async def test_every_failure_is_a_problem(
    small: Small, method: str, path: str, status: int, slug: str
) -> None:
    async with small.client("ops") as client:
        check_problem(await client.request(method, path), status, slug)


async def test_a_faulty_parameter_is_pointed_at(small: Small) -> None:
    async with small.client("ops") as client:
        problem = (await client.get("/small/things?limit=0&after=!")).json()
    assert [(error["in"], error["pointer"]) for error in problem["errors"]] == [
        ("query", "/after"),
        ("query", "/limit"),
    ]


async def test_a_method_that_is_not_taken_names_those_that_are(small: Small) -> None:
    async with small.client("ops") as client:
        answer = await client.delete("/small/things")
    assert answer.headers["allow"] == "GET"
    assert answer.json()["detail"] == "this address takes GET"


async def test_a_bug_is_logged_and_not_told(small: Small) -> None:
    with capture_logs() as logs:
        async with small.client("ops") as client:
            answer = await client.get("/small/broken", headers={"x-request-id": "r1"})
    check_problem(answer, 500, "internal-error")
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    (told,) = [entry for entry in logs if entry["event"] == "request-failed"]
    assert isinstance(told["exc_info"], RuntimeError)


async def test_what_is_away_is_not_described_to_strangers(small: Small) -> None:
    async with small.client("ops") as client:
        answer = await client.get("/small/away")
    assert "password" not in answer.text
    assert answer.headers["retry-after"] == "2"


class Flood(httpx.AsyncByteStream):
    """A body without an announced length; counts what was taken of it."""

    def __init__(self, chunks: int) -> None:
        self.chunks = chunks
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.chunks):
            self.taken += 1
            yield b" " * 10_000


@pytest.mark.parametrize("path", ["/small/echo", "/small/commands/register_thing"])
async def test_a_body_is_cut_off_while_it_streams(small: Small, path: str) -> None:
    flood = Flood(10_000)
    headers = {"content-type": "application/json", "idempotency-key": "c1"}
    async with small.client("ops") as client:
        answer = await client.post(path, content=flood, headers=headers)
    check_problem(answer, 413, "too-large")
    assert flood.taken <= 30
    assert small.writer.requests == []


async def test_an_announced_length_over_the_limit_is_refused_unread(small: Small) -> None:
    flood = Flood(1)
    headers = {"content-type": "application/json", "content-length": "256001"}
    async with small.client("ops") as client:
        answer = await client.post("/small/echo", content=flood, headers=headers)
    problem = check_problem(answer, 413, "too-large")
    assert problem["facts"] == {"limit": 256_000}
    huge = {**headers, "content-length": "9" * 5_000}
    async with small.client("ops") as client:
        check_problem(
            await client.post("/small/echo", content=Flood(1), headers=huge), 413, "too-large"
        )


async def test_a_route_may_take_more(small: Small) -> None:
    async with small.client("ops") as client:
        answer = await client.post("/small/large", json={"words": "x" * 900_000})
        over = await client.post("/small/large", json={"words": "x" * 1_000_000})
    assert answer.json() == {"length": 900_000}
    check_problem(over, 413, "too-large")


@pytest.mark.parametrize(
    ("content", "status", "slug"),
    [
        (b'{"words":"a","words":"b"}', 400, "duplicate-key"),
        (b'{"words":NaN}', 400, "malformed-json"),
        (b'{"words":"\\ud800"}', 400, "malformed-json"),
        (b"{", 400, "malformed-json"),
        (b"{}", 422, "invalid-request"),
    ],
)
async def test_bodies_declared_the_ordinary_way_are_read_as_strictly(
    small: Small, content: bytes, status: int, slug: str
) -> None:
    async with small.client("ops") as client:
        answer = await client.post(
            "/small/echo", content=content, headers={"content-type": "application/json"}
        )
        other = await client.post("/small/echo", content=content)
    check_problem(answer, status, slug)
    check_problem(other, 415, "wrong-content-type")


async def test_a_client_that_leaves_is_no_failure_of_ours(small: Small) -> None:
    class Leaving(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"{"
            raise ClientDisconnect

    headers = {"content-type": "application/json", "idempotency-key": "c1"}
    with capture_logs() as logs:
        async with small.client("ops") as client:
            with pytest.raises(AssertionError):  # no answer was ever sent
                await client.post(
                    "/small/commands/register_thing", content=Leaving(), headers=headers
                )
    (told,) = [entry for entry in logs if entry["event"] == "request"]
    assert told["status"] == 499
    assert not [entry for entry in logs if entry["event"] == "request-failed"]


async def test_a_slug_has_a_page_for_people(small: Small) -> None:
    async with small.client() as client:
        for slug, words in (("thing-too-heavy", "12 t at most"), ("duplicate-key", "twice")):
            answer = await client.get(f"/problems/{slug}")
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/html")
            assert answer.headers["content-security-policy"] == "default-src 'none'"
            assert words in answer.text


def test_statuses_follow_from_the_first_word_of_a_slug() -> None:
    problems = Problems()
    expected = {
        "unknown-facility": 404,
        "not-your-member": 403,
        "role-missing": 403,
        "not-signed-in": 401,
        "token-anything": 401,
        "invalid-note": 422,
        "facility-closed": 409,
    }
    assert {slug: problems.status_of(slug) for slug in expected} == expected
    assert problems.title_of("facility-closed") == "Facility closed"


def test_services_that_declare_the_same_slug_must_agree() -> None:
    problems = Problems([Problem("unknown-thing", "No such thing", "Look again.")])
    problems.declare([Problem("unknown-thing", "Nothing", "Another text.")])
    assert problems.title_of("unknown-thing") == "No such thing"
    with pytest.raises(ValueError, match="two statuses"):
        problems.declare([Problem("unknown-thing", "Nothing", "Another text.", 410)])
    with pytest.raises(ValueError, match="kebab-case"):
        problems.declare([Problem("Unknown_Thing", "", "")])


def test_every_common_slug_is_explained() -> None:
    for problem in COMMON:
        assert problem.status is not None
        assert problem.title[0].isupper()
        assert problem.explanation.endswith(".")


# --- health, figures, correlation ---


async def test_health_and_readiness_tell_what_they_know(small: Small) -> None:
    async with small.client() as client:
        health = await client.get("/small/health")
        ready = await client.get("/small/ready")
        small.ready = Readiness(False, {"database": "away", "lag_s": 7})
        waiting = await client.get("/small/ready")
    assert health.json() == {"status": "alive", "service": "small"}
    assert (ready.status_code, ready.json()["facts"]) == (200, {"database": "answers"})
    problem = check_problem(waiting, 503, "not-ready")
    assert (problem["ready"], problem["facts"]) == (False, {"database": "away", "lag_s": 7})


async def test_requests_are_counted_by_route_and_never_by_subject(small: Small) -> None:
    async with small.client("ops") as client:
        for number in range(3):
            await client.get(f"/small/things/T{number}")
        await client.get("/small/unheard-of")
        text = (await client.get("/metrics")).text
    series = 'castmark_http_requests_total{route="/small/things/{thing_id}",service="small"'
    assert f'{series},status="404"}} 3.0' in text
    assert 'route="unmatched"' in text
    assert "castmark_http_seconds_bucket" in text
    assert "T2" not in text
    assert "unheard-of" not in text


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"x-request-id": UUID}, UUID),
        ({"x-request-id": UUID.upper()}, UUID.upper()),
        ({"x-request-id": "0123456789abcdef"}, "0123456789abcdef"),
        ({"x-request-id": "f" * 64}, "f" * 64),
        (
            {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
            "4bf92f3577b34da6a3ce929d0e0e4736",
        ),
        ({"x-request-id": "eve@example.org"}, None),
        ({"x-request-id": "Eve.Adams"}, None),
        ({"x-request-id": "order-12.3:a_b"}, None),
        ({"x-request-id": "0123456789abcde"}, None),
        ({"x-request-id": f"{UUID}-eve"}, None),
        ({"x-request-id": UUID.replace("-", "", 1)}, None),
        ({"x-request-id": "a\tb"}, None),
        ({"x-request-id": "x" * 129}, None),
        ({"x-request-id": ""}, None),
        ({"traceparent": f"00-{'0' * 32}-00f067aa0ba902b7-01"}, None),
        ({"traceparent": "nonsense"}, None),
        ({}, None),
    ],
)
async def test_a_correlation_id_is_kept_only_if_it_can_be_nobodys_name(
    small: Small, headers: dict[str, str], kept: str | None
) -> None:
    async with small.client("ops") as client:
        answer = await client.post(
            "/small/commands/register_thing",
            json=thing(),
            headers={**headers, "idempotency-key": "c1"},
        )
    (request,) = small.writer.requests
    assert answer.headers["x-request-id"] == request.correlation_id
    if kept is not None:
        assert request.correlation_id == kept
    else:
        assert len(request.correlation_id) == 32
        assert request.correlation_id not in headers.values()
        assert "eve" not in request.correlation_id


async def test_answers_are_not_stored_sniffed_or_shared(small: Small) -> None:
    async with small.client("ops") as client:
        answer = await client.get("/small/things", headers={"origin": "https://evil.example"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


async def test_a_list_is_read_page_by_page_to_its_end(small: Small) -> None:
    async with small.client("ops") as client:
        for number in range(5):
            await client.post(
                "/small/commands/register_thing",
                json=thing(number),
                headers={"idempotency-key": f"c{number}"},
            )
        after, pages = "", []
        while True:
            found = (await client.get(f"/small/things?limit=2{after}")).json()
            pages.append(found["items"])
            if found["next"] is None:
                break
            after = f"&after={found['next']}"
    assert pages == [["thing/T0", "thing/T1"], ["thing/T2", "thing/T3"], ["thing/T4"]]


async def test_services_share_an_origin_by_their_prefixes(small: Small) -> None:
    async def ready() -> Readiness:
        return Readiness(True, {})

    other = Small()
    tokens = Tokens(other.issuer, ISSUER, "castmark")
    shared = Shared(tokens, other.metrics, Problems())
    portal = build_api("portal", "", "Portal", shared, ready)
    app = same_origin({"/small": small.api}, portal)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        assert (await client.get("/small/health")).json()["service"] == "small"
        assert (await client.get("/health")).json()["service"] == "portal"
        check_problem(await client.get("/smaller/health"), 404, "not-found")
        check_problem(await client.get("/dev/jwks"), 404, "not-found")
