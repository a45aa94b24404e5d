"""What went on to the next stage is not changed by what comes late; taken back and booked anew it
carries what is known by then, in both stages: as if nothing had come late."""

from datetime import date
from typing import Any

from contracts.custody import Account, PoolKey, Stage
from services.coc_ledger.accounting.accounts import NOTHING, Amount
from tests.rules.coc.world import YEAR, World

TODAY = date(2026, 6, 1)
MADE_ON = date(2026, 3, 9)


def world() -> World:
    """A scope that refines and smelts, with alumina at 2."""
    made = World(TODAY)
    made.open("C", "A", ("alumina_refining", "smelting", "casthouse"))
    book(made, "receive_material", "IN", date(2026, 3, 1), mass_kg=2000, **bought("2"))
    return made


def bought(per_kg: str) -> dict[str, Any]:
    return {"origin": "non_coc", "footprint": {"intensity_kgco2e_per_kg": per_kg}}


def book(world: World, command: str, movement_id: str, day: date, **said: Any) -> None:
    where = {"scope_id": "C", "member_id": "A", "stage": "alumina", **said}
    world.send(command, movement_id=movement_id, day=day, **where)
    world.settle()


def on(world: World, movement_id: str) -> None:
    """1,000 kg are smelted."""
    book(world, "change_stage", movement_id, MADE_ON, mass_kg=1000, coc_kg=0)


def late(world: World) -> None:
    """As much again, at 6, of a day before that."""
    book(world, "receive_material", "LATE", date(2026, 3, 5), mass_kg=2000, **bought("6"))


def stocks(world: World) -> list[Amount]:
    keys = (
        PoolKey(scope_id="C", stage=one, period=YEAR) for one in (Stage.ALUMINA, Stage.ALUMINIUM)
    )
    return [world.pool(key).books.get(Account.STOCK, NOTHING) for key in keys]


def test_a_change_of_stage_that_is_booked_anew_is_as_if_nothing_had_come_late() -> None:
    in_time = world()
    late(in_time)
    on(in_time, "S-1")
    corrected = world()
    on(corrected, "S-1")
    late(corrected)
    assert stocks(corrected)[1] != stocks(in_time)[1], "it stays as it was told"
    assert any(corrected.pool(alumina()).told_otherwise)
    book(corrected, "reverse_movement", "BACK", MADE_ON, reverses="S-1")
    on(corrected, "S-2")
    assert stocks(corrected) == stocks(in_time)
    assert not any(corrected.pool(alumina()).told_otherwise)


def alumina() -> PoolKey:
    return PoolKey(scope_id="C", stage=Stage.ALUMINA, period=YEAR)
