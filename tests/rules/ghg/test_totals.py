"""Intensities, footprints and shares: sums over lines that mean something (sources.md 4.1, 4.8,
4.10), and how sure they are."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import DataKind, Scope, Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.flows import flows_of
from services.ghg.calculation.lines import Result
from services.ghg.calculation.scrap import implied_rest
from services.ghg.calculation.spread import as_products, half_width_percent, simulated, spread
from services.ghg.calculation.totals import (
    Footprint,
    Side,
    added,
    cells_of,
    footprints,
    mine_to_metal,
    on_side,
    primary_data_share,
    totals,
)

from .given import POLICY, d, decimals
from .made import NOWHERE, XINJIANG, datum, kg, result, smelter

CELLS, CAST, MELT, SEMIS = (
    Step.ELECTROLYSIS,
    Step.CASTING,
    Step.REMELTING,
    Step.SEMI_FABRICATION,
)
NO_CELLS = NOWHERE._replace(technology=None)


def footprint(found: Result, step: Step) -> Footprint:
    return next(one for one in footprints(found) if one.step is step)


def near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= abs(one) * Decimal("1e-20")


def test_a_coal_powered_smelter_lies_where_published_ones_do() -> None:
    """Sources.md 4.5: a world average of 15.1, coal power above the rest."""
    assert 13 < mine_to_metal(result(*smelter(), site=XINJIANG)).location < 17


def test_hydro_power_brings_a_smelter_below_its_limit_on_the_market_side() -> None:
    proven = {
        "factor": "0.01",
        "factor_source": "plant",
        "proofs": ("dedicated_line", "meter"),
    }
    power = datum("cells-power", CELLS, "power.direct_line", "3400000000", **proven)
    data = [power if one.datum_id == "cells-power" else one for one in smelter()]
    found = mine_to_metal(result(*data, site=XINJIANG))
    assert found.market < 6 < 11 < mine_to_metal(result(*smelter(), site=XINJIANG)).market


def test_mine_to_metal_is_everything_per_tonne_cast_where_nothing_else_is_melted() -> None:
    found = result(*smelter(), site=XINJIANG)
    for side in Side:
        everything = kg(on_side(found.lines, side)) / 1000 / d("247500")
        assert near(mine_to_metal(found).on(side), everything)
        assert near(footprint(found, CAST).market, everything)


def test_cold_metal_and_scrap_in_the_casthouse_are_no_primary_metal() -> None:
    alone = mine_to_metal(result(*smelter()))
    more = [one for one in smelter() if one.datum_id != "ingot"]
    more.append(datum("ingot", CAST, "output.cast_metal", "297000"))
    cold = datum("cold", CAST, "bought.primary_metal", "25000", factor="4000")
    scrap = datum("scrap", CAST, "scrap.in", "25000", scrap_kind="post_consumer", factor="100")
    gone = datum("gone", CAST, "loss.metal", "500", scrap_kind="post_consumer")
    mixed = result(*more, cold, scrap, gone)
    found = mine_to_metal(mixed)
    # 250,000 of 299,500 t: of the 3,000 t lost, 500 are told of 25,000 of old scrap.
    assert near(found.cast_t, d("297000") * 250000 / 299500)
    assert found.market < alone.market  # its energy now melts the others too
    assert found.market > d("0.99") * alone.market
    assert footprint(mixed, CAST).market < found.market


def test_the_voyage_of_cold_metal_is_not_of_the_metal_that_was_tapped() -> None:
    leg = datum("leg", CAST, "transport.sea", "1000000000", of="bought.primary_metal")
    fuel = leg._replace(of="bought.alf3")
    before = mine_to_metal(result(*smelter())).market
    assert mine_to_metal(result(*smelter(), leg)).market == before
    assert near(mine_to_metal(result(*smelter(), fuel)).market, before + 5000 / d("247500"))


def test_bought_liquid_metal_is_primary_metal() -> None:
    found = mine_to_metal(
        result(
            datum("liquid", CAST, "bought.liquid_metal", "100", factor="9000", factor_source="x"),
            datum("ingot", CAST, "output.cast_metal", "99"),
            site=NO_CELLS,
        )
    )
    assert found.market == d("900000") / 99 / 1000


def test_metal_sold_before_the_casthouse_takes_its_emissions_along() -> None:
    all_cast = mine_to_metal(result(*smelter()))
    half = [one for one in smelter() if one.datum_id != "ingot"]
    half.append(datum("ingot", CAST, "output.cast_metal", "123750"))
    sold = datum("sold", CELLS, "output.sold", "125000", of="output.liquid_metal")
    casting = kg(one for one in result(*smelter()).lines
                 if one.step is CAST and one.scope is not Scope.POWER_MARKET)  # fmt: skip
    expected = all_cast.location + casting / 1000 / d("247500")  # casting is shared by half
    assert near(mine_to_metal(result(*half, sold)).location, expected)


def test_an_own_refinery_and_anode_plant_are_in_the_metal_and_have_products_of_their_own() -> None:
    refinery, anodes = Step.ALUMINA_REFINING, Step.ANODE_PRODUCTION
    own = (
        datum("made", refinery, "output.alumina", "500000"),
        datum("coal", refinery, "fuel.coal_hard", "5000000000"),
        datum("baked", anodes, "output.anode", "100000"),
        datum("gas", anodes, "fuel.gas", "200000000"),
    )
    data = [one for one in smelter() if one.item not in ("bought.alumina", "bought.anode")]
    found = result(*data, *own)
    coal = kg(one for one in found.lines if one.step is refinery)
    assert footprint(found, refinery).market == coal / 500000 / 1000
    without = mine_to_metal(result(*data)).market
    whole = mine_to_metal(found).market
    added = kg(one for one in found.lines if one.step in (refinery, anodes))
    assert near(whole - without, added / 1000 / d("247500"))
    sold = datum("sold", refinery, "output.sold", "250000", of="output.alumina")
    assert near(whole - mine_to_metal(result(*data, *own, sold)).market, coal / 2000 / d("247500"))


def test_what_a_site_shares_is_spread_over_its_steps() -> None:
    shared = datum("cars", Step.SITE, "fuel.diesel", "1000000")
    found = result(*smelter(), shared)
    more = kg(one for one in found.lines if one.step is Step.SITE)
    before = mine_to_metal(result(*smelter())).market
    assert near(mine_to_metal(found).market - before, more / 1000 / d("247500"))


def test_w16_a_melt_of_post_consumer_scrap_and_what_else_is_in_it() -> None:
    rest = implied_rest(d("2.3"), d("0.75"), d("0.5")) * 1000
    found = result(
        datum("post", MELT, "scrap.in", "75", scrap_kind="post_consumer", factor="500"),
        datum("pre", MELT, "scrap.in", "25", scrap_kind="pre_consumer", factor=rest),
        datum("billet", MELT, "output.cast_metal", "100"),
        site=NO_CELLS,
    )
    assert footprint(found, MELT).market == d("2.3")


@given(decimals("1", "100"), decimals("0", "100"), decimals("0", "100"), decimals("0", "2"))
@settings(max_examples=50)
def test_more_post_consumer_scrap_never_makes_metal_dirtier(
    primary: Decimal, one: Decimal, other: Decimal, collected: Decimal
) -> None:
    def melt(scrap: Decimal) -> Decimal:
        metal = primary + scrap
        found = result(
            datum("p", MELT, "bought.primary_metal", str(primary)),
            datum("s", MELT, "scrap.in", str(scrap), scrap_kind="post_consumer",
                  factor=collected * 1000),
            datum("gas", MELT, "fuel.gas", str(metal * 3000)),
            datum("billet", MELT, "output.cast_metal", str(metal)),
            site=NO_CELLS,
        )  # fmt: skip
        return footprint(found, MELT).market

    less, more = sorted((one, other))
    assert melt(more) <= melt(less) * (1 + Decimal("1e-20"))


def test_scrap_that_leaves_a_mill_carries_its_share_of_the_slab() -> None:
    data = (
        datum("slab", SEMIS, "bought.cast_metal", "100", factor="8000", factor_source="x"),
        datum("sheet", SEMIS, "output.semi", "75"),
        datum("scrap", SEMIS, "output.scrap", "25"),
    )
    assert footprint(result(*data, site=NO_CELLS), SEMIS).market == d("8")


def test_the_share_of_primary_data_is_by_emissions() -> None:
    told = datum("a", CELLS, "bought.alumina", "1", factor="300", kind=DataKind.SUPPLIER_VERIFIED)
    word = datum("b", CELLS, "bought.alumina", "1", factor="100", kind=DataKind.SUPPLIER_UNVERIFIED)
    assert primary_data_share(result(told, word)) == d("0.75")
    assert primary_data_share(result()) is None


def test_the_sums_of_steps_and_scopes_are_the_sum_of_lines() -> None:
    found = result(*smelter(), site=XINJIANG)
    sums = totals(found)
    assert sum(sums.by_scope().values()) == kg(found.lines)
    assert sums.side(Side.MARKET) == kg(on_side(found.lines, Side.MARKET))


@pytest.mark.parametrize("bought", ["bought.alloying", "bought.liquid_metal", "scrap.in", ""])
@pytest.mark.parametrize("step", [CAST, MELT])
def test_sums_of_one_pass_are_those_that_are_asked_for_apart(bought: str, step: Step) -> None:
    data = list(smelter())
    if bought:
        kind = {"scrap_kind": "post_consumer"} if bought == "scrap.in" else {}
        data.insert(0, datum("more", step, bought, "12345.678", **kind))
        leg = {"of": bought, "supplier_id": "S"}
        data.append(datum("leg", step, "transport.road", "98765.4321", **leg))
    found = result(*data, site=XINJIANG)
    flows = flows_of(found.inventory)
    told = added(found, flows)
    assert told.cells == cells_of(found.lines, flows)
    assert told.by_step == totals(found).by_step
    assert told.primary_share == primary_data_share(found)
    assert list(map(str, told.by_step.values())) == [
        str(totals(found).by_step[key]) for key in told.by_step
    ]


@pytest.mark.parametrize("missing", ["ingot", "metal"])
def test_without_metal_there_is_no_intensity_but_for_one_figure_that_stands_in(
    missing: str,
) -> None:
    data = [one for one in smelter() if one.datum_id != missing]
    if missing == "ingot":
        with pytest.raises(Refused) as refusal:
            mine_to_metal(result(*data))
        assert refusal.value.slug == "output-missing"
        return
    found = result(*data)
    assert [doubt.about for doubt in found.doubts] == ["tapped_metal_missing"]
    assert mine_to_metal(found).cast_t == d("247500")


def test_a_factor_under_many_meters_does_not_average_out() -> None:
    def width(data: tuple[Datum, ...]) -> Decimal:
        found = spread(on_side(result(*data, site=XINJIANG).lines, Side.MARKET), POLICY)
        assert found.percent is not None
        return found.percent

    sure = {"uncertainty_percent": "0", "factor": "0.5"}
    one = (datum("m", CELLS, "fuel.gas", "100", uncertainty_percent="0"),)
    many = tuple(
        datum(f"m{at}", CELLS, "fuel.gas", "1", uncertainty_percent="0") for at in range(100)
    )
    assert near(width(one), width(many))
    apart = tuple(datum(f"m{at}", CELLS, "fuel.gas", "1", **sure) for at in range(100))
    assert width(apart) < width(many)


def test_what_a_result_keeps_of_its_uncertainty_is_what_error_propagation_gives() -> None:
    diesel = datum("d", CELLS, "fuel.diesel", "10", uncertainty_percent="3")
    for side in Side:
        lines = on_side(result(*smelter(), diesel, site=XINJIANG).lines, side)
        assert half_width_percent(lines, POLICY) == spread(lines, POLICY).percent
        assert half_width_percent(lines[::-1], POLICY) == spread(lines[::-1], POLICY).percent
    assert half_width_percent((), POLICY) is None


def test_per_cent_of_next_to_nothing_are_not_kept() -> None:
    line, *_ = on_side(result(*smelter(), site=XINJIANG).lines, Side.MARKET)
    credit = line._replace(data=("credit",), kg=d("1e-20") - line.kg)
    assert half_width_percent([line, credit], POLICY) is None


def test_fluorocarbons_move_together() -> None:
    lines = [one for one in result(*smelter()).lines if one.item.startswith("pfc.")]
    quantities, (cf4, c2f6) = as_products(lines, POLICY)
    assert set(cf4) & set(c2f6), "the same minutes and slope"
    assert quantities[cf4[1]].uncertainty_percent == d("6")
    assert quantities[c2f6[-1]].uncertainty_percent == d("11")


def test_both_ways_of_telling_how_sure_a_smelter_is_agree() -> None:
    lines = on_side(result(*smelter(), site=XINJIANG).lines, Side.MARKET)
    one = spread(lines, POLICY)
    drawn = simulated(lines, POLICY, seed=7)
    assert one.value == kg(lines)
    assert abs((drawn.high - drawn.low) / 2 / one.half_width - 1) < d("0.05")
    assert simulated(lines, POLICY, seed=7) == drawn


@given(st.sampled_from(list(Side)))
@settings(max_examples=2)
def test_a_side_never_has_both_sides(side: Side) -> None:
    scopes = {one.scope for one in on_side(result(*smelter()).lines, side)}
    assert len(scopes & {Scope.POWER_LOCATION, Scope.POWER_MARKET}) == 1


ONLY = {
    "a fuel that is burnt": (datum("d", CELLS, "fuel.gas", "1000"), Scope.DIRECT, True),
    "a fuel's delivery": (datum("d", CELLS, "fuel.gas", "1000"), Scope.FUEL_AND_POWER, False),
    "power of a grid": (datum("d", CELLS, "power.grid", "1000"), Scope.POWER_MARKET, True),
    "power's losses": (datum("d", CELLS, "power.grid", "1000"), Scope.FUEL_AND_POWER, False),
    "a leg at a world factor": (datum("d", CELLS, "transport.sea", "1000"), Scope.TRANSPORT, False),
    "a leg at the ship's factor": (
        datum("d", CELLS, "transport.sea", "1000", factor="0.004", factor_source="log"),
        Scope.TRANSPORT,
        True,
    ),
    "anodes by their carbon": (datum("d", CELLS, "input.net_anode", "10"), Scope.DIRECT, True),
    "metal at tier 1": (datum("d", CELLS, "output.liquid_metal", "10"), Scope.DIRECT, False),
}


@pytest.mark.parametrize("what", ONLY)
def test_a_line_is_primary_data_where_its_scope_asks_for_no_more_than_it_has(what: str) -> None:
    told, scope, primary = ONLY[what]
    lines = [line for line in result(told).lines if line.scope is scope]
    assert {line.primary for line in lines} == {primary}


def test_one_measured_sea_leg_at_a_world_factor_is_no_primary_data() -> None:
    leg = datum("leg", CELLS, "transport.sea", "1000")
    assert primary_data_share(result(leg)) == 0
    own = leg._replace(factor=d("0.004"), factor_source="the ship's log")
    assert primary_data_share(result(own)) == 1
    assert primary_data_share(result(own._replace(kind=DataKind.DEFAULT))) == 0
