"""Activity files: a facility-year is taken whole or not at all, calculated, told, repeatable."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.imports.desk import Desk, as_ndjson
from tests.imports.years import (
    LINES,
    PLANTS,
    YearDesk,
    activity_csv,
    known,
    membership_with_plants,
    year,
    year_desk_on,
    years,
)

SIZE = len(LINES)


@pytest.fixture
async def members(tmp_path: Path) -> AsyncIterator[Desk]:
    """A membership with plants."""
    async with membership_with_plants(tmp_path / "members") as desk:
        yield desk


@pytest.fixture
async def desk(tmp_path: Path, members: Desk) -> AsyncIterator[YearDesk]:
    """ghg on an empty folder, which knows the plants."""
    async with year_desk_on(tmp_path / "ghg", members) as made:
        await known(made)
        yield made


def spoilt(rows: list[dict[str, str]], at: int, **cells: str) -> list[dict[str, str]]:
    """Rows with one of them changed."""
    return [{**row, **cells} if number == at else row for number, row in enumerate(rows)]


async def test_every_facility_year_gets_its_data_and_its_result_at_once(desk: YearDesk) -> None:
    job = await desk.load("one", activity_csv(years([1, 2])))
    assert (job["state"], job["done"], job["changed"], job["refused"]) == ("done", 32, 32, 0)
    assert job["notes"]["default-calorific-value"] == 4
    kinds = desk.kinds()
    assert (kinds["activity_sealed"], kinds["result_calculated"]) == (4, 4)
    told = await desk.groups("one")
    assert [(one["key"], one["state"], one["rows"]) for one in told] == [
        (f"M1.plant-{plant}:{one}", "changed", SIZE) for plant in (1, 2) for one in (2023, 2024)
    ]
    assert all(one["told"]["intensities"] for one in told)


async def test_a_dry_run_stores_nothing_and_tells_the_findings(desk: YearDesk) -> None:
    rows = [*year(1), *year(1, 2023, kind="default", evidence="")]
    tried = await desk.load("tried", activity_csv(rows), dry_run=True)
    assert desk.events() == 0
    told = await desk.groups("tried")
    assert told[0]["told"]["findings_count"] < told[1]["told"]["findings_count"]
    found = told[1]["told"]["findings"][0]
    assert found["rule"].startswith("R-")
    assert found["sentence"]
    assert any(name.startswith("finding R-") for name in tried["notes"])
    real = await desk.load("real", activity_csv(rows))
    same = ("done", "changed", "unchanged", "refused", "slugs", "notes")
    assert {name: tried[name] for name in same} == {name: real[name] for name in same}
    assert await desk.groups("real") == told


@pytest.mark.parametrize("dry_run", [True, False])
async def test_an_output_of_zero_beside_tapped_metal_is_told_as_data_come_in(
    desk: YearDesk, dry_run: bool
) -> None:
    rows = year(1, started="2015")
    cast = next(at for at, row in enumerate(rows) if row["item"] == "output.cast_metal")
    job = await desk.load("zero", activity_csv(spoilt(rows, cast, quantity="0")), dry_run=dry_run)
    assert {"finding R-34 (major)", "finding R-23 (major)"} <= set(job["notes"])
    [group] = await desk.groups("zero")
    sentences = [one["sentence"] for one in group["told"]["findings"]]
    assert any("200000 t in, and an output of zero" in one for one in sentences)
    assert any("(output-missing)" in one for one in sentences)


@pytest.mark.parametrize(
    ("day", "expired"), [("2022-01-05", False), ("2021-12-30", True), ("2025-01-01", None)]
)
async def test_an_own_pfc_slope_is_taken_with_the_day_of_its_measurement(
    desk: YearDesk, day: str, expired: bool | None
) -> None:
    cell = {"step": "electrolysis", "from_on": day, "uncertainty_percent": "12"}
    unit = "kg/t/(min/cell-day)"
    own = [
        {"item": "parameter.S_CF4", "quantity": "0.1", "unit": unit, **cell},
        {"item": "parameter.F", "quantity": "0.1", "unit": "fraction", **cell},
    ]
    rows = year(1)
    job = await desk.load("own", activity_csv([*rows, *({**rows[0], **one} for one in own)]))
    if expired is None:
        assert job["slugs"]["period-outside-year"] == len(own), "it lies behind the year"
        return
    [group] = await desk.groups("own")
    sentences = [one["sentence"] for one in group["told"]["findings"] if one["rule"] == "R-25"]
    assert any("it had to be renewed by 2024-12-30" in one for one in sentences) is expired
    [sealed] = [
        desk.running.store.catalog.recorded(record).event.model_dump(mode="json")
        for record in desk.running.store.read_after(0, 1_000_000)
        if record.type == "ghg.activity_sealed.v1"
    ]
    assert sealed["pfc_measured_on"] == day


async def test_one_wrong_row_refuses_its_facility_year_and_no_other(desk: YearDesk) -> None:
    rows = spoilt(years([1, 2]), SIZE + 3, quantity="-1")  # plant 1, 2024
    job = await desk.load("one", activity_csv(rows))
    assert (job["changed"], job["refused"]) == (3 * SIZE, SIZE)
    assert job["slugs"] == {"with-its-facility-year": SIZE - 1, "quantity-negative": 1}
    refused = await desk.rows("one")
    assert [row["row"] for row in refused] == list(range(SIZE + 2, 2 * SIZE + 2))
    assert [(row["column"], row["slug"]) for row in refused if row["row"] == SIZE + 5] == [
        ("quantity", "quantity-negative")
    ]
    assert desk.kinds()["activity_sealed"] == 3


async def test_the_rejects_mended_and_sent_again_are_taken(desk: YearDesk) -> None:
    rows = spoilt(year(1), 2, unit="ton")
    await desk.load("one", activity_csv(rows))
    rejects = await desk.rejects("one")
    assert rejects.count(b"with-its-facility-year") == SIZE - 1
    job = await desk.load("two", rejects.replace(b",ton,", b",t,"))
    assert (job["changed"], job["refused"]) == (SIZE, 0)


async def test_rows_of_a_year_may_lie_anywhere_in_the_file(desk: YearDesk, tmp_path: Path) -> None:
    whole = years([1, 2, 3])
    await desk.load("whole", activity_csv(whole))
    before, events = desk.content(), desk.events()
    mixed = [whole[at] for start in range(SIZE) for at in range(start, len(whole), SIZE)]
    for form, content in (("csv", activity_csv(mixed)), ("ndjson", as_ndjson(mixed))):
        job = await desk.load(f"mixed-{form}", content, form)
        assert (job["unchanged"], job["changed"], job["refused"]) == (len(whole), 0, 0)
    assert (desk.content(), desk.events()) == (before, events)
    kept = {path.name.partition("-")[0] for path in (tmp_path / "ghg" / "imports").iterdir()}
    assert kept == {"whole", "mixed"}


async def test_files_a_b_a_end_in_a_and_the_same_twice_adds_nothing(desk: YearDesk) -> None:
    a, b = activity_csv(year(1)), activity_csv(spoilt(year(1), 0, quantity="210"))
    await desk.load("first", a)
    in_a = desk.content()
    again = await desk.load("again", a)
    assert (again["changed"], again["unchanged"]) == (0, SIZE)
    await desk.load("second", b)
    assert desk.content() != in_a
    assert (await desk.load("third", a))["changed"] == SIZE
    assert desk.content() == in_a
    assert desk.kinds()["activity_sealed"] == 3


async def test_all_or_nothing_takes_nothing_when_one_year_is_refused(desk: YearDesk) -> None:
    rows = spoilt(years([1, 2]), 0, item="fuel.peat")
    job = await desk.load("one", activity_csv(rows), all_or_nothing=True)
    assert (job["state"], job["problem"]["slug"], desk.events()) == ("failed", "rows-refused", 0)


async def test_a_line_that_cannot_be_read_refuses_the_year_around_it(desk: YearDesk) -> None:
    lines = activity_csv(years([1, 2], [2024])).splitlines(keepends=True)
    content = b"".join([*lines[:4], b'"a"b,c\n', *lines[4:]])
    job = await desk.load("one", content)
    assert (job["changed"], job["refused"]) == (SIZE, SIZE + 1)
    assert job["slugs"] == {"row-unreadable": 1, "with-its-facility-year": SIZE}


async def test_what_cannot_be_calculated_is_refused_with_its_reason(desk: YearDesk) -> None:
    nothing = [{**row, "quantity": "0"} if "output" in row["item"] else row for row in year(1)]
    job = await desk.load("one", activity_csv([*nothing, *year(2)]))
    assert (job["changed"], job["refused"]) == (SIZE, SIZE)
    assert "output-missing" in job["slugs"]


async def test_facilities_of_others_and_years_to_come_are_refused(desk: YearDesk) -> None:
    rows = [*year(1, 2150), *year(PLANTS + 1), *year(2)]
    job = await desk.load("one", activity_csv(rows))
    assert (job["changed"], job["refused"]) == (SIZE, 2 * SIZE)
    assert {"unknown-facility", "year-not-begun"} <= set(job["slugs"])


async def test_only_operations_and_the_member_itself_send_and_see(desk: YearDesk) -> None:
    await desk.load("mine", activity_csv(year(1)))
    async with desk.signed_in("member:M2") as other:
        for path in ("mine", "mine/rows", "mine/rejects", "mine/groups"):
            assert (await other.get(f"{desk.path}/{path}")).status_code == 404
        query = {"import_id": "x", "member_id": "M1", "format": "csv"}
        answer = await other.post(desk.path, params=query, content=activity_csv(year(1)))
        assert (answer.status_code, answer.json()["slug"]) == (403, "not-your-member")


async def test_processes_give_what_a_thread_gives(
    desk: YearDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = spoilt(years(range(1, PLANTS + 1)), 5, kind="guessed")
    tried = await desk.load("thread", activity_csv(rows), dry_run=True)
    monkeypatch.setattr("infra.importing.groupwork.SMALL", 0)
    monkeypatch.setattr("infra.importing.groups.GROUP_ROWS", 2 * SIZE)
    real = await desk.load("processes", activity_csv(rows))
    same = ("done", "changed", "refused", "slugs", "notes")
    assert {name: tried[name] for name in same} == {name: real[name] for name in same}
    assert await desk.rows("thread") == await desk.rows("processes")
    assert await desk.groups("thread") == await desk.groups("processes")
