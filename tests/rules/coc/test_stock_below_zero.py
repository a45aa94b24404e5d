"""More has left of one period than was there, and another one left metal to the same pool: its lots
wait for metal, and the pool's is no more recycled, nor known, than metal can be (5.7, R-34)."""

from datetime import date

import pytest

from contracts.coc import BalanceCarried
from contracts.coc_corrections import BalanceCorrected
from contracts.custody import Account, PoolKey, Stage
from services.coc_ledger.accounting.accounts import Amount, held
from services.coc_ledger.accounting.period_end import begun, stock_entries
from services.coc_ledger.pools.late import share
from services.coc_ledger.pools.state import INITIAL, Pool, evolve
from tests.rules.coc.given import POLICY, YEAR

ON = date(2026, 2, 1)
SCRAP = Amount(100, 100, 61_700, 0, 100)
"""100 kg of post-consumer scrap with a footprint."""
HERE, THERE, OTHER = (
    PoolKey(scope_id=scope, stage=Stage.ALUMINIUM, period=YEAR) for scope in ("A", "B", "C")
)


def carried(source: PoolKey, stock: Amount) -> BalanceCarried:
    return BalanceCarried(
        pool=HERE,
        member_id="A",
        from_pool=source,
        balance_kg=0,
        owed_kg=0,
        blocked=False,
        entries=stock_entries(stock),
    )


def corrected(source: PoolKey, more: Amount) -> BalanceCorrected:
    return BalanceCorrected(
        pool=HERE,
        member_id="A",
        from_pool=source,
        correction_id="R",
        reason="mistake",
        balance_change_kg=0,
        owed_change_kg=0,
        blocked=False,
        entries=stock_entries(more),
    )


def after(*events: BalanceCarried | BalanceCorrected) -> Pool:
    """The pool once all is shared that came late."""
    state = evolve(INITIAL, begun(HERE, "A", date(2026, 12, 31), POLICY))
    for event in events:
        state = evolve(state, event)
        for late in share(state, ON):
            state = evolve(state, late)
    return state


@pytest.mark.parametrize("first", [0, 1])
def test_metal_of_one_period_is_shared_with_what_had_left_of_another_before_it_came(
    first: int,
) -> None:
    """In either order: 80 of 100 kg had left, and take along what they should have told."""
    came = [carried(THERE, SCRAP), carried(OTHER, Amount(-80))]
    state = after(came[first], came[1 - first])
    assert held(state.books, Account.STOCK) == Amount(20, 20, 12_340, 0, 20)
    assert state.told_otherwise == Amount(0, 80, 49_360, 0, 80)


def test_a_correction_of_what_a_period_left_takes_its_metal_off_and_nothing_of_the_rest() -> None:
    half = Amount(-50, -50, -30_850, 0, -50)
    state = after(carried(THERE, SCRAP), corrected(THERE, half))
    assert held(state.books, Account.STOCK) == Amount(50, 50, 30_850, 0, 50)
    assert not any(state.told_otherwise)


def test_a_correction_may_leave_less_than_nothing_or_something_after_all() -> None:
    """130 kg that were booked by mistake had never come, so that 30 more had left than was there;
    and had."""
    gone = Amount(-130, -100, -61_700, 0, -100)
    state = after(carried(OTHER, Amount(200)), carried(THERE, SCRAP), corrected(THERE, gone))
    assert held(state.books, Account.STOCK) == Amount(170)
    back = corrected(THERE, Amount(130, 100, 61_700, 0, 100))
    again = after(carried(OTHER, Amount(200)), carried(THERE, SCRAP), corrected(THERE, gone), back)
    assert held(again.books, Account.STOCK) == Amount(300, 100, 61_700, 0, 100)
    assert again.lots.opened_kg == {OTHER.key: 200, THERE.key: 100}
