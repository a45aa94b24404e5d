"""Movements of a pool that several supply-chain activities share: told apart where they were named,
and never divided where they were not."""

from datetime import date
from typing import Any

import pytest

from contracts.coc import MovementBooked
from contracts.custody import Account, Lot, Origin, PoolKey, Stage
from contracts.values import Activity
from services.coc_ledger.accounting import booking
from services.coc_ledger.evidence import PoolKnown
from services.coc_ledger.exports.export_rows import EXPORTS, sums_of, year_key
from services.coc_ledger.pools.commands import ReverseMovement
from services.coc_ledger.yearly_reports import yearly
from tests.rules.coc.given import claim, movement, pools, receive, scope_seen, scrap, ship, where
from tests.rules.coc.test_statements import booked
from tests.rules.coc.told import recorded
from tests.rules.coc.world import YEAR, World
from tests.simulation.inmemory import Reader

BOTH = (Activity.SMELTING, Activity.CASTHOUSE)
SCOPE: Any = {"scope": scope_seen(activities=BOTH)}
CAST: Any = {**SCOPE, "activity": Activity.CASTHOUSE}
SMELT: Any = {**SCOPE, "activity": Activity.SMELTING}
MOVED = (
    receive("IN-1", 500, **CAST),
    scrap("IN-2", 300, **CAST),
    receive("IN-3", 200, **SCOPE),
    ship("OUT-1", 600, **SMELT),
    ship("OUT-2", 50, Lot.SCRAP, **CAST),
    claim("D-1", 100, **SCOPE),
)


def lines(*commands: Any, activities: tuple[Activity, ...] = BOTH) -> list[yearly.ActivityLine]:
    """The lines of a year by activity."""
    sums = yearly.NOTHING
    for event in booked(*commands):
        sums = yearly.added(sums, event)
    line = yearly.report_line("S-1", 2026, Stage.ALUMINIUM, activities, sums)
    return yearly.activity_lines(line, sums)


def test_each_activity_has_a_line_with_what_movements_told_of_it() -> None:
    smelting, casthouse, rest = lines(*MOVED)
    assert (smelting.activity, smelting.output_kg, smelting.inflow_kg) == ("smelting", 600, 0)
    assert (casthouse.inflow_kg, casthouse.input_coc_kg, casthouse.scrap_kg) == (800, 300, 50)
    assert casthouse.shares_pool_with == ("smelting",)
    assert (rest.activity, rest.inflow_kg, rest.output_coc_kg) == (None, 200, 100)
    assert rest.shares_pool_with == ("smelting", "casthouse")


def test_the_lines_of_a_stage_add_up_to_it() -> None:
    sums = yearly.NOTHING
    for event in booked(*MOVED):
        sums = yearly.added(sums, event)
    whole = yearly.report_line("S-1", 2026, Stage.ALUMINIUM, BOTH, sums)
    each = yearly.activity_lines(whole, sums)
    for name in yearly.MASSES:
        assert sum(getattr(line, name) for line in each) == getattr(whole, name), name


def test_an_activity_that_has_the_pool_for_itself_has_all_of_it() -> None:
    unnamed = (receive("IN-1", 500), ship("OUT-1", 400))
    [line] = lines(*unnamed, activities=(Activity.CASTHOUSE, Activity.BAUXITE_MINING))
    assert (line.activity, line.inflow_kg, line.shares_pool_with) == ("casthouse", 500, ())


def test_an_activity_without_any_movement_has_a_line_as_well() -> None:
    found = lines(receive("IN-1", 500, **CAST))
    assert [(one.activity, one.inflow_kg) for one in found] == [("smelting", 0), ("casthouse", 500)]


@pytest.mark.parametrize("activity", [Activity.SEMI_FABRICATION, Activity.ALUMINA_REFINING])
def test_an_activity_that_the_scope_does_not_do_there_is_refused(activity: Activity) -> None:
    does = scope_seen(activities=(*BOTH, Activity.ALUMINA_REFINING))
    pools.when(receive("IN-1", 5, scope=does, activity=activity)).refused(
        "activity-not-of-scope", activity=activity.value
    )


