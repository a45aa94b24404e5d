"""A balance as of a day, after what a closed period left was corrected: as if it had never been
wrong, on every day; and on its last day what the pool itself says."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from contracts.custody import PoolKey
from services.coc_ledger.accounting.balance_on import BalanceOn
from tests.rules.coc.monthly import Monthly
from tests.rules.coc.test_balance_on import told
from tests.rules.coc.world import YEAR


def to(monthly: Monthly, month: int, day: int) -> None:
    monthly.world.today = date(2026, month, day)


def going_on(monthly: Monthly, closed: int) -> None:
    """In February and March metal without CoC comes in and leaves; so many months are closed, each
    soon after its end."""
    for month in (1, 2, 3):
        to(monthly, month + 1, 3)
        if month > 1:
            assert monthly.receive(month, 1000, coc=False) == ""
            assert monthly.ship(month, 1000) == ""
        if month <= closed:
            assert monthly.close(month) == ""
    to(monthly, 4, 10)


def sold(mass: int, closed: int) -> Monthly:
    """Of 1,000 kg of January so much is claimed."""
    monthly = Monthly(date(2026, 1, 31))
    assert monthly.receive(1, 1000) == ""
    assert monthly.ship(1, 1000) == ""
    assert monthly.claim("D-1", 1, mass) == ""
    assert monthly.confirm("D-1", 1, mass) == ""
    going_on(monthly, closed)
    return monthly


def overdrawn(closed: int, *, wrong: bool) -> Monthly:
    """In January 1,200 kg are claimed, of which 1,000 kg came in; `wrong`: 1,200 kg, as it is
    told."""
    monthly = Monthly(date(2026, 1, 31))
    assert monthly.receive(1, 1000) == ""
    assert not wrong or monthly.receive(1, 200) == ""
    assert monthly.ship(1, 1200) == ""
    case = {**monthly.at(1), "reason": "furnace-fire"}
    assert monthly.world.attempt("declare_overdraft_case", **case) == ""
    assert monthly.claim("D-1", 1, 1200) == ""
    going_on(monthly, closed)
    return monthly


def test_what_a_later_close_carried_over_is_no_overdraft_of_the_days_before_it() -> None:
    monthly = sold(400, closed=1)
    day = date(2026, 2, 2)  # January was closed on the third
    found = told(monthly.world, day, monthly.key(2))
    assert found.cover.available_kg == 0, "as it stood"
    assert (found.claimable.available_kg, found.claimable_own_kg) == (600, 600)


def days(monthly: Monthly) -> Iterator[tuple[date, PoolKey, BalanceOn]]:
    """The balance of every day of the first months."""
    day = YEAR
    while day <= monthly.world.today:
        key = monthly.key(day.month)
        yield day, key, told(monthly.world, day, key)
        day += timedelta(days=1)


def alike(one: Monthly, other: Monthly) -> None:
    for (day, _, mine), (_, _, theirs) in zip(days(one), days(other), strict=True):
        found, wanted = (
            (made.masses, made.stood, made.cover, made.claimable) for made in (mine, theirs)
        )
        assert found == wanted, day


def ends_as_its_pool(monthly: Monthly) -> None:
    """On the last day of a period its balance is what the pool says."""
    ends = [one for one in days(monthly) if (one[0] + timedelta(days=1)).day == 1]
    assert len(ends) == 3
    for day, key, made in ends:
        pool = monthly.world.pool(key)
        assert (made.stood.terms, made.masses) == (pool.terms, pool.kgs), day


@pytest.mark.parametrize("closed", [1, 2, 3])
def test_a_claim_that_is_corrected_late_is_as_if_it_had_never_been_more(closed: int) -> None:
    wrong, right = sold(1000, closed), sold(100, closed)
    assert wrong.correct("D-1", "D-2", 4, 100) == ""
    alike(wrong, right)
    ends_as_its_pool(wrong)
    last = told(wrong.world, date(2026, 2, 28), wrong.key(2))
    assert last.stood.terms.carried_kg == last.cover.available_kg == 900


@pytest.mark.parametrize("closed", [1, 2, 3])
def test_an_overdraft_that_is_found_late_is_owed_on_every_day_on_which_it_was(closed: int) -> None:
    wrong, right = overdrawn(closed, wrong=True), overdrawn(closed, wrong=False)
    back = {"movement_id": "BACK", "reverses": "M-2", "reason": "never-came"}
    assert wrong.world.attempt("reverse_movement", **wrong.at(1), **back) == ""
    wrong.world.settle()
    alike(wrong, right)
    ends_as_its_pool(wrong)
    assert told(wrong.world, date(2026, 2, 1), wrong.key(2)).stood.terms.owed_kg == 200


def test_a_period_that_is_closed_after_the_next_one_is_over_leaves_it_its_balance_too() -> None:
    """Before the close it was not there; on the last day of the next period it is, as it is in the
    pool, which may still be claimed from."""
    monthly = sold(100, closed=0)
    assert monthly.close(1) == ""
    ends_as_its_pool(monthly)
    before = told(monthly.world, date(2026, 2, 27), monthly.key(2))
    assert before.stood.terms.carried_kg == 0
    assert before.claimable.available_kg == 900


def test_a_balance_counts_from_the_day_of_the_close_that_told_it_however_it_is_corrected() -> None:
    monthly = sold(1000, closed=1)
    assert monthly.correct("D-1", "D-2", 4, 100) == ""
    by_day = {
        day.day: told(monthly.world, day, monthly.key(2)).stood.terms.carried_kg
        for day in (date(2026, 2, 1), date(2026, 2, 2), date(2026, 2, 3), date(2026, 2, 20))
    }
    assert by_day == {1: 0, 2: 0, 3: 900, 20: 900}
