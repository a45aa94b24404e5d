"""By when what is owed is, or was, to be made good, and through which day that serves which was
carried: each keeps its own last day, late or not, through a transfer or before it (5.4, 5.6)."""

from datetime import date

import pytest

from contracts.custody import PoolKey
from services.coc_ledger.accounting.balance_on import balance_on, owed_on
from services.coc_ledger.accounting.owed_by import owed_by, owed_parts, serves_through
from services.coc_ledger.accounting.period import Course, period_of
from services.coc_ledger.pools.earlier import LeftBefore
from services.coc_ledger.rows import PoolRow
from tests.rules.coc.given import POLICY
from tests.rules.coc.test_balance_goes_over import (
    CARRIED,
    LAST,
    NEXT,
    SWITCH,
    at,
    closed,
    gone_over,
    in_second_year,
    key_of,
    moved,
    opened,
    overdrawn,
)
from tests.rules.coc.test_going_over import approve
from tests.rules.coc.test_periods_and_orders import AFTER, close, document, send, stocked
from tests.rules.coc.world import LEDGER, World

YEARS = [date(year, 1, 1) for year in range(2026, 2030)]


def row_of(world: World, key: PoolKey) -> PoolRow:
    row: PoolRow = world.reader.row("pools", key.key)
    return row


def rows_of(world: World) -> dict[str, PoolRow]:
    rows: dict[str, PoolRow] = world.reader.rows["pools"]
    return rows


def ends_on(world: World, key: PoolKey) -> date:
    """The last day of a pool's period by its scope's calendar, whether that goes over or not."""
    told = world.reader.row("scopes", key.scope_id).calendar
    calendar = tuple(Course(date.fromisoformat(first), months) for first, months in told)
    period = period_of(calendar, key.period)
    assert period is not None
    return period.ends_on


def due(world: World, key: PoolKey, day: date) -> date:
    """By when, as the service's queries find it."""
    row = row_of(world, key)
    serves = serves_through(row, ends_on(world, key), keeps=True)
    days = world.reader.rows["pool_days"].values()
    later = {one.day: one.kgs for one in days if one.pool == row.pool}
    found = balance_on(row, day, {d: kgs for d, kgs in later.items() if d > day}, POLICY)
    policies, covered = LEDGER.policies, found.covering_kg
    return owed_by(owed_on(row, day), rows_of(world), policies, serves, covered)


def late_in_2027(*, closed_then: bool = True) -> World:
    """A owes 150 kg of 2026, and does not make them good in 2027."""
    world = stocked()
    world.send("declare_overdraft_case", **at("A", date(2026, 5, 1)), reason="flood")
    send(world, document("D-1", CARRIED + 150))
    world.today = AFTER
    close(world)
    if closed_then:
        closed(world, "A", YEARS[1], date(2028, 1, 10))
    return world


# --- what was late ---


def test_an_overdraft_that_is_not_late_is_to_be_made_good_by_the_end_of_the_next_period() -> None:
    world = late_in_2027(closed_then=False)
    assert due(world, key_of("A", YEARS[1]), AFTER) == LAST


@pytest.mark.parametrize("closed_then", [True, False])
def test_what_was_late_when_its_scope_went_over_was_to_be_made_good_by_its_own_last_day(
    *, closed_then: bool
) -> None:
    """Whether the books of the period in which it was due are closed, or are open still."""
    world = late_in_2027(closed_then=closed_then)
    opened(world, "A2", YEARS[2])
    if not closed_then:
        world.today = date(2027, 12, 1)
        approve(world, "A", "A2", NEXT)
        world.today = date(2028, 1, 10)
        world.end_periods(world.today)
        world.settle()
    else:
        approve(world, "A", "A2", date(2028, 7, 1))
        closed(world, "A", YEARS[2], date(2028, 7, 1))
    key = key_of("A2", YEARS[2])
    assert (row_of(world, key).owed_kg, row_of(world, key).blocked) == (150, True)
    assert due(world, key, world.today) == LAST


def test_it_keeps_that_day_through_one_period_after_the_other() -> None:
    world = late_in_2027()
    closed(world, "A", YEARS[2], date(2029, 1, 10))
    for year in (2028, 2029):
        key = key_of("A", date(year, 1, 1))
        assert (row_of(world, key).blocked, due(world, key, date(year, 6, 1))) == (True, LAST)


