"""A balance as of a day: by all that is known now, and what a claim of that day could be."""

from datetime import date, timedelta

import pytest

from contracts.custody import PoolKey, Stage
from services.coc_ledger.accounting.balance import rule_of
from services.coc_ledger.accounting.balance_on import BalanceOn, asked_from, balance_on
from services.coc_ledger.accounting.running import day_lines
from services.coc_ledger.rows import DayRow, PoolRow
from tests.rules.coc.given import POLICY, YEAR
from tests.rules.coc.test_periods_and_orders import (
    AFTER,
    KEY,
    close,
    document,
    later,
    send,
    stocked,
)
from tests.rules.coc.world import World

MAY = date(2026, 5, 5)


def told(world: World, day: date, key: PoolKey = KEY) -> BalanceOn:
    """The balance from rows alone, as the service's queries find it."""
    row: PoolRow | None = world.reader.row("pools", key.key)
    since = asked_from(row, day) if row is not None else day
    later_days = {one.day: one.kgs for one in days_of(world, key) if one.day > since}
    return balance_on(row, day, later_days, POLICY)


def days_of(world: World, key: PoolKey) -> list[DayRow]:
    """The rows of a pool's days, in their order."""
    rows = [one for one in world.reader.rows["pool_days"].values() if one.pool == key.key]
    return sorted(rows, key=lambda row: row.day)


@pytest.mark.parametrize("days", [0, 3, 40, 100, 139])
def test_what_is_called_claimable_is_claimed_and_no_kilogram_more(days: int) -> None:
    day = YEAR + timedelta(days=days)
    world = stocked()
    send(world, document("D-0", 300))
    world.settle()
    most = told(world, day).claimable.available_kg
    more = {**document("D-1", most + 1), "day": day}
    name = more.pop("command_name")
    assert world.attempt(name, **more) in ("claim-not-covered", "lot-not-shipped")
    if most:
        assert world.attempt(name, **{**more, "mass_kg": most, "total_mass_kg": most}) == ""


def test_a_day_between_that_covers_less_binds_an_earlier_one() -> None:
    world = stocked()  # 1,000 kg of CoC in January, 500 kg without in February, 900 kg out in March
    send(world, document("D-0", 590))
    world.settle()
    then = told(world, date(2026, 4, 1))
    assert (then.cover.available_kg, then.claimable) == (600, (date(2026, 5, 20), 30))
    assert then.how == "the least of this day and of each later one: that of 2026-05-20"
    assert [line.name for line in then.working][-1] == "available"


def test_what_was_carried_or_declared_later_was_not_there_before() -> None:
    """And by now it is: the period has it, so a claim of an earlier day may use it."""
    world = stocked()
    world.today = AFTER
    close(world)
    before, after = told(world, AFTER - timedelta(days=1), later()), told(world, AFTER, later())
    assert (before.stood.terms.carried_kg, before.cover.available_kg) == (0, 0)
    assert (after.stood.terms.carried_kg, after.cover.available_kg) == (620, 620)
    assert before.claimable.available_kg == after.claimable.available_kg == 620
    assert before.how.startswith("by what is known by now")
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": AFTER}
    world.today = AFTER + timedelta(days=5)
    world.send("declare_overdraft_case", reason="furnace-fire", **where)
    world.settle()
    assert not told(world, AFTER, later()).stood.terms.case
    assert told(world, world.today, later()).stood.terms.case


def lose(world: World, today: date, day: date) -> None:
    """A kilogram is lost on a day, and booked today."""
    world.today = today
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": day}
    world.send("book_loss", **where, movement_id=f"L-{day}", mass_kg=1)
    world.settle()


def test_each_day_of_the_table_is_the_balance_as_of_that_day() -> None:
    """What was carried over when it was told is not there on the days before."""
    world = stocked()
    lose(world, AFTER, AFTER - timedelta(days=2))
    close(world)
    lose(world, AFTER + timedelta(days=9), AFTER + timedelta(days=9))
    key = later()
    row, days = world.reader.row("pools", key.key), days_of(world, key)
    lines = day_lines(row, days, rule_of(POLICY))
    assert {line.day[5:]: line.available_kg for line in lines} == {
        "01-01": 0,  # the stock of the year before
        "01-08": 0,
        "01-10": 620,  # the close, on which nothing moved
        "01-19": 620,
    }
    for line in lines:
        of_day = told(world, date.fromisoformat(line.day), key)
        assert line.available_kg == of_day.cover.available_kg
        assert line.max_output_kg == of_day.cover.max_output_kg


def test_nothing_is_claimable_in_a_closed_period_or_where_nothing_was_booked() -> None:
    world = stocked()
    assert (
        told(world, YEAR, KEY.model_copy(update={"stage": Stage.ALUMINA})).cover.available_kg == 0
    )
    world.today = AFTER
    close(world)
    found = told(world, MAY)
    assert (found.cover.available_kg, found.claimable.available_kg) == (620, 0)
    assert found.barred == f"the period was closed on {AFTER}"
