"""A trace as of a day, after corrections: those of documents leave the days before them as they
were; movements are traced as they are booked, and it says when they were told."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from contracts.certification import CertificateSuspended
from contracts.values import CertificationStatus
from services.coc_ledger.documents.rows import replaced_on, state_on
from tests.rules.coc.monthly import Monthly
from tests.rules.coc.test_balance_corrected import going_on
from tests.rules.coc.test_corrections_told import bought
from tests.rules.coc.test_lineage import traced

KG = 99_700
DAYS = [date(2026, 1, 31), date(2026, 2, 10), date(2026, 3, 1), date(2026, 4, 4)]
SUSPENDED = CertificationStatus.SUSPENDED


def chain(closed: int, *, extra: int = 0, overdrawn: int = 0) -> Monthly:
    """M claims all that it bought by D-1 (so much ahead of it as `overdrawn`) in a document S-1 to
    B; it may get more scrap, too. Then so many months are closed."""
    monthly = bought(today=date(2026, 1, 31))
    assert not extra or monthly.receive(1, extra) == ""
    assert monthly.ship(1, KG + extra + overdrawn) == ""
    if overdrawn:
        case = {**monthly.at(1), "reason": "furnace-fire"}
        assert monthly.world.attempt("declare_overdraft_case", **case) == ""
    assert monthly.claim("S-1", 1, KG + overdrawn) == ""
    going_on(monthly, closed)
    return monthly


def seen(monthly: Monthly, days: Sequence[date] = DAYS) -> list[list[tuple[object, ...]]]:
    """What the metal of D-1 became, as of some days, by its parts, and where that of S-1 is
    from."""
    walks = (("down", "D-1"), ("up", "S-1"))
    found = (traced(monthly.world, way, number, day) for day in days for way, number in walks)
    return [[(one.kind, one.parts, one.document, one.pool) for one in nodes] for nodes in found]


def smaller(monthly: Monthly) -> None:
    assert monthly.correct("S-1", "S-2", 4, 1000) == ""


def withdrawn(monthly: Monthly) -> None:
    assert monthly.withdraw("S-1") == ""


@pytest.mark.parametrize("closed", [0, 1, 2, 3])
@pytest.mark.parametrize("end", [smaller, withdrawn])
@pytest.mark.parametrize("overdrawn", [0, 10_000])
def test_the_end_of_a_document_leaves_the_trace_of_an_earlier_day_as_it_was(
    closed: int, end: Callable[[Monthly], None], overdrawn: int
) -> None:
    monthly = chain(closed, overdrawn=overdrawn)
    before = seen(monthly)
    end(monthly)
    assert seen(monthly) == before
    changed = [
        one.changed_on for day in DAYS[1:] for one in traced(monthly.world, "down", "D-1", day)
    ]
    assert set(changed) == {None}, "no movement was told"


def test_a_check_that_is_failed_later_leaves_the_days_before_it_as_they_were() -> None:
    monthly = chain(2)
    assert monthly.confirm("S-1", 1, KG) == ""
    before = seen(monthly)
    monthly.world.today = date(2026, 4, 20)
    news: dict[str, Any] = {
        "certificate_id": "CA-F-M-CoC",
        "member_id": "A",
        "effective_on": date(2026, 1, 1),
    }
    monthly.world.tell(CertificateSuspended(**news, status=SUSPENDED))
    monthly.world.settle()
    assert monthly.world.reader.row("documents", "S-1").state == "non_coc"
    assert seen(monthly) == before


def test_from_its_own_day_on_a_correction_shows_what_was_carried_since() -> None:
    monthly = chain(1)
    smaller(monthly)
    now = traced(monthly.world, "down", "D-1", date(2026, 4, 10))
    assert [one for one in seen(monthly, [date(2026, 4, 10)])[0] if one[0] == "carried"] == [
        (one.kind, one.parts, one.document, one.pool) for one in now if one.kind == "carried"
    ]
    assert {one.kind for one in now} >= {"document", "carried"}


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_movement_that_is_taken_back_never_was_and_the_trace_says_since_when(closed: int) -> None:
    """Without it the trace is as if it had not been booked; that it was another is said."""
    wrong, right = chain(closed, extra=5000), chain(closed)
    assert "post_consumer_scrap" in {one.kind for one in traced(wrong.world, "up", "S-1", DAYS[1])}
    back = {"movement_id": "BACK", "reverses": "M-1", "reason": "never-came"}
    assert wrong.world.attempt("reverse_movement", **wrong.at(1), **back) == ""
    wrong.world.settle()
    found = traced(wrong.world, "up", "S-1", DAYS[1])
    assert [(one.kind, one.parts) for one in found if one.level == 1] == [
        (one.kind, one.parts) for one in traced(right.world, "up", "S-1", DAYS[1]) if one.level == 1
    ]
    assert {one.changed_on for one in found if one.level == 1} == {"2026-04-10"}
    today = traced(wrong.world, "up", "S-1", wrong.world.today)
    assert {one.changed_on for one in today} == {None}


def test_a_document_is_replaced_from_the_day_on_from_which_its_correction_stands() -> None:
    monthly = chain(0)
    documents = monthly.world.reader
    assert replaced_on(documents.row("documents", "S-1")) is None
    smaller(monthly)
    row = documents.row("documents", "S-1")
    assert (row.replaced_by, replaced_on(row)) == ("S-2", "2026-04-05")
    assert state_on(row, date(2026, 4, 4)) == "issued", "the day before"
    assert state_on(row, date(2026, 4, 5)) == "superseded"
    assert monthly.withdraw("S-2") == ""
    assert replaced_on(documents.row("documents", "S-2")) is None, "nothing stands in its place"
