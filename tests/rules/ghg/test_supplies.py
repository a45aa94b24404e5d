"""R-08 and R-34: what cells and refineries need beside what is told that they had."""

from decimal import Decimal

import pytest
from hypothesis import given

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum, Site
from services.ghg.calculation.calculate import calculate
from services.ghg.findings import Context, findings

from .given import BOOK, POLICY, TODAY, decimals
from .made import NOWHERE, datum, inventory, pinned, smelter

CELLS, CAST, MELT = Step.ELECTROLYSIS, Step.CASTING, Step.REMELTING
REFINING, ANODES = Step.ALUMINA_REFINING, Step.ANODE_PRODUCTION
PLAIN = Site("FAC-3", "XX")
"""No cells are registered of it."""


def told(rule: str, *data: Datum, site: Site = NOWHERE) -> list[str]:
    """The sentences of a rule about a year."""
    year = inventory(*data, site=site)
    context = Context(year, calculate(year, pinned()), POLICY, TODAY, book=BOOK)
    return [one.sentence for one in findings(context) if one.rule == rule]


def without(*names: str) -> tuple[Datum, ...]:
    return tuple(one for one in smelter() if one.datum_id not in names)


def changed(name: str, quantity: str) -> tuple[Datum, ...]:
    return tuple(
        one._replace(quantity=Decimal(quantity)) if one.datum_id == name else one
        for one in smelter()
    )


def paste(item: str, quantity: str) -> Datum:
    return datum("paste", CELLS, item, quantity, factor="400", supplier_id="SUP-2")


def test_a_smelter_that_tells_all_it_had_is_left_alone() -> None:
    assert told("R-08", *smelter()) == told("R-34", *smelter()) == []


@pytest.mark.parametrize(
    ("name", "title"), [("alumina", "alumina"), ("anode", "anodes")], ids=["alumina", "anodes"]
)
def test_cells_that_tell_of_no_alumina_or_no_anodes_are_found(name: str, title: str) -> None:
    (sentence,) = told("R-08", *without(name))
    assert f"of {title} for it nothing is told" in sentence


def test_alumina_is_missed_too_where_only_cast_metal_is_told() -> None:
    (sentence,) = told("R-08", *without("alumina", "metal"))
    assert "of alumina for it nothing is told" in sentence


def test_soederberg_cells_need_paste_and_no_anodes() -> None:
    site = NOWHERE._replace(technology="VSS")
    data = without("anode", "anodes")
    (sentence,) = told("R-08", *data, site=site)
    assert "of paste for it nothing is told" in sentence
    assert told("R-08", *data, paste("bought.paste", "130000"), site=site) == []


@pytest.mark.parametrize(
    "made",
    [
        datum("own", ANODES, "output.anode", "130000"),
        datum("own", ANODES, "input.green_anode", "140000"),
        datum("own", ANODES, "bought.coke", "90000"),
    ],
    ids=lambda one: one.item,
)
def test_anodes_that_are_made_on_site_need_no_seller(made: Datum) -> None:
    data = (*without("anode"), made)
    assert told("R-08", *data) == told("R-34", *data) == []


@pytest.mark.parametrize(
    ("quantity", "found"),
    [("99999", True), ("100000", False), ("175000", False), ("175001", True)],
)
def test_anodes_must_have_made_the_metal(quantity: str, found: bool) -> None:
    sentences = told("R-34", *changed("anode", quantity))
    assert any("t of anodes per t of liquid metal" in one for one in sentences) is found


def test_anodes_made_here_count_less_what_was_sold_and_what_lies_in_stock() -> None:
    own = datum("own", ANODES, "output.anode", "50000")
    sold = datum("sold", ANODES, "output.sold", "50000", of="output.anode")
    jan = datum("jan", CELLS, "stock.opening", "40000", of="bought.anode")
    dec = datum("dec", CELLS, "stock.closing", "10000", of="bought.anode")
    base = changed("anode", "90000")
    assert told("R-34", *base, own) == []
    assert told("R-34", *base, own, sold)
    assert told("R-34", *base, own, sold, jan, dec) == []


