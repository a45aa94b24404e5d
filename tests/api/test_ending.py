"""A process that is told to stop gives back what it opened."""

import asyncio
from pathlib import Path

import httpx

from castmark.folder import listen
from castmark.process import Process
from infra.settings import load_settings
from services.portal.signin_session import COOKIE
from tests.sockets import sockets


async def visit(data: Path) -> None:
    """Start the portal alone, read one page of it, stop it."""
    socket = listen("127.0.0.1", 0)
    port = socket.getsockname()[1]
    settings = load_settings(environment="development", data=data, port=port)
    process = Process(settings, ["portal"], socket)
    ready = asyncio.Event()
    running = asyncio.create_task(process.run(ready.set))
    await ready.wait()
    assert process.shared.dev is not None
    token = process.shared.dev.mint(["ops"])
    async with httpx.AsyncClient(cookies={COOKIE: token}) as visitor:
        page = await visitor.get(f"http://127.0.0.1:{port}/deadlines/D-1")
    # What it asks is this same process, which has no answer to give: a connection all the same.
    assert page.status_code == 404, page.text
    assert process.server is not None
    process.server.should_exit = True
    await running


def test_the_portal_closes_its_connections_to_the_services(tmp_path: Path) -> None:
    before = sockets()
    asyncio.run(visit(tmp_path))
    assert sockets() <= before
