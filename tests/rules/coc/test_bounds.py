"""No sum of movements grows beyond what rows and their readers hold."""

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
from tests.rules.coc.given import KEY, POLICIES, TODAY, kg, pools, receive, ship
from tests.rules.coc.told import recorded
from tests.rules.coc.world import LEDGER, line
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
