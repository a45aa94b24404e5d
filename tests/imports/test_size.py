"""Many generated rows: memory does not grow with the file, and others have their turn."""

import asyncio
import gc
import os
import time
import tracemalloc
from datetime import date
from pathlib import Path

import pytest

from contracts.values import Instant
from infra.importing.chunks import CHUNK, read_chunk
from infra.importing.formats import examine, open_sheet
from infra.importing.jobs import Job, Options, Tally
from infra.importing.kinds import Asked
from infra.importing.mapping import Said, bind
from infra.importing.places import places
from services.membership import facility_rows
from services.membership.evidence import EntityEvidence
from tests.imports.desk import COLUMNS, ENTITIES, Desk, as_csv, plants

PAGE = os.sysconf("SC_PAGE_SIZE")
SETTLED = 55_000  # rows after which the writer's cache of folds is full


def peak_of_reading(file: Path) -> int:
    """The most memory that reading and building a file ever held, in bytes."""
    said = Said({}, {"entity_id": ENTITIES[0]})
    binding = bind(COLUMNS, facility_rows.FIELDS, said, Said({}, {}))
    options = Options("csv", False, False, False, (), ())
    job = Job(
        "i", "facilities", "M1", "", options, COLUMNS, binding, "a", "c", "running", "importing",
        0, Tally(), 0, None, None, Instant(""), None,
    )  # fmt: skip
    entity = EntityEvidence(entity_id=ENTITIES[0], member_id="M1", open=True, known_through=1)
    places()
    gc.collect()
    tracemalloc.start()
    try:
        examine(file, "csv")
        rows = open_sheet(file, "csv").rows
        build = facility_rows.builder(
            Asked("i", "M1"), binding, date(2026, 11, 21), places(), lambda _: entity
        )
        while (chunk := read_chunk(rows, build, job)) is not None:
            assert 0 < len(chunk.requests) <= CHUNK
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reading_takes_no_more_memory_for_more_rows(tmp_path: Path) -> None:
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_bytes(as_csv(plants(2_000)))
    large.write_bytes(as_csv(plants(12_000)))
    of_small = peak_of_reading(small)
    assert peak_of_reading(large) < of_small + 1_000_000


@pytest.mark.timeout(300)
async def test_interactive_commands_have_their_turn_during_an_import(desk: Desk) -> None:
    await desk.send("large", as_csv(plants(20_000)))
    waited: list[float] = []
    while len(waited) < 20:
        began = time.perf_counter()
        await desk.running.writer.run(lambda unit: unit.now)
        waited.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    state = (await desk.client.get("/membership/imports/large")).json()
    assert state["state"] != "done", "they were answered while it ran"
    job = await desk.ended("large")
    assert (job["done"], job["changed"], job["refused"]) == (20_000, 20_000, 0)
    assert desk.events() == 20_000


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


@pytest.mark.soak
@pytest.mark.timeout(1_800)
async def test_memory_stays_flat_over_100_000_rows(desk: Desk) -> None:
    content = as_csv(plants(130_000))
    await desk.send("large", content)
    settled = 0
    async with asyncio.timeout(1_700):
        while True:
            job = (await desk.client.get("/membership/imports/large")).json()
            if job["done"] >= SETTLED and not settled:
                settled = resident()
            if job["state"] == "done":
                break
            await asyncio.sleep(0.5)
    assert (job["changed"], job["refused"]) == (130_000, 0)
    assert resident() < settled * 1.1