@given(decimals("0.1", "1"))
def test_whoever_leaves_away_part_of_the_alumina_is_found(part: Decimal) -> None:
    kept = 481250 * (1 - part / 10)  # a tenth of it, or less
    found = told("R-34", *changed("alumina", str(kept)))
    assert bool(found) is (kept / 250000 < Decimal("1.88"))


REFINERY = (
    datum("made", REFINING, "output.alumina", "1000000"),
    datum("ore", REFINING, "bought.bauxite", "2900000"),
    datum("lime", REFINING, "bought.lime", "32000"),
    datum("coal", REFINING, "fuel.coal_hard", "8564000000"),
)


def test_a_refinery_without_bauxite_is_found_and_one_with_its_own_mine_is_not() -> None:
    bare = [one for one in REFINERY if one.datum_id != "ore"]
    (sentence,) = told("R-08", *bare, site=PLAIN)
    assert "1000000 t of alumina were made, and of bauxite for it nothing is told" in sentence
    mine = datum("mine", Step.BAUXITE_MINING, "output.bauxite", "2900000")
    assert told("R-08", *bare, mine, site=PLAIN) == told("R-08", *REFINERY, site=PLAIN) == []


@pytest.mark.parametrize(("ore", "found"), [("1529999", True), ("1530000", False)])
def test_bauxite_holds_no_more_alumina_than_its_mineral(ore: str, found: bool) -> None:
    data = [
        one._replace(quantity=Decimal(ore)) if one.datum_id == "ore" else one for one in REFINERY
    ]
    assert bool(told("R-34", *data, site=PLAIN)) is found


# --- scrap alone ---


def lot(kind: str, **more: object) -> Datum:
    return datum("lot", MELT, "scrap.in", "101000", scrap_kind=kind, **more)


BILLET = datum("billet", MELT, "output.cast_metal", "100000")
GAS = datum("gas", MELT, "fuel.gas", "300000000")


def test_who_melts_old_scrap_alone_has_no_category_1_and_misses_none() -> None:
    assert told("R-08", BILLET, GAS, lot("post_consumer"), site=PLAIN) == []


@pytest.mark.parametrize("kind", ["internal", "dross", "pre_consumer"])
def test_other_scrap_at_nothing_is_no_reason_to_have_no_category_1(kind: str) -> None:
    free = {"factor": "0"} if kind == "pre_consumer" else {}
    (sentence,) = told("R-08", BILLET, GAS, lot(kind, **free), site=PLAIN)
    assert "category 1 (purchased goods)" in sentence


def test_old_scrap_excuses_no_metal_that_was_bought_at_nothing() -> None:
    cold = datum("cold", MELT, "bought.primary_metal", "1000", factor="0")
    assert told("R-08", BILLET, GAS, lot("post_consumer"), cold, site=PLAIN)


# --- metal from nothing ---


@pytest.mark.parametrize("sold", ["250000", "250001"])
def test_r34_metal_that_was_sold_before_it_was_cast_cannot_have_been_cast(sold: str) -> None:
    away = datum("away", CELLS, "output.sold", sold, of="output.liquid_metal")
    (sentence,) = told("R-34", *smelter(), away)
    assert "Metal of the casthouse: 247500 t were made" in sentence
    assert "is missing" in sentence


def test_r34_a_melt_that_casts_from_nothing_is_found() -> None:
    (sentence,) = told("R-34", BILLET, GAS, site=PLAIN)
    assert "100000 t were made, and 0 t went in" in sentence


def test_r34_a_mill_that_rolls_from_nothing_is_found() -> None:
    sheet = datum("sheet", Step.SEMI_FABRICATION, "output.semi", "80000")
    (sentence,) = told("R-34", sheet, site=PLAIN)
    assert "Metal of semi-fabrication" in sentence


def test_r34_cells_that_tell_only_what_was_cast_made_what_was_cast() -> None:
    assert told("R-34", *without("metal")) == []


def test_r34_what_such_cells_cast_and_sold_was_not_rolled() -> None:
    away = datum("away", CAST, "output.sold", "247500", of="output.cast_metal")
    sheet = datum("sheet", Step.SEMI_FABRICATION, "output.semi", "80000")
    (sentence,) = told("R-34", *without("metal"), away, sheet)
    assert "Metal of semi-fabrication: 80000 t were made" in sentence
