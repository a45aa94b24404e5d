"""Stocks: what lay there was not used, more than came cannot lie there, and nothing is silent."""

from decimal import Decimal

import pytest
from hypothesis import given

from contracts.inventory import DataKind, Step
from infra.errors import Refused
from infra.problems import InvalidRequest
from services.ghg.activity.cells import stocked
from services.ghg.activity.inventory import Datum
from services.ghg.activity.items import ITEMS, STOCKED
from services.ghg.activity.sent import DatumSent
from services.ghg.activity.taking import inventory_of
from services.ghg.activity.work import units_on
from services.ghg.calculation.calculate import calculate
from services.ghg.findings import Context, findings

from .given import BOOK, POLICY, TODAY, decimals
from .made import NOWHERE, datum, inventory, kg, pinned, result, smelter

CELLS = Step.ELECTROLYSIS
BOUGHT_T = Decimal("107500")
"""Anodes of `smelter()`."""


def days(opening: str, closing: str, of: str = "bought.anode") -> tuple[Datum, Datum]:
    return (
        datum("jan", CELLS, "stock.opening", opening, of=of),
        datum("dec", CELLS, "stock.closing", closing, of=of),
    )


def told(*data: Datum) -> list[tuple[str, set[str]]]:
    """Sentences of R-34 with their data."""
    year = inventory(*data)
    context = Context(year, calculate(year, pinned()), POLICY, TODAY, book=BOOK)
    return [(one.sentence, set(one.data)) for one in findings(context) if one.rule == "R-34"]


def test_a_stock_beyond_all_purchases_is_found_and_lowers_nothing() -> None:
    """5,000 t in January and 5,200,000 in December: kilograms, not tonnes."""
    slipped = (*smelter(), *days("5000", "5200000"))
    assert kg(result(*slipped).lines) == kg(result(*smelter()).lines)
    found = [data for sentence, data in told(*slipped) if "would have been used" in sentence]
    assert found == [{"jan", "dec"}]
    assert [one.about for one in result(*slipped).doubts] == ["stock_beyond_purchases"]


@given(decimals("0", "500000", 0), decimals("0", "500000", 0))
def test_stocks_never_take_off_more_than_was_bought(opening: Decimal, closing: Decimal) -> None:
    lines = result(*smelter(), *days(str(opening), str(closing))).lines
    anodes = [one for one in lines if one.item == "bought.anode"]
    assert sum(one.activity for one in anodes) >= 0
    assert sum(one.kg for one in anodes) >= 0
    found = told(*smelter(), *days(str(opening), str(closing)))
    beyond = closing - opening > BOUGHT_T
    assert any("would have been used" in sentence for sentence, _ in found) is beyond


def test_an_earlier_engine_keeps_the_line_that_it_made() -> None:
    year = inventory(*smelter(), *days("5000", "5200000"))
    old = calculate(year, pinned(engine="castmark-ghg-3"))
    (line,) = [one for one in old.lines if one.data == ("jan", "dec")]
    assert line.activity == Decimal("-5195000")


@pytest.mark.parametrize("of", ["", "fuel.gas", "power.grid", "input.net_anode", "output.sold"])
def test_a_stock_of_nothing_that_counts_is_refused_where_it_comes_in(of: str) -> None:
    sent = DatumSent(
        datum_id="jan",
        step=CELLS,
        item="stock.opening",
        quantity=Decimal("50"),
        unit="t",
        kind=DataKind.MEASURED,
        of=of or None,
    )
    with pytest.raises(InvalidRequest) as refused:
        inventory_of(NOWHERE, 2024, (sent,), units_on(TODAY), POLICY)
    (fault,) = refused.value.errors
    assert (fault.slug, fault.pointer) == ("stock-of-nothing", "/data/0/of")


def test_what_was_meant_is_named_where_it_can_be() -> None:
    with pytest.raises(Refused, match=r"perhaps bought\.anode"):
        stocked("input.net_anode", ITEMS["stock.opening"])


@pytest.mark.parametrize("of", sorted(STOCKED))
def test_a_stock_of_what_is_bought_or_made_is_read(of: str) -> None:
    stocked(of, ITEMS["stock.closing"])
    assert ITEMS[of].unit == "t"


@pytest.mark.parametrize("of", ["", "fuel.gas"])
def test_a_stock_of_nothing_that_was_stored_before_is_found(of: str) -> None:
    [(sentence, data)] = told(*smelter(), *days("50", "60", of=of))
    assert "were not counted" in sentence
    assert data == {"jan", "dec"}
