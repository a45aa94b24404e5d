"""Scrap of two kinds from one yard: each is asked about, answered and taken by itself."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.imports.desk import as_csv
from tests.imports.years import YearDesk, years_on

from .test_ghg_plans import FACILITY, MEMBER, YEAR, get, post, there

COLUMNS = ("facility_id", "year", "datum_id", "step", "item", "quantity", "unit", "kind")
MORE = ("scrap_kind", "supplier_id", "evidence")


def lot(name: str, quantity: str, kind: str) -> dict[str, str]:
    more = {"scrap_kind": kind, "supplier_id": "YARD", "evidence": "note"}
    return {**row(name, "scrap.in", quantity), **more}


def row(name: str, item: str, quantity: str) -> dict[str, str]:
    cells = ("plant-1", "2024", name, "remelting", item, quantity, "t", "measured")
    return dict(zip(COLUMNS, cells, strict=True))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[YearDesk]:
    """ghg with the year of a remelter."""
    rows = [
        row("cast", "output.cast_metal", "100000"),
        lot("old", "51000", "post_consumer"),
        lot("new", "50000", "pre_consumer"),
    ]
    columns = (*COLUMNS, *MORE)
    async with years_on(tmp_path) as made:
        whole = [{name: one.get(name, "") for name in columns} for one in rows]
        job = await made.load("yard", as_csv(whole, columns))
        assert job["state"] == "done", job
        await there(made.client, f"{YEAR}/results/1")
        yield made


async def test_each_kind_of_scrap_is_asked_about_answered_and_taken_alone(desk: YearDesk) -> None:
    member = desk.signed_in("member:M1")
    bought = (await get(member, f"{YEAR}/inputs"))[1]["items"]
    assert {one["scrap_kind"] for one in bought} == {"pre_consumer", "post_consumer"}

    asked: dict[str, Any] = {"facility_id": FACILITY, "year": 2024, "supplier_id": "YARD"}
    asked |= {"request_id": "R-1", **MEMBER, "item": "scrap.in"}
    status, said = await post(member, "commands/request_datum", **asked)
    assert (status, said["slug"]) == (409, "scrap-kind-not-said")
    status, said = await post(member, "commands/request_datum", **asked, scrap_kind="post_consumer")
    assert status == 200, said

    _, told = await post(member, "datum-requests/R-1/registration")
    registration = {"registration_id": told["registration_id"]}
    nobody = httpx.AsyncClient(transport=httpx.ASGITransport(desk.api), base_url="http://m")
    status, told = await post(nobody, "answers/asked", **registration)
    assert (status, told["scrap_kind"]) == (200, "post_consumer")
    told = {"factor": "0.3", "unit": "t CO2e/t", "kind": "supplier_unverified"}
    told |= {"boundary": "cradle_to_gate", "data_year": 2024, "source": "EPD-2025"}
    assert (await post(nobody, "answers", **registration, **told))[0] == 200

    _, shown = await get(member, "/ghg/datum-requests/R-1/proposal")
    (changed,) = shown["difference"]["data"]
    assert (changed["datum_id"], changed["new_factor"]) == ("old", "300")
    assert (await post(member, "datum-requests/R-1/take"))[0] == 200
    await there(member, f"{YEAR}/results/2")
    kept = {one["datum_id"]: one for one in (await get(member, f"{YEAR}/data/2"))[1]["data"]}
    assert (kept["old"]["factor"], kept["new"]["factor"]) == ("300", None)
    found = {one["rule"] for one in (await get(member, f"{YEAR}/results/2"))[1]["findings"]}
    assert "R-03" in found, "the source of the pre-consumer scrap is still not known"
    await nobody.aclose()
