"""A report speaks of the product of one step; of every good that left there is one, and none is
passed over in silence (sources.md 4.8)."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import Regime, Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.totals import footprints
from services.ghg.reports.report import Report, report

from .given import d, decimals
from .made import datum, inventory, pinned, result

CELLS, CAST, MELT, SEMIS = (
    Step.ELECTROLYSIS,
    Step.CASTING,
    Step.REMELTING,
    Step.SEMI_FABRICATION,
)
SMELTER = (
    datum("metal", CELLS, "output.liquid_metal", "100000"),
    datum("anodes", CELLS, "input.net_anode", "42000"),
    datum("minutes", CELLS, "anode_effect.minutes", "0.2"),
    datum("gas", CAST, "fuel.gas", "120000000"),
    datum("ingot", CAST, "output.cast_metal", "100000", cn_code="76011010"),
    datum("sold", CAST, "output.sold", "95000", of="output.cast_metal"),
    datum("sheet", SEMIS, "output.semi", "4900", cn_code="76061200"),
)


def told(*data: Datum, regime: Regime = Regime.CBAM, product: Step | None = None) -> Report:
    return report(inventory(*data), pinned(), regime, asked_for=product)


def missing(found: Report) -> list[str]:
    return [one.sentence for one in found.doubts if one.about == "goods_not_reported"]


def test_ingots_that_are_sold_beside_a_mill_are_not_passed_over() -> None:
    """100 kt cast, 95 kt sold, 4.9 kt rolled: by default the report is of the sheets."""
    found = told(*SMELTER)
    assert (found.product, found.tonnes) == (SEMIS, d("4900"))
    assert found.products == (SEMIS, CAST, CELLS)
    (sentence,) = missing(found)
    assert "Not in it: 95000 t of what casting made" in sentence


def test_ingots_that_are_sold_beside_a_mill_have_a_report_of_their_own() -> None:
    found = told(*SMELTER, product=CAST)
    assert found.cbam is not None
    assert (found.product, found.tonnes, found.cbam.goods) == (CAST, d("100000"), ("7601",))
    assert [one.cn_code for one in found.cbam.products] == ["76011010"]
    assert found.intensity == told(*SMELTER[:5]).intensity, "as without a mill"
    (sentence,) = missing(found)
    assert "4900 t of what semi_fabrication made" in sentence
    assert "casting made" not in sentence.partition("Not in it")[2]


def test_where_nothing_else_left_a_report_misses_nothing() -> None:
    assert missing(told(*SMELTER[:5])) == []
    rolled = datum("sheet", SEMIS, "output.semi", "99000")
    assert missing(told(*SMELTER[:5], rolled)) == []


def test_what_was_sold_of_two_furnaces_is_told_of_each_once() -> None:
    melted = datum("billet", MELT, "output.cast_metal", "100000")
    (sentence,) = missing(told(*SMELTER, melted))
    assert "47500 t of what casting made; 47500 t of what remelting made" in sentence


def test_liquid_metal_that_is_sold_is_a_good_of_its_own() -> None:
    liquid = datum("liquid", CELLS, "output.sold", "20000", of="output.liquid_metal")
    (sentence,) = missing(told(*SMELTER[:5], liquid))
    assert "20000 t of what electrolysis made" in sentence
    assert told(*SMELTER, liquid, product=CELLS).tonnes == d("100000")


def test_a_product_that_was_not_made_is_refused_with_those_that_were() -> None:
    with pytest.raises(Refused) as refused:
        told(*SMELTER, product=MELT)
    assert refused.value.slug == "product-not-reported"
    assert refused.value.facts["known"] == sorted([SEMIS, CAST, CELLS])


def test_a_regime_of_primary_metal_speaks_of_that_alone() -> None:
    asi = Regime.ASI_MINE_TO_METAL
    assert told(*SMELTER, regime=asi).products == (CAST,)
    assert told(*SMELTER, regime=asi, product=CAST) == told(*SMELTER, regime=asi)
    with pytest.raises(Refused):
        told(*SMELTER, regime=asi, product=SEMIS)
    assert missing(told(*SMELTER, regime=asi)) == []


@given(decimals("1", "99000"), st.sampled_from([CAST, CELLS]))
@settings(max_examples=30, deadline=None)
def test_a_report_of_any_product_is_that_products_footprint(sold: Decimal, product: Step) -> None:
    """By the regime that counts all scopes of the same steps."""
    rolled = (100000 - sold) * d("0.98")
    data = [
        one._replace(quantity={"sold": sold, "sheet": rolled}.get(one.datum_id, one.quantity))
        for one in SMELTER
    ]
    found = told(*data, regime=Regime.IAI, product=product)
    known = result(*data, sets=pinned(found.gwp_set, found.pfc_set))
    by_step = {one.step: one for one in footprints(known)}
    assert found.intensity is not None
    assert abs(found.intensity - by_step[product].market) < d("0.0000001")
