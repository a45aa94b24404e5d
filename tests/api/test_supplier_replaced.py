"""A facility's own file that comes in after a supplier's answer was taken hears that it does
not stand any more; in a dry run too, and the answer can be taken again."""

import asyncio
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from rich.console import Console

from castmark.bulk import ACTIVITY, Wanted, of_groups
from contracts.ghg_claims import DatumAnswered, DatumTaken
from contracts.inventory import DataKind, Step
from services.ghg.activity.inventory import Datum
from services.ghg.activity.sent import DatumSent
from services.ghg.calculation.scrap import Kind
from services.ghg.suppliers.replaced import gone
from tests.imports.desk import as_csv
from tests.imports.test_command_line import client_of, run
from tests.imports.years import COLUMNS, YearDesk, year, years_on

from .test_ghg_plans import FACILITY, MEMBER, YEAR, answered, get, post, registered, there, told_of

NOTE = "supplier-datum-replaced"


def file(**alumina: str) -> bytes:
    """The year of the first plant, with this of its alumina; its supplier tells nothing else."""
    rows = year(1)
    for row in rows:
        if row["item"] == "bought.alumina":
            row |= {"factor": "", "factor_unit": "", "supplier_id": "SUP-1", **alumina}
    columns = (*COLUMNS, "supplier_id")
    return as_csv([{name: row.get(name, "") for name in columns} for row in rows], columns)


async def heard(desk: YearDesk, import_id: str, content: bytes, *, dry_run: bool) -> list[Any]:
    """What is told of suppliers' data when a file comes in."""
    job = await desk.load(import_id, content, dry_run=dry_run)
    assert job["state"] == "done", job
    [told] = [one["told"] for one in await desk.groups(import_id)]
    found: list[Any] = told.get("supplier_data", [])
    assert job["notes"].get(NOTE, 0) == len(found)
    return found


async def took(desk: YearDesk, member: httpx.AsyncClient) -> None:
    """The supplier was asked for its factor of alumina, answered, and that was taken."""
    wanted = {"facility_id": FACILITY, "year": 2024, "supplier_id": "SUP-1"}
    request = {"request_id": "R-1", **MEMBER, **wanted, "item": "bought.alumina"}
    status, said = await post(member, "commands/request_datum", **request)
    assert status == 200, said
    registration = await registered(desk, member)
    transport = httpx.ASGITransport(desk.api)
    async with httpx.AsyncClient(transport=transport, base_url="http://m") as nobody:
        await answered(nobody, registration)
    assert (await post(member, "datum-requests/R-1/take"))[0] == 200
    await there(member, f"{YEAR}/results/2")


async def test_a_file_that_puts_a_default_back_in_place_of_a_supplier_is_told_so(
    tmp_path: Path,
) -> None:
    async with years_on(tmp_path) as desk:
        await told_of(desk, 1)
        member = desk.signed_in("member:M1")
        assert await heard(desk, "before", file(), dry_run=True) == []
        await took(desk, member)
        for import_id, dry_run in (("tried", True), ("again", False)):
            [told] = await heard(desk, import_id, file(), dry_run=dry_run)
            assert (told["request_id"], told["supplier_id"]) == ("R-1", "SUP-1")
            assert told["answer"] == {"factor": "900", "kind": "supplier_unverified", "of": 1}
            [row] = told["data"]
            assert (row["factor"], row["kind"]) == (None, "supplier_verified")
            assert "Take the answer again" in told["sentence"]
        own = {"factor": "900", "factor_unit": "kg CO2e/t", "kind": "supplier_unverified"}
        assert await heard(desk, "own", file(**own), dry_run=True) == [], "it says the same"
        [other] = await heard(desk, "other", file(supplier_id="SUP-2"), dry_run=True)
        assert "these data have no bought.alumina of SUP-1" in other["sentence"]

        await there(member, f"{YEAR}/results/3")
        status, taken = await post(member, "datum-requests/R-1/take")
        assert (status, taken["data_version"]) == (200, 4)
        kept = (await get(member, f"{YEAR}/data/4"))[1]["data"]
        [alumina] = [one for one in kept if one["item"] == "bought.alumina"]
        assert alumina["factor"] == "900"


async def test_data_sent_over_http_in_place_of_a_suppliers_answer_are_told_so_in_their_answer(
    tmp_path: Path,
) -> None:
    async with years_on(tmp_path) as desk:
        await told_of(desk, 1)
        member = desk.signed_in("member:M1")
        await heard(desk, "first", file(), dry_run=False)
        await took(desk, member)
        taken = (await get(member, f"{YEAR}/data/2"))[1]["data"]
        whose = {"facility_id": FACILITY, "year": 2024, **MEMBER}
        body = {**whose, "site": {"technology": "PFPB_MW"}, "data": sent_again(taken)}
        status, said = await post(member, "commands/submit_activity", **body)
        assert (status, [one["type"] for one in said["events"] if TOLD in one["type"]]) == (200, [])
        body["data"] = sent_again(taken, {"factor": None, "kind": "supplier_verified"})
        status, said = await post(member, "commands/submit_activity", **body)
        assert status == 200, said
        [event] = [one["data"] for one in said["events"] if one["type"] == TOLD]
        [told] = event["replaced"]
        assert (told["request_id"], told["supplier_id"]) == ("R-1", "SUP-1")
        assert told["item"] == "bought.alumina"
        assert "Take the answer again if it holds." in told["sentence"]


