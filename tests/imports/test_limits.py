"""A file just under what a file may have: 1 GB, 5,000,000 rows. It is taken, in memory that does
not grow with it. What is above is refused while it comes in (`test_broken_files`)."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from infra.importing.formats import MAX_ROWS
from infra.importing.web import FILE_LIMIT
from tests.imports.desk import MEMBER
from tests.imports.test_size import PAGE
from tests.imports.years import COLUMNS, LINES, PLANTS, YearDesk, years_on

YEARS = range(1990, 2022)
ROWS_EACH = 19_500
"""Of a facility-year; no more than 20,000 rows are taken together."""
ONCE = 4
"""Lines that a year has once: outputs, anodes, anode effects. The others are told in parts."""
PIECE = 1 << 20
GROWTH = 96 << 20


def lines_of(plant: int, year: int) -> Iterator[str]:
    """The rows of a facility-year, each with a reference that fills it to some 200 bytes."""
    for number in range(ROWS_EACH):
        line = LINES[number if number < ONCE else ONCE + number % (len(LINES) - ONCE)]
        cells = {
            "kind": "measured",
            "cell_technology": "PFPB_M",
            **line,
            "facility_id": f"plant-{plant}",
            "year": str(year),
            "evidence": f"meter-reading-{plant}-{year}-{number:06}-" + "0" * 80,
        }
        if number >= ONCE:
            cells["quantity"] = str(1 + number % 7)
        yield ",".join(cells.get(name, "") for name in COLUMNS) + "\n"


def write(file: Path) -> int:
    """Write the file; how many rows it has."""
    with file.open("w") as text:
        text.write(",".join(COLUMNS) + "\n")
        for plant in range(1, PLANTS + 1):
            for year in YEARS:
                text.writelines(lines_of(plant, year))
    return PLANTS * len(YEARS) * ROWS_EACH


async def pieces(file: Path) -> AsyncIterator[bytes]:
    """The file as a client sends it."""
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            yield piece


def resident() -> int:
    """Bytes of memory of this process and of those that work for it."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    found = 0
    for pid in ("self", *children):
        try:
            found += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
        except FileNotFoundError:
            continue  # it ended between the two looks
    return found


@pytest.mark.soak
@pytest.mark.timeout(3_600)
async def test_a_file_just_under_the_limits_is_taken_in_flat_memory(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    rows = await asyncio.to_thread(write, file)
    assert MAX_ROWS * 0.99 < rows <= MAX_ROWS
    assert FILE_LIMIT * 0.8 < file.stat().st_size <= FILE_LIMIT
    await taken(file, rows, tmp_path)


async def taken(file: Path, rows: int, folder: Path) -> None:
    """Import the file and watch the memory from a fifth of the way on."""
    async with years_on(folder) as desk:
        query = {"import_id": "large", "member_id": MEMBER, "format": "csv"}
        answer = await desk.client.post(desk.path, content=pieces(file), params=query, timeout=3000)
        assert answer.status_code == 202, answer.text
        settled = await through(desk, rows // 5)
        most = await through(desk, rows)
        assert most - settled < GROWTH, f"{settled >> 20} MB, then {most >> 20} MB"
        job = await desk.ended("large")
        assert (job["changed"], job["refused"]) == (rows, 0)
        assert desk.kinds()["result_calculated"] == PLANTS * len(YEARS)


async def through(desk: YearDesk, rows: int) -> int:
    """Wait until so many rows are done; the most memory seen meanwhile."""
    most = 0
    while True:
        job = (await desk.client.get(f"{desk.path}/large")).json()
        most = max(most, resident())
        if job["done"] >= rows or job["state"] in {"done", "failed"}:
            return most
        await asyncio.sleep(0.5)
