"""What comes late for lots that have left: the balance, its page and the terminal name the account
and the documents that told otherwise, until a correction takes what is known by then."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from castmark.local import Host
from tests.door import Door, eventually
from tests.embedded import door_of, platform

from .sellable import in_the_terminal, page_of
from .test_custody import BEGAN, MILL, SMELTER, TONNE, balance, opened, who

TOPICS = ["responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas"]


@pytest.fixture
def late(tmp_path: Path) -> Iterator[tuple[Host, Door]]:
    """1,000 t of scrap at 1 t CO2e/t; 900 t left and are sold; then the month's 1,000 t come."""
    with platform(tmp_path) as host, door_of(host) as door:
        door.tick(BEGAN)
        for member_id in (SMELTER, MILL):
            opened(door, member_id)
        named = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER}
        looked = {"supplier_id": "YARD", "topics": TOPICS, "performed_on": BEGAN.isoformat()}
        door.send(who(SMELTER), "coc/record_due_diligence", **named, **looked)
        scrap = {"origin": "post_consumer_scrap", "origin_ref": "n-1", "supplier_id": "YARD"}
        told = {"footprint": {"intensity_kgco2e_per_kg": "1"}}
        book(door, "receive_material", "IN", mass_kg=1000 * TONNE, **scrap, **told)
        book(door, "ship_material", "OUT", mass_kg=900 * TONNE)
        sold(door, "D-1")
        book(door, "book_process_emissions", "STEP", emission_kgco2e=str(1000 * TONNE))
        door.settled()
        yield host, door


def book(door: Door, command: str, movement_id: str, **said: Any) -> None:
    named = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    day = BEGAN.isoformat()
    door.send(who(SMELTER), f"coc/{command}", **named, day=day, movement_id=movement_id, **said)


def sold(door: Door, number: str, kg: int = 900 * TONNE, day: date = BEGAN, **more: str) -> None:
    door.settled()
    customer = {"name": "Mill", "address": "1 Main Street", "scope_id": f"{MILL}-S"}
    door.send(
        who(SMELTER),
        "coc/issue_document",
        number=number,
        member_id=SMELTER,
        scope_id=f"{SMELTER}-S",
        day=day.isoformat(),
        customer=customer,
        responsible="person-1",
        statement="asi_coc_mass_balance",
        material="coc_casthouse_product",
        mass_kg=kg,
        total_mass_kg=900 * TONNE,
        **more,
    )
    door.settled()


def test_the_balance_and_its_page_name_the_account_and_the_documents(
    late: tuple[Host, Door],
) -> None:
    host, door = late
    told = eventually(lambda: balance(door), lambda seen: seen["told_otherwise"])["told_otherwise"]
    assert Decimal(told["emission_kgco2e"]) == 900 * TONNE
    assert told["documents_count"] == 1
    [one] = told["documents"]
    assert (one["number"], int(Decimal(one["emission_kgco2e"]))) == ("D-1", 900 * TONNE)
    page = page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S")
    assert "Told otherwise" in page
    assert "900,000.000 kg CO2e, of 1 documents" in " ".join(page.split())
    said = in_the_terminal(host, door, SMELTER)
    assert "1 documents were told otherwise" in said
    assert "should have told +900000 kg CO2e D-1 " in said


def test_the_page_of_a_scope_is_there_when_all_that_left_is_claimed(
    late: tuple[Host, Door],
) -> None:
    host, _ = late
    assert "nothing waits" in page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S")


def test_a_correction_settles_it(late: tuple[Host, Door]) -> None:
    _, door = late
    eventually(lambda: balance(door), lambda seen: seen["told_otherwise"])
    sold(door, "D-2", replaces="D-1", correction_reason="footprint")
    after = eventually(lambda: balance(door), lambda seen: not _told(seen))
    assert _told(after) == 0


def test_what_a_correction_of_a_closed_period_keeps_is_named_by_the_document_that_keeps_it(
    late: tuple[Host, Door],
) -> None:
    """D-2 keeps 600 t where D-1 claimed them, in the closed year, as they were told; D-3, which
    replaces it in turn, 500 t."""
    _, door = late
    eventually(lambda: balance(door), lambda seen: seen["told_otherwise"])
    again = date(2025, 1, 2)
    door.tick(again)
    where = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    door.send(who(SMELTER), "coc/close_period", **where, day=BEGAN.isoformat())
    for number, old, kept in (("D-2", "D-1", 600 * TONNE), ("D-3", "D-2", 500 * TONNE)):
        sold(door, number, kept, again, replaces=old, correction_reason="weighed")
        told = balance(door, on=BEGAN.isoformat())["told_otherwise"]
        assert Decimal(told["emission_kgco2e"]) == kept
        assert told["documents_count"] == 1
        [one] = told["documents"]
        assert (one["number"], one["mass_kg"]) == (number, kept)
        assert Decimal(one["emission_kgco2e"]) == kept
        assert (one["issued_on"], one["claimed_on"]) == ("2025-01-02", BEGAN.isoformat())


def _told(seen: dict[str, Any]) -> Decimal:
    told = seen["told_otherwise"]
    return Decimal(told["emission_kgco2e"]) if told else Decimal(0)
