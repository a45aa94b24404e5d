"""No sum of movements grows beyond what rows and their readers hold."""

from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Any

import orjson
import pytest

from contracts.coc_movements import MOST_GRAMS
from contracts.custody import MOST_KG, Account, Lot
from infra.errors import Refused
from services.coc_ledger.accounting.footprint import Footprint
from services.coc_ledger.accounting.together import BookMovements
from services.coc_ledger.pools import pool
from services.coc_ledger.pools.commands import ReceiveMaterial
from services.coc_ledger.pools.state import Pool
from tests.rules.coc.given import DAY, KEY, POLICIES, TODAY, kg, pools, receive, ship
from tests.rules.coc.monthly import OWN, Monthly
from tests.rules.coc.test_periods_and_orders import KEY as A_POOL
from tests.rules.coc.test_periods_and_orders import document, send, stocked
from tests.rules.coc.told import recorded
from tests.rules.coc.world import LEDGER, World, line
from tests.simulation.inmemory import Reader

HEAVY = Footprint(intensity_kgco2e_per_kg=Decimal(1000))
WORLD = 9 * 10**9
"""Kilograms whose emissions at 1,000 kg CO2e per kg are just within the bound."""


def heavy(movement_id: str, mass_kg: int = WORLD) -> ReceiveMaterial:
    return receive(movement_id, mass_kg, footprint=HEAVY)


def together(state: Pool, *commands: ReceiveMaterial) -> list[object]:
    lines = tuple(line(one) for one in commands)
    asked = BookMovements(
        on=TODAY, pool=KEY, member_id="M-1", content="file", through=state.version, lines=lines
    )
    return list(pool.decide(asked, state, POLICIES))


def test_receipts_that_are_allowed_one_by_one_are_refused_once_they_are_too_much_in_all() -> None:
    first = pools.when(receive("M-1", MOST_KG))
    first.and_when(receive("M-2", 1)).refused("pool-too-large")
    pools.when(heavy("M-1")).and_when(heavy("M-2", WORLD // 100)).refused("pool-too-large")


def test_what_nobody_can_have_is_refused_at_once() -> None:
    pools.when(heavy("M-1", MOST_KG)).refused("pool-too-large")


def test_a_full_pool_is_emptied_all_the_same() -> None:
    full = pools.when(receive("M-1", MOST_KG)).and_when(ship("M-2", MOST_KG - 5))
    assert kg(full.state, Account.STOCK) == 5
    scrap = full.and_when(ship("M-3", 5, Lot.SCRAP))
    assert kg(scrap.state, Account.STOCK) == 0


def test_rows_of_a_file_are_too_much_in_all_as_one_by_one() -> None:
    """Then none is booked with the others: each is asked for alone, and told."""
    rows = [heavy(f"M-{number}", WORLD // 4) for number in range(5)]
    assert len(together(Pool(), *rows[:4])) == 2
    assert together(Pool(), *rows) == []
    after = pools.when(*rows[:4])
    with pytest.raises(Refused, match="pool-too-large"):
        pool.decide(rows[4], after.state, POLICIES)


def test_a_full_pools_row_is_within_64_bits() -> None:
    reader, state, events = Reader(LEDGER.consumers[0]), Pool(), list[Any]()
    for command in (receive("M-0", MOST_KG - WORLD), heavy("M-1"), ship("M-2", MOST_KG)):
        made: list[Any] = list(pool.decide(command, state, POLICIES))
        state, events = reduce(pool.evolve, made, state), [*events, *made]
    for one in recorded(*events):
        reader.apply(one)
    carrying = reader.row("pools", KEY.key).carrying
    assert orjson.loads(orjson.dumps(carrying)) == carrying
    assert carrying["outflow"][2] == WORLD * 1_000_000 <= MOST_GRAMS


def lot(world: World, scope_id: str, movement_id: str, mass_kg: int, day: date) -> str:
    """Why so much metal without CoC is not booked; nothing when it is."""
    where = {"scope_id": scope_id, "member_id": scope_id, "stage": "aluminium", "day": day}
    told = {"movement_id": movement_id, "mass_kg": mass_kg, "origin": "non_coc"}
    slug = world.attempt("receive_material", **where, **told)
    world.settle()
    return slug


def test_a_delivery_for_which_there_is_no_room_is_refused_where_it_is_confirmed() -> None:
    world, day = stocked(), date(2026, 5, 25)
    send(world, document("D-1", 100))
    assert lot(world, "B", "M-1", MOST_KG - 99, day) == ""
    told = {"number": "D-1", "member_id": "B", "received_kg": 100, "received_on": day}
    assert world.attempt("confirm_document", **told) == "pool-too-large"
    assert world.documents()["D-1"].confirmed is None
    where = {"scope_id": "B", "member_id": "B", "stage": "aluminium", "day": day}
    back = {"movement_id": "R-1", "reverses": "M-1"}
    assert world.attempt("reverse_movement", **where, **back) == ""
    assert world.attempt("confirm_document", **told) == ""


def test_what_a_period_leaves_is_refused_at_its_close_where_the_next_has_no_room() -> None:
    monthly = Monthly()
    assert monthly.receive(1, 100, coc=False) == ""
    assert monthly.receive(2, MOST_KG - 99, coc=False) == ""
    assert monthly.close(1) == "pool-too-large"
    assert monthly.pool(1).end is None
    back = {**OWN, "stage": "aluminium", "day": date(2026, 2, 5)}
    told = {"movement_id": "R-1", "reverses": "M-2"}
    assert monthly.world.attempt("reverse_movement", **back, **told) == ""
    assert monthly.close(1) == ""


def test_what_found_room_and_lost_it_on_the_way_is_refused_and_stops_nothing() -> None:
    """Another booking was sooner: the delivery is an outcome that is told, and no pool holds what
    its readers do not."""
    world, day = stocked(), date(2026, 5, 25)
    send(world, document("D-1", 100))
    told = {"number": "D-1", "member_id": "B", "received_kg": 100, "received_on": day}
    assert world.attempt("confirm_document", **told) == ""
    where = {"scope_id": "B", "member_id": "B", "stage": "aluminium", "day": day}
    sooner = {"movement_id": "M-1", "mass_kg": MOST_KG, "origin": "non_coc"}
    assert world.attempt("receive_material", **where, **sooner) == ""
    with pytest.raises(AssertionError, match="book_deliveries: pool-too-large"):
        world.settle()
    theirs = world.pool(A_POOL.model_copy(update={"scope_id": "B"}))
    assert kg(theirs, Account.STOCK) == MOST_KG


def test_a_stage_changes_only_into_a_pool_with_room() -> None:
    world = World(TODAY, ("A", "B", "C"))
    world.open("C", "C", ("alumina_refining", "smelting", "casthouse"))
    assert lot(world, "C", "M-1", MOST_KG, DAY) == ""
    where = {"scope_id": "C", "member_id": "C", "stage": "alumina", "day": DAY}
    came = {"movement_id": "M-2", "mass_kg": 1000, "origin": "non_coc"}
    assert world.attempt("receive_material", **where, **came) == ""
    change = {"movement_id": "T-1", "mass_kg": 1000}
    assert world.attempt("change_stage", **where, **change) == "pool-too-large"
