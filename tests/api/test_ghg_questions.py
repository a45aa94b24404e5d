"""Questions to a facility's year over HTTP: what if, and how circular."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.imports.desk import as_csv, desk_on, plants
from tests.imports.years import YearDesk, activity_csv, known, year, year_desk_on

OF = "/ghg/facilities/M1.plant-1/years/2024"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[YearDesk]:
    """ghg with a smelter's year."""
    smelter = plants(1, activities="smelter; casthouse", country="NO", start_year="1990")
    async with desk_on(tmp_path / "members") as members:
        await members.load("plants", as_csv(smelter, list(smelter[0])))
        async with year_desk_on(tmp_path / "ghg", members) as made:
            await known(made, 1)
            job = await made.load("one", activity_csv(year(1)))
            assert job["state"] == "done", job
            await calculated(made)
            yield made


async def calculated(desk: YearDesk) -> None:
    """Until its first result can be read."""
    async with asyncio.timeout(60):
        while True:
            if (await desk.client.get(f"{OF}/results/1")).status_code == 200:
                return
            await asyncio.sleep(0.05)


async def told(desk: YearDesk, path: str, **params: str) -> tuple[int, dict[str, Any]]:
    answer = await desk.client.get(f"{OF}/{path}", params=params)
    return answer.status_code, answer.json()


async def test_a_years_data_tell_how_circular_it_was(desk: YearDesk) -> None:
    status, found = await told(desk, "data/1/circularity")
    assert status == 200
    assert found["recycled"]["value"] == "0"
    assert found["metal_yield"]["value"] == "0.995"
    assert found["spl_untreated"] == {"value": None, "t": "0", "told": 0, "silent": 1}
    assert (await told(desk, "data/9/circularity"))[0] == 404


async def test_a_result_says_what_its_share_of_primary_data_counts(desk: YearDesk) -> None:
    status, found = await told(desk, "results/1")
    assert status == 200
    rule = found["primary_share_rule"]
    assert rule["engine"] == found["engine"]
    counted = {scope: one["counted_as"] for one in rule["readings"] for scope in one["scopes"]}
    assert (counted["2_location"], counted["2_market"]) == ("primary", "primary")
    assert counted["3.4"] == "secondary"
    every = (await told(desk, "results"))[1]["items"]
    assert [one["primary_share_rule"] for one in every] == [rule]
    working = (await told(desk, "results/1/working"))[1]
    assert working["primary_share_rule"] == rule
    assert 0 < Decimal(working["primary_share_from_grid"]) < Decimal(found["primary_share"])


async def test_a_result_tells_which_lever_closes_its_gap(desk: YearDesk) -> None:
    status, found = await told(desk, "results/1/what-if", side="location", power="0.001")
    assert status == 200, found
    assert found["side"] == "location"
    assert {one["slug"]: one["better"] for one in found["levers"]}["power"] == "0.001"
    assert found["alone"][0]["levers"] == ["alumina"]  # its grid is clean already
    for wrong in ({"power": "-1"}, {"power": "NaN"}, {"side": "both"}):
        assert (await told(desk, "results/1/what-if", **wrong))[0] == 422
