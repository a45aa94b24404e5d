"""What comes late for lots that have left: the balance, its page and the terminal name the account
and the documents that told otherwise, until a correction takes what is known by then."""

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from castmark import coc
from castmark.local import Host
from services.portal import custody
from tests.door import Door, eventually
from tests.embedded import door_of, platform

from .sellable import in_the_terminal, page_of
from .test_custody import BEGAN, MILL, SMELTER, TONNE, balance, opened, who

TOPICS = ["responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas"]
SCRAP = {"origin": "post_consumer_scrap", "origin_ref": "n-1", "supplier_id": "YARD"}


@pytest.fixture
def late(tmp_path: Path) -> Iterator[tuple[Host, Door]]:
    """1,000 t of scrap at 1 t CO2e/t; 900 t left and are sold; then the month's 1,000 t come."""
    with platform(tmp_path) as host, door_of(host) as door:
        began(door, 1000)
        yield host, door


@pytest.fixture
def partly(tmp_path: Path) -> Iterator[tuple[Host, Door]]:
    """The same with half of the metal without a footprint, so that half as much may be sold."""
    with platform(tmp_path) as host, door_of(host) as door:
        began(door, 500)
        yield host, door


def scrap_may_come(door: Door) -> None:
    """A smelter and a mill keep accounts, and the smelter has looked at who brings it scrap."""
    door.tick(BEGAN)
    for member_id in (SMELTER, MILL):
        opened(door, member_id)
    looked_at(door)


def looked_at(door: Door, day: date = BEGAN) -> None:
    """At who brings it `SCRAP`."""
    named = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "supplier_id": "YARD"}
    looked = {"topics": TOPICS, "performed_on": day.isoformat()}
    door.send(who(SMELTER), "coc/record_due_diligence", **named, **looked)


def began(door: Door, known_t: int) -> None:
    """1,000 t of metal of which so many are scrap that tells its footprint."""
    scrap_may_come(door)
    told = {"footprint": {"intensity_kgco2e_per_kg": "1"}}
    book(door, "receive_material", "IN", mass_kg=known_t * TONNE, **SCRAP, **told)
    if known_t < 1000:
        other = {"mass_kg": (1000 - known_t) * TONNE, "origin": "non_coc"}
        book(door, "receive_material", "IN-2", **other)
    book(door, "ship_material", "OUT", mass_kg=900 * TONNE)
    sold(door, "D-1", known_t * 900)
    book(door, "book_process_emissions", "STEP", emission_kgco2e=str(1000 * TONNE))
    door.settled()


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
    assert "900,000.000 kg CO2e, of 1 document: <a" in " ".join(page.split())
    assert "not known" not in page.partition("Told otherwise")[2].partition("</dd>")[0]
    said = in_the_terminal(host, door, SMELTER)
    assert "1 document was told otherwise" in said
    assert "should have told +900,000 kg CO2e D-1 " in said
    assert "known only in part" not in said


def test_what_is_not_known_of_documents_told_otherwise_is_said_on_the_page_and_in_the_terminal(
    partly: tuple[Host, Door],
) -> None:
    """Half of the 450 t that were sold is known in part alone: so is half of what comes late."""
    host, door = partly
    told = eventually(lambda: balance(door), lambda seen: seen["told_otherwise"])["told_otherwise"]
    half = Decimal(225 * TONNE)
    assert Decimal(told["emission_kgco2e"]) == Decimal(told["partial_kgco2e"]) == half
    page = " ".join(page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S").split())
    assert "for lots that had left is 450,000.000 kg CO2e, of 1 document: <a" in page
    assert ">D-1</a> (450,000.000). <strong>225,000.000 kg of it are of metal whose" in page
    assert "what else that metal emitted is not known.</strong>" in page
    said = in_the_terminal(host, door, SMELTER)
    assert "should have told +450,000 kg CO2e D-1 of it +225,000 kg CO2e of metal whose" in said
    assert "what else that metal emitted is not known" in said


def test_documents_that_told_more_as_known_than_is_are_told_so_though_the_sum_is_the_same() -> None:
    late = {"emission_kgco2e": "-7", "partial_kgco2e": "7", "known_kg": -450_000}
    assert custody.otherwise_of(late) == 0
    partly, known = custody.unknown_of(late)
    assert "what else that metal emitted is not known" in partly
    assert known == "The footprint is wholly known for 450.0 t less than was told."
    out = Console(file=io.StringIO(), width=200)
    coc.otherwise({**late, "documents_count": 2, "documents": []}, out)
    assert isinstance(out.file, io.StringIO)
    said = out.file.getvalue()
    assert "2 documents were told otherwise" in said
    assert "of it +7 kg CO2e of metal whose footprint is known only in part" in said
    assert "the footprint is wholly known for 450,000 kg less than was told" in said


def test_the_page_of_a_scope_is_there_when_all_that_left_is_claimed(
    late: tuple[Host, Door],
) -> None:
    host, _ = late
    assert "nothing waits" in page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S")


def test_a_step_that_is_booked_by_hand_is_said_to_be_in_the_metal_until_it_is_taken_back(
    late: tuple[Host, Door],
) -> None:
    host, door = late
    book(door, "ship_material", "OUT-2", mass_kg=50 * TONNE)
    seen = eventually(lambda: balance(door), lambda told: told["carries"].get("outflow"))
    assert seen["step"]["how"] == "booked"
    said = "with this step: it is booked by hand, and a document adds nothing to it"
    page = " ".join(page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S").split())
    assert said in page
    assert "comes on top" not in page
    assert said in " ".join(in_the_terminal(host, door, SMELTER).split())
    book(door, "reverse_movement", "BACK", reverses="STEP")
    after = balance(door)["step"]
    assert (after["how"], after["reason"]) == ("unknown", "no-verified-result")


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
