"""Membership at work with one member and two entities, and files to send to it."""

import asyncio
import csv
import io
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import orjson
import xlsxwriter
from joserfc.jwk import OKPKey
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

from infra import tables
from infra.auth import Tokens
from infra.devissuer import ISSUER, DevIssuer
from infra.engines import retire
from infra.execute import request_of
from infra.local.postgres import ServiceDatabase
from infra.problems import Problems
from infra.service import Running, create, keys_in, sqlite_engine
from infra.store import open_engine
from infra.telemetry import Metrics
from infra.web import Api, Shared
from services.membership.api import api
from services.membership.app import definition
from services.membership.entity import RegisterEntity
from services.membership.evidence import MemberEvidence

MEMBER = "M1"
ENTITIES = ("M1.E1", "M1.E2")
COLUMNS = ("facility_id", "name", "activities", "country", "capacity_kt", "utilisation")
PATH = "/membership/imports"
LIMIT_S = 100.0
IMPORT_TABLES = ("import_jobs", "import_rows", "import_mappings", "import_seen")


def assets() -> Path:
    """The real asset file, which lies beside the project."""
    beside = Path(__file__).parents[2].parent / "shared"
    return Path(os.environ.get("CASTMARK_SHARED", beside)) / "data" / "world-aluminium-assets.csv"


ASSETS: dict[str, Any] = {"map": ["name:asset_id"], "set": [f"entity_id:{ENTITIES[0]}"]}


def plants(count: int, first: int = 1, **changes: str) -> list[dict[str, str]]:
    """Generated rows, synthetic."""
    return [
        {
            "facility_id": f"plant-{number}",
            "name": f"Plant {number}",
            "activities": ("smelter", "refinery", "casthouse; remelting")[number % 3],
            "country": ("Germany", "NO", "China - North")[number % 3],
            "capacity_kt": f"{number % 900}.25",
            "utilisation": "0" if number % 7 == 0 else "0.9",
            **changes,
        }
        for number in range(first, first + count)
    ]


