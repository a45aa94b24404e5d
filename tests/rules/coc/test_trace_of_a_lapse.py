"""A document that nobody confirmed in time: a trace of a day before it lapsed shows it as it stood
then, one of a later day as lapsed; the seller's claim stays in its books all the while."""

from datetime import date, timedelta

from infra.decider import Tick
from services.coc_ledger.documents.rows import DocumentRow, state_on
from services.coc_ledger.exports.statements import lines
from services.coc_ledger.traces.trace import WHOLE, Told
from tests.rules.coc import conserved
from tests.rules.coc.given import POLICY
from tests.rules.coc.monthly import Monthly
from tests.rules.coc.test_lineage import traced
from tests.rules.coc.test_trace_of_a_day import KG, chain

DAY = timedelta(days=1)


def lapsing() -> tuple[Monthly, date]:
    """M claims by S-1 all that it bought by D-1, and B never confirms S-1; the last day on which it
    still could."""
    monthly = chain(0)
    world, last = monthly.world, row(monthly).confirm_by
    world.today = last + DAY
    tick = Tick(on=last, target="coc_document/S-1", rule="document_lapse")
    world.desk.handle(tick, "lapsed-S-1", "", world.today)
    world.settle()
    world.today = last + 10 * DAY
    return monthly, last


def row(monthly: Monthly) -> DocumentRow:
    found: DocumentRow = monthly.world.reader.row("documents", "S-1")
    return found


def shape(monthly: Monthly, way: str, number: str, on: date | None) -> list[tuple[object, ...]]:
    nodes = traced(monthly.world, way, number, on)
    return [(one.level, one.kind, one.parts, one.document, one.pool) for one in nodes]


def test_the_state_of_a_day_is_issued_through_the_last_one_and_lapsed_from_the_next() -> None:
    monthly, last = lapsing()
    days = [last, last + DAY, None]
    assert [state_on(row(monthly), day) for day in days] == ["issued", "lapsed", "lapsed"]


def test_where_its_metal_went_is_the_same_before_and_after_with_what_became_of_it() -> None:
    monthly, last = lapsing()
    [before] = traced(monthly.world, "down", "S-1", last)
    [after] = traced(monthly.world, "down", "S-1", last + DAY)
    assert (before.kind, before.parts, before.pool) == ("document", WHOLE, None)
    assert (after.kind, after.parts, after.pool) == ("document", WHOLE, None)
    assert before.told is not None
    assert (before.told.became, before.told.became_on) == ("lapsed", (last + DAY).isoformat())
    assert after.told == Told((last + DAY).isoformat())


def test_from_the_first_document_both_days_lead_to_it_and_to_nobody_behind_it() -> None:
    monthly, last = lapsing()
    days = (last, last + DAY, None)
    shapes = [shape(monthly, "down", "D-1", day) for day in days]
    assert shapes[0] == shapes[1] == shapes[2]
    [(_, kind, _, _, pool)] = [one for one in shapes[0] if one[3] == "S-1"]
    assert (kind, pool) == ("document", None)


def test_where_its_metal_comes_from_is_the_same_before_and_after() -> None:
    monthly, last = lapsing()
    shapes = [shape(monthly, "up", "S-1", day) for day in (last, last + DAY, None)]
    assert shapes[0] == shapes[1] == shapes[2]
    assert "D-1" in [one[3] for one in shapes[0]]


def test_a_statement_of_its_seller_keeps_the_claim_and_one_of_its_buyer_has_nothing() -> None:
    monthly, _ = lapsing()
    conserved.statements_end_in_the_balance(monthly.world)
    told = [one for one in monthly.world.desk.log if one.envelope.stream == monthly.key(1).stream]
    claims = [one for one in lines(told, POLICY) if one.document == "S-1"]
    assert len(claims) == 1
    assert monthly.pool(1).kgs, "the pool is there"
    assert row(monthly).booked_kg == 0
    assert row(monthly).receiver is None
    assert row(monthly).mass_kg == KG
