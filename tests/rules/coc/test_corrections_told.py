"""A delivery that is corrected once its period is closed is declared an error with EPCIS, whichever
of the two periods is read, and what holds instead is named."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from contracts.coc import MovementBooked
from contracts.coc_movements import apart
from contracts.custody import Account, Carried, MovementKind, PoolKey
from contracts.envelope import Recorded
from contracts.values import Instant
from services.coc_ledger.documents.rows import DocumentRow
from services.coc_ledger.exports.corrections import rests_on
from services.coc_ledger.exports.epcis import epcis_document
from services.coc_ledger.pools.commands import DeliveryChange
from services.coc_ledger.pools.deferred import ChangeDeferred
from services.coc_ledger.rows import PoolRow
from tests.rules.coc import told as told_
from tests.rules.coc.monthly import EVERY, TODAY, Monthly
from tests.rules.coc.world import SCOPES, YEAR, World

SOLD = {"scope_id": "B", "member_id": "B", "day": date(2026, 1, 5)}
EPCIS = dict[str, Any]


class Books:
    """The streams and rows of a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def stream(self, stream: str) -> Iterator[Recorded]:
        for one in self._world.desk.log:
            if one.envelope.stream == stream:
                yield from apart(one)

    def pool(self, key: str) -> PoolRow | None:
        row: PoolRow | None = self._world.reader.row("pools", key)
        return row

    def document(self, number: str) -> DocumentRow | None:
        row: DocumentRow | None = self._world.reader.row("documents", number)
        return row


def bought(*others: str, today: date = TODAY) -> Monthly:
    """Scope M bought 99.7 t of B in January by D-1; there are other members with scopes."""
    monthly = Monthly(today, (*SCOPES, *others))
    world = monthly.world
    for name in others:
        world.open(name, name)
    look = {"supplier_id": "YARD", "topics": EVERY, "performed_on": YEAR}
    world.send("record_due_diligence", scope_id="B", member_id="B", **look)
    metal = {"origin": "post_consumer_scrap", "origin_ref": "n", "supplier_id": "YARD"}
    for what, name, more in (("receive_material", "I", metal), ("ship_material", "O", {})):
        told = {"movement_id": name, "mass_kg": 100_000, "stage": "aluminium", **more}
        assert world.attempt(what, **SOLD, **told) == ""
    world.settle()
    sell(monthly, "D-1", 99_700)
    return monthly


def sell(monthly: Monthly, number: str, kg: int, buyer: str = "A", **more: Any) -> None:
    """By a document that its buyer confirms."""
    issued = {
        "number": number,
        "customer": {"name": buyer, "address": "x", "scope_id": "M" if buyer == "A" else buyer},
        "responsible": "person-1",
        "statement": "asi_coc_mass_balance",
        "material": "coc_casthouse_product",
        "mass_kg": kg,
        "total_mass_kg": kg,
        **more,
    }
    assert monthly.world.attempt("issue_document", **SOLD, **issued) == ""
    monthly.world.settle()
    got = {"number": number, "member_id": buyer, "received_kg": kg, "received_on": SOLD["day"]}
    assert monthly.world.attempt("confirm_document", **got) == ""
    monthly.world.settle()


def told(monthly: Monthly, month: int, per_page: int = 1_000) -> list[EPCIS]:
    """A month's events with EPCIS, page by page."""
    books, key = Books(monthly.world), monthly.key(month).key
    row = books.pool(key)
    assert row is not None
    events, found = list(books.stream(f"pool/{key}")), list[EPCIS]()
    for at in range(0, len(events), per_page):
        page = events[at : at + per_page]
        now = Instant("2026-06-10T00:00:00.000000Z")
        made: Any = epcis_document(page, "https://x.example", now, rests_on(page, row, books))
        found += made["epcisBody"]["eventList"]
    return found


def received(events: list[EPCIS]) -> dict[str, int]:
    """Kilograms that came in by events that no declaration takes back, by event id."""
    wrong = {one["eventID"] for one in events if "errorDeclaration" in one}
    came = [one for one in events if one["bizStep"] == "receiving" and one["eventID"] not in wrong]
    return {one["eventID"]: one["quantityList"][0]["quantity"] for one in came}


