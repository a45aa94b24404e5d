"""Why claims of a period are stopped is told as the rules found it: too much was claimed, or an
overdraft was not made good, or both."""

from datetime import date

import pytest

from contracts.custody import PoolKey, Stage
from services.coc_ledger.accounting.balance_on import BalanceOn, balance_on
from services.coc_ledger.accounting.stops import UNTOLD, before, stops
from tests.rules.coc.given import POLICY
from tests.rules.coc.test_late_deliveries import LATER, corrected, sold, year_ends
from tests.rules.coc.test_periods_and_orders import close
from tests.rules.coc.world import LEDGER, World

WITHOUT_COVER = "990 kg were claimed without cover in the period 2026-01-01 to 2026-12-31"
NOT_MADE_GOOD = (
    "990 kg of overdraft of the period before were not made good in the period 2027-01-01 to"
    " 2027-12-31"
)


def found(world: World, year: int) -> tuple[list[str], BalanceOn]:
    """The reasons, from rows alone, and the balance of a day of that year."""
    rows = world.reader.rows["pools"]
    key = PoolKey(scope_id="B", stage=Stage.ALUMINIUM, period=date(year, 1, 1)).key
    row = rows[key]
    left = {one: rows[one] for one in before(row)}
    stopped = stops(row, left, LEDGER.policies)
    balance = balance_on(row, date(year, 6, 1), {}, POLICY, stopped)
    return [one.reason for one in stopped], balance


def overdrawn(*, closed: bool) -> World:
    """1,000 kg of a delivery are claimed, of which 10 kg were delivered after all."""
    world = sold()
    corrected(world, 10)
    if closed:
        close(world, "B")
    return world


def test_what_was_claimed_beyond_the_overdraft_is_called_so() -> None:
    reasons, balance = found(overdrawn(closed=True), 2027)
    assert reasons == [WITHOUT_COVER]
    assert balance.barred == balance.how == WITHOUT_COVER


def test_a_period_that_is_over_and_open_says_so() -> None:
    reasons, balance = found(overdrawn(closed=False), 2027)
    assert reasons == [f"{WITHOUT_COVER}, which is over and not closed"]
    assert balance.barred == reasons[0]


@pytest.mark.parametrize("closed", [True, False])
def test_an_overdraft_that_was_not_made_good_is_called_so(*, closed: bool) -> None:
    world = overdrawn(closed=True)
    year_ends(world, LATER)
    if closed:
        close(world, "B", date(2027, 1, 1))
    reasons, _ = found(world, 2028)
    assert reasons == [
        NOT_MADE_GOOD if closed else f"{NOT_MADE_GOOD}, which is over and not closed"
    ]


def test_a_pool_that_is_not_stopped_names_no_reason() -> None:
    world = sold()
    close(world, "B")
    year_ends(world, LATER)
    close(world, "B", date(2027, 1, 1))
    row = world.reader.rows["pools"][
        PoolKey(scope_id="B", stage=Stage.ALUMINIUM, period=date(2027, 1, 1)).key
    ]
    assert (
        stops(row, {one: world.reader.rows["pools"][one] for one in before(row)}, LEDGER.policies)
        == []
    )


def test_where_the_periods_before_tell_nothing_no_reason_is_made_up() -> None:
    world = overdrawn(closed=True)
    row = world.reader.rows["pools"][
        PoolKey(scope_id="B", stage=Stage.ALUMINIUM, period=date(2027, 1, 1)).key
    ]
    assert balance_on(row, date(2027, 6, 1), {}, POLICY).barred == UNTOLD
