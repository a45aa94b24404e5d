"""What goes from step to step and what leaves: every tonne once, with what was given off for it
(sources.md 4.1)."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.flows import NEXT, flows_of
from services.ghg.calculation.lines import Result
from services.ghg.calculation.totals import Side, footprints, totals
from services.ghg.factors.pinned import ENGINE, FIRST_ENGINE, SECOND_ENGINE, THIRD_ENGINE

from .given import d, decimals, rounded
from .made import NOWHERE, datum, inventory, result

CAST, MELT, SEMIS, REFINERY = (
    Step.CASTING,
    Step.REMELTING,
    Step.SEMI_FABRICATION,
    Step.ALUMINA_REFINING,
)
NO_CELLS = NOWHERE._replace(technology=None)
INGOT = "output.cast_metal"
# 100 t cast at 15 t CO2e/t, 50 t remelted at 0.1; nothing else gives anything off.
BOTH = (
    datum("cold", CAST, "bought.primary_metal", "100", factor="15000"),
    datum("ingot", CAST, INGOT, "100"),
    datum("scrap", MELT, "scrap.in", "50", scrap_kind="post_consumer", factor="100"),
    datum("billet", MELT, INGOT, "50"),
)


def sold(tonnes: str | Decimal, name: str = "sold", of: str = INGOT) -> Datum:
    return datum(name, CAST, "output.sold", str(tonnes), of=of)


def rolled(tonnes: str | Decimal) -> Datum:
    return datum("sheet", SEMIS, "output.semi", str(tonnes))


def stock(opening: str | Decimal, closing: str | Decimal, of: str = INGOT) -> tuple[Datum, Datum]:
    return (
        datum("jan", SEMIS, "stock.opening", str(opening), of=of),
        datum("dec", SEMIS, "stock.closing", str(closing), of=of),
    )


def of(*data: Datum) -> Result:
    return result(*data, site=NO_CELLS)


def per_t(found: Result, step: Step = SEMIS) -> Decimal:
    return next(one.market for one in footprints(found) if one.step is step)


def near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= max(abs(one), abs(other), Decimal(1)) * Decimal("1e-20")


def test_metal_sold_is_taken_once_from_what_was_cast_and_remelted() -> None:
    """By hand: (1,500 + 5) / 150 = 10.03 in the mix, sold or rolled."""
    assert rounded(per_t(of(*BOTH, sold("60"), rolled("90"))), "0.01") == d("10.03")


def test_metal_sold_may_be_more_than_either_furnace_made() -> None:
    assert rounded(per_t(of(*BOTH, sold("120"), rolled("30"))), "0.01") == d("10.03")


def test_metal_sold_does_not_change_what_a_tonne_rolled_carries() -> None:
    mixed = per_t(of(*BOTH, rolled("150")))
    for tonnes in ("1", "60", "100", "149"):
        found = of(*BOTH, sold(tonnes), rolled(150 - d(tonnes)))
        assert near(per_t(found), mixed)


def test_a_result_says_that_metal_sold_is_read_as_of_both_furnaces() -> None:
    (doubt,) = of(*BOTH, sold("60"), rolled("90")).doubts
    assert doubt.about == "sold_of_both"
    assert doubt.sentence.startswith("60 t of cast metal were sold")
    assert of(*BOTH, rolled("150")).doubts == ()
    assert of(*BOTH[:2], sold("60"), rolled("40")).doubts == ()


def test_slabs_that_went_into_stock_are_not_in_the_sheets() -> None:
    """100 t cast at 15, 40 of them lie in the yard: 60 rolled carry 15 each, not 25."""
    assert per_t(of(*BOTH[:2], *stock("0", "40"), rolled("60"))) == 15
    assert per_t(of(*BOTH[:2], *stock("5", "45"), rolled("60"))) == 15


def test_metal_that_lies_at_the_casthouse_is_not_yet_in_what_it_cast() -> None:
    """As R-34 balances it: 100 t cast left the casthouse, whatever else lies there."""
    there = (one._replace(step=CAST) for one in stock("0", "40"))
    assert per_t(of(*BOTH[:2], *there, rolled("100"))) == 15


def test_slabs_from_stock_are_taken_at_the_mean_of_the_year_and_that_is_told() -> None:
    found = of(*BOTH[:2], *stock("40", "0"), rolled("140"))
    assert per_t(found) == 15
    assert [one.about for one in found.doubts] == ["stock_drawn"]


def test_a_stock_that_is_told_on_one_day_is_not_used_and_that_is_told() -> None:
    found = of(*BOTH[:2], stock("40", "0")[0], rolled("100"))
    assert per_t(found) == 15
    assert [one.about for one in found.doubts] == ["stock_incomplete"]
    assert of(*BOTH[:2], stock("40", "0")[0]).doubts == (), "nothing goes on from there"


def test_alumina_in_stock_is_not_in_the_metal() -> None:
    coal = datum("coal", REFINERY, "fuel.coal_hard", "1000000")
    data = (coal, datum("made", REFINERY, "output.alumina", "400"))
    metal = datum("metal", Step.ELECTROLYSIS, "output.liquid_metal", "100")
    grown = stock("0", "200", of="output.alumina")
    assert flows_of(inventory(*data, metal, *grown)).onward[REFINERY] == d("0.5")


@pytest.mark.parametrize("engine", [FIRST_ENGINE, SECOND_ENGINE, THIRD_ENGINE])
def test_older_engines_keep_the_shares_that_they_took(engine: str) -> None:
    data = inventory(*BOTH, sold("60"), *stock("0", "30"), rolled("60"), site=NO_CELLS)
    old = flows_of(data, engine).onward
    assert old == {CAST: d("0.4"), MELT: d("0")}
    assert flows_of(data, ENGINE).onward == {CAST: d("0.4"), MELT: d("0.4")}


TONNES = decimals("1", "1000")
SHARE = decimals("0", "0.4")


@given(TONNES, TONNES, SHARE, SHARE, decimals("0", "20000"), decimals("0", "500"))
@settings(max_examples=60, deadline=None)
def test_what_was_given_off_is_in_what_was_sold_rolled_and_stored(
    cast: Decimal, melted: Decimal, gone: Decimal, kept: Decimal, dirty: Decimal, clean: Decimal
) -> None:
    """Every kilogram of CO2e that goes into the store of cast metal leaves it once, or stays."""
    whole = cast + melted
    data = (
        BOTH[0]._replace(quantity=cast, factor=dirty),
        BOTH[1]._replace(quantity=cast),
        BOTH[2]._replace(quantity=melted, factor=clean),
        BOTH[3]._replace(quantity=melted),
        sold(whole * gone),
        *stock("0", whole * kept),
    )
    sheets = whole * (1 - gone - kept)
    found = of(*data, rolled(sheets))
    entered = cast * per_t(found, CAST) + melted * per_t(found, MELT)
    elsewhere = (whole * gone + whole * kept) * entered / whole
    assert near(sheets * per_t(found) + elsewhere, entered)


@given(st.lists(decimals("0", "5"), min_size=1, max_size=12), decimals("0.01", "5000"))
@settings(max_examples=40, deadline=None)
def test_rows_and_months_of_metal_sold_share_out_as_one_row_and_scale(
    parts: list[Decimal], size: Decimal
) -> None:
    at_once = of(*BOTH, sold(sum(parts, Decimal(0))), rolled("90"))
    rows = [sold(one, f"month-{at}") for at, one in enumerate(parts)]
    assert per_t(of(*BOTH, *rows, rolled("90"))) == per_t(at_once)
    scaled = [one._replace(quantity=one.quantity * size) for one in at_once.inventory.data]
    assert near(per_t(of(*scaled)), per_t(at_once))


@given(st.lists(st.tuples(TONNES, st.sampled_from([CAST, MELT])), min_size=1, max_size=8), SHARE)
@settings(max_examples=40, deadline=None)
def test_furnaces_of_one_store_send_on_the_same_share(
    made: list[tuple[Decimal, Step]], gone: Decimal
) -> None:
    rows = [datum(f"m{at}", step, INGOT, str(one)) for at, (one, step) in enumerate(made)]
    whole = sum((one for one, _ in made), Decimal(0))
    onward = flows_of(inventory(*rows, sold(whole * gone), rolled("1"))).onward
    assert set(onward) == {step for _, step in made} <= set(NEXT)
    assert all(near(one, 1 - gone) for one in onward.values())


CHAIN = (
    datum("anodes", Step.ELECTROLYSIS, "input.net_anode", "42"),
    datum("power", Step.ELECTROLYSIS, "power.grid", "1400000"),
    datum("gas-cast", CAST, "fuel.gas", "120000"),
    datum("gas-melt", MELT, "fuel.gas", "90000"),
    datum("scrap", MELT, "scrap.in", "50", scrap_kind="post_consumer", factor="100"),
    datum("gas-mill", SEMIS, "fuel.gas", "70000"),
    datum("mill-power", SEMIS, "power.grid", "50000"),
)


@given(SHARE, SHARE, decimals("0.5", "1"), decimals("0.5", "1"), decimals("1", "99"))
@settings(max_examples=40, deadline=None)
def test_products_and_what_was_sold_before_them_share_out_the_whole_of_a_site(
    liquid: Decimal, slab: Decimal, cast_yield: Decimal, rolled_yield: Decimal, melted: Decimal
) -> None:
    """Whatever is sold of whatever step: the parts, each by the tonnes that left, are the whole."""
    cast = 100 * (1 - liquid) * cast_yield
    store = cast + melted
    sheets = store * (1 - slab) * rolled_yield
    found = result(
        *CHAIN,
        datum("metal", Step.ELECTROLYSIS, "output.liquid_metal", "100"),
        sold(100 * liquid, "liquid", "output.liquid_metal"),
        datum("ingot", CAST, INGOT, str(cast)),
        datum("billet", MELT, INGOT, str(melted)),
        sold(store * slab),
        rolled(sheets),
    )
    mix = (cast * per_t(found, CAST) + melted * per_t(found, MELT)) / store
    left = 100 * liquid * per_t(found, Step.ELECTROLYSIS) + store * slab * mix
    whole = totals(found).side(Side.MARKET) / 1000
    assert near(left + sheets * per_t(found), whole)
