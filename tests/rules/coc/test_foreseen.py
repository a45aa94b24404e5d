"""An overdraft is made good by the end of the next period, whether its own is closed or not."""

from datetime import date

import pytest

from contracts.coc_calendar import PoolShortened
from contracts.coc_periods import OverdraftForeseen, OverdraftMadeGood
from contracts.custody import PoolKey, Stage
from services.coc_ledger.exports.statements import lines
from services.coc_ledger.scopes.commands import ApproveScopeTransfer
from tests.rules.coc import conserved
from tests.rules.coc.given import POLICY
from tests.rules.coc.monthly import Monthly
from tests.rules.coc.test_balance_on import told
from tests.rules.coc.test_sellable import answer

JANUARY, FEBRUARY = date(2026, 1, 20), date(2026, 2, 1)


def overdrawn() -> Monthly:
    """200 kg are owed; the first of February has come, and nobody has closed January."""
    monthly = Monthly(JANUARY)
    monthly.overdrawn()
    return monthly


def feed(monthly: Monthly, month: int, mass: int) -> None:
    """So much CoC comes in and leaves."""
    assert [monthly.receive(month, mass), monthly.ship(month, mass)] == ["", ""]


def test_it_counts_in_the_next_period_from_its_first_day_on() -> None:
    monthly = overdrawn()
    key = monthly.key(2)
    assert told(monthly.world, FEBRUARY, key).cover.owed_kg == 200
    monthly.days_go_by(date(2026, 2, 20))
    feed(monthly, 2, 300)
    assert monthly.claim("D-2", 2, 101) == "claim-not-covered"
    day = date(2026, 2, 20)
    stood, sold = told(monthly.world, day, key), answer(monthly.world, day, key)
    assert (stood.cover.owed_kg, stood.cover.available_kg, sold.kg) == (200, 100, 100)
    assert [line.kg for line in stood.working if line.name == "owed"] == [-200]
    assert monthly.claim("D-2", 2, 100) == ""


def test_what_comes_late_for_the_period_changes_what_is_owed() -> None:
    monthly = overdrawn()
    monthly.receive(1, 150)
    assert monthly.pool(2).owed_kg == monthly.world.reader.row("pools", monthly.key(2).key).owed_kg
    # 1,150 of 1,350 kg are CoC, and 1,200 have left: 1,022 kg are covered of 1,200
    assert monthly.pool(2).owed_kg == 178
    assert monthly.withdraw("D-1") == ""
    assert monthly.pool(2).owed_kg == 0


def test_the_close_puts_what_is_owed_in_the_place_of_what_was_foreseen() -> None:
    monthly = overdrawn()
    assert monthly.close(1) == ""
    february = monthly.pool(2)
    assert (february.owed_kg, february.foreseen, february.blocked) == (200, {}, False)
    monthly.days_go_by(date(2026, 3, 1))
    feed(monthly, 2, 500)
    assert monthly.close(2) == ""
    assert (monthly.pool(3).owed_kg, monthly.pool(3).carried_kg) == (0, 300)


@pytest.mark.parametrize("opened", [True, False])
def test_what_is_not_made_good_in_the_next_period_stops_claims_in_the_one_after(
    opened: bool,
) -> None:
    """Neither is closed; nothing else need have been booked in the second one."""
    monthly = overdrawn()
    if opened:
        monthly.ship(2, 1)
    monthly.days_go_by(date(2026, 3, 20))
    march = monthly.pool(3)
    assert (march.owed_kg, march.blocked) == (200, True)
    feed(monthly, 3, 150)
    assert monthly.claim("D-2", 3, 1) == "claim-not-covered"
    assert answer(monthly.world, date(2026, 3, 20), monthly.key(3)).kg == 0
    assert [monthly.close(1), monthly.close(2)] == ["", ""]
    assert (monthly.pool(3).owed_kg, monthly.pool(3).blocked) == (200, True)
    feed(monthly, 3, 60)
    assert monthly.claim("D-2", 3, 10) == ""


def test_a_balance_counts_from_the_close_alone() -> None:
    monthly = Monthly(JANUARY)
    feed(monthly, 1, 1000)
    monthly.days_go_by(FEBRUARY)
    assert monthly.pool(2).key is None
    assert monthly.close(1) == ""
    assert monthly.pool(2).carried_kg == 1000


def test_a_period_whose_end_no_clock_has_told_tells_it_with_what_comes_late() -> None:
    """Its books are older than the rule, or were opened after its last day."""
    monthly = Monthly()
    monthly.overdrawn()
    assert monthly.pool(1).told is not None
    assert monthly.pool(2).owed_kg == 200


OVER_ON, OTHER = date(2026, 1, 25), "M2"


def gone_over(monthly: Monthly) -> PoolKey:
    """M goes over into M2 of the same member in the middle of January; the day comes. Returns the
    pool of M2, whose period is the year."""
    world = monthly.world
    world.open(OTHER, "A")
    approved = ApproveScopeTransfer(
        on=world.today,
        scope_id="M",
        member_id="A",
        to_scope_id=OTHER,
        effective_on=OVER_ON,
        approver="person-1",
        known_to=True,
    )
    world.desk.handle(approved, "transfer", "", world.today)
    world.settle()
    monthly.days_go_by(OVER_ON)
    return PoolKey(scope_id=OTHER, stage=Stage.ALUMINIUM, period=date(2026, 1, 1))