def test_what_was_due_within_a_period_and_late_keeps_that_day_in_the_next_one() -> None:
    world = overdrawn(successor_from=SWITCH)
    closed(world, "A2", SWITCH, date(2028, 7, 10))
    key = key_of("A2", date(2028, 7, 1))
    assert (row_of(world, key).owed_kg, due(world, key, world.today)) == (150, LAST)


def test_of_what_is_owed_each_part_has_its_own_last_day() -> None:
    """50 of 150 kg were late; what the period itself claimed ahead is due by the end of the next:
    what was to be made good first was."""
    world = late_in_2027(closed_then=False)
    moved(world, "ship_material", 1, at("A", date(2027, 1, 5)))
    closed(world, "A", YEARS[1], date(2028, 1, 10))
    row = row_of(world, key_of("A", YEARS[1]))
    assert row.closing is not None
    part_late = {**rows_of(world), row.pool: row._replace(closing={**row.closing, "unmet_kg": 50})}
    left = [LeftBefore(*one) for one in row_of(world, key_of("A", YEARS[2])).left_before]
    end = date(2028, 12, 31)
    assert owed_parts(left, part_late, LEDGER.policies, end) == ((LAST, 50), (end, 100))
    assert owed_parts(left, {}, LEDGER.policies, end) == ((end, 150),), "as far as rows tell"


# --- what was made good since ---


def two_parts() -> tuple[list[LeftBefore], date]:
    """50 kg that were due by the end of 2027, and 100 kg by that of 2028."""
    [own] = [LeftBefore(*one) for one in row_of(late_in_2027(), key_of("A", YEARS[2])).left_before]
    parts = ((LAST.isoformat(), 50),)
    return [own._replace(due=parts)], date(2028, 12, 31)


def test_the_day_that_is_told_is_that_of_the_part_that_is_still_open() -> None:
    left, end = two_parts()
    told = [owed_by(left, {}, LEDGER.policies, end, covered) for covered in (0, 49, 50, 149)]
    assert told == [LAST, LAST, end, end]


def test_once_all_is_covered_the_day_is_that_by_which_all_of_it_was_to_be() -> None:
    left, end = two_parts()
    assert owed_by(left, {}, LEDGER.policies, end, 150) == end
    assert owed_by([], {}, LEDGER.policies, end, 150) == end


def test_what_covers_what_is_owed_is_what_came_and_left_in_the_period() -> None:
    """Both what the books had on the day, and what they have by now: the lesser of them counts."""
    world, key, day = late_in_2027(), key_of("A", YEARS[2]), date(2028, 3, 1)
    world.today = day
    for command in ("receive_material", "ship_material"):
        moved(world, command, 60, at("A", day))
    row = row_of(world, key)
    assert balance_on(row, day, {}, POLICY).covering_kg == 60
    booked = {day: row.kgs}
    assert balance_on(row, date(2028, 2, 28), booked, POLICY).covering_kg == 0, "not yet"
    assert due(world, key, day) == LAST


# --- a transfer that is to come ---


def announced() -> World:
    """A goes over in mid-2027: that is approved on the first of June."""
    world = in_second_year()
    approve(world, "A", "A2", SWITCH)
    return world


def test_before_a_scope_goes_over_what_it_carries_is_told_the_last_day_that_it_keeps() -> None:
    """The year would have gone on; it does in the successor."""
    world, key = announced(), key_of("A", YEARS[1])
    row = row_of(world, key)
    assert row.ends_on < LAST
    serves = serves_through(row, ends_on(world, key), keeps=True)
    found = balance_on(row, world.today, {}, POLICY, serves=serves)
    assert (found.unused, due(world, key, world.today)) == (((LAST, CARRIED),), LAST)
    gone = gone_over_of(world)
    assert dict(gone.pool(key_of("A2", YEARS[1])).lasting) == {LAST: CARRIED}


def gone_over_of(world: World) -> World:
    closed(world, "A", YEARS[1], SWITCH)
    return world


def test_where_a_transfer_keeps_no_day_both_are_that_of_the_transfer() -> None:
    world, key = announced(), key_of("A", YEARS[1])
    row = row_of(world, key)
    assert serves_through(row, LAST, keeps=False) == row.ends_on == date(2027, 6, 30)


def test_of_a_closed_period_both_are_as_its_close_told_them() -> None:
    row = row_of(gone_over(in_second_year()), key_of("A", YEARS[1]))
    assert row.closing is not None
    untold = {name: told for name, told in row.closing.items() if name != "switched"}
    assert serves_through(row, LAST, keeps=False) == LAST
    assert serves_through(row._replace(closing=untold), LAST, keeps=True) == date(2027, 6, 30)
