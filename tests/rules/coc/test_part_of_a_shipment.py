"""A shipment of which a part is CoC material: all of it left one pool, and has its average."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.coc_documents import DocumentChecked
from contracts.custody import Account, PoolKey, Stage
from contracts.envelope import Event
from services.coc_ledger.accounting.accounts import Amount, amount_of
from services.coc_ledger.documents.buyer import recheck
from services.coc_ledger.documents.commands import CheckDocument
from services.coc_ledger.pools.changes import delivery_entries
from services.coc_ledger.pools.commands import DeliveryChange
from tests.rules.coc.given import POLICY, balanced

from .results import both
from .test_late_bookings import book, came, left, world
from .world import YEAR, World

DAY = date(2026, 3, 1)
HERE, THERE = (PoolKey(scope_id=one, stage=Stage.ALUMINIUM, period=YEAR) for one in ("A", "B"))
OWN = Decimal("5.757")


@pytest.fixture
def sold() -> World:
    """1,000 t of scrap at 4, under a verified step; 400 t of it claimed, all in one shipment."""
    made = world()
    for event in both():
        made.tell(event, "ghg")
    made.settle()
    came(made, "IN", 1000, "4", DAY)
    left(made, "OUT", 1000, DAY)
    issue(made, "D-1", 400)
    return made


def issue(world: World, number: str, kg: int, total: int = 1000, **more: Any) -> None:
    world.send(
        "issue_document",
        number=number,
        member_id="A",
        scope_id="A",
        day=DAY,
        customer={"name": "B", "address": "x", "scope_id": "B"},
        responsible="person-1",
        statement="asi_coc_mass_balance",
        mass_kg=kg,
        total_mass_kg=total,
        **{"material": "coc_casthouse_product", **more},
    )
    world.settle()


def confirm(world: World, number: str, kg: int) -> None:
    world.send("confirm_document", number=number, member_id="B", received_kg=kg, received_on=DAY)
    world.settle()


def there(world: World, account: Account = Account.STOCK) -> Amount:
    pool = world.pool(THERE)
    assert balanced(pool)
    return pool.books[account]


def test_the_rest_of_a_shipment_has_the_average_of_the_pool_that_it_left(sold: World) -> None:
    confirm(sold, "D-1", 1000)
    grams = int(1000 * (4 + OWN) * 1000)
    assert there(sold) == Amount(1000, 1000, grams, 0, 1000, 0)
    rest = there(sold, Account.NON_COC)
    assert (-rest.kg, -rest.known_kg, -rest.post_kg) == (600, 600, 600), "and is no CoC material"
    assert -there(sold, Account.INPUT_COC).kg == 400


def test_of_more_than_the_shipment_nothing_is_told(sold: World) -> None:
    issue(sold, "D-2", 100, 300)
    confirm(sold, "D-2", 301)
    stock = there(sold)
    assert (stock.kg, stock.known_kg, stock.post_kg) == (301, 300, 300)


def test_of_a_shipment_that_came_short_the_rest_is_less(sold: World) -> None:
    confirm(sold, "D-1", 996)
    assert (there(sold).kg, there(sold).known_kg) == (996, 996)
    assert -there(sold, Account.INPUT_COC).kg == 400


def test_a_correction_takes_the_rest_of_the_shipment_along_and_brings_it_again(sold: World) -> None:
    confirm(sold, "D-1", 1000)
    before = there(sold)
    issue(sold, "D-2", 300, replaces="D-1", correction_reason="weighed")
    assert not any(any(amount) for amount in sold.pool(THERE).books.values())
    confirm(sold, "D-2", 1000)
    assert there(sold) == before
    assert -there(sold, Account.INPUT_COC).kg == 300
    assert balanced(sold.pool(HERE))


def test_the_rest_of_scrap_of_manufacturing_is_such_scrap_too() -> None:
    here = world()
    came(here, "IN", 1000, "4", DAY)
    book(here, "ship_material", "OUT", DAY, mass_kg=500, lot="scrap")
    issue(here, "D-1", 200, 500, material="coc_preconsumer_scrap")
    confirm(here, "D-1", 500)
    stock = there(here)
    assert (stock.kg, stock.pre_kg, stock.post_kg) == (500, 500, 0)


def test_a_delivery_that_an_older_build_booked_is_taken_back_as_it_was_booked(sold: World) -> None:
    """Its check told nothing of the rest: neither does what comes after it."""
    confirm(sold, "D-1", 1000)
    state = sold.documents()["D-1"]
    assert state.checked is not None
    assert state.issued is not None
    older = state.checked.model_copy(update={"rest": None, "passed": False, "reasons": ("x",)})
    again = CheckDocument(number="D-1", on=DAY, checked=state.checked.evidence, behind_s=0)
    [made] = recheck(again, state._replace(checked=older), state.issued, POLICY)
    assert isinstance(made, DocumentChecked)
    assert made.rest is None


def test_the_entries_of_a_delivery_say_of_the_rest_what_it_carries(sold: World) -> None:
    confirm(sold, "D-1", 1000)
    checked: Event | None = sold.documents()["D-1"].checked
    assert isinstance(checked, DocumentChecked)
    assert checked.rest is not None
    change = DeliveryChange(
        movement_id="x", action="book", day=DAY, received_kg=1000, coc_kg=400,
        carried=checked.carried, rest=checked.rest, document="D-1",
    )  # fmt: skip
    sums = [sum(one) for one in zip(*map(amount_of, delivery_entries(change)), strict=True)]
    assert sums == [0] * 6, "nothing is lost or made"
