"""The fields of the border mechanism speak of the goods alone: what left before them took its
share of everything along (sources.md 4.1, 4.8)."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import Regime, Step
from services.ghg.activity.installation import Route
from services.ghg.activity.inventory import Datum
from services.ghg.reports.cbam import CbamFields
from services.ghg.reports.report import report

from .given import d, decimals
from .made import XINJIANG, datum, inventory, pinned

CAST, CELLS, MELT, SEMIS = (
    Step.CASTING,
    Step.ELECTROLYSIS,
    Step.REMELTING,
    Step.SEMI_FABRICATION,
)
MADE = "output.liquid_metal"
OF_CELLS = (
    datum("metal", CELLS, MADE, "100000"),
    datum("anodes", CELLS, "input.net_anode", "42000"),
    datum("minutes", CELLS, "anode_effect.minutes", "0.2"),
    datum("power", CELLS, "power.grid", "1380000000"),
    datum("plant", CELLS, "power.own_generation", "20000000"),
    datum("coal", CELLS, "fuel.coal_hard", "200000000", of="power.own_generation"),
)


def fields(*data: Datum) -> CbamFields:
    found = report(inventory(*data, site=XINJIANG), pinned(), Regime.CBAM)
    assert found.cbam is not None
    return found.cbam


def sold(tonnes: Decimal | str, of: str = MADE, name: str = "sold") -> Datum:
    return datum(name, CELLS, "output.sold", str(tonnes), of=of)


def cast(tonnes: Decimal | str) -> tuple[Datum, ...]:
    gas = datum("gas", CAST, "fuel.gas", str(Decimal(tonnes) * 1200))
    return datum("ingot", CAST, "output.cast_metal", str(tonnes)), gas


def streams_t(told: CbamFields) -> Decimal:
    return sum((one.tonnes for one in told.streams), Decimal(0))


def near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= max(abs(one), abs(other)) * Decimal("1e-20")


def test_a_smelter_that_sells_liquid_metal_declares_the_power_of_its_ingots_alone() -> None:
    """Half is sold: a tonne cast has the power of a tonne tapped, not of two."""
    whole = fields(*OF_CELLS, *cast("100000"))
    half = fields(*OF_CELLS, *cast("50000"), sold("50000"))
    assert half.indirect_specific == whole.indirect_specific
    assert half.indirect_t * 2 == whole.indirect_t
    assert half.power_kwh * 2 == whole.power_kwh == d("1400000000")
    assert half.direct_specific is not None
    assert half.direct_specific == whole.direct_specific


def test_streams_add_up_to_what_the_goods_carry_and_say_what_share_that_is() -> None:
    half = fields(*OF_CELLS, *cast("50000"), sold("50000"))
    assert streams_t(half) == half.co2_t + half.pfc_t
    by_item = {one.item: one for one in half.streams}
    assert by_item["input.net_anode"].activity == d("75152"), "t CO2, of 150,304"
    assert by_item["input.net_anode"].share == d("0.5")
    assert by_item["fuel.gas"].share == 1


def test_what_is_bought_for_the_cast_metal_that_is_sold_is_not_in_the_sheets() -> None:
    entered = (
        datum("pre", CAST, "scrap.in", "8000", scrap_kind="pre_consumer", factor="9000"),
        datum("post", CAST, "scrap.in", "2000", scrap_kind="post_consumer", factor="80"),
        datum("alloy", CAST, "bought.alloying", "1000"),
        datum("cold", CAST, "bought.primary_metal", "4000", embedded=d("2000"),
              embedded_boundary="direct"),
    )  # fmt: skip
    made = (*cast("100000"), *entered, datum("sheet", SEMIS, "output.semi", "25000"))
    told = fields(*OF_CELLS, *made, sold("75000", "output.cast_metal"))
    assert told.scrap_t_per_t == d("0.1")
    assert (told.pre_consumer_share, told.alloying_share) == (d("0.8"), d("0.01"))
    assert [one.tonnes for one in told.precursors] == [d("1000")]
    assert told.precursors_t == d("2000")
    assert told.direct_specific is not None
    assert told.embedded_specific is not None
    assert near(told.embedded_specific - told.direct_specific, d("0.08"))


def test_what_a_step_uses_that_makes_none_of_the_goods_is_in_none_of_their_fields() -> None:
    """Cast and remelted: the report speaks of what was cast, and takes neither scrap nor bought
    metal from the other furnace."""
    other = (
        datum("billet", MELT, "output.cast_metal", "5000"),
        datum("post", MELT, "scrap.in", "4000", scrap_kind="post_consumer", factor="80"),
        datum("cold", MELT, "bought.primary_metal", "1000"),
    )
    told = fields(*OF_CELLS, *cast("100000"), *other)
    assert told.scrap_t_per_t == 0
    assert told.precursors == ()
    assert told.route is Route.PRIMARY
    assert told.embedded_specific == told.direct_specific


@given(decimals("0", "99000"), decimals("0.5", "40"))
@settings(max_examples=25, deadline=None)
def test_goods_and_liquid_metal_sold_share_out_the_whole(left: Decimal, size: Decimal) -> None:
    """By tonnes of what the cells alone would declare: nothing is lost, nothing is told twice."""
    part = [one._replace(quantity=one.quantity * size) for one in OF_CELLS]
    part = [one if one.item != "anode_effect.minutes" else OF_CELLS[2] for one in part]
    went, kept = left * size, (d("100000") - left) * size
    goods = fields(*part, *cast(kept), sold(went))
    alone, gas = fields(*part), sum(one.tonnes for one in goods.streams if one.step is CAST)
    assert alone.direct_specific is not None
    assert alone.indirect_specific is not None
    assert near(streams_t(goods), goods.co2_t + goods.pfc_t)
    assert near(streams_t(goods) + alone.direct_specific * went, streams_t(alone) + gas)
    assert near(goods.indirect_t + alone.indirect_specific * went, alone.indirect_t)
    assert near(goods.power_kwh + alone.power_kwh * left / 100000, alone.power_kwh)


@given(st.lists(decimals("0", "9000"), min_size=2, max_size=11))
@settings(max_examples=15, deadline=None)
def test_metal_sold_in_many_rows_is_metal_sold_in_one(parts: list[Decimal]) -> None:
    ingots = cast("1000")
    at_once = fields(*OF_CELLS, *ingots, sold(sum(parts, Decimal(0))))
    rows = [sold(part, name=f"sold-{at}") for at, part in enumerate(parts)]
    assert fields(*OF_CELLS, *ingots, *rows) == at_once
