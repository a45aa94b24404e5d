"""One period after the other: they are closed in their order, and what came in is what went out,
was lost and is left, over all of them."""

from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.custody import Account
from services.coc_ledger.accounting.accounts import ACCOUNTS
from tests.rules.coc.given import balanced, kg
from tests.rules.coc.monthly import Monthly, refusal

BOOKED = ("receive", "receive other", "ship", "lose", "close")
STEP = some.tuples(some.sampled_from(BOOKED), some.integers(1, 5), some.integers(1, 1000))


def test_a_period_is_closed_after_those_before_it() -> None:
    monthly = Monthly()
    monthly.receive(1, 1000)
    monthly.ship(2, 800)
    refused = refusal(monthly, 2)
    assert (refused.slug, str(refused.facts["period"])) == ("earlier-period-open", "2026-01-01")
    assert "2026-01-01" in refused.sentence
    assert [monthly.close(month) for month in (1, 2)] == ["", ""]
    assert monthly.stock(3) == 200


def test_what_left_before_it_came_goes_on_as_less_than_nothing_with_a_remark() -> None:
    monthly = Monthly()
    monthly.ship(1, 800)
    monthly.close(1)
    assert monthly.stock(2) == -800
    closing = monthly.world.reader.row("pools", monthly.key(1).key).closing
    assert [one["sentence"] for one in closing["remarks"]] == [
        "800 kg more have left than there were."
    ]
    monthly.receive(2, 1000)
    monthly.close(2)
    assert monthly.stock(3) == 200


def test_closed_out_of_order_as_was_possible_before_is_as_if_closed_in_order() -> None:
    """An overdraft, a balance and a stock."""
    worlds = Monthly(), Monthly()
    for monthly in worlds:
        monthly.receive(1, 1000)
        monthly.ship(1, 600)
        monthly.claim("D-1", 1, 200)
        monthly.ship(2, 300)
    wrong, right = worlds
    for month in (2, 1):
        wrong.close_as_before(month)
    for month in (1, 2):
        right.close(month)
    for month in (1, 2, 3):
        mine, theirs = wrong.pool(month), right.pool(month)
        assert {one: kg(mine, one) for one in ACCOUNTS} == {
            one: kg(theirs, one) for one in ACCOUNTS
        }
        assert (mine.terms, mine.blocked) == (theirs.terms, theirs.blocked)
    assert (right.pool(2).carried_kg, right.pool(3).carried_kg) == (400, 0)


@settings(max_examples=60)
@given(some.lists(STEP, min_size=1, max_size=25))
def test_what_came_in_is_what_went_out_was_lost_and_is_left(
    steps: list[tuple[str, int, int]],
) -> None:
    """Whatever is booked late, and whoever tries to close out of order."""
    monthly = Monthly()
    for what, month, mass in steps:
        _take(monthly, what, month, mass)
        assert all(balanced(pool) for pool in monthly.world.pools().values())
    for month in range(1, 6):
        monthly.close(month)
    sums = dict.fromkeys(ACCOUNTS, 0)
    for month in range(1, 7):
        for one in ACCOUNTS:
            sums[one] += kg(monthly.pool(month), one)
    came = -sums[Account.INPUT_POST_CONSUMER] - sums[Account.NON_COC]
    went = sums[Account.OUTFLOW] + sums[Account.LOSSES]
    there = [month for month in range(1, 7) if monthly.pool(month).key]
    assert (monthly.stock(there[-1]) if there else 0) == came - went


def _take(monthly: Monthly, what: str, month: int, mass: int) -> None:
    """One step; a period is closed once, and after those before it."""
    closed = monthly.pool(month).end is not None
    if what == "close":
        opened = [one for one in range(1, month + 1) if monthly.pool(one).key]
        first = next((one for one in opened if monthly.pool(one).end is None), month)
        slug = monthly.close(month)
        unknown = "unknown-pool" if monthly.pool(month).key is None else ""
        assert slug == (unknown or ("" if closed or first == month else "earlier-period-open"))
        return
    if what == "lose":
        slug = monthly.book("book_loss", month, mass)
    elif what == "ship":
        slug = monthly.ship(month, mass)
    else:
        slug = monthly.receive(month, mass, coc=what == "receive")
    assert slug == ("period-closed" if closed else "")
