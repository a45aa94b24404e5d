"""News of the stage before that comes behind the metal's own emissions, booked by hand, before
anything has left: the emissions are split into those of metal that is wholly known, and of the
rest, as though the news had come first."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.coc_documents import Supplement
from contracts.custody import Account, Lot, Stage
from services.coc_ledger.accounting.accounts import NOTHING, Amount
from services.coc_ledger.accounting.claims import shipped
from services.coc_ledger.pools.state import Pool
from tests.rules.coc.given import balanced
from tests.rules.coc.test_late_onward import REFINES, bought, key
from tests.rules.coc.test_periods_and_orders import EVERY
from tests.rules.coc.world import YEAR, World

SOLD_ON = date(2026, 2, 5)
ALUMINA, METAL = Stage.ALUMINA, Stage.ALUMINIUM


def begun(today: date) -> World:
    """A scope that refines and smelts; its results are not verified."""
    world = World(today)
    world.open("C", "A", REFINES[1:])
    looked = {"supplier_id": "YARD", "topics": EVERY, "performed_on": YEAR}
    world.send("record_due_diligence", scope_id="C", member_id="A", **looked)
    world.settle()
    return world


def book(world: World, command: str, name: str, day: date, stage: Stage, **said: Any) -> None:
    where = {"scope_id": "C", "member_id": "A", "stage": stage, "day": day}
    world.send(command, movement_id=name, **where, **said)
    world.settle()


BOOKINGS: dict[str, tuple[str, date, Stage, dict[str, Any]]] = {
    "known": ("receive_material", date(2026, 1, 5), ALUMINA, {"mass_kg": 10_000, **bought("1")}),
    "untold": (
        *("receive_material", date(2026, 1, 5), ALUMINA),
        {"mass_kg": 10_000, "origin": "non_coc"},
    ),
    "retold": (
        *("reverse_movement", date(2026, 1, 5), ALUMINA),
        {"reverses": "untold", "reason": "footprint-missing"},
    ),
    "smelted": ("change_stage", date(2026, 1, 10), ALUMINA, {"mass_kg": 2_000, "coc_kg": 0}),
    "scrap": (
        *("receive_material", date(2026, 1, 10), METAL),
        {
            "mass_kg": 1_000,
            **bought("1"),
            "origin": "post_consumer_scrap",
            "origin_ref": "n",
            "supplier_id": "YARD",
        },
    ),
    "smelting": (
        *("book_process_emissions", date(2026, 1, 31), METAL),
        {"emission_kgco2e": "10000"},
    ),
    "refining": (
        *("book_process_emissions", date(2026, 1, 31), ALUMINA),
        {"emission_kgco2e": "5000"},
    ),
    "early-refining": (
        *("book_process_emissions", date(2026, 1, 9), ALUMINA),
        {"emission_kgco2e": "5000"},
    ),
    "shipped": ("ship_material", date(2026, 2, 3), METAL, {"mass_kg": 1_500}),
}


def sold_after(*names: str) -> tuple[World, Supplement]:
    """What a document of 100 kg tells after these, booked in this order."""
    world = begun(SOLD_ON)
    for name in names:
        command, day, stage, said = BOOKINGS[name]
        book(world, command, name, day, stage, **said)
    told = world.sell("D-1", "A", 100, SOLD_ON, member_id="A", scope_id="C")
    assert told.supplement is not None
    return world, told.supplement


FIRST = ("known", "smelted", "scrap")
ORDERS = [
    (*FIRST, "refining", "smelting", "shipped"),
    (*FIRST, "smelting", "refining", "shipped"),
    ("known", "early-refining", *FIRST[1:], "smelting", "shipped"),
    ("untold", "early-refining", *FIRST[1:], "smelting", "known", "retold", "shipped"),
]


@pytest.mark.parametrize("order", ORDERS)
def test_a_document_tells_the_whole_step_whichever_stage_books_its_month_first(
    order: Sequence[str],
) -> None:
    """2,000 kg of alumina at 1.5 make 1,037 kg, beside 1,000 kg of scrap at 1; 10,000 kg CO2e of
    the metal's step: (3,000 + 1,000 + 10,000) / 2,037."""
    world, told = sold_after(*order)
    assert told.known_percent == 100
    assert told.intensity_kgco2e_per_kg == told.at_least_kgco2e_per_kg
    assert told.intensity_kgco2e_per_kg is not None
    assert abs(told.intensity_kgco2e_per_kg - Decimal(14_000) / 2_037) < Decimal("0.0001")
    metal = world.pool(key(METAL))
    row = world.reader.row("pools", key(METAL).key)
    assert (row.late, row.told_days) == (metal.lots.late, ()) == (False, ())


