"""A claim of a closed period that is taken back is that period's: what is free again serves in the
next one and no longer."""

from datetime import date

import pytest

from contracts.coc import DesignationReleased, PoolClosed
from contracts.coc_corrections import PoolCorrected
from contracts.custody import Account, Carried, Lot
from services.coc_ledger.pools.commands import ApplyChange, ClaimChange, ClosePeriod
from services.coc_ledger.pools.deferred import ChangeDeferred
from tests.rules.coc.given import DAY, KEY, NEXT, kg, pools, scrap, ship, where
from tests.rules.coc.given import claim as claimed
from tests.rules.coc.monthly import Monthly

AFTER = date(2027, 1, 10)


def with_a_claim() -> Monthly:
    """1,000 kg of March are claimed by a document that nobody has confirmed."""
    monthly = Monthly()
    monthly.receive(3, 1000)
    monthly.ship(3, 1000)
    assert monthly.claim("D-1", 3, 1000) == ""
    monthly.ship(5, 1000)
    return monthly


def test_what_a_late_withdrawal_frees_is_not_banked() -> None:
    monthly = with_a_claim()
    assert [monthly.close(3), monthly.close(4)] == ["", ""]
    assert monthly.withdraw("D-1") == ""
    assert kg(monthly.pool(3), Account.OUTPUT_COC) == 0
    assert kg(monthly.pool(5), Account.OUTPUT_COC) == 0
    assert [monthly.pool(month).carried_kg for month in (4, 5)] == [1000, 0]
    assert monthly.claim("D-2", 5, 1) == "claim-not-covered"


def test_it_serves_in_the_next_period_while_that_is_open() -> None:
    monthly = with_a_claim()
    monthly.ship(4, 600)
    assert monthly.close(3) == ""
    assert monthly.withdraw("D-1") == ""
    assert monthly.claim("D-2", 4, 600) == ""
    monthly.close(4)
    assert monthly.pool(5).carried_kg == 0


@pytest.mark.parametrize("late", [True, False])
def test_withdrawn_after_the_close_is_as_if_withdrawn_before_it(*, late: bool) -> None:
    one, other = with_a_claim(), with_a_claim()
    other.withdraw("D-1")
    for monthly in (one, other):
        monthly.close(3)
        if late:
            monthly.close(4)
    one.withdraw("D-1")
    for month in (3, 4, 5):
        mine, theirs = one.pool(month), other.pool(month)
        assert (mine.kgs, mine.terms, mine.blocked) == (theirs.kgs, theirs.terms, theirs.blocked)


def change(number: str, *, restored: bool) -> ApplyChange:
    """A claim of 100 kg is taken back, or holds again."""
    told = ClaimChange(
        change_id=f"check:{number}:D-1",
        document="D-1",
        day=DAY,
        mass_kg=100,
        lot=Lot.PRODUCT,
        carried=Carried(),
        because="check_passed" if restored else "check_failed",
        restored=restored,
    )
    return ApplyChange(on=AFTER, pool=KEY, member_id="M-1", ends_on=date(2026, 12, 31), claim=told)


def test_a_check_that_fails_after_the_close_corrects_it_and_one_that_passes_again() -> None:
    close = ClosePeriod(**where(on=AFTER))
    closed = pools.when(scrap("IN-1", 100), ship("OUT-1", 100), claimed("D-1", 100), close)
    failed = closed.and_when(change("2", restored=False))
    released, corrected = failed.events
    assert isinstance(released, DesignationReleased)
    assert isinstance(corrected, PoolCorrected)
    assert (released.day, released.late_for) == (DAY, None)
    assert (corrected.balance_change_kg, corrected.reason) == (100, "check_failed")
    passed = failed.and_when(change("3", restored=True)).events[1]
    assert isinstance(passed, PoolCorrected)
    assert passed.balance_change_kg == -100


def test_a_claim_that_was_passed_on_by_the_rule_of_then_comes_back_the_same_way() -> None:
    """Given back in a later period: there it is claimed again, and from then on in its own."""
    close = ClosePeriod(**where(on=AFTER))
    closed = pools.when(scrap("IN-1", 100), ship("OUT-1", 100), claimed("D-1", 100), close)
    assert isinstance(closed.events[0], PoolClosed)
    first = change("2", restored=False)
    then = ChangeDeferred(
        pool=KEY,
        member_id="M-1",
        to=KEY.model_copy(update={"period": NEXT}),
        late_for=DAY,
        change_id="check:2:D-1",
        claim=first.claim,
    )
    back = closed.and_given(then).when(change("3", restored=True))
    assert [type(one) for one in back.events] == [ChangeDeferred]
    again = back.and_when(change("4", restored=False))
    assert [type(one) for one in again.events] == [DesignationReleased, PoolCorrected]
