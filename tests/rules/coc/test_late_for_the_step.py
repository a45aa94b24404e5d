"""Metal that comes behind the step's own emissions, for a day of theirs, and losses that are booked
behind lots of later days: what documents tell is what they tell where nothing came late."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.custody import Account
from services.coc_ledger.pools.state import Pool
from services.coc_ledger.rows import PoolRow
from tests.rules.coc.given import balanced
from tests.rules.coc.test_late_bookings import HERE, arrived, book, came, left, sold, stock, world
from tests.rules.coc.world import World

STEP_ON = date(2026, 2, 27)
"""Emissions of the month, booked by hand."""


def step(world: World, name: str = "STEP", day: date = STEP_ON, kgco2e: str = "1000") -> None:
    book(world, "book_process_emissions", name, day, emission_kgco2e=kgco2e)


def begun() -> World:
    """200 t with 4 t CO2e/t, of which 100 t left."""
    here = world()
    came(here, "IN-0", 200, "4", date(2026, 2, 5))
    left(here, "OUT-0", 100, date(2026, 2, 17))
    return here


def shared(world: World) -> Pool:
    """The pool, of which the row says as the state does whether anything is late: all is shared."""
    state, row = world.pool(HERE), world.reader.row("pools", HERE.key)
    assert isinstance(row, PoolRow)
    assert balanced(state)
    assert (row.late, state.lots.late) == (False, False)
    by = state.lots.passed
    through = row.left_through, row.came_through, row.step_through, row.stepped_through
    assert through == (by.left, by.came, by.step, by.stepped)
    return state


def told(world: World) -> tuple[Decimal, int]:
    """What a document of the first lot tells, in t CO2e; and the grams that the stock carries."""
    return arrived(sold(world, "D-1", 100)), stock(shared(world)).emission_g


FIVE = (Decimal(500), 900 * 5_000)
"""1,000 t with 4 t CO2e/t and 1,000 t CO2e of the step: every lot has 5."""


@pytest.mark.parametrize("day", [date(2026, 2, 20), STEP_ON])
def test_metal_that_comes_behind_the_emissions_of_its_step_shares_them_with_what_left_before(
    day: date,
) -> None:
    here = begun()
    step(here)
    came(here, "IN-1", 800, "4", day)
    assert told(here) == FIVE


def test_rows_of_a_file_that_come_behind_the_emissions_of_their_day_share_them_as_well() -> None:
    here = begun()
    step(here)
    scrap = {"origin": "post_consumer_scrap", "origin_ref": "note-1", "supplier_id": "YARD"}
    metal = {"footprint": {"intensity_kgco2e_per_kg": "4"}, **scrap}
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium"}
    rows = [
        (
            "receive_material",
            {"movement_id": name, "day": STEP_ON, "mass_kg": 400, **metal, **where},
        )
        for name in ("IN-1", "IN-2")
    ]
    assert here.send_together(rows) == 1
    here.settle()
    assert told(here) == FIVE


def test_where_some_emissions_are_taken_back_metal_shares_those_that_stand() -> None:
    """Booked for two months, taken back for the second and booked anew for a day before the first:
    those of the first stand."""
    here = begun()
    step(here)
    step(here, "MARCH", date(2026, 3, 31), "70")
    book(here, "reverse_movement", "BACK", date(2026, 3, 31), reverses="MARCH")
    came(here, "IN-1", 400, "4", date(2026, 2, 20))
    step(here, "NONE", date(2026, 2, 10), "0.001")
    came(here, "IN-2", 400, "4", date(2026, 2, 20))
    assert abs(arrived(sold(here, "D-1", 100)) - 500) < Decimal("0.01")
    assert abs(stock(shared(here)).emission_g - 900 * 5_000) < 10


@pytest.mark.parametrize("command", ["book_loss", "count_stock"])
def test_what_was_lost_before_lots_left_leaves_its_emissions_to_them_too(command: str) -> None:
    """1,000 t with 4 t CO2e/t, of which 100 t were lost on the 13th and 500 t left on the 15th."""
    here = world()
    came(here, "IN-0", 1000, "4", date(2026, 2, 1))
    left(here, "OUT-0", 500, date(2026, 2, 15))
    how = {"book_loss": {"mass_kg": 100}, "count_stock": {"counted_kg": 400}}
    book(here, command, "LESS", date(2026, 2, 13), **how[command])
    assert stock(shared(here)).kg == 400
    documents = [sold(here, "D-1", 500)]
    left(here, "OUT-1", 400, date(2026, 2, 20))
    documents.append(sold(here, "D-2", 400))
    each = Decimal(4000) / 900
    told_each = [arrived(one) / kg for one, kg in zip(documents, (500, 400), strict=True)]
    assert all(abs(one - each) < Decimal("0.0001") for one in told_each)
    gone = (Account.LOSSES, Account.UNEXPLAINED)
    assert not any(shared(here).books[one].emission_g for one in gone if one in shared(here).books)


def test_a_loss_behind_the_emissions_of_its_day_is_shared_with_what_left_before() -> None:
    """100 t left, 20 t of the other 100 t were lost by the end of the step's day: 180 t have it."""
    here = begun()
    step(here, kgco2e="180")
    book(here, "book_loss", "LESS", STEP_ON, mass_kg=20)
    assert arrived(sold(here, "D-1", 100)) == 500
    assert stock(shared(here)).emission_g == 400_000 + 80_000


@pytest.mark.parametrize("late", ["nothing", "metal", "emissions"])
def test_metal_of_which_nothing_is_known_takes_its_part_of_the_step_whenever_it_is_booked(
    late: str,
) -> None:
    """950 t with 4 t CO2e/t and 50 t of which nothing is known; 1,900 t CO2e are of all thousand,
    and of nothing that came later: what is wholly known tells 4 + 1.9."""
    here = world()

    def unknown(name: str, kg: int, day: date) -> None:
        more = {"origin": "non_coc", "supplier_id": "YARD"}
        book(here, "receive_material", name, day, mass_kg=kg, **more)

    bookings = {
        "known": lambda: came(here, "IN-1", 950_000, "4", date(2026, 2, 5)),
        "metal": lambda: unknown("IN-2", 50_000, date(2026, 2, 20)),
        "emissions": lambda: step(here, kgco2e="1900000"),
        "later": lambda: unknown("IN-3", 1_000_000, date(2026, 3, 1)),
    }
    for name in sorted(bookings, key=lambda one: one == late):
        bookings[name]()
    left(here, "OUT", 900_000, date(2026, 3, 2))
    tells = here.sell("D-1", "A", 400_000, date(2026, 3, 9)).supplement.known_part_kgco2e_per_kg
    assert tells is not None
    assert abs(tells - Decimal("5.9")) < Decimal("0.0001")
    assert shared(here)
