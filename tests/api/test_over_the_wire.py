"""The same door behind a real server and a real socket."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest
import uvicorn

from infra.door import DEFAULT_LIMIT
from infra.problems import MEDIA_TYPE
from infra.web import same_origin
from infra.wire import HEAD_BYTES, serving
from tests.api.small import Small, thing


@pytest.fixture
async def address(small: Small) -> AsyncIterator[tuple[str, int]]:
    """Where the small service listens."""
    small.now = time.time()
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    app = same_origin({"/small": small.api}, small.api)
    server = uvicorn.Server(serving(app))
    listening.listen()  # so that who connects before the server looks is merely kept waiting
    served = asyncio.create_task(server.serve(sockets=[listening]))
    yield listening.getsockname()
    server.should_exit = True  # looked at only once it serves, so this cannot come too early
    async with asyncio.timeout(60):
        await served


async def said(address: tuple[str, int], raw: bytes) -> bytes:
    """All that the server answers to some bytes until it closes."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(raw)
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_command_goes_through(small: Small, address: tuple[str, int]) -> None:
    headers = {"authorization": f"Bearer {small.issuer.mint(['ops'])}", "idempotency-key": "c1"}
    async with httpx.AsyncClient(base_url="http://{}:{}".format(*address)) as client:
        answer = await client.post(
            "/small/commands/register_thing", json=thing(), headers=headers, timeout=20
        )
    assert (answer.status_code, answer.json()["position"]) == (200, 1)


async def test_a_body_of_unknown_length_over_the_limit_is_answered(
    small: Small, address: tuple[str, int]
) -> None:
    async def flood() -> AsyncIterator[bytes]:
        for _ in range(40 * DEFAULT_LIMIT // 10_000):
            yield b" " * 10_000

    headers = {
        "authorization": f"Bearer {small.issuer.mint(['ops'])}",
        "idempotency-key": "c1",
        "content-type": "application/json",
    }
    async with httpx.AsyncClient(base_url="http://{}:{}".format(*address)) as client:
        answer = await client.post(
            "/small/commands/register_thing", content=flood(), headers=headers, timeout=20
        )
    assert (answer.status_code, answer.json()["slug"]) == (413, "too-large")
    assert small.writer.requests == []


@pytest.mark.parametrize(
    "head",
    [
        b"nonsense",
        b"GET /small/things HTTP/1.1\r\nHost: x\r\nContent-Length: many",
        b"GET /small/th\xffngs HTTP/1.1\r\nHost: x",
        b"GET /small/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe",
        b"GET /small/things HTTP/1.1\r\nHost: x\r\nX-Request-Id: \xe9\xff\r\ntraceparent: \xff",
        b"GET /small/things?\xe9=\xff HTTP/1.1\r\nHost: x",
        b"GET /small/things?after=%ff%00 HTTP/1.1\r\nHost: x",
        b"GET /%2e%2e/%2e%2e/etc HTTP/1.1\r\nHost: x",
        b"POST /small/echo HTTP/1.1\r\nHost: x\r\nContent-Type: \xff\r\nContent-Length: 0",
        b"PRI * HTTP/2.0\r\nHost: x",
        b"GET /small/things HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * 100_000,
    ],
)
async def test_no_bytes_on_the_wire_get_a_5xx(address: tuple[str, int], head: bytes) -> None:
    answer = await said(address, head + b"\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 4"), answer[:80]


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the server itself called an error."""
    return [record.message for record in caplog.records if record.levelname == "ERROR"]


LONG_HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * HEAD_BYTES
BAD_CHUNK = b"/small/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", LONG_HEAD, b"POST " + BAD_CHUNK])
async def test_what_cannot_be_read_gets_a_problem_too(address: tuple[str, int], raw: bytes) -> None:
    answer = await said(address, raw)
    top, _, body = answer.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert f"content-type: {MEDIA_TYPE}".encode() in top.lower()
    problem = orjson.loads(body)
    assert problem["slug"] == "malformed-request"
    assert f"headers under {HEAD_BYTES:,} bytes" in problem["detail"]


async def test_a_path_that_names_no_place_is_answered_like_any_that_is_not_there(
    address: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    answer = await said(address, b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    top, _, body = answer.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 404 Not Found\r\n"), top
    assert orjson.loads(body)["slug"] == "not-found"
    assert errors(caplog) == []


async def test_a_head_that_cannot_be_read_is_answered_without_a_body(
    address: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    top, _, body = (await said(address, b"HEAD " + BAD_CHUNK)).partition(b"\r\n\r\n")
    assert (top[:12], body) == (b"HTTP/1.1 400", b"")
    assert errors(caplog) == []


async def test_bytes_behind_an_answer_end_the_connection_without_a_word_more(
    address: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"POST /small/missing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    async with asyncio.timeout(60):
        assert (await reader.readline()).startswith(b"HTTP/1.1 4")
        writer.write(b"zz\r\n")
        rest = await reader.read()
    assert b"HTTP/1.1" not in rest
    assert errors(caplog) == []
    writer.close()


async def test_a_head_that_never_ends_is_not_kept(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    answered, sent = asyncio.ensure_future(reader.read(12)), 0
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
    while not answered.done() and sent < 4 * HEAD_BYTES:
        writer.write(b"X-More: " + b"a" * 1000 + b"\r\n")
        sent += 1000
        await writer.drain()
        await asyncio.sleep(0.001)
    async with asyncio.timeout(60):
        assert await answered == b"HTTP/1.1 400"
    writer.close()
