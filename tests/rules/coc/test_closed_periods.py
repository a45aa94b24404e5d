"""A closed period that was wrong: taken back with a reason, as if it had never been wrong."""

from datetime import date
from typing import Any

import pytest

from contracts.coc_corrections import BalanceCorrected, PoolCorrected
from contracts.custody import Account, PoolKey
from services.coc_ledger.rows import PoolRow
from tests.rules.coc.given import balanced, kg
from tests.rules.coc.test_periods_and_orders import (
    AFTER,
    KEY,
    close,
    confirm,
    document,
    later,
    send,
    stocked,
)
from tests.rules.coc.world import World

LATER, LAST = date(2028, 1, 10), date(2028, 1, 1)


def take_back(world: World, movement_id: str, day: date, **more: Any) -> str:
    return world.attempt(
        "reverse_movement",
        scope_id="A",
        member_id="A",
        stage="aluminium",
        day=day,
        movement_id=f"R-{movement_id}",
        reverses=movement_id,
        **more,
    )


def corrected_late(movement_id: str, day: date, claimed: int) -> World:
    """Claimed, closed, and then taken back."""
    world = stocked()
    if claimed:
        send(world, document("D-1", claimed))
    world.today = AFTER
    close(world)
    assert take_back(world, movement_id, day) == "period-closed"
    assert take_back(world, movement_id, day, reason="weighed-twice") == ""
    world.settle()
    return world


def never_wrong(movement_id: str, day: date, claimed: int) -> World:
    """Claimed, taken back in time, and closed."""
    world = stocked()
    if claimed:
        send(world, document("D-1", claimed))
    assert take_back(world, movement_id, day) == ""
    world.settle()  # a close finds by what rows know of receipts
    world.today = AFTER
    close(world)
    return world


def row(world: World, key: PoolKey) -> PoolRow:
    found: PoolRow = world.reader.row("pools", key.key)
    return found


@pytest.mark.parametrize("claimed", [0, 300, 600])
@pytest.mark.parametrize(
    ("movement_id", "day"),
    [
        ("M-0", date(2026, 1, 5)),
        ("M-1", date(2026, 2, 5)),
        ("M-3", date(2026, 4, 5)),
        ("M-4", date(2026, 5, 5)),
    ],
)
def test_taken_back_after_the_close_is_as_if_it_had_never_been_wrong(
    movement_id: str, day: date, claimed: int
) -> None:
    late = corrected_late(movement_id, day, claimed)
    right = never_wrong(movement_id, day, claimed)
    for key in (KEY, later()):
        mine, theirs = late.pool(key), right.pool(key)
        assert balanced(mine)
        assert mine.terms == theirs.terms
        assert mine.blocked == theirs.blocked
        assert {a: kg(mine, a) for a in Account} == {a: kg(theirs, a) for a in Account}
        told, wanted = row(late, key), row(right, key)
        assert (told.kgs, told.carried_kg, told.owed_kg, told.blocked) == (
            wanted.kgs,
            wanted.carried_kg,
            wanted.owed_kg,
            wanted.blocked,
        )
        assert told.kgs == tuple(kg(mine, account) for account in Account)
    anew, first = row(late, KEY).closing or {}, row(right, KEY).closing or {}
    assert {name: anew[name] for name in first} == first
    assert anew["reason"] == "weighed-twice"


def test_a_claim_without_its_input_is_owed_or_blocks_the_next_period() -> None:
    world = corrected_late("M-0", date(2026, 1, 5), 600)
    assert world.pool(later()).owed_kg == 600
    assert world.pool(later()).blocked
    [told] = [one.event for one in world.desk.log if isinstance(one.event, PoolCorrected)]
    assert [one.rule for one in told.remarks if one.severity == "block"] == ["R-27"]
    assert (told.owed_change_kg, told.correction_id) == (600, "R-M-0")


def test_a_correction_goes_through_all_periods_that_are_closed() -> None:
    world = stocked()
    world.today = AFTER
    close(world)
    world.today = LATER
    close(world, day=date(2027, 1, 1))
    before = {key: world.pool(key) for key in (later(), KEY.model_copy(update={"period": LAST}))}
    stock = 1500 - 900 - 30 - 20
    assert all(kg(one, Account.STOCK) == stock for one in before.values())
    assert take_back(world, "M-1", date(2026, 2, 5), reason="weighed-twice") == ""
    world.settle()
    for key in before:
        assert kg(world.pool(key), Account.STOCK) == stock - 500
        assert balanced(world.pool(key))
    told = [one.event for one in world.desk.log if isinstance(one.event, BalanceCorrected)]
    assert [one.pool for one in told] == list(before)
    assert take_back(world, "M-1", date(2026, 2, 5), reason="weighed-twice") == ""
    assert (
        world.attempt(
            "reverse_movement",
            scope_id="A",
            member_id="A",
            stage="aluminium",
            day=date(2026, 2, 5),
            movement_id="R-2",
            reverses="M-1",
            reason="once-more",
        )
        == "movement-reversed"
    )


def test_what_a_document_claims_stays_shipped_after_the_close_too() -> None:
    world = stocked()
    send(world, document("D-1", 600))
    world.today = AFTER
    close(world)
    assert take_back(world, "M-2", date(2026, 3, 5), reason="weighed-twice") == "lot-claimed"


@pytest.mark.parametrize("closed", [("A",), ("B",), ("A", "B")])
def test_a_document_that_replaces_one_of_a_closed_period_is_as_if_it_had_been_right_at_once(
    closed: tuple[str, ...],
) -> None:
    """On both sides, over the closed period and the present one together."""
    late, right = stocked(), stocked()
    send(right, document("D-2", 400))
    right.settle()
    confirm(right, "D-2", 400)
    send(late, document("D-1", 600))
    late.settle()
    confirm(late, "D-1", 600)
    late.today = AFTER
    for scope in closed:
        close(late, scope)
    day = {"day": AFTER} if "A" in closed else {}
    send(late, document("D-2", 400, replaces="D-1", correction_reason="weighed", **day))
    late.settle()
    confirm(late, "D-2", 400)
    for world in (late, right):
        assert all(balanced(pool) for pool in world.pools().values())
    for scope in ("A", "B"):
        for account in (Account.OUTPUT_COC, Account.INPUT_COC, Account.OUTFLOW, Account.NON_COC):
            assert in_all(late, scope, account) == in_all(right, scope, account), (scope, account)


def in_all(world: World, scope: str, account: Account) -> int:
    """Over all periods of a scope."""
    pools = (pool for pool in world.pools().values() if pool.key and pool.key.scope_id == scope)
    return sum(kg(pool, account) for pool in pools)