def test_what_is_taken_back_is_taken_from_its_activity() -> None:
    taken = booked(receive("IN-1", 500, **CAST))
    known = PoolKnown(through=9, reversed=movement(taken[-1]))
    back = ReverseMovement(movement_id="B-1", reverses="IN-1", **where(known=known, **SCOPE))
    assert lines(receive("IN-1", 500, **CAST), back)[1].inflow_kg == 0


def test_a_movement_of_no_activity_is_known_again_as_before_there_was_one() -> None:
    plain = receive("IN-1", 500)
    assert "activity" in booking.unsaid(plain)
    assert "activity" not in booking.unsaid(receive("IN-1", 500, **CAST))
    pools.when(receive("IN-1", 500, **CAST)).and_when(receive("IN-1", 500, **SMELT)).refused(
        "movement-id-used"
    )


def test_metal_of_an_earlier_stage_stays_with_the_activity_that_takes_it_in() -> None:
    world = World(date(2026, 6, 1))
    world.send(
        "open_scope",
        scope_id="R",
        member_id="A",
        entity_id="EA",
        name="Refinery",
        address="1 Main Street",
        facilities=("F-1",),
        activities=("alumina_refining", "bauxite_mining"),
        starts_on=YEAR,
    )
    world.settle()
    at = {"scope_id": "R", "member_id": "A", "day": YEAR, "stage": "bauxite"}
    world.send("receive_material", movement_id="M-1", mass_kg=9000, origin="own_mine", **at)
    for number, activity in enumerate(("alumina_refining", "bauxite_mining"), start=2):
        world.send("change_stage", movement_id=f"M-{number}", mass_kg=3000, activity=activity, **at)
    world.settle()
    reader = Reader(EXPORTS)
    for one in world.desk.log:
        reader.apply(one)
    row = reader.row("years", year_key("R", Stage.ALUMINA, 2026))
    assert {name: kgs["stock"] for name, kgs in sums_of(row).named.items()} == {
        "alumina_refining": 1053
    }
    pool = world.pool(PoolKey(scope_id="R", stage=Stage.ALUMINA, period=YEAR))
    assert pool.books[Account.STOCK].kg == 2 * 1053
    moved = [one.event for one in world.desk.log if isinstance(one.event, MovementBooked)]
    assert [one.activity for one in moved if one.to_stage] == [
        Activity.ALUMINA_REFINING,
        Activity.BAUXITE_MINING,
    ]


def test_rows_of_years_are_the_same_however_movements_came() -> None:
    """In one event for many, or each in one of its own."""
    reader = Reader(EXPORTS)
    for one in recorded(*booked(*MOVED)):
        reader.apply(one)
    [row] = reader.rows["years"].values()
    assert sorted(row.named) == ["casthouse", "smelting"]
    assert row.named["smelting"] == {"outflow": 600, "stock": -600}


MINED: Any = {"stage": Stage.BAUXITE}


@pytest.mark.parametrize("mining", [Activity.BAUXITE_MINING, Activity.BAUXITE_DEVELOPMENT])
def test_a_mine_within_the_scope_brings_coc_to_whichever_activity_takes_it_in(
    mining: Activity,
) -> None:
    does = (mining, Activity.ALUMINA_REFINING)
    scope = scope_seen(activities=does, stages=(Stage.BAUXITE,))
    for activity in (None, *does):
        mine = receive("IN-1", 500, Origin.OWN_MINE, scope=scope, activity=activity, **MINED)
        [_, event] = pools.when(mine).events
        assert isinstance(event, MovementBooked)
        assert (event.coc_kg, event.remarks) == (500, ())


def test_a_mine_outside_the_scope_brings_none_without_a_document() -> None:
    """Inputs count from certified suppliers with their document, or from within the scope (5.6)."""
    refinery = scope_seen(activities=(Activity.ALUMINA_REFINING,), stages=(Stage.BAUXITE,))
    mine = receive("IN-1", 500, Origin.OWN_MINE, scope=refinery, **MINED)
    [_, event] = pools.when(mine).events
    assert isinstance(event, MovementBooked)
    assert [one.account for one in event.entries] == [Account.NON_COC, Account.STOCK]
    assert event.coc_kg == 0
    assert [one.rule for one in event.remarks] == ["5.6"]
