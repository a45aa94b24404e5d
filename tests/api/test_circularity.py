"""The yearly report's circularity indicators over HTTP, beside those worked out by hand from what
was booked: scrap of every kind, metal that tells its recycled shares, scrap that a document
brought. What a works melts again itself is no movement: it is in none of them."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_DOWN, Decimal
from functools import partialmethod
from typing import Any

import pytest

from contracts.coc_documents import DocumentIssued
from contracts.custody import Carried
from services.coc_ledger.accounting.footprint import of_lot
from services.coc_ledger.documents import buyer
from services.coc_ledger.yearly_reports.reports_api import Reports
from tests.door import Door, eventually
from tests.embedded import door_of, platform

from .test_custody import BEGAN, MILL, SMELTER, TONNE, opened, who

TOPICS = ["responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas"]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A mill that sells its process scrap as CoC to a re-melter, which takes in scrap of every
    kind."""
    with platform(tmp_path_factory.mktemp("circular")) as host, door_of(host) as door:
        door.tick(BEGAN)
        for member_id in (SMELTER, MILL):
            opened(door, member_id)
            named = {"scope_id": f"{member_id}-S", "member_id": member_id}
            looked = {"supplier_id": "YARD", "topics": TOPICS, "performed_on": BEGAN.isoformat()}
            door.send(who(member_id), "coc/record_due_diligence", **named, **looked)
        book(door, MILL, "receive_material", 100, origin="non_coc")
        book(door, MILL, "receive_material", 101, origin="post_consumer_scrap", origin_ref="n-1")
        book(door, MILL, "ship_material", 41, lot="scrap")
        book(door, MILL, "ship_material", 100)
        door.settled()
        door.send(who(MILL), "coc/issue_document", **SCRAP)
        door.settled()
        answer = {"number": "S-1", "member_id": SMELTER, "received_on": BEGAN.isoformat()}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(buyer, "_brought", as_booked_before)
            door.send(who(SMELTER), "coc/confirm_document", **answer, received_kg=20 * TONNE)
        told = {"pre_consumer_percent": "10", "post_consumer_percent": "5"}
        book(door, SMELTER, "receive_material", 400, origin="non_coc", footprint=told)
        for origin, mass_t in KINDS.items():
            book(door, SMELTER, "receive_material", mass_t, origin=origin, origin_ref="n-1")
        book(door, SMELTER, "ship_material", 700)
        book(door, SMELTER, "ship_material", 60, lot="scrap")
        book(door, SMELTER, "book_loss", 10)
        yield door


def as_booked_before(document: DocumentIssued, kg: int, *, passed: bool) -> Carried:
    """What a document of scrap brought before it brought scrap: what its metal held. The report
    tells the same of both; versions by the formula before rest on such books."""
    return of_lot(document.carried, document.mass_kg, kg)


KINDS = {"post_consumer_scrap": 300, "pre_consumer_scrap": 100, "recovered_from_dross": 50}
SCRAP: dict[str, Any] = {
    "number": "S-1",
    "member_id": MILL,
    "scope_id": f"{MILL}-S",
    "day": BEGAN.isoformat(),
    "customer": {"name": "Re-melter", "address": "1 Main Street", "scope_id": f"{SMELTER}-S"},
    "responsible": "person-1",
    "statement": "asi_coc_mass_balance",
    "material": "coc_preconsumer_scrap",
    "mass_kg": 20 * TONNE,
    "total_mass_kg": 20 * TONNE,
}


def book(door: Door, member_id: str, command: str, mass_t: int, **fields: Any) -> None:
    where = {"scope_id": f"{member_id}-S", "member_id": member_id, "stage": "aluminium"}
    told = {"movement_id": f"{command}-{mass_t}", "day": BEGAN.isoformat(), **fields}
    told |= {"supplier_id": "YARD"} if command == "receive_material" else {}
    door.send(who(member_id), f"coc/{command}", **where, mass_kg=mass_t * TONNE, **told)


def cut(part: int, whole: int) -> str:
    """A share as the report writes it."""
    found = (Decimal(part) / whole).quantize(Decimal("0.000001"), ROUND_DOWN).normalize()
    return f"{found:f}"


def test_the_reports_indicators_are_those_worked_out_by_hand(door: Door) -> None:
    path = f"/coc/scopes/{SMELTER}-S/report"
    line = eventually(
        lambda: door.get(who(SMELTER), path, year=2024)["items"][0],
        lambda seen: seen["inflow_kg"] == 870 * TONNE and seen["losses_kg"],
    )
    inflow = 400 + 300 + 100 + 50 + 20
    pre, post = 40 + 100 + 50 + 20, 20 + 300
    assert line["eligible_scrap_kg"] == (300 + 50 + 20) * TONNE, "of it what counts as CoC"
    assert line["input_coc_kg"] == line["eligible_scrap_kg"]
    assert line["non_coc_kg"] == (400 + 100) * TONNE
    assert line["stock_change_kg"] == 100 * TONNE
    used = inflow - 100
    assert {name: line[name] for name in (
        "recycled_content", "post_consumer_content", "process_scrap_rate", "metal_yield",
        "coc_share_of_input",
    )} == {
        "recycled_content": cut(pre + post, inflow),
        "post_consumer_content": cut(post, inflow),
        "process_scrap_rate": cut(60, used),
        "metal_yield": cut(760, used),
        "coc_share_of_input": cut(370, inflow),
    }  # fmt: skip


def test_a_version_by_the_formula_before_is_not_said_to_differ_from_the_books(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took what a document of scrap told of its metal: 10.05 t of the 20 t as post-consumer."""
    door.tick(date(2025, 1, 2))
    asked = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "year": 2024}
    with monkeypatch.context() as patch:
        patch.setattr(Reports, "figures", partialmethod(Reports.figures, as_told=True))
        door.send(who(SMELTER), "coc/prepare_report", **asked)
    path = f"/coc/scopes/{SMELTER}-S/reports/2024"
    first = eventually(lambda: door.get(who(SMELTER), path), lambda seen: seen.get("versions"))
    assert first["versions"][0]["stages"][0]["post_consumer_content"] == "0.379366"
    assert first["books"]["same_as"] == 1
    door.send(who(SMELTER), "coc/prepare_report", **asked)
    again = eventually(
        lambda: door.get(who(SMELTER), path), lambda seen: len(seen["versions"]) == 2
    )
    assert again["versions"][1]["stages"][0]["post_consumer_content"] == "0.367816"
    assert again["books"]["same_as"] == 2
