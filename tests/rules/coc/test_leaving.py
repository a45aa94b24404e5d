"""Which pools leave something to a pool: who asks about it waits for what they carried."""

from datetime import date

import pytest

from contracts.custody import PoolKey, Stage
from services.coc_ledger.pools.leaving import key_of, left_by
from services.coc_ledger.rows import ScopeRow

POOL = PoolKey(scope_id="A", stage=Stage.ALUMINIUM, period=date(2027, 1, 1))


def scope(scope_id: str, first: str, months: int = 12, over: date | None = None) -> ScopeRow:
    day = date.fromisoformat(first)
    calendar = ((first, months),)
    whole = ScopeRow(scope_id, "M", "E", "x", (), (), calendar, day, {}, None, None, over, None)
    return whole._replace(to_scope_id="A" if over else None)


def keys(*over: ScopeRow) -> list[str]:
    return [one.key for one in left_by(POOL, scope("A", "2026-01-01"), over)]


def test_the_period_before_leaves_something_and_the_first_one_has_none() -> None:
    assert keys() == ["A:aluminium:2026-01-01"]
    assert left_by(POOL, scope("A", "2027-01-01"), ()) == []


@pytest.mark.parametrize(
    ("over_on", "period"),
    [(date(2027, 1, 1), "2026-07-01"), (date(2027, 12, 31), "2027-07-01")],
)
def test_a_scope_that_goes_over_in_the_period_leaves_its_last_one(
    over_on: date, period: str
) -> None:
    assert keys(scope("B", "2026-01-01", 6, over_on))[1:] == [f"B:aluminium:{period}"]


@pytest.mark.parametrize("over_on", [date(2026, 12, 31), date(2028, 1, 1), None])
def test_one_that_goes_over_at_another_time_leaves_nothing_here(over_on: date | None) -> None:
    assert keys(scope("B", "2026-01-01", 6, over_on)) == ["A:aluminium:2026-01-01"]


def test_a_key_is_read_as_it_is_written() -> None:
    assert key_of(POOL.key) == POOL
    for wrong in ("A", "A:tin:2027-01-01", "A:aluminium:2027-13-01"):
        with pytest.raises(ValueError, match=r".+"):
            key_of(wrong)
