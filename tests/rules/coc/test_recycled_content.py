"""Scrap is recycled mass of its kind in the yearly report, whatever its document told, and gone
from it again when it is taken back."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from contracts.coc import MovementBooked
from contracts.custody import Carried, Lot, MovementKind, Stage
from contracts.values import Activity
from services.coc_ledger.pools.changes import delivery_entries
from services.coc_ledger.pools.commands import DeliveryChange
from services.coc_ledger.yearly_reports import yearly
from tests.rules.coc.told import DAY, POOL, movement

KINDS = {
    "book": MovementKind.DOCUMENT_RECEIPT,
    "reclassify": MovementKind.RECLASSIFICATION,
    "take_back": MovementKind.REVERSAL,
}


def delivered(
    action: Literal["book", "reclassify", "take_back"],
    *,
    as_coc: bool = True,
    lot: Lot = Lot.SCRAP,
    told: tuple[int, int] = (1_000, 2_000),
) -> MovementBooked:
    """20 t by a document, of which its seller told so much to be pre- and post-consumer."""
    change = DeliveryChange(
        movement_id="D",
        action=action,
        day=DAY,
        received_kg=20_000,
        coc_kg=20_000,
        lot=lot,
        carried=Carried(pre_kg=told[0], post_kg=told[1]),
        as_coc=as_coc,
    )
    made = movement("D", KINDS[action], pool=POOL)
    return made.model_copy(update={"entries": delivery_entries(change)})


def sums_of(*events: MovementBooked) -> yearly.Sums:
    sums = yearly.NOTHING
    for event in events:
        sums = yearly.added(sums, event)
    return sums


def shares(sums: yearly.Sums) -> tuple[str, str]:
    line = yearly.report_line("S-1", 2026, Stage.ALUMINIUM, (Activity.CASTHOUSE,), sums)
    return str(line.recycled_content), str(line.post_consumer_content)


def test_scrap_that_a_document_brings_is_pre_consumer_scrap_wholly() -> None:
    assert shares(sums_of(delivered("book"))) == ("1.000000", "0.000000")


def test_a_product_that_a_document_brings_has_the_shares_that_it_told() -> None:
    assert shares(sums_of(delivered("book", lot=Lot.PRODUCT))) == ("0.150000", "0.100000")


@pytest.mark.parametrize("as_coc", [True, False])
def test_a_document_that_failed_is_not_believed_to_be_of_scrap(as_coc: bool) -> None:
    sums = sums_of(delivered("book"), delivered("reclassify", as_coc=as_coc))
    failed = sums_of(delivered("book", as_coc=False))
    if not as_coc:
        assert shares(sums) == shares(failed) == ("0.150000", "0.100000")
    again = sums_of(delivered("book", as_coc=False), delivered("reclassify", as_coc=True))
    assert shares(again) == ("1.000000", "0.000000")


@given(turns=some.integers(0, 4), lot=some.sampled_from(Lot), first=some.booleans())
def test_what_is_taken_back_leaves_nothing_behind(turns: int, lot: Lot, first: bool) -> None:
    events, as_coc = [delivered("book", as_coc=first, lot=lot)], first
    for _ in range(turns):
        as_coc = not as_coc
        events.append(delivered("reclassify", as_coc=as_coc, lot=lot))
    events.append(delivered("take_back", as_coc=as_coc, lot=lot))
    assert sums_of(*events) == yearly.NOTHING


def test_the_formula_before_took_the_shares_that_a_document_of_scrap_told() -> None:
    """By it versions were prepared that are still compared with the books."""
    sums = sums_of(delivered("book"))
    assert shares(yearly.as_told(sums)) == ("0.150000", "0.100000")
    product = sums_of(delivered("book", lot=Lot.PRODUCT))
    assert yearly.as_told(product) == product
