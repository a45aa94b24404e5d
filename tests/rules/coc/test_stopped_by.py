"""Two periods leave something to a pool, and one of them stops its claims: what is corrected in the
other one, or was told of it ahead, lifts that no more than it makes it good."""

from datetime import date

import pytest

from contracts.coc_corrections import BalanceCorrected
from contracts.custody import PoolKey, Stage
from services.coc_ledger.pools.state import INITIAL, Pool, evolve
from tests.rules.coc import conserved
from tests.rules.coc.test_going_over import approve
from tests.rules.coc.test_periods_and_orders import EVERY, close, document, send, stocked
from tests.rules.coc.world import YEAR, World

NEXT, MAY = date(2028, 1, 1), date(2027, 5, 1)
SCRAP = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}


def at(day: date) -> dict[str, object]:
    return {"scope_id": "A2", "member_id": "A", "stage": "aluminium", "day": day}


def pool(world: World, scope: str, first: date) -> Pool:
    return world.pool(PoolKey(scope_id=scope, stage=Stage.ALUMINIUM, period=first))


def gone_over(*, a_closed: bool) -> World:
    """Scope A overdraws 150 kg in 2026, does not make them good in 2027, and goes over when that is
    over into A2, which has an earlier year of its own."""
    world = stocked()
    world.open("A2", "A")
    case = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": date(2026, 5, 1)}
    world.send("declare_overdraft_case", **case, reason="flood")
    send(world, document("D-1", 770))
    world.settle()
    days_end(world, date(2027, 1, 10))
    close(world, "A")
    world.today = date(2027, 6, 1)
    look = {"scope_id": "A2", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=date(2027, 1, 5))
    world.send("receive_material", **at(MAY), movement_id="Z-1", mass_kg=400, **SCRAP)
    other = {"movement_id": "Z-2", "mass_kg": 10, "origin": "non_coc"}
    world.send("receive_material", **at(MAY), **other)
    world.send("ship_material", **at(MAY), movement_id="Z-3", mass_kg=200)
    world.settle()
    approve(world, "A", "A2", NEXT)
    days_end(world, date(2028, 1, 10))
    world.send("close_period", **at(MAY))
    world.settle()
    if a_closed:
        close(world, "A", date(2027, 6, 1))
    return world


def days_end(world: World, today: date) -> None:
    world.today = today
    world.end_periods(today)
    world.settle()


@pytest.mark.parametrize("a_closed", [True, False])
def test_a_correction_of_another_period_lifts_no_block(*, a_closed: bool) -> None:
    world = gone_over(a_closed=a_closed)
    before = pool(world, "A2", NEXT)
    assert (before.owed_kg, before.blocked) == (150, True)
    back = {"movement_id": "R-1", "reverses": "Z-2", "reason": "mistake"}
    world.send("reverse_movement", **at(MAY), **back)
    world.settle()
    after = pool(world, "A2", NEXT)
    assert after.carried_kg > before.carried_kg, "it was told"
    assert (after.owed_kg, after.blocked) == (150, True)
    conserved.rows_say_what_streams_say(world)


def test_what_stops_them_is_lifted_by_a_correction_of_its_own() -> None:
    """The claim beyond A's input is taken back in A's year."""
    world = gone_over(a_closed=True)
    world.send("withdraw_document", number="D-1", member_id="A", reason="mistake")
    world.settle()
    after = pool(world, "A2", NEXT)
    assert (after.owed_kg, after.blocked, after.stopped_by) == (0, False, frozenset())
    conserved.rows_say_what_streams_say(world)


def told(stops: bool | None, *, blocked: bool, scope_id: str = "A") -> BalanceCorrected:
    pools = {one: PoolKey(scope_id=one, stage=Stage.ALUMINIUM, period=YEAR) for one in "ABC"}
    return BalanceCorrected(
        pool=pools["C"],
        member_id="C",
        from_pool=pools[scope_id],
        correction_id="R-1",
        reason="mistake",
        balance_change_kg=0,
        owed_change_kg=0,
        blocked=blocked,
        entries=(),
        stops=stops,
    )


def test_older_events_say_of_all_at_once_whether_claims_are_stopped() -> None:
    stopped = evolve(evolve(INITIAL, told(True, blocked=True)), told(None, blocked=True))
    assert (stopped.blocked, len(stopped.stopped_by)) == (True, 1)
    both = evolve(stopped, told(True, blocked=True, scope_id="B"))
    assert len(both.stopped_by) == 2
    lifted = evolve(both, told(None, blocked=False))
    assert (lifted.blocked, lifted.stopped_by) == (False, frozenset())
