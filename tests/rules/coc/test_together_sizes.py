"""Rows of a file are booked together whatever they say: an event of them is never too large."""

from collections.abc import Sequence

import pytest

from contracts.canonical import canonical_json
from contracts.catalog import MAX_EVENT_BYTES
from contracts.coc import MovementBooked
from contracts.coc_movements import MovementsBooked
from contracts.custody import MOST_KG, Origin
from contracts.envelope import Event
from contracts.values import Activity
from services.coc_ledger.accounting import together as ledger
from services.coc_ledger.accounting.footprint import Footprint
from services.coc_ledger.accounting.together import Plain
from services.coc_ledger.pools import pool
from tests.rules.coc.given import receive, scope_seen
from tests.rules.coc.test_together import one_by_one, pieces_of, together

LONG = {name: name[0] * 128 for name in ("boundary", "method", "period", "verifier")}
SHARES = {"pre_consumer_percent": "33.3333", "post_consumer_percent": "33.3333"}


def longest(at: int, *, told: bool) -> Plain:
    """A receipt that says as much as one can: the longest ids, the largest mass, all remarks."""
    words = {"intensity_kgco2e_per_kg": "0.8999", **SHARES, **(LONG if told else {})}
    does = Activity.HIGH_PURITY_ALUMINA, Activity.OTHER_MANUFACTURING_OR_SALE
    contractor = "c" * 128
    return receive(
        f"{at:05d}{'m' * 95}",
        MOST_KG // 1000,
        Origin.POST_CONSUMER,
        supplier_id="s" * 128,
        origin_ref=f"{at:05d}{'o' * 123}" if told else None,
        diligence=(),
        contractor_id=contractor,
        scope=scope_seen(activities=does, contractors=(contractor,)),
        activity=does[1],
        footprint=Footprint.model_validate(words),
    )


def many_of(events: Sequence[Event]) -> list[MovementsBooked]:
    return [one for one in events if isinstance(one, MovementsBooked)]


@pytest.mark.parametrize("told", [True, False])
def test_the_longest_rows_are_booked_together_in_events_of_the_allowed_size(told: bool) -> None:
    rows = [longest(at, told=told) for at in range(600)]
    events, state = together(rows, pool.INITIAL)
    sizes = [len(canonical_json(one)) for one in many_of(events)]
    assert max(sizes) <= MAX_EVENT_BYTES
    assert max(sizes) > MAX_EVENT_BYTES // 3, "no smaller than they have to be"
    singly, expected = one_by_one(rows, pool.INITIAL)
    assert pieces_of(events) == [one for one in singly if isinstance(one, MovementBooked)]
    assert state.books == expected.books


def test_what_rows_may_have_at_most_is_never_less_than_what_they_have() -> None:
    """Else a large event would not be looked at."""
    for told in (True, False):
        rows = [longest(at, told=told) for at in range(100)]
        mixed = [*rows, *(receive(f"M-{at}", 1) for at in range(100))]
        for some_rows in (rows, mixed, rows[:1]):
            [event] = many_of(together(some_rows, pool.INITIAL)[0])
            assert ledger.bytes_at_most(event) >= len(canonical_json(event))


def test_short_rows_are_as_many_in_an_event_as_before() -> None:
    events, _ = together([receive(f"M-{at}", 1) for at in range(500)], pool.INITIAL)
    assert [len(one.movement_ids) for one in many_of(events)] == [ledger.MOST, 100]
