"""ghg at work beside a membership with some plants, and activity files to send to it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

import services.audit_scheduling.app
import services.ghg.api
import services.ghg.app
from infra import tables
from infra.embedded import StoreLog
from infra.service import Running, create, keys_in, sqlite_engine
from infra.store import open_engine
from services.ghg.queries import Queries
from tests.imports.desk import Desk, as_csv, desk_on, plants

PLANTS = 8
COLUMNS = (
    "facility_id", "year", "step", "item", "quantity", "unit", "kind", "evidence",
    "factor", "factor_unit", "scrap_kind", "of", "cell_technology", "from_on",
    "uncertainty_percent", "started",
)  # fmt: skip
LINES: Sequence[Mapping[str, str]] = (
    {"step": "electrolysis", "item": "output.liquid_metal", "quantity": "200", "unit": "kt"},
    {"step": "casthouse", "item": "output.cast_metal", "quantity": "199000", "unit": "t"},
    {"step": "electrolysis", "item": "input.net_anode", "quantity": "84000000", "unit": "kg"},
    {"step": "electrolysis", "item": "anode_effect.minutes", "quantity": "0.3",
     "unit": "min/cell-day"},
    {"step": "electrolysis", "item": "power.grid", "quantity": "2800", "unit": "GWh"},
    {"step": "casthouse", "item": "fuel.gas", "quantity": "7", "unit": "million Nm3"},
    {"step": "electrolysis", "item": "bought.alumina", "quantity": "385", "unit": "kt",
     "factor": "1.3", "factor_unit": "t CO2e/t", "kind": "supplier_verified"},
    {"step": "electrolysis", "item": "transport.sea", "quantity": "4000", "unit": "10^6 t*km",
     "of": "bought.alumina"},
)  # fmt: skip


def year(plant: int, year: int = 2024, **changes: str) -> list[dict[str, str]]:
    """A smelter's year, synthetic; all rows with these changes."""
    return [
        {
            "facility_id": f"plant-{plant}",
            "year": str(year),
            "kind": "measured",
            "evidence": "doc-1",
            "cell_technology": "PFPB_M",
            **line,
            **changes,
        }
        for line in LINES
    ]


def years(plants: Iterable[int], over: Iterable[int] = (2023, 2024)) -> list[dict[str, str]]:
    """Several smelters, several years."""
    over = tuple(over)
    return [row for plant in plants for one in over for row in year(plant, one)]


def activity_csv(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Rows as CSV, with all columns that a test may use."""
    return as_csv([{name: row.get(name, "") for name in COLUMNS} for row in rows], COLUMNS)


class YearDesk(Desk):
    """One process of ghg; `client` is signed in as operations."""

    path = "/ghg/imports"
    usual: Mapping[str, object] = {}

    async def groups(self, import_id: str) -> list[dict[str, Any]]:
        """What was told of every facility-year."""
        found: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            answer = await self.client.get(f"{self.path}/{import_id}/groups", params=after)
            page = answer.json()
            found += page["items"]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    def events(self) -> int:
        """How many events of facility-years are stored."""
        return sum(self.kinds().values())

    def kinds(self) -> dict[str, int]:
        """Events of facility-years by the last word of their type."""
        of_years = tables.EVENTS.c.stream.startswith("facility_year/")
        with self.running.engine.connect() as connection:
            query = select(tables.EVENTS.c.type, func.count()).where(of_years)
            counted = connection.execute(query.group_by(tables.EVENTS.c.type))
            return {name.split(".")[1]: count for name, count in counted}

    def content(self) -> dict[str, str]:
        """The hash of the present data of every facility-year."""
        catalog = self.running.store.catalog
        found: dict[str, str] = {}
        for record in self.running.store.read_after(0, 1_000_000):
            if record.type == "ghg.activity_sealed.v1":
                event = catalog.recorded(record).event
                found[record.envelope.stream] = event.model_dump()["data_hash"]
        return found


@asynccontextmanager
async def year_desk_on(data: Path, members: Desk) -> AsyncIterator[YearDesk]:
    """A desk of ghg that knows the plants of a membership, until the block ends."""
    stores = {"membership": members.running.store, "audit_scheduling": _audits(data).store}
    made = services.ghg.app.definition()
    owner = sqlite_engine(data, made.name)
    create(made, owner)
    running = Running(made, open_engine(str(owner.url)), keys_in(data / "keys"), data)
    desk = YearDesk(running, services.ghg.api.api)
    try:
        await running.start(StoreLog(stores, own="ghg"), publishes=False)
        yield desk
    finally:
        await desk.client.aclose()
        await running.stop()


def _audits(data: Path) -> Running:
    """The store of a service that has said nothing."""
    made = services.audit_scheduling.app.definition()
    owner = sqlite_engine(data, made.name)
    create(made, owner)
    return Running(made, owner, keys_in(data / "keys"), data)


@asynccontextmanager
async def membership_with_plants(
    data: Path, count: int = PLANTS, country: str = "NO"
) -> AsyncIterator[Desk]:
    """A membership whose member has some plants, all smelters, in Norway if nowhere else."""
    async with desk_on(data) as desk:
        rows = plants(count, activities="smelter; casthouse", country=country)
        await desk.load("plants", as_csv(rows))
        yield desk


async def known(desk: YearDesk, count: int = PLANTS) -> None:
    """Until ghg has heard of the plants."""
    queries = Queries(desk.running)
    wanted = [f"M1.plant-{number}" for number in range(1, count + 1)]
    async with asyncio.timeout(60):
        while True:
            if len(await asyncio.to_thread(queries.facilities, wanted)) == count:
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def years_on(data: Path, country: str = "NO") -> AsyncIterator[YearDesk]:
    """A desk of ghg beside a membership with plants, both under one folder."""
    async with (
        membership_with_plants(data / "members", country=country) as members,
        year_desk_on(data / "ghg", members) as desk,
    ):
        await known(desk)
        yield desk
