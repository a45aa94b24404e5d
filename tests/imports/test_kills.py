"""A killed import goes on by itself: every row exactly once."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.imports.desk import Desk, as_csv, desk_on, plants
from tests.imports.years import PLANTS, activity_csv, years, years_on

ROOT = Path(__file__).parents[2]


async def killed(data: Path, content: bytes, when: str, *what: str) -> None:
    """Load a file in a process that does not survive its third chunk."""
    file = data.with_suffix(".csv")
    file.write_bytes(content)
    arguments = ("-m", "tests.imports.victim", str(data), str(file), when, "3", *what)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(60):
        assert await process.wait() == -signal.SIGKILL


def once_each(desk: Desk, count: int) -> None:
    """Check that each generated facility was registered once."""
    streams = [r.envelope.stream for r in desk.running.store.read_after(0, 1_000_000)]
    found = sorted(stream for stream in streams if stream.startswith("facility/"))
    assert found == sorted(f"facility/M1.plant-{n}" for n in range(1, count + 1))


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_killed_import_goes_on_when_the_service_starts(tmp_path: Path, when: str) -> None:
    content = as_csv([*plants(2_100), *plants(3, 9_000, country="Atlantis")])
    data = tmp_path / "data"
    await killed(data, content, when)
    async with desk_on(data) as desk:
        found = await desk.client.get("/membership/imports/killed")
        assert found.json()["done"] >= 1_000
        job = await desk.ended("killed")
        assert (job["state"], job["changed"], job["unchanged"]) == ("done", 2_100, 0)
        assert (job["done"], job["refused"]) == (2_103, 3)
        assert [row["row"] for row in await desk.rows("killed")] == [2_102, 2_103, 2_104]
        once_each(desk, 2_100)
        answer = await desk.send("killed", content)
        assert (answer.status_code, answer.json()) == (202, job), "sent again, it is followed"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_killed_import_of_years_goes_on_and_takes_each_year_once(
    tmp_path: Path, when: str
) -> None:
    rows = years(range(1, PLANTS + 1))
    rows[-1]["quantity"] = "-1"
    scattered = [rows[at] for start in range(8) for at in range(start, len(rows), 8)]
    data = tmp_path / "data"
    await killed(data, activity_csv(scattered), when, "activity")
    async with years_on(data) as desk:
        found = await desk.client.get("/ghg/imports/killed")
        assert found.json()["done"] >= 2 * 2 * 8
        job = await desk.ended("killed")
        assert (job["state"], job["changed"], job["unchanged"]) == ("done", 15 * 8, 0)
        assert (job["done"], job["refused"]) == (16 * 8, 8)
        assert len(await desk.groups("killed")) == 16
        assert desk.kinds()["activity_sealed"] == 15
        assert desk.kinds()["result_calculated"] == 15


async def test_what_a_killed_upload_left_is_swept_away_later(tmp_path: Path) -> None:
    folder = tmp_path / "imports"
    folder.mkdir()
    old, young, kept = folder / "a.part", folder / "b.part", folder / "job-0.csv"
    for file in (old, young, kept):
        file.touch()
    for file in (old, kept):
        os.utime(file, (0, 0))
    async with desk_on(tmp_path) as desk:
        await desk.load("one", as_csv(plants(1)))
        assert not old.exists()
        assert young.exists()
        assert kept.exists()