def overdrawn_in_january() -> Monthly:
    """200 kg are claimed ahead of input, and January is still running."""
    monthly = Monthly(JANUARY)
    monthly.overdrawn(until=JANUARY)
    return monthly


def test_what_a_scope_owes_that_goes_over_counts_in_its_successor_from_that_day_on() -> None:
    """Closed or not, and not from the end that its period would have had (5.6, 7)."""
    monthly = overdrawn_in_january()
    successor = gone_over(monthly)
    assert monthly.pool(1).end is None
    assert monthly.pool(1).ends_on == date(2026, 1, 24)
    assert monthly.world.pool(successor).owed_kg == 200
    [told_first] = [
        one.event for one in monthly.world.desk.log if isinstance(one.event, OverdraftForeseen)
    ]
    assert (told_first.pool, told_first.from_pool) == (successor, monthly.key(1))
    assert monthly.close(1) == ""
    after = monthly.world.pool(successor)
    assert (after.owed_kg, after.foreseen) == (200, {})


def test_it_is_closed_from_that_day_on_and_what_it_leaves_goes_to_its_successor() -> None:
    monthly = overdrawn_in_january()
    monthly.withdraw("D-1")
    successor = gone_over(monthly)
    assert monthly.close(1) == ""
    assert monthly.world.pool(successor).carried_kg == 1000
    shorter = [one.event for one in monthly.world.desk.log if isinstance(one.event, PoolShortened)]
    assert [one.ends_on for one in shorter] == [date(2026, 1, 24)]


def test_a_pool_that_is_opened_late_for_a_scope_that_went_over_ends_with_it() -> None:
    monthly = Monthly(JANUARY)
    gone_over(monthly)
    assert monthly.receive(1, 100) == ""
    assert monthly.pool(1).ends_on == date(2026, 1, 24)


def test_a_statement_tells_what_is_foreseen_and_ends_in_the_balance() -> None:
    monthly = overdrawn()
    monthly.days_go_by(date(2026, 2, 20))
    feed(monthly, 2, 300)
    conserved.statements_end_in_the_balance(monthly.world)
    stream = monthly.key(2).stream
    booked = [one for one in monthly.world.desk.log if one.envelope.stream == stream]
    told = list(lines(booked, POLICY))
    assert (told[0].kind, told[0].owed_kg, told[-1].available_kg) == (
        "overdraft_foreseen",
        200,
        100,
    )
    assert monthly.close(1) == ""
    conserved.statements_end_in_the_balance(monthly.world)


def told_made_good(monthly: Monthly) -> list[tuple[int, int, date]]:
    """What was told of February's owing: how much, what is missing, on which day."""
    events = [one.event for one in monthly.world.desk.log]
    found = [one for one in events if isinstance(one, OverdraftMadeGood)]
    assert {one.pool for one in found} <= {monthly.key(2)}
    return [(one.owed_kg, one.missing_kg, one.on) for one in found]


def test_what_is_made_good_in_the_books_is_told_on_the_day_on_which_it_is() -> None:
    monthly = overdrawn()
    assert told_made_good(monthly) == []
    monthly.days_go_by(date(2026, 2, 20))
    feed(monthly, 2, 199)
    assert told_made_good(monthly) == []
    feed(monthly, 2, 1)
    once = [(200, 0, date(2026, 2, 20))]
    assert told_made_good(monthly) == once
    feed(monthly, 2, 50)
    assert monthly.claim("D-2", 2, 50) == ""
    assert told_made_good(monthly) == once, "what is claimed since takes nothing of it"


def test_what_is_no_longer_covered_is_told_as_missing_again() -> None:
    monthly = overdrawn()
    monthly.days_go_by(date(2026, 2, 20))
    feed(monthly, 2, 200)
    assert monthly.receive(2, 200, coc=False) == ""
    assert told_made_good(monthly)[1:] == [(200, 100, date(2026, 2, 20))]


def test_what_was_made_good_is_told_with_the_end_of_the_period_before_its_close() -> None:
    monthly = overdrawn()
    monthly.days_go_by(date(2026, 2, 20))
    feed(monthly, 2, 300)
    monthly.days_go_by(date(2026, 3, 5))
    assert told_made_good(monthly)[-1] == (200, 0, date(2026, 2, 28))
    assert monthly.pool(3).owed_kg == 0


def test_what_is_owed_is_called_covered_from_the_day_on_which_the_books_cover_it() -> None:
    monthly = overdrawn()
    key, day = monthly.key(2), date(2026, 2, 20)
    assert not told(monthly.world, FEBRUARY, key).owed_covered
    monthly.days_go_by(day)
    feed(monthly, 2, 199)
    assert not told(monthly.world, day, key).owed_covered, "1 kg is missing"
    feed(monthly, 2, 1)
    found = told(monthly.world, day, key)
    assert (found.owed_covered, found.made_good) == (True, False), "nothing was stopped"
    assert not told(monthly.world, FEBRUARY, key).owed_covered, "nothing covered it on that day"
    assert not told(monthly.world, JANUARY, monthly.key(1)).owed_covered, "nothing is owed there"