def as_csv(rows: Iterable[dict[str, str]], columns: Sequence[str] = COLUMNS) -> bytes:
    """Rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_ndjson(rows: Iterable[dict[str, str]]) -> bytes:
    """Rows as NDJSON."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def as_xlsx(
    rows: Sequence[dict[str, str]],
    columns: Sequence[str] = COLUMNS,
    above: int = 0,
    before: Mapping[str, Sequence[str]] | None = None,
    hidden: bool = False,
) -> bytes:
    """Rows as XLSX, numbers as numbers, below so many empty rows. `before` are sheets that stand
    before it, each with the cells of its first row; all of them `hidden` or none."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True, "strings_to_numbers": True}) as book:
        for name, cells in (before or {}).items():
            other = book.add_worksheet(name)
            other.write_row(0, 0, cells)
            if hidden:
                other.hide()
        sheet = book.add_worksheet()
        sheet.activate()
        sheet.set_first_sheet()
        sheet.write_row(above, 0, columns)
        for at, row in enumerate(rows, above + 1):
            sheet.write_row(at, 0, [row[name] for name in columns])
    return kept.getvalue()


class Desk:
    """One process of membership on a data folder; `client` is signed in as operations."""

    path = PATH
    usual: Mapping[str, object] = {"set": [f"entity_id:{ENTITIES[0]}"]}

    def __init__(self, running: Running, build: Callable[[Running, Shared], Api] = api) -> None:
        self.running = running
        issuer = DevIssuer(OKPKey.generate_key("Ed25519"), audience="castmark")
        tokens = Tokens(issuer, ISSUER, "castmark")
        shared = Shared(tokens, Metrics(CollectorRegistry()), Problems(), issuer)
        self.issuer = issuer
        self.api = build(self.running, shared)
        self.client = self.signed_in("ops")

    def signed_in(self, role: str) -> httpx.AsyncClient:
        """A client with a role."""
        headers = {"authorization": f"Bearer {self.issuer.mint([role])}"}
        transport = httpx.ASGITransport(self.api)
        return httpx.AsyncClient(transport=transport, base_url="http://m", headers=headers)

    async def send(
        self, import_id: str, content: bytes, form: str = "csv", **options: object
    ) -> httpx.Response:
        """Send a file; the answer to the upload."""
        query: dict[str, Any] = {
            "import_id": import_id,
            "member_id": MEMBER,
            "format": form,
            **self.usual,
            **options,
        }
        return await self.client.post(self.path, content=content, params=query)

    async def load(
        self, import_id: str, content: bytes, form: str = "csv", **options: object
    ) -> dict[str, Any]:
        """Send a file and wait for its end; the job."""
        answer = await self.send(import_id, content, form, **options)
        assert answer.status_code == 202, answer.text
        return await self.ended(import_id)

    async def ended(self, import_id: str) -> dict[str, Any]:
        """The job at its end."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                job: dict[str, Any] = (await self.client.get(f"{self.path}/{import_id}")).json()
                if job["state"] in ("done", "failed"):
                    return job
                await asyncio.sleep(0.05)

    async def rows(self, import_id: str) -> list[dict[str, Any]]:
        """All answers to refused rows."""
        found: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            answer = await self.client.get(f"{self.path}/{import_id}/rows", params=after)
            page = answer.json()
            found += page["items"]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    async def rejects(self, import_id: str) -> bytes:
        """The reject file."""
        answer = await self.client.get(f"{self.path}/{import_id}/rejects")
        assert answer.status_code == 200, answer.text
        return answer.content

    def events(self) -> int:
        """How many events of facilities are stored."""
        of_facilities = tables.EVENTS.c.stream.startswith("facility/")
        with self.running.engine.connect() as connection:
            query = select(func.count()).select_from(tables.EVENTS).where(of_facilities)
            return int(connection.execute(query).scalar_one())

    def facilities(self) -> dict[str, Any]:
        """The content of every facility, folded from its events."""
        catalog = self.running.store.catalog
        found: dict[str, Any] = {}
        for record in self.running.store.read_after(0, 1_000_000):
            stream = record.envelope.stream
            if stream.startswith("facility/"):
                event = catalog.recorded(record).event.model_dump(mode="json")
                content = {k: v for k, v in event.items() if k not in CHANGING}
                found.setdefault(stream, {}).update(content)
        return found

    def stored(self) -> dict[str, int]:
        """How many rows each table of imports has."""
        with self.running.engine.connect() as connection:
            return {
                name: int(connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one())
                for name in IMPORT_TABLES
            }


CHANGING = ("registered_on", "effective_on", "known_through")


def opened(data: Path, database: ServiceDatabase | None = None) -> Running:
    """Membership with its tables made, not yet started: on SQLite unless a database is given."""
    made = definition()
    role = None if database is None else f"{database.name}_app"
    owner = sqlite_engine(data, made.name) if database is None else open_engine(database.owner_url)
    create(made, owner, app_role=role)
    retire(owner)
    url = str(owner.url) if database is None else database.app_url
    return Running(made, open_engine(url), keys_in(data / "keys"), data)


@asynccontextmanager
async def desk_on(data: Path, database: ServiceDatabase | None = None) -> AsyncIterator[Desk]:
    """A desk that serves until the block ends."""
    desk = Desk(opened(data, database))
    try:
        await desk.running.start(desk.running.own_log, publishes=False)
        await _register(desk)
        yield desk
    finally:
        await desk.client.aclose()
        await desk.running.stop()


async def _register(desk: Desk) -> None:
    """The entities, as if their member had been admitted."""
    member = MemberEvidence(member_id=MEMBER, standing="active", known_through=0)
    for entity_id in ENTITIES:
        command = RegisterEntity(
            on=date(2026, 1, 1),
            entity_id=entity_id,
            member_id=MEMBER,
            name=f"Entity {entity_id}",
            country="DE",
            member=member,
        )
        await desk.running.writer.execute(request_of(f"register-{entity_id}", command, "test"))
