"""The real asset file, dirt and all: every row is answered."""

import csv
import io
from collections import Counter

from tests.imports.desk import ASSETS, MEMBER, Desk, assets


async def test_every_row_of_the_real_file_is_answered(desk: Desk) -> None:
    content = assets().read_bytes()
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    job = await desk.load("real", content, **ASSETS)
    refused = await desk.rows("real")

    lost = [number for number, row in enumerate(rows, 2) if row["country"] == "Refinery"]
    assert (job["state"], job["rows"], job["done"]) == ("done", 275, 275)
    assert [row["row"] for row in refused] == lost
    assert {(row["column"], row["slug"]) for row in refused} == {("country", "unknown-country")}
    assert job["slugs"] == {"unknown-country": len(lost)}
    assert job["notes"] == {"region-left-out": 84, "mt-read-as-million-tonnes": 227}
    assert job["ignored"] == ["region", "product", "technology"]
    taken = desk.facilities()
    wanted = {f"facility/{MEMBER}.{r['asset_id']}" for r in rows if r["country"] != "Refinery"}
    assert taken.keys() == wanted


async def test_what_the_real_file_says_is_what_is_stored(desk: Desk) -> None:
    await desk.load("real", assets().read_bytes(), **ASSETS)
    taken = desk.facilities()
    one = taken["facility/M1.smelter-brazil-01"]
    assert one["location"]["country"] == "BR"
    assert one["location"]["longitude"] == "-44.33149"
    assert one["activities"] == ["smelting"]
    assert (one["capacity_t_per_year"], one["start_year"]) == ("447000", 2023)
    assert one["operating"] is False, "its utilisation is 0"
    assert taken["facility/M1.refinery-india-02"]["activities"] == ["alumina_refining"]
    countries = Counter(each["location"]["country"] for each in taken.values())
    assert countries["CN"] == 84
    assert all(each["location"]["subdivision"] is None for each in taken.values())


async def test_a_reject_file_can_be_mended_and_sent_again(desk: Desk) -> None:
    await desk.load("real", assets().read_bytes(), **ASSETS)
    rejects = (await desk.rejects("real")).decode()
    rows = list(csv.DictReader(io.StringIO(rejects)))
    assert len(rows) == 48
    assert {row["error_slug"] for row in rows} == {"unknown-country"}
    assert all(row["error"].startswith("'Refinery' is no country") for row in rows)

    mended = rejects.replace(",Refinery,", ",China,").encode()
    job = await desk.load("mended", mended, set=[])
    assert (job["refused"], job["changed"]) == (0, 48)
    assert {one["how"] for one in job["mapping"] if one["field"] == "name"} == {"remembered"}
    assert len(desk.facilities()) == 275
