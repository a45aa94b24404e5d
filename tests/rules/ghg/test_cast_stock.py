"""Cast metal in stock at the casthouse: finished metal that goes on to sale or rolling, in what a
tonne rolled carries and in the balance of metal alike (sources.md 4.1, R-34)."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.lines import Result
from services.ghg.calculation.metal import Reading, accounts, by_item, plant, reading
from services.ghg.calculation.totals import footprints
from services.ghg.findings import Context, findings

from .given import POLICY, TODAY, d, decimals
from .made import datum, result

CELLS, CAST, MELT, SEMIS = (
    Step.ELECTROLYSIS,
    Step.CASTING,
    Step.REMELTING,
    Step.SEMI_FABRICATION,
)
INGOT = "output.cast_metal"
SMELTER = (
    datum("metal", CELLS, "output.liquid_metal", "100000"),
    datum("anodes", CELLS, "input.net_anode", "42000"),
    datum("ingot", CAST, INGOT, "100000"),
)
MILL = (
    datum("sold", CAST, "output.sold", "60000", of=INGOT),
    datum("sheet", SEMIS, "output.semi", "54000"),
    datum("edges", SEMIS, "output.scrap", "1000"),
)


def stock(opening: str | Decimal, closing: str | Decimal, step: Step) -> tuple[Datum, Datum]:
    return (
        datum("jan", step, "stock.opening", str(opening), of=INGOT),
        datum("dec", step, "stock.closing", str(closing), of=INGOT),
    )


def per_t(found: Result, step: Step = SEMIS) -> Decimal:
    return next(one.market for one in footprints(found) if one.step is step)


def off(data: Sequence[Datum]) -> list[Decimal]:
    return [one.difference_t for one in accounts(by_item(data))]


def told(found: Result) -> list[str]:
    every = findings(Context(found.inventory, found, POLICY, TODAY))
    return [one.sentence for one in every if one.rule == "R-34"]


def near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= max(abs(one), abs(other), Decimal(1)) * Decimal("1e-20")


@pytest.mark.parametrize("step", [CAST, SEMIS, MELT, Step.SITE])
def test_slabs_from_stock_are_rolled_wherever_their_stock_is_told(step: Step) -> None:
    """100 cast, stock from 20 to 5, 60 sold: 55 were rolled to 54, with 1 of scrap."""
    found = result(*SMELTER, *MILL, *stock("20000", "5000", step))
    under = found._replace(scrap_method="cut_off")
    assert near(per_t(under), per_t(under, CAST) * 55 / 54)
    assert off(found.inventory.data) == [0, 0]
    assert told(found) == []
    assert [one.about for one in found.doubts] == ["stock_drawn"]


def test_slabs_put_into_stock_at_the_casthouse_are_not_in_the_sheets() -> None:
    rolled = (datum("sheet", SEMIS, "output.semi", "60000"),)
    found = result(*SMELTER, *rolled, *stock("0", "40000", CAST))
    assert near(per_t(found), per_t(found, CAST))
    assert told(found) == []


def test_ingots_in_stock_of_a_casthouse_without_a_mill_balance() -> None:
    found = result(*SMELTER, *stock("20000", "5000", CAST))
    assert told(found) == []
    assert off(found.inventory.data) == [0]


def test_a_plant_that_draws_on_its_slabs_yields_as_much_as_goes_in() -> None:
    whole = plant(by_item((*SMELTER, *MILL, *stock("20000", "5000", CAST))))
    assert whole is not None
    assert (whole.came_in_t, whole.left_t) == (d("115000"), d("115000"))


def test_stock_that_is_missing_in_what_was_cast_is_read_as_not_yet_cast_and_that_is_told() -> None:
    """100 tapped, 95 cast, 5 lie there: metal balances only if these are not in the 95."""
    short = SMELTER[2]._replace(quantity=d("95000"))
    rolled = datum("sheet", SEMIS, "output.semi", "95000")
    data = (*SMELTER[:2], short, rolled, *stock("0", "5000", CAST))
    assert reading(by_item(data)) == Reading(finished=False)
    found = result(*data)
    assert near(per_t(found), per_t(found, CAST))
    assert told(found) == []
    assert [one.about for one in found.doubts] == ["stock_not_cast"]


def test_metal_that_is_missing_under_both_readings_is_found() -> None:
    found = result(*SMELTER, *MILL, *stock("40000", "5000", CAST))
    assert told(found)


@given(decimals("0", "40000"), decimals("0", "40000"), decimals("0", "0.9"))
@settings(max_examples=60, deadline=None)
def test_whatever_stock_an_honest_casthouse_and_mill_tell_they_balance(
    opening: Decimal, closing: Decimal, gone: Decimal
) -> None:
    """What was cast and drawn was sold or rolled: nothing is missing, and a tonne is a tonne."""
    store = 100000 + opening - closing
    going = (
        datum("sold", CAST, "output.sold", str(store * gone), of=INGOT),
        datum("sheet", SEMIS, "output.semi", str(store * (1 - gone))),
    )
    found = result(*SMELTER, *going, *stock(opening, closing, CAST))
    if opening != closing:
        assert reading(by_item(found.inventory.data)).finished
        assert near(per_t(found), per_t(found, CAST))
    assert all(abs(one) < Decimal("1e-15") for one in off(found.inventory.data))
