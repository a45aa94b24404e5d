"""A physical count that finds less takes its share of what the stock is known to be; one that finds
more adds mass of which nothing is known. Neither makes metal more recycled than it came in."""

from hypothesis import given
from hypothesis import strategies as some

from contracts.custody import Account
from services.coc_ledger.accounting.accounts import Amount
from services.coc_ledger.evidence import PoolKnown
from services.coc_ledger.pools.commands import CountStock, ReverseMovement
from services.coc_ledger.pools.state import Pool
from tests.rules.coc.given import balanced, movement, pools, receive, scrap, where
from tests.rules.coc.test_together import one_by_one, together

TOLD = {"footprint": {"intensity_kgco2e_per_kg": "2"}}


def count(movement_id: str, kg: int) -> CountStock:
    return CountStock(movement_id=movement_id, counted_kg=kg, **where())


def counted(kg: int) -> Pool:
    """1,000 kg, half of them scrap with a footprint, counted as so many."""
    half = pools.when(scrap("IN-1", 500, **TOLD)).and_when(receive("IN-2", 500))
    state: Pool = half.and_when(count("N", kg)).state
    return state


def test_what_is_found_missing_was_as_much_scrap_as_the_rest() -> None:
    stock = counted(600).books[Account.STOCK]
    assert stock == Amount(600, known_kg=300, emission_g=1_000_000, post_kg=300)
    assert counted(600).books[Account.UNEXPLAINED] == Amount(400, known_kg=200, post_kg=200)


def test_of_what_is_found_beyond_the_books_nothing_is_known() -> None:
    stock = counted(1_500).books[Account.STOCK]
    assert stock == Amount(1_500, known_kg=500, emission_g=1_000_000, post_kg=500)


def test_a_count_of_nothing_leaves_the_emissions_to_what_comes() -> None:
    assert counted(0).books[Account.STOCK] == Amount(0, emission_g=1_000_000)


@given(first=some.integers(0, 2_000), then=some.integers(0, 2_000))
def test_together_they_are_booked_as_one_by_one(first: int, then: int) -> None:
    rows = (count("N-1", first), count("N-2", then))
    start: Pool = pools.when(scrap("IN-1", 500, **TOLD)).and_when(receive("IN-2", 500)).state
    assert together(rows, start)[1].books == one_by_one(rows, start)[1].books


@given(kg=some.integers(0, 2_000))
def test_taken_back_it_leaves_the_stock_as_it_was(kg: int) -> None:
    answered = pools.when(scrap("IN-1", 500, **TOLD)).and_when(receive("IN-2", 500))
    before = answered.state.books[Account.STOCK]
    after = answered.and_when(count("N", kg))
    seen = PoolKnown(reversed=movement(after.events[-1]))
    back = ReverseMovement(movement_id="BACK", reverses="N", **where(known=seen))
    state: Pool = after.and_when(back).state
    assert (state.books[Account.STOCK], balanced(state)) == (before, True)
