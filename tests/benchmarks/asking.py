"""A small HTTP client for loads: keep-alive connections of asyncio and nothing between.

A general client would spend more on a request than the server does, on the same two cores.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

LIMIT = 1 << 20


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class Connection:
    """One keep-alive connection; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> Answer:
        """Send a request as made by `post`; its answer."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return Answer(int(head[9:12]), await self._reader.readexactly(length))

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def connections(url: str, count: int) -> AsyncIterator[list[Connection]]:
    """So many connections to the server of an address."""
    parts = urlsplit(url)
    opened = [
        Connection(*await asyncio.open_connection(parts.hostname, parts.port, limit=LIMIT))
        for _ in range(count)
    ]
    try:
        yield opened
    finally:
        for connection in opened:
            await connection.close()


def correlation(command_id: str) -> str:
    """The correlation id of a command's events, which must be a UUID or hexadecimal."""
    return str(uuid5(NAMESPACE_URL, command_id))


def post(path: str, token: str, command_id: str, body: bytes) -> bytes:
    """The bytes of a command's request."""
    return (
        f"POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\nidempotency-key: {correlation(command_id)}\r\n"
        f"x-request-id: {correlation(command_id)}\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body
