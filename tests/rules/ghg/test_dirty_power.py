"""Power that is claimed of a plant dirtier or cleaner than the grid: with proof, without, and by an
engine."""

from decimal import Decimal

import pytest

from contracts.inventory import Scope, Step
from services.ghg.activity.inventory import Datum, Site
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.totals import Side, mine_to_metal
from services.ghg.findings import Context, findings

from .given import BOOK, POLICY, TODAY
from .made import datum, inventory, kg, pinned, smelter

YUNNAN = Site("FAC-4", "CN", "CN-YN", "CWPB", 2012)
LINE = ("dedicated_line", "meter")
CONTRACT = ("contract", "certificate_cancellation")


def coal(source: str, proofs: tuple[str, ...] = ()) -> tuple[Datum, ...]:
    """The smelter on coal power, over a line or under a contract."""
    own = datum(
        "coal", Step.ELECTROLYSIS, f"power.{source}", "3400000000", factor="0.9", proofs=proofs
    )
    return (*(one for one in smelter() if one.datum_id != "cells-power"), own)


def intensity(*data: Datum) -> Decimal:
    return mine_to_metal(calculate(inventory(*data, site=YUNNAN), pinned())).on(Side.MARKET)


@pytest.mark.parametrize(("source", "proofs"), [("direct_line", LINE), ("ppa_contract", CONTRACT)])
def test_a_coal_smelter_that_hides_its_proof_is_no_better(
    source: str, proofs: tuple[str, ...]
) -> None:
    proven, hidden = intensity(*coal(source, proofs)), intensity(*coal(source))
    assert hidden >= proven > 11


def test_the_finding_says_that_the_factor_was_kept_and_how_to_prove() -> None:
    year = inventory(*coal("direct_line"), site=YUNNAN)
    context = Context(year, calculate(year, pinned()), POLICY, TODAY, book=BOOK)
    found = [one for one in findings(context) if one.rule == "R-11"]
    assert [one.data for one in found] == [("coal",), ("coal",)]
    sentences = " ".join(one.sentence for one in found)
    assert "its own factor was kept" in sentences
    assert "dedicated_line, meter missing" in sentences


def test_the_lines_show_the_plants_factor_on_both_sides_and_add_up() -> None:
    made = calculate(inventory(*coal("direct_line"), site=YUNNAN), pinned())
    lines = [one for one in made.lines if one.data == ("coal",)]
    for side in (Scope.POWER_LOCATION, Scope.POWER_MARKET):
        [line] = [one for one in lines if one.scope is side]
        assert (line.factor.value, line.factor.primary) == (Decimal("0.9"), True)
        assert line.kg == kg([line]) == line.activity * line.factor.value


def test_an_earlier_engine_keeps_what_it_made_of_such_power() -> None:
    told = inventory(*coal("ppa_contract"), site=YUNNAN)
    old = calculate(told, pinned(engine="castmark-ghg-3"))
    [market] = [
        one for one in old.lines if one.data == ("coal",) and one.scope is Scope.POWER_MARKET
    ]
    assert market.factor.value == Decimal("0.1333")


def clean(proofs: tuple[str, ...] = ()) -> tuple[Datum, ...]:
    """The smelter on Yunnan's grid, a tenth of its power over a line from a wind farm."""
    grid = datum("grid", Step.ELECTROLYSIS, "power.grid", "3060000000")
    wind = datum(
        "wind", Step.ELECTROLYSIS, "power.direct_line", "340000000", factor="0", proofs=proofs
    )
    return (*(one for one in smelter() if one.datum_id != "cells-power"), grid, wind)


def test_a_smelter_that_hides_the_proof_of_a_clean_part_is_no_better() -> None:
    """What its line leaves takes the residual factor, 0.6096, either way."""
    proven, hidden = intensity(*clean(LINE)), intensity(*clean())
    assert hidden > proven > intensity(*smelter())


def test_the_finding_says_what_an_unproven_claim_does_to_all_power() -> None:
    year = inventory(*clean(), site=YUNNAN)
    context = Context(year, calculate(year, pinned()), POLICY, TODAY, book=BOOK)
    [found] = [one for one in findings(context) if one.rule == "R-11"]
    assert found.data == ("wind",)
    assert "not the grid's 0.1333: prove it, or give it as power of the grid" in found.sentence


@pytest.mark.parametrize("engine", ["castmark-ghg-1", "castmark-ghg-3", "castmark-ghg-4"])
def test_an_earlier_engine_keeps_the_grids_factor_beside_a_claim_without_proof(
    engine: str,
) -> None:
    old = calculate(inventory(*clean(), site=YUNNAN), pinned(engine=engine))
    market = [one for one in old.lines if one.scope is Scope.POWER_MARKET]
    assert {one.factor.value for one in market} == {Decimal("0.1333")}
