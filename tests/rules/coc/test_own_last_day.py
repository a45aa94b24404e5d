"""An overdraft that has a last day of its own, since its scope went over, is told as made good, in
time or late, when the books cover it, and not with the close of the period it came into."""

from datetime import date

from contracts.coc_periods import OverdraftMadeGood
from tests.rules.coc.test_balance_goes_over import LAST, SWITCH, at, moved, overdrawn
from tests.rules.coc.test_periods_and_orders import EVERY
from tests.rules.coc.world import World

OWED = 150
BEFORE, BEHIND = date(2027, 10, 1), date(2028, 2, 1)
"""Days before and behind the last one of its own; the successor's year ends in mid-2028."""


def came(world: World, kg: int, day: date, today: date) -> None:
    """A2 takes in as much CoC metal of a day, and ships it."""
    world.today = today
    look = {"scope_id": "A2", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=date(2027, 7, 1))
    for command in ("receive_material", "ship_material"):
        moved(world, command, kg, at("A2", day))


def told(world: World) -> list[tuple[int, date, date | None, int]]:
    """What was told of the successor's owing: what is missing, when, by when it is due, what was
    late."""
    found = [one.event for one in world.desk.log if isinstance(one.event, OverdraftMadeGood)]
    assert {(one.pool.scope_id, one.owed_kg) for one in found} <= {("A2", OWED)}
    return [(one.missing_kg, one.on, one.due_on, one.late_kg) for one in found]


def test_it_is_told_as_made_good_on_the_day_on_which_the_books_cover_it() -> None:
    world = overdrawn(successor_from=SWITCH)
    came(world, OWED - 1, BEFORE, BEFORE)
    assert told(world) == [], "1 kg is missing"
    came(world, 1, BEFORE, BEFORE)
    assert told(world) == [(0, BEFORE, LAST, 0)]


def test_what_covers_it_no_longer_is_told_as_missing_again() -> None:
    world = overdrawn(successor_from=SWITCH)
    came(world, OWED, BEFORE, BEFORE)
    plain = {"movement_id": "PLAIN", "mass_kg": OWED, "origin": "non_coc"}
    world.send("receive_material", **at("A2", BEFORE), **plain)
    world.settle()
    assert told(world)[1:] == [(OWED // 2, BEFORE, LAST, 0)]


def test_what_covers_it_behind_its_own_day_is_told_as_late() -> None:
    world = overdrawn(successor_from=SWITCH)
    came(world, 50, BEFORE, BEFORE)
    came(world, OWED, BEHIND, BEHIND)
    assert told(world) == [(0, BEHIND, LAST, 100)]


def test_what_is_booked_late_of_a_day_in_time_is_in_time() -> None:
    world = overdrawn(successor_from=SWITCH)
    came(world, OWED, BEFORE, BEHIND)
    assert told(world) == [(0, LAST, LAST, 0)]


def test_what_is_owed_where_a_scope_goes_over_is_told_by_the_day_that_it_keeps() -> None:
    """In the pool that the transfer cuts, before it is closed: it ends half a year before."""
    world, end = overdrawn(closed_on_time=False), date(2027, 6, 30)
    look = {"scope_id": "A", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=date(2027, 1, 5))
    for command in ("receive_material", "ship_material"):
        moved(world, command, OWED, at("A", end))
    found = [one.event for one in world.desk.log if isinstance(one.event, OverdraftMadeGood)]
    assert [(one.pool.scope_id, one.missing_kg, one.on, one.due_on) for one in found] == [
        ("A", 0, end, LAST)
    ]