@pytest.mark.parametrize("closed", [0, 1, 2, 3])
@pytest.mark.parametrize("per_page", [1, 1_000])
def test_what_the_exports_say_came_in_is_what_the_books_say(closed: int, per_page: int) -> None:
    monthly = bought()
    assert [monthly.close(month) for month in range(1, closed + 1)] == [""] * closed
    sell(monthly, "D-2", 90_000, replaces="D-1", correction_reason="weighed")
    months = [month for month in (1, 2, 3, 4) if monthly.pool(month).key is not None]
    events = [one for month in months for one in told(monthly, month, per_page)]
    assert list(received(events).values()) == [90_000]
    assert sum(monthly.stock(month) for month in months if not monthly.pool(month).end) == 90_000


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_the_period_of_the_error_alone_declares_it_and_names_what_holds(closed: int) -> None:
    monthly = bought()
    assert [monthly.close(month) for month in range(1, closed + 1)] == [""] * closed
    [first] = [one["eventID"] for one in told(monthly, 1)]
    sell(monthly, "D-2", 90_000, replaces="D-1", correction_reason="weighed")
    declared = [one for one in told(monthly, 1) if "errorDeclaration" in one]
    assert [one["eventID"] for one in declared] == [first]
    [holds] = received(told(monthly, 1))
    error = declared[0]["errorDeclaration"]
    assert (error["reason"], error["correctiveEventIDs"]) == ("incorrect_data", [holds])


def test_an_earlier_build_s_correction_in_a_later_period_is_declared_in_both_as_one() -> None:
    """It passed what became of a delivery of a closed period on to the next one."""
    late, day = told_.BUYER.model_copy(update={"period": date(2027, 1, 1)}), told_.DAY
    first, again = (
        _receipt(f"D-{at}", kg, pool)
        for at, kg, pool in (
            (1, 99_700, told_.BUYER),
            (2, 90_000, late),
        )
    )
    back = told_.movement("ended:D-1", MovementKind.REVERSAL, pool=late, document="D-1")
    passed_on = ChangeDeferred(
        pool=told_.BUYER,
        member_id="M-2",
        to=late,
        late_for=day,
        change_id="ended:D-1",
        delivery=DeliveryChange(
            movement_id="ended:D-1",
            action="take_back",
            day=day,
            received_kg=99_700,
            coc_kg=99_700,
            carried=Carried(),
            document="D-1",
        ),
    )
    ended = told_.ended("D-1", by="D-2")
    records = told_.recorded(first, ended, passed_on, back, again)
    now = Instant("2026-06-10T00:00:00.000000Z")
    pages = (([0, 2], [1, 4]), ([3, 4], [0, 1, 2]))
    both = []
    for page, also in pages:
        some, rest = ([records[at] for at in places] for places in (page, also))
        made: Any = epcis_document(some, "https://x.example", now, rest)
        both.append([one for one in made["epcisBody"]["eventList"] if "errorDeclaration" in one])
    assert both[0] == both[1]
    [declared] = both[0]
    assert declared["quantityList"][0]["quantity"] == 99_700
    holds = [f"https://x.example/coc/events/{records[4].envelope.event_id}"]
    assert declared["errorDeclaration"]["correctiveEventIDs"] == holds


def _receipt(number: str, kg: int, pool: PoolKey) -> MovementBooked:
    entries = ((Account.INPUT_COC, -kg), (Account.STOCK, kg))
    kind, name = MovementKind.DOCUMENT_RECEIPT, f"document:1:{number}"
    return told_.movement(name, kind, *entries, pool=pool, coc_kg=kg, document=number)


def test_a_correction_for_another_buyer_names_no_event_of_its_books() -> None:
    monthly = bought("C")
    assert monthly.close(1) == ""
    sell(monthly, "D-2", 5, "C", replaces="D-1", correction_reason="sent-elsewhere")
    errors = [one["errorDeclaration"] for one in told(monthly, 1) if "errorDeclaration" in one]
    assert [one["reason"] for one in errors] == ["did_not_occur"]
    assert "correctiveEventIDs" not in errors[0]