TOLD = "ghg.supplier_answers_replaced.v1"


def sent_again(data: list[Any], alumina: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Stored data as one sends them, with this of the alumina."""
    fields = set(DatumSent.model_fields)
    found = [{k: v for k, v in one.items() if k in fields and v not in (None, "")} for one in data]
    return [{**one, **(alumina or {})} if one["item"] == "bought.alumina" else one for one in found]


@pytest.mark.parametrize("dry_run", [True, False])
async def test_the_command_line_prints_what_is_said_of_a_suppliers_datum(
    tmp_path: Path, dry_run: bool
) -> None:
    sent = tmp_path / "year.csv"
    await asyncio.to_thread(sent.write_bytes, file())
    asked = Wanted(sent, "M1", dry_run, False, False, [], [], None, None, ACTIVITY)
    async with years_on(tmp_path) as desk:
        await told_of(desk, 1)
        await took(desk, desk.signed_in("member:M1"))
        async with client_of(desk) as client:
            code, said = await run(client, asked)
    assert code == 0
    assert f"note {NOTE}: 1" in said
    assert "M1.plant-1:2024: The supplier's answer to request R-1 was taken, and" in said
    assert "Take the answer again if it holds." in said


class Groups(NamedTuple):
    """Stands in for the platform: groups of one page each, with what is told of them."""

    told: Sequence[Sequence[str]]

    def get(self, at: str, **asked: object) -> dict[str, Any]:
        place = int(str(asked.get("after", 0)))
        told = {"supplier_data": [{"sentence": one} for one in self.told[place]]}
        item = {"key": f"F{place}:2024", "told": told if self.told[place] else None}
        after = place + 1
        return {"items": [item], "next": str(after) if after < len(self.told) else None}

    def at(self, path: str) -> str:
        return f"http://there{path}"


def test_of_many_sentences_the_first_are_printed_and_where_the_others_are() -> None:
    out = io.StringIO()
    many: Any = Groups([[], ["one", "two"], [], ["three", "four"], ["five"]])
    of_groups(many, "/i", ("supplier_data", 5), Console(file=out, width=300))
    assert [line.split(": ")[-1].strip() for line in out.getvalue().splitlines()] == [
        "one",
        "two",
        "three",
        "... 2 more in `supplier_data` of http://there/i/groups",
    ]


OF: Any = {"request_id": "R-1", "member_id": "M1", "facility_id": "F1", "year": 2024, "answer": 1}
ANSWERED = DatumAnswered(
    **OF,
    supplier_id="SUP-1",
    item="scrap.in",
    unit="t",
    factor=Decimal(900),
    kind=DataKind.SUPPLIER_UNVERIFIED,
    boundary="cradle_to_gate",
    data_year=2024,
    source="EPD-1",
    answered_on=date(2025, 1, 1),
    scrap_kind=Kind.PRE_CONSUMER,
)
TAKEN = DatumTaken(**OF, data_version=2, taken_on=date(2025, 1, 2))
SCRAP = Datum(
    "s",
    Step.CASTING,
    "scrap.in",
    Decimal(5),
    DataKind.SUPPLIER_UNVERIFIED,
    supplier_id="SUP-1",
    factor=Decimal("900.0"),
    scrap_kind="pre_consumer",
)


@pytest.mark.parametrize(
    ("changes", "answer", "stands"),
    [
        ({}, 1, True),
        ({"factor": None}, 1, False),
        ({"factor": Decimal(901)}, 1, False),
        ({"kind": DataKind.DEFAULT}, 1, False),
        ({"factor": Decimal(800)}, 2, True),  # of the first answer, before there was a second
        ({"kind": DataKind.MEASURED}, 2, True),
        ({"factor": None}, 2, False),
        ({"kind": DataKind.INDUSTRY_AVERAGE}, 2, False),
    ],
)
def test_a_datum_stands_where_it_says_what_the_supplier_said(
    changes: dict[str, Any], answer: int, stands: bool
) -> None:
    latest = ANSWERED.model_copy(update={"answer": answer})
    old_scrap = SCRAP._replace(datum_id="old", scrap_kind="post_consumer", factor=None)
    found = gone([SCRAP._replace(**changes), old_scrap], latest, TAKEN)
    assert [one.datum_id for one in found or ()] == ([] if stands else ["s"])


def test_data_without_the_supplier_have_nothing_of_it() -> None:
    assert gone([SCRAP._replace(supplier_id="SUP-2")], ANSWERED, TAKEN) is None
    assert gone([], ANSWERED, TAKEN) is None
