"""Stock of finished semis at a mill was made in the year: it lies there, and balances (R-34)."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.metal import accounts, by_item, plant
from services.ghg.calculation.totals import footprints
from services.ghg.findings import Context, findings

from .given import POLICY, TODAY, d, decimals
from .made import datum, result
from .test_cast_stock import CAST, SEMIS, SMELTER
from .test_cast_stock import stock as cast_stock

SEMI = "output.semi"
MILL = (
    datum("sheet", SEMIS, SEMI, "95000"),
    datum("edges", SEMIS, "output.scrap", "5000"),
)


def stock(opening: str | Decimal, closing: str | Decimal, step: Step = SEMIS) -> tuple[Datum, ...]:
    return (
        datum("s-jan", step, "stock.opening", str(opening), of=SEMI),
        datum("s-dec", step, "stock.closing", str(closing), of=SEMI),
    )


def told(*data: Datum) -> list[str]:
    """Sentences of R-34."""
    found = result(*data)
    every = findings(Context(found.inventory, found, POLICY, TODAY))
    return [one.sentence for one in every if one.rule == "R-34"]


def off(data: Sequence[Datum]) -> list[Decimal]:
    return [one.difference_t for one in accounts(by_item(data))]


@pytest.mark.parametrize("step", [SEMIS, CAST, Step.SITE])
@pytest.mark.parametrize(("opening", "closing"), [("1000", "9000"), ("9000", "1000"), ("0", "9")])
def test_sheets_in_stock_were_made_and_balance(opening: str, closing: str, step: Step) -> None:
    data = (*SMELTER, *MILL, *stock(opening, closing, step))
    assert off(data) == [0, 0]
    assert told(*data) == []


def test_sheets_in_stock_change_neither_footprint_nor_yield() -> None:
    bare, held = (*SMELTER, *MILL), (*SMELTER, *MILL, *stock("1000", "9000"))
    assert footprints(result(*held)) == footprints(result(*bare))
    assert plant(by_item(held)) == plant(by_item(bare))


def test_sheets_in_stock_beside_those_that_are_told_balance_too() -> None:
    """87,000 t were told as shipped: 8,000 more lie there."""
    shipped = MILL[0]._replace(quantity=d("87000"))
    data = (*SMELTER, shipped, MILL[1], *stock("1000", "9000"))
    assert off(data) == [0, 0]
    assert told(*data) == []


def test_metal_that_is_missing_beside_a_stock_of_sheets_is_found() -> None:
    lost = MILL[0]._replace(quantity=d("70000"))
    assert told(*SMELTER, lost, MILL[1], *stock("1000", "9000"))


@given(decimals("0", "20000"), decimals("0", "20000"), decimals("0", "20000"))
@settings(max_examples=60, deadline=None)
def test_whatever_sheets_an_honest_mill_keeps_it_balances(
    slabs: Decimal, opening: Decimal, closing: Decimal
) -> None:
    """Slabs are drawn from stock, all of them rolled; what of the sheets lies there is no loss."""
    rolled = datum("sheet", SEMIS, SEMI, str(100000 + slabs))
    data = (*SMELTER, rolled, *cast_stock(slabs, "0", SEMIS), *stock(opening, closing))
    assert off(data) == [0, 0]
    assert told(*data) == []
