"""`castmark import`: a bar, a sum, a file of rejects, an exit code."""

import asyncio
import io
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
import uvicorn
from rich.console import Console

from castmark.bulk import Wanted, load
from castmark.client import Client, Refusal
from tests.imports.desk import ENTITIES, Desk, as_csv, plants


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[Client]:
    """The desk behind a real socket."""
    async with client_of(desk) as made:
        yield made


@asynccontextmanager
async def client_of(desk: Desk) -> AsyncIterator[Client]:
    """A desk behind a real socket, for operations."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    config = uvicorn.Config(desk.api, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    host, port = listening.getsockname()
    with Client({"": f"http://{host}:{port}"}, desk.issuer.mint(["ops"])) as made:
        yield made
    server.should_exit = True
    async with asyncio.timeout(60):
        await serving


def wanted(file: Path, rejects: Path | None = None, import_id: str | None = None) -> Wanted:
    """What a person would ask for."""
    constants = [f"entity_id={ENTITIES[0]}"]
    return Wanted(file, "M1", False, False, False, [], constants, rejects, import_id)


async def run(client: Client, asked: Wanted) -> tuple[int, str]:
    """The exit code and what was printed."""
    out = Console(file=io.StringIO(), width=300)
    try:
        await asyncio.to_thread(load, client, asked, out)
    except typer.Exit as ended:
        return ended.exit_code, out.file.getvalue()  # type: ignore[attr-defined]  # StringIO
    return 0, out.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above


async def test_a_file_is_loaded_summed_up_mended_and_loaded_again(
    client: Client, desk: Desk, tmp_path: Path
) -> None:
    file, rejects = tmp_path / "plants.csv", tmp_path / "rejects.csv"
    await asyncio.to_thread(
        file.write_bytes, as_csv([*plants(4), *plants(2, 9, country="Atlantis")])
    )
    code, said = await run(client, wanted(file, rejects, "mine"))
    assert code == 1
    assert "import mine" in said
    assert "6 rows read: 4 new or changed, 0 as before, 2 refused" in said
    assert "unknown-country: 2" in said
    assert "row 6, country: 'Atlantis' is no country" in said

    mended = await asyncio.to_thread(rejects.read_bytes)
    await asyncio.to_thread(file.write_bytes, mended.replace(b"Atlantis", b"Greece"))
    code, said = await run(client, wanted(file))
    assert (code, desk.events()) == (0, 6)
    assert "2 rows read: 2 new or changed, 0 as before, 0 refused" in said


async def test_without_a_place_for_rejects_nothing_is_sent(
    client: Client, desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "plants.csv"
    await asyncio.to_thread(file.write_bytes, as_csv(plants(1)))
    with pytest.raises(Refusal, match=r"cannot-write: .* there is no folder"):
        await run(client, wanted(file, tmp_path / "none" / "rejects.csv", "nowhere"))
    assert (desk.events(), desk.stored()["import_jobs"]) == (0, 0)


async def test_a_bar_shows_how_far_an_import_is(
    client: Client, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal: what is done, rows answered of all rows."""
    file = tmp_path / "plants.csv"
    await asyncio.to_thread(file.write_bytes, as_csv(plants(3)))
    looked: list[tuple[int, int]] = []

    def half_way(path: str, **query: object) -> Any:
        job = asked(path, **query)
        if path.endswith("/bar") and "rows" in job and not looked:
            looked.append((1, job["rows"]))
            return {**job, "state": "running", "phase": "importing", "done": 1}
        return job

    asked = client.get
    monkeypatch.setattr(client, "get", half_way)
    monkeypatch.setattr("castmark.bulk.POLL_S", 0.3)
    shown = io.StringIO()
    terminal = Console(file=shown, width=120, force_terminal=True)
    await asyncio.to_thread(load, client, wanted(file, import_id="bar"), terminal)
    told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.getvalue())
    assert looked == [(1, 3)]
    assert "importing" in told
    assert "1/3" in told
    assert "3 rows read: 3 new or changed" in told


async def test_an_import_is_followed_again_by_its_id(
    client: Client, desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "plants.csv"
    await asyncio.to_thread(file.write_bytes, as_csv(plants(4)))
    first = await run(client, wanted(file, import_id="mine"))
    assert await run(client, wanted(file, import_id="mine")) == first
    await asyncio.to_thread(file.write_bytes, as_csv(plants(5)))
    with pytest.raises(Refusal, match="import-id-reused"):
        await run(client, wanted(file, import_id="mine"))
    assert desk.events() == 4
