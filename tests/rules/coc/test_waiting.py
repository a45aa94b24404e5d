"""Who is short of cover is told which documents of theirs do not count yet."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from contracts.custody import PoolKey, Stage
from infra.errors import Refused
from services.coc_ledger.documents.rows import DocumentRow
from services.coc_ledger.documents.waiting import naming, predecessors, waiting_for

DAY = date(2026, 6, 1)
POOL = PoolKey(scope_id="BUYER-S", stage=Stage.ALUMINIUM, period=date(2026, 1, 1))
NOT_COVERED = Refused("claim-not-covered", "100 kg may be claimed.", available_kg=100)
EMPTY: dict[str, Any] = {"document": {}, "evidence": None, "reasons": (), "course": ()}


def row(number: str, state: str, **more: Any) -> DocumentRow:
    plain: dict[str, Any] = dict.fromkeys(DocumentRow._fields)
    known: dict[str, Any] = {
        "customer_scope_id": POOL.scope_id,
        "pool": "SELLER-S:aluminium:2025-07-01",
        "issued_on": date(2026, 5, 1),
        "mass_kg": 10,
        "claimed": True,
    }
    return DocumentRow(**{**plain, **EMPTY, **known, "number": number, "state": state, **more})


def test_checks_that_wait_come_first_then_what_brings_most() -> None:
    here = POOL.key
    rows = [
        row("D-1", "issued", mass_kg=900),
        row("D-2", "pending_check", receiver=here, mass_kg=20),
        row("D-3", "pending_check", receiver=here, mass_kg=40),
    ]
    found = waiting_for(POOL, DAY, rows)
    assert [one.number for one in found] == ["D-3", "D-2", "D-1"]


def test_what_would_count_as_non_coc_is_not_named() -> None:
    rows = [row("D-1", "issued", claimed=False), row("D-2", "issued")]
    assert [one.number for one in waiting_for(POOL, DAY, rows)] == ["D-2"]


def test_what_would_not_come_into_the_pool_is_not_named() -> None:
    rows = [
        row("D-1", "pending_check", receiver="BUYER-S:aluminium:2025-01-01"),
        row("D-2", "issued", pool="SELLER-S:alumina:2026-01-01"),
        row("D-3", "issued", issued_on=date(2026, 6, 2)),
        row("D-4", "issued", customer_scope_id="OTHER-S"),
        row("D-5", "disputed"),
        row("D-6", "confirmed", receiver=POOL.key),
    ]
    assert waiting_for(POOL, DAY, rows) == []


def test_the_refusal_names_what_waits_and_what_for() -> None:
    rows = [row("D-1", "issued"), row("D-2", "pending_check", receiver=POOL.key)]
    told = naming(NOT_COVERED, waiting_for(POOL, DAY, rows))
    assert told.slug == "claim-not-covered"
    assert told.sentence == (
        "100 kg may be claimed. Not counted yet: D-2 waits for its check (10 kg);"
        " D-1 is not confirmed yet (10 kg)."
    )
    assert told.facts == {
        "available_kg": 100,
        "waiting": ["D-1", "D-2"],
        "waiting_count": 2,
        "waiting_kg": 20,
    }


def test_many_are_counted_and_the_first_are_named() -> None:
    rows = [row(f"D-{number}", "issued") for number in range(8)]
    told = naming(NOT_COVERED, waiting_for(POOL, DAY, rows))
    assert "D-4 is not confirmed yet (10 kg); and 3 more." in told.sentence
    assert (told.facts["waiting_count"], told.facts["waiting_kg"]) == (8, 80)


def test_nothing_is_said_where_nothing_waits() -> None:
    assert naming(NOT_COVERED, []) is NOT_COVERED


class Scope(NamedTuple):
    """A scope, and into which one it goes over."""

    scope_id: str
    to_scope_id: str | None = None
    ends_before: date | None = None


def test_scopes_that_went_over_into_one_are_found_however_many_lie_between() -> None:
    scopes = [
        Scope("A", "B", DAY),
        Scope("B", "C", DAY),
        Scope("C"),
        Scope("D", "C", DAY + timedelta(days=1)),
        Scope("E", "X", DAY),
    ]
    assert sorted(predecessors("C", DAY, scopes)) == ["A", "B"]
    assert sorted(predecessors("C", DAY + timedelta(days=1), scopes)) == ["A", "B", "D"]
    assert predecessors("A", DAY, scopes) == []


def test_scopes_that_went_over_into_each_other_are_found_once() -> None:
    scopes = [Scope("A", "B", DAY), Scope("B", "A", DAY)]
    assert predecessors("A", DAY, scopes) == ["B"]


def test_what_was_sent_to_a_scope_that_went_over_since_is_named_too() -> None:
    rows = [
        row("D-1", "issued", customer_scope_id="OLD-S"),
        row("D-2", "pending_check", customer_scope_id="OLD-S", receiver=POOL.key),
        row(
            "D-3", "pending_check", customer_scope_id="OLD-S", receiver="OLD-S:aluminium:2025-01-01"
        ),
    ]
    assert [one.number for one in waiting_for(POOL, DAY, rows, ["OLD-S"])] == ["D-2", "D-1"]
    assert waiting_for(POOL, DAY, rows) == []