# --- in any order ---


class Booking(NamedTuple):
    """What is booked of a day, in tonnes, or in kg CO2e."""

    verb: str
    stage: Stage
    much: int
    per_kg: int


BOOKING = some.builds(
    Booking,
    some.sampled_from(("in", "unknown", "on", "on", "hand", "hand", "lost", "out")),
    some.sampled_from((ALUMINA, METAL)),
    some.integers(10, 300),
    some.integers(0, 9),
)
ROUNDED = 60
"""Grams, or kilograms of what is known: one of either for each booking and day gone through."""


def carry_out(world: World, one: Booking, day: int) -> None:
    name, on, kg = f"M-{day}", YEAR + timedelta(days=day), {"mass_kg": one.much * 1000}
    match one.verb:
        case "in":
            book(world, "receive_material", name, on, one.stage, **kg, **bought(str(one.per_kg)))
        case "unknown":
            book(world, "receive_material", name, on, one.stage, **kg, origin="non_coc")
        case "lost":
            book(world, "book_loss", name, on, one.stage, **kg)
        case "out":
            book(world, "ship_material", name, on, one.stage, **kg)
        case "on":
            book(world, "change_stage", name, on, ALUMINA, **kg, coc_kg=0)
        case _:
            grams = {"emission_kgco2e": str(one.much)}
            book(world, "book_process_emissions", name, on, one.stage, **grams)


def carried(pool: Pool) -> tuple[Amount, Amount]:
    """By the stock, and by what was shipped."""
    lots = shipped(pool.books, pool.onward, Lot.PRODUCT)
    return pool.books.get(Account.STOCK, NOTHING), lots


@settings(max_examples=80, deadline=None)
@given(some.lists(BOOKING, min_size=3, max_size=9), some.randoms(use_true_random=False))
def test_in_whatever_order_both_stages_are_booked_as_much_of_the_step_is_of_known_metal(
    bookings: list[Booking], chance: Any
) -> None:
    """There is much of each stage at first, so that there is always some. In tonnes: known metal is
    kept in whole kilograms, each of which bears less than a gram of the step."""
    days = list(enumerate(bookings, start=1))
    mixed = chance.sample(days, len(days))
    in_order, otherwise = (begun(date(2026, 6, 1)) for _ in range(2))
    for world, order in ((in_order, days), (otherwise, mixed)):
        for stage in (ALUMINA, METAL):
            for at, told in enumerate((bought("3"), {"origin": "non_coc"})):
                name = f"{stage.value}-{at}"
                book(world, "receive_material", name, YEAR, stage, mass_kg=1_500_000, **told)
        for day, one in order:
            carry_out(world, one, day)
        for pool in world.pools().values():
            assert balanced(pool)
    for stage in (ALUMINA, METAL):
        pools = (one.pool(key(stage)) for one in (in_order, otherwise))
        for should, found in zip(*map(carried, pools), strict=True):
            assert should.kg == found.kg
            pairs = zip(should, found, strict=True)
            assert all(abs(one - other) <= ROUNDED for one, other in pairs), (stage, should, found)
