"""Commands and a file of facilities through HTTP with a token, on a running platform.

The platform is the embedded default: one process with every service, SQLite, no broker. All its
consumers follow while commands come in, as they do for its users.
"""

import asyncio
import csv
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import orjson

from castmark.client import Client, connect
from castmark.folder import address_in
from infra.settings import Settings

from .asking import Connection, connections, post
from .facilities import ENTITY, MEMBER, values
from .figures import Figures, figure
from .machine import resident_bytes, scratch
from .sizes import Size

CALLERS = 64
START_S = 60.0
IMPORT_S = 3600.0
QUARTER = 4
DECLARE = "/membership/commands/declare_facility"
MB = 1e6


class Platform(NamedTuple):
    """A running platform and a client of operations."""

    client: Client
    url: str
    pid: int


def run(size: Size) -> Figures:
    """Commands per second, and rows per second of an import."""
    with scratch() as folder, platform(folder) as running:
        admit(running.client)
        rates = [
            asyncio.run(rate(running, size.seconds, f"run{number}"))
            for number in range(size.repeats)
        ]
        rows, quarter, end = _import(running, folder, size.rows)
    return [
        figure(f"commands through HTTP, {CALLERS} connections, SQLite FULL", "commands/s", rates),
        figure(
            f"import of {size.rows:,} facilities over HTTP, all consumers following",
            "rows/s",
            [rows],
            note=f"the whole platform held {quarter / MB:.0f} MB at a quarter, {end / MB:.0f} MB at"
            " the end",
        ),
    ]


@contextmanager
def platform(folder: Path) -> Iterator[Platform]:
    """`castmark up` in a process of its own on a free port."""
    environment = {**os.environ, "CASTMARK_DATA": str(folder), "CASTMARK_ENV": "development"}
    command = [sys.executable, "-m", "castmark", "up", "--port", "0", "--no-world"]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
    try:
        settings = Settings(environment="development", data=folder)
        url = _url(folder, process)
        with connect(settings, {"": url}) as client:
            _until_ready(client)
            yield Platform(client, url, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _url(folder: Path, process: "subprocess.Popen[bytes]") -> str:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit((folder / "said").read_text())
        if (folder / "castmark.json").exists():
            found = address_in(folder)
            if found is not None:
                return found.urls[""]
        time.sleep(0.05)
    raise SystemExit(f"the platform did not start within {START_S:g} s")


def _until_ready(client: Client) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            client.get("/membership/health")
        except Exception as error:
            if time.monotonic() > until:
                raise SystemExit(f"the platform does not answer: {error}") from error
            time.sleep(0.05)
        else:
            return


def admit(client: Client, member_id: str = MEMBER, entity_id: str | None = ENTITY) -> None:
    """A member of a class with a duty; with an entity, which may then have facilities."""
    of = {"member_id": member_id}
    land = {"name": "Synthetic group", "country": "NO"}
    asked = {"membership_class": "PT", "activities": ["smelting", "casthouse"]}
    steps = {
        "draft_application": {**of, **land},
        "submit_application": {**of, **asked},
        "start_review": of,
        "approve_application": {**of, "fee_level": "small"},
        "admit_member": of,
    }
    if entity_id is not None:
        steps["register_entity"] = {**of, **land, "entity_id": entity_id}
    for name, body in steps.items():
        client.command("membership", name, body, f"{member_id}-{name}")


async def rate(running: Platform, seconds: float, label: str) -> float:
    """Commands per second over keep-alive connections, each waiting for its answer."""
    numbers = itertools.count()
    started = time.monotonic()
    until = started + seconds

    async def call(connection: Connection) -> int:
        done = 0
        while time.monotonic() < until:
            command_id = f"{label}-{next(numbers):08d}"
            told = {**values(0), "facility_id": f"f-{command_id}"}
            answer = await connection.ask(
                post(DECLARE, running.client.token, command_id, orjson.dumps(told))
            )
            if answer.status != 200:
                raise SystemExit(f"a command was refused: {answer.body.decode()}")
            done += 1
        return done

    async with connections(running.url, CALLERS) as opened, asyncio.TaskGroup() as group:
        tasks = [group.create_task(call(connection)) for connection in opened]
    return sum(task.result() for task in tasks) / (time.monotonic() - started)


# --- a file ---

COLUMNS = (
    "facility_id", "name", "activities", "country", "subdivision", "operating",
    "start_year", "capacity_t_per_year",
)  # fmt: skip


def _import(running: Platform, folder: Path, rows: int) -> tuple[float, int, int]:
    """Rows per second from the upload to the last answer, and memory on the way."""
    file = folder / "facilities.csv"
    _write(file, rows)
    client, quarter = running.client, 0
    query: dict[str, str | list[str]] = {
        "import_id": "bench-import",
        "member_id": MEMBER,
        "entity_id": ENTITY,
        "format": "csv",
    }
    started = time.monotonic()
    client.upload("/membership/imports", _pieces(file), query)
    job = client.get("/membership/imports/bench-import")
    while job["state"] not in ("done", "failed") and time.monotonic() < started + IMPORT_S:
        time.sleep(0.1)
        job = client.get("/membership/imports/bench-import")
        if not quarter and job["done"] * QUARTER >= rows:
            quarter = resident_bytes(running.pid)
    seconds = time.monotonic() - started
    if job["changed"] != rows:
        raise SystemExit(f"the import did not take all rows: {job}")
    return rows / seconds, quarter, resident_bytes(running.pid)


def _write(file: Path, rows: int) -> None:
    with file.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for number in range(rows):
            told = values(number)
            where = told["location"]
            writer.writerow(
                (
                    told["facility_id"],
                    told["name"],
                    "; ".join(told["activities"]),
                    where["country"],
                    where["subdivision"],
                    "yes",
                    told["start_year"],
                    told["capacity_t_per_year"],
                )
            )


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as data:
        while piece := data.read(1 << 16):
            yield piece
